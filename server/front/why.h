/* why.h: why requests are refused, by a fixed vocabulary: for those who count, and never in words
 * that a peer has chosen.
 *
 * A refusal's reason is what its check says (front_request.why), else the step of the routing table
 * that refused it, else what its status means when a handler says it. */
#ifndef FRONT_WHY_H
#define FRONT_WHY_H

#include <stdint.h>

struct front;

#define FRONT_WHYS_LIST(X)           \
    X(USUAL, "other")                \
    X(BREADTH, "breadth")            \
    X(BUSY, "busy")                  \
    X(CHANGED, "changed")            \
    X(CONSENT, "consent")            \
    X(DIALOG, "no-dialog")           \
    X(EVENT, "event")                \
    X(EXTENSION, "extension")        \
    X(FLOW, "flow-gone")             \
    X(FORBIDDEN, "forbidden")        \
    X(INTERVAL, "too-brief")         \
    X(LIMIT, "limit")                \
    X(LOOP, "loop")                  \
    X(MALFORMED, "malformed")        \
    X(NOT_OWN, "not-own")            \
    X(ORDER, "order")                \
    X(POLICY, "policy")              \
    X(RATE, "rate")                  \
    X(SILENCE, "no-answer")          \
    X(SIZE, "too-large")             \
    X(STRANGER, "stranger")          \
    X(TYPE, "type")                  \
    X(UNABLE, "unable")              \
    X(UNKNOWN_RULES, "rules-unread") \
    X(UNREACHABLE, "unreachable")    \
    X(USER, "no-user")

enum front_why {
#define FRONT_WHY_ENUM(name, word) FRONT_WHY_##name,
    FRONT_WHYS_LIST(FRONT_WHY_ENUM)
#undef FRONT_WHY_ENUM
        FRONT_WHYS
};

/* Counts what was refused without front_refuse, after its handler has returned. USUAL: what the
 * status means. A status that is no refusal is not counted. */
void front_count_refusal(struct front *front, unsigned status, enum front_why why);

/* Visits what was refused, challenges not counted, each status and reason (a constant word) once.
 */
void front_each_refusal(const struct front *front,
                        void (*visit)(void *context, unsigned status, const char *reason,
                                      uint64_t count),
                        void *context);

#endif
