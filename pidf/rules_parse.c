/* rules_parse.c: judges a document of rules.
 *
 *   limits, XML (parse.c) --> ruleset --> each rule: id, then in this order, each at most once:
 *   conditions (rules_conditions.c), actions, transformations (rules_permissions.c)
 *
 * The grammar is that of the schemas (RFC 4745 13, RFC 5025 7). What is in another namespace is an
 * extension: it is passed over where it could only permit more, and as a condition it never holds
 * (RFC 4745 7). */
#include <assert.h>
#include <libxml/tree.h>
#include <stdlib.h>

#include "base/memory.h"
#include "rules_internal.h"
#include "scan_internal.h"
#include "tree_internal.h"

enum { DEPTH_MOST = 32, ELEMENTS_A_RULE = 32, CHUNK_BYTES = 512 };

struct rules_limits rules_limits_default(void)
{
    return (struct rules_limits){
        .size_bytes = 65536, .rules = 1000, .conditions = 20, .members = 5000};
}

/* What all of it needs. */

bool rules_fail(struct rules_reader *reader, const xmlNode *node, unsigned status,
                const char *reason)
{
    if (verdict_ok(reader->fault))
        reader->fault = verdict(status, reason, (size_t)xmlGetLineNo(node));
    return false;
}

bool rules_count(struct rules_reader *reader, const xmlNode *node)
{
    if (++reader->members <= reader->limits->members)
        return true;
    return rules_fail(reader, node, 413, "the rules name too many identities");
}

bool rules_is(const xmlNode *node, const char *space, const char *name)
{
    return node->ns != NULL && strcmp((const char *)node->ns->href, space) == 0 &&
           strcmp((const char *)node->name, name) == 0;
}

/* Takes over what libxml2 allocated. */
static struct bytes take_text(struct rules_reader *reader, xmlChar *text)
{
    struct bytes copy = arena_copy(&reader->scratch, bytes_trim(bytes_of((const char *)text)));
    xmlFree(text);
    return copy;
}

struct bytes rules_attribute(struct rules_reader *reader, const xmlNode *node, const char *name)
{
    xmlChar *value = xmlGetNoNsProp(node, (const xmlChar *)name);
    return value != NULL ? take_text(reader, value) : (struct bytes){0};
}

struct bytes rules_text(struct rules_reader *reader, const xmlNode *node)
{
    if (xmlChildElementCount((xmlNode *)node) > 0)
        return BYTES("");
    xmlChar *text = xmlNodeGetContent(node);
    return text != NULL ? take_text(reader, text) : BYTES("");
}

/* The first element from `node` on. */
static bool find_element(struct rules_reader *reader, const xmlNode **node)
{
    const xmlNode *at = *node;
    for (; at != NULL && at->type != XML_ELEMENT_NODE; at = at->next) {
        bool text = at->type == XML_TEXT_NODE || at->type == XML_CDATA_SECTION_NODE;
        if (text && !bytes_empty(bytes_trim(bytes_of((const char *)at->content))))
            return rules_fail(reader, at->parent, 400, "text stands where elements are expected");
    }
    *node = at;
    return true;
}

bool rules_first(struct rules_reader *reader, const xmlNode *parent, const xmlNode **node)
{
    *node = parent->children;
    return find_element(reader, node);
}

bool rules_next(struct rules_reader *reader, const xmlNode **node)
{
    assert(*node != NULL);
    *node = (*node)->next;
    return find_element(reader, node);
}

/* The document. */

/* Moves to the element behind when this one is *node; part NULL when it is another. */
static bool take_part(struct rules_reader *reader, const xmlNode **node, const char *name,
                      const xmlNode **part)
{
    *part = NULL;
    if (*node == NULL || !rules_is(*node, RULES_COMMON, name))
        return true;
    *part = *node;
    return rules_next(reader, node);
}

static bool take_rule(struct rules_reader *reader, const xmlNode *node, struct rule *rule)
{
    const xmlNode *at, *conditions, *actions, *transformations;
    if (!rules_is(node, RULES_COMMON, "rule"))
        return rules_fail(reader, node, 400, "a ruleset has nothing but rules");
    rule->id = arena_copy(&reader->rules->arena, rules_attribute(reader, node, "id"));
    if (!rules_first(reader, node, &at) || !take_part(reader, &at, "conditions", &conditions) ||
        !take_part(reader, &at, "actions", &actions) ||
        !take_part(reader, &at, "transformations", &transformations))
        return false;
    if (at != NULL)
        return rules_fail(reader, at, 400,
                          "a rule has conditions, actions and transformations, in this order, and "
                          "nothing else");
    return rules_take_conditions(reader, conditions, rule) &&
           rules_take_actions(reader, actions, rule) &&
           rules_take_transformations(reader, transformations, rule);
}

