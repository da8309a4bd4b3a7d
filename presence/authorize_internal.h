/* authorize_internal.h: what policy says of the subscriptions, and what follows from it (RFC 5025
 * 3.2.1). Comes with presence_internal.h. */
#ifndef PRESENCE_AUTHORIZE_INTERNAL_H
#define PRESENCE_AUTHORIZE_INTERNAL_H

#include "policy/policy.h"
#include "presence/machine_internal.h"

struct event_package;
struct presence;
struct resource;
struct subscription;

/* What policy says of one watcher. */
struct authorization {
    enum subscription_event event; /* approved, doubted or rejected */
    bool unknown;                  /* nobody can say now */
    bool offline;                  /* approved, but to be shown nothing (polite block) */
    struct rights *rights;         /* a reference; NULL: everything */
    uint64_t until_ms;             /* wall clock, when it may change by itself; 0: never */
};
/* Asks; `resource` is NULL while the package has nothing of that address-of-record. */
struct authorization authorize(const struct presence *presence, const struct event_package *package,
                               struct bytes aor, const struct resource *resource,
                               const struct policy_watcher *watcher);
void authorization_release(struct authorization *authorization);
/* Moves the subscription by the answer, and gives it the view that it says. True: its row or what
 * its watcher sees has changed. */
bool authorize_apply(struct subscription *subscription, const struct authorization *authorization);
/* True while policy has to be asked (again) before it is told anything of the state. */
bool authorize_is_due(const struct subscription *subscription);
/* All subscriptions of the resource have to be judged anew: soon, a number at a time; until then
 * they are told nothing. */
void authorize_again(struct resource *resource);
/* The resource was composed anew: the same, if that may change who sees what. */
void authorize_sphere(struct resource *resource);
/* Has the resource forgotten by all that waits for it. */
void authorize_forget(struct resource *resource);
/* policy_listen's; empty: everybody's. */
void authorize_listen(void *context, struct bytes presentity);

#endif
