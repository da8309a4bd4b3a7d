/* remains_internal.h: what is left of a publication that nobody refreshed. */
#ifndef PRESENCE_REMAINS_INTERNAL_H
#define PRESENCE_REMAINS_INTERNAL_H

#include "presence/presence_internal.h"

/* Puts into its place, in memory and in the set, that it was last seen. The old one is then still
 * to be freed; its row is taken. False: nothing is left of it. */
bool remains_leave(struct publication *old, struct store_set *set);

#endif
