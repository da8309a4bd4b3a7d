/* parse.c: from a body to a judged document.
 *
 *   size, encoding, attributes per tag --> libxml2 builds the tree, while hooks refuse a DTD and
 *   count depth and elements --> the root is judged --> each child becomes a fragment (repair.c)
 *   --> packed
 *
 * One libxml2 context serves all documents. Its dictionary of names grows with every new name that
 * a peer thinks of, so the context is replaced when that has become large. */
#include <assert.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>
#include <limits.h>
#include <stdlib.h>

#include "base/memory.h"
#include "document_internal.h"
#include "repair_internal.h"
#include "scan_internal.h"
#include "sphere_internal.h"
#include "tree_internal.h"

enum {
    SIZE_DEFAULT_BYTES = 65536,
    DEPTH_DEFAULT = 32,
    ELEMENTS_DEFAULT = 2000,
    FRAGMENTS_DEFAULT = 100,
    PATCH_STEPS_DEFAULT = 100000,
    ATTRIBUTES_MOST = 128, /* of one element */
    DICTIONARY_MOST_BYTES = 262144,
};

struct pidf_parser {
    struct pidf_limits limits;
    xmlParserCtxt *context;
    struct bytes body;    /* while parsing */
    unsigned elements;    /* seen so far */
    struct verdict fault; /* the first one */
    struct repair repair;
    struct fragment *fragments; /* room for limits.fragments */
    size_t fragment_count;
};

/* Hooks. */

static struct pidf_parser *parser_of(void *context)
{
    return ((xmlParserCtxt *)context)->_private;
}

static size_t current_offset(const xmlParserCtxt *context, struct bytes body)
{
    const xmlParserInput *input = context->input;
    if (input == NULL || input->cur < input->base)
        return 0;
    size_t offset = (size_t)(input->cur - input->base) + input->consumed;
    return offset < body.length ? offset : body.length;
}

static void refuse(xmlParserCtxt *context, unsigned status, const char *reason)
{
    struct pidf_parser *parser = context->_private;
    if (parser->fault.status == 0)
        parser->fault = verdict(status, reason, current_offset(context, parser->body));
}

static void on_dtd(void *data, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
    (void)name;
    (void)external;
    (void)system;
    refuse(data, 400, "a document type declaration is not allowed");
    xmlStopParser(data);
}

static void on_element(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                       int namespace_count, const xmlChar **namespaces, int attribute_count,
                       int defaulted_count, const xmlChar **attributes)
{
    xmlParserCtxt *context = data;
    struct pidf_parser *parser = parser_of(data);
    parser->elements++;
    if ((unsigned)context->nodeNr >= parser->limits.depth)
        refuse(context, 413, "the elements are nested too deeply");
    else if (parser->elements > parser->limits.elements)
        refuse(context, 413, "the document has too many elements");
    if (parser->fault.status != 0) {
        xmlStopParser(context);
        return;
    }
    xmlSAX2StartElementNs(data, name, prefix, uri, namespace_count, namespaces, attribute_count,
                          defaulted_count, attributes);
}

static const char *reason_of(int code)
{
    switch (code) {
    case XML_ERR_DOCUMENT_EMPTY:
    case XML_ERR_DOCUMENT_START:
        return "the body is not an XML document";
    case XML_ERR_INVALID_ENCODING:
    case XML_ERR_INVALID_CHAR:
        return "the document holds a character that is not allowed";
    case XML_ERR_UNDECLARED_ENTITY:
        return "the document uses an entity that is not declared";
    case XML_ERR_TAG_NAME_MISMATCH:
        return "the document is not well formed: tags do not match";
    case XML_ERR_TAG_NOT_FINISHED:
    case XML_ERR_DOCUMENT_END:
        return "the document is not well formed: it has no proper end";
    case XML_ERR_ATTRIBUTE_REDEFINED:
        return "the document is not well formed: an attribute is repeated";
    case XML_NS_ERR_UNDEFINED_NAMESPACE:
        return "the document uses a namespace prefix that is not declared";
    default:
        return "the document is not well formed";
    }
}

