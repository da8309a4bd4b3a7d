/* digest.c: digest credentials over HTTP (RFC 7616): a user's own password, which is not told.
 *
 *     malformed, another uri, an algorithm or qop that was not offered ....... a fault
 *     no such user, disabled, or the response is not what HA1 gives .......... wrong
 *     right, but the nonce is not ours or too old, or nc did not rise ........ stale=true
 *     right .................................................................. Authentication-Info
 *
 * Unlike SIP's, a client counts its uses of a nonce here, so a count that does not rise is a replay
 * (RFC 7616 3.4.5): the highest one of each nonce is remembered (uses_internal.h), for right
 * responses only, so that nobody without a password can make us forget. The secret of the nonces
 * lives as long as the counts do: what was used before a restart, or before the clock was set back,
 * is stale behind it. Each challenge has a time of its own, so two clients never count on one
 * nonce, unless very many ask at once. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/world.h"
#include "front/domains.h"
#include "sip/nonce.h"
#include "web/uses_internal.h"
#include "web/web_internal.h"

enum {
    SECRET_BYTES = 32,
    LIFETIME_S = 300,
    NONCES_MAX = 65536, /* whose uses are counted; more: the oldest are stale early */
    COUNT_DIGITS = 8,   /* of nc */
    CNONCE_MAX = 256
};

struct web_digest {
    pthread_mutex_t lock; /* of all that follows */
    struct digest_engine *engine;
    struct nonces nonces;
    struct uses uses;
    uint64_t last_ms; /* the newest nonce's time */
    struct digest_hex nobody[DIGEST_COUNT];
};

static void must(int result)
{
    assert(result == 0);
    (void)result;
}

struct web_digest *web_digest_new(struct world *world)
{
    char secret[SECRET_BYTES];
    struct web_digest *digest = memory_new(sizeof(*digest));
    must(pthread_mutex_init(&digest->lock, NULL));
    digest->engine = digest_engine_new();
    uint64_t seed = world_random_u64(world);
    world_random(world, secret, sizeof(secret));
    nonces_init(&digest->nonces, digest->engine, bytes_from(secret, sizeof(secret)), seed,
                LIFETIME_S);
    uses_init(&digest->uses, NONCES_MAX, LIFETIME_S * 1000 + NONCE_FUTURE_MS, seed);
    for (int i = 0; i < DIGEST_COUNT; i++)
        digest->nobody[i] = digest_ha1(digest->engine, (enum digest_algorithm)i, BYTES("nobody"),
                                       BYTES("nowhere"), bytes_from(secret, sizeof(secret)));
    explicit_bzero(secret, sizeof(secret));
    return digest;
}

void web_digest_free(struct web_digest **digest)
{
    struct web_digest *old = *digest;
    *digest = NULL;
    if (old == NULL)
        return;
    uses_release(&old->uses);
    nonces_release(&old->nonces);
    digest_engine_free(&old->engine);
    must(pthread_mutex_destroy(&old->lock));
    explicit_bzero(old, sizeof(*old));
    free(old);
}

uint64_t web_digest_forgotten(struct web_digest *digest)
{
    must(pthread_mutex_lock(&digest->lock));
    uint64_t forgotten = digest->uses.forgotten;
    digest->uses.forgotten = 0;
    must(pthread_mutex_unlock(&digest->lock));
    return forgotten;
}

/* Challenges. */

/* Of the user in the path; else the first one. */
static const struct domain *domain_of(struct web_call *call)
{
    struct bytes user = web_part(call, "user");
    struct bytes aor = bytes_empty(user) ? user : who_name(call, user);
    const struct domain *domain =
        bytes_empty(aor) ? NULL : domains_find(web_domains(call), sip_aor_domain(aor));
    return domain != NULL ? domain : domains_first(web_domains(call));
}

/* (lock of the digest) */
static void see_clock(struct web_digest *digest, uint64_t wall_ms)
{
    if (uses_set_back(&digest->uses, web_now_ms(), wall_ms))
        nonces_renew(&digest->nonces);
}

