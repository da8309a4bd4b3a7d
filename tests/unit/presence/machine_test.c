/* machine_test.c: the subscription state machine against the arrows of RFC 3857, figure 1. */
#include "presence/machine_internal.h"

#include "unit.h"

enum {
    NO = SUBSCRIPTION_STATES,
    P = SUBSCRIPTION_PENDING,
    A = SUBSCRIPTION_ACTIVE,
    W = SUBSCRIPTION_WAITING,
    E = SUBSCRIPTION_ENDED
};

/* RFC 3857 4.7.1; doubted is RFC 5025 3.2.1, invariant RFC 6665 4.1.3. */
START_TEST(rfc3857_4_7_1_figure_1)
{
    static const int arrows[SUBSCRIPTION_STATES][SUBSCRIPTION_EVENTS] = {
        /* subscribe approved doubted rejected timeout giveup deactivated probation noresource
           invariant */
        [SUBSCRIPTION_INIT] = {NO, A, P, E, NO, NO, NO, NO, NO, NO},
        [SUBSCRIPTION_PENDING] = {NO, A, NO, E, W, E, E, E, E, NO},
        [SUBSCRIPTION_ACTIVE] = {NO, NO, P, E, E, NO, E, E, E, E},
        [SUBSCRIPTION_WAITING] = {NO, E, NO, E, NO, E, NO, NO, E, NO},
        [SUBSCRIPTION_ENDED] = {NO, NO, NO, NO, NO, NO, NO, NO, NO, NO},
    };
    for (int state = 0; state < SUBSCRIPTION_STATES; state++)
        for (int event = 0; event < SUBSCRIPTION_EVENTS; event++) {
            int wanted = arrows[state][event] != NO ? arrows[state][event] : state;
            ck_assert_int_eq(
                machine_next((enum subscription_state)state, (enum subscription_event)event),
                wanted);
        }
}
END_TEST

START_TEST(rfc3858_names)
{
    ck_assert_str_eq(machine_event_name(EVENT_NORESOURCE), "noresource");
    for (int event = 0; event < SUBSCRIPTION_EVENTS; event++) {
        const char *name = machine_event_name((enum subscription_event)event);
        ck_assert_int_eq(machine_event(bytes_of(name)), event);
    }
    ck_assert_int_eq(machine_event(BYTES("")), EVENT_SUBSCRIBE);
    ck_assert_int_eq(machine_event(BYTES("time")), EVENT_SUBSCRIBE);
}
END_TEST

START_TEST(live)
{
    ck_assert(machine_is_live(SUBSCRIPTION_PENDING) && machine_is_live(SUBSCRIPTION_ACTIVE));
    ck_assert(!machine_is_live(SUBSCRIPTION_INIT) && !machine_is_live(SUBSCRIPTION_WAITING));
    ck_assert(!machine_is_live(SUBSCRIPTION_ENDED));
}
END_TEST

UNIT_MAIN("presence/machine", rfc3857_4_7_1_figure_1, rfc3858_names, live)
