/* site.h: the HTTP API of this server: web/ over the parts of the reactor. */
#ifndef SERVER_SITE_H
#define SERVER_SITE_H

#include "config.h"
#include "reactor.h"

struct site;

/* Listens; makes the first token when there is none. `wake_fn` is called by web threads when
 * site_turn is wanted. NULL with a message for the operator. */
struct site_ground {
    struct reactor *reactor;
    const struct config *config;
    const struct web_operations *operations;
};
struct site *site_new(const struct site_ground *under, void (*wake_fn)(void *context),
                      void *wake_context, char *why, size_t why_size);
/* Before the reactor is freed: answers what is under way, ends the threads. */
void site_free(struct site **site);

/* On the reactor's thread. */
void site_turn(struct site *site);
void site_reload(struct site *site, const struct config *config);

/* Prints where it is, and the token that was made, once. */
void site_announce(struct site *site, const struct config *config);

#endif
