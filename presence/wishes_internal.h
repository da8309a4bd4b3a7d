/* wishes_internal.h: what a SUBSCRIBE asks for beside the state (wishes.c). */
#ifndef PRESENCE_WISHES_INTERNAL_H
#define PRESENCE_WISHES_INTERNAL_H

#include "front/front.h"

/* How often a watcher wants to be told (RFC 6446), as times between two NOTIFYs; each 0: not asked
 * for. */
struct rates {
    uint64_t min_interval_ms;      /* max-rate: the least time */
    uint64_t max_interval_ms;      /* min-rate: the most, even if there is nothing new */
    uint64_t adaptive_interval_ms; /* adaptive-min-rate: the most, on average */
};

struct wishes {
    struct rates rates; /* adjusted, as they hold from now on */
};

/* Reads them of a SUBSCRIBE whose Event has these parameters and that gets so many seconds. False:
 * it was refused (400). */
bool wishes_judge(struct front_request *request, struct bytes event_parameters, uint32_t expires_s,
                  struct wishes *wishes);

/* The rates as parameters of Subscription-State (RFC 6446 9.1). */
void wishes_write_rates(const struct rates *rates, struct buffer *out);

#endif
