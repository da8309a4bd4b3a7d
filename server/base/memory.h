/* memory.h: allocation that does not fail.
 *
 * Fixed-size allocations end the process here, at one place, when there is no memory left. Whatever
 * the network sizes has a ceiling before it comes here. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

#include "base/bytes.h"

/* `size` zeroed bytes; free() them. */
void *memory_new(size_t size);

/* Grows or shrinks what memory_new gave; new bytes are not zeroed. */
void *memory_resize(void *old, size_t size);

/* A copy of the slice, with a NUL behind it; free() it. */
char *memory_copy(struct bytes slice);

#endif
