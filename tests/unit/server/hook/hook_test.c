/* hook_test.c: queues, pauses and ends of webhooks, with a carrier that the test is. */
#include "hook/hook.h"

#include "base/token.h"
#include "fixture/ground.h"

static struct ground *ground;
static struct feed *feed;
static struct http *http;
static struct hooks *hooks;
static struct http_try *tried;
static unsigned sent;

static void take_try(void *context, struct http_try *try)
{
    (void)context;
    ck_assert_ptr_null(tried);
    tried = try;
    sent++;
}

static void stop(void *context)
{
    (void)context;
}

static void put_hook(const char *id, const char *types, bool active)
{
    const struct store_webhook row = {.id = bytes_of(id),
                                      .url = BYTES("https://hooks.example.net/"),
                                      .types = bytes_of(types),
                                      .secret = BYTES("secret"),
                                      .active = active,
                                      .made_ms = 1};
    ck_assert_int_eq(webhook_put(ground->accounts, &row, 2), ERR_NONE);
    hooks_refresh(hooks);
}

static void open_dispatcher(void)
{
    const struct http_carrier carrier = {take_try, stop, NULL};
    const struct feed_settings feeding = feed_settings_default();
    const struct http_settings posting = http_settings_default();
    struct hooks_settings settings = hooks_settings_default();
    settings.pending_max = 2;
    settings.keep_s = 10;
    const struct http_parts below = {
        .world = &ground->world, .metrics = &ground->metrics, .carrier = &carrier};
    http = http_new(&below, &posting);
    feed = feed_new(&ground->world, ground->parts.store, &ground->metrics, &feeding);
    const struct hooks_parts parts = {&ground->world, ground->parts.store, http, feed,
                                      NULL,           &ground->metrics};
    hooks = hooks_new(&parts, &settings);
}

static void open_hooks(void)
{
    ground = ground_new(NULL);
    open_dispatcher();
}

static void close_hooks(void)
{
    hooks_free(&hooks);
    http_free(&http);
    ck_assert_uint_eq(feed_readers(feed), 0);
    feed_free(&feed);
    ground_free(ground);
}

static void tell(const char *what)
{
    const struct feed_event event = {
        .type = FEED_PRESENCE, .what = what, .user = BYTES("alice@example.org")};
    feed_tell(feed, &event);
    ground_wait(ground, 1);
}

static void answer_after(unsigned status, unsigned retry_after_s)
{
    struct http_try *try = tried;
    ck_assert_ptr_nonnull(try);
    tried = NULL;
    try->status = status;
    try->retry_after_s = retry_after_s;
    http_tried(try);
    http_turn(http);
}

static void answer(unsigned status)
{
    answer_after(status, 0);
}

static bool is_posted(const char *what)
{
    char text[64];
    snprintf(text, sizeof(text), "\"what\":\"%s\"", what);
    return tried != NULL && memmem(tried->body.at, tried->body.length, text, strlen(text)) != NULL;
}

static bool is_gap_posted(void)
{
    return tried != NULL &&
           memmem(tried->body.at, tried->body.length, "\"type\":\"gap\"", 12) != NULL;
}

static struct hook_look look(void)
{
    struct hook_look fare;
    ck_assert(hooks_look(hooks, BYTES("w-1"), &fare));
    return fare;
}

START_TEST(events_are_posted_one_after_the_other)
{
    open_hooks();
    tell("before");
    put_hook("w-1", "presence", true);
    tell("one");
    tell("two");
    ck_assert(is_posted("one") && sent == 1);
    ck_assert_uint_eq(look().pending, 2);
    answer(200);
    ck_assert(is_posted("two"));
    answer(299);
    ck_assert_ptr_null(tried);
    ck_assert_uint_eq(look().pending, 0);
    ck_assert_uint_eq(look().status, 299);
    ck_assert_uint_eq(ground->metrics.values[METRIC_webhook_events_posted], 2);
    close_hooks();
}
END_TEST

