/* http.h: what we tell others by HTTP: a body is posted to a URL, and tried again.
 *
 * A post waits in a bounded queue, a few are under way at a time, and each is tried until it is
 * answered: no answer, 5xx and 429 are tried again with growing pauses, or when the answer's
 * Retry-After says (RFC 9110 10.2.3). The queue and the pauses live on the reactor and its clock;
 * one try is the carrier's, which is a thread with libcurl that begins with the first post, or the
 * script of a scenario. Only http: and https:, no redirects, certificates are verified, answers are
 * bounded; what others had posted is kept away from this host and its link (place.h), if that is
 * wished. libcurl is used nowhere else. */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include "base/bytes.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "base/metrics.h"
#include "base/world.h"

struct http;

enum { HTTP_FIELDS_MAX = 8 };

struct http_settings {
    unsigned queue_max;        /* posts that wait or are under way; default 1000 */
    unsigned under_way_max;    /* of these at a time; default 20 */
    unsigned timeout_ms;       /* of one try; default 10000 */
    unsigned tries_max;        /* default 4 */
    unsigned pause_least_ms;   /* after the first try, doubled up to ... */
    unsigned pause_most_ms;    /* ... this; default 1000 and 60000 */
    unsigned answer_max_bytes; /* of an answer's body; the rest is dropped; default 65536 */
    const char *ca_file;       /* certificates that are believed; NULL: the system's. Outlives its
                                  use, like all texts of settings */
};
struct http_settings http_settings_default(void);

/* One try, a letter between the reactor and the carrier. The carrier has it from `send` until it
 * calls http_tried; the request is whole and does not change. */
struct http_try {
    struct letter letter;
    struct http *http;
    const char *url, *ca_file;           /* ca_file NULL: the system's */
    const char *fields[HTTP_FIELDS_MAX]; /* "Name: value"; Content-Type among them */
    size_t field_count;
    struct bytes body;
    unsigned timeout_ms;
    size_t answer_max_bytes;
    bool elsewhere; /* connects to PLACE_ELSEWHERE alone */
    /* what came of it: */
    bool barred;            /* no answer, because it would have connected somewhere else */
    unsigned status;        /* 0: no answer */
    unsigned retry_after_s; /* 0: it says nothing */
    char *answer;           /* owned by the try; NULL: empty */
    size_t answer_length;
    char why[96]; /* without an answer: what happened, for the log */
};

/* Who carries tries. `send` takes one and gives it back by http_tried, from any thread, even from
 * within `send`. `stop`: those that it still has are dropped without http_tried; no call of it runs
 * when this returns. */
struct http_carrier {
    void (*send)(void *context, struct http_try *try);
    void (*stop)(void *context);
    void *context;
};
void http_tried(struct http_try *try);

struct http_parts {
    struct world *world;
    struct log *log;
    struct metrics *metrics;
    void (*wake)(void *context); /* from another thread: http_turn is wanted; may be NULL */
    void *wake_context;
    const struct http_carrier *carrier; /* NULL: libcurl; copied */
};

struct http *http_new(const struct http_parts *parts, const struct http_settings *settings);
/* Ends the carrier first; what was not answered is not reported. */
void http_free(struct http **http);
void http_reload(struct http *http, const struct http_settings *settings);

/* On the reactor's thread after `wake`: reports what came back, and sends what may go. */
void http_turn(struct http *http);

struct http_answer {
    unsigned status;        /* the last try's; 0: no answer */
    unsigned retry_after_s; /* its Retry-After; 0: it says nothing */
    bool barred;            /* it leads to where it must not (`elsewhere`) */
    struct bytes body;      /* as far as it is kept; borrowed during the call */
};

struct http_post {
    struct bytes url, content_type, body;     /* copied, like the fields */
    struct bytes fields[HTTP_FIELDS_MAX - 1]; /* "Name: value", without control characters */
    size_t field_count;
    unsigned tries_max; /* 0: as settings say */
    bool elsewhere;     /* never to this host or its link, whatever the name leads to */
    bool patient;       /* after those that are not, and its like in half of the room at most */
    /* Once, on the reactor's thread, never before the return; NULL: nobody wants to know. */
    void (*done)(void *context, const struct http_answer *answer);
    void *context;
};
/* A handle for http_forget; 0 when there are too many (counted). The URL is http_url_is_good. */
uint64_t http_post(struct http *http, const struct http_post *post);

/* Not wanted any more: what waits or pauses is dropped, what is under way is not stopped, but not
 * tried again either; nothing is reported. */
void http_forget(struct http *http, uint64_t handle);

/* How many posts wait or are under way. */
size_t http_count(const struct http *http);

/* True for "http://HOST..." and "https://HOST..." of printable characters, without a password. */
bool http_url_is_good(struct bytes url);

#endif
