/* Rosters and their groups over the API: entries, formats, batches, and a model that agrees. */
#include "web/api/roster.h"

#include "place.h"
#include "policy/policy.h"
#include "store/accounts_internal.h"
#include "store/store.h"
#include "web/api/groups.h"

#define ROSTER "/api/v1/users/alice/roster"
#define GROUPS "/api/v1/users/alice/groups"

static struct web_endpoint all[32];

/* Roster and groups in one table. */
static const struct web_endpoints *endpoints(void)
{
    static struct web_endpoints both = {all, 0};
    const struct web_endpoint *parts[] = {roster_endpoints, groups_endpoints, shared_endpoints};
    both.count = 0;
    for (size_t i = 0; i < 3; i++)
        for (const struct web_endpoint *row = parts[i]; row->path != NULL; row++)
            all[both.count++] = *row;
    return &both;
}

static void begin(struct place *p)
{
    place_init(p, endpoints());
    place_add(p, "alice@example.org");
}

static void expect_roster(struct place *p, const char *items)
{
    place_expect(p, "GET " ROSTER "?limit=1000", NULL, 200);
    place_expect_member(p, "items", items);
}

#define BOB(position)                                                            \
    "{\"uri\": \"sip:bob@example.org\", \"display_name\": \"Bob\", \"groups\": " \
    "[\"friends\"], \"notes\": \"tall\", \"position\": " position "}"
#define CAROL(position)                                                           \
    "{\"uri\": \"sip:carol@other.org\", \"display_name\": \"\", \"groups\": [], " \
    "\"notes\": \"\", \"position\": " position "}"

START_TEST(an_entry_is_put_read_patched_and_deleted)
{
    struct place p;
    begin(&p);
    place_expect(&p, "PUT " ROSTER "/bob",
                 "{\"display_name\": \"Bob\", \"groups\": [\"friends\"], \"notes\": \"tall\"}",
                 201);
    place_expect_json(&p, BOB("1"));
    ck_assert_str_eq(fake_call_answer_field(p.call, "Location"),
                     "/api/v1/users/alice%40example.org/roster/bob%40example.org");
    place_expect(&p, "PUT " ROSTER "/sip:carol@Other.org", "{}", 201);
    place_expect_json(&p, CAROL("2"));
    expect_roster(&p, "[" BOB("1") "," CAROL("2") "]");
    place_expect(&p, "PATCH " ROSTER "/bob", "{\"position\": 7}", 200);
    expect_roster(&p, "[" CAROL("2") "," BOB("7") "]");
    place_expect(&p, "PATCH " ROSTER "/dave", "{}", 404);
    place_expect(&p, "PUT " ROSTER "/bob", "{}", 200);
    place_expect_member(&p, "display_name", "\"\"");
    place_expect_member(&p, "position", "7");
    place_expect(&p, "DELETE " ROSTER "/bob", NULL, 204);
    place_expect(&p, "DELETE " ROSTER "/bob", NULL, 404);
    place_expect(&p, "GET " ROSTER "/bob", NULL, 404);
    place_expect_field(&p, "buddy");
    place_expect(&p, "GET /api/v1/users/nobody/roster", NULL, 404);
    place_expect_field(&p, "user");
    place_release(&p);
}
END_TEST

START_TEST(an_entry_changes_only_as_it_was_seen)
{
    struct place p;
    begin(&p);
    place_expect(&p, "PUT " ROSTER "/bob", "{}", 201);
    char *tag = place_etag(&p);
    place_expect(&p, "GET " ROSTER, NULL, 200);
    char *whole = place_etag(&p);
    p.field = "If-Match", p.value = tag;
    place_expect(&p, "PATCH " ROSTER "/bob", "{\"notes\": \"x\"}", 200);
    p.field = "If-Match", p.value = tag;
    place_expect(&p, "PUT " ROSTER "/bob", "{}", 412);
    p.field = "If-Match", p.value = tag;
    place_expect(&p, "DELETE " ROSTER "/bob", NULL, 412);
    p.field = "If-None-Match", p.value = "*";
    place_expect(&p, "PUT " ROSTER "/bob", "{}", 412);
    p.field = "If-Match", p.value = whole;
    place_expect(&p, "PUT " ROSTER, "{\"items\": []}", 412);
    place_expect(&p, "GET " ROSTER "/bob", NULL, 200);
    place_expect_member(&p, "notes", "\"x\"");
    free(tag);
    free(whole);
    place_release(&p);
}
END_TEST

