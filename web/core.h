/* core.h: the parts of the reactor that `live` functions look at and order about, on its thread. */
#ifndef WEB_CORE_H
#define WEB_CORE_H

#include <stdint.h>

struct web_core {
    struct world *world;
    struct log *log;
    struct metrics *metrics;
    struct store *store;
    struct front *front;
    struct domains *domains;
    struct accounts *accounts;
    struct policy *policy;
    struct registrar *registrar;
    struct proxy *proxy;
    struct presence *presence;
    struct im *im;
    const struct trace *trace; /* NULL: off */
    struct feed *feed;
    struct hooks *hooks;
    const struct http *http; /* NULL: nothing is posted */
    const struct config *config;
    const struct web_operations *operations; /* of the process; NULL: there are none */
    uint64_t begun_ms; /* wall clock, when this life of the server began; 0: nobody says */
};

#endif
