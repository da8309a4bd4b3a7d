/* filter_internal.h: what a filter-set says (RFC 4661 3), judged. */
#ifndef PIDF_FILTER_INTERNAL_H
#define PIDF_FILTER_INTERNAL_H

#include <libxml/tree.h>

#include "path_internal.h"
#include "pidf/view.h"

#define FILTER_NAMESPACE "urn:ietf:params:xml:ns:simple-filter"

enum {
    FILTER_BYTES_MOST = 16384, /* of a body */
    FILTERS_MOST = 16,         /* of a body and what there was before */
    FILTER_PARTS_MOST = 32,    /* what a filter includes, excludes or has triggers for, each */
    FILTER_STEPS_MOST = 256,   /* in all expressions of a body */
    FILTER_BINDINGS_MOST = 32,
    FILTER_WORK_MOST = 2000000 /* looks at a node, each time that a filter is applied */
};

/* <include>, <exclude>: a namespace, or what an expression selects. */
struct filter_part {
    bool is_namespace;
    struct bytes space;
    struct path path;
};

enum filter_event { FILTER_CHANGED, FILTER_ADDED, FILTER_REMOVED };

struct filter_condition {
    enum filter_event event;
    bool has_from, has_to, has_by;
    double by;
    struct bytes from, to, by_text;
    struct path path;
};

struct filter_trigger {
    struct filter_condition *conditions;
    unsigned count;
};

/* What a filter is addressed to. */
enum filter_aim { FILTER_FOR_RESOURCE, FILTER_FOR_DOMAIN, FILTER_FOR_OTHERS };

struct filter {
    struct bytes id, address; /* what it is addressed to, as it was written; empty: the resource */
    enum filter_aim aim;
    bool enabled, has_what, has_triggers; /* the elements were there, perhaps empty */
    struct filter_part *includes, *excludes;
    struct filter_trigger *triggers;
    unsigned include_count, exclude_count, trigger_count;
};

struct pidf_filter {
    struct arena arena;
    struct filter *filters; /* for the resource and for its domain */
    unsigned count;
    const struct filter *effective; /* one of them; NULL: nothing is filtered */
    struct bytes key, view_key;
};

/* A filter-set under construction. */
struct filter_draft {
    struct arena *arena; /* for all that the filters hold */
    struct bytes resource, domain;
    struct filter filters[FILTERS_MOST];
    unsigned count;
    unsigned steps; /* in all expressions */
};

/* Applies a filter-set to a draft: filters are added, replaced, removed, enabled and disabled (RFC
 * 4660 5.2.2). 488 for what RFC 4661 does not allow, 413 over a limit; the offset is a line. */
struct verdict filter_read(struct filter_draft *draft, const xmlNode *root);

/* Writes filters as a filter-set that reads as they are. */
void filter_write(const struct filter *filters, unsigned count, struct text *out);

/* Writes what of a filter decides what is left of a document; nothing: all is. */
void filter_write_what(const struct filter *filter, struct text *out);

#endif
