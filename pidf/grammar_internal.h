/* grammar_internal.h: what may stand where in a presence document, as tables.
 *
 * They say the same as schemas/pidf.xsd and what it imports (RFC 3863 4.4, RFC 4479 5.1, RFC 4480
 * 5.1, RFC 4481 5, RFC 4482 5, RFC 5196 6), in a form that lets a document be put right and not
 * only refused. */
#ifndef PIDF_GRAMMAR_INTERNAL_H
#define PIDF_GRAMMAR_INTERNAL_H

#include "value_internal.h"

#define PIDF_NAMESPACE "urn:ietf:params:xml:ns:pidf"
#define DATA_MODEL_NAMESPACE "urn:ietf:params:xml:ns:pidf:data-model"
#define RPID_NAMESPACE "urn:ietf:params:xml:ns:pidf:rpid"
#define DIALOGS_NAMESPACE "urn:ietf:params:xml:ns:dialog-info"
#define CONTACTS_NAMESPACE "urn:ietf:params:xml:ns:reginfo"
#define CONFERENCE_NAMESPACE "urn:ietf:params:xml:ns:conference-info"

/* The namespaces that we know. */
enum space {
    SPACE_NONE, /* no namespace at all */
    SPACE_PIDF,
    SPACE_DATA_MODEL,
    SPACE_RPID,
    SPACE_CIPID,
    SPACE_CAPS,
    SPACE_TIMED_STATUS,
    SPACE_DIALOGS,
    SPACE_CONTACTS,
    SPACE_CONFERENCE,
    SPACE_XML,
    SPACE_SCHEMA_INSTANCE,
    SPACE_OTHER
};

/* NULL or empty: SPACE_NONE. */
enum space space_of(const char *uri);

struct attribute_rule {
    const char *name; /* NULL ends a list */
    enum space space;
    enum value_type type;
    bool needed; /* without it the element is dropped */
};

/* Children of one kind. Slots with the same position may mix; a lower position stands first. Of
 * slots with different alternatives (0: none) one alternative may be used. */
struct slot {
    const char *const *names; /* NULL-ended; NULL: elements of any other namespace */
    const struct rule *rule;  /* NULL: whatever rule the child's name has */
    unsigned char position, alternative;
    bool once, needed;
    const char *fallback; /* what stands there when nothing else does */
};

/* What composing wants to know of a fragment. */
enum fact {
    FACT_NONE,
    FACT_DEVICE_ID,
    FACT_PRIORITY, /* of a contact */
    FACT_TIME,
    FACT_STATUS,
    FACT_BASIC
};

enum { SLOTS_MOST = 21, ATTRIBUTE_RULES_MOST = 10 };

/* An element: either a simple value or slots for children. */
struct rule {
    enum space space; /* of the children in slots with names */
    enum value_type type;
    enum fact fact;
    bool any_attribute; /* attributes without a rule are let through */
    bool choice_needed; /* one of the alternatives must be there */
    unsigned char positions;
    const char *id_stem; /* what a missing id is made of; NULL: an id is not required */
    const struct attribute_rule *attributes;
    const struct slot *slots; /* `slot_count` of them */
    unsigned char slot_count;
};

/* Children of the root element. */
extern const struct rule rule_tuple, rule_note;

/* What lists have (grammar_entries.c): of RFC 4235, RFC 3680, RFC 4575. */
extern const struct rule rule_dialog, rule_contact_entry, rule_user;
extern const struct rule rule_conference_description, rule_host_info, rule_conference_state,
    rule_sidebars_by_ref, rule_sidebars_by_val;

/* The rule of an element that the schemas declare globally, but for PIDF's own: it holds wherever
 * the element stands. NULL: there is none, anything goes. */
const struct rule *grammar_find(enum space space, const char *name);

/* Its part for CIPID, capabilities and timed status (grammar_extensions.c). */
const struct rule *grammar_extension(enum space space, const char *name);

/* Where a child named `name` in `space` belongs in its parent; NULL: nowhere. */
const struct slot *grammar_slot(const struct rule *parent, enum space space, const char *name);

/* The rule of an attribute; NULL: there is none. `rule` NULL: an element that we do not know. */
const struct attribute_rule *grammar_attribute(const struct rule *rule, enum space space,
                                               const char *name);

#endif
