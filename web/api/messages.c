/* messages.c: what was said, what waits, and who has it: read from the database, where all of it is
 * durable (im/im.h).
 *
 *   history: the log from its newest message on --since, until, with, search--> a page
 *
 * A search looks at so many messages and bytes at most, then it says where it goes on: a page may
 * have fewer items than were asked for, even none, and a next one.
 *
 * What was sent to a user of ours tells how far it is by the receiver's row. Its sender learns no
 * more of that than by SIP: whether somebody took it, never that it waits, for then one that is not
 * taken in silence would be told from it. Who has a token sees it all. */
#include "web/api/messages.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/token.h"
#include "im/im.h"
#include "pidf/simple.h"
#include "store/messages.h"
#include "web/api/give_internal.h"
#include "web/api/given_internal.h"
#include "web/api/text_internal.h"

enum { LOOKED_MAX = 2000, LOOKED_MAX_BYTES = 8 << 20, ID_SIZE = 17, TARGET_SIZE = 4096 };

/* Ids. */

/* 0: that is none, and nothing has it. */
static uint64_t read_hex(struct bytes text)
{
    uint64_t serial = 0;
    (void)bytes_hex_to_u64(text, ID_SIZE - 1, &serial);
    return serial;
}

static void give_id(json_t *item, uint64_t serial)
{
    char id[ID_SIZE];
    snprintf(id, sizeof(id), "%016llx", (unsigned long long)serial);
    give_words(item, "id", id);
}

/* How far it is. */

/* What its deliveries come to. */
struct progress {
    json_t *list;
    bool taken, owed, failed, over;
    bool abroad; /* it was sent to another domain, which may be ours by now */
};

static const char *whom_name(enum store_whom whom)
{
    if (whom == STORE_TO_PEER)
        return "domain";
    return whom == STORE_TO_DEVICE ? "device" : "anybody";
}

static const char *delivery_name(enum store_delivery_state state)
{
    static const char *const names[] = {[STORE_OWED] = "waiting",
                                        [STORE_TAKEN] = "delivered",
                                        [STORE_FAILED] = "failed",
                                        [STORE_EXPIRED] = "expired",
                                        [STORE_FORGOTTEN] = "given-up"};
    return state <= STORE_FORGOTTEN ? names[state] : "failed";
}

static void add_delivery(json_t *list, const struct store_delivery *delivery)
{
    json_t *item = json_object();
    give_words(item, "to", whom_name(delivery->whom));
    give_text(item, "device", delivery->device);
    give_words(item, "state", delivery_name(delivery->state));
    if (delivery->status != 0)
        give_number(item, "status", delivery->status);
    else
        json_object_set_new(item, "status", json_null());
    give_number(item, "tries", delivery->tries);
    give_time(item, "changed", delivery->changed_ms);
    json_array_append_new(list, item);
}

static void note_state(struct progress *progress, enum store_delivery_state state)
{
    progress->taken |= state == STORE_TAKEN;
    progress->owed |= state == STORE_OWED;
    progress->failed |= state == STORE_FAILED;
    progress->over |= state == STORE_EXPIRED || state == STORE_FORGOTTEN;
}

/* Of those in a log for its owner. */
static void take_delivery(void *context, const struct store_delivery *delivery)
{
    struct progress *progress = context;
    note_state(progress, delivery->state);
    if (progress->list != NULL)
        add_delivery(progress->list, delivery);
}

/* Of what was sent: copies for other devices say nothing of it. */
static void take_outgoing(void *context, const struct store_delivery *delivery)
{
    struct progress *progress = context;
    if (delivery->whom == STORE_TO_PEER) {
        progress->abroad = true;
        note_state(progress, delivery->state);
    }
    add_delivery(progress->list, delivery);
}

static const char *state_of(const struct progress *progress, unsigned status)
{
    if (progress->taken || status == 200)
        return "delivered";
    if (progress->owed)
        return "waiting";
    if (progress->failed)
        return "failed";
    return progress->over ? "expired" : NULL;
}

/* One log, read by somebody. */
struct reading {
    struct account_file *file;
    bool own; /* by the user alone, without a token */
    enum err err;
};

/* The receiver's row has the same request and was made in the same moment. */
static bool look_at_receiver(struct reading *reading, const struct store_message *message,
                             struct progress *progress)
{
    uint64_t serial = 0;
    const struct store_trail trail = {message->peer, message->origin.call_id, message->from_tag,
                                      message->made_ms};
    enum err err = account_trace_message(reading->file, &trail, &serial);
    if (err == ERR_NONE)
        err =
            account_list_deliveries(reading->file, message->peer, serial, take_delivery, progress);
    if (err != ERR_NONE && err != ERR_NOT_FOUND)
        reading->err = err;
    return err == ERR_NONE;
}

