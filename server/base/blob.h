/* blob.h: immutable bytes with several owners: one composed document, a thousand NOTIFYs.
 *
 * Counted without atomics: a blob belongs to one reactor. */
#ifndef BASE_BLOB_H
#define BASE_BLOB_H

#include "base/bytes.h"

struct blob;

/* A blob with a copy of the slice, owned once. */
struct blob *blob_new(struct bytes slice);

/* One more owner; returns its argument (NULL stays NULL). */
struct blob *blob_ref(struct blob *blob);

/* One owner less, clears the pointer; the last one frees. NULL inside is fine. */
void blob_unref(struct blob **blob);

/* The bytes; empty for NULL. */
struct bytes blob_bytes(const struct blob *blob);

#endif
