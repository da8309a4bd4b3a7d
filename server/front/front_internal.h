/* front_internal.h: the front end's own state, and what its steps share. */
#ifndef FRONT_FRONT_INTERNAL_H
#define FRONT_FRONT_INTERNAL_H

#include "front/front.h"

enum { FRONT_AOR_MAX = 1024 };

/* Beside enum front_needs: without credentials, whoever says to ask. */
enum { FRONT_ANYBODY = 1 << 16 };

struct front {
    struct front_parts parts;
    struct front_settings settings;
    struct front_method methods[SIP_METHOD_COUNT]; /* handle NULL: not registered */
    struct buffer response;
    unsigned response_status;
    struct bytes response_reason;
    char target[FRONT_AOR_MAX], identity[FRONT_AOR_MAX]; /* of the request under way */
};

/* A request on its way through the table. */
struct front_passage {
    struct front_request request;
    const struct front_method *method; /* who will handle it, once that is known */
    unsigned needs;                    /* of the method, and FRONT_ANYBODY */
};

/* One step: `pass` is true when the request may go on; else it was answered. */
struct front_step {
    const char *name, *spec;
    bool (*pass)(struct front_passage *passage);
};

/* The steps in their order, ended by NULL (steps.c). */
const struct front_step *const *front_steps(void);

extern const struct front_step step_cancel, step_uri, step_method, step_require, step_target,
    step_room, step_credentials, step_user;

/* Counts a refusal and begins its response: fields may be added, then front_send. */
struct buffer *front_begin_refusal(struct front_request *request, unsigned status,
                                   const char *reason);

/* The field Allow. */
void front_write_allow(const struct front *front, struct buffer *out);

/* OPTIONS for the server itself (RFC 3261 11.2). */
void front_answer_options(void *context, struct front_request *request);

/* Our own URI at the listener of a flow, without angle brackets; front_write_contact says more. */
void front_write_place(const struct front *front, const struct net_flow *flow, struct bytes user,
                       bool secure, struct buffer *out);

/* The canonical address-of-record of a URI of ours, in `text` (FRONT_AOR_MAX bytes), and its
 * domain; empty and NULL when its domain is not ours. */
struct bytes front_canonical(const struct front *front, const struct sip_uri *uri, char *text,
                             const struct domain **domain);

#endif
