/* config_keys.c: the one table of configuration keys.
 *
 * The reader walks a file and looks each setting up here; the defaults are what the sample file
 * says, and the sample file is written from here. So the documents cannot differ from the program.
 */
#include <assert.h>

#include "base/buffer.h"
#include "config_internal.h"

#define FIELD(type, member) offsetof(type, member), sizeof(((type *)NULL)->member)

/* A number whose path in the file is its place in struct config. */
#define NUMBER(member, least, most, value, help)                                            \
    {                                                                                       \
#member, config_take_number, FIELD(struct config, member), least, most, value, help \
    }

/* The same of the group dns, which net looks after. */
#define DNS_NUMBER(member, least, most, value, help)                                           \
    {                                                                                          \
        "dns." #member, config_take_number, FIELD(struct config, net.dns.member), least, most, \
            value, help                                                                        \
    }

/* Of the group push, which several parts look after. */
#define PUSH_NUMBER(path, member, least, most, value, help)                              \
    {                                                                                    \
        path, config_take_number, FIELD(struct config, member), least, most, value, help \
    }

enum { MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400, YEAR_S = 31536000, MIB = 1048576 };

static const struct config_key file_keys[] = {
    {"data", config_take_path, FIELD(struct config, data), 1, 1024, "\"/var/lib/herald\"",
     "Folder of the database. It is made when it is missing."},
    {"listen", config_take_listen, 0, 0, 1, CONFIG_LISTEN_MAX,
     "[ \"127.0.0.1:5060\", \"[::1]:5060\" ]",
     "Addresses to listen on: \"udp:ADDRESS:PORT\", likewise \"tcp:\", \"tls:\", \"ws:\" "
     "(WebSocket) "
     "and \"wss:\", or without a protocol for UDP and TCP. 0.0.0.0 and [::] mean every address of "
     "this host. Behind a NAT add where peers reach it: \"udp:10.0.0.5:5060=203.0.113.5:5060\". "
     "Behind \"tls:...\" and \"wss:...\" may stand \" no\", \" ask\" or \" require\" (see "
     "tls.client_certificate): \"tls:192.0.2.1:5063 require\" for other servers alone."},
    {"domains", config_take_domains, 0, 0, 1, CONFIG_DOMAINS_MAX, NULL,
     "Domains that are served. The addresses that are listened on are aliases of the first."},
    {"trusted", config_take_networks, 0, 0, 0, CONFIG_TRUSTED_MAX, "[ ]",
     "Addresses or networks (\"192.0.2.5\", \"10.0.0.0/8\") whose requests are believed without a "
     "password: a PBX, a voicemail system. Whoever is there can act as any user; and by UDP so can "
     "whoever forges such an address as the source of a datagram, without ever seeing an answer. "
     "List only addresses that your routers let nobody else use."},

    {"peers", config_take_peers, FIELD(struct config, policy), 0, POLICY_PEERS_MAX, "[ ]",
     "Domains whose users may watch ours as if they were of the same domain (\"*\": all), once "
     "their "
     "server has proved by its TLS certificate that it speaks for the domain; see policy.default. "
     "Their messages and calls need no entry here."},

    {"log.file", config_take_path, FIELD(struct config, log_file), 0, 1024, "\"\"",
     "File to log to; \"\" is standard error. SIGHUP opens it anew."},
    {"log.level", config_take_level, FIELD(struct config, log_level), 0, 0, "\"info\"",
     "The least important lines to log: \"error\", \"warning\", \"info\" or \"debug\"."},

    NUMBER(net.message_max_bytes, 2048, 16 * MIB, "65536",
           "Longest message on a stream, in bytes (a datagram has at most 65535)."),
    NUMBER(net.head_max_bytes, 1024, MIB, "16384",
           "Longest head of a message on a stream, its start line and header fields, in bytes."),
    NUMBER(net.connections_max, 1, 1000000, "10000",
           "Stream connections at a time; the one that was idle longest gives way."),
    NUMBER(net.connections_per_address_max, 1, 1000000, "200",
           "Stream connections of one remote address at a time."),
    NUMBER(net.idle_s, 10, DAY_S, "600", "Seconds after which a silent connection is closed."),
    NUMBER(net.handshakes_max, 1, 1000000, "1000",
           "TLS and WebSocket handshakes with clients at a time; the oldest gives way."),
    NUMBER(net.handshake_s, 1, HOUR_S, "10", "Seconds in which such a handshake must be done."),
    NUMBER(net.message_s, 1, HOUR_S, "32",
           "Seconds in which a message on a stream must be whole once it has begun."),
    NUMBER(net.half_closed_s, 1, HOUR_S, "32",
           "Seconds in which a client that says no more may still be sent its answers."),
    NUMBER(
        net.send_queue_max_bytes, 65536, 64 * MIB, "262144",
        "What may wait to be read by the peer of one connection, in bytes; a peer that is slower "
        "loses its connection."),
    NUMBER(net.resolve_timeout_ms, 100, MINUTE_S * 1000, "5000",
           "Milliseconds to wait for an answer of the DNS."),
    NUMBER(net.lookups_max, 1, 100000, "1000", "Lookups in the DNS at a time."),

    NUMBER(trace.messages_max, 0, 1000000, "500",
           "The latest SIP messages that are kept to be looked at (heraldctl trace); 0: none. To "
           "follow busy users set 5000, and trace.max_bytes to 4194304: what does not fit a "
           "processor's caches costs some of its speed (a twentieth was seen)."),
    NUMBER(trace.max_bytes, 0, 1024 * MIB, "262144",
           "Bytes of them that are kept at most; 0: none."),
    NUMBER(trace.text_max_bytes, 256, MIB, "8192",
           "Bytes of each of them that are kept; the rest of a longer one is dropped."),

    {"tls.ca", config_take_path, FIELD(struct config, tls_ca), 0, 1024, "\"\"",
     "PEM file of the authorities whose certificates are believed of other servers; \"\": the "
     "system's. SIGHUP reads it, and all certificates, anew."},
    {"tls.crl", config_take_path, FIELD(struct config, tls_crl), 0, 1024, "\"\"",
     "PEM file of lists of revoked certificates; \"\": none is looked for. With it each of those "
     "authorities needs its list there, not older than it says itself, or none of its certificates "
     "is believed. SIGHUP reads it anew; connections that there are stay."},
    {"tls.client_certificate", config_take_asking, FIELD(struct config, tls_asking), 0, 0,
     "\"auto\"",
     "What is wanted of TLS clients: \"no\" certificate, \"ask\" for one (who has none may stay), "
     "or "
     "\"require\" a valid one; \"auto\" asks where `peers` names somebody. Browsers on \"wss:\" "
     "are "
     "not asked. A listener of `listen` can have its own word."},
    {"tls.warn_days", config_take_number, FIELD(struct config, warn_days), 0, 3650, "21",
     "Days before the end of a certificate of ours from which the log warns of it, each day."},
    {"tls.sessions_max", config_take_number, FIELD(struct config, net.tls_sessions_max), 1, 1000000,
     "1000", "TLS sessions with other servers that are kept to be resumed."},
    {"dns.servers", config_take_servers, FIELD(struct config, net.dns.servers), 0, 8, "[ ]",
     "Name servers to ask, \"ADDRESS\" or \"ADDRESS:PORT\"; none: those of /etc/resolv.conf."},
    DNS_NUMBER(cache_max, 1, 10000000, "10000", "Answers of the DNS that are kept."),
    DNS_NUMBER(ttl_most_s, 0, DAY_S * 7, "86400",
               "Seconds that an answer is believed at most, whatever it says itself."),
    DNS_NUMBER(negative_s, 0, DAY_S, "300",
               "Seconds that it is believed at most that a name or record does not exist."),
    DNS_NUMBER(failure_s, 0, 300, "5",
               "Seconds before a question that was not answered is asked again."),
    DNS_NUMBER(stale_s, 0, DAY_S * 7, "3600",
               "Seconds that an answer serves beyond its time while the DNS does not answer."),
    DNS_NUMBER(shuns_max, 1, 1000000, "1000",
               "Marks of addresses that failed and are therefore tried last for a while."),

    {"ws.origins", config_take_origins, 0, 0, 0, CONFIG_ORIGINS_MAX, "[ ]",
     "Web sites whose pages may connect by WebSocket: \"https://phone.example.org\", a host for "
     "every origin on it, or \"*\" for any. Without one: the hosts of the domains and of the "
     "addresses that are listened on. Clients that are no browsers say no origin and may always."},
    {"ws.ping_s", config_take_number, FIELD(struct config, net.ws_ping_s), 0, HOUR_S, "30",
     "Seconds of silence after which a WebSocket client is asked for a sign of life; when none "
     "comes in as long again, the connection is closed. 0 asks never."},

    NUMBER(
        transaction.t1_ms, 10, 60000, "500",
        "Timer T1 of RFC 3261 in milliseconds: the usual round trip. A request is given up after "
        "64 times this."),
    NUMBER(transaction.t2_ms, 10, 120000, "4000",
           "Timer T2 in milliseconds: the longest pause between two retransmissions."),
    NUMBER(transaction.t4_ms, 10, 120000, "5000",
           "Timer T4 in milliseconds: how long a message may linger in the network."),
    NUMBER(transaction.server_max, 100, 10000000, "200000",
           "Requests being answered at a time; the oldest finished ones are forgotten first."),
    NUMBER(transaction.client_max, 100, 10000000, "200000",
           "Requests of our own that wait for an answer at a time."),
    NUMBER(transaction.server_max_bytes, MIB, 65536ULL * MIB, "268435456",
           "Memory for requests being answered, in bytes; likewise."),
    NUMBER(transaction.client_max_bytes, MIB, 65536ULL * MIB, "268435456",
           "Memory for requests of our own that wait for an answer, in bytes."),
    NUMBER(transaction.invite_max_s, 60, DAY_S, "1800",
           "Seconds after which a call that rings and rings ends with 408; the proxy gives up "
           "earlier when nothing is heard of it."),
    NUMBER(transaction.datagram_max_bytes, 200, 65535, "1300",
           "Longest request in bytes that leaves by UDP when the receiver may also take TCP."),
    NUMBER(transaction.shun_s, 1, HOUR_S, "30",
           "Seconds for which a server that failed is tried after the others of its domain."),
    NUMBER(transaction.shun_most_s, 1, DAY_S, "600",
           "The same at most, when the server itself says for how long (503 with Retry-After)."),
    NUMBER(transaction.errands_max, 1, 1000000, "1024",
           "Answers at a time that look for another connection because theirs has gone."),

    NUMBER(auth.nonce_lifetime_s, 10, DAY_S, "3600",
           "Seconds after which a client has to answer a new challenge (it does so by itself)."),
    NUMBER(auth.replays_max, 1024, 100000000, "262144",
           "Digest responses that are remembered, so that none is taken for a second request."),

    {"front.server", config_take_text, FIELD(struct config, front.server), 0, 64, "\"Herald\"",
     "What the Server field of answers says; \"\" leaves it out."},
    NUMBER(front.retry_after_s, 1, HOUR_S, "5",
           "Seconds after which a client may try again when the server is overloaded (503)."),
    NUMBER(front.late_ms, 0, MINUTE_S * 1000, "50",
           "Milliseconds by which requests may be late before new ones are refused (503), and when "
           "many are, dropped unread; 0 never refuses."),

    NUMBER(guard.source_per_s, 0, 1000000, "500",
           "Requests a second that one address may send in the long run; 0: any number. Trusted "
           "addresses and this host are not counted."),
    NUMBER(guard.source_burst, 1, 10000000, "5000", "Requests that it may send at once."),
    NUMBER(guard.guesses_max, 0, 10000, "10",
           "Wrong passwords of one user or from one address after which no more are looked at for "
           "a while (but for users who have proved theirs from there); 0: any number."),
    NUMBER(guard.guesses_s, 1, DAY_S, "60", "Seconds in which those are counted."),
    NUMBER(guard.lockout_s, 1, DAY_S, "60", "Seconds for which none is looked at then."),

    NUMBER(registrar.expires_least_s, 1, HOUR_S, "60",
           "Shortest registration in seconds; a shorter wish is answered 423."),
    NUMBER(registrar.expires_usual_s, 1, YEAR_S, "3600",
           "Seconds of a registration that names no time."),
    NUMBER(registrar.expires_most_s, 1, YEAR_S, "86400",
           "Longest registration in seconds; a longer wish is shortened."),
    NUMBER(registrar.bindings_max, 1, 1000, "10", "Contacts that one user can have registered."),
    NUMBER(registrar.contact_max_bytes, 64, 8192, "1024", "Longest Contact, in bytes."),
    NUMBER(registrar.contact_extras_max, 1, 64, "16",
           "Parameters and headers that the URI of a Contact may have."),
    NUMBER(registrar.path_max_bytes, 64, 8192, "1024",
           "Longest Path (the proxies that a registration came through), in bytes."),
    NUMBER(registrar.flow_timer_s, 0, DAY_S, "120",
           "Seconds within which clients that keep their connection open for us (RFC 5626) are "
           "asked to send keep-alives; 0: they are not told."),
    NUMBER(registrar.flow_grace_s, 0, DAY_S, "30",
           "Seconds that a contact stays registered when the connection has gone that was the only "
           "way to it."),
    {"registrar.static", config_take_fixed, FIELD(struct config, fixed), 0, CONFIG_REGISTRAR_MAX,
     "( )",
     "Contacts that are always there, whoever registers: ( { user = \"alice@example.org\"; contact "
     "= \"sip:alice@192.0.2.7:5060\"; q = 0.5; } ). Without a domain the first one is meant."},
    {"registrar.third_party", config_take_deputies, FIELD(struct config, deputies), 0,
     CONFIG_REGISTRAR_MAX, "( )",
     "Users who may register contacts of others: ( { user = \"pbx@example.org\"; registers = "
     "\"alice@example.org\"; } )."},
    {"registrar.service_route", config_take_routes, FIELD(struct config, routes), 0,
     CONFIG_DOMAINS_MAX, "( )",
     "Routes that clients of a domain are told to send their requests by (RFC 3608): ( { domain = "
     "\"example.org\"; route = \"<sip:proxy.example.org;lr>\"; } )."},

    {"proxy.mode", config_take_proxy_mode, FIELD(struct config, proxy.mode), 0, 0, "\"relay\"",
     "What becomes of requests for users: \"relay\" sends them to their contacts, \"redirect\" "
     "answers 302 and tells the contacts."},
    NUMBER(proxy.targets_max, 1, PROXY_TARGETS_MAX, "20",
           "Contacts that one request is sent to at most."),
    NUMBER(proxy.breadth_max, 1, 1000, "60",
           "Branches that a request may have at a time, here and wherever it goes on to "
           "(Max-Breadth, RFC 5393)."),
    NUMBER(
        proxy.timer_c_s, 181, DAY_S, "181",
        "Seconds that a phone may ring, or go without ringing, until the call is given up (timer "
        "C of RFC 3261)."),
    NUMBER(proxy.calls_max, 0, 1000000, "20000",
           "Calls that may wait to be answered at a time; more are refused (503). 0: any number, "
           "here and below. Calls that were answered do not count."),
    NUMBER(proxy.calls_max_per_source, 0, 1000000, "200",
           "Of those, calls from one address; more are refused (500). Trusted addresses and this "
           "host are not counted."),
    NUMBER(proxy.calls_max_per_caller, 0, 1000000, "20",
           "Of those, calls that one user makes; more are refused (500). Who is vouched for by a "
           "trusted address is not counted."),
    NUMBER(proxy.lines_max, 0, 10000000, "100000",
           "Calls at a time whose busy lamps are lit; more calls go on without."),
    NUMBER(
        proxy.call_silence_s, 60, 30 * DAY_S, "14400",
        "Seconds after which an answered call of which nothing is heard any more counts as over; "
        "a session timer of the phones (RFC 4028) may make it shorter."),
    NUMBER(proxy.calls_max_per_callee, 0, 1000000, "20",
           "Of those, calls for one user; to more callers the user is busy (486)."),

    {"policy.default", config_take_policy, FIELD(struct config, policy_usual), 1, 0, "\"domain\"",
     "Who sees a user whose own rules say nothing of the watcher: \"domain\": users of the same "
     "domain see each other, and so do those of peers; others wait for the user's word. "
     "\"buddies\": "
     "who is in the user's roster; others wait. \"ask\": everybody waits. \"everybody\": even who "
     "is "
     "not known. \"nobody\": nobody."},
    {"policy.buddies_max", config_take_number, FIELD(struct config, buddies_max), 1, 100000, "1000",
     "Buddies that one user can have in the roster."},
    {"policy.aliases_max", config_take_number, FIELD(struct config, aliases_max), 1, 10000, "100",
     "Aliases, other names for the same account, that one user can have."},
    {"policy.rules_max_bytes", config_take_number, FIELD(struct config, rules_max_bytes), 1024,
     16 * MIB, "65536", "Longest document of a user's rules, in bytes."},

    NUMBER(presence.publications_max, 1, 10000, "20",
           "Publications that one user can have at a time."),
    NUMBER(presence.subscriptions_max_per_watcher, 1, 1000000, "1000",
           "Subscriptions that one user can have at a time."),
    NUMBER(presence.subscriptions_max_per_resource, 1, 1000000, "20000",
           "Subscriptions that there can be to one user."),
    NUMBER(presence.waiting_max_per_watcher, 1, 1000000, "100",
           "Users that one user can wait for after the subscription ended unanswered."),
    NUMBER(presence.waiting_max_per_resource, 1, 1000000, "1000",
           "Users who can wait for one user after their subscription ended unanswered."),
    NUMBER(presence.waiting_days, 1, 365, "14",
           "Days that a user has to allow or block somebody who asked, before that is forgotten."),
    NUMBER(presence.body_max_bytes, 512, 16 * MIB, "32768",
           "Longest document that can be published, in bytes. Longer ones that are there stay."),
    NUMBER(
        presence.winfo_max_bytes, 1024, MIB, "32768",
        "Longest document about a user's watchers, in bytes. With more watchers the rest follows "
        "in the next NOTIFY."),
    NUMBER(presence.filter_max_bytes, 256, 16384, "8192",
           "Longest filter that a watcher can send with SUBSCRIBE, in bytes. Longer ones that are "
           "there stay."),
    NUMBER(presence.filters_max_per_watcher, 1, 10000, "10",
           "Different filters that one user can watch another one with at a time, from several "
           "devices."),
    NUMBER(presence.filters_max_per_resource, 1, 10000, "100",
           "Different filters that the watchers of one user can have, besides those whose filters "
           "are the same."),
    NUMBER(presence.patch_steps_max, 1000, 100000000, "100000",
           "Elements and attributes that a partial publication may look at; then it is refused. "
           "Changed by a restart."),
    {"presence.message_headers", config_take_text, FIELD(struct config, presence.message_headers),
     0, 200, "\"To, From, Date, Subject, Message-ID, Priority\"",
     "What watchers of message-summary are told of each new message, when the messaging system "
     "says it: names of header fields; \"\": nothing. Changed by a restart."},
    NUMBER(presence.flow_grace_s, 0, 86400, "60",
           "Seconds after which what a device published is shown as closed, when the connection or "
           "the registration that it lived on has ended and it has not come back. 0: never."),
    NUMBER(presence.tag_grace_s, 0, 3600, "32",
           "Seconds for which the entity-tag before the last one is still good for who published "
           "under it, in case the answer that brought the last one was lost. 0: never."),
    NUMBER(
        presence.last_seen_s, 0, 31536000, "0",
        "Seconds for which watchers are still told that a device was there, and until when, after "
        "what it published ended without a refresh; nothing else of it is kept. 0: never, as not "
        "everybody wants it known."),
    {"presence.publishers", config_take_publishers, FIELD(struct config, presence), 0,
     PRESENCE_PUBLISHERS_MAX, "[ ]",
     "Users who may publish for others, once they have proved who they are: "
     "\"voicemail@example.org\", "
     "a PBX. What is at a trusted address may anyway."},
    {"presence.on_the_phone", config_take_switch, FIELD(struct config, presence.on_the_phone), 0, 0,
     "\"off\"",
     "Whether it shows in a user's presence (RPID, on-the-phone) that the user has a call: one "
     "that "
     "passes through this server, or that a phone publishes (dialog, RFC 4235). Changed by a "
     "restart."},
    {"presence.registration", config_take_registration, FIELD(struct config, registration_usual), 1,
     0, "\"ignore\"",
     "What it says of a user that a device is registered: \"ignore\": nothing. \"fallback\": who "
     "is "
     "registered is shown open while nothing is published. \"rule\": as \"fallback\", and what "
     "devices publish is shown closed while none of the user's is registered."},
    {"presence.notify_timeout", config_take_timeout, FIELD(struct config, presence.notify_timeout),
     0, 0, "\"end\"",
     "What becomes of a subscription whose watcher does not answer a NOTIFY: \"end\", or \"retry\" "
     "with pauses that grow."},
    NUMBER(presence.notify_retry_s, 1, 86400, "600",
           "Seconds for which that is tried again, before it ends all the same."),
    NUMBER(presence.hold_s, 0, 86400, "600",
           "Seconds for which a NOTIFY is kept when there is no way to its watcher, until that "
           "registers, subscribes or can be dialled; then the subscription ends. 0: it ends at "
           "once."),
    NUMBER(presence.held_max, 0, 10000000, "100000",
           "Subscriptions of which a NOTIFY is kept at a time; more of them end."),
    NUMBER(presence.notify_pause_ms, 0, 60000, "500",
           "Milliseconds between two NOTIFYs of one subscription at least; what changes meanwhile "
           "is told then. 0: none."),
    NUMBER(presence.retry_after_max_s, 1, 86400, "3600",
           "Seconds that a watcher's Retry-After for a NOTIFY is heeded at most."),
    NUMBER(presence.restore_notify_per_s, 1, 1000000, "1000",
           "NOTIFYs a second by which watchers learn the full state after a restart."),

    {"im.store", config_take_switch, FIELD(struct config, im.store), 0, 0, "\"on\"",
     "Whether messages that a device of the receiver has not taken are kept for it; \"off\": what "
     "no device takes at once is refused."},
    NUMBER(im.answer_ms, 100, 30000, "2000",
           "Milliseconds after which a message is stored and answered 202 at the latest, while its "
           "delivery goes on."),
    NUMBER(im.offline_s, 60, YEAR_S, "2592000",
           "Seconds for which the delivery of a message is tried; then its sender is told."),
    NUMBER(im.history_s, 0, 10 * (uint64_t)YEAR_S, "2592000",
           "Seconds for which a message is kept in the histories of both sides. 0: only until it "
           "is delivered."),
    NUMBER(im.foreign_s, 0, YEAR_S, "172800",
           "Seconds for which a message for another domain is tried again when that cannot be "
           "reached."),
    NUMBER(im.notice_s, 1, YEAR_S, "86400",
           "Seconds for which a notification about a message (IMDN) waits for its receiver."),
    NUMBER(im.stored_max, 1, 10000000, "1000",
           "Messages that can wait for one user; more are taken only if a device takes them at "
           "once."),
    NUMBER(im.stored_max_bytes, 1024, 1024ULL * MIB, "10485760", "The same, in bytes."),
    NUMBER(im.stored_max_per_peer, 1, 10000000, "200",
           "Messages of one sender that can wait for one user."),
    NUMBER(im.stored_max_bytes_per_peer, 1024, 1024ULL * MIB, "5242880", "The same, in bytes."),
    NUMBER(im.devices_max, 1, 1000, "10",
           "Devices of a user that are remembered, and owed messages while they are away; the one "
           "that was away longest gives way."),
    NUMBER(im.device_forget_s, 2 * DAY_S, YEAR_S, "2592000",
           "Seconds after which a device that has not been seen is owed nothing any more."),
    NUMBER(im.join_s, 0, DAY_S, "600",
           "A device that was never seen before gets the messages that no device has taken, and "
           "those that one took for the first time in the last so many seconds."),
    NUMBER(
        im.repeats_max, 1, 10000000, "100000",
        "Requests that are remembered after their message has ended, so that one that comes again "
        "is not delivered twice; the oldest give way."),
    NUMBER(im.drains_max, 1, 100000, "200",
           "Stored messages that are under way to devices at a time."),
    NUMBER(im.retry_least_s, 1, HOUR_S, "5",
           "Seconds after which a device that did not take a message is tried again; the pause "
           "doubles each time."),
    NUMBER(im.retry_most_s, 1, DAY_S, "600", "The longest such pause, in seconds."),
    NUMBER(im.rate_max, 0, 1000000, "120",
           "Messages that one user can send in a minute. 0: any number."),
    NUMBER(im.body_max_bytes, 0, 16 * MIB, "65536",
           "Longest body of a message, in bytes. 0: what net.message_max_bytes allows."),
    NUMBER(im.list_max, 1, 1000, "100", "Receivers of a message to a list."),
    {"im.list_user", config_take_text, FIELD(struct config, im.list_user), 0, 64, "\"list\"",
     "The user part of the addresses to which messages for several receivers are sent: "
     "list@DOMAIN with a list in the message (RFC 5365), list+GROUP@DOMAIN for a group of the "
     "sender's roster. \"\": there are none."},
    {"im.imdn", config_take_switch, FIELD(struct config, im.imdn), 0, 0, "\"on\"",
     "Whether senders who ask for it are told that their message is stored, or was given up (RFC "
     "5438)."},
    {"im.quiet_domains", config_take_quiet, FIELD(struct config, im), 0, IM_TYPES_MAX, "[ ]",
     "Domains of ours for whose users nobody is told so."},
    {"im.types", config_take_types, FIELD(struct config, im), 0, IM_TYPES_MAX, "[ ]",
     "Body types of messages that are taken, \"text/plain\" or \"text/*\"; none: all."},
    {"im.momentary_types", config_take_momentary, FIELD(struct config, im), 0, IM_TYPES_MAX, "[ ]",
     "Body types, beside that of typing notifications, that are good for a moment only: they are "
     "relayed and never kept."},
    {"im.accept", config_take_accept, FIELD(struct config, im.accept), 0, 0, "\"everybody\"",
     "Whose messages a user takes who has not chosen: \"everybody\", users of the same \"domain\", "
     "or who is in the user's \"roster\". Who is blocked by a rule of the user's is blocked "
     "anyway."},
    {"im.carbon", config_take_switch, FIELD(struct config, im.carbon), 0, 0, "\"off\"",
     "Whether what a user sends from one device is copied to the user's other devices, when the "
     "user has not chosen."},

    NUMBER(store.queue_max, 100, 10000000, "20000",
           "Changes that may wait for the disk; then requests are answered 503."),
    NUMBER(store.wal_max_bytes, MIB, 65536ULL * MIB, "67108864",
           "Size in bytes above which the write-ahead log is emptied into the database."),

    {"push.gateways", config_take_gateways, FIELD(struct config, gateways), 0, PUSH_GATEWAYS_MAX,
     "( )",
     "Who wakes devices that sleep (RFC 8599): each gets a POST with a small JSON object that "
     "names "
     "the device and why, and has it pushed: ( { provider = \"apns\"; url = "
     "\"https://push.example.org/apns\"; header = \"Authorization: Bearer SECRET\"; } ). With "
     "param "
     "= \"...\" it is for that pn-param alone. Without gateways what clients say of pushes is "
     "taken "
     "no notice of."},
    PUSH_NUMBER("push.wait_s", proxy.wake_wait_s, 1, 25, "10",
                "Seconds that a call or a request waits for a device that was pushed; then 480."),
    PUSH_NUMBER("push.held_max", proxy.held_max, 1, 1000000, "1000",
                "Calls and requests that wait so at a time; more are answered 480 at once."),
    NUMBER(push.pause_s, 1, DAY_S, "10",
           "Seconds after which a device that did not come may be pushed again."),
    {"push.notify", config_take_switch, FIELD(struct config, push.notify), 0, 0, "\"on\"",
     "Whether a device is pushed for what its subscriptions have to tell, too; \"off\" spares its "
     "battery, and it is told when it registers by itself."},
    PUSH_NUMBER("push.awake_s", registrar.awake_s, 0, DAY_S, "30",
                "Seconds after its registration that a device without a connection counts as "
                "awake; one with a connection is awake while that lives."),
    PUSH_NUMBER("push.wake_ahead_s", registrar.wake_ahead_s, 30, HOUR_S, "120",
                "Seconds before its registration ends that a device which sleeps is pushed to "
                "renew it."),
    PUSH_NUMBER("push.expires_most_s", registrar.expires_most_asleep_s, 1, YEAR_S, "86400",
                "Longest registration of a device that can be pushed, when that is above "
                "registrar.expires_most_s."),

    NUMBER(http.queue_max, 2, 1000000, "1000",
           "Bodies that wait to be posted by HTTP, or are under way; more are dropped. Events for "
           "webhooks take half of the room at most, and try again."),
    NUMBER(
        http.under_way_max, 2, 1000, "20",
        "How many of these are under way at a time. Pushes go first, and webhooks, which may not "
        "answer, take half of the room at most."),
    NUMBER(http.timeout_ms, 100, 300000, "10000", "Milliseconds that one try may take."),
    NUMBER(http.tries_max, 1, 100, "4", "Tries of each, when there is no answer, or 5xx or 429."),
    NUMBER(http.pause_least_ms, 1, HOUR_S * 1000, "1000",
           "Milliseconds to wait after the first try; doubled after each."),
    NUMBER(http.pause_most_ms, 1, DAY_S * 1000, "60000", "The longest such pause."),
    NUMBER(http.answer_max_bytes, 0, 16 * MIB, "65536",
           "Bytes of an answer that are read; the rest is dropped."),
    {"http.ca_file", config_take_path, FIELD(struct config, http.ca_file), 0, 1024, "\"\"",
     "Certificates (PEM) of the authorities that are believed for https; \"\" is the system's."},

    {"web.listen", config_take_web_listen, FIELD(struct config, web), 0, WEB_LISTEN_MAX, "[ ]",
     "Where the HTTP API listens: \"127.0.0.1:8080\", or \"https:ADDRESS:PORT\" with "
     "web.certificate. "
     "Without an address there is none. Plain HTTP is for this host alone."},
    {"web.certificate", config_take_path, FIELD(struct config, web.certificate), 0, 1024, "\"\"",
     "PEM file of the certificate for \"https:\" addresses, and those between it and its "
     "authority. "
     "SIGHUP and a reload read it anew."},
    {"web.key", config_take_path, FIELD(struct config, web.key), 0, 1024, "\"\"",
     "PEM file of its key, without a password; \"\": in the same file."},
    {"web.plain_anywhere", config_take_switch, FIELD(struct config, web.plain_anywhere), 0, 0,
     "\"off\"",
     "Whether plain HTTP may be listened to beyond this host, where tokens and passwords can be "
     "read "
     "on their way: for a proxy that speaks TLS, in a network of your own."},
    NUMBER(web.threads, 1, 32, "2", "Threads of each address that is listened on."),
    NUMBER(web.connections_max, 32, 100000, "2000",
           "Connections to each of them at a time; more wait to be accepted."),
    NUMBER(web.connections_max_per_address, 1, 100000, "1100",
           "Connections of one remote address at a time; more are closed."),
    NUMBER(web.idle_s, 1, DAY_S, "30", "Seconds after which a silent connection is closed."),
    NUMBER(web.request_s, 1, HOUR_S, "60", "Seconds in which a request must have come whole."),
    NUMBER(web.body_max_bytes, 1024, 256 * MIB, "1048576",
           "Longest body of a request, in bytes; longer ones are answered 413."),
    NUMBER(web.ask_ms, 100, MINUTE_S * 1000, "5000",
           "Milliseconds that a request for live state may wait for the server; then 503."),
    NUMBER(web.asks_max, 1, 100000, "1000", "Requests that may wait so at a time; more: 503."),
    NUMBER(
        web.rate_max, 0, 10000000, "100000",
        "Requests of one token, user or unknown address in a minute; more are answered 429. 0: any "
        "number."),
    NUMBER(
        web.failures_max, 0, 100000, "30",
        "Wrong tokens and passwords of one address in a minute; then none is looked at (429). 0: "
        "any number."),
    NUMBER(web.streams_max, 0, 10000, "200",
           "Event streams at a time, but never more than half of web.connections_max; more are "
           "answered 503."),
    NUMBER(web.streams_max_per_caller, 1, 10000, "20", "Of these, those of one token or user."),
    {"web.domains_max", config_take_number, FIELD(struct config, domains_max), 0, 10000, "100",
     "Domains that may be made over the API, beside those that stand here (domains)."},
    {"web.origins", config_take_web_origins, FIELD(struct config, web), 0, WEB_ORIGINS_MAX, "[ ]",
     "Sites whose pages may call the API from a browser (CORS): \"https://admin.example.org\". "
     "Without "
     "one: none but its own."},

    NUMBER(events.kept, 16, 1000000, "4096",
           "Events that are kept for listeners that come back, or are slow; what is lost they are "
           "told."),
    NUMBER(events.kept_s, 0, DAY_S, "300",
           "Seconds that events are kept for when the last listener has gone."),

    NUMBER(webhooks.max, 1, 10000, "100", "Webhooks that can be made."),
    NUMBER(webhooks.pending_max, 1, 1000000, "1000",
           "Events that may wait for a webhook that does not answer; more are lost."),
    NUMBER(webhooks.pause_least_s, 1, HOUR_S, "1",
           "Seconds to wait after the first try of an event; doubled after each."),
    NUMBER(webhooks.pause_most_s, 1, DAY_S, "3600",
           "The longest such pause, and the longest that a receiver's Retry-After is heeded for."),
    NUMBER(webhooks.keep_s, 1, YEAR_S, "86400", "Seconds that an event is tried for."),
    NUMBER(
        webhooks.secret_grace_s, 0, YEAR_S, "86400",
        "Seconds for which a webhook's former secret signs what is posted, too, after the secret "
        "was changed."),
    {"webhooks.local", config_take_switch, FIELD(struct config, webhooks.local), 0, 0, "\"off\"",
     "Whether webhooks may lead to this host's loopback and to link-local, multicast and "
     "unspecified addresses, where whoever may make webhooks would reach what listens for this "
     "host alone. Private networks (10.0.0.0/8 and the like) are allowed anyway: services of the "
     "operator's own live there."},
    {"webhooks.plain_anywhere", config_take_switch, FIELD(struct config, webhooks.plain_anywhere),
     0, 0, "\"off\"",
     "Whether webhooks may have http: addresses beyond this host, where events can be read on "
     "their way."},

    {"backup.folder", config_take_path, FIELD(struct config, backup_folder), 0, 1024, "\"\"",
     "Folder of the backups that POST /api/v1/backups makes; \"\": \"backups\" beside the "
     "database. It is made when it is missing. Better on another disk."},
    {"backup.keep", config_take_number, FIELD(struct config, backup_keep), 1, 10000, "7",
     "Backups that are kept there; an older one goes when a new one is whole."},
};

