/* explain_test.c: why does alice see of bob what she sees? Each case has its own sentence. */
#include "web/api/explain.h"

#include "fixture/live.h"
#include "web/api/live.h"
#include "web/api/watching.h"

static const json_t *explained(void)
{
    return live_get(explain_endpoints, "GET /api/v1/explain?watcher=alice&presentity=bob");
}

/* The case and a part of the sentence. */
static void assert_case(const char *name, const char *part)
{
    const json_t *got = explained();
    const char *sentence = live_text(got, "sentence");
    ck_assert_msg(strcmp(live_text(got, "case"), name) == 0, "%s, not %s: %s",
                  live_text(got, "case"), name, sentence);
    ck_assert_has(sentence, part);
    ck_assert_int_eq(sentence[strlen(sentence) - 1], '.');
    ck_assert_ptr_null(strchr(sentence, '$'));
}

#define ALLOW "PUT /api/v1/users/bob@example.org/rules/alice@example.org {\"handling\": \"allow\"} "

/* How the last NOTIFY of what has ended was answered. */
static void assert_end_told(int answer, const char *by, const char *at)
{
    const json_t *told =
        json_object_get(json_object_get(fake_call_json(call), "ended"), "last_notify");
    ck_assert_int_eq(json_integer_value(json_object_get(told, "answer")), answer);
    ck_assert_field(told, "answered_by", by);
    ck_assert_field(told, "flow", "udp/127.0.0.1:5060/127.0.0.2:5060");
    ck_assert_field(told, "at", at);
}

/* Alice's watching, and what she was told when it began. */
static const char *watch_bob(void)
{
    return watch("Expires: 600\r\n");
}

START_TEST(names_are_judged)
{
    live_open();
    ck_assert_uint_eq(live_do(explain_endpoints, "GET /api/v1/explain?watcher=alice", NULL), 400);
    ck_assert_str_eq(fake_call_problem_field(call), "presentity");
    ck_assert_uint_eq(live_do(explain_endpoints,
                              "GET /api/v1/explain?watcher=alice&presentity=bob&event=x", NULL),
                      400);
    ck_assert_str_eq(fake_call_problem_field(call), "event");
    const json_t *got =
        live_get(explain_endpoints, "GET /api/v1/explain?watcher=alice&presentity=nobody");
    ck_assert_field(got, "case", "no_such_user");
    ck_assert_has(live_text(got, "sentence"), "no user nobody@example.org");
    got = live_get(explain_endpoints, "GET /api/v1/explain?watcher=nobody&presentity=bob");
    ck_assert_field(got, "case", "no_such_watcher");
    got = live_get(explain_endpoints, "GET /api/v1/explain?watcher=alice&presentity=z@other.org");
    ck_assert_field(got, "case", "elsewhere");
    live_close();
}
END_TEST

/* Whether the account of this name is disabled, as the store and the server have it. */
static void disable(struct bytes aor, bool disabled)
{
    const struct store_account account = {
        .aor = aor, .ha1 = {BYTES("0123456789abcdef0123456789abcdef")}, .disabled = disabled};
    ck_assert_int_eq(account_change(ground->accounts, &account), ERR_NONE);
    ground_refresh_accounts(ground);
}

START_TEST(a_disabled_account_is_named)
{
    live_open();
    disable(BYTES("alice@example.org"), true);
    ck_assert_uint_eq(subscribe(""), 403);
    assert_case("watcher_disabled", "alice@example.org sees nothing: its account is disabled");
    assert_case("watcher_disabled",
                "; PATCH /api/v1/users/alice@example.org {\"disabled\": false} enables it.");
    disable(BYTES("alice@example.org"), false);
    watch_bob();
    disable(BOB, true);
    assert_case("presentity_disabled", "bob@example.org offline, because that account is disabled");
    ck_assert_uint_eq(publish("", "here"), 403);
    live_close();
}
END_TEST

#define STRANGER "GET /api/v1/explain?watcher=x@other.org&presentity=bob"

/* RFC 3325: a trusted address vouches for it, so the default holds as for a neighbour. */
START_TEST(somebody_of_another_domain)
{
    live_open();
    ck_assert_uint_eq(publish("", "here"), 200);
    const json_t *got = live_get(explain_endpoints, STRANGER);
    ck_assert_field(got, "case", "stranger");
    ck_assert_has(live_text(got, "sentence"), "it is answered 403; its server has to prove");
    struct ask ask = subscribing("");
    ask.from = "<sip:x@other.org>;tag=x";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    ck_assert_has(notified("SIP/2.0 200 OK"), ">here<");
    got = live_get(explain_endpoints, STRANGER);
    ck_assert_has(live_text(got, "sentence"), "x@other.org sees bob@example.org as open (here)");
    ck_assert_field(got, "case", "sees");
    ck_assert_has(live_text(json_object_get(got, "shown"), "body"), ">here<");
    live_close();
}
END_TEST

