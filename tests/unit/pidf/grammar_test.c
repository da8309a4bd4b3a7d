/* grammar_test.c: the tables agree with the schemas. */
#include "pidf/grammar_internal.h"

#include "documents.h"

static const char *attribute(const xmlNode *node, const char *name)
{
    for (const xmlAttr *at = node->properties; at != NULL; at = at->next)
        if (strcmp((const char *)at->name, name) == 0)
            return (const char *)at->children->content;
    return NULL;
}

static bool is_named(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

/* The complex type that an element names, in its schema; NULL: a simple one, or none. */
static const xmlNode *type_of(const xmlNode *element)
{
    const char *type = attribute(element, "type");
    if (type == NULL)
        return NULL;
    const char *name = strchr(type, ':') != NULL ? strchr(type, ':') + 1 : type;
    const xmlNode *root = xmlDocGetRootElement(element->doc);
    for (const xmlNode *child = root->children; child != NULL; child = child->next)
        if (is_named(child, "complexType") && strcmp(attribute(child, "name"), name) == 0)
            return child;
    return NULL;
}

/* Every element that the schema declares below `node` has a slot in the rule. */
static void check_children(const xmlNode *node, const struct rule *rule, unsigned *seen)
{
    for (const xmlNode *child = node->children; child != NULL; child = child->next) {
        const char *name = is_named(child, "element") ? attribute(child, "name") : NULL;
        if (is_named(child, "any"))
            ck_assert_ptr_nonnull(grammar_slot(rule, SPACE_OTHER, "anything"));
        if (name == NULL) {
            check_children(child, rule, seen);
            continue;
        }
        const struct slot *slot = grammar_slot(rule, rule->space, name);
        ck_assert_msg(slot != NULL && slot->names != NULL, "%s has no place", name);
        ++*seen;
        const xmlNode *type = type_of(child);
        if (type != NULL && slot->rule->type == VALUE_NONE)
            check_children(type, slot->rule, seen);
        else if (child->children != NULL)
            check_children(child, slot->rule, seen);
    }
}

/* Every global element of the schema has a rule, every child and attribute of it a place in it;
 * returns how many children there were. */
static unsigned check_schema(const char *path, enum space space)
{
    unsigned seen = 0;
    xmlDoc *tree = xmlReadFile(path, NULL, XML_PARSE_NONET);
    ck_assert_ptr_nonnull(tree);
    const xmlNode *root = xmlDocGetRootElement(tree);
    for (const xmlNode *child = root->children; child != NULL; child = child->next) {
        if (!is_named(child, "element"))
            continue;
        const char *name = attribute(child, "name");
        const struct rule *rule = grammar_find(space, name);
        ck_assert_msg(rule != NULL, "%s has no rule", name);
        if (rule->type == VALUE_NONE)
            check_children(child, rule, &seen);
        else
            seen++;
    }
    xmlFreeDoc(tree);
    return seen;
}

START_TEST(test_rfc4479_all_elements_are_known)
{
    ck_assert_uint_eq(check_schema(SOURCE_DIR "/schemas/data-model.xsd", SPACE_DATA_MODEL), 5);
}
END_TEST

START_TEST(test_rfc4480_all_elements_are_known)
{
    ck_assert_uint_gt(check_schema(SOURCE_DIR "/schemas/rpid.xsd", SPACE_RPID), 130);
}
END_TEST

START_TEST(test_rfc4482_all_elements_are_known)
{
    ck_assert_uint_eq(check_schema(SOURCE_DIR "/schemas/cipid.xsd", SPACE_CIPID), 6);
}
END_TEST

START_TEST(test_rfc5196_all_elements_are_known)
{
    ck_assert_uint_gt(check_schema(SOURCE_DIR "/schemas/caps.xsd", SPACE_CAPS), 150);
}
END_TEST

START_TEST(test_rfc4481_all_elements_are_known)
{
    ck_assert_uint_eq(check_schema(SOURCE_DIR "/schemas/timed-status.xsd", SPACE_TIMED_STATUS), 2);
}
END_TEST

START_TEST(test_namespaces)
{
    ck_assert_int_eq(space_of(NULL), SPACE_NONE);
    ck_assert_int_eq(space_of(""), SPACE_NONE);
    ck_assert_int_eq(space_of(PIDF_NAMESPACE), SPACE_PIDF);
    ck_assert_int_eq(space_of(DATA_MODEL_NAMESPACE), SPACE_DATA_MODEL);
    ck_assert_int_eq(space_of(RPID_NAMESPACE), SPACE_RPID);
    ck_assert_int_eq(space_of(PIDF_NAMESPACE ":cipid"), SPACE_CIPID);
    ck_assert_int_eq(space_of(PIDF_NAMESPACE ":caps"), SPACE_CAPS);
    ck_assert_int_eq(space_of(PIDF_NAMESPACE ":timed-status"), SPACE_TIMED_STATUS);
    ck_assert_int_eq(space_of("http://www.w3.org/XML/1998/namespace"), SPACE_XML);
    ck_assert_int_eq(space_of(RPID_NAMESPACE "x"), SPACE_OTHER);
    ck_assert_int_eq(space_of("urn:ietf:params:xml:ns:pidf:im"), SPACE_OTHER);
}
END_TEST

START_TEST(test_slots)
{
    const struct slot *status = grammar_slot(&rule_tuple, SPACE_PIDF, "status");
    const struct slot *contact = grammar_slot(&rule_tuple, SPACE_PIDF, "contact");
    const struct slot *other = grammar_slot(&rule_tuple, SPACE_RPID, "class");
    ck_assert_uint_lt(status->position, other->position);
    ck_assert_uint_lt(other->position, contact->position);
    ck_assert_ptr_null(other->names);
    ck_assert_ptr_null(grammar_slot(&rule_tuple, SPACE_PIDF, "tuple"));
    ck_assert_ptr_null(grammar_slot(&rule_tuple, SPACE_NONE, "status"));
}
END_TEST

START_TEST(test_attributes)
{
    const struct rule *mood = grammar_find(SPACE_RPID, "mood");
    ck_assert_int_eq(grammar_attribute(&rule_tuple, SPACE_NONE, "id")->type, VALUE_ID);
    ck_assert_ptr_null(grammar_attribute(&rule_tuple, SPACE_NONE, "from"));
    ck_assert_ptr_null(grammar_attribute(&rule_tuple, SPACE_XML, "lang"));
    ck_assert_int_eq(grammar_attribute(mood, SPACE_NONE, "from")->type, VALUE_DATE_TIME);
    ck_assert_int_eq(grammar_attribute(mood, SPACE_XML, "lang")->type, VALUE_LANGUAGE);
    ck_assert_ptr_null(grammar_attribute(mood, SPACE_NONE, "other"));
    ck_assert_int_eq(grammar_attribute(NULL, SPACE_PIDF, "mustUnderstand")->type, VALUE_BOOLEAN);
    ck_assert_ptr_null(grammar_attribute(NULL, SPACE_NONE, "id"));
}
END_TEST

UNIT_MAIN("pidf/grammar", test_rfc4479_all_elements_are_known, test_rfc4480_all_elements_are_known,
          test_rfc4482_all_elements_are_known, test_rfc5196_all_elements_are_known,
          test_rfc4481_all_elements_are_known, test_namespaces, test_slots, test_attributes)
