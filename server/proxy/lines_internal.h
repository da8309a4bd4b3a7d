/* lines_internal.h: what a fork and the relaying tell of a call. */
#ifndef PROXY_LINES_INTERNAL_H
#define PROXY_LINES_INTERNAL_H

#include "base/table.h"
#include "proxy/lines.h"

struct line_owner;
struct line_call;

struct lines {
    struct line_call *calls;   /* by Call-ID and From tag of the INVITE */
    struct line_owner *owners; /* by address-of-record */
    void (*changed)(void *context, struct bytes aor);
    void *context;
};

/* An INVITE outside a dialog begins its way: a call for the fork to tell of, until it is told that
 * it was answered or has failed; NULL: none of its sides is ours. */
struct line_call *line_begin(struct proxy *proxy, const struct front_request *request);
void line_rings(struct line_call *call, const struct sip_message *response);
void line_answered(struct line_call *call, const struct sip_message *response);
void line_failed(struct line_call *call);

/* A request inside a dialog passes. */
void line_goes_on(struct proxy *proxy, const struct front_request *request);

/* Forgets all without a word. */
void lines_free(struct proxy *proxy);

#endif
