/* settings.h: which server, and with which token. */
#ifndef WEB_CTL_SETTINGS_H
#define WEB_CTL_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

struct ctl_settings {
    char url[1024], token[1024], ca[1024]; /* "": not said */
};

/* Fills what is empty, from HERALD_URL and HERALD_TOKEN, then from ~/.config/heraldctl
 * (XDG_CONFIG_HOME; lines "url = ...", "token = ...", "ca = ..."), then the usual address. False
 * with a message: the file cannot be used. */
bool ctl_settings_fill(struct ctl_settings *settings, char *why, size_t why_size);

/* The first line of a file as the token; "-" is standard input. One that others may read is used,
 * with a warning on standard error. */
bool ctl_settings_token(struct ctl_settings *settings, const char *path, char *why,
                        size_t why_size);

#endif
