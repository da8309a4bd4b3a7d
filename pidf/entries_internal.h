/* entries_internal.h: what tells the formats of entries.h apart. */
#ifndef PIDF_ENTRIES_INTERNAL_H
#define PIDF_ENTRIES_INTERNAL_H

#include "pidf/entries.h"
#include "piece_internal.h"
#include "repair_internal.h"

enum { ENTRIES_SECTIONS_MAX = 6 };

/* Of the entries of a state. */
enum entries_life { ENTRIES_NONE, ENTRIES_ENDED, ENTRIES_ALIVE };

/* Children of the root. One of the sections holds the entries; of the others a document has one at
 * most. */
struct entries_section {
    const char *name; /* NULL ends the list */
    const struct rule *rule;
    bool needed; /* empty when nobody says anything */
};

struct entries_kind {
    const char *root, *name_space;
    enum space space;
    bool has_entity; /* the root says whom it is about */
    bool lists_part; /* a publication may be a part of the state: it stands for itself all the same
                      */
    bool renames;    /* keys are names and nothing more */
    struct entries_section sections[ENTRIES_SECTIONS_MAX + 1];
    unsigned place;      /* of the entries among the sections */
    const char *wrapper; /* the element around them; NULL: the root itself */
    const char *entry, *key;
    const struct rule *rule; /* of an entry */
    const char *fault;       /* what is said of one that is senseless */

    /* The start tag of the wrapper. `partial`: of a difference. */
    void (*open)(struct text *out, struct bytes entity, bool partial, enum entries_life life);
    /* Whom the wrapper of a composed document is about, escaped. */
    const char *wrapper_entity;
    /* An entry that is gone; nothing when that had been told. */
    void (*gone)(struct text *out, const struct piece *entry);
    /* True when both tell the same; NULL: when they are equal. */
    bool (*same)(struct bytes a, struct bytes b);
};

/* A fragment of a judged document. */
struct entry {
    unsigned section; /* of the kind's; the number of them: of another namespace */
    struct span text, key;
};

struct entries {
    const struct entries_kind *kind;
    size_t count;
    const struct entry *list;
    const char *text;
};

static inline struct bytes entries_slice(const struct entries *entries, struct span span)
{
    return bytes_from(entries->text + span.at, span.length);
}

static inline unsigned entries_sections(const struct entries_kind *kind)
{
    unsigned count = 0;
    while (kind->sections[count].name != NULL)
        count++;
    return count;
}

/* The start of a document up to its version, and from behind it to its content. */
void entries_put_head(struct text *out, const struct entries_kind *kind);
void entries_put_tail(struct text *out, const struct entries_kind *kind, bool partial,
                      struct bytes entity);

#endif
