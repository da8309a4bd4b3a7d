/* unmended.h: a document that parsing has nothing to put right in, so that it is valid. */
#ifndef TESTS_FUZZ_UNMENDED_H
#define TESTS_FUZZ_UNMENDED_H

#include "fuzz.h"
#include "pidf/pidf.h"

static bool anybody(void *context, struct bytes entity)
{
    (void)context;
    (void)entity;
    return true;
}

/* A parser that takes whatever may be composed of one publication. */
static inline struct pidf_parser *wide_parser(void)
{
    return pidf_parser_new(&(struct pidf_limits){
        .size_bytes = 4 * 1024 * 1024, .depth = 64, .elements = 100000, .fragments = 1000});
}

static inline struct blob *compose_one(const struct pidf_document *document)
{
    const struct pidf_source source = {.document = document};
    return pidf_compose(BYTES("sip:alice@example.com"), &source, 1);
}

/* What stands behind the root's start tag. */
static inline struct bytes content_of(const struct blob *document)
{
    struct bytes rest = blob_bytes(document);
    bytes_split(&rest, '>');
    bytes_split(&rest, '>');
    return rest;
}

/* Parsing and composing a document changes nothing in it. */
static inline void insist_unmended(struct pidf_parser *parser, const struct blob *document)
{
    struct pidf_document *good = NULL;
    insist(verdict_ok(pidf_parse(parser, blob_bytes(document), anybody, NULL, &good)));
    struct blob *again = compose_one(good);
    insist(bytes_equal(content_of(document), content_of(again)));
    blob_unref(&again);
    pidf_free(&good);
}

#endif
