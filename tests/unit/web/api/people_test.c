/* Accounts and settings over the API. */
#include "web/api/people.h"

#include "front/auth.h"
#include "place.h"

static const struct web_endpoints endpoints = {people_endpoints, 100};

#define ALICE                                                                           \
    "{\"user\": \"alice@example.org\", \"domain\": \"example.org\", \"display_name\": " \
    "\"Alice\", \"disabled\": false, \"has_password\": true, \"version\": 1}"

static void make_alice(struct place *place)
{
    place_expect(place, "POST /api/v1/users",
                 "{\"user\": \"alice\", \"display_name\": \"Alice\", \"password\": \"secret\"}",
                 201);
}

START_TEST(the_list_service_is_no_account)
{
    static const char *const names[] = {"list", "list@example.org", "list+x"};
    struct place p;
    char body[64];
    place_init(&p, &endpoints);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(body, sizeof(body), "{\"user\": \"%s\"}", names[i]);
        place_expect(&p, "POST /api/v1/users", body, 409);
        place_expect_field(&p, "/user");
    }
    place_expect(&p, "PUT /api/v1/users/list", "{}", 409);
    place_expect(&p, "GET /api/v1/users/list", NULL, 404);
    place_expect(&p, "POST /api/v1/users", "{\"user\": \"lists\"}", 201);
    place_release(&p);
}
END_TEST

START_TEST(an_account_is_made_read_changed_and_erased)
{
    struct place p;
    place_init(&p, &endpoints);
    make_alice(&p);
    place_expect_json(&p, ALICE);
    ck_assert_str_eq(fake_call_answer_field(p.call, "Location"),
                     "/api/v1/users/alice%40example.org");
    place_expect(&p, "POST /api/v1/users", "{\"user\": \"sip:ALICE@example.org\"}", 201);
    place_expect(&p, "POST /api/v1/users", "{\"user\": \"alice@EXAMPLE.org\"}", 409);
    place_expect_field(&p, "/user");
    place_expect(&p, "GET /api/v1/users/alice", NULL, 200);
    place_expect_json(&p, ALICE);
    place_expect(&p, "PATCH /api/v1/users/alice", "{\"disabled\": true}", 200);
    place_expect_member(&p, "disabled", "true");
    place_expect_member(&p, "display_name", "\"Alice\"");
    place_expect(&p, "PATCH /api/v1/users/alice", "{\"password\": null, \"display_name\": null}",
                 200);
    place_expect_member(&p, "has_password", "false");
    place_expect_member(&p, "display_name", "\"\"");
    place_expect(&p, "PUT /api/v1/users/alice", "{\"display_name\": \"A\"}", 200);
    place_expect_member(&p, "disabled", "false");
    place_expect(&p, "PUT /api/v1/users/bob", "{}", 201);
    place_expect(&p, "PUT /api/v1/users/bob", "{}", 200);
    place_expect(&p, "DELETE /api/v1/users/alice", NULL, 204);
    place_expect(&p, "DELETE /api/v1/users/alice", NULL, 404);
    place_expect(&p, "GET /api/v1/users/alice", NULL, 404);
    place_expect(&p, "PATCH /api/v1/users/alice", "{}", 404);
    place_release(&p);
}
END_TEST

static void see_hashes(void *context, const struct store_account *account)
{
    struct digest_hex *expected = context;
    for (unsigned i = 0; i < DIGEST_COUNT; i++)
        ck_assert(bytes_equal(account->ha1[i], bytes_of(expected[i].text)));
}

/* What is stored is what the digest of a request is compared with (RFC 8760). */
START_TEST(a_password_is_kept_as_hashes)
{
    struct place p;
    struct digest_hex expected[DIGEST_COUNT];
    struct digest_engine *engine = digest_engine_new();
    auth_make_account(engine, BYTES("alice"), BYTES("example.org"), BYTES("secret"), expected);
    digest_engine_free(&engine);
    place_init(&p, &endpoints);
    make_alice(&p);
    ck_assert_int_eq(account_visit(p.file, BYTES("alice@example.org"), see_hashes, expected),
                     ERR_NONE);
    place_expect(&p, "PUT /api/v1/users/alice", "{\"display_name\": \"A\"}", 200);
    ck_assert_int_eq(account_visit(p.file, BYTES("alice@example.org"), see_hashes, expected),
                     ERR_NONE);
    place_release(&p);
}
END_TEST

