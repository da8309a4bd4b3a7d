/* report_internal.h: how what a sender is told is written down and sent: for report.c and list.c.
 */
#ifndef IM_REPORT_INTERNAL_H
#define IM_REPORT_INTERNAL_H

#include "im_internal.h"
#include "pidf/imdn.h"
#include "sip/digest.h"

enum { REPORT_NAME_SIZE = 33, REPORT_URI_MAX = 1536 };

/* What a reactor's reports need; one an im. */
struct reporter;
struct reporter *reporter_new(struct im *im);
void reporter_free(struct reporter **reporter);

/* A name of 128 bits that is the same whenever it is derived of the same things, and that nobody
 * else can make: for what must be one message though it is made twice (a crash came between). */
struct report_name {
    char text[REPORT_NAME_SIZE];
};
struct report_name report_derive(const struct reporter *reporter, const char *of,
                                 struct bytes owner, uint64_t serial);

/* To whom, about what. */
struct report_letter {
    struct bytes sender; /* who is told; canonical */
    struct bytes owner;  /* user of ours whose devices get it, or on whose behalf it goes abroad */
    bool goes_out;
    struct bytes target; /* Request-URI, when it is not the sender's own; empty: it is */
    struct bytes from;   /* who tells it: an address-of-record, or a domain alone */
    struct report_name name;
    struct bytes content_type, body;
};
/* Has it stored and sent. The change to wait for; STORE_NOTHING with *refused: its receiver has no
 * room for it now, or cannot be written for. */
struct store_change report_post(struct im *im, const struct report_letter *letter, bool *refused);

/* The body of an IMDN for this message, message/cpim. False when it would be too long. */
struct report_imdn {
    const struct sip_message *message;
    struct bytes sender, receiver; /* URIs, when the message's own header names none */
    struct bytes name;
    enum imdn_status status;
};
bool report_write_imdn(const struct im *im, const struct report_imdn *imdn, struct buffer *out);

#endif
