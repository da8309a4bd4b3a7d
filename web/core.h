/* core.h: the parts of the reactor that `live` functions look at and order about, on its thread. */
#ifndef WEB_CORE_H
#define WEB_CORE_H

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
    const struct config *config;
};

#endif
