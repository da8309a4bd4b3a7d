/* digest_test.c: a user's own password by digest (RFC 7616), over a real socket. Link with
 * --wrap=web_now_ms and --wrap=web_wall_ms: the clocks that the digest goes by. */
#include "web/web.h"

#include <stdatomic.h>

#include "sip/nonce.h"
#include "site.h"

enum { REALM_SIZE = 64, NONCE_SIZE = 128 };

static void show(struct web_call *call, struct account_file *file)
{
    struct bytes caller = web_caller(call);
    (void)file;
    web_answer(call, 200, json_pack("{s:s%}", "caller", caller.at, caller.length));
}

static const struct web_endpoint rows[] = {
    {WEB_GET, "/own/{user}", WEB_ROSTERS, true, WEB_NO_BODY, show, NULL, "x"},
    {WEB_PUT, "/own/{user}", WEB_ROSTERS, true, WEB_JSON, show, NULL},
    {WEB_GET, "/all", WEB_ROSTERS, false, WEB_NO_BODY, show, NULL},
    {.path = NULL},
};
static const struct web_endpoints tables[] = {{rows, SIZE_MAX}, {NULL, 0}};

static _Atomic uint64_t stood_ms, stood_wall_ms; /* 0: time goes on */
static _Atomic uint64_t back_ms;

uint64_t __real_web_now_ms(void);
uint64_t __wrap_web_now_ms(void);
uint64_t __real_web_wall_ms(void);
uint64_t __wrap_web_wall_ms(void);

uint64_t __wrap_web_now_ms(void)
{
    return stood_ms != 0 ? stood_ms : __real_web_now_ms();
}

uint64_t __wrap_web_wall_ms(void)
{
    return (stood_wall_ms != 0 ? stood_wall_ms : __real_web_wall_ms()) - back_ms;
}

/* What a client says; what is left out is what the right one would say. */
struct say {
    const char *method, *target, *uri, *user, *password, *realm, *nonce, *nc, *algorithm, *qop;
    const char *cnonce, *more;
};

static const char *usual(const char *said, const char *otherwise)
{
    return said != NULL ? said : otherwise;
}

/* The response of RFC 7616 3.4.1 to what is said. */
static struct digest_hex respond(const struct say *say, const char *nonce)
{
    struct digest_engine *engine = digest_engine_new();
    struct digest_credentials credentials = {
        .nonce = bytes_of(nonce),
        .uri = bytes_of(usual(say->uri, usual(say->target, "/own/alice"))),
        .cnonce = bytes_of(usual(say->cnonce, "c")),
        .qop = bytes_of(usual(say->qop, "auth")),
        .nc = bytes_of(usual(say->nc, "00000001")),
        .algorithm = digest_algorithm_of(bytes_of(usual(say->algorithm, "SHA-256"))),
    };
    if (credentials.algorithm == DIGEST_COUNT)
        credentials.algorithm = DIGEST_SHA256;
    struct digest_hex ha1 =
        digest_ha1(engine, credentials.algorithm, bytes_of(usual(say->user, "alice")),
                   BYTES("example.org"), bytes_of(usual(say->password, "secret")));
    struct digest_hex response = digest_response(engine, &credentials, ha1.text,
                                                 bytes_of(usual(say->method, "GET")), BYTES(""));
    digest_engine_free(&engine);
    return response;
}

/* The nonce of the last answer. */
static const char *nonce_of(const struct site *site, char nonce[NONCE_SIZE])
{
    const char *at = strstr(site->answer, "nonce=\"");
    ck_assert_msg(at != NULL, "%s", site->answer);
    at += strlen("nonce=\"");
    snprintf(nonce, NONCE_SIZE, "%.*s", (int)strcspn(at, "\""), at);
    return nonce;
}

/* With the nonce of the last answer, unless one is said. */
static int tell(struct site *site, const struct say *say)
{
    char head[2048], kept[NONCE_SIZE];
    const char *nonce = say->nonce != NULL ? say->nonce : nonce_of(site, kept);
    struct digest_hex response = respond(say, nonce);
    const char *target = usual(say->target, "/own/alice");
    const char *method = usual(say->method, "GET");
    snprintf(head, sizeof(head),
             "%s %s HTTP/1.1\r\nContent-Type: application/json\r\n"
             "Authorization: Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", uri=\"%s\", "
             "algorithm=%s, response=\"%s\", qop=%s, nc=%s, cnonce=\"%s\"%s",
             method, target, usual(say->user, "alice"), usual(say->realm, "example.org"), nonce,
             usual(say->uri, target), usual(say->algorithm, "SHA-256"), response.text,
             usual(say->qop, "auth"), usual(say->nc, "00000001"), usual(say->cnonce, "c"),
             usual(say->more, ""));
    return ask(site, head, strcmp(method, "PUT") == 0 ? "{}" : "");
}

