/* rules_edit.c: "handle this watcher so", written into a document that somebody else may have made.
 *
 * Permissions only add up (RFC 4745 10.2), so a watcher is handled as asked when no other rule that
 * permits more matches it: from those it is taken out (its <one> goes, a <many> gets an <except>);
 * a rule of ours for this handling, "herald-allow" and so on, gets its <one>. A rule that loses its
 * last identity goes. All else stays as it is: comments, extensions, other rules.
 *
 * The document is judged before (so it is small and has no DTD) and again after. */
#include <assert.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdio.h>
#include <stdlib.h>

#include "rules_internal.h"
#include "scan_internal.h"

enum { NAME_MAX_BYTES = 2048, ID_SIZE = 48, IDS_MOST = 100 };

static const char *const handling_words[] = {
    [SUB_BLOCK] = "block",
    [SUB_CONFIRM] = "confirm",
    [SUB_POLITE_BLOCK] = "polite-block",
    [SUB_ALLOW] = "allow",
};

const char *rules_handling_word(enum sub_handling handling)
{
    assert(handling <= SUB_ALLOW);
    return handling_words[handling];
}

bool rules_read_handling(struct bytes word, enum sub_handling *handling)
{
    for (int i = SUB_BLOCK; i <= SUB_ALLOW; i++) {
        if (!bytes_equal(word, bytes_of(handling_words[i])))
            continue;
        *handling = (enum sub_handling)i;
        return true;
    }
    return false;
}

/* An edit under way. */
struct edit {
    const struct rules_names *names;
    enum sub_handling handling;
    struct bytes identity; /* of the watcher */
    char uri[NAME_MAX_BYTES];
    char name[NAME_MAX_BYTES];
    xmlDoc *tree;
    xmlNode *root;
    struct verdict fault;
};

