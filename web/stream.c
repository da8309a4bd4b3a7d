/* stream.c: events as Server-Sent Events (the HTML standard, 9.2), for as long as somebody reads.
 *
 *     the library asks for bytes --events, a gap, a sign of life--> they are sent
 *                                --nothing--> ASLEEP: the connection is suspended
 *     the pump: an event that the stream wants, or its time has come --resume--> it is asked again
 *
 * A suspended connection notices nothing, so a stream is woken every few seconds anyway: has its
 * client gone, may it still read? Who reads too slowly falls behind the ring and is told of the
 * gap; who does not read at all is closed by the library (web.idle_s). While a stream sleeps its
 * position is the pump's, else the library's thread's. */
#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/memory.h"
#include "feed/feed.h"
#include "web/web_internal.h"

enum {
    BEAT_MS = 15000, /* between signs of life */
    LOOK_MS = 5000,  /* between looks at who reads, when nothing happens */
    JUDGE_MS = 1000, /* when something does */
    BATCH_BYTES = 16384,
    BLOCK_BYTES = 8192,
    QUEUE_BYTES = 65536,
    PUMP_MS = 1000,
    RETRY_AFTER_S = 5
};

struct web_stream {
    struct web_stream *next, *previous; /* (lock) */
    struct web_call *call;
    struct MHD_Connection *connection;
    struct feed_filter filter;
    uint64_t position;
    bool asleep;            /* (lock) */
    struct web_stream *due; /* the next of those that the pump is waking */
    uint64_t wake_ms;       /* (lock) while it sleeps */
    uint64_t beat_ms, judged_ms;
    char *text; /* what is being sent; BATCH_BYTES of room are kept */
    size_t length, sent, room;
};

static struct feed *feed_of(const struct web_stream *stream)
{
    return stream->call->web->ground.core.feed;
}

/* Beginning. */

/* With the lock. */
static bool has_room(const struct web *web, struct bytes who)
{
    unsigned most = web->settings.streams_max, own = 0;
    if (most > web->settings.connections_max / 2)
        most = web->settings.connections_max / 2;
    for (const struct web_stream *stream = web->streams; stream != NULL; stream = stream->next)
        own += bytes_equal(stream->call->who, who);
    return !web->ending && web->stream_count < most && own < web->settings.streams_max_per_caller;
}

/* Into the list; false: there are too many. */
static bool enter(struct web *web, struct web_stream *stream)
{
    web_lock(web);
    bool room = has_room(web, stream->call->who);
    web->counts[room ? WEB_COUNT_STREAMS : WEB_COUNT_STREAMS_LIMITED]++;
    if (room) {
        stream->next = web->streams;
        if (web->streams != NULL)
            web->streams->previous = stream;
        web->streams = stream;
        web->stream_count++;
    }
    web_unlock(web);
    return room;
}

static void leave(struct web *web, struct web_stream *stream)
{
    web_lock(web);
    assert(!stream->asleep);
    *(stream->previous != NULL ? &stream->previous->next : &web->streams) = stream->next;
    if (stream->next != NULL)
        stream->next->previous = stream->previous;
    web->stream_count--;
    web_unlock(web);
}

static void add_text(struct web_stream *stream, const char *text)
{
    size_t length = strlen(text);
    if (stream->room - stream->length < length + 1) {
        stream->room = 2 * (stream->length + length) + 1;
        stream->text = memory_resize(stream->text, stream->room);
    }
    memcpy(stream->text + stream->length, text, length + 1);
    stream->length += length;
}

/* How long to wait before coming again, and where that would be. */
static void greet(struct web_stream *stream, bool resumes)
{
    char id[FEED_ID_SIZE];
    add_text(stream, "retry: 3000\n");
    if (!resumes) {
        feed_id_write(stream->position, id);
        add_text(stream, "id: ");
        add_text(stream, id);
        add_text(stream, "\n");
    }
    add_text(stream, "\n");
}

