/* steps.c: the routing table: every request's way to its handler, in this order.
 *
 * First what must be known to ask anything else: what the Request-URI is (uri), which way the
 * Routes lead (route), whom that aims at (aim), so who would handle it and with what needs
 * (method). Then what the message alone tells, cheapest first (hops, once, require, privacy), and
 * what its source tells (trust, relay). What we lack for ourselves (home, room) stands before the
 * digest, which costs most; authentication (peer, credentials, identity) before the user is looked
 * up, so that strangers do not learn who exists (user).
 *
 * Before all of that stand two that keep us alive: whether we are too late for new work (load), and
 * whether this source asks too often (source). A new step is a file, a line in front_internal.h and
 * a line here. */
#include "front/front_internal.h"

const struct front_step *const *front_steps(void)
{
    static const struct front_step *const steps[] = {
        &step_load,        /* 503 */
        &step_source,      /* 500 */
        &step_cancel,      /* 481 */
        &step_ack,         /* - */
        &step_uri,         /* 400, 416 */
        &step_route,       /* 400, 403, 430 */
        &step_aim,         /* 404, 414 */
        &step_method,      /* 405 */
        &step_hops,        /* 400, 483 */
        &step_merged,      /* 482 */
        &step_once,        /* 400 */
        &step_require,     /* 420 */
        &step_trust,       /* - */
        &step_relay,       /* 403 */
        &step_privacy,     /* 500 */
        &step_home,        /* 503 */
        &step_room,        /* 503 */
        &step_peer,        /* - */
        &step_credentials, /* 400, 401, 407 */
        &step_identity,    /* 403 */
        &step_user,        /* 404 */
        NULL,
    };
    _Static_assert(sizeof(steps) / sizeof(steps[0]) == FRONT_STEPS + 1,
                   "FRONT_STEPS (front_internal.h) is another number");
    return steps;
}
