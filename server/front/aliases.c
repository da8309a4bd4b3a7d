/* aliases.c: a table from names to accounts, and one from accounts to their names. */
#include "front/aliases.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/memory.h"

#define uthash_malloc(size) memory_new(size)
#include "base/table.h"

struct alias {
    UT_hash_handle hh;
    struct alias *next; /* of its account */
    struct holder *holder;
    struct bytes name;
    char text[];
};

struct holder {
    UT_hash_handle hh;
    struct alias *first;
    struct bytes aor;
    char text[];
};

struct aliases {
    pthread_rwlock_t lock;
    atomic_size_t count;
    uint64_t seed;
    struct alias *names;
    struct holder *holders;
};

struct aliases *aliases_new(uint64_t hash_seed)
{
    struct aliases *aliases = memory_new(sizeof(*aliases));
    aliases->seed = hash_seed;
    atomic_init(&aliases->count, 0);
    pthread_rwlock_init(&aliases->lock, NULL);
    return aliases;
}

/* Reading is no change to whoever looks up. */
static void begin_reading(const struct aliases *aliases)
{
    pthread_rwlock_rdlock((pthread_rwlock_t *)&aliases->lock);
}

static void end(const struct aliases *aliases)
{
    pthread_rwlock_unlock((pthread_rwlock_t *)&aliases->lock);
}

static struct alias *find(const struct aliases *aliases, struct bytes name)
{
    struct alias *found = NULL;
    TABLE_FIND(aliases->names, name.at, name.length, aliases->seed, found);
    return found;
}

static struct holder *find_holder(const struct aliases *aliases, struct bytes aor)
{
    struct holder *found = NULL;
    TABLE_FIND(aliases->holders, aor.at, aor.length, aliases->seed, found);
    return found;
}

static void drop(struct aliases *aliases, struct alias *alias)
{
    struct holder *holder = alias->holder;
    struct alias **link = &holder->first;
    while (*link != alias)
        link = &(*link)->next;
    *link = alias->next;
    HASH_DELETE(hh, aliases->names, alias);
    free(alias);
    if (holder->first != NULL)
        return;
    HASH_DELETE(hh, aliases->holders, holder);
    free(holder);
}

static struct holder *need_holder(struct aliases *aliases, struct bytes aor)
{
    struct holder *holder = find_holder(aliases, aor);
    if (holder != NULL)
        return holder;
    holder = memory_new(sizeof(*holder) + aor.length);
    char *at = holder->text;
    holder->aor = bytes_pack(&at, aor);
    TABLE_ADD(aliases->holders, holder->aor.at, holder->aor.length, aliases->seed, holder);
    return holder;
}

static void add(struct aliases *aliases, struct bytes name, struct bytes aor)
{
    struct alias *alias = memory_new(sizeof(*alias) + name.length);
    char *at = alias->text;
    alias->name = bytes_pack(&at, name);
    alias->holder = need_holder(aliases, aor);
    alias->next = alias->holder->first;
    alias->holder->first = alias;
    TABLE_ADD(aliases->names, alias->name.at, alias->name.length, aliases->seed, alias);
}

void aliases_put(struct aliases *aliases, struct bytes alias, struct bytes aor)
{
    assert(!bytes_empty(alias) && !bytes_equal(alias, aor));
    pthread_rwlock_wrlock(&aliases->lock);
    struct alias *old = find(aliases, alias);
    if (old != NULL)
        drop(aliases, old);
    if (!bytes_empty(aor))
        add(aliases, alias, aor);
    atomic_store(&aliases->count, HASH_COUNT(aliases->names));
    end(aliases);
}

void aliases_free(struct aliases **aliases)
{
    struct alias *alias, *next;
    if (*aliases == NULL)
        return;
    HASH_ITER(hh, (*aliases)->names, alias, next)
    {
        drop(*aliases, alias);
    }
    pthread_rwlock_destroy(&(*aliases)->lock);
    free(*aliases);
    *aliases = NULL;
}

size_t aliases_count(const struct aliases *aliases)
{
    return atomic_load_explicit(&((struct aliases *)aliases)->count, memory_order_relaxed);
}

bool aliases_resolve(const struct aliases *aliases, struct bytes name, struct buffer *out)
{
    if (aliases_count(aliases) == 0 || bytes_empty(name))
        return false;
    begin_reading(aliases);
    const struct alias *found = find(aliases, name);
    if (found != NULL)
        buffer_put(out, found->holder->aor);
    end(aliases);
    return found != NULL;
}

bool aliases_any(const struct aliases *aliases, struct bytes aor,
                 bool (*visit)(void *context, struct bytes alias), void *context)
{
    bool stopped = false;
    if (aliases_count(aliases) == 0 || bytes_empty(aor))
        return false;
    begin_reading(aliases);
    const struct holder *holder = find_holder(aliases, aor);
    for (const struct alias *alias = holder != NULL ? holder->first : NULL;
         alias != NULL && !stopped; alias = alias->next)
        stopped = visit(context, alias->name);
    end(aliases);
    return stopped;
}
