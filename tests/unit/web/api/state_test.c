/* state_test.c: presence and message counts that are put in, and what comes of them. */
#include "web/api/state.h"

#include "fixture/live.h"

#define PRESENCE "/api/v1/users/bob/presence"
#define SUMMARY "/api/v1/users/bob/message-summary"

static unsigned put(const char *body)
{
    ground->mark = ground->net.sent_count;
    unsigned status = live_do(state_endpoints, "PUT " PRESENCE, body);
    ground_commit(ground);
    return status;
}

static const char *word(const json_t *object, const char *list, size_t index)
{
    const char *text = json_string_value(json_array_get(json_object_get(object, list), index));
    return text != NULL ? text : "";
}

START_TEST(what_is_put_in_is_told)
{
    live_open();
    watch("");
    ck_assert_uint_eq(put("{\"activities\": [\"meeting\", \"busy\"], \"note\": \"Room <5>\"}"),
                      200);
    ck_assert_uint_ne(fake_call_waits(call).number, 0);
    const char *text = notified("SIP/2.0 200 OK");
    ck_assert_has(text, "<basic>open</basic>");
    ck_assert_has(text, "meeting");
    ck_assert_has(text, "Room &lt;5");
    const json_t *got = live_get(state_endpoints, "GET " PRESENCE);
    ck_assert_field(got, "basic", "open");
    ck_assert_str_eq(word(got, "activities", 0), "meeting");
    ck_assert_str_eq(word(got, "activities", 1), "busy");
    ck_assert_str_eq(word(got, "notes", 0), "Room <5>");
    ck_assert_str_eq(word(json_object_get(got, "set"), "activities", 1), "busy");
    ck_assert_uint_eq(live_do(state_endpoints, "DELETE " PRESENCE, NULL), 204);
    ground_commit(ground);
    ck_assert_lacks(notified("SIP/2.0 200 OK"), "meeting");
    got = live_get(state_endpoints, "GET " PRESENCE);
    ck_assert_field(got, "basic", "closed");
    ck_assert(json_is_null(json_object_get(got, "set")));
    live_close();
}
END_TEST

/* A calendar knows until when it speaks; over a restart, too. */
START_TEST(it_ends_when_it_said)
{
    live_open();
    ck_assert_uint_eq(put("{\"activities\": [\"meeting\"], \"until\": \"2023-11-14T22:23:20Z\"}"),
                      200);
    const json_t *got = live_get(state_endpoints, "GET " PRESENCE);
    ck_assert_field(json_object_get(got, "set"), "until", "2023-11-14T22:23:20.000Z");
    watch("");
    ck_assert_int_eq(presence_load(presence, partition_of(BOB)), ERR_NONE);
    ck_assert_uint_eq(presence_count(presence).publications, 1);
    ground_wait(ground, 599000);
    ground_commit(ground);
    ck_assert_uint_eq(presence_count(presence).publications, 1);
    ground_wait(ground, 2000);
    ground_commit(ground);
    ck_assert_uint_eq(presence_count(presence).publications, 0);
    got = live_get(state_endpoints, "GET " PRESENCE);
    ck_assert(json_is_null(json_object_get(got, "set")));
    live_close();
}
END_TEST

START_TEST(what_is_wrong_is_named)
{
    static const struct {
        const char *body, *field;
    } cases[] = {
        {"[]", ""},
        {"{\"basic\": \"away\"}", "/basic"},
        {"{\"basic\": 1}", "/basic"},
        {"{\"activities\": \"busy\"}", "/activities"},
        {"{\"activities\": [\"busy\", \"dancing\"]}", "/activities/1"},
        {"{\"activities\": [1]}", "/activities/0"},
        {"{\"note\": \"a\\u0001\"}", "/note"},
        {"{\"until\": \"tomorrow\"}", "/until"},
        {"{\"until\": \"2020-01-01T00:00:00Z\"}", "/until"},
        {"{\"mood\": \"happy\"}", "/mood"},
    };
    live_open();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_msg(put(cases[i].body) == 400, "%s", cases[i].body);
        ck_assert_str_eq(fake_call_problem_field(call), cases[i].field);
    }
    ck_assert_uint_eq(presence_count(presence).publications, 0);
    ck_assert_uint_eq(live_do(state_endpoints, "PUT /api/v1/users/nobody/presence", "{}"), 404);
    ground_fill_store(ground);
    ck_assert_uint_eq(live_do(state_endpoints, "PUT " PRESENCE, "{}"), 503);
    live_close();
}
END_TEST

START_TEST(only_who_saw_it_changes_it)
{
    live_open();
    char *tag = fake_call_etag(live_get(state_endpoints, "GET " PRESENCE));
    ck_assert_uint_eq(put("{}"), 200);
    live_call(state_endpoints, "PUT " PRESENCE, "{\"basic\": \"closed\"}");
    fake_call_field(call, "If-Match", tag);
    fake_call_run(call, NULL, &core);
    ck_assert_uint_eq(fake_call_status(call), 412);
    free(tag);
    live_close();
}
END_TEST