static void put_back(struct place *p, const char *get, unsigned status, const char *field)
{
    place_expect(p, get, NULL, 200);
    char *body = json_dumps(fake_call_json(p->call), JSON_COMPACT);
    place_expect(p, "PUT " ROSTER, body, status);
    place_expect_field(p, field);
    free(body);
}

START_TEST(a_page_put_back_takes_nobody_out)
{
    struct place p;
    begin(&p);
    place_expect(&p, "PUT " ROSTER, "{\"items\": [{\"uri\": \"bob\"}, {\"uri\": \"carol\"}]}", 200);
    put_back(&p, "GET " ROSTER "?limit=1", 400, "/next");
    put_back(&p, "GET " ROSTER "?limit=1&after=1,bob@example.org", 400, "/total");
    put_back(&p, "GET " ROSTER, 200, "");
    place_expect(&p, "PUT " ROSTER, "{\"items\": [], \"total\": \"0\"}", 400);
    place_expect(&p, "PUT " ROSTER, "{\"items\": [], \"next\": null}", 400);
    place_expect(&p, "GET " ROSTER, NULL, 200);
    place_expect_member(&p, "total", "2");
    place_expect(&p, "POST " ROSTER,
                 "{\"items\": [{\"uri\": \"dave\"}], \"total\": 9, \"next\": \"/x\"}", 200);
    place_expect(&p, "GET " ROSTER, NULL, 200);
    place_expect_member(&p, "total", "3");
    place_release(&p);
}
END_TEST

START_TEST(a_roster_is_replaced_merged_and_emptied)
{
    struct place p;
    begin(&p);
    place_expect(&p, "PUT " ROSTER,
                 "{\"items\": [{\"uri\": \"sip:carol@other.org\"}, {\"uri\": \"bob\", "
                 "\"display_name\": \"Bob\", \"groups\": [\"friends\"], \"notes\": \"tall\"}], "
                 "\"groups\": [\"work\", \"friends\"]}",
                 200);
    expect_roster(&p, "[" CAROL("1") "," BOB("2") "]");
    place_expect_member(&p, "groups", "[\"work\", \"friends\"]");
    place_expect_member(&p, "total", "2");
    place_expect(&p, "POST " ROSTER,
                 "{\"items\": [{\"uri\": \"bob\", \"notes\": \"x\"}, {\"uri\": \"dave\"}]}", 200);
    place_expect(&p, "GET " ROSTER "/bob", NULL, 200);
    place_expect_member(&p, "notes", "\"x\"");
    place_expect_member(&p, "display_name", "\"Bob\"");
    place_expect(&p, "GET " ROSTER "/dave", NULL, 200);
    place_expect_member(&p, "position", "3");
    place_expect(&p, "GET " ROSTER, NULL, 200);
    char *same = json_dumps(fake_call_json(p.call), 0);
    char *tag = place_etag(&p);
    place_expect(&p, "PUT " ROSTER, same, 200); /* what GET shows may come back */
    p.field = "If-Match", p.value = tag;
    place_expect(&p, "DELETE " ROSTER, NULL, 204);
    expect_roster(&p, "[]");
    place_expect_member(&p, "groups", "[]");
    free(same);
    free(tag);
    place_release(&p);
}
END_TEST