/* 1 s, 2 s, 4 s: the fourth try would be later than 10 s. */
START_TEST(pauses_grow_until_it_is_too_late)
{
    open_hooks();
    put_hook("w-1", "", true);
    tell("one");
    answer(500);
    ground_wait(ground, 999);
    ck_assert_ptr_null(tried);
    ground_wait(ground, 1);
    ck_assert(is_posted("one"));
    answer(0);
    ground_wait(ground, 1999);
    ck_assert_ptr_null(tried);
    tell("two");
    ck_assert(is_posted("one"));
    answer(404);
    ground_wait(ground, 4000);
    ck_assert(is_posted("one"));
    ck_assert_uint_eq(look().lost, 0);
    answer(503);
    ck_assert_uint_eq(look().lost, 1);
    ck_assert_uint_eq(look().attempts, 4);
    ck_assert_uint_eq(look().pending, 2);
    ground_wait(ground, 8000);
    ck_assert(is_gap_posted());
    answer(200);
    ck_assert(is_posted("two"));
    close_hooks();
}
END_TEST

/* RFC 9110 10.2.3: of 429 and 503, and no longer than our own pauses may be. */
START_TEST(a_receiver_says_when_to_try_again)
{
    open_hooks();
    struct hooks_settings settings = hooks_settings_default();
    settings.pause_most_s = 60;
    hooks_reload(hooks, &settings);
    put_hook("w-1", "", true);
    tell("one");
    answer_after(503, 7);
    ground_wait(ground, 6999);
    ck_assert_ptr_null(tried);
    ground_wait(ground, 1);
    ck_assert(is_posted("one"));
    answer_after(429, 100000);
    ground_wait(ground, 59999);
    ck_assert_ptr_null(tried);
    ground_wait(ground, 1);
    ck_assert(is_posted("one"));
    answer_after(500, 50); /* that is our own third pause */
    ground_wait(ground, 4000);
    ck_assert(is_posted("one"));
    answer_after(503, 1); /* shorter than the fourth */
    ground_wait(ground, 7999);
    ck_assert_ptr_null(tried);
    ground_wait(ground, 1);
    ck_assert(is_posted("one"));
    answer(200);
    close_hooks();
}
END_TEST

/* The one gap that there is stands for all that is lost meanwhile. */
START_TEST(a_full_queue_loses_the_newest)
{
    open_hooks();
    put_hook("w-1", "", true);
    tell("one");
    tell("two");
    tell("three");
    tell("four");
    ck_assert_uint_eq(look().pending, 3);
    ck_assert_uint_eq(look().lost, 2);
    ck_assert_uint_eq(ground->metrics.values[METRIC_webhook_events_lost], 2);
    answer(200);
    ck_assert(is_posted("two"));
    answer(200);
    ck_assert(is_gap_posted());
    tell("five");
    answer(200);
    ck_assert(is_posted("five"));
    answer(200);
    ck_assert_ptr_null(tried);
    close_hooks();
}
END_TEST

/* The gap under way was before "three". */
START_TEST(what_is_lost_behind_a_gap_leaves_another)
{
    open_hooks();
    put_hook("w-1", "", true);
    tell("one");
    tell("two");
    tell("lost");
    answer(200);
    answer(200);
    ck_assert(is_gap_posted());
    tell("three");
    tell("lost");
    ck_assert_uint_eq(look().pending, 3);
    answer(200);
    ck_assert(is_posted("three"));
    answer(200);
    ck_assert(is_gap_posted());
    answer(200);
    ck_assert_ptr_null(tried);
    close_hooks();
}
END_TEST

/* Until somebody takes it; what grows too old behind it falls into it. */
START_TEST(a_gap_is_never_too_old)
{
    open_hooks();
    put_hook("w-1", "", true);
    tell("one");
    for (unsigned pause_s = 1; pause_s <= 8; pause_s *= 2) {
        answer(500);
        ground_wait(ground, pause_s * 1000);
    }
    ck_assert(is_gap_posted());
    tell("two");
    for (unsigned pause_s = 16; pause_s <= 64; pause_s *= 2) {
        answer(500);
        ground_wait(ground, pause_s * 1000);
        ck_assert(is_gap_posted());
    }
    ck_assert_uint_eq(look().lost, 2);
    ck_assert_uint_eq(look().pending, 1);
    tell("three");
    answer(200);
    ck_assert(is_posted("three"));
    close_hooks();
}
END_TEST

