/* limits.c: calls of one caller a minute, and wrong secrets of one address a minute.
 *
 * Two tables of a fixed size (base/sightings.h), whose values are the number of the minute and a
 * count: a new minute counts from zero. Who is not known is counted by address. Who gives way to
 * others counts from zero, too. */
#include "web/web_internal.h"

enum { MINUTE_MS = 60000, COUNT_BITS = 24 };

static uint64_t address_key(const struct web_call *call)
{
    struct net_address address = net_address_counted(&call->from);
    return net_address_hash(&address, call->web->seed);
}

static uint64_t caller_key(const struct web_call *call)
{
    return bytes_empty(call->who) ? address_key(call) : bytes_hash(call->who, call->web->seed);
}

/* How many there were in this minute, after so many more. */
static uint64_t count_up(struct web *web, struct sightings *sightings, uint64_t key,
                         uint64_t now_ms, unsigned more)
{
    web->counts[WEB_COUNT_RATES_FORGOTTEN] += sightings_victim(sightings, key, now_ms) != NULL;
    struct sighting *seen = sightings_take(sightings, key, now_ms);
    uint64_t minute = now_ms / MINUTE_MS, count = seen->value & ((1ULL << COUNT_BITS) - 1);
    if (seen->value >> COUNT_BITS != minute)
        count = 0;
    count += more;
    if (count >> COUNT_BITS != 0)
        count = (1ULL << COUNT_BITS) - 1;
    seen->value = minute << COUNT_BITS | count;
    return count;
}

static void refuse(struct web_call *call, uint64_t now_ms, const char *kind, const char *detail)
{
    char memory[24];
    struct buffer seconds = buffer_over(memory, sizeof(memory));
    buffer_number(&seconds, (MINUTE_MS - now_ms % MINUTE_MS + 999) / 1000);
    web_problem(call, 429, kind, NULL, "%s; try again in %.*s seconds", detail,
                BYTES_ARGS(buffer_bytes(&seconds)));
    web_answer_field(call, "Retry-After", buffer_bytes(&seconds));
    web_count(call->web, WEB_COUNT_LIMITED);
}

bool limits_allow(struct web_call *call)
{
    struct web *web = call->web;
    uint64_t now_ms = web_now_ms();
    web_lock(web);
    unsigned most = web->settings.rate_max;
    bool allowed = most == 0 || count_up(web, &web->rates, caller_key(call), now_ms, 1) <= most;
    web_unlock(web);
    if (!allowed)
        refuse(call, now_ms, "rate", "these are too many requests in a minute (web.rate_max)");
    return allowed;
}

bool limits_allow_guess(struct web_call *call)
{
    struct web *web = call->web;
    uint64_t now_ms = web_now_ms();
    web_lock(web);
    unsigned most = web->settings.failures_max;
    bool allowed = most == 0 || count_up(web, &web->failures, address_key(call), now_ms, 0) < most;
    web_unlock(web);
    if (!allowed)
        refuse(call, now_ms, "failures",
               "too many wrong tokens or passwords came from this address (web.failures_max)");
    return allowed;
}

void limits_failed(struct web_call *call)
{
    struct web *web = call->web;
    web_lock(web);
    count_up(web, &web->failures, address_key(call), web_now_ms(), 1);
    web_unlock(web);
}
