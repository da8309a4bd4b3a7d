/* server_internal.h: what the files of the server side share. */
#ifndef TRANSACTION_SERVER_INTERNAL_H
#define TRANSACTION_SERVER_INTERNAL_H

#include "transaction_internal.h"

/* A copy of a request and of its bytes. */
struct kept_request {
    struct kept_request *next; /* of the dead */
    struct sip_message message;
    char raw[];
};

struct server_transaction {
    struct chain_entry entry;
    struct server_transaction *older, *newer; /* of its stage; `older` of the dead */
    struct transaction_layer *layer;
    uint64_t handle;
    uint64_t due_ms;  /* when it leaves its stage */
    uint64_t ends_ms; /* the client gives up (timer F) */
    struct store_wait wait;
    struct reply_path path;
    struct kept_request *kept;
    char *response; /* the final one, or before a reply the 100 that may become necessary */
    size_t response_length;
    enum server_stage stage;
    bool replied;
    size_t key_length;
    char key[];
};

/* keep.c: copies a request and what was parsed of it; freed with free(). What it takes. */
struct kept_request *kept_new(const struct sip_message *message);
size_t kept_size(const struct kept_request *kept);

#endif
