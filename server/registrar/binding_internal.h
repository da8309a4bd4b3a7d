/* binding_internal.h: the bindings of a user in memory. */
#ifndef REGISTRAR_BINDING_INTERNAL_H
#define REGISTRAR_BINDING_INTERNAL_H

#include <utlist.h>

#include "base/table.h"
#include "net/net.h"
#include "registrar/registrar.h"
#include "sip/uri.h"
#include "store/store.h"

struct record;
struct flow_users;

/* What tells the bindings of a user apart: with a reg-id it and the instance (RFC 5626 6), else the
 * URI (RFC 3261 10.3 step 7). */
struct binding_key {
    const struct sip_uri *uri;
    struct bytes instance; /* or empty */
    uint32_t reg_id;       /* 0: none */
};

/* The parameters of a Contact's URI by which its device is woken (RFC 8599 8.7). */
struct pn_parameters {
    struct bytes provider, prid, param;
    bool asks; /* there is a pn-provider, with or without a value */
};

/* One allocation; the slices point behind the struct. */
struct binding {
    struct binding *prev, *next;
    struct record *record;
    struct flow_users *users; /* of its connection, or NULL */
    struct binding *users_prev, *users_next;
    struct bytes contact, instance, path, parameters, user_agent, call_id, branch;
    struct sip_uri uri;      /* of contact */
    struct pn_parameters pn; /* of that */
    struct net_flow flow;
    bool has_flow;
    bool flow_only;    /* nobody can dial its Contact, or may (RFC 5626 7) */
    bool goes;         /* while what would be is counted */
    bool faded;        /* its time to be refreshed has come, and who watches was told */
    bool refreshed;    /* it was there before, as far as this life knows */
    const char *ended; /* why (RFC 3680 5.1); NULL: it has not */
    uint32_t cseq, reg_id;
    unsigned q;
    uint64_t updated_ms, expires_ms; /* wall clock */
    uint64_t since_ms;               /* when it was first registered, as far as this life knows */
};

/* The bindings of one user: those registered, in the order of their last REGISTER, and those of the
 * configuration, which never end. */
struct record {
    UT_hash_handle hh;
    struct registrar *registrar;
    struct binding *bindings, *fixed;
    unsigned partition;
    struct timer expiry; /* of the binding that ends first */
    size_t aor_length;
    char aor[];
};

/* What a REGISTER says of one binding: as the store has it. */
struct binding *binding_new(const struct store_binding *row);
void binding_free(struct binding **binding);

/* The flow by which its REGISTER came, when that is a way to it. */
void binding_set_flow(struct binding *binding, const struct net_flow *flow);

/* True when a host means "this machine" to whoever reads it: a loopback address or none at all. */
bool binding_is_here(struct bytes host);

/* The row of a binding; slices borrowed, `flow_text` is memory for the flow. */
struct store_binding binding_row(const struct record *record, const struct binding *binding,
                                 struct buffer *flow_text);

/* The binding that a REGISTER with this key is about, or NULL; those that go are passed over. When
 * one of both has a reg-id and the other not, a device has begun or ceased to use RFC 5626: that is
 * the same binding when URI and instance agree. */
struct binding *binding_find(struct binding *list, const struct binding_key *key);
/* The same between two keys. */
bool binding_key_meets(const struct binding_key *a, const struct binding_key *b);

static inline struct binding_key binding_key(const struct binding *binding)
{
    return (struct binding_key){&binding->uri, binding->instance, binding->reg_id};
}

/* The one that was registered before, or NULL; and the last one. */
static inline struct binding *binding_before(const struct binding *list,
                                             const struct binding *binding)
{
    return binding == list ? NULL : binding->prev;
}
static inline struct binding *binding_last(const struct binding *list)
{
    return list == NULL ? NULL : list->prev;
}

static inline struct bytes record_aor(const struct record *record)
{
    return bytes_from(record->aor, record->aor_length);
}

#endif