START_TEST(a_batch_with_faults_names_each_and_changes_nothing)
{
    struct place p;
    begin(&p);
    place_expect(&p, "PUT " ROSTER "/bob",
                 "{\"display_name\": \"Bob\", \"groups\": [\"friends\"], \"notes\": \"tall\"}",
                 201);
    place_expect(&p, "PUT " ROSTER,
                 "{\"items\": [{\"uri\": \"carol\"}, {\"uri\": \"a b\"}, {\"uri\": \"dave\", "
                 "\"groups\": [\"x\", \"\"]}, {\"uri\": \"carol@example.org\"}, 5]}",
                 400);
    ck_assert_str_eq(fake_call_problem(p.call), "bad-field");
    const json_t *errors = json_object_get(fake_call_json(p.call), "errors");
    static const char *const fields[] = {"/items/1/uri", "/items/2/groups/1", "/items/4",
                                         "/items/3/uri"};
    ck_assert_uint_eq(json_array_size(errors), 4);
    for (size_t i = 0; i < 4; i++)
        ck_assert_str_eq(json_string_value(json_object_get(json_array_get(errors, i), "field")),
                         fields[i]);
    expect_roster(&p, "[" BOB("1") "]");
    place_expect(&p, "PUT " ROSTER, "{\"items\": 5}", 400);
    place_expect(&p, "PUT " ROSTER, "{\"items\": [", 400);
    place_expect(&p, "PUT " ROSTER, "", 400);
    p.type = "text/plain";
    place_expect(&p, "PUT " ROSTER, "x", 415);
    expect_roster(&p, "[" BOB("1") "]");
    place_release(&p);
}
END_TEST

/* The bound holds for one more as for many, and nothing of the many stays. */
START_TEST(a_full_roster_takes_no_more)
{
    const struct web_limits limits = {.buddies_max = 2, .rules_max_bytes = 65536};
    struct place p;
    begin(&p);
    place_expect(&p, "PUT " ROSTER, "{\"items\": [{\"uri\": \"b\"}, {\"uri\": \"c\"}]}", 200);
    static const struct {
        const char *request, *body;
    } cases[] = {{"PUT " ROSTER "/d", "{}"},
                 {"POST " ROSTER, "{\"items\": [{\"uri\": \"b\", \"notes\": \"x\"}, {\"uri\": "
                                  "\"d\"}]}"}};
    for (size_t i = 0; i < 2; i++) {
        struct web_call *call = fake_call(p.endpoints, cases[i].request, cases[i].body);
        fake_call_limits(call, &limits);
        fake_call_run(call, p.file, NULL);
        ck_assert_uint_eq(fake_call_status(call), 409);
        fake_call_free(&call);
    }
    place_expect(&p, "GET " ROSTER "/b", NULL, 200);
    place_expect_member(&p, "notes", "\"\"");
    place_release(&p);
}
END_TEST

START_TEST(pages_follow_the_order)
{
    struct place p;
    begin(&p);
    place_expect(&p, "PUT " ROSTER,
                 "{\"items\": [{\"uri\": \"z\"}, {\"uri\": \"y\", \"position\": 1}, "
                 "{\"uri\": \"a\", \"position\": 9}]}",
                 200);
    place_expect(&p, "GET " ROSTER "?limit=2", NULL, 200);
    const json_t *items = json_object_get(fake_call_json(p.call), "items");
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(items, 0), "uri")),
                     "sip:y@example.org");
    char *next =
        memory_copy(bytes_of(json_string_value(json_object_get(fake_call_json(p.call), "next"))));
    char request[256];
    ck_assert_str_eq(next, "/api/v1/users/alice%40example.org/roster?limit=2&after="
                           "1%2Cz%40example.org");
    place_expect(&p, "DELETE " ROSTER "/z", NULL, 204); /* where the page ended */
    snprintf(request, sizeof(request), "GET %s", next);
    place_expect(&p, request, NULL, 200);
    items = json_object_get(fake_call_json(p.call), "items");
    ck_assert_uint_eq(json_array_size(items), 1);
    ck_assert_ptr_null(json_object_get(fake_call_json(p.call), "next"));
    free(next);
    place_release(&p);
}
END_TEST

