/* lines.c: what is known of a call that passes through here.
 *
 *     TRYING --1xx with a tag--> EARLY --2xx--> CONFIRMED --BYE, silence--> gone
 *        \--no 2xx--> gone          \--no 2xx--> gone
 *
 * A call has two sides, each of which may be a user of ours. The fork of its INVITE tells of it
 * until the first 2xx; then there is a row for each side, in its user's partition, and what passes
 * inside the dialog decides. */
#include "lines_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/token.h"
#include "base/window.h"
#include "proxy_internal.h"

enum { KEY_MAX = 2048, TEXT_MAX = 1024, SLACK_MS = 32000, SIDES = PROXY_CALL_SIDES };
enum { CALLER, CALLEE };

/* One side of a call. */
struct line {
    struct line *prev, *next; /* of the owner */
    struct line_owner *owner; /* NULL: none of ours */
    struct line_call *call;
};

struct line_owner {
    UT_hash_handle hh;
    struct line *lines;
    size_t length;
    char aor[];
};

struct line_call {
    UT_hash_handle hh;
    struct proxy *proxy;
    struct timer silence;
    struct line sides[SIDES];
    enum proxy_line_state state;
    uint64_t since_ms, expires_ms; /* wall clock; the latter: when it ends by silence */
    uint32_t silence_s;
    char *to_tag; /* NULL: not known yet */
    struct bytes call_id, from_tag;
    struct bytes uris[SIDES], names[SIDES]; /* of caller and callee */
    struct bytes key;                       /* Call-ID NUL From tag */
    char text[];
};

static struct world *world_of(const struct line_call *call)
{
    return call->proxy->parts->world;
}

static struct bytes to_tag_of(const struct line_call *call)
{
    return call->to_tag != NULL ? bytes_of(call->to_tag) : BYTES("");
}

static struct bytes aor_of(const struct line *line)
{
    return bytes_from(line->owner->aor, line->owner->length);
}

static void tell(const struct line_call *call)
{
    const struct lines *lines = &call->proxy->lines;
    for (int side = 0; side < SIDES; side++)
        if (call->sides[side].owner != NULL && lines->changed != NULL)
            lines->changed(lines->context, aor_of(&call->sides[side]));
}

/* Sides. */

static struct line_owner *find_owner(const struct proxy *proxy, struct bytes aor)
{
    struct line_owner *owner;
    TABLE_FIND(proxy->lines.owners, aor.at, aor.length, proxy->seed, owner);
    return owner;
}

static struct line_owner *make_owner(struct proxy *proxy, struct bytes aor)
{
    struct line_owner *owner = memory_new(sizeof(*owner) + aor.length);
    owner->length = aor.length;
    memcpy(owner->aor, aor.at, aor.length);
    TABLE_ADD(proxy->lines.owners, owner->aor, owner->length, proxy->seed, owner);
    return owner;
}

static void join(struct line_call *call, int side, struct bytes aor)
{
    struct line *line = &call->sides[side];
    struct line_owner *owner = find_owner(call->proxy, aor);
    assert(line->owner == NULL && !bytes_empty(aor));
    line->call = call;
    line->owner = owner != NULL ? owner : make_owner(call->proxy, aor);
    DL_APPEND(line->owner->lines, line);
}

static void leave(struct line *line)
{
    struct line_owner *owner = line->owner;
    struct proxy *proxy = line->call->proxy;
    DL_DELETE(owner->lines, line);
    line->owner = NULL;
    if (owner->lines != NULL)
        return;
    HASH_DELETE(hh, proxy->lines.owners, owner);
    free(owner);
}

/* Rows. */

static struct store_line row_of(const struct line_call *call, int side)
{
    bool initiator = side == CALLER;
    return (struct store_line){
        .aor = aor_of(&call->sides[side]),
        .call_id = call->call_id,
        .local_tag = initiator ? call->from_tag : to_tag_of(call),
        .remote_tag = initiator ? to_tag_of(call) : call->from_tag,
        .initiator = initiator,
        .local_uri = call->uris[side],
        .local_name = call->names[side],
        .remote_uri = call->uris[!side],
        .remote_name = call->names[!side],
        .silence_s = call->silence_s,
        .since_ms = call->since_ms,
        .expires_ms = call->expires_ms,
    };
}