static const char document_new[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<cp:ruleset xmlns:cp=\"" RULES_COMMON "\" xmlns:pr=\"" RULES_PRESENCE "\">\n"
    "</cp:ruleset>\n";

/* Looking. */

static xmlNode *find_child(const xmlNode *parent, const char *space, const char *name)
{
    for (xmlNode *node = parent->children; node != NULL; node = node->next)
        if (node->type == XML_ELEMENT_NODE && rules_is(node, space, name))
            return node;
    return NULL;
}

static bool names_watcher(const struct edit *edit, const xmlNode *node)
{
    char text[NAME_MAX_BYTES];
    struct buffer name = buffer_over(text, sizeof(text));
    xmlChar *id = xmlGetNoNsProp(node, (const xmlChar *)"id");
    bool same = id != NULL &&
                edit->names->write(edit->names->context, bytes_of((const char *)id), &name) &&
                !name.overflow && bytes_equal(buffer_bytes(&name), edit->identity);
    xmlFree(id);
    return same;
}

static bool has_word(const xmlNode *node, const char *word)
{
    xmlChar *text = xmlNodeGetContent(node);
    bool same = bytes_equal(bytes_trim(bytes_of((const char *)text)), bytes_of(word));
    xmlFree(text);
    return same;
}

/* The highest sub-handling that a rule gives. */
static enum sub_handling handling_of(const xmlNode *rule)
{
    const xmlNode *actions = find_child(rule, RULES_COMMON, "actions");
    int highest = SUB_BLOCK;
    for (const xmlNode *node = actions != NULL ? actions->children : NULL; node != NULL;
         node = node->next) {
        if (node->type != XML_ELEMENT_NODE || !rules_is(node, RULES_PRESENCE, "sub-handling"))
            continue;
        for (int i = highest; i <= SUB_ALLOW; i++)
            highest = has_word(node, handling_words[i]) ? i : highest;
    }
    return (enum sub_handling)highest;
}

static bool has_id(const xmlNode *rule, const char *id)
{
    xmlChar *own = xmlGetNoNsProp(rule, (const xmlChar *)"id");
    bool same = bytes_equal(bytes_trim(bytes_of((const char *)own)), bytes_of(id));
    xmlFree(own);
    return same;
}

/* Made by this file, as far as can be seen: its only condition is one identity. */
static bool is_ours(const xmlNode *rule)
{
    xmlChar *id = xmlGetNoNsProp(rule, (const xmlChar *)"id");
    bool named = bytes_starts_with(bytes_trim(bytes_of((const char *)id)), BYTES("herald-"));
    xmlFree(id);
    xmlNode *conditions = find_child(rule, RULES_COMMON, "conditions");
    return named && conditions != NULL && xmlChildElementCount(conditions) == 1 &&
           find_child(conditions, RULES_COMMON, "identity") != NULL;
}

/* Taking out. */

/* With the blanks before it. */
static void remove_node(xmlNode *node)
{
    xmlNode *before = node->prev;
    if (before != NULL && before->type == XML_TEXT_NODE && xmlIsBlankNode(before)) {
        xmlUnlinkNode(before);
        xmlFreeNode(before);
    }
    xmlUnlinkNode(node);
    xmlFreeNode(node);
}

/* <many> gets an exception: a second one for the same watcher says no more. */
static void add_except(const struct edit *edit, xmlNode *many)
{
    for (xmlNode *node = many->children; node != NULL; node = node->next)
        if (node->type == XML_ELEMENT_NODE && rules_is(node, RULES_COMMON, "except") &&
            names_watcher(edit, node))
            return;
    xmlNode *except = xmlNewTextChild(many, many->ns, (const xmlChar *)"except", NULL);
    xmlNewProp(except, (const xmlChar *)"id", (const xmlChar *)edit->uri);
}

/* False for one of another domain than the watcher's. */
static bool may_match(const struct edit *edit, const xmlNode *many)
{
    char text[NAME_MAX_BYTES];
    struct buffer name = buffer_over(text, sizeof(text));
    xmlChar *domain = xmlGetNoNsProp(many, (const xmlChar *)"domain");
    bool may =
        domain == NULL || (rules_write_domain(edit->names, bytes_of((const char *)domain), &name) &&
                           bytes_equal(buffer_bytes(&name), rules_domain_of(edit->identity)));
    xmlFree(domain);
    return may;
}

static void take_out_of_identity(const struct edit *edit, xmlNode *identity, bool everywhere)
{
    xmlNode *next;
    for (xmlNode *node = identity->children; node != NULL; node = next) {
        next = node->next;
        if (node->type != XML_ELEMENT_NODE)
            continue;
        if (rules_is(node, RULES_COMMON, "one") && names_watcher(edit, node))
            remove_node(node);
        else if (everywhere && rules_is(node, RULES_COMMON, "many") && may_match(edit, node))
            add_except(edit, node);
    }
}

/* Takes the watcher out of a rule's identities; false when the rule has none: it is for all. */
static bool take_out_of_rule(const struct edit *edit, xmlNode *rule, bool everywhere)
{
    xmlNode *conditions = find_child(rule, RULES_COMMON, "conditions");
    bool named = false, emptied = false;
    for (xmlNode *node = conditions != NULL ? conditions->children : NULL; node != NULL;
         node = node->next) {
        if (node->type != XML_ELEMENT_NODE || !rules_is(node, RULES_COMMON, "identity"))
            continue;
        take_out_of_identity(edit, node, everywhere);
        named = true;
        emptied = emptied || xmlChildElementCount(node) == 0;
    }
    if (emptied)
        remove_node(rule);
    return named;
}

static bool take_out(struct edit *edit, const xmlNode *own)
{
    xmlNode *next;
    for (xmlNode *rule = edit->root->children; rule != NULL; rule = next) {
        next = rule->next;
        if (rule->type != XML_ELEMENT_NODE || rule == own)
            continue;
        bool more = handling_of(rule) > edit->handling;
        if (!more && !is_ours(rule))
            continue;
        if (!take_out_of_rule(edit, rule, more)) {
            edit->fault = verdict(409,
                                  "a rule for everybody, without an identity, permits more; change "
                                  "that one first",
                                  (size_t)xmlGetLineNo(rule));
            return false;
        }
    }
    return true;
}

/* Putting in. */

static xmlNode *add_child(xmlNode *parent, xmlNs *space, const char *name, const char *text)
{
    return xmlNewTextChild(parent, space, (const xmlChar *)name, (const xmlChar *)text);
}

static void add_transformations(xmlNode *rule, xmlNs *presence)
{
    static const char *const sets[][2] = {{"provide-devices", "all-devices"},
                                          {"provide-services", "all-services"},
                                          {"provide-persons", "all-persons"}};
    xmlNode *transformations = add_child(rule, rule->ns, "transformations", NULL);
    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
        add_child(add_child(transformations, presence, sets[i][0], NULL), presence, sets[i][1],
                  NULL);
    add_child(transformations, presence, "provide-all-attributes", NULL);
}

/* A new rule with an identity that is still empty. */
static xmlNode *add_rule(struct edit *edit, const char *id)
{
    xmlAddChild(edit->root, xmlNewDocText(edit->tree, (const xmlChar *)"\n"));
    xmlNode *rule = add_child(edit->root, edit->root->ns, "rule", NULL);
    xmlNewProp(rule, (const xmlChar *)"id", (const xmlChar *)id);
    add_child(add_child(rule, rule->ns, "conditions", NULL), rule->ns, "identity", NULL);
    xmlNs *presence = xmlSearchNsByHref(edit->tree, edit->root, (const xmlChar *)RULES_PRESENCE);
    if (presence == NULL)
        presence = xmlNewNs(rule, (const xmlChar *)RULES_PRESENCE, (const xmlChar *)"pr");
    add_child(add_child(rule, rule->ns, "actions", NULL), presence, "sub-handling",
              handling_words[edit->handling]);
    if (edit->handling == SUB_ALLOW)
        add_transformations(rule, presence);
    xmlAddChild(edit->root, xmlNewDocText(edit->tree, (const xmlChar *)"\n"));
    return rule;
}

static xmlNode *find_rule(const struct edit *edit, const char *id)
{
    for (xmlNode *rule = edit->root->children; rule != NULL; rule = rule->next)
        if (rule->type == XML_ELEMENT_NODE && has_id(rule, id))
            return rule;
    return NULL;
}

/* Our rule for this handling; one that was changed so that it does not serve is left alone. */
static xmlNode *own_rule(struct edit *edit)
{
    const char *word = handling_words[edit->handling];
    char id[ID_SIZE];
    snprintf(id, sizeof(id), "herald-%s", word);
    for (unsigned i = 2; i < IDS_MOST; i++) {
        xmlNode *rule = find_rule(edit, id);
        if (rule == NULL)
            return add_rule(edit, id);
        if (is_ours(rule) && handling_of(rule) == edit->handling)
            return rule;
        snprintf(id, sizeof(id), "herald-%s-%u", word, i);
    }
    edit->fault = verdict(409, "too many rules are called herald-...", 0);
    return NULL;
}

static void put_in(const struct edit *edit, xmlNode *rule)
{
    xmlNode *conditions = find_child(rule, RULES_COMMON, "conditions");
    xmlNode *identity = find_child(conditions, RULES_COMMON, "identity");
    for (const xmlNode *node = identity->children; node != NULL; node = node->next)
        if (node->type == XML_ELEMENT_NODE && rules_is(node, RULES_COMMON, "one") &&
            names_watcher(edit, node))
            return;
    xmlNode *one = add_child(identity, identity->ns, "one", NULL);
    xmlNewProp(one, (const xmlChar *)"id", (const xmlChar *)edit->uri);
}

/* All of it. */

static struct verdict judge(struct bytes document, const struct rules_limits *limits,
                            const struct edit *edit, bool after)
{
    struct rules *rules;
    struct verdict result = rules_parse(document, limits, edit->names, &rules);
    if (!verdict_ok(result))
        return result;
    const struct rules_case watcher = {.identity = edit->identity};
    struct rules_decision decision = rules_decide(rules, &watcher);
    if (after && decision.handling != edit->handling)
        result = verdict(409, "other rules permit this watcher something else", 0);
    rights_unref(&decision.rights);
    rules_free(&rules);
    return result;
}

/* The watcher's name, and the URI that stands for it in the document. */
static bool name_watcher(struct edit *edit, struct bytes watcher)
{
    struct buffer name = buffer_over(edit->name, sizeof(edit->name));
    struct buffer uri = buffer_over(edit->uri, sizeof(edit->uri) - 1);
    if (!edit->names->write(edit->names->context, watcher, &name) || name.overflow)
        return false;
    edit->identity = buffer_bytes(&name);
    buffer_text(&uri, "sip:");
    buffer_put(&uri, edit->identity);
    edit->uri[uri.length] = '\0'; /* another watcher's may have been there */
    return !uri.overflow && name.length > 0 && xmlCheckUTF8((const unsigned char *)edit->uri) != 0;
}

static struct blob *dump(xmlDoc *tree)
{
    xmlChar *text = NULL;
    int length = 0;
    xmlDocDumpMemoryEnc(tree, &text, &length, "UTF-8");
    struct blob *blob = blob_new(bytes_from(text, (size_t)length));
    xmlFree(text);
    return blob;
}

static xmlDoc *read_tree(struct bytes document)
{
    const char *encoding = scan_encoding(document) == SCAN_LATIN1 ? "ISO-8859-1" : "UTF-8";
    return xmlReadMemory(document.at, (int)document.length, NULL, encoding,
                         XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
}

static struct verdict edit_tree(struct edit *edit, struct blob **edited)
{
    xmlNode *own = own_rule(edit);
    if (own == NULL || !take_out(edit, own))
        return edit->fault;
    put_in(edit, own);
    *edited = dump(edit->tree);
    return VERDICT_OK;
}

/* The document as a tree, when it can be read and the watcher be named. */
static struct verdict open_tree(struct edit *edit, struct bytes document,
                                const struct rules_limits *limits, struct bytes watcher)
{
    if (!name_watcher(edit, watcher))
        return verdict(400, "the watcher is no SIP address", 0);
    struct verdict result = judge(document, limits, edit, false);
    if (!verdict_ok(result))
        return result;
    edit->tree = read_tree(document);
    if (edit->tree == NULL)
        return verdict(400, "the document cannot be read with its comments", 0);
    edit->root = xmlDocGetRootElement(edit->tree);
    return VERDICT_OK;
}

/* What was written must be readable; `decides`: and mean what was asked for. */
static struct verdict judge_again(const struct rules_limits *limits, const struct edit *edit,
                                  bool decides, struct blob **edited)
{
    struct verdict result = judge(blob_bytes(*edited), limits, edit, decides);
    result.offset = 0; /* it would be in a document that nobody has seen */
    if (!verdict_ok(result))
        blob_unref(edited);
    return result;
}

struct verdict rules_set_watcher(struct bytes document, const struct rules_limits *limits,
                                 const struct rules_names *names, struct bytes watcher,
                                 enum sub_handling handling, struct blob **edited)
{
    assert(limits != NULL && names != NULL && edited != NULL && handling <= SUB_ALLOW);
    struct edit edit = {.names = names, .handling = handling};
    *edited = NULL;
    if (bytes_empty(document))
        document = bytes_of(document_new);
    struct verdict result = open_tree(&edit, document, limits, watcher);
    if (!verdict_ok(result))
        return result;
    result = edit_tree(&edit, edited);
    result.offset = scan_line(document, result.offset);
    xmlFreeDoc(edit.tree);
    return verdict_ok(result) ? judge_again(limits, &edit, true, edited) : result;
}

/* Forgetting. */

static void forget_in_many(const struct edit *edit, xmlNode *many)
{
    xmlNode *next;
    for (xmlNode *node = many->children; node != NULL; node = next) {
        next = node->next;
        if (node->type == XML_ELEMENT_NODE && rules_is(node, RULES_COMMON, "except") &&
            names_watcher(edit, node))
            remove_node(node);
    }
}

static void forget_in_rule(const struct edit *edit, xmlNode *rule)
{
    xmlNode *conditions = find_child(rule, RULES_COMMON, "conditions");
    for (xmlNode *identity = conditions != NULL ? conditions->children : NULL; identity != NULL;
         identity = identity->next) {
        if (identity->type != XML_ELEMENT_NODE || !rules_is(identity, RULES_COMMON, "identity"))
            continue;
        for (xmlNode *node = identity->children; node != NULL; node = node->next)
            if (node->type == XML_ELEMENT_NODE && rules_is(node, RULES_COMMON, "many"))
                forget_in_many(edit, node);
    }
    take_out_of_rule(edit, rule, false);
}

static void forget(const struct edit *edit)
{
    xmlNode *next;
    for (xmlNode *rule = edit->root->children; rule != NULL; rule = next) {
        next = rule->next;
        if (rule->type == XML_ELEMENT_NODE)
            forget_in_rule(edit, rule);
    }
}

struct verdict rules_forget_watcher(struct bytes document, const struct rules_limits *limits,
                                    const struct rules_names *names, struct bytes watcher,
                                    struct blob **edited)
{
    assert(limits != NULL && names != NULL && edited != NULL && !bytes_empty(document));
    struct edit edit = {.names = names};
    *edited = NULL;
    struct verdict result = open_tree(&edit, document, limits, watcher);
    if (!verdict_ok(result))
        return result;
    forget(&edit);
    *edited = dump(edit.tree);
    xmlFreeDoc(edit.tree);
    return judge_again(limits, &edit, false, edited);
}

/* Writing. */

static struct verdict put_entry(struct edit *edit, const struct rules_entry *entry)
{
    edit->handling = entry->handling;
    if (!name_watcher(edit, entry->watcher))
        return verdict(400, "a watcher is no SIP address", 0);
    xmlNode *rule = own_rule(edit);
    if (rule == NULL)
        return edit->fault;
    xmlNode *conditions = find_child(rule, RULES_COMMON, "conditions");
    xmlNode *identity = find_child(conditions, RULES_COMMON, "identity");
    xmlNode *one = add_child(identity, identity->ns, "one", NULL);
    xmlNewProp(one, (const xmlChar *)"id", (const xmlChar *)edit->uri);
    return VERDICT_OK;
}

struct verdict rules_write(const struct rules_entry *entries, size_t count,
                           const struct rules_limits *limits, const struct rules_names *names,
                           struct blob **document)
{
    assert((entries != NULL || count == 0) && limits != NULL && names != NULL && document != NULL);
    struct edit edit = {.names = names, .tree = read_tree(bytes_of(document_new))};
    struct verdict result = VERDICT_OK;
    assert(edit.tree != NULL);
    *document = NULL;
    edit.root = xmlDocGetRootElement(edit.tree);
    for (size_t i = 0; i < count && verdict_ok(result); i++)
        result = put_entry(&edit, &entries[i]);
    if (verdict_ok(result))
        *document = dump(edit.tree);
    xmlFreeDoc(edit.tree);
    return verdict_ok(result) ? judge_again(limits, &edit, false, document) : result;
}

/* Asking whether a list is all that it is. */

/* Some watchers by name, whom everything is shown, or nothing. */
static bool is_of_list(const struct rules *rules, const struct rule *rule)
{
    bool named = rule->condition_count == 1 && rule->conditions[0].kind == CONDITION_IDENTITY &&
                 rule->conditions[0].many_count == 0;
    if (!named || rule->handling == SUB_ALLOW)
        return named && rights_everything(rule->rights);
    return bytes_equal(rights_key(rule->rights), rights_key(rules->nothing));
}

/* What an extension added, and what is said to people. */
static bool has_more(const xmlNode *node)
{
    for (const xmlNode *child = node->children; child != NULL; child = child->next) {
        if (child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE)
            continue;
        bool known = child->type == XML_ELEMENT_NODE && child->ns != NULL &&
                     (strcmp((const char *)child->ns->href, RULES_COMMON) == 0 ||
                      strcmp((const char *)child->ns->href, RULES_PRESENCE) == 0);
        if (!known || has_more(child))
            return true;
    }
    return false;
}

bool rules_are_list(struct bytes document, const struct rules_limits *limits,
                    const struct rules_names *names)
{
    struct rules *rules;
    assert(limits != NULL && names != NULL);
    if (!verdict_ok(rules_parse(document, limits, names, &rules)))
        return false;
    bool list = true;
    for (size_t i = 0; i < rules->count && list; i++)
        list = is_of_list(rules, &rules->rules[i]);
    rules_free(&rules);
    xmlDoc *tree = list ? read_tree(document) : NULL;
    list = tree != NULL && tree->children == xmlDocGetRootElement(tree) &&
           tree->children->next == NULL && !has_more(tree->children);
    xmlFreeDoc(tree);
    return list;
}
