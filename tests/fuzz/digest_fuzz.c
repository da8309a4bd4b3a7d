/* digest_fuzz.c: whatever stands in an Authorization field is refused or read, and what was read
 * lies inside it; the response to it can be computed. */
#include <stdlib.h>

#include "sip/digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void insist(bool holds)
{
    if (!holds)
        abort();
}

static void insist_inside(struct bytes part, const char *text, size_t size)
{
    if (bytes_empty(part))
        return;
    insist(part.at >= text && part.length <= size && part.at + part.length <= text + size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1); /* exactly as long, so that a byte too far is seen */
    insist(text != NULL);
    memcpy(text, data, size);
    text = realloc(text, size > 0 ? size : 1);
    struct digest_credentials c;
    struct verdict v = digest_credentials_parse(bytes_from(text, size), &c);
    const struct bytes parts[] = {c.username, c.realm,  c.nonce, c.uri, c.response,
                                  c.cnonce,   c.opaque, c.qop,   c.nc};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        insist_inside(parts[i], text, size);
    insist(verdict_ok(v) || (v.status == 400 && v.reason != NULL && v.offset <= size));
    if (verdict_ok(v) && c.algorithm < DIGEST_COUNT) {
        struct digest_engine *engine = digest_engine_new();
        struct digest_hex ha1 = digest_ha1(engine, c.algorithm, c.username, c.realm, BYTES("pw"));
        struct digest_hex response =
            digest_response(engine, &c, ha1.text, BYTES("REGISTER"), BYTES("body"));
        insist(strlen(response.text) == (c.algorithm == DIGEST_MD5 ? 32 : 64));
        digest_engine_free(&engine);
    }
    free(text);
    return 0;
}
