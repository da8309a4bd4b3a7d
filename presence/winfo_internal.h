/* winfo_internal.h: watcher information (RFC 3857): what a resource of a package X.winfo tells of
 * the subscriptions of X's resource with the same address-of-record. Comes with
 * presence_internal.h. */
#ifndef PRESENCE_WINFO_INTERNAL_H
#define PRESENCE_WINFO_INTERNAL_H

#include "base/blob.h"
#include "base/timer.h"

struct resource;
struct subscription;
struct winfo_news;

/* Of a resource of the template. */
struct winfo {
    struct resource *resource;
    struct resource *subject; /* whose subscriptions it tells of; NULL: there is none now */
    struct winfo_news *news;  /* that somebody has not been told of, oldest first */
    uint64_t last;            /* number of the newest */
    uint64_t known;           /* of the newest that any reader has been told of */
    unsigned readers;
    unsigned over_count; /* news of watchers who have gone */
    struct timer tell;
};

/* Of a subscription to it: what its watcher has been told. */
struct winfo_reader {
    uint64_t told;             /* number of the newest news it knows */
    bool whole;                /* the next document is a full one */
    struct subscription *rest; /* with which the last full one goes on; NULL: all were in it */
    bool second;               /* in the second round */
};

/* A resource was made or goes: joins it with its subject and with what tells of it. */
void winfo_link(struct resource *resource);
void winfo_unlink(struct resource *resource);

/* The state of a subscription has changed from `before`. */
void winfo_moved(struct subscription *subscription, enum subscription_state before);
/* It is freed: whoever was told of it learns that it is over, and what it was told is forgotten. */
void winfo_freed(struct subscription *subscription);

/* The document for the next NOTIFY to a subscription of the template: full at first, then what has
 * changed since the last one. A new reference. */
struct blob *winfo_body(struct subscription *subscription);
/* The next one is a full one: it asked anew (RFC 3857 4.3), or may have missed the last. */
void winfo_whole(struct subscription *subscription);

#endif
