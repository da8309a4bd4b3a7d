/* contacts_internal.h: what the Contact fields of a REGISTER ask for, judged whole before anything
 * changes. */
#ifndef REGISTRAR_CONTACTS_INTERNAL_H
#define REGISTRAR_CONTACTS_INTERNAL_H

#include "registrar/binding_internal.h"
#include "registrar/features_internal.h"

enum { CONTACTS_MAX = 32 };

struct contact_wish {
    struct sip_address address;
    unsigned q;
    uint32_t expires_s; /* 0: remove */
    uint32_t least_s;   /* that it may be */
    uint32_t reg_id;    /* that counts (RFC 5626 6); 0: none */
    struct pn_parameters pn;
    bool refreshes; /* it refreshes without being woken (+sip.pnsreg, RFC 8599 8.5) */
    bool has_flow;  /* the request's flow is a way to it */
    bool stands;    /* while what would be is counted */
    size_t instance_length, parameters_length;
    char instance[GRUU_INSTANCE_MAX]; /* canonical */
    char parameters[1024];            /* without those that the registrar answers itself */
};

struct contacts {
    bool star;          /* remove all */
    bool outbound;      /* one counts its reg-id */
    bool limited;       /* they were refused for being more than may be */
    bool served_before; /* a proxy on the way wakes the device (RFC 8599 5.6.1.1) */
    uint32_t least_s;   /* of the last one: with a 423, what would do */
    size_t count;
    struct contact_wish wishes[CONTACTS_MAX];
};

/* Reads them by RFC 3261 10.2.1.1 and 10.3 steps 6 and 7, RFC 5626 6 and RFC 5627 5.1: 400 and 403
 * with the reason, 423 when an interval is too brief, 439 when the first hop lacks outbound.
 * 555 when they want a push service that is not there (RFC 8599 8.1). Nothing is skipped: a
 * malformed binding refuses the request. What all Contacts together could make us compare is
 * bounded here, before anything is compared. */
struct verdict contacts_read(const struct sip_message *request,
                             const struct registrar_settings *settings,
                             const struct features *features, struct contacts *contacts);

static inline struct bytes wish_instance(const struct contact_wish *wish)
{
    return bytes_from(wish->instance, wish->instance_length);
}

static inline struct binding_key wish_key(const struct contact_wish *wish)
{
    return (struct binding_key){&wish->address.uri, wish_instance(wish), wish->reg_id};
}

#endif
