/* root_internal.h: the root elements of partial presence (RFC 5262 3) around what a document of
 * ours has below its own. */
#ifndef PIDF_ROOT_INTERNAL_H
#define PIDF_ROOT_INTERNAL_H

#include "pidf/diff.h"
#include "text_internal.h"

#define PIDF_DIFF_NAMESPACE "urn:ietf:params:xml:ns:pidf-diff"

enum { ROOT_PREFIX_MAX = 16 };

/* A document of ours, taken apart. */
struct root {
    struct bytes attributes;      /* of the root, as they stand there */
    struct bytes content;         /* between its tags */
    char prefix[ROOT_PREFIX_MAX]; /* that it has free for the namespace of partial presence */
};

struct root root_of(const struct blob *document);

/* True when the root declares the prefix. */
bool root_declares(const struct root *root, struct bytes prefix);

/* A document with the root `name` and `content`, in two parts: all namespaces that the root has,
 * and those that it may have later. */
struct pidf_partial root_write(const struct root *root, const char *name, struct bytes content);

#endif
