/* extras.c: what few subscriptions have. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "presence/presence_internal.h"

struct extras *extras_of(struct subscription *subscription)
{
    if (subscription->extras == NULL)
        subscription->extras = memory_new(sizeof(*subscription->extras));
    return subscription->extras;
}

void extras_free(struct extras **extras)
{
    free(*extras);
    *extras = NULL;
}

struct rates extras_rates(const struct subscription *subscription)
{
    return subscription->extras != NULL ? subscription->extras->rates : (struct rates){0};
}

void extras_set_rates(struct subscription *subscription, const struct rates *rates)
{
    bool any = rates->min_interval_ms != 0 || rates->max_interval_ms != 0 ||
               rates->adaptive_interval_ms != 0;
    if (any || subscription->extras != NULL)
        extras_of(subscription)->rates = *rates;
}
