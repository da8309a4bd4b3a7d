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

/* By the same words as a subscription. */
START_TEST(a_dialog_ends)
{
    char path[700], request[800], etag[64];
    live_open();
    watch_as("c-1");
    notified("SIP/2.0 200 OK");
    snprintf(path, sizeof(path), "/api/v1/dialogs/%s",
             live_text(live_item(under_way_endpoints, "GET /api/v1/dialogs", 0), "id"));
    snprintf(request, sizeof(request), "GET %s", path);
    ck_assert_field(live_get(under_way_endpoints, request), "call_id", "c-1");
    char *tag = fake_call_etag(fake_call_json(call));
    keep_text(etag, tag);
    free(tag);
    snprintf(request, sizeof(request), "DELETE %s?reason=noresource", path);
    ck_assert_uint_eq(live_do(under_way_endpoints, request, NULL), 400);
    ck_assert_str_eq(fake_call_problem_field(call), "reason");
    snprintf(request, sizeof(request), "DELETE %s?reason=rejected", path);
    ck_assert_uint_eq(live_do_if(under_way_endpoints, request, "\"another\""), 412);
    ground->mark = ground->net.sent_count;
    ck_assert_uint_eq(live_do_if(under_way_endpoints, request, etag), 204);
    ck_assert_uint_ne(fake_call_waits(call).number, 0);
    ground_commit(ground);
    ck_assert_has(notified("SIP/2.0 200 OK"), "terminated;reason=rejected");
    ck_assert_uint_eq(live_do(under_way_endpoints, request, NULL), 404);
    ck_assert_str_eq(fake_call_problem_field(call), "dialog");
    live_close();
}
END_TEST

/* A NOTIFY ends as if nobody had answered (RFC 6665 4.2.2), and takes its subscription along. */
START_TEST(a_transaction_ends)
{
    char path[100], request[200];
    live_open();
    watch_as("c-1");
    snprintf(
        path, sizeof(path), "/api/v1/transactions/%s",
        live_text(live_item(under_way_endpoints, "GET /api/v1/transactions?kind=client", 0), "id"));
    snprintf(request, sizeof(request), "GET %s", path);
    ck_assert_field(live_get(under_way_endpoints, request), "method", "NOTIFY");
    snprintf(request, sizeof(request), "DELETE %s", path);
    ck_assert_uint_eq(live_do_if(under_way_endpoints, request, "\"another\""), 412);
    ck_assert_uint_eq(live_do_if(under_way_endpoints, request, "*"), 204);
    ground_wait(ground, 1);
    ground_commit(ground);
    ck_assert_uint_eq(presence_count(presence).subscriptions, 0);
    ck_assert_uint_eq(live_do(under_way_endpoints, request, NULL), 404);
    snprintf(request, sizeof(request), "DELETE /api/v1/transactions/%s",
             live_text(live_item(under_way_endpoints, "GET /api/v1/transactions", 0), "id"));
    ck_assert_uint_eq(live_do(under_way_endpoints, request, NULL), 409); /* the 200 has left */
    live_close();
}
END_TEST

START_TEST(what_is_not_there_is_not_ended)
{
    static const char *const names[] = {"transactions/server",
                                        "transactions/server;1",
                                        "transactions/other;0000000000000001",
                                        "transactions/client;ffffffffffffffff",
                                        "dialogs/call",
                                        "dialogs/call;;",
                                        "dialogs/call;c-1",
                                        "dialogs/call;c-1;t",
                                        "dialogs/subscription;presence;bob@example.org;1",
                                        "dialogs/x"};
    char request[120];
    live_open();
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(request, sizeof(request), "GET /api/v1/%s", names[i]);
        ck_assert_uint_eq(live_do(under_way_endpoints, request, NULL), 404);
        snprintf(request, sizeof(request), "DELETE /api/v1/%s", names[i]);
        ck_assert_uint_eq(live_do(under_way_endpoints, request, NULL), 404);
    }
    live_close();
}
END_TEST

START_TEST(what_is_wrong_is_said)
{
    static const char *const paths[] = {"transactions", "dialogs"};
    static const char *const afters[] = {
        "x",
        ";",
        "server;",
        "server;zz",
        "server;000000000000000g",
        "client;0000000000000000",
        "client;00000000000000001",
        "other;0000000000000001",
        "call;",
        "call;x",
        "call;;x",
        "subscription;",
        "subscription;presence;bob@example.org;1",
        "subscription;presence;;0000000000000001",
        "subscription;no-event;bob@example.org;0000000000000001",
    };
    char request[120];
    live_open();
    for (size_t i = 0; i < 2; i++) {
        snprintf(request, sizeof(request), "GET /api/v1/%s?kind=x", paths[i]);
        ck_assert_uint_eq(live_do(under_way_endpoints, request, NULL), 400);
        ck_assert_str_eq(fake_call_problem_field(call), "kind");
        for (size_t j = 0; j < sizeof(afters) / sizeof(afters[0]); j++) {
            snprintf(request, sizeof(request), "GET /api/v1/%s?after=%s", paths[i], afters[j]);
            ck_assert_msg(live_do(under_way_endpoints, request, NULL) == 400, "%s", request);
            ck_assert_str_eq(fake_call_problem_field(call), "after");
        }
        snprintf(request, sizeof(request), "GET /api/v1/%s?limit=1001", paths[i]);
        ck_assert_uint_eq(live_do(under_way_endpoints, request, NULL), 400);
        ck_assert_str_eq(fake_call_problem_field(call), "limit");
    }
    live_close();
}
END_TEST

UNIT_MAIN("web/api/under_way", a_dialog_is_shown_whole, pages_follow_one_another,
          a_transaction_is_shown_whole, a_dialog_ends, a_transaction_ends,
          what_is_not_there_is_not_ended, what_is_wrong_is_said)