static const struct config_key domain_keys[] = {
    {"name", config_take_host, FIELD(struct config_domain, domain.name), 1, 255, "\"example.org\"",
     "The domain: the host of its users' addresses and the realm of their passwords (changing it "
     "makes all passwords of the domain void)."},
    {"aliases", config_take_aliases, 0, 0, 0, CONFIG_ALIASES_MAX, "[ ]",
     "Other names that mean the same domain."},
    {"digest", config_take_digests, 0, 0, 1, DIGEST_COUNT, "[ \"MD5\" ]",
     "Digest algorithms that are offered, in this order: \"SHA-512-256\", \"SHA-256\", \"MD5\". "
     "Some clients in use fail when anything but MD5 is offered."},
    {"qop", config_take_qop, 0, 0, 1, 2, "[ \"auth\" ]",
     "Qualities of protection that are offered: \"auth\", or \"auth\" and \"auth-int\" (the body "
     "is protected, too; few clients can)."},
    {"certificate", config_take_path, FIELD(struct config_domain, certificate), 0, 1024, "\"\"",
     "PEM file of the domain's certificate for TLS, and those between it and its authority. It "
     "must name the domain itself; wildcards count for nothing (RFC 5922). \"\": one that signs "
     "itself is made in the data folder."},
    {"key", config_take_path, FIELD(struct config_domain, key), 0, 1024, "\"\"",
     "PEM file of its key, without a password; \"\": in the same file."},
    {"policy", config_take_policy, FIELD(struct config_domain, policy), 0, 0, "\"\"",
     "Who sees users of this domain, as policy.default; \"\": as that says."},
    {"registration", config_take_registration, FIELD(struct config_domain, registration), 0, 0,
     "\"\"",
     "What registrations say of users of this domain, as presence.registration; \"\": as that "
     "says."},
};