/* RFC 4745 7.1: nobody need be proved, where everybody may watch. */
START_TEST(a_stranger_whom_everybody_means)
{
    live_open();
    rule("allow");
    const json_t *got = live_get(explain_endpoints, STRANGER);
    ck_assert_field(got, "case", "never_subscribed");
    live_close();
}
END_TEST

START_TEST(who_never_subscribed)
{
    live_open();
    assert_case("watcher_not_registered", "no device of it is registered");
    ck_assert_uint_eq(live_register("alice", ALICE_CONTACT), 200);
    assert_case("never_subscribed", "since the server began, and would be let through; its "
                                    "device has to subscribe.");
    rule("confirm");
    assert_case("never_subscribed", "and would have to wait for that user's word; " ALLOW
                                    "lets it through, and then it has to subscribe.");
    rule("polite-block");
    assert_case("never_subscribed", "and would be shown that user offline");
    live_close();
}
END_TEST

START_TEST(who_is_let_through_sees)
{
    live_open();
    ck_assert_uint_eq(publish("", "here"), 200);
    watch_bob();
    assert_case("sees", "alice@example.org sees bob@example.org as open (here) since "
                        "2023-11-14T22:13:20.000Z, allowed by the default of the domain (domain).");
    const json_t *got = fake_call_json(call);
    const json_t *composition = json_object_get(got, "composition");
    const json_t *decision = json_object_get(got, "decision");
    ck_assert_field(decision, "by", "domain_default");
    ck_assert_field(decision, "handling", "allow");
    ck_assert_field(composition, "shown_from", "publications");
    ck_assert_field(composition, "first_by", "alone");
    ck_assert_has(live_text(json_object_get(got, "shown"), "body"), ">here<");
    const json_t *subscription = json_array_get(json_object_get(got, "subscriptions"), 0);
    ck_assert_field(json_object_get(subscription, "last_notify"), "flow",
                    "udp/127.0.0.1:5060/127.0.0.2:5060");
    ground_wait(ground, 5000);
    ck_assert_uint_eq(publish("", "later"), 200);
    notified("SIP/2.0 200 OK");
    assert_case("sees", "since 2023-11-14T22:13:25.000Z");
    ck_assert_field(json_object_get(fake_call_json(call), "composition"), "first_by", "newer");
    got = live_get(explain_endpoints, "GET /api/v1/explain?watcher=bob&presentity=bob");
    ck_assert_field(json_object_get(got, "decision"), "by", "owner");
    live_close();
}
END_TEST

START_TEST(rules_are_named)
{
    live_open();
    ck_assert_uint_eq(publish("", "here"), 200);
    watch_bob();
    rule("block");
    assert_case("blocked", "blocked by rule \"a\" of bob@example.org; " ALLOW "allows it.");
    rule("allow");
    ck_assert_uint_eq(subscribe(""), 200);
    assert_case("sees", "allowed by rule \"a\" of bob@example.org");
    const json_t *decision = json_object_get(fake_call_json(call), "decision");
    ck_assert_field(decision, "by", "rules");
    ck_assert_field(json_array_get(json_object_get(decision, "rules"), 0), "id", "a");
    live_close();
}
END_TEST

START_TEST(who_waits_for_a_word)
{
    live_open();
    rule("confirm");
    watch("Expires: 60\r\n");
    assert_case("pending", "waits for a word of bob@example.org since 2023-11-14T22:13:20.000Z");
    assert_case("pending", "; " ALLOW "is that word.");
    ground_wait(ground, 61000);
    ground_commit(ground);
    notified("SIP/2.0 200 OK");
    ground_commit(ground);
    assert_case("waiting", "remembered as waiting");
    live_close();
}
END_TEST

/* The word came, and the server has not got round to whom it concerns. */
START_TEST(who_need_not_wait_any_more)
{
    live_open();
    rule("confirm");
    watch("Expires: 60\r\n");
    rule("allow");
    assert_case("being_judged", "who may see bob@example.org is being judged again");
    rule("confirm");
    ground_wait(ground, 61000);
    ground_commit(ground);
    notified("SIP/2.0 200 OK");
    ground_commit(ground);
    assert_case("waiting", "remembered as waiting");
    rule("allow");
    assert_case("expired", "did not refresh it in time; its device has to subscribe.");
    live_close();
}
END_TEST

