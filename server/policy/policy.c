/* policy.c: who may reach and see whom.
 *
 * There are no rules yet: whoever has proved who he is sees everybody, nobody else sees anything.
 * Rosters, rules and blocks will be asked before the usual answer. */
#include "policy/policy.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

struct policy {
    enum policy_answer usual; /* for a proved watcher of whom no rule speaks */
};

struct policy *policy_new(void)
{
    struct policy *policy = memory_new(sizeof(*policy));
    policy->usual = POLICY_ALLOW;
    return policy;
}

void policy_free(struct policy **policy)
{
    assert(policy != NULL);
    free(*policy);
    *policy = NULL;
}

enum policy_answer policy_may_watch(const struct policy *policy, struct bytes watcher,
                                    struct bytes presentity)
{
    assert(policy != NULL && !bytes_empty(presentity));
    if (bytes_empty(watcher))
        return POLICY_BLOCK;
    return policy->usual;
}