/* Keeps the first error that makes the document unusable. The parser may be in the middle of its
 * input here, so it is told to end but its input is left alone. */
static void on_error(void *data, xmlError *error)
{
    xmlParserCtxt *context = data;
    bool in_namespaces = error->domain == XML_FROM_NAMESPACE && error->level >= XML_ERR_ERROR;
    if (error->level != XML_ERR_FATAL && !in_namespaces)
        return;
    refuse(context, 400, reason_of(error->code));
    context->disableSAX = 1;
    context->instate = XML_PARSER_EOF;
}

static void set_hooks(struct pidf_parser *parser)
{
    xmlSAXHandler *sax = parser->context->sax;
    parser->context->_private = parser;
    sax->internalSubset = on_dtd;
    sax->startElementNs = on_element;
    sax->serror = on_error;
    sax->comment = NULL;
    sax->processingInstruction = NULL;
}

/* The parser. */

static void renew_context(struct pidf_parser *parser)
{
    xmlFreeParserCtxt(parser->context);
    parser->context = xmlNewParserCtxt();
    if (parser->context == NULL)
        abort();
    set_hooks(parser);
}

/* Trees that are alive keep the old names. */
static void freshen_context(struct pidf_parser *parser)
{
    if (xmlDictGetUsage(parser->context->dict) > DICTIONARY_MOST_BYTES)
        renew_context(parser);
}

static size_t or_default(size_t value, size_t otherwise)
{
    return value != 0 ? value : otherwise;
}

struct pidf_parser *pidf_parser_new(const struct pidf_limits *limits)
{
    xmlInitParser();
    struct pidf_parser *parser = memory_new(sizeof(*parser));
    if (limits != NULL)
        parser->limits = *limits;
    struct pidf_limits *own = &parser->limits;
    own->size_bytes = or_default(own->size_bytes, SIZE_DEFAULT_BYTES);
    own->depth = (unsigned)or_default(own->depth, DEPTH_DEFAULT);
    own->elements = (unsigned)or_default(own->elements, ELEMENTS_DEFAULT);
    own->fragments = (unsigned)or_default(own->fragments, FRAGMENTS_DEFAULT);
    own->patch_steps = or_default(own->patch_steps, PATCH_STEPS_DEFAULT);
    assert(own->size_bytes <= 16 * 1024 * 1024); /* spans have 32 bits, with room for escapes */
    assert(own->depth <= 200);                   /* libxml2 itself ends at 256 */
    parser->fragments = memory_new(own->fragments * sizeof(*parser->fragments));
    renew_context(parser);
    return parser;
}

void pidf_parser_free(struct pidf_parser **parser)
{
    assert(parser != NULL);
    struct pidf_parser *old = *parser;
    *parser = NULL;
    if (old == NULL)
        return;
    xmlFreeParserCtxt(old->context);
    markup_release(&old->repair.writer);
    free(old->fragments);
    free(old);
}

/* Reading the tree. */

static struct verdict check_bytes(const struct pidf_parser *parser, struct bytes body)
{
    if (bytes_empty(body))
        return verdict(400, "the body is empty", 0);
    if (body.length > parser->limits.size_bytes)
        return verdict(413, "the document is too large", parser->limits.size_bytes);
    if (scan_encoding(body) == SCAN_OTHER)
        return verdict(400, "the body is not an XML document in UTF-8", 0);
    ptrdiff_t tag = scan_attributes(body, ATTRIBUTES_MOST);
    if (tag >= 0)
        return verdict(413, "an element has too many attributes", (size_t)tag);
    return VERDICT_OK;
}