/* Nobody knows what was waiting at the end of the life before. A hook that is off hears nothing. */
START_TEST(a_start_begins_with_a_gap)
{
    open_hooks();
    put_hook("w-1", "", true);
    put_hook("w-2", "", false);
    ck_assert_uint_eq(look().pending, 0);
    hooks_free(&hooks);
    http_free(&http);
    feed_free(&feed);
    open_dispatcher();
    ck_assert_ptr_null(tried);
    ck_assert_uint_eq(look().pending, 1);
    tell("one");
    ck_assert(is_gap_posted() && sent == 1);
    hooks_refresh(hooks);
    answer(200);
    ck_assert(is_posted("one"));
    answer(200);
    ck_assert_ptr_null(tried);
    close_hooks();
}
END_TEST

static void take_row(void *context, const struct store_webhook *row)
{
    *(bool *)context = row->active;
}

START_TEST(gone_is_off_for_good)
{
    bool active = true;
    open_hooks();
    put_hook("w-1", "", true);
    ck_assert_uint_eq(feed_readers(feed), 1);
    tell("one");
    tell("two");
    answer(410);
    ck_assert_uint_eq(look().pending, 0);
    ck_assert_uint_eq(feed_readers(feed), 0); /* at once: nothing is kept for nobody */
    hooks_refresh(hooks);                     /* the row says yet that it is active */
    ck_assert_uint_eq(feed_readers(feed), 0);
    store_step(ground->parts.store, PARTITIONS, 9, STORE_DURABLE);
    store_turn(ground->parts.store);
    ck_assert_int_eq(webhook_read(ground->accounts, BYTES("w-1"), take_row, &active), ERR_NONE);
    ck_assert(!active);
    hooks_refresh(hooks);
    ck_assert_uint_eq(feed_readers(feed), 0);
    tell("three");
    ck_assert_ptr_null(tried);
    put_hook("w-1", "", true); /* its operator says so */
    tell("four");
    ck_assert(is_gap_posted()); /* of what happened meanwhile */
    answer(200);
    ck_assert(is_posted("four"));
    answer(200);
    close_hooks();
}
END_TEST

/* Nobody knows what happened while it was off; and nothing may ever happen again. */
START_TEST(who_is_active_again_hears_of_a_gap)
{
    open_hooks();
    put_hook("w-1", "", true);
    ck_assert_uint_eq(look().pending, 0);
    put_hook("w-1", "", false);
    tell("one");
    put_hook("w-1", "", true);
    ground_wait(ground, 1);
    ck_assert(is_gap_posted() && sent == 1);
    answer(200);
    ck_assert_ptr_null(tried);
    close_hooks();
}
END_TEST

/* It waits for a place among the posts under way (http.under_way_max) when its hook goes. */
START_TEST(what_waits_is_not_posted_for_a_hook_that_has_gone)
{
    open_hooks();
    struct http_settings two = http_settings_default();
    two.under_way_max = 2; /* a hook's is one of these */
    http_reload(http, &two);
    put_hook("w-1", "", true);
    put_hook("w-2", "", true);
    tell("one");
    ck_assert_uint_eq(http_count(http), 2);
    ck_assert_int_eq(webhook_delete(ground->accounts, BYTES("w-2")), ERR_NONE);
    hooks_refresh(hooks);
    ck_assert_uint_eq(http_count(http), 1);
    answer(200);
    ck_assert_uint_eq(sent, 1);
    ck_assert_ptr_null(tried);
    close_hooks();
}
END_TEST

/* A push to a phone for which a call rings does not wait for hooks that nobody answers to. */
START_TEST(hooks_leave_room_for_pushes)
{
    const struct http_post push = {.url = BYTES("https://push.example.net/"), .body = BYTES("{}")};
    open_hooks();
    struct http_settings two = http_settings_default();
    two.under_way_max = 2;
    http_reload(http, &two);
    put_hook("w-1", "", true);
    put_hook("w-2", "", true);
    tell("one");
    ck_assert_uint_eq(http_count(http), 2);
    ck_assert_uint_eq(sent, 1);
    struct http_try *first = tried;
    tried = NULL;
    ck_assert_uint_ne(http_post(http, &push), 0);
    ck_assert_uint_eq(sent, 2);
    ck_assert_str_eq(tried->url, "https://push.example.net/");
    tried = first;
    close_hooks();
}
END_TEST

