/* registrar.h: the registrar and location service (RFC 3261 10).
 *
 * Bindings of local users, in memory and in the store; a change is answered when it is durable.
 * Order by Call-ID and CSeq (10.3 step 7); a repeated request (same Call-ID, CSeq and branch) gets
 * the same answer. */
#ifndef REGISTRAR_REGISTRAR_H
#define REGISTRAR_REGISTRAR_H

#include "front/front.h"

struct registrar;

struct registrar_settings {
    unsigned expires_least_s, expires_usual_s, expires_most_s; /* 60, 3600, 86400 */
    unsigned bindings_max;                                     /* of one user; more: 403; 10 */
    unsigned contact_max_bytes;                                /* of one Contact; 1024 */
};
struct registrar_settings registrar_settings_default(void);

/* Registers REGISTER with the front end. */
struct registrar *registrar_new(struct front *front, const struct registrar_settings *settings);
void registrar_free(struct registrar **registrar);

/* Takes over changed settings while running. */
void registrar_reload(struct registrar *registrar, const struct registrar_settings *settings);

/* Forgets a partition's bindings and takes them from the store (at start, and when its changes were
 * refused). */
enum err registrar_load(struct registrar *registrar, unsigned partition)
    __attribute__((warn_unused_result));

/* The user is no more: its bindings go as if their time were over. */
void registrar_drop_user(struct registrar *registrar, struct bytes aor);

/* One way to reach a user. Slices are borrowed until the next loop turn. */
struct registrar_target {
    struct bytes contact;    /* URI */
    struct bytes path;       /* value of the Path field of its REGISTER (RFC 3327), or empty */
    struct bytes instance;   /* +sip.instance without quotes and angle brackets, or empty */
    struct bytes parameters; /* of the Contact, as kept (RFC 3840) */
    bool has_flow;
    bool outbound;        /* registered by RFC 5626 (reg-id): its flow is the only way */
    struct net_flow flow; /* where it registered from; a stream's connection 0 when it was made by
                             an earlier life */
    unsigned q;           /* thousandths */
};

/* The live bindings of a user, highest q first, of one q the latest first, at most `most`.
 * `instance` not empty: of that device alone; `call` not empty: only when it is still registered
 * under that Call-ID (front/gruu.h). */
size_t registrar_find(const struct registrar *registrar, struct bytes aor, struct bytes instance,
                      struct bytes call, struct registrar_target *targets, size_t most);

/* How many bindings there are. */
size_t registrar_count(const struct registrar *registrar);

#endif
