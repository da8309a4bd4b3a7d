/* under_way.c: transactions, and the dialogs that we are in: as notifier of a subscription, and as
 * the proxy through which a call passes; and their ends.
 *
 * Both are lists of two lists, one behind the other; the name of an item says in which it is:
 *
 *     transactions   server;HANDLE ... client;HANDLE ...
 *     dialogs        call;CALL-ID;TAG ... subscription;EVENT;PRESENTITY;ID ... */
#include "web/api/under_way.h"

#include <assert.h>

#include "base/buffer.h"
#include "base/token.h"
#include "front/front.h"
#include "presence/look.h"
#include "proxy/lines.h"
#include "transaction/look.h"
#include "web/api/give_internal.h"
#include "web/api/subscription_internal.h"

enum { HANDLE_DIGITS = 16 };

struct page {
    json_t *items;
    char last[GIVE_PATH_MAX]; /* the name of the last one, NUL-terminated */
};

static void name_last(struct page *page, const struct buffer *name)
{
    page->last[name->overflow ? 0 : name->length] = '\0';
}

static bool has_kind(struct bytes name, const char *kind, struct bytes *rest)
{
    *rest = name;
    return bytes_equal(bytes_split(rest, ';'), bytes_of(kind));
}

/* What is asked for: `after` is a name, and `kind` the only one that is wanted. */
struct asked {
    uint64_t limit;
    struct bytes after, kind;
};

static void give_page(struct web_call *call, const char *path, const struct asked *asked,
                      struct page *page, bool more)
{
    char next[2 * GIVE_PATH_MAX];
    struct buffer out = buffer_over(next, sizeof(next));
    buffer_format(&out, "%s?limit=%llu", path, (unsigned long long)asked->limit);
    if (!bytes_empty(asked->kind)) {
        buffer_text(&out, "&kind=");
        buffer_percent(&out, asked->kind);
    }
    buffer_text(&out, "&after=");
    buffer_percent(&out, bytes_of(page->last));
    buffer_char(&out, '\0');
    give_list(call, page->items, more && !out.overflow && page->last[0] != '\0' ? next : NULL);
}

/* The handle behind "server;"; 0: that is none. */
static uint64_t read_handle(struct bytes text)
{
    uint64_t handle = 0;
    (void)bytes_hex_to_u64(text, HANDLE_DIGITS, &handle);
    return handle;
}

/* The end of the page before, whatever has become of that one since. */
static bool is_name(struct bytes name)
{
    struct bytes rest;
    if (has_kind(name, "subscription", &rest))
        return presence_look_is_name(rest);
    if (has_kind(name, "call", &rest))
        return bytes_index(rest, ';') > 0;
    return (has_kind(name, "server", &rest) || has_kind(name, "client", &rest)) &&
           read_handle(rest) != 0;
}

/* False: it is wrong, and that is answered. */
static bool read_asked(struct web_call *call, const char *one, const char *other,
                       struct asked *asked)
{
    struct bytes rest;
    *asked = (struct asked){.after = BYTES("")};
    if (!web_query_number(call, "limit", 1, GIVE_MOST, GIVE_USUAL, &asked->limit))
        return false;
    web_query(call, "after", &asked->after);
    web_query(call, "kind", &asked->kind);
    bool known = bytes_empty(asked->kind) || bytes_equal(asked->kind, bytes_of(one)) ||
                 bytes_equal(asked->kind, bytes_of(other));
    bool here = has_kind(asked->after, one, &rest) || has_kind(asked->after, other, &rest);
    if (!known)
        web_problem(call, 400, "bad-query", "kind", "kind must be %s or %s", one, other);
    else if (!bytes_empty(asked->after) && !(here && is_name(asked->after)))
        give_no_page(call);
    return !web_answered(call);
}

static bool is_wanted(const struct asked *asked, const char *kind)
{
    return bytes_empty(asked->kind) || bytes_equal(asked->kind, bytes_of(kind));
}

/* Transactions. */

static void take_transaction(void *context, const struct transaction_look *look)
{
    struct page *page = context;
    const char *kind = look->server ? "server" : "client";
    struct buffer name = buffer_over(page->last, sizeof(page->last) - 1);
    buffer_format(&name, "%s;%016llx", kind, (unsigned long long)look->handle);
    name_last(page, &name);
    json_t *item = json_object();
    give_words(item, "id", page->last);
    give_words(item, "kind", kind);
    give_words(item, "state", look->state);
    give_text(item, "method", look->method);
    give_text(item, "call_id", look->call_id);
    give_flow(item, "flow", look->flow);
    if (look->timed)
        give_number(item, "age_ms", look->age_ms);
    else
        json_object_set_new(item, "age_ms", json_null());
    give_flag(item, "replied", look->replied);
    json_array_append_new(page->items, item);
}

