/* watcherinfo.h: writes watcher information documents, application/watcherinfo+xml (RFC 3858).
 *
 *   watcherinfo_new -> watcherinfo_add, as long as there is room -> watcherinfo_end
 *
 * A document has one list, of one resource's watchers, and at most as many bytes as its maker says.
 * Knows nothing of subscriptions: what is written is what the caller says. */
#ifndef PIDF_WATCHERINFO_H
#define PIDF_WATCHERINFO_H

#include "base/blob.h"
#include "base/bytes.h"

struct watcherinfo;

/* What a document is about. Copied. */
struct watcherinfo_head {
    uint32_t version;
    bool full;           /* all watchers are in it; else those that changed */
    struct bytes aor;    /* of the resource, "alice@example.org" */
    const char *package; /* that they watch */
    size_t size_max_bytes;
};

/* One subscription (RFC 3858 3). Seconds. */
struct watcherinfo_watcher {
    struct bytes aor; /* of who watches */
    struct bytes id;  /* a token */
    const char *status, *event;
    bool has_duration, has_expiration;
    uint64_t duration_s;   /* since its first SUBSCRIBE */
    uint64_t expiration_s; /* until it ends unless refreshed */
};

struct watcherinfo *watcherinfo_new(const struct watcherinfo_head *head);
/* False: there is no room for it, nothing is written. The first one always has room. */
bool watcherinfo_add(struct watcherinfo *info, const struct watcherinfo_watcher *watcher);
/* The document, new for the caller. Frees the writer and clears the pointer. */
struct blob *watcherinfo_end(struct watcherinfo **info);

#endif
