/* writer_internal.h: writes elements of a parsed document as self-contained fragments.
 *
 * A fragment declares every namespace that it uses but PIDF's (the default), the data model's
 * ("dm") and RPID's ("rpid"), which the composed root declares. Where ids stand is remembered, so
 * that composing can rename them without reading XML. */
#ifndef PIDF_WRITER_INTERNAL_H
#define PIDF_WRITER_INTERNAL_H

#include <libxml/tree.h>

#include "base/verdict.h"
#include "grammar_internal.h"

/* Bytes of the text: an id's value, a device's URN. */
struct span {
    uint32_t at, length;
};

static inline struct span span_of(size_t at, size_t length)
{
    return (struct span){(uint32_t)at, (uint32_t)length};
}

/* What composing wants to know of a fragment. */
struct facts {
    struct span device_id;     /* of a device, as it is written */
    struct span status, basic; /* of a tuple: the element, and the value in it; empty: none */
    uint64_t time_ms;          /* its timestamp, if it has one */
    bool has_time;
    short priority; /* of a tuple's contact, in thousandths; -1: none (RFC 3863 4.1.5) */
};

/* A namespace declaration in force. */
struct scope {
    const char *prefix, *uri; /* prefix "": the default */
    bool used;
};

enum { SCOPES_MOST = 64, SCOPE_DEFAULT = 0, SCOPE_DATA_MODEL, SCOPE_RPID, SCOPES_ROOT };

struct writer {
    struct text out;      /* all fragments, one behind the other */
    struct text gathered; /* a value in pieces, put together */
    struct text scratch;  /* a value put right */
    struct scope scopes[SCOPES_MOST];
    unsigned scope_count;
    struct span *ids;
    size_t id_count, id_size;
    struct facts facts;  /* of the fragment that is written */
    struct span sphere;  /* the person's; behind all fragments */
    bool sphere_unclear; /* several were said */
    bool scopes_full;    /* a fragment has too many namespaces and is worthless */
};

/* Where the writer was: what came after can be taken back. */
struct writer_mark {
    size_t length, ids;
    unsigned scopes;
};

/* Frees the memory of the writer. */
void markup_release(struct writer *writer);

/* Forgets everything that was written; only the root's namespaces are in force. */
void markup_reset(struct writer *writer);

/* The same when this is the root's default namespace, and its only one. */
void markup_reset_to(struct writer *writer, const char *name_space);

struct writer_mark markup_mark(const struct writer *writer);

/* Takes back everything since the mark. */
void markup_rollback(struct writer *writer, struct writer_mark mark);

/* Writes `<prefix:name` with the namespaces that it needs; returns the prefix ("" for none), good
 * until writer_end. `keep` declares the element's own prefixes too, whoever may use them. */
const char *markup_start(struct writer *writer, const xmlNode *node, bool keep);

/* Closes the start tag that began at `content` - 1 when it has no content, else writes the end tag;
 * the namespaces since the mark end. */
void markup_end(struct writer *writer, const xmlNode *node, const char *prefix, size_t content,
                struct writer_mark mark);

/* Writes an attribute with the value `value`; the second form for one without a namespace. */
void markup_attribute(struct writer *writer, const xmlAttr *attribute, struct bytes value);
void markup_plain_attribute(struct writer *writer, const char *name, struct bytes value);

/* The same for an id, whose place is remembered. */
void markup_id(struct writer *writer, const char *name, struct bytes value);

/* The text of a list of nodes and all that they contain: in the tree, or in `gathered`. Good until
 * the next call. */
struct bytes markup_gather(struct writer *writer, const xmlNode *first);

#endif
