/* web.h: the HTTP API, the metrics and the page: libmicrohttpd in threads of its own.
 *
 * A web thread has a database connection of its own. What concerns live state is asked of the
 * reactor by mailbox while the HTTP connection is suspended, until a deadline. */
#ifndef WEB_WEB_H
#define WEB_WEB_H

#include "net/net.h"
#include "web/core.h"
#include "web/endpoint.h"

enum { WEB_LISTEN_MAX = 8, WEB_ORIGINS_MAX = 16 };

struct web_listen {
    struct net_address address;
    bool tls; /* web.certificate and web.key */
};

struct web_settings {
    struct web_listen listen[WEB_LISTEN_MAX];
    unsigned listen_count; /* 0: no web at all */
    const char *folder;    /* of the database */
    const char *certificate, *key;
    bool plain_anywhere;                  /* plain HTTP beyond the loopback, too */
    unsigned threads;                     /* 2 */
    unsigned connections_max;             /* 2000; more wait to be accepted */
    unsigned connections_max_per_address; /* 1100 */
    unsigned idle_s;                      /* without a byte, 30 */
    unsigned request_s;                   /* for a whole request to come, 60 */
    unsigned body_max_bytes;              /* 1 MiB; more: 413 */
    unsigned ask_ms;                      /* for the reactor to answer, 5000; then 503 */
    unsigned asks_max;                    /* that wait for it, 1000; more: 503 */
    unsigned rate_max;                    /* calls of one token or user a minute; 0: any; 100000 */
    unsigned failures_max;                /* wrong secrets of one address a minute, 30; more: 429 */
    unsigned streams_max;                 /* event streams, 200; more: 503 */
    unsigned streams_max_per_caller;      /* of one token or user, 20; likewise */
    const char *origins[WEB_ORIGINS_MAX]; /* that may call from pages (CORS) */
    unsigned origin_count;
    struct web_limits limits;
};
struct web_settings web_settings_default(void);

/* Whether these can be listened on: false with a message for the operator. Nothing stays open. */
bool web_check(const struct web_settings *settings, char *why, size_t why_size);

struct web_ground {
    struct web_core core;
    const struct web_endpoints *endpoints; /* ended by one without rows; constant */
    void (*take_over)(void *context);      /* accounts, rosters and rules from the database, now */
    void (*wake)(void *context);           /* from a web thread: web_turn is wanted */
    void *context;
};

struct web;
/* Listens. NULL with a message for the operator. Settings are copied, their texts are not. */
struct web *web_new(const struct web_ground *ground, const struct web_settings *settings, char *why,
                    size_t why_size);
/* Stops listening, answers what is under way with 503, joins its threads. */
void web_free(struct web **web);
/* On the reactor's thread: does what web threads ask. */
void web_turn(struct web *web);
/* Whether the certificate and key can be shown, if there is somebody to show them to: false with a
 * message for the operator. */
bool web_check_papers(const struct web_settings *settings, char *why, size_t why_size);
/* On the reactor's thread: takes over limits, origins, certificate and key, and the configuration
 * that `live` functions see; whatever else differs needs a restart. */
void web_reload(struct web *web, const struct web_settings *settings, const struct config *config);

#endif
