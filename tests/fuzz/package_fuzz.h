/* package_fuzz.h: any two bodies may be published for one event: the first, a NUL, the second. What
 * is accepted composes to what is accepted and composes to the same again, and what is told of it
 * in parts is accepted as well. */
#ifndef TESTS_PACKAGE_FUZZ_H
#define TESTS_PACKAGE_FUZZ_H

#include <stdio.h>

#include "fuzz.h"
#include "pidf/rights.h"
#include "presence/packages/package.h"

/* A package, with limits for what one may publish and for what that may come to. */
struct bench {
    const struct event_package *package;
    struct package_workshop *narrow, *wide;
};

static inline bool anybody(void *context, struct bytes entity)
{
    (void)context;
    (void)entity;
    return true;
}

static const struct entity_check nobody_else = {anybody, NULL};

/* NULL: refused, with a reason. */
static inline struct document *judge(const struct bench *bench, struct bytes body)
{
    struct document *document = NULL;
    struct verdict v = bench->package->accept(bench->narrow, body, &nobody_else, &document);
    insist(verdict_ok(v) == (document != NULL));
    insist(verdict_ok(v) || (v.status / 100 == 4 && v.reason != NULL && v.offset <= body.length));
    return document;
}

static inline struct blob *compose(const struct bench *bench,
                                   const struct document *const *documents, size_t count)
{
    struct document_source sources[2] = {0};
    for (size_t i = 0; i < count; i++)
        sources[i].document = documents[i];
    return bench->package->compose(BYTES("sip:alice@example.com"), sources, count);
}

static inline struct document *insist_good(const struct bench *bench, struct bytes body)
{
    struct document *document = NULL;
    struct verdict v = bench->package->accept(bench->wide, body, &nobody_else, &document);
    insist(verdict_ok(v) && document != NULL);
    return document;
}

/* Composed again it is the same. */
static inline void insist_settled(const struct bench *bench, const struct blob *state)
{
    struct document *again = insist_good(bench, blob_bytes(state));
    const struct document *const documents[] = {again};
    struct blob *twice = compose(bench, documents, 1);
    insist(bytes_equal(blob_bytes(state), blob_bytes(twice)));
    blob_unref(&twice);
    bench->package->document_free(&again);
}

/* A body in parts, with a version; `is_document`: it may be published. */
static inline void insist_told(const struct bench *bench, struct package_parts *parts,
                               bool is_document)
{
    char *text = NULL;
    struct bytes head = blob_bytes(parts->head), tail = blob_bytes(parts->tail);
    int length = asprintf(&text, "%.*s%s%.*s", BYTES_ARGS(head), parts->tail != NULL ? "7" : "",
                          BYTES_ARGS(tail));
    insist(length >= 0);
    if (is_document) {
        struct document *document = insist_good(bench, bytes_of(text));
        bench->package->document_free(&document);
    }
    free(text);
    blob_unref(&parts->head);
    blob_unref(&parts->tail);
}

static inline void check_parts(const struct bench *bench, const struct blob *before,
                               const struct blob *now, bool takes_parts)
{
    struct package_parts parts = {NULL, NULL};
    const struct package_partials *partials = bench->package->partials;
    partials->whole(bench->narrow, now, &parts);
    insist_told(bench, &parts, true);
    if (partials->difference(bench->narrow, before, now, &parts))
        insist_told(bench, &parts, takes_parts);
    if (partials->difference(bench->narrow, now, now, &parts)) /* nothing: no list tells that */
        insist_told(bench, &parts, takes_parts && parts.tail == NULL);
}

static inline void check_view(const struct bench *bench, struct blob *state)
{
    struct rights *nothing = rights_nothing();
    if (bench->package->view != NULL) {
        struct blob *view = bench->package->view(bench->narrow, state, nothing);
        struct document *document = insist_good(bench, blob_bytes(view));
        bench->package->document_free(&document);
        blob_unref(&view);
    }
    rights_unref(&nothing);
}

static inline void check_both(const struct bench *bench, const struct document *one,
                              const struct document *other, bool takes_parts)
{
    const struct document *const both[] = {one, other};
    struct blob *first = compose(bench, both, 1), *all = compose(bench, both, 2);
    insist_settled(bench, first);
    insist_settled(bench, all);
    check_parts(bench, first, all, takes_parts);
    check_parts(bench, all, first, takes_parts);
    check_view(bench, all);
    blob_unref(&first);
    blob_unref(&all);
}

/* `takes_parts`: a part of the state may be published, so a difference is to be acceptable. */
static inline void fuzz_package(const char *event, bool takes_parts, struct bytes data)
{
    const struct package_limits narrow = {.body_max_bytes = 65536, .message_headers = "From, To"},
                                wide = {.body_max_bytes = 4 << 20, .message_headers = "From, To"};
    struct bench bench = {.package = package_find(bytes_of(event))};
    insist(bench.package != NULL);
    bench.narrow = bench.package->workshop_new(&narrow);
    bench.wide = bench.package->workshop_new(&wide);
    struct bytes rest = data, first = bytes_split(&rest, '\0');
    struct document *one = judge(&bench, first), *other = judge(&bench, rest);
    if (one != NULL && other == NULL)
        check_both(&bench, one, one, takes_parts);
    else if (one != NULL)
        check_both(&bench, one, other, takes_parts);
    if (one != NULL)
        bench.package->document_free(&one);
    if (other != NULL)
        bench.package->document_free(&other);
    bench.package->workshop_free(&bench.narrow);
    bench.package->workshop_free(&bench.wide);
}

#endif
