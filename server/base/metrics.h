/* metrics.h: what is counted. Every bound and every refusal has a counter.
 *
 * One list for the whole server, which log and HTTP API print. Each reactor has its own set. */
#ifndef BASE_METRICS_H
#define BASE_METRICS_H

#include <stdint.h>

#include "base/metrics_web.h"

#define METRICS(X)                                                                            \
    X(messages_received, "SIP messages received")                                             \
    X(messages_sent, "SIP messages sent")                                                     \
    X(messages_malformed, "received messages that do not parse")                              \
    X(messages_oversized, "received messages over the size limit")                            \
    X(messages_dropped, "messages dropped without an answer")                                 \
    X(connections_opened, "stream connections accepted or made")                              \
    X(connections_refused, "stream connections refused by a limit")                           \
    X(connections_idle_closed, "stream connections closed for idleness")                      \
    X(connections_slow_closed, "stream connections closed because their peer is too slow")    \
    X(handshakes_failed, "TLS or WebSocket handshakes that failed or took too long")          \
    X(handshakes_limited, "connections beyond the limit of handshakes under way")             \
    X(handshakes_resumed, "TLS handshakes that resumed a session")                            \
    X(tls_sessions_evicted, "sessions with TLS servers forgotten early by their limit")       \
    X(certificates_cut, "certificates of peers with more names than are read")                \
    X(stun_answered, "STUN requests answered on the SIP port")                                \
    X(stun_dropped, "STUN messages dropped: malformed, or no requests")                       \
    X(websockets_opened, "WebSocket handshakes done")                                         \
    X(websockets_failed, "WebSockets closed because their client broke the protocol")         \
    X(websockets_silent, "WebSockets closed because their client did not answer a ping")      \
    X(send_failures, "messages that the network refused")                                     \
    X(retransmissions_absorbed, "received retransmissions answered from a transaction")       \
    X(retransmissions_sent, "requests sent again")                                            \
    X(responses_repeated, "failures of INVITEs sent again for want of an ACK")                \
    X(responses_unheld, "provisional responses left out because too many wait for a change")  \
    X(responses_lost, "responses that no way was found for")                                  \
    X(errands_begun, "responses to be sent over a new connection")                            \
    X(errands_limited, "responses lost because too many wait for a new connection")           \
    X(invites_timed_out, "INVITEs that got no final response within their limit")             \
    X(transactions_server, "server transactions begun")                                       \
    X(transactions_client, "client transactions begun")                                       \
    X(transactions_evicted, "completed transactions ended early by their limit")              \
    X(transactions_refused, "requests refused by the transaction limit")                      \
    X(transactions_timed_out, "client transactions without an answer")                        \
    X(ways_failed, "ways of a request that led to no answer, or to a 503")                    \
    X(targets_shunned, "targets put behind others for a while after a failure")               \
    X(requests_by_stream, "requests sent by TCP because they are too long for UDP")           \
    X(stream_refusals_evicted, "hosts without TCP forgotten early by their limit")            \
    X(cancels_sent, "CANCELs sent")                                                           \
    X(responses_stray, "responses that match no transaction")                                 \
    X(challenges_sent, "requests challenged for credentials")                                 \
    X(credentials_stale, "credentials with a stale nonce")                                    \
    X(credentials_wrong, "wrong credentials")                                                 \
    X(requests_refused, "requests refused with 4xx to 6xx, challenges not counted")           \
    X(requests_overload, "requests refused with 503")                                         \
    X(datagrams_unread, "datagrams that the system dropped, kept out by us or too many")      \
    X(requests_rate_limited, "requests refused or dropped by the rate limit of their source") \
    X(lockouts, "lockouts of users and sources after wrong passwords")                        \
    X(credentials_replayed, "credentials used again for another request")                     \
    X(credentials_forgotten, "used credentials forgotten early by the filter's limit")        \
    X(challenges_forgotten, "challenges forgotten early by the filter's limit")               \
    X(sources_forgotten, "rates of sources forgotten early by their table's limit")           \
    X(guesses_forgotten, "wrong passwords forgotten early by their table's limit")            \
    X(proofs_forgotten, "who is at home at a source forgotten early by the table's limit")    \
    X(accounts_removed, "accounts that went, with all that was stored for them")              \
    X(registrations, "REGISTERs that changed bindings")                                       \
    X(bindings_limited, "REGISTERs refused by the bindings limit")                            \
    X(bindings_expired, "bindings that expired")                                              \
    X(bindings_flow_died, "bindings that end early because their only flow died")             \
    X(publications, "PUBLISHes that changed a publication")                                   \
    X(publications_limited, "PUBLISHes refused by the publications limit")                    \
    X(publications_expired, "publications that expired")                                      \
    X(publications_refused_body, "PUBLISHes refused for their body")                          \
    X(publications_patched, "PUBLISHes of partial documents that were applied")               \
    X(publications_lost, "publications whose publisher's connection or registration ended")   \
    X(publications_closed, "publications shown closed because their publisher was lost")      \
    X(publications_previous_tag, "PUBLISHes that named the entity-tag before the last one")   \
    X(publications_set, "states of users that were set or removed without a client")          \
    X(publications_seen_forgotten, "clients last seen that were forgotten for younger ones")  \
    X(publications_taken_over, "first PUBLISHes in the place of one of their publisher")      \
    X(subscriptions, "SUBSCRIBEs that changed a subscription")                                \
    X(subscriptions_limited, "SUBSCRIBEs refused by the subscriptions limit")                 \
    X(subscriptions_expired, "subscriptions that expired")                                    \
    X(subscriptions_forgotten, "watchers not kept waiting because a limit is reached")        \
    X(winfo_continued, "watcher information too long for one document")                       \
    X(subscriptions_failed, "subscriptions ended because a NOTIFY failed")                    \
    X(subscriptions_refused, "of these, because the watcher refused it (RFC 6665 4.2.2)")     \
    X(subscriptions_silent, "of these, because the watcher did not answer")                   \
    X(subscriptions_unreachable, "of these, because there was no way to the watcher")         \
    X(filters_refused, "SUBSCRIBEs refused for their filter")                                 \
    X(subscriptions_held, "subscriptions held because there is no way to the watcher")        \
    X(holds_limited, "subscriptions not held because too many are")                           \
    X(subscriptions_replaced, "subscriptions replaced by another dialog of the same device")  \
    X(notifies_sent, "NOTIFYs sent")                                                          \
    X(notifies_unsolicited, "NOTIFYs to phones that never subscribed")                        \
    X(notifies_suppressed, "NOTIFYs not sent because their watcher has the state")            \
    X(notifies_folded, "changes folded into a later NOTIFY")                                  \
    X(notifies_retried, "NOTIFYs sent again after a failure and a pause")                     \
    X(rules_unreadable, "stored rules that could not be read: nobody sees their owner")       \
    X(rules_unknown, "times that rules and rosters could not be read: all watchers wait")     \
    X(messages_relayed, "MESSAGEs relayed")                                                   \
    X(messages_too_long, "MESSAGEs refused for the length of their body (413)")               \
    X(messages_of_other_types, "MESSAGEs refused for the type of their body (415)")           \
    X(messages_rate_limited, "MESSAGEs refused by the rate limit of their sender (500)")      \
    X(messages_blocked, "MESSAGEs refused because their receiver blocks their sender")        \
    X(messages_unwelcome, "MESSAGEs refused because of whom their receiver takes any")        \
    X(messages_silenced, "MESSAGEs that seem taken and are not, by their receiver")           \
    X(senders_forgotten, "rates of senders forgotten early by their table")                   \
    X(messages_handed_in, "messages taken over the HTTP API")                                 \
    X(messages_stored, "MESSAGEs stored because nobody took them at once")                    \
    X(messages_repeated, "MESSAGEs that came again and were answered as before")              \
    X(messages_limited, "MESSAGEs not stored because too many wait for their user")           \
    X(messages_copied, "copies for other devices of their sender")                            \
    X(messages_failed, "stored MESSAGEs that nobody took")                                    \
    X(deliveries_taken, "stored MESSAGEs that a device took")                                 \
    X(deliveries_failed, "stored MESSAGEs that a device refused for good")                    \
    X(deliveries_expired, "stored MESSAGEs that a device did not take in time")               \
    X(deliveries_aside, "stored MESSAGEs that stepped aside, for their device fails at them") \
    X(deliveries_limited, "deliveries given up because too many wait for their device")       \
    X(copies_limited, "copies left out because too many wait for their device")               \
    X(deliveries_forgotten, "stored MESSAGEs whose device is not waited for any more")        \
    X(devices_limited, "devices forgotten because their user has too many")                   \
    X(devices_forgotten, "devices forgotten because they were not seen for long")             \
    X(repeats_limited, "ended MESSAGEs forgotten early because there are too many")           \
    X(drains_limited, "devices whose stored MESSAGEs waited for others'")                     \
    X(lists_divided, "MESSAGEs to several receivers that were divided")                       \
    X(lists_limited, "MESSAGEs refused for more receivers than are served")                   \
    X(list_shares, "messages that they were divided into")                                    \
    X(list_receivers_left_out, "receivers that got none: no account, no consent, no room")    \
    X(reports_sent, "notifications to senders of messages, stored for them")                  \
    X(reports_refused, "notifications that their receiver had no room for")                   \
    X(reports_folded, "failures of messages that were told together, a minute later")         \
    X(calls_relayed, "INVITEs relayed that begin a call")                                     \
    X(calls_timed_out, "branches of a call ended by timer C")                                 \
    X(calls_limited, "INVITEs refused by the limit of calls under way (503)")                 \
    X(calls_limited_source, "INVITEs refused by the limit of their source (500)")             \
    X(calls_limited_caller, "INVITEs refused by the limit of their caller (500)")             \
    X(calls_limited_callee, "INVITEs refused by the limit of the user called (486)")          \
    X(calls_silent, "calls whose lamps went out because nothing was heard of them any more")  \
    X(lines_limited, "calls without a lamp because there are too many")                       \
    X(preferences_limited, "requests refused for more caller preferences than are looked at") \
    X(requests_looped, "requests refused because they came back (482)")                       \
    X(breadth_exceeded, "requests refused because they may not be forked so often (440)")     \
    X(forks_limited, "requests whose targets were cut by the fork limit")                     \
    X(dns_questions, "questions asked of the DNS")                                            \
    X(dns_known, "questions answered from the cache")                                         \
    X(dns_shared, "questions that joined one under way")                                      \
    X(dns_limited, "questions not asked because of the limit of lookups")                     \
    X(dns_failures, "questions that the DNS did not answer")                                  \
    X(dns_stale, "failed questions answered with what was known before")                      \
    X(dns_evicted, "answers forgotten early by the cache's limit")                            \
    X(dns_answers_cut, "answers of the DNS with more records than are kept")                  \
    X(lookups_cut, "lookups that found more targets than are tried")                          \
    X(lookups_late, "lookups of targets that were not done in time")                          \
    X(shuns_evicted, "marks of failed targets forgotten early by their limit")                \
    X(http_posts, "bodies posted by HTTP, each try")                                          \
    X(http_retries, "posts that are tried again after a pause")                               \
    X(http_failed, "posts that were not taken")                                               \
    X(http_limited, "posts not made because too many wait")                                   \
    X(pushes_sent, "pushes to devices that sleep (RFC 8599)")                                 \
    X(pushes_spared, "pushes not sent because their device was pushed a moment ago")          \
    X(pushes_failed, "pushes that their gateway did not take")                                \
    X(pushes_forgotten, "devices pushed a moment ago forgotten early by their table")         \
    X(calls_joined, "devices that woke while a call rang, and ring too")                      \
    X(requests_held, "requests that waited for a device to wake")                             \
    X(requests_held_limited, "requests that did not wait for a device because too many do")   \
    X(requests_held_in_vain, "requests whose device did not wake (480)")                      \
    METRICS_WEB(X)                                                                            \
    X(store_commits, "commits")                                                               \
    X(store_changes, "change sets committed")                                                 \
    X(store_refused, "change sets refused by the database")                                   \
    X(partitions_closed, "partitions closed because they could not be loaded")

enum metric {
#define METRIC_ENUM(name, help) METRIC_##name,
    METRICS(METRIC_ENUM)
#undef METRIC_ENUM
        METRIC_COUNT
};

struct metrics {
    uint64_t values[METRIC_COUNT];
};

/* Counts one (or `n`). A NULL set swallows it. */
static inline void metrics_add(struct metrics *metrics, enum metric metric, uint64_t n)
{
    if (metrics)
        metrics->values[metric] += n;
}
static inline void metrics_count(struct metrics *metrics, enum metric metric)
{
    metrics_add(metrics, metric, 1);
}

/* The name and the explanation of a metric; static text. */
const char *metric_name(enum metric metric);
const char *metric_help(enum metric metric);

#endif
