/* set_internal.h: a change set on its way: what the reactor writes and the writer reads. */
#ifndef STORE_SET_INTERNAL_H
#define STORE_SET_INTERNAL_H

#include <sqlite3.h>

#include "base/mailbox.h"
#include "store/database_internal.h"
#include "store/store.h"

enum {
    /* bytes of operations that a set holds without a second allocation: a subscription or two */
    SET_FIRST_BYTES = 928,
    /* and what the network may make of one: bodies are bounded far below by the front end */
    SET_BYTES_MAX = 64 << 20,
};

/* What lies in the writer's mailbox begins with this. */
enum item_kind { ITEM_SET, ITEM_CHECKPOINTED, ITEM_STOP };
struct item {
    struct letter letter;
    enum item_kind kind;
};

struct store_set {
    struct item item; /* first: a letter is its set */
    uint32_t generation;
    unsigned partition;
    uint64_t number;
    bool marker;       /* no operations: only tells the writer to refuse the generation */
    bool refused;      /* the writer's verdict */
    size_t used, size; /* of the operations */
    char *operations;  /* `first`, or on the heap */
    char first[SET_FIRST_BYTES];
};

struct store_set *set_new(unsigned partition);
void set_free(struct store_set **set);

/* Runs the set's operations within the open transaction; returns SQLite's code. */
int set_apply(const struct store_set *set, struct database *database);

#endif
