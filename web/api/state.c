/* state.c: presence and waiting messages of a user: as composed, and as put in.
 *
 *   PUT: JSON --judged--> a document (pidf/simple.h, RFC 3842 5.2) --> hard state (RFC 3903 3)
 *
 * What is put in stands behind what clients publish; a GET tells what comes of both. */
#include "web/api/state.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/token.h"
#include "base/world.h"
#include "pidf/simple.h"
#include "presence/look.h"
#include "web/api/give_internal.h"
#include "web/api/given_internal.h"
#include "web/api/state_internal.h"
#include "web/api/subscription_internal.h"

#define PIDF "application/pidf+xml"
#define SUMMARY "application/simple-message-summary"

enum { NOTE_MAX_BYTES = 1024, COUNT_MAX = 1000000, CLASSES = 7 };

/* Presence, read. */

static json_t *texts(const struct bytes *list, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_stringn(list[i].at, list[i].length));
    return array;
}

static json_t *tuple_json(const struct simple_tuple *tuple)
{
    json_t *item = json_object();
    give_text(item, "id", tuple->id);
    give_text(item, "basic", tuple->basic);
    give_text(item, "contact", tuple->contact);
    give_text(item, "priority", tuple->priority);
    give_text(item, "note", tuple->note);
    give_text(item, "timestamp", tuple->timestamp);
    return item;
}

/* "open" when any tuple is. */
static const char *basic_of(const struct simple_presence *presence)
{
    for (size_t i = 0; i < presence->tuple_count; i++)
        if (bytes_equal(presence->tuples[i].basic, BYTES("open")))
            return "open";
    return "closed";
}

void state_read(json_t *object, struct bytes document)
{
    struct arena arena;
    struct simple_presence presence;
    arena_init(&arena, 0);
    if (!verdict_ok(simple_read(document, &arena, &presence)))
        presence = (struct simple_presence){.tuple_count = 0};
    json_t *tuples = json_array();
    for (size_t i = 0; i < presence.tuple_count; i++)
        json_array_append_new(tuples, tuple_json(&presence.tuples[i]));
    give_words(object, "basic", basic_of(&presence));
    json_object_set_new(object, "activities", texts(presence.activities, presence.activity_count));
    json_object_set_new(object, "moods", texts(presence.moods, presence.mood_count));
    json_object_set_new(object, "notes", texts(presence.notes, presence.note_count));
    json_object_set_new(object, "tuples", tuples);
    arena_release(&arena);
}

/* What was put in. */
static void take_set(void *context, const struct presence_look_publication *look)
{
    if (look->life != PRESENCE_SET)
        return;
    json_t *set = json_object();
    state_read(set, look->body);
    json_object_del(set, "tuples");
    give_time(set, "changed", look->changed_ms);
    give_time(set, "until", look->expires_ms);
    json_object_set_new(context, "set", set);
}

static json_t *presence_json(const struct web_core *core, struct bytes aor)
{
    struct presence_look_state state;
    json_t *object = json_object();
    if (!presence_look_state(core->presence, BYTES("presence"), aor, &state))
        return object;
    give_text(object, "user", aor);
    state_read(object, blob_bytes(state.body));
    give_time(object, "changed", state.changed_ms);
    give_number(object, "publications", state.publications);
    json_object_set_new(object, "set", json_null());
    presence_look_publications(core->presence, BYTES("presence"), aor, take_set, object);
    blob_unref(&state.body);
    return object;
}

/* The JSON `current`, which passes to the call, or the document that it was read from. */
static void answer_state(struct web_call *call, const struct web_core *core, struct bytes aor,
                         const char *event, const char *type, json_t *current)
{
    struct presence_look_state state;
    if (!given_accepts(call, type)) {
        web_answer(call, 200, current);
        return;
    }
    if (presence_look_state(core->presence, bytes_of(event), aor, &state)) {
        web_tag(call, current);
        web_answer_text(call, 200, type, blob_bytes(state.body));
        blob_unref(&state.body);
    }
    json_decref(current);
}

const char *state_handling(enum sub_handling handling)
{
    static const char *const names[] = {[SUB_BLOCK] = "block",
                                        [SUB_CONFIRM] = "confirm",
                                        [SUB_POLITE_BLOCK] = "polite-block",
                                        [SUB_ALLOW] = "allow"};
    return names[handling];
}