/* A lamp is not worth refusing a call for: with no room in the store, the row is left out. */
static void write_rows(const struct line_call *call, bool there)
{
    struct store *store = call->proxy->parts->store;
    for (int side = 0; side < SIDES; side++) {
        if (call->sides[side].owner == NULL || !store_ready(store))
            continue;
        const struct store_line row = row_of(call, side);
        struct store_set *set = store_begin(store, partition_of(row.aor));
        if (there)
            store_put_line(set, &row);
        else
            store_delete_line(set, &row);
        store_submit(store, &set);
    }
}

/* Calls. */

static void free_call(struct line_call *call)
{
    struct proxy *proxy = call->proxy;
    world_timer_cancel(proxy->parts->world, &call->silence);
    for (int side = 0; side < SIDES; side++)
        if (call->sides[side].owner != NULL)
            leave(&call->sides[side]);
    HASH_DELETE(hh, proxy->lines.calls, call);
    free(call->to_tag);
    free(call);
}

/* Its sides have no line any more, and their lamps go out. */
static void end(struct line_call *call)
{
    if (call->state == PROXY_LINE_CONFIRMED)
        write_rows(call, false);
    tell(call); /* asked at the end of the turn */
    free_call(call);
}

static void silence_over(struct timer *timer)
{
    struct line_call *call = HOLDER(timer, struct line_call, silence);
    metrics_count(call->proxy->parts->metrics, METRIC_calls_silent);
    end(call);
}

static void arm(struct line_call *call)
{
    uint64_t now_ms = world_of(call)->wall_ms;
    uint64_t left_ms = call->expires_ms > now_ms ? call->expires_ms - now_ms : 0;
    world_timer(world_of(call), &call->silence, left_ms, silence_over);
}

static struct bytes write_key(struct buffer *out, struct bytes call_id, struct bytes tag)
{
    buffer_put(out, call_id);
    buffer_char(out, '\0');
    buffer_put(out, tag);
    return out->overflow ? BYTES("") : buffer_bytes(out);
}

static struct line_call *find_call(const struct proxy *proxy, struct bytes call_id,
                                   struct bytes tag)
{
    char text[KEY_MAX];
    struct buffer out = buffer_over(text, sizeof(text));
    struct bytes key = write_key(&out, call_id, tag);
    struct line_call *call = NULL;
    if (!bytes_empty(key))
        TABLE_FIND(proxy->lines.calls, key.at, key.length, proxy->seed, call);
    return call;
}

static struct line_call *find_name(const struct proxy *proxy, struct bytes name)
{
    struct line_call *call = NULL;
    if (!bytes_empty(name))
        TABLE_FIND(proxy->lines.calls, name.at, name.length, proxy->seed, call);
    return call;
}

/* What a call is made of; slices borrowed. */
struct facts {
    struct bytes call_id, from_tag, uris[SIDES], names[SIDES];
};

/* NULL: there are too many, or its names are too long. */
static struct line_call *make_call(struct proxy *proxy, const struct facts *facts)
{
    char text[KEY_MAX];
    struct buffer out = buffer_over(text, sizeof(text));
    struct bytes key = write_key(&out, facts->call_id, facts->from_tag);
    size_t size = key.length;
    for (int side = 0; side < SIDES; side++)
        size += facts->uris[side].length + facts->names[side].length;
    if (bytes_empty(key) || proxy_line_count(proxy) >= proxy->settings.lines_max) {
        metrics_count(proxy->parts->metrics, METRIC_lines_limited);
        return NULL;
    }
    struct line_call *call = memory_new(sizeof(*call) + size);
    char *at = call->text;
    call->proxy = proxy;
    call->key = bytes_pack(&at, key);
    call->call_id = bytes_first(call->key, facts->call_id.length);
    call->from_tag = bytes_skip(call->key, facts->call_id.length + 1);
    for (int side = 0; side < SIDES; side++) {
        call->uris[side] = bytes_pack(&at, facts->uris[side]);
        call->names[side] = bytes_pack(&at, facts->names[side]);
    }
    TABLE_ADD(proxy->lines.calls, call->key.at, call->key.length, proxy->seed, call);
    return call;
}

