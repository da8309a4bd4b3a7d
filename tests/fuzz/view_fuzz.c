/* view_fuzz.c: rights cut any document that was accepted: two bytes that choose permissions, then
 * the document. What is left is good, and the same when cut again (RFC 5025 4). */
#include <stdint.h>

#include "../unit/pidf/rights_of.h"
#include "base/buffer.h"
#include "pidf/view.h"
#include "unmended.h"

/* One reference for the caller. Classes are not among them: one that is hidden selects only once.
 */
static struct rights *choose_rights(unsigned choice)
{
    static const char *const permissions[] = {
        "<pr:provide-services><pr:all-services/></pr:provide-services>",
        "<pr:provide-persons><pr:all-persons/></pr:provide-persons>",
        "<pr:provide-devices><pr:all-devices/></pr:provide-devices>",
        "<pr:provide-activities>true</pr:provide-activities>",
        "<pr:provide-class>true</pr:provide-class>",
        "<pr:provide-deviceID>true</pr:provide-deviceID>",
        "<pr:provide-mood>true</pr:provide-mood>",
        "<pr:provide-place-type>true</pr:provide-place-type>",
        "<pr:provide-sphere>true</pr:provide-sphere>",
        "<pr:provide-note>true</pr:provide-note>",
        "<pr:provide-user-input>bare</pr:provide-user-input>",
        "<pr:provide-user-input>thresholds</pr:provide-user-input>",
        "<pr:provide-unknown-attribute ns='urn:x' name='y'>true</pr:provide-unknown-attribute>",
        "<pr:provide-all-attributes/>",
    };
    char text[2048];
    struct buffer out = buffer_over(text, sizeof(text));
    for (size_t i = 0; i < sizeof(permissions) / sizeof(permissions[0]); i++)
        if ((choice >> i & 1) != 0)
            buffer_text(&out, permissions[i]);
    buffer_char(&out, '\0');
    insist(!out.overflow);
    return rights_of(text);
}

static void check(struct pidf_parser *parser, struct blob *document, unsigned choice)
{
    struct rights *rights = choose_rights(choice);
    struct blob *view = pidf_view(parser, document, rights);
    struct blob *again = pidf_view(parser, view, rights);
    insist_unmended(parser, view);
    insist(view == again);
    blob_unref(&view);
    blob_unref(&again);
    rights_unref(&rights);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pidf_parser *parser = wide_parser();
    struct pidf_document *document = NULL;
    if (size > 2)
        pidf_parse(parser, bytes_from(data + 2, size - 2), anybody, NULL, &document);
    if (document != NULL) {
        const struct pidf_document *const documents[] = {document};
        struct blob *composed = compose_one(document);
        check(parser, composed, (unsigned)data[0] << 8 | data[1]);
        struct bytes common = pidf_common_sphere(documents, 1);
        insist(bytes_empty(common) || common.length < size);
        blob_unref(&composed);
    }
    pidf_free(&document);
    pidf_parser_free(&parser);
    return 0;
}
