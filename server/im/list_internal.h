/* list_internal.h: a message to several receivers, taken apart and put together anew. */
#ifndef IM_LIST_INTERNAL_H
#define IM_LIST_INTERNAL_H

#include "im_internal.h"
#include "pidf/recipients.h"

/* What each receiver gets. */
struct list_payload {
    bool whole;          /* the body as it came, with the message's own Content fields */
    struct bytes fields; /* else these lines, Content-Type among them, without Content-Length */
    struct bytes content_type, body;
};

/* What a request asks for; all of it in an arena or the message. */
struct list_order {
    struct recipients recipients;
    struct list_payload payload;
};

/* Reads the multipart body of a request for the list service (RFC 5365 6 and 7.3). The verdict:
 * 400, 413 too many receivers, 415 another type than is understood (list_types). */
struct verdict list_read(const struct im *im, const struct sip_message *message,
                         struct arena *arena, struct list_order *order);
#define LIST_TYPES "multipart/mixed, application/resource-lists+xml"

/* The same for a group of the sender's roster: 404 when there is none, 413. */
struct verdict list_read_group(const struct im *im, const struct sip_message *message,
                               struct bytes sender, struct bytes group, struct arena *arena,
                               struct list_order *order);

/* One receiver's message: request line and fields with the blank line (RFC 5365 7.2). */
struct list_share {
    const struct sip_message *message; /* as it came */
    const struct list_payload *payload;
    struct bytes uri;  /* of the receiver, as it goes into the request line */
    struct bytes name; /* of the message: Call-ID, and the begin of its From tag */
};
enum { LIST_TAG_LENGTH = 16 };
void list_write_head(const struct im *im, const struct list_share *share, struct buffer *out);

#endif
