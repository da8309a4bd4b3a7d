/* expiry.c: the certificates in use are looked at once, when they are taken; a daily timer compares
 * what they said with the clock. */
#include "expiry.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "certificates.h"
#include "net/certificates.h"

enum { DAY_S = 86400, DAY_MS = DAY_S * 1000, MAX = CONFIG_DOMAINS_MAX + 2 };

struct entry {
    struct web_certificate shown;
    struct certificate_look look;
    char *file;
};

struct expiry {
    struct world *world;
    struct log *log;
    struct timer timer;
    uint64_t warn_ms;
    struct entry entries[MAX];
    size_t count;
};

static void warn(const struct expiry *expiry, const struct web_certificate *shown)
{
    uint64_t now_ms = expiry->world->wall_ms;
    uint64_t left_ms = shown->expires_ms > now_ms ? shown->expires_ms - now_ms : 0;
    unsigned long long days = left_ms / (uint64_t)DAY_MS;
    if (left_ms == 0)
        log_write(expiry->log, LOG_WARNING, "main",
                  "the certificate %s is over: nobody believes it; put a new one there and reload",
                  shown->file);
    else if (left_ms <= expiry->warn_ms)
        log_write(expiry->log, LOG_WARNING, "main",
                  "the certificate %s ends in %llu %s; put a new one there in time, and reload",
                  shown->file, days, word_for(days, "day", "days"));
}

static void warn_all(struct timer *timer)
{
    struct expiry *expiry = HOLDER(timer, struct expiry, timer);
    for (size_t i = 0; i < expiry->count; i++)
        warn(expiry, &expiry->entries[i].shown);
    world_timer(expiry->world, timer, DAY_MS, warn_all);
}

struct expiry *expiry_new(struct world *world, struct log *log)
{
    struct expiry *expiry = memory_new(sizeof(*expiry));
    expiry->world = world;
    expiry->log = log;
    return expiry;
}

static void clear(struct expiry *expiry)
{
    for (size_t i = 0; i < expiry->count; i++)
        free(expiry->entries[i].file);
    expiry->count = 0;
}

void expiry_free(struct expiry **expiry)
{
    struct expiry *old = *expiry;
    *expiry = NULL;
    if (old == NULL)
        return;
    world_timer_cancel(old->world, &old->timer);
    clear(old);
    free(old);
}

static void add(void *context, const char *use, const char *file)
{
    struct expiry *expiry = context;
    for (size_t i = 0; i < expiry->count; i++) /* domains may share one */
        if (strcmp(expiry->entries[i].file, file) == 0 &&
            strcmp(expiry->entries[i].shown.use, use) == 0)
            return;
    assert(expiry->count < MAX);
    struct entry *entry = &expiry->entries[expiry->count];
    if (!certificate_look(file, &entry->look))
        return;
    entry->file = memory_copy(bytes_of(file));
    entry->shown = (struct web_certificate){
        .use = use,
        .file = entry->file,
        .subject = entry->look.subject,
        .names = entry->look.names,
        .begins_ms = entry->look.begins_ms,
        .expires_ms = entry->look.ends_ms,
    };
    expiry->count++;
}

void expiry_take(struct expiry *expiry, const struct config *config)
{
    clear(expiry);
    expiry->warn_ms = (uint64_t)config->warn_days * DAY_MS;
    certificates_each(config, add, expiry);
    warn_all(&expiry->timer);
}

const struct web_certificate *expiry_certificate(const struct expiry *expiry, size_t index)
{
    return index < expiry->count ? &expiry->entries[index].shown : NULL;
}
