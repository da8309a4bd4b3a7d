/* hook.h: webhooks: events posted to others, in their order, until they are taken.
 *
 * Each hook has a bounded queue of events and one post under way (http/http.h). What is not
 * answered 2xx is tried again with growing pauses, up to a day; 410 switches the hook off. What is
 * posted is signed with the hook's secret:
 *
 *     Herald-Signature: t=SECONDS,v1=hex(HMAC-SHA256(secret, SECONDS "." body))
 *     Herald-Event-Id: the event's id, the same whenever it is tried;
 *                      of a gap that of the last one lost, and "-gap"
 *
 * Events are told from the moment on. Where some are lost - there was no room, they were too old,
 * or the process ended - an event `gap` is posted in their place: whoever gets it asks for the
 * state. */
#ifndef HOOK_HOOK_H
#define HOOK_HOOK_H

#include "base/log.h"
#include "feed/feed.h"
#include "http/http.h"
#include "store/webhooks.h"

struct hooks;

enum { HOOKS_MAX = 100 };

struct hooks_settings {
    unsigned pending_max;   /* events that wait for one hook; more are a gap; 1000 */
    unsigned pause_least_s; /* after the first failure, doubled up to ... */
    unsigned pause_most_s;  /* ... this; 1 and 3600 */
    unsigned keep_s;        /* how long an event is tried; 86400 */
    bool plain_anywhere;    /* http: beyond this host, too */
};
struct hooks_settings hooks_settings_default(void);

struct hooks_parts {
    struct world *world;
    struct store *store;
    struct http *http;
    struct feed *feed;
    struct log *log;
    struct metrics *metrics;
};

struct hooks *hooks_new(const struct hooks_parts *parts, const struct hooks_settings *settings);
/* Before http and the feed. */
void hooks_free(struct hooks **hooks);
void hooks_reload(struct hooks *hooks, const struct hooks_settings *settings);

/* Takes over the rows of the store, now: new ones hear of what happens from here on, what waits for
 * one that is not active any more is forgotten. A failure leaves all as it is. */
void hooks_refresh(struct hooks *hooks);

/* How a hook fares. */
struct hook_look {
    size_t pending;
    uint64_t time_ms;  /* wall clock, of the last try that has ended; 0: none in this life */
    unsigned status;   /* its answer; 0: none */
    unsigned attempts; /* of that event so far */
    uint64_t lost;     /* events given up, or that there was no room for */
};
/* False: there is none of this id. */
bool hooks_look(const struct hooks *hooks, struct bytes id, struct hook_look *look);

/* "https://...", or "http://" to this host; unless plain_anywhere. */
bool hook_url_is_good(const struct hooks_settings *settings, struct bytes url);

enum { HOOK_SIGNATURE_SIZE = 128 };
/* "t=...,v1=..." of a body. */
void hook_sign(struct bytes secret, uint64_t seconds, struct bytes body,
               char signature[HOOK_SIGNATURE_SIZE]);

#endif
