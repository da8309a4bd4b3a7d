/* The HTTP server without a reactor: routing, conditions, scopes over a real socket; and a reactor
 * that does not answer. */
#include "web/web.h"

#include <pthread.h>
#include <semaphore.h>

#include "base/memory.h"
#include "base/token.h"
#include "site.h"
#include "web/scopes.h"
#include "web/secret.h"

static sem_t begun, go_on; /* of what takes long */

/* Endpoints. */

static void show(struct web_call *call, struct account_file *file)
{
    struct bytes user = web_part(call, "user"), query = BYTES("none"), caller = web_caller(call);
    (void)file;
    (void)web_query(call, "q", &query);
    web_answer(call, 200,
               json_pack("{s:s%, s:s%, s:s%}", "user", user.at, user.length, "q", query.at,
                         query.length, "caller", caller.length > 0 ? caller.at : "",
                         caller.length));
}

static void show_other(struct web_call *call, struct account_file *file)
{
    (void)file;
    web_answer_text(call, 200, "text/plain", BYTES("the other"));
}

static void change(struct web_call *call, struct account_file *file)
{
    json_t *current = json_pack("{s:i}", "version", 7);
    (void)file;
    if (web_may_change(call, current))
        web_answer(call, 200, json_incref(current));
    json_decref(current);
}

/* What `change` is about. */
static void show_version(struct web_call *call, struct account_file *file)
{
    (void)file;
    web_answer(call, 200, json_pack("{s:i}", "version", 7));
}

static void number(struct web_call *call, struct account_file *file)
{
    uint64_t value;
    (void)file;
    if (web_query_number(call, "n", 1, 10, 5, &value))
        web_answer(call, 200, json_pack("{s:I}", "n", (json_int_t)value));
}

/* Bytes from the network that are no text give no JSON. */
static void garbled(struct web_call *call, struct account_file *file)
{
    (void)file;
    web_answer(call, 200, json_pack("{s:s}", "agent", "\xff"));
}

static void live(struct web_call *call, const struct web_core *core)
{
    (void)core;
    web_answer(call, 200, json_pack("{s:b}", "live", 1));
}

enum { MANY = 5 };
static const char *const many_aors[MANY] = {"alice@example.org", "bob@example.org",
                                            "carol@example.org", "dave@example.org",
                                            "eve@example.org"};

/* The answer waits for changes of as many partitions. */
static void change_many(struct web_call *call, const struct web_core *core)
{
    for (int i = 0; i < MANY; i++) {
        struct bytes aor = bytes_of(many_aors[i]);
        struct store_set *set = store_begin(core->store, partition_of(aor));
        store_delete_binding(set, &(struct store_binding){.aor = aor, .contact = BYTES("sip:x")});
        web_wait(call, store_submit(core->store, &set));
    }
}

/* Works until the test lets it go, or the server ends. */
static void work(struct web_call *call)
{
    (void)sem_post(&begun);
    while (sem_trywait(&go_on) != 0)
        if (web_is_ending(call)) {
            web_problem(call, 503, "ends", NULL, "not done");
            return;
        }
    web_answer(call, 201, json_pack("{s:b}", "done", 1));
}

static void work_slowly(struct web_call *call, struct account_file *file)
{
    (void)file;
    web_slow(call, work);
}

static const struct web_endpoint rows[] = {
    {WEB_GET, "/u/{user}", WEB_OPEN, false, WEB_NO_BODY, show, NULL, "q"},
    {WEB_GET, "/u/import", WEB_OPEN, false, WEB_NO_BODY, show_other, NULL, "q"},
    {WEB_PUT, "/u/{user}", WEB_OPEN, false, WEB_JSON, change, NULL},
    {WEB_GET, "/own/{user}", WEB_ROSTERS, true, WEB_NO_BODY, show, NULL, "q"},
    {WEB_GET, "/version", WEB_OPEN, false, WEB_NO_BODY, show_version, NULL},
    {WEB_GET, "/number", WEB_OPEN, false, WEB_NO_BODY, number, NULL, "m, n"},
    {WEB_GET, "/file", WEB_OPEN, false, WEB_NO_BODY, show_other, NULL, WEB_ANY_QUERY},
    {WEB_GET, "/garbled", WEB_OPEN, false, WEB_NO_BODY, garbled, NULL},
    {WEB_POST, "/slow", WEB_OPEN, false, WEB_NO_BODY, work_slowly, NULL},
    {WEB_GET, "/live", WEB_OPEN, false, WEB_NO_BODY, NULL, live},
    {WEB_DELETE, "/many", WEB_OPEN, false, WEB_NO_BODY, NULL, change_many},
    {.path = NULL},
};
static const struct web_endpoints tables[] = {{rows, SIZE_MAX}, {NULL, 0}};

