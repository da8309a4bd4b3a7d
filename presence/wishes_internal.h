/* wishes_internal.h: what a SUBSCRIBE asks for beside the state (wishes.c). */
#ifndef PRESENCE_WISHES_INTERNAL_H
#define PRESENCE_WISHES_INTERNAL_H

#include "front/front.h"

struct event_package;

/* How often a watcher wants to be told (RFC 6446), as times between two NOTIFYs; each 0: not asked
 * for. */
struct rates {
    uint64_t min_interval_ms;      /* max-rate: the least time */
    uint64_t max_interval_ms;      /* min-rate: the most, even if there is nothing new */
    uint64_t adaptive_interval_ms; /* adaptive-min-rate: the most, on average */
};

struct wishes {
    struct rates rates;    /* adjusted, as they hold from now on */
    struct bytes filter;   /* a body of the package's type for filters; empty: none came */
    struct bytes suppress; /* Suppress-If-Match (RFC 5839): an entity-tag or "*"; empty: none */
};

/* What a SUBSCRIBE was found to be so far. */
struct wishes_place {
    const struct event_package *package;
    struct bytes event_parameters;
    uint32_t expires_s;
};
/* Reads them of the request. False: it was refused (400, 415). */
bool wishes_judge(struct front_request *request, const struct wishes_place *place,
                  struct wishes *wishes);

/* The type (of a NULL-ended list) in which the watcher wants to be told by its Accept; NULL: in
 * none of them. */
const char *wishes_accept(const struct sip_message *message, const char *const *types);

/* The rates that a 2xx to a NOTIFY asks for instead (RFC 6446 9.3); false: it says nothing of them,
 * or wrongly. */
bool wishes_of_answer(const struct sip_message *answer, uint32_t expires_s, struct rates *rates);

/* The rates as parameters of Subscription-State (RFC 6446 9.1). */
void wishes_write_rates(const struct rates *rates, struct buffer *out);

#endif
