/* message.h: SIP messages (RFC 3261 section 7 and 25), parsed lazily.
 *
 * Parsing finds the places of the header fields and reads the few that every request needs (top
 * Via, From, To, Call-ID, CSeq); the content of all others is read when somebody asks. All slices
 * point into the raw bytes, which the caller keeps alive. Folded fields are read as they are: the
 * parsers of field contents take CR LF SP as white space. Grammar is strict where it protects us
 * and tolerant where real clients need it. */
#ifndef SIP_MESSAGE_H
#define SIP_MESSAGE_H

#include "sip/fields.h"

enum sip_method {
    SIP_METHOD_OTHER,
    SIP_INVITE,
    SIP_ACK,
    SIP_BYE,
    SIP_CANCEL,
    SIP_OPTIONS,
    SIP_REGISTER,
    SIP_PUBLISH,
    SIP_SUBSCRIBE,
    SIP_NOTIFY,
    SIP_MESSAGE,
    SIP_INFO,
    SIP_PRACK,
    SIP_UPDATE,
    SIP_REFER,
    SIP_METHOD_COUNT
};

/* Bounds of one message. The largest whole message is the frame's business (frame.h). */
enum {
    SIP_FIELDS_MAX = 128, /* header fields; more: 400 */
    SIP_VIAS_MAX = 70
};

/* One header field, in place. */
struct sip_field {
    enum sip_header id;
    struct bytes name;  /* as written */
    struct bytes value; /* trimmed; folds inside stay */
    int next;           /* the next field with the same id, or -1 */
};

struct sip_message {
    struct bytes raw;  /* the whole message */
    struct bytes body; /* by Content-Length, or the rest of a datagram */
    bool request;

    enum sip_method method; /* of a request; of a response: from CSeq */
    struct bytes method_name;
    struct bytes request_uri; /* as written */
    unsigned status;          /* of a response */
    struct bytes reason;

    /* What every message has, read when the message was parsed. */
    struct sip_via via; /* the topmost */
    struct sip_address from, to;
    struct bytes call_id;
    uint32_t cseq;
    struct bytes cseq_method;

    int count;
    int first[SIP_HEADER_COUNT]; /* index of the first field of an id, or -1 */
    struct sip_field fields[SIP_FIELDS_MAX];
};

/* Parses one whole message. `stream` true: Content-Length is required (RFC 3261 18.3) and the frame
 * has cut the message by it; false: a datagram, where it may be missing, is an error when larger
 * than what came, and cuts what stands behind (18.3). On failure the verdict has status (400, 505,
 * ...), reason and offset, and as much of the message is filled in as could be read:
 * `sip_message_answerable` says whether a response can be built. Duplicates (RFC 3261 7.3.1) of
 * From, To, Call-ID, CSeq, Max-Forwards and Content-Length, a CSeq method that is not the
 * request's, a broken start-line are failures. Other fields are judged by those for whom they mean
 * something: what is relayed goes on as it is (16.3 step 1). */
struct verdict sip_message_parse(struct bytes raw, bool stream, struct sip_message *message);

/* True when a failed request still has what a 4xx needs: method other than ACK, Via, From, To,
 * Call-ID, CSeq.
 */
bool sip_message_answerable(const struct sip_message *message);

/* The first field with this id, or NULL. */
const struct sip_field *sip_message_field(const struct sip_message *message, enum sip_header id);

/* The value of the first field with this id; empty when it is absent. */
struct bytes sip_message_value(const struct sip_message *message, enum sip_header id);

/* 400 when a field with one value stands there twice (RFC 3261 7.3.1). */
struct verdict sip_message_once(const struct sip_message *message, enum sip_header id);

/* Walks the values of all fields with this id, comma lists taken apart (RFC 3261 7.3.1). */
struct sip_values {
    const struct sip_message *message;
    int field;
    struct bytes rest;
};
struct sip_values sip_values_of(const struct sip_message *message, enum sip_header id);
bool sip_values_next(struct sip_values *values, struct bytes *value);

/* True when there is more than one Via: of a request, it came through somebody; of a response, it
 * goes back to somebody but us (RFC 3261 16.7 step 3). */
bool sip_message_is_relayed(const struct sip_message *message);

/* The decimal number of a field such as Expires or Max-Forwards: false when the field is absent. A
 * value that is no number gives a verdict 400; numbers over 2^32-1 are cut to that (RFC
 * 3261 20.19). Of Retry-After the number alone: what stands behind it is for people (20.33). */
struct verdict sip_message_number(const struct sip_message *message, enum sip_header id,
                                  bool *present, uint32_t *number);

/* True when one of the values of `id` (a list of tokens: Supported, Require, Accept-like) is
 * `token`, without regard to case and parameters. */
bool sip_message_lists(const struct sip_message *message, enum sip_header id, struct bytes token);

/* The method of a name (case matters, RFC 3261 7.1), and its name. */
enum sip_method sip_method_of(struct bytes name);
const char *sip_method_name(enum sip_method method);

/* The usual phrase of a status code (RFC 3261 21 and the extensions we use). */
const char *sip_status_phrase(unsigned status);

#endif
