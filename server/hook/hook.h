/* hook.h: webhooks: events posted to others, in their order, until they are taken.
 *
 * Each hook has a bounded queue of events and one post under way (http/http.h). What is not
 * answered 2xx is tried again with growing pauses, up to a day; 410 switches the hook off. What is
 * posted is signed with the hook's secret:
 *
 *     Herald-Signature: t=SECONDS,v1=hex(HMAC-SHA256(secret, SECONDS "." body))
 *                       and for a while after the secret was changed ",v1=" of the one before
 *     Herald-Event-Id: the event's id, the same whenever it is tried;
 *                      of a gap that of the last one lost, and "-gap"
 *
 * Events are told from the moment on. Where some are lost - there was no room, they were too old,
 * the process ended, or the hook was off - an event `gap` is posted in their place: whoever gets it
 * asks for the state.
 *
 * Whoever may make hooks is no operator of this host: unless that says so, nothing is posted to the
 * host itself or its link (http/place.h), neither by an address nor by a name that leads there. */
#ifndef HOOK_HOOK_H
#define HOOK_HOOK_H

#include "base/log.h"
#include "feed/feed.h"
#include "http/http.h"
#include "store/webhooks.h"

struct hooks;

struct hooks_settings {
    unsigned max;            /* hooks that can be made; 100 */
    unsigned pending_max;    /* events that wait for one hook; more are a gap; 1000 */
    unsigned pause_least_s;  /* after the first failure, doubled up to ... */
    unsigned pause_most_s;   /* ... this, which bounds a Retry-After, too; 1 and 3600 */
    unsigned keep_s;         /* how long an event is tried; 86400 */
    unsigned secret_grace_s; /* for which the secret before signs, too; 86400 */
    bool local;              /* to this host and its link, too */
    bool plain_anywhere;     /* http: beyond this host, too */
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
    bool barred;       /* no answer, because the name led to this host or its link */
};
/* False: there is none of this id. */
bool hooks_look(const struct hooks *hooks, struct bytes id, struct hook_look *look);

enum hook_url {
    HOOK_URL_GOOD,
    HOOK_URL_BAD,   /* no address at all */
    HOOK_URL_NEAR,  /* it is this host's or its link's; and not `local` */
    HOOK_URL_PLAIN, /* "http://" beyond this host; and not plain_anywhere */
};
/* As far as the text says: where a name leads is seen when it is connected to. */
enum hook_url hook_url_judge(const struct hooks_settings *settings, struct bytes url);
/* What to do about it; a constant. NULL: it is good. */
const char *hook_url_advice(enum hook_url judged);

enum { HOOK_SIGNATURE_SIZE = 256 };
/* "t=...,v1=..." of a body; and of the secret before, unless that is empty. */
void hook_sign(struct bytes secret, struct bytes before, uint64_t seconds, struct bytes body,
               char signature[HOOK_SIGNATURE_SIZE]);

#endif
