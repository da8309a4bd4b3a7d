/* path_select.c: finds what an expression selects, in one walk over the document.
 *
 * Bit i of an element's mask says that the path's first i steps lead to it; bit 0 is the document's
 * alone. Bit i + 1 follows from the parent's bit i, or after "//" from that of any ancestor, when
 * name and condition hold. So each element is looked at once, whatever the expression.
 *
 * libxml2 has XPath, but merges node-sets in quadratic time, and makes a string of the whole parent
 * for each comparison with "..": a filter with one of them takes half a second for a document of 55
 * KB, far within the operation limit that it offers. Here every look at a node is paid for. */
#include <assert.h>
#include <stdlib.h>

#include "path_internal.h"

enum { NUMBER_BYTES_MOST = 64 };

struct walk {
    const struct path *path;
    struct path_budget *budget;
    path_found_fn *found;
    void *context;
};

static bool spend(struct path_budget *budget)
{
    if (budget->left == 0)
        return false;
    budget->left--;
    return true;
}

static bool is_named(const struct path_name *name, const xmlNs *ns, const xmlChar *local)
{
    if (name->any)
        return true;
    const char *space = ns != NULL ? (const char *)ns->href : "";
    return bytes_equal(name->local, bytes_of((const char *)local)) &&
           bytes_equal(name->space, bytes_of(space));
}

/* Numbers. */

static size_t count_digits(struct bytes text)
{
    size_t count = 0;
    while (count < text.length && text.at[count] >= '0' && text.at[count] <= '9')
        count++;
    return count;
}

bool path_number(struct bytes text, double *number)
{
    assert(number != NULL);
    struct bytes rest = text = bytes_trim(text);
    if (rest.length == 0 || rest.length >= NUMBER_BYTES_MOST)
        return false;
    if (rest.at[0] == '-')
        rest = bytes_skip(rest, 1);
    size_t whole = count_digits(rest), part = 0;
    rest = bytes_skip(rest, whole);
    if (!bytes_empty(rest) && rest.at[0] == '.') {
        part = count_digits(bytes_skip(rest, 1));
        rest = bytes_skip(rest, 1 + part);
    }
    if (whole + part == 0 || !bytes_empty(rest))
        return false;
    char digits[NUMBER_BYTES_MOST];
    memcpy(digits, text.at, text.length);
    digits[text.length] = '\0';
    *number = strtod(digits, NULL);
    return true;
}

/* A value that comes in pieces: it is held against a literal, or gathered for a number. */
struct reading {
    struct path_budget *budget;
    const struct path_term *term;
    size_t length; /* so far */
    bool unequal;  /* or too long for a number */
    char digits[NUMBER_BYTES_MOST];
};

static bool wants_number(const struct path_term *term)
{
    return term->is_number || term->compare != '=';
}

/* Blanks before a number do not count. */
static void read_digits(struct reading *reading, struct bytes piece)
{
    if (reading->length == 0)
        while (!bytes_empty(piece) && bytes_empty(bytes_trim(bytes_first(piece, 1))))
            piece = bytes_skip(piece, 1);
    if (piece.length > sizeof(reading->digits) - reading->length)
        piece = bytes_trim(piece);
    if (piece.length > sizeof(reading->digits) - reading->length) {
        reading->unequal = true;
        return;
    }
    if (piece.length > 0)
        memcpy(reading->digits + reading->length, piece.at, piece.length);
    reading->length += piece.length;
}

static void read_piece(struct reading *reading, const char *text)
{
    const struct path_term *term = reading->term;
    if (text == NULL)
        return;
    if (wants_number(term)) {
        read_digits(reading, bytes_of(text));
        return;
    }
    struct bytes rest = bytes_skip(term->value, reading->length);
    size_t length = strnlen(text, rest.length + 1);
    reading->unequal = !bytes_starts_with(rest, bytes_from(text, length));
    reading->length += length;
}

/* The text of these nodes and all below. */
static void read_nodes(struct reading *reading, const xmlNode *node)
{
    for (; node != NULL && !reading->unequal; node = node->next) {
        if (!spend(reading->budget)) {
            reading->unequal = true;
            return;
        }
        if (node->type == XML_ELEMENT_NODE)
            read_nodes(reading, node->children);
        else
            read_piece(reading, (const char *)node->content);
    }
}

