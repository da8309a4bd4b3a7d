/* pidf.h: presence documents (PIDF, RFC 3863, with the data model of RFC 4479 and RPID, RFC 4480).
 *
 * A published document is judged once and taken apart into self-contained fragments (its tuples,
 * notes, persons, devices, other elements), so that composing several publications is
 * concatenation: libxml2 does not run when a document is composed. Entities, DTDs and the network
 * are off; size, depth and number of elements are bounded. What is composed is valid by
 * schemas/pidf.xsd whatever order or extras the client sent. libxml2 is used nowhere outside this
 * folder, and none of its types leave it. */
#ifndef PIDF_PIDF_H
#define PIDF_PIDF_H

#include "base/blob.h"
#include "base/bytes.h"
#include "base/verdict.h"

/* A parser with its reusable memory; one a reactor. */
struct pidf_parser;

struct pidf_limits {
    size_t size_bytes;  /* of a document; default 65536 */
    unsigned depth;     /* of elements; default 32 */
    unsigned elements;  /* in all; default 2000 */
    unsigned fragments; /* children of the root; default 100 */
    size_t patch_steps; /* that the operations of a patch may look at, in all; default 100000 */
};

struct pidf_parser *pidf_parser_new(const struct pidf_limits *limits);
void pidf_parser_free(struct pidf_parser **parser);

/* A judged document; immutable, one owner. */
struct pidf_document;

/* Judges a published application/pidf+xml body (RFC 3863). `entities_match(context, entity)` says
 * whether the root's entity attribute (unescaped) names the presentity of the Request-URI. On
 * success *document is new and the verdict is fine; else *document is NULL and the verdict says
 * why: 400 not well formed or broken in structure, with the reason and the line in the static
 * reason's place as far as it can be told; 403 for somebody else's entity; 413 over a limit.
 * Repairs silently: order of elements, missing or repeated tuple ids, empty RPID elements that
 * break the schema, an empty or missing status. */
struct verdict pidf_parse(struct pidf_parser *parser, struct bytes body,
                          bool (*entities_match)(void *context, struct bytes entity), void *context,
                          struct pidf_document **document);
void pidf_free(struct pidf_document **document);

/* True when both are about the same tuples: as many, with the same ids in the same order. */
bool pidf_same_tuples(const struct pidf_document *a, const struct pidf_document *b);

/* Bytes of memory a document holds (for limits and figures). */
size_t pidf_memory_bytes(const struct pidf_document *document);

/* A publication. `changed_ms` (wall clock): when this state came, refreshes do not count. `stale`:
 * its publisher is gone, and what is shown is what was last seen of it. `hard`: what was set for
 * the user and never expires (RFC 3903 3); not both. */
struct pidf_source {
    const struct pidf_document *document;
    uint64_t changed_ms;
    bool stale, hard;
};

/* Composes the sources into one document for `entity` (escaped here) by the policy at the top of
 * compose.c: tuples side by side, the best first; one person, devices by their deviceID, each as
 * the newest word on it says; notes and unknown elements all; hard state behind what clients
 * publish, stale sources behind both, their tuples closed. Ids that repeat are renamed, never
 * dropped: the source that stands first keeps its own, so sources in an order that does not change
 * keep theirs. None gives the offline document: a valid PIDF without tuples (RFC 3863 4.1). The
 * result is owned once by the caller. */
struct blob *pidf_compose(struct bytes entity, const struct pidf_source *sources, size_t count);

#endif
