/* live_test.c: registrations, publications and figures, and their ends. */
#include "web/api/live.h"

#include "fixture/live.h"
#include "web/api/under_way.h"
#include "web/api/watching.h"

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

/* What is told is durable, and so is that it is gone; whoever it is of. */
START_TEST(lists_over_all_users_wait_for_what_is_under_way)
{
    static const struct web_endpoint *const tables[] = {live_endpoints, watching_endpoints,
                                                        under_way_endpoints};
    static const char *const lists[] = {"GET /api/v1/registrations", "GET /api/v1/subscriptions",
                                        "GET /api/v1/dialogs"};
    live_open();
    for (size_t i = 0; i < 3; i++) {
        ground_ask(ground, (struct ask){.method = "REGISTER",
                                        .uri = "sip:example.org",
                                        .call = "carol",
                                        .fields = "Contact: <sip:carol@127.0.0.2:5060>\r\n",
                                        .from = "<sip:carol@example.org>;tag=r",
                                        .to = "<sip:carol@example.org>"});
        ck_assert_uint_eq(live_do(tables[i], lists[i], NULL), 200);
        ck_assert_uint_eq(fake_call_waits(call).partition,
                          partition_of(BYTES("carol@example.org")));
        ck_assert_uint_ne(fake_call_waits(call).number, 0);
        ground_commit(ground);
        ck_assert_uint_eq(live_do(tables[i], lists[i], NULL), 200);
        ck_assert_uint_eq(fake_call_waits(call).number, 0);
    }
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
    ck_assert_uint_eq(
        live_do(live_endpoints, "GET /api/v1/users/bob/publications?event=presnce", NULL), 400);
    ck_assert_str_eq(fake_call_problem_field(call), "event");
    const json_t *item =
        live_item(live_endpoints, "GET /api/v1/users/bob/publications?event=presence", 0);
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

/* As if its client had removed it (RFC 3903 4.5), when that is durable. */
START_TEST(a_publication_ends_by_its_id)
{
    char request[200], get[200], id[20], etag[64];
    live_open();
    ck_assert_uint_eq(publish("", "here"), 200);
    keep_text(id,
              live_text(live_item(live_endpoints, "GET /api/v1/users/bob/publications", 0), "id"));
    ck_assert_uint_eq(publish(if_match(), NULL), 200);
    watch("");
    snprintf(get, sizeof(get), "GET /api/v1/users/bob/publications/%s", id);
    snprintf(request, sizeof(request), "DELETE /api/v1/users/bob/publications/%s", id);
    const json_t *one = live_get(live_endpoints, get);
    ck_assert_field(one, "id", id); /* a refresh changes its entity-tag, not its id */
    char *tag = fake_call_etag(one);
    keep_text(etag, tag);
    free(tag);
    ground->mark = ground->net.sent_count;
    ck_assert_uint_eq(live_do_if(live_endpoints, request, "\"another\""), 412);
    ck_assert_uint_eq(
        live_do(live_endpoints, "DELETE /api/v1/users/bob/publications/0000000000000001", NULL),
        404);
    ck_assert_uint_eq(presence_count(presence).publications, 1);
    ck_assert_uint_eq(live_do_if(live_endpoints, request, etag), 204);
    ck_assert_uint_ne(fake_call_waits(call).number, 0);
    ck_assert_uint_eq(notifies(), 0);
    ground_commit(ground);
    ck_assert_lacks(notified("SIP/2.0 200 OK"), ">here<");
    ck_assert_uint_eq(presence_count(presence).publications, 0);
    ck_assert_uint_eq(live_do(live_endpoints, get, NULL), 404);
    ck_assert_uint_eq(live_do(live_endpoints, request, NULL), 404);
    ck_assert_str_eq(fake_call_problem_field(call), "publication");
    live_close();
}
END_TEST

/* What was put in has an address of its own. */
START_TEST(what_clients_publish_ends_and_what_was_put_in_stays)
{
    char request[200], etag[64];
    live_open();
    ck_assert_uint_eq(publish("", "here"), 200);
    ck_assert_uint_eq(publish("", "there"), 200);
    struct store_change change;
    const struct presence_state state = {.event = BYTES("presence"),
                                         .aor = BOB,
                                         .content_type = BYTES("application/pidf+xml"),
                                         .body = bytes_of(pidf("calendar"))};
    ck_assert(verdict_ok(presence_set_state(presence, &state, &change)));
    ground_commit(ground);
    const json_t *list = live_get(live_endpoints, "GET /api/v1/users/bob/publications");
    ck_assert_uint_eq(json_array_size(json_object_get(list, "items")), 3);
    const json_t *set = json_array_get(json_object_get(list, "items"), 2);
    ck_assert_field(set, "life", "set");
    snprintf(request, sizeof(request), "DELETE /api/v1/users/bob/publications/%s",
             live_text(set, "id"));
    char *tag = fake_call_etag(list);
    keep_text(etag, tag);
    free(tag);
    ck_assert_uint_eq(live_do(live_endpoints, request, NULL), 409);
    ck_assert_has(fake_call_problem_detail(call), "/api/v1/users/bob@example.org/presence");
    ground_fill_store(ground);
    ck_assert_uint_eq(live_do(live_endpoints, "DELETE /api/v1/users/bob/publications", NULL), 503);
    ground_commit(ground);
    ck_assert_uint_eq(live_do_if(live_endpoints, "DELETE /api/v1/users/bob/publications", etag),
                      204);
    ground_commit(ground);
    ck_assert_uint_eq(
        json_array_size(live_items(live_endpoints, "GET /api/v1/users/bob/publications")), 1);
    ck_assert_field(live_item(live_endpoints, "GET /api/v1/users/bob/publications", 0), "life",
                    "set");
    ck_assert_uint_eq(live_do(live_endpoints, "DELETE /api/v1/users/bob/publications", NULL), 204);
    live_close();
}
END_TEST

/* The tags that GETs have are good for what they show, of one and of all. */
START_TEST(one_registration_is_shown_and_ended_as_it_was_seen)
{
    char path[200], request[220], etag[64];
    live_open();
    ck_assert_uint_eq(live_register("bob", BOB_PHONE), 200);
    snprintf(path, sizeof(path), "/api/v1/users/bob/registrations/%s",
             live_text(live_item(live_endpoints, "GET /api/v1/users/bob/registrations", 0), "id"));
    snprintf(request, sizeof(request), "GET %s", path);
    ck_assert_field(live_get(live_endpoints, request), "contact", "sip:bob@127.0.0.2:5060");
    char *tag = fake_call_etag(fake_call_json(call));
    keep_text(etag, tag);
    free(tag);
    snprintf(request, sizeof(request), "DELETE %s", path);
    ck_assert_uint_eq(live_do_if(live_endpoints, request, etag), 204);
    ground_commit(ground);
    snprintf(request, sizeof(request), "GET %s", path);
    ck_assert_uint_eq(live_do(live_endpoints, request, NULL), 404);
    ck_assert_uint_eq(live_register("bob", BOB_PHONE), 200);
    tag = fake_call_etag(live_get(live_endpoints, "GET /api/v1/users/bob/registrations"));
    keep_text(etag, tag);
    free(tag);
    ck_assert_uint_eq(live_do_if(live_endpoints, "DELETE /api/v1/users/bob/registrations", etag),
                      204);
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
    char id[20];
    keep_text(id, live_text(item, "id"));
    snprintf(request, sizeof(request), "GET /api/v1/connections/%s", id);
    ck_assert_field(live_get(live_endpoints, request), "flow",
                    "tcp/127.0.0.1:5060/127.0.0.9:40001");
    snprintf(request, sizeof(request), "DELETE /api/v1/connections/%s", id);
    ck_assert_uint_eq(live_do_if(live_endpoints, request, "\"another\""), 412);
    ck_assert(ground->net.open[flows[1].connection]);
    ck_assert_uint_eq(live_do_if(live_endpoints, request, "*"), 204);
    ck_assert(!ground->net.open[flows[1].connection]);
    ck_assert_uint_eq(live_do(live_endpoints, request, NULL), 404);
    snprintf(request, sizeof(request), "GET /api/v1/connections/%s", id);
    ck_assert_uint_eq(live_do(live_endpoints, request, NULL), 404);
    ck_assert_uint_eq(live_do(live_endpoints, "DELETE /api/v1/connections/1", NULL), 404);
    ck_assert_uint_eq(json_array_size(live_items(live_endpoints, "GET /api/v1/connections")), 2);
    ck_assert_uint_eq(live_do(live_endpoints, "GET /api/v1/connections?after=1", NULL), 400);
    ck_assert_str_eq(fake_call_problem_field(call), "after");
    live_close();
}
END_TEST

UNIT_MAIN("live", connections_are_shown_and_closed, a_binding_is_shown_whole,
          users_are_found_as_people_write_them, all_bindings_come_in_pages,
          lists_over_all_users_wait_for_what_is_under_way,
          an_ended_registration_takes_its_presence_along, all_of_a_user_end,
          a_publication_ends_by_its_id, what_clients_publish_ends_and_what_was_put_in_stays,
          one_registration_is_shown_and_ended_as_it_was_seen, the_server_counts)
