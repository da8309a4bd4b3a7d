/* policy_internal.h: what is known of one user: its rules, its roster and its preferences. */
#ifndef POLICY_POLICY_INTERNAL_H
#define POLICY_POLICY_INTERNAL_H

#include "base/bytes.h"

struct rules;
struct store_shared;

/* Whom a user wants to see: addresses in the order of their bytes, one text behind the other. A
 * text is the address and behind it, a line each, the groups that it is in, if any. */
struct roster {
    char *texts;
    size_t length, size;
    uint32_t *ends; /* of each text */
    size_t count, ends_size;
};

/* Adds a buddy, who comes after all that are there; `groups` as in struct store_buddy. */
void roster_add(struct roster *roster, struct bytes buddy, struct bytes groups);
/* The address of one by its index. */
struct bytes roster_buddy(const struct roster *roster, size_t index);
bool roster_has(const struct roster *roster, struct bytes buddy);
/* Visits the buddies of a group; how many they are. */
size_t roster_group(const struct roster *roster, struct bytes group,
                    void (*visit)(void *context, struct bytes buddy), void *context);
void roster_release(struct roster *roster);

/* Groups that the operator puts into rosters. NULL: none. */
struct shared;
struct shared *shared_new(void);
void shared_free(struct shared **shared);
void shared_add(struct shared *shared, const struct store_shared *stored);
/* True when a group that the owner sees has the buddy. */
bool shared_knows(const struct shared *shared, struct bytes owner, struct bytes buddy);

/* Who is of a domain; `each` may be NULL: nobody says. */
struct people {
    void (*each)(void *context, struct bytes domain, void (*visit)(void *context, struct bytes aor),
                 void *visit_context);
    void *context;
};

/* A group of an owner's roster, with what is shared under the same name. */
struct shared_wanted {
    struct bytes owner, group;
    const struct roster *own; /* NULL: none */
    const struct people *people;
};
/* Visits each buddy of it once, by address, without the owner; how many they are. */
size_t shared_visit(const struct shared *shared, const struct shared_wanted *wanted,
                    void (*visit)(void *context, struct bytes buddy), void *context);

/* What a user chose: lines, a name and its value by turns. */
struct choices {
    char *lines;
    size_t length;
};

/* Adds what is not there yet. */
void choices_add(struct choices *choices, struct bytes name, struct bytes value);
/* Its value; empty: nothing was chosen. */
struct bytes choices_find(const struct choices *choices, struct bytes name);
void choices_release(struct choices *choices);

/* The users that the store has rules, rosters or preferences of. */
struct owner {
    struct rules *rules; /* NULL: none */
    bool broken;         /* they cannot be read: nobody may see anything */
    struct roster roster;
    struct choices choices;
};

struct owners;
struct owners *owners_new(void);
void owners_free(struct owners **owners);

/* One by its address-of-record, or NULL. */
struct owner *owners_find(const struct owners *owners, struct bytes aor);
/* The same; one with nothing is made when there is none. */
struct owner *owners_take(struct owners *owners, struct bytes aor);

/* Moves all of `fresh` over to `owners`, in the place of what was there; who has nothing any more
 * is dropped. Calls `moved` for each when all have moved. */
void owners_replace(struct owners *owners, struct owners *fresh,
                    void (*moved)(void *context, struct bytes aor), void *context);

#endif
