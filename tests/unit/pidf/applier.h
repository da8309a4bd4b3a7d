/* applier.h: an applier of patches of the tests' own, on libxml2's XPath, that knows nothing of
 * pidf_patch. */
#ifndef TESTS_UNIT_PIDF_APPLIER_H
#define TESTS_UNIT_PIDF_APPLIER_H

#include <libxml/c14n.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

#include "unit.h"

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
        if (start && strchr("*@", *at) == NULL && at[word] != ':' && at[word] != '(') {
            *out++ = 'd';
            *out++ = ':';
        }
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