START_TEST(as_pidf_whole_and_as_a_watcher_sees_it)
{
    live_open();
    ck_assert_uint_eq(publish("", "here"), 200);
    live_call(state_endpoints, "GET " PRESENCE, NULL);
    fake_call_field(call, "Accept", "application/pidf+xml");
    fake_call_run(call, NULL, &core);
    ck_assert_str_eq(fake_call_type(call), "application/pidf+xml");
    ck_assert_has(fake_call_text(call).at, ">here<");
    ck_assert_str_eq(fake_call_answer_field(call, "Vary"), "Accept");
    live_call(state_endpoints, "GET " PRESENCE, NULL);
    fake_call_field(call, "Accept", "application/pidf+xml;q=0, application/json");
    fake_call_run(call, NULL, &core);
    ck_assert_ptr_nonnull(fake_call_json(call));
    ck_assert_str_eq(fake_call_answer_field(call, "Vary"), "Accept");
    const json_t *got = live_get(state_endpoints, "GET " PRESENCE "?as=alice");
    ck_assert_field(got, "handling", "allow");
    ck_assert_field(json_array_get(json_object_get(got, "tuples"), 0), "note", "here");
    got = live_get(state_endpoints, "GET " PRESENCE "?as=zoe@other.org");
    ck_assert_field(got, "handling", "confirm");
    ck_assert(json_is_false(json_object_get(got, "visible")));
    rule("polite-block");
    got = live_get(state_endpoints, "GET " PRESENCE "?as=alice");
    ck_assert_field(got, "handling", "polite-block");
    ck_assert_field(got, "basic", "closed");
    rule("block");
    live_call(state_endpoints, "GET " PRESENCE "?as=alice", NULL);
    fake_call_field(call, "Accept", "application/pidf+xml");
    fake_call_run(call, NULL, &core);
    ck_assert_uint_eq(fake_call_status(call), 404);
    ck_assert_str_eq(fake_call_problem_field(call), "as");
    live_close();
}
END_TEST

/* RFC 3325: whom a trusted address vouches for is a neighbour, as long as it watches. */
START_TEST(as_somebody_of_another_domain_was_told)
{
    live_open();
    ck_assert_uint_eq(publish("", "here"), 200);
    const json_t *got = live_get(state_endpoints, "GET " PRESENCE "?as=x@other.org");
    ck_assert_field(got, "handling", "confirm");
    struct ask ask = subscribing("");
    ask.from = "<sip:x@other.org>;tag=x";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    const char *told = strstr(notified("SIP/2.0 200 OK"), "\r\n\r\n");
    ck_assert_has(told, ">here<");
    got = live_get(state_endpoints, "GET " PRESENCE "?as=x@other.org");
    ck_assert_field(got, "handling", "allow");
    live_call(state_endpoints, "GET " PRESENCE "?as=x@other.org", NULL);
    fake_call_field(call, "Accept", "application/pidf+xml");
    fake_call_run(call, NULL, &core);
    ck_assert_uint_eq(fake_call_status(call), 200);
    ck_assert_str_eq(fake_call_text(call).at, told + 4);
    live_close();
}
END_TEST

/* RFC 3842 */
START_TEST(message_counts_are_put_in)
{
    live_open();
    struct ask ask = subscribing("Event: message-summary\r\n");
    ask.from = "<sip:bob@example.org>;tag=m";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    notified("SIP/2.0 200 OK");
    ground->mark = ground->net.sent_count;
    ck_assert_uint_eq(live_do(state_endpoints, "PUT " SUMMARY,
                              "{\"account\": \"sip:box@example.org\", \"voice\": {\"new\": 2, "
                              "\"old\": 8, \"old_urgent\": 1}}"),
                      200);
    ground_commit(ground);
    const char *text = notified("SIP/2.0 200 OK");
    ck_assert_has(text, "Messages-Waiting: yes\r\n");
    ck_assert_has(text, "Message-Account: sip:box@example.org\r\n");
    ck_assert_has(text, "Voice-Message: 2/8 (0/1)\r\n");
    const json_t *got = live_get(state_endpoints, "GET " SUMMARY);
    ck_assert(json_is_true(json_object_get(got, "waiting")));
    ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(got, "voice"), "old")), 8);
    ck_assert_int_eq(
        json_integer_value(json_object_get(json_object_get(got, "voice"), "old_urgent")), 1);
    ck_assert_uint_eq(live_do(state_endpoints, "DELETE " SUMMARY, NULL), 204);
    ground_commit(ground);
    ck_assert_has(notified("SIP/2.0 200 OK"), "Messages-Waiting: no\r\n");
    live_close();
}
END_TEST

START_TEST(wrong_counts_are_named)
{
    static const struct {
        const char *body, *field;
    } cases[] = {
        {"{\"voice\": 3}", "/voice"},
        {"{\"voice\": {\"new\": -1}}", "/voice"},
        {"{\"fax\": {\"fresh\": 1}}", "/fax/fresh"},
        {"{\"waiting\": 1}", "/waiting"},
        {"{\"account\": \"a b\"}", "/account"},
        {"{\"letters\": {}}", "/letters"},
        {"{\"voice\": {\"new\": 1, \"new_urgent\": 5}}", "/voice/new_urgent"},
        {"{\"text\": {\"old_urgent\": 1}}", "/text/old_urgent"},
        {"{\"waiting\": false, \"fax\": {\"new\": 3}}", "/waiting"},
    };
    live_open();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_msg(live_do(state_endpoints, "PUT " SUMMARY, cases[i].body) == 400, "%s",
                      cases[i].body);
        ck_assert_str_eq(fake_call_problem_field(call), cases[i].field);
    }
    ck_assert_uint_eq(presence_count(presence).publications, 0);
    live_close();
}
END_TEST

UNIT_MAIN("state", what_is_put_in_is_told, it_ends_when_it_said, what_is_wrong_is_named,
          only_who_saw_it_changes_it, as_pidf_whole_and_as_a_watcher_sees_it,
          as_somebody_of_another_domain_was_told, message_counts_are_put_in, wrong_counts_are_named)
