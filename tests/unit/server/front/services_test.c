/* services_test.c: addresses of ours that are no users. */
#include "fixture/probe.h"

static unsigned served;
static struct front_request seen;

static void serve(void *context, struct front_request *request)
{
    (void)context;
    served++;
    seen = *request;
    front_respond(request, 202, NULL, BYTES(""));
    front_send(request, STORE_NOTHING);
}

static void open_with(const char *user)
{
    const struct front_method method = {SIP_MESSAGE, FRONT_PROVED, serve, NULL,
                                        "recipient-list-message"};
    served = 0;
    probe_open(true);
    front_register_service(ground->front, user, &method);
}

static unsigned ask(const char *uri, const char *fields)
{
    return probe_alice((struct ask){.uri = uri, .fields = fields});
}

START_TEST(by_its_name_alone)
{
    static const char *const served_by_us[] = {
        "sip:list@example.org",       "sips:list@example.org", "sip:list+work@example.org",
        "sip:l%69st@EXAMPLE.org;x=y", "sip:list+@example.org", "im:list@example.org"};
    static const char *const not_ours[] = {"sip:lists@example.org", "sip:lis@example.org",
                                           "sip:LIST@example.org", "sip:my.list@example.org",
                                           "sip:@example.org"};
    open_with("list");
    for (size_t i = 0; i < sizeof(served_by_us) / sizeof(served_by_us[0]); i++) {
        ck_assert_msg(ask(served_by_us[i], NULL) == 202, "%s", served_by_us[i]);
        ck_assert_uint_eq(served, i + 1);
        ck_assert_uint_eq(seen.aim, FRONT_AIM_SERVER);
    }
    unsigned before = served;
    for (size_t i = 0; i < sizeof(not_ours) / sizeof(not_ours[0]); i++)
        ck_assert_msg(ask(not_ours[i], NULL) >= 400, "%s", not_ours[i]);
    ck_assert_uint_eq(ask("sip:list@elsewhere.net", NULL), 0); /* relayed */
    ck_assert_uint_eq(served, before);
    probe_close();
}
END_TEST

/* An account of that very name goes before. */
START_TEST(accounts_go_before)
{
    open_with("list");
    ground_add_account(ground, "list@example.org");
    ground_refresh_accounts(ground);
    ck_assert_uint_eq(ask("sip:list@example.org", NULL), 0); /* the probe has it */
    ck_assert_uint_eq(ask("sip:list+work@example.org", NULL), 202);
    ck_assert_uint_eq(served, 1);
    probe_close();
}
END_TEST

/* RFC 3261 22: with the service's needs. */
START_TEST(strangers)
{
    open_with("list");
    ck_assert_uint_eq(
        probe_send((struct ask){.uri = "sip:list@example.org", .from = "<sip:x@y>;tag=1"}), 403);
    ck_assert_uint_eq(probe_send((struct ask){.uri = "sip:list@example.org"}), 401);
    ck_assert_uint_eq(served, 0);
    probe_close();
}
END_TEST

/* RFC 3261 8.2.2.3, RFC 5365 5: with its option tags, which OPTIONS tells of. */
START_TEST(rfc5365_5_option_tag)
{
    open_with("list");
    ck_assert_uint_eq(ask("sip:list@example.org", "Require: recipient-list-message\r\n"), 202);
    ck_assert_uint_eq(ask("sip:list@example.org", "Require: recipient-list-message, x\r\n"), 420);
    ck_assert_has(sent_text(ground, "SIP"), "Unsupported: x\r\n");
    ck_assert_uint_eq(probe_send((struct ask){.method = "OPTIONS", .uri = "sip:list@example.org"}),
                      200);
    ck_assert_has(sent_text(ground, "SIP"), "recipient-list-message\r\n");
    ck_assert_uint_eq(ask("sip:bob@example.org", "Require: recipient-list-message\r\n"), 0);
    probe_close();
}
END_TEST

/* RFC 3261 8.2.1 */
START_TEST(other_methods)
{
    open_with("list");
    ck_assert_uint_eq(
        probe_alice((struct ask){.method = "SUBSCRIBE", .uri = "sip:list@example.org"}), 405);
    ck_assert_uint_eq(probe_alice((struct ask){.method = "INVITE", .uri = "sip:list@example.org"}),
                      405);
    probe_close();
}
END_TEST

START_TEST(another_name)
{
    const struct front_method method = {SIP_MESSAGE, FRONT_PROVED, serve, NULL, "x"};
    open_with("list");
    front_register_service(ground->front, "many", &method);
    ck_assert_uint_eq(ask("sip:list@example.org", NULL), 404);
    ck_assert_uint_eq(ask("sip:many@example.org", NULL), 202);
    front_register_service(ground->front, "", &method);
    ck_assert_uint_eq(ask("sip:many@example.org", NULL), 404);
    ck_assert_uint_eq(ask("sip:+x@example.org", NULL), 404);
    ck_assert_uint_eq(probe_send((struct ask){.method = "OPTIONS", .uri = "sip:example.org"}), 200);
    ck_assert_has(sent_text(ground, "SIP"), "Supported: path, outbound\r\n");
    probe_close();
}
END_TEST

UNIT_MAIN("front/services", by_its_name_alone, accounts_go_before, strangers, rfc5365_5_option_tag,
          other_methods, another_name)
