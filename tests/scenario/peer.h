/* peer.h: what a party does by itself in bad weather: the transactions of RFC 3261 17 and 13.3.1.4,
 * simply, so that the script only sees what is new.
 *
 *   its requests   are sent again by timers A and E until an answer comes; when none does, the
 * party gets a 408 of its own making by timer B or F (8.1.3.1). The ACK for a failure is sent at
 * once, and every ACK again when its answer comes again its answers    are sent again when the
 * request comes again; a final one to an INVITE also by timer G until the ACK
 *
 * What comes again goes no further than here, and a 100 neither. Faults: two different answers to
 * one request, and answers and ACKs to nothing. Datagrams alone; streams pass by. */
#ifndef TESTS_SCENARIO_PEER_H
#define TESTS_SCENARIO_PEER_H

#include "party.h"

struct peer;

struct peer *peer_new(struct party *party);
void peer_free(struct peer **peer);

/* Sends a request of the party's: for the first time, or once more. */
void peer_send(struct peer *peer, const struct net_flow *flow, struct bytes raw);
/* Sends an answer of the party's. */
void peer_answer(struct peer *peer, const struct net_flow *flow, struct bytes raw);
/* True when a message from the server is new to the party. */
bool peer_take(struct peer *peer, const struct net_flow *flow, struct bytes raw);

struct peer_figures {
    unsigned waiting;   /* requests without a final answer, and answers that wait for their ACK */
    unsigned timed_out; /* requests that never had a final answer */
    unsigned unacknowledged; /* final answers to INVITEs that never had an ACK */
    unsigned repeated;       /* messages sent again */
    unsigned absorbed;       /* messages that were not new */
};
struct peer_figures peer_figures(const struct peer *peer);

#endif
