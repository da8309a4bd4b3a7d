/* uses.c: a nonce's time lies beside its count, so that whoever gives way says how old it was. */
#include "web/uses_internal.h"

#include <assert.h>

#include "sip/nonce.h"

enum { COUNT_BITS = 32, MS_PER_S = 1000 };

void uses_init(struct uses *uses, size_t most, uint32_t keep_ms, uint64_t seed)
{
    *uses = (struct uses){.seed = seed};
    sightings_init(&uses->counts, most, keep_ms, NULL, METRIC_web_nonces_forgotten);
}

void uses_release(struct uses *uses)
{
    sightings_release(&uses->counts);
}

/* A nonce that is not in the table was never used, or was forgotten. After the clock was set back
 * those that were forgotten are from the future, which nonces_know does not take. */
static bool may_be_forgotten(const struct uses *uses, uint64_t made_s, uint64_t wall_ms)
{
    return made_s <= uses->forgotten_s && uses->forgotten_s * MS_PER_S <= wall_ms + NONCE_FUTURE_MS;
}

static void forget(struct uses *uses, const struct sighting *victim)
{
    uint64_t made_s = victim->value >> COUNT_BITS;
    uses->forgotten++;
    if (made_s > uses->forgotten_s)
        uses->forgotten_s = made_s;
}

bool uses_rise(struct uses *uses, const struct use *use, uint64_t now_ms, uint64_t wall_ms)
{
    uint64_t key = bytes_hash(use->nonce, uses->seed), made_s = use->made_ms / MS_PER_S;
    assert(use->count > 0);
    if (sightings_find(&uses->counts, key) == NULL && may_be_forgotten(uses, made_s, wall_ms))
        return false;
    const struct sighting *victim = sightings_victim(&uses->counts, key, now_ms);
    if (victim != NULL)
        forget(uses, victim);
    struct sighting *seen = sightings_take(&uses->counts, key, now_ms);
    bool risen = use->count > (uint32_t)seen->value;
    if (risen)
        seen->value = made_s << COUNT_BITS | use->count;
    return risen;
}
