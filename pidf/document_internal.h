/* document_internal.h: a judged document, taken apart. */
#ifndef PIDF_DOCUMENT_INTERNAL_H
#define PIDF_DOCUMENT_INTERNAL_H

#include "pidf/pidf.h"
#include "writer_internal.h"

/* In the order in which a composed document has them; `FRAGMENT_OTHER` and what stands before it
 * may mix. */
enum fragment_kind {
    FRAGMENT_TUPLE,
    FRAGMENT_NOTE,
    FRAGMENT_PERSON,
    FRAGMENT_DEVICE,
    FRAGMENT_OTHER,
    FRAGMENT_KINDS
};

/* A child of the root: bytes that stand for themselves. */
struct fragment {
    enum fragment_kind kind;
    struct span text; /* in the document's text */
    struct facts facts;
    uint32_t first_id, id_end; /* the ids in it, of the document's */
};

/* One allocation: this, the fragments, the ids, the text. */
struct pidf_document {
    size_t size_bytes;
    const struct fragment *fragments;
    const struct span *ids;
    const char *text;
    uint32_t fragment_count, id_count;
    uint32_t kinds[FRAGMENT_KINDS]; /* how many of each */
    struct span sphere; /* its person's (RFC 4480 3.10), in the text; empty: none said */
    bool uses_data_model, uses_rpid;
    bool sphere_unclear; /* several were said */
};

/* A document of `count` fragments that were written with `writer`. */
struct pidf_document *document_new(const struct fragment *fragments, size_t count,
                                   const struct writer *writer);

static inline struct bytes document_slice(const struct pidf_document *document, struct span span)
{
    return bytes_from(document->text + span.at, span.length);
}

#endif
