/* messages_test.c: saying something, what was said, and what waits; over a store that the test
 * steps. What is heard of it by SIP is the scenarios'. */
#include "web/api/messages.h"

#include "fixture/messaging.h"
#include "web/fake_call.h"

static const struct web_endpoints reading = {messages_endpoints, SIZE_MAX};
static const struct web_endpoints sending = {sending_endpoints, SIZE_MAX};

static struct web_call *call;

static void load(void)
{
    for (unsigned i = 0; i < PARTITIONS; i++)
        ck_assert_int_eq(im_load(messaging.im, i), ERR_NONE);
}

static void open_place(const struct im_settings *settings)
{
    messaging_open(settings);
    load();
}

static void close_place(void)
{
    fake_call_free(&call);
    messaging_close();
}

static void restart(void)
{
    messaging_unbuild();
    ground_restart(messaging.ground);
    messaging_build(NULL);
    load();
}

static struct web_core core_now(void)
{
    const struct ground *ground = messaging.ground;
    return (struct web_core){
        .world = ground->parts.world,
        .metrics = ground->parts.metrics,
        .store = ground->parts.store,
        .front = ground->front,
        .domains = ground->parts.domains,
        .accounts = ground->parts.accounts,
        .policy = ground->parts.policy,
        .im = messaging.im,
    };
}

static const char *if_match; /* NULL: none */

/* As a real call: what it waits for becomes durable. `caller` NULL: a token. */
static unsigned ask(const char *request, const char *body, const char *caller, const char *key)
{
    const struct web_core core = core_now();
    fake_call_free(&call);
    call = fake_call(strncmp(request, "POST", 4) == 0 ? &sending : &reading, request, body);
    if (caller != NULL)
        fake_call_as(call, caller);
    if (key != NULL)
        fake_call_field(call, "Idempotency-Key", key);
    if (if_match != NULL)
        fake_call_field(call, "If-Match", if_match);
    fake_call_run(call, messaging.ground->accounts, &core);
    ground_commit(messaging.ground);
    return fake_call_status(call);
}

static const char *field(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "";
}

static size_t item_count(void)
{
    return json_array_size(json_object_get(fake_call_json(call), "items"));
}

static const json_t *item(size_t index)
{
    return json_array_get(json_object_get(fake_call_json(call), "items"), index);
}

/* Says something to bob and passes a second. */
static void say(const char *text)
{
    char body[200];
    snprintf(body, sizeof(body), "{\"to\": \"bob\", \"text\": \"%s\"}", text);
    ck_assert_uint_eq(ask("POST /api/v1/users/alice/messages", body, NULL, NULL), 202);
    ground_wait(messaging.ground, 1000);
}

START_TEST(what_was_said_is_in_both_logs)
{
    open_place(NULL);
    ck_assert_uint_eq(ask("POST /api/v1/users/alice/messages",
                          "{\"to\": \"sip:bob@EXAMPLE.org\", \"text\": \"hi\"}", NULL, NULL),
                      202);
    ck_assert_str_eq(field(fake_call_json(call), "user"), "alice@example.org");
    ck_assert_str_eq(field(fake_call_json(call), "state"), "sent");
    char path[200];
    snprintf(path, sizeof(path), "/api/v1/users/alice%%40example.org/messages/%s",
             field(fake_call_json(call), "id"));
    ck_assert_str_eq(fake_call_answer_field(call, "Location"), path);
    char request[220];
    snprintf(request, sizeof(request), "GET %s", path);
    ck_assert_uint_eq(ask(request, NULL, NULL, NULL), 200);
    ck_assert_str_eq(field(fake_call_json(call), "direction"), "out");
    ck_assert_str_eq(field(fake_call_json(call), "to"), "bob@example.org");
    ck_assert_str_eq(field(fake_call_json(call), "text"), "hi");
    ck_assert_str_eq(field(fake_call_json(call), "time"), "2023-11-14T22:13:20.000Z");
    ck_assert_uint_eq(ask("GET /api/v1/users/bob/messages", NULL, NULL, NULL), 200);
    ck_assert_uint_eq(item_count(), 1);
    ck_assert_str_eq(field(item(0), "direction"), "in");
    ck_assert_str_eq(field(item(0), "from"), "alice@example.org");
    ck_assert_str_eq(field(item(0), "state"), "waiting");
    close_place();
}
END_TEST

/* Whom a receiver does not take in silence must look like who is away: to the user, not to who has
 * a token. */
