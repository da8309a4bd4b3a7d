/* patch_fuzz.c: any body may come in a partial PUBLISH; the input is what is published, a NUL, and
 * the patch. What comes out is judged like any other document, and what changed can be said as a
 * patch of our own, which leads there. */
#include "fuzz.h"
#include "pidf/diff.h"

static bool anybody(void *context, struct bytes entity)
{
    (void)context;
    (void)entity;
    return true;
}

/* The document composed alone; NULL: it is none. */
static struct blob *composed(struct pidf_parser *parser, struct bytes body)
{
    struct pidf_document *document = NULL;
    struct blob *blob = NULL;
    if (verdict_ok(pidf_parse(parser, body, anybody, NULL, &document))) {
        struct pidf_source source = {.document = document, .changed_ms = 1000};
        blob = pidf_compose(BYTES("sip:alice@example.com"), &source, 1);
    }
    pidf_free(&document);
    return blob;
}

/* What is between head and tail, in one piece; free() it. */
static struct bytes versioned(const struct pidf_partial *partial)
{
    struct bytes head = blob_bytes(partial->head), tail = blob_bytes(partial->tail);
    char *text = malloc(head.length + tail.length + 1);
    insist(text != NULL);
    memcpy(text, head.at, head.length);
    text[head.length] = '1';
    memcpy(text + head.length + 1, tail.at, tail.length);
    return bytes_from(text, head.length + tail.length + 1);
}

static bool is_nothing(const struct pidf_partial *partial)
{
    return bytes_starts_with(blob_bytes(partial->tail), BYTES("\"></p:pidf-diff>"));
}

static void check_diff(struct pidf_parser *parser, const struct blob *before,
                       const struct blob *now)
{
    struct pidf_partial diff, rest, full = pidf_full(parser, now);
    pidf_partial_release(&full);
    if (!pidf_diff(parser, before, now, &diff))
        return;
    struct bytes patch = versioned(&diff);
    struct blob *body = NULL, *reached = NULL;
    if (verdict_ok(pidf_patch(parser, blob_bytes(before), patch, &body)))
        reached = composed(parser, blob_bytes(body));
    insist(reached != NULL && pidf_diff(parser, reached, now, &rest) && is_nothing(&rest));
    pidf_partial_release(&rest);
    blob_unref(&reached);
    blob_unref(&body);
    free((char *)patch.at);
    pidf_partial_release(&diff);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pidf_parser *parser = pidf_parser_new(NULL);
    /* our own patches may be large, and what they need is not a peer's choice */
    struct pidf_parser *wide = pidf_parser_new(&(struct pidf_limits){.size_bytes = 8 * 1024 * 1024,
                                                                     .depth = 64,
                                                                     .elements = 100000,
                                                                     .fragments = 1000,
                                                                     .patch_steps = 100000000});
    char *text = exact_copy(data, size);
    struct bytes patch = bytes_from(text, size), published = bytes_split(&patch, '\0');
    struct blob *body = NULL;
    struct verdict result = pidf_patch(parser, published, patch, &body);
    insist(verdict_ok(result) == (body != NULL) && result.offset <= patch.length);
    if (body != NULL) {
        insist(blob_bytes(body).length <= 65536);
        struct blob *before = composed(parser, published),
                    *now = composed(parser, blob_bytes(body));
        if (before != NULL && now != NULL)
            check_diff(wide, before, now);
        blob_unref(&before);
        blob_unref(&now);
    }
    blob_unref(&body);
    free(text);
    pidf_parser_free(&wide);
    pidf_parser_free(&parser);
    return 0;
}