START_TEST(what_is_wrong_is_named_and_changes_nothing)
{
    static const struct {
        const char *body, *field;
    } cases[] = {
        {"{}", "/user"},
        {"{\"user\": \"a b\"}", "/user"},
        {"{\"user\": \"alice@elsewhere.org\"}", "/user"},
        {"{\"user\": 5}", "/user"},
        {"{\"user\": \"a\", \"password\": \"\"}", "/password"},
        {"{\"user\": \"a\", \"password\": \"a\\nb\"}", "/password"},
        {"{\"user\": \"a\", \"disabled\": 1}", "/disabled"},
        {"{\"user\": \"a\", \"display_name\": \"a\\nb\"}", "/display_name"},
        {"{\"user\": \"a\", \"nickname\": \"b\"}", "/nickname"},
        {"{\"user\": \"a\", \"domain\": \"other.org\"}", "/domain"},
        {"[]", ""},
    };
    struct place p;
    place_init(&p, &endpoints);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        place_expect(&p, "POST /api/v1/users", cases[i].body, 400);
        place_expect_field(&p, cases[i].field);
    }
    place_expect(&p, "GET /api/v1/users", NULL, 200);
    place_expect_json(&p, "{\"items\": []}");
    place_expect(&p, "GET /api/v1/users/a%20b", NULL, 400);
    place_expect_field(&p, "user");
    place_expect(&p, "GET /api/v1/users/a@elsewhere.org", NULL, 404);
    make_alice(&p);
    place_expect(&p, "PATCH /api/v1/users/alice", "{\"user\": \"bob\"}", 400);
    place_expect_field(&p, "/user");
    place_expect(&p, "PATCH /api/v1/users/alice", "{\"domain\": \"other.org\"}", 400);
    place_expect_field(&p, "/domain");
    place_expect(&p, "PATCH /api/v1/users/alice", "{\"domain\": \"Example.org\"}", 200);
    place_release(&p);
}
END_TEST

START_TEST(who_changed_it_meanwhile_wins)
{
    struct place p;
    place_init(&p, &endpoints);
    make_alice(&p);
    char *tag = place_etag(&p);
    place_expect(&p, "PATCH /api/v1/users/alice", "{\"display_name\": \"B\"}", 200);
    p.field = "If-Match", p.value = tag;
    place_expect(&p, "PATCH /api/v1/users/alice", "{\"display_name\": \"C\"}", 412);
    p.field = "If-Match", p.value = tag;
    place_expect(&p, "DELETE /api/v1/users/alice", NULL, 412);
    free(tag);
    place_expect(&p, "PATCH /api/v1/users/alice", "{\"password\": \"new\"}", 200);
    tag = place_etag(&p);
    place_expect(&p, "PATCH /api/v1/users/alice", "{\"password\": \"newer\"}", 200);
    p.field = "If-Match", p.value = tag;
    place_expect(&p, "PATCH /api/v1/users/alice", "{\"password\": \"newest\"}", 412);
    p.field = "If-None-Match", p.value = "*";
    place_expect(&p, "PUT /api/v1/users/alice", "{}", 412);
    place_expect(&p, "GET /api/v1/users/alice", NULL, 200);
    place_expect_member(&p, "display_name", "\"B\"");
    free(tag);
    place_release(&p);
}
END_TEST

static size_t found(struct place *place, const char *search)
{
    char target[512];
    snprintf(target, sizeof(target), "GET /api/v1/users?search=%s", search);
    place_expect(place, target, NULL, 200);
    return json_array_size(json_object_get(fake_call_json(place->call), "items"));
}

START_TEST(users_are_found_by_address_and_name)
{
    struct place p;
    char long_words[300];
    place_init(&p, &endpoints);
    make_alice(&p);
    place_add(&p, "bob@example.org");
    place_add(&p, "bobby@example.org");
    place_expect(&p, "PUT /api/v1/users/carol", "{\"display_name\": \"\u00c4lice Bober\"}", 201);
    ck_assert_uint_eq(found(&p, "BOB"), 3);
    ck_assert_uint_eq(found(&p, "%C3%A4LICE%20b"), 1);
    ck_assert_uint_eq(found(&p, "alice"), 1);
    ck_assert_uint_eq(found(&p, "nobody"), 0);
    ck_assert_uint_eq(found(&p, ""), 4);
    place_expect(&p, "GET /api/v1/users?search=bob&limit=1", NULL, 200);
    place_expect_member(&p, "next", "\"/api/v1/users?limit=1&after=bob%40example.org&search=bob\"");
    place_expect(&p, "GET /api/v1/users?limit=1&after=bobby%40example.org&search=bob", NULL, 200);
    ck_assert_ptr_null(json_object_get(fake_call_json(p.call), "next"));
    snprintf(long_words, sizeof(long_words), "GET /api/v1/users?search=%0257d", 0);
    place_expect(&p, long_words, NULL, 400);
    place_expect_field(&p, "search");
    place_release(&p);
}
END_TEST