/* Tests. */

START_TEST(paths_are_cut_before_they_are_decoded)
{
    struct site site;
    site_init(&site, tables);
    site_open(&site);
    ck_assert_int_eq(ask(&site, "GET /u/a%2Fb%20c?q=1+2%2B3 HTTP/1.1", ""), 200);
    expect(&site, "{\"user\":\"a/b c\",\"q\":\"1 2+3\"");
    ck_assert_int_eq(ask(&site, "GET /u/import HTTP/1.1", ""), 200);
    expect(&site, "the other");
    ck_assert_int_eq(ask(&site, "GET /u/import/ HTTP/1.1", ""), 404);
    ck_assert_int_eq(ask(&site, "GET /u/%69mport HTTP/1.1", ""), 200);
    expect(&site, "\"user\":\"import\"");
    ck_assert_int_eq(ask(&site, "GET /u/ HTTP/1.1", ""), 404);
    ck_assert_int_eq(ask(&site, "GET /u/a/b HTTP/1.1", ""), 404);
    ck_assert_int_eq(ask(&site, "GET /u/a%2 HTTP/1.1", ""), 400);
    ck_assert_int_eq(ask(&site, "GET /u/a%c3%28 HTTP/1.1", ""), 400);
    ck_assert_int_eq(ask(&site, "PUT /u/import HTTP/1.1", "{}"), 405);
    expect(&site, "Allow: GET, HEAD, OPTIONS\r\n");
    ck_assert_int_eq(ask(&site, "DELETE /u/x HTTP/1.1", ""), 405);
    expect(&site, "Allow: GET, HEAD, PUT, OPTIONS\r\n");
    ck_assert_int_eq(ask(&site, "OPTIONS * HTTP/1.1", ""), 204); /* RFC 9110 9.3.7 */
    expect(&site, "Allow: GET, HEAD, PUT, POST, PATCH, DELETE, OPTIONS\r\n");
    ck_assert_int_eq(ask(&site, "OPTIONS * HTTP/1.1\r\nHost: other", ""), 400);
    ck_assert_int_eq(ask(&site, "GET * HTTP/1.1", ""), 400);
    site_release(&site);
}
END_TEST

/* RFC 9112 3.2.2 and 3.2. */
START_TEST(a_target_may_be_absolute_and_a_host_is_one)
{
    static const struct {
        const char *head;
        int status;
    } cases[] = {{"GET http://localhost/u/import?q=1 HTTP/1.1", 200},
                 {"GET HTTPS://example.org:8080/u/import HTTP/1.1", 200},
                 {"GET http://[::1]:80/u/import HTTP/1.1", 200},
                 {"GET http://localhost HTTP/1.1", 404},
                 {"GET http://localhost?q=/u/import HTTP/1.1", 404},
                 {"GET http:///u/import HTTP/1.1", 400},
                 {"GET http://a@localhost/u/import HTTP/1.1", 400},
                 {"GET ftp://localhost/u/import HTTP/1.1", 400},
                 {"GET localhost/u/import HTTP/1.1", 400},
                 {"GET /u/import HTTP/1.1\r\nHost: localhost", 400},
                 {"GET /u/import HTTP/1.1\r\nhost: another", 400}};
    struct site site;
    site_init(&site, tables);
    site_open(&site);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ck_assert_msg(ask(&site, cases[i].head, "") == cases[i].status, "%s: %s", cases[i].head,
                      site.answer);
    ck_assert_int_eq(ask(&site, "GET http://localhost/u/al%2Fice?q=1+2 HTTP/1.1", ""), 200);
    expect(&site, "{\"user\":\"al/ice\",\"q\":\"1 2\"");
    site_release(&site);
}
END_TEST

START_TEST(what_is_no_json_is_our_fault)
{
    struct site site;
    site_init(&site, tables);
    site_open(&site);
    ck_assert_int_eq(ask(&site, "GET /garbled HTTP/1.1", ""), 500);
    site_release(&site);
}
END_TEST

