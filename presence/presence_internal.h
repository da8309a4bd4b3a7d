/* presence_internal.h: the dispatcher's own structures. Never leaves this folder.
 *
 *   presence -> home (a partition) -> resource (address-of-record and event)
 *                                       -> publications, in the order in which they began
 *                                       -> subscriptions, each with its dialog
 *                                       -> views, shared by the subscriptions that see the same
 *
 * A resource lives as long as it has either of the first. What a request removed stays a while as
 * `ended` (64*T1), so that its retransmission over a crash gets the same answer, every subscription
 * that ended until its watcher was told, and whoever waits for the presentity's word for days. */
#ifndef PRESENCE_PRESENCE_INTERNAL_H
#define PRESENCE_PRESENCE_INTERNAL_H

#include <utlist.h>

#include "base/spread.h"
#include "base/table.h"
#include "base/token.h"
#include "front/dialog.h"
#include "presence/extras_internal.h"
#include "presence/filtering_internal.h"
#include "presence/machine_internal.h"
#include "presence/moves.h"
#include "presence/presence.h"
#include "presence/view_internal.h"

struct watcher;
struct connection;
struct digest_engine;

struct publication {
    struct publication *prev, *next;
    struct resource *resource;
    struct document *document; /* NULL when ended */
    struct timer expiry;
    uint64_t made_ms, expires_ms;  /* wall clock; when the document changed last */
    struct net_flow source;        /* where it came from; family 0 of `remote`: unknown */
    struct connection *connection; /* that `source` is, when that is one (closing.c) */
    struct publication *peer_prev, *peer_next; /* of the connection */
    uint64_t closes_ms; /* 0: its publisher is there; else when it goes, or went, closed */
    uint32_t cseq;
    bool ended, closed; /* closed: what it shows is what was last seen of it */
    bool cut;           /* its time was cut short: it ends, and did not expire */
    enum store_publisher publisher;
    struct token id, tag;
    struct token previous; /* the tag before, or "" */
    uint64_t previous_until_ms;
    struct bytes content_type, body, call_id, branch; /* of `text` */
    struct bytes from_tag, instance; /* of its publisher; of `text`; empty: unknown */
    char *text;
};

struct subscription {
    struct subscription *prev, *next; /* of the resource */
    UT_hash_handle hh;                /* of the home, by `key` */
    struct resource *resource;
    struct watcher *watcher;
    struct dialog dialog;
    struct extras *extras;                          /* NULL for most */
    struct view *view;                              /* NULL: it is told nothing of the state */
    struct winfo_news *news;                        /* of it (winfo.c); NULL: none */
    struct winfo_reader *reader;                    /* of news, if it is one */
    struct timer expiry;                            /* of it, or of the memory of its end */
    uint64_t expires_ms;                            /* wall clock; of a waiting one: its giveup */
    uint64_t since_ms;                              /* when it began to wait for a word; 0: never */
    uint64_t begun_ms;                              /* wall clock; 0: nobody knows any more */
    struct store_change change;                     /* the last one of this subscription */
    struct subscription *queue_prev, *queue_next;   /* of presence->restored */
    struct subscription *others_prev, *others_next; /* of the watcher */
    struct later *later;  /* NULL: nothing keeps it from being told (later_internal.h) */
    uint64_t notify;      /* handle of the NOTIFY under way; 0: none */
    uint64_t told_ms;     /* monotonic: when the last NOTIFY was sent; 0: none in this life */
    uint64_t waits_ms;    /* monotonic: since when news waits for the next one; 0: none does */
    uint32_t stored_cseq; /* local CSeq that the row has */
    uint32_t judged;      /* the resource's judgement by which policy was asked last */
    enum subscription_state state;    /* ENDED, WAITING: of its last NOTIFY, or after it */
    enum subscription_state notified; /* as the last NOTIFY said; INIT: none since the start */
    enum subscription_event cause;    /* of the state; the reason of an end (RFC 6665 4.1.3) */
    enum subscription_event fate;     /* what the end of its time will be */
    bool foreign, trusted;            /* how its watcher was proved (policy.h) */
    bool dirty;                       /* a NOTIFY is due as soon as none is under way */
    bool prompt;                      /* and its watcher itself has asked for it */
    bool held;                        /* a NOTIFY is due as soon as policy was asked */
    bool unknown;                     /* policy was asked and could not say */
    bool has_row, queued, restored;   /* restored: an earlier life may have told it something */
    bool quiet;                       /* its last SUBSCRIBE was answered 204 */
    bool missed;                      /* the last NOTIFY was not taken */
    bool told;                        /* of its end, and the row says so */
    bool heard;                       /* `answer` came from the other side, not from us */
    enum subscription_event leaves; /* what ends it, as its To is no name of its user's any more */
    uint16_t answer;                /* to the last NOTIFY that has one; 0: none in this life */
    const char *accept;             /* chosen body type, one of the package's */
    struct bytes key;               /* Call-ID, remote tag, event id: of `text` */
    struct bytes event_id;          /* of `text` */
    char *text;
    char *instance; /* of its watcher's device; NULL: unknown */
    char *branch;   /* of the last SUBSCRIBE; its CSeq is the dialog's remote one */
};

