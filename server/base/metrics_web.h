/* metrics_web.h: what the HTTP API counts; a part of the list in metrics.h. */
#ifndef BASE_METRICS_WEB_H
#define BASE_METRICS_WEB_H

#define METRICS_WEB(X)                                                                    \
    X(web_requests, "HTTP requests")                                                      \
    X(web_refused, "HTTP requests answered 4xx")                                          \
    X(web_failed, "HTTP requests answered 5xx")                                           \
    X(web_unknown, "HTTP requests without a right token or password")                     \
    X(web_limited, "HTTP requests refused by a rate (429)")                               \
    X(web_rates_forgotten, "rates of callers forgotten early by their tables' limit")     \
    X(web_repeats_forgotten, "Idempotency-Keys forgotten early because too many came")    \
    X(web_nonces_forgotten, "nonces stale early because too many are in use")             \
    X(web_slow_closed, "HTTP connections closed because a request took too long to come") \
    X(web_late, "HTTP requests that the reactor did not answer in time (503)")            \
    X(web_asks_limited, "HTTP requests refused because too many wait for the reactor")    \
    X(web_too_long, "HTTP requests refused for the length of their body (413)")           \
    X(web_streams, "event streams begun")                                                 \
    X(web_streams_limited, "event streams refused because there are too many (503)")      \
    X(events_told, "events that listeners could read")                                    \
    X(events_lost, "events lost because too many waited for the database")                \
    X(states_forgotten, "states of presence forgotten early, so perhaps told once more")  \
    X(webhook_events_posted, "events that a webhook took")                                \
    X(webhook_events_lost, "events given up, or that a webhook had no room for")          \
    X(webhook_posts_barred, "posts not made because a webhook led to this host itself")   \
    X(webhooks_gone, "webhooks switched off because they answered 410")

#endif