START_TEST(numbers_of_a_query_have_bounds)
{
    struct site site;
    site_init(&site, tables);
    site_open(&site);
    ck_assert_int_eq(ask(&site, "GET /number HTTP/1.1", ""), 200);
    expect(&site, "{\"n\":5}");
    ck_assert_int_eq(ask(&site, "GET /number?n=10 HTTP/1.1", ""), 200);
    ck_assert_int_eq(ask(&site, "GET /number?n=11 HTTP/1.1", ""), 400);
    expect(&site, "\"field\":\"n\"");
    ck_assert_int_eq(ask(&site, "GET /number?n=-1 HTTP/1.1", ""), 400);
    ck_assert_int_eq(ask(&site, "GET /number?n= HTTP/1.1", ""), 400);
    ck_assert_int_eq(ask(&site, "GET /number?N=7&m=1 HTTP/1.1", ""), 200);
    ck_assert_int_eq(ask(&site, "GET /number?n=7&nn=7 HTTP/1.1", ""), 400);
    expect(&site, "GET /number takes the parameters m, n, not \\\"nn\\\"");
    expect(&site, "\"field\":\"nn\"");
    ck_assert_int_eq(ask(&site, "GET /version?n=7 HTTP/1.1", ""), 400);
    expect(&site, "GET /version takes no parameters, not \\\"n\\\"");
    ck_assert_int_eq(ask(&site, "GET /file?n=7 HTTP/1.1", ""), 200);
    site_release(&site);
}
END_TEST

#define PUT "PUT /u/a HTTP/1.1\r\nContent-Type: application/json\r\n"

/* RFC 9110 13.1.1, 13.1.2 and 13.2.2 */
/* The tag of the last answer, without its quotes. */
static void take_tag(const struct site *site, char tag[64])
{
    const char *at = strstr(site->answer, "ETag: \"");
    ck_assert_ptr_nonnull(at);
    snprintf(tag, 64, "%.*s", (int)strcspn(at + 7, "\""), at + 7);
}

/* RFC 9110 8.8.3.2: a form that was never given out is none of this state's. */
START_TEST(forms_of_a_tag_are_those_that_there_are)
{
    static const struct {
        const char *behind;
        int status;
    } cases[] = {{"", 200},          {"-csv", 200},
                 {"-vcard", 200},    {"-auth-policy+xml", 200},
                 {"-pidf+xml", 200}, {"-simple-message-summary", 200},
                 {"-zzzz", 412},     {"-", 412},
                 {"-csvx", 412},     {"-cs", 412},
                 {"csv", 412},       {"-csv-csv", 412}};
    struct site site;
    char head[256], tag[64];
    site_init(&site, tables);
    site_open(&site);
    ck_assert_int_eq(ask(&site, "GET /version HTTP/1.1", ""), 200);
    take_tag(&site, tag);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(head, sizeof(head), PUT "If-Match: \"%s%s\"", tag, cases[i].behind);
        ck_assert_msg(ask(&site, head, "{}") == cases[i].status, "%s", cases[i].behind);
    }
    site_release(&site);
}
END_TEST

/* RFC 9110 8.6: a 304 has the length that the 200 would have, or none; 13.2.2: If-Match is first.
 */
START_TEST(conditions_of_a_get)
{
    struct site site;
    char head[256], tag[64];
    site_init(&site, tables);
    site_open(&site);
    ck_assert_int_eq(ask(&site, "GET /version HTTP/1.1", ""), 200);
    expect(&site, "Content-Length: 13\r\n");
    take_tag(&site, tag);
    for (int i = 0; i < 2; i++) {
        snprintf(head, sizeof(head), "%s /version HTTP/1.1\r\nIf-None-Match: \"%s\"",
                 i == 0 ? "GET" : "HEAD", tag);
        ck_assert_int_eq(ask(&site, head, ""), 304);
        expect(&site, "Content-Length: 13\r\n");
        ck_assert_ptr_null(strstr(site.answer, "\r\nContent-Type:"));
        ck_assert_str_eq(strstr(site.answer, "\r\n\r\n"), "\r\n\r\n");
    }
    snprintf(head, sizeof(head), "GET /version HTTP/1.1\r\nIf-Match: \"%s\"", tag);
    ck_assert_int_eq(ask(&site, head, ""), 200);
    snprintf(head, sizeof(head), "GET /version HTTP/1.1\r\nIf-Match: W/\"%s\"", tag);
    ck_assert_int_eq(ask(&site, head, ""), 412);
    expect(&site, "urn:herald:problem:changed");
    ck_assert_int_eq(ask(&site, "GET /version HTTP/1.1\r\nIf-Match: *", ""), 200);
    ck_assert_int_eq(ask(&site, "GET /none HTTP/1.1\r\nIf-Match: *", ""), 404);
    site_release(&site);
}
END_TEST

