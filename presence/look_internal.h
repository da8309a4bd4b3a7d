/* look_internal.h: how subscriptions and publications are named to operators. Comes after
 * presence_internal.h. */
#ifndef PRESENCE_LOOK_INTERNAL_H
#define PRESENCE_LOOK_INTERNAL_H

#include "presence/presence_internal.h"

struct look_name {
    struct bytes event, aor;
    uint64_t id;
};
/* What presence_look_name has written; false: it is no such name. */
bool look_read_name(struct bytes name, struct look_name *parts);
/* Nothing can be learned from it (the dialog's tags would be half of what a stranger needs to speak
 * in it); the same over restarts. */
uint64_t look_id(const struct subscription *subscription);
/* The same of a publication: its first entity-tag, of which its own id is made, may still be good.
 */
uint64_t look_publication_id(const struct publication *publication);
/* NULL: there is none. */
struct subscription *look_find(struct presence *presence, const struct look_name *name);

#endif