/* What is too long to be shown is not. */
static struct bytes shown(struct bytes text)
{
    return text.length <= TEXT_MAX ? text : BYTES("");
}

static bool is_ours(const struct proxy *proxy, struct bytes aor)
{
    return !bytes_empty(aor) && domains_find(proxy->parts->domains, sip_aor_domain(aor)) != NULL &&
           accounts_find(proxy->parts->accounts, aor) != NULL;
}

struct line_call *line_begin(struct proxy *proxy, const struct front_request *request)
{
    const struct sip_message *message = request->message;
    bool called = request->aim == FRONT_AIM_USER || request->aim == FRONT_AIM_DEVICE;
    bool calls = !request->foreign && is_ours(proxy, request->identity);
    const struct facts facts = {
        .call_id = message->call_id,
        .from_tag = message->from.tag,
        .uris = {shown(message->from.uri.text), shown(message->to.uri.text)},
        .names = {shown(message->from.display), shown(message->to.display)},
    };
    assert(message->method == SIP_INVITE && bytes_empty(message->to.tag));
    if ((!called && !calls) || find_call(proxy, facts.call_id, facts.from_tag) != NULL)
        return NULL; /* the latter: it passes here twice, on a spiral */
    struct line_call *call = make_call(proxy, &facts);
    if (call == NULL)
        return NULL;
    call->since_ms = world_of(call)->wall_ms;
    call->silence_s = proxy->settings.call_silence_s;
    if (calls)
        join(call, CALLER, request->identity);
    if (called)
        join(call, CALLEE, request->target);
    tell(call);
    return call;
}

static void move(struct line_call *call, enum proxy_line_state state, struct bytes to_tag)
{
    if (!bytes_empty(to_tag) && !bytes_equal(to_tag, to_tag_of(call))) {
        free(call->to_tag);
        call->to_tag = memory_copy(to_tag);
    }
    call->state = state;
    call->since_ms = world_of(call)->wall_ms;
}

void line_rings(struct line_call *call, const struct sip_message *response)
{
    assert(call->state != PROXY_LINE_CONFIRMED);
    if (call->state == PROXY_LINE_EARLY || bytes_empty(response->to.tag))
        return;
    move(call, PROXY_LINE_EARLY, response->to.tag);
    tell(call);
}

/* RFC 4028 4: "1800;refresher=uac"; 0: the field is not there. */
static uint32_t session_interval(const struct sip_message *message)
{
    uint32_t interval_s = 0;
    for (int i = message->first[SIP_HEADER_OTHER]; i >= 0; i = message->fields[i].next) {
        const struct sip_field *field = &message->fields[i];
        struct bytes value = field->value;
        bool is_it = bytes_equal_nocase(field->name, BYTES("Session-Expires")) ||
                     bytes_equal_nocase(field->name, BYTES("x"));
        if (is_it && bytes_to_u32(bytes_trim(bytes_split(&value, ';')), &interval_s))
            return interval_s;
    }
    return 0;
}

/* What was heard of it just now. */
static void hear(struct line_call *call, const struct sip_message *message)
{
    uint32_t interval_s = session_interval(message);
    if (interval_s > 0 && interval_s < call->proxy->settings.call_silence_s)
        call->silence_s = interval_s;
    call->expires_ms = world_of(call)->wall_ms + (uint64_t)call->silence_s * 1000 + SLACK_MS;
    arm(call);
}

void line_answered(struct line_call *call, const struct sip_message *response)
{
    move(call, PROXY_LINE_CONFIRMED, response->to.tag);
    hear(call, response);
    write_rows(call, true);
    tell(call);
}

void line_failed(struct line_call *call)
{
    assert(call->state != PROXY_LINE_CONFIRMED);
    end(call);
}

