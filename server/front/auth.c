/* auth.c: digest authentication without state. Nonces are sip/nonce.h's, made at the wall clock's
 * time. Judging credentials:
 *
 *     malformed, qop that we do not offer, uri of something else .............. BROKEN
 *     no account, other user, or the response is not what HA1 gives ........... WRONG
 *     right response, nonce not ours, too old, or from the future ............. STALE
 *     right response, but it was used for another request .................... STALE
 *     right response, good nonce .............................................. PROVED
 *
 * STALE needs the right response, because stale=true tells the client that its password is right
 * (RFC 7616 3.3). For unknown users the response is computed all the same, with an HA1 that belongs
 * to nobody, so that the time taken does not tell who exists.
 *
 * A replay is an identical response under another Call-ID or CSeq: clients count nc per dialog, so
 * nc says nothing. RFC 2069 responses have neither count nor cnonce, so they repeat honestly
 * (libpurple gives up after the second stale answer): they are good until their nonce is stale.
 *
 * A request that comes again is challenged with the nonce that it got before (a second bounded
 * filter remembers its time), so that the copies of an answer are the same answer (RFC 3261
 * 17.2.2); sipp, for one, tells a copy from an answer to something else by its bytes. */
#include "front/auth.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/sightings.h"
#include "sip/nonce.h"

enum {
    NONCE_LIFETIME_S = 3600,
    REPLAYS_MAX = 262144,
    CHALLENGES_MAX = 16384,
    CHALLENGE_KEEP_MS = 32000, /* requests come again for 64 * T1 (RFC 3261 17.1.2.2) */
    CANDIDATES_MAX = 4         /* credentials for our realm in one request that are judged */
};

struct auth {
    struct world *world;
    const struct accounts *accounts;
    struct metrics *metrics;
    struct auth_settings settings;
    struct digest_engine *engine;
    struct digest_hex nobody[DIGEST_COUNT]; /* stand in for the HA1 of unknown users */
    struct sightings responses;             /* value: the request that each was used for */
    struct sightings challenges;            /* by transaction; value: the time of its nonce */
    uint64_t seed;                          /* of all hashes */
    struct nonces nonces;
};

/* The request that is being judged. */
struct auth_case {
    struct auth *auth;
    const struct sip_message *request;
    const struct domain *domain;
    struct bytes aor;
    unsigned judged;
    struct auth_result best;
};

/* Until the nonce of a response that is seen now is stale for sure. */
static uint32_t replays_keep_ms(const struct auth_settings *settings)
{
    uint64_t keep_ms = (uint64_t)settings->nonce_lifetime_s * 1000;
    return keep_ms < UINT32_MAX / 2 ? (uint32_t)keep_ms : UINT32_MAX / 2;
}

struct auth *auth_new(struct world *world, const struct accounts *accounts, struct bytes secret,
                      const struct auth_settings *settings, struct metrics *metrics)
{
    assert(world != NULL && accounts != NULL && settings != NULL);
    struct auth *auth = memory_new(sizeof(*auth));
    auth->world = world;
    auth->accounts = accounts;
    auth->metrics = metrics;
    auth->settings = *settings;
    if (auth->settings.nonce_lifetime_s == 0)
        auth->settings.nonce_lifetime_s = NONCE_LIFETIME_S;
    if (auth->settings.replays_max == 0)
        auth->settings.replays_max = REPLAYS_MAX;
    sightings_init(&auth->responses, auth->settings.replays_max, replays_keep_ms(&auth->settings),
                   metrics, METRIC_credentials_forgotten);
    sightings_init(&auth->challenges, CHALLENGES_MAX, CHALLENGE_KEEP_MS, metrics,
                   METRIC_challenges_forgotten);
    auth->engine = digest_engine_new();
    auth->seed = world_random_u64(world);
    nonces_init(&auth->nonces, auth->engine, secret, auth->seed, auth->settings.nonce_lifetime_s);
    auth_make_account(auth->engine, BYTES("nobody"), BYTES("nowhere"), secret, auth->nobody);
    return auth;
}

void auth_free(struct auth **auth)
{
    assert(auth != NULL);
    if (*auth == NULL)
        return;
    digest_engine_free(&(*auth)->engine);
    sightings_release(&(*auth)->responses);
    sightings_release(&(*auth)->challenges);
    nonces_release(&(*auth)->nonces);
    explicit_bzero(*auth, sizeof(**auth));
    free(*auth);
    *auth = NULL;
}

/* --- what credentials say --- */

static bool user_named(struct bytes escaped, struct bytes plain)
{
    char memory[256];
    struct buffer unescaped = buffer_over(memory, sizeof(memory));
    if (bytes_equal(escaped, plain))
        return true;
    if (bytes_index(escaped, '%') < 0 || !sip_unescape(escaped, &unescaped) || unescaped.overflow)
        return false;
    return bytes_equal(buffer_bytes(&unescaped), plain);
}

