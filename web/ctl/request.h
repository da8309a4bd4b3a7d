/* request.h: the words of a command as a request. */
#ifndef WEB_CTL_REQUEST_H
#define WEB_CTL_REQUEST_H

#include "web/ctl/verbs.h"

enum { CTL_PATH_SIZE = 4096, CTL_WHY_SIZE = 1024 };

struct ctl_request {
    char method[16];
    char path[CTL_PATH_SIZE]; /* with its query */
    char *body;               /* NULL: none. free() it */
    size_t length;            /* of the body */
    char type[64];            /* of the body; "": JSON */
    char accept[64];          /* what the answer is to be; "": JSON */
    const char *columns;
    long long most; /* items that are wanted of a list (--limit); 0: all */
    bool json;      /* the answer is for programs, whatever the options say */
    bool slow;
};

/* How a secret is asked for, as base/secret.h does. */
typedef bool (*ctl_secret_fn)(const char *what, char *secret, char *why, size_t why_size);

struct ctl_ground {
    ctl_secret_fn ask;
    const char *output; /* where the answer goes, whose form it tells; NULL: it does not */
};

/* Of a verb and what stands behind it, words and options; false with a message in `why`. A body is
 * read from its file here, "-" or no word: from standard input. */
bool ctl_request_make(struct ctl_request *request, const struct ctl_verb *verb, int count,
                      const char *const *words, const struct ctl_ground *ground, char *why);

/* May the word be a part of a path? An empty one, "." or ".." would make it another path (RFC 3986
 * 5.2.4): that of the whole list, or of its owner. */
bool ctl_is_part(const char *word);

/* "request METHOD PATH [BODY]": anything that the API has. */
bool ctl_request_plain(struct ctl_request *request, int count, const char *const *words, char *why);

#endif
