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

/* True when requests have been late for some time. */
static bool is_late(struct overload *overload, uint64_t now_ms, unsigned late_ms)
{
    if (overload->late_ms == 0 || late_ms <= overload->late_ms) {
        overload->since_ms = 0;
        return false;
    }
    if (overload->since_ms == 0)
        overload->since_ms = now_ms;
    return now_ms - overload->since_ms >= OVERLOAD_PATIENCE_MS;
}

bool overload_refuses(struct overload *overload, uint64_t now_ms, unsigned late_ms,
                      enum overload_worth worth)
{
    assert(worth <= OVERLOAD_UNDERWAY);
    if (!is_late(overload, now_ms, late_ms) || worth == OVERLOAD_UNDERWAY)
        return false;
    unsigned from_ms = worth == OVERLOAD_NEW ? overload->late_ms : 2 * overload->late_ms;
    unsigned *owed = &overload->remainder[worth];
    *owed += share(late_ms, from_ms);
    if (*owed < WHOLE)
        return false;
    *owed -= WHOLE;
    return true;
}
