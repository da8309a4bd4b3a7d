/* webhooks.c: webhooks: list, make, change, end.
 *
 *     file: the row is judged and changed --> live: the dispatcher takes over, and says how each
 *     fares (hook/hook.h)
 *
 * The secret is told once, by the answer that makes or changes it. */
#include "web/api/webhooks.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "hook/hook.h"
#include "web/api/events_internal.h"
#include "web/api/give_internal.h"
#include "web/api/given_internal.h"
#include "web/core.h"
#include "web/secret.h"

enum { URL_MAX = 2000, SECRET_LEAST = 16, SECRET_MAX = 255, TYPES_SIZE = 128, ID_SIZE = 24 };

struct hook_row {
    char id[ID_SIZE], url[URL_MAX + 1], types[TYPES_SIZE], user[PEOPLE_AOR_MAX + 1],
        secret[SECRET_MAX + 1], before[SECRET_MAX + 1];
    bool active;
    bool tells_secret; /* it is new */
    uint64_t made_ms, secret_ms;
};

static void take_text(char *out, size_t size, struct bytes text)
{
    snprintf(out, size, "%.*s", BYTES_ARGS(text));
}

static void take_row(void *context, const struct store_webhook *row)
{
    struct hook_row *hook = context;
    take_text(hook->id, sizeof(hook->id), row->id);
    take_text(hook->url, sizeof(hook->url), row->url);
    take_text(hook->types, sizeof(hook->types), row->types);
    take_text(hook->user, sizeof(hook->user), row->user);
    take_text(hook->secret, sizeof(hook->secret), row->secret);
    take_text(hook->before, sizeof(hook->before), row->before);
    hook->active = row->active;
    hook->made_ms = row->made_ms;
    hook->secret_ms = row->secret_ms;
}

static struct store_webhook row_of(const struct hook_row *hook)
{
    return (struct store_webhook){.id = bytes_of(hook->id),
                                  .url = bytes_of(hook->url),
                                  .types = bytes_of(hook->types),
                                  .user = bytes_of(hook->user),
                                  .secret = bytes_of(hook->secret),
                                  .before = bytes_of(hook->before),
                                  .active = hook->active,
                                  .made_ms = hook->made_ms,
                                  .secret_ms = hook->secret_ms};
}

/* JSON. */

/* None: all of them. */
static json_t *types_json(struct bytes types)
{
    json_t *list = json_array();
    bool all = bytes_empty(types);
    while (!bytes_empty(types))
        json_array_append_new(list, given_json(bytes_split(&types, ',')));
    for (unsigned i = 0; i < FEED_TYPES && all; i++)
        json_array_append_new(list, json_string(feed_type_name((enum feed_type)i)));
    return list;
}

static json_t *hook_json(const struct hook_row *hook)
{
    json_t *item = json_object();
    give_words(item, "id", hook->id);
    give_words(item, "url", hook->url);
    json_object_set_new(item, "types", types_json(bytes_of(hook->types)));
    give_text(item, "user", bytes_of(hook->user));
    give_flag(item, "active", hook->active);
    give_time(item, "created", hook->made_ms);
    give_time(item, "secret_changed",
              hook->secret_ms); /* so the tag differs, which shows no secret */
    if (hook->tells_secret)
        give_words(item, "secret", hook->secret);
    return item;
}

static const char *failure_of(const struct hook_look *look)
{
    if (look->barred)
        return "the name leads to this host itself or its link, where nothing is posted unless "
               "webhooks.local is set";
    return look->status == 0 ? "no answer" : "refused";
}

static json_t *delivery_json(const struct hook_look *look)
{
    if (look->time_ms == 0)
        return json_null();
    json_t *delivery = json_object();
    bool good = look->status >= 200 && look->status < 300;
    give_time(delivery, "time", look->time_ms);
    json_object_set_new(delivery, "status",
                        look->status != 0 ? json_integer((json_int_t)look->status) : json_null());
    give_words(delivery, "error", good ? "" : failure_of(look));
    give_number(delivery, "attempts", look->attempts);
    return delivery;
}

