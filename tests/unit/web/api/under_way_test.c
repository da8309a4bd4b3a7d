/* under_way_test.c: transactions and dialogs as they are now, a page at a time. */
#include "web/api/under_way.h"

#include "fixture/live.h"

static void watch_as(const char *call_id)
{
    char from[64];
    snprintf(from, sizeof(from), "<sip:alice@example.org>;tag=%s", call_id);
    ck_assert_uint_eq(ground_do(ground, (struct ask){.method = "SUBSCRIBE",
                                                     .call = call_id,
                                                     .from = from,
                                                     .fields = "Event: presence\r\n"
                                                               "Expires: 600\r\n" ALICE_CONTACT}),
                      200);
}

START_TEST(a_dialog_is_shown_whole)
{
    live_open();
    watch_as("c-1");
    const json_t *item = live_item(under_way_endpoints, "GET /api/v1/dialogs", 0);
    ck_assert_field(item, "kind", "subscription");
    ck_assert_field(item, "role", "notifier");
    ck_assert_field(item, "state", "active");
    ck_assert_field(item, "call_id", "c-1");
    ck_assert_field(item, "remote_tag", "c-1");
    ck_assert_str_ne(live_text(item, "local_tag"), "");
    ck_assert_field(item, "from", "alice@example.org");
    ck_assert_field(item, "to", "bob@example.org");
    ck_assert_field(item, "event", "presence");
    ck_assert_field(item, "remote_target", "sip:alice@127.0.0.2:5060");
    ck_assert_field(item, "flow", "udp/127.0.0.1:5060/127.0.0.2:5060");
    ck_assert(bytes_starts_with(bytes_of(live_text(item, "id")),
                                BYTES("subscription;presence;bob@example.org;")));
    live_close();
}
END_TEST

/* Walks all pages of one item each; how many there were. Each id comes once, in their order. */
static unsigned walk(const char *target)
{
    char next[2000], last[600] = "";
    unsigned count = 0;
    snprintf(next, sizeof(next), "GET %s", target);
    while (strcmp(next, "GET ") != 0) {
        const json_t *list = live_get(under_way_endpoints, next);
        const json_t *items = json_object_get(list, "items");
        ck_assert_uint_eq(json_array_size(items), 1);
        const char *id = live_text(json_array_get(items, 0), "id");
        ck_assert_str_ne(id, last);
        snprintf(last, sizeof(last), "%s", id);
        snprintf(next, sizeof(next), "GET %s", live_text(list, "next"));
        count++;
    }
    return count;
}

START_TEST(pages_follow_one_another)
{
    live_open();
    watch_as("c-1");
    watch_as("c-2");
    watch_as("c-3");
    ck_assert_uint_eq(walk("/api/v1/dialogs?limit=1"), 3);
    ck_assert_uint_eq(walk("/api/v1/dialogs?limit=1&kind=subscription"), 3);
    /* three SUBSCRIBEs linger, three NOTIFYs wait for their answer */
    ck_assert_uint_eq(walk("/api/v1/transactions?limit=1"), 6);
    ck_assert_uint_eq(walk("/api/v1/transactions?limit=1&kind=server"), 3);
    ck_assert_uint_eq(walk("/api/v1/transactions?limit=1&kind=client"), 3);
    ck_assert_uint_eq(
        json_array_size(live_items(under_way_endpoints, "GET /api/v1/dialogs?kind=call")), 0);
    live_close();
}
END_TEST

START_TEST(a_transaction_is_shown_whole)
{
    live_open();
    watch_as("c-1");
    const json_t *item = live_item(under_way_endpoints, "GET /api/v1/transactions?kind=client", 0);
    ck_assert_field(item, "state", "trying");
    ck_assert_field(item, "method", "NOTIFY");
    ck_assert_field(item, "call_id", "c-1");
    ck_assert_field(item, "flow", "udp/127.0.0.1:5060/127.0.0.2:5060");
    ck_assert(json_is_integer(json_object_get(item, "age_ms")));
    item = live_item(under_way_endpoints, "GET /api/v1/transactions", 0);
    ck_assert_field(item, "kind", "server");
    ck_assert_field(item, "state", "completed");
    ck_assert_field(item, "method", "SUBSCRIBE");
    ck_assert_field(item, "call_id", "c-1");
    ck_assert(json_is_true(json_object_get(item, "replied")));
    live_close();
}
END_TEST

START_TEST(what_is_wrong_is_said)
{
    static const char *const paths[] = {"transactions", "dialogs"};
    char request[100];
    live_open();
    for (size_t i = 0; i < 2; i++) {
        snprintf(request, sizeof(request), "GET /api/v1/%s?kind=x", paths[i]);
        ck_assert_uint_eq(live_do(under_way_endpoints, request, NULL), 400);
        ck_assert_str_eq(fake_call_problem_field(call), "kind");
        snprintf(request, sizeof(request), "GET /api/v1/%s?after=x", paths[i]);
        ck_assert_uint_eq(live_do(under_way_endpoints, request, NULL), 400);
        ck_assert_str_eq(fake_call_problem_field(call), "after");
        snprintf(request, sizeof(request), "GET /api/v1/%s?limit=1001", paths[i]);
        ck_assert_uint_eq(live_do(under_way_endpoints, request, NULL), 400);
        ck_assert_str_eq(fake_call_problem_field(call), "limit");
    }
    live_close();
}
END_TEST

UNIT_MAIN("web/api/under_way", a_dialog_is_shown_whole, pages_follow_one_another,
          a_transaction_is_shown_whole, what_is_wrong_is_said)