static void expect_same_after(struct place *p, const char *type)
{
    place_expect(p, "GET " ROSTER, NULL, 200);
    json_t *before = json_deep_copy(fake_call_json(p->call));
    p->field = "Accept", p->value = type;
    place_expect(p, "GET " ROSTER, NULL, 200);
    ck_assert(bytes_starts_with(bytes_of(fake_call_type(p->call)), bytes_of(type)));
    char *text = memory_copy(fake_call_text(p->call));
    place_expect(p, "DELETE " ROSTER, NULL, 204);
    p->type = type;
    place_expect(p, "PUT " ROSTER, text, 200);
    place_expect(p, "GET " ROSTER, NULL, 200);
    place_expect_member(p, "total", "3");
    ck_assert_msg(json_equal(json_object_get(before, "items"),
                             json_object_get(fake_call_json(p->call), "items")),
                  "%s", text);
    json_decref(before);
    free(text);
}

START_TEST(what_is_exported_can_be_imported)
{
    struct place p;
    begin(&p);
    place_expect(&p, "PUT " ROSTER,
                 "{\"items\": [{\"uri\": \"bob\", \"display_name\": \"Bob; \\\"the, one\\\"\", "
                 "\"groups\": [\"a;b\", \"c,d\", \"e\\\\f\"], \"notes\": \"two\\nlines, \\\\n\"},"
                 "{\"uri\": \"carol@other.org\", \"display_name\": \"\\u00c5sa \\u00d6berg "
                 "\\u4e2d\\u6587\\u4e2d\\u6587\\u4e2d\\u6587\\u4e2d\\u6587\\u4e2d\\u6587 with a "
                 "name that is longer than a line of a vCard may be\"}, {\"uri\": \"dave\", "
                 "\"position\": 40}]}",
                 200);
    expect_same_after(&p, "text/csv");
    expect_same_after(&p, "text/vcard");
    place_release(&p);
}
END_TEST

/* RFC 6350 3.2, 3.3: folded lines, groups of properties, parameters, case. */
START_TEST(cards_of_others_are_understood)
{
    struct place p;
    begin(&p);
    p.type = "text/vcard; charset=utf-8";
    place_expect(&p, "POST " ROSTER,
                 "BEGIN:VCARD\r\nVERSION:4.0\r\nFN;PREF=1:Bob\r\nEMAIL:bob@example.org\r\n"
                 "IMPP:xmpp:bob@example.org\r\nitem1.impp;TYPE=\"work:x\":SIP:bob@exam\r\n"
                 " ple.org\r\nCATEGORIES:friends\r\nNOTE:ta\r\n\tll\r\nEND:VCARD\r\n"
                 "begin:vcard\nFN:carol@other.org\nX-SIP:sip:carol@other.org\nend:vcard\n",
                 200);
    expect_roster(&p, "[" BOB("1") "," CAROL("2") "]");
    p.type = "text/vcard";
    place_expect(&p, "POST " ROSTER, "BEGIN:VCARD\r\nFN:Nobody\r\nEND:VCARD\r\n", 400);
    place_expect_field(&p, "/items/0");
    p.type = "text/vcard";
    place_expect(&p, "POST " ROSTER, "BEGIN:VCARD\r\nIMPP:sip:x@y\r\n", 400);
    p.type = "text/vcard";
    place_expect(&p, "POST " ROSTER, "FN:Bob\r\n", 400);
    expect_roster(&p, "[" BOB("1") "," CAROL("2") "]");
    place_release(&p);
}
END_TEST

/* RFC 4180 2. */
START_TEST(sheets_of_others_are_understood)
{
    static const char *const bad[] = {
        "display_name\r\nBob\r\n",
        "uri,colour\r\nbob,red\r\n",
        "uri,uri\r\nbob,bob\r\n",
        "uri\r\n\"bob\r\n",
        "uri\r\n\"bob\"x\r\n",
        "uri\r\nbob,more\r\n",
        "uri,position\r\nbob,first\r\n",
        "uri\r\nb\xff\r\n",
        "",
    };
    struct place p;
    begin(&p);
    p.type = "text/csv";
    place_expect(&p, "POST " ROSTER,
                 "\xef\xbb\xbfNotes, URI ,groups,display_name\n\"tall\",bob,friends,Bob\n\n"
                 ",sip:carol@other.org,\"\",",
                 200);
    expect_roster(&p, "[" BOB("1") "," CAROL("2") "]");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        p.type = "text/csv";
        place_expect(&p, "PUT " ROSTER, bad[i], 400);
    }
    expect_roster(&p, "[" BOB("1") "," CAROL("2") "]");
    p.type = "text/csv";
    place_expect(&p, "POST " ROSTER, "uri,notes\r\nbob,\"two\r\nlines\"\r\n", 200);
    place_expect(&p, "GET " ROSTER "/bob", NULL, 200);
    place_expect_member(&p, "notes", "\"two\\nlines\"");
    place_release(&p);
}
END_TEST

