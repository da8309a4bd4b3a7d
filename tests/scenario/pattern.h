/* pattern.h: lines with holes.
 *
 * {name} matches what is known by that name; when nothing is, anything, which is known from then
 * on. {} matches anything. "..." at the end matches the rest. */
#ifndef TESTS_SCENARIO_PATTERN_H
#define TESTS_SCENARIO_PATTERN_H

#include "base/bytes.h"

enum { CAPTURES_MAX = 8 };

struct capture {
    struct bytes name, value;
};

struct match_context {
    const char *(*known)(void *context, struct bytes name);
    void *context;
    struct capture captures[CAPTURES_MAX]; /* what was learned */
    size_t count;
};

bool pattern_match(struct match_context *match, struct bytes pattern, struct bytes text);

#endif
