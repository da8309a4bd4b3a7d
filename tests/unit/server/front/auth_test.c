/* auth_test.c: a client of this file's own answers the challenges, well and badly. */
#include "front/auth.h"

#include <stdio.h>
#include <unistd.h>

#include "store/accounts.h"
#include "unit.h"

#define START_WALL_MS UINT64_C(1800000000000)
#define SECRET BYTES("0123456789abcdef0123456789abcdef")

static char folder[] = "/tmp/herald-auth-XXXXXX";
static struct world world;
static uint64_t seed = 1;
static struct digest_engine *engine;
static struct domains *domains;
static struct accounts *accounts;
static struct metrics metrics;
static struct auth *auth;
static const struct domain *org; /* MD5 */
static const struct domain *net; /* SHA-256, MD5 */

static void ignore_partition(void *context, unsigned partition)
{
    (void)context, (void)partition;
}

static void ignore(void *context)
{
    (void)context;
}

static void add_account(struct account_file *file, const char *user, const char *realm,
                        const char *password)
{
    char memory[100];
    struct digest_hex ha1[DIGEST_COUNT];
    struct buffer aor = buffer_over(memory, sizeof(memory));
    buffer_format(&aor, "%s@%s", user, realm);
    auth_make_account(engine, bytes_of(user), bytes_of(realm), bytes_of(password), ha1);
    struct store_account account = {.aor = buffer_bytes(&aor)};
    for (int i = 0; i < DIGEST_COUNT; i++)
        account.ha1[i] = bytes_of(ha1[i].text);
    ck_assert_int_eq(account_add(file, &account), ERR_NONE);
}