static json_t *view_json(struct bytes aor, struct bytes watcher,
                         const struct presence_look_view *view)
{
    json_t *object = json_object();
    give_text(object, "user", aor);
    give_text(object, "as", watcher);
    give_words(object, "handling", state_handling(view->decision.handling));
    give_flag(object, "visible", view->body != NULL);
    give_flag(object, "cut", view->cut);
    if (view->body != NULL)
        state_read(object, blob_bytes(view->body));
    return object;
}

/* As a watcher would see it. */
static void get_as(struct web_call *call, const struct web_core *core, struct bytes aor,
                   const struct people_aor *as)
{
    const struct policy_watcher watcher = subscription_watcher(core, "presence", aor, as);
    struct presence_look_view view;
    if (!presence_look_as(core->presence, BYTES("presence"), aor, &watcher, BYTES(""), &view))
        return;
    if (!given_accepts(call, PIDF))
        web_answer(call, 200, view_json(aor, watcher.aor, &view));
    else if (view.body != NULL)
        web_answer_text(call, 200, PIDF, blob_bytes(view.body));
    else
        web_problem(call, 404, "nothing-visible", "as",
                    "%s may see nothing at all (%s); ask for JSON, or change the user's rules",
                    as->text, state_handling(view.decision.handling));
    rights_unref(&view.decision.rights);
    blob_unref(&view.body);
}

static void get_presence(struct web_call *call, const struct web_core *core)
{
    struct people_aor user, as = {.domain = NULL};
    if (!give_user(call, core, &user) || !give_anybody(call, "as", &as))
        return;
    give_latest(call, core, give_aor(&user));
    if (bytes_empty(give_aor(&as)))
        answer_state(call, core, give_aor(&user), "presence", PIDF,
                     presence_json(core, give_aor(&user)));
    else
        get_as(call, core, give_aor(&user), &as);
}

/* Setting. */

/* False: the problem is answered. */
static bool set(struct web_call *call, const struct web_core *core,
                const struct presence_state *state)
{
    struct store_change change;
    struct verdict v = presence_set_state(core->presence, state, &change);
    if (verdict_ok(v))
        web_wait(call, change);
    else
        web_problem(call, v.status == 503 ? 503 : 400, v.status == 503 ? "busy" : "bad-state", NULL,
                    "%s", v.reason != NULL ? v.reason : "the state cannot be set");
    return verdict_ok(v);
}

/* `where`: of the object, "" or "/fax". */
static bool only_knows(struct web_call *call, const json_t *object, const char *where,
                       const char *const *names)
{
    struct faults faults = {NULL};
    const struct given given = {object, where, &faults};
    if (json_is_object(object))
        given_only(&given, names);
    else
        fault_add(&faults, where, "a JSON object is wanted");
    return !faults_answer(call, &faults);
}

/* A text of an object; false: 400 is answered. *text stays when it is not there, or null. */
static bool take_text(struct web_call *call, const json_t *object, const char *name,
                      const char *pointer, size_t most, struct bytes *text)
{
    const json_t *value = json_object_get(object, name);
    if (value == NULL || json_is_null(value))
        return true;
    if (json_is_string(value) && json_string_length(value) <= most) {
        *text = bytes_from(json_string_value(value), json_string_length(value));
        return true;
    }
    web_problem(call, 400, "bad-field", pointer, "%s must be a text of at most %zu bytes", name,
                most);
    return false;
}

static bool take_basic(struct web_call *call, const json_t *body, struct simple_state *state)
{
    struct bytes basic = BYTES("open");
    if (!take_text(call, body, "basic", "/basic", 16, &basic))
        return false;
    state->open = bytes_equal(basic, BYTES("open"));
    if (!state->open && !bytes_equal(basic, BYTES("closed")))
        web_problem(call, 400, "bad-field", "/basic", "basic must be open or closed");
    return !web_answered(call);
}

static void refuse_activity(struct web_call *call, size_t index)
{
    char pointer[40], known[600];
    struct buffer out = buffer_over(pointer, sizeof(pointer)),
                  all = buffer_over(known, sizeof(known));
    buffer_format(&out, "/activities/%zu", index);
    buffer_char(&out, '\0');
    for (size_t i = 0; simple_activities()[i] != NULL; i++)
        buffer_format(&all, "%s%s", i > 0 ? ", " : "", simple_activities()[i]);
    buffer_char(&all, '\0');
    web_problem(call, 400, "bad-field", pointer, "an activity is one of %s", known);
}

