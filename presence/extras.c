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

void extras_drop(struct subscription *subscription)
{
    assert(subscription->view == NULL);
    filtering_set(subscription, NULL);
    free(subscription->extras);
    subscription->extras = NULL;
}

static void let_go(struct subscription *subscription)
{
    struct extras *extras = subscription->extras;
    if (subscription->view == NULL || extras == NULL)
        return;
    view_let_go(view_base(subscription->view), extras->shown);
    extras->shown = 0;
    partial_let_go(subscription);
}

void extras_leave_view(struct subscription *subscription)
{
    let_go(subscription);
    view_leave(&subscription->view);
}

void extras_change_view(struct subscription *subscription, struct view *view)
{
    struct view *old = subscription->view;
    if (view != old)
        let_go(subscription);
    subscription->view = view;
    view_leave(&old);
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
