/* watching.c: who watches whom, and the end of it.
 *
 * An operator who ends a subscription has changed no rule, so "deactivated" is what it is told by
 * default (RFC 6665 4.1.3: it may subscribe again at once, 4.4.1: its dialog usage is over);
 * "rejected" says that it is not to come back, and would be a lie while the rules let it. */
#include "web/api/watching.h"

#include "base/buffer.h"
#include "base/token.h"
#include "web/api/give_internal.h"
#include "web/api/subscription_internal.h"

struct listing {
    json_t *items;
    enum reader reader;
    char last[GIVE_PATH_MAX]; /* the name of the last one */
};

static void take(void *context, const struct presence_look_subscription *look)
{
    struct listing *listing = context;
    struct buffer out = buffer_over(listing->last, sizeof(listing->last) - 1);
    presence_look_name(look, &out);
    listing->last[out.length] = '\0';
    json_array_append_new(listing->items, subscription_json(look, listing->reader));
}

/* The target of the next page: that of this one but for `after`. */
static void write_next(const struct presence_look_query *query, const char *path,
                       const struct listing *listing, struct buffer *out)
{
    const struct {
        const char *name;
        struct bytes value;
    } parameters[] = {
        {"event", query->event}, {"watcher", query->watcher}, {"presentity", query->presentity}};
    buffer_format(out, "%s?limit=%zu", path, query->most);
    for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
        if (bytes_empty(parameters[i].value))
            continue;
        buffer_format(out, "&%s=", parameters[i].name);
        buffer_percent(out, parameters[i].value);
    }
    buffer_text(out, "&after=");
    buffer_percent(out, bytes_of(listing->last));
    buffer_char(out, '\0');
}

static void list(struct web_call *call, const struct web_core *core,
                 struct presence_look_query *query, const char *path, enum reader reader)
{
    struct listing listing = {.items = NULL, .reader = reader};
    char next[2 * GIVE_PATH_MAX];
    struct buffer out = buffer_over(next, sizeof(next));
    const struct event_package *package = NULL;
    uint64_t limit;
    if (!web_query_number(call, "limit", 1, GIVE_MOST, GIVE_USUAL, &limit) ||
        !give_event(call, &package))
        return;
    query->most = (size_t)limit;
    query->event = bytes_of(package != NULL ? package->name : NULL);
    if (web_query(call, "after", &query->after) && !bytes_empty(query->after) &&
        !presence_look_is_name(query->after)) {
        give_no_page(call);
        return;
    }
    listing.items = json_array();
    bool more = presence_look_subscriptions(core->presence, query, take, &listing);
    write_next(query, path, &listing, &out);
    if (!bytes_empty(query->presentity))
        give_latest(call, core, query->presentity);
    else
        give_latest_of_all(call, core);
    give_list(call, listing.items, more && !out.overflow ? next : NULL);
}

static void get_subscriptions(struct web_call *call, const struct web_core *core)
{
    struct people_aor watcher = {.domain = NULL}, presentity = {.domain = NULL};
    if (!give_anybody(call, "watcher", &watcher) || !give_anybody(call, "presentity", &presentity))
        return;
    struct presence_look_query query = {.watcher = give_aor(&watcher),
                                        .presentity = give_aor(&presentity)};
    list(call, core, &query, "/api/v1/subscriptions", READER_ADMINISTRATOR);
}

static void write_path(const struct people_aor *user, const char *what, char *path, size_t size)
{
    struct buffer out = buffer_over(path, size);
    buffer_text(&out, "/api/v1/users/");
    buffer_percent(&out, give_aor(user));
    buffer_format(&out, "/%s", what);
    buffer_char(&out, '\0');
}

static bool is_own(const struct web_call *call)
{
    return !bytes_empty(web_caller(call));
}

/* What a user watches. */
static void get_user_subscriptions(struct web_call *call, const struct web_core *core)
{
    struct people_aor user;
    char path[GIVE_PATH_MAX];
    if (!give_user(call, core, &user))
        return;
    struct presence_look_query query = {.watcher = give_aor(&user)};
    write_path(&user, "subscriptions", path, sizeof(path));
    list(call, core, &query, path, is_own(call) ? READER_WATCHER : READER_ADMINISTRATOR);
}

/* Who watches a user. */
static void get_watchers(struct web_call *call, const struct web_core *core)
{
    struct people_aor user;
    char path[GIVE_PATH_MAX];
    if (!give_user(call, core, &user))
        return;
    struct presence_look_query query = {.presentity = give_aor(&user)};
    write_path(&user, "watchers", path, sizeof(path));
    list(call, core, &query, path, is_own(call) ? READER_PRESENTITY : READER_ADMINISTRATOR);
}

static void take_one(void *context, const struct presence_look_subscription *look)
{
    json_t **item = context;
    *item = subscription_json(look, READER_ADMINISTRATOR);
}

static void delete_subscription(struct web_call *call, const struct web_core *core)
{
    struct bytes name = web_part(call, "subscription");
    json_t *current = NULL;
    (void)presence_look_one(core->presence, name, take_one, &current);
    subscription_end(call, core, name, current);
    json_decref(current);
}

const struct web_endpoint watching_endpoints[] = {
    {WEB_GET, "/api/v1/subscriptions", WEB_LIVE, false, WEB_NO_BODY, NULL, get_subscriptions,
     "watcher, presentity, event, limit, after"},
    {WEB_DELETE, "/api/v1/subscriptions/{subscription}", WEB_LIVE, false, WEB_NO_BODY, NULL,
     delete_subscription, "reason"},
    {WEB_GET, "/api/v1/users/{user}/subscriptions", WEB_LIVE, true, WEB_NO_BODY, NULL,
     get_user_subscriptions, "event, limit, after"},
    {WEB_GET, "/api/v1/users/{user}/watchers", WEB_LIVE, true, WEB_NO_BODY, NULL, get_watchers,
     "event, limit, after"},
    {.path = NULL},
};
