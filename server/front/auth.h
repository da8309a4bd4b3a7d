/* auth.h: digest authentication (RFC 3261 22, RFC 7616, RFC 8760) without state.
 *
 * A nonce carries the time it was made and a proof (HMAC over time and realm with the database's
 * secret), so any number of challenges costs no memory and nonces survive a restart. A nonce may be
 * used again, by parallel dialogs too and with counts that repeat, until it is stale; but the same
 * response is good for one request only (Call-ID and CSeq): a bounded filter remembers which. */
#ifndef FRONT_AUTH_H
#define FRONT_AUTH_H

#include "base/metrics.h"
#include "base/world.h"
#include "front/accounts.h"
#include "front/domains.h"
#include "sip/message.h"

struct auth_settings {
    unsigned nonce_lifetime_s; /* older ones are stale; default (and for 0) 3600 */
    unsigned replays_max;      /* responses remembered; default (and for 0) 262144 */
    /* Whose hosts may stand in a digest's uri in place of the Request-URI's; NULL: only the name of
     * the sender's domain may. Outlives the auth. */
    const struct domains *domains;
};

struct auth;
/* `secret`: store_secret; copied. */
struct auth *auth_new(struct world *world, const struct accounts *accounts, struct bytes secret,
                      const struct auth_settings *settings, struct metrics *metrics);
void auth_free(struct auth **auth);

enum auth_outcome {
    AUTH_PROVED,  /* the credentials prove `aor` */
    AUTH_MISSING, /* none for this realm: challenge */
    AUTH_STALE,   /* right but for the nonce's age or origin, or used before: stale=true */
    AUTH_WRONG,   /* wrong password, user or nonce: challenge */
    AUTH_BROKEN   /* malformed: 400 with `reason` */
};
struct auth_result {
    enum auth_outcome outcome;
    const char *reason;
};

/* Judges the credentials for this domain's realm among the request's Authorization and
 * Proxy-Authorization fields: they must be those of `aor`'s user (the username may be given with
 * its domain, "alice" or "alice@example.org", only in the first form can it match the stored HA1).
 * The digest's uri must name the same user and host as the Request-URI (clients differ in
 * parameters; sipp names the server alone). Counts stale and wrong ones. */
struct auth_result auth_check(struct auth *auth, const struct sip_message *request,
                              const struct domain *domain, struct bytes aor);

/* Appends the challenge fields of a 401 (WWW-Authenticate) or 407 (Proxy-Authenticate): one for
 * each algorithm of the domain, in its order (RFC 8760 2.3). A request that comes again is answered
 * with the same nonce (RFC 3261 17.2.2). */
void auth_write_challenges(struct auth *auth, const struct sip_message *request,
                           const struct domain *domain, unsigned status, bool stale,
                           struct buffer *out);

/* The three HA1 of a new password, for the store. */
void auth_make_account(struct digest_engine *engine, struct bytes user, struct bytes realm,
                       struct bytes password, struct digest_hex ha1[DIGEST_COUNT]);

#endif
