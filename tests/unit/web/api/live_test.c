/* live_test.c: registrations, publications and figures, and their ends. */
#include "web/api/live.h"

#include "fixture/live.h"

#define INSTANCE "\"<urn:uuid:00000000-0000-1000-8000-000000000001>\""
#define BOB_PHONE                                                                        \
    "Contact: <sip:bob@127.0.0.2:5060>;+sip.instance=" INSTANCE ";q=0.7;expires=600\r\n" \
    "User-Agent: Phone/1\r\n"

START_TEST(a_binding_is_shown_whole)
{
    live_open();
    ck_assert_uint_eq(live_register("bob", BOB_PHONE), 200);
    const json_t *item = live_item(live_endpoints, "GET /api/v1/users/bob/registrations", 0);
    ck_assert_field(item, "user", "bob@example.org");
    ck_assert_field(item, "contact", "sip:bob@127.0.0.2:5060");
    ck_assert_field(item, "instance", "urn:uuid:00000000-0000-1000-8000-000000000001");
    ck_assert_field(item, "gruu",
                    "sip:bob@example.org;gr=urn:uuid:00000000-0000-1000-8000-000000000001");
    ck_assert_field(item, "user_agent", "Phone/1");
    ck_assert_field(item, "expires", "2023-11-14T22:23:20.000Z");
    ck_assert_field(item, "flow", "udp/127.0.0.1:5060/127.0.0.2:5060");
    ck_assert(json_is_true(json_object_get(item, "alive")));
    ck_assert(json_is_false(json_object_get(item, "configured")));
    ck_assert_uint_eq(
        json_array_size(live_items(live_endpoints, "GET /api/v1/users/alice/registrations")), 0);
    live_close();
}
END_TEST

START_TEST(users_are_found_as_people_write_them)
{
    live_open();
    ck_assert_uint_eq(
        live_do(live_endpoints, "GET /api/v1/users/BOB%40EXAMPLE.org/registrations", NULL),
        404); /* RFC 3261 19.1.4: the user part has a case */
    ck_assert_uint_eq(
        live_do(live_endpoints, "GET /api/v1/users/bob%40EXAMPLE.org/registrations", NULL), 200);
    ck_assert_uint_eq(live_do(live_endpoints, "GET /api/v1/users/bob@other.org/calls", NULL), 404);
    ck_assert_str_eq(fake_call_problem_field(call), "user");
    ck_assert_uint_eq(live_do(live_endpoints, "GET /api/v1/users/%20/calls", NULL), 400);
    ck_assert_uint_eq(live_do(live_endpoints, "GET /api/v1/users/nobody/publications", NULL), 404);
    ck_assert_has(fake_call_problem_detail(call), "no user nobody@example.org");
    live_close();
}
END_TEST

START_TEST(all_bindings_come_in_pages)
{
    live_open();
    ck_assert_uint_eq(live_register("carol", "Contact: <sip:carol@127.0.0.2:5060>\r\n"), 200);
    ck_assert_uint_eq(live_register("alice", "Contact: <sip:alice@127.0.0.2:5060>\r\n"), 200);
    ck_assert_uint_eq(live_register("bob", BOB_PHONE), 200);
    const json_t *page = live_get(live_endpoints, "GET /api/v1/registrations?limit=2");
    const json_t *items = json_object_get(page, "items");
    ck_assert_uint_eq(json_array_size(items), 2);
    ck_assert_field(json_array_get(items, 0), "user", "alice@example.org");
    ck_assert_field(json_array_get(items, 1), "user", "bob@example.org");
    char next[200];
    snprintf(next, sizeof(next), "GET %s", live_text(page, "next"));
    page = live_get(live_endpoints, next);
    items = json_object_get(page, "items");
    ck_assert_uint_eq(json_array_size(items), 1);
    ck_assert_field(json_array_get(items, 0), "user", "carol@example.org");
    ck_assert(json_is_null(json_object_get(page, "next")));
    ck_assert_uint_eq(live_do(live_endpoints, "GET /api/v1/registrations?limit=0", NULL), 400);
    ck_assert_str_eq(fake_call_problem_field(call), "limit");
    live_close();
}
END_TEST

