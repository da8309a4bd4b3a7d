/* webhooks.h: whom events are posted to: rows of the database file, like tokens.h.
 *
 * A webhook belongs to no partition: they are few, and whoever serves reads them all. The secret is
 * kept as it is: it signs what is posted. */
#ifndef STORE_WEBHOOKS_H
#define STORE_WEBHOOKS_H

#include "store/accounts.h"
#include "store/store.h"

struct store_webhook {
    struct bytes id;     /* short, public: names it in lists */
    struct bytes url;    /* http: or https: */
    struct bytes types;  /* "presence,messages"; empty: all */
    struct bytes user;   /* canonical; empty: anybody's */
    struct bytes secret; /* that signs */
    struct bytes before; /* that signed before; empty: none did */
    bool active;
    uint64_t made_ms, secret_ms; /* the latter: since when the secret is this one */
};

/* Adds one, or takes the place of the one with its id. ERR_NOT_FOUND: its user has no account (any
 * more), so nobody would ever erase it; ERR_LIMIT: there are `most` others. */
enum err webhook_put(struct account_file *file, const struct store_webhook *webhook, unsigned most)
    __attribute__((warn_unused_result));
/* ERR_NOT_FOUND: there is none with this id. */
enum err webhook_delete(struct account_file *file, struct bytes id)
    __attribute__((warn_unused_result));

typedef void (*webhook_visit_fn)(void *context, const struct store_webhook *webhook);
/* All by the time they were made; or one (ERR_NOT_FOUND). */
enum err webhook_list(struct account_file *file, webhook_visit_fn visit, void *context)
    __attribute__((warn_unused_result));
enum err webhook_read(struct account_file *file, struct bytes id, webhook_visit_fn visit,
                      void *context) __attribute__((warn_unused_result));

/* On the reactor: all of them; blocks. And one is switched off, by a change set. */
enum err store_load_webhooks(struct store *store, webhook_visit_fn visit, void *context)
    __attribute__((warn_unused_result));
void store_silence_webhook(struct store_set *set, struct bytes id);

#endif