struct resource {
    UT_hash_handle hh;
    struct timer ending;      /* set when its user is no more */
    struct timer registering; /* set when its user's devices have to be looked at */
    struct timer until;       /* when policy may say something else by itself */
    struct presence *presence;
    const struct event_package *package;
    struct package_workshop *workshop;
    unsigned partition;
    unsigned publication_count, subscription_count; /* ended ones not counted */
    unsigned waiting_count;
    uint32_t judgement; /* counts what may change policy's answers */
    bool registered;    /* as `state` was composed by, when registrations count */
    bool to_judge;      /* it is in presence->judging */
    struct resource *judge_prev, *judge_next;
    struct publication *publications;
    struct subscription *subscriptions;
    struct view *views;
    struct winfo *winfo;        /* of one of the template winfo (winfo.c) */
    struct resource *informs;   /* that one which tells of this; NULL: none */
    uint64_t until_ms;          /* wall clock; 0: never */
    char *sphere;               /* by which policy was asked last; NULL: undefined */
    struct blob *state;         /* composed; NULL: to be composed when asked */
    uint64_t composed_ms;       /* wall clock, when it was */
    struct store_change change; /* what `state` waits for */
    struct bytes aor;           /* of `key` */
    size_t key_length;
    char key[]; /* event NUL aor */
};

struct home {
    struct resource *resources;
    struct subscription *subscriptions;
    bool loaded; /* by this life of the server */
};

enum { WRITE_MAX = 65536 };

struct presence {
    struct front *front;
    const struct front_parts *parts;
    struct presence_settings settings;
    struct spread *spread;                 /* of the change that is being told; NULL: none */
    struct latency deferred[PACKAGES_MAX]; /* of NOTIFYs that could not leave at once */
    struct presence_source sources[PRESENCE_SOURCES_MAX];
    size_t source_count;
    struct presence_listener listeners[PRESENCE_LISTENERS_MAX + 1]; /* to states; first come */
    struct presence_moves moves;                      /* NULL inside: nobody listens */
    struct presence_registrations registrations;      /* all NULL: nobody is registered */
    struct package_workshop *workshops[PACKAGES_MAX]; /* as package_list */
    struct document *registered[PACKAGES_MAX];        /* as package_list; NULL: it has none */
    bool registration_counts;                         /* in some domain */
    struct home homes[PARTITIONS];
    struct watcher *watchers;
    struct connection *connections;  /* that publishers live on */
    size_t closed_count, held_count; /* publications (closing.c), subscriptions (hold.c) */
    uint64_t hash_seed;
    uint64_t entity_seeds[2];      /* of entity-tags (conditional.c) */
    uint64_t view_serial;          /* of the last body that a view has shown */
    struct subscription *restored; /* to be notified after a restart, paced */
    struct timer pace, judge;      /* of `restored`, of `judging` */
    unsigned pace_credit;          /* thousandths of a NOTIFY */
    struct resource *judging;      /* whose subscriptions policy has to be asked about again */
    struct presence_counts counts;
    struct unsolicited *unsolicited; /* by event and address-of-record */
    struct digest_engine *digests;
    struct ends *ends;  /* of subscriptions, remembered for whoever asks why */
    char *derived_text; /* PRESENCE_SOURCE_MAX_BYTES, when somebody is asked */
    char *scratch;      /* WRITE_MAX bytes */
};

#include "presence/authorize_internal.h"
#include "presence/ends_internal.h"
#include "presence/later_internal.h"
#include "presence/publication_internal.h"
#include "presence/resource_internal.h"
#include "presence/subscription_internal.h"
#include "presence/winfo_internal.h"

#endif
