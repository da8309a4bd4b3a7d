/* usage.h: how a verb is used, for people: help, manual page and refusals say it alike. */
#ifndef WEB_CTL_USAGE_H
#define WEB_CTL_USAGE_H

#include "web/ctl/verbs.h"

enum { CTL_USAGE_SIZE = 512 };

/* What stands behind noun and verb, each with a blank before it: " USER BUDDY [--name TEXT] ...".
 * Words in capitals are wanted, what stands in brackets may be left out, and what has three dots
 * behind it may be repeated. `whole`: with options and files. Returns `text`. */
const char *ctl_usage(const struct ctl_verb *verb, bool whole, char text[CTL_USAGE_SIZE]);

/* The noun that help is wanted about: the first of the words, up to "--" or NULL, that is one. A
 * value of an option ("--url roster") is none; NULL: none of them is. */
const char *ctl_usage_noun(const char *const *words);

/* Prints all that heraldctl can do, or what a noun can, with its options. */
void ctl_help(const char *noun);

#endif
