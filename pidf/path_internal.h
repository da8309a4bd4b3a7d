/* path_internal.h: the expressions of filters: a small part of XPath (RFC 4661 5).
 *
 *   selection = 1*(("/" / "//") step) ["/" / "//" attribute]    at least one of either
 *   step      = (name / "*") ["[" term *(("and" / "or") term) "]"]
 *   term      = ("." / ".." / path / attribute / path "/" attribute) ("=" / "<" / ">") value
 *   path      = (name / "*") *("/" (name / "*"))
 *   attribute = "@" name
 *   value     = a literal in quotes, or a number
 *
 * The RFC's examples have a condition at any step, its ABNF only at the last; we go by the
 * examples. A reference is a selection without conditions. */
#ifndef PIDF_PATH_INTERNAL_H
#define PIDF_PATH_INTERNAL_H

#include <libxml/tree.h>

#include "base/arena.h"
#include "base/verdict.h"
#include "text_internal.h"

enum {
    PATH_BYTES_MOST = 1024, /* of an expression */
    PATH_STEPS_MOST = 16,
    PATH_TERMS_MOST = 16, /* of an expression */
    PATH_NAMES_MOST = 8,  /* of a term */
    PATH_VALUE_BYTES_MOST = 256
};

/* Prefixes and the namespaces that they stand for. */
struct path_binding {
    struct bytes prefix, uri;
};
struct path_bindings {
    const struct path_binding *items;
    size_t count;
};

struct path_name {
    struct bytes space, local; /* empty space: no namespace */
    bool any;                  /* "*" */
};

enum path_start { PATH_FROM_CHILDREN, PATH_FROM_SELF, PATH_FROM_PARENT };

struct path_term {
    bool or_before; /* joined to the term before by "or" */
    bool on_attribute, is_number;
    char compare; /* '=', '<' or '>' */
    enum path_start start;
    const struct path_name *names; /* of elements, from the step's element down */
    unsigned name_count;
    struct path_name attribute;
    struct bytes value; /* as it was written, without quotes */
};

struct path_step {
    bool deep; /* after "//" */
    struct path_name name;
    const struct path_term *terms;
    unsigned term_count;
};

struct path {
    const struct path_step *steps;
    unsigned step_count;
    bool on_attribute, attribute_deep;
    struct path_name attribute;
};

/* Reads an expression; `conditions`: a selection, else a reference. 488 with the reason for
 * whatever the grammar does not have, 413 over a limit; the offset is one in the expression. */
struct verdict path_parse(struct bytes expression, bool conditions,
                          const struct path_bindings *bindings, struct arena *arena,
                          struct path *path);

/* Writes it again, one text for all that mean the same; each namespace in it must be bound. */
void path_write(const struct path *path, const struct path_bindings *bindings, struct text *out);

/* Calls `visit` for each namespace that a path uses. */
typedef void path_space_fn(void *context, struct bytes space);
void path_spaces(const struct path *path, path_space_fn *visit, void *context);

/* What selecting may still cost, in looks at a node. At 0 nothing more is found. */
struct path_budget {
    size_t left;
};

/* Finds what a path selects, in the order of the document: elements (`attribute` NULL), or
 * attributes and whose they are. */
typedef void path_found_fn(void *context, xmlNode *element, xmlAttr *attribute);
void path_select(const struct path *path, xmlNode *root, struct path_budget *budget,
                 path_found_fn *found, void *context);

/* Reads a number as XPath does, but for very long ones; false: it is none. */
bool path_number(struct bytes text, double *number);

#endif
