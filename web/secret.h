/* secret.h: new tokens. Only their digest is kept. */
#ifndef WEB_SECRET_H
#define WEB_SECRET_H

#include "store/tokens.h"

enum { WEB_TOKENS_MAX = 1000 };

struct web_secret {
    char text[64]; /* "hld_...", what the caller sends */
    char id[24];   /* "t-3f9a..." */
    unsigned char digest[32];
};

/* From the system's randomness; false: it has none. */
bool web_secret_make(struct web_secret *secret);

/* A row for a new one; slices of the arguments. */
struct store_token web_secret_row(const struct web_secret *secret, struct bytes name,
                                  struct bytes scopes, uint64_t made_ms, uint64_t expires_ms);

#endif