/* "alice" or "alice@example.org" for the address-of-record alice@example.org. */
static bool username_is_of(struct bytes username, struct bytes aor)
{
    struct bytes host = aor;
    struct bytes user = bytes_split(&host, '@');
    return bytes_equal(username, aor) || user_named(user, username);
}

static bool host_agrees(const struct auth_case *judge, struct bytes said, struct bytes meant)
{
    const struct domains *domains = judge->auth->settings.domains;
    return bytes_equal_nocase(said, meant) ||
           bytes_equal_nocase(said, bytes_of(judge->domain->name)) ||
           (domains != NULL && domains_find(domains, said) != NULL);
}

/* True when the digest's uri is for the same user and place as the Request-URI (RFC 8760 2.6 item
 * 6); sipp names only the server there. */
static bool uri_agrees(const struct auth_case *judge, struct bytes text)
{
    struct sip_uri said, meant;
    if (bytes_equal(text, judge->request->request_uri))
        return true;
    if (!verdict_ok(sip_uri_parse(text, &said)) || bytes_empty(said.host))
        return false;
    if (!verdict_ok(sip_uri_parse(judge->request->request_uri, &meant)))
        return false;
    if (!host_agrees(judge, said.host, meant.host))
        return false;
    return !said.has_user || user_named(said.user, meant.user) || user_named(meant.user, said.user);
}

/* Why the credentials cannot be judged; NULL when they can. */
static const char *fault_of(const struct auth_case *judge,
                            const struct digest_credentials *credentials)
{
    bool plain =
        bytes_empty(credentials->qop) || bytes_equal_nocase(credentials->qop, BYTES("auth"));
    bool guarded = bytes_equal_nocase(credentials->qop, BYTES("auth-int"));
    if (!plain && !(guarded && judge->domain->integrity))
        return "Credentials with a qop that was not offered";
    if (!uri_agrees(judge, credentials->uri))
        return "Credentials whose uri is not the Request-URI";
    return NULL;
}

/* --- judging --- */

/* The HA1 that the credentials must have been made with; NULL: there is none. */
static const char *ha1_of(const struct auth_case *judge,
                          const struct digest_credentials *credentials)
{
    const struct account *account = accounts_find(judge->auth->accounts, judge->aor);
    if (account == NULL || !username_is_of(credentials->username, judge->aor))
        return NULL;
    const char *ha1 = account->ha1[credentials->algorithm].text;
    return *ha1 != '\0' ? ha1 : NULL;
}

/* What a copied request could want changed is part of it: where, by whom, what. */
static uint64_t request_key(const struct auth_case *judge)
{
    const struct sip_message *request = judge->request;
    uint64_t seed = judge->auth->seed;
    uint64_t hash = bytes_hash(request->call_id, seed + request->cseq);
    hash = bytes_hash(request->request_uri, hash);
    for (int i = request->first[SIP_CONTACT]; i >= 0; i = request->fields[i].next)
        hash = bytes_hash(request->fields[i].value, hash);
    return bytes_hash(request->body, hash);
}

/* True when a response that is right was used for another request before; else it is used now. */
static bool is_replayed(const struct auth_case *judge, const struct digest_hex *response)
{
    struct auth *auth = judge->auth;
    uint64_t key = bytes_hash(bytes_of(response->text), auth->seed);
    uint64_t request = request_key(judge);
    struct sighting *seen = sightings_take(&auth->responses, key, auth->world->now_ms);
    if (seen->value == 0)
        seen->value = request;
    return seen->value != request;
}

static enum auth_outcome judge_response(const struct auth_case *judge,
                                        const struct digest_credentials *credentials)
{
    struct auth *auth = judge->auth;
    const char *known = ha1_of(judge, credentials);
    const char *ha1 = known != NULL ? known : auth->nobody[credentials->algorithm].text;
    struct digest_hex expected = digest_response(auth->engine, credentials, ha1,
                                                 judge->request->method_name, judge->request->body);
    bool right = digest_equal_hex(credentials->response, &expected);
    if (!right || known == NULL)
        return AUTH_WRONG;
    if (!nonces_know(&auth->nonces, credentials->realm, credentials->nonce, auth->world->wall_ms))
        return AUTH_STALE;
    if (bytes_empty(credentials->qop) || !is_replayed(judge, &expected))
        return AUTH_PROVED;
    metrics_count(auth->metrics, METRIC_credentials_replayed);
    return AUTH_STALE;
}

/* Of several credentials the best outcome counts. */
static void judge_keep(struct auth_case *judge, enum auth_outcome outcome, const char *reason)
{
    static const unsigned char worth[] = {
        [AUTH_MISSING] = 0, [AUTH_BROKEN] = 1, [AUTH_WRONG] = 2,
        [AUTH_STALE] = 3,   [AUTH_PROVED] = 4,
    };
    if (worth[outcome] > worth[judge->best.outcome])
        judge->best = (struct auth_result){outcome, reason};
}

