/* options.h: what may be said to every verb. */
#ifndef WEB_CTL_OPTIONS_H
#define WEB_CTL_OPTIONS_H

#include "web/ctl/settings.h"

enum { CTL_TAG_SIZE = 1024, CTL_TIMEOUT_UNSAID = -1 };

struct ctl_option {
    const char *name;  /* "--url" */
    const char *value; /* "URL"; NULL: it has none. "FILE" is what shells complete */
    bool anywhere;     /* behind the verb, too; else only before the noun */
    const char *help;
};

/* Ended by one without a name. */
extern const struct ctl_option ctl_options[];

struct ctl_options {
    struct ctl_settings settings;
    bool json, tell_tag;
    const char *output;                                       /* NULL: standard output */
    char if_match[CTL_TAG_SIZE], if_none_match[CTL_TAG_SIZE]; /* "": none */
    const char *idempotency_key;                              /* NULL: none */
    long timeout_s; /* 0: none, CTL_TIMEOUT_UNSAID: as the verb has it */
};

/* Takes them out of the words; what is left is `*count` words, the noun first. What stands behind
 * "--" is no option. False with a message in `why` (512 bytes). */
bool ctl_options_take(struct ctl_options *options, int *count, const char **words, char *why);

#endif