START_TEST(groups_are_made_filled_renamed_and_ordered)
{
    struct place p;
    begin(&p);
    place_expect(&p, "PUT " ROSTER,
                 "{\"items\": [{\"uri\": \"b\", \"groups\": [\"old\"]}, {\"uri\": \"c\"}]}", 200);
    place_expect(&p, "GET " GROUPS, NULL, 200);
    place_expect_json(&p, "{\"items\": [{\"name\": \"old\", \"position\": null, \"members\": "
                          "[\"sip:b@example.org\"]}]}");
    place_expect(&p, "PUT " GROUPS "/new", "{\"members\": [\"c\", \"b\"]}", 201);
    place_expect_json(&p, "{\"name\": \"new\", \"position\": 2, \"members\": "
                          "[\"sip:b@example.org\", \"sip:c@example.org\"]}");
    char *tag = place_etag(&p);
    place_expect(&p, "PUT " GROUPS "/more", "{\"members\": [\"c\", \"x\"]}", 400);
    place_expect_field(&p, "/members/1");
    place_expect(&p, "PATCH " GROUPS "/old", "{\"name\": \"new\"}", 409);
    place_expect(&p, "PATCH " GROUPS "/old", "{\"name\": \"\"}", 400);
    place_expect(&p, "PATCH " GROUPS "/none", "{}", 404);
    place_expect(&p, "PATCH " GROUPS "/old", "{\"name\": \"older\", \"position\": 5}", 200);
    place_expect(&p, "GET " ROSTER "/b", NULL, 200);
    place_expect_member(&p, "groups", "[\"new\", \"older\"]");
    place_expect(&p, "GET " ROSTER, NULL, 200);
    place_expect_member(&p, "groups", "[\"new\", \"older\"]");
    p.field = "If-Match", p.value = tag;
    place_expect(&p, "DELETE " GROUPS "/older", NULL, 412);
    p.field = "If-Match", p.value = tag;
    place_expect(&p, "DELETE " GROUPS "/new", NULL, 204);
    place_expect(&p, "GET " ROSTER, NULL, 200);
    place_expect_member(&p, "groups", "[\"older\"]");
    place_expect_member(&p, "total", "2");
    place_expect(&p, "GET " GROUPS "/new", NULL, 404);
    free(tag);
    place_release(&p);
}
END_TEST

#define SALES                                                                      \
    "{\"name\": \"sales\", \"title\": \"Sales\", \"members\": [\"@example.org\", " \
    "\"carol@other.org\"], \"watchers\": []}"

