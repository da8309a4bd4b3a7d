/* registrar_internal.h: the registrar's own state, and what its files share. */
#ifndef REGISTRAR_REGISTRAR_INTERNAL_H
#define REGISTRAR_REGISTRAR_INTERNAL_H

#include "base/token.h"
#include "registrar/binding_internal.h"
#include "registrar/contacts_internal.h"

struct registrar {
    struct front *front;
    const struct front_parts *parts;
    struct registrar_settings settings;
    struct record *records[PARTITIONS]; /* by address-of-record */
    uint64_t hash_seed;
    struct contacts contacts; /* of the request in hand */
    size_t count;
};

/* record.c: the record of a user, or NULL; a new one. One without bindings goes with record_settle,
 * which also sets the timer to the first end of a binding. */
struct record *record_find(const struct registrar *registrar, struct bytes aor);
struct record *record_make(struct registrar *registrar, struct bytes aor);
void record_settle(struct record *record);
void record_free(struct record *record);

/* Appends a binding, which then belongs to the record; takes one out and frees it. */
void record_add(struct record *record, struct binding *binding);
void record_remove(struct record *record, struct binding *binding);

/* Deletes the row of a binding. */
void record_delete_row(struct store_set *set, const struct record *record,
                       const struct binding *binding);

/* answer.c: 200 with all bindings that there are now (RFC 3261 10.3 step 8); `record` may be NULL.
 */
void registrar_answer(const struct registrar *registrar, struct front_request *request,
                      const struct record *record, struct store_change after);

#endif