static bool take_activities(struct web_call *call, const json_t *body, struct simple_state *state)
{
    const json_t *list = json_object_get(body, "activities");
    if (list == NULL || json_is_null(list))
        return true;
    if (!json_is_array(list) || json_array_size(list) > SIMPLE_ACTIVITIES_MAX) {
        web_problem(call, 400, "bad-field", "/activities",
                    "activities must be a list of at most %d words", SIMPLE_ACTIVITIES_MAX);
        return false;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *value = json_array_get(list, i);
        struct bytes word = bytes_of(json_string_value(value));
        if (!simple_activity(word)) {
            refuse_activity(call, i);
            return false;
        }
        state->activities[state->activity_count++] = word;
    }
    return true;
}

static bool take_note(struct web_call *call, const json_t *body, struct simple_state *state)
{
    if (!take_text(call, body, "note", "/note", NOTE_MAX_BYTES, &state->note))
        return false;
    for (size_t i = 0; i < state->note.length; i++) {
        unsigned char c = (unsigned char)state->note.at[i];
        if ((c < ' ' && c != '\n' && c != '\t') || c == 0x7f) {
            web_problem(call, 400, "bad-field", "/note", "the note has control characters in it");
            return false;
        }
    }
    return true;
}

static bool take_until(struct web_call *call, const struct web_core *core, const json_t *body,
                       struct simple_state *state)
{
    struct bytes text = BYTES("");
    if (!take_text(call, body, "until", "/until", 40, &text))
        return false;
    if (bytes_empty(text))
        return true;
    if (simple_moment(text, &state->until_ms) && state->until_ms > core->world->wall_ms)
        return true;
    web_problem(call, 400, "bad-field", "/until",
                "until must be a time that is still to come, like 2030-01-31T18:00:00Z");
    return false;
}

/* The problem is answered, or the precondition holds. */
static bool may_change_presence(struct web_call *call, const struct web_core *core,
                                struct bytes aor)
{
    json_t *current = presence_json(core, aor);
    bool may = web_may_change(call, current);
    json_decref(current);
    return may;
}

static void write_entity(const struct people_aor *user, struct buffer *out)
{
    buffer_text(out, "sip:");
    buffer_put(out, give_aor(user));
}

static void put_presence(struct web_call *call, const struct web_core *core)
{
    static const char *const names[] = {"basic", "activities", "note", "until", NULL};
    const json_t *body = web_json(call);
    struct simple_state state = {.until_ms = 0};
    struct people_aor user;
    char entity[PEOPLE_AOR_MAX + 8];
    struct buffer out = buffer_over(entity, sizeof(entity));
    if (!give_user(call, core, &user) || !only_knows(call, body, "", names) ||
        !take_basic(call, body, &state) || !take_activities(call, body, &state) ||
        !take_note(call, body, &state) || !take_until(call, core, body, &state) ||
        !may_change_presence(call, core, give_aor(&user)))
        return;
    write_entity(&user, &out);
    state.entity = buffer_bytes(&out);
    struct blob *document = simple_write(&state);
    const struct presence_state put = {.aor = give_aor(&user),
                                       .event = BYTES("presence"),
                                       .content_type = BYTES(PIDF),
                                       .body = blob_bytes(document),
                                       .expires_ms = state.until_ms};
    if (set(call, core, &put))
        web_answer(call, 200, presence_json(core, give_aor(&user)));
    blob_unref(&document);
}

static void delete_presence(struct web_call *call, const struct web_core *core)
{
    struct people_aor user;
    if (!give_user(call, core, &user) || !may_change_presence(call, core, give_aor(&user)))
        return;
    const struct presence_state state = {.aor = give_aor(&user), .event = BYTES("presence")};
    set(call, core, &state);
}

/* Waiting messages (RFC 3842). */

static const struct {
    const char *field, *class;
} classes[CLASSES] = {
    {"voice", "Voice-Message"}, {"video", "Video-Message"},           {"fax", "Fax-Message"},
    {"pager", "Pager-Message"}, {"multimedia", "Multimedia-Message"}, {"text", "Text-Message"},
    {"none", "None"},
};

