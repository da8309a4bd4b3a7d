/* people.h: what names a user, a group and a password, judged alike for whoever asks: the command
 * line and the HTTP API.
 *
 * A fault is a constant text that says what is wrong and what is wanted; NULL: nothing is. */
#ifndef FRONT_PEOPLE_H
#define FRONT_PEOPLE_H

#include "front/domains.h"

enum {
    PEOPLE_AOR_MAX = 511, /* bytes of a canonical address */
    PEOPLE_GROUP_MAX_BYTES = 100,
    PEOPLE_GROUPS_MAX = 32,        /* that one buddy can be in */
    PEOPLE_NAME_MAX_BYTES = 256,   /* of a person's name */
    PEOPLE_NOTES_MAX_BYTES = 4096, /* about a buddy */
    PEOPLE_PASSWORD_MAX_BYTES = 255,
    PEOPLE_SHARED_MAX = 1000, /* shared groups */
    PEOPLE_LINES_MAX = 10000, /* of people in one */
    PEOPLE_DOMAIN_MAX_BYTES = 253,
    PEOPLE_DOMAIN_ALIASES_MAX = 16 /* other names of one */
};

/* A canonical address. */
struct people_aor {
    char text[PEOPLE_AOR_MAX + 1]; /* NUL-terminated */
    const struct domain *domain;   /* of a user of ours, else NULL */
};

/* How a name was not one: */
enum people_fault {
    PEOPLE_GOOD,
    PEOPLE_NO_NAME, /* no user's at all */
    PEOPLE_TOO_LONG,
    PEOPLE_ELSEWHERE /* of a domain that is not ours; aor->text has the domain */
};

/* The user of ours that is named by "alice" (of the first domain), "alice@example.org" or
 * "sip:alice@example.org". */
enum people_fault people_find_user(const struct domains *domains, struct bytes name,
                                   struct people_aor *aor);
/* The same, but an alias is itself and not its account. */
enum people_fault people_find_alias(const struct domains *domains, struct bytes name,
                                    struct people_aor *aor);
/* The same for anybody, of whatever domain. */
enum people_fault people_find_anybody(const struct domains *domains, struct bytes name,
                                      struct people_aor *aor);

/* A user or alias (canonical) that is to be made: "." and ".." are refused, for clients fold them
 * out of a path (RFC 3986 5.2.4), and what is left names the whole of what they lie in. What there
 * is already may have such a name. */
const char *people_made_fault(struct bytes aor);
/* An address that a service answers whose user part is `user` (empty: there is none), with what
 * stands behind a '+' as well: an account or alias of that name would never be reached. */
bool people_is_service(struct bytes aor, struct bytes user);

/* A group is a line of UTF-8 that can be printed, and written into a URI: not "." or "..". */
const char *people_group_fault(struct bytes group);
/* What a person is called; may be empty. */
const char *people_name_fault(struct bytes name);
/* Notes may have several lines; may be empty. */
const char *people_notes_fault(struct bytes notes);
const char *people_password_fault(struct bytes password);

/* A domain's name (RFC 3261 25.1, hostname), in lower case and without a dot at its end in
 * `canonical`, if nothing is wrong. */
const char *people_domain_fault(struct bytes name, char canonical[PEOPLE_DOMAIN_MAX_BYTES + 1]);

#endif
