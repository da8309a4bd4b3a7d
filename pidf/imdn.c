/* imdn.c: one table of dispositions, for writing and for reading. */
#include "pidf/imdn.h"

#include <assert.h>
#include <libxml/tree.h>

#include "text_internal.h"
#include "tree_internal.h"

#define SPACE "urn:ietf:params:xml:ns:imdn"

enum { SIZE_MOST_BYTES = 16384, DEPTH_MOST = 16, ELEMENTS_MOST = 64 };

static const struct {
    const char *notification, *status;
} statuses[IMDN_STATUSES] = {
    [IMDN_DELIVERED] = {"delivery-notification", "delivered"},
    [IMDN_DELIVERY_FAILED] = {"delivery-notification", "failed"},
    [IMDN_DELIVERY_FORBIDDEN] = {"delivery-notification", "forbidden"},
    [IMDN_DELIVERY_ERROR] = {"delivery-notification", "error"},
    [IMDN_PROCESSED] = {"processing-notification", "processed"},
    [IMDN_STORED] = {"processing-notification", "stored"},
    [IMDN_PROCESSING_FORBIDDEN] = {"processing-notification", "forbidden"},
    [IMDN_PROCESSING_ERROR] = {"processing-notification", "error"},
    [IMDN_DISPLAYED] = {"display-notification", "displayed"},
    [IMDN_DISPLAY_FORBIDDEN] = {"display-notification", "forbidden"},
    [IMDN_DISPLAY_ERROR] = {"display-notification", "error"},
};

/* Writing. */

static void put_tag(struct text *text, const char *open, const char *name, const char *close)
{
    text_put(text, bytes_of(open));
    text_put(text, bytes_of(name));
    text_put(text, bytes_of(close));
}

static void put_element(struct text *text, const char *name, struct bytes value)
{
    put_tag(text, "<", name, ">");
    text_escaped(text, value);
    put_tag(text, "</", name, ">");
}

static void put_uri(struct text *text, const char *name, struct bytes value)
{
    struct text uri = {0};
    text_uri(&uri, value);
    put_element(text, name, text_bytes(&uri));
    text_release(&uri);
}

/* The schema has both URIs or none. */
static void put_recipients(struct text *text, const struct imdn *imdn)
{
    if (bytes_empty(imdn->recipient))
        return;
    bool same = bytes_empty(imdn->original_recipient);
    put_uri(text, "recipient-uri", imdn->recipient);
    put_uri(text, "original-recipient-uri", same ? imdn->recipient : imdn->original_recipient);
}

static void put_status(struct text *text, enum imdn_status status)
{
    put_tag(text, "<", statuses[status].notification, "><status>");
    put_tag(text, "<", statuses[status].status, "/></status>");
    put_tag(text, "</", statuses[status].notification, ">");
}

struct blob *imdn_write(const struct imdn *imdn)
{
    struct text text = {0};
    assert(!bytes_empty(imdn->message_id) && imdn->status < IMDN_STATUSES);
    text_put(&text,
             BYTES("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<imdn xmlns=\"" SPACE "\">"));
    put_element(&text, "message-id", imdn->message_id);
    put_element(&text, "datetime", imdn->date_time);
    put_recipients(&text, imdn);
    put_status(&text, imdn->status);
    text_put(&text, BYTES("</imdn>"));
    struct blob *document = blob_new(text_bytes(&text));
    text_release(&text);
    return document;
}

/* Reading. */

static bool is_ours(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && node->ns != NULL &&
           strcmp((const char *)node->ns->href, SPACE) == 0 &&
           strcmp((const char *)node->name, name) == 0;
}

static const xmlNode *find_child(const xmlNode *parent, const char *name)
{
    const xmlNode *node = parent->children;
    while (node != NULL && !is_ours(node, name))
        node = node->next;
    return node;
}

static struct bytes text_of(const xmlNode *parent, const char *name, struct arena *arena)
{
    const xmlNode *node = find_child(parent, name);
    xmlChar *content = node != NULL ? xmlNodeGetContent(node) : NULL;
    struct bytes copy = arena_copy(arena, bytes_trim(bytes_of((const char *)content)));
    xmlFree(content);
    return copy;
}

static enum imdn_status status_of(const xmlNode *root)
{
    for (unsigned i = 0; i < IMDN_STATUSES; i++) {
        const xmlNode *node = find_child(root, statuses[i].notification);
        if (node != NULL)
            node = find_child(node, "status");
        if (node != NULL && find_child(node, statuses[i].status) != NULL)
            return (enum imdn_status)i;
    }
    return IMDN_STATUSES;
}

static struct verdict read_root(const xmlNode *root, struct arena *arena, struct imdn *imdn)
{
    if (!is_ours(root, "imdn"))
        return verdict(400, "the document is no IMDN", 0);
    *imdn = (struct imdn){
        .message_id = text_of(root, "message-id", arena),
        .date_time = text_of(root, "datetime", arena),
        .recipient = text_of(root, "recipient-uri", arena),
        .original_recipient = text_of(root, "original-recipient-uri", arena),
        .status = status_of(root),
    };
    if (bytes_empty(imdn->message_id))
        return verdict(400, "the IMDN does not say which message it is about", 0);
    return VERDICT_OK;
}

struct verdict imdn_parse(struct bytes document, struct arena *arena, struct imdn *imdn)
{
    const struct pidf_limits limits = {
        .size_bytes = SIZE_MOST_BYTES,
        .depth = DEPTH_MOST,
        .elements = ELEMENTS_MOST,
        .fragments = 1,
    };
    struct verdict fault;
    struct pidf_parser *parser = pidf_parser_new(&limits);
    xmlDoc *tree = pidf_read_tree(parser, document, &fault);
    pidf_parser_free(&parser);
    if (tree == NULL)
        return fault;
    fault = read_root(xmlDocGetRootElement(tree), arena, imdn);
    xmlFreeDoc(tree);
    return fault;
}