static const char *sent_state(struct reading *reading, const struct store_message *message)
{
    struct progress progress = {.list = NULL};
    bool found = look_at_receiver(reading, message, &progress);
    const char *state = found ? state_of(&progress, message->status) : NULL;
    if (!found && message->status == 200)
        state = "delivered";
    if (state == NULL || (reading->own && strcmp(state, "waiting") == 0))
        state = "sent";
    return state;
}

static void give_progress(struct reading *reading, const struct store_message *message,
                          json_t *item)
{
    bool sent = message->kind == STORE_SENT;
    struct progress progress = {.list = json_array()};
    enum err err = account_list_deliveries(reading->file, message->aor, message->serial,
                                           sent ? take_outgoing : take_delivery, &progress);
    if (err != ERR_NONE)
        reading->err = err;
    const char *state = sent && !progress.abroad ? sent_state(reading, message)
                                                 : state_of(&progress, message->status);
    give_words(item, "state", state != NULL ? state : "sent");
    json_object_set_new(item, "deliveries", progress.list);
}

/* Messages. */

static json_t *message_json(struct reading *reading, const struct store_message *message)
{
    bool sent = message->kind == STORE_SENT;
    struct bytes text = BYTES("");
    bool readable = text_of(message, &text);
    json_t *item = json_object();
    give_id(item, message->serial);
    give_time(item, "time", message->made_ms);
    give_words(item, "kind", message->kind == STORE_NOTICE ? "notice" : "message");
    give_words(item, "direction", sent ? "out" : "in");
    give_text(item, "peer", message->peer);
    give_text(item, "from", sent ? message->aor : message->peer);
    give_text(item, "to", sent ? message->peer : message->aor);
    give_text(item, "content_type", message->content_type);
    give_text(item, "text", readable ? text : BYTES(""));
    give_number(item, "size", message->body.length);
    give_text(item, "subject", text_subject(message));
    give_text(item, "call_id", message->origin.call_id);
    give_time(item, "expires", message->expires_ms);
    give_progress(reading, message, item);
    return item;
}

/* The user of the path, who has an account, within a transaction. False: it is answered. */
static bool begin(struct web_call *call, struct account_file *file, struct people_aor *user,
                  struct reading *reading)
{
    if (!given_user(call, user) || !given_begin_read(call, file))
        return false;
    *reading = (struct reading){
        .file = file,
        .own = !bytes_empty(web_caller(call)),
        .err = account_known(file, give_aor(user)),
    };
    if (reading->err == ERR_NONE)
        return true;
    given_end(call, file, reading->err);
    return false;
}

/* History. */

struct history {
    struct reading reading;
    struct store_span span;
    struct people_aor with;
    struct text_search *search; /* NULL: anything */
    json_t *items;
    size_t limit, looked, bytes;
    uint64_t last_ms, last_serial;
    bool more;
};

static bool is_wanted(const struct history *history, const struct store_message *message)
{
    struct bytes text = BYTES(""), with = give_aor(&history->with);
    if (message->kind == STORE_NOTICE || (!bytes_empty(with) && !bytes_equal(message->peer, with)))
        return false;
    if (history->search == NULL)
        return true;
    return (text_of(message, &text) && text_search_finds(history->search, text)) ||
           text_search_finds(history->search, text_subject(message));
}

static bool take_message(void *context, const struct store_message *message)
{
    struct history *history = context;
    history->more = json_array_size(history->items) == history->limit ||
                    history->looked == LOOKED_MAX || history->bytes >= LOOKED_MAX_BYTES;
    if (history->more)
        return false;
    history->looked++;
    history->bytes += message->head.length + message->body.length;
    history->last_ms = message->made_ms;
    history->last_serial = message->serial;
    if (is_wanted(history, message))
        json_array_append_new(history->items, message_json(&history->reading, message));
    return true;
}

/* A time of the query; false: 400 is answered. */
static bool take_time(struct web_call *call, const char *name, uint64_t *wall_ms)
{
    struct bytes text;
    if (!web_query(call, name, &text))
        return true;
    if (simple_moment(text, wall_ms))
        return true;
    web_problem(call, 400, "bad-query", name,
                "%s must be a time like 2030-01-31T18:00:00Z (write + as %%2B)", name);
    return false;
}

