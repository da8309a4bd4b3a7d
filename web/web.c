/* web.c: the HTTP server as a whole.
 *
 *     web_new:  the rule about plain HTTP -> sockets -> the watch (ask.c) -> doors (door.c)
 *     web_free: no new connections -> asks are left -> what is under way gets its answer
 *               -> the watch ends -> doors close */
#include "web/web.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/world.h"
#include "web/web_internal.h"

enum { RATES_MAX = 16384, MINUTE_MS = 60000, END_MS = 2000 };

static uint64_t clock_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t web_now_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

uint64_t web_wall_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}

static void must(int result)
{
    assert(result == 0);
    (void)result;
}

void web_lock(struct web *web)
{
    must(pthread_mutex_lock(&web->lock));
}

void web_unlock(struct web *web)
{
    must(pthread_mutex_unlock(&web->lock));
}

static void init_lock(struct web *web)
{
    pthread_condattr_t monotonic;
    must(pthread_condattr_init(&monotonic));
    must(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC));
    must(pthread_mutex_init(&web->lock, NULL));
    must(pthread_cond_init(&web->changed, &monotonic));
    must(pthread_condattr_destroy(&monotonic));
}

static struct web *make(const struct web_ground *ground, const struct web_settings *settings)
{
    struct web *web = memory_new(sizeof(*web));
    web->ground = *ground;
    web->settings = *settings;
    web->settings.folder = memory_copy(bytes_of(settings->folder));
    web->seed = world_random_u64(ground->core.world);
    web->mailbox = mailbox_new(ground->wake, ground->context);
    sightings_init(&web->rates, RATES_MAX, MINUTE_MS, NULL, METRIC_web_rates_forgotten);
    sightings_init(&web->failures, RATES_MAX, MINUTE_MS, NULL, METRIC_web_rates_forgotten);
    web->digest = web_digest_new(ground->core.world);
    init_lock(web);
    return web;
}

static bool watch_begin(struct web *web, char *why, size_t why_size)
{
    web->watching = true;
    if (pthread_create(&web->watch, NULL, ask_watch, web) == 0)
        return true;
    web->watching = false;
    snprintf(why, why_size, "the system refuses a thread for HTTP; are there too many?");
    return false;
}

static bool pump_begin(struct web *web, char *why, size_t why_size)
{
    bool begun = web_streams_begin(web);
    if (!begun)
        snprintf(why, why_size, "the system refuses a thread for HTTP; are there too many?");
    return begun;
}

static void watch_end(struct web *web)
{
    if (!web->watching)
        return;
    web_lock(web);
    web->watching = false;
    pthread_cond_broadcast(&web->changed);
    web_unlock(web);
    must(pthread_join(web->watch, NULL));
}

static bool open_doors(struct web *web, char *why, size_t why_size)
{
    for (unsigned i = 0; i < web->settings.listen_count; i++) {
        struct web_door *door = &web->doors[i];
        int socket = listen_open(&web->settings.listen[i], why, why_size);
        if (socket < 0)
            return false;
        *door = (struct web_door){.web = web, .tls = web->settings.listen[i].tls};
        web->door_count++;
        if (!door_open(door, socket, why, why_size)) {
            close(socket);
            return false;
        }
    }
    return true;
}

struct web *web_new(const struct web_ground *ground, const struct web_settings *settings, char *why,
                    size_t why_size)
{
    assert(settings->folder != NULL && settings->threads > 0 && ground->wake != NULL);
    assert(settings->threads * WEB_LISTEN_MAX <= WEB_FILES_MAX);
    if (!listen_judge(settings, why, why_size))
        return NULL;
    struct web *web = make(ground, settings);
    if (!watch_begin(web, why, why_size) || !pump_begin(web, why, why_size) ||
        !open_doors(web, why, why_size))
        web_free(&web);
    return web;
}

/* The old ones stay when the new ones are of no use. */
static void reload_papers(struct web *web, const struct web_settings *settings)
{
    char why[512];
    for (unsigned i = 0; i < web->door_count; i++) {
        struct web_papers *fresh = NULL;
        if (!web->doors[i].tls)
            continue;
        if (settings->certificate != NULL)
            fresh = papers_read(settings->certificate, settings->key, why, sizeof(why));
        else
            snprintf(why, sizeof(why), "web.certificate is not set any more");
        if (fresh == NULL) {
            log_write(web->ground.core.log, LOG_ERROR, "web", "%s; the old certificate stays", why);
            return;
        }
        web_lock(web);
        papers_replace(&web->doors[i].papers, fresh);
        web_unlock(web);
    }
}

bool web_check_papers(const struct web_settings *settings, char *why, size_t why_size)
{
    bool secure = false;
    for (unsigned i = 0; i < settings->listen_count; i++)
        secure = secure || settings->listen[i].tls;
    if (!secure)
        return true;
    if (!listen_judge(settings, why, why_size))
        return false;
    struct web_papers *papers = papers_read(settings->certificate, settings->key, why, why_size);
    bool good = papers != NULL;
    papers_free(&papers);
    return good;
}

void web_reload(struct web *web, const struct web_settings *settings, const struct config *config)
{
    web->ground.core.config = config;
    reload_papers(web, settings);
    web_lock(web);
    struct web_settings *mine = &web->settings;
    mine->ask_ms = settings->ask_ms;
    mine->asks_max = settings->asks_max;
    mine->rate_max = settings->rate_max;
    mine->failures_max = settings->failures_max;
    mine->streams_max = settings->streams_max;
    mine->streams_max_per_caller = settings->streams_max_per_caller;
    mine->limits = settings->limits;
    memcpy(mine->origins, settings->origins, sizeof(mine->origins));
    mine->origin_count = settings->origin_count;
    web_unlock(web);
}

/* Those that have their answer send it; a client that does not read is not waited for. */
static void wait_for_calls(struct web *web)
{
    uint64_t end_ms = web_now_ms() + END_MS;
    const struct timespec at = {.tv_sec = (time_t)(end_ms / 1000),
                                .tv_nsec = (long)(end_ms % 1000) * 1000000};
    web_lock(web);
    int result = 0;
    while (web->calls > 0 && result == 0)
        result = pthread_cond_timedwait(&web->changed, &web->lock, &at);
    web_unlock(web);
}

static void close_doors(struct web *web)
{
    int sockets[WEB_LISTEN_MAX] = {0};
    for (unsigned i = 0; i < web->door_count; i++)
        sockets[i] = web->doors[i].daemon != NULL ? MHD_quiesce_daemon(web->doors[i].daemon) : -1;
    ask_end(web);
    slow_end(web);
    web_streams_end(web);
    wait_for_calls(web);
    watch_end(web);
    web_streams_join(web);
    for (unsigned i = 0; i < web->door_count; i++) {
        door_close(&web->doors[i]);
        if (sockets[i] >= 0)
            close(sockets[i]);
    }
}

void web_free(struct web **web)
{
    struct web *old = *web;
    *web = NULL;
    if (old == NULL)
        return;
    close_doors(old);
    assert(old->calls == 0 && old->asks == 0);
    web_repeats_free(old);
    files_free(old);
    web_digest_free(&old->digest);
    sightings_release(&old->rates);
    sightings_release(&old->failures);
    mailbox_free(&old->mailbox);
    must(pthread_cond_destroy(&old->changed));
    must(pthread_mutex_destroy(&old->lock));
    free((char *)(uintptr_t)old->settings.folder);
    free(old);
}