static struct hooks_settings settings_of(struct web_call *call)
{
    const struct web_limits *limits = web_limits(call);
    return (struct hooks_settings){.local = limits->local_webhooks,
                                   .plain_anywhere = limits->plain_webhooks};
}

/* What the dispatcher knows; and whether the address would still do. */
static void add_fare(struct web_call *call, json_t *item, const struct web_core *core)
{
    struct hook_look look = {.pending = 0};
    const struct hooks_settings settings = settings_of(call);
    const char *url = json_string_value(json_object_get(item, "url"));
    (void)hooks_look(core->hooks, bytes_of(json_string_value(json_object_get(item, "id"))), &look);
    give_words(item, "barred", hook_url_advice(hook_url_judge(&settings, bytes_of(url))));
    json_object_set_new(item, "last_delivery", delivery_json(&look));
    give_number(item, "pending", look.pending);
    give_number(item, "lost", look.lost);
}

static void release_json(void *value)
{
    json_decref(value);
}

/* Reading. */

static void not_there(struct web_call *call, enum err err)
{
    if (err == ERR_NOT_FOUND)
        web_problem(call, 404, "not-found", "webhook",
                    "there is no webhook with this id; GET /api/v1/webhooks lists those there are");
    else if (err == ERR_LIMIT)
        web_problem(call, 409, "limit", NULL,
                    "a server has at most %u %s (webhooks.max); delete those that nobody uses",
                    web_limits(call)->webhooks_max,
                    word_for(web_limits(call)->webhooks_max, "webhook", "webhooks"));
    else
        given_failed(call, err);
}

static void add_item(void *context, const struct store_webhook *row)
{
    struct hook_row *hook = memory_new(sizeof(*hook));
    take_row(hook, row);
    json_array_append_new(context, hook_json(hook));
    free(hook);
}

static void list_file(struct web_call *call, struct account_file *file)
{
    json_t *items = json_array();
    enum err err = webhook_list(file, add_item, items);
    web_keep(call, items, release_json);
    if (err != ERR_NONE)
        given_failed(call, err);
}

static void list_live(struct web_call *call, const struct web_core *core)
{
    json_t *items = web_kept(call), *item;
    size_t i;
    json_array_foreach(items, i, item)
    {
        add_fare(call, item, core);
    }
    give_list(call, json_incref(items), NULL);
}

static void get_file(struct web_call *call, struct account_file *file)
{
    struct hook_row *hook = memory_new(sizeof(*hook));
    enum err err = webhook_read(file, web_part(call, "webhook"), take_row, hook);
    if (err == ERR_NONE) {
        json_t *item = hook_json(hook);
        web_tag(call, item); /* how it fares is nobody's change of it */
        web_keep(call, item, release_json);
    } else {
        not_there(call, err);
    }
    free(hook);
}

static void get_live(struct web_call *call, const struct web_core *core)
{
    json_t *item = web_kept(call);
    add_fare(call, item, core);
    web_answer(call, 200, json_incref(item));
}

/* What is wanted. */

static const char *judge_secret(struct bytes text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.at[i] <= ' ' || text.at[i] > '~')
            return "a secret is of printable characters without blanks";
    return text.length >= SECRET_LEAST && text.length <= SECRET_MAX
               ? NULL
               : "a secret has 16 to 255 characters; left out, one is made";
}

static void judge_url(struct web_call *call, const struct given *given, struct bytes url)
{
    const struct hooks_settings settings = settings_of(call);
    const char *advice = hook_url_advice(hook_url_judge(&settings, url));
    if (url.length > URL_MAX)
        fault_add(given->faults, "/url", "the address is too long; at most %d bytes are kept",
                  URL_MAX);
    else if (advice != NULL)
        fault_add(given->faults, "/url", "%s", advice);
}

/* Each once, however often it was named. */
static void write_types(unsigned named, char types[TYPES_SIZE])
{
    struct buffer out = buffer_over(types, TYPES_SIZE - 1);
    for (unsigned i = 0; i < FEED_TYPES; i++)
        if ((named & 1U << i) != 0)
            buffer_format(&out, "%s%s", out.length > 0 ? "," : "",
                          feed_type_name((enum feed_type)i));
    assert(!out.overflow);
    types[out.length] = '\0';
}

