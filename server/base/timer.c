/* timer.c: a hierarchical timer wheel.
 *
 * Read a time as digits of six bits. A timer waits at the level of the highest digit in which its
 * time differs from the wheel's, in the slot named by its own digit there: level 0 holds what is
 * due within the present 64 ms, one slot a millisecond; level 1 the rest of the present 4096 ms, 64
 * a slot; eleven levels hold every 64-bit time. Some facts follow and carry the whole file:
 *
 *  - Occupied slots are ahead of the wheel's own digit at their level, and all of a level comes
 *    before all of the next. The lowest bit of the lowest level that has one is the next slot.
 *  - Moving the wheel to a time before the start of that slot changes no timer's place, so empty
 *    spans cost nothing, however long.
 *  - Reaching a slot of level 0 fires it. Reaching one of a higher level deals its timers out to
 *    lower levels (a cascade): each timer is moved at most once a level.
 *  - A timer's place depends on its time and the wheel's only, so timers due together are always
 *    in the same list. Appending at its end and dealing out from its start keeps them in the order
 *    in which they were set.
 *
 * Timers whose time is not after the wheel's wait in the list `late`, which the next advance fires
 * first. They count as due at the time when they were set; the list is therefore in order too. */
#include "base/timer.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/memory.h"

enum { DIGIT_BITS = 6, SLOTS = 1 << DIGIT_BITS, LEVELS = (64 + DIGIT_BITS - 1) / DIGIT_BITS };

struct slot {
    struct timer *first;
    struct timer **end; /* where the next one is hooked in; meaningless while empty */
};

struct wheel {
    uint64_t now_ms;
    unsigned levels;           /* bit n: level n has timers */
    uint64_t occupied[LEVELS]; /* bit n: slot n has timers */
    struct slot slots[LEVELS][SLOTS];
    struct slot late;
    struct timer *firing; /* taken out of their slot, not yet called */
    bool advancing;
};

struct wheel *wheel_new(uint64_t now_ms)
{
    struct wheel *wheel = memory_new(sizeof(*wheel));
    wheel->now_ms = now_ms;
    return wheel;
}

void wheel_free(struct wheel **wheel)
{
    assert(*wheel == NULL || !(*wheel)->advancing);
    free(*wheel);
    *wheel = NULL;
}

static void slot_append(struct slot *slot, struct timer *timer)
{
    if (slot->first == NULL)
        slot->end = &slot->first;
    timer->next = NULL;
    timer->link = slot->end;
    *slot->end = timer;
    slot->end = &timer->next;
}

/* Takes a timer out of the slot, or of the list being fired, whose end nobody keeps. */
static void slot_remove(struct slot *slot, struct timer *timer)
{
    if (slot->end == &timer->next)
        slot->end = timer->link;
    *timer->link = timer->next;
    if (timer->next != NULL)
        timer->next->link = timer->link;
    timer->next = NULL;
    timer->link = NULL;
}

static struct timer *slot_take(struct slot *slot)
{
    struct timer *first = slot->first;
    *slot = (struct slot){NULL, NULL};
    return first;
}

static unsigned level_of(const struct wheel *wheel, uint64_t due_ms)
{
    uint64_t differs = due_ms ^ wheel->now_ms;
    return differs == 0 ? 0 : (unsigned)(63 - __builtin_clzll(differs)) / DIGIT_BITS;
}

static unsigned digit_of(uint64_t time_ms, unsigned level)
{
    return (unsigned)(time_ms >> (DIGIT_BITS * level)) & (SLOTS - 1);
}

static void wheel_mark(struct wheel *wheel, unsigned level, unsigned index)
{
    wheel->occupied[level] |= UINT64_C(1) << index;
    wheel->levels |= 1U << level;
}

static void wheel_unmark(struct wheel *wheel, unsigned level, unsigned index)
{
    wheel->occupied[level] &= ~(UINT64_C(1) << index);
    if (wheel->occupied[level] == 0)
        wheel->levels &= ~(1U << level);
}