/* "2/8 (0/2)" */
static json_t *counts_json(struct bytes value)
{
    static const char *const names[] = {"new", "old", "new_urgent", "old_urgent"};
    json_t *counts = json_object();
    size_t at = 0;
    for (size_t i = 0; i < 4; i++) {
        uint64_t number = 0;
        while (at < value.length && (value.at[at] < '0' || value.at[at] > '9'))
            at++;
        for (; at < value.length && value.at[at] >= '0' && value.at[at] <= '9'; at++)
            number = number < UINT32_MAX ? number * 10 + (uint64_t)(value.at[at] - '0') : number;
        give_number(counts, names[i], number);
    }
    return counts;
}

static void read_line(json_t *object, struct bytes name, struct bytes value)
{
    if (bytes_equal_nocase(name, BYTES("Messages-Waiting")))
        give_flag(object, "waiting", bytes_equal_nocase(value, BYTES("yes")));
    if (bytes_equal_nocase(name, BYTES("Message-Account")))
        give_text(object, "account", value);
    for (size_t i = 0; i < CLASSES; i++)
        if (bytes_equal_nocase(name, bytes_of(classes[i].class)))
            json_object_set_new(object, classes[i].field, counts_json(value));
}

static json_t *summary_json(const struct web_core *core, struct bytes aor)
{
    struct presence_look_state state;
    json_t *object = json_object();
    if (!presence_look_state(core->presence, BYTES("message-summary"), aor, &state))
        return object;
    struct bytes rest = blob_bytes(state.body);
    give_text(object, "user", aor);
    give_flag(object, "waiting", false);
    give_text(object, "account", BYTES(""));
    while (!bytes_empty(rest)) {
        struct bytes value = bytes_trim(bytes_split(&rest, '\n'));
        if (bytes_empty(value))
            break;
        struct bytes name = bytes_split(&value, ':');
        read_line(object, bytes_trim(name), bytes_trim(value));
    }
    blob_unref(&state.body);
    return object;
}

static void get_summary(struct web_call *call, const struct web_core *core)
{
    struct people_aor user;
    if (!give_user(call, core, &user))
        return;
    struct bytes aor = give_aor(&user);
    give_latest(call, core, aor);
    answer_state(call, core, aor, "message-summary", SUMMARY, summary_json(core, aor));
}

struct counts {
    json_int_t numbers[4]; /* new, old, new and old that are urgent */
};

static bool take_counts(struct web_call *call, const json_t *value, const char *field,
                        struct counts *counts)
{
    static const char *const names[] = {"new", "old", "new_urgent", "old_urgent", NULL};
    char pointer[64];
    struct buffer out = buffer_over(pointer, sizeof(pointer));
    bool good = json_is_object(value);
    buffer_format(&out, "/%s", field);
    buffer_char(&out, '\0');
    for (size_t i = 0; good && i < 4; i++) {
        const json_t *number = json_object_get(value, names[i]);
        counts->numbers[i] = json_integer_value(number);
        good = number == NULL || (json_is_integer(number) && counts->numbers[i] >= 0 &&
                                  counts->numbers[i] <= COUNT_MAX);
    }
    if (!good)
        web_problem(call, 400, "bad-field", pointer,
                    "%s must be an object of counts from 0 to %d: new, old, new_urgent, old_urgent",
                    field, COUNT_MAX);
    return good && only_knows(call, value, pointer, names);
}

/* RFC 3842 3.4: those that are urgent are counted among all. */
static bool counts_agree(struct web_call *call, const char *field, const struct counts *counts)
{
    static const char *const names[] = {"new", "old"};
    char pointer[64];
    for (size_t i = 0; i < 2; i++) {
        if (counts->numbers[i + 2] <= counts->numbers[i])
            continue;
        snprintf(pointer, sizeof(pointer), "/%s/%s_urgent", field, names[i]);
        web_problem(call, 400, "bad-field", pointer,
                    "of %lld %s messages %lld cannot be urgent; urgent ones are counted in %s, too",
                    (long long)counts->numbers[i], names[i], (long long)counts->numbers[i + 2],
                    names[i]);
        return false;
    }
    return true;
}

static bool write_classes(struct web_call *call, const json_t *body, struct buffer *out,
                          bool *waiting)
{
    for (size_t i = 0; i < CLASSES; i++) {
        const json_t *value = json_object_get(body, classes[i].field);
        struct counts counts;
        if (value == NULL || json_is_null(value))
            continue;
        if (!take_counts(call, value, classes[i].field, &counts) ||
            !counts_agree(call, classes[i].field, &counts))
            return false;
        *waiting = *waiting || counts.numbers[0] > 0;
        buffer_format(out, "%s: %lld/%lld (%lld/%lld)\r\n", classes[i].class,
                      (long long)counts.numbers[0], (long long)counts.numbers[1],
                      (long long)counts.numbers[2], (long long)counts.numbers[3]);
    }
    return true;
}

