/* session.h: everything that lasts while one server is loaded: the loop, the sockets, the users
 * with their nonces and entity-tags, the dialogs.
 *
 * Requests carry what their answers are recognised by: the branch holds the session's random name,
 * the actor's number and the request's number; the user part of a watcher's Contact is its
 * dialog's number. */
#ifndef BENCH_SESSION_H
#define BENCH_SESSION_H

#include "base/world.h"
#include "draft.h"
#include "net/loop.h"
#include "options.h"
#include "sip/digest.h"
#include "sip/message.h"

enum { AOR_SIZE = 96, ETAG_SIZE = 96, HEX_SIZE = 8, CSEQ_DIGITS = 10, CSEQ_FIRST = 1000000000 };

/* How a user answers a challenge (RFC 7616). */
struct credentials {
    bool proxy; /* Proxy-Authorization */
    bool qop;
    enum digest_algorithm algorithm;
    struct digest_hex ha1;
    uint32_t nc;
    char realm[128], nonce[256], opaque[128];
};

struct user {
    char aor[AOR_SIZE];              /* "u000123@bench.example" */
    unsigned name_length;            /* of "u000123" */
    struct credentials *credentials; /* NULL: nobody asked */
    char etag[ETAG_SIZE];            /* of the publication; "": none */
};

/* A subscription. */
struct dialog {
    uint32_t watcher, presentity; /* users */
    uint32_t notify_cseq;         /* of the last NOTIFY; 0: none came */
    uint32_t awaited_by;          /* actor that waits for a NOTIFY here */
    uint32_t counted_for;         /* request whose NOTIFY has come */
    char *tag, *target;           /* the server's; NULL: not answered yet */
};

/* A call between two users (lamps.c). */
struct call;

struct load;

struct session {
    const struct options *options;
    struct entropy entropy;
    struct world world;
    struct loop *loop;
    struct net *net;
    struct net_address server;
    struct net_flow flows[FLOWS_MAX];
    struct digest_engine *engine;
    char run[HEX_SIZE + 1]; /* the random name */
    struct user *users;
    struct dialog *dialogs;
    uint32_t dialog_count, dialog_room;
    unsigned watchers_each; /* subscriptions that each presentity gets; 0: spread over all */
    uint32_t sequence;      /* of the last request */
    bool lamps;             /* what is subscribed to is `dialog`, not `presence` */
    struct call *calls;     /* NULL: none were made */
    unsigned stride;        /* of the pairs that call: each, or each second one */
    unsigned char *seen;    /* bits: which numbers came back to us */
    size_t seen_size;
    struct load *load; /* under way; NULL: none */
    bool interrupted;
};

/* Opens loop and sockets towards the server. NULL with a message in `why`. */
struct session *session_new(const struct options *options, const struct net_address *server,
                            char *why, size_t why_size);
void session_free(struct session **session);

/* Forgets the calls (lamps.c). */
void session_forget_calls(struct session *session);

/* A new dialog; its number. */
uint32_t session_dialog(struct session *session, uint32_t watcher, uint32_t presentity);

/* Takes the challenge of a 401 or 407; false: there is none that we can answer. */
bool user_take_challenge(struct session *session, struct user *user,
                         const struct sip_message *response);

/* Monotonic nanoseconds. */
uint64_t now_ns(void);

/* The value of a lower-case hexadecimal digit; of anything else something below 16. */
static inline uint32_t hex_digit(char c)
{
    return (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10) & 15;
}

/* Who speaks to whom in a request. */
struct draft_head {
    const char *method;
    const char *uri; /* of the request line */
    const char *from, *to;
    const char *to_tag;    /* NULL: none */
    char family;           /* letter in Call-ID */
    enum stamp call_stamp; /* what numbers Call-ID and From-tag; STAMP_NONE: `call` does */
    uint32_t call;
    uint32_t actor;
    unsigned flow;
};

/* Writes a request up to and with CSeq. */
void draft_write_head(struct draft *draft, const struct session *session,
                      const struct draft_head *head);

/* Contact with a user part: a text, or the dialog's number (NULL). */
void draft_write_contact(struct draft *draft, const struct session *session, unsigned flow,
                         const char *user);

/* The credentials, if the user has been challenged; their marks are patched by draft_prove. */
void draft_write_credentials(struct draft *draft, const struct user *user, const char *uri);
void draft_prove(struct draft *draft, struct session *session, struct user *user,
                 const char *method, const char *uri);

/* The end: Content-Type, Content-Length and a body (type NULL: none), in which every run of eight
 * '#' becomes the request's number. */
void draft_write_body(struct draft *draft, const char *type, struct bytes body);

#endif
