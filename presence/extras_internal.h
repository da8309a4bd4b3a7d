/* extras_internal.h: what few subscriptions have, in one allocation that most do without. Comes
 * with presence_internal.h. */
#ifndef PRESENCE_EXTRAS_INTERNAL_H
#define PRESENCE_EXTRAS_INTERNAL_H

#include "presence/wishes_internal.h"

struct subscription;

struct extras {
    struct rates rates;
};

/* The subscription's own, made when it has none. */
struct extras *extras_of(struct subscription *subscription);
void extras_free(struct extras **extras);

/* What it was asked for last; all 0 for most. */
struct rates extras_rates(const struct subscription *subscription);
void extras_set_rates(struct subscription *subscription, const struct rates *rates);

#endif
