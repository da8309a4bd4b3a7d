/* guard.c: rates by the generic cell rate algorithm, guesses by a leaky count.
 *
 * Rate: a source's sighting holds when its next request would be due at the steady rate (in
 * microseconds); it passes while that is no further away than a burst. Refusals have a bucket of
 * their own, so that a flood is not answered with another.
 *
 * Guesses: a sighting holds the count, of which one is forgiven every guesses_s / guesses_max, and
 * the end of the lockout. Users and sources are counted alike, by keys that cannot meet.
 *
 * Proofs: a sighting holds until when the proof speaks for its user and source. */
#include "front/guard.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/sightings.h"

enum {
    SOURCES_MAX = 16384,
    GUESSES_MAX = 16384,
    PROVED_MAX = 65536,
    PROVED_MS = 24 * 3600 * 1000, /* how long a proof speaks for its user and source */
    COUNT_BITS = 16,
    KEY_MAX = 1100 /* an address-of-record and a source */
};

/* What a key is of: its first byte. */
enum kind {
    KIND_RATE = 'r',
    KIND_REFUSALS = 'f',
    KIND_SOURCE = 's',
    KIND_USER = 'u',
    KIND_PAIR = 'p'
};

struct guard {
    struct world *world;
    struct metrics *metrics;
    struct guard_settings settings;
    uint64_t seed;
    uint64_t locked_until_ms; /* by the lockout that ends last */
    struct sightings sources, guesses, proved;
};

struct guard_settings guard_settings_default(void)
{
    return (struct guard_settings){
        .source_per_s = 500,
        .source_burst = 5000,
        .guesses_max = 10,
        .guesses_s = 60,
        .lockout_s = 60,
    };
}

struct guard *guard_new(struct world *world, const struct guard_settings *settings,
                        struct metrics *metrics)
{
    assert(world != NULL && settings != NULL && metrics != NULL);
    struct guard *guard = memory_new(sizeof(*guard));
    guard->world = world;
    guard->metrics = metrics;
    guard->seed = world_random_u64(world);
    sightings_init(&guard->sources, SOURCES_MAX, 0, metrics, METRIC_sources_forgotten);
    sightings_init(&guard->guesses, GUESSES_MAX, 0, metrics, METRIC_guesses_forgotten);
    sightings_init(&guard->proved, PROVED_MAX, PROVED_MS, metrics, METRIC_proofs_forgotten);
    guard_reload(guard, settings);
    return guard;
}

void guard_free(struct guard **guard)
{
    if (*guard == NULL)
        return;
    sightings_release(&(*guard)->sources);
    sightings_release(&(*guard)->guesses);
    sightings_release(&(*guard)->proved);
    free(*guard);
    *guard = NULL;
}

static uint32_t bounded_ms(uint64_t ms)
{
    return ms < UINT32_MAX / 2 ? (uint32_t)ms : UINT32_MAX / 2;
}

void guard_reload(struct guard *guard, const struct guard_settings *settings)
{
    assert(settings->guesses_max < 1 << COUNT_BITS);
    assert(settings->source_per_s == 0 || settings->source_burst > 0);
    assert(settings->guesses_max == 0 || (settings->guesses_s > 0 && settings->lockout_s > 0));
    guard->settings = *settings;
    guard->sources.keep_ms = 0; /* until the bucket is full again */
    if (settings->source_per_s > 0)
        guard->sources.keep_ms =
            bounded_ms(1000ULL * settings->source_burst / settings->source_per_s);
    unsigned guess_s =
        settings->guesses_s > settings->lockout_s ? settings->guesses_s : settings->lockout_s;
    guard->guesses.keep_ms = bounded_ms(1000ULL * guess_s);
}

/* Keys. */

static void put_source(struct buffer *key, const struct net_address *source)
{
    size_t length = source->family == 4 ? 4 : 8;
    buffer_char(key, (char)source->family);
    buffer_put(key, bytes_from(source->ip, length));
}

static uint64_t hash_key(const struct guard *guard, const struct buffer *key)
{
    assert(!key->overflow);
    return bytes_hash(buffer_bytes(key), guard->seed);
}

static uint64_t source_key(const struct guard *guard, enum kind kind,
                           const struct net_address *source)
{
    char text[16];
    struct buffer key = buffer_over(text, sizeof(text));
    buffer_char(&key, (char)kind);
    put_source(&key, source);
    return hash_key(guard, &key);
}

