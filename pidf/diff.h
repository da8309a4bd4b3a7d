/* diff.h: partial presence (application/pidf-diff+xml, RFC 5262) on the patch operations of RFC
 * 5261. */
#ifndef PIDF_DIFF_H
#define PIDF_DIFF_H

#include "base/blob.h"
#include "base/buffer.h"
#include "base/verdict.h"
#include "pidf/pidf.h"

/* For watchers (RFC 5263). A body is written in two parts, so that all watchers share it though
 * each counts its own versions: `version` belongs between head and tail. */
struct pidf_partial {
    struct blob *head, *tail;
};
void pidf_partial_release(struct pidf_partial *partial);

/* <pidf-full>: the whole state. */
struct pidf_partial pidf_full(struct pidf_parser *parser, const struct blob *document);

/* <pidf-diff>: what makes `before` into `now` when applied in order. False when there is no shorter
 * way than the whole state (RFC 5263 4.2), or none at all. */
bool pidf_diff(struct pidf_parser *parser, const struct blob *before, const struct blob *now,
               struct pidf_partial *partial);

/* For publishers (RFC 5264). A first publication of this type must be <pidf-full>; a modifying one
 * may be <pidf-diff>, which is applied to the document that is published now. On success `body` is
 * new: a plain application/pidf+xml document, which pidf_parse then judges. 400 malformed, a patch
 * that does not apply (RFC 5261 5, with its error's name in the reason) or diff where full is
 * needed; 413 over a limit. `published` empty: none. */
struct verdict pidf_patch(struct pidf_parser *parser, struct bytes published, struct bytes patch,
                          struct blob **body);

#endif