START_TEST(who_is_blocked_politely)
{
    live_open();
    ck_assert_uint_eq(publish("", "here"), 200);
    rule("polite-block");
    watch_bob();
    assert_case("polite_blocked", "blocked politely by rule \"a\"");
    assert_case("polite_blocked", "; " ALLOW "shows it more.");
    ck_assert(json_is_true(
        json_object_get(json_object_get(fake_call_json(call), "filtered"), "politely_blocked")));
    live_close();
}
END_TEST

START_TEST(broken_rules_are_said)
{
    live_open();
    char broken[] = "<no";
    ck_assert_int_eq(account_edit_rules(ground->accounts, BOB, ruling_put, broken), ERR_NONE);
    ruling_take();
    assert_case("rules_broken", "rules of bob@example.org are broken");
    live_close();
}
END_TEST

START_TEST(an_unanswered_notify)
{
    live_open();
    ck_assert_uint_eq(subscribe("Expires: 600\r\n"), 200);
    ground_wait(ground, 3000);
    assert_case("notify_unanswered",
                "the NOTIFY of 2023-11-14T22:13:20.000Z to udp/127.0.0.1:5060/127.0.0.2:5060 is "
                "not answered yet");
    ground_wait(ground, 40000);
    ground_commit(ground);
    assert_case("notify_unanswered", "a NOTIFY to its device was not answered");
    assert_end_told(408, "nobody", "2023-11-14T22:13:20.000Z");
    live_close();
}
END_TEST

/* The answer to an earlier one is not its answer. */
START_TEST(an_answer_is_of_the_last_notify)
{
    live_open();
    watch_bob();
    explained();
    const json_t *one = json_array_get(json_object_get(fake_call_json(call), "subscriptions"), 0);
    ck_assert_int_eq(
        json_integer_value(json_object_get(json_object_get(one, "last_notify"), "answer")), 200);
    ck_assert_uint_eq(publish("", "here"), 200);
    explained();
    one = json_array_get(json_object_get(fake_call_json(call), "subscriptions"), 0);
    ck_assert_field(one, "owed", "under_way");
    ck_assert(json_is_null(json_object_get(json_object_get(one, "last_notify"), "answer")));
    ck_assert(json_is_null(json_object_get(json_object_get(one, "last_notify"), "answered_by")));
    live_close();
}
END_TEST

START_TEST(an_unanswered_notify_that_is_tried_again)
{
    live_open();
    presence->settings.notify_timeout = PRESENCE_TIMEOUT_RETRIES;
    ck_assert_uint_eq(subscribe("Expires: 600\r\n"), 200);
    ground_wait(ground, 40000);
    ground_commit(ground);
    assert_case("notify_unanswered", "is tried again");
    live_close();
}
END_TEST

START_TEST(a_refused_notify)
{
    live_open();
    ck_assert_uint_eq(subscribe("Expires: 600\r\n"), 200);
    notified("SIP/2.0 500 Oops");
    assert_case("notify_failed", "was answered 500");
    ck_assert_uint_eq(publish("", "here"), 200);
    notified("SIP/2.0 481 Gone");
    ground_commit(ground);
    assert_case("notify_refused", "refused a NOTIFY");
    assert_end_told(481, "watcher", "2023-11-14T22:13:20.000Z");
    live_close();
}
END_TEST

START_TEST(a_watcher_that_asks_for_patience)
{
    live_open();
    ck_assert_uint_eq(subscribe("Expires: 600\r\n"), 200);
    const struct sent sent = *sent_nth(ground, "NOTIFY ", 0);
    ground_answer(ground, &sent, "SIP/2.0 500 Later", "Retry-After: 30\r\n");
    assert_case("asked_later", "asked at 2023-11-14T22:13:20.000Z to be told later");
    live_close();
}
END_TEST

/* RFC 5626: the connection is the only way to it, and gone. */
START_TEST(held_because_there_is_no_way)
{
    live_open();
    struct net_flow flow = ground_tcp(ground, "127.0.0.2:40000");
    struct ask ask = subscribing("Contact: <sip:alice@127.0.0.2:40000;transport=ws>\r\n"
                                 "Expires: 600\r\n");
    ask.via = "SIP/2.0/TCP 127.0.0.2:40000;branch=z9hG4bK-w";
    ask.flow = &flow;
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    notified("SIP/2.0 200 OK");
    ground_hang_up(ground, flow.connection);
    ground->mark = ground->net.sent_count;
    ck_assert_uint_eq(publish("", "here"), 200);
    assert_case("no_way", "there is no way to its device");
    ck_assert_field(json_array_get(json_object_get(fake_call_json(call), "subscriptions"), 0),
                    "owed", "no_way");
    live_close();
}
END_TEST