/* *waiting before: whether new ones are counted; those wait. */
static bool take_waiting(struct web_call *call, const json_t *body, bool *waiting)
{
    const json_t *value = json_object_get(body, "waiting");
    if (value == NULL || json_is_null(value))
        return true;
    bool contradicts = json_is_false(value) && *waiting;
    *waiting = json_is_true(value);
    if (!json_is_boolean(value))
        web_problem(call, 400, "bad-field", "/waiting", "waiting must be true or false");
    else if (contradicts)
        web_problem(call, 400, "bad-field", "/waiting",
                    "new messages are counted, so some wait; leave waiting out, or count none");
    return json_is_boolean(value) && !contradicts;
}

/* False: the problem is answered. */
static bool write_summary(struct web_call *call, const json_t *body, struct buffer *out)
{
    static const char *const names[] = {"waiting", "account",    "voice", "video", "fax",
                                        "pager",   "multimedia", "text",  "none",  NULL};
    char text[1024];
    struct buffer lines = buffer_over(text, sizeof(text));
    struct bytes account = BYTES("");
    bool waiting = false;
    if (!only_knows(call, body, "", names) || !write_classes(call, body, &lines, &waiting) ||
        !take_waiting(call, body, &waiting) ||
        !take_text(call, body, "account", "/account", 500, &account))
        return false;
    buffer_format(out, "Messages-Waiting: %s\r\n", waiting ? "yes" : "no");
    for (size_t i = 0; i < account.length; i++) {
        if ((unsigned char)account.at[i] > ' ' && account.at[i] != 0x7f)
            continue;
        web_problem(call, 400, "bad-field", "/account", "account must be a URI");
        return false;
    }
    if (!bytes_empty(account))
        buffer_format(out, "Message-Account: %.*s\r\n", BYTES_ARGS(account));
    buffer_put(out, buffer_bytes(&lines));
    return true;
}

static bool may_change_summary(struct web_call *call, const struct web_core *core, struct bytes aor)
{
    json_t *current = summary_json(core, aor);
    bool may = web_may_change(call, current);
    json_decref(current);
    return may;
}

static void put_summary(struct web_call *call, const struct web_core *core)
{
    struct people_aor user;
    char text[2048];
    struct buffer out = buffer_over(text, sizeof(text));
    if (!give_user(call, core, &user) || !write_summary(call, web_json(call), &out) ||
        !may_change_summary(call, core, give_aor(&user)))
        return;
    const struct presence_state state = {.aor = give_aor(&user),
                                         .event = BYTES("message-summary"),
                                         .content_type = BYTES(SUMMARY),
                                         .body = buffer_bytes(&out)};
    if (set(call, core, &state))
        web_answer(call, 200, summary_json(core, give_aor(&user)));
}

static void delete_summary(struct web_call *call, const struct web_core *core)
{
    struct people_aor user;
    if (!give_user(call, core, &user) || !may_change_summary(call, core, give_aor(&user)))
        return;
    const struct presence_state state = {.aor = give_aor(&user), .event = BYTES("message-summary")};
    set(call, core, &state);
}

const struct web_endpoint state_endpoints[] = {
    {WEB_GET, "/api/v1/users/{user}/presence", WEB_PRESENCE, true, WEB_NO_BODY, NULL, get_presence,
     "as"},
    {WEB_PUT, "/api/v1/users/{user}/presence", WEB_PRESENCE, true, WEB_JSON, NULL, put_presence},
    {WEB_DELETE, "/api/v1/users/{user}/presence", WEB_PRESENCE, true, WEB_NO_BODY, NULL,
     delete_presence},
    {WEB_GET, "/api/v1/users/{user}/message-summary", WEB_PRESENCE, true, WEB_NO_BODY, NULL,
     get_summary},
    {WEB_PUT, "/api/v1/users/{user}/message-summary", WEB_PRESENCE, false, WEB_JSON, NULL,
     put_summary},
    {WEB_DELETE, "/api/v1/users/{user}/message-summary", WEB_PRESENCE, false, WEB_NO_BODY, NULL,
     delete_summary},
    {.path = NULL},
};
