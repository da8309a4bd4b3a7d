/* counts.h: what web threads count and what waits there, for the reactor's thread. */
#ifndef WEB_COUNTS_H
#define WEB_COUNTS_H

#include <stdint.h>

struct web_call;

/* Visits the problems that were answered by the server of the call, each status and kind (of
 * web_problem, a constant) once. What came after the first WEB_REFUSALS_MAX pairs is told of its
 * status class (400, 500) as "others". From the server's lock: `visit` calls nothing of the web's.
 */
enum { WEB_REFUSALS_MAX = 128 };
void web_each_refusal(struct web_call *call,
                      void (*visit)(void *context, unsigned status, const char *kind,
                                    uint64_t count),
                      void *context);

/* What there is at the moment. */
struct web_depths {
    unsigned calls;   /* that are not answered yet */
    unsigned asks;    /* of these, that the reactor is asked for, or will be */
    unsigned streams; /* of events */
};
struct web_depths web_depths(struct web_call *call);

#endif