START_TEST(shared_groups_are_in_rosters)
{
    struct place p;
    begin(&p);
    place_add(&p, "bob@example.org");
    place_expect(&p, "PUT /api/v1/groups/sales",
                 "{\"title\": \"Sales\", \"members\": [\"sip:carol@other.org\", "
                 "\"@EXAMPLE.org\"]}",
                 201);
    place_expect_json(&p, SALES);
    char *tag = place_etag(&p);
    place_expect(&p, "PUT /api/v1/groups/heads", "{\"members\": [\"bob\"]}", 201);
    place_expect_member(&p, "title", "\"heads\"");
    place_expect(&p, "GET /api/v1/groups?limit=1", NULL, 200);
    place_expect_member(&p, "next", "\"/api/v1/groups?limit=1&after=heads\"");
    place_expect(&p, "GET " ROSTER, NULL, 200);
    place_expect_member(&p, "shared",
                        "[{\"name\": \"sales\", \"title\": \"Sales\", \"members\": "
                        "[\"@example.org\", \"carol@other.org\"]}]");
    place_expect(&p, "PUT /api/v1/groups/bad",
                 "{\"members\": [\"@elsewhere.org\", \"a b\"], \"name\": \"x\"}", 400);
    place_expect(&p, "PUT /api/v1/groups/bad", "{\"members\": [\"bob\", \"nobody\"]}", 400);
    place_expect_field(&p, "/members/1");
    place_expect(&p, "PUT /api/v1/groups/bad", "{\"watchers\": [\"nobody@example.org\"]}", 400);
    place_expect_field(&p, "/watchers/0");
    place_expect(&p, "GET /api/v1/groups/bad", NULL, 404);
    place_expect(&p, "PATCH /api/v1/groups/sales", "{\"watchers\": [\"bob\"]}", 200);
    place_expect_member(&p, "title", "\"Sales\"");
    place_expect(&p, "GET " ROSTER, NULL, 200);
    place_expect_member(&p, "shared", "[]");
    p.field = "If-Match", p.value = tag;
    place_expect(&p, "DELETE /api/v1/groups/sales", NULL, 412);
    place_expect(&p, "DELETE /api/v1/groups/sales", NULL, 204);
    place_expect(&p, "DELETE /api/v1/groups/sales", NULL, 404);
    place_expect(&p, "PATCH /api/v1/groups/sales", "{}", 404);
    free(tag);
    place_release(&p);
}
END_TEST

/* Called when the database is another connection's: what that one does is done then. */
static int let_go(void *context, int calls)
{
    ck_assert_int_eq(calls, 0);
    ck_assert_int_eq(account_commit(context), ERR_NONE);
    return 1;
}

/* An account that is made later would be in groups that were meant for somebody else. */
START_TEST(who_is_erased_meanwhile_is_in_no_shared_group)
{
    struct place p;
    char why[640];
    enum err err;
    begin(&p);
    place_add(&p, "bob@example.org");
    struct account_file *other = account_file_open(p.folder, &err, why, sizeof(why));
    ck_assert_msg(other != NULL, "%s", why);
    ck_assert_int_eq(account_begin(other), ERR_NONE);
    ck_assert_int_eq(account_delete(other, BYTES("bob@example.org")), ERR_NONE);
    sqlite3_busy_handler(p.file->database.handle, let_go, other);
    place_expect(&p, "PUT /api/v1/groups/heads", "{\"members\": [\"bob\"]}", 400);
    place_expect_field(&p, "/members/0");
    place_expect(&p, "GET /api/v1/groups/heads", NULL, 404);
    account_file_close(&other);
    place_release(&p);
}
END_TEST

/* The model: who is in the roster, with which notes, in which of two groups. */

enum { PEOPLE = 6, STEPS = 300 };

struct model {
    bool there[PEOPLE];
    unsigned notes[PEOPLE];
    bool in[PEOPLE][2];
};

struct choice {
    uint64_t state;
};

static unsigned choose(struct choice *choice, unsigned of)
{
    choice->state = choice->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(choice->state >> 33) % of;
}

static json_t *model_groups(const struct model *model, unsigned who)
{
    json_t *groups = json_array();
    for (unsigned i = 0; i < 2; i++)
        if (model->in[who][i])
            json_array_append_new(groups, json_string(i == 0 ? "g0" : "g1"));
    return groups;
}

static json_t *model_entry(const struct model *model, unsigned who)
{
    char uri[32], notes[16];
    snprintf(uri, sizeof(uri), "sip:p%u@example.org", who);
    snprintf(notes, sizeof(notes), "%u", model->notes[who]);
    return json_pack("{s:s, s:s, s:o, s:i, s:s}", "uri", uri, "notes", notes, "groups",
                     model_groups(model, who), "position", (int)who, "display_name", "");
}

