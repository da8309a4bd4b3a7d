/* fields.h: the header fields we know, and the contents of those that have structure.
 *
 * All slices point into the value that was parsed. Parsers accept folds and white space where RFC
 * 3261 25.1 has LWS, and say status 400, reason and offset (from the start of the value) otherwise.
 */
#ifndef SIP_FIELDS_H
#define SIP_FIELDS_H

#include "sip/uri.h"

/* Name, compact form (RFC 3261 7.3.3, 0: none), and whether it has one value: it may stand only
 * once in a message, and a comma is a part of it. */
#define SIP_HEADERS(X)                                        \
    X(ACCEPT, "Accept", 0, false)                             \
    X(ACCEPT_CONTACT, "Accept-Contact", 'a', false)           \
    X(ALLOW, "Allow", 0, false)                               \
    X(ALLOW_EVENTS, "Allow-Events", 'u', false)               \
    X(AUTHORIZATION, "Authorization", 0, false)               \
    X(CALL_ID, "Call-ID", 'i', true)                          \
    X(CONTACT, "Contact", 'm', false)                         \
    X(CONTENT_ENCODING, "Content-Encoding", 'e', false)       \
    X(CONTENT_LENGTH, "Content-Length", 'l', true)            \
    X(CONTENT_TYPE, "Content-Type", 'c', true)                \
    X(CSEQ, "CSeq", 0, true)                                  \
    X(DATE, "Date", 0, true)                                  \
    X(EVENT, "Event", 'o', true)                              \
    X(EXPIRES, "Expires", 0, true)                            \
    X(FROM, "From", 'f', true)                                \
    X(MAX_BREADTH, "Max-Breadth", 0, false)                   \
    X(MAX_FORWARDS, "Max-Forwards", 0, true)                  \
    X(MIN_EXPIRES, "Min-Expires", 0, true)                    \
    X(PATH, "Path", 0, false)                                 \
    X(PROXY_AUTHENTICATE, "Proxy-Authenticate", 0, false)     \
    X(PROXY_AUTHORIZATION, "Proxy-Authorization", 0, false)   \
    X(PROXY_REQUIRE, "Proxy-Require", 0, false)               \
    X(REASON, "Reason", 0, false)                             \
    X(RECORD_ROUTE, "Record-Route", 0, false)                 \
    X(REJECT_CONTACT, "Reject-Contact", 'j', false)           \
    X(REQUEST_DISPOSITION, "Request-Disposition", 'd', false) \
    X(REQUIRE, "Require", 0, false)                           \
    X(RETRY_AFTER, "Retry-After", 0, true)                    \
    X(ROUTE, "Route", 0, false)                               \
    X(SIP_ETAG, "SIP-ETag", 0, true)                          \
    X(SIP_IF_MATCH, "SIP-If-Match", 0, true)                  \
    X(SUBSCRIPTION_STATE, "Subscription-State", 0, true)      \
    X(SUPPORTED, "Supported", 'k', false)                     \
    X(SUPPRESS_IF_MATCH, "Suppress-If-Match", 0, true)        \
    X(TIMESTAMP, "Timestamp", 0, true)                        \
    X(TO, "To", 't', true)                                    \
    X(UNSUPPORTED, "Unsupported", 0, false)                   \
    X(USER_AGENT, "User-Agent", 0, true)                      \
    X(VIA, "Via", 'v', false)                                 \
    X(WARNING, "Warning", 0, false)                           \
    X(WWW_AUTHENTICATE, "WWW-Authenticate", 0, false)

enum sip_header {
    SIP_HEADER_OTHER,
#define SIP_HEADER_ENUM(id, name, compact, single) SIP_##id,
    SIP_HEADERS(SIP_HEADER_ENUM)
#undef SIP_HEADER_ENUM
        SIP_HEADER_COUNT
};

/* The id of a field name (full or compact, case does not matter), and its full name. */
enum sip_header sip_header_of(struct bytes name);
const char *sip_header_name(enum sip_header id);
bool sip_header_single(enum sip_header id);

/* Splits the next element off a comma list; commas in quotes, <> and comments do not separate
 * (RFC 3261 7.3.1). Empty elements are passed over. False at the end. */
bool sip_list_next(struct bytes *rest, struct bytes *element);

struct sip_via {
    struct bytes text;      /* this element alone */
    struct bytes transport; /* "UDP" */
    struct bytes host;      /* sent-by; an IPv6 literal keeps its brackets */
    uint16_t port;          /* 0: none */
    struct bytes branch;    /* empty: none */
    bool has_rport;         /* RFC 3581: present, with or without value */
    struct bytes rport, received;
    struct bytes parameters;
};
struct verdict sip_via_parse(struct bytes element, struct sip_via *via);

/* True when the branch has the magic cookie of RFC 3261 8.1.1.7 and something behind it. */
bool sip_via_rfc3261(const struct sip_via *via);

/* name-addr or addr-spec with parameters (From, To, Contact, Route ...; RFC 3261 20.10). Without
 * angle brackets, parameters belong to the field, not to the URI (20.10). */
struct sip_address {
    struct bytes text;
    struct bytes display; /* as written, with quotes */
    struct sip_uri uri;
    struct bytes parameters; /* ";tag=x" or empty */
    struct bytes tag;        /* of From and To; empty: none */
    bool star;               /* Contact: * */
};
struct verdict sip_address_parse(struct bytes element, struct sip_address *address);

/* A q value (RFC 3261 25.1) in thousandths; false when it is malformed. */
bool sip_q_parse(struct bytes value, unsigned *thousandths);

/* "type/subtype;params" split (Content-Type, Accept): slices without white space around. */
struct sip_media {
    struct bytes type, subtype, parameters;
};
struct verdict sip_media_parse(struct bytes value, struct sip_media *media);

/* True when the media type is `type` ("application/pidf+xml"), parameters aside, without case; as a
 * range also "application/" "*" and "*" "/" "*" of Accept (RFC 3261 20.1). */
bool sip_media_is(struct bytes value, const char *type);
bool sip_media_names(const struct sip_media *media, const char *type); /* the same, parsed */
bool sip_media_accepts(struct bytes range, const char *type);

/* Event: package[.template] *( ;param ), id (RFC 6665 8.2.1). */
struct sip_event {
    struct bytes type;       /* "presence", "presence.winfo" */
    struct bytes id;         /* empty: none */
    struct bytes parameters; /* all of them, for sip_parameter_next */
};
struct verdict sip_event_parse(struct bytes value, struct sip_event *event);

#endif