/* "1893434400000-00000a0000000001": where the last page ended. */
static bool take_after(struct web_call *call, struct store_span *span)
{
    struct bytes after;
    uint64_t moment;
    if (!web_query(call, "after", &after) || bytes_empty(after))
        return true;
    struct bytes first = bytes_split(&after, '-');
    uint64_t serial = read_hex(after);
    if (!bytes_to_u64(first, &moment) || serial == 0) {
        give_no_page(call);
        return false;
    }
    if (moment <= span->before_ms) {
        span->before_ms = moment;
        span->before_serial = serial;
    }
    return true;
}

static bool read_wishes(struct web_call *call, struct history *history)
{
    uint64_t limit, until_ms = INT64_MAX;
    if (!web_query_number(call, "limit", 1, GIVE_MOST, GIVE_USUAL, &limit) ||
        !take_time(call, "since", &history->span.since_ms) ||
        !take_time(call, "until", &until_ms) || !give_anybody(call, "with", &history->with))
        return false;
    history->limit = (size_t)limit;
    history->span.before_ms = until_ms;
    history->span.before_serial = 0;
    return take_after(call, &history->span) && text_search_read(call, &history->search);
}

static void put_again(struct web_call *call, struct buffer *next, const char *name)
{
    struct bytes value;
    if (!web_query(call, name, &value) || bytes_empty(value))
        return;
    buffer_format(next, "&%s=", name);
    buffer_percent(next, value);
}

static void answer_history(struct web_call *call, const struct people_aor *user,
                           struct history *history)
{
    static const char *const wishes[] = {"since", "until", "with", "search"};
    char target[TARGET_SIZE];
    struct buffer next = buffer_over(target, sizeof(target) - 1);
    buffer_text(&next, "/api/v1/users/");
    buffer_percent(&next, give_aor(user));
    buffer_format(&next, "/messages?limit=%zu", history->limit);
    for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++)
        put_again(call, &next, wishes[i]);
    buffer_format(&next, "&after=%llu-%016llx", (unsigned long long)history->last_ms,
                  (unsigned long long)history->last_serial);
    target[next.length] = '\0';
    give_list(call, history->items, history->more && !next.overflow ? target : NULL);
    history->items = NULL;
}

static void get_history(struct web_call *call, struct account_file *file)
{
    struct people_aor user;
    struct history history = {.limit = 0};
    if (read_wishes(call, &history) && begin(call, file, &user, &history.reading)) {
        history.span.aor = give_aor(&user);
        history.items = json_array();
        enum err err = account_each_message(file, &history.span, take_message, &history);
        if (given_end(call, file, err != ERR_NONE ? err : history.reading.err))
            answer_history(call, &user, &history);
    }
    json_decref(history.items);
    text_search_free(&history.search);
}

/* One message. */

struct found {
    struct reading reading;
    json_t *item;
};

static void take_one(void *context, const struct store_message *message)
{
    struct found *found = context;
    found->item = message_json(&found->reading, message);
}

static bool is_waiting(const json_t *item)
{
    size_t index;
    const json_t *delivery;
    json_array_foreach(json_object_get(item, "deliveries"), index, delivery)
    {
        const char *state = json_string_value(json_object_get(delivery, "state"));
        if (state != NULL && strcmp(state, "waiting") == 0)
            return true;
    }
    return false;
}

static void answer_missing(struct web_call *call, bool waiting)
{
    if (waiting)
        web_problem(call, 404, "not-found", "message",
                    "no such message waits (any more); GET /api/v1/users/{user}/messages/waiting "
                    "lists those that do");
    else
        web_problem(call, 404, "not-found", "message",
                    "there is no such message (any more); GET /api/v1/users/{user}/messages lists "
                    "those that there are");
}

static void get_one(struct web_call *call, struct account_file *file, bool waiting)
{
    struct people_aor user;
    struct found found = {.item = NULL};
    uint64_t serial = read_hex(web_part(call, "message"));
    if (!begin(call, file, &user, &found.reading))
        return;
    enum err err = account_find_message(file, give_aor(&user), serial, take_one, &found);
    bool missing = err == ERR_NOT_FOUND || (waiting && !is_waiting(found.item));
    if (!given_end(call, file, err == ERR_NOT_FOUND ? ERR_NONE : err))
        ;
    else if (missing)
        answer_missing(call, waiting);
    else
        web_answer(call, 200, json_incref(found.item));
    json_decref(found.item);
}

static void get_message(struct web_call *call, struct account_file *file)
{
    get_one(call, file, false);
}

/* What waits. */

static void get_waiting_one(struct web_call *call, struct account_file *file)
{
    get_one(call, file, true);
}

