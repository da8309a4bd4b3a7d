/* front_internal.h: the front end's own state, and what its steps share. */
#ifndef FRONT_FRONT_INTERNAL_H
#define FRONT_FRONT_INTERNAL_H

#include "base/token.h"
#include "front/front.h"
#include "front/overload.h"

enum {
    FRONT_AOR_MAX = 1024,
    FRONT_GRUU_MAX = 4096,
    FRONT_TEXT_MAX = 16384, /* of a Request-URI that we write anew, of the Routes that go on */
};

enum { FRONT_REFUSED_LEAST = 400, FRONT_REFUSED_MOST = 699, FRONT_STEPS = 21 };

/* Beside enum front_needs: without credentials, whoever says to ask. */
enum { FRONT_ANYBODY = 1 << 16 };

/* A change of the store that is watched, and since when. */
struct front_probe {
    struct store_wait wait;
    uint64_t since_ms;
    bool under_way;
};

/* A service of our own and the user part of its addresses; empty: it has none now. */
struct front_service {
    struct bytes user;
    struct front_method method;
};

struct front {
    struct front_parts parts;
    struct front_settings settings;
    struct overload overload;
    size_t step; /* of the table, that looks at a request; FRONT_STEPS: none does */
    /* by reason (enum front_why, then the steps) and status */
    uint64_t refused[FRONT_WHYS + FRONT_STEPS][FRONT_REFUSED_MOST - FRONT_REFUSED_LEAST + 1];
    struct timer review;
    struct front_probe probe;
    struct front_method methods[SIP_METHOD_COUNT]; /* handle NULL: not registered */
    char *abilities;                               /* the fields of an answer to OPTIONS */
    size_t abilities_length;
    struct buffer response;
    unsigned response_status;
    struct bytes response_reason;
    /* what slices of the request under way point to */
    char target[FRONT_AOR_MAX], identity[FRONT_AOR_MAX], gruu[FRONT_GRUU_MAX];
    char uri[FRONT_TEXT_MAX], route[FRONT_TEXT_MAX];
    struct front_service services[FRONT_SERVICES_MAX];
    size_t service_count;
    struct front_flow_watch watches[FRONT_WATCHES_MAX];
    size_t watch_count;
    unsigned closed_count;
    bool closed[PARTITIONS];
};

/* A request on its way through the table. */
struct front_passage {
    struct front_request request;
    const struct front_method *method;   /* who will handle it, once that is known */
    const struct front_service *service; /* of ours that is meant; NULL: none */
    unsigned needs;                      /* of the method, and FRONT_ANYBODY */
};

/* One step: `pass` is true when the request may go on; else it was answered. */
struct front_step {
    const char *name, *spec;
    bool (*pass)(struct front_passage *passage);
};

/* The steps in their order, FRONT_STEPS and a NULL (steps.c). */
const struct front_step *const *front_steps(void);

extern const struct front_step step_load, step_source, step_cancel, step_ack, step_uri, step_route,
    step_aim, step_method, step_hops, step_merged, step_once, step_require, step_trust, step_relay,
    step_privacy, step_home, step_room, step_peer, step_credentials, step_identity, step_user;

/* Counts what front_refuse and the like refuse (why.c). */
void why_count(const struct front_request *request, unsigned status);

/* True when an answer can be sent: never to an ACK (RFC 3261 17), which is then counted as dropped.
 */
bool front_can_answer(const struct front_request *request);

/* Appends a dot and the signature of who speaks in the dialog of this request, for its Routes, and
 * nothing when that is not known; who sends a later request there by the signature (without the
 * dot), of PARTIES_SIGNATURE characters (parties.c). */
enum { PARTIES_SIGNATURE = 1 + FLOW_TOKEN_SIGNATURE };
void parties_sign(const struct front_request *request, struct buffer *out);
enum front_party parties_read(const struct front_request *request, struct bytes signature);

/* Watches how long this change takes to be durable, if none is watched (step_load.c). */
void front_probe_store(struct front *front, struct store_change change);

/* True when the topmost Route is one that we made for the dialog of this request, or for its
 * Call-ID at least (step_route.c). */
bool front_comes_by_our_route(const struct front_request *request);

/* The service that this address-of-record of ours means; NULL: none. */
const struct front_service *front_service_of(const struct front *front, struct bytes aor);

/* 405, with what may be asked of this server itself and its users. */
void front_refuse_method(struct front_request *request);

/* Writes front->abilities anew: the settings or the registered methods have changed. */
void front_compose_abilities(struct front *front);

/* OPTIONS for the server itself (RFC 3261 11.2). */
void front_answer_options(void *context, struct front_request *request);

/* The domain that host and port (0: none) of a URI in this request mean, NULL: not us. Beside names
 * and listeners that are known, us means the address that the request came to. */
const struct domain *front_domain_at(const struct front_request *request, struct bytes host,
                                     uint16_t port);

/* Takes a URI for who sent the request: a user of ours, or a foreign one. */
void front_identify(struct front_request *request, const struct sip_uri *uri);

/* Our own URI at the listener of a flow, without angle brackets; front_write_contact says more. */
void front_write_place(const struct front *front, const struct net_flow *flow, struct bytes user,
                       bool secure, struct buffer *out);

/* The canonical address-of-record of a URI of ours, in `text` (FRONT_AOR_MAX bytes), and its
 * domain; empty and NULL when its domain is not ours. */
struct bytes front_canonical(const struct front *front, const struct sip_uri *uri, char *text,
                             const struct domain **domain);

#endif
