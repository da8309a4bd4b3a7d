/* uses.c: a nonce's time lies beside its count, so that whoever gives way says how old it was. */
#include "web/uses_internal.h"

#include <assert.h>

enum { COUNT_BITS = 32, MS_PER_S = 1000 };

void uses_init(struct uses *uses, size_t most, uint32_t keep_ms, uint64_t seed)
{
    *uses = (struct uses){.seed = seed, .lead_ms = INT64_MIN};
    sightings_init(&uses->counts, most, keep_ms, NULL, METRIC_web_nonces_forgotten);
}

void uses_release(struct uses *uses)
{
    sightings_release(&uses->counts);
}

/* What was forgotten when the clock was ahead would be good again when it has caught up, and until
 * then what is made now would look as old as that. A clock that is slewed takes both along: their
 * difference shrinks only when one is set. */
bool uses_set_back(struct uses *uses, uint64_t now_ms, uint64_t wall_ms)
{
    int64_t lead_ms = (int64_t)wall_ms - (int64_t)now_ms;
    bool back = uses->lead_ms > lead_ms + USES_AHEAD_MS;
    if (back) {
        sightings_clear(&uses->counts);
        uses->forgotten_s = 0;
    }
    if (back || lead_ms > uses->lead_ms)
        uses->lead_ms = lead_ms;
    return back;
}

static void forget(struct uses *uses, const struct sighting *victim)
{
    uint64_t made_s = victim->value >> COUNT_BITS;
    uses->forgotten++;
    if (made_s > uses->forgotten_s)
        uses->forgotten_s = made_s;
}

bool uses_rise(struct uses *uses, const struct use *use, uint64_t now_ms)
{
    uint64_t key = bytes_hash(use->nonce, uses->seed), made_s = use->made_ms / MS_PER_S;
    assert(use->count > 0);
    if (sightings_find(&uses->counts, key) == NULL && made_s <= uses->forgotten_s)
        return false; /* it was never used, or was forgotten */
    const struct sighting *victim = sightings_victim(&uses->counts, key, now_ms);
    if (victim != NULL)
        forget(uses, victim);
    struct sighting *seen = sightings_take(&uses->counts, key, now_ms);
    bool risen = use->count > (uint32_t)seen->value;
    if (risen)
        seen->value = made_s << COUNT_BITS | use->count;
    return risen;
}
