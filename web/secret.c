/* secret.c: 256 random bits as text, with a name before them that scanners of leaks can find. */
#include "web/secret.h"

#include <openssl/evp.h>
#include <sys/random.h>

#include "base/base64.h"

bool web_secret_make(struct web_secret *secret)
{
    unsigned char random[32], id[6];
    *secret = (struct web_secret){0};
    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random) ||
        getrandom(id, sizeof(id), 0) != (ssize_t)sizeof(id))
        return false;
    struct buffer text = buffer_over(secret->text, sizeof(secret->text) - 1);
    buffer_text(&text, "hld_");
    base64url_write(bytes_from(random, sizeof(random)), &text);
    struct buffer name = buffer_over(secret->id, sizeof(secret->id) - 1);
    buffer_text(&name, "t-");
    buffer_hex(&name, id, sizeof(id));
    explicit_bzero(random, sizeof(random));
    return EVP_Digest(secret->text, text.length, secret->digest, NULL, EVP_sha256(), NULL) == 1;
}

struct store_token web_secret_row(const struct web_secret *secret, struct bytes name,
                                  struct bytes scopes, uint64_t made_ms, uint64_t expires_ms)
{
    return (struct store_token){
        .id = bytes_of(secret->id),
        .digest = bytes_from(secret->digest, sizeof(secret->digest)),
        .name = name,
        .scopes = scopes,
        .made_ms = made_ms,
        .expires_ms = expires_ms,
    };
}
