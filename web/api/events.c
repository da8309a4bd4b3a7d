/* events.c: what happens, as it happens: text/event-stream over the feed (web/stream.c does it). */
#include "web/api/events.h"

#include "web/api/events_internal.h"
#include "web/api/give_internal.h"
#include "web/api/given_internal.h"

bool events_read_types(struct bytes text, unsigned *types, struct bytes *wrong)
{
    *types = 0;
    while (!bytes_empty(text)) {
        struct bytes name = bytes_trim(bytes_split(&text, ','));
        enum feed_type type = feed_type_of(name);
        if (type == FEED_TYPES) {
            *wrong = name;
            return false;
        }
        *types |= 1U << type;
    }
    if (*types == 0)
        *types = EVENTS_ALL;
    return true;
}

const char *events_types(void)
{
    return "presence, messages, registrations, subscriptions";
}

void events_no_user(struct web_call *call, struct bytes aor, const char *field)
{
    web_problem(call, 404, "not-found", field,
                "there is no user %.*s; GET /api/v1/users lists those there are", BYTES_ARGS(aor));
}

/* False: that is answered. */
static bool knows_user(struct web_call *call, struct account_file *file, struct bytes aor)
{
    enum err err = account_known(file, aor);
    if (err == ERR_NOT_FOUND)
        events_no_user(call, aor, "user");
    else if (err != ERR_NONE)
        given_failed(call, err);
    return err == ERR_NONE;
}

static bool take_types(struct web_call *call, struct web_events *events)
{
    struct bytes text = BYTES(""), wrong = BYTES("");
    web_query(call, "types", &text);
    if (events_read_types(text, &events->types, &wrong))
        return true;
    web_problem(call, 400, "bad-query", "types",
                "there are no events of the type \"%.*s\"; there are %s, separated by commas",
                BYTES_ARGS(wrong), events_types());
    return false;
}

/* A browser says by itself where it was; others may put it into the query. What is no id is one
 * that is not known any more. */
static void take_position(struct web_call *call, struct web_events *events)
{
    struct bytes last = web_field(call, "Last-Event-ID");
    if (bytes_empty(last))
        web_query(call, "last_event_id", &last);
    events->resumes = !bytes_empty(last);
    if (events->resumes && !feed_id_read(last, &events->after))
        events->after = 0;
}

static void answer(struct web_call *call, struct bytes user)
{
    struct web_events events = {.user = user};
    if (!take_types(call, &events))
        return;
    take_position(call, &events);
    web_answer_events(call, &events);
}

static void get_all(struct web_call *call, struct account_file *file)
{
    struct people_aor user = {.text = ""};
    if (!give_anybody(call, "user", &user))
        return;
    if (user.text[0] != '\0' && !knows_user(call, file, give_aor(&user)))
        return;
    answer(call, give_aor(&user));
}

static void get_own(struct web_call *call, struct account_file *file)
{
    struct people_aor user;
    if (given_user(call, &user) && knows_user(call, file, give_aor(&user)))
        answer(call, give_aor(&user));
}

const struct web_endpoint events_endpoints[] = {
    {.method = WEB_GET,
     .path = "/api/v1/events",
     .area = WEB_EVENTS,
     .file = get_all,
     .query = "types, user, last_event_id"},
    {.method = WEB_GET,
     .path = "/api/v1/users/{user}/events",
     .area = WEB_EVENTS,
     .own = true,
     .file = get_own,
     .query = "types, last_event_id"},
    {.path = NULL},
};
