/* live.c: registrations, publications and calls as they are now, and their ends. */
#include "web/api/live.h"

#include <assert.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/world.h"
#include "front/front.h"
#include "im/im.h"
#include "presence/look.h"
#include "proxy/lines.h"
#include "registrar/look.h"
#include "web/api/give_internal.h"

/* Ids. */

/* 16 hexadecimal digits; 0: they are none, and nothing has that id. */
static uint64_t read_id(struct bytes text)
{
    uint64_t id = 0;
    (void)bytes_hex_to_u64(text, 16, &id);
    return id;
}

static void give_id(json_t *item, uint64_t id)
{
    char text[20];
    struct buffer out = buffer_over(text, sizeof(text));
    buffer_format(&out, "%016llx", (unsigned long long)id);
    give_text(item, "id", buffer_bytes(&out));
}

/* NULL: none of them has it. Borrowed. */
static json_t *item_of(const json_t *items, uint64_t id)
{
    size_t i;
    json_t *item;
    json_array_foreach(items, i, item)
    {
        if (id != 0 && read_id(bytes_of(json_string_value(json_object_get(item, "id")))) == id)
            return item;
    }
    return NULL;
}

/* A list as its GET gives it, whole; the items pass to it. */
static json_t *whole_list(json_t *items)
{
    return json_pack("{s:o, s:n}", "items", items, "next");
}

/* Registrations. */

struct page {
    json_t *items;
    struct bytes last; /* the name of the last user */
};

static void give_gruu(json_t *item, const struct registrar_look *look)
{
    char text[1024];
    struct buffer out = buffer_over(text, sizeof(text));
    const struct gruu_parts parts = {.aor = look->aor, .instance = look->instance};
    if (!bytes_empty(look->instance))
        gruu_write_public(&parts, &out);
    give_text(item, "gruu", out.overflow ? BYTES("") : buffer_bytes(&out));
}

static void take_registration(void *context, const struct registrar_look *look)
{
    struct page *page = context;
    json_t *item = json_object();
    give_id(item, look->id);
    give_text(item, "user", look->aor);
    give_text(item, "contact", look->contact);
    give_text(item, "instance", look->instance);
    give_gruu(item, look);
    json_object_set_new(item, "q", json_real((double)look->q / 1000));
    give_time(item, "since", look->since_ms);
    give_time(item, "refreshed", look->updated_ms);
    give_time(item, "expires", look->expires_ms);
    give_text(item, "path", look->path);
    give_text(item, "parameters", look->parameters);
    give_text(item, "user_agent", look->user_agent);
    give_text(item, "call_id", look->call_id);
    give_number(item, "cseq", look->cseq);
    give_number(item, "reg_id", look->reg_id);
    give_flow(item, "flow", look->flow);
    give_flag(item, "alive", look->alive);
    give_flag(item, "flow_only", look->flow_only);
    give_flag(item, "asleep", look->asleep);
    give_flag(item, "configured", look->fixed);
    json_array_append_new(page->items, item);
    page->last = look->aor;
}

static void get_registrations(struct web_call *call, const struct web_core *core)
{
    struct bytes after = BYTES("");
    uint64_t limit;
    struct page page = {.items = NULL};
    if (!web_query_number(call, "limit", 1, GIVE_MOST, GIVE_USUAL, &limit))
        return;
    web_query(call, "after", &after);
    page.items = json_array();
    char next[GIVE_PATH_MAX];
    struct buffer out = buffer_over(next, sizeof(next));
    bool more = registrar_look_all(core->registrar, after, limit, take_registration, &page);
    buffer_format(&out, "/api/v1/registrations?limit=%llu&after=", (unsigned long long)limit);
    buffer_percent(&out, page.last);
    buffer_char(&out, '\0');
    give_latest_of_all(call, core);
    give_list(call, page.items, more && !out.overflow ? next : NULL);
}

static json_t *registrations_of(const struct web_core *core, const struct people_aor *user)
{
    struct page page = {.items = json_array()};
    registrar_look_user(core->registrar, give_aor(user), take_registration, &page);
    return page.items;
}

