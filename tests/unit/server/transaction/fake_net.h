/* fake_net.h: a network that remembers what was sent and whose connections the test closes. */
#ifndef TESTS_TRANSACTION_FAKE_NET_H
#define TESTS_TRANSACTION_FAKE_NET_H

#include <stdio.h>

#include "fake_state.h"

static inline void fake_handle(struct net *net, const struct net_handler *handler)
{
    fake_of(net)->handler = *handler;
}

static inline bool fake_alive(struct net *net, const struct net_flow *flow)
{
    return flow->protocol == NET_UDP || fake_of(net)->open[flow->connection];
}

static inline enum err fake_send(struct net *net, const struct net_flow *flow, struct bytes head,
                                 struct bytes body)
{
    struct fake_net *fake = fake_of(net);
    if (fake->send_fails != ERR_NONE)
        return fake->send_fails;
    if (!fake_alive(net, flow))
        return ERR_CLOSED;
    struct sent *sent = &fake->sent[fake->sent_count++ % SENT_MAX];
    sent->flow = *flow;
    snprintf(sent->text, sizeof(sent->text), "%.*s%.*s", BYTES_ARGS(head), BYTES_ARGS(body));
    return ERR_NONE;
}

static inline struct net_address address(const char *text)
{
    struct net_address address;
    ck_assert(net_address_parse_with_port(bytes_of(text), 0, &address));
    return address;
}

static inline uint64_t fake_open(struct fake_net *fake, struct net_address peer)
{
    uint64_t connection = ++fake->last_connection;
    ck_assert(connection < CONNECTIONS_MAX);
    fake->open[connection] = true;
    fake->peers[connection] = peer;
    return connection;
}

static inline uint64_t fake_between(struct net *net, const struct net_flow *flow)
{
    const struct fake_net *fake = fake_of(net);
    uint64_t i = fake->last_connection;
    while (i > 0 && !(fake->open[i] && net_address_equal(&fake->peers[i], &flow->remote)))
        i--;
    return i;
}

static inline enum err fake_connect(struct net *net, const struct net_target *target,
                                    struct net_flow *flow)
{
    struct fake_net *fake = fake_of(net);
    bool stream = net_is_stream(target->protocol);
    fake->connected = *target;
    if (fake->connect_failures > 0 && fake->connect_failures-- > 0)
        return fake->connect_fails;
    if (stream && fake->stream_connect_fails != ERR_NONE)
        return fake->stream_connect_fails;
    *flow = (struct net_flow){target->protocol, address("127.0.0.1:5060"), target->address, 0};
    if (stream)
        flow->connection = fake_between(net, flow);
    if (stream && flow->connection == 0)
        flow->connection = fake_open(fake, target->address);
    return ERR_NONE;
}

static inline void fake_close(struct net *net, uint64_t connection)
{
    fake_of(net)->open[connection] = false;
}

static inline bool fake_proved(struct net *net, const struct net_flow *flow, struct bytes domain)
{
    const char *proved = fake_of(net)->proved;
    (void)flow;
    return proved != NULL && bytes_equal_nocase(domain, bytes_of(proved));
}

static inline bool fake_reusable(struct net *net, const struct net_flow *flow)
{
    return fake_of(net)->reusable && flow->protocol == NET_TLS;
}

static inline void fake_write_local(struct net *net, const struct net_flow *flow,
                                    struct buffer *out)
{
    if (fake_of(net)->public_host != NULL)
        buffer_text(out, fake_of(net)->public_host);
    else
        net_address_write(&flow->local, out);
}

static inline void fake_resolve(struct net *net, const struct net_query *query,
                                struct net_lookup *lookup, net_found_fn found)
{
    struct fake_net *fake = fake_of(net);
    lookup->found = found;
    lookup->running = fake;
    fake->query = *query;
    ck_assert_uint_lt(fake->lookup_count, LOOKUPS_MAX);
    fake->lookups[fake->lookup_count++] = lookup;
    snprintf(fake->looked_up, sizeof(fake->looked_up), "%.*s %u %s %s", BYTES_ARGS(query->host),
             query->port, net_protocol_name(query->protocol),
             query->protocol_named ? "named" : "usual");
}

static inline void fake_cancel(struct net *net, struct net_lookup *lookup)
{
    struct fake_net *fake = fake_of(net);
    size_t kept = 0;
    for (size_t i = 0; i < fake->lookup_count; i++)
        if (fake->lookups[i] != lookup)
            fake->lookups[kept++] = fake->lookups[i];
    fake->lookup_count = kept;
    lookup->running = NULL;
}

/* The oldest lookup under way finds these. */
static inline void fake_found(struct fake_net *fake, const struct net_target *targets, size_t count)
{
    ck_assert_uint_gt(fake->lookup_count, 0);
    struct net_lookup *lookup = fake->lookups[0];
    fake_cancel(&fake->net, lookup);
    lookup->found(lookup, targets, count);
}

static inline void fake_shun(struct net *net, const struct net_target *target, unsigned seconds)
{
    fake_of(net)->shunned = *target;
    fake_of(net)->shunned_s = seconds;
    fake_of(net)->shun_count++;
}

static inline unsigned fake_late_ms(struct net *net)
{
    fake_of(net)->late_asked++;
    return fake_of(net)->late_ms;
}

static inline void fake_keep_out(struct net *net, unsigned thousandths)
{
    fake_of(net)->kept_out = thousandths;
}

static inline void fake_unanswered(struct net *net, const struct net_flow *flow)
{
    (void)flow;
    fake_of(net)->unanswered++;
}

static inline void fake_each(struct net *net, net_connection_fn visit, void *context)
{
    struct fake_net *fake = fake_of(net);
    for (size_t i = 1; i < sizeof(fake->open) / sizeof(fake->open[0]); i++) {
        const struct net_connection connection = {
            .flow = {NET_TCP, address("127.0.0.1:5060"), fake->peers[i], i}, .open = true};
        if (fake->open[i])
            visit(context, &connection);
    }
}

static const struct net_ops fake_ops = {
    .handle = fake_handle,
    .send = fake_send,
    .connect = fake_connect,
    .alive = fake_alive,
    .between = fake_between,
    .close = fake_close,
    .proved = fake_proved,
    .reusable = fake_reusable,
    .write_local = fake_write_local,
    .resolve = fake_resolve,
    .cancel = fake_cancel,
    .shun = fake_shun,
    .late_ms = fake_late_ms,
    .keep_out = fake_keep_out,
    .unanswered = fake_unanswered,
    .each = fake_each,
};

#endif
