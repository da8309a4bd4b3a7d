/* filters.h: what the tests of filters share. */
#ifndef TESTS_UNIT_PIDF_FILTERS_H
#define TESTS_UNIT_PIDF_FILTERS_H

#include "documents.h"
#include "pidf/view.h"

#define FILTER_SET(inside)                                                           \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"                                   \
    "<filter-set xmlns=\"urn:ietf:params:xml:ns:simple-filter\">"                    \
    "<ns-bindings><ns-binding prefix=\"pidf\" urn=\"urn:ietf:params:xml:ns:pidf\"/>" \
    "<ns-binding prefix=\"rpid\" urn=\"urn:ietf:params:xml:ns:pidf:rpid\"/>"         \
    "<ns-binding prefix=\"dm\" urn=\"urn:ietf:params:xml:ns:pidf:data-model\"/>"     \
    "</ns-bindings>" inside "</filter-set>"
#define FILTER(inside) FILTER_SET("<filter id=\"1\">" inside "</filter>")
#define WHAT(inside) FILTER("<what>" inside "</what>")
#define INCLUDE(path) "<include>" path "</include>"
#define EXCLUDE(path) "<exclude>" path "</exclude>"
#define RESOURCE "sip:presentity@example.com"
#define DOMAIN "example.com"

/* `old` as the body changes it, freed by the caller; it stays. */
static inline struct verdict update_filter(struct pidf_parser *parser,
                                           const struct pidf_filter *old, const char *body,
                                           struct pidf_filter **filter)
{
    struct verdict result =
        pidf_filter_update(parser, old, bytes_of(body), BYTES(RESOURCE), BYTES(DOMAIN), filter);
    ck_assert(verdict_ok(result) || *filter == NULL);
    ck_assert_uint_le(result.offset, strlen(body));
    return result;
}

/* A good filter; NULL: for others alone. */
static inline struct pidf_filter *make_filter(struct pidf_parser *parser, const char *body)
{
    struct pidf_filter *filter;
    struct verdict result =
        pidf_filter_parse(parser, bytes_of(body), BYTES(RESOURCE), BYTES(DOMAIN), &filter);
    ck_assert_msg(verdict_ok(result), "%u %s: %s", result.status, result.reason, body);
    return filter;
}

static inline struct blob *blob_of(const char *text)
{
    return blob_new(bytes_of(text));
}

static inline char *text_of(struct blob *blob)
{
    return strndup(blob_bytes(blob).at, blob_bytes(blob).length);
}

/* The status of the verdict on a body. */
static inline unsigned judge_filter(const char *body)
{
    struct pidf_parser *parser = pidf_parser_new(NULL);
    struct pidf_filter *filter;
    struct verdict result = update_filter(parser, NULL, body, &filter);
    ck_assert(verdict_ok(result) || result.reason != NULL);
    pidf_filter_free(&filter);
    pidf_parser_free(&parser);
    return result.status;
}

#endif