START_TEST(a_condition_that_does_not_hold_changes_nothing)
{
    struct site site;
    char head[256], tag[64];
    site_init(&site, tables);
    site_open(&site);
    ck_assert_int_eq(ask(&site, PUT "If-Match: \"x\"", "{}"), 412);
    ck_assert_uint_eq(site.taken_over, 0);
    ck_assert_int_eq(ask(&site, PUT "If-None-Match: *", "{}"), 412);
    ck_assert_int_eq(ask(&site, PUT "If-Match: *", "{}"), 200);
    ck_assert_uint_eq(site.taken_over, 1);
    ck_assert_int_eq(ask(&site, "GET /number?n=7 HTTP/1.1", ""), 200);
    const char *at = strstr(site.answer, "ETag: ");
    ck_assert_ptr_nonnull(at);
    snprintf(tag, sizeof(tag), "%.*s", (int)strcspn(at + 6, "\r"), at + 6);
    snprintf(head, sizeof(head), PUT "If-None-Match: %s", tag);
    ck_assert_int_eq(ask(&site, head, "{}"), 200); /* it is another one's */
    snprintf(head, sizeof(head), "GET /number?n=7 HTTP/1.1\r\nIf-None-Match: \"y\", W/%s", tag);
    ck_assert_int_eq(ask(&site, head, ""), 304);
    site_release(&site);
}
END_TEST

START_TEST(a_body_must_be_json_and_say_so)
{
    struct site site;
    site_init(&site, tables);
    site.settings.body_max_bytes = 100;
    site_open(&site);
    ck_assert_int_eq(ask(&site, "PUT /u/a HTTP/1.1", "{}"), 415);
    ck_assert_int_eq(ask(&site, PUT "X: y", "{\n\"a\":}"), 400);
    expect(&site, "\"line\":2");
    ck_assert_int_eq(ask(&site, PUT "X: y", "{\"a\":1,\"a\":2}"), 400);
    ck_assert_int_eq(ask(&site, PUT "X: y", ""), 400);
    char body[128];
    memset(body, ' ', sizeof(body));
    body[101] = '\0';
    ck_assert_int_eq(ask(&site, PUT "X: y", body), 413);
    ck_assert_uint_eq(site.taken_over, 0);
    site_release(&site);
}
END_TEST

#define BASIC(path, base64) "GET " path " HTTP/1.1\r\nAuthorization: Basic " base64

/* alice:secret */
START_TEST(a_password_opens_ones_own)
{
    struct site site;
    site_init(&site, tables);
    add_account(&site, "alice@example.org", "alice", "secret", false);
    add_account(&site, "carol@example.org", "carol", "secret", true);
    site_open(&site);
    ck_assert_int_eq(ask(&site, BASIC("/own/alice", "YWxpY2U6c2VjcmV0"), ""), 200);
    expect(&site, "\"caller\":\"alice@example.org\"");
    ck_assert_int_eq(ask(&site, BASIC("/own/alice%40EXAMPLE.org", "YWxpY2U6c2VjcmV0"), ""), 200);
    ck_assert_int_eq(ask(&site, BASIC("/own/bob", "YWxpY2U6c2VjcmV0"), ""), 403);
    ck_assert_int_eq(ask(&site, BASIC("/own/alice", "YWxpY2U6c2VjcmV1"), ""), 401);
    expect(&site, "WWW-Authenticate: Basic");
    expect(&site, "WWW-Authenticate: Bearer realm=\"herald\"\r\n"); /* RFC 6750 3.1: of tokens */
    ck_assert_int_eq(ask(&site, "GET /own/alice HTTP/1.1\r\nAuthorization: Bearer x", ""), 401);
    expect(&site, "error=\"invalid_token\"");
    ck_assert_int_eq(ask(&site, BASIC("/own/alice", "Ym9iOnNlY3JldA=="), ""), 401);
    ck_assert_int_eq(ask(&site, BASIC("/own/alice", "YWxpY2U="), ""), 401);
    ck_assert_int_eq(ask(&site, BASIC("/own/carol", "Y2Fyb2w6c2VjcmV0"), ""), 401); /* disabled */
    ck_assert_int_eq(ask(&site, "GET /own/alice HTTP/1.1", ""), 401);
    site_release(&site);
}
END_TEST

