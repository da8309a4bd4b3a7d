/* roster_internal.h: a roster as it stands in the database, whole. */
#ifndef WEB_API_ROSTER_INTERNAL_H
#define WEB_API_ROSTER_INTERNAL_H

#include "web/api/buddies_internal.h"

enum { ROSTER_GROUPS_MOST = 1000 /* groups of one roster that have a place */ };

struct roster_view {
    struct buddies buddies; /* by position and address */
    json_t *groups;         /* {"name", "position"}: those with a place, then the others by name */
    json_t *shared;         /* what the operator puts in besides: {"name", "title", "members"} */
};

/* ERR_NOT_FOUND: there is no such account. */
enum err roster_view_load(struct account_file *file, struct bytes owner, struct roster_view *view);
void roster_view_release(struct roster_view *view);
/* As GET shows it: one page; the version is that of all pages. */
json_t *roster_view_json(const struct roster_view *view, struct bytes owner,
                         const struct page *page);
/* The place of a group in view->groups; -1: there is none. */
long roster_view_group(const struct roster_view *view, struct bytes name);
/* Behind everybody. */
uint64_t roster_view_end(const struct roster_view *view);

#endif