/* Where a name leads is seen by whoever connects. */
START_TEST(this_host_is_for_who_may)
{
    open_hooks();
    put_hook("w-1", "", true);
    tell("one");
    ck_assert(tried->elsewhere);
    tried->barred = true;
    answer(0);
    ck_assert(look().barred);
    ck_assert_uint_eq(ground->metrics.values[METRIC_webhook_posts_barred], 1);
    struct hooks_settings settings = hooks_settings_default();
    settings.local = true;
    hooks_reload(hooks, &settings);
    ground_wait(ground, 1000);
    ck_assert(is_posted("one") && !tried->elsewhere);
    answer(200);
    ck_assert(!look().barred);
    close_hooks();
}
END_TEST

static unsigned signatures(void)
{
    unsigned count = 0;
    for (size_t i = 0; i < tried->field_count; i++)
        for (const char *at = tried->fields[i]; (at = strstr(at, "v1=")) != NULL; at++)
            count++;
    return count;
}

START_TEST(the_secret_before_signs_for_a_while)
{
    open_hooks();
    struct store_webhook row = {.id = BYTES("w-1"),
                                .url = BYTES("https://hooks.example.net/"),
                                .types = BYTES(""),
                                .secret = BYTES("another"),
                                .before = BYTES("secret"),
                                .active = true,
                                .secret_ms = ground->world.wall_ms,
                                .made_ms = 1};
    put_hook("w-1", "", true);
    tell("one");
    ck_assert_uint_eq(signatures(), 1);
    answer(200);
    ck_assert_int_eq(webhook_put(ground->accounts, &row, 2), ERR_NONE);
    hooks_refresh(hooks);
    tell("two");
    ck_assert_uint_eq(signatures(), 2);
    answer(200);
    ground_wait(ground, 86400 * 1000ULL);
    tell("three");
    ck_assert_uint_eq(signatures(), 1);
    answer(200);
    close_hooks();
}
END_TEST

START_TEST(what_is_not_allowed_any_more_is_not_posted)
{
    struct hooks_settings settings = hooks_settings_default();
    const struct store_webhook row = {.id = BYTES("w-1"),
                                      .url = BYTES("http://hooks.example.net/"),
                                      .types = BYTES(""),
                                      .secret = BYTES("secret"),
                                      .active = true,
                                      .made_ms = 1};
    open_hooks();
    ck_assert_int_eq(webhook_put(ground->accounts, &row, 2), ERR_NONE);
    settings.plain_anywhere = true;
    hooks_reload(hooks, &settings);
    tell("one");
    ck_assert(is_posted("one"));
    answer(200);
    settings.plain_anywhere = false;
    hooks_reload(hooks, &settings);
    tell("two");
    ck_assert_ptr_null(tried);
    settings.plain_anywhere = true;
    hooks_reload(hooks, &settings);
    ground_wait(ground, 1);
    ck_assert(is_gap_posted());
    answer(200);
    close_hooks();
}
END_TEST

START_TEST(a_changed_hook_goes_on_with_what_waits)
{
    open_hooks();
    put_hook("w-1", "", true);
    tell("one");
    struct http_try *first = tried;
    tried = NULL;
    put_hook("w-1", "presence,messages", true); /* perhaps to another address: it is posted anew */
    ck_assert(is_posted("one"));
    first->status = 410; /* whatever the old one answers */
    http_tried(first);
    http_turn(http);
    ck_assert_uint_eq(look().pending, 1);
    put_hook("w-1", "presence,messages", false);
    ck_assert_uint_eq(look().pending, 0);
    ck_assert_int_eq(webhook_delete(ground->accounts, BYTES("w-1")), ERR_NONE);
    ck_assert_int_eq(webhook_delete(ground->accounts, BYTES("w-1")), ERR_NOT_FOUND);
    hooks_refresh(hooks);
    struct hook_look none;
    ck_assert(!hooks_look(hooks, BYTES("w-1"), &none));
    close_hooks();
}
END_TEST

