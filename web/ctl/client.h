/* client.h: one request to the HTTP API, and its answer (libcurl). */
#ifndef WEB_CTL_CLIENT_H
#define WEB_CTL_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct ctl_server {
    const char *url;   /* "http://127.0.0.1:8080" */
    const char *token; /* NULL: none */
    const char *ca;    /* PEM file of the authority of its certificate; NULL: the system's */
};

/* What is NULL is not said. */
struct ctl_call {
    const char *method, *path; /* with its query */
    const char *body, *type;   /* a body without a type is JSON */
    size_t length;             /* of the body */
    const char *accept, *if_match, *if_none_match, *idempotency_key;
    long timeout_s; /* 0: none */
};

struct ctl_answer {
    long status;
    char type[128];
    char etag[256]; /* "": it has none */
    char *text;     /* NUL-terminated; free() it */
    size_t length;
    long long date_s; /* what the server's clock says, since 1970; 0: it does not */
};

/* False with a message in `why` (512 bytes): the server was not reached. */
bool ctl_send(const struct ctl_server *server, const struct ctl_call *call,
              struct ctl_answer *answer, char *why);

/* The server's refusal (RFC 9457; NULL: it sent none) in words for `why` (512 bytes). */
void ctl_refused(const struct ctl_server *server, const json_t *problem, long status, char *why);

#endif