static void wheel_place(struct wheel *wheel, struct timer *timer)
{
    unsigned level = level_of(wheel, timer->due_ms);
    unsigned index = digit_of(timer->due_ms, level);
    slot_append(&wheel->slots[level][index], timer);
    wheel_mark(wheel, level, index);
}

void wheel_set(struct wheel *wheel, struct timer *timer, uint64_t due_ms, timer_fn fire)
{
    assert(fire != NULL);
    wheel_cancel(wheel, timer);
    timer->fire = fire;
    timer->due_ms = due_ms > wheel->now_ms ? due_ms : wheel->now_ms;
    if (timer->due_ms == wheel->now_ms)
        slot_append(&wheel->late, timer);
    else
        wheel_place(wheel, timer);
}

void wheel_cancel(struct wheel *wheel, struct timer *timer)
{
    if (!timer_is_set(timer))
        return;
    if (timer->due_ms <= wheel->now_ms) {
        slot_remove(&wheel->late, timer);
        return;
    }
    unsigned level = level_of(wheel, timer->due_ms);
    unsigned index = digit_of(timer->due_ms, level);
    assert(wheel->slots[level][index].first != NULL);
    slot_remove(&wheel->slots[level][index], timer);
    if (wheel->slots[level][index].first == NULL)
        wheel_unmark(wheel, level, index);
}

/* When the next occupied slot starts. */
static uint64_t wheel_slot_ms(const struct wheel *wheel)
{
    if (wheel->levels == 0)
        return UINT64_MAX;
    unsigned level = (unsigned)__builtin_ctz(wheel->levels);
    uint64_t index = (uint64_t)__builtin_ctzll(wheel->occupied[level]);
    /* at the last level the span wraps to 0 and the mask covers everything, as it should */
    uint64_t span_ms = (uint64_t)SLOTS << (DIGIT_BITS * level);
    return (wheel->now_ms & ~(span_ms - 1)) | index << (DIGIT_BITS * level);
}

uint64_t wheel_next_ms(const struct wheel *wheel)
{
    if (wheel->late.first != NULL || wheel->firing != NULL)
        return wheel->now_ms;
    return wheel_slot_ms(wheel);
}

/* The list hangs in the wheel while it is fired, so that a callback may cancel what follows. */
static void wheel_fire(struct wheel *wheel, struct timer *first)
{
    assert(wheel->firing == NULL);
    wheel->firing = first;
    if (first != NULL)
        first->link = &wheel->firing;
    while (wheel->firing != NULL) {
        struct timer *timer = wheel->firing;
        assert(timer->due_ms <= wheel->now_ms);
        slot_remove(&wheel->late, timer);
        timer->fire(timer);
    }
}

static void wheel_cascade(struct wheel *wheel, struct timer *timer)
{
    while (timer != NULL) {
        struct timer *next = timer->next;
        wheel_place(wheel, timer);
        timer = next;
    }
}

/* Moves to the start of the next occupied slot. */
static void wheel_reach(struct wheel *wheel, uint64_t slot_ms)
{
    unsigned level = (unsigned)__builtin_ctz(wheel->levels);
    unsigned index = (unsigned)__builtin_ctzll(wheel->occupied[level]);
    struct timer *timers = slot_take(&wheel->slots[level][index]);
    assert(timers != NULL && slot_ms >= wheel->now_ms);
    wheel_unmark(wheel, level, index);
    wheel->now_ms = slot_ms;
    if (level == 0)
        wheel_fire(wheel, timers);
    else
        wheel_cascade(wheel, timers);
}

void wheel_advance(struct wheel *wheel, uint64_t now_ms)
{
    assert(!wheel->advancing);
    assert(now_ms >= wheel->now_ms);
    wheel->advancing = true;
    wheel_fire(wheel, slot_take(&wheel->late));
    while (wheel->levels != 0) {
        uint64_t slot_ms = wheel_slot_ms(wheel);
        if (slot_ms > now_ms)
            break;
        wheel_reach(wheel, slot_ms);
    }
    wheel->now_ms = now_ms;
    wheel->advancing = false;
}