static void get_user_registrations(struct web_call *call, const struct web_core *core)
{
    struct people_aor user;
    if (!give_user(call, core, &user))
        return;
    give_latest(call, core, give_aor(&user));
    give_list(call, registrations_of(core, &user), NULL);
}

static void no_registration(struct web_call *call)
{
    web_problem(call, 404, "not-found", "registration",
                "the user has no such registration; GET its list for those that there are");
}

/* Devices whose registrations are to end, with what they publish. */
enum { DEVICES_MAX = 100, INSTANCE_MAX = 512 };

struct leaving {
    const uint64_t *id; /* NULL: all */
    size_t count;
    struct {
        char instance[INSTANCE_MAX];
        size_t length;
        struct net_flow flow;
        bool has_flow;
    } devices[DEVICES_MAX];
};

static void note_device(void *context, const struct registrar_look *look)
{
    struct leaving *leaving = context;
    if (look->fixed || (leaving->id != NULL && *leaving->id != look->id) ||
        leaving->count == DEVICES_MAX || look->instance.length > INSTANCE_MAX)
        return;
    size_t at = leaving->count++;
    leaving->devices[at].length = look->instance.length;
    memcpy(leaving->devices[at].instance, look->instance.length > 0 ? look->instance.at : "",
           look->instance.length);
    leaving->devices[at].has_flow = look->flow != NULL;
    if (look->flow != NULL)
        leaving->devices[at].flow = *look->flow;
}

static void end_presence(const struct web_core *core, struct bytes aor,
                         const struct leaving *leaving, struct store_change *change)
{
    for (size_t i = 0; i < leaving->count; i++) {
        struct store_change later;
        const struct front_device device = {
            bytes_from(leaving->devices[i].instance, leaving->devices[i].length),
            leaving->devices[i].has_flow ? &leaving->devices[i].flow : NULL};
        if (presence_end_device(core->presence, aor, &device, &later) == ERR_NONE)
            *change = later;
    }
}

/* One, or (`id` NULL) all. */
static void end_registrations(struct web_call *call, const struct web_core *core, struct bytes aor,
                              const uint64_t *id)
{
    assert(!bytes_empty(aor));
    struct leaving *leaving = memory_new(sizeof(*leaving));
    struct store_change change;
    leaving->id = id;
    registrar_look_user(core->registrar, aor, note_device, leaving);
    enum err err = registrar_end(core->registrar, aor, id, &change);
    if (err == ERR_NONE)
        end_presence(core, aor, leaving, &change);
    free(leaving);
    if (err == ERR_BUSY)
        give_busy(call);
    else if (err == ERR_NOT_FOUND && id != NULL)
        no_registration(call);
    else
        web_wait(call, change);
}

static void delete_registrations(struct web_call *call, const struct web_core *core)
{
    struct people_aor user;
    if (!give_user(call, core, &user))
        return;
    json_t *current = whole_list(registrations_of(core, &user));
    if (web_may_change(call, current))
        end_registrations(call, core, give_aor(&user), NULL);
    json_decref(current);
}

static void get_registration(struct web_call *call, const struct web_core *core)
{
    struct people_aor user;
    if (!give_user(call, core, &user))
        return;
    json_t *items = registrations_of(core, &user);
    json_t *item = item_of(items, read_id(web_part(call, "registration")));
    give_latest(call, core, give_aor(&user));
    if (item != NULL)
        web_answer(call, 200, json_incref(item));
    else
        no_registration(call);
    json_decref(items);
}

/* What is not there is 404, whatever the conditions are (RFC 9110 13.2.1). */
static void delete_registration(struct web_call *call, const struct web_core *core)
{
    struct people_aor user;
    if (!give_user(call, core, &user))
        return;
    uint64_t id = read_id(web_part(call, "registration"));
    json_t *items = registrations_of(core, &user);
    const json_t *item = item_of(items, id);
    if (item == NULL)
        no_registration(call);
    else if (web_may_change(call, item))
        end_registrations(call, core, give_aor(&user), &id);
    json_decref(items);
}

/* Publications. */

static const char *life_name(enum presence_life life)
{
    if (life == PRESENCE_LIVE)
        return "live";
    return life == PRESENCE_SET ? "set" : "last_seen";
}