/* The tree of a well-formed document, for xmlFreeDoc; NULL with parser->fault. */
static xmlDoc *read_tree(struct pidf_parser *parser, struct bytes body)
{
    parser->body = body;
    parser->elements = 0;
    parser->fault = VERDICT_OK;
    const char *encoding = scan_encoding(body) == SCAN_LATIN1 ? "ISO-8859-1" : NULL;
    xmlDoc *tree =
        xmlCtxtReadMemory(parser->context, body.at, (int)body.length, NULL, encoding,
                          XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
                              XML_PARSE_NOCDATA | XML_PARSE_COMPACT | XML_PARSE_IGNORE_ENC);
    bool good = tree != NULL && parser->context->wellFormed && parser->context->nsWellFormed &&
                xmlDocGetRootElement(tree) != NULL;
    if (!good && parser->fault.status == 0)
        parser->fault = verdict(400, "the document is not well formed", 0);
    if (parser->fault.status == 0)
        return tree;
    xmlFreeDoc(tree);
    return NULL;
}

xmlDoc *pidf_read_tree(struct pidf_parser *parser, struct bytes body, struct verdict *fault)
{
    assert(parser != NULL && fault != NULL);
    *fault = check_bytes(parser, body);
    if (!verdict_ok(*fault))
        return NULL;
    freshen_context(parser);
    xmlDoc *tree = read_tree(parser, body);
    *fault = parser->fault;
    return tree;
}

xmlDoc *pidf_read_own(struct pidf_parser *parser, const struct blob *document)
{
    assert(parser != NULL && document != NULL);
    struct bytes body = blob_bytes(document);
    if (bytes_empty(body) || body.length > INT_MAX)
        return NULL;
    freshen_context(parser);
    struct pidf_limits limits = parser->limits;
    parser->limits.elements = UINT_MAX;
    parser->limits.depth = UINT_MAX;
    xmlDoc *tree = read_tree(parser, body);
    parser->limits = limits;
    parser->body = (struct bytes){0};
    return tree;
}

xmlDoc *pidf_read_all(struct pidf_parser *parser, struct bytes body, struct verdict *fault)
{
    assert(parser != NULL && fault != NULL);
    freshen_context(parser);
    xmlSAXHandler *sax = parser->context->sax;
    sax->comment = xmlSAX2Comment;
    sax->processingInstruction = xmlSAX2ProcessingInstruction;
    xmlDoc *tree = pidf_read_tree(parser, body, fault);
    set_hooks(parser);
    return tree;
}

const struct pidf_limits *pidf_limits_of(const struct pidf_parser *parser)
{
    assert(parser != NULL);
    return &parser->limits;
}

struct repair *pidf_repair_of(struct pidf_parser *parser)
{
    assert(parser != NULL);
    return &parser->repair;
}

/* Judging the root (RFC 3863 4.1.1). */

static const xmlAttr *find_entity(const xmlNode *root)
{
    for (const xmlAttr *at = root->properties; at != NULL; at = at->next)
        if (at->ns == NULL && strcmp((const char *)at->name, "entity") == 0)
            return at;
    return NULL;
}

static const char *root_fault(const xmlNode *root)
{
    const char *uri = root->ns != NULL ? (const char *)root->ns->href : "";
    if (strncmp(uri, "urn:ietf:params:cpim-presence", 29) == 0)
        return "the old cpim-pidf format is not supported, only PIDF of RFC 3863";
    if (strcmp((const char *)root->name, "presence") != 0)
        return "the root element is not presence";
    if (space_of(uri) != SPACE_PIDF)
        return "the root element is not in the namespace of PIDF";
    return NULL;
}

static struct verdict judge_root(struct pidf_parser *parser, const xmlNode *root,
                                 bool (*entities_match)(void *, struct bytes), void *context)
{
    size_t offset = scan_line(parser->body, (size_t)xmlGetLineNo(root));
    const char *reason = root_fault(root);
    if (reason != NULL)
        return verdict(400, reason, offset);
    const xmlAttr *attribute = find_entity(root);
    if (attribute == NULL)
        return verdict(400, "presence has no entity attribute", offset);
    struct bytes entity = bytes_trim(markup_gather(&parser->repair.writer, attribute->children));
    if (bytes_empty(entity))
        return verdict(400, "the entity attribute is empty", offset);
    if (!entities_match(context, entity))
        return verdict(403, "the document is about somebody else", offset);
    return VERDICT_OK;
}

/* Taking the document apart. */

