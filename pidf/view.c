/* view.c: what the rights of a watcher leave of a composed document (RFC 5025 3.3).
 *
 *   child of the root --+-- tuple, person, device: provided (3.3.1), or it goes whole
 *                       |     child of it: always shown | by its own permission | unknown (3.3.2)
 *                       |     <status>: the same for its children, <basic> is always shown
 *                       +-- anything else: as such a child
 *
 * What goes is taken out of the tree; nothing that the schemas want is ever taken out of what
 * stays. RFC 5025 does not speak of children of the root and of <status>: they need the same
 * permission as if they stood in a tuple. Permissions hold for an element wherever it stands. */
#include "pidf/view.h"

#include <assert.h>

#include "grammar_internal.h"
#include "node_internal.h"
#include "tree_internal.h"

/* What shows an element beside a permission of enum rights_attribute. */
enum {
    ALWAYS = RIGHTS_ATTRIBUTES,
    ALWAYS_OF_SERVICE, /* in a tuple; elsewhere it is unknown */
    USER_INPUT,
    UNKNOWN
};

static const struct {
    enum space space;
    const char *name;
    int permission; /* enum rights_attribute, or one of ours */
} elements[] = {
    {SPACE_PIDF, "status", ALWAYS},
    {SPACE_PIDF, "basic", ALWAYS},
    {SPACE_PIDF, "contact", ALWAYS},
    {SPACE_PIDF, "timestamp", ALWAYS},
    {SPACE_DATA_MODEL, "timestamp", ALWAYS},
    {SPACE_RPID, "service-class", ALWAYS_OF_SERVICE},
    {SPACE_RPID, "activities", RIGHTS_ACTIVITIES},
    {SPACE_RPID, "class", RIGHTS_CLASS},
    {SPACE_DATA_MODEL, "deviceID", RIGHTS_DEVICE_ID},
    {SPACE_RPID, "mood", RIGHTS_MOOD},
    {SPACE_RPID, "place-is", RIGHTS_PLACE_IS},
    {SPACE_RPID, "place-type", RIGHTS_PLACE_TYPE},
    {SPACE_RPID, "privacy", RIGHTS_PRIVACY},
    {SPACE_RPID, "relationship", RIGHTS_RELATIONSHIP},
    {SPACE_RPID, "sphere", RIGHTS_SPHERE},
    {SPACE_RPID, "status-icon", RIGHTS_STATUS_ICON},
    {SPACE_RPID, "time-offset", RIGHTS_TIME_OFFSET},
    {SPACE_RPID, "user-input", USER_INPUT},
    {SPACE_PIDF, "note", RIGHTS_NOTE},
    {SPACE_DATA_MODEL, "note", RIGHTS_NOTE},
};

static int permission_of(const xmlNode *node)
{
    enum space space = space_of(node_space_uri(node));
    for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++)
        if (elements[i].space == space && node_named(node, elements[i].name))
            return elements[i].permission;
    return UNKNOWN;
}

/* One cut of a document. */
struct cut {
    const struct rights *rights;
    bool changed; /* something went */
};

static void remove_node(struct cut *cut, xmlNode *node)
{
    xmlUnlinkNode(node);
    xmlFreeNode(node);
    cut->changed = true;
}

/* RFC 5025 3.3.2.12. The attribute that it calls "since" is RPID's last-input. An id says nothing
 * of the input and stays. */
static void cut_user_input(struct cut *cut, xmlNode *node)
{
    enum rights_user_input input = rights_user_input(cut->rights);
    if (input == RIGHTS_INPUT_FULL)
        return;
    for (xmlAttr *at = node->properties, *next = NULL; at != NULL; at = next) {
        next = at->next;
        const char *name = (const char *)at->name;
        bool stays = at->ns == NULL &&
                     (strcmp(name, "id") == 0 ||
                      (input == RIGHTS_INPUT_THRESHOLDS && strcmp(name, "idle-threshold") == 0));
        if (stays)
            continue;
        xmlRemoveProp(at);
        cut->changed = true;
    }
}

static bool is_shown(const struct cut *cut, const xmlNode *node, int permission)
{
    bool in_device = node_is(node->parent, SPACE_DATA_MODEL, "device");
    bool in_person = node_is(node->parent, SPACE_DATA_MODEL, "person");
    if (permission == ALWAYS || (permission == ALWAYS_OF_SERVICE && !in_device && !in_person))
        return true;
    if (permission == USER_INPUT)
        return rights_user_input(cut->rights) != RIGHTS_INPUT_NONE;
    if (permission >= RIGHTS_ATTRIBUTES)
        return rights_show_unknown(cut->rights, bytes_of(node_space_uri(node)),
                                   bytes_of((const char *)node->name));
    /* 3.3.2.3: the deviceID of a tuple; a device's own is always there */
    return (permission == RIGHTS_DEVICE_ID && in_device) ||
           rights_show(cut->rights, (enum rights_attribute)permission);
}

