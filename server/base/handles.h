/* handles.h: names for things that may be gone when they are asked for.
 *
 * Between tables hold handles (index and generation), not pointers: a handle whose thing has ended
 * finds NULL and does no harm. */
#ifndef BASE_HANDLES_H
#define BASE_HANDLES_H

#include <stddef.h>
#include <stdint.h>

struct handles;

struct handles *handles_new(void);
void handles_free(struct handles **handles);

/* A handle for `thing` (not NULL); never 0. */
uint64_t handles_add(struct handles *handles, void *thing);

/* The thing, or NULL when it was removed (or the handle is 0 or nonsense). */
void *handles_find(const struct handles *handles, uint64_t handle);

/* Forgets the thing; the handle finds NULL from now on. Unknown handles are ignored. */
void handles_remove(struct handles *handles, uint64_t handle);

/* How many things there are. */
size_t handles_count(const struct handles *handles);

/* The next thing at or after *position (start with 0), in no particular order; NULL at the end. */
void *handles_next(const struct handles *handles, size_t *position);

#endif
