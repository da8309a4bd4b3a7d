/* accounts.h: the users in memory, as the store has them. */
#ifndef FRONT_ACCOUNTS_H
#define FRONT_ACCOUNTS_H

#include "front/aliases.h"
#include "sip/digest.h"
#include "store/store.h"

struct account {
    struct bytes aor;
    struct digest_hex ha1[DIGEST_COUNT]; /* empty text: not known for this algorithm */
    bool disabled;                       /* may do nothing, and is there all the same */
};

struct accounts;
struct accounts *accounts_new(uint64_t hash_seed);
void accounts_free(struct accounts **accounts);

/* Takes in what changed in the store since the last call (at first: all). */
enum err accounts_refresh(struct accounts *accounts, struct store *store)
    __attribute__((warn_unused_result));

/* The other names that they have; as long as the accounts. */
const struct aliases *accounts_aliases(const struct accounts *accounts);

/* Has `removed` called for each account that a refresh takes away, when it has gone. */
void accounts_watch(struct accounts *accounts, void (*removed)(void *context, struct bytes aor),
                    void *context);

/* Has `disabled` called for each account that a refresh finds disabled and that was not. */
void accounts_watch_disabled(struct accounts *accounts,
                             void (*disabled)(void *context, struct bytes aor), void *context);

/* Has `lost` called for each alias that a refresh takes away from its account. */
void accounts_watch_aliases(struct accounts *accounts,
                            void (*lost)(void *context, struct bytes aor, struct bytes alias),
                            void *context);

/* Visits who is of a domain and not disabled, in the order in which they came. */
void accounts_each(const struct accounts *accounts, struct bytes domain,
                   void (*visit)(void *context, struct bytes aor), void *context);

/* The account of a canonical address-of-record, or NULL; borrowed until the next refresh. */
const struct account *accounts_find(const struct accounts *accounts, struct bytes aor);
/* True when there is no such account: what was stored for it while it lived has outlived it (an
 * account may go while the server is down). Never before the accounts could be read. */
bool accounts_gone(const struct accounts *accounts, struct bytes aor);
/* True when there is such an account and it is disabled. */
bool accounts_disabled(const struct accounts *accounts, struct bytes aor);
size_t accounts_count(const struct accounts *accounts);

#endif
