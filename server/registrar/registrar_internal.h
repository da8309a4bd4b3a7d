/* registrar_internal.h: the registrar's own state, and what its files share. */
#ifndef REGISTRAR_REGISTRAR_INTERNAL_H
#define REGISTRAR_REGISTRAR_INTERNAL_H

#include "base/date.h"
#include "base/token.h"
#include "registrar/binding_internal.h"
#include "registrar/contacts_internal.h"

/* The bindings whose flow is one connection. */
struct flow_users {
    UT_hash_handle hh;
    uint64_t connection;
    struct binding *bindings;
};

/* A binding that has ended in this turn of the loop (reg.c). */
struct ended {
    struct ended *prev, *next;
    struct binding *binding;
    size_t aor_length;
    char aor[];
};

struct registrar {
    struct front *front;
    const struct front_parts *parts;
    struct registrar_settings settings;
    struct registrar_watch watch; /* all NULL: nobody */
    registrar_fades_fn fades;     /* NULL: nobody */
    void *fades_context;
    void (*tell)(void *context, const struct registrar_news *news); /* NULL: nobody */
    void *tell_context;
    struct record *records[PARTITIONS]; /* by address-of-record */
    struct record *former;              /* while a partition is loaded: what it was before */
    bool closed[PARTITIONS];            /* its records are only good for `former` */
    struct flow_users *flows;           /* by connection */
    struct ended *ended;
    struct timer forget; /* them */
    uint64_t hash_seed;
    struct features features; /* of the request in hand */
    struct contacts contacts;
    struct date date; /* of the last answer */
    size_t count;
};

/* record.c: the record of a user, or NULL; a new one. */
struct record *record_find(const struct registrar *registrar, struct bytes aor);
struct record *record_make(struct registrar *registrar, struct bytes aor);

/* Sets the timer to the first end of a binding; a record without bindings goes. */
void record_settle(struct record *record);
/* Takes it out of the table whose head is given. */
void record_free(struct record **table, struct record *record);

/* Appends a binding, which then belongs to the record; takes one out and frees it. */
void record_add(struct record *record, struct binding *binding);
void record_remove(struct record *record, struct binding *binding);

/* Takes one out for good, and tells who watches. `event`: why, a constant (RFC 3680 5.1). */
void record_end(struct record *record, struct binding *binding, const char *event);

/* reg.c: takes over a binding that has ended, until the turn is over; forgets all of them. */
void reg_keep(struct registrar *registrar, struct bytes aor, struct binding *binding);
void reg_forget(struct registrar *registrar);

/* devices.c: tells who watches. */
void devices_came(const struct record *record, const struct binding *binding);
void devices_ended(const struct record *record, const struct binding *binding);

/* Tells who listens that it has come, or (`ended` not NULL) why it goes. */
void devices_news(const struct record *record, const struct binding *binding, const char *ended);

/* True when its time is not over and there is a way to it. */
bool record_is_live(const struct registrar *registrar, const struct binding *binding);

/* Puts or deletes the row of a binding. */
void record_put_row(struct store_set *set, const struct record *record,
                    const struct binding *binding);
void record_delete_row(struct store_set *set, const struct record *record,
                       const struct binding *binding);

/* flows.c: notes and forgets that a binding uses its connection, if it has one. */
void flows_add(struct registrar *registrar, struct binding *binding);
void flows_remove(struct registrar *registrar, struct binding *binding);
/* True when the binding's flow is its only way, and dead. */
bool flows_is_lost(const struct registrar *registrar, const struct binding *binding);
/* Has a binding that is lost end after the grace. */
void flows_begin_grace(const struct registrar *registrar, struct binding *binding);
/* Of the front end: a connection has gone. */
void flows_closed(void *context, uint64_t connection);

/* fixed.c: puts the bindings of the configuration in the place of those there are. */
void fixed_load(struct registrar *registrar);
/* True when a user has registered the same contact, which then stands for it. */
bool fixed_is_hidden(const struct registrar *registrar, const struct record *record,
                     const struct binding *fixed);

/* answer.c: 200 with all bindings that there are now (RFC 3261 10.3 step 8); `record` may be NULL.
 */
void registrar_answer(struct registrar *registrar, struct front_request *request,
                      const struct record *record, struct store_change after);

#endif
