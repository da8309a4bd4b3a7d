/* tables_internal.h: the containers of this folder. */
#ifndef TRANSACTION_TABLES_INTERNAL_H
#define TRANSACTION_TABLES_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/holder.h"

/* chain.c: a hash table of entries that are embedded in what it finds. The hash is the caller's and
 * keyed (bytes_hash with the layer's seed); equal hashes may be put more than once, and whoever
 * looks compares the rest. Nothing is allocated for an entry. */
struct chain_entry {
    struct chain_entry *next, **link; /* link NULL: in no table */
    uint64_t hash;
};
struct chain_table {
    struct chain_entry **buckets;
    size_t mask, count;
};
void chain_init(struct chain_table *table);
void chain_release(struct chain_table *table); /* entries are not touched */
void chain_put(struct chain_table *table, struct chain_entry *entry, uint64_t hash);
void chain_remove(struct chain_table *table, struct chain_entry *entry); /* if it is there */
/* The first entry with this hash, and the next one with the same; NULL: no more. */
struct chain_entry *chain_find(const struct chain_table *table, uint64_t hash);
struct chain_entry *chain_next(const struct chain_entry *entry);

/* echoes.c: the branches of client transactions that are Completed. */
struct echo {
    uint64_t hash, due_ms, previous;
};
struct echoes {
    struct echo *ring;
    uint64_t *newest; /* by hash: number of the newest echo, 0: none */
    uint64_t last;    /* number of the last one added */
};
enum { ECHOES_MAX = 65536 };
void echoes_init(struct echoes *echoes);
void echoes_release(struct echoes *echoes);
/* Remembers a branch until `due_ms`, which never goes back from call to call. */
void echoes_add(struct echoes *echoes, uint64_t hash, uint64_t due_ms);
bool echoes_find(const struct echoes *echoes, uint64_t hash, uint64_t now_ms);

#endif