static void cut_attribute(struct cut *cut, xmlNode *node)
{
    int permission = permission_of(node);
    if (!is_shown(cut, node, permission))
        remove_node(cut, node);
    else if (permission == USER_INPUT)
        cut_user_input(cut, node);
}

/* The elements in a tuple, person, device or <status> that the watcher may not see go. */
static void cut_attributes(struct cut *cut, xmlNode *part)
{
    for (xmlNode *child = part->children, *next = NULL; child != NULL; child = next) {
        next = child->next;
        if (child->type == XML_ELEMENT_NODE)
            cut_attribute(cut, child);
    }
}

/* What a part says of itself. */

static struct bytes text_of(const xmlNode *node)
{
    const xmlNode *text = node->children;
    return text != NULL && text->content != NULL ? bytes_trim(bytes_of((const char *)text->content))
                                                 : BYTES("");
}

static struct bytes id_of(const xmlNode *node)
{
    for (const xmlAttr *at = node->properties; at != NULL; at = at->next)
        if (at->ns == NULL && strcmp((const char *)at->name, "id") == 0 && at->children != NULL)
            return bytes_of((const char *)at->children->content);
    return BYTES("");
}

static const xmlNode *find_child(const xmlNode *part, enum space space, const char *name)
{
    for (const xmlNode *child = part->children; child != NULL; child = child->next)
        if (child->type == XML_ELEMENT_NODE && node_is(child, space, name))
            return child;
    return NULL;
}

/* A part may bear several classes: one that is provided is enough. */
static bool show_by_class(const struct cut *cut, enum rights_kind kind, const xmlNode *node)
{
    for (const xmlNode *child = node->children; child != NULL; child = child->next) {
        if (child->type != XML_ELEMENT_NODE || !node_is(child, SPACE_RPID, "class"))
            continue;
        const struct rights_part part = {.class = text_of(child)};
        if (rights_show_part(cut->rights, kind, &part))
            return true;
    }
    return false;
}

static bool show_part(const struct cut *cut, enum rights_kind kind, const xmlNode *node)
{
    struct rights_part part = {.occurrence_id = id_of(node)};
    const xmlNode *child = NULL;
    if (kind == RIGHTS_DEVICE && (child = find_child(node, SPACE_DATA_MODEL, "deviceID")) != NULL)
        part.device_id = text_of(child);
    if (kind == RIGHTS_SERVICE && (child = find_child(node, SPACE_PIDF, "contact")) != NULL)
        part.service = text_of(child);
    return rights_show_part(cut->rights, kind, &part) || show_by_class(cut, kind, node);
}

static enum rights_kind kind_of(const xmlNode *node)
{
    if (node_is(node, SPACE_PIDF, "tuple"))
        return RIGHTS_SERVICE;
    if (node_is(node, SPACE_DATA_MODEL, "person"))
        return RIGHTS_PERSON;
    return node_is(node, SPACE_DATA_MODEL, "device") ? RIGHTS_DEVICE : RIGHTS_KINDS;
}

static void cut_part(struct cut *cut, xmlNode *node)
{
    enum rights_kind kind = kind_of(node);
    if (kind == RIGHTS_KINDS) {
        cut_attribute(cut, node);
        return;
    }
    if (!show_part(cut, kind, node)) {
        remove_node(cut, node);
        return;
    }
    cut_attributes(cut, node);
    xmlNode *status = (xmlNode *)find_child(node, SPACE_PIDF, "status");
    if (status != NULL)
        cut_attributes(cut, status);
}

struct blob *pidf_view(struct pidf_parser *parser, struct blob *document,
                       const struct rights *rights)
{
    assert(parser != NULL && document != NULL);
    if (rights == NULL)
        return blob_ref(document);
    xmlDoc *tree = pidf_read_own(parser, document);
    if (tree == NULL)
        return pidf_write_head(document);
    struct cut cut = {.rights = rights};
    for (xmlNode *child = xmlDocGetRootElement(tree)->children, *next = NULL; child != NULL;
         child = next) {
        next = child->next;
        if (child->type == XML_ELEMENT_NODE)
            cut_part(&cut, child);
    }
    struct blob *view = cut.changed ? pidf_write_tree(tree) : blob_ref(document);
    xmlFreeDoc(tree);
    return view;
}
