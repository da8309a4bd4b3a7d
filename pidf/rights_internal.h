/* rights_internal.h: how rights are made: gathered in a draft, then packed once. */
#ifndef PIDF_RIGHTS_INTERNAL_H
#define PIDF_RIGHTS_INTERNAL_H

#include "pidf/rights.h"

/* What a member of a set names (RFC 5025 3.3.1, 3.3.2.14). Those of a kind stand together. */
enum rights_type {
    RIGHTS_DEVICE_CLASS,
    RIGHTS_DEVICE_OCCURRENCE,
    RIGHTS_DEVICE_URI, /* deviceID, folded */
    RIGHTS_SERVICE_CLASS,
    RIGHTS_SERVICE_OCCURRENCE,
    RIGHTS_SERVICE_URI, /* folded */
    RIGHTS_SERVICE_SCHEME,
    RIGHTS_PERSON_CLASS,
    RIGHTS_PERSON_OCCURRENCE,
    RIGHTS_UNKNOWN_ATTRIBUTE, /* `value` its name, `space` its namespace */
    RIGHTS_TYPES
};

struct rights_member {
    enum rights_type type;
    struct bytes value, space;
};

/* Permissions as they are found. The texts of the members are borrowed until rights_make. */
struct rights_draft {
    unsigned attributes; /* a bit for each enum rights_attribute */
    enum rights_user_input input;
    bool all_unknown;
    bool all[RIGHTS_KINDS];
    struct rights_member *members;
    size_t count, size;
};

/* Adds a member; all texts of a draft together are bounded by the document that they come from. */
void rights_draft_add(struct rights_draft *draft, const struct rights_member *member);
/* Adds what is already packed (RFC 4745 10.2: maximum and union). */
void rights_draft_unite(struct rights_draft *draft, const struct rights *rights);
/* provide-all-attributes (RFC 5025 3.3.2.15). */
void rights_draft_all_attributes(struct rights_draft *draft);
/* True when nothing is left to hide. */
bool rights_draft_everything(const struct rights_draft *draft);
void rights_draft_release(struct rights_draft *draft);

/* Packs a draft (and releases it); owned once. Equal permissions give equal keys. */
struct rights *rights_make(struct rights_draft *draft);

bool rights_everything(const struct rights *rights);

#endif
