/* cpim.h: message/cpim (RFC 3862), read and written: what its header says, whatever prefixes it
 * gives to namespaces, and the MIME entity in it. Nothing is decoded that nobody asks for; slices
 * point into the body. Tolerant of bare LF, of white space, and of a missing empty line before the
 * fields of the entity (RFC 5438 prints its examples so). */
#ifndef IM_CPIM_H
#define IM_CPIM_H

#include "base/buffer.h"

#define CPIM_IMDN "urn:ietf:params:imdn" /* the namespace of RFC 5438 6.1 */

enum { CPIM_SPACES_MAX = 16 }; /* prefixes of a message; headers with further ones are unknown */

struct cpim {
    struct bytes header;          /* with the ends of its lines */
    struct bytes entity;          /* the MIME entity: fields and content */
    struct bytes fields, content; /* of the entity */
};

/* False when the body has no header of CPIM or no MIME entity with a Content-Type. */
bool cpim_parse(struct bytes body, struct cpim *cpim);

struct cpim_header {
    struct bytes space;    /* URI of its namespace; empty: RFC 3862's own */
    struct bytes name;     /* without prefix; case matters */
    struct bytes value;    /* trimmed, with its escapes */
    struct bytes language; /* ";lang=" (RFC 3862 3.3); empty: none */
};

/* A walk over the headers but NS, which it obeys. Headers of unknown prefixes are left out. */
struct cpim_walk {
    struct bytes rest;
    struct bytes prefixes[CPIM_SPACES_MAX], spaces[CPIM_SPACES_MAX];
    unsigned space_count;
};
struct cpim_walk cpim_headers(const struct cpim *cpim);
bool cpim_next(struct cpim_walk *walk, struct cpim_header *header);

/* The value of the first header of that name; empty when there is none. `space` "": RFC 3862's. */
struct bytes cpim_value(const struct cpim *cpim, const char *space, const char *name);

/* The URI of a From, To or route: between angle brackets, or all of it when there are none. */
struct bytes cpim_uri(struct bytes value);

/* Undoes the escapes of a value (RFC 3862 2.3.1); \uxxxx becomes UTF-8. */
void cpim_unescape(struct bytes value, struct buffer *out);

/* Writes one header line; control characters and backslashes become escapes. `prefix` "": none. */
void cpim_write(struct buffer *out, const char *prefix, const char *name, struct bytes value);

/* The same for a value that was read from another message and has its escapes already. */
void cpim_copy(struct buffer *out, const char *prefix, const char *name, struct bytes value);

#endif