static void begin_site(struct site *site)
{
    site_init(site, tables);
    add_account(site, "alice@example.org", "alice", "secret", false);
    add_account(site, "carol@example.org", "carol", "secret", true);
    site_open(site);
}

/* What follows is said to a new nonce. */
static void challenge(struct site *site)
{
    ck_assert_int_eq(ask(site, "GET /own/alice HTTP/1.1", ""), 401);
}

/* What follows is said to this one, of a challenge of its own. */
static void new_nonce(struct site *site, char nonce[NONCE_SIZE])
{
    challenge(site);
    nonce_of(site, nonce);
}

#define TELL(site, ...) (challenge(site), tell(site, &(const struct say){__VA_ARGS__}))

START_TEST(rfc7616_3_3_each_algorithm_has_a_challenge)
{
    struct site site;
    begin_site(&site);
    challenge(&site);
    expect(&site, "WWW-Authenticate: Digest realm=\"example.org\", nonce=\"");
    expect(&site, "algorithm=SHA-256, qop=\"auth\"\r\n");
    expect(&site, "algorithm=MD5, qop=\"auth\"\r\n");
    ck_assert_int_eq(ask(&site, "GET /all HTTP/1.1", ""), 401);
    ck_assert_ptr_null(strstr(site.answer, "Digest")); /* of no use there */
    site_release(&site);
}
END_TEST

START_TEST(rfc7616_3_4_1_a_right_response_opens_ones_own)
{
    struct site site;
    begin_site(&site);
    ck_assert_int_eq(TELL(&site, .nc = NULL), 200);
    expect(&site, "\"caller\":\"alice@example.org\"");
    ck_assert_int_eq(TELL(&site, .algorithm = "MD5"), 200);
    ck_assert_int_eq(TELL(&site, .method = "PUT"), 200); /* judged again behind the body */
    expect(&site, "\"caller\":\"alice@example.org\"");
    ck_assert_int_eq(TELL(&site, .method = "PUT", .algorithm = "MD5"), 200);
    ck_assert_int_eq(TELL(&site, .method = "HEAD"), 200);
    ck_assert_int_eq(TELL(&site, .target = "/own/alice?x=%20y"), 200);
    ck_assert_int_eq(TELL(&site, .target = "/own/bob"), 403);
    ck_assert_int_eq(TELL(&site, .target = "/all"), 403);
    site_release(&site);
}
END_TEST

START_TEST(rfc7616_3_5_the_answer_proves_the_password_too)
{
    struct site site;
    char nonce[NONCE_SIZE], wanted[256];
    begin_site(&site);
    new_nonce(&site, nonce);
    struct digest_hex proof = respond(&(struct say){.method = ""}, nonce);
    ck_assert_int_eq(tell(&site, &(struct say){.nonce = nonce}), 200);
    snprintf(wanted, sizeof(wanted),
             "Authentication-Info: qop=auth, rspauth=\"%s\", cnonce=\"c\", nc=00000001\r\n",
             proof.text);
    expect(&site, wanted);
    site_release(&site);
}
END_TEST

START_TEST(rfc7616_3_4_what_is_wrong_opens_nothing)
{
    static const struct say cases[] = {
        {.password = "other"},
        {.user = "bob"},
        {.user = "carol"}, /* disabled */
        {.user = "alice@example.org"},
        {.user = "alice@elsewhere"},
        {.user = ""},
        {.realm = "herald"},
        {.realm = "EXAMPLE.ORG"},
        {.realm = ""},
        {.algorithm = "SHA-512-256"}, /* not offered */
        {.algorithm = "SHA-256-sess"},
        {.algorithm = "x"},
        {.qop = "auth-int"},
        {.qop = "\"\""},
        {.nc = "00000000"},
        {.nc = "1"},
        {.nc = "0000000000000001"},
        {.nc = "0000000g"},
        {.cnonce = ""},
        {.cnonce = "a\\\\b"},
        {.more = ", realm=\"example.org\""},
        {.more = ", x"},
        {.more = ", x=\"y"},
        /* H(user:realm) of RFC 7616 3.4.4, which is not offered, is nobody's name */
        {.user = "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b",
         .more = ", userhash=true"},
    };
    struct site site;
    site_init(&site, tables);
    site.settings.failures_max = 1000;
    add_account(&site, "alice@example.org", "alice", "secret", false);
    add_account(&site, "carol@example.org", "carol", "secret", true);
    site_open(&site);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        challenge(&site);
        ck_assert_msg(tell(&site, &cases[i]) == 401, "case %zu:\n%s", i, site.answer);
        ck_assert_msg(strstr(site.answer, "stale") == NULL, "case %zu:\n%s", i, site.answer);
    }
    site_release(&site);
}
END_TEST