/* Each side writes its own tag into From. */
static struct line_call *find_dialog(const struct proxy *proxy, const struct sip_message *message)
{
    struct line_call *call = find_call(proxy, message->call_id, message->from.tag);
    struct bytes other = message->to.tag;
    if (call == NULL) {
        call = find_call(proxy, message->call_id, message->to.tag);
        other = message->from.tag;
    }
    bool same =
        call != NULL && call->state == PROXY_LINE_CONFIRMED && bytes_equal(other, to_tag_of(call));
    return same ? call : NULL;
}

void line_goes_on(struct proxy *proxy, const struct front_request *request)
{
    struct line_call *call = find_dialog(proxy, request->message);
    if (call == NULL)
        return;
    if (request->message->method == SIP_BYE)
        end(call);
    else
        hear(call, request->message);
}

/* Who orders. */

static bool can_forget(const struct line_call *call)
{
    const struct proxy *proxy = call->proxy;
    for (int side = 0; side < SIDES; side++)
        if (call->sides[side].owner != NULL &&
            front_is_closed(proxy->front, partition_of(aor_of(&call->sides[side]))))
            return false;
    return store_ready(proxy->parts->store);
}

enum err proxy_end_call(struct proxy *proxy, struct bytes name,
                        struct store_change changes[PROXY_CALL_SIDES])
{
    struct line_call *call = find_name(proxy, name);
    unsigned homes[SIDES], count = 0;
    changes[CALLER] = changes[CALLEE] = STORE_NOTHING;
    if (call == NULL)
        return ERR_NOT_FOUND;
    if (call->state != PROXY_LINE_CONFIRMED) {
        fork_cancel(proxy, call);
        return ERR_NONE;
    }
    if (!can_forget(call))
        return ERR_BUSY;
    for (int side = 0; side < SIDES; side++)
        if (call->sides[side].owner != NULL)
            homes[count++] = partition_of(aor_of(&call->sides[side]));
    end(call);
    for (unsigned i = 0; i < count; i++)
        changes[i] = store_latest(proxy->parts->store, homes[i]);
    return ERR_NONE;
}

/* Who asks. */

static struct proxy_line line_of(const struct line *line)
{
    const struct line_call *call = line->call;
    int side = line == &call->sides[CALLER] ? CALLER : CALLEE;
    uint64_t id = bytes_hash(call->key, (uint64_t)side);
    return (struct proxy_line){
        .id = bytes_hash(aor_of(line), id),
        .state = call->state,
        .initiator = side == CALLER,
        .call_id = call->call_id,
        .local_tag = side == CALLER ? call->from_tag : to_tag_of(call),
        .remote_tag = side == CALLER ? to_tag_of(call) : call->from_tag,
        .remote_uri = call->uris[!side],
        .remote_name = call->names[!side],
        .since_ms = call->since_ms,
    };
}

void proxy_each_line(const struct proxy *proxy, struct bytes aor,
                     void (*visit)(void *context, const struct proxy_line *line), void *context)
{
    const struct line_owner *owner = find_owner(proxy, aor);
    const struct line *line;
    if (owner == NULL)
        return;
    DL_FOREACH(owner->lines, line)
    {
        const struct proxy_line shown_line = line_of(line);
        visit(context, &shown_line);
    }
}

static struct bytes owner_of(const struct line *line)
{
    return line->owner != NULL ? aor_of(line) : BYTES("");
}

static void look_at_call(const struct line_call *call,
                         void (*visit)(void *context, const struct proxy_call *call), void *context)
{
    const struct proxy_call look = {
        .state = call->state,
        .call_id = call->call_id,
        .from_tag = call->from_tag,
        .to_tag = to_tag_of(call),
        .from_uri = call->uris[CALLER],
        .to_uri = call->uris[CALLEE],
        .caller = owner_of(&call->sides[CALLER]),
        .callee = owner_of(&call->sides[CALLEE]),
        .since_ms = call->since_ms,
        .expires_ms = call->expires_ms,
        .name = call->key,
    };
    visit(context, &look);
}

