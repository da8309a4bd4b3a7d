/* machine.c: the subscription state machine (RFC 3857 4.7.1, figure 1, over RFC 6665 4.2.2).
 *
 *   INIT --approved--> ACTIVE    --doubted--> PENDING    --rejected--> ENDED (403)
 *   PENDING --approved--> ACTIVE    --timeout--> WAITING
 *           --rejected, giveup, deactivated, probation, noresource--> ENDED
 *   ACTIVE --doubted--> PENDING (RFC 5025 3.2.1; RFC 3857 has no event for it)
 *          --rejected, timeout, deactivated, probation, noresource, invariant--> ENDED
 *   WAITING --approved, rejected, giveup, noresource--> ENDED
 */
#include "machine_internal.h"

#include <assert.h>

#define OF(event) (1u << EVENT_##event)

/* The events that lead from one state to another. */
static const struct {
    enum subscription_state from, to;
    unsigned events;
} moves[] = {
    {SUBSCRIPTION_INIT, SUBSCRIPTION_ACTIVE, OF(APPROVED)},
    {SUBSCRIPTION_INIT, SUBSCRIPTION_PENDING, OF(DOUBTED)},
    {SUBSCRIPTION_INIT, SUBSCRIPTION_ENDED, OF(REJECTED)},
    {SUBSCRIPTION_PENDING, SUBSCRIPTION_ACTIVE, OF(APPROVED)},
    {SUBSCRIPTION_PENDING, SUBSCRIPTION_WAITING, OF(TIMEOUT)},
    {SUBSCRIPTION_PENDING, SUBSCRIPTION_ENDED,
     OF(REJECTED) | OF(GIVEUP) | OF(DEACTIVATED) | OF(PROBATION) | OF(NORESOURCE)},
    {SUBSCRIPTION_ACTIVE, SUBSCRIPTION_PENDING, OF(DOUBTED)},
    {SUBSCRIPTION_ACTIVE, SUBSCRIPTION_ENDED,
     OF(REJECTED) | OF(TIMEOUT) | OF(DEACTIVATED) | OF(PROBATION) | OF(NORESOURCE) | OF(INVARIANT)},
    {SUBSCRIPTION_WAITING, SUBSCRIPTION_ENDED,
     OF(APPROVED) | OF(REJECTED) | OF(GIVEUP) | OF(NORESOURCE)},
};

static const char *const names[SUBSCRIPTION_EVENTS] = {
    [EVENT_SUBSCRIBE] = "subscribe",     [EVENT_APPROVED] = "approved",
    [EVENT_DOUBTED] = "doubted",         [EVENT_REJECTED] = "rejected",
    [EVENT_TIMEOUT] = "timeout",         [EVENT_GIVEUP] = "giveup",
    [EVENT_DEACTIVATED] = "deactivated", [EVENT_PROBATION] = "probation",
    [EVENT_NORESOURCE] = "noresource",   [EVENT_INVARIANT] = "invariant",
};

enum subscription_state machine_next(enum subscription_state state, enum subscription_event event)
{
    assert(state < SUBSCRIPTION_STATES && event < SUBSCRIPTION_EVENTS);
    for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++)
        if (moves[i].from == state && (moves[i].events & (1u << event)) != 0)
            return moves[i].to;
    return state;
}

const char *machine_state_name(enum subscription_state state)
{
    static const char *const states[SUBSCRIPTION_STATES] = {[SUBSCRIPTION_INIT] = "init",
                                                            [SUBSCRIPTION_PENDING] = "pending",
                                                            [SUBSCRIPTION_ACTIVE] = "active",
                                                            [SUBSCRIPTION_WAITING] = "waiting",
                                                            [SUBSCRIPTION_ENDED] = "terminated"};
    assert(state < SUBSCRIPTION_STATES);
    return states[state];
}

const char *machine_event_name(enum subscription_event event)
{
    assert(event < SUBSCRIPTION_EVENTS);
    return names[event];
}

enum subscription_event machine_event(struct bytes name)
{
    for (unsigned i = 0; i < SUBSCRIPTION_EVENTS; i++)
        if (bytes_equal(bytes_of(names[i]), name))
            return (enum subscription_event)i;
    return EVENT_SUBSCRIBE;
}
