/* binding_internal.h: the bindings of a user in memory. */
#ifndef REGISTRAR_BINDING_INTERNAL_H
#define REGISTRAR_BINDING_INTERNAL_H

#include <utlist.h>

#include "base/table.h"
#include "net/net.h"
#include "registrar/registrar.h"
#include "sip/uri.h"
#include "store/store.h"

/* One allocation; the slices point behind the struct. */
struct binding {
    struct binding *prev, *next;
    struct bytes contact, parameters, user_agent, call_id, branch;
    struct sip_uri uri; /* of contact */
    struct net_flow flow;
    bool has_flow;
    bool goes; /* while what would be is counted */
    uint32_t cseq;
    unsigned q;
    uint64_t expires_ms; /* wall clock */
};

/* The bindings of one user, in the order in which they came. */
struct record {
    UT_hash_handle hh;
    struct registrar *registrar;
    struct binding *bindings;
    unsigned partition;
    struct timer expiry; /* of the binding that ends first */
    size_t aor_length;
    char aor[];
};

/* What a REGISTER says of one binding: as the store has it, with the flow besides. */
struct binding *binding_new(const struct store_binding *row);
void binding_free(struct binding **binding);

/* The row of a binding; slices borrowed, `flow_text` is memory for the flow. */
struct store_binding binding_row(const struct record *record, const struct binding *binding,
                                 struct buffer *flow_text);

/* The binding with an equal URI (RFC 3261 10.3 step 7, 19.1.4), or NULL. */
struct binding *binding_find(struct binding *list, const struct sip_uri *uri);

static inline struct bytes record_aor(const struct record *record)
{
    return bytes_from(record->aor, record->aor_length);
}

#endif
