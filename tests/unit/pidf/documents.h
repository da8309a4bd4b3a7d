/* documents.h: what the unit tests of pidf/ share: parsing and composing in one line, and the
 * schema as a judge. */
#ifndef TESTS_UNIT_PIDF_DOCUMENTS_H
#define TESTS_UNIT_PIDF_DOCUMENTS_H

#include <libxml/parser.h>
#include <libxml/xmlschemas.h>
#include <stdio.h>

#include "pidf/pidf.h"
#include "unit.h"

#define PIDF "xmlns='urn:ietf:params:xml:ns:pidf'"
#define DM "xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model'"
#define RPID "xmlns:rpid='urn:ietf:params:xml:ns:pidf:rpid'"
#define ENTITY "sip:alice@example.com"
/* A document around `content`. */
#define PRESENCE(content) \
    "<presence " PIDF " " DM " " RPID " entity='" ENTITY "'>" content "</presence>"

static inline bool entity_is(void *context, struct bytes entity)
{
    return bytes_equal(entity, bytes_of(context));
}

/* Parses `text` as a document of ENTITY with the parser. */
static inline struct verdict parse_with(struct pidf_parser *parser, const char *text,
                                        struct pidf_document **document)
{
    char entity[] = ENTITY;
    return pidf_parse(parser, bytes_of(text), entity_is, entity, document);
}

/* The verdict on `text`, under the default limits. */
static inline struct verdict judge(const char *text)
{
    struct pidf_parser *parser = pidf_parser_new(NULL);
    struct pidf_document *document;
    struct verdict result = parse_with(parser, text, &document);
    ck_assert(verdict_ok(result) == (document != NULL));
    pidf_free(&document);
    pidf_parser_free(&parser);
    return result;
}

/* A publication as text. */
struct said {
    const char *text;
    uint64_t changed_ms;
    bool stale, hard;
};

/* The documents, which must be acceptable, composed into one; free() it. */
static inline char *compose_said(const struct said *said, size_t count)
{
    struct pidf_parser *parser = pidf_parser_new(NULL);
    struct pidf_document *documents[16] = {0};
    struct pidf_source sources[16] = {0};
    ck_assert_uint_le(count, 16);
    for (size_t i = 0; i < count; i++) {
        struct verdict result = parse_with(parser, said[i].text, &documents[i]);
        ck_assert_msg(verdict_ok(result), "%u %s: %s", result.status, result.reason, said[i].text);
        sources[i] =
            (struct pidf_source){documents[i], said[i].changed_ms, said[i].stale, said[i].hard};
    }
    pidf_parser_free(&parser);
    struct blob *blob = pidf_compose(BYTES(ENTITY), sources, count);
    char *copy = strndup(blob_bytes(blob).at, blob_bytes(blob).length);
    blob_unref(&blob);
    for (size_t i = 0; i < count; i++)
        pidf_free(&documents[i]);
    return copy;
}

/* The same for live documents that all came at once. */
static inline char *compose_texts(const char *const *texts, size_t count)
{
    struct said said[16] = {{0}};
    ck_assert_uint_le(count, 16);
    for (size_t i = 0; i < count; i++)
        said[i].text = texts[i];
    return compose_said(said, count);
}

#define COMPOSE(...)                                  \
    compose_texts((const char *const[]){__VA_ARGS__}, \
                  sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static inline void keep_error(void *context, xmlError *error)
{
    char *message = context;
    if (message[0] == '\0')
        snprintf(message, 512, "%s", error->message);
}

/* A schema of schemas/, for xmlSchemaFree. */
static inline xmlSchema *schema_open_file(const char *path)
{
    xmlSchemaParserCtxt *reader = xmlSchemaNewParserCtxt(path);
    xmlSchema *schema = xmlSchemaParse(reader);
    ck_assert_msg(schema != NULL, "%s cannot be read", path);
    xmlSchemaFreeParserCtxt(reader);
    return schema;
}

static inline xmlSchema *schema_open(void)
{
    return schema_open_file(SOURCE_DIR "/schemas/pidf.xsd");
}

/* What the schema has against the document, in `message` (512 bytes); empty: nothing. */
static inline void schema_judge(xmlSchema *schema, const char *text, char *message)
{
    message[0] = '\0';
    xmlDoc *tree = xmlReadMemory(text, (int)strlen(text), NULL, NULL, XML_PARSE_NONET);
    ck_assert_msg(tree != NULL, "not well formed: %s", text);
    xmlSchemaValidCtxt *judge = xmlSchemaNewValidCtxt(schema);
    xmlSchemaSetValidStructuredErrors(judge, keep_error, message);
    int result = xmlSchemaValidateDoc(judge, tree);
    xmlSchemaFreeValidCtxt(judge);
    xmlFreeDoc(tree);
    ck_assert((result == 0) == (message[0] == '\0'));
}

static inline void assert_valid(const char *text)
{
    char message[512];
    xmlSchema *schema = schema_open();
    schema_judge(schema, text, message);
    xmlSchemaFree(schema);
    ck_assert_msg(message[0] == '\0', "%s in %s", message, text);
}

/* The document, composed alone, must be valid and hold `part`; `absent` (when not NULL) not. */
static inline void assert_becomes(const char *text, const char *part, const char *absent)
{
    char *composed = COMPOSE(text);
    assert_valid(composed);
    ck_assert_msg(strstr(composed, part) != NULL, "no %s in %s", part, composed);
    if (absent != NULL)
        ck_assert_msg(strstr(composed, absent) == NULL, "%s in %s", absent, composed);
    free(composed);
}

#endif
