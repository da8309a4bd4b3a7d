/* webhooks_test.c: what a webhook is for, as it is asked for, shown and done. */
#include "web/api/webhooks.h"

#include "feed/feed.h"
#include "fixture/ground.h"
#include "hook/hook.h"
#include "http/http.h"
#include "web/fake_call.h"

static struct ground *ground;
static struct feed *feed;
static struct http *http;
static struct hooks *hooks;
static struct web_call *call;

static void take_try(void *context, struct http_try *try)
{
    (void)context;
    (void)try;
}

static void stop(void *context)
{
    (void)context;
}

static void open_place(void)
{
    const struct http_carrier carrier = {take_try, stop, NULL};
    const struct feed_settings feeding = feed_settings_default();
    const struct http_settings posting = http_settings_default();
    const struct hooks_settings settings = hooks_settings_default();
    ground = ground_new(NULL);
    const struct http_parts below = {
        .world = &ground->world, .metrics = &ground->metrics, .carrier = &carrier};
    http = http_new(&below, &posting);
    feed = feed_new(&ground->world, ground->parts.store, &ground->metrics, &feeding);
    const struct hooks_parts parts = {&ground->world, ground->parts.store, http, feed,
                                      NULL,           &ground->metrics};
    hooks = hooks_new(&parts, &settings);
}

static void close_place(void)
{
    fake_call_free(&call);
    hooks_free(&hooks);
    http_free(&http);
    feed_free(&feed);
    ground_free(ground);
}

static unsigned ask_for(const char *request, const char *body)
{
    const struct web_endpoints endpoints = {webhooks_endpoints, SIZE_MAX};
    const struct web_core core = {.world = &ground->world, .hooks = hooks};
    fake_call_free(&call);
    call = fake_call(&endpoints, request, body);
    fake_call_run(call, ground->accounts, &core);
    return fake_call_status(call);
}

/* Made with this member, a webhook shows these types. */
static void expect_types(const char *member, const char *expected)
{
    char body[256];
    snprintf(body, sizeof(body), "{\"url\": \"https://example.org/\"%s}", member);
    ck_assert_uint_eq(ask_for("POST /api/v1/webhooks", body), 201);
    char *types = json_dumps(json_object_get(fake_call_json(call), "types"), JSON_COMPACT);
    ck_assert_str_eq(types, expected);
    free(types);
}

#define ALL "[\"presence\",\"messages\",\"registrations\",\"subscriptions\"]"

START_TEST(a_webhook_shows_what_it_gets)
{
    open_place();
    expect_types("", ALL);
    expect_types(", \"types\": []", ALL);
    expect_types(", \"types\": [\"messages\"]", "[\"messages\"]");
    expect_types(", \"types\": [\"subscriptions\", \"presence\"]",
                 "[\"presence\",\"subscriptions\"]");
    close_place();
}
END_TEST

START_TEST(a_type_named_twice_counts_once)
{
    open_place();
    expect_types(", \"types\": [\"presence\", \"messages\", \"presence\", \"presence\", "
                 "\"presence\"]",
                 "[\"presence\",\"messages\"]");
    ck_assert_uint_eq(ask_for("POST /api/v1/webhooks",
                              "{\"url\": \"https://example.org/\", \"types\": [\"weather\"]}"),
                      400);
    ck_assert_str_eq(fake_call_problem_field(call), "/types");
    close_place();
}
END_TEST

UNIT_MAIN("webhooks", a_webhook_shows_what_it_gets, a_type_named_twice_counts_once)