bool proxy_look_call(const struct proxy *proxy, struct bytes name,
                     void (*visit)(void *context, const struct proxy_call *call), void *context)
{
    const struct line_call *call = find_name(proxy, name);
    assert(visit != NULL);
    if (call != NULL)
        look_at_call(call, visit, context);
    return call != NULL;
}

bool proxy_look_calls(const struct proxy *proxy, struct bytes after, size_t most,
                      void (*visit)(void *context, const struct proxy_call *call), void *context)
{
    struct window window;
    struct line_call *call, *next;
    assert(most > 0 && visit != NULL);
    window_init(&window, after, most);
    HASH_ITER(hh, proxy->lines.calls, call, next)
    {
        window_offer(&window, call->key, call);
    }
    for (size_t i = 0; i < window.count; i++)
        look_at_call(window.entries[i].what, visit, context);
    bool more = window.more;
    window_release(&window);
    return more;
}

static void note_talk(void *context, const struct proxy_line *line)
{
    bool *talks = context;
    *talks = *talks || line->state == PROXY_LINE_CONFIRMED;
}

bool proxy_is_talking(const struct proxy *proxy, struct bytes aor)
{
    bool talks = false;
    proxy_each_line(proxy, aor, note_talk, &talks);
    return talks;
}

void proxy_watch_lines(struct proxy *proxy, void (*changed)(void *context, struct bytes aor),
                       void *context)
{
    assert(changed != NULL && proxy->lines.changed == NULL);
    proxy->lines.changed = changed;
    proxy->lines.context = context;
}

size_t proxy_line_count(const struct proxy *proxy)
{
    return HASH_COUNT(proxy->lines.calls);
}

/* The store. */

static struct line_call *call_of_row(struct proxy *proxy, const struct store_line *row)
{
    int side = row->initiator ? CALLER : CALLEE;
    struct facts facts = {
        .call_id = row->call_id,
        .from_tag = row->initiator ? row->local_tag : row->remote_tag,
    };
    facts.uris[side] = row->local_uri;
    facts.names[side] = row->local_name;
    facts.uris[!side] = row->remote_uri;
    facts.names[!side] = row->remote_name;
    struct line_call *call = find_call(proxy, facts.call_id, facts.from_tag);
    if (call != NULL)
        return call->state == PROXY_LINE_CONFIRMED && call->sides[side].owner == NULL ? call : NULL;
    call = make_call(proxy, &facts);
    if (call == NULL)
        return NULL;
    move(call, PROXY_LINE_CONFIRMED, row->initiator ? row->remote_tag : row->local_tag);
    call->since_ms = row->since_ms;
    call->silence_s = row->silence_s;
    call->expires_ms = row->expires_ms;
    arm(call);
    return call;
}

static void take_row(void *context, const struct store_line *row)
{
    struct line_call *call = call_of_row(context, row);
    int side = row->initiator ? CALLER : CALLEE;
    if (call != NULL)
        join(call, side, row->aor);
}

void proxy_close(struct proxy *proxy, unsigned partition)
{
    struct line_call *call, *next;
    HASH_ITER(hh, proxy->lines.calls, call, next)
    {
        if (call->state != PROXY_LINE_CONFIRMED)
            continue;
        for (int side = 0; side < SIDES; side++)
            if (call->sides[side].owner != NULL &&
                partition_of(aor_of(&call->sides[side])) == partition)
                leave(&call->sides[side]);
        if (call->sides[CALLER].owner == NULL && call->sides[CALLEE].owner == NULL)
            free_call(call);
    }
}

enum err proxy_load(struct proxy *proxy, unsigned partition)
{
    const struct store_visitor visitor = {.line = take_row, .context = proxy};
    proxy_close(proxy, partition);
    return store_load(proxy->parts->store, partition, &visitor);
}

void lines_free(struct proxy *proxy)
{
    struct line_call *call, *next;
    HASH_ITER(hh, proxy->lines.calls, call, next)
    {
        free_call(call);
    }
}