START_TEST(a_sender_learns_no_more_than_by_sip)
{
    open_place(NULL);
    say("hi");
    ck_assert_uint_eq(ask("GET /api/v1/users/alice/messages", NULL, NULL, NULL), 200);
    ck_assert_str_eq(field(item(0), "state"), "waiting");
    ck_assert_uint_eq(ask("GET /api/v1/users/alice/messages", NULL, "alice@example.org", NULL),
                      200);
    ck_assert_str_eq(field(item(0), "state"), "sent");
    ck_assert_uint_eq(json_array_size(json_object_get(item(0), "deliveries")), 0);
    close_place();
}
END_TEST

START_TEST(a_log_is_read_in_pages_from_its_newest)
{
    open_place(NULL);
    say("one");
    say("two");
    say("three");
    ck_assert_uint_eq(ask("GET /api/v1/users/bob/messages?limit=2", NULL, NULL, NULL), 200);
    ck_assert_uint_eq(item_count(), 2);
    ck_assert_str_eq(field(item(0), "text"), "three");
    ck_assert_str_eq(field(item(1), "text"), "two");
    char next[300];
    snprintf(next, sizeof(next), "GET %s", field(fake_call_json(call), "next"));
    ck_assert_uint_eq(ask(next, NULL, NULL, NULL), 200);
    ck_assert_uint_eq(item_count(), 1);
    ck_assert_str_eq(field(item(0), "text"), "one");
    ck_assert(json_is_null(json_object_get(fake_call_json(call), "next")));
    ck_assert_uint_eq(ask("GET /api/v1/users/bob/messages?since=2023-11-14T22:13:21Z"
                          "&until=2023-11-14T22:13:22Z",
                          NULL, NULL, NULL),
                      200);
    ck_assert_uint_eq(item_count(), 1);
    ck_assert_str_eq(field(item(0), "text"), "two");
    close_place();
}
END_TEST

/* Of one moment, by their serials: none twice, none left out. */
START_TEST(messages_of_one_moment_are_all_read)
{
    char next[300] = "GET /api/v1/users/bob/messages?limit=1";
    open_place(NULL);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_uint_eq(ask("POST /api/v1/users/alice/messages",
                              "{\"to\": \"bob\", \"text\": \"at once\"}", NULL, NULL),
                          202);
    size_t seen = 0;
    for (char last[32] = ""; strcmp(next, "GET ") != 0; seen++) {
        ck_assert_uint_eq(ask(next, NULL, NULL, NULL), 200);
        ck_assert_uint_eq(item_count(), 1);
        ck_assert(last[0] == '\0' || strcmp(field(item(0), "id"), last) < 0);
        snprintf(last, sizeof(last), "%s", field(item(0), "id"));
        snprintf(next, sizeof(next), "GET %s", field(fake_call_json(call), "next"));
    }
    ck_assert_uint_eq(seen, 3);
    close_place();
}
END_TEST

START_TEST(a_log_is_searched)
{
    open_place(NULL);
    say("Where is the Könighaus?");
    say("no idea");
    ck_assert_uint_eq(ask("POST /api/v1/users/carol/messages",
                          "{\"to\": \"bob\", \"text\": \"?\", \"subject\": \"KÖNIG\"}", NULL, NULL),
                      202);
    ck_assert_uint_eq(ask("GET /api/v1/users/bob/messages?search=k%C3%B6nig", NULL, NULL, NULL),
                      200);
    ck_assert_uint_eq(item_count(), 2);
    ck_assert_uint_eq(
        ask("GET /api/v1/users/bob/messages?search=k%C3%B6nig&with=alice", NULL, NULL, NULL), 200);
    ck_assert_uint_eq(item_count(), 1);
    ck_assert_str_eq(field(item(0), "text"), "Where is the Könighaus?");
    ck_assert_uint_eq(ask("GET /api/v1/users/bob/messages?search=queen", NULL, NULL, NULL), 200);
    ck_assert_uint_eq(item_count(), 0);
    close_place();
}
END_TEST

/* A search is not endless: it says where it goes on. */
START_TEST(a_long_search_is_cut)
{
    struct im_settings settings = im_settings_default();
    settings.stored_max = settings.stored_max_per_peer = 5000;
    settings.rate_max = 0;
    open_place(&settings);
    const struct im_letter letter = {.from = BYTES("alice@example.org"),
                                     .to = BYTES("bob@example.org"),
                                     .content_type = BYTES("text/plain"),
                                     .body = BYTES("needle")};
    for (unsigned i = 0; i < 2001; i++) {
        ck_assert_uint_eq(im_send(messaging.im, &letter).status, 202);
        if (i % 100 == 0)
            ground_commit(messaging.ground);
    }
    ground_commit(messaging.ground);
    ck_assert_uint_eq(ask("GET /api/v1/users/bob/messages?search=nothing", NULL, NULL, NULL), 200);
    ck_assert_uint_eq(item_count(), 0);
    char next[300];
    snprintf(next, sizeof(next), "GET %s", field(fake_call_json(call), "next"));
    ck_assert_ptr_nonnull(strstr(next, "search=nothing"));
    ck_assert_uint_eq(ask(next, NULL, NULL, NULL), 200);
    ck_assert(json_is_null(json_object_get(fake_call_json(call), "next")));
    close_place();
}
END_TEST

