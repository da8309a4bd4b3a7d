/* watching_test.c: who watches whom, and the end of it (RFC 6665 4.1.3). */
#include "web/api/watching.h"

#include "fixture/live.h"

START_TEST(a_subscription_is_shown_with_its_last_notify)
{
    live_open();
    watch("Expires: 600\r\n");
    const json_t *item = live_item(watching_endpoints, "GET /api/v1/subscriptions", 0);
    const json_t *notify = json_object_get(item, "last_notify");
    ck_assert_field(item, "presentity", "bob@example.org");
    ck_assert_field(item, "watcher", "alice@example.org");
    ck_assert_field(item, "event", "presence");
    ck_assert_field(item, "state", "active");
    ck_assert_field(item, "cause", "subscribe");
    ck_assert_field(item, "owed", "nothing");
    ck_assert_field(item, "sees", "everything");
    ck_assert_field(item, "target", "sip:alice@127.0.0.2:5060");
    ck_assert_field(item, "expires", "2023-11-14T22:23:20.000Z");
    ck_assert_field(notify, "at", "2023-11-14T22:13:20.000Z");
    ck_assert_field(notify, "answered_by", "watcher");
    ck_assert_int_eq(json_integer_value(json_object_get(notify, "answer")), 200);
    live_close();
}
END_TEST

START_TEST(an_unanswered_notify_is_owed)
{
    live_open();
    ck_assert_uint_eq(subscribe(""), 200);
    ground_wait(ground, 3000);
    const json_t *item = live_item(watching_endpoints, "GET /api/v1/subscriptions", 0);
    ck_assert_field(item, "owed", "under_way");
    ck_assert(json_is_null(json_object_get(json_object_get(item, "last_notify"), "answer")));
    live_close();
}
END_TEST

static void watch_as(const char *watcher, const char *call_id)
{
    char from[100];
    snprintf(from, sizeof(from), "<sip:%s@example.org>;tag=%s", watcher, call_id);
    struct ask ask = subscribing("");
    ask.from = from;
    ask.call = call_id;
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    notified("SIP/2.0 200 OK");
}

START_TEST(lists_are_filtered_and_come_in_pages)
{
    char next[600], seen[3][200];
    live_open();
    watch_as("alice", "one");
    watch_as("alice", "two");
    watch_as("carol", "three");
    ck_assert_uint_eq(
        json_array_size(live_items(watching_endpoints, "GET /api/v1/subscriptions?watcher=carol")),
        1);
    ck_assert_uint_eq(
        json_array_size(live_items(watching_endpoints, "GET /api/v1/subscriptions?presentity=bob")),
        3);
    ck_assert_uint_eq(json_array_size(live_items(watching_endpoints,
                                                 "GET /api/v1/subscriptions?presentity=carol")),
                      0);
    ck_assert_uint_eq(
        json_array_size(live_items(watching_endpoints, "GET /api/v1/subscriptions?event=dialog")),
        0);
    ck_assert_uint_eq(live_do(watching_endpoints, "GET /api/v1/subscriptions?event=presnce", NULL),
                      400);
    ck_assert_str_eq(fake_call_problem_field(call), "event");
    ck_assert_has(fake_call_problem_detail(call), "there are presence, ");
    ck_assert_uint_eq(
        json_array_size(live_items(watching_endpoints, "GET /api/v1/users/alice/subscriptions")),
        2);
    ck_assert_uint_eq(
        json_array_size(live_items(watching_endpoints, "GET /api/v1/users/bob/watchers")), 3);
    ck_assert_uint_eq(live_do(watching_endpoints, "GET /api/v1/subscriptions?watcher=%20", NULL),
                      400);
    snprintf(next, sizeof(next), "GET /api/v1/subscriptions?limit=1");
    for (unsigned i = 0; i < 3; i++) {
        const json_t *page = live_get(watching_endpoints, next);
        const json_t *item = json_array_get(json_object_get(page, "items"), 0);
        ck_assert_uint_eq(json_array_size(json_object_get(page, "items")), 1);
        keep_text(seen[i], live_text(item, "id"));
        snprintf(next, sizeof(next), "GET %s", live_text(page, "next"));
        ck_assert_int_eq(json_is_null(json_object_get(page, "next")), i == 2);
    }
    ck_assert_int_lt(strcmp(seen[0], seen[1]), 0);
    ck_assert_int_lt(strcmp(seen[1], seen[2]), 0);
    live_close();
}
END_TEST

START_TEST(what_no_page_has_given_has_no_page)
{
    static const char *const paths[] = {"subscriptions", "users/alice/subscriptions",
                                        "users/bob/watchers"};
    static const char *const names[] = {"nonsense", "presence;bob@example.org",
                                        "presence;bob@example.org;1",
                                        "none;bob@example.org;0000000000000001"};
    char request[160];
    live_open();
    watch("");
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        for (size_t j = 0; j < sizeof(names) / sizeof(names[0]); j++) {
            snprintf(request, sizeof(request), "GET /api/v1/%s?after=%s", paths[i], names[j]);
            ck_assert_msg(live_do(watching_endpoints, request, NULL) == 400, "%s", request);
            ck_assert_str_eq(fake_call_problem_field(call), "after");
        }
        /* one that has ended meanwhile, before all others */
        snprintf(request, sizeof(request),
                 "GET /api/v1/%s?after=presence;a@example.org;0000000000000001", paths[i]);
        ck_assert_uint_eq(json_array_size(live_items(watching_endpoints, request)), 1);
        snprintf(request, sizeof(request), "GET /api/v1/%s?after=", paths[i]);
        ck_assert_uint_eq(json_array_size(live_items(watching_endpoints, request)), 1);
    }
    live_close();
}
END_TEST