static void take_publication(void *context, const struct presence_look_publication *look)
{
    json_t *item = json_object();
    give_id(item, look->id);
    give_words(item, "event", look->event);
    give_words(item, "life", life_name(look->life));
    give_text(item, "content_type", look->content_type);
    give_text(item, "body", look->body);
    give_text(item, "instance", look->instance);
    give_flow(item, "flow", look->flow);
    give_time(item, "changed", look->changed_ms);
    give_time(item, "expires", look->expires_ms);
    give_time(item, "closes", look->closes_ms);
    json_array_append_new(context, item);
}

/* Of one event, or (empty) of all. */
static json_t *publications_of(const struct web_core *core, const struct people_aor *user,
                               struct bytes event)
{
    json_t *items = json_array();
    presence_look_publications(core->presence, event, give_aor(user), take_publication, items);
    return items;
}

static void get_publications(struct web_call *call, const struct web_core *core)
{
    struct people_aor user;
    const struct event_package *package = NULL;
    if (!give_user(call, core, &user) || !give_event(call, &package))
        return;
    struct bytes event = bytes_of(package != NULL ? package->name : NULL);
    give_latest(call, core, give_aor(&user));
    give_list(call, publications_of(core, &user, event), NULL);
}

static void no_publication(struct web_call *call)
{
    web_problem(call, 404, "not-found", "publication",
                "the user has no such publication (any more); GET its list for those that there "
                "are");
}

static void get_publication(struct web_call *call, const struct web_core *core)
{
    struct people_aor user;
    if (!give_user(call, core, &user))
        return;
    json_t *items = publications_of(core, &user, BYTES(""));
    json_t *item = item_of(items, read_id(web_part(call, "publication")));
    give_latest(call, core, give_aor(&user));
    if (item != NULL)
        web_answer(call, 200, json_incref(item));
    else
        no_publication(call);
    json_decref(items);
}

/* One, or (`id` NULL) all. */
static void end_publications(struct web_call *call, const struct web_core *core, struct bytes aor,
                             const uint64_t *id)
{
    struct store_change change;
    enum err err = presence_end_publications(core->presence, aor, id, &change);
    if (err == ERR_BUSY)
        give_busy(call);
    else if (err == ERR_NOT_FOUND)
        no_publication(call);
    else if (err == ERR_CONFLICT)
        web_problem(call, 409, "not-a-clients", "publication",
                    "no client publishes this, it was put in; DELETE "
                    "/api/v1/users/%.*s/presence, or its message-summary, takes it out",
                    BYTES_ARGS(aor));
    else
        web_wait(call, change);
}

static void delete_publications(struct web_call *call, const struct web_core *core)
{
    struct people_aor user;
    if (!give_user(call, core, &user))
        return;
    json_t *current = whole_list(publications_of(core, &user, BYTES("")));
    if (web_may_change(call, current))
        end_publications(call, core, give_aor(&user), NULL);
    json_decref(current);
}

static void delete_publication(struct web_call *call, const struct web_core *core)
{
    struct people_aor user;
    if (!give_user(call, core, &user))
        return;
    uint64_t id = read_id(web_part(call, "publication"));
    json_t *items = publications_of(core, &user, BYTES(""));
    const json_t *item = item_of(items, id);
    if (item == NULL)
        no_publication(call);
    else if (web_may_change(call, item))
        end_publications(call, core, give_aor(&user), &id);
    json_decref(items);
}

/* Calls. */

static const char *line_state(enum proxy_line_state state)
{
    if (state == PROXY_LINE_TRYING)
        return "trying";
    return state == PROXY_LINE_EARLY ? "early" : "confirmed";
}

static void take_line(void *context, const struct proxy_line *line)
{
    json_t *item = json_object();
    give_id(item, line->id);
    give_words(item, "state", line_state(line->state));
    give_words(item, "direction", line->initiator ? "initiator" : "recipient");
    give_text(item, "call_id", line->call_id);
    give_text(item, "remote_uri", line->remote_uri);
    give_text(item, "remote_name", line->remote_name);
    give_time(item, "since", line->since_ms);
    json_array_append_new(context, item);
}

