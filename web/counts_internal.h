/* counts_internal.h: how web threads count. */
#ifndef WEB_COUNTS_INTERNAL_H
#define WEB_COUNTS_INTERNAL_H

#include "web/counts.h"

struct web;

/* What is counted by web threads until the reactor takes it over. */
enum web_count {
    WEB_COUNT_REQUESTS,
    WEB_COUNT_REFUSED,
    WEB_COUNT_FAILED,
    WEB_COUNT_UNKNOWN,
    WEB_COUNT_LIMITED,
    WEB_COUNT_RATES_FORGOTTEN,
    WEB_COUNT_REPEATS_FORGOTTEN,
    WEB_COUNT_SLOW,
    WEB_COUNT_LATE,
    WEB_COUNT_ASKS_LIMITED,
    WEB_COUNT_TOO_LONG,
    WEB_COUNT_STREAMS,
    WEB_COUNT_STREAMS_LIMITED,
    WEB_COUNTS
};

/* Problems of one status and kind. */
struct web_refusal {
    unsigned status;
    const char *kind; /* a constant */
    uint64_t count;
};

/* Both take the server's lock. `kind` is a constant, or NULL. */
void web_count(struct web *web, enum web_count count);
void web_count_refusal(struct web *web, unsigned status, const char *kind);

#endif