START_TEST(hooks_are_bounded)
{
    open_hooks();
    put_hook("w-1", "", true);
    put_hook("w-2", "", true);
    put_hook("w-2", "messages", true);
    const struct store_webhook row = {
        .id = BYTES("w-3"), .url = BYTES("https://x/"), .secret = BYTES("s"), .made_ms = 1};
    ck_assert_int_eq(webhook_put(ground->accounts, &row, 2), ERR_LIMIT);
    close_hooks();
}
END_TEST

static void expect_judged(bool local, bool plain, const char *url, enum hook_url judged)
{
    const struct hooks_settings settings = {.local = local, .plain_anywhere = plain};
    enum hook_url is = hook_url_judge(&settings, bytes_of(url));
    ck_assert_msg(is == judged, "%s: %d", url, is);
    ck_assert_int_eq(hook_url_advice(is) == NULL, judged == HOOK_URL_GOOD);
}

START_TEST(only_some_addresses_will_do)
{
    static const char *const here[] = {"http://127.0.0.1/",        "http://127.0.0.1:80/",
                                       "http://[::1]:80/x",        "http://localhost:8080/a?b",
                                       "http://127.0.0.1?x",       "http://127.1/",
                                       "http://2130706433/",       "http://LOCALHOST./",
                                       "http://[::ffff:127.0.0.1]"},
                             *const near[] = {"https://169.254.169.254/", "https://0.0.0.0/",
                                              "https://[fe80::1%25eth0]/", "https://224.0.0.1/"},
                             *const plain[] = {"http://example.org/", "http://127.0.0.1.x.org/",
                                               "http://localhost.org/", "http://10.0.0.1/"};
    for (size_t i = 0; i < sizeof(here) / sizeof(here[0]); i++) {
        expect_judged(false, true, here[i], HOOK_URL_NEAR);
        expect_judged(true, false, here[i], HOOK_URL_GOOD);
    }
    for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++) {
        expect_judged(false, true, near[i], HOOK_URL_NEAR);
        expect_judged(true, false, near[i], HOOK_URL_GOOD);
    }
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        expect_judged(true, false, plain[i], HOOK_URL_PLAIN);
        expect_judged(false, true, plain[i], HOOK_URL_GOOD);
    }
    expect_judged(false, false, "https://example.org/x", HOOK_URL_GOOD);
    expect_judged(false, false, "https://10.0.0.1/x", HOOK_URL_GOOD);
    expect_judged(true, true, "ftp://example.org/", HOOK_URL_BAD);
}
END_TEST

/* By openssl: printf '%s' '17.{"a":1}' | openssl dgst -sha256 -hmac secret */
START_TEST(what_is_posted_is_signed)
{
    char signature[HOOK_SIGNATURE_SIZE];
    hook_sign(BYTES("secret"), BYTES(""), 17, BYTES("{\"a\":1}"), signature);
    ck_assert_str_eq(signature,
                     "t=17,v1=79cd1542875f006ad515323686688f9e78c4c57c76e9153a0f67bf5baa454b2a");
    hook_sign(BYTES("another"), BYTES("secret"), 17, BYTES("{\"a\":1}"), signature);
    ck_assert_str_eq(signature,
                     "t=17,v1=8bdc358c1c119b528d85319ba19ae971acc8d742b08d6c3ee50addaaf47b0b7c,"
                     "v1=79cd1542875f006ad515323686688f9e78c4c57c76e9153a0f67bf5baa454b2a");
}
END_TEST

UNIT_MAIN("hook", events_are_posted_one_after_the_other, pauses_grow_until_it_is_too_late,
          a_receiver_says_when_to_try_again, a_full_queue_loses_the_newest,
          what_is_lost_behind_a_gap_leaves_another, a_gap_is_never_too_old,
          a_start_begins_with_a_gap, gone_is_off_for_good, who_is_active_again_hears_of_a_gap,
          what_waits_is_not_posted_for_a_hook_that_has_gone, hooks_leave_room_for_pushes,
          this_host_is_for_who_may, the_secret_before_signs_for_a_while,
          what_is_not_allowed_any_more_is_not_posted, a_changed_hook_goes_on_with_what_waits,
          hooks_are_bounded, only_some_addresses_will_do, what_is_posted_is_signed)