static void get_calls(struct web_call *call, const struct web_core *core)
{
    struct people_aor user;
    if (!give_user(call, core, &user))
        return;
    json_t *items = json_array();
    proxy_each_line(core->proxy, give_aor(&user), take_line, items);
    give_latest(call, core, give_aor(&user));
    give_list(call, items, NULL);
}

/* Connections. */

/* The first ones behind a handle, in their order: most of a long walk are behind the last one. */
struct connections {
    uint64_t after;
    size_t most, count;
    struct net_connection *found; /* room for one more than `most` */
};

static void take_connection(void *context, const struct net_connection *connection)
{
    struct connections *all = context;
    uint64_t handle = connection->flow.connection;
    size_t at = all->count;
    if (handle <= all->after)
        return;
    while (at > 0 && all->found[at - 1].flow.connection > handle)
        at--;
    if (at > all->most)
        return;
    all->count += all->count <= all->most;
    memmove(&all->found[at + 1], &all->found[at], (all->count - at - 1) * sizeof(all->found[0]));
    all->found[at] = *connection;
}

static json_t *connection_json(const struct net_connection *connection, char *id, size_t size)
{
    struct buffer out = buffer_over(id, size);
    json_t *item = json_object();
    buffer_format(&out, "%016llx", (unsigned long long)connection->flow.connection);
    buffer_char(&out, '\0');
    give_words(item, "id", id);
    give_flow(item, "flow", &connection->flow);
    give_flag(item, "open", connection->open);
    give_flag(item, "asks_no_more", connection->asks_no_more);
    give_number(item, "idle_ms", connection->idle_ms);
    give_number(item, "unsent_bytes", connection->unsent_bytes);
    return item;
}

static struct net *net_of(const struct web_core *core)
{
    return front_parts(core->front)->net;
}

static void get_connections(struct web_call *call, const struct web_core *core)
{
    struct bytes after = BYTES("");
    char id[20] = "", next[200];
    struct buffer out = buffer_over(next, sizeof(next));
    struct connections all = {.count = 0};
    uint64_t limit;
    if (!web_query_number(call, "limit", 1, GIVE_MOST, GIVE_USUAL, &limit))
        return;
    web_query(call, "after", &after);
    all.after = read_id(after);
    if (!bytes_empty(after) && all.after == 0) {
        give_no_page(call);
        return;
    }
    all.most = (size_t)limit;
    all.found = memory_new((all.most + 2) * sizeof(all.found[0]));
    net_each_connection(net_of(core), take_connection, &all);
    json_t *items = json_array();
    for (size_t i = 0; i < all.count && i < all.most; i++)
        json_array_append_new(items, connection_json(&all.found[i], id, sizeof(id)));
    buffer_format(&out, "/api/v1/connections?limit=%zu&after=%s", all.most, id);
    buffer_char(&out, '\0');
    give_list(call, items, all.count > all.most ? next : NULL);
    free(all.found);
}

/* False: there is none with the id of the path, and that is answered. */
static bool find_connection(struct web_call *call, const struct web_core *core,
                            struct net_connection *found)
{
    struct net_connection room[3] = {{.flow = {.connection = 0}}};
    uint64_t id = read_id(web_part(call, "connection"));
    struct connections all = {.after = id - 1, .most = 1, .found = room};
    if (id != 0)
        net_each_connection(net_of(core), take_connection, &all);
    *found = room[0];
    if (all.count > 0 && found->flow.connection == id)
        return true;
    web_problem(call, 404, "not-found", "connection",
                "there is no such connection (any more); GET /api/v1/connections for those that "
                "there are");
    return false;
}

static void get_connection(struct web_call *call, const struct web_core *core)
{
    struct net_connection connection;
    char id[20];
    if (find_connection(call, core, &connection))
        web_answer(call, 200, connection_json(&connection, id, sizeof(id)));
}

static void delete_connection(struct web_call *call, const struct web_core *core)
{
    struct net_connection connection;
    char id[20];
    if (!find_connection(call, core, &connection))
        return;
    json_t *current = connection_json(&connection, id, sizeof(id));
    if (web_may_change(call, current))
        net_close(net_of(core), connection.flow.connection);
    json_decref(current);
}

/* The server. */

