/* call_internal.h: a call from its first byte to its answer.
 *
 * A call is held by its HTTP connection and, while the reactor is asked, by the reactor: whoever
 * lets go last frees it. While it is asked only the reactor touches the answer; the connection
 * looks at `state` alone, which changes under the lock of the server, like everything that is
 * marked (lock). */
#ifndef WEB_CALL_INTERNAL_H
#define WEB_CALL_INTERNAL_H

#include <microhttpd.h>

#include "base/arena.h"
#include "base/mailbox.h"
#include "net/net.h"
#include "sip/digest.h"
#include "web/endpoint.h"

enum {
    WEB_PARTS_MAX = 8,
    WEB_QUERY_MAX = 64,
    WEB_FIELDS_MAX = 128,
    WEB_ANSWER_FIELDS_MAX = 16,
    WEB_NAME_SIZE = 512,
    WEB_ETAG_SIZE = 64,
    WEB_FILES_MAX = 256,
    WEB_DIGEST_BYTES = 32
};

struct web;

struct web_pair {
    struct bytes name, value;
};

struct web_pairs {
    struct web_pair *at; /* in the arena */
    size_t count, most;
};

enum web_stage { WEB_BEGINS, WEB_READS, WEB_ENDS };

/* Of an ask. */
enum web_state {
    WEB_HERE,     /* not asked */
    WEB_ASKED,    /* the reactor has it */
    WEB_ANSWERED, /* and has answered */
    WEB_LEFT      /* it did not in time, or the server ends */
};

struct web_repeat;
struct web_stream;

struct web_call {
    struct letter letter; /* in the reactor's box; first */
    struct web *web;
    struct arena arena;
    unsigned holders;     /* (lock) */
    enum web_state state; /* (lock) */
    enum web_stage stage;

    /* what is asked */
    struct bytes target, path; /* as it came; without the query */
    const struct web_endpoint *endpoint;
    enum web_method method;
    struct bytes verb; /* the method as it came */
    struct web_pairs parts, query, fields;
    char *content; /* NUL-terminated */
    size_t content_length, content_room;
    bool too_long;
    json_t *json;
    struct net_address from;
    bool needs_host;                  /* RFC 9112 3.2 */
    bool secure;                      /* by TLS */
    struct bytes caller, who, scopes; /* of a token */
    struct bytes proof;               /* a token's digest, or HA1 of a password */
    enum digest_algorithm proof_of;   /* of that HA1 */
    bool by_digest;                   /* the caller has proved it, once */
    struct web_limits limits;
    void *kept;
    void (*release)(void *value);
    web_work_fn work; /* that takes long; NULL: there is none */

    /* what is answered */
    unsigned status;  /* 0: nothing yet */
    const char *kind; /* of a problem, a constant; NULL: none */
    json_t *value;
    const char *type;
    struct bytes text;
    char etag[WEB_ETAG_SIZE]; /* of web_tag; empty: that of the content */
    struct web_pairs more;
    unsigned line, column;        /* of a fault in the JSON; 0: none */
    struct store_change *changes; /* that the answer waits for, of a partition each; in the arena */
    size_t change_count, change_room;
    struct store_wait wait;
    struct web_call *next_waiting, **link_waiting; /* the reactor's: of those with a wait */
    struct web_stream *stream;                     /* of events; NULL: a usual answer */
    struct web_repeat *repeat;                     /* (lock) the key that it came with, or NULL */

    /* the ask */
    bool reserved; /* a place among those that the reactor is asked for */
    struct MHD_Connection *connection;
    uint64_t deadline_ms;
    struct web_call *next_ask, *previous_ask; /* (lock) */
};

#endif
