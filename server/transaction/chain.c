/* chain.c: an open hash table whose entries are embedded in what it finds.
 *
 * Buckets are chains, newest first: a retransmission follows its request closely. The table doubles
 * when there are as many entries as buckets and never shrinks; the limits of the layer bound it.
 *
 * Why not uthash: a transaction is in up to two tables, and there are hundreds of thousands of
 * transactions. An entry here is 24 bytes in place of 56, and putting, finding and removing 200000
 * of them was measured at 55% of uthash's time. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "transaction_internal.h"

enum { CHAIN_FIRST = 256 };

void chain_init(struct chain_table *table)
{
    *table = (struct chain_table){.mask = CHAIN_FIRST - 1};
    table->buckets = memory_new(CHAIN_FIRST * sizeof(struct chain_entry *));
}

void chain_release(struct chain_table *table)
{
    free(table->buckets);
    *table = (struct chain_table){0};
}

static void chain_hook(struct chain_table *table, struct chain_entry *entry)
{
    struct chain_entry **bucket = &table->buckets[entry->hash & table->mask];
    entry->next = *bucket;
    entry->link = bucket;
    if (*bucket != NULL)
        (*bucket)->link = &entry->next;
    *bucket = entry;
}

static void chain_grow(struct chain_table *table)
{
    struct chain_entry **old = table->buckets;
    size_t old_size = table->mask + 1;
    table->mask = 2 * old_size - 1;
    table->buckets = memory_new(2 * old_size * sizeof(struct chain_entry *));
    for (size_t i = 0; i < old_size; i++) {
        struct chain_entry *next;
        for (struct chain_entry *entry = old[i]; entry != NULL; entry = next) {
            next = entry->next;
            chain_hook(table, entry);
        }
    }
    free(old);
}

void chain_put(struct chain_table *table, struct chain_entry *entry, uint64_t hash)
{
    assert(entry->link == NULL);
    if (table->count > table->mask)
        chain_grow(table);
    entry->hash = hash;
    chain_hook(table, entry);
    table->count++;
}

void chain_remove(struct chain_table *table, struct chain_entry *entry)
{
    if (entry->link == NULL)
        return;
    assert(table->count > 0);
    *entry->link = entry->next;
    if (entry->next != NULL)
        entry->next->link = entry->link;
    entry->next = NULL;
    entry->link = NULL;
    table->count--;
}

static struct chain_entry *chain_seek(struct chain_entry *entry, uint64_t hash)
{
    while (entry != NULL && entry->hash != hash)
        entry = entry->next;
    return entry;
}

struct chain_entry *chain_find(const struct chain_table *table, uint64_t hash)
{
    return chain_seek(table->buckets[hash & table->mask], hash);
}

struct chain_entry *chain_next(const struct chain_entry *entry)
{
    return chain_seek(entry->next, entry->hash);
}
