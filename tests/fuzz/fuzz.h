/* fuzz.h: what the fuzz targets share. A property that does not hold aborts. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdlib.h>

#include "base/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void insist(bool holds)
{
    if (!holds)
        abort();
}

/* A copy of exactly that size, so that the sanitizer sees a byte too far. free() it. */
static inline char *exact_copy(const uint8_t *data, size_t size)
{
    char *text = malloc(size > 0 ? size : 1);
    insist(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    return text;
}

/* A part is empty or lies inside the whole. */
static inline void insist_inside(struct bytes part, struct bytes whole)
{
    if (part.length == 0)
        return;
    insist(part.at >= whole.at && part.length <= whole.length &&
           part.at + part.length <= whole.at + whole.length);
}

#endif