START_TEST(rfc7616_3_4_each_parameter_is_wanted)
{
    static const char *const cases[] = {
        "Digest",
        "Digest x",
        "Digest username=\"alice\"",
        "Digest username=\"alice\", realm=\"example.org\", nonce=\"1\", uri=\"/own/alice\"",
        "Digest username=\"alice\", realm=\"example.org\", nonce=\"1\", response=\"1\"",
        "Digest username=\"alice\", realm=\"example.org\", nonce=\"1\", uri=\"/own/alice\", "
        "response=\"1\"",
        "Digest username=\"alice\", realm=\"example.org\", nonce=\"1\", uri=\"/own/alice\", "
        "response=\"1\", qop=auth, cnonce=\"x\"",
        "Digest username*=UTF-8''alice, realm=\"example.org\", nonce=\"1\", uri=\"/own/alice\", "
        "response=\"1\", qop=auth, cnonce=\"x\", nc=00000001",
    };
    struct site site;
    char head[512];
    begin_site(&site);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(head, sizeof(head), "GET /own/alice HTTP/1.1\r\nAuthorization: %s", cases[i]);
        ck_assert_msg(ask(&site, head, "") == 401, "case %zu:\n%s", i, site.answer);
        expect(&site, "WWW-Authenticate: Digest");
    }
    site_release(&site);
}
END_TEST

START_TEST(rfc7616_3_4_6_the_uri_is_the_target)
{
    struct site site;
    begin_site(&site);
    ck_assert_int_eq(TELL(&site, .uri = "/own/bob"), 400);
    expect(&site, "bad-digest");
    ck_assert_int_eq(TELL(&site, .target = "/own/alice?x=b", .uri = "/own/alice"), 400);
    ck_assert_int_eq(TELL(&site, .uri = "/own/alice/"), 400);
    site_release(&site);
}
END_TEST

START_TEST(rfc7616_3_4_5_a_count_rises)
{
    struct site site;
    char nonce[NONCE_SIZE], other[NONCE_SIZE];
    begin_site(&site);
    new_nonce(&site, nonce);
    ck_assert_int_eq(tell(&site, &(struct say){.nonce = nonce}), 200);
    ck_assert_int_eq(tell(&site, &(struct say){.nonce = nonce}), 401);
    expect(&site, "stale=true");
    ck_assert_str_ne(nonce_of(&site, other), nonce);
    ck_assert_int_eq(tell(&site, &(struct say){.nonce = other}), 200);
    ck_assert_int_eq(tell(&site, &(struct say){.nonce = nonce, .nc = "0000000A"}), 200);
    ck_assert_int_eq(tell(&site, &(struct say){.nonce = nonce, .nc = "00000009"}), 401);
    ck_assert_int_eq(tell(&site, &(struct say){.nonce = nonce, .nc = "ffffffff"}), 200);
    /* a wrong one uses up nothing */
    new_nonce(&site, nonce);
    ck_assert_int_eq(tell(&site, &(struct say){.nonce = nonce, .password = "x"}), 401);
    ck_assert_int_eq(tell(&site, &(struct say){.nonce = nonce}), 200);
    site_release(&site);
}
END_TEST

