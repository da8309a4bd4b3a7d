/* endpoint.h: what the HTTP API is made of: endpoints, and the call that one of them answers.
 *
 *     request -> route -> who calls, what may they -> body -> `file` (a web thread, the database)
 *             -> `live` (the reactor's thread) -> what it depends on is durable -> answer
 *
 * An endpoint is a const row with one or two functions. It knows no sockets, threads or tokens. */
#ifndef WEB_ENDPOINT_H
#define WEB_ENDPOINT_H

#include <jansson.h>

#include "base/bytes.h"
#include "store/store.h"

struct account_file;
struct domains;
struct web_call;
struct web_core;
struct web_operations;

enum web_method { WEB_GET, WEB_PUT, WEB_POST, WEB_PATCH, WEB_DELETE };

/* What a token may be good for: "rosters:read", "rosters:write" and so on. */
enum web_area {
    WEB_OPEN, /* anybody; health alone */
    WEB_PEOPLE,
    WEB_ROSTERS,
    WEB_RULES,
    WEB_LIVE,     /* registrations, subscriptions ...; explain */
    WEB_PRESENCE, /* state that is put in */
    WEB_MESSAGES,
    WEB_EVENTS,
    WEB_OPERATIONS,
    WEB_TOKENS,
    WEB_AREAS
};

enum web_body {
    WEB_NO_BODY,
    WEB_JSON,    /* application/json, or merge-patch+json (RFC 7396) for PATCH */
    WEB_ANY_BODY /* the endpoint looks at the Content-Type */
};

struct web_endpoint {
    enum web_method method;
    const char *path; /* "/api/v1/users/{user}/roster/{buddy}" */
    enum web_area area;
    bool own; /* who proves to be {user} may call it without a token */
    enum web_body body;
    /* On a web thread; may block on the database. NULL: nothing to do there. */
    void (*file)(struct web_call *call, struct account_file *file);
    /* On the reactor's thread, unless `file` has answered already; never blocks. NULL: after a call
     * that is no GET the reactor takes over what changed in the database before the answer goes. */
    void (*live)(struct web_call *call, const struct web_core *core);
    /* The parameters of the query that it takes, "limit, after"; NULL: none. Others are answered
     * 400: who misspells a filter would get everything. */
    const char *query;
};

/* Any parameter, none of which means anything (files). */
#define WEB_ANY_QUERY "*"

/* Is it one of the endpoint's parameters? */
static inline bool web_takes(const struct web_endpoint *endpoint, struct bytes parameter)
{
    struct bytes names = bytes_of(endpoint->query);
    if (bytes_equal(names, BYTES(WEB_ANY_QUERY)))
        return true;
    while (!bytes_empty(names))
        if (bytes_equal_nocase(bytes_trim(bytes_split(&names, ',')), parameter))
            return true;
    return false;
}

/* Rows, as many as `count`, or up to one without a path. */
struct web_endpoints {
    const struct web_endpoint *rows;
    size_t count;
};

/* What does not change during a call, for `file` too. */

/* The names that are ours (front/domains.h). */
const struct domains *web_domains(const struct web_call *call);
/* Bounds of what is stored, as configured. */
struct web_limits {
    unsigned buddies_max;    /* of one roster */
    size_t rules_max_bytes;  /* of one user's document */
    unsigned aliases_max;    /* of one user */
    unsigned webhooks_max;   /* of all */
    bool plain_webhooks;     /* http: beyond this host */
    bool local_webhooks;     /* to this host itself and its link */
    unsigned secret_grace_s; /* 0: a webhook's secret before is forgotten when it is changed */
    unsigned backups_max;    /* that are kept */
    unsigned domains_max;    /* beside those of the configuration */
    const char *list_user;   /* user part of the list service; NULL or "": none */
};
const struct web_limits *web_limits(const struct web_call *call);
/* What can be done with the process (web/operations.h); NULL: nothing. */
const struct web_operations *web_operations(const struct web_call *call);

/* Milliseconds since 1970, for `file`; the reactor's side goes by the world's clock. */
uint64_t web_wall_ms(void);

/* What is asked. Slices live as long as the call. */