START_TEST(a_list_comes_page_by_page)
{
    struct place p;
    place_init(&p, &endpoints);
    place_add(&p, "a@example.org");
    place_add(&p, "b@example.org");
    place_add(&p, "c@example.org");
    place_expect(&p, "GET /api/v1/users?limit=2", NULL, 200);
    ck_assert_uint_eq(json_array_size(json_object_get(fake_call_json(p.call), "items")), 2);
    place_expect_member(&p, "next", "\"/api/v1/users?limit=2&after=b%40example.org\"");
    place_expect(&p, "GET /api/v1/users?limit=2&after=b%40example.org", NULL, 200);
    ck_assert_uint_eq(json_array_size(json_object_get(fake_call_json(p.call), "items")), 1);
    ck_assert_ptr_null(json_object_get(fake_call_json(p.call), "next"));
    place_expect(&p, "GET /api/v1/users?limit=0", NULL, 400);
    place_expect(&p, "GET /api/v1/users?limit=1001", NULL, 400);
    place_release(&p);
}
END_TEST

START_TEST(users_do_not_enable_themselves)
{
    struct place p;
    place_init(&p, &endpoints);
    make_alice(&p);
    struct web_call *call =
        fake_call(&endpoints, "PATCH /api/v1/users/alice", "{\"disabled\": false}");
    fake_call_as(call, "alice@example.org");
    fake_call_run(call, p.file, NULL);
    ck_assert_uint_eq(fake_call_status(call), 403);
    fake_call_free(&call);
    place_release(&p);
}
END_TEST

START_TEST(settings_are_chosen_and_cleared)
{
    struct place p;
    place_init(&p, &endpoints);
    make_alice(&p);
    place_expect(&p, "PUT /api/v1/users/alice/settings/carbon", "{\"value\": \"off\"}", 204);
    place_expect(&p, "GET /api/v1/users/alice/settings/carbon", NULL, 200);
    place_expect_member(&p, "value", "\"off\"");
    char *tag = place_etag(&p);
    place_expect(&p, "PUT /api/v1/users/alice/settings/carbon", "{\"value\": \"loud\"}", 400);
    place_expect_field(&p, "/value");
    place_expect(&p, "PUT /api/v1/users/alice/settings/carbon", "{}", 400);
    place_expect(&p, "PUT /api/v1/users/alice/settings/carbon",
                 "{\"value\": \"on\", \"name\": \"mwi\"}", 400);
    place_expect_field(&p, "/name");
    place_expect(&p, "GET /api/v1/users/alice/settings/colour", NULL, 404);
    place_expect(&p, "PATCH /api/v1/users/alice/settings",
                 "{\"carbon\": null, \"mwi\": \"off\", \"blocked\": \"never\"}", 400);
    place_expect_field(&p, "/blocked");
    p.field = "If-Match", p.value = tag;
    place_expect(&p, "DELETE /api/v1/users/alice/settings/carbon", NULL, 204);
    p.field = "If-Match", p.value = tag;
    place_expect(&p, "DELETE /api/v1/users/alice/settings/carbon", NULL, 412);
    place_expect(&p, "PATCH /api/v1/users/alice/settings", "{\"mwi\": \"off\"}", 204);
    place_expect(&p, "GET /api/v1/users/alice/settings", NULL, 200);
    const json_t *items = json_object_get(fake_call_json(p.call), "items");
    ck_assert(json_is_null(json_object_get(json_array_get(items, 1), "value")));
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(items, 3), "value")), "off");
    place_expect(&p, "GET /api/v1/users/nobody/settings", NULL, 404);
    free(tag);
    place_release(&p);
}
END_TEST

/* By its whole address, which nobody folds away. */
START_TEST(an_old_name_of_dots_is_served_but_none_is_made)
{
    struct place p;
    place_init(&p, &endpoints);
    place_add(&p, "..@example.org");
    place_expect(&p, "GET /api/v1/users/..@example.org", NULL, 200);
    place_expect(&p, "PATCH /api/v1/users/..@example.org", "{\"display_name\": \"x\"}", 200);
    place_expect(&p, "DELETE /api/v1/users/..@example.org", NULL, 204);
    place_expect(&p, "PUT /api/v1/users/..@example.org", "{}", 400);
    place_expect_field(&p, "/user");
    place_expect(&p, "GET /api/v1/users/..@example.org", NULL, 404);
    place_release(&p);
}
END_TEST

UNIT_MAIN("web/api/people", the_list_service_is_no_account,
          an_account_is_made_read_changed_and_erased, a_password_is_kept_as_hashes,
          what_is_wrong_is_named_and_changes_nothing, who_changed_it_meanwhile_wins,
          users_are_found_by_address_and_name, a_list_comes_page_by_page,
          users_do_not_enable_themselves, settings_are_chosen_and_cleared,
          an_old_name_of_dots_is_served_but_none_is_made)