/* Other schemes are not ours to judge (RFC 3261 22: Basic is never taken). */
static bool is_digest(struct bytes value)
{
    return bytes_equal_nocase(bytes_first(value, 6), BYTES("Digest"));
}

static void judge_credentials(struct auth_case *judge, struct bytes value)
{
    struct digest_credentials credentials;
    struct bytes realm = bytes_of(judge->domain->name);
    if (!is_digest(value))
        return;
    struct verdict v = digest_credentials_parse(value, &credentials);
    bool ours = bytes_equal(credentials.realm, realm);
    if (!verdict_ok(v) && (ours || bytes_empty(credentials.realm)))
        judge_keep(judge, AUTH_BROKEN, v.reason);
    if (!verdict_ok(v) || !ours || !domain_offers(judge->domain, credentials.algorithm))
        return;
    /* RFC 8760 2.7: empty from a client that has not been challenged yet */
    if (bytes_empty(credentials.nonce) || bytes_empty(credentials.response))
        return;
    if (judge->judged++ >= CANDIDATES_MAX)
        return;
    const char *fault = fault_of(judge, &credentials);
    if (fault != NULL)
        judge_keep(judge, AUTH_BROKEN, fault);
    else
        judge_keep(judge, judge_response(judge, &credentials), NULL);
}

/* Commas separate the parameters of credentials, so each field is one (RFC 3261 7.3.1). */
static void judge_fields(struct auth_case *judge, enum sip_header id)
{
    const struct sip_message *request = judge->request;
    for (int i = request->first[id]; i >= 0 && judge->best.outcome != AUTH_PROVED;
         i = request->fields[i].next)
        judge_credentials(judge, request->fields[i].value);
}

struct auth_result auth_check(struct auth *auth, const struct sip_message *request,
                              const struct domain *domain, struct bytes aor)
{
    assert(auth != NULL && request != NULL && request->request && domain != NULL);
    struct auth_case judge = {auth, request, domain, aor, 0, {AUTH_MISSING, NULL}};
    judge_fields(&judge, SIP_AUTHORIZATION);
    judge_fields(&judge, SIP_PROXY_AUTHORIZATION);
    if (judge.best.outcome == AUTH_STALE)
        metrics_count(auth->metrics, METRIC_credentials_stale);
    if (judge.best.outcome == AUTH_WRONG)
        metrics_count(auth->metrics, METRIC_credentials_wrong);
    return judge.best;
}

/* When the nonce for a request was made: now, or when the request came first. */
static uint64_t nonce_time_for(struct auth *auth, const struct sip_message *request)
{
    uint64_t wall_ms = auth->world->wall_ms;
    uint64_t key = bytes_hash(request->via.branch, auth->seed + request->cseq);
    key = bytes_hash(request->call_id, bytes_hash(request->method_name, key));
    struct sighting *seen = sightings_take(&auth->challenges, key, auth->world->now_ms);
    if (seen->value > wall_ms || wall_ms - seen->value >= CHALLENGE_KEEP_MS)
        seen->value = wall_ms;
    return seen->value;
}

void auth_write_challenges(struct auth *auth, const struct sip_message *request,
                           const struct domain *domain, unsigned status, bool stale,
                           struct buffer *out)
{
    assert(auth != NULL && request != NULL && domain != NULL && (status == 401 || status == 407));
    struct bytes realm = bytes_of(domain->name);
    uint64_t time_ms = nonce_time_for(auth, request);
    char memory[NONCE_LENGTH];
    struct buffer nonce = buffer_over(memory, sizeof(memory));
    nonces_write(&auth->nonces, realm, time_ms, &nonce);
    assert(!nonce.overflow && nonce.length == NONCE_LENGTH);
    for (unsigned i = 0; i < domain->algorithm_count; i++) {
        buffer_text(out, status == 401 ? "WWW-Authenticate: " : "Proxy-Authenticate: ");
        const struct digest_challenge challenge = {
            .realm = realm,
            .nonce = buffer_bytes(&nonce),
            .algorithm = domain->algorithms[i],
            .stale = stale,
            .integrity = domain->integrity,
        };
        digest_write_challenge(&challenge, out);
        buffer_put(out, BYTES("\r\n"));
    }
}

void auth_make_account(struct digest_engine *engine, struct bytes user, struct bytes realm,
                       struct bytes password, struct digest_hex ha1[DIGEST_COUNT])
{
    assert(engine != NULL && !bytes_empty(user) && !bytes_empty(realm));
    for (int i = 0; i < DIGEST_COUNT; i++)
        ha1[i] = digest_ha1(engine, (enum digest_algorithm)i, user, realm, password);
}
