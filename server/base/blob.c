/* blob.c: immutable bytes with several owners: a count and the bytes in one allocation. */
#include "base/blob.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

struct blob {
    size_t owners;
    size_t length;
    char data[];
};

struct blob *blob_new(struct bytes slice)
{
    assert(slice.length <= SIZE_MAX - sizeof(struct blob));
    struct blob *blob = memory_resize(NULL, sizeof(*blob) + slice.length);
    blob->owners = 1;
    blob->length = slice.length;
    if (slice.length > 0)
        memcpy(blob->data, slice.at, slice.length);
    return blob;
}

struct blob *blob_ref(struct blob *blob)
{
    if (blob == NULL)
        return NULL;
    assert(blob->owners > 0 && blob->owners < SIZE_MAX);
    blob->owners++;
    return blob;
}

void blob_unref(struct blob **blob)
{
    struct blob *old = *blob;
    *blob = NULL;
    if (old == NULL)
        return;
    assert(old->owners > 0);
    if (--old->owners == 0)
        free(old);
}

struct bytes blob_bytes(const struct blob *blob)
{
    if (blob == NULL)
        return bytes_from(NULL, 0);
    return bytes_from(blob->data, blob->length);
}
