/* memory.c: allocation that does not fail.
 *
 * A server that cannot get a few bytes cannot keep its promises either: it says so and ends, and
 * the restart brings back everything acknowledged. This is the one place where that happens. */
#include "base/memory.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static void *memory_check(void *fresh, size_t size)
{
    if (fresh != NULL)
        return fresh;
    fprintf(stderr,
            "herald: out of memory (%zu bytes wanted); give the process more memory or lower the "
            "limits in the configuration\n",
            size);
    abort();
}

void *memory_new(size_t size)
{
    /* calloc(0) may give NULL without having failed */
    return memory_check(calloc(1, size > 0 ? size : 1), size);
}

void *memory_resize(void *old, size_t size)
{
    return memory_check(realloc(old, size > 0 ? size : 1), size);
}

char *memory_copy(struct bytes slice)
{
    assert(slice.length < SIZE_MAX);
    char *copy = memory_resize(NULL, slice.length + 1);
    if (slice.length > 0)
        memcpy(copy, slice.at, slice.length);
    copy[slice.length] = '\0';
    return copy;
}
