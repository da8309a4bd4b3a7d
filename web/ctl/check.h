/* check.h: heraldctl check: what is wrong around a server, and how to mend it. */
#ifndef WEB_CTL_CHECK_H
#define WEB_CTL_CHECK_H

#include "web/ctl/settings.h"

/* Prints a line for each finding. The exit code: 0, or 1 when there is a fault. */
int ctl_check(struct ctl_settings *settings, int count, const char *const *words);

#endif
