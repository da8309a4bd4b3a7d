/* multipart.h: MIME entities inside a body: their header fields (RFC 2045 3), and the parts of a
 * multipart body (RFC 2046 5.1). All slices point into the body; nothing is decoded. Lines may end
 * with a bare LF. */
#ifndef SIP_MULTIPART_H
#define SIP_MULTIPART_H

#include "base/bytes.h"

enum {
    MULTIPART_PARTS_MAX = 32,   /* of one body; with more it is broken */
    MULTIPART_BOUNDARY_MAX = 70 /* characters (RFC 2046 5.1.1) */
};

/* Splits an entity, or anything that begins with a header, at its first empty line: the header with
 * the ends of its lines, and what stands behind. Without an empty line all of it is header. */
struct bytes mime_split(struct bytes entity, struct bytes *body);

/* Takes the next logical line of a header, without the end of its line; a line that begins with
 * white space belongs to the one before. False at the end. */
bool mime_line(struct bytes *header, struct bytes *line);

/* The value of the first field of that name (case does not matter), folds inside; empty when there
 * is none. */
struct bytes mime_field(struct bytes header, const char *name);

/* The parameter of a field's value ("text/plain; charset=utf-8"), without its quotes; false when it
 * is absent or the value is broken. Backslashes inside of quotes stay. */
bool mime_parameter(struct bytes value, const char *name, struct bytes *parameter);

/* What stands before the parameters of a value, trimmed. */
struct bytes mime_value(struct bytes value);

struct multipart_part {
    struct bytes text;   /* all of it, byte for byte */
    struct bytes header; /* with the ends of its lines; may be empty */
    struct bytes body;
};

/* A walk over the parts. */
struct multipart {
    struct bytes boundary, rest;
    unsigned count;
    bool inside, ended; /* behind the first boundary; behind the last */
};

/* Begins at a body of this Content-Type; false when that is no multipart type with a boundary. */
bool multipart_open(struct multipart *multipart, struct bytes content_type, struct bytes body);

/* False when there are no more parts. */
bool multipart_next(struct multipart *multipart, struct multipart_part *part);

/* True when all parts were seen, at least one, and the last boundary was there. */
bool multipart_whole(const struct multipart *multipart);

#endif
