/* presence.h: the event dispatcher: publications and subscriptions of every event package.
 *
 * Everything that concerns one resource (address-of-record and event) is one struct resource: its
 * publications, oldest first, its composed document, its subscriptions. A change of a publication
 * composes once, cuts what is composed once for each different view of it, and marks the
 * subscriptions whose view changed; each sends one NOTIFY at a time, and what changes meanwhile is
 * folded into the next. Answers and NOTIFYs wait for the change that they tell of. Policy says who
 * may watch and what they see, also while they watch. RFC 6665, RFC 3903, RFC 3856, RFC 5025. */
#ifndef PRESENCE_PRESENCE_H
#define PRESENCE_PRESENCE_H

#include "front/device.h"
#include "front/front.h"
#include "presence/packages/package.h"

struct presence;

/* What registrations say of presence (registered.c). */
enum presence_registration {
    PRESENCE_REGISTRATION_IGNORE, /* nothing (the default) */
    PRESENCE_REGISTRATION_FALLBACK,
    PRESENCE_REGISTRATION_RULE
};

struct presence_domain {
    const char *name; /* canonical */
    enum presence_registration registration;
};
/* What ends a subscription whose watcher does not answer a NOTIFY (RFC 6665 4.2.2). */
enum presence_timeout { PRESENCE_TIMEOUT_ENDS, PRESENCE_TIMEOUT_RETRIES };

enum { PRESENCE_PUBLISHERS_MAX = 64 };

struct presence_settings {
    const char *publishers[PRESENCE_PUBLISHERS_MAX]; /* users who publish for others: a voicemail
                                                        system; they outlive the next reload */
    unsigned publisher_count;
    unsigned publications_max;              /* of one resource; more: 403 */
    unsigned subscriptions_max_per_watcher; /* more: 403 */
    unsigned subscriptions_max_per_resource;
    unsigned waiting_max_per_watcher; /* that wait after their end; more are not remembered */
    unsigned waiting_max_per_resource;
    unsigned waiting_days;             /* for the presentity's word, before they are given up */
    size_t body_max_bytes;             /* of a new document; more: 413 */
    size_t filter_max_bytes;           /* of what a watcher asks for (RFC 4660); more: 413 */
    unsigned filters_max_per_watcher;  /* different ones at one resource; more: 488 */
    unsigned filters_max_per_resource; /* of all its watchers; more: 488 */
    size_t winfo_max_bytes;      /* of watcher information; the rest follows in the next; 32768 */
    size_t patch_steps_max;      /* of a partial publication; more: 413; of the start */
    const char *message_headers; /* fields that watchers are told of new messages (RFC 3842 3.5),
                                    "From, Subject"; of the start */
    unsigned flow_grace_s; /* after which what a lost publisher says goes closed; 60; 0: never */
    unsigned tag_grace_s;  /* that the entity-tag before the last one is good for its publisher; 32;
                              0: never */
    bool on_the_phone;     /* who has a call that was answered is shown so (RPID); of the start */
    unsigned last_seen_s;  /* that watchers are shown when a client that did not refresh was last
                              there; 0: never */
    enum presence_registration registration; /* in domains that do not say */
    const struct presence_domain *domains;   /* that do; they outlive the next reload */
    unsigned domain_count;
    enum presence_timeout notify_timeout;
    unsigned notify_retry_s;       /* how long it is tried again after a timeout, if it is */
    unsigned hold_s;               /* how long a NOTIFY to whom there is no way is kept; 0: not */
    unsigned held_max;             /* subscriptions of which one is; more end */
    unsigned notify_pause_ms;      /* between two NOTIFYs of a dialog at least; 0: none */
    unsigned retry_after_max_s;    /* of a Retry-After for a NOTIFY; longer ones are cut to it */
    unsigned restore_notify_per_s; /* NOTIFYs a second after a restart, so that it makes no storm */
};
struct presence_settings presence_settings_default(void);

/* Where a user can be reached. */
struct presence_contact {
    struct bytes uri;
    struct bytes route;          /* value of a Route field to go through first, or empty */
    const struct net_flow *flow; /* tried first; may be NULL */
    bool flow_only;              /* no other way will do */
};
enum { PRESENCE_CONTACTS_MAX = 20 };

/* What the registrar knows of those who publish. */
struct presence_registrations {
    /* The +sip.instance (canonical) of the user's device that registered over this flow, borrowed;
     * empty: none. */
    struct bytes (*instance_at)(void *context, struct bytes aor, const struct net_flow *flow);
    /* True while a device of the user is registered. */
    bool (*is_there)(void *context, struct bytes aor, const struct front_device *device);
    /* True while any device of the user is registered. NULL: it cannot be asked, and registrations
     * count for nothing. */
    bool (*is_registered)(void *context, struct bytes aor);
    /* The flow that is alive and over which the device registered last; false: none. NULL: it
     * cannot be asked. */
    bool (*flow_of)(void *context, struct bytes aor, const struct front_device *device,
                    struct net_flow *flow);
    /* There is news for a device of the user's to which there is no way: it may be asleep (RFC
     * 8599). Its instance may be empty. NULL: nobody can wake it. */
    void (*wake)(void *context, struct bytes aor, struct bytes instance);
    /* The contacts at which the user can be reached, at most `most`, borrowed until the next turn.
     * NULL: it cannot be asked. */
    size_t (*contacts)(void *context, struct bytes aor, struct presence_contact *contacts,
                       size_t most);
    void *context;
};

