/* verdict.h: what a peer is told about what it sent.
 *
 * Parsers, packages and rules return verdicts; only the front end turns them into SIP. */
#ifndef BASE_VERDICT_H
#define BASE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

struct verdict {
    unsigned status;    /* 0: fine; else a SIP status code */
    const char *reason; /* static text in plain words; NULL: the code's usual phrase */
    size_t offset;      /* of the fault in what was parsed, in bytes */
};

#define VERDICT_OK ((struct verdict){0, NULL, 0})

static inline struct verdict verdict(unsigned status, const char *reason, size_t offset)
{
    return (struct verdict){status, reason, offset};
}

static inline bool verdict_ok(struct verdict v)
{
    return v.status == 0;
}

#endif
