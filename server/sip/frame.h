/* frame.h: finding messages in a stream of bytes (RFC 3261 18.3), and keep-alives between them (RFC
 * 5626 4.4.1).
 *
 * Pure: looks at what has arrived so far. Resumable: `scanned` remembers how far the end of the
 * header was sought, so that a message that trickles in costs linear time. */
#ifndef SIP_FRAME_H
#define SIP_FRAME_H

#include "base/bytes.h"

enum sip_frame_kind {
    SIP_FRAME_MORE,    /* not whole yet; a lone CR LF, too, for it may be half a ping */
    SIP_FRAME_MESSAGE, /* `length` bytes are one message */
    SIP_FRAME_PING,    /* CR LF CR LF before a message: answer CR LF; `length` to drop */
    SIP_FRAME_BLANK,   /* stray CR LF (a pong): drop `length` bytes */
    SIP_FRAME_BROKEN   /* the stream cannot be followed any more: `reason`; close it */
};

struct sip_frame {
    enum sip_frame_kind kind;
    size_t length;
    const char *reason;
    unsigned status; /* of BROKEN: 400 (no or bad Content-Length), 413/513 (too large); answer if
                        answerable */
};

/* Looks for the next item at the start of `arrived`. A header over `head_max` or a message over
 * `message_max` bytes is BROKEN. `*scanned` starts as 0 for each new item. */
struct sip_frame sip_frame_next(struct bytes arrived, size_t *scanned, size_t head_max,
                                size_t message_max);

#endif
