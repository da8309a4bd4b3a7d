/* fake_state.h: what the fake net remembers, and what it is told to say. */
#ifndef TESTS_TRANSACTION_FAKE_STATE_H
#define TESTS_TRANSACTION_FAKE_STATE_H

#include "net/net.h"
#include "unit.h"

enum { SENT_MAX = 64, TEXT_MAX = 4096, CONNECTIONS_MAX = 4096, LOOKUPS_MAX = 512 };

struct sent {
    struct net_flow flow;
    char text[TEXT_MAX];
};

struct fake_net {
    struct net net;
    struct net_handler handler;
    struct sent sent[SENT_MAX]; /* by number modulo SENT_MAX */
    size_t sent_count;
    enum err send_fails, connect_fails, stream_connect_fails; /* ERR_NONE: they work */
    unsigned connect_failures;  /* how many connects fail; then they work again */
    bool open[CONNECTIONS_MAX]; /* by connection */
    struct net_address peers[CONNECTIONS_MAX];
    uint64_t last_connection;
    struct net_lookup *lookups[LOOKUPS_MAX]; /* under way, the oldest first */
    size_t lookup_count;
    char looked_up[128];    /* "host port protocol named" of the last */
    struct net_query query; /* the last one; its host is the asker's, and the domain here: */
    struct net_target connected, shunned; /* the last ones that were asked for */
    unsigned shunned_s, shun_count;
    unsigned late_ms, late_asked; /* what is said, how often somebody wanted to know */
    unsigned kept_out;            /* thousandths */
    unsigned unanswered;          /* requests of which nobody shall wait for an answer */
    const char *public_host;      /* what Via says in place of the listener's address; NULL: that */
    bool reusable;                /* all TLS connections */
    const char *proved; /* the domain that the peers of all TLS connections speak for; NULL: none */
};

static inline struct fake_net *fake_of(struct net *net)
{
    return (struct fake_net *)(void *)net;
}

#endif