static bool list_transactions(const struct web_core *core, const struct asked *asked, bool servers,
                              struct page *page)
{
    const char *kind = servers ? "server" : "client";
    struct bytes rest;
    size_t room = (size_t)asked->limit - json_array_size(page->items);
    const struct transaction_layer *layer = front_parts(core->front)->transactions;
    bool behind = servers && has_kind(asked->after, "client", &rest);
    if (behind || !is_wanted(asked, kind))
        return false;
    if (room == 0)
        return transaction_count(layer).clients > 0;
    uint64_t after = has_kind(asked->after, kind, &rest) ? read_handle(rest) : 0;
    return transaction_look_side(layer, servers, after, room, take_transaction, page);
}

static void get_transactions(struct web_call *call, const struct web_core *core)
{
    struct page page = {.items = NULL};
    struct asked asked;
    if (!read_asked(call, "server", "client", &asked))
        return;
    page.items = json_array();
    bool more = list_transactions(core, &asked, true, &page);
    more = more || list_transactions(core, &asked, false, &page);
    give_page(call, "/api/v1/transactions", &asked, &page, more);
}

/* The one that the path names, for its JSON. NULL: there is none, and that is answered; `server`
 * and `handle` say which. */
static json_t *find_transaction(struct web_call *call, const struct web_core *core, bool *server,
                                uint64_t *handle)
{
    struct page page = {.items = json_array()};
    struct bytes name = web_part(call, "transaction"), rest;
    *server = has_kind(name, "server", &rest);
    *handle = *server || has_kind(name, "client", &rest) ? read_handle(rest) : 0;
    json_t *item = NULL;
    if (*handle != 0 && transaction_look_one(front_parts(core->front)->transactions, *server,
                                             *handle, take_transaction, &page))
        item = json_incref(json_array_get(page.items, 0));
    json_decref(page.items);
    if (item == NULL)
        web_problem(call, 404, "not-found", "transaction",
                    "there is no such transaction (any more); GET /api/v1/transactions for those "
                    "that there are");
    return item;
}

static void get_transaction(struct web_call *call, const struct web_core *core)
{
    bool server;
    uint64_t handle;
    json_t *item = find_transaction(call, core, &server, &handle);
    if (item != NULL)
        web_answer(call, 200, item);
}

static void delete_transaction(struct web_call *call, const struct web_core *core)
{
    bool server;
    uint64_t handle;
    json_t *item = find_transaction(call, core, &server, &handle);
    if (item != NULL && web_may_change(call, item) &&
        transaction_end(front_parts(core->front)->transactions, server, handle) != ERR_NONE)
        web_problem(call, 409, "decided", "transaction",
                    "it is answered already, and stays a while only for what may come again; it "
                    "goes by itself");
    json_decref(item);
}

/* Dialogs. */

static const char *call_state(enum proxy_line_state state)
{
    if (state == PROXY_LINE_TRYING)
        return "trying";
    return state == PROXY_LINE_EARLY ? "early" : "confirmed";
}

/* A Call-ID is a word, without semicolons (RFC 3261 25.1): the first one is ours. */
static struct bytes write_call_name(struct bytes name, char from, char to, struct buffer *out)
{
    size_t begin = out->length;
    buffer_put(out, name);
    char *at = !out->overflow ? memchr(out->at + begin, from, name.length) : NULL;
    if (at != NULL)
        *at = to;
    return bytes_skip(buffer_bytes(out), begin);
}

static void take_call(void *context, const struct proxy_call *look)
{
    struct page *page = context;
    struct buffer name = buffer_over(page->last, sizeof(page->last) - 1);
    buffer_text(&name, "call;");
    write_call_name(look->name, '\0', ';', &name);
    name_last(page, &name);
    json_t *item = json_object();
    give_words(item, "id", page->last);
    give_words(item, "kind", "call");
    give_words(item, "role", "proxy");
    give_words(item, "state", call_state(look->state));
    give_text(item, "call_id", look->call_id);
    give_text(item, "local_tag", look->to_tag);
    give_text(item, "remote_tag", look->from_tag);
    give_text(item, "from", look->from_uri);
    give_text(item, "to", look->to_uri);
    give_text(item, "event", BYTES(""));
    give_text(item, "remote_target", BYTES(""));
    give_flow(item, "flow", NULL);
    give_time(item, "since", look->since_ms);
    give_time(item, "expires", look->expires_ms);
    json_array_append_new(page->items, item);
}

static void take_subscription(void *context, const struct presence_look_subscription *look)
{
    struct page *page = context;
    struct buffer name = buffer_over(page->last, sizeof(page->last) - 1);
    buffer_text(&name, "subscription;");
    presence_look_name(look, &name);
    name_last(page, &name);
    json_t *item = json_object();
    give_words(item, "id", page->last);
    give_words(item, "kind", "subscription");
    give_words(item, "role", "notifier");
    give_words(item, "state", look->state);
    give_text(item, "call_id", look->call_id);
    give_text(item, "local_tag", look->local_tag);
    give_text(item, "remote_tag", look->remote_tag);
    give_text(item, "from", look->watcher);
    give_text(item, "to", look->presentity);
    give_words(item, "event", look->event);
    give_text(item, "remote_target", look->target);
    give_flow(item, "flow", look->flow);
    give_time(item, "since", look->begun_ms);
    give_time(item, "expires", look->expires_ms);
    json_array_append_new(page->items, item);
}

