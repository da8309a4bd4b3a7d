/* answer.c: what was answered, as HTTP.
 *
 * Every answer says how little a browser may do with it: nothing is kept, framed, guessed at or
 * loaded because of it. An endpoint that answers a page sets a Content-Security-Policy of its own.
 */
#include <assert.h>
#include <stdlib.h>

#include "web/web_internal.h"

static const struct {
    const char *name, *value;
} usual[] = {
    {"Cache-Control", "no-store"},
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
};

static const char late[] =
    "{\"type\":\"urn:herald:problem:late\",\"title\":\"Service Unavailable\",\"status\":503,"
    "\"detail\":\"the server did not get round to it in time (web.ask_ms) or is ending; try again "
    "in a few seconds\"}";

struct bytes answer_text(struct web_call *call)
{
    if (call->value == NULL || !bytes_empty(call->text))
        return call->text;
    char *text = json_dumps(call->value, JSON_COMPACT | JSON_ENCODE_ANY);
    assert(text != NULL);
    call->text = arena_copy(&call->arena, bytes_of(text));
    free(text);
    return call->text;
}

static void add(struct MHD_Response *response, const char *name, struct bytes value)
{
    /* the library refuses line breaks; values end with a NUL, as everything in the arena */
    (void)MHD_add_response_header(response, name, value.at);
}

static void add_usual(const struct web_pairs *more, struct MHD_Response *response)
{
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
        if (more == NULL || pairs_find(more, bytes_of(usual[i].name)) == NULL)
            (void)MHD_add_response_header(response, usual[i].name, usual[i].value);
}

/* RFC 9110 13.2.2, of a GET that found something: 412 when it is not what it must be, 304 when who
 * asks has it already, else 200. */
static unsigned judge(const struct web_call *call, const char *etag)
{
    struct bytes match = web_field(call, "If-Match"), none = web_field(call, "If-None-Match");
    if (!bytes_empty(match) && !etag_listed(match, bytes_of(etag), false))
        return 412;
    return !bytes_empty(none) && etag_listed(none, bytes_of(etag), true) ? 304 : 200;
}

static enum MHD_Result queue(struct MHD_Connection *connection, unsigned status,
                             struct MHD_Response *response)
{
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

/* The call itself is the reactor's still. */
static enum MHD_Result send_late(struct web_call *call, struct MHD_Connection *connection)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        sizeof(late) - 1, (void *)(uintptr_t)late, MHD_RESPMEM_PERSISTENT);
    add_usual(NULL, response);
    (void)MHD_add_response_header(response, "Content-Type", "application/problem+json");
    (void)MHD_add_response_header(response, "Retry-After", "5");
    web_count_refusal(call->web, 503, "late");
    return queue(connection, 503, response);
}

void answer_add_fields(const struct web_call *call, struct MHD_Response *response)
{
    add_usual(&call->more, response);
    for (size_t i = 0; i < call->more.count; i++)
        add(response, call->more.at[i].name.at, call->more.at[i].value);
}

/* The library sends no content with 204 and 304, and of a 304 the length that the 200 would have
 * (RFC 9110 8.6). */
static struct MHD_Response *make(const struct web_call *call, unsigned status, struct bytes text)
{
    if (status == 204)
        text = BYTES("");
    struct MHD_Response *response = MHD_create_response_from_buffer(
        text.length, (void *)(uintptr_t)text.at, MHD_RESPMEM_MUST_COPY);
    if (call->type != NULL && !bytes_empty(text) && status != 304)
        (void)MHD_add_response_header(response, "Content-Type", call->type);
    answer_add_fields(call, response);
    return response;
}

static void count(struct web_call *call)
{
    if (call->status >= 400)
        web_count_refusal(call->web, call->status, call->kind);
}

/* Who changed what, for the operator. */
static void log_change(const struct web_call *call)
{
    char memory[64];
    struct buffer from = buffer_over(memory, sizeof(memory));
    if (call->endpoint == NULL || web_is_read(call))
        return;
    net_address_write(&call->from, &from);
    log_write(call->web->ground.core.log, LOG_INFO, "web", "%s %.*s answered %u to %.*s at %.*s",
              web_method_name(call->method), BYTES_ARGS(call->path), call->status,
              bytes_empty(call->who) ? 6 : (int)call->who.length,
              bytes_empty(call->who) ? "nobody" : call->who.at, BYTES_ARGS(buffer_bytes(&from)));
}

/* Nothing was done yet but read. */
static enum MHD_Result refuse_state(struct web_call *call, struct MHD_Connection *connection)
{
    call_unanswer(call);
    web_problem(call, 412, "changed", "If-Match",
                "it is not what it was; leave If-Match out to get what it is");
    cors_add(call);
    count(call);
    return queue(connection, 412, make(call, 412, answer_text(call)));
}

/* A change is answered with what there is now, whose tag is good for the next one. Not of PUT: what
 * is kept is not the text that came (RFC 9110 9.3.4). */
static bool shows_change(const struct web_call *call)
{
    return call->endpoint != NULL && call->method == WEB_PATCH && call->status == 200 &&
           call->value != NULL;
}

enum MHD_Result answer_send(struct web_call *call, struct MHD_Connection *connection)
{
    char etag[WEB_ETAG_SIZE];
    if (call->state == WEB_LEFT)
        return send_late(call, connection);
    if (call->status == 0)
        call->status = 204;
    web_repeats_settle(call);
    count(call);
    log_change(call);
    cors_add(call);
    if (call->stream != NULL)
        return web_stream_send(call, connection);
    struct bytes text = answer_text(call);
    bool change = shows_change(call);
    if (!change && (call->endpoint == NULL || !web_is_read(call) || call->status != 200))
        return queue(connection, call->status, make(call, call->status, text));
    etag_of_call(call, text, etag);
    unsigned status = change ? 200 : judge(call, etag);
    if (status == 412)
        return refuse_state(call, connection);
    struct MHD_Response *response = make(call, status, text);
    (void)MHD_add_response_header(response, "ETag", etag);
    return queue(connection, status, response);
}