struct serials {
    uint64_t all[GIVE_MOST + 1];
    size_t count;
};

static void take_serial(void *context, uint64_t serial)
{
    struct serials *serials = context;
    serials->all[serials->count++] = serial;
}

static enum err read_waiting(struct reading *reading, struct bytes aor,
                             const struct serials *serials, size_t limit, json_t *items)
{
    for (size_t i = 0; i < serials->count && i < limit; i++) {
        struct found found = {*reading, NULL};
        enum err err = account_find_message(reading->file, aor, serials->all[i], take_one, &found);
        if (err != ERR_NONE && err != ERR_NOT_FOUND)
            return err;
        if (found.item != NULL)
            json_array_append_new(items, found.item);
        if (found.reading.err != ERR_NONE)
            return found.reading.err;
    }
    return ERR_NONE;
}

static void answer_waiting(struct web_call *call, const struct page *page,
                           const struct people_aor *user, const struct serials *serials,
                           json_t *items)
{
    char path[TARGET_SIZE], last[ID_SIZE];
    struct buffer out = buffer_over(path, sizeof(path) - 1);
    bool more = serials->count > page->limit;
    buffer_text(&out, "/api/v1/users/");
    buffer_percent(&out, give_aor(user));
    buffer_text(&out, "/messages/waiting");
    path[out.length] = '\0';
    if (more)
        snprintf(last, sizeof(last), "%016llx", (unsigned long long)serials->all[page->limit - 1]);
    web_answer(call, 200, page_list(page, path, items, more ? last : NULL));
}

static void get_waiting(struct web_call *call, struct account_file *file)
{
    struct people_aor user;
    struct page page;
    struct reading reading;
    if (!page_read(call, &page))
        return;
    uint64_t after = read_hex(page.after);
    if (!bytes_empty(page.after) && after == 0) {
        give_no_page(call);
        return;
    }
    if (!begin(call, file, &user, &reading))
        return;
    struct serials *serials = memory_new(sizeof(*serials));
    json_t *items = json_array();
    enum err err =
        account_list_owed(file, give_aor(&user), after, page.limit + 1, take_serial, serials);
    if (err == ERR_NONE)
        err = read_waiting(&reading, give_aor(&user), serials, page.limit, items);
    if (given_end(call, file, err))
        answer_waiting(call, &page, &user, serials, json_incref(items));
    json_decref(items);
    free(serials);
}

/* What the caller has seen is in the database; the reactor ends what still waits then. */
static void judge_waiting(struct web_call *call, struct account_file *file)
{
    struct people_aor user;
    struct found found = {.item = NULL};
    uint64_t serial = read_hex(web_part(call, "message"));
    if (!begin(call, file, &user, &found.reading))
        return;
    enum err err = account_find_message(file, give_aor(&user), serial, take_one, &found);
    if (err == ERR_NONE && is_waiting(found.item))
        (void)web_may_change(call, found.item);
    given_end(call, file, err == ERR_NOT_FOUND ? ERR_NONE : err);
    json_decref(found.item);
}

static void delete_waiting(struct web_call *call, const struct web_core *core)
{
    struct people_aor user;
    struct store_change change;
    uint64_t serial = read_hex(web_part(call, "message"));
    if (!give_user(call, core, &user))
        return;
    enum err err = core->im != NULL ? im_end_waiting(core->im, give_aor(&user), serial, &change)
                                    : ERR_NOT_FOUND;
    if (err == ERR_BUSY)
        give_busy(call);
    else if (err == ERR_NOT_FOUND)
        answer_missing(call, true);
    else
        web_wait(call, change);
}

#define MESSAGES "/api/v1/users/{user}/messages"

const struct web_endpoint messages_endpoints[] = {
    {WEB_GET, MESSAGES, WEB_MESSAGES, true, WEB_NO_BODY, get_history, NULL,
     "since, until, with, search, limit, after"},
    {WEB_GET, MESSAGES "/waiting", WEB_MESSAGES, true, WEB_NO_BODY, get_waiting, NULL,
     "limit, after"},
    {WEB_GET, MESSAGES "/waiting/{message}", WEB_MESSAGES, true, WEB_NO_BODY, get_waiting_one,
     NULL},
    {WEB_DELETE, MESSAGES "/waiting/{message}", WEB_MESSAGES, true, WEB_NO_BODY, judge_waiting,
     delete_waiting},
    {WEB_GET, MESSAGES "/{message}", WEB_MESSAGES, true, WEB_NO_BODY, get_message, NULL},
    {.path = NULL},
};