START_TEST(an_end_is_remembered)
{
    char request[300];
    live_open();
    const char *to = watch("Expires: 60\r\n");
    ground_wait(ground, 61000);
    ground_commit(ground);
    notified("SIP/2.0 200 OK");
    ground_commit(ground);
    assert_case("expired", "ended at 2023-11-14T22:14:20.000Z because its device did not refresh");
    ck_assert_field(json_object_get(fake_call_json(call), "ended"), "reason", "expired");
    assert_end_told(200, "watcher", "2023-11-14T22:14:20.000Z");
    ck_assert_uint_eq(subscribe("Expires: 0\r\n"), 200);
    notified("SIP/2.0 200 OK");
    assert_case("unsubscribed", "its device ended it");
    (void)to;
    struct ask ask = subscribing("");
    ask.call = "another";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    notified("SIP/2.0 200 OK");
    const json_t *item = live_item(watching_endpoints, "GET /api/v1/subscriptions", 0);
    snprintf(request, sizeof(request), "DELETE /api/v1/subscriptions/%s", live_text(item, "id"));
    ground->mark = ground->net.sent_count;
    ck_assert_uint_eq(live_do(watching_endpoints, request, NULL), 204);
    ground_commit(ground);
    notified("SIP/2.0 200 OK");
    assert_case("deactivated", "the server ended it");
    live_close();
}
END_TEST

START_TEST(nothing_is_published)
{
    live_open();
    watch_bob();
    assert_case("presentity_not_registered", "offline, because nothing is published for it and no");
    ck_assert_uint_eq(live_register("bob", "Contact: <sip:bob@127.0.0.3:5060>\r\n"), 200);
    assert_case("nothing_published", "though a device of it is registered");
    live_close();
}
END_TEST

static void count_registrations(enum presence_registration how)
{
    struct presence_settings settings = presence->settings;
    settings.registration = how;
    presence_reload(presence, &settings);
    ground_wait(ground, 100);
    ground_commit(ground);
}

START_TEST(registrations_that_count)
{
    live_open();
    ck_assert_uint_eq(live_register("bob", "Contact: <sip:bob@127.0.0.3:5060>\r\n"), 200);
    count_registrations(PRESENCE_REGISTRATION_FALLBACK);
    watch_bob();
    assert_case("registered", "because a device of it is registered and nothing is published");
    ck_assert_field(json_object_get(fake_call_json(call), "composition"), "shown_from",
                    "registration");
    live_close();
}
END_TEST

START_TEST(registrations_that_rule)
{
    live_open();
    count_registrations(PRESENCE_REGISTRATION_RULE);
    ck_assert_uint_eq(publish("", "here"), 200);
    watch_bob();
    assert_case("registration_rules", "no device of it is registered");
    live_close();
}
END_TEST

START_TEST(who_was_last_seen)
{
    live_open();
    presence->settings.last_seen_s = 3600;
    ck_assert_uint_eq(publish("Expires: 60\r\n", "here"), 200);
    watch_bob();
    ground_wait(ground, 61000);
    ground_commit(ground);
    notified("SIP/2.0 200 OK");
    assert_case("last_seen", "was last seen at 2023-11-14T22:14:20.000Z");
    live_close();
}
END_TEST

START_TEST(rights_that_leave_nothing)
{
    live_open();
    ck_assert_uint_eq(publish("", "here"), 200);
    ruling_write("", "allow", "");
    ruling_take();
    watch_bob();
    assert_case("rights_leave_nothing", "rule \"a\" of bob@example.org leaves nothing");
    const json_t *filtered = json_object_get(fake_call_json(call), "filtered");
    ck_assert(json_is_true(json_object_get(filtered, "by_rights")));
    ck_assert_uint_eq(json_array_size(json_object_get(filtered, "hidden")), RIGHTS_ATTRIBUTES);
    live_close();
}
END_TEST

