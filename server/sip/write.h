/* write.h: building SIP messages. Strict: what leaves follows the grammar whatever came in.
 *
 * Everything is written to a buffer; the caller checks its overflow flag once. */
#ifndef SIP_WRITE_H
#define SIP_WRITE_H

#include "sip/message.h"

/* The start of a response to `request` (RFC 3261 8.2.6): status line, all Via as they came but the
 * topmost with received and rport (RFC 3261 18.2.1, RFC 3581 4; `received` empty: not added), From,
 * To with `to_tag` added when it has none and to_tag is not empty, Call-ID, CSeq. `reason` NULL:
 * the usual phrase. Timestamp is copied into a 100. The header is left open for more fields. */
void sip_write_response(struct buffer *out, const struct sip_message *request, unsigned status,
                        const char *reason, struct bytes to_tag, struct bytes received,
                        uint16_t rport);

/* One field. CR and LF in the value are written as a space: no input can start a field of its own.
 */
void sip_write_field(struct buffer *out, const char *name, struct bytes value);
void sip_write_number(struct buffer *out, const char *name, uint64_t number);

/* Appends bytes that a peer wrote: CR, LF and NUL become spaces, so that a fold is unfolded and
 * nothing can start a field of its own. */
void sip_write_unfolded(struct buffer *out, struct bytes text);

/* Copies all fields with this id, as they came but unfolded, one field line each (Record-Route into
 * a 2xx, RFC 3261 12.1.1). */
void sip_write_copy(struct buffer *out, const struct sip_message *from, enum sip_header id);

/* Ends the header and appends the body: Content-Type (unless empty), Content-Length, blank line,
 * body. */
void sip_write_body(struct buffer *out, struct bytes content_type, struct bytes body);

/* The same for a body that is sent from elsewhere: everything up to and with the blank line. */
void sip_write_head_end(struct buffer *out, struct bytes content_type, size_t body_length);

/* What a proxy changes of a request. */
struct sip_forward {
    struct bytes request_uri;
    struct bytes received; /* for the topmost Via (RFC 3261 18.2.1); empty: it tells the truth */
    uint16_t rport;        /* for its rport, if it has one (RFC 3581 4); 0: left as it is */
    bool (*drop)(void *context, const struct sip_field *field); /* true: left out; may be NULL */
    void *context;
    bool begins_here;     /* the Vias stay behind */
    uint32_t max_breadth; /* becomes the only Max-Breadth (RFC 5393 5.3.3); 0: left as it is */
    struct bytes added;   /* whole lines, above all other fields: Route and the like; or empty */
};

/* A request as a proxy forwards it (RFC 3261 16.6): request line, what is added, Max-Forwards
 * lessened by one (70 when there was none or a senseless one), Content-Length added when it came
 * without (16.6 step 9), all other fields and the body untouched, byte for byte. The proxy's own
 * Via is not added here: returns the offset behind the request line where the sender inserts it. */
size_t sip_write_forward(struct buffer *out, const struct sip_message *request,
                         const struct sip_forward *forward);

/* A URI as it may stand in a request line: without what is not allowed there (header fields and a
 * method, RFC 3261 19.1.1). */
void sip_write_request_uri(struct buffer *out, const struct sip_uri *uri);

/* A response as a proxy passes it back: without its topmost Via element (RFC 3261 16.7 step 3), a
 * whole status line (7.2: the space behind the code is often forgotten), with Content-Length, all
 * else byte for byte, but for the fields of which `drop` is true (NULL: none). */
void sip_write_backward(struct buffer *out, const struct sip_message *response,
                        bool (*drop)(void *context, const struct sip_field *field), void *context);

#endif
