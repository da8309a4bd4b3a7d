/* entropy.c: the two sources of randomness: the system's, and a script's seed.
 *
 * The system is asked for 1024 bytes at a time, because a token needs ten and a call into the
 * kernel costs more than all the rest of making it. Bytes handed out are wiped: what is read out of
 * the process later does not tell what was used before. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/world.h"

/* The system does not refuse this once it has started; without it nothing we make is unguessable.
 */
static void entropy_read(unsigned char *out, size_t length)
{
    while (length > 0) {
        ssize_t got = getrandom(out, length, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            fprintf(stderr,
                    "herald: no randomness from the system (getrandom: %s); check the "
                    "kernel and the sandbox that the process runs in\n",
                    strerror(errno));
            abort();
        }
        out += got;
        length -= (size_t)got;
    }
}

void entropy_random(void *entropy, void *out, size_t length)
{
    struct entropy *source = entropy;
    assert(source->left <= sizeof(source->ahead));
    if (length > sizeof(source->ahead)) {
        entropy_read(out, length);
        return;
    }
    if (length > source->left) {
        entropy_read(source->ahead, sizeof(source->ahead));
        source->left = sizeof(source->ahead);
    }
    unsigned char *from = source->ahead + source->left - length;
    memcpy(out, from, length);
    memset(from, 0, length);
    source->left -= length;
}

/* SplitMix64: a counter through a mixer. */
static uint64_t seeded_next(uint64_t *state)
{
    uint64_t word = *state += UINT64_C(0x9e3779b97f4a7c15);
    word = (word ^ word >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    word = (word ^ word >> 27) * UINT64_C(0x94d049bb133111eb);
    return word ^ word >> 31;
}

void seeded_random(void *seed, void *out, size_t length)
{
    unsigned char *byte = out;
    uint64_t word = 0;
    for (size_t i = 0; i < length; i++) {
        if (i % sizeof(word) == 0)
            word = seeded_next(seed);
        byte[i] = (unsigned char)word; /* byte by byte: the same on every machine */
        word >>= 8;
    }
}
