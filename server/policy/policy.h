/* policy.h: who may reach and see whom. For now: any authenticated local user sees any local user.
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include "base/bytes.h"

struct policy;
struct policy *policy_new(void);
void policy_free(struct policy **policy);

enum policy_answer { POLICY_ALLOW, POLICY_BLOCK };

/* What `watcher` (empty: not proved) may know of `presentity` (canonical addresses-of-record). */
enum policy_answer policy_may_watch(const struct policy *policy, struct bytes watcher,
                                    struct bytes presentity);

#endif
