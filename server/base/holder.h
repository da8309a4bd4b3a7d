/* holder.h: from a member back to what holds it. Timers, table entries, waits and lookups are
 * embedded in what they belong to, and come back to it by themselves. */
#ifndef BASE_HOLDER_H
#define BASE_HOLDER_H

#include <stddef.h>

/* The struct of that type whose `member` is at `pointer`. */
#define HOLDER(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#endif
