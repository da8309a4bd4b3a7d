/* package.h: what an event package is: one const table in one file, data and pure functions.
 *
 * A package never sends, stores, sleeps, logs or reads a clock. The dispatcher does all that is
 * common: dialogs, expiry, refresh, fetch, authorization, notification, persistence. Adding a
 * package touches its own file in this folder, one line of the list there (packages.c) and
 * its test. */
#ifndef PRESENCE_PACKAGES_PACKAGE_H
#define PRESENCE_PACKAGES_PACKAGE_H

#include "base/blob.h"
#include "base/bytes.h"
#include "base/verdict.h"

/* Seconds. Less than `least` is answered 423 (RFC 3261 10.3, RFC 3903 6, RFC 6665 4.2.1.1), nothing
 * means `usual`, more is cut to `most`. */
struct lifetime {
    unsigned least, usual, most;
};

enum audience {
    AUDIENCE_OWNER,        /* only the resource's owner may subscribe */
    AUDIENCE_BY_RULES,     /* policy decides */
    AUDIENCE_BY_OWN_RULES, /* the owner, and whom a rule of the owner's allows; no default does */
    AUDIENCE_ANYONE
};

/* What the configuration can allow for a body at most: a package judges also what was published
 * under an earlier setting. Shorter limits are the dispatcher's. */
enum { PACKAGE_BODY_MOST_BYTES = 16 << 20 };

/* What a workshop is made for. */
struct package_limits {
    size_t body_max_bytes;
    size_t patch_steps_max;      /* that the operations of one patch may look at, in all */
    const char *message_headers; /* "From, Subject": what may be told of messages (RFC 3842 3.5);
                                    NULL: nothing. Copied */
};

/* A published body after the package judged it: opaque to the dispatcher. */
struct document;

/* A publication, for composing. `changed_ms` (wall clock): when this state came, refreshes do not
 * count. `stale`: its publisher is gone, what is left is what was last seen of it. `hard`: it was
 * set for the user, and stands behind what clients publish (RFC 3903 3); not both. */
struct document_source {
    const struct document *document;
    uint64_t changed_ms;
    bool stale, hard;
};

/* The memory and limits that a package works with, made once a reactor; opaque to the dispatcher.
 */
struct package_workshop;

/* True when `entity`, as found in a document, names the resource. */
struct entity_check {
    bool (*matches)(void *context, struct bytes entity);
    void *context;
};

struct rights;

/* What a watcher wants to see, and when: opaque to the dispatcher. Immutable, one owner. */
struct watcher_filter;

/* Filters in SUBSCRIBE (RFC 4660). */
struct package_filters {
    const char *type; /* of the body: "application/simple-filter+xml"; NULL: the package's own
                         parameters of Event are the filter, and `body` is all of those */

    /* `old` (NULL: none) as the body changes it, for the resource with this URI and its domain, new
     * in *filter: NULL when nothing is filtered. `old` stays. */
    struct verdict (*update)(struct package_workshop *workshop, const struct watcher_filter *old,
                             struct bytes body, struct bytes resource, struct bytes domain,
                             struct watcher_filter **filter);
    void (*free)(struct watcher_filter **filter);

    /* One text for all that mean the same, itself a body that makes the same filter; and one for
     * all that leave the same of every document, empty: all of it. */
    struct bytes (*key)(const struct watcher_filter *filter);
    struct bytes (*view_key)(const struct watcher_filter *filter);

    /* What it leaves of a view's body: new, or another reference. */
    struct blob *(*apply)(struct package_workshop *workshop, const struct watcher_filter *filter,
                          struct blob *body);

    /* False: any change is told. Else one from `before` to `now` (unfiltered bodies) if it fires;
     * always when `before` is NULL. */
    bool (*has_triggers)(const struct watcher_filter *filter);
    bool (*triggers)(struct package_workshop *workshop, const struct watcher_filter *filter,
                     const struct blob *before, const struct blob *now);
};

/* A body in two parts, with the number of its version between them: so all watchers share it though
 * each counts its own. No `tail`: a body without a version. */
