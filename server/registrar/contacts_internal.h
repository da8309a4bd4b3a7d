/* contacts_internal.h: what the Contact fields of a REGISTER ask for, judged whole before anything
 * changes. */
#ifndef REGISTRAR_CONTACTS_INTERNAL_H
#define REGISTRAR_CONTACTS_INTERNAL_H

#include "registrar/registrar.h"
#include "sip/message.h"

enum { CONTACTS_MAX = 32 };

struct contact_wish {
    struct sip_address address;
    unsigned q;
    uint32_t expires_s;    /* 0: remove */
    bool stands;           /* while what would be is counted */
    char parameters[1024]; /* without expires and q */
    size_t parameters_length;
};

struct contacts {
    bool star; /* remove all */
    size_t count;
    struct contact_wish wishes[CONTACTS_MAX];
};

/* Reads them by RFC 3261 10.2.1.1 and 10.3 steps 6 and 7: 400 with the reason, 423 when an interval
 * is too brief. Nothing is skipped: a malformed binding refuses the request. */
struct verdict contacts_read(const struct sip_message *request,
                             const struct registrar_settings *settings, struct contacts *contacts);

#endif
