/* gateway.h: the other end of what the server posts by HTTP, played by the script. */
#ifndef TESTS_SCENARIO_GATEWAY_H
#define TESTS_SCENARIO_GATEWAY_H

#include "http/http.h"
#include "page.h"

enum { GATEWAY_POSTS_MAX = 64 };

struct gateway {
    struct http_try *tries[GATEWAY_POSTS_MAX]; /* that have no answer yet, oldest first */
    size_t count;
    size_t seen;       /* of these, that the script expected */
    struct page *wire; /* what was posted is written there */
    const char *fault; /* NULL: none */
};

/* The carrier for the server's next life. */
struct http_carrier gateway_carrier(struct gateway *gateway);

#endif