/* Its presence goes with it, and what is told of both waits until it is durable. */
START_TEST(an_ended_registration_takes_its_presence_along)
{
    char request[200];
    live_open();
    ck_assert_uint_eq(live_register("bob", BOB_PHONE), 200);
    ck_assert_uint_eq(publish("", "here"), 200);
    watch("");
    const json_t *item = live_item(live_endpoints, "GET /api/v1/users/bob/publications", 0);
    ck_assert_field(item, "life", "live");
    ck_assert_has(live_text(item, "body"), ">here<");
    item = live_item(live_endpoints, "GET /api/v1/users/bob/registrations", 0);
    snprintf(request, sizeof(request), "DELETE /api/v1/users/bob/registrations/%s",
             live_text(item, "id"));
    ground->mark = ground->net.sent_count;
    ck_assert_uint_eq(live_do_if(live_endpoints, request, "\"another\""), 412);
    ck_assert_uint_eq(registrar_count(registrar), 1);
    ck_assert_uint_eq(live_do_if(live_endpoints, request, "*"), 204);
    ck_assert_uint_ne(fake_call_waits(call).number, 0);
    ck_assert_uint_eq(notifies(), 0);
    ground_commit(ground);
    ck_assert_lacks(notified("SIP/2.0 200 OK"), ">here<");
    ck_assert_uint_eq(registrar_count(registrar), 0);
    ck_assert_uint_eq(presence_count(presence).publications, 0);
    ck_assert_uint_eq(live_do(live_endpoints, request, NULL), 404);
    live_close();
}
END_TEST

START_TEST(all_of_a_user_end)
{
    live_open();
    ck_assert_uint_eq(live_register("bob", BOB_PHONE), 200);
    ck_assert_uint_eq(live_register("alice", "Contact: <sip:alice@127.0.0.2:5060>\r\n"), 200);
    ck_assert_uint_eq(live_do(live_endpoints, "DELETE /api/v1/users/bob/registrations", NULL), 204);
    ground_commit(ground);
    ck_assert_uint_eq(registrar_count(registrar), 1);
    ck_assert_uint_eq(live_do(live_endpoints, "DELETE /api/v1/users/bob/registrations", NULL), 204);
    ck_assert_uint_eq(live_do(live_endpoints, "DELETE /api/v1/users/alice/registrations/x", NULL),
                      404);
    ground_fill_store(ground);
    ck_assert_uint_eq(live_do(live_endpoints, "DELETE /api/v1/users/alice/registrations", NULL),
                      503);
    ck_assert_uint_eq(registrar_count(registrar), 1);
    live_close();
}
END_TEST

START_TEST(the_server_counts)
{
    live_open();
    ck_assert_uint_eq(live_register("bob", BOB_PHONE), 200);
    ck_assert_uint_eq(publish("", "here"), 200);
    watch("");
    const json_t *status = live_get(live_endpoints, "GET /api/v1/status");
    const json_t *counts = json_object_get(status, "counts");
    ck_assert_int_eq(json_integer_value(json_object_get(status, "uptime_s")), 10);
    ck_assert_int_eq(json_integer_value(json_object_get(counts, "users")), 3);
    ck_assert_int_eq(json_integer_value(json_object_get(counts, "registrations")), 1);
    ck_assert_int_eq(json_integer_value(json_object_get(counts, "publications")), 1);
    ck_assert_int_eq(json_integer_value(json_object_get(counts, "subscriptions")), 1);
    ck_assert_int_eq(
        json_integer_value(json_object_get(json_object_get(status, "queues"), "store")), 0);
    live_close();
}
END_TEST

START_TEST(connections_are_shown_and_closed)
{
    char request[200];
    live_open();
    struct net_flow flows[3];
    for (unsigned i = 0; i < 3; i++) {
        char peer[40];
        snprintf(peer, sizeof(peer), "127.0.0.9:%u", 40000 + i);
        flows[i] = ground_tcp(ground, peer);
    }
    const json_t *page = live_get(live_endpoints, "GET /api/v1/connections?limit=2");
    ck_assert_uint_eq(json_array_size(json_object_get(page, "items")), 2);
    ck_assert_field(json_array_get(json_object_get(page, "items"), 0), "flow",
                    "tcp/127.0.0.1:5060/127.0.0.9:40000");
    snprintf(request, sizeof(request), "GET %s", live_text(page, "next"));
    page = live_get(live_endpoints, request);
    ck_assert_uint_eq(json_array_size(json_object_get(page, "items")), 1);
    ck_assert(json_is_null(json_object_get(page, "next")));
    const json_t *item = live_item(live_endpoints, "GET /api/v1/connections", 1);
    snprintf(request, sizeof(request), "DELETE /api/v1/connections/%s", live_text(item, "id"));
    ck_assert_uint_eq(live_do_if(live_endpoints, request, "\"another\""), 412);
    ck_assert(ground->net.open[flows[1].connection]);
    ck_assert_uint_eq(live_do_if(live_endpoints, request, "*"), 204);
    ck_assert(!ground->net.open[flows[1].connection]);
    ck_assert_uint_eq(live_do(live_endpoints, request, NULL), 404);
    ck_assert_uint_eq(live_do(live_endpoints, "DELETE /api/v1/connections/1", NULL), 404);
    ck_assert_uint_eq(json_array_size(live_items(live_endpoints, "GET /api/v1/connections")), 2);
    live_close();
}
END_TEST

UNIT_MAIN("live", connections_are_shown_and_closed, a_binding_is_shown_whole,
          users_are_found_as_people_write_them, all_bindings_come_in_pages,
          an_ended_registration_takes_its_presence_along, all_of_a_user_end, the_server_counts)
