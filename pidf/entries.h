/* entries.h: documents that list things under a root with a version: the dialogs of a user (RFC
 * 4235), the contacts of a registration (RFC 3680), the users of a conference (RFC 4575).
 *
 * What is published is judged once and taken apart into self-contained fragments: the entries, each
 * with its key, and the sections beside them. So composing, and what a watcher is told of a change,
 * is copying of bytes: libxml2 runs only when a body is judged. */
#ifndef PIDF_ENTRIES_H
#define PIDF_ENTRIES_H

#include "pidf/diff.h"

/* One of the formats. */
struct entries_kind;
extern const struct entries_kind entries_dialogs;  /* application/dialog-info+xml */
extern const struct entries_kind entries_contacts; /* application/reginfo+xml */
extern const struct entries_kind entries_users;    /* application/conference-info+xml */

/* A judged document; immutable, one owner. */
struct entries;

/* Judges a body as pidf_parse does: 400 not well formed or senseless, 403 about somebody else, 413
 * over a limit. Puts in order what is a little wrong. */
struct verdict entries_parse(struct pidf_parser *parser, const struct entries_kind *kind,
                             struct bytes body,
                             bool (*entities_match)(void *context, struct bytes entity),
                             void *context, struct entries **entries);
void entries_free(struct entries **entries);

/* True when both list the same keys in the same order. */
bool entries_same(const struct entries *a, const struct entries *b);

/* All documents as one with the full state of `entity` (escaped here); owned once. Keys that repeat
 * are told apart by a number where they are only names, the first keeping its own; else the first
 * with the key counts. */
struct blob *entries_compose(const struct entries_kind *kind, struct bytes entity,
                             const struct entries *const *documents, size_t count);

/* A composed document in two parts with the number of its version between them; and what tells who
 * knows `before` of what `now` is: what is new or changed whole, what is gone as its format says.
 * False: only the whole can tell that. */
struct pidf_partial entries_whole(const struct blob *state);
bool entries_difference(const struct entries_kind *kind, const struct blob *before,
                        const struct blob *now, struct pidf_partial *partial);

/* Composed dialogs with nothing but their ids, states and directions (RFC 4235 3.6); new. */
struct blob *entries_outline(const struct blob *state);

/* Some of the dialogs (RFC 4235 3.2), by the values of their attributes; an empty one is any. */
struct entries_dialog {
    struct bytes call_id, local_tag, remote_tag;
};
/* Composed dialogs without those that are not meant; new. */
struct blob *entries_pick(const struct blob *state, const struct entries_dialog *wanted);

/* True when one of the composed dialogs has been answered (RFC 4235 3.7.1, confirmed). */
bool entries_has_confirmed(const struct blob *state);

/* A composed document without the empty elements that begin so, "<gr:temp-gruu "; new. */
struct blob *entries_without(const struct blob *state, const char *tag);

#endif
