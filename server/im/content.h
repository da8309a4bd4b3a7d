/* content.h: what kind of message this is, by its fields and, for CPIM (RFC 3862), the header in
 * its body. The body itself is nobody's business but the receiver's. */
#ifndef IM_CONTENT_H
#define IM_CONTENT_H

#include "im/im.h"

/* What the sender wants to hear (RFC 5438 6.2), or-ed. */
enum content_wish {
    CONTENT_WISH_POSITIVE = 1,
    CONTENT_WISH_NEGATIVE = 2,
    CONTENT_WISH_PROCESSING = 4,
    CONTENT_WISH_DISPLAY = 8
};

struct content {
    bool momentary;  /* relayed, never kept: isComposing (RFC 3994), Expires: 0, configured types */
    bool notice;     /* an IMDN: kept briefly, never answered by another */
    bool automatic;  /* made by a program: no notice is sent for it either */
    bool list;       /* has a recipient list (RFC 5365) */
    unsigned wishes; /* enum content_wish */
    struct bytes message_id; /* imdn.Message-ID; empty: none */
    struct bytes cpim_from;  /* URI of its From header; empty: none */
    struct bytes cpim_to, date_time;
    struct bytes record_route; /* value of IMDN-Record-Route; empty: none */
};

/* Reads it; slices borrow from the message. What is broken inside a body is a body without it. */
struct content content_read(const struct im_settings *settings, const struct sip_message *message);

/* Until when its delivery is tried by the sender's word: Date (or arrival) plus Expires (RFC 3428
 * 5 and 7); UINT64_MAX: it says nothing. Wall clock, ms. */
uint64_t content_expires_ms(const struct sip_message *message, uint64_t arrived_ms);

#endif