static void refuse(struct web_call *call)
{
    char text[16];
    web_problem(call, 503, "busy", NULL,
                "there are too many event streams (web.streams_max, web.streams_max_per_caller); "
                "end one that nobody reads, or try again later");
    snprintf(text, sizeof(text), "%d", RETRY_AFTER_S);
    web_answer_field(call, "Retry-After", bytes_of(text));
}

void web_answer_events(struct web_call *call, const struct web_events *events)
{
    assert(call->status == 0 && call->stream == NULL && events->types != 0);
    struct web_stream *stream = memory_new(sizeof(*stream));
    stream->call = call;
    stream->filter = (struct feed_filter){events->types, arena_copy(&call->arena, events->user)};
    stream->judged_ms = web_now_ms();
    stream->beat_ms = stream->judged_ms + BEAT_MS;
    if (!enter(call->web, stream)) {
        free(stream);
        refuse(call);
        return;
    }
    stream->position = feed_join(feed_of(stream));
    if (events->resumes)
        stream->position = events->after;
    greet(stream, events->resumes);
    call->stream = stream;
    call->status = 200;
    call->type = "text/event-stream";
}

void web_stream_free(struct web_stream **stream)
{
    struct web_stream *old = *stream;
    *stream = NULL;
    if (old == NULL)
        return;
    leave(old->call->web, old);
    feed_leave(feed_of(old));
    free(old->text);
    free(old);
}

/* What is sent. */

static void add_block(struct web_stream *stream, uint64_t id, const char *type, char *json)
{
    char text[FEED_ID_SIZE];
    feed_id_write(id, text);
    add_text(stream, "id: ");
    add_text(stream, text);
    add_text(stream, "\nevent: ");
    add_text(stream, type);
    add_text(stream, "\ndata: ");
    add_text(stream, json);
    add_text(stream, "\n\n");
    free(json);
}

static bool add_next(struct web_stream *stream)
{
    const struct feed_event *event = NULL;
    switch (feed_take(feed_of(stream), &stream->filter, &stream->position, &event)) {
    case FEED_EVENT:
        add_block(stream, event->id, feed_type_name(event->type), feed_json(event));
        feed_give(feed_of(stream), &event);
        return true;
    case FEED_GAP:
        add_block(stream, stream->position, "gap", feed_json_gap(web_wall_ms()));
        return true;
    default:
        return false;
    }
}

static bool has_gone(const struct web_stream *stream)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(stream->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct pollfd end = {.fd = info->connect_fd, .events = POLLRDHUP};
    return poll(&end, 1, 0) > 0;
}

/* Is its client there, and may it read? */
static bool may_go_on(struct web_stream *stream, uint64_t now_ms)
{
    struct web *web = stream->call->web;
    if (now_ms < stream->judged_ms + JUDGE_MS)
        return true;
    stream->judged_ms = now_ms;
    if (has_gone(stream))
        return false;
    struct account_file *file = files_open(web);
    bool stands = file == NULL || who_stands(stream->call, file);
    if (file != NULL)
        files_give(web, &file);
    return stands;
}

/* What there is to send; false: nothing. */
static bool fill(struct web_stream *stream, uint64_t now_ms)
{
    stream->length = stream->sent = 0;
    while (stream->length < BATCH_BYTES && add_next(stream)) {
    }
    if (stream->length == 0 && now_ms >= stream->beat_ms)
        add_text(stream, ":\n\n");
    if (stream->length > 0)
        stream->beat_ms = now_ms + BEAT_MS;
    return stream->length > 0;
}

/* From here on the pump may wake it at any moment. */
static void sleep_until_news(struct web_stream *stream)
{
    struct web *web = stream->call->web;
    uint64_t look_ms = stream->judged_ms + LOOK_MS;
    struct MHD_Connection *connection = stream->connection;
    MHD_suspend_connection(connection);
    web_lock(web);
    stream->wake_ms = look_ms < stream->beat_ms ? look_ms : stream->beat_ms;
    stream->asleep = !web->ending && !feed_has(feed_of(stream), &stream->filter, &stream->position);
    bool sleeps = stream->asleep;
    web_unlock(web);
    if (!sleeps)
        MHD_resume_connection(connection);
}

