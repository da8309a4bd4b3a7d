/* client.h: one request to the HTTP API, and its answer (libcurl). */
#ifndef WEB_CTL_CLIENT_H
#define WEB_CTL_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

struct ctl_server {
    const char *url;   /* "http://127.0.0.1:8080" */
    const char *token; /* NULL: none */
    const char *ca;    /* PEM file of the authority of its certificate; NULL: the system's */
};

struct ctl_answer {
    long status;
    char type[128];
    char *text; /* NUL-terminated; free() it */
    size_t length;
    long long date_s; /* what the server's clock says, since 1970; 0: it does not */
};

/* False with a message in `why` (512 bytes): the server was not reached. */
bool ctl_send(const struct ctl_server *server, const char *method, const char *path,
              const char *body, struct ctl_answer *answer, char *why);

#endif