static uint64_t user_key(const struct guard *guard, enum kind kind, struct bytes aor,
                         const struct net_address *source)
{
    char text[KEY_MAX];
    struct buffer key = buffer_over(text, sizeof(text));
    buffer_char(&key, (char)kind);
    if (source != NULL)
        put_source(&key, source);
    buffer_put(&key, bytes_first(aor, KEY_MAX - key.length));
    return hash_key(guard, &key);
}

/* Rates. */

static bool bucket_admits(struct guard *guard, enum kind kind, const struct net_address *source)
{
    uint64_t now_us = guard->world->now_ms * 1000;
    uint64_t step_us = 1000000 / guard->settings.source_per_s;
    uint64_t burst_us = step_us * guard->settings.source_burst;
    struct sighting *seen =
        sightings_take(&guard->sources, source_key(guard, kind, source), guard->world->now_ms);
    uint64_t due_us = seen->value > now_us ? seen->value : now_us;
    if (due_us - now_us + step_us > burst_us)
        return false;
    seen->value = due_us + step_us;
    return true;
}

enum guard_word guard_ask(struct guard *guard, const struct net_address *source)
{
    if (guard->settings.source_per_s == 0 || bucket_admits(guard, KIND_RATE, source))
        return GUARD_PASS;
    metrics_count(guard->metrics, METRIC_requests_rate_limited);
    return bucket_admits(guard, KIND_REFUSALS, source) ? GUARD_REFUSE : GUARD_DROP;
}

/* Guesses. */

static uint64_t locked_until_ms(const struct guard *guard, uint64_t key)
{
    const struct sighting *seen = sightings_find(&guard->guesses, key);
    return seen != NULL ? seen->value >> COUNT_BITS : 0;
}

/* Proofs from before the present guesses speak for whoever has them. */
static bool has_proved(const struct guard *guard, const struct net_address *source,
                       struct bytes aor)
{
    const struct sighting *seen =
        sightings_find(&guard->proved, user_key(guard, KIND_PAIR, aor, source));
    return seen != NULL && seen->value > guard->world->now_ms;
}

unsigned guard_locked_s(const struct guard *guard, const struct net_address *source,
                        struct bytes aor)
{
    uint64_t now_ms = guard->world->now_ms;
    if (guard->locked_until_ms <= now_ms) /* nobody is */
        return 0;
    uint64_t until_ms = locked_until_ms(guard, source_key(guard, KIND_SOURCE, source));
    uint64_t user_ms = locked_until_ms(guard, user_key(guard, KIND_USER, aor, NULL));
    if (user_ms > until_ms)
        until_ms = user_ms;
    if (until_ms <= now_ms || has_proved(guard, source, aor))
        return 0;
    return (unsigned)((until_ms - now_ms + 999) / 1000);
}

static void count_guess(struct guard *guard, uint64_t key)
{
    const struct guard_settings *settings = &guard->settings;
    uint64_t now_ms = guard->world->now_ms;
    const struct sighting *before = sightings_find(&guard->guesses, key);
    uint64_t quiet_ms = before != NULL ? sighting_age_ms(before, now_ms) : 0;
    struct sighting *seen = sightings_take(&guard->guesses, key, now_ms);
    uint64_t forgiven = quiet_ms * settings->guesses_max / ((uint64_t)settings->guesses_s * 1000);
    uint64_t count = seen->value & ((1 << COUNT_BITS) - 1), until_ms = seen->value >> COUNT_BITS;
    count = count > forgiven ? count - forgiven : 0;
    if (++count >= settings->guesses_max) {
        until_ms = now_ms + (uint64_t)settings->lockout_s * 1000;
        count = 0;
        metrics_count(guard->metrics, METRIC_lockouts);
        if (until_ms > guard->locked_until_ms)
            guard->locked_until_ms = until_ms;
    }
    seen->value = until_ms << COUNT_BITS | count;
}

void guard_wrong(struct guard *guard, const struct net_address *source, struct bytes aor)
{
    if (guard->settings.guesses_max == 0)
        return;
    count_guess(guard, source_key(guard, KIND_SOURCE, source));
    count_guess(guard, user_key(guard, KIND_USER, aor, NULL));
}

void guard_proved(struct guard *guard, const struct net_address *source, struct bytes aor)
{
    uint64_t now_ms = guard->world->now_ms;
    if (guard->settings.guesses_max > 0)
        sightings_take(&guard->proved, user_key(guard, KIND_PAIR, aor, source), now_ms)->value =
            now_ms + PROVED_MS;
}
