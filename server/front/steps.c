/* steps.c: the routing table: every request's way to its handler, in this order.
 *
 * Authentication stands before the user is looked up, so that strangers do not learn who exists;
 * what costs less than a digest stands before it. A new step is a file and a line here. */
#include "front/front_internal.h"

const struct front_step *const *front_steps(void)
{
    static const struct front_step *const steps[] = {
        &step_cancel,      /* 481 */
        &step_uri,         /* 400, 416 */
        &step_method,      /* 405 */
        &step_require,     /* 420 */
        &step_target,      /* 403, 404 */
        &step_room,        /* 503 */
        &step_credentials, /* 401, 407, 403 */
        &step_user,        /* 404 */
        NULL,
    };
    return steps;
}