START_TEST(a_key_makes_one_message_over_a_restart)
{
    static const char body[] = "{\"to\": \"bob\", \"text\": \"once\"}";
    char first[32];
    open_place(NULL);
    ck_assert_uint_eq(ask("POST /api/v1/users/alice/messages", body, NULL, "k1"), 202);
    snprintf(first, sizeof(first), "%s", field(fake_call_json(call), "id"));
    ck_assert_uint_eq(ask("POST /api/v1/users/alice/messages", body, NULL, "k1"), 202);
    ck_assert_str_eq(field(fake_call_json(call), "id"), first);
    restart();
    ck_assert_uint_eq(ask("POST /api/v1/users/alice/messages", body, NULL, "k1"), 202);
    ck_assert_str_eq(field(fake_call_json(call), "id"), first);
    ground_wait(messaging.ground, 600000); /* nothing in memory knows it by then */
    ck_assert_uint_eq(ask("POST /api/v1/users/alice/messages", body, NULL, "k1"), 202);
    ck_assert_uint_eq(ask("GET /api/v1/users/bob/messages", NULL, NULL, NULL), 200);
    ck_assert_uint_eq(item_count(), 1);
    ck_assert_uint_eq(ask("GET /api/v1/users/alice/messages", NULL, NULL, NULL), 200);
    ck_assert_uint_eq(item_count(), 1);
    ck_assert_uint_eq(ask("POST /api/v1/users/alice/messages", body, NULL, "k2"), 202);
    ck_assert_uint_eq(ask("GET /api/v1/users/bob/messages", NULL, NULL, NULL), 200);
    ck_assert_uint_eq(item_count(), 2);
    close_place();
}
END_TEST

START_TEST(what_is_wrong_is_said)
{
    static const struct {
        const char *body;
        unsigned status;
        const char *field;
    } cases[] = {
        {"[]", 400, ""},
        {"{\"to\": \"bob\"}", 400, "/text"},
        {"{\"to\": \"no body\", \"text\": \"\"}", 400, "/to"},
        {"{\"text\": \"\"}", 400, "/to"},
        {"{\"to\": \"bob\", \"text\": \"\", \"from\": \"carol\"}", 400, "/from"},
        {"{\"to\": \"bob\", \"text\": \"\", \"content_type\": \"text\"}", 400, "/content_type"},
        {"{\"to\": \"bob\", \"text\": \"\", \"content_type\": \"a/b\\r\\nX: y\"}", 400,
         "/content_type"},
        {"{\"to\": \"bob\", \"text\": \"\", \"subject\": \"a\\r\\nX: y\"}", 400, "/subject"},
        {"{\"to\": \"nobody\", \"text\": \"\"}", 404, "/to"},
        {"{\"to\": \"bob\", \"text\": \"123456789\"}", 413, "/text"},
        {"{\"to\": \"bob\", \"text\": \"\", \"content_type\": \"image/svg+xml\"}", 415,
         "/content_type"},
    };
    struct im_settings settings = im_settings_default();
    settings.body_max_bytes = 8;
    settings.types[settings.type_count++] = "text/*";
    open_place(&settings);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned status = ask("POST /api/v1/users/alice/messages", cases[i].body, NULL, NULL);
        ck_assert_msg(status == cases[i].status, "%s: %u", cases[i].body, status);
        ck_assert_str_eq(fake_call_problem_field(call), cases[i].field);
    }
    ck_assert_uint_eq(ask("GET /api/v1/users/bob/messages?since=yesterday", NULL, NULL, NULL), 400);
    ck_assert_uint_eq(ask("GET /api/v1/users/bob/messages?after=5", NULL, NULL, NULL), 400);
    ck_assert_uint_eq(ask("GET /api/v1/users/bob/messages/waiting?after=zzz", NULL, NULL, NULL),
                      400);
    ck_assert_str_eq(fake_call_problem_field(call), "after");
    ck_assert_uint_eq(ask("GET /api/v1/users/bob/messages?limit=0", NULL, NULL, NULL), 400);
    ck_assert_uint_eq(ask("GET /api/v1/users/bob/messages/5", NULL, NULL, NULL), 404);
    ck_assert_uint_eq(ask("GET /api/v1/users/nobody/messages", NULL, NULL, NULL), 404);
    close_place();
}
END_TEST