static size_t count_children(const xmlNode *parent)
{
    return xmlChildElementCount((xmlNode *)parent);
}

static int compare_ids(const void *a, const void *b)
{
    return bytes_compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

/* Each rule has an id, a name of its own in the document (xs:ID). */
static bool check_ids(struct rules_reader *reader, const xmlNode *root, size_t count)
{
    struct bytes *ids = arena_alloc(&reader->scratch, (count + 1) * sizeof(*ids));
    const xmlNode *node = root->children;
    for (size_t i = 0; node != NULL; node = node->next) {
        if (node->type != XML_ELEMENT_NODE)
            continue;
        ids[i] = rules_attribute(reader, node, "id");
        if (ids[i].at == NULL)
            return rules_fail(reader, node, 400, "a rule has no id");
        if (xmlValidateNCName((const xmlChar *)ids[i].at, 0) != 0)
            return rules_fail(reader, node, 400, "the id of a rule must be an XML name");
        i++;
    }
    if (count > 0)
        qsort(ids, count, sizeof(*ids), compare_ids);
    for (size_t i = 1; i < count; i++)
        if (bytes_equal(ids[i - 1], ids[i]))
            return rules_fail(reader, root, 400, "two rules have the same id");
    return true;
}

static bool take_ruleset(struct rules_reader *reader, const xmlNode *root)
{
    struct rules *rules = reader->rules;
    const xmlNode *node;
    size_t count = count_children(root);
    if (!rules_is(root, RULES_COMMON, "ruleset"))
        return rules_fail(
            reader, root, 400,
            "the root element is not ruleset of urn:ietf:params:xml:ns:common-policy");
    if (count > reader->limits->rules)
        return rules_fail(reader, root, 413, "the document has too many rules");
    rules->rules = arena_alloc(&rules->arena, (count + 1) * sizeof(*rules->rules));
    if (!rules_first(reader, root, &node))
        return false;
    while (node != NULL) {
        if (!take_rule(reader, node, &rules->rules[rules->count++]) || !rules_next(reader, &node))
            return false;
    }
    return check_ids(reader, root, rules->count);
}

static struct rules *rules_new(void)
{
    struct rules *rules = memory_new(sizeof(*rules));
    arena_init(&rules->arena, CHUNK_BYTES);
    rules->nothing = rights_nothing();
    return rules;
}

void rules_free(struct rules **rules)
{
    assert(rules != NULL);
    struct rules *old = *rules;
    *rules = NULL;
    if (old == NULL)
        return;
    for (size_t i = 0; i < old->count; i++)
        rights_unref(&old->rules[i].rights);
    rights_unref(&old->nothing);
    arena_release(&old->arena);
    free(old);
}

static xmlDoc *read_document(struct bytes document, const struct rules_limits *limits,
                             struct verdict *fault)
{
    const struct pidf_limits own = {
        .size_bytes = limits->size_bytes,
        .depth = DEPTH_MOST,
        .elements = limits->rules * ELEMENTS_A_RULE + limits->members,
        .fragments = 1,
    };
    struct pidf_parser *parser = pidf_parser_new(&own);
    xmlDoc *tree = pidf_read_tree(parser, document, fault);
    pidf_parser_free(&parser);
    return tree;
}

struct verdict rules_parse(struct bytes document, const struct rules_limits *limits,
                           const struct rules_names *names, struct rules **rules)
{
    assert(limits != NULL && limits->size_bytes > 0 && names != NULL && rules != NULL);
    struct verdict fault;
    *rules = NULL;
    xmlDoc *tree = read_document(document, limits, &fault);
    if (tree == NULL)
        return fault;
    struct rules_reader reader = {.limits = limits, .names = names, .rules = rules_new()};
    arena_init(&reader.scratch, 0);
    bool good = take_ruleset(&reader, xmlDocGetRootElement(tree));
    arena_release(&reader.scratch);
    xmlFreeDoc(tree);
    if (good) {
        *rules = reader.rules;
        return VERDICT_OK;
    }
    rules_free(&reader.rules);
    reader.fault.offset = scan_line(document, reader.fault.offset);
    return reader.fault;
}
