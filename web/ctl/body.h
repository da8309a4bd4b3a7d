/* body.h: bodies that are files, and the forms that they have. */
#ifndef WEB_CTL_BODY_H
#define WEB_CTL_BODY_H

#include "web/ctl/verbs.h"

/* The whole of a file, with a NUL behind it; "-": of standard input. free() it. NULL with a message
 * in `why` (512 bytes). */
char *ctl_body_read(const char *path, size_t *length, char *why);

/* The form that is called `name`; NULL: that of the file's name ("people.csv"), else the first.
 * False with a message in `why`: there is no such form. */
bool ctl_form_choose(const char *forms, const char *name, const char *path, struct ctl_form *form,
                     char *why);

#endif
