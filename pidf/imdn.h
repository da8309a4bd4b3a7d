/* imdn.h: Instant Message Disposition Notifications, message/imdn+xml (RFC 5438 11). */
#ifndef PIDF_IMDN_H
#define PIDF_IMDN_H

#include "base/arena.h"
#include "base/blob.h"
#include "base/verdict.h"

/* What became of a message (RFC 5438 5). */
enum imdn_status {
    IMDN_DELIVERED,
    IMDN_DELIVERY_FAILED,
    IMDN_DELIVERY_FORBIDDEN,
    IMDN_DELIVERY_ERROR,
    IMDN_PROCESSED,
    IMDN_STORED,
    IMDN_PROCESSING_FORBIDDEN,
    IMDN_PROCESSING_ERROR,
    IMDN_DISPLAYED,
    IMDN_DISPLAY_FORBIDDEN,
    IMDN_DISPLAY_ERROR,
    IMDN_STATUSES /* none of them */
};

struct imdn {
    struct bytes message_id;         /* of the message that it is about; never empty */
    struct bytes date_time;          /* when that was sent, as its sender wrote it */
    struct bytes recipient;          /* URI; empty: not told */
    struct bytes original_recipient; /* to whom it was sent at first; empty: the same */
    enum imdn_status status;
};

/* The document, new for the caller; valid by schemas/imdn.xsd. */
struct blob *imdn_write(const struct imdn *imdn);

/* Reads one that may hold extensions. Texts are the arena's. 400 when it is no IMDN, 413 when it is
 * longer than any. */
struct verdict imdn_parse(struct bytes document, struct arena *arena, struct imdn *imdn);

#endif