static void model_expect(const struct model *model, struct place *p)
{
    json_t *items = json_array();
    for (unsigned i = 0; i < PEOPLE; i++)
        if (model->there[i])
            json_array_append_new(items, model_entry(model, i));
    place_expect(p, "GET " ROSTER, NULL, 200);
    json_t *got = json_deep_copy(json_object_get(fake_call_json(p->call), "items"));
    for (size_t i = 0; i < json_array_size(got); i++) { /* the order of groups is no matter */
        json_t *entry = json_array_get(got, i), *sorted = json_array();
        for (unsigned j = 0; j < 2; j++) {
            json_t *name = json_string(j == 0 ? "g0" : "g1");
            for (size_t k = 0; k < json_array_size(json_object_get(entry, "groups")); k++)
                if (json_equal(name, json_array_get(json_object_get(entry, "groups"), k)))
                    json_array_append(sorted, name);
            json_decref(name);
        }
        json_object_set_new(entry, "groups", sorted);
    }
    ck_assert(json_equal(items, got));
    json_decref(items);
    json_decref(got);
}

static void step_put(struct model *model, struct place *p, struct choice *choice)
{
    unsigned who = choose(choice, PEOPLE);
    char request[96];
    bool made = !model->there[who];
    model->there[who] = true;
    model->notes[who] = choose(choice, 1000);
    model->in[who][0] = choose(choice, 2);
    model->in[who][1] = choose(choice, 2);
    json_t *entry = model_entry(model, who);
    char *body = json_dumps(entry, 0);
    snprintf(request, sizeof(request), "PUT " ROSTER "/p%u", who);
    place_expect(p, request, body, made ? 201 : 200);
    free(body);
    json_decref(entry);
}

static void step_patch(struct model *model, struct place *p, struct choice *choice)
{
    unsigned who = choose(choice, PEOPLE), notes = choose(choice, 1000);
    char request[96], body[64];
    snprintf(request, sizeof(request), "PATCH " ROSTER "/p%u", who);
    snprintf(body, sizeof(body), "{\"notes\": \"%u\"}", notes);
    place_expect(p, request, body, model->there[who] ? 200 : 404);
    if (model->there[who])
        model->notes[who] = notes;
}

static void step_delete(struct model *model, struct place *p, struct choice *choice)
{
    unsigned who = choose(choice, PEOPLE);
    char request[96];
    snprintf(request, sizeof(request), "DELETE " ROSTER "/p%u", who);
    place_expect(p, request, NULL, model->there[who] ? 204 : 404);
    model->there[who] = false;
}

/* All or nothing: now and then the last of them is nobody. */
static void step_batch(struct model *model, struct place *p, struct choice *choice)
{
    struct model wanted = *model;
    bool replace = choose(choice, 4) == 0, broken = choose(choice, 2) == 0;
    json_t *items = json_array();
    if (replace)
        memset(wanted.there, 0, sizeof(wanted.there));
    for (unsigned i = 0; i < PEOPLE; i++) {
        if (choose(choice, 2) == 0)
            continue;
        wanted.there[i] = true;
        wanted.notes[i] = choose(choice, 1000);
        wanted.in[i][0] = wanted.in[i][1] = choose(choice, 2);
        json_array_append_new(items, model_entry(&wanted, i));
    }
    if (broken)
        json_array_append_new(items, json_pack("{s:s}", "uri", "no body"));
    json_t *body = json_pack("{s:o}", "items", items);
    char *text = json_dumps(body, 0);
    place_expect(p, replace ? "PUT " ROSTER : "POST " ROSTER, text, broken ? 400 : 200);
    if (!broken)
        *model = wanted;
    free(text);
    json_decref(body);
}

static void step_group(struct model *model, struct place *p, struct choice *choice)
{
    unsigned group = choose(choice, 2);
    char request[96];
    json_t *members = json_array();
    for (unsigned i = 0; i < PEOPLE; i++) {
        char uri[32];
        if (!model->there[i])
            continue;
        model->in[i][group] = choose(choice, 2);
        snprintf(uri, sizeof(uri), "sip:p%u@example.org", i);
        if (model->in[i][group])
            json_array_append_new(members, json_string(uri));
    }
    json_t *body = json_pack("{s:o}", "members", members);
    char *text = json_dumps(body, 0);
    snprintf(request, sizeof(request), "PUT " GROUPS "/g%u", group);
    unsigned status = place_ask(p, request, text);
    ck_assert(status == 200 || status == 201);
    free(text);
    json_decref(body);
}

