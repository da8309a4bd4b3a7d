/* owners.c: a table from addresses-of-record to rules, rosters and preferences.
 *
 * An owner is one allocation beside these. Only the store decides who is in the
 * table, so its hash needs no secret. */
#include <assert.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "pidf/rules.h"
#include "policy/policy_internal.h"

#define uthash_malloc(size) memory_new(size)
#include "base/table.h"

enum { SEED = 0, ROSTER_LEAST_BYTES = 64, ROSTER_LEAST = 4 };

/* Rosters. */

/* The address; `groups` gets what is behind it. */
static struct bytes roster_at(const struct roster *roster, size_t index, struct bytes *groups)
{
    size_t from = index > 0 ? roster->ends[index - 1] : 0;
    *groups = bytes_from(roster->texts + from, roster->ends[index] - from);
    return bytes_split(groups, '\n');
}

struct bytes roster_buddy(const struct roster *roster, size_t index)
{
    struct bytes groups;
    return roster_at(roster, index, &groups);
}

static size_t grown(size_t size, size_t least, size_t wanted)
{
    size = size > 0 ? size : least;
    while (size < wanted)
        size *= 2;
    return size;
}

static void roster_text(struct roster *roster, struct bytes text)
{
    size_t wanted = roster->length + text.length;
    assert(wanted <= UINT32_MAX);
    if (wanted > roster->size) {
        roster->size = grown(roster->size, ROSTER_LEAST_BYTES, wanted);
        roster->texts = memory_resize(roster->texts, roster->size);
    }
    if (text.length > 0)
        memcpy(roster->texts + roster->length, text.at, text.length);
    roster->length = wanted;
}

void roster_add(struct roster *roster, struct bytes buddy, struct bytes groups)
{
    assert(!bytes_empty(buddy) && bytes_index(buddy, '\n') < 0);
    assert(roster->count == 0 || bytes_compare(roster_buddy(roster, roster->count - 1), buddy) < 0);
    roster_text(roster, buddy);
    if (!bytes_empty(groups))
        roster_text(roster, BYTES("\n"));
    roster_text(roster, groups);
    if (roster->count == roster->ends_size) {
        roster->ends_size = grown(roster->ends_size, ROSTER_LEAST, roster->count + 1);
        roster->ends = memory_resize(roster->ends, roster->ends_size * sizeof(*roster->ends));
    }
    roster->ends[roster->count++] = (uint32_t)roster->length;
}

bool roster_has(const struct roster *roster, struct bytes buddy)
{
    size_t low = 0, high = roster->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = bytes_compare(buddy, roster_buddy(roster, middle));
        if (order == 0)
            return true;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

static bool has_line(struct bytes lines, struct bytes line)
{
    while (!bytes_empty(lines)) {
        if (bytes_equal(bytes_split(&lines, '\n'), line))
            return true;
    }
    return false;
}

size_t roster_group(const struct roster *roster, struct bytes group,
                    void (*visit)(void *context, struct bytes buddy), void *context)
{
    assert(!bytes_empty(group) && visit != NULL);
    size_t count = 0;
    for (size_t i = 0; i < roster->count; i++) {
        struct bytes groups, buddy = roster_at(roster, i, &groups);
        if (!has_line(groups, group))
            continue;
        visit(context, buddy);
        count++;
    }
    return count;
}

void roster_release(struct roster *roster)
{
    free(roster->texts);
    free(roster->ends);
    *roster = (struct roster){0};
}

/* Preferences. */

void choices_add(struct choices *choices, struct bytes name, struct bytes value)
{
    assert(!bytes_empty(name) && bytes_index(name, '\n') < 0);
    assert(!bytes_empty(value) && bytes_index(value, '\n') < 0);
    size_t length = choices->length + name.length + value.length + 2;
    choices->lines = memory_resize(choices->lines, length);
    struct buffer out = buffer_over(choices->lines + choices->length, length - choices->length);
    buffer_put(&out, name);
    buffer_char(&out, '\n');
    buffer_put(&out, value);
    buffer_char(&out, '\n');
    assert(!out.overflow);
    choices->length = length;
}

struct bytes choices_find(const struct choices *choices, struct bytes name)
{
    struct bytes lines = bytes_from(choices->lines, choices->length);
    while (!bytes_empty(lines)) {
        struct bytes found = bytes_split(&lines, '\n'), value = bytes_split(&lines, '\n');
        if (bytes_equal(found, name))
            return value;
    }
    return BYTES("");
}

void choices_release(struct choices *choices)
{
    free(choices->lines);
    *choices = (struct choices){NULL};
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
    choices_release(&entry->owner.choices);
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
    return owner->rules == NULL && !owner->broken && owner->roster.count == 0 &&
           owner->choices.length == 0;
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
