/* trace.c: two rings: texts one behind the other, and a row for each that says where its text is.
 *
 *     texts  | ...id 7... | ...id 8... |  free  | ...id 5... | ...id 6... |
 *                                      ^ at
 *
 * Places count on for ever, so that "has this text been overwritten?" is one comparison: it begins
 * more than a ring's size before the end. A text is never broken at the ring's end: what does not
 * fit there begins at its start. All that a message costs is one copy and one row; there is not
 * even a division, which would cost as much as the copy. */
#include "net/trace.h"

#include <assert.h>
#include <stdlib.h>

#include "base/holder.h"
#include "base/memory.h"

enum { KEEP_ALIVE_MAX = 4 }; /* CR LF CR LF */

struct trace_row {
    uint64_t place, wall_ms;
    size_t at, size; /* where the text is; how long it was */
    uint32_t length;
    bool sent;
    struct net_flow flow;
};

struct trace {
    struct net net; /* what those above see */
    struct net *below;
    struct net_handler above;
    struct world *world;
    size_t rows_max, text_max, size;
    struct trace_row *rows;
    size_t first, next; /* the oldest one's row, the one for the next */
    char *texts;
    size_t at;                 /* where the next text is to begin */
    uint64_t last, count, end; /* of ids; how many are kept; the place behind the last text */
};

/* As many as stay in the caches nearest to a processor beside all else: the copies go to memory
 * that is cold otherwise, and a larger ring cost up to a tenth of the OPTIONS and NOTIFYs that a
 * processor can do; of this one nothing could be measured. */
struct trace_settings trace_settings_default(void)
{
    return (struct trace_settings){
        .messages_max = 500, .max_bytes = 256 << 10, .text_max_bytes = 8192};
}

/* The ring. */

static size_t row_after(const struct trace *trace, size_t row)
{
    return row + 1 < trace->rows_max ? row + 1 : 0;
}

/* So many bytes in one piece; the place where they begin. */
static uint64_t take_bytes(struct trace *trace, size_t length, size_t *at)
{
    size_t left = trace->size - trace->at;
    if (length > left) {
        trace->end += left;
        trace->at = 0;
    }
    *at = trace->at;
    trace->at += length;
    trace->end += length;
    return trace->end - length;
}

/* For another row, and for the text that ends at the end. */
static void make_room(struct trace *trace)
{
    while (trace->count > 0 && (trace->count == trace->rows_max ||
                                trace->rows[trace->first].place + trace->size < trace->end)) {
        trace->first = row_after(trace, trace->first);
        trace->count--;
    }
}

static bool is_keep_alive(struct bytes text)
{
    return text.length <= KEEP_ALIVE_MAX && bytes_empty(bytes_trim(text));
}

/* A head may come without its body: both are one message. */
static void note(struct trace *trace, const struct net_flow *flow, bool sent, struct bytes head,
                 struct bytes body)
{
    size_t size = head.length + body.length;
    head = bytes_first(head, trace->text_max);
    body = bytes_first(body, trace->text_max - head.length);
    if (is_keep_alive(head))
        return;
    size_t at, length = head.length + body.length;
    uint64_t place = take_bytes(trace, length, &at);
    make_room(trace);
    trace->rows[trace->next] = (struct trace_row){
        .place = place,
        .wall_ms = trace->world->wall_ms,
        .at = at,
        .size = size,
        .length = (uint32_t)length,
        .sent = sent,
        .flow = *flow,
    };
    trace->next = row_after(trace, trace->next);
    trace->last++;
    trace->count++;
    char *text = trace->texts + at;
    bytes_pack(&text, head);
    bytes_pack(&text, body);
}

uint64_t trace_last(const struct trace *trace)
{
    return trace->last;
}

size_t trace_count(const struct trace *trace)
{
    return (size_t)trace->count;
}

bool trace_find(const struct trace *trace, uint64_t id, struct trace_message *message)
{
    if (id == 0 || id > trace->last || trace->last - id >= trace->count)
        return false;
    size_t index = trace->first + (size_t)(trace->count - 1 - (trace->last - id));
    const struct trace_row *row =
        &trace->rows[index < trace->rows_max ? index : index - trace->rows_max];
    *message = (struct trace_message){
        .id = id,
        .wall_ms = row->wall_ms,
        .sent = row->sent,
        .flow = row->flow,
        .text = bytes_from(trace->texts + row->at, row->length),
        .size = row->size,
    };
    return true;
}

/* What comes up. */

