/* client_internal.h: what all requests to a server have in common, those with an end and the stream
 * of events. */
#ifndef WEB_CTL_CLIENT_INTERNAL_H
#define WEB_CTL_CLIENT_INTERNAL_H

#include <curl/curl.h>

#include "web/ctl/client.h"

/* The address of a path (copied), and how far it is believed. */
void ctl_connect(CURL *curl, const struct ctl_server *server, const char *path);
/* Adds a field, or the token's; nothing when there is no value. */
struct curl_slist *ctl_field_add(struct curl_slist *fields, const char *name, const char *value);
struct curl_slist *ctl_token_add(struct curl_slist *fields, const char *token);
/* "... was not reached", with curl's words and what to look at. */
void ctl_unreached(const struct ctl_server *server, const char *fault, char *why);

#endif
