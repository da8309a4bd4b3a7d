/* partials.h: what the tests of partial presence share: documents at random, and an applier of
 * patches of their own, on libxml2's XPath, that knows nothing of pidf_patch. */
#ifndef TESTS_UNIT_PIDF_PARTIALS_H
#define TESTS_UNIT_PIDF_PARTIALS_H

#include <libxml/c14n.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

#include "documents.h"
#include "pidf/diff.h"

#define DIFF_NS "urn:ietf:params:xml:ns:pidf-diff"

/* Random numbers, the same for the same seed. */
struct dice {
    uint64_t state;
};

static inline unsigned roll(struct dice *dice, unsigned sides)
{
    dice->state = dice->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(dice->state >> 33) % sides;
}

struct draft {
    char text[32768];
    size_t length;
};

static inline void draft(struct draft *draft, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static inline void draft(struct draft *draft, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(draft->text + draft->length, sizeof(draft->text) - draft->length, format,
                           arguments);
    va_end(arguments);
    ck_assert(length >= 0 && draft->length + (size_t)length < sizeof(draft->text));
    draft->length += (size_t)length;
}

/* An element of any depth in namespaces that nobody knows. */
static inline void draft_unknown(struct draft *out, struct dice *dice, unsigned depth)
{
    static const char *const names[] = {"x:a", "x:b", "y:a", "b"};
    const char *name = names[roll(dice, 4)];
    draft(out, "<%s", name);
    if (roll(dice, 3) == 0)
        draft(out, " xmlns:x='urn:x%u'", roll(dice, 2));
    if (roll(dice, 4) == 0)
        draft(out, " xmlns='urn:z'");
    if (roll(dice, 3) == 0)
        draft(out, " %s='%u&amp;&lt;&quot;&#10;'", roll(dice, 2) ? "y:q" : "q", roll(dice, 3));
    if (roll(dice, 4) == 0)
        draft(out, " id='i%u'", roll(dice, 3));
    draft(out, ">");
    for (unsigned i = roll(dice, 3); i > 0 && depth < 3; i--) {
        if (roll(dice, 3) == 0)
            draft(out, " t%u &amp; <![CDATA[<>]]>", roll(dice, 3));
        draft_unknown(out, dice, depth + 1);
    }
    if (roll(dice, 2) == 0)
        draft(out, "v%u", roll(dice, 4));
    draft(out, "</%s>", name);
}

static inline void draft_rpid(struct draft *out, struct dice *dice)
{
    static const char *const activities[] = {"busy", "away", "meal", "on-the-phone"};
    if (roll(dice, 2) == 0) {
        draft(out, "<rpid:activities%s>", roll(dice, 3) == 0 ? " id='i9'" : "");
        for (unsigned i = roll(dice, 4); i > 0; i--)
            draft(out, "<rpid:%s/>", activities[roll(dice, 4)]);
        draft(out, "</rpid:activities>");
    }
    if (roll(dice, 3) == 0)
        draft(out, "<rpid:mood%s><rpid:happy/></rpid:mood>",
              roll(dice, 2) ? " from='2026-11-21T02:15:08Z'" : "");
    if (roll(dice, 3) == 0)
        draft(out, "<rpid:class>c%u</rpid:class>", roll(dice, 3));
    if (roll(dice, 3) == 0)
        draft(out, "<rpid:user-input%s>%s</rpid:user-input>",
              roll(dice, 2) ? " idle-threshold='600'" : "", roll(dice, 2) ? "idle" : "active");
}

static inline void draft_tuple(struct draft *out, struct dice *dice, unsigned id)
{
    static const char *const basics[] = {"", "<basic>open</basic>", "<basic>closed</basic>"};
    draft(out, "<tuple id='t%u'><status>%s</status>", id, basics[roll(dice, 3)]);
    draft_rpid(out, dice);
    if (roll(dice, 4) == 0)
        draft_unknown(out, dice, 0);
    if (roll(dice, 2) == 0)
        draft(out, "<contact%s>sip:c%u@x</contact>", roll(dice, 2) ? " priority='0.5'" : "",
              roll(dice, 3));
    for (unsigned i = roll(dice, 3); i > 0; i--)
        draft(out, "<note%s>n%u</note>", roll(dice, 3) == 0 ? " xml:lang='de'" : "", roll(dice, 3));
    draft(out, "<note/></tuple>");
}

/* A child of the root: the same for the same seed. */
static inline void draft_item(struct draft *out, unsigned item, unsigned seed)
{
    struct dice dice = {item * 1000 + seed};
    roll(&dice, 2);
    switch (item % 6) {
    case 0:
    case 1:
        draft_tuple(out, &dice, item);
        break;
    case 2:
        draft(out, "<dm:person id='p%u'>", item % 4);
        draft_rpid(out, &dice);
        draft(out, "</dm:person>");
        break;
    case 3:
        draft(out, "<dm:device id='d%u'>", item);
        draft_rpid(out, &dice);
        draft(out, "<dm:deviceID>urn:x:%u</dm:deviceID></dm:device>", item);
        break;
    case 4:
        draft(out, "<note>%u &amp; more</note>", roll(&dice, 4));
        break;
    default:
        draft_unknown(out, &dice, 0);
    }
}

enum { ITEMS = 12 };

/* Which items a document has, and in which state each. */
struct plan {
    unsigned count, items[ITEMS], seeds[ITEMS];
};

static inline struct plan plan_new(struct dice *dice)
{
    struct plan plan = {.count = roll(dice, ITEMS)};
    for (unsigned i = 0; i < plan.count; i++) {
        plan.items[i] = roll(dice, 24);
        plan.seeds[i] = roll(dice, 8);
    }
    return plan;
}

/* The same with some changed, moved, gone or new. */
static inline struct plan plan_change(const struct plan *old, struct dice *dice)
{
    struct plan plan = {0};
    for (unsigned i = 0; i < old->count; i++) {
        unsigned fate = roll(dice, 10);
        if (fate == 0 || plan.count == ITEMS)
            continue;
        plan.items[plan.count] = old->items[i];
        plan.seeds[plan.count++] = fate == 1 ? roll(dice, 8) : old->seeds[i];
        if (fate == 2 && plan.count < ITEMS) {
            plan.items[plan.count] = roll(dice, 24);
            plan.seeds[plan.count++] = roll(dice, 8);
        }
    }
    if (plan.count > 1 && roll(dice, 4) == 0) {
        unsigned a = roll(dice, plan.count), b = roll(dice, plan.count);
        unsigned item = plan.items[a];
        plan.items[a] = plan.items[b];
        plan.items[b] = item;
    }
    return plan;
}

/* The plan as a composed document, owned by the caller. */
static inline struct blob *compose_plan(struct pidf_parser *parser, const struct plan *plan)
{
    struct draft text = {.length = 0};
    struct pidf_document *document;
    draft(&text, "<presence " PIDF " " DM " " RPID
                 " xmlns:x='urn:x' xmlns:y='urn:y' entity='" ENTITY "'>");
    for (unsigned i = 0; i < plan->count; i++)
        draft_item(&text, plan->items[i], plan->seeds[i]);
    draft(&text, "</presence>");
    struct verdict result = parse_with(parser, text.text, &document);
    ck_assert_msg(verdict_ok(result), "%s: %s", result.reason, text.text);
    struct pidf_source source = {.document = document};
    struct blob *blob = pidf_compose(BYTES(ENTITY), &source, 1);
    pidf_free(&document);
    return blob;
}

/* A document's two parts with a version between; free() it. */
static inline char *versioned(const struct pidf_partial *partial, unsigned version)
{
    struct bytes head = blob_bytes(partial->head), tail = blob_bytes(partial->tail);
    char *text = malloc(head.length + tail.length + 16);
    sprintf(text, "%.*s%u%.*s", BYTES_ARGS(head), version, BYTES_ARGS(tail));
    return text;
}

static inline char *blob_text(const struct blob *blob)
{
    return strndup(blob_bytes(blob).at, blob_bytes(blob).length);
}

/* The exclusive canonical form; free() it. */
static inline char *canonical(xmlDoc *tree)
{
    xmlChar *out = NULL;
    int length = xmlC14NDocDumpMemory(tree, NULL, XML_C14N_EXCLUSIVE_1_0, NULL, 0, &out);
    ck_assert_int_ge(length, 0);
    char *copy = strndup((const char *)out, (size_t)length);
    xmlFree(out);
    return copy;
}

static inline xmlDoc *tree_of(const char *text)
{
    xmlDoc *tree = xmlReadMemory(text, (int)strlen(text), NULL, NULL, XML_PARSE_NONET);
    ck_assert_msg(tree != NULL, "not well formed: %s", text);
    return tree;
}

/* XPath has no default namespace: unqualified steps get the prefix "d". */
static inline void qualify(const char *selector, char *out)
{
    bool start = true;
    for (const char *at = selector; *at != '\0'; at++) {
        size_t word = strcspn(at, "/[:(");
        if (start && strchr("*@", *at) == NULL && at[word] != ':' && at[word] != '(')
            out += sprintf(out, "d:");
        *out++ = *at;
        start = *at == '/';
    }
    *out = '\0';
}

/* The one node that the selector finds. */
static inline xmlNode *locate(xmlDoc *target, xmlNode *operation, const char *selector)
{
    char expression[4096];
    xmlXPathContext *context = xmlXPathNewContext(target);
    context->node = (xmlNode *)target;
    for (xmlNs *ns = operation->parent->nsDef; ns != NULL; ns = ns->next)
        xmlXPathRegisterNs(context, ns->prefix != NULL ? ns->prefix : BAD_CAST "d", ns->href);
    ck_assert_uint_lt(strlen(selector), sizeof(expression) / 2);
    qualify(selector, expression);
    xmlXPathObject *found = xmlXPathEval(BAD_CAST expression, context);
    ck_assert_msg(found != NULL && found->nodesetval != NULL && found->nodesetval->nodeNr == 1,
                  "%s is not one node", expression);
    xmlNode *node = found->nodesetval->nodeTab[0];
    xmlXPathFreeObject(found);
    xmlXPathFreeContext(context);
    return node;
}

static inline char *attribute_text(xmlNode *node, const char *name)
{
    return (char *)xmlGetNoNsProp(node, BAD_CAST name);
}

static inline void apply_typed_add(xmlNode *target, const char *type, xmlNode *operation)
{
    xmlChar *value = xmlNodeGetContent(operation);
    const char *colon = strchr(type, ':');
    if (strncmp(type, "namespace::", 11) == 0) {
        ck_assert_ptr_nonnull(xmlNewNs(target, value, BAD_CAST type + 11));
    } else if (colon == NULL) {
        ck_assert_ptr_null(xmlHasProp(target, BAD_CAST type + 1));
        xmlNewProp(target, BAD_CAST type + 1, value);
    } else {
        char *prefix = strndup(type + 1, (size_t)(colon - type - 1));
        xmlNs *ns = xmlSearchNs(target->doc, target, BAD_CAST prefix);
        ck_assert_ptr_nonnull(ns);
        xmlNewNsProp(target, ns, BAD_CAST colon + 1, value);
        free(prefix);
    }
    xmlFree(value);
}

static inline void apply_add(xmlNode *target, xmlNode *operation)
{
    char *type = attribute_text(operation, "type"), *pos = attribute_text(operation, "pos");
    if (type != NULL) {
        apply_typed_add(target, type, operation);
    } else {
        xmlNode *before = NULL, *parent = target;
        if (pos != NULL && strcmp(pos, "prepend") == 0) {
            before = target->children;
        } else if (pos != NULL) {
            parent = target->parent;
            before = strcmp(pos, "before") == 0 ? target : target->next;
        }
        for (xmlNode *child = operation->children; child != NULL; child = child->next) {
            xmlNode *copy = xmlDocCopyNode(child, target->doc, 1);
            if (before != NULL)
                xmlAddPrevSibling(before, copy);
            else
                xmlAddChild(parent, copy);
        }
    }
    xmlFree(type);
    xmlFree(pos);
}

static inline void apply_replace(xmlNode *target, xmlNode *operation)
{
    if (target->type == XML_ELEMENT_NODE) {
        ck_assert_ptr_nonnull(operation->children);
        ck_assert_ptr_null(operation->children->next);
        xmlFreeNode(xmlReplaceNode(target, xmlDocCopyNode(operation->children, target->doc, 1)));
        return;
    }
    xmlChar *value = xmlNodeGetContent(operation);
    if (target->type == XML_ATTRIBUTE_NODE)
        xmlSetNsProp(target->parent, target->ns, target->name, value);
    else
        xmlNodeSetContent(target, value);
    xmlFree(value);
}

static inline void apply_remove(xmlNode *target)
{
    if (target->type == XML_ATTRIBUTE_NODE) {
        xmlRemoveProp((xmlAttr *)target);
        return;
    }
    xmlUnlinkNode(target);
    xmlFreeNode(target);
}

/* Applies a <pidf-diff> to a tree; namespace declarations are left to canonical form. */
static inline void apply_patch(xmlDoc *target, const char *patch)
{
    xmlDoc *tree = tree_of(patch);
    for (xmlNode *at = xmlDocGetRootElement(tree)->children; at != NULL; at = at->next) {
        if (at->type != XML_ELEMENT_NODE)
            continue;
        char *selector = attribute_text(at, "sel");
        const char *name = (const char *)at->name;
        if (strcmp(name, "remove") == 0 && strstr(selector, "namespace::") != NULL) {
            xmlFree(selector);
            continue;
        }
        xmlNode *node = locate(target, at, selector);
        if (strcmp(name, "add") == 0)
            apply_add(node, at);
        else if (strcmp(name, "replace") == 0)
            apply_replace(node, at);
        else
            apply_remove(node);
        xmlFree(selector);
    }
    xmlFreeDoc(tree);
}

#endif
