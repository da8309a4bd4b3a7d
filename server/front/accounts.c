/* accounts.c: the users in memory.
 *
 * A hash table keyed by a secret, since who is looked up is up to the network. An account is one
 * allocation: the account, its place in the table, the text of its address-of-record. */
#include "front/accounts.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "sip/uri.h"

#define uthash_malloc(size) memory_new(size)
#include <uthash.h>

struct account_entry {
    struct account account;
    uint64_t born; /* another one of this name has another */
    UT_hash_handle hh;
    char aor[];
};

struct accounts {
    struct account_entry *table;
    struct aliases *aliases;
    uint64_t hash_seed;
    bool known;                                       /* they have been read once */
    void (*removed)(void *context, struct bytes aor); /* NULL: nobody wants to know */
    void *context;
    void (*disabled)(void *context, struct bytes aor); /* likewise */
    void *disabled_context;
    void (*lost)(void *context, struct bytes aor, struct bytes alias); /* likewise */
    void *lost_context;
};

struct accounts *accounts_new(uint64_t hash_seed)
{
    struct accounts *accounts = memory_new(sizeof(*accounts));
    accounts->hash_seed = hash_seed;
    accounts->aliases = aliases_new(hash_seed);
    return accounts;
}

/* Secrets do not stay behind in freed memory. */
static void entry_free(struct account_entry *entry)
{
    explicit_bzero(entry->account.ha1, sizeof(entry->account.ha1));
    free(entry);
}

void accounts_free(struct accounts **accounts)
{
    assert(accounts != NULL);
    if (*accounts == NULL)
        return;
    struct account_entry *entry = (*accounts)->table;
    HASH_CLEAR(hh, (*accounts)->table); /* the table alone; its entries stay linked */
    while (entry != NULL) {
        struct account_entry *next = entry->hh.next;
        entry_free(entry);
        entry = next;
    }
    aliases_free(&(*accounts)->aliases);
    free(*accounts);
    *accounts = NULL;
}

static unsigned entry_hash(const struct accounts *accounts, struct bytes aor)
{
    return (unsigned)bytes_hash(aor, accounts->hash_seed);
}

static struct account_entry *entry_find(const struct accounts *accounts, struct bytes aor)
{
    struct account_entry *found = NULL;
    if (!bytes_empty(aor))
        HASH_FIND_BYHASHVALUE(hh, accounts->table, aor.at, aor.length, entry_hash(accounts, aor),
                              found);
    return found;
}

static struct account_entry *entry_add(struct accounts *accounts, struct bytes aor)
{
    struct account_entry *entry = memory_new(sizeof(*entry) + aor.length + 1);
    memcpy(entry->aor, aor.at, aor.length);
    entry->account.aor = bytes_from(entry->aor, aor.length);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, accounts->table, entry->aor, aor.length,
                                entry_hash(accounts, aor), entry);
    return entry;
}

/* A stored HA1 of a length that its algorithm does not have is as good as none. */
static struct digest_hex entry_ha1(struct bytes stored, enum digest_algorithm algorithm)
{
    struct digest_hex hex = {.text = ""};
    size_t wanted = algorithm == DIGEST_MD5 ? 32 : 64;
    if (stored.length == wanted)
        memcpy(hex.text, stored.at, wanted);
    return hex;
}

void accounts_watch(struct accounts *accounts, void (*removed)(void *context, struct bytes aor),
                    void *context)
{
    assert(accounts != NULL && removed != NULL);
    accounts->removed = removed;
    accounts->context = context;
}

void accounts_watch_disabled(struct accounts *accounts,
                             void (*disabled)(void *context, struct bytes aor), void *context)
{
    assert(accounts != NULL && disabled != NULL);
    accounts->disabled = disabled;
    accounts->disabled_context = context;
}

void accounts_watch_aliases(struct accounts *accounts,
                            void (*lost)(void *context, struct bytes aor, struct bytes alias),
                            void *context)
{
    assert(accounts != NULL && lost != NULL);
    accounts->lost = lost;
    accounts->lost_context = context;
}

void accounts_each(const struct accounts *accounts, struct bytes domain,
                   void (*visit)(void *context, struct bytes aor), void *context)
{
    assert(accounts != NULL && visit != NULL);
    const struct account_entry *entry, *next;
    HASH_ITER(hh, accounts->table, entry, next)
    {
        if (!entry->account.disabled && bytes_equal(sip_aor_domain(entry->account.aor), domain))
            visit(context, entry->account.aor);
    }
}

static void accounts_remove(struct accounts *accounts, struct bytes aor)
{
    struct account_entry *entry = entry_find(accounts, aor);
    if (entry == NULL)
        return;
    HASH_DEL(accounts->table, entry);
    if (accounts->removed != NULL)
        accounts->removed(accounts->context, aor);
    entry_free(entry);
}

/* Takes in one row of the store. */
static void accounts_take(void *context, const struct store_account *stored)
{
    struct accounts *accounts = context;
    assert(!bytes_empty(stored->aor));
    if (stored->removed) {
        accounts_remove(accounts, stored->aor);
        return;
    }
    struct account_entry *entry = entry_find(accounts, stored->aor);
    if (entry != NULL && entry->born != stored->born) { /* it was removed and made anew */
        accounts_remove(accounts, stored->aor);
        entry = NULL;
    }
    if (entry == NULL)
        entry = entry_add(accounts, stored->aor);
    entry->born = stored->born;
    for (int i = 0; i < DIGEST_COUNT; i++)
        entry->account.ha1[i] = entry_ha1(stored->ha1[i], (enum digest_algorithm)i);
    bool before = entry->account.disabled;
    entry->account.disabled = stored->disabled;
    if (stored->disabled && !before && accounts->disabled != NULL)
        accounts->disabled(accounts->disabled_context, entry->account.aor);
}

static void take_alias(void *context, const struct store_alias *stored)
{
    struct accounts *accounts = context;
    struct bytes aor = stored->removed ? BYTES("") : stored->aor;
    char text[ALIASED_MAX];
    struct buffer before = buffer_over(text, sizeof(text));
    bool had = aliases_resolve(accounts->aliases, stored->alias, &before) && !before.overflow;
    aliases_put(accounts->aliases, stored->alias, aor);
    if (had && !bytes_equal(buffer_bytes(&before), aor) && accounts->lost != NULL)
        accounts->lost(accounts->lost_context, buffer_bytes(&before), stored->alias);
}

const struct aliases *accounts_aliases(const struct accounts *accounts)
{
    assert(accounts != NULL);
    return accounts->aliases;
}

enum err accounts_refresh(struct accounts *accounts, struct store *store)
{
    assert(accounts != NULL && store != NULL);
    enum err err = store_load_aliases(store, take_alias, accounts);
    if (err == ERR_NONE)
        err = store_load_accounts(store, accounts_take, accounts);
    accounts->known = accounts->known || err == ERR_NONE;
    return err;
}

const struct account *accounts_find(const struct accounts *accounts, struct bytes aor)
{
    assert(accounts != NULL);
    const struct account_entry *entry = entry_find(accounts, aor);
    return entry != NULL ? &entry->account : NULL;
}

bool accounts_gone(const struct accounts *accounts, struct bytes aor)
{
    assert(accounts != NULL);
    return accounts->known && entry_find(accounts, aor) == NULL;
}

bool accounts_disabled(const struct accounts *accounts, struct bytes aor)
{
    const struct account *account = accounts_find(accounts, aor);
    return account != NULL && account->disabled;
}

size_t accounts_count(const struct accounts *accounts)
{
    assert(accounts != NULL);
    return HASH_COUNT(accounts->table);
}