static void fill_accounts(void)
{
    static const struct store_listener listener = {ignore_partition, ignore, ignore, NULL};
    char why[200] = "", command[64];
    enum err err = ERR_NONE;
    ck_assert_ptr_nonnull(mkdtemp(folder));
    struct store_settings settings = {
        .folder = folder, .queue_max = 100, .wal_max_bytes = 1 << 20, .stepped = true};
    struct store *store = store_open(&settings, &listener, NULL, NULL, &err, why, sizeof(why));
    ck_assert_msg(store != NULL, "%s", why);
    struct account_file *file = account_file_open(folder, &err, why, sizeof(why));
    ck_assert_msg(file != NULL, "%s", why);
    add_account(file, "alice", "example.org", "alice-pw");
    add_account(file, "bob", "example.org", "bob-pw");
    add_account(file, "alice", "example.net", "net-pw");
    struct store_account half = {.aor = BYTES("half@example.net"),
                                 .ha1 = {BYTES("0123456789abcdef0123456789abcdef")}};
    ck_assert_int_eq(account_add(file, &half), ERR_NONE);
    ck_assert_int_eq(accounts_refresh(accounts, store), ERR_NONE);
    account_file_close(&file);
    store_close(&store);
    snprintf(command, sizeof(command), "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static unsigned replays_max; /* 0: the default */

static struct auth *new_auth(struct bytes secret)
{
    const struct auth_settings settings = {
        .nonce_lifetime_s = 600, .replays_max = replays_max, .domains = domains};
    return auth_new(&world, accounts, secret, &settings, &metrics);
}

static void open_all(void)
{
    const struct domain first = {"example.org", {DIGEST_MD5}, 1};
    const struct domain second = {"example.net", {DIGEST_SHA256, DIGEST_MD5}, 2};
    world_init(&world, 1000, START_WALL_MS, seeded_random, &seed);
    engine = digest_engine_new();
    domains = domains_new();
    domains_add(domains, &first);
    domains_add(domains, &second);
    domains_add_alias(domains, "example.org", BYTES("127.0.0.1"));
    org = domains_find(domains, BYTES("example.org"));
    net = domains_find(domains, BYTES("example.net"));
    accounts = accounts_new(5);
    fill_accounts();
    auth = new_auth(SECRET);
}

static void close_all(void)
{
    auth_free(&auth);
    ck_assert_ptr_null(auth);
    accounts_free(&accounts);
    domains_free(&domains);
    digest_engine_free(&engine);
    world_release(&world);
}

static void pass(uint64_t ms)
{
    world_tick(&world, world.now_ms + ms, world.wall_ms + ms);
}

/* What a client sends; a field left empty takes what a right client of alice@example.org would. */
struct client {
    const char *field, *method, *request_uri, *user, *password, *uri, *realm, *nonce, *qop;
    const char *ha1_user, *ha1_realm; /* NULL: user, realm */
    enum digest_algorithm algorithm;
    const char *extra; /* further header fields */
    bool capitals;     /* writes the response in capitals */
    bool old;          /* answers as in RFC 2069 */
    const char *body, *call_id;
    unsigned cseq;
};

static struct client defaults(struct client c)
{
    c.field = c.field ? c.field : "Authorization";
    c.method = c.method ? c.method : "REGISTER";
    c.request_uri = c.request_uri ? c.request_uri : "sip:example.org";
    c.user = c.user ? c.user : "alice";
    c.password = c.password ? c.password : "alice-pw";
    c.uri = c.uri ? c.uri : c.request_uri;
    c.realm = c.realm ? c.realm : "example.org";
    c.qop = c.old ? "" : c.qop ? c.qop : "auth";
    c.extra = c.extra ? c.extra : "";
    c.body = c.body ? c.body : "";
    c.call_id = c.call_id ? c.call_id : "1";
    c.cseq = c.cseq ? c.cseq : 1;
    return c;
}

/* Writes the challenges to a request that nothing but its branch tells from others. */
static void challenge(struct auth *from, const char *branch, const struct domain *domain,
                      unsigned status, bool stale, struct buffer *out)
{
    const struct sip_message request = {.request = true, .via.branch = bytes_of(branch)};
    auth_write_challenges(from, &request, domain, status, stale, out);
}

/* The nonce in the first of the challenges to the request with this branch. */
static const char *nonce_for(struct auth *from, const char *branch, const struct domain *domain)
{
    static char nonce[100];
    char memory[1000] = "";
    struct buffer out = buffer_over(memory, sizeof(memory) - 1);
    challenge(from, branch, domain, 401, false, &out);
    const char *at = strstr(memory, "nonce=\"") + 7;
    snprintf(nonce, sizeof(nonce), "%.*s", (int)strcspn(at, "\""), at);
    return nonce;
}

/* A nonce that is made now. */
static const char *fresh_nonce(struct auth *from, const struct domain *domain)
{
    char branch[40];
    snprintf(branch, sizeof(branch), "z9hG4bK%ju", (uintmax_t)world.wall_ms);
    return nonce_for(from, branch, domain);
}

static struct digest_hex client_response(const struct client *c)
{
    struct digest_credentials credentials = {.username = bytes_of(c->user),
                                             .realm = bytes_of(c->realm),
                                             .nonce = bytes_of(c->nonce),
                                             .uri = bytes_of(c->uri),
                                             .qop = bytes_of(c->qop),
                                             .nc = BYTES("00000001"),
                                             .cnonce = BYTES("c"),
                                             .algorithm = c->algorithm};
    struct digest_hex ha1 =
        digest_ha1(engine, c->algorithm, bytes_of(c->ha1_user ? c->ha1_user : c->user),
                   bytes_of(c->ha1_realm ? c->ha1_realm : c->realm), bytes_of(c->password));
    struct digest_hex response =
        digest_response(engine, &credentials, ha1.text, bytes_of(c->method), bytes_of(c->body));
    for (char *at = response.text; c->capitals && *at != '\0'; at++)
        *at = *at >= 'a' ? (char)(*at - 'a' + 'A') : *at;
    return response;
}

/* The credentials' field line, CRLF included. */
static void client_write(const struct client *c, struct buffer *out)
{
    buffer_format(out,
                  "%s: Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", uri=\"%s\", "
                  "response=\"%s\", algorithm=%s, nc=\"00000001\"",
                  c->field, c->user, c->realm, c->nonce, c->uri, client_response(c).text,
                  digest_algorithm_name(c->algorithm));
    if (*c->qop != '\0')
        buffer_format(out, ", cnonce=\"c\", qop=%s", c->qop);
    buffer_text(out, "\r\n");
}

static struct auth_result check_message(const struct client *c, struct bytes fields,
                                        const struct domain *domain, const char *aor)
{
    static char raw[20000];
    struct sip_message message;
    struct buffer out = buffer_over(raw, sizeof(raw));
    buffer_format(&out,
                  "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\n"
                  "From: <sip:alice@example.org>;tag=1\r\nTo: <sip:alice@example.org>\r\n"
                  "Call-ID: %s\r\nCSeq: %u %s\r\n",
                  c->method, c->request_uri, c->call_id, c->cseq, c->method);
    buffer_put(&out, fields);
    buffer_format(&out, "Content-Length: %zu\r\n\r\n%s", strlen(c->body), c->body);
    ck_assert(!out.overflow);
    struct verdict v = sip_message_parse(buffer_bytes(&out), false, &message);
    ck_assert_msg(verdict_ok(v), "%s", v.reason);
    return auth_check(auth, &message, domain, bytes_of(aor));
}

static struct auth_result check_as(struct client given, const struct domain *domain,
                                   const char *aor)
{
    char memory[4000];
    struct client c = defaults(given);
    struct buffer fields = buffer_over(memory, sizeof(memory));
    if (c.nonce == NULL)
        c.nonce = fresh_nonce(auth, domain);
    buffer_text(&fields, c.extra);
    client_write(&c, &fields);
    ck_assert(!fields.overflow);
    return check_message(&c, buffer_bytes(&fields), domain, aor);
}

static enum auth_outcome check(struct client c)
{
    return check_as(c, org, "alice@example.org").outcome;
}

static enum auth_outcome check_fields(const char *fields)
{
    struct client c = defaults((struct client){0});
    return check_message(&c, bytes_of(fields), org, "alice@example.org").outcome;
}

/* --- who is proved --- */

START_TEST(right_credentials_prove)
{
    open_all();
    ck_assert_int_eq(check((struct client){0}), AUTH_PROVED);
    ck_assert_int_eq(check((struct client){.field = "Proxy-Authorization", .method = "MESSAGE"}),
                     AUTH_PROVED);
    ck_assert_int_eq(check((struct client){.capitals = true}), AUTH_PROVED);
    ck_assert_int_eq(check((struct client){.qop = "AUTH"}), AUTH_PROVED);
    ck_assert_uint_eq(metrics.values[METRIC_credentials_wrong], 0);
    ck_assert_uint_eq(metrics.values[METRIC_credentials_stale], 0);
    close_all();
}
END_TEST

/* libpurple answers a qop=auth challenge like that. */
START_TEST(rfc2069_response_proves)
{
    open_all();
    ck_assert_int_eq(check((struct client){.old = true}), AUTH_PROVED);
    ck_assert_int_eq(check((struct client){.old = true, .password = "x"}), AUTH_WRONG);
    close_all();
}
END_TEST

START_TEST(wrong_password_user_or_method)
{
    open_all();
    ck_assert_int_eq(check((struct client){.password = "bob-pw"}), AUTH_WRONG);
    ck_assert_int_eq(check((struct client){.password = ""}), AUTH_WRONG);
    /* bob is himself, but not alice */
    ck_assert_int_eq(check((struct client){.user = "bob", .password = "bob-pw"}), AUTH_WRONG);
    ck_assert_int_eq(
        check_as((struct client){.user = "bob", .password = "bob-pw"}, org, "bob@example.org")
            .outcome,
        AUTH_PROVED);
    /* nor is it enough to know alice's password and to call oneself something else */
    ck_assert_int_eq(check((struct client){.user = "bob", .ha1_user = "alice"}), AUTH_WRONG);
    ck_assert_uint_eq(metrics.values[METRIC_credentials_wrong], 4);
    close_all();
}
END_TEST

START_TEST(unknown_users_are_wrong)
{
    open_all();
    struct client nobody = {.user = "nobody", .password = ""};
    ck_assert_int_eq(check_as(nobody, org, "nobody@example.org").outcome, AUTH_WRONG);
    ck_assert_int_eq(check_as(nobody, org, "").outcome, AUTH_WRONG);
    struct client anonymous = {.user = "anonymous", .password = ""};
    ck_assert_int_eq(check_as(anonymous, org, "anonymous@example.org").outcome, AUTH_WRONG);
    /* even one who knew the secret and how the stand-in's HA1 is made: it stands for nobody */
    struct client standin = {
        .user = "nobody", .password = "0123456789abcdef0123456789abcdef", .ha1_realm = "nowhere"};
    ck_assert_int_eq(check_as(standin, org, "nobody@example.org").outcome, AUTH_WRONG);
    close_all();
}
END_TEST

/* With its domain the name is the user's too, but no HA1 was made with it. */
START_TEST(username_with_domain_needs_another_ha1)
{
    open_all();
    ck_assert_int_eq(check((struct client){.user = "alice@example.org"}), AUTH_WRONG);
    close_all();
}
END_TEST

START_TEST(account_without_ha1_for_the_algorithm)
{
    open_all();
    struct client half = {.user = "half",
                          .password = "",
                          .realm = "example.net",
                          .request_uri = "sip:example.net",
                          .algorithm = DIGEST_SHA256};
    ck_assert_int_eq(check_as(half, net, "half@example.net").outcome, AUTH_WRONG);
    close_all();
}
END_TEST

/* --- which credentials are ours --- */

START_TEST(no_credentials_for_us)
{
    open_all();
    ck_assert_int_eq(check_fields(""), AUTH_MISSING);
    ck_assert_int_eq(check_fields("Authorization: Basic YWxpY2U6YWxpY2UtcHc=\r\n"), AUTH_MISSING);
    ck_assert_int_eq(check_fields("Authorization: Bearer abc\r\n"), AUTH_MISSING);
    ck_assert_int_eq(check((struct client){.realm = "example.com"}), AUTH_MISSING);
    ck_assert_int_eq(check((struct client){.realm = "example.net"}), AUTH_MISSING);
    /* the credentials of another realm are not ours to find fault with */
    ck_assert_int_eq(check_fields("Authorization: Digest realm=\"example.com\", x\r\n"),
                     AUTH_MISSING);
    close_all();
}
END_TEST

/* RFC 8760 2.7: empty values from a client that has not been challenged yet. */
START_TEST(rfc8760_2_7_unchallenged_client)
{
    open_all();
    ck_assert_int_eq(
        check_fields("Authorization: Digest username=\"alice\", realm=\"example.org\", "
                     "nonce=\"\", uri=\"sip:example.org\", response=\"\"\r\n"),
        AUTH_MISSING);
    close_all();
}
END_TEST

START_TEST(rfc3261_22_3_credentials_for_several_realms)
{
    static const char others[] =
        "Proxy-Authorization: Digest username=\"a\", realm=\"example.com\", nonce=\"n\", "
        "uri=\"sip:example.org\", response=\"00000000000000000000000000000000\"\r\n"
        "Authorization: Digest username=\"a\", realm=\"biloxi.com\", nonce=\"n\", "
        "uri=\"sip:example.org\", response=\"00000000000000000000000000000000\"\r\n"
        "Authorization: Basic abc\r\n";
    open_all();
    ck_assert_int_eq(check((struct client){.extra = others}), AUTH_PROVED);
    ck_assert_int_eq(check((struct client){.extra = others, .field = "Proxy-Authorization"}),
                     AUTH_PROVED);
    close_all();
}
END_TEST

/* Clients keep old credentials in the other field, or answer several challenges of one realm. */
START_TEST(best_of_several_for_our_realm)
{
    static const char bad[] =
        "Proxy-Authorization: Digest username=\"alice\", realm=\"example.org\", nonce=\"n\", "
        "uri=\"sip:example.org\", response=\"00000000000000000000000000000000\"\r\n"
        "Authorization: Digest realm=\"example.org\"\r\n";
    open_all();
    ck_assert_int_eq(check_fields(bad), AUTH_WRONG);
    ck_assert_int_eq(check((struct client){.extra = bad}), AUTH_PROVED);
    close_all();
}
END_TEST

/* Bad input costs little: of credentials without number a few are judged. */
START_TEST(many_credentials_are_not_all_judged)
{
    char memory[10000];
    struct buffer fields = buffer_over(memory, sizeof(memory));
    open_all();
    struct client wrong = defaults((struct client){.password = "x"});
    wrong.nonce = fresh_nonce(auth, org);
    for (int i = 0; i < 4; i++)
        client_write(&wrong, &fields);
    struct client right = wrong;
    right.password = "alice-pw";
    client_write(&right, &fields);
    ck_assert(!fields.overflow);
    struct auth_result result =
        check_message(&right, buffer_bytes(&fields), org, "alice@example.org");
    ck_assert_int_eq(result.outcome, AUTH_WRONG);
    close_all();
}
END_TEST

/* --- algorithms --- */

START_TEST(rfc8760_2_3_only_what_is_offered)
{
    open_all();
    struct client c = {.password = "net-pw",
                       .realm = "example.net",
                       .request_uri = "sip:example.net",
                       .algorithm = DIGEST_SHA256};
    ck_assert_int_eq(check_as(c, net, "alice@example.net").outcome, AUTH_PROVED);
    c.algorithm = DIGEST_MD5;
    ck_assert_int_eq(check_as(c, net, "alice@example.net").outcome, AUTH_PROVED);
    c.algorithm = DIGEST_SHA512_256;
    ck_assert_int_eq(check_as(c, net, "alice@example.net").outcome, AUTH_MISSING);
    /* example.org offers MD5 alone */
    ck_assert_int_eq(check((struct client){.algorithm = DIGEST_SHA256}), AUTH_MISSING);
    ck_assert_int_eq(
        check_fields(
            "Authorization: Digest username=\"alice\", realm=\"example.org\", nonce=\"n\", "
            "uri=\"sip:example.org\", response=\"0\", algorithm=MD5-sess\r\n"),
        AUTH_MISSING);
    close_all();
}
END_TEST

START_TEST(no_downgrade)
{
    const struct domain strong = {"example.net", {DIGEST_SHA512_256}, 1};
    open_all();
    struct client c = {
        .password = "net-pw", .realm = "example.net", .request_uri = "sip:example.net"};
    ck_assert_int_eq(check_as(c, &strong, "alice@example.net").outcome, AUTH_MISSING);
    c.algorithm = DIGEST_SHA512_256;
    ck_assert_int_eq(check_as(c, &strong, "alice@example.net").outcome, AUTH_PROVED);
    close_all();
}
END_TEST

static void assert_text(struct bytes got, const char *wanted)
{
    ck_assert_msg(bytes_equal(got, bytes_of(wanted)), "%.*s", BYTES_ARGS(got));
}

/* RFC 8760 2.3: one field an algorithm, the preferred first. */
START_TEST(rfc8760_2_3_challenges)
{
    char memory[1000], wanted[1000];
    open_all();
    const char *nonce = fresh_nonce(auth, net);
    struct buffer out = buffer_over(memory, sizeof(memory));
    challenge(auth, "z9hG4bK1", net, 401, false, &out);
    snprintf(wanted, sizeof(wanted),
             "WWW-Authenticate: Digest realm=\"example.net\", nonce=\"%s\", algorithm=SHA-256, "
             "qop=\"auth\"\r\n"
             "WWW-Authenticate: Digest realm=\"example.net\", nonce=\"%s\", algorithm=MD5, "
             "qop=\"auth\"\r\n",
             nonce, nonce);
    assert_text(buffer_bytes(&out), wanted);
    nonce = fresh_nonce(auth, org);
    out = buffer_over(memory, sizeof(memory));
    challenge(auth, "z9hG4bK1", org, 407, true, &out);
    snprintf(wanted, sizeof(wanted),
             "Proxy-Authenticate: Digest realm=\"example.org\", nonce=\"%s\", algorithm=MD5, "
             "qop=\"auth\", stale=true\r\n",
             nonce);
    assert_text(buffer_bytes(&out), wanted);
    close_all();
}
END_TEST

/* --- nonces --- */

/* Parallel dialogs use one nonce, each with nc=00000001 (pjsua). */
START_TEST(nonce_may_be_used_again)
{
    open_all();
    char nonce[100];
    snprintf(nonce, sizeof(nonce), "%s", fresh_nonce(auth, org));
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(check((struct client){.nonce = nonce}), AUTH_PROVED);
        pass(100000);
    }
    close_all();
}
END_TEST

START_TEST(nonce_grows_old)
{
    open_all();
    char nonce[100];
    snprintf(nonce, sizeof(nonce), "%s", fresh_nonce(auth, org));
    pass(600 * 1000);
    ck_assert_int_eq(check((struct client){.nonce = nonce}), AUTH_PROVED);
    pass(1);
    ck_assert_int_eq(check((struct client){.nonce = nonce}), AUTH_STALE);
    /* stale=true says that the password is right (RFC 7616 3.3): only when it is */
    ck_assert_int_eq(check((struct client){.nonce = nonce, .password = "x"}), AUTH_WRONG);
    ck_assert_int_eq(check((struct client){.nonce = nonce, .user = "bob", .password = "bob-pw"}),
                     AUTH_WRONG);
    ck_assert_uint_eq(metrics.values[METRIC_credentials_stale], 1);
    ck_assert_uint_eq(metrics.values[METRIC_credentials_wrong], 2);
    ck_assert_int_eq(check((struct client){0}), AUTH_PROVED);
    close_all();
}
END_TEST

/* The clock may be set back a little. */
START_TEST(nonce_from_the_future)
{
    open_all();
    char nonce[100];
    snprintf(nonce, sizeof(nonce), "%s", fresh_nonce(auth, org));
    world.wall_ms -= 60000;
    ck_assert_int_eq(check((struct client){.nonce = nonce}), AUTH_PROVED);
    world.wall_ms -= 1;
    ck_assert_int_eq(check((struct client){.nonce = nonce}), AUTH_STALE);
    close_all();
}
END_TEST

/* Same secret: a nonce survives a restart. Another secret: the client tries again by itself. */
START_TEST(nonce_and_secret)
{
    open_all();
    char nonce[100];
    snprintf(nonce, sizeof(nonce), "%s", fresh_nonce(auth, org));
    auth_free(&auth);
    auth = new_auth(SECRET);
    ck_assert_int_eq(check((struct client){.nonce = nonce}), AUTH_PROVED);
    auth_free(&auth);
    auth = new_auth(BYTES("another secret, another secret.."));
    ck_assert_int_eq(check((struct client){.nonce = nonce}), AUTH_STALE);
    ck_assert_int_eq(check((struct client){.nonce = nonce, .password = "x"}), AUTH_WRONG);
    close_all();
}
END_TEST

START_TEST(nonce_of_another_realm)
{
    open_all();
    char nonce[100];
    snprintf(nonce, sizeof(nonce), "%s", fresh_nonce(auth, net));
    ck_assert_str_ne(nonce, fresh_nonce(auth, org));
    ck_assert_int_eq(check((struct client){.nonce = nonce}), AUTH_STALE);
    close_all();
}
END_TEST

/* Whatever is changed in a nonce, it is ours no more. */
START_TEST(forged_nonces)
{
    open_all();
    char nonce[100], forged[102];
    snprintf(nonce, sizeof(nonce), "%s", fresh_nonce(auth, org));
    size_t length = strlen(nonce);
    for (size_t i = 0; i < length; i++) {
        memcpy(forged, nonce, sizeof(nonce));
        forged[i] = forged[i] == '0' ? '1' : '0';
        ck_assert_msg(check((struct client){.nonce = forged}) == AUTH_STALE, "%s", forged);
    }
    snprintf(forged, sizeof(forged), "%s0", nonce);
    ck_assert_int_eq(check((struct client){.nonce = forged}), AUTH_STALE);
    nonce[length - 1] = '\0';
    ck_assert_int_eq(check((struct client){.nonce = nonce}), AUTH_STALE);
    ck_assert_int_eq(check((struct client){.nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093"}),
                     AUTH_STALE);
    ck_assert_int_eq(check((struct client){.nonce = "1"}), AUTH_STALE);
    close_all();
}
END_TEST

/* More nonces than the proofs that are remembered, and both realms. */
START_TEST(many_nonces)
{
    static char nonces[600][100];
    open_all();
    for (int i = 0; i < 600; i++) {
        snprintf(nonces[i], sizeof(nonces[i]), "%s", fresh_nonce(auth, org));
        pass((uint64_t)i % 3);
        fresh_nonce(auth, net);
    }
    for (int i = 0; i < 600; i++)
        ck_assert_int_eq(check((struct client){.nonce = nonces[i]}), AUTH_PROVED);
    close_all();
}
END_TEST

/* The proofs that are remembered are told apart by realm too. */
START_TEST(many_realms_at_one_time)
{
    static char nonces[600][100];
    open_all();
    for (int i = 0; i < 600; i++) {
        char name[20];
        struct domain domain = {name, {DIGEST_MD5}, 1};
        snprintf(name, sizeof(name), "d%d.example", i);
        snprintf(nonces[i], sizeof(nonces[i]), "%s", fresh_nonce(auth, &domain));
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(nonces[i], nonces[j]);
    }
    close_all();
}
END_TEST

/* --- faults --- */

static void assert_broken(struct auth_result result, const char *reason_part)
{
    ck_assert_int_eq(result.outcome, AUTH_BROKEN);
    ck_assert_ptr_nonnull(result.reason);
    ck_assert_msg(strstr(result.reason, reason_part) != NULL, "%s", result.reason);
}

START_TEST(rfc7616_3_4_malformed)
{
    open_all();
    struct client c = defaults((struct client){0});
    assert_broken(check_message(&c, BYTES("Authorization: Digest username=\"alice\r\n"), org,
                                "alice@example.org"),
                  "does not end");
    assert_broken(check_message(&c, BYTES("Authorization: Digest realm=\"example.org\"\r\n"), org,
                                "alice@example.org"),
                  "without username");
    assert_broken(check_as((struct client){.qop = "auth-int"}, org, "alice@example.org"), "qop");
    close_all();
}
END_TEST

START_TEST(rfc8760_2_6_uri_names_the_same)
{
    static const struct {
        const char *request, *digest;
    } good[] = {
        {"sip:example.org;transport=tcp", "sip:example.org"}, /* baresip both ways */
        {"sip:example.org", "sip:example.org;transport=tcp"}, /* the same */
        {"sip:127.0.0.1", "sip:127.0.0.1:5060"},              /* a port more */
        {"sip:bob@example.org", "sip:127.0.0.1:5060"},        /* sipp: the server alone */
        {"sip:bob@example.org", "sip:bob@EXAMPLE.org:5060"},  /* host without case */
        {"sip:b%6fb@example.org", "sip:bob@example.org"},     /* escapes */
        {"sip:bob@127.0.0.1:5060", "sip:bob@example.org"},    /* names of one domain */
        {"sip:bob@127.0.0.9:5062", "sip:bob@127.0.0.9"},      /* a Contact, inside a dialog */
        {"sips:bob@example.org", "sip:bob@example.org"},      /* what counts is where */
        {"urn:service:presence", "urn:service:presence"},     /* what is equal needs no grammar */
    };
    static const struct {
        const char *request, *digest;
    } bad[] = {
        {"sip:bob@example.org", "sip:carol@example.org"},
        {"sip:bob@example.org", "sip:Bob@example.org"},
        {"sip:example.org", "sip:bob@example.org"},
        {"sip:bob@example.org", "sip:bob@evil.example"},
        {"sip:example.org", "sip:evil.example"},
        {"sip:example.org", "/index.html"},
        {"sip:example.org", ""},
        {"sip:example.org", "urn:service:x"},
    };
    open_all();
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct client c = {.request_uri = good[i].request, .uri = good[i].digest};
        pass(1); /* another nonce */
        ck_assert_msg(check(c) == AUTH_PROVED, "%s %s", good[i].request, good[i].digest);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct client c = {.request_uri = bad[i].request, .uri = bad[i].digest};
        ck_assert_msg(check(c) == AUTH_BROKEN, "%s %s", bad[i].request, bad[i].digest);
    }
    close_all();
}
END_TEST

/* --- accounts --- */

START_TEST(make_account_gives_all_three)
{
    struct digest_hex ha1[DIGEST_COUNT];
    engine = digest_engine_new();
    auth_make_account(engine, BYTES("alice"), BYTES("example.org"), BYTES("alice-pw"), ha1);
    ck_assert_str_eq(ha1[DIGEST_MD5].text, "8ea972d8db3f90d047e3cb6b6e1ad9da");
    ck_assert_str_eq(ha1[DIGEST_SHA256].text,
                     "4fdbcf490f83371231bdf7cb5ac198bcbb77d41386943626caaa0aa51e9da969");
    ck_assert_str_eq(ha1[DIGEST_SHA512_256].text,
                     "23a3d8323b5fac34d4be83acc1f04c24c8bc960b2833d10bf42107932f38e8be");
    digest_engine_free(&engine);
}
END_TEST

/* One response, one request: nc repeats over dialogs, so it says nothing. */
START_TEST(a_response_is_good_for_one_request)
{
    open_all();
    struct client c = {.nonce = fresh_nonce(auth, org)};
    ck_assert_int_eq(check(c), AUTH_PROVED);
    ck_assert_int_eq(check(c), AUTH_PROVED); /* the same request, a second way or after a crash */
    struct client other_call = c, later = c;
    other_call.call_id = "2";
    later.cseq = 2;
    ck_assert_int_eq(check(other_call), AUTH_STALE);
    ck_assert_int_eq(check(later), AUTH_STALE);
    ck_assert_uint_eq(metrics.values[METRIC_credentials_replayed], 2);
    struct client contact = c, body = c; /* copied, and changed where the digest does not reach */
    contact.extra = "Contact: <sip:mallory@192.0.2.66>\r\n";
    body.body = "other";
    ck_assert_int_eq(check(contact), AUTH_STALE);
    ck_assert_int_eq(check(body), AUTH_STALE);
    ck_assert_uint_eq(metrics.values[METRIC_credentials_replayed], 4);
    ck_assert_uint_eq(metrics.values[METRIC_credentials_wrong], 0);
    ck_assert_int_eq(check(c), AUTH_PROVED); /* its first owner keeps it */
    struct client method = c;
    method.method = "PUBLISH"; /* another response: not a replay */
    method.call_id = "3";
    ck_assert_int_eq(check(method), AUTH_PROVED);
    close_all();
}
END_TEST

/* What the filter forgets while its nonce is good could be used again: that is counted. */
START_TEST(forgotten_responses_are_counted)
{
    enum { ROOM = 4 };
    replays_max = ROOM;
    open_all();
    struct client c = {.nonce = fresh_nonce(auth, org)};
    static const char *const methods[] = {"PUBLISH", "SUBSCRIBE", "MESSAGE", "INVITE", "OPTIONS"};
    for (unsigned i = 0; i < ROOM; i++) {
        c.method = methods[i];
        ck_assert_int_eq(check(c), AUTH_PROVED);
    }
    ck_assert_uint_eq(metrics.values[METRIC_credentials_forgotten], 0);
    c.method = methods[ROOM];
    ck_assert_int_eq(check(c), AUTH_PROVED);
    ck_assert_uint_eq(metrics.values[METRIC_credentials_forgotten], 1);
    world_tick(&world, world.now_ms + 600000, world.wall_ms + 600000);
    c = (struct client){.nonce = fresh_nonce(auth, org)};
    ck_assert_int_eq(check(c), AUTH_PROVED); /* in the place of one that nobody can use */
    ck_assert_uint_eq(metrics.values[METRIC_credentials_forgotten], 1);
    close_all();
}
END_TEST

/* RFC 7616 3.3 and 3.4.3: only where it is offered, and then the body counts. */
START_TEST(auth_int)
{
    static const struct domain guarded = {
        .name = "example.org", .algorithms = {DIGEST_MD5}, .algorithm_count = 1, .integrity = true};
    open_all();
    struct client c = {.method = "MESSAGE", .qop = "auth-int", .body = "hello"};
    ck_assert_int_eq(check_as(c, &guarded, "alice@example.org").outcome, AUTH_PROVED);
    ck_assert_int_eq(check_as(c, org, "alice@example.org").outcome, AUTH_BROKEN);
    char memory[4000];
    struct client signed_as = defaults(c), sent_as;
    struct buffer fields = buffer_over(memory, sizeof(memory));
    signed_as.nonce = fresh_nonce(auth, &guarded);
    client_write(&signed_as, &fields);
    sent_as = signed_as;
    sent_as.body = "jello";
    ck_assert_int_eq(
        check_message(&sent_as, buffer_bytes(&fields), &guarded, "alice@example.org").outcome,
        AUTH_WRONG);
    fields.length = 0;
    challenge(auth, "z9hG4bK1", &guarded, 401, false, &fields);
    ck_assert(memmem(fields.at, fields.length, "qop=\"auth,auth-int\"", 19) != NULL);
    close_all();
}
END_TEST

/* Copies of a request get the same answer; other requests get nonces of their own. */
START_TEST(rfc3261_17_2_2_the_same_request_the_same_nonce)
{
    open_all();
    char *first = strdup(nonce_for(auth, "z9hG4bKa", org));
    world_tick(&world, world.now_ms + 31999, world.wall_ms + 31999);
    ck_assert_str_eq(nonce_for(auth, "z9hG4bKa", org), first);
    ck_assert_str_ne(nonce_for(auth, "z9hG4bKb", org), first);
    world_tick(&world, world.now_ms + 1, world.wall_ms + 1); /* no copy: its time is over */
    ck_assert_str_ne(nonce_for(auth, "z9hG4bKa", org), first);
    free(first);
    close_all();
}
END_TEST

UNIT_MAIN("front/auth", rfc3261_17_2_2_the_same_request_the_same_nonce,
          a_response_is_good_for_one_request, forgotten_responses_are_counted, auth_int,
          right_credentials_prove, rfc2069_response_proves, wrong_password_user_or_method,
          unknown_users_are_wrong, username_with_domain_needs_another_ha1,
          account_without_ha1_for_the_algorithm, no_credentials_for_us,
          rfc8760_2_7_unchallenged_client, rfc3261_22_3_credentials_for_several_realms,
          best_of_several_for_our_realm, many_credentials_are_not_all_judged,
          rfc8760_2_3_only_what_is_offered, no_downgrade, rfc8760_2_3_challenges,
          nonce_may_be_used_again, nonce_grows_old, nonce_from_the_future, nonce_and_secret,
          nonce_of_another_realm, forged_nonces, many_nonces, many_realms_at_one_time,
          rfc7616_3_4_malformed, rfc8760_2_6_uri_names_the_same, make_account_gives_all_three)
