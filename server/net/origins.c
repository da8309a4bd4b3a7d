/* origins.c: a short list, looked through from front to back. */
#include "net/origins.h"

#include <stdlib.h>

#include "base/memory.h"

struct origins {
    bool any;
    size_t count;
    struct bytes sites[];
};

/* "https://example.org:8443" -> "example.org"; empty when it is none ("null"). */
static struct bytes origin_host(struct bytes origin)
{
    ptrdiff_t colon = bytes_index(origin, ':');
    struct bytes host = colon < 0 ? BYTES("") : bytes_skip(origin, (size_t)colon);
    if (!bytes_starts_with(host, BYTES("://")))
        return BYTES("");
    host = bytes_skip(host, 3);
    ptrdiff_t end = bytes_index(host, ']'); /* of an IPv6 address, which holds colons */
    if (host.length > 0 && host.at[0] == '[')
        return bytes_first(host, (size_t)(end + 1));
    end = bytes_index(host, ':');
    return end < 0 ? host : bytes_first(host, (size_t)end);
}

struct origins *origins_new(const char *const *sites)
{
    size_t count = 0, length = 0;
    for (; sites != NULL && sites[count] != NULL; count++)
        length += strlen(sites[count]);
    struct origins *origins =
        memory_new(sizeof(*origins) + count * sizeof(origins->sites[0]) + length);
    char *text = (char *)(origins->sites + count);
    origins->any = sites == NULL;
    for (size_t i = 0; i < count; i++) {
        origins->sites[i] = bytes_pack(&text, bytes_of(sites[i]));
        if (bytes_equal(origins->sites[i], BYTES("*")))
            origins->any = true;
    }
    origins->count = count;
    return origins;
}

void origins_free(struct origins **origins)
{
    free(*origins);
    *origins = NULL;
}

bool origins_allow(const struct origins *origins, struct bytes origin)
{
    struct bytes host = origin_host(origin);
    for (size_t i = 0; i < origins->count; i++) {
        if (bytes_equal_nocase(origins->sites[i], origin))
            return true;
        if (!bytes_empty(host) && bytes_equal_nocase(origins->sites[i], host))
            return true;
    }
    return origins->any;
}
