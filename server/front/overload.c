/* overload.c: a share that grows with the delay, spread evenly over the requests. */
#include "front/overload.h"

#include <assert.h>

enum { WHOLE = 1000 };

/* Thousandths to refuse: none up to `from_ms`, all from four times that. */
static unsigned share(unsigned late_ms, unsigned from_ms)
{
    if (late_ms <= from_ms)
        return 0;
    unsigned span_ms = 3 * from_ms, over_ms = late_ms - from_ms;
    return over_ms >= span_ms ? WHOLE : (unsigned)((unsigned long long)over_ms * WHOLE / span_ms);
}

bool overload_refuses(struct overload *overload, unsigned late_ms, enum overload_worth worth)
{
    assert(worth <= OVERLOAD_UNDERWAY);
    if (overload->late_ms == 0 || worth == OVERLOAD_UNDERWAY)
        return false;
    unsigned from_ms = worth == OVERLOAD_NEW ? overload->late_ms : 2 * overload->late_ms;
    unsigned *owed = &overload->remainder[worth];
    *owed += share(late_ms, from_ms);
    if (*owed < WHOLE)
        return false;
    *owed -= WHOLE;
    return true;
}
