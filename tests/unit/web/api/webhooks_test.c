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
static const struct web_limits *limits; /* NULL: the usual */

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
    if (limits != NULL)
        fake_call_limits(call, limits);
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

static unsigned make(const char *url)
{
    char body[256];
    snprintf(body, sizeof(body), "{\"url\": \"%s\"}", url);
    return ask_for("POST /api/v1/webhooks", body);
}

START_TEST(this_host_is_for_who_may)
{
    const struct web_limits open = {.webhooks_max = 9, .local_webhooks = true},
                            shut = {.webhooks_max = 9};
    open_place();
    ck_assert_uint_eq(make("https://127.0.0.1/"), 400);
    ck_assert_str_eq(fake_call_problem_field(call), "/url");
    ck_assert_uint_eq(make("https://[fe80::1]/"), 400);
    ck_assert_uint_eq(make("https://localhost/"), 400);
    ck_assert_uint_eq(make("https://10.1.2.3/"), 201);
    limits = &open;
    ck_assert_uint_eq(make("http://127.0.0.1/"), 201);
    ck_assert(json_is_null(json_object_get(fake_call_json(call), "barred")));
    limits = &shut; /* and one that there is says that it is shut out */
    ck_assert_uint_eq(ask_for("GET /api/v1/webhooks", NULL), 200);
    json_t *items = json_object_get(fake_call_json(call), "items");
    ck_assert_uint_eq(json_array_size(items), 2);
    ck_assert(json_is_null(json_object_get(json_array_get(items, 0), "barred")) !=
              json_is_null(json_object_get(json_array_get(items, 1), "barred")));
    limits = NULL;
    close_place();
}
END_TEST

START_TEST(a_webhook_is_for_a_user_that_there_is)
{
    static const char nobody[] = "{\"url\": \"https://example.org/\", \"user\": \"nobody\"}";
    char path[128];
    open_place();
    ck_assert_uint_eq(ask_for("POST /api/v1/webhooks", nobody), 404);
    ck_assert_str_eq(fake_call_problem_field(call), "/user");
    ck_assert_uint_eq(make("https://example.org/"), 201);
    snprintf(path, sizeof(path), "PATCH /api/v1/webhooks/%s",
             json_string_value(json_object_get(fake_call_json(call), "id")));
    ck_assert_uint_eq(ask_for(path, nobody), 404);
    ck_assert_str_eq(fake_call_problem_field(call), "/user");
    close_place();
}
END_TEST

START_TEST(webhooks_are_bounded)
{
    const struct web_limits one = {.webhooks_max = 1};
    open_place();
    limits = &one;
    ck_assert_uint_eq(make("https://example.org/"), 201);
    ck_assert_uint_eq(make("https://example.org/"), 409);
    limits = NULL;
    close_place();
}
END_TEST

struct secrets {
    char now[300], before[300];
    uint64_t changed_ms;
};

static void take_secrets(void *context, const struct store_webhook *row)
{
    struct secrets *secrets = context;
    snprintf(secrets->now, sizeof(secrets->now), "%.*s", BYTES_ARGS(row->secret));
    snprintf(secrets->before, sizeof(secrets->before), "%.*s", BYTES_ARGS(row->before));
    secrets->changed_ms = row->secret_ms;
}

/* What a tag is made of shows that the secret was changed, but never the secret. */
START_TEST(a_changed_secret_leaves_the_one_before)
{
    struct secrets first = {.now = ""}, second = {.now = ""}, third = {.now = ""};
    char path[128], id[32];
    open_place();
    ck_assert_uint_eq(ask_for("POST /api/v1/webhooks", "{\"url\": \"https://example.org/\"}"), 201);
    snprintf(id, sizeof(id), "%s", json_string_value(json_object_get(fake_call_json(call), "id")));
    snprintf(path, sizeof(path), "PATCH /api/v1/webhooks/%s", id);
    ck_assert_int_eq(webhook_read(ground->accounts, bytes_of(id), take_secrets, &first), ERR_NONE);
    ck_assert_str_eq(first.before, "");
    ck_assert_uint_eq(ask_for(path, "{\"secret\": null}"), 200);
    ck_assert_int_eq(webhook_read(ground->accounts, bytes_of(id), take_secrets, &second), ERR_NONE);
    ck_assert_str_eq(json_string_value(json_object_get(fake_call_json(call), "secret")),
                     second.now);
    ck_assert_str_eq(second.before, first.now);
    ck_assert_uint_gt(second.changed_ms, first.changed_ms);
    ck_assert_uint_eq(ask_for(path, "{\"active\": true}"), 200);
    ck_assert_ptr_null(json_object_get(fake_call_json(call), "secret"));
    const struct web_limits no_grace = {.webhooks_max = 9};
    limits = &no_grace;
    ck_assert_uint_eq(ask_for(path, "{\"secret\": \"0123456789abcdef\"}"), 200);
    ck_assert_int_eq(webhook_read(ground->accounts, bytes_of(id), take_secrets, &third), ERR_NONE);
    ck_assert_str_eq(third.before, "");
    ck_assert_str_eq(third.now, "0123456789abcdef");
    limits = NULL;
    close_place();
}
END_TEST

UNIT_MAIN("webhooks", a_webhook_shows_what_it_gets, a_type_named_twice_counts_once,
          this_host_is_for_who_may, a_webhook_is_for_a_user_that_there_is, webhooks_are_bounded,
          a_changed_secret_leaves_the_one_before)
