/* http_test.c: the queue, the pauses, and what is reported; the carrier is the test. */
#include "http/http.h"

#include <stdio.h>

#include "base/memory.h"
#include "unit.h"

enum { AWAY_MAX = 8 };

static struct world world;
static uint64_t seed;
static struct metrics metrics;
static struct http *http;
static struct http_try *away[AWAY_MAX];
static size_t away_count;
static unsigned reported, last_status, stops;
static char last_body[32];
static bool was_barred;

static void take(void *context, struct http_try *try)
{
    (void)context;
    ck_assert_uint_lt(away_count, AWAY_MAX);
    away[away_count++] = try;
}

static void stop(void *context)
{
    (void)context;
    stops++;
    away_count = 0;
}

static void done(void *context, const struct http_answer *answer)
{
    ck_assert_ptr_eq(context, &reported);
    reported++;
    last_status = answer->status;
    was_barred = answer->barred;
    snprintf(last_body, sizeof(last_body), "%.*s", BYTES_ARGS(answer->body));
}

static void open_http(unsigned queue_max, unsigned under_way_max)
{
    const struct http_carrier carrier = {take, stop, NULL};
    const struct http_parts parts = {.world = &world, .metrics = &metrics, .carrier = &carrier};
    struct http_settings settings = http_settings_default();
    settings.queue_max = queue_max;
    settings.under_way_max = under_way_max;
    metrics = (struct metrics){0};
    away_count = reported = last_status = stops = 0;
    seed = 1;
    world_init(&world, 1000, 1700000000000, seeded_random, &seed);
    http = http_new(&parts, &settings);
}

static void close_http(void)
{
    http_free(&http);
    ck_assert_ptr_null(http);
    ck_assert_uint_eq(stops, 1);
    world_release(&world);
}

static uint64_t post_as(const char *url, bool patient)
{
    const struct http_post what = {.url = bytes_of(url),
                                   .content_type = BYTES("application/json"),
                                   .body = BYTES("{}"),
                                   .fields = {BYTES("X-Key: 1")},
                                   .field_count = 1,
                                   .patient = patient,
                                   .done = done,
                                   .context = &reported};
    return http_post(http, &what);
}

static uint64_t post(const char *url)
{
    return post_as(url, false);
}

/* The first that is away comes back. */
static void answer(unsigned status, unsigned retry_after_s, const char *body)
{
    ck_assert_uint_gt(away_count, 0);
    struct http_try *try = away[0];
    for (size_t i = 1; i < away_count; i++)
        away[i - 1] = away[i];
    away_count--;
    try->status = status;
    try->retry_after_s = retry_after_s;
    if (body != NULL) {
        try->answer = memory_copy(bytes_of(body));
        try->answer_length = strlen(body);
    }
    http_tried(try);
    http_turn(http);
}

static void wait_ms(uint64_t ms)
{
    world_tick(&world, world.now_ms + ms, world.wall_ms + ms);
}

START_TEST(what_is_posted)
{
    open_http(10, 2);
    ck_assert_uint_ne(post("http://127.0.0.1/a"), 0);
    ck_assert_uint_eq(away_count, 1);
    ck_assert_str_eq(away[0]->url, "http://127.0.0.1/a");
    ck_assert_uint_eq(away[0]->field_count, 2);
    ck_assert_str_eq(away[0]->fields[0], "Content-Type: application/json");
    ck_assert_str_eq(away[0]->fields[1], "X-Key: 1");
    ck_assert(bytes_equal(away[0]->body, BYTES("{}")));
    ck_assert_ptr_null(away[0]->ca_file);
    ck_assert_uint_eq(away[0]->timeout_ms, 10000);
    ck_assert_uint_eq(reported, 0);
    answer(200, 0, "taken");
    ck_assert_uint_eq(reported, 1);
    ck_assert_uint_eq(last_status, 200);
    ck_assert_str_eq(last_body, "taken");
    ck_assert_uint_eq(http_count(http), 0);
    ck_assert_uint_eq(metrics.values[METRIC_http_posts], 1);
    ck_assert_uint_eq(metrics.values[METRIC_http_failed], 0);
    close_http();
}
END_TEST

START_TEST(two_at_a_time_and_three_in_all)
{
    open_http(3, 2);
    for (int i = 0; i < 3; i++)
        ck_assert_uint_ne(post("http://127.0.0.1/a"), 0);
    ck_assert_uint_eq(post("http://127.0.0.1/a"), 0);
    ck_assert_uint_eq(metrics.values[METRIC_http_limited], 1);
    ck_assert_uint_eq(away_count, 2);
    ck_assert_uint_eq(http_count(http), 3);
    answer(204, 0, NULL);
    ck_assert_uint_eq(away_count, 2);
    ck_assert_uint_ne(post("http://127.0.0.1/a"), 0);
    close_http(); /* with two away, and one that waits */
    ck_assert_uint_eq(reported, 1);
}
END_TEST

