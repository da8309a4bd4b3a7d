/* policy.h: who may reach and see whom. For now: any authenticated local user sees any local user,
 * and so do users of the peers that the operator names. */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include <stddef.h>

#include "base/bytes.h"

enum { POLICY_PEERS_MAX = 64 };

struct policy_settings {
    const char *peers[POLICY_PEERS_MAX]; /* domains whose proved users may watch; "*": all */
    unsigned peer_count;
};

struct policy;
/* `settings` is copied, its texts are not: they outlive the policy or the next reload. NULL: no
 * peers. */
struct policy *policy_new(const struct policy_settings *settings);
void policy_free(struct policy **policy);

/* Takes over changed settings while running. */
void policy_reload(struct policy *policy, const struct policy_settings *settings);

enum policy_answer { POLICY_ALLOW, POLICY_BLOCK };

/* Who wants to know. */
struct policy_watcher {
    struct bytes aor; /* canonical; empty: not proved */
    bool foreign;     /* of another domain, which has proved itself */
    bool trusted;     /* a trusted address vouches for it */
};

/* What `watcher` may know of `presentity` (a canonical address-of-record). */
enum policy_answer policy_may_watch(const struct policy *policy,
                                    const struct policy_watcher *watcher, struct bytes presentity);

#endif
