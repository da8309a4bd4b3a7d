/* overload.c: a share that grows with the delay, spread evenly over the requests.
 *
 * The review knows how much was served, and so what can be: it lets in that and a little more, for
 * the little is refused and tells that there is more. What it cannot know is when there is less to
 * do; so it lets in more by and by. */
#include "front/overload.h"

#include <assert.h>

enum {
    WHOLE = OVERLOAD_WHOLE,
    REFUSED_PART = 8,  /* of what is served, so much may be refused */
    LET_IN_LEAST = 20, /* thousandths */
    REFUSAL_COST = 4,  /* so many refusals cost about as much as what is served */
    CALM_PERCENT = 1,  /* more is let in after one calm review; twice that after two ... */
    CALM_PERCENT_MAX = 10
};

/* Thousandths to refuse: none up to `from_ms`, all from four times that. */
static unsigned share(unsigned late_ms, unsigned from_ms)
{
    if (late_ms <= from_ms)
        return 0;
    unsigned span_ms = 3 * from_ms, over_ms = late_ms - from_ms;
    return over_ms >= span_ms ? WHOLE : (unsigned)((unsigned long long)over_ms * WHOLE / span_ms);
}

bool overload_is_late(struct overload *overload, uint64_t now_ms, unsigned late_ms)
{
    overload->seen_ms = late_ms;
    if (overload->late_ms == 0 || late_ms <= overload->late_ms) {
        overload->since_ms = 0;
        return false;
    }
    bool queued = now_ms <= overload->last_ms + late_ms; /* it came before the last was looked at */
    overload->last_ms = now_ms;
    if (overload->since_ms == 0 || !queued)
        overload->since_ms = now_ms;
    return now_ms - overload->since_ms >= OVERLOAD_PATIENCE_MS;
}

bool overload_refuses(struct overload *overload, unsigned late_ms, enum overload_worth worth)
{
    assert(worth <= OVERLOAD_UNDERWAY);
    if (worth == OVERLOAD_UNDERWAY)
        return false;
    unsigned from_ms = worth == OVERLOAD_NEW ? overload->late_ms : 2 * overload->late_ms;
    unsigned *owed = &overload->remainder[worth];
    *owed += share(late_ms, from_ms);
    if (*owed < WHOLE)
        return false;
    *owed -= WHOLE;
    overload->refused++;
    return true;
}

void overload_serves(struct overload *overload)
{
    overload->served++;
}

void overload_begin(struct overload *overload)
{
    overload->served = overload->refused = 0;
    overload->calm = overload->hold = 0;
    overload->let_in = WHOLE;
}

/* What waits already came in by the old share: until it is through, the new one cannot be judged.
 */
static void let_in_less(struct overload *overload, uint64_t share)
{
    uint64_t least = overload->let_in / 2;
    overload->let_in = (unsigned)(share > least ? share : least);
    overload->hold = 1 + overload->seen_ms / OVERLOAD_REVIEW_MS;
}

static void let_in_more(struct overload *overload)
{
    unsigned percent = ++overload->calm * CALM_PERCENT;
    if (percent > CALM_PERCENT_MAX)
        percent = CALM_PERCENT_MAX;
    overload->let_in += overload->let_in * percent / 100 + 1;
}

static void review(struct overload *overload)
{
    uint64_t served = overload->served, refused = overload->refused, all = served + refused;
    uint64_t could = served + refused / REFUSAL_COST, may_come = could + could / REFUSED_PART;
    if (refused > 0)
        overload->calm = 0;
    if (overload->hold > 0)
        overload->hold--;
    else if (all >= OVERLOAD_JUDGED_LEAST && refused > served / REFUSED_PART && all > may_come)
        let_in_less(overload, overload->let_in * may_come / all);
    else if (refused == 0)
        let_in_more(overload);
}

bool overload_review(struct overload *overload)
{
    bool calm = overload->refused == 0;
    review(overload);
    if (overload->let_in > WHOLE)
        overload->let_in = WHOLE;
    if (overload->let_in < LET_IN_LEAST)
        overload->let_in = LET_IN_LEAST;
    overload->served = overload->refused = 0;
    return overload->let_in < WHOLE || !calm;
}
