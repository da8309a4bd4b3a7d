/* give.c: what is written for people and programs alike. */
#include "web/api/give_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/token.h"
#include "base/world.h"
#include "front/accounts.h"
#include "presence/presence.h"

/* Users. */

static const char *fault_text(enum people_fault fault)
{
    if (fault == PEOPLE_ELSEWHERE)
        return "is of a domain that is not served here";
    if (fault == PEOPLE_TOO_LONG)
        return "is too long";
    return "is no name; write alice or alice@example.org";
}

bool give_user(struct web_call *call, const struct web_core *core, struct people_aor *user)
{
    struct bytes name = web_part(call, "user");
    enum people_fault fault = people_find_user(web_domains(call), name, user);
    if (fault != PEOPLE_GOOD)
        web_problem(call, fault == PEOPLE_ELSEWHERE ? 404 : 400,
                    fault == PEOPLE_ELSEWHERE ? "not-found" : "bad-name", "user", "\"%.*s\" %s",
                    BYTES_ARGS(name), fault_text(fault));
    else if (accounts_find(core->accounts, give_aor(user)) == NULL)
        web_problem(call, 404, "not-found", "user",
                    "there is no user %s; PUT /api/v1/users/%s makes one", user->text, user->text);
    return !web_answered(call);
}

bool give_anybody(struct web_call *call, const char *parameter, struct people_aor *user)
{
    struct bytes name;
    if (!web_query(call, parameter, &name))
        return true;
    enum people_fault fault = people_find_anybody(web_domains(call), name, user);
    if (fault != PEOPLE_GOOD)
        web_problem(call, 400, "bad-name", parameter, "%s: \"%.*s\" %s", parameter,
                    BYTES_ARGS(name), fault_text(fault));
    return fault == PEOPLE_GOOD;
}

static void write_events(struct buffer *out)
{
    const struct event_package *const *packages = package_list();
    for (size_t i = 0; packages[i] != NULL; i++)
        buffer_format(out, "%s%s", i > 0 ? ", " : "", packages[i]->name);
    buffer_char(out, '\0');
}

bool give_event(struct web_call *call, const struct event_package **package)
{
    char names[PACKAGES_MAX * 40];
    struct buffer out = buffer_over(names, sizeof(names));
    struct bytes event = BYTES("");
    web_query(call, "event", &event);
    const struct event_package *found = bytes_empty(event) ? *package : package_find(event);
    if (found != NULL || bytes_empty(event)) {
        *package = found;
        return true;
    }
    write_events(&out);
    web_problem(call, 400, "bad-query", "event", "there is no such event package; there are %s",
                names);
    return false;
}

void give_latest(struct web_call *call, const struct web_core *core, struct bytes aor)
{
    web_wait(call, store_latest(core->store, partition_of(aor)));
}

void give_latest_of_all(struct web_call *call, const struct web_core *core)
{
    for (unsigned partition = 0; partition < PARTITIONS; partition++)
        web_wait(call, store_latest(core->store, partition));
}

/* Values. */

static json_t *readable(struct bytes text)
{
    if (bytes_is_utf8(text))
        return json_stringn(text.at, text.length);
    char *copy = memory_copy(text);
    for (size_t i = 0; i < text.length; i++)
        if ((unsigned char)copy[i] >= 0x80)
            copy[i] = '?';
    json_t *value = json_stringn(copy, text.length);
    free(copy);
    return value;
}

void give_text(json_t *object, const char *name, struct bytes text)
{
    json_object_set_new(object, name, bytes_empty(text) ? json_null() : readable(text));
}

void give_words(json_t *object, const char *name, const char *text)
{
    give_text(object, name, bytes_of(text));
}

struct bytes give_time_text(char *text, uint64_t wall_ms)
{
    time_t second = (time_t)(wall_ms / 1000);
    struct tm parts;
    if (gmtime_r(&second, &parts) == NULL)
        return BYTES("");
    size_t length = strftime(text, GIVE_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &parts);
    int more =
        snprintf(text + length, GIVE_TIME_SIZE - length, ".%03uZ", (unsigned)(wall_ms % 1000));
    return bytes_from(text, length + (size_t)more);
}

void give_time(json_t *object, const char *name, uint64_t wall_ms)
{
    char text[GIVE_TIME_SIZE];
    give_text(object, name, wall_ms != 0 ? give_time_text(text, wall_ms) : BYTES(""));
}

void give_flag(json_t *object, const char *name, bool flag)
{
    json_object_set_new(object, name, json_boolean(flag));
}

void give_number(json_t *object, const char *name, uint64_t number)
{
    json_object_set_new(object, name, json_integer((json_int_t)number));
}

void give_flow(json_t *object, const char *name, const struct net_flow *flow)
{
    char text[160];
    struct buffer out = buffer_over(text, sizeof(text));
    if (flow != NULL)
        net_flow_write(flow, &out);
    give_text(object, name, buffer_bytes(&out));
}

/* Lists. */

void give_list(struct web_call *call, json_t *items, const char *next)
{
    json_t *list = json_object();
    json_object_set_new(list, "items", items);
    give_words(list, "next", next);
    web_answer(call, 200, list);
}

void give_no_page(struct web_call *call)
{
    web_problem(call, 400, "bad-query", "after",
                "this is nothing that a page has given; follow its `next`, or leave it out for the "
                "first one");
}

void give_busy(struct web_call *call)
{
    web_problem(call, 503, "busy", NULL, "nothing can be changed at the moment; try again soon");
}
