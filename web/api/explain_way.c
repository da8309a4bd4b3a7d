/* explain_way.c: the way out of each case in which somebody does not see, in a few words, as the
 * sentence ends. */
#include <string.h>

#include "base/buffer.h"
#include "web/api/explain_internal.h"

/* "$P" is who is watched and "$W" who watches, as parts of a path. */
struct way {
    const char *name, *text;
};

#define ALLOW "PUT /api/v1/users/$P/rules/$W {\"handling\": \"allow\"} "
#define PUT_IN "a client of it has to publish, or PUT /api/v1/users/$P/presence sets it"
#define ENABLE(who) "PATCH /api/v1/users/" who " {\"disabled\": false} enables it"
#define TRACE "GET /api/v1/trace shows what was sent"

static const struct way ways[] = {
    {"elsewhere", "ask there"},
    {"no_such_user", "PUT /api/v1/users/$P makes it"},
    {"no_such_watcher", "PUT /api/v1/users/$W makes it"},
    {"watcher_disabled", ENABLE("$W")},
    {"presentity_disabled", ENABLE("$P")},
    {"rules_unknown",
     "they are read as soon as the database can be, and the log says why it cannot"},
    {"rules_broken", "PUT or DELETE /api/v1/users/$P/rules mends them"},
    {"blocked", ALLOW "allows it"},
    {"polite_blocked", ALLOW "shows it more"},
    {"pending", ALLOW "is that word"},
    {"waiting", ALLOW "is that word, and then it has to subscribe again"},
    {"no_way", "it is told when its device registers or subscribes again"},
    {"asked_later", "it is told when that time is over"},
    {"being_judged", "that takes a moment"},
    {"queued", "that takes a moment"},
    {"notify_unanswered", TRACE},
    {"notify_failed", TRACE},
    {"nothing_published", PUT_IN},
    {"presentity_not_registered", PUT_IN},
    {"last_seen", PUT_IN},
    {"rights_leave_nothing",
     "the rules of that user (/api/v1/users/$P/rules) have to show it more"},
    {"filter_leaves_nothing", "its device has to subscribe with another filter, or none"},
    {"registration_rules", "a device of it has to register, or presence.registration has to be "
                           "\"ignore\" or \"fallback\""},
};

/* Of who does not watch, by how it would be judged if it did. */
static const char *const again[] = {
    [SUB_BLOCK] = ALLOW "allows it",
    [SUB_CONFIRM] = ALLOW "lets it through, and then it has to subscribe",
    [SUB_POLITE_BLOCK] = ALLOW "shows it more, and then it has to subscribe",
    [SUB_ALLOW] = "its device has to subscribe",
};

static const char again_stranger[] =
    "its server has to prove its domain by TLS, or be at a `trusted` address, and it has to "
    "subscribe";

static const char *way_of(const struct explain *explain, const char *name, bool absent)
{
    if (absent)
        return explain->stranger ? again_stranger : again[explain->decision.handling];
    if (strcmp(name, "blocked") == 0 && explain->by_event && explain->for_owner)
        return NULL; /* nothing lets it through */
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
        if (strcmp(ways[i].name, name) == 0)
            return ways[i].text;
    return NULL;
}

/* '@' may stand in a path as it is (RFC 3986 3.3), and is read more easily. */
static void put_name(struct buffer *out, const char *aor)
{
    struct bytes host = bytes_of(aor);
    struct bytes user = bytes_split(&host, '@');
    buffer_percent(out, user);
    if (!bytes_empty(host)) {
        buffer_char(out, '@');
        buffer_percent(out, host);
    }
}

void explain_put_way(const struct explain *explain, const char *name, bool absent,
                     struct buffer *out)
{
    const char *text = way_of(explain, name, absent), *mark;
    if (text == NULL)
        return;
    out->length--; /* the full stop */
    buffer_text(out, "; ");
    for (; (mark = strchr(text, '$')) != NULL; text = mark + 2) {
        buffer_put(out, bytes_from(text, (size_t)(mark - text)));
        put_name(out, mark[1] == 'P' ? explain->presentity.text : explain->watcher.text);
    }
    buffer_text(out, text);
    buffer_char(out, '.');
}
