/* lists_internal.h: what packages share whose documents list things (pidf/entries.h). Their
 * `struct document` is an `entries`; their state is told in full first and then by what has
 * changed. */
#ifndef PRESENCE_PACKAGES_LISTS_INTERNAL_H
#define PRESENCE_PACKAGES_LISTS_INTERNAL_H

#include "packages_internal.h"
#include "pidf/entries.h"

struct package_workshop *list_workshop_new(const struct package_limits *limits);
void list_workshop_free(struct package_workshop **workshop);

struct verdict list_accept(struct package_workshop *workshop, const struct entries_kind *kind,
                           struct bytes body, const struct entity_check *entity,
                           struct document **document);
void list_document_free(struct document **document);
bool list_same_things(const struct document *a, const struct document *b);

/* Of the sources that are not stale: who is gone has no dialogs and users any more. */
struct blob *list_compose(const struct entries_kind *kind, struct bytes entity,
                          const struct document_source *sources, size_t count);

void list_whole(struct package_workshop *workshop, const struct blob *body,
                struct package_parts *parts);
bool list_difference(const struct entries_kind *kind, const struct blob *before,
                     const struct blob *now, struct package_parts *parts);

#endif