const struct config_keys config_file_keys = {file_keys, sizeof(file_keys) / sizeof(file_keys[0])};
const struct config_keys config_domain_keys = {domain_keys,
                                               sizeof(domain_keys) / sizeof(domain_keys[0])};

const struct config_key *config_find_key(const struct config_keys *keys, const char *path)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (strcmp(keys->keys[i].path, path) == 0)
            return &keys->keys[i];
    }
    return NULL;
}

bool config_is_group(const struct config_keys *keys, const char *path)
{
    size_t length = strlen(path);
    for (size_t i = 0; i < keys->count; i++) {
        if (strncmp(keys->keys[i].path, path, length) == 0 && keys->keys[i].path[length] == '.')
            return true;
    }
    return false;
}

/* How many characters must be added, dropped or changed to make one text of the other (Levenshtein,
 * one row at a time); what is longer than a row is not looked at. */
static unsigned spelling_distance(const char *a, const char *b)
{
    enum { ROW = 96 };
    unsigned row[ROW + 1];
    size_t length = strnlen(b, ROW);
    for (size_t i = 0; i <= length; i++)
        row[i] = (unsigned)i;
    for (size_t i = 0; i < ROW && a[i] != '\0'; i++) {
        unsigned corner = row[0]; /* distance of the two prefixes without their last characters */
        row[0] = (unsigned)i + 1;
        for (size_t j = 1; j <= length; j++) {
            unsigned best = corner + (a[i] != b[j - 1]);
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (row[j] + 1 < best)
                best = row[j] + 1;
            corner = row[j];
            row[j] = best;
        }
    }
    return row[length];
}