/* Whoever does not answer keeps those alone from being posted that can wait. */
START_TEST(the_patient_leave_half_of_the_room)
{
    open_http(7, 3);
    for (int i = 0; i < 3; i++)
        ck_assert_uint_ne(post_as("http://hooks/", true), 0);
    ck_assert_uint_eq(post_as("http://hooks/", true), 0);
    ck_assert_uint_eq(metrics.values[METRIC_http_limited], 1);
    ck_assert_uint_eq(away_count, 1);
    post("http://push/1");
    post("http://push/2");
    ck_assert_uint_eq(away_count, 3);
    ck_assert_str_eq(away[2]->url, "http://push/2");
    post("http://push/3");
    answer(200, 0, NULL); /* of the patient one; another one waits for longer than the push */
    ck_assert_uint_eq(away_count, 3);
    ck_assert_str_eq(away[2]->url, "http://push/3");
    ck_assert_uint_ne(post_as("http://hooks/", true), 0);
    answer(200, 0, NULL);
    ck_assert_uint_eq(away_count, 3);
    ck_assert_str_eq(away[2]->url, "http://hooks/");
    answer(200, 0, NULL);
    answer(200, 0, NULL);
    ck_assert_uint_eq(away_count, 1);
    answer(503, 0, NULL);
    ck_assert_uint_eq(away_count, 1); /* a new one; the other pauses */
    wait_ms(1000);
    ck_assert_uint_eq(away_count, 1); /* it is patient behind its pause, too */
    answer(200, 0, NULL);
    ck_assert_uint_eq(away_count, 1);
    close_http();
}
END_TEST

/* The least that can be set has a place for each. */
START_TEST(the_patient_never_have_all_of_the_room)
{
    open_http(3, 3);
    ck_assert_uint_ne(post_as("http://hooks/", true), 0);
    ck_assert_uint_eq(post_as("http://hooks/", true), 0);
    ck_assert_uint_ne(post("http://push/1"), 0);
    ck_assert_uint_ne(post("http://push/2"), 0);
    ck_assert_uint_eq(away_count, 3);
    close_http();
    open_http(2, 2);
    ck_assert_uint_ne(post_as("http://hooks/", true), 0);
    ck_assert_uint_eq(post_as("http://hooks/", true), 0);
    ck_assert_uint_ne(post("http://push/1"), 0);
    ck_assert_uint_eq(away_count, 2);
    close_http();
}
END_TEST

START_TEST(a_patient_one_is_forgotten)
{
    open_http(4, 2);
    post("http://push/1");
    post("http://push/2");
    uint64_t patient = post_as("http://hooks/", true);
    ck_assert_uint_ne(post_as("http://hooks/2", true), 0);
    http_forget(http, patient);
    ck_assert_uint_eq(http_count(http), 3);
    ck_assert_uint_ne(post_as("http://hooks/3", true), 0); /* there is room for one */
    answer(200, 0, NULL);
    ck_assert_str_eq(away[1]->url, "http://hooks/2");
    answer(200, 0, NULL);
    answer(200, 0, NULL);
    ck_assert_str_eq(away[0]->url, "http://hooks/3");
    answer(200, 0, NULL);
    ck_assert_uint_eq(http_count(http), 0);
    close_http();
}
END_TEST

/* 1 s, 2 s, 4 s, and then it has failed. */
START_TEST(pauses_grow)
{
    open_http(10, 2);
    post("http://127.0.0.1/a");
    static const unsigned statuses[] = {503, 0, 429};
    for (unsigned i = 0; i < 3; i++) {
        answer(statuses[i], 0, "later");
        ck_assert_uint_eq(away_count, 0);
        wait_ms((1000ULL << i) - 1);
        ck_assert_uint_eq(away_count, 0);
        wait_ms(1);
        ck_assert_uint_eq(away_count, 1);
        ck_assert_ptr_null(away[0]->answer);
        ck_assert_uint_eq(reported, 0);
    }
    answer(500, 0, NULL);
    ck_assert_uint_eq(reported, 1);
    ck_assert_uint_eq(last_status, 500);
    ck_assert_uint_eq(metrics.values[METRIC_http_retries], 3);
    ck_assert_uint_eq(metrics.values[METRIC_http_failed], 1);
    close_http();
}
END_TEST

/* RFC 9110 10.2.3 */
START_TEST(retry_after_is_obeyed)
{
    open_http(10, 2);
    post("http://127.0.0.1/a");
    answer(503, 90, NULL);
    wait_ms(89999);
    ck_assert_uint_eq(away_count, 0);
    wait_ms(1);
    ck_assert_uint_eq(away_count, 1);
    answer(429, 3601, NULL); /* that is too long */
    ck_assert_uint_eq(reported, 1);
    ck_assert_uint_eq(last_status, 429);
    close_http();
}
END_TEST

