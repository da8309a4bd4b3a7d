/* verbs.h: the words of heraldctl, and the endpoints of the HTTP API that they stand for. */
#ifndef WEB_CTL_VERBS_H
#define WEB_CTL_VERBS_H

#include <stdbool.h>
#include <stddef.h>

/* `path` is filled with the words behind the verb, in their order: "/api/v1/users/{user}". What
 * they leave fills the members that are marked with a '!'; the other members are options
 * (--display-name for display_name). Of a GET or DELETE they are parameters of the query.
 *
 *     "display_name groups/group* position# disabled? password$"
 *
 * A slash says what the option is called when it is called otherwise; then may stand: '*' a list,
 * whose option may be repeated (an empty value: nobody is in it); '#' a number; '?' true or false;
 * '%' JSON; '=' words NAME=VALUE, each of which is a member; '$' a secret, which is read from
 * standard input (on a terminal it is asked for), with a '~' only when its option is there.
 *
 * What is no JSON, or comes from a file, has forms: "csv=text/csv vcf=text/vcard". The first one
 * counts, if neither --format nor the end of the file's name says another. */
struct ctl_verb {
    const char *noun, *verb; /* "" for what the noun does alone: "trace CALL-ID" */
    const char *method, *path;
    const char *members; /* "": none */
    const char *columns; /* of a list, separated by blanks; "": whatever the first item has */
    const char *help;
    const char *takes; /* forms of a body that is a file, the word behind the others; NULL: none */
    const char *gives; /* forms of the answer, which is printed as it comes; NULL: JSON */
    bool slow;         /* no limit of time, unless --timeout sets one */
};

/* Ended by one without a noun. */
extern const struct ctl_verb ctl_verbs[];

/* What is no request of its own: "watch --user alice". Ended by one without a word. */
struct ctl_other {
    const char *word, *takes;
    const char *offers; /* what may stand behind it, for completions */
    const char *help;
};
extern const struct ctl_other ctl_others[];

/* The verb of these words; NULL: there is none. An empty word finds what the noun does alone. */
const struct ctl_verb *ctl_verb_find(const char *noun, const char *verb);

/* A member of the list; `rest` shrinks. False at the end. */
struct ctl_member {
    char name[32], option[32];
    bool word;   /* '!' */
    bool wished; /* '~' */
    enum { TEXT, LIST, NUMBER, TRUTH, SECRET, PAIRS, JSON } kind;
};
bool ctl_member_next(const char **rest, struct ctl_member *member);

/* Likewise a form. */
struct ctl_form {
    char name[16], type[64];
};
bool ctl_form_next(const char **rest, struct ctl_form *form);

#endif
