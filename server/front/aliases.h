/* aliases.h: other names of accounts. Whoever makes an address-of-record of something that a peer
 * or a person wrote (front/domains.h) gets the account's own name by it, so nobody else needs to
 * know that there are aliases; nothing is ever kept under one.
 *
 * The reactor changes them, web threads look them up, too: it has a lock of its own, which nobody
 * takes while there are none. */
#ifndef FRONT_ALIASES_H
#define FRONT_ALIASES_H

#include "base/buffer.h"
#include "base/bytes.h"

enum { ALIASED_MAX = 1024 }; /* bytes of the name of an account that has some, at most */

struct aliases;
struct aliases *aliases_new(uint64_t hash_seed);
void aliases_free(struct aliases **aliases);

/* An alias leads to this account from now on; empty: to none. */
void aliases_put(struct aliases *aliases, struct bytes alias, struct bytes aor);

/* Writes the account's name when this is an alias; false: it is none, and nothing is written. */
bool aliases_resolve(const struct aliases *aliases, struct bytes name, struct buffer *out);

/* Visits the other names of an account until `visit` says true; whether it did. It calls nothing of
 * this. */
bool aliases_any(const struct aliases *aliases, struct bytes aor,
                 bool (*visit)(void *context, struct bytes alias), void *context);
size_t aliases_count(const struct aliases *aliases);

#endif
