/* rules_internal.h: judged rules, as they lie in memory. */
#ifndef PIDF_RULES_INTERNAL_H
#define PIDF_RULES_INTERNAL_H

#include <libxml/tree.h>

#include "base/arena.h"
#include "pidf/rules.h"
#include "rights_internal.h"

#define RULES_COMMON "urn:ietf:params:xml:ns:common-policy"
#define RULES_PRESENCE "urn:ietf:params:xml:ns:pres-rules"

/* Names in order, to be searched by halves. */
struct name_set {
    struct bytes *names;
    size_t count, size;
};

/* <many> (RFC 4745 7.1.3): whoever is proved, of one domain or of all, without some. */
struct many {
    bool of_domain;
    struct bytes domain;
    struct name_set not_domains, not_ids;
};

/* From `from_ms` on until before `until_ms`. */
struct period {
    uint64_t from_ms, until_ms;
};

enum condition_kind { CONDITION_NEVER, CONDITION_IDENTITY, CONDITION_SPHERE, CONDITION_VALIDITY };

struct condition {
    enum condition_kind kind;
    struct name_set ones; /* of an identity */
    struct many *manies;
    size_t many_count;
    struct bytes spheres; /* tokens with blanks between them */
    struct period *periods;
    size_t period_count;
};

struct rule {
    struct bytes id;
    struct condition *conditions; /* all must hold */
    size_t condition_count;
    enum sub_handling handling;
    struct rights *rights; /* never NULL */
};

struct rules {
    struct arena arena; /* all but the rights */
    struct rule *rules;
    size_t count;
    bool uses_sphere;
    struct rights *nothing;
};

/* A document being judged. */
struct rules_reader {
    const struct rules_limits *limits;
    const struct rules_names *names;
    struct rules *rules;
    struct arena scratch; /* texts while they are read */
    unsigned members;     /* counted so far */
    struct verdict fault; /* the first; offset: a line */
};

/* Notes a fault at a node; false. */
bool rules_fail(struct rules_reader *reader, const xmlNode *node, unsigned status,
                const char *reason);
/* Counts a member of the document; false over the limit. */
bool rules_count(struct rules_reader *reader, const xmlNode *node);

/* True when the element has this name in this namespace. */
bool rules_is(const xmlNode *node, const char *space, const char *name);
/* The value of an attribute without a namespace, in scratch; at NULL: there is none. */
struct bytes rules_attribute(struct rules_reader *reader, const xmlNode *node, const char *name);
/* The text of an element, without blanks around it, in scratch; empty when it has elements. */
struct bytes rules_text(struct rules_reader *reader, const xmlNode *node);
/* The first child element, and the one after a child; false: text stands between them, which no
 * element of rules may have. *node NULL: no more. */
bool rules_first(struct rules_reader *reader, const xmlNode *parent, const xmlNode **node);
bool rules_next(struct rules_reader *reader, const xmlNode **node);

/* What stands behind the last '@'; all of a name that is a domain alone. */
struct bytes rules_domain_of(struct bytes identity);
/* Writes the name by which a domain is known here: an alias of ours is the domain. False: it is
 * none. */
bool rules_write_domain(const struct rules_names *names, struct bytes domain, struct buffer *name);

/* Takes <conditions>, <actions>, <transformations> (NULL: there is none); false with a fault. */
bool rules_take_conditions(struct rules_reader *reader, const xmlNode *node, struct rule *rule);
bool rules_take_actions(struct rules_reader *reader, const xmlNode *node, struct rule *rule);
bool rules_take_transformations(struct rules_reader *reader, const xmlNode *node,
                                struct rule *rule);

#endif
