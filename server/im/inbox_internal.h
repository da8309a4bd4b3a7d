/* inbox_internal.h: what is owed to one user, and which devices it has. */
#ifndef IM_INBOX_INTERNAL_H
#define IM_INBOX_INTERNAL_H

#include "engine_internal.h"

struct inbox *inbox_find(const struct im *im, struct bytes aor);
struct inbox *inbox_need(struct im *im, struct bytes aor);
/* Ends it with all that is in it; whoever is live gets `status`. */
void inbox_free(struct inbox *inbox, unsigned status);
/* Erases the user's rows; memory stays as it is. */
void inbox_erase(struct im *im, struct bytes aor);
/* True when one more message of this size and peer may be owed; counts when not. */
bool inbox_has_room(struct inbox *inbox, uint64_t peer_key, size_t size);
struct device *device_find(const struct inbox *inbox, enum store_whom whom, struct bytes name);
/* Found or made; a made one is not known yet. */
struct device *device_need(struct inbox *inbox, enum store_whom whom, struct bytes name);
/* Frees it when nobody names it and it is not known. */
void device_release(struct device *device);
/* Its deliveries are given up, and it is known no more. */
void device_forget(struct device *device, struct store_set *set);
/* Too many are known: the longest unseen one is forgotten, but not the one that came just now. */
void inbox_trim(struct inbox *inbox, const struct device *came, struct store_set *set);
/* It becomes known, or is seen again, in memory and by a row (in a set that is begun when it is
 * needed). True when it was not known before. */
bool device_learn(struct device *device, struct store_set **set);
void device_write(const struct device *device, struct store_set *set);

#endif