/* Its presentity is told what watcher information tells; a watcher not that it is blocked politely
 * (RFC 5025 3.2.1). */
START_TEST(users_see_less_than_the_administrator)
{
    live_open();
    watch("");
    rule("polite-block");
    ground_commit(ground);
    const json_t *item = live_item(watching_endpoints, "GET /api/v1/users/alice/subscriptions", 0);
    ck_assert_field(item, "sees", "offline");
    live_call(watching_endpoints, "GET /api/v1/users/alice/subscriptions", NULL);
    fake_call_as(call, "alice@example.org");
    fake_call_run(call, NULL, &core);
    item = json_array_get(json_object_get(fake_call_json(call), "items"), 0);
    ck_assert_ptr_null(json_object_get(item, "sees"));
    ck_assert_ptr_nonnull(json_object_get(item, "last_notify"));
    live_call(watching_endpoints, "GET /api/v1/users/bob/watchers", NULL);
    fake_call_as(call, "bob@example.org");
    fake_call_run(call, NULL, &core);
    item = json_array_get(json_object_get(fake_call_json(call), "items"), 0);
    ck_assert_field(item, "watcher", "alice@example.org");
    ck_assert_ptr_null(json_object_get(item, "call_id"));
    ck_assert_ptr_null(json_object_get(item, "target"));
    live_close();
}
END_TEST

static const char *deleting(const char *query)
{
    static char request[300];
    const json_t *item = live_item(watching_endpoints, "GET /api/v1/subscriptions", 0);
    snprintf(request, sizeof(request), "DELETE /api/v1/subscriptions/%s%s", live_text(item, "id"),
             query);
    return request;
}

/* RFC 6665 4.1.3: "deactivated: ... the subscriber SHOULD retry immediately with a new
 * subscription". */
START_TEST(rfc6665_4_1_3_it_ends_with_a_notify)
{
    char request[300];
    live_open();
    watch("");
    keep_text(request, deleting(""));
    ground->mark = ground->net.sent_count;
    ck_assert_uint_eq(live_do(watching_endpoints, request, NULL), 204);
    ck_assert_uint_eq(notifies(), 0);
    ground_commit(ground);
    const char *text = notified("SIP/2.0 200 OK");
    ck_assert_has(text, "Subscription-State: terminated;reason=deactivated\r\n");
    ck_assert_uint_eq(presence_count(presence).subscriptions, 0);
    ck_assert_uint_eq(live_do(watching_endpoints, request, NULL), 404);
    live_close();
}
END_TEST

START_TEST(the_reason_can_be_chosen)
{
    char request[300];
    live_open();
    watch("");
    keep_text(request, deleting("?reason=noresource"));
    ck_assert_uint_eq(live_do(watching_endpoints, request, NULL), 400);
    ck_assert_str_eq(fake_call_problem_field(call), "reason");
    keep_text(request, deleting("?reason=rejected"));
    ground->mark = ground->net.sent_count;
    ck_assert_uint_eq(live_do_if(watching_endpoints, request, "\"another\""), 412);
    ck_assert_uint_eq(presence_count(presence).subscriptions, 1);
    char *tag = fake_call_etag(live_item(watching_endpoints, "GET /api/v1/subscriptions", 0));
    ck_assert_uint_eq(live_do_if(watching_endpoints, request, tag), 204);
    free(tag);
    ground_commit(ground);
    ck_assert_has(notified("SIP/2.0 200 OK"), "terminated;reason=rejected\r\n");
    ck_assert_uint_eq(live_do(watching_endpoints, "DELETE /api/v1/subscriptions/x", NULL), 404);
    ck_assert_uint_eq(live_do(watching_endpoints,
                              "DELETE /api/v1/subscriptions/presence;bob@example.org;z", NULL),
                      404);
    live_close();
}
END_TEST

/* Who waits for a word after its end is forgotten without one. */
START_TEST(who_waits_is_forgotten)
{
    char request[300];
    live_open();
    rule("confirm");
    watch("Expires: 60\r\n");
    ground_wait(ground, 61000);
    ground_commit(ground);
    notified("SIP/2.0 200 OK");
    ground_commit(ground);
    const json_t *item = live_item(watching_endpoints, "GET /api/v1/users/bob/watchers", 0);
    ck_assert_field(item, "state", "waiting");
    ck_assert_field(item, "cause", "timeout");
    keep_text(request, deleting(""));
    ck_assert_uint_eq(live_do(watching_endpoints, request, NULL), 204);
    ground_commit(ground);
    ck_assert_uint_eq(
        json_array_size(live_items(watching_endpoints, "GET /api/v1/users/bob/watchers")), 0);
    live_close();
}
END_TEST

UNIT_MAIN("watching", a_subscription_is_shown_with_its_last_notify, an_unanswered_notify_is_owed,
          lists_are_filtered_and_come_in_pages, what_no_page_has_given_has_no_page,
          users_see_less_than_the_administrator, rfc6665_4_1_3_it_ends_with_a_notify,
          the_reason_can_be_chosen, who_waits_is_forgotten)