static json_t *transactions(const struct web_core *core)
{
    struct transaction_counts counts = transaction_count(front_parts(core->front)->transactions);
    json_t *object = json_object();
    give_number(object, "servers", counts.servers);
    give_number(object, "clients", counts.clients);
    give_number(object, "acks", counts.acks);
    give_number(object, "bytes", counts.bytes);
    return object;
}

static json_t *counts_of(const struct web_core *core)
{
    struct presence_counts presence = presence_count(core->presence);
    struct im_counts im = core->im != NULL ? im_count(core->im) : (struct im_counts){0};
    json_t *object = json_object();
    give_number(object, "users", accounts_count(core->accounts));
    give_number(object, "registrations", registrar_count(core->registrar));
    give_number(object, "resources", presence.resources);
    give_number(object, "publications", presence.publications);
    give_number(object, "subscriptions", presence.subscriptions);
    give_number(object, "lines", core->proxy != NULL ? proxy_line_count(core->proxy) : 0);
    give_number(object, "messages_under_way", im.live);
    give_number(object, "messages_waiting", im.stored);
    return object;
}

static json_t *queues(const struct web_core *core)
{
    json_t *object = json_object();
    give_number(object, "store", store_queued(core->store));
    give_flag(object, "store_has_room", store_ready(core->store));
    return object;
}

static void get_status(struct web_call *call, const struct web_core *core)
{
    uint64_t now_ms = core->world->wall_ms;
    json_t *status = json_object();
    give_words(status, "version", HERALD_VERSION);
    give_time(status, "now", now_ms);
    give_time(status, "begun", core->begun_ms);
    give_number(status, "uptime_s",
                core->begun_ms != 0 && core->begun_ms < now_ms ? (now_ms - core->begun_ms) / 1000
                                                               : 0);
    json_object_set_new(status, "counts", counts_of(core));
    json_object_set_new(status, "transactions", transactions(core));
    json_object_set_new(status, "queues", queues(core));
    web_answer(call, 200, status);
}

const struct web_endpoint live_endpoints[] = {
    {WEB_GET, "/api/v1/status", WEB_OPERATIONS, false, WEB_NO_BODY, NULL, get_status},
    {WEB_GET, "/api/v1/connections", WEB_LIVE, false, WEB_NO_BODY, NULL, get_connections,
     "limit, after"},
    {WEB_GET, "/api/v1/connections/{connection}", WEB_LIVE, false, WEB_NO_BODY, NULL,
     get_connection},
    {WEB_DELETE, "/api/v1/connections/{connection}", WEB_LIVE, false, WEB_NO_BODY, NULL,
     delete_connection},
    {WEB_GET, "/api/v1/registrations", WEB_LIVE, false, WEB_NO_BODY, NULL, get_registrations,
     "limit, after"},
    {WEB_GET, "/api/v1/users/{user}/registrations", WEB_LIVE, true, WEB_NO_BODY, NULL,
     get_user_registrations},
    {WEB_DELETE, "/api/v1/users/{user}/registrations", WEB_LIVE, true, WEB_NO_BODY, NULL,
     delete_registrations},
    {WEB_GET, "/api/v1/users/{user}/registrations/{registration}", WEB_LIVE, true, WEB_NO_BODY,
     NULL, get_registration},
    {WEB_DELETE, "/api/v1/users/{user}/registrations/{registration}", WEB_LIVE, true, WEB_NO_BODY,
     NULL, delete_registration},
    {WEB_GET, "/api/v1/users/{user}/publications", WEB_LIVE, true, WEB_NO_BODY, NULL,
     get_publications, "event"},
    {WEB_DELETE, "/api/v1/users/{user}/publications", WEB_LIVE, true, WEB_NO_BODY, NULL,
     delete_publications},
    {WEB_GET, "/api/v1/users/{user}/publications/{publication}", WEB_LIVE, true, WEB_NO_BODY, NULL,
     get_publication},
    {WEB_DELETE, "/api/v1/users/{user}/publications/{publication}", WEB_LIVE, true, WEB_NO_BODY,
     NULL, delete_publication},
    {WEB_GET, "/api/v1/users/{user}/calls", WEB_LIVE, true, WEB_NO_BODY, NULL, get_calls},
    {.path = NULL},
};
