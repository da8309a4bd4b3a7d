/* look.h: what an operator wants to know of registrations, and may order. Nothing here is on the
 * way of a request. */
#ifndef REGISTRAR_LOOK_H
#define REGISTRAR_LOOK_H

#include "registrar/registrar.h"

/* One binding; slices are good during the visit. */
struct registrar_look {
    struct bytes aor, contact;
    struct bytes instance, path, parameters; /* or empty */
    struct bytes user_agent, call_id;        /* empty for those of the configuration */
    uint64_t id;                             /* of this binding; the same over refreshes */
    const struct net_flow *flow;             /* NULL: nothing leads back to where it came from */
    bool alive;                              /* a request would be sent there now */
    bool flow_only, asleep, fixed;
    unsigned q; /* thousandths */
    uint32_t cseq, reg_id;
    uint64_t since_ms, updated_ms, expires_ms; /* wall clock; 0 for those of the configuration */
};
typedef void (*registrar_look_fn)(void *context, const struct registrar_look *look);

/* Visits a user's bindings, in the order of their last REGISTER, then those of the configuration.
 */
void registrar_look_user(const struct registrar *registrar, struct bytes aor,
                         registrar_look_fn visit, void *context);
/* The same of at most `users` users behind `after` (empty: from the first), in the order of their
 * names; true: there are more. Walks all records once. */
bool registrar_look_all(const struct registrar *registrar, struct bytes after, size_t users,
                        registrar_look_fn visit, void *context);

/* Ends the binding with this id, or (NULL) all that a user has registered, as "deactivated" (RFC
 * 3680 5.1: its device is to register again): who watches devices is told as of an unregistration.
 * ERR_NOT_FOUND: there is none; ERR_BUSY: nothing can be changed now. *change is what an answer
 * waits for. */
enum err registrar_end(struct registrar *registrar, struct bytes aor, const uint64_t *id,
                       struct store_change *change) __attribute__((warn_unused_result));

#endif