START_TEST(a_reactor_that_does_not_answer_is_not_waited_for)
{
    struct site site;
    site_init(&site, tables);
    site.settings.ask_ms = 50;
    site.settings.asks_max = 2;
    site_open(&site);
    int sock = begin(&site, "GET /live HTTP/1.1", "");
    ck_assert_int_eq(finish(&site, sock, false), 503);
    web_turn(site.web); /* it is nobody's any more, and is freed */
    ck_assert_int_eq(ask(&site, "GET /live HTTP/1.1", ""), 200);
    site_release(&site);
}
END_TEST

/* Waits until so many are on their way to the reactor: each wakes it when its box is empty, so it
 * is turned in between by nobody. */
static void wait_for_wake(const struct site *site)
{
    struct pollfd ready = {.fd = site->woken, .events = POLLIN};
    ck_assert_int_eq(poll(&ready, 1, 30000), 1);
}

START_TEST(no_more_ask_than_may)
{
    struct site site;
    site_init(&site, tables);
    site.settings.asks_max = 1;
    site_open(&site);
    int first = begin(&site, "GET /live HTTP/1.1", "");
    wait_for_wake(&site);
    ck_assert_int_eq(finish(&site, begin(&site, "GET /live HTTP/1.1", ""), false), 503);
    expect(&site, "Retry-After: ");
    ck_assert_int_eq(finish(&site, first, true), 200);
    site_release(&site);
}
END_TEST

static void refused(void *context, unsigned partition)
{
    (void)context, (void)partition;
}

static void step(struct site *site, int which, enum store_outcome outcome)
{
    store_step(site->store, partition_of(bytes_of(many_aors[which])), 1, outcome);
    store_turn(site->store);
}

/* In whatever order they become durable; one that is refused is told. */
START_TEST(an_answer_waits_for_all_its_changes)
{
    const struct store_listener listener = {.refused = refused};
    char why[256] = "";
    enum err err = ERR_NONE;
    struct site site;
    site_init(&site, tables);
    const struct store_settings stepped = {
        .folder = site.folder, .queue_max = 100, .wal_max_bytes = 1 << 20, .stepped = true};
    site.store = store_open(&stepped, &listener, NULL, NULL, &err, why, sizeof(why));
    ck_assert_msg(site.store != NULL, "%s", why);
    site_open(&site);
    for (int last = -1; last < MANY; last++) {
        int sock = begin(&site, "DELETE /many HTTP/1.1", "");
        wait_for_wake(&site);
        web_turn(site.web);
        for (int i = 0; i < MANY; i++)
            if (i != last)
                step(&site, i, STORE_DURABLE);
        if (last >= 0)
            step(&site, last, STORE_REFUSED);
        ck_assert_int_eq(finish(&site, sock, true), last < 0 ? 204 : 503);
    }
    web_free(&site.web);
    store_close(&site.store);
    site_release(&site);
}
END_TEST

START_TEST(the_end_answers_those_who_wait)
{
    struct site site;
    site_init(&site, tables);
    site_open(&site);
    int sock = begin(&site, "GET /live HTTP/1.1", "");
    wait_for_wake(&site);
    web_free(&site.web);
    ck_assert_int_eq(finish(&site, sock, false), 503);
    site_release(&site);
}
END_TEST

static void slow_open(struct site *site)
{
    ck_assert_int_eq(sem_init(&begun, 0, 0), 0);
    ck_assert_int_eq(sem_init(&go_on, 0, 0), 0);
    site_init(site, tables);
    site->settings.threads = 1;
    site->settings.ask_ms = 30000;
    site_open(site);
}

