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

/* The sphere that the document's person is in (RPID); empty: none said. In `text`. */
struct bytes pidf_sphere(struct pidf_parser *parser, const struct blob *document, char *text,
                         size_t size);

/* A watcher's filter (application/simple-filter+xml). Immutable, one owner. */
struct pidf_filter;

/* Judges the body of a SUBSCRIBE. `resource` is the URI that is watched, `domain` its domain (RFC
 * 4661 3.3: a filter-set's filters may name one, or all with neither). 400 malformed or an
 * expression that we cannot read (RFC 4660 5.1 and its section on errors: the answer that it
 * wants), 413 over a limit. A filter for other resources alone gives NULL and a fine verdict. */
struct verdict pidf_filter_parse(struct pidf_parser *parser, struct bytes body,
                                 struct bytes resource, struct bytes domain,
                                 struct pidf_filter **filter);
void pidf_filter_free(struct pidf_filter **filter);

/* One text for all filters that mean the same; the body that made it serves. */
struct bytes pidf_filter_key(const struct pidf_filter *filter);

/* What the filter's `what` elements leave of a document, always a valid one (RFC 4660 5.3). New or
 * another reference. */
struct blob *pidf_filter_apply(struct pidf_parser *parser, const struct pidf_filter *filter,
                               struct blob *document);

/* True when one of the filter's triggers fires between two documents (RFC 4661 3.6), or it has
 * none: a NOTIFY is due. */
bool pidf_filter_triggers(struct pidf_parser *parser, const struct pidf_filter *filter,
                          const struct blob *before, const struct blob *now);

#endif