static enum fragment_kind kind_of(const xmlNode *node, enum space space)
{
    const char *name = (const char *)node->name;
    if (space == SPACE_PIDF)
        return strcmp(name, "tuple") == 0 ? FRAGMENT_TUPLE : FRAGMENT_NOTE;
    if (space == SPACE_DATA_MODEL && strcmp(name, "person") == 0)
        return FRAGMENT_PERSON;
    if (space == SPACE_DATA_MODEL && strcmp(name, "device") == 0)
        return FRAGMENT_DEVICE;
    return FRAGMENT_OTHER;
}

/* Writes a child of the root; false when it has no place there. */
static bool write_fragment(struct repair *repair, xmlNode *node, enum space space)
{
    const char *name = (const char *)node->name;
    if (space == SPACE_PIDF && strcmp(name, "tuple") == 0)
        return repair_element(repair, node, &rule_tuple);
    if (space == SPACE_PIDF && strcmp(name, "note") == 0)
        return repair_element(repair, node, &rule_note);
    return space != SPACE_PIDF && space != SPACE_NONE && repair_extension(repair, node);
}

static void add_fragment(struct pidf_parser *parser, xmlNode *node)
{
    struct writer *writer = &parser->repair.writer;
    struct writer_mark mark = markup_mark(writer);
    enum space space = space_of(node->ns != NULL ? (const char *)node->ns->href : NULL);
    writer->facts = (struct facts){.priority = -1};
    if (!write_fragment(&parser->repair, node, space))
        return;
    assert(parser->fragment_count < parser->limits.fragments);
    struct fragment *fragment = &parser->fragments[parser->fragment_count++];
    *fragment = (struct fragment){
        .kind = kind_of(node, space),
        .text = {(uint32_t)mark.length, (uint32_t)(writer->out.length - mark.length)},
        .facts = writer->facts,
        .first_id = (uint32_t)mark.ids,
        .id_end = (uint32_t)writer->id_count,
    };
}

/* Writes what rules ask for behind the fragments. */
static void keep_sphere(struct writer *writer, const xmlNode *root)
{
    struct sphere sphere = sphere_of(root);
    if (!sphere.said)
        return;
    writer->sphere = (struct span){(uint32_t)writer->out.length, (uint32_t)sphere.value.length};
    writer->sphere_unclear = sphere.unclear;
    text_put(&writer->out, sphere.value);
}

static struct verdict take_apart(struct pidf_parser *parser, const xmlNode *root)
{
    struct repair *repair = &parser->repair;
    parser->fragment_count = 0;
    repair->fault = VERDICT_OK;
    markup_reset(&repair->writer);
    unsigned children = 0;
    for (xmlNode *child = root->children; child != NULL; child = child->next) {
        if (child->type != XML_ELEMENT_NODE)
            continue;
        size_t line = (size_t)xmlGetLineNo(child);
        if (++children > parser->limits.fragments)
            return verdict(413, "the document has too many parts", scan_line(parser->body, line));
        add_fragment(parser, child);
        if (repair->writer.scopes_full)
            return verdict(413, "the document has too many namespaces",
                           scan_line(parser->body, line));
        if (!verdict_ok(repair->fault))
            return verdict(repair->fault.status, repair->fault.reason,
                           scan_line(parser->body, repair->fault.offset));
    }
    keep_sphere(&repair->writer, root);
    return VERDICT_OK;
}

struct verdict pidf_parse(struct pidf_parser *parser, struct bytes body,
                          bool (*entities_match)(void *context, struct bytes entity), void *context,
                          struct pidf_document **document)
{
    assert(parser != NULL && entities_match != NULL && document != NULL);
    *document = NULL;
    struct verdict result;
    xmlDoc *tree = pidf_read_tree(parser, body, &result);
    if (tree != NULL) {
        const xmlNode *root = xmlDocGetRootElement(tree);
        result = judge_root(parser, root, entities_match, context);
        if (verdict_ok(result))
            result = take_apart(parser, root);
        xmlFreeDoc(tree);
    }
    if (verdict_ok(result))
        *document = document_new(parser->fragments, parser->fragment_count, &parser->repair.writer);
    parser->body = (struct bytes){0};
    return result;
}
