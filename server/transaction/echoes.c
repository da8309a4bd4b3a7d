/* echoes.c: the Completed state of client transactions (RFC 3261 17.1.2.2, timer K).
 *
 * All that this state does is to swallow further responses to an answered request for T4. So an
 * answered transaction is freed at once, and its branch's hash stays behind in a ring: at 20 000
 * NOTIFYs a second the whole transactions would be a hundred megabytes.
 *
 * Echoes are numbered from 1 as they come; number n lies in slot n modulo ECHOES_MAX. Those whose
 * hashes share a bucket are chained from the newest to older ones. Numbers and times both fall
 * along a chain, so it ends at the first that was overwritten or is over: nothing is ever taken
 * out.
 *
 * When more come than the ring holds, the oldest are forgotten early; their late responses then
 * count as stray and are dropped all the same. A 64-bit hash with a secret key stands for the
 * branch: mistaking a stray response for an echo would drop it too. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "transaction_internal.h"

void echoes_init(struct echoes *echoes)
{
    /* zeroed pages cost nothing until they are used */
    echoes->ring = memory_new(ECHOES_MAX * sizeof(struct echo));
    echoes->newest = memory_new(ECHOES_MAX * sizeof(uint64_t));
    echoes->last = 0;
}

void echoes_release(struct echoes *echoes)
{
    free(echoes->ring);
    free(echoes->newest);
    *echoes = (struct echoes){0};
}

void echoes_add(struct echoes *echoes, uint64_t hash, uint64_t due_ms)
{
    uint64_t *newest = &echoes->newest[hash % ECHOES_MAX];
    uint64_t number = ++echoes->last;
    assert(number == 1 || echoes->ring[(number - 1) % ECHOES_MAX].due_ms <= due_ms);
    echoes->ring[number % ECHOES_MAX] = (struct echo){hash, due_ms, *newest};
    *newest = number;
}

bool echoes_find(const struct echoes *echoes, uint64_t hash, uint64_t now_ms)
{
    uint64_t number = echoes->newest[hash % ECHOES_MAX];
    while (number != 0 && echoes->last - number < ECHOES_MAX) {
        const struct echo *echo = &echoes->ring[number % ECHOES_MAX];
        if (echo->due_ms <= now_ms)
            return false;
        if (echo->hash == hash)
            return true;
        number = echo->previous;
    }
    return false;
}
