/* owners.c: a table from addresses-of-record to rules and rosters.
 *
 * An owner is one allocation beside its rules and its roster. Only the store decides who is in the
 * table, so its hash needs no secret. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "pidf/rules.h"
#include "policy/policy_internal.h"

#define uthash_malloc(size) memory_new(size)
#include "base/table.h"

enum { SEED = 0, ROSTER_LEAST_BYTES = 64, ROSTER_LEAST = 4 };

/* Rosters. */

static struct bytes roster_at(const struct roster *roster, size_t index)
{
    size_t from = index > 0 ? roster->ends[index - 1] : 0;
    return bytes_from(roster->texts + from, roster->ends[index] - from);
}

static size_t grown(size_t size, size_t least, size_t wanted)
{
    size = size > 0 ? size : least;
    while (size < wanted)
        size *= 2;
    return size;
}

void roster_add(struct roster *roster, struct bytes buddy)
{
    assert(!bytes_empty(buddy) && roster->length + buddy.length <= UINT32_MAX);
    assert(roster->count == 0 || bytes_compare(roster_at(roster, roster->count - 1), buddy) < 0);
    if (roster->length + buddy.length > roster->size) {
        roster->size = grown(roster->size, ROSTER_LEAST_BYTES, roster->length + buddy.length);
        roster->texts = memory_resize(roster->texts, roster->size);
    }
    if (roster->count == roster->ends_size) {
        roster->ends_size = grown(roster->ends_size, ROSTER_LEAST, roster->count + 1);
        roster->ends = memory_resize(roster->ends, roster->ends_size * sizeof(*roster->ends));
    }
    memcpy(roster->texts + roster->length, buddy.at, buddy.length);
    roster->length += buddy.length;
    roster->ends[roster->count++] = (uint32_t)roster->length;
}

bool roster_has(const struct roster *roster, struct bytes buddy)
{
    size_t low = 0, high = roster->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = bytes_compare(buddy, roster_at(roster, middle));
        if (order == 0)
            return true;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

void roster_release(struct roster *roster)
{
    free(roster->texts);
    free(roster->ends);
    *roster = (struct roster){0};
}

/* Owners. */

struct entry {
    struct owner owner;
    UT_hash_handle hh;
    size_t length;
    char aor[];
};

struct owners {
    struct entry *table;
};

struct owners *owners_new(void)
{
    return memory_new(sizeof(struct owners));
}

static void entry_free(struct entry *entry)
{
    rules_free(&entry->owner.rules);
    roster_release(&entry->owner.roster);
    free(entry);
}

void owners_free(struct owners **owners)
{
    assert(owners != NULL);
    struct owners *old = *owners;
    *owners = NULL;
    if (old == NULL)
        return;
    struct entry *entry = old->table;
    HASH_CLEAR(hh, old->table); /* the table alone; its entries stay linked */
    while (entry != NULL) {
        struct entry *next = entry->hh.next;
        entry_free(entry);
        entry = next;
    }
    free(old);
}

static struct entry *find(const struct owners *owners, struct bytes aor)
{
    struct entry *found = NULL;
    if (!bytes_empty(aor))
        TABLE_FIND(owners->table, aor.at, aor.length, SEED, found);
    return found;
}

struct owner *owners_find(const struct owners *owners, struct bytes aor)
{
    struct entry *found = find(owners, aor);
    return found != NULL ? &found->owner : NULL;
}

struct owner *owners_take(struct owners *owners, struct bytes aor)
{
    assert(!bytes_empty(aor));
    struct entry *entry = find(owners, aor);
    if (entry != NULL)
        return &entry->owner;
    entry = memory_new(sizeof(*entry) + aor.length + 1);
    memcpy(entry->aor, aor.at, aor.length);
    entry->length = aor.length;
    TABLE_ADD(owners->table, entry->aor, entry->length, SEED, entry);
    return &entry->owner;
}

static bool has_nothing(const struct owner *owner)
{
    return owner->rules == NULL && !owner->broken && owner->roster.count == 0;
}

/* Takes the content of `entry` over. */
static void replace(struct owners *owners, struct entry *entry)
{
    struct entry *old = find(owners, bytes_from(entry->aor, entry->length));
    if (old != NULL) {
        HASH_DELETE(hh, owners->table, old);
        entry_free(old);
    }
    if (has_nothing(&entry->owner))
        return;
    struct owner *owner = owners_take(owners, bytes_from(entry->aor, entry->length));
    *owner = entry->owner;
    entry->owner = (struct owner){NULL};
}

void owners_replace(struct owners *owners, struct owners *fresh,
                    void (*moved)(void *context, struct bytes aor), void *context)
{
    assert(owners != fresh && moved != NULL);
    for (struct entry *entry = fresh->table; entry != NULL; entry = entry->hh.next)
        replace(owners, entry);
    for (struct entry *entry = fresh->table; entry != NULL; entry = entry->hh.next)
        moved(context, bytes_from(entry->aor, entry->length));
}
