/* view.h: what one watcher sees of a composed presence document: cut by rights (RFC 5025) and by
 * the watcher's own filter (RFC 4660, RFC 4661). Runs libxml2; made once for all who share it. */
#ifndef PIDF_VIEW_H
#define PIDF_VIEW_H

#include "base/blob.h"
#include "base/verdict.h"
#include "pidf/pidf.h"
#include "pidf/rights.h"

/* `document` (of pidf_compose) without what the rights do not show; valid by the schemas again. New
 * for the caller, or another reference of `document` when nothing went. */
struct blob *pidf_view(struct pidf_parser *parser, struct blob *document,
                       const struct rights *rights);

/* The sphere for rules (RFC 5025 3.1.2): all publications that say one must say the same; empty:
 * none does, or they differ. A composed document has one person only and cannot tell. Costs
 * nothing; lies in the documents. */
struct bytes pidf_common_sphere(const struct pidf_document *const *documents, size_t count);

/* What filters a watcher's notifications (application/simple-filter+xml): the filters for the
 * resource and for its domain. Immutable, one owner. Wherever one is taken, NULL filters nothing.
 */
struct pidf_filter;

/* Judges the body of a SUBSCRIBE. `resource` is the URI that is watched, `domain` its domain (RFC
 * 4661 3.4: a filter may name either, or neither). 400 not well formed; 488 not as RFC 4661 wants
 * it, an expression that filters do not have, two filters for one resource (RFC 4660 5.2, 5.4); 413
 * over a limit, alone or with what there was. Filters for other resources alone give NULL and a
 * fine verdict. */
struct verdict pidf_filter_parse(struct pidf_parser *parser, struct bytes body,
                                 struct bytes resource, struct bytes domain,
                                 struct pidf_filter **filter);

/* The same for a SUBSCRIBE within the dialog (RFC 4660 5.2.2): `old` as the body changes it, by id:
 * replaced, added, removed, enabled, disabled. `old` stays, and is good when the verdict is not. */
struct verdict pidf_filter_update(struct pidf_parser *parser, const struct pidf_filter *old,
                                  struct bytes body, struct bytes resource, struct bytes domain,
                                  struct pidf_filter **filter);
void pidf_filter_free(struct pidf_filter **filter);

/* One text for all filters that mean the same; empty for NULL. It is a filter-set that parses (with
 * the same resource and domain) to the same filter again, so it is what to store. */
struct bytes pidf_filter_key(const struct pidf_filter *filter);

/* One text for all filters that leave the same of every document; empty: all of it. */
struct bytes pidf_filter_view_key(const struct pidf_filter *filter);

/* What the filter's `what` elements leave of a document, always a valid one (RFC 4660 5.3.1). New
 * or another reference. */
struct blob *pidf_filter_apply(struct pidf_parser *parser, const struct pidf_filter *filter,
                               struct blob *document);

/* False: any change is told (RFC 4660 5.3). */
bool pidf_filter_has_triggers(const struct pidf_filter *filter);

/* True when one of the filter's triggers fires between two documents (RFC 4661 3.6), or it has
 * none: a NOTIFY is due. Both as they were before the filter was applied; `before` as it was last
 * told (3.6.1); NULL: nothing was, and triggers do not count (RFC 4660 5.3.1). */
bool pidf_filter_triggers(struct pidf_parser *parser, const struct pidf_filter *filter,
                          const struct blob *before, const struct blob *now);

#endif
