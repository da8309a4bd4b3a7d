/* timer.h: a reactor's timers, a hierarchical wheel with slots of one millisecond.
 *
 * Setting and cancelling cost the same however many timers there are. The wheel knows no clock:
 * whoever drives it says how late it is (the loop's single timer, or a scenario). A timer is
 * embedded in what it belongs to (holder.h) and is cancelled before that is freed. */
#ifndef BASE_TIMER_H
#define BASE_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/holder.h"

struct timer;
typedef void (*timer_fn)(struct timer *timer);

struct timer {
    struct timer *next, **link; /* link NULL: not set */
    uint64_t due_ms;
    timer_fn fire;
};

struct wheel;

/* A wheel that stands at `now_ms` (monotonic milliseconds). */
struct wheel *wheel_new(uint64_t now_ms);
/* Frees the wheel; timers still set are forgotten, not fired. */
void wheel_free(struct wheel **wheel);

/* (Re)sets a timer; a time that has passed counts as the wheel's own and fires at the next advance.
 * `fire` may set or cancel any timer, its own included, and free what holds it. */
void wheel_set(struct wheel *wheel, struct timer *timer, uint64_t due_ms, timer_fn fire);

/* Takes a timer out; nothing happens when it is not set. */
void wheel_cancel(struct wheel *wheel, struct timer *timer);

static inline bool timer_is_set(const struct timer *timer)
{
    return timer->link != NULL;
}

/* When the wheel next wants to be advanced: never later than the earliest timer is due, perhaps
 * earlier (a cascade); UINT64_MAX when no timer is set. */
uint64_t wheel_next_ms(const struct wheel *wheel);

/* Fires, in order of their due times (equal ones in the order in which they were set), all timers
 * due up to `now_ms`. Timers set meanwhile for a time not after now_ms fire in the same call only
 * if their time is after the one being fired; otherwise at the next call. */
void wheel_advance(struct wheel *wheel, uint64_t now_ms);

#endif
