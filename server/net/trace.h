/* trace.h: the SIP messages that came and went lately: a network around another one, which keeps a
 * copy of each whole message that passes, until later ones take its place. Retransmissions count as
 * messages; keep-alives are none.
 *
 * Nothing is parsed here, and nothing is hidden: who shows a text takes its secrets out. */
#ifndef NET_TRACE_H
#define NET_TRACE_H

#include "base/world.h"
#include "net/net.h"

struct trace_settings {
    unsigned messages_max;   /* kept at a time, default 500; 0: none, and nothing is traced */
    unsigned max_bytes;      /* of their texts together, default 256 KiB; 0: likewise */
    unsigned text_max_bytes; /* of each one's text, default 8192; the rest is dropped */
};
struct trace_settings trace_settings_default(void);

struct trace;

/* Around `net`, which outlives it, as `world` does. NULL: nothing is to be traced. */
struct trace *trace_new(struct net *net, struct world *world,
                        const struct trace_settings *settings);
void trace_free(struct trace **trace);

/* The network that is to be used in place of the one below. */
struct net *trace_net(struct trace *trace);

struct trace_message {
    uint64_t id;      /* one more for each message, from 1 */
    uint64_t wall_ms; /* wall clock */
    bool sent;        /* by us; else it came */
    struct net_flow flow;
    struct bytes text; /* as much of it as is kept, borrowed until the loop's turn ends */
    size_t size;       /* of all of it */
};

/* The id of the youngest one, 0 before the first; those that are kept are the ones before it, up to
 * trace_count of them. */
uint64_t trace_last(const struct trace *trace);
size_t trace_count(const struct trace *trace);
/* False: it is not kept any more, or not yet. */
bool trace_find(const struct trace *trace, uint64_t id, struct trace_message *message)
    __attribute__((warn_unused_result));

#endif
