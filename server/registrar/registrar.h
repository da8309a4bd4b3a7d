/* registrar.h: the registrar and location service (RFC 3261 10), with Path (RFC 3327),
 * Service-Route (RFC 3608), GRUUs (RFC 5627), client-initiated connections (RFC 5626 6) and devices
 * that are woken by pushes (RFC 8599).
 *
 * Bindings of local users, in memory and in the store; a change is answered when it is durable.
 * Order by Call-ID and CSeq (10.3 step 7); a repeated request (same Call-ID, CSeq and branch) gets
 * the same answer. Beside them stand those of the configuration, which never end and which no
 * REGISTER changes. */
#ifndef REGISTRAR_REGISTRAR_H
#define REGISTRAR_REGISTRAR_H

#include "front/device.h"
#include "front/front.h"

struct registrar;

/* Of the configuration; users are canonical addresses-of-record. */
struct registrar_fixed {
    const char *user, *contact; /* a SIP URI that is always a way to the user */
    unsigned q;                 /* thousandths */
};
struct registrar_deputy { /* who may register for whom */
    const char *user, *registers;
};
struct registrar_route {
    const char *domain; /* canonical name */
    const char *route;  /* value of Service-Route for its users */
};

struct registrar_provider { /* a push service that we have a gateway to (RFC 8599 5.1) */
    const char *name;       /* value of pn-provider */
    const char *param;      /* of pn-param, when the gateway is for that alone; NULL: any */
};

struct registrar_settings {
    unsigned expires_least_s, expires_usual_s, expires_most_s; /* 60, 3600, 86400 */
    unsigned bindings_max;                                     /* of one user; more: 403; 10 */
    unsigned contact_max_bytes;                                /* of one Contact; 1024 */
    unsigned contact_extras_max; /* parameters and headers of its URI; more: 400; 16 */
    unsigned path_max_bytes;     /* of one Path; at most 8192; 1024 */
    unsigned flow_timer_s; /* told to clients that use RFC 5626 over a flow of ours; 0: none; 120 */
    unsigned flow_grace_s; /* that bindings outlive a dead flow, their only way; 30 */
    unsigned expires_most_asleep_s; /* of who can be woken, when that is longer; 86400 */
    unsigned wake_ahead_s; /* before its end, who can be woken is, to refresh its binding; 120 */
    unsigned awake_s;      /* after a REGISTER without a connection who sent it is awake; 30 */
    const struct registrar_fixed *fixed; /* these four outlive the settings' use */
    const struct registrar_deputy *deputies;
    const struct registrar_route *routes;
    const struct registrar_provider *providers;
    size_t fixed_count, deputy_count, route_count, provider_count;
};
struct registrar_settings registrar_settings_default(void);

/* Registers REGISTER with the front end, and listens to its flows. */
struct registrar *registrar_new(struct front *front, const struct registrar_settings *settings);
void registrar_free(struct registrar **registrar);

/* Takes over changed settings while running. */
void registrar_reload(struct registrar *registrar, const struct registrar_settings *settings);

/* Forgets a partition's bindings and takes them from the store (at start, and when its changes were
 * refused); those of users who are no more go. Accounts are there before. When the store cannot be
 * read the partition is closed. */
enum err registrar_load(struct registrar *registrar, unsigned partition)
    __attribute__((warn_unused_result));
/* Until the next load nothing of a partition may be asked for, and nothing in it ends. */
void registrar_close(struct registrar *registrar, unsigned partition);

/* The user is no more: its bindings go as if their time were over. */
void registrar_drop_user(struct registrar *registrar, struct bytes aor);

/* One way to reach a user. Slices are borrowed until the next loop turn. */
struct registrar_target {
    struct bytes contact;    /* URI */
    struct bytes path;       /* value of the Path field of its REGISTER (RFC 3327), or empty */
    struct bytes instance;   /* +sip.instance without quotes and angle brackets, or empty */
    struct bytes parameters; /* of the Contact, as kept (RFC 3840) */
    bool has_flow;
    bool outbound;        /* its flow is the only way: registered by RFC 5626 (reg-id), or its
                             Contact cannot be dialled */
    struct net_flow flow; /* where it registered from; a stream's connection 0 when it was made by
                             an earlier life */
    unsigned q;           /* thousandths */
};