enum { PRESENCE_SOURCES_MAX = 4, PRESENCE_LISTENERS_MAX = 4, PRESENCE_SOURCE_MAX_BYTES = 131072 };
/* Who knows something of a user that no client publishes. */
struct presence_source {
    const char *event; /* the package's name; a constant */
    /* Appends it as a body of the package's notify_types[0], at most PRESENCE_SOURCE_MAX_BYTES;
     * nothing when there is nothing to say. Asked whenever a state is composed. */
    void (*write)(void *context, struct bytes aor, struct buffer *out);
    void *context;
};

/* Who looks at the states of a package. */
struct presence_listener {
    const char *event; /* the package's name; a constant */
    void (*changed)(void *context, struct bytes aor);
    void *context;
};

/* Registers SUBSCRIBE and PUBLISH with the front end. */
struct presence *presence_new(struct front *front, const struct presence_settings *settings);
void presence_free(struct presence **presence);

/* Whom to ask for registrations; at start-up. Copied. */
void presence_ask_registrar(struct presence *presence,
                            const struct presence_registrations *registrations);

/* Whom to ask as well; at start-up, at most PRESENCE_SOURCES_MAX. Copied. */
void presence_derive(struct presence *presence, const struct presence_source *source);
/* What such a one knows of the user has changed: watchers are told at the end of the turn, when
 * what was submitted for it is durable. */
void presence_derived_changed(struct presence *presence, const char *event, struct bytes aor);

/* Whom to tell when the state of a package has changed, whoever made it; at start-up, at most
 * PRESENCE_LISTENERS_MAX. Copied. */
void presence_watch_state(struct presence *presence, const struct presence_listener *listener);
/* That state of a user as it is composed, borrowed until it changes; NULL: nobody has said or asked
 * anything. */
const struct blob *presence_state(struct presence *presence, const char *event, struct bytes aor);

/* A device has registered, or does so no longer: what it published is opened again, or goes closed
 * after the grace. What the state is composed of is looked at again at the end of the turn. */
void presence_device_came(struct presence *presence, struct bytes aor,
                          const struct front_device *device);
void presence_device_ended(struct presence *presence, struct bytes aor,
                           const struct front_device *device);

/* Takes over changed settings while running. */
void presence_reload(struct presence *presence, const struct presence_settings *settings);

/* Forgets a partition's publications and subscriptions and takes them from the store (at start, and
 * when its changes were refused); its watchers are then told the full state, paced. When
 * the store cannot be read the partition is empty. */
enum err presence_load(struct presence *presence, unsigned partition)
    __attribute__((warn_unused_result));
/* Forgets a partition without a word, until it is loaded. */
void presence_close(struct presence *presence, unsigned partition);

/* State of a user that was set for it, as by its operator, without any client (RFC 3903 3: hard
 * state). */
struct presence_state {
    struct bytes aor;   /* canonical */
    struct bytes event; /* the package's name */
    struct bytes content_type,
        body;            /* as in a first PUBLISH; `body` empty: no such state any more */
    uint64_t expires_ms; /* wall clock, when it goes by itself; 0: never */
};
/* Takes the place of what was set before, and stays over restarts; watchers are
 * told. Judged like a PUBLISH: 404 no such user, 489, 415, 413, 400 and 403 for the document, 503
 * when nothing can be changed now; then nothing has changed. *change is what an answer waits for.
 */
struct verdict presence_set_state(struct presence *presence, const struct presence_state *state,
                                  struct store_change *change) __attribute__((warn_unused_result));

/* The user is no more: its publications go, who watches it is told so, and what it watches ends. */
void presence_drop_user(struct presence *presence, struct bytes aor);

/* The user is not called so any more: who subscribed to that name is told so (RFC 6665 4.1.3,
 * noresource); the rest stays. */
void presence_drop_alias(struct presence *presence, struct bytes aor, struct bytes alias);

/* The user may do nothing any more: what its clients publish ends as if nobody refreshed it, and
 * what it watches ends; the rest stays. */
void presence_disable_user(struct presence *presence, struct bytes aor);

/* How many of each there are. */
struct presence_counts {
    size_t resources, publications, subscriptions;
    size_t queued; /* NOTIFYs that wait for their place in the pace after a start */
};
struct presence_counts presence_count(const struct presence *presence);

#endif
