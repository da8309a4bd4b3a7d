/* dialog.h: a dialog in which we send requests, made by a request that we received (RFC 3261 12).
 *
 * Its texts live in one allocation, most of them inside the prebuilt head of the requests that it
 * sends, so that a request is a few copies. */
#ifndef FRONT_DIALOG_H
#define FRONT_DIALOG_H

#include "base/buffer.h"
#include "net/net.h"
#include "sip/message.h"

/* What a dialog is made of; URIs of From and To as written, without tags ("Bob" <sip:bob@b>). */
struct dialog_parts {
    struct bytes call_id, local_tag, remote_tag;
    struct bytes local_uri, remote_uri;
    struct bytes remote_target; /* URI */
    struct bytes route_set;     /* the value of a Route field, or empty */
    struct bytes contact;       /* ours, in angle brackets */
};

struct dialog {
    struct dialog_parts parts; /* slices of `text` */
    struct bytes head;         /* prebuilt fields, of `text` */
    struct bytes request_uri;  /* of `text`; the remote target but for a strict router */
    struct bytes next_hop;     /* URI to send to, of `text` */
    char *text;
    uint32_t local_cseq, remote_cseq;
    struct net_flow flow; /* how the remote side is reached, if has_flow */
    bool has_flow;
};

/* Makes a dialog of its parts (copied). Strict routers in the route set are served (RFC
 * 3261 12.2.1.1). False when the texts are too long to build requests from; nothing is then
 * allocated. */
bool dialog_init(struct dialog *dialog, const struct dialog_parts *parts);
void dialog_release(struct dialog *dialog);

/* Replaces the remote target (RFC 3261 12.2.2); false as dialog_init, the dialog is then unchanged.
 */
bool dialog_retarget(struct dialog *dialog, struct bytes remote_target);

/* The parts of a dialog that this request opens with us as UAS (RFC 3261 12.1.1): remote side from
 * From, the Contact given, the route set from Record-Route in order. `memory` takes the unfolded
 * texts. 400 when From has no tag or the texts are too long. */
struct verdict dialog_parts_of(const struct sip_message *request, struct bytes remote_target,
                               struct bytes local_tag, struct bytes contact, struct buffer *memory,
                               struct dialog_parts *parts);

/* Writes the request line, and the fields Max-Forwards, From, To, Call-ID, Contact, Route, CSeq
 * (with the next local CSeq, which is counted); the Via goes between them. */
void dialog_write_line(const struct dialog *dialog, enum sip_method method, struct buffer *out);
void dialog_write_head(struct dialog *dialog, enum sip_method method, struct buffer *out);

#endif
