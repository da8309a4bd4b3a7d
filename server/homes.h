/* homes.h: which partitions a reactor serves.
 *
 * A partition is loaded at start and when the store has refused its changes. One that cannot be
 * loaded is closed: nothing of it is held in memory, nobody is told anything of it, and requests
 * for its users are answered 503 (front/step_home.c). What is durable stays as it is. Loading is
 * tried again with growing pauses, and then the partition is opened. */
#ifndef SERVER_HOMES_H
#define SERVER_HOMES_H

#include "im/im.h"
#include "presence/presence.h"
#include "proxy/lines.h"
#include "registrar/registrar.h"

struct homes;

/* What a partition is loaded into, and who is told; all of it outlives the homes. */
struct homes_parts {
    struct front *front;
    struct registrar *registrar;
    struct proxy *proxy;
    struct presence *presence;
    struct im *im;
};

struct homes *homes_new(const struct homes_parts *parts);
void homes_free(struct homes **homes);

/* Loads the partition, or closes it for as long as it cannot be loaded. */
void homes_load(struct homes *homes, unsigned partition);

/* Takes rules and rosters that changed from the store; when they cannot be read (policy.h says what
 * that means for watchers), tries again until they can. */
void homes_refresh_policy(struct homes *homes);

/* Takes over the accounts, and the domains that were made while the server runs: those first,
 * because who is of a domain that is not served is a stranger. */
enum err homes_refresh_people(struct homes *homes) __attribute__((warn_unused_result));

/* The accounts in memory are not those of the store (reading them failed): tries again too. */
void homes_retry_accounts(struct homes *homes);

#endif
