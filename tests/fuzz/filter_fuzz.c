/* filter_fuzz.c: any body may come in a SUBSCRIBE: FILTER NUL DOCUMENT [NUL DOCUMENT]. What is left
 * of a good document is good, and what is stored of a filter is that filter again. */
#include <stdint.h>

#include "pidf/view.h"
#include "unmended.h"

#define RESOURCE BYTES("sip:alice@example.com")
#define DOMAIN BYTES("example.com")

/* The next part as a composed document; NULL: it is none. */
static struct blob *next_document(struct pidf_parser *parser, struct bytes *rest)
{
    struct pidf_document *document = NULL;
    struct bytes body = bytes_split(rest, '\0');
    pidf_parse(parser, body, anybody, NULL, &document);
    if (document == NULL)
        return NULL;
    struct blob *composed = compose_one(document);
    pidf_free(&document);
    return composed;
}

static void check_key(struct pidf_parser *parser, const struct pidf_filter *filter)
{
    struct pidf_filter *again = NULL, *same = NULL;
    struct bytes key = pidf_filter_key(filter);
    /* what is written out may be longer than a body may be */
    if (key.length > 16384)
        return;
    insist(verdict_ok(pidf_filter_parse(parser, key, RESOURCE, DOMAIN, &again)));
    insist(bytes_equal(pidf_filter_key(again), key));
    insist(bytes_equal(pidf_filter_view_key(again), pidf_filter_view_key(filter)));
    insist(verdict_ok(pidf_filter_update(parser, filter, key, RESOURCE, DOMAIN, &same)));
    insist(bytes_equal(pidf_filter_key(same), key));
    pidf_filter_free(&again);
    pidf_filter_free(&same);
}

static void check_applied(struct pidf_parser *parser, const struct pidf_filter *filter,
                          struct blob *document)
{
    struct blob *left = pidf_filter_apply(parser, filter, document);
    insist(blob_bytes(left).length <= blob_bytes(document).length);
    insist_unmended(parser, left);
    blob_unref(&left);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pidf_parser *parser = wide_parser();
    struct bytes rest = bytes_from(data, size), body = bytes_split(&rest, '\0');
    struct pidf_filter *filter = NULL;
    struct verdict result = pidf_filter_parse(parser, body, RESOURCE, DOMAIN, &filter);
    insist(verdict_ok(result) ? true : filter == NULL && result.offset <= body.length);
    if (filter != NULL)
        check_key(parser, filter);
    struct blob *before = next_document(parser, &rest), *now = next_document(parser, &rest);
    if (before != NULL)
        check_applied(parser, filter, before);
    if (before != NULL && now != NULL)
        pidf_filter_triggers(parser, filter, before, now);
    blob_unref(&before);
    blob_unref(&now);
    pidf_filter_free(&filter);
    pidf_parser_free(&parser);
    return 0;
}