/* RFC 4660 */
START_TEST(a_filter_that_leaves_nothing)
{
    live_open();
    ck_assert_uint_eq(publish("", "here"), 200);
    struct ask ask = subscribing("Expires: 600\r\nContent-Type: application/simple-filter+xml\r\n");
    ask.body = "<filter-set xmlns='urn:ietf:params:xml:ns:simple-filter'><ns-bindings>"
               "<ns-binding prefix='pidf' urn='urn:ietf:params:xml:ns:pidf'/></ns-bindings>"
               "<filter id='1' uri='sip:bob@example.org'><what><include type='xpath'>"
               "/pidf:presence/pidf:tuple[@id=\"nobody\"]</include></what></filter></filter-set>";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    notified("SIP/2.0 200 OK");
    assert_case("filter_leaves_nothing", "the filter that its own device sent");
    ck_assert_has(live_text(json_object_get(fake_call_json(call), "filtered"), "filter"),
                  "<filter-set");
    live_close();
}
END_TEST

START_TEST(other_events)
{
    live_open();
    const json_t *got =
        live_get(explain_endpoints,
                 "GET /api/v1/explain?watcher=alice&presentity=bob&event=message-summary");
    ck_assert_field(got, "case", "blocked");
    ck_assert_has(live_text(got, "sentence"), "the event message-summary is for bob@example.org "
                                              "alone and for whom a rule of it allows");
    ck_assert_field(json_object_get(got, "decision"), "by", "event");
    struct ask ask = subscribing("Event: message-summary\r\n");
    ask.from = "<sip:bob@example.org>;tag=m";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    notified("SIP/2.0 200 OK");
    got = live_get(explain_endpoints,
                   "GET /api/v1/explain?watcher=bob&presentity=bob&event=message-summary");
    ck_assert_field(got, "case", "told");
    live_close();
}
END_TEST

#define WATCHERS_SEEN_BY(who) \
    "GET /api/v1/explain?watcher=" who "&presentity=bob&event=presence.winfo"

/* RFC 3857 */
START_TEST(who_watches_is_explained)
{
    live_open();
    rule("allow");
    const json_t *got = live_get(explain_endpoints, WATCHERS_SEEN_BY("alice"));
    ck_assert_field(got, "case", "blocked");
    ck_assert_has(live_text(got, "sentence"),
                  "the event presence.winfo is for bob@example.org alone.");
    ck_assert_uint_eq(live_register("bob", "Contact: <sip:bob@127.0.0.3:5060>\r\n"), 200);
    got = live_get(explain_endpoints, WATCHERS_SEEN_BY("bob"));
    ck_assert_field(got, "case", "never_subscribed");
    struct ask ask = subscribing("Event: presence.winfo\r\n");
    ask.from = "<sip:bob@example.org>;tag=w";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    notified("SIP/2.0 200 OK");
    got = live_get(explain_endpoints, WATCHERS_SEEN_BY("bob"));
    ck_assert_field(got, "case", "told");
    ck_assert_uint_eq(json_array_size(json_object_get(got, "subscriptions")), 1);
    ck_assert_field(json_object_get(got, "decision"), "by", "owner");
    live_close();
}
END_TEST

/* RFC 5025 3.2.1 speaks of presence: here a rule that does not allow is none. */
START_TEST(an_event_for_whom_a_rule_allows)
{
    live_open();
    rule("polite-block");
    const json_t *got =
        live_get(explain_endpoints, "GET /api/v1/explain?watcher=alice&presentity=bob&event=reg");
    ck_assert_field(got, "case", "blocked");
    ck_assert_has(live_text(got, "sentence"), "the event reg is for bob@example.org alone and for "
                                              "whom a rule of it allows, and rule \"a\" says "
                                              "polite-block");
    ck_assert_field(json_object_get(got, "decision"), "by", "event");
    rule("allow");
    got = live_get(explain_endpoints, "GET /api/v1/explain?watcher=alice&presentity=bob&event=reg");
    ck_assert_field(json_object_get(got, "decision"), "by", "rules");
    ck_assert_field(json_object_get(got, "decision"), "handling", "allow");
    live_close();
}
END_TEST

UNIT_MAIN("explain", names_are_judged, a_disabled_account_is_named, somebody_of_another_domain,
          a_stranger_whom_everybody_means, who_never_subscribed, who_is_let_through_sees,
          rules_are_named, who_waits_for_a_word, who_need_not_wait_any_more,
          who_is_blocked_politely, broken_rules_are_said, an_unanswered_notify,
          an_answer_is_of_the_last_notify, an_unanswered_notify_that_is_tried_again,
          a_refused_notify, a_watcher_that_asks_for_patience, held_because_there_is_no_way,
          an_end_is_remembered, nothing_is_published, registrations_that_count,
          registrations_that_rule, who_was_last_seen, rights_that_leave_nothing,
          a_filter_that_leaves_nothing, other_events, who_watches_is_explained,
          an_event_for_whom_a_rule_allows)