static void take_message(void *context, const struct net_flow *flow, struct bytes raw)
{
    struct trace *trace = context;
    note(trace, flow, false, raw, BYTES(""));
    trace->above.message(trace->above.context, flow, raw);
}

static void take_broken(void *context, const struct net_flow *flow, struct bytes raw,
                        unsigned status, const char *reason)
{
    struct trace *trace = context;
    note(trace, flow, false, raw, BYTES(""));
    trace->above.broken(trace->above.context, flow, raw, status, reason);
}

static void take_closed(void *context, uint64_t connection, enum err why)
{
    struct trace *trace = context;
    trace->above.closed(trace->above.context, connection, why);
}

/* What goes down. */

static struct trace *trace_of(struct net *net)
{
    return HOLDER(net, struct trace, net);
}

static struct net *below(struct net *net)
{
    return trace_of(net)->below;
}

static void handle(struct net *net, const struct net_handler *handler)
{
    struct trace *trace = trace_of(net);
    const struct net_handler own = {take_message, take_broken, take_closed, trace};
    trace->above = *handler;
    net_handle(trace->below, &own);
}

/* What the network refuses has not been sent; a stream that is still being made takes everything.
 */
static enum err send_on(struct net *net, const struct net_flow *flow, struct bytes head,
                        struct bytes body)
{
    struct trace *trace = trace_of(net);
    enum err err = net_send(trace->below, flow, head, body);
    if (err == ERR_NONE)
        note(trace, flow, true, head, body);
    return err;
}

static enum err connect_on(struct net *net, const struct net_target *target, struct net_flow *flow)
{
    return net_connect(below(net), target, flow);
}

static bool alive(struct net *net, const struct net_flow *flow)
{
    return net_alive(below(net), flow);
}

static uint64_t between(struct net *net, const struct net_flow *flow)
{
    return below(net)->ops->between(below(net), flow);
}

static void close_on(struct net *net, uint64_t connection)
{
    net_close(below(net), connection);
}

static bool proved(struct net *net, const struct net_flow *flow, struct bytes domain)
{
    return net_proved(below(net), flow, domain);
}

static bool reusable(struct net *net, const struct net_flow *flow)
{
    return net_reusable(below(net), flow);
}

static void write_local(struct net *net, const struct net_flow *flow, struct buffer *out)
{
    net_write_local(below(net), flow, out);
}

static void resolve(struct net *net, const struct net_query *query, struct net_lookup *lookup,
                    net_found_fn found)
{
    net_resolve(below(net), query, lookup, found);
}

static void cancel(struct net *net, struct net_lookup *lookup)
{
    net_cancel(below(net), lookup);
}

static void shun(struct net *net, const struct net_target *target, unsigned seconds)
{
    net_shun(below(net), target, seconds);
}

static unsigned late_ms(struct net *net)
{
    return net_late_ms(below(net));
}

static void unanswered(struct net *net, const struct net_flow *flow)
{
    net_unanswered(below(net), flow);
}

static void keep_out(struct net *net, unsigned thousandths)
{
    net_keep_out(below(net), thousandths);
}

static void each(struct net *net, net_connection_fn visit, void *context)
{
    net_each_connection(below(net), visit, context);
}

static const struct net_ops trace_ops = {
    .handle = handle,
    .send = send_on,
    .connect = connect_on,
    .alive = alive,
    .between = between,
    .close = close_on,
    .proved = proved,
    .reusable = reusable,
    .write_local = write_local,
    .resolve = resolve,
    .cancel = cancel,
    .shun = shun,
    .late_ms = late_ms,
    .unanswered = unanswered,
    .keep_out = keep_out,
    .each = each,
};

struct trace *trace_new(struct net *net, struct world *world, const struct trace_settings *settings)
{
    assert(net != NULL && world != NULL);
    if (settings->messages_max == 0 || settings->max_bytes == 0)
        return NULL;
    struct trace *trace = memory_new(sizeof(*trace));
    trace->net.ops = &trace_ops;
    trace->below = net;
    trace->world = world;
    trace->rows_max = settings->messages_max;
    trace->size = settings->max_bytes;
    trace->text_max =
        settings->text_max_bytes < trace->size ? settings->text_max_bytes : trace->size;
    trace->rows = memory_new(trace->rows_max * sizeof(trace->rows[0]));
    trace->texts = memory_new(trace->size);
    return trace;
}

void trace_free(struct trace **trace)
{
    if (*trace == NULL)
        return;
    free((*trace)->rows);
    free((*trace)->texts);
    free(*trace);
    *trace = NULL;
}

struct net *trace_net(struct trace *trace)
{
    return &trace->net;
}
