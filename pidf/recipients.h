/* recipients.h: lists of receivers, application/resource-lists+xml (RFC 4826 3) with copy control
 * (RFC 5364): read as a flat list, and written for the receivers to see. */
#ifndef PIDF_RECIPIENTS_H
#define PIDF_RECIPIENTS_H

#include "base/arena.h"
#include "base/blob.h"
#include "base/verdict.h"
#include "pidf/rules.h"

/* The higher one holds when somebody stands there twice (RFC 5364 4). */
enum recipient_copy { RECIPIENT_BCC, RECIPIENT_CC, RECIPIENT_TO };

struct recipient {
    struct bytes uri;  /* as it was written, unescaped */
    struct bytes name; /* as `names` writes it: one receiver, one name */
    enum recipient_copy copy;
    bool anonymous; /* the others are not to see who it is */
};

struct recipients {
    struct recipient *all; /* in the order of the document, each once */
    size_t count;
};

struct recipients_limits {
    size_t size_bytes;
    size_t most; /* receivers, those that stand there again included */
};

/* Reads a list. Nested lists are flattened. Everything is in the arena, after a failure perhaps
 * something, too. The verdict: 400 not well formed, not a list, without a receiver, or with an
 * entry that refers to another document or names nobody; 413 too long, with too many receivers. The
 * offset is that of the line. */
struct verdict recipients_parse(struct bytes document, const struct recipients_limits *limits,
                                const struct rules_names *names, struct arena *arena,
                                struct recipients *recipients);

/* What every receiver may see (RFC 5364 4): those of "to" and "cc", who is anonymous as one entry
 * with a count for each. NULL: nobody may be seen. New for the caller; valid by
 * schemas/resource-lists.xsd. */
struct blob *recipients_write_history(const struct recipients *recipients);

#endif