/* True: there are more calls. */
static bool list_calls(const struct web_core *core, const struct asked *asked, struct page *page)
{
    char text[GIVE_PATH_MAX];
    struct buffer out = buffer_over(text, sizeof(text));
    struct bytes rest;
    bool behind = has_kind(asked->after, "subscription", &rest);
    if (core->proxy == NULL || behind || !is_wanted(asked, "call"))
        return false;
    struct bytes after = BYTES("");
    if (has_kind(asked->after, "call", &rest))
        after = write_call_name(rest, ';', '\0', &out);
    return proxy_look_calls(core->proxy, after, (size_t)asked->limit, take_call, page);
}

static bool list_subscriptions(const struct web_core *core, const struct asked *asked,
                               struct page *page)
{
    struct bytes rest;
    size_t room = (size_t)asked->limit - json_array_size(page->items);
    if (!is_wanted(asked, "subscription"))
        return false;
    if (room == 0)
        return presence_count(core->presence).subscriptions > 0;
    struct presence_look_query query = {.most = room};
    if (has_kind(asked->after, "subscription", &rest))
        query.after = rest;
    return presence_look_subscriptions(core->presence, &query, take_subscription, page);
}

static void get_dialogs(struct web_call *call, const struct web_core *core)
{
    struct page page = {.items = NULL};
    struct asked asked;
    if (!read_asked(call, "call", "subscription", &asked))
        return;
    page.items = json_array();
    bool more = list_calls(core, &asked, &page);
    more = more || list_subscriptions(core, &asked, &page);
    give_latest_of_all(call, core);
    give_page(call, "/api/v1/dialogs", &asked, &page, more);
}

/* The name of a call as proxy/lines.h has it; empty: it is too long for any. */
static struct bytes read_call_name(struct bytes rest, struct buffer *out)
{
    struct bytes name = write_call_name(rest, ';', '\0', out);
    return out->overflow ? BYTES("") : name;
}

/* The JSON of the one that the path names; NULL: there is none. */
static json_t *find_dialog(struct web_call *call, const struct web_core *core)
{
    char text[GIVE_PATH_MAX];
    struct buffer out = buffer_over(text, sizeof(text));
    struct page page = {.items = json_array()};
    struct bytes name = web_part(call, "dialog"), rest;
    if (has_kind(name, "subscription", &rest))
        (void)presence_look_one(core->presence, rest, take_subscription, &page);
    else if (has_kind(name, "call", &rest) && core->proxy != NULL)
        (void)proxy_look_call(core->proxy, read_call_name(rest, &out), take_call, &page);
    json_t *item = json_incref(json_array_get(page.items, 0));
    json_decref(page.items);
    return item;
}

static void no_dialog(struct web_call *call)
{
    web_problem(call, 404, "not-found", "dialog",
                "there is no such dialog (any more); GET /api/v1/dialogs for those that there are");
}

static void get_dialog(struct web_call *call, const struct web_core *core)
{
    json_t *item = find_dialog(call, core);
    give_latest_of_all(call, core);
    if (item != NULL)
        web_answer(call, 200, item);
    else
        no_dialog(call);
}

static void end_call(struct web_call *call, const struct web_core *core, struct bytes rest)
{
    char text[GIVE_PATH_MAX];
    struct buffer out = buffer_over(text, sizeof(text));
    struct store_change changes[PROXY_CALL_SIDES];
    enum err err = proxy_end_call(core->proxy, read_call_name(rest, &out), changes);
    for (int side = 0; side < PROXY_CALL_SIDES; side++)
        web_wait(call, changes[side]);
    if (err == ERR_BUSY)
        give_busy(call);
    else if (err != ERR_NONE)
        no_dialog(call);
}

static void delete_dialog(struct web_call *call, const struct web_core *core)
{
    struct bytes rest;
    json_t *item = find_dialog(call, core);
    if (item == NULL)
        no_dialog(call);
    else if (has_kind(web_part(call, "dialog"), "subscription", &rest))
        subscription_end(call, core, rest, item);
    else if (web_may_change(call, item))
        end_call(call, core, rest);
    json_decref(item);
}

const struct web_endpoint under_way_endpoints[] = {
    {WEB_GET, "/api/v1/transactions", WEB_LIVE, false, WEB_NO_BODY, NULL, get_transactions,
     "kind, limit, after"},
    {WEB_GET, "/api/v1/transactions/{transaction}", WEB_LIVE, false, WEB_NO_BODY, NULL,
     get_transaction},
    {WEB_DELETE, "/api/v1/transactions/{transaction}", WEB_LIVE, false, WEB_NO_BODY, NULL,
     delete_transaction},
    {WEB_GET, "/api/v1/dialogs", WEB_LIVE, false, WEB_NO_BODY, NULL, get_dialogs,
     "kind, limit, after"},
    {WEB_GET, "/api/v1/dialogs/{dialog}", WEB_LIVE, false, WEB_NO_BODY, NULL, get_dialog},
    {WEB_DELETE, "/api/v1/dialogs/{dialog}", WEB_LIVE, false, WEB_NO_BODY, NULL, delete_dialog,
     "reason"},
    {.path = NULL},
};