struct package_parts {
    struct blob *head, *tail;
};

/* Partial state (RFC 5263). */
struct package_partials {
    const char *type; /* one of notify_types: of watchers who take it */
    uint32_t first_version;
    void (*whole)(struct package_workshop *workshop, const struct blob *body,
                  struct package_parts *parts);
    /* What makes `before` into `now`; false: there is no shorter way than the whole. */
    bool (*difference)(struct package_workshop *workshop, const struct blob *before,
                       const struct blob *now, struct package_parts *parts);
};

struct event_package {
    const char *name, *spec;          /* "presence", "RFC 3856" */
    const char *const *notify_types;  /* NULL-ended; [0]: when the watcher sent no Accept, or
                                         wildcards; the others when it names them */
    const char *const *publish_types; /* NULL-ended; NULL: nothing to publish */
    struct lifetime subscribe, publish;
    bool ages; /* what is derived for it tells of times: whoever subscribes is told them anew */
    enum audience audience;
    bool discreet; /* by rules: whom no rule allows but a default sees with the least rights */

    /* Of the template winfo (RFC 3857): whose subscriptions it tells of; its documents are made by
     * the dispatcher, and it has none of the rest. NULL: a package of its own. */
    const struct event_package *subject;

    /* A body of this type, one of publish_types, becomes a whole one of publish_types[0] by
     * `patch`; NULL: there is none. */
    const char *patch_type;

    struct package_workshop *(*workshop_new)(const struct package_limits *limits);
    void (*workshop_free)(struct package_workshop **workshop);

    /* Judges a published body of one of publish_types, or one of notify_types[0] that another part
     * of the server derives (presence_derive); on success *document is new. */
    struct verdict (*accept)(struct package_workshop *workshop, struct bytes body,
                             const struct entity_check *entity, struct document **document);
    void (*document_free)(struct document **document);

    /* Makes *body of what is published now (empty: nothing) and a patch of it; on success *body is
     * new, and still to be judged. */
    struct verdict (*patch)(struct package_workshop *workshop, struct bytes published,
                            struct bytes patch, struct blob **body);

    /* Bodies of publish_types[0] that the dispatcher publishes itself; about whom they are does not
     * matter. What is shown of who is registered and says nothing, and, as of a stale source, of a
     * client that did not refresh what it said, when all of that may not be shown any more. NULL:
     * nothing. */
    const char *registered_body, *seen_body;

    /* True when both are about the same things, so that one may stand for the other; NULL: never.
     */
    bool (*same_things)(const struct document *a, const struct document *b);

    /* All publications of a resource, in an order that does not change, into the body of a NOTIFY
     * in notify_types[0]. */
    struct blob *(*compose)(struct bytes entity, const struct document_source *sources,
                            size_t count);

    /* What the rights of a watcher leave of a composed body: new, or another reference. NULL:
     * whoever may watch sees everything. AUDIENCE_BY_OWN_RULES: the least rights for all but the
     * owner. */
    struct blob *(*view)(struct package_workshop *workshop, struct blob *state,
                         const struct rights *rights);

    /* NULL: a SUBSCRIBE has no body that means something. */
    const struct package_filters *filters;

    /* NULL: always the whole state. */
    const struct package_partials *partials;

    /* The preference of users by which their phones are told without a subscription; NULL: none. */
    const char *unsolicited;

    /* The sphere of the presentity for its rules (RFC 5025 3.1.2), empty: undefined; lies in the
     * documents. NULL: always undefined. */
    struct bytes (*sphere)(const struct document_source *sources, size_t count);
};

enum { PACKAGES_MAX = 64 }; /* in the list, with the templates over them */

/* All packages, NULL-ended, and one by its event name (case matters, RFC 6665 8.2.1). */
const struct event_package *const *package_list(void);
const struct event_package *package_find(struct bytes event);
/* The template winfo over this package; NULL: that would be too deep (RFC 3857 4.6). */
const struct event_package *package_winfo(const struct event_package *package);

#endif