/* So little ahead of the clock, because who makes us forget the youngest one makes all stale that
 * are not younger. */
static void make_nonce(struct web_digest *digest, struct bytes realm, struct buffer *nonce)
{
    must(pthread_mutex_lock(&digest->lock));
    uint64_t now_ms = web_wall_ms();
    see_clock(digest, now_ms);
    bool apart = now_ms <= digest->last_ms && digest->last_ms < now_ms + USES_AHEAD_MS;
    digest->last_ms = apart ? digest->last_ms + 1 : now_ms;
    nonces_write(&digest->nonces, realm, digest->last_ms, nonce);
    must(pthread_mutex_unlock(&digest->lock));
}

void web_digest_challenge(struct web_call *call, bool stale)
{
    char nonce_text[NONCE_LENGTH], text[1024];
    const struct domain *domain = domain_of(call);
    struct buffer nonce = buffer_over(nonce_text, sizeof(nonce_text));
    make_nonce(call->web->digest, bytes_of(domain->name), &nonce);
    for (unsigned i = 0; i < domain->algorithm_count; i++) {
        struct buffer out = buffer_over(text, sizeof(text));
        const struct digest_challenge challenge = {
            .realm = bytes_of(domain->name),
            .nonce = buffer_bytes(&nonce),
            .algorithm = domain->algorithms[i],
            .stale = stale,
        };
        digest_write_challenge(&challenge, &out);
        assert(!out.overflow);
        web_answer_field(call, "WWW-Authenticate", buffer_bytes(&out));
    }
}

/* Judging. */

/* It comes back in a quoted string. */
static bool is_cnonce(struct bytes cnonce)
{
    for (size_t i = 0; i < cnonce.length; i++)
        if (cnonce.at[i] < ' ' || cnonce.at[i] > '~' || cnonce.at[i] == '\\')
            return false;
    return !bytes_empty(cnonce) && cnonce.length <= CNONCE_MAX;
}

/* NULL: the credentials can be judged. */
static const char *fault_of(const struct domain *domain,
                            const struct digest_credentials *credentials)
{
    uint64_t count;
    if (domain == NULL || !bytes_equal(credentials->realm, bytes_of(domain->name)))
        return "the realm is none that was offered; take it from the challenge";
    if (!domain_offers(domain, credentials->algorithm))
        return "the algorithm is none that was offered; take it from a challenge";
    if (!bytes_equal_nocase(credentials->qop, BYTES("auth")))
        return "qop=auth is wanted (RFC 7616 3.4)";
    if (!bytes_hex_to_u64(credentials->nc, COUNT_DIGITS, &count) || count == 0)
        return "nc must be 8 hex digits, 00000001 at first (RFC 7616 3.4)";
    if (bytes_index(credentials->username, '@') >= 0)
        return "username is without the domain, which is the realm";
    if (!is_cnonce(credentials->cnonce))
        return "cnonce must be 1 to 256 printable characters without a backslash";
    return NULL;
}

struct known {
    bool found;
    struct digest_hex ha1[DIGEST_COUNT];
};

static void take_known(void *context, const struct store_account *account)
{
    struct known *known = context;
    known->found = !account->disabled;
    for (int i = 0; i < DIGEST_COUNT; i++) {
        struct bytes ha1 = bytes_first(account->ha1[i], DIGEST_HEX_MAX);
        memcpy(known->ha1[i].text, ha1.at != NULL ? ha1.at : "", ha1.length);
        known->ha1[i].text[ha1.length] = '\0';
    }
}