static void read_types(const struct given *given, char types[TYPES_SIZE])
{
    const json_t *list = json_object_get(given->object, "types"), *name;
    unsigned named = 0;
    size_t i;
    bool good = json_is_array(list);
    if (list == NULL)
        return;
    json_array_foreach(list, i, name)
    {
        enum feed_type type = feed_type_of(given_bytes(name));
        good = good && type != FEED_TYPES;
        named |= type != FEED_TYPES ? 1U << type : 0;
    }
    if (good)
        write_types(named, types);
    else
        fault_add(given->faults, "/types", "a list of these is wanted: %s; left out, all of them",
                  events_types());
}

static void read_user(struct web_call *call, const struct given *given, struct hook_row *hook)
{
    struct people_aor aor = {.text = ""};
    struct bytes name = BYTES("");
    if (!given_text(given, "user", NULL, &name))
        return;
    enum people_fault fault =
        bytes_empty(name) ? PEOPLE_GOOD : people_find_user(web_domains(call), name, &aor);
    if (fault != PEOPLE_GOOD)
        given_name_fault(call, given->faults, "/user", fault);
    else
        snprintf(hook->user, sizeof(hook->user), "%s", aor.text);
}

static bool random_secret(struct web_call *call, struct web_secret *secret)
{
    bool made = web_secret_make(secret);
    if (!made)
        web_problem(call, 503, "random", NULL, "the system gives no random bytes; try again");
    return made;
}

/* The one that there is signs, too, for a while. The same again changes nothing. */
static void set_secret(const struct web_call *call, struct hook_row *hook, struct bytes secret)
{
    if (bytes_equal(secret, bytes_of(hook->secret)))
        return;
    if (web_limits(call)->secret_grace_s > 0)
        memcpy(hook->before, hook->secret, sizeof(hook->before));
    else
        hook->before[0] = '\0';
    /* each change has a time of its own, whatever the clock does */
    uint64_t now_ms = web_wall_ms();
    hook->secret_ms = now_ms > hook->secret_ms ? now_ms : hook->secret_ms + 1;
    take_text(hook->secret, sizeof(hook->secret), secret);
}

/* As a token's, but for the letters before. */
static bool make_secret(struct web_call *call, struct hook_row *hook)
{
    struct web_secret secret;
    char text[SECRET_MAX + 1];
    if (!random_secret(call, &secret))
        return false;
    snprintf(text, sizeof(text), "hws%s", secret.text + 3);
    set_secret(call, hook, bytes_of(text));
    explicit_bzero(&secret, sizeof(secret));
    explicit_bzero(text, sizeof(text));
    return true;
}

static bool make_id(struct web_call *call, struct hook_row *hook)
{
    struct web_secret secret;
    _Static_assert(sizeof(hook->id) == sizeof(secret.id), "an id has room");
    if (!random_secret(call, &secret))
        return false;
    memcpy(hook->id, secret.id, sizeof(secret.id));
    hook->id[0] = 'w';
    explicit_bzero(&secret, sizeof(secret));
    return true;
}

/* The body over what there is. False: that is answered. */
static bool read_wish(struct web_call *call, struct hook_row *hook)
{
    static const char *const known[] = {"url", "types", "user", "secret", "active", NULL};
    struct faults faults = {NULL};
    struct given given;
    struct bytes url = bytes_of(hook->url), secret = BYTES("");
    if (!given_object(call, &faults, &given))
        return false;
    given_only(&given, known);
    if (given_text(&given, "url", NULL, &url) || bytes_empty(url))
        judge_url(call, &given, url);
    read_types(&given, hook->types);
    read_user(call, &given, hook);
    (void)given_truth(&given, "active", &hook->active);
    hook->tells_secret = given_text(&given, "secret", judge_secret, &secret);
    if (faults_answer(call, &faults))
        return false;
    if (url.at != hook->url)
        take_text(hook->url, sizeof(hook->url), url);
    if (!bytes_empty(secret))
        set_secret(call, hook, secret);
    if (hook->secret[0] != '\0' && (!hook->tells_secret || !bytes_empty(secret)))
        return true;
    hook->tells_secret = true; /* none was given, or a new one is wanted (null) */
    return make_secret(call, hook);
}

