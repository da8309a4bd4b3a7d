/* sphere.c: all that say a sphere must say the same, else it is undefined (RFC 5025 3.1.2).
 *
 * The value is the name of the element in <sphere>: home, work, unknown, or one of somebody else's
 * making. Several elements there are several values. */
#include "sphere_internal.h"

#include <assert.h>

#include "document_internal.h"
#include "node_internal.h"
#include "pidf/view.h"
#include "tree_internal.h"

void sphere_unite(struct sphere *sphere, const struct sphere *further)
{
    assert(sphere != NULL && further != NULL);
    if (!further->said)
        return;
    if (sphere->said && !bytes_equal(sphere->value, further->value))
        sphere->unclear = true;
    sphere->said = true;
    sphere->unclear |= further->unclear;
    sphere->value = further->value;
}

static void unite_values(struct sphere *sphere, const xmlNode *element)
{
    for (const xmlNode *child = element->children; child != NULL; child = child->next) {
        if (child->type != XML_ELEMENT_NODE)
            continue;
        const struct sphere value = {.said = true, .value = bytes_of((const char *)child->name)};
        sphere_unite(sphere, &value);
    }
}

static void unite_person(struct sphere *sphere, const xmlNode *person)
{
    for (const xmlNode *child = person->children; child != NULL; child = child->next)
        if (child->type == XML_ELEMENT_NODE && node_is(child, SPACE_RPID, "sphere"))
            unite_values(sphere, child);
}

struct sphere sphere_of(const xmlNode *root)
{
    assert(root != NULL);
    struct sphere sphere = {0};
    for (const xmlNode *child = root->children; child != NULL; child = child->next)
        if (child->type == XML_ELEMENT_NODE && node_is(child, SPACE_DATA_MODEL, "person"))
            unite_person(&sphere, child);
    return sphere;
}

struct bytes pidf_common_sphere(const struct pidf_document *const *documents, size_t count)
{
    assert(documents != NULL || count == 0);
    struct sphere all = {0};
    for (size_t i = 0; i < count; i++) {
        const struct sphere one = {
            .said = documents[i]->sphere.length > 0 || documents[i]->sphere_unclear,
            .unclear = documents[i]->sphere_unclear,
            .value = document_slice(documents[i], documents[i]->sphere),
        };
        sphere_unite(&all, &one);
    }
    return all.said && !all.unclear ? all.value : BYTES("");
}
