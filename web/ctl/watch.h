/* watch.h: heraldctl watch: what happens, as it happens. */
#ifndef WEB_CTL_WATCH_H
#define WEB_CTL_WATCH_H

#include <jansson.h>
#include <stdio.h>

#include "web/ctl/client.h"

enum { WATCH_PATH_SIZE = 2048 };

/* Of the words behind "watch": "--types presence,messages", "--user alice"; false with a message in
 * `why` (512 bytes). */
bool watch_path(int count, const char *const *words, char path[WATCH_PATH_SIZE], char *why);

/* An event for people: a line, without its end. */
void watch_show(const json_t *event, FILE *out);

/* Prints events as they come, a line each, as JSON or for people; when the connection is lost it
 * comes again, behind the last event. Returns when the server will not have it, or standard output
 * is closed, with a message in `why`. */
void watch_run(const struct ctl_server *server, const char *path, bool json, char *why);

#endif
