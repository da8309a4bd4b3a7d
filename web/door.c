/* door.c: one listener and its threads (libmicrohttpd), and the steps of a request:
 *
 *     target -> call_new
 *     header fields -> origin, who calls, type of the body
 *     body, piece by piece
 *     all of it -> JSON -> `file` -> perhaps the reactor (ask.c) -> the answer
 *
 * A request that is refused is answered when its body has come, unless that is far too long or
 * waits to be asked for (Expect): a client that still writes does not read. */
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/memory.h"
#include "web/web_internal.h"

enum { CONNECTION_BYTES = 16384, PATIENT_TIMES = 4 };

/* Connections. */

static struct web_link *link_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info != NULL ? info->socket_context : NULL;
}

static void link_deadline(struct web *web, struct MHD_Connection *connection, unsigned in_s)
{
    struct web_link *link = link_of(connection);
    if (link == NULL)
        return;
    web_lock(web);
    link->deadline_ms = in_s != 0 ? web_now_ms() + in_s * 1000ULL : 0;
    web_unlock(web);
}

static void link_begin(struct web_door *door, struct MHD_Connection *connection, void **context)
{
    struct web *web = door->web;
    struct web_link *link = memory_new(sizeof(*link));
    link->door = door;
    link->socket =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    *context = link;
    web_lock(web);
    link->deadline_ms = web_now_ms() + web->settings.request_s * 1000ULL;
    link->next = web->links;
    if (web->links != NULL)
        web->links->previous = link;
    else
        pthread_cond_broadcast(&web->changed);
    web->links = link;
    web_unlock(web);
}

static void link_end(struct web *web, void **context)
{
    struct web_link *link = *context;
    *context = NULL;
    if (link == NULL)
        return;
    web_lock(web);
    *(link->previous != NULL ? &link->previous->next : &web->links) = link->next;
    if (link->next != NULL)
        link->next->previous = link->previous;
    web_unlock(web);
    free(link);
}

static void on_connection(void *context, struct MHD_Connection *connection, void **link,
                          enum MHD_ConnectionNotificationCode what)
{
    struct web_door *door = context;
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        link_begin(door, connection, link);
    else
        link_end(door->web, link);
}

/* A call. */

static void *on_target(void *context, const char *target, struct MHD_Connection *connection)
{
    struct web_door *door = context;
    link_deadline(door->web, connection, door->web->settings.request_s);
    web_count(door->web, WEB_COUNT_REQUESTS);
    return call_new(door->web, bytes_of(target));
}

static void on_completed(void *context, struct MHD_Connection *connection, void **calls,
                         enum MHD_RequestTerminationCode code)
{
    struct web_door *door = context;
    struct web_call *call = *calls;
    (void)code;
    *calls = NULL;
    if (call != NULL)
        call_drop(call);
    link_deadline(door->web, connection,
                  door->web->settings.idle_s + door->web->settings.request_s);
}

static enum MHD_Result take_field(void *context, enum MHD_ValueKind kind, const char *name,
                                  const char *value)
{
    struct web_call *call = context;
    (void)kind;
    if (pairs_add(call, &call->fields, bytes_of(name), bytes_of(value)))
        return MHD_YES;
    web_problem(call, 431, "too-many-fields", NULL,
                "the request has more than %d header fields; leave out those that nobody here "
                "reads, or ask whoever stands between to add fewer",
                WEB_FIELDS_MAX);
    /* one that was not taken may say that a long body comes, or that somebody waits to send it */
    web_answer_field(call, "Connection", BYTES("close"));
    return MHD_NO;
}

/* What says where a body ends. */
struct framing {
    unsigned lengths, encodings;
};

static enum MHD_Result see_framing(void *context, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    struct framing *framing = context;
    (void)kind;
    (void)value;
    framing->lengths += bytes_equal_nocase(bytes_of(name), BYTES("Content-Length"));
    framing->encodings += bytes_equal_nocase(bytes_of(name), BYTES("Transfer-Encoding"));
    return MHD_YES;
}

/* RFC 9112 6.1, 6.3: who stands before us may have found another end of this body, and so another
 * request behind it. The library takes one of them. Nothing of this connection is read any more. */