/* Does the text of these nodes compare as the term wants? (XPath 1.0 3.4) */
static bool compares(const struct path_term *term, const xmlNode *first, struct path_budget *budget)
{
    struct reading reading = {.budget = budget, .term = term};
    double value, wanted;
    read_nodes(&reading, first);
    if (reading.unequal)
        return false;
    if (!wants_number(term))
        return reading.length == term->value.length;
    if (!path_number(bytes_from(reading.digits, reading.length), &value) ||
        !path_number(term->value, &wanted))
        return false;
    if (term->compare == '=')
        return value == wanted;
    return term->compare == '<' ? value < wanted : value > wanted;
}

static const xmlAttr *find_attribute(const xmlNode *node, const struct path_name *name)
{
    for (const xmlAttr *at = node->properties; at != NULL; at = at->next)
        if (is_named(name, at->ns, at->name))
            return at;
    return NULL;
}

static bool end_holds(const struct path_term *term, const xmlNode *node, struct path_budget *budget)
{
    if (!term->on_attribute)
        return compares(term, node->children, budget);
    const xmlAttr *attribute = find_attribute(node, &term->attribute);
    return attribute != NULL && compares(term, attribute->children, budget);
}

/* Does one of the elements that the names from `name` on lead to compare as wanted? */
static bool path_holds(const struct path_term *term, const xmlNode *node, unsigned name,
                       struct path_budget *budget)
{
    if (name == term->name_count)
        return end_holds(term, node, budget);
    for (const xmlNode *child = node->children; child != NULL && spend(budget); child = child->next)
        if (child->type == XML_ELEMENT_NODE &&
            is_named(&term->names[name], child->ns, child->name) &&
            path_holds(term, child, name + 1, budget))
            return true;
    return false;
}

static bool term_holds(const struct path_term *term, const xmlNode *node,
                       struct path_budget *budget)
{
    switch (term->start) {
    case PATH_FROM_SELF:
        return compares(term, node->children, budget);
    case PATH_FROM_PARENT: /* the root's parent is the document, whose text is the root's */
        return compares(term, node->parent->children, budget);
    default:
        return path_holds(term, node, 0, budget);
    }
}

/* "and" binds closer than "or". */
static bool condition_holds(const struct path_step *step, const xmlNode *node,
                            struct path_budget *budget)
{
    bool holds = true;
    for (unsigned i = 0; i < step->term_count; i++) {
        if (i > 0 && step->terms[i].or_before) {
            if (holds)
                return true;
            holds = true;
        }
        holds = holds && term_holds(&step->terms[i], node, budget);
    }
    return holds;
}

/* The mask of an element by its parent's, and by those of all its ancestors. */
static uint32_t mask_of(const struct walk *walk, const xmlNode *node, uint32_t parent,
                        uint32_t above)
{
    uint32_t mask = 0;
    for (unsigned i = 0; i < walk->path->step_count; i++) {
        const struct path_step *step = &walk->path->steps[i];
        uint32_t from = step->deep ? above : parent;
        if ((from & (1u << i)) != 0 && is_named(&step->name, node->ns, node->name) &&
            condition_holds(step, node, walk->budget))
            mask |= 1u << (i + 1);
    }
    return mask;
}

static void report(const struct walk *walk, xmlNode *node, uint32_t mask, uint32_t above)
{
    const struct path *path = walk->path;
    uint32_t last = 1u << path->step_count;
    if (path->attribute_deep)
        mask |= above;
    if ((mask & last) == 0)
        return;
    xmlAttr *attribute = NULL;
    if (path->on_attribute) {
        attribute = (xmlAttr *)find_attribute(node, &path->attribute);
        if (attribute == NULL)
            return;
    }
    walk->found(walk->context, node, attribute);
}

static void walk_element(const struct walk *walk, xmlNode *node, uint32_t parent, uint32_t above)
{
    uint32_t mask = mask_of(walk, node, parent, above);
    report(walk, node, mask, above);
    for (xmlNode *child = node->children; child != NULL && spend(walk->budget); child = child->next)
        if (child->type == XML_ELEMENT_NODE)
            walk_element(walk, child, mask, above | mask);
}

void path_select(const struct path *path, xmlNode *root, struct path_budget *budget,
                 path_found_fn *found, void *context)
{
    static_assert(PATH_STEPS_MOST < 32, "a mask has a bit for each step and one more");
    assert(path != NULL && root != NULL && budget != NULL && found != NULL);
    const struct walk walk = {path, budget, found, context};
    walk_element(&walk, root, 1, 1);
}