static ssize_t read_stream(void *context, uint64_t position, char *out, size_t most)
{
    struct web_stream *stream = context;
    uint64_t now_ms = web_now_ms();
    (void)position;
    if (stream->sent == stream->length) {
        if (web_is_ending(stream->call) || !may_go_on(stream, now_ms))
            return MHD_CONTENT_READER_END_OF_STREAM;
        if (!fill(stream, now_ms)) {
            sleep_until_news(stream);
            return 0;
        }
    }
    size_t left = stream->length - stream->sent, length = left < most ? left : most;
    memcpy(out, stream->text + stream->sent, length);
    stream->sent += length;
    return (ssize_t)length;
}

/* The system would else queue megabytes for who does not read. */
static void bound_queue(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const int bytes = QUEUE_BYTES;
    (void)setsockopt(info->connect_fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

static enum MHD_Result send_response(struct web_call *call, struct MHD_Connection *connection,
                                     struct MHD_Response *response)
{
    (void)MHD_add_response_header(response, "Content-Type", call->type);
    (void)MHD_add_response_header(response, "X-Accel-Buffering", "no");
    answer_add_fields(call, response);
    enum MHD_Result result = MHD_queue_response(connection, call->status, response);
    MHD_destroy_response(response);
    return result;
}

enum MHD_Result web_stream_send(struct web_call *call, struct MHD_Connection *connection)
{
    /* libmicrohttpd would send the last chunk of a body to a HEAD, too */
    if (bytes_equal(call->verb, BYTES("HEAD")))
        return send_response(call, connection,
                             MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT));
    call->stream->connection = connection;
    bound_queue(connection);
    return send_response(call, connection,
                         MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES,
                                                           read_stream, call->stream, NULL));
}

/* The pump. */

/* With the lock: takes those that are to be woken, in one pass; NULL: none. */
static struct web_stream *take_due(struct web *web, uint64_t now_ms)
{
    struct feed *feed = web->ground.core.feed;
    struct web_stream *due = NULL;
    for (struct web_stream *stream = web->streams; stream != NULL; stream = stream->next) {
        if (!stream->asleep || (!web->ending && now_ms < stream->wake_ms &&
                                !feed_has(feed, &stream->filter, &stream->position)))
            continue;
        stream->asleep = false;
        stream->due = due;
        due = stream;
    }
    return due;
}

/* A stream is there as long as its connection is suspended, and may be gone at once afterwards. */
static void wake_due(struct web *web)
{
    web_lock(web);
    struct web_stream *next, *due = take_due(web, web_now_ms());
    web_unlock(web);
    for (; due != NULL; due = next) {
        next = due->due;
        MHD_resume_connection(due->connection);
    }
}

static bool is_pumping(struct web *web)
{
    web_lock(web);
    bool pumping = web->pumping;
    web_unlock(web);
    return pumping;
}

static void *pump(void *context)
{
    struct web *web = context;
    struct feed *feed = web->ground.core.feed;
    while (is_pumping(web)) {
        uint64_t seen = feed_last(feed);
        wake_due(web);
        feed_wait(feed, seen, PUMP_MS);
    }
    return NULL;
}

bool web_streams_begin(struct web *web)
{
    web->pumping = web->ground.core.feed != NULL;
    if (!web->pumping || pthread_create(&web->pump, NULL, pump, web) == 0)
        return true;
    web->pumping = false;
    return false;
}

void web_streams_end(struct web *web)
{
    assert(web->ending); /* none begins any more */
    if (web->pumping)
        wake_due(web);
}

void web_streams_join(struct web *web)
{
    if (!web->pumping)
        return;
    web_lock(web);
    web->pumping = false;
    web_unlock(web);
    feed_rouse(web->ground.core.feed);
    (void)pthread_join(web->pump, NULL);
}