static void judge_framing(struct web_call *call, struct MHD_Connection *connection)
{
    struct framing framing = {0};
    MHD_get_connection_values(connection, MHD_HEADER_KIND, see_framing, &framing);
    if (framing.lengths + framing.encodings <= 1)
        return;
    if (framing.encodings == 0)
        web_problem(call, 400, "bad-framing", "Content-Length",
                    "one Content-Length is wanted, not %u (RFC 9112 6.3)", framing.lengths);
    else
        web_problem(call, 400, "bad-framing", "Transfer-Encoding",
                    "either one Content-Length or one Transfer-Encoding is wanted (RFC 9112 6.1)");
    web_answer_field(call, "Connection", BYTES("close"));
}

static void take_address(struct web_call *call, struct MHD_Connection *connection)
{
    const struct sockaddr *from =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
    if (from->sa_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)from;
        call->from = (struct net_address){.family = 6, .port = ntohs(six->sin6_port)};
        memcpy(call->from.ip, &six->sin6_addr, 16);
    } else if (from->sa_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)from;
        call->from = (struct net_address){.family = 4, .port = ntohs(four->sin_port)};
        memcpy(call->from.ip, &four->sin_addr, 4);
    }
}

static bool is_too_long(const struct web_call *call, unsigned times, uint64_t *length)
{
    struct bytes field = web_field(call, "Content-Length");
    *length = 0;
    return !bytes_empty(field) && (!bytes_to_u64(field, length) ||
                                   *length > (uint64_t)call->web->settings.body_max_bytes * times);
}

static void refuse_length(struct web_call *call)
{
    web_problem(call, 413, "too-long", NULL, "the body has more than %u bytes (web.body_max_bytes)",
                call->web->settings.body_max_bytes);
    web_count(call->web, WEB_COUNT_TOO_LONG);
}

static void judge_caller(struct web_call *call)
{
    if (call->endpoint->area == WEB_OPEN)
        return;
    struct account_file *file = files_take(call);
    if (file == NULL)
        return;
    who_judge(call, file);
    files_give(call->web, &file);
}

/* All that can be said before the body. */
static void judge_head(struct web_call *call, const char *method)
{
    uint64_t length;
    call->verb = arena_copy(&call->arena, bytes_of(method));
    target_route(call, call->verb);
    if (!web_answered(call) && cors_allows(call))
        judge_caller(call);
    if (!web_answered(call) && limits_allow(call) && etag_judge_fields(call) &&
        is_too_long(call, 1, &length))
        refuse_length(call);
    if (!web_answered(call) && call->endpoint->body == WEB_JSON)
        body_judge_type(call);
}

static enum MHD_Result begin(struct web_call *call, struct web_door *door,
                             struct MHD_Connection *connection, const char *method,
                             const char *version)
{
    uint64_t length;
    call->stage = WEB_READS;
    call->secure = door->tls;
    call->needs_host = strcmp(version, MHD_HTTP_VERSION_1_0) != 0;
    take_address(call, connection);
    judge_framing(call, connection);
    if (!web_answered(call))
        MHD_get_connection_values(connection, MHD_HEADER_KIND, take_field, call);
    if (web_answered(call)) {
        call->stage = WEB_ENDS;
        return answer_send(call, connection);
    }
    judge_head(call, method);
    bool waits = !bytes_empty(web_field(call, "Expect"));
    bool hopeless = is_too_long(call, PATIENT_TIMES, &length);
    if (!web_answered(call) || length == 0 || (!waits && !hopeless))
        return MHD_YES;
    call->stage = WEB_ENDS;
    return answer_send(call, connection);
}

static void run_file(struct web_call *call)
{
    if (web_answered(call) || call->endpoint->file == NULL)
        return;
    struct account_file *file = files_take(call);
    if (file == NULL)
        return;
    call->endpoint->file(call, file);
    files_give(call->web, &file);
}

/* The answer, which has to be read in time. */
static enum MHD_Result send_answer(struct web_call *call, struct MHD_Connection *connection)
{
    unsigned in_s = call->stream == NULL ? call->web->settings.request_s : 0;
    link_deadline(call->web, connection, in_s);
    return answer_send(call, connection);
}

/* Whose token was revoked while the body came, does not change anything any more. */
static void take_body(struct web_call *call)
{
    if (call->too_long)
        refuse_length(call);
    else
        body_parse(call);
    if (!web_answered(call) && !web_is_read(call))
        judge_caller(call);
}

