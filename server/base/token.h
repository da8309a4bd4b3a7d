/* token.h: names that we make and that come back: To-tags, branches, entity-tags.
 *
 * A token begins with the partition it belongs to and the epoch that made it, so that an answer or
 * a request inside a dialog finds its home whatever reactor received it, and what an earlier life
 * of the server made is recognised. Form: two base32 characters (partition), the epoch in base32,
 * '.', then random base32 characters: only characters of a SIP token, case does not matter. */
#ifndef BASE_TOKEN_H
#define BASE_TOKEN_H

#include "base/bytes.h"
#include "base/world.h"

enum {
    PARTITIONS = 1024,
    TOKEN_RANDOM = 16, /* characters: 80 bits */
    TOKEN_SIZE = 2 + 13 + 1 + TOKEN_RANDOM + 1
};

struct token {
    char text[TOKEN_SIZE]; /* NUL-terminated */
};

/* The partition (0 to 1023) of a canonical address-of-record: fixed for ever by the database, so
 * the hash never changes (FNV-1a, 64 bits, folded). */
unsigned partition_of(struct bytes aor);

/* A new token of a partition and an epoch. */
struct token token_make(struct world *world, unsigned partition, uint64_t epoch);

/* Like token_make, but the part after '.' is a keyed hash of `of` in place of randomness: the same
 * input gives the same token (answers without state, RFC 3261 8.2.7). */
struct token token_derive(unsigned partition, uint64_t epoch, struct bytes of, uint64_t key);

/* Reads partition and epoch back; false when it is not one of ours. */
bool token_parse(struct bytes text, unsigned *partition, uint64_t *epoch);

static inline struct bytes token_bytes(const struct token *token)
{
    return bytes_of(token->text);
}

#endif
