/* keep.h: a request that outlives its handling: what waits for it holds a copy. */
#ifndef FRONT_KEEP_H
#define FRONT_KEEP_H

#include "front/front.h"

struct server_transaction;

/* How many bytes of text front_keep packs. */
size_t front_keep_size(const struct front_request *request);

/* Copies a request and what it came by: the message stays with its transaction, the texts go to
 * *at, which moves on. The Route is left behind: it is a matter of the way in. */
void front_keep(const struct front_request *request, struct server_transaction *server,
                struct front_request *copy, struct incoming *incoming, char **at);

#endif