/* The only web thread goes on, whoever else wants to work is told so. */
START_TEST(what_takes_long_holds_up_nobody)
{
    struct site site;
    slow_open(&site);
    for (unsigned i = 1; i <= 2; i++) {
        int slow = begin(&site, "POST /slow HTTP/1.1", "");
        ck_assert_int_eq(sem_wait(&begun), 0);
        ck_assert_int_eq(ask(&site, "GET /version HTTP/1.1", ""), 200);
        ck_assert_int_eq(ask(&site, "POST /slow HTTP/1.1", ""), 409);
        expect(&site, "wait until it is done");
        ck_assert_uint_eq(site.taken_over, i - 1);
        ck_assert_int_eq(sem_post(&go_on), 0);
        ck_assert_int_eq(finish(&site, slow, true), 201);
        expect(&site, "\"done\":");
        ck_assert_uint_eq(site.taken_over, i); /* what it changed counts */
    }
    site_release(&site);
}
END_TEST

/* And it has no place among those who ask the reactor for longer than it needs. */
START_TEST(what_takes_long_gives_its_place_back)
{
    struct site site;
    slow_open(&site);
    site_release(&site);
    site_init(&site, tables);
    site.settings.asks_max = 1;
    site_open(&site);
    int slow = begin(&site, "POST /slow HTTP/1.1", "");
    ck_assert_int_eq(sem_wait(&begun), 0);
    ck_assert_int_eq(ask(&site, "GET /live HTTP/1.1", ""), 503);
    ck_assert_int_eq(sem_post(&go_on), 0);
    ck_assert_int_eq(finish(&site, slow, true), 201);
    ck_assert_int_eq(ask(&site, "GET /live HTTP/1.1", ""), 200);
    site_release(&site);
}
END_TEST

START_TEST(what_takes_long_ends_with_the_server)
{
    struct site site;
    slow_open(&site);
    int slow = begin(&site, "POST /slow HTTP/1.1", "");
    ck_assert_int_eq(sem_wait(&begun), 0);
    web_free(&site.web);
    ck_assert_int_eq(finish(&site, slow, false), 503);
    site_release(&site);
}
END_TEST

START_TEST(scopes_open_their_area)
{
    struct bytes wrong;
    ck_assert(scope_allows(BYTES("rosters:read live:write"), WEB_ROSTERS, true));
    ck_assert(!scope_allows(BYTES("rosters:read live:write"), WEB_ROSTERS, false));
    ck_assert(scope_allows(BYTES("rosters:read live:write"), WEB_LIVE, true));
    ck_assert(!scope_allows(BYTES("rosters:read"), WEB_TOKENS, true));
    ck_assert(!scope_allows(BYTES(""), WEB_TOKENS, true));
    ck_assert(scope_allows(BYTES("*"), WEB_TOKENS, false));
    ck_assert(scope_judge(BYTES("rosters:read *"), &wrong));
    ck_assert(!scope_judge(BYTES("rosters:read live"), &wrong));
    ck_assert(bytes_equal(wrong, BYTES("live")));
    ck_assert(!scope_judge(BYTES(""), &wrong));
    ck_assert(!scope_judge(BYTES(":read"), &wrong));
}
END_TEST

START_TEST(secrets_differ)
{
    struct web_secret a, b;
    ck_assert(web_secret_make(&a) && web_secret_make(&b));
    ck_assert_str_ne(a.text, b.text);
    ck_assert_str_ne(a.id, b.id);
    ck_assert_int_ne(memcmp(a.digest, b.digest, sizeof(a.digest)), 0);
    ck_assert_uint_eq(strlen(a.text), 4 + 43);
}
END_TEST

UNIT_MAIN("web/web", paths_are_cut_before_they_are_decoded,
          a_target_may_be_absolute_and_a_host_is_one, what_is_no_json_is_our_fault,
          numbers_of_a_query_have_bounds, a_condition_that_does_not_hold_changes_nothing,
          forms_of_a_tag_are_those_that_there_are, conditions_of_a_get,
          a_body_must_be_json_and_say_so, a_password_opens_ones_own,
          a_reactor_that_does_not_answer_is_not_waited_for, no_more_ask_than_may,
          an_answer_waits_for_all_its_changes, the_end_answers_those_who_wait,
          what_takes_long_holds_up_nobody, what_takes_long_gives_its_place_back,
          what_takes_long_ends_with_the_server, scopes_open_their_area, secrets_differ)