static const char *leaf_of(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot != NULL ? dot + 1 : path;
}

/* A right name in the wrong group is as near as a slip of one letter. */
static unsigned key_distance(const struct config_key *key, const char *path)
{
    unsigned whole = spelling_distance(key->path, path);
    unsigned leaf = spelling_distance(leaf_of(key->path), leaf_of(path)) + 1;
    return whole < leaf ? whole : leaf;
}

const struct config_key *config_nearest_key(const struct config_keys *keys, const char *path)
{
    assert(keys->count > 0);
    const struct config_key *nearest = &keys->keys[0];
    for (size_t i = 1; i < keys->count; i++) {
        if (key_distance(&keys->keys[i], path) < key_distance(nearest, path))
            nearest = &keys->keys[i];
    }
    return nearest;
}

/* One comment line after another, none over 90 characters. */
static void write_comment(struct buffer *out, const char *indent, struct bytes text)
{
    enum { WIDTH = 90 };
    while (!bytes_empty(text)) {
        size_t room = WIDTH - strlen(indent) - 2, cut = text.length;
        if (cut > room) {
            cut = room;
            while (text.at[cut] != ' ')
                cut--;
        }
        buffer_format(out, "%s# %.*s\n", indent, (int)cut, text.at);
        text = bytes_trim(bytes_skip(text, cut));
    }
}

