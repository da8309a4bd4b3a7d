/* show.h: answers for people: tables of lists, lines of objects. */
#ifndef WEB_CTL_SHOW_H
#define WEB_CTL_SHOW_H

#include <jansson.h>
#include <stdio.h>

/* A list {"items": [...]} as a table with these columns ("": those of its first item that are no
 * objects), anything else as an outline, the member "sentence" before all others. What is no
 * printable text is escaped: it may be what a stranger's client sent, and a terminal obeys. */
void ctl_show(const json_t *value, const char *columns, FILE *out);

#endif
