/* web_internal.h: the server that calls belong to, and the steps of a call (call_internal.h).
 * (lock): under the lock of the server. */
#ifndef WEB_WEB_INTERNAL_H
#define WEB_WEB_INTERNAL_H

#include <pthread.h>

#include "base/sightings.h"
#include "store/accounts.h"
#include "store/tokens.h"
#include "web/call_internal.h"
#include "web/counts_internal.h"
#include "web/digest_internal.h"
#include "web/papers_internal.h"
#include "web/web.h"

/* A TCP connection: when it must have sent a whole request. */
struct web_link {
    struct web_link *next, *previous; /* (lock) */
    struct web_door *door;
    int socket;
    uint64_t deadline_ms; /* (lock) 0: none */
};

struct web_door {
    struct web *web;
    struct MHD_Daemon *daemon;
    bool tls;
    struct web_papers *papers; /* (lock) of tls */
};

struct web {
    struct web_ground ground;
    struct web_settings settings; /* (lock) what web_reload changes */
    struct mailbox *mailbox;
    uint64_t seed;
    struct web_door doors[WEB_LISTEN_MAX];
    unsigned door_count;

    pthread_mutex_t lock;
    pthread_cond_t changed; /* for the watch, and for the end */
    pthread_t watch;
    bool watching, ending;
    struct web_call *first_ask, *last_ask;
    unsigned asks;  /* reserved or in the list */
    unsigned calls; /* under way */
    struct web_link *links;
    struct account_file *files[WEB_FILES_MAX]; /* that nobody uses just now */
    unsigned file_count;
    struct sightings rates, failures;
    struct web_digest *digest;
    struct web_repeat *repeats;
    size_t repeat_bytes;
    uint64_t counts[WEB_COUNTS];
    struct web_refusal refusals[WEB_REFUSALS_MAX]; /* (lock) */
    struct web_refusal others[2];                  /* (lock) 4xx and 5xx without a cell */
    unsigned refusal_count;                        /* (lock) */
    struct web_stream *streams;
    unsigned stream_count;
    pthread_t pump; /* of streams */
    bool pumping;
    pthread_t worker;       /* (lock) of what takes long */
    bool has_worker, works; /* (lock) it is not joined; and has not done its work */

    struct web_call *waiting; /* the reactor's */
};

uint64_t web_now_ms(void);      /* monotonic */
void web_lock(struct web *web); /* these cannot fail */
void web_unlock(struct web *web);

/* call.c */
struct web_call *call_new(struct web *web, struct bytes target);
/* Lets go; the last one frees. */
void call_drop(struct web_call *call);
/* Adds a pair, copied to the arena; false: there are too many. */
bool pairs_add(struct web_call *call, struct web_pairs *pairs, struct bytes name,
               struct bytes value);
const struct web_pair *pairs_find(const struct web_pairs *pairs, struct bytes name);
/* Forgets an answer, for another one. */
void call_unanswer(struct web_call *call);
const char *web_phrase(unsigned status);
bool web_is_read(const struct web_call *call); /* GET and HEAD */

/* target.c: splits and decodes the target, finds the endpoint and the method. Whatever is wrong is
 * answered (400, 404, 405, 501). */
void target_route(struct web_call *call, struct bytes method);
const char *web_method_name(enum web_method method);
bool percent_decode(struct bytes text, bool plus, struct buffer *out);

/* etag.c */
void etag_of(struct bytes text, char etag[WEB_ETAG_SIZE]);
/* Of what the call answers. */
void etag_of_call(struct web_call *call, struct bytes text, char etag[WEB_ETAG_SIZE]);
bool etag_judge_fields(struct web_call *call); /* false: a condition is none; answered */
/* By the weak comparison (RFC 9110 13.1.2), or by the strong one (13.1.1). */
bool etag_listed(struct bytes list, struct bytes etag, bool weak);

/* body.c: takes what the endpoint wants of the body, when it is whole. */
void body_take(struct web_call *call, const char *data, size_t length);
void body_judge_type(struct web_call *call);
void body_parse(struct web_call *call);

/* who.c: who calls, and whether that may call this; else it is answered. */
void who_judge(struct web_call *call, struct account_file *file);
/* May who called go on? A database that cannot be read does not end anything. */
bool who_stands(const struct web_call *call, struct account_file *file);
/* The canonical name of a user as people write it; empty: none of ours. */
struct bytes who_name(struct web_call *call, struct bytes user);

/* limits.c */
bool limits_allow(struct web_call *call);       /* else 429 is answered */
bool limits_allow_guess(struct web_call *call); /* likewise */
void limits_failed(struct web_call *call);

/* repeats.c: Idempotency-Key. False: it is answered, as before or with a problem. */
bool web_repeats_begin(struct web_call *call);
/* The answer is known, or never will be. */
void web_repeats_settle(struct web_call *call);
void web_repeats_free(struct web *web);

/* ask.c. A place among those who ask, for a call that will have to; false: there is none, which is
 * answered. */
bool ask_reserve(struct web_call *call);
void ask_release(struct web_call *call);
enum MHD_Result ask_begin(struct web_call *call, struct MHD_Connection *connection);
/* Is there something for the reactor? Either what was changed, or what only it knows. */
bool ask_is_wanted(const struct web_call *call);
/* Asks for a call with a place, whose connection is suspended. */
void ask_pass(struct web_call *call);
void *ask_watch(void *context); /* the thread; of a struct web */
void ask_end(struct web *web);

/* slow.c: begins what `file` asked for; waits for its end. */
enum MHD_Result slow_begin(struct web_call *call, struct MHD_Connection *connection);
void slow_end(struct web *web);

/* answer.c: fields that every answer has, but those that the call has itself; and its own. */
void answer_add_fields(const struct web_call *call, struct MHD_Response *response);
enum MHD_Result answer_send(struct web_call *call, struct MHD_Connection *connection);
/* The answer as bytes, made of its JSON if it is that. */
struct bytes answer_text(struct web_call *call);

/* cors.c: a page of another site: what it may; false when it may not what it wants. */
bool cors_allows(struct web_call *call);
void cors_add(struct web_call *call);

/* stream.c: an answer that goes on: events. */
void web_stream_free(struct web_stream **stream);
enum MHD_Result web_stream_send(struct web_call *call, struct MHD_Connection *connection);
bool web_streams_begin(struct web *web); /* false: the system refuses a thread */
/* Those that there are end; after they have, the thread does. */
void web_streams_end(struct web *web);
void web_streams_join(struct web *web);

/* door.c */
bool door_open(struct web_door *door, int socket, char *why, size_t why_size);
void door_close(struct web_door *door);

/* listen.c: -1 with a message. */
int listen_open(const struct web_listen *listen, char *why, size_t why_size);
bool listen_judge(const struct web_settings *settings, char *why, size_t why_size);

/* files.c: a connection to the database for as long as a call needs it; NULL: it is answered. */
struct account_file *files_take(struct web_call *call);
/* The same of nobody's call; NULL: it is logged. */
struct account_file *files_open(struct web *web);
void files_give(struct web *web, struct account_file **file);
void files_free(struct web *web);

#endif