/* The live bindings of a user, highest q first, of one q the latest first, at most `most`; without
 * those whose only way is a dead flow (RFC 5626 7), and those that are asleep. `instance` not
 * empty: of that device alone; `call` not empty: only when it is still registered under that
 * Call-ID (front/gruu.h). */
size_t registrar_find(const struct registrar *registrar, struct bytes aor, struct bytes instance,
                      struct bytes call, struct registrar_target *targets, size_t most);

/* A device that is asleep (RFC 8599): the values of the pn- parameters as they stand in its
 * Contact, param perhaps empty. Slices are borrowed until the next loop turn. */
struct registrar_sleeper {
    struct bytes provider, prid, param;
    struct bytes instance; /* canonical, or empty */
};
/* Those of a user that are asleep, can be woken, and have no live binding beside; each once, at
 * most `most`. `instance` not NULL: of that device alone (empty: of those that say none). */
size_t registrar_find_asleep(const struct registrar *registrar, struct bytes aor,
                             const struct bytes *instance, struct registrar_sleeper *sleepers,
                             size_t most);

/* The same of devices that did not answer: whether they seem to be asleep or not. */
size_t registrar_find_silent(const struct registrar *registrar, struct bytes aor,
                             const struct bytes *instance, struct registrar_sleeper *sleepers,
                             size_t most);

/* Has `fades` called when a device that is asleep has to be woken, or its binding ends soon (RFC
 * 8599 5.5). At start-up, once. */
typedef void (*registrar_fades_fn)(void *context, struct bytes aor,
                                   const struct registrar_sleeper *sleeper);
void registrar_watch_fading(struct registrar *registrar, registrar_fades_fn fades, void *context);

/* The instance of the user's live binding that was registered over this flow, borrowed; empty:
 * there is none, or it has none. */
struct bytes registrar_instance_at(const struct registrar *registrar, struct bytes aor,
                                   const struct net_flow *flow);

/* True when the device has a live binding, and a stream that it was registered over is still there.
 */
bool registrar_has_device(const struct registrar *registrar, struct bytes aor,
                          const struct front_device *device);

/* True when the user has a binding that is not over yet; those of the configuration do not count.
 */
bool registrar_is_registered(const struct registrar *registrar, struct bytes aor);

/* The flow over which a live binding of the device was registered last and that is alive; false:
 * none. */
bool registrar_flow_of(const struct registrar *registrar, struct bytes aor,
                       const struct front_device *device, struct net_flow *flow);

/* Appends the user's registration as reginfo (RFC 3680 5.1) with the GRUUs of each contact (RFC
 * 5628), whether there is any or not. What has just ended is in it, to be told why, as long as the
 * turn of the loop goes. What there is no room for in `out`, of 2048 bytes at least, is left out.
 */
void registrar_write_reg(const struct registrar *registrar, struct bytes aor, struct buffer *out);

/* Who wants to know of devices: a binding was registered or refreshed, or one has ended (by time,
 * by its user's word, or with its only flow) and nothing took its place. Called when that has been
 * applied; the slices are good during the call. */
struct registrar_watch {
    void (*came)(void *context, struct bytes aor, const struct front_device *device);
    void (*ended)(void *context, struct bytes aor, const struct front_device *device);
    void *context;
};
/* At start-up, once. Copied. */
void registrar_watch_devices(struct registrar *registrar, const struct registrar_watch *watch);

/* A binding of a user's has come, or has gone; refreshes are no news. Slices are good during the
 * call, before the change is submitted. */
struct registrar_news {
    struct bytes aor, contact, instance, user_agent; /* the last two perhaps empty */
    const char *ended; /* why (RFC 3680 5.1), or "replaced"; NULL: it has come */
};
/* At start-up, once. */
void registrar_watch_news(struct registrar *registrar,
                          void (*tell)(void *context, const struct registrar_news *news),
                          void *context);

/* How many bindings there are, those of the configuration apart. */
size_t registrar_count(const struct registrar *registrar);

#endif
