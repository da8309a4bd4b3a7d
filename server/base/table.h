/* table.h: uthash tables with a keyed hash, so that a peer cannot choose collisions. An entry has a
 * UT_hash_handle `hh`; deleting and walking are uthash's own (HASH_DELETE, HASH_ITER). */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <uthash.h>

#include "base/bytes.h"

#define TABLE_HASH(key, length, seed) ((unsigned)bytes_hash(bytes_from(key, length), seed))

/* Sets `found` to the entry with this key, or NULL. */
#define TABLE_FIND(head, key, length, seed, found) \
    HASH_FIND_BYHASHVALUE(hh, head, key, length, TABLE_HASH(key, length, seed), found)

/* Adds an entry; the key lives in it. */
#define TABLE_ADD(head, key, length, seed, entry) \
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, head, key, length, TABLE_HASH(key, length, seed), entry)

#endif
