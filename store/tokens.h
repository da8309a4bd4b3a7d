/* tokens.h: who may call the HTTP API: tokens in the database file, by their digest alone.
 *
 * Each call is one durable transaction on a connection of accounts.h, beside a running server. */
#ifndef STORE_TOKENS_H
#define STORE_TOKENS_H

#include "store/accounts.h"

struct store_token {
    struct bytes id;     /* short, public: names it in lists */
    struct bytes digest; /* 32 bytes: SHA-256 of the token */
    struct bytes name;   /* what it is for */
    struct bytes scopes; /* "rosters:read people:write", or "*" */
    uint64_t made_ms, expires_ms /* 0: never */,
        used_ms /* 0: never; of the hour, and not before it was made */;
};

/* Adds one; ERR_CONFLICT: its id is there, ERR_LIMIT: there are `most` already. */
enum err token_add(struct account_file *file, const struct store_token *token, unsigned most)
    __attribute__((warn_unused_result));
/* ERR_NOT_FOUND: there is none with this id. */
enum err token_revoke(struct account_file *file, struct bytes id)
    __attribute__((warn_unused_result));

/* Visits all, by the time they were made; or the one with this digest, with this id
 * (ERR_NOT_FOUND). */
typedef void (*token_visit_fn)(void *context, const struct store_token *token);
enum err token_list(struct account_file *file, token_visit_fn visit, void *context)
    __attribute__((warn_unused_result));
enum err token_find(struct account_file *file, struct bytes digest, token_visit_fn visit,
                    void *context) __attribute__((warn_unused_result));
enum err token_read(struct account_file *file, struct bytes id, token_visit_fn visit, void *context)
    __attribute__((warn_unused_result));

/* Notes when it was used last. */
enum err token_used(struct account_file *file, struct bytes id, uint64_t used_ms)
    __attribute__((warn_unused_result));

/* True when there is any. */
enum err token_any(struct account_file *file, bool *any) __attribute__((warn_unused_result));

#endif