START_TEST(who_sends_too_much_waits)
{
    struct im_settings settings = im_settings_default();
    settings.rate_max = 1;
    open_place(&settings);
    say("one");
    ck_assert_uint_eq(
        ask("POST /api/v1/users/alice/messages", "{\"to\": \"bob\", \"text\": \"\"}", NULL, NULL),
        429);
    ck_assert_str_ne(fake_call_answer_field(call, "Retry-After"), "");
    close_place();
}
END_TEST

START_TEST(a_user_has_room_for_so_many)
{
    struct im_settings settings = im_settings_default();
    settings.stored_max = 1;
    open_place(&settings);
    say("one");
    ck_assert_uint_eq(
        ask("POST /api/v1/users/alice/messages", "{\"to\": \"bob\", \"text\": \"\"}", NULL, NULL),
        409);
    ground_fill_store(messaging.ground);
    ck_assert_uint_eq(
        ask("POST /api/v1/users/alice/messages", "{\"to\": \"carol\", \"text\": \"\"}", NULL, NULL),
        503);
    ck_assert_uint_eq(ask("GET /api/v1/users/alice/messages", NULL, NULL, NULL), 200);
    ck_assert_uint_eq(item_count(), 1);
    close_place();
}
END_TEST

/* What was refused half is in nobody's log. */
START_TEST(what_the_store_refuses_was_never_said)
{
    const struct web_core core = (open_place(NULL), core_now());
    call = fake_call(&sending, "POST /api/v1/users/alice/messages",
                     "{\"to\": \"bob\", \"text\": \"lost\"}");
    fake_call_run(call, messaging.ground->accounts, &core);
    ck_assert_uint_ne(fake_call_waits(call).number, 0);
    ground_refuse(messaging.ground);
    ck_assert_uint_eq(ask("GET /api/v1/users/alice/messages", NULL, NULL, NULL), 200);
    ck_assert_uint_eq(item_count(), 0);
    ck_assert_uint_eq(ask("GET /api/v1/users/bob/messages", NULL, NULL, NULL), 200);
    ck_assert_uint_eq(item_count(), 0);
    close_place();
}
END_TEST

START_TEST(what_waits_is_listed_and_ended)
{
    char request[200];
    open_place(NULL);
    say("one");
    say("two");
    ck_assert_uint_eq(ask("GET /api/v1/users/bob/messages/waiting?limit=1", NULL, NULL, NULL), 200);
    ck_assert_uint_eq(item_count(), 1);
    ck_assert_str_eq(field(item(0), "text"), "one");
    char id[32];
    snprintf(id, sizeof(id), "%s", field(item(0), "id"));
    snprintf(request, sizeof(request), "GET %s", field(fake_call_json(call), "next"));
    ck_assert_uint_eq(ask(request, NULL, NULL, NULL), 200);
    ck_assert_uint_eq(item_count(), 1);
    ck_assert_str_eq(field(item(0), "text"), "two");
    ck_assert_ptr_null(json_object_get(fake_call_json(call), "next"));
    snprintf(request, sizeof(request), "DELETE /api/v1/users/bob/messages/waiting/%s", id);
    if_match = "\"another\"";
    ck_assert_uint_eq(ask(request, NULL, NULL, NULL), 412);
    if_match = NULL;
    ck_assert_uint_eq(im_waiting(messaging.im, BYTES("bob@example.org")), 2);
    ck_assert_uint_eq(ask(request, NULL, NULL, NULL), 204);
    ck_assert_uint_eq(im_waiting(messaging.im, BYTES("bob@example.org")), 1);
    ck_assert_uint_eq(ask(request, NULL, NULL, NULL), 404);
    snprintf(request, sizeof(request), "GET /api/v1/users/bob/messages/waiting/%s", id);
    ck_assert_uint_eq(ask(request, NULL, NULL, NULL), 404);
    snprintf(request, sizeof(request), "GET /api/v1/users/bob/messages/%s", id);
    ck_assert_uint_eq(ask(request, NULL, NULL, NULL), 200);
    ck_assert_str_eq(field(fake_call_json(call), "state"), "expired");
    restart();
    ck_assert_uint_eq(im_waiting(messaging.im, BYTES("bob@example.org")), 1);
    close_place();
}
END_TEST

UNIT_MAIN("messages", what_was_said_is_in_both_logs, a_sender_learns_no_more_than_by_sip,
          a_log_is_read_in_pages_from_its_newest, messages_of_one_moment_are_all_read,
          a_log_is_searched, a_long_search_is_cut, a_key_makes_one_message_over_a_restart,
          what_is_wrong_is_said, who_sends_too_much_waits, a_user_has_room_for_so_many,
          what_the_store_refuses_was_never_said, what_waits_is_listed_and_ended)
