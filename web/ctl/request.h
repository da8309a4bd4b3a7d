/* request.h: the words of a command as a request. */
#ifndef WEB_CTL_REQUEST_H
#define WEB_CTL_REQUEST_H

#include "web/ctl/verbs.h"

enum { CTL_PATH_SIZE = 4096, CTL_WHY_SIZE = 512 };

struct ctl_request {
    char method[16];
    char path[CTL_PATH_SIZE]; /* with its query */
    char *body;               /* JSON; NULL: none. free() it */
    const char *columns;
};

/* How a secret is asked for; false with a message in `why`. `secret` has 256 bytes. */
typedef bool (*ctl_secret_fn)(char *secret, char *why, size_t why_size);

/* Of a verb and what stands behind it, words and options; false with a message in `why`. */
bool ctl_request_make(struct ctl_request *request, const struct ctl_verb *verb, int count,
                      const char *const *words, ctl_secret_fn ask, char *why);

/* "request METHOD PATH [BODY]": anything that the API has. */
bool ctl_request_plain(struct ctl_request *request, int count, const char *const *words, char *why);

#endif