/* The user whom the credentials name, canonical; `known` as far as there is one. */
static struct bytes user_of(struct web_call *call, struct account_file *file,
                            const struct digest_credentials *credentials, struct known *known)
{
    size_t room = credentials->username.length + credentials->realm.length + 1;
    struct buffer text = buffer_over(arena_alloc(&call->arena, room), room);
    buffer_put(&text, credentials->username);
    buffer_char(&text, '@');
    buffer_put(&text, credentials->realm);
    struct bytes aor = who_name(call, buffer_bytes(&text));
    if (!bytes_empty(aor) && account_visit(file, aor, take_known, known) != ERR_NONE)
        known->found = false;
    return aor;
}

/* RFC 7616 3.5: that we know the password, too. */
static void tell_back(struct web_call *call, const struct digest_credentials *credentials,
                      const char *ha1)
{
    char text[CNONCE_MAX + 256];
    struct buffer out = buffer_over(text, sizeof(text));
    struct digest_hex proof =
        digest_response(call->web->digest->engine, credentials, ha1, BYTES(""), BYTES(""));
    buffer_format(&out, "qop=auth, rspauth=\"%s\", cnonce=\"%.*s\", nc=%.*s", proof.text,
                  BYTES_ARGS(credentials->cnonce), BYTES_ARGS(credentials->nc));
    assert(!out.overflow);
    web_answer_field(call, "Authentication-Info", buffer_bytes(&out));
}

/* True when the nonce is good and its count has risen. */
static bool is_fresh(struct web_digest *digest, const struct digest_credentials *credentials)
{
    uint64_t count, wall_ms = web_wall_ms();
    see_clock(digest, wall_ms);
    if (!nonces_know(&digest->nonces, credentials->realm, credentials->nonce, wall_ms) ||
        !bytes_hex_to_u64(credentials->nc, COUNT_DIGITS, &count) || count == 0)
        return false;
    const struct use use = {.nonce = credentials->nonce,
                            .made_ms = nonce_time_ms(credentials->nonce),
                            .count = (uint32_t)count};
    return uses_rise(&digest->uses, &use, web_now_ms());
}

/* (lock of the digest) */
static enum web_digest_outcome judge(struct web_call *call,
                                     const struct digest_credentials *credentials,
                                     const struct known *known)
{
    struct web_digest *digest = call->web->digest;
    const char *stored = known->ha1[credentials->algorithm].text;
    bool there = known->found && *stored != '\0';
    const char *ha1 = there ? stored : digest->nobody[credentials->algorithm].text;
    struct digest_hex expected =
        digest_response(digest->engine, credentials, ha1, call->verb, BYTES(""));
    if (!digest_equal_hex(credentials->response, &expected) || !there)
        return WEB_DIGEST_WRONG;
    if (!is_fresh(digest, credentials))
        return WEB_DIGEST_STALE;
    call->proof_of = credentials->algorithm;
    call->proof = arena_copy(&call->arena, bytes_of(ha1));
    tell_back(call, credentials, ha1);
    return WEB_DIGEST_RIGHT;
}

enum web_digest_outcome web_digest_judge(struct web_call *call, struct account_file *file,
                                         struct bytes *aor, const char **why)
{
    struct digest_credentials credentials;
    struct known known = {.found = false};
    struct verdict v = digest_credentials_parse(web_field(call, "Authorization"), &credentials);
    *why = v.reason;
    if (!verdict_ok(v))
        return WEB_DIGEST_WRONG;
    *why = fault_of(domains_find(web_domains(call), credentials.realm), &credentials);
    if (*why != NULL)
        return WEB_DIGEST_WRONG;
    *why = "the digest's uri is not the target of the request (RFC 7616 3.4.6)";
    if (!bytes_equal(credentials.uri, call->target))
        return WEB_DIGEST_ELSEWHERE;
    *aor = user_of(call, file, &credentials, &known);
    *why = "there is no such user, or that is not the password";
    must(pthread_mutex_lock(&call->web->digest->lock));
    enum web_digest_outcome outcome = judge(call, &credentials, &known);
    must(pthread_mutex_unlock(&call->web->digest->lock));
    explicit_bzero(&known, sizeof(known));
    return outcome;
}