START_TEST(what_was_used_before_the_clock_was_set_back_is_stale)
{
    struct site site;
    char used[NONCE_SIZE], fresh[NONCE_SIZE];
    begin_site(&site);
    new_nonce(&site, used);
    ck_assert_int_eq(tell(&site, &(struct say){.nonce = used}), 200);
    back_ms = 5000;
    new_nonce(&site, fresh); /* behind the clock's step: it is good */
    ck_assert_int_eq(tell(&site, &(struct say){.nonce = fresh}), 200);
    ck_assert_int_eq(tell(&site, &(struct say){.nonce = used, .nc = "00000002"}), 401);
    expect(&site, "stale=true");
    back_ms = 10000; /* seen at a use, too */
    ck_assert_int_eq(tell(&site, &(struct say){.nonce = fresh, .nc = "00000002"}), 401);
    ck_assert_int_eq(tell(&site, &(struct say){.nonce = NULL}), 200);
    back_ms = 0; /* it has caught up: what was forgotten is not good again */
    ck_assert_int_eq(tell(&site, &(struct say){.nonce = used}), 401);
    ck_assert_int_eq(tell(&site, &(struct say){.nonce = fresh}), 401);
    site_release(&site);
}
END_TEST

/* The youngest one may be forgotten, and what is not younger is stale then. */
START_TEST(many_challenges_are_not_far_ahead_of_the_clock)
{
    enum { APART = 900, MANY = 1100, AHEAD_MS = 1000 };
    struct site site;
    char nonce[NONCE_SIZE];
    stood_ms = __real_web_now_ms();
    stood_wall_ms = __real_web_wall_ms();
    begin_site(&site);
    for (uint64_t i = 0; i < MANY; i++) {
        challenge(&site);
        uint64_t ahead_ms = nonce_time_ms(bytes_of(nonce_of(&site, nonce))) - stood_wall_ms;
        ck_assert_uint_le(ahead_ms, AHEAD_MS);
        if (i < APART)
            ck_assert_uint_eq(ahead_ms, i);
    }
    site_release(&site);
    stood_ms = stood_wall_ms = 0;
}
END_TEST

START_TEST(rfc7616_3_3_a_nonce_that_is_not_ours_is_stale)
{
    struct site site;
    begin_site(&site);
    ck_assert_int_eq(tell(&site, &(struct say){.nonce = "x"}), 401);
    expect(&site, "stale=true");
    ck_assert_int_eq(tell(&site, &(struct say){.nonce = NULL}), 200);
    ck_assert_int_eq(tell(&site, &(struct say){.nonce = "x", .target = "/all"}), 401);
    expect(&site, "stale=true");
    ck_assert_int_eq(tell(&site, &(struct say){.nonce = "x", .password = "y"}), 401);
    ck_assert_ptr_null(strstr(site.answer, "stale=true")); /* that would tell */
    site_release(&site);
}
END_TEST

START_TEST(wrong_digests_are_guesses)
{
    struct site site;
    site_init(&site, tables);
    site.settings.failures_max = 2;
    add_account(&site, "alice@example.org", "alice", "secret", false);
    site_open(&site);
    ck_assert_int_eq(tell(&site, &(struct say){.nonce = "x", .password = "a"}), 401);
    ck_assert_int_eq(tell(&site, &(struct say){.nonce = "x"}), 401); /* stale: no guess */
    ck_assert_int_eq(TELL(&site, .password = "b"), 401);
    ck_assert_int_eq(TELL(&site, .nc = NULL), 429);
    site_release(&site);
}
END_TEST

START_TEST(long_values_do_no_harm)
{
    static char text[400];
    struct site site;
    begin_site(&site);
    memset(text, 'a', 300);
    ck_assert_int_eq(TELL(&site, .cnonce = text), 401);
    ck_assert_int_eq(TELL(&site, .user = text), 401);
    ck_assert_int_eq(TELL(&site, .realm = text), 401);
    ck_assert_int_eq(TELL(&site, .nonce = text), 401);
    text[256] = '\0';
    ck_assert_int_eq(TELL(&site, .cnonce = text), 200);
    site_release(&site);
}
END_TEST

UNIT_MAIN("web/digest", rfc7616_3_3_each_algorithm_has_a_challenge,
          rfc7616_3_4_1_a_right_response_opens_ones_own,
          rfc7616_3_5_the_answer_proves_the_password_too, rfc7616_3_4_what_is_wrong_opens_nothing,
          rfc7616_3_4_each_parameter_is_wanted, rfc7616_3_4_6_the_uri_is_the_target,
          rfc7616_3_4_5_a_count_rises, rfc7616_3_3_a_nonce_that_is_not_ours_is_stale,
          wrong_digests_are_guesses, long_values_do_no_harm,
          what_was_used_before_the_clock_was_set_back_is_stale,
          many_challenges_are_not_far_ahead_of_the_clock)