/* A part of the path by its name, percent-decoded: web_part(call, "user"). Empty: there is none. */
struct bytes web_part(const struct web_call *call, const char *name);
/* A parameter of the query that the endpoint takes, decoded; false: it is not there. */
bool web_query(const struct web_call *call, const char *name, struct bytes *value);
/* The same as a number; `usual` when it is not there. False: it is none of least..most, and the
 * problem is answered. */
bool web_query_number(struct web_call *call, const char *name, uint64_t least, uint64_t most,
                      uint64_t usual, uint64_t *value);
/* A field of the request; empty: it is not there. */
struct bytes web_field(const struct web_call *call, const char *name);
const json_t *web_json(const struct web_call *call); /* of WEB_JSON; borrowed */
struct bytes web_content(const struct web_call *call);
/* The user who calls with the own password, canonical; empty: a token does. */
struct bytes web_caller(const struct web_call *call);
/* True when the token that calls has the scope ("rosters:read"), so that it may hand it on. */
bool web_has_scope(const struct web_call *call, struct bytes scope);
/* Whatever `file` leaves for `live`; freed by `release` (may be NULL) with the call. */
void web_keep(struct web_call *call, void *value, void (*release)(void *value));
void *web_kept(const struct web_call *call);
/* From `file`, which answers nothing then: what is left takes long. `work` goes on with it and
 * answers, on a thread of its own, while the client waits; one such call at a time, others are
 * answered 409. */
typedef void (*web_work_fn)(struct web_call *call);
void web_slow(struct web_call *call, web_work_fn work);
/* The server ends: whatever takes long should not. */
bool web_is_ending(const struct web_call *call);

/* What is answered: one of these, once. Without any it is 204. */

/* `value` passes to the call; NULL (jansson takes UTF-8 alone) is answered 500. A GET's answer has
 * an ETag of its content, and is 304 to who has it (RFC 9110 13.1.2); so has a PATCH's 200. */
void web_answer(struct web_call *call, unsigned status, json_t *value);
/* Anything else; `type` is a constant, `text` is copied. */
void web_answer_text(struct web_call *call, unsigned status, const char *type, struct bytes text);
/* A field of the answer, besides ("Location"); copied. */
void web_answer_field(struct web_call *call, const char *name, struct bytes value);
/* The answer depends on this field of the request (RFC 9110 12.5.5); a constant. */
void web_varies(struct web_call *call, const char *name);
/* Events as they come, text/event-stream, until the client goes, may not read them any more, or the
 * server ends. `user` is copied. Too many streams are answered 503. */
struct web_events {
    unsigned types;    /* bits 1 << enum feed_type */
    struct bytes user; /* canonical; empty: anybody's */
    bool resumes;      /* behind the event `after`, else from now on */
    uint64_t after;
};
void web_answer_events(struct web_call *call, const struct web_events *events);
/* RFC 9457: `kind` is the last part of its type ("not-found"), a constant by which problems are
 * counted; `field` a JSON pointer, the name of
 * a query's parameter or of a part of the path, or NULL; the detail says what is wrong and the way
 * out. */
void web_problem(struct web_call *call, unsigned status, const char *kind, const char *field,
                 const char *format, ...) __attribute__((format(printf, 5, 6)));
/* The line that a problem which was just answered is about. */
void web_problem_line(struct web_call *call, unsigned line);
/* All that is wrong, when there is more than that problem can say: objects with field and detail.
 * Borrowed. */
void web_problem_errors(struct web_call *call, json_t *errors);
bool web_answered(const struct web_call *call);
/* The answer waits for a change, beside those of other partitions that it waits for already; from
 * `live`. A refused one is answered 503. */
void web_wait(struct web_call *call, struct store_change change);

/* RFC 9110 13.1: may the resource, which is `current` (NULL: there is none), be changed? False: 412
 * is answered. Inside the transaction that changes it. */
bool web_may_change(struct web_call *call, const json_t *current);
/* What is answered to a GET shows the same state in another form (CSV, a page of it): its ETag,
 * which differs from that of the JSON (RFC 9110 8.8.3.1), is good for If-Match too. */
void web_tag(struct web_call *call, const json_t *current);

#endif
