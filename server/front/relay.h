/* relay.h: what changes in a request that leaves us for another place: what it may say of its
 * sender there, and a response on its way back (RFC 3325, 3323), and by which Record-Route later
 * requests of its dialog come back (RFC 3261 16.6 step 4, RFC 5658, RFC 5626).
 *
 * Our Trust Domain (RFC 3325 2.3) is the `trusted` addresses of the configuration. Asserted
 * identities come from there and go there, and nowhere else. */
#ifndef FRONT_RELAY_H
#define FRONT_RELAY_H

#include "front/front.h"

/* True when what is there is trusted. */
bool front_trusts(const struct front *front, const struct net_address *address);

/* What a request may say of its sender to one next hop. */
struct front_departure {
    const struct front_request *request;
    bool keeps_identity; /* P-Asserted-Identity goes on as it came */
    bool adds_identity;  /* ours is written */
    bool hides_identity; /* because Privacy asks for it, which is then done */
    bool more_privacy;   /* it asks for more, which is left to others */
};

/* Decides it. `hop`: the next hop's address when it is known (a flow's remote side, a numeric
 * host); NULL, when only a name is known: then it is not trusted. Of the request are used: front,
 * message, identity, foreign and trusted; who sends later than the handler's call keeps those. */
struct front_departure front_depart(const struct front_request *request,
                                    const struct net_address *hop);

/* For sip_forward.drop, with a departure as its context: true for fields that stay behind. They
 * are Route (front_request.route has what goes on of it), credentials for a realm of ours (RFC
 * 3261 22.3), P-Preferred-Identity, and what RFC 3325 and RFC 3323 take away. */
bool front_departure_drops(void *departure, const struct sip_field *field);

/* Appends the fields that are added in their place, whole lines: P-Asserted-Identity, what is left
 * of Privacy. */
void front_departure_write(const struct front_departure *departure, struct buffer *out);

/* What a response may say of its sender on its way back. */
struct front_return {
    bool keeps_identity; /* P-Asserted-Identity goes on as it came */
    bool drops_privacy;  /* all that it asked for is done */
};

/* Decides it by the addresses that the response came from and goes to. Only fields that
 * sip/fields.h does not know may have to go. */
struct front_return front_return(const struct front *front, const struct sip_message *response,
                                 const struct net_address *from, const struct net_address *to);

/* For sip_write_backward, with a front_return as its context. */
bool front_return_drops(void *decided, const struct sip_field *field);

/* One side of a dialog that is relayed. */
struct front_side {
    const struct net_flow *flow; /* by which it is reached; NULL: not known, a name is looked up */
    bool flow_only; /* later requests to this side must take the same flow: a client that cannot be
                       dialled (behind NAT, WebSocket, RFC 5626) */
    bool secure;    /* the Request-URI or the topmost Route on this side is sips */
};

/* Appends our Record-Route for a request, above those that it has: one line, or two when protocol,
 * listener or sips change or both sides are bound to their flows (RFC 5658 5: the one that faces
 * `to` first). Their tokens are good for requests of the same Call-ID only. Of the request are
 * used: front and message. */
void front_write_record_route(const struct front_request *request, const struct front_side *from,
                              const struct front_side *to, struct buffer *out);

/* Appends our own URI for a Route or Service-Route, "<sip:user@host:port;transport=tcp;lr>", by the
 * listener of a flow. `user` empty: none; `secure`: sips. */
void front_write_route(const struct front *front, const struct net_flow *flow, struct bytes user,
                       bool secure, struct buffer *out);

#endif