static void step_forget(struct model *model, struct place *p, struct choice *choice)
{
    unsigned group = choose(choice, 2);
    char request[96];
    snprintf(request, sizeof(request), "DELETE " GROUPS "/g%u", group);
    unsigned status = place_ask(p, request, NULL);
    ck_assert(status == 204 || status == 404);
    for (unsigned i = 0; i < PEOPLE; i++)
        model->in[i][group] = false;
}

/* The server's side: what its policy has when it has looked into the same database. */
struct side {
    struct store *store;
    struct policy *policy;
};

static void on_refused(void *context, unsigned partition)
{
    (void)context, (void)partition;
    ck_abort_msg("nothing was submitted");
}

static void on_news(void *context)
{
    (void)context;
}

static void side_init(struct side *side, const struct place *p)
{
    static const struct store_listener listener = {on_refused, on_news, on_news, NULL};
    const struct store_settings settings = {.folder = p->folder, .stepped = true};
    char why[640];
    enum err err;
    side->store = store_open(&settings, &listener, NULL, NULL, &err, why, sizeof(why));
    ck_assert_msg(side->store != NULL, "%s", why);
    side->policy = policy_new(NULL, NULL, NULL);
}

static void side_release(struct side *side, const struct place *p)
{
    char path[128];
    policy_free(&side->policy);
    store_close(&side->store);
    snprintf(path, sizeof(path), "%s/herald.lock", p->folder);
    unlink(path);
}

static void ignore_buddy(void *context, struct bytes buddy)
{
    (void)context, (void)buddy;
}

static void side_expect(const struct side *side, const struct model *model)
{
    ck_assert_int_eq(policy_refresh(side->policy, side->store), ERR_NONE);
    for (unsigned group = 0; group < 2; group++) {
        size_t count = 0;
        for (unsigned i = 0; i < PEOPLE; i++)
            count += model->there[i] && model->in[i][group];
        ck_assert_uint_eq(policy_group(side->policy, BYTES("alice@example.org"),
                                       group == 0 ? BYTES("g0") : BYTES("g1"), ignore_buddy, NULL),
                          count);
    }
    for (unsigned i = 0; i < PEOPLE; i++) {
        char aor[32];
        snprintf(aor, sizeof(aor), "p%u@example.org", i);
        ck_assert(policy_knows(side->policy, BYTES("alice@example.org"), bytes_of(aor)) ==
                  model->there[i]);
    }
}

/* The API's view, and what the SIP side decides by. */
START_TEST(any_changes_end_as_the_model_says)
{
    static void (*const steps[])(struct model * model, struct place * p, struct choice * choice) = {
        step_put, step_put, step_patch, step_delete, step_batch, step_group, step_forget};
    struct choice choice = {(uint64_t)_i + 1};
    struct model model = {{false}};
    struct place p;
    struct side side;
    begin(&p);
    side_init(&side, &p);
    for (unsigned i = 0; i < STEPS; i++) {
        steps[choose(&choice, sizeof(steps) / sizeof(steps[0]))](&model, &p, &choice);
        model_expect(&model, &p);
        side_expect(&side, &model);
    }
    side_release(&side, &p);
    place_release(&p);
}
END_TEST

UNIT_MAIN("web/api/roster", an_entry_is_put_read_patched_and_deleted,
          an_entry_changes_only_as_it_was_seen, a_page_put_back_takes_nobody_out,
          a_roster_is_replaced_merged_and_emptied,
          a_batch_with_faults_names_each_and_changes_nothing, a_full_roster_takes_no_more,
          pages_follow_the_order, what_is_exported_can_be_imported, cards_of_others_are_understood,
          sheets_of_others_are_understood, groups_are_made_filled_renamed_and_ordered,
          shared_groups_are_in_rosters, who_is_erased_meanwhile_is_in_no_shared_group,
          any_changes_end_as_the_model_says)