/* Changing. */

static void put(struct web_call *call, struct account_file *file, const struct hook_row *hook)
{
    const struct store_webhook row = row_of(hook);
    enum err err = webhook_put(file, &row, web_limits(call)->webhooks_max);
    if (err == ERR_NONE)
        web_keep(call, hook_json(hook), release_json);
    else if (err == ERR_NOT_FOUND)
        events_no_user(call, row.user, "/user");
    else
        not_there(call, err);
}

static void hook_free(struct hook_row **hook)
{
    explicit_bzero(*hook, sizeof(**hook));
    free(*hook);
    *hook = NULL;
}

static void make_file(struct web_call *call, struct account_file *file)
{
    struct hook_row *hook = memory_new(sizeof(*hook));
    hook->active = true;
    hook->made_ms = web_wall_ms();
    if (read_wish(call, hook) && make_id(call, hook))
        put(call, file, hook);
    hook_free(&hook);
}

static void make_live(struct web_call *call, const struct web_core *core)
{
    json_t *item = web_kept(call);
    char location[64];
    hooks_refresh(core->hooks);
    add_fare(call, item, core);
    snprintf(location, sizeof(location), "/api/v1/webhooks/%s",
             json_string_value(json_object_get(item, "id")));
    web_answer(call, 201, json_incref(item));
    web_answer_field(call, "Location", bytes_of(location));
}

/* The webhook of the path, in a transaction that changes it; false: that is answered. */
static bool begin_change(struct web_call *call, struct account_file *file, struct hook_row *hook)
{
    if (!given_begin(call, file))
        return false;
    enum err err = webhook_read(file, web_part(call, "webhook"), take_row, hook);
    json_t *current = err == ERR_NONE ? hook_json(hook) : NULL;
    bool may = err == ERR_NONE && web_may_change(call, current);
    if (err != ERR_NONE)
        not_there(call, err);
    if (!may)
        given_end(call, file, ERR_NONE); /* rolls back */
    json_decref(current);
    return may;
}

/* The secret is told once, and is of no tag. */
static void tag_change(struct web_call *call, struct hook_row *hook)
{
    hook->tells_secret = false;
    json_t *item = hook_json(hook);
    web_tag(call, item);
    json_decref(item);
}

static void patch_file(struct web_call *call, struct account_file *file)
{
    struct hook_row *hook = memory_new(sizeof(*hook));
    if (begin_change(call, file, hook)) {
        if (read_wish(call, hook))
            put(call, file, hook);
        if (given_end(call, file, ERR_NONE))
            tag_change(call, hook);
    }
    hook_free(&hook);
}

static void patch_live(struct web_call *call, const struct web_core *core)
{
    hooks_refresh(core->hooks);
    get_live(call, core);
}

static void delete_file(struct web_call *call, struct account_file *file)
{
    struct hook_row *hook = memory_new(sizeof(*hook));
    if (begin_change(call, file, hook))
        given_end(call, file, webhook_delete(file, web_part(call, "webhook")));
    hook_free(&hook);
}

static void delete_live(struct web_call *call, const struct web_core *core)
{
    (void)call;
    hooks_refresh(core->hooks);
}

#define PATH "/api/v1/webhooks"

const struct web_endpoint webhooks_endpoints[] = {
    {WEB_GET, PATH, WEB_EVENTS, false, WEB_NO_BODY, list_file, list_live},
    {WEB_POST, PATH, WEB_EVENTS, false, WEB_JSON, make_file, make_live},
    {WEB_GET, PATH "/{webhook}", WEB_EVENTS, false, WEB_NO_BODY, get_file, get_live},
    {WEB_PATCH, PATH "/{webhook}", WEB_EVENTS, false, WEB_JSON, patch_file, patch_live},
    {WEB_DELETE, PATH "/{webhook}", WEB_EVENTS, false, WEB_NO_BODY, delete_file, delete_live},
    {.path = NULL},
};
