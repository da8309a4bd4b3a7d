/* digest_internal.h: a user's own password by digest (RFC 7616). */
#ifndef WEB_DIGEST_INTERNAL_H
#define WEB_DIGEST_INTERNAL_H

#include "base/world.h"
#include "store/accounts.h"
#include "web/endpoint.h"

struct web_digest;
/* `world` is asked for randomness. */
struct web_digest *web_digest_new(struct world *world);
void web_digest_free(struct web_digest **digest);
/* Adds a challenge to a 401 for each algorithm of the domain; each time with a nonce of its own. */
void web_digest_challenge(struct web_call *call, bool stale);
/* How many nonces it had to forget since this was asked last; such a one is stale. */
uint64_t web_digest_forgotten(struct web_digest *digest);
enum web_digest_outcome {
    WEB_DIGEST_RIGHT, /* of *aor; the answer says that we know the password, too */
    WEB_DIGEST_STALE, /* right, but the nonce is too old, not ours, or its count has not risen */
    WEB_DIGEST_WRONG, /* *why, a constant */
    WEB_DIGEST_ELSEWHERE
};
enum web_digest_outcome web_digest_judge(struct web_call *call, struct account_file *file,
                                         struct bytes *aor, const char **why);

#endif
