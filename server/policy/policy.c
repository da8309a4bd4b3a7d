/* policy.c: who may reach and see whom.
 *
 * There are no rules yet: whoever has proved who he is sees everybody, nobody else sees anything.
 * Users of other domains have proved it only as far as their server says so: the operator names the
 * domains whose servers are believed, but for users whom a trusted address vouches for. Rosters,
 * rules and blocks will be asked before the usual answer. */
#include "policy/policy.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "sip/uri.h"

struct policy {
    enum policy_answer usual; /* for a proved watcher of whom no rule speaks */
    struct policy_settings settings;
};

struct policy *policy_new(const struct policy_settings *settings)
{
    struct policy *policy = memory_new(sizeof(*policy));
    policy->usual = POLICY_ALLOW;
    if (settings != NULL)
        policy_reload(policy, settings);
    return policy;
}

void policy_free(struct policy **policy)
{
    assert(policy != NULL);
    free(*policy);
    *policy = NULL;
}

void policy_reload(struct policy *policy, const struct policy_settings *settings)
{
    assert(policy != NULL && settings->peer_count <= POLICY_PEERS_MAX);
    policy->settings = *settings;
}

static bool is_peer(const struct policy *policy, struct bytes domain)
{
    for (unsigned i = 0; i < policy->settings.peer_count; i++) {
        struct bytes peer = bytes_of(policy->settings.peers[i]);
        if (bytes_equal(peer, BYTES("*")) || bytes_equal_nocase(peer, domain))
            return true;
    }
    return false;
}

enum policy_answer policy_may_watch(const struct policy *policy,
                                    const struct policy_watcher *watcher, struct bytes presentity)
{
    assert(policy != NULL && watcher != NULL && !bytes_empty(presentity));
    if (bytes_empty(watcher->aor))
        return POLICY_BLOCK;
    if (watcher->foreign && !watcher->trusted && !is_peer(policy, sip_aor_domain(watcher->aor)))
        return POLICY_BLOCK;
    return policy->usual;
}
