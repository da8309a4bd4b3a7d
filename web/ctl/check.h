/* check.h: heraldctl check: what is wrong around a server, and how to mend it. */
#ifndef WEB_CTL_CHECK_H
#define WEB_CTL_CHECK_H

#include "web/ctl/settings.h"

/* Prints a line for each finding; or, `json`, an array of {"finding": "ok", "note" or "fault",
 * "part", "text"} at the end. The exit code: 0, or 1 when there is a fault. */
int ctl_check(struct ctl_settings *settings, bool json, int count, const char *const *words);

#endif
