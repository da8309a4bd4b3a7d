/* curl_test.c: the thread that really sends, to a server on loopback that is the test itself. */
#include "http/curl_internal.h"

#include <netinet/in.h>
#include <poll.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "unit.h"

enum { REQUEST_MAX = 4096 };

static struct world world;
static uint64_t seed;
static struct http *http;
static sem_t woken;
static int listener;
static char url[64], request[REQUEST_MAX], body[64];
static unsigned reported, status, retry_after_s;
static bool barred;

static void wake(void *context)
{
    (void)context;
    sem_post(&woken);
}

static void done(void *context, const struct http_answer *answer)
{
    (void)context;
    reported++;
    status = answer->status;
    barred = answer->barred;
    retry_after_s = answer->retry_after_s;
    snprintf(body, sizeof(body), "%.*s", BYTES_ARGS(answer->body));
}

static void open_listener(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_ge(listener, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(listener, 8), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/push", ntohs(address.sin_port));
}

static void open_http(void)
{
    const struct http_parts parts = {.world = &world, .wake = wake};
    struct http_settings settings = http_settings_default();
    settings.tries_max = 1;
    settings.answer_max_bytes = 5;
    ck_assert_int_eq(sem_init(&woken, 0, 0), 0);
    reported = status = 0;
    seed = 1;
    world_init(&world, 1000, 1700000000000, seeded_random, &seed);
    http = http_new(&parts, &settings);
    open_listener();
}

static void close_http(void)
{
    http_free(&http);
    world_release(&world);
    close(listener);
    sem_destroy(&woken);
}

static void post_to(const char *where, bool elsewhere)
{
    const struct http_post what = {.url = bytes_of(where),
                                   .content_type = BYTES("application/json"),
                                   .body = BYTES("{\"a\":1}"),
                                   .fields = {BYTES("Authorization: Bearer x")},
                                   .field_count = 1,
                                   .elsewhere = elsewhere,
                                   .done = done};
    ck_assert_uint_ne(http_post(http, &what), 0);
}

static void post(const char *where)
{
    post_to(where, false);
}

/* Takes one request whole. */
static void take_request(int peer)
{
    size_t length = 0;
    memset(request, 0, sizeof(request));
    while (strstr(request, "{\"a\":1}") == NULL) {
        ssize_t got = read(peer, request + length, sizeof(request) - 1 - length);
        ck_assert_int_gt(got, 0);
        length += (size_t)got;
    }
}

static void serve(const char *answer)
{
    int peer = accept(listener, NULL, NULL);
    ck_assert_int_ge(peer, 0);
    take_request(peer);
    ck_assert_int_eq(write(peer, answer, strlen(answer)), (ssize_t)strlen(answer));
    close(peer);
}

static void await(void)
{
    unsigned before = reported;
    while (reported == before) {
        sem_wait(&woken);
        http_turn(http);
    }
}

START_TEST(a_post_arrives_whole)
{
    open_http();
    post(url);
    serve("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    await();
    ck_assert_uint_eq(status, 200);
    ck_assert_str_eq(body, "ok");
    ck_assert_int_eq(strncmp(request, "POST /push HTTP/1.1\r\n", 21), 0);
    ck_assert_ptr_nonnull(strstr(request, "\r\nContent-Type: application/json\r\n"));
    ck_assert_ptr_nonnull(strstr(request, "\r\nAuthorization: Bearer x\r\n"));
    ck_assert_ptr_nonnull(strstr(request, "\r\nContent-Length: 7\r\n"));
    ck_assert_ptr_null(strstr(request, "Expect"));
    close_http();
}
END_TEST

START_TEST(several_on_one_thread)
{
    open_http();
    for (int i = 0; i < 3; i++)
        post(url);
    for (int i = 0; i < 3; i++)
        serve("HTTP/1.1 204 No Content\r\n\r\n");
    while (reported < 3)
        await();
    ck_assert_uint_eq(http_count(http), 0);
    close_http();
}
END_TEST

/* A redirect would lead elsewhere than what was configured. */
START_TEST(redirects_are_not_followed)
{
    open_http();
    post(url);
    serve("HTTP/1.1 307 Elsewhere\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
    await();
    ck_assert_uint_eq(status, 307);
    close_http();
}
END_TEST

START_TEST(long_answers_are_cut)
{
    open_http();
    post(url);
    serve("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789");
    await();
    ck_assert_uint_eq(status, 200);
    ck_assert_str_eq(body, "01234");
    close_http();
}
END_TEST

START_TEST(nobody_answers)
{
    open_http();
    close(listener);
    post(url);
    await();
    ck_assert_uint_eq(status, 0);
    close_http();
}
END_TEST

/* What is not HTTP, and what ends in the middle, are no answers. */
START_TEST(rubbish_is_no_answer)
{
    open_http();
    post(url);
    serve("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab");
    await();
    ck_assert_uint_eq(status, 0);
    close_http();
}
END_TEST

/* RFC 9110 10.2.3, as libcurl reads it. */
START_TEST(retry_after_comes_along)
{
    open_http();
    struct http_settings settings = http_settings_default();
    settings.tries_max = 2;
    http_reload(http, &settings);
    post(url);
    serve("HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n");
    sem_wait(&woken);
    http_turn(http);
    ck_assert_uint_eq(reported, 0);
    world_tick(&world, world.now_ms + 6999, world.wall_ms + 6999);
    ck_assert_uint_eq(http_count(http), 1);
    world_tick(&world, world.now_ms + 1, world.wall_ms + 1);
    serve("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    await();
    ck_assert_uint_eq(status, 200);
    close_http();
}
END_TEST

/* The other form of it, which counts from the clock of this host. */
START_TEST(retry_after_may_be_a_date)
{
    char answer[256], date[64];
    time_t then = time(NULL) + 500;
    struct tm utc;
    ck_assert_ptr_nonnull(gmtime_r(&then, &utc));
    ck_assert_uint_gt(strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &utc), 0);
    snprintf(answer, sizeof(answer),
             "HTTP/1.1 429 Slowly\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n", date);
    open_http();
    post(url);
    serve(answer);
    await();
    ck_assert_uint_eq(status, 429);
    ck_assert_uint_gt(retry_after_s, 0);
    ck_assert_uint_le(retry_after_s, 500);
    close_http();
}
END_TEST

static void expect_barred(const char *where)
{
    post_to(where, true);
    await();
    ck_assert_uint_eq(status, 0);
    ck_assert_msg(barred, "%s", where);
}

/* Neither by its address nor by a name; nobody is connected to, so nothing can be learnt of what
 * listens. */
START_TEST(this_host_is_barred_on_demand)
{
    char named[96];
    open_http();
    snprintf(named, sizeof(named), "http://localhost:%s", strrchr(url, ':') + 1);
    expect_barred(url);
    expect_barred(named);
    expect_barred("http://[::ffff:127.0.0.1]:9/");
    expect_barred("http://0.0.0.0:9/");
    expect_barred("http://169.254.169.254/");
    struct pollfd asked = {.fd = listener, .events = POLLIN};
    ck_assert_int_eq(poll(&asked, 1, 0), 0);
    post(url); /* who may goes on as before */
    serve("HTTP/1.1 204 No Content\r\n\r\n");
    await();
    ck_assert_uint_eq(status, 204);
    ck_assert(!barred);
    close_http();
}
END_TEST

/* libcurl keeps connections for whoever comes next. */
START_TEST(a_kept_connection_is_barred_too)
{
    open_http();
    post(url);
    int peer = accept(listener, NULL, NULL);
    ck_assert_int_ge(peer, 0);
    take_request(peer);
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    ck_assert_int_eq(write(peer, answer, sizeof(answer) - 1), sizeof(answer) - 1);
    await();
    ck_assert_uint_eq(status, 200);
    expect_barred(url);
    struct pollfd asked = {.fd = peer, .events = POLLIN};
    ck_assert(poll(&asked, 1, 0) == 0 || read(peer, request, 1) == 0);
    close(peer);
    close_http();
}
END_TEST

/* The end of the server does not wait for a gateway that says nothing. */
START_TEST(the_end_with_one_under_way)
{
    open_http();
    post(url);
    int peer = accept(listener, NULL, NULL);
    ck_assert_int_ge(peer, 0);
    close_http();
    close(peer);
    ck_assert_uint_eq(reported, 0);
}
END_TEST

UNIT_MAIN("curl", a_post_arrives_whole, several_on_one_thread, redirects_are_not_followed,
          long_answers_are_cut, nobody_answers, rubbish_is_no_answer, retry_after_comes_along,
          retry_after_may_be_a_date, this_host_is_barred_on_demand, a_kept_connection_is_barred_too,
          the_end_with_one_under_way)
