/* traced_internal.h: a traced message as people may see it: read, its secrets taken out. */
#ifndef WEB_API_TRACED_INTERNAL_H
#define WEB_API_TRACED_INTERNAL_H

#include "front/people.h"
#include "net/trace.h"
#include "sip/message.h"

/* A message and what can be read of it; of rubbish nothing is. */
struct traced {
    struct trace_message kept;
    struct sip_message message;
};
void traced_read(const struct trace_message *kept, struct traced *traced);

/* Whose messages are wanted; each empty: any. */
struct traced_query {
    struct bytes call_id;
    struct bytes user; /* canonical: of From or To */
    const struct domains *domains;
};
/* Reads the message if it may be one of them; false: it is none. */
bool traced_take(const struct traced_query *query, const struct trace_message *kept,
                 struct traced *traced);

/* "udp", "tcp", "tls", "ws", "wss". */
const char *traced_transport(enum net_protocol protocol);

/* Overwrites with '*' what credentials prove: in the fields Authorization and Proxy-Authorization
 * everything but what a digest (RFC 7616 3.4) says openly, likewise what a server proves
 * (Authentication-Info). Wherever such a line stands: a body may be a message, too. */
void traced_mask(char *text, size_t length);

#endif