static enum MHD_Result end(struct web_call *call, struct MHD_Connection *connection)
{
    call->stage = WEB_ENDS;
    if (!web_answered(call))
        take_body(call);
    if (web_answered(call) || !web_repeats_begin(call))
        return send_answer(call, connection);
    /* what was done could not be refused any more */
    if (!web_is_read(call) && call->endpoint->file != NULL && !ask_reserve(call))
        return send_answer(call, connection);
    link_deadline(call->web, connection,
                  0); /* ours is the time now: a backup takes what it takes */
    run_file(call);
    if (call->work != NULL)
        return slow_begin(call, connection);
    if (!ask_is_wanted(call)) {
        ask_release(call);
        return send_answer(call, connection);
    }
    return ask_begin(call, connection);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *length, void **calls)
{
    struct web_call *call = *calls;
    (void)url;
    assert(call != NULL);
    switch (call->stage) {
    case WEB_BEGINS:
        return begin(call, context, connection, method, version);
    case WEB_READS:
        if (*length == 0)
            return end(call, connection);
        body_take(call, data, *length);
        *length = 0;
        return MHD_YES;
    case WEB_ENDS:
        break;
    }
    return send_answer(call, connection); /* the reactor has answered, or has not in time */
}

/* The library decodes in place by itself; target.c does it, after the cut. */
static size_t keep_encoded(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

static void on_log(void *context, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
static void on_log(void *context, const char *format, va_list arguments)
{
    struct web_door *door = context;
    char text[512];
    if (vsnprintf(text, sizeof(text), format, arguments) > 0)
        log_write(door->web->ground.core.log, LOG_DEBUG, "web", "%.*s", (int)strcspn(text, "\n"),
                  text);
}

/* Opening. */

/* At each handshake; libmicrohttpd leaves its connection with the session. Nonzero: there is none.
 */
static int show_papers(gnutls_session_t session, const gnutls_datum_t *names, int name_count,
                       const gnutls_pk_algorithm_t *algorithms, int algorithm_count,
                       gnutls_pcert_st **certificates, unsigned *count, gnutls_privkey_t *key)
{
    struct MHD_Connection *connection = gnutls_session_get_ptr(session);
    const struct web_link *link = connection != NULL ? link_of(connection) : NULL;
    (void)names, (void)name_count, (void)algorithms, (void)algorithm_count;
    if (link == NULL)
        return -1;
    web_lock(link->door->web);
    papers_show(link->door->papers, certificates, count, key);
    web_unlock(link->door->web);
    return 0;
}

static bool read_papers(struct web_door *door, char *why, size_t why_size)
{
    const struct web_settings *settings = &door->web->settings;
    if (door->tls)
        door->papers = papers_read(settings->certificate, settings->key, why, why_size);
    return !door->tls || door->papers != NULL;
}

bool door_open(struct web_door *door, int socket, char *why, size_t why_size)
{
    const struct web_settings *settings = &door->web->settings;
    if (!read_papers(door, why, why_size))
        return false;
    const struct MHD_OptionItem secure[] = {
        {MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)(uintptr_t)show_papers},
        {MHD_OPTION_HTTPS_PRIORITIES, 0,
         (void *)(uintptr_t) "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"},
        {MHD_OPTION_END, 0, NULL},
    };
    const struct MHD_OptionItem pool[] = {
        {MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)settings->threads, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    const struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
                     (door->tls ? MHD_USE_TLS : 0U);
    door->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, door, MHD_OPTION_EXTERNAL_LOGGER, on_log, door,
        MHD_OPTION_LISTEN_SOCKET, socket, MHD_OPTION_CONNECTION_LIMIT, settings->connections_max,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, settings->connections_max_per_address,
        MHD_OPTION_CONNECTION_TIMEOUT, settings->idle_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_BYTES, MHD_OPTION_URI_LOG_CALLBACK, on_target, door,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, door, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, door, MHD_OPTION_UNESCAPE_CALLBACK, keep_encoded, NULL, MHD_OPTION_ARRAY,
        settings->threads > 1 ? pool : none, MHD_OPTION_ARRAY, door->tls ? secure : none,
        MHD_OPTION_END);
    if (door->daemon == NULL)
        snprintf(why, why_size,
                 "the HTTP server does not start; the log has more at log.level = \"debug\"");
    return door->daemon != NULL;
}

void door_close(struct web_door *door)
{
    if (door->daemon != NULL)
        MHD_stop_daemon(door->daemon);
    papers_free(&door->papers);
}