START_TEST(what_is_refused_is_not_tried_again)
{
    static const unsigned statuses[] = {301, 400, 404, 410};
    open_http(10, 2);
    for (unsigned i = 0; i < 4; i++) {
        post("http://127.0.0.1/a");
        answer(statuses[i], 0, NULL);
        ck_assert_uint_eq(reported, i + 1);
        ck_assert_uint_eq(last_status, statuses[i]);
    }
    ck_assert_uint_eq(http_count(http), 0);
    close_http();
}
END_TEST

/* What waits is never posted; what is under way is not tried again. */
START_TEST(a_forgotten_one_is_not_posted_any_more)
{
    open_http(10, 2);
    uint64_t first = post("http://127.0.0.1/a");
    post("http://127.0.0.1/");
    uint64_t second = post("http://127.0.0.1/b");
    post("http://127.0.0.1/c");
    http_forget(http, second);
    ck_assert_uint_eq(http_count(http), 3);
    http_forget(http, first);
    ck_assert_uint_eq(http_count(http), 3);
    answer(503, 0, NULL);
    ck_assert_str_eq(away[1]->url, "http://127.0.0.1/c");
    ck_assert_uint_eq(http_count(http), 2);
    answer(200, 0, NULL);
    answer(200, 0, NULL);
    wait_ms(60000);
    ck_assert_uint_eq(away_count, 0);
    ck_assert_uint_eq(reported, 2);
    ck_assert_uint_eq(http_count(http), 0);
    http_forget(http, first);
    close_http();
}
END_TEST

static uint64_t mine;

static void forget_mine(void *context, const struct http_answer *answer)
{
    (void)answer;
    http_forget(http, mine);
    ++*(unsigned *)context;
}

/* Who is told the answer and lets go of all that it asked for has nothing to let go of. */
START_TEST(one_that_is_reported_is_forgotten)
{
    const struct http_post what = {
        .url = BYTES("http://127.0.0.1/a"), .done = forget_mine, .context = &reported};
    open_http(10, 2);
    mine = http_post(http, &what);
    answer(200, 0, NULL);
    ck_assert_uint_eq(reported, 1);
    ck_assert_uint_eq(http_count(http), 0);
    close_http();
}
END_TEST

START_TEST(one_that_pauses_is_forgotten)
{
    open_http(10, 2);
    uint64_t first = post("http://127.0.0.1/a");
    answer(503, 0, NULL);
    http_forget(http, first);
    ck_assert_uint_eq(http_count(http), 0);
    wait_ms(60000);
    ck_assert_uint_eq(away_count, 0);
    ck_assert_uint_eq(reported, 0);
    close_http();
}
END_TEST

/* Whose name leads where it must not has it told at once. */
START_TEST(a_barred_one_is_not_tried_again)
{
    open_http(10, 2);
    post("http://hooks.example.net/");
    ck_assert(!away[0]->elsewhere);
    away[0]->barred = true;
    answer(0, 0, NULL);
    ck_assert_uint_eq(reported, 1);
    ck_assert(was_barred);
    wait_ms(60000);
    ck_assert_uint_eq(away_count, 0);
    close_http();
}
END_TEST

START_TEST(good_urls)
{
    ck_assert(http_url_is_good(BYTES("https://push.example.org/v1?x=1")));
    ck_assert(http_url_is_good(BYTES("http://[::1]:80")));
    ck_assert(!http_url_is_good(BYTES("https://")));
    ck_assert(!http_url_is_good(BYTES("http:///etc")));
    ck_assert(!http_url_is_good(BYTES("https://:443/")));
    ck_assert(!http_url_is_good(BYTES("https://?a")));
    ck_assert(!http_url_is_good(BYTES("file:///etc/passwd")));
    ck_assert(!http_url_is_good(BYTES("http://a b")));
    ck_assert(!http_url_is_good(BYTES("http://user:secret@a/")));
    ck_assert(http_url_is_good(BYTES("http://a/@b")));
    ck_assert(!http_url_is_good(BYTES("http://a\r\nb")));
    ck_assert(!http_url_is_good(BYTES("")));
    ck_assert(http_url_is_good(BYTES("https://a:65535/b:99999")));
    ck_assert(http_url_is_good(BYTES("https://[2001:db8::1]:8443?c")));
    ck_assert(http_url_is_good(BYTES("https://a:/")));
    ck_assert(!http_url_is_good(BYTES("https://a:65536/")));
    ck_assert(!http_url_is_good(BYTES("https://a:99999/")));
    ck_assert(!http_url_is_good(BYTES("https://a:18446744073709551697")));
    ck_assert(!http_url_is_good(BYTES("https://a:0/")));
    ck_assert(!http_url_is_good(BYTES("https://a:8o/")));
}
END_TEST

UNIT_MAIN("http", what_is_posted, two_at_a_time_and_three_in_all,
          the_patient_leave_half_of_the_room, the_patient_never_have_all_of_the_room,
          a_patient_one_is_forgotten, pauses_grow, retry_after_is_obeyed,
          what_is_refused_is_not_tried_again, a_forgotten_one_is_not_posted_any_more,
          one_that_pauses_is_forgotten, one_that_is_reported_is_forgotten,
          a_barred_one_is_not_tried_again, good_urls)
