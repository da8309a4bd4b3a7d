/* pidf_fuzz.c: any body may come in a PUBLISH; what is accepted must come out acceptable. */
#include <stdint.h>
#include <stdlib.h>

#include "pidf/pidf.h"

static bool anybody(void *context, struct bytes entity)
{
    (void)context;
    (void)entity;
    return true;
}

/* Composes the documents; the result must be accepted again. */
static void check_composed(struct pidf_parser *parser, const struct pidf_source *sources,
                           size_t count)
{
    struct pidf_document *again = NULL;
    struct blob *blob = pidf_compose(BYTES("sip:alice@example.com"), sources, count);
    if (!verdict_ok(pidf_parse(parser, blob_bytes(blob), anybody, NULL, &again)))
        abort();
    pidf_free(&again);
    blob_unref(&blob);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pidf_parser *parser = pidf_parser_new(NULL);
    /* what is composed of two may be larger than what one may publish */
    struct pidf_parser *wide = pidf_parser_new(&(struct pidf_limits){
        .size_bytes = 8 * 1024 * 1024, .depth = 64, .elements = 100000, .fragments = 1000});
    struct pidf_document *document = NULL;
    struct verdict result = pidf_parse(parser, bytes_from(data, size), anybody, NULL, &document);
    if (verdict_ok(result) != (document != NULL) || result.offset > size)
        abort();
    if (document != NULL) {
        const struct pidf_source twice[] = {{document, 2000, false}, {document, 1000, true}};
        check_composed(wide, twice, 1);
        check_composed(wide, twice, 2);
        check_composed(wide, twice + 1, 1);
    }
    pidf_free(&document);
    pidf_parser_free(&wide);
    pidf_parser_free(&parser);
    return 0;
}