static void write_key(struct buffer *out, const char *indent, const struct config_key *key)
{
    write_comment(out, indent, bytes_of(key->help));
    if (key->take == config_take_number)
        buffer_format(out, "%s# From %llu to %llu.\n", indent, (unsigned long long)key->least,
                      (unsigned long long)key->most);
    if (key->value != NULL)
        buffer_format(out, "%s%s = %s;\n", indent, leaf_of(key->path), key->value);
}

static void write_domains(struct buffer *out)
{
    buffer_text(out, "domains = (\n    {\n");
    for (size_t i = 0; i < config_domain_keys.count; i++)
        write_key(out, "        ", &config_domain_keys.keys[i]);
    buffer_text(out, "    }\n);\n");
}

/* Ends the group that is open when the next key is in another one, and opens that. */
static struct bytes write_group(struct buffer *out, struct bytes open, const char *path)
{
    const char *dot = strchr(path, '.');
    struct bytes group = bytes_from(path, dot != NULL ? (size_t)(dot - path) : 0);
    if (bytes_equal(open, group))
        return open;
    if (!bytes_empty(open))
        buffer_text(out, "};\n");
    if (!bytes_empty(group))
        buffer_format(out, "\n%.*s: {\n", BYTES_ARGS(group));
    return group;
}

void config_write_sample(struct buffer *out)
{
    struct bytes group = BYTES("");
    buffer_text(
        out,
        "# The configuration of Herald: every key with its default. Keep only what you change.\n"
        "# Relative paths start from this file's folder. Try a change with\n"
        "# herald --check-config --config FILE; SIGHUP makes a running server take it over.\n");
    for (size_t i = 0; i < config_file_keys.count; i++) {
        const struct config_key *key = &config_file_keys.keys[i];
        group = write_group(out, group, key->path);
        if (bytes_empty(group))
            buffer_char(out, '\n');
        write_key(out, bytes_empty(group) ? "" : "    ", key);
        if (key->value == NULL)
            write_domains(out);
    }
    write_group(out, group, "");
    assert(!out->overflow);
}
