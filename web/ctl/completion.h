/* completion.h: what shells and readers want to know of the words, written from the one table. */
#ifndef WEB_CTL_COMPLETION_H
#define WEB_CTL_COMPLETION_H

#include <stdbool.h>
#include <stdio.h>

/* `kind`: "bash", "zsh" (completions) or "man" (roff, heraldctl.1). False: it is none of these. */
bool ctl_write_completion(const char *kind, FILE *out);

#endif
