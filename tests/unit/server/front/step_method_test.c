/* step_method_test.c: who handles what. */
#include "fixture/probe.h"

static const struct net_flow *trusted(void)
{
    static struct net_flow flow;
    flow = ground_udp("127.0.0.2:5060");
    return &flow;
}

/* RFC 3261 16.3 step 1: a method that nobody knows is relayed. */
START_TEST(any_method_goes_to_users_and_elsewhere)
{
    static const char *const methods[] = {"INVITE", "BYE",   "NOTIFY", "INFO", "UPDATE",
                                          "PRACK",  "REFER", "DANCE",  "ACK"};
    probe_open(true);
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        struct ask ask = {.method = methods[i], .flow = trusted()};
        ck_assert_uint_eq(probe_send(ask), 0);
        ck_assert(probe.relayed);
        ask.uri = "sip:bob@elsewhere.net";
        ck_assert_uint_eq(probe_send(ask), 0);
        ck_assert(probe.relayed);
    }
    probe_close();
}
END_TEST

/* RFC 3261 8.2.1: of this server itself not. */
START_TEST(server_itself)
{
    struct ask ask = {.method = "INVITE", .uri = "sip:example.org", .flow = trusted()};
    probe_open(true);
    ck_assert_uint_eq(probe_send(ask), 405);
    ck_assert_has(sent_text(ground, "SIP"),
                  "Allow: OPTIONS, REGISTER, PUBLISH, SUBSCRIBE, MESSAGE\r\n");
    ask.method = "DANCE";
    ck_assert_uint_eq(probe_send(ask), 405);
    ask.method = "OPTIONS";
    ck_assert_uint_eq(probe_send(ask), 200);
    ck_assert_has(sent_text(ground, "SIP"),
                  "Allow: OPTIONS, INVITE, ACK, BYE, CANCEL, REGISTER, PUBLISH, SUBSCRIBE, NOTIFY, "
                  "MESSAGE, INFO, PRACK, UPDATE, REFER\r\n");
    ck_assert_has(sent_text(ground, "SIP"), "Supported: path, outbound\r\n");
    ck_assert_uint_eq(probe.calls, 0);
    probe_close();
}
END_TEST

START_TEST(own_handlers)
{
    struct ask ask = {.method = "PUBLISH", .flow = trusted()};
    probe_open(true);
    ck_assert_uint_eq(probe_send(ask), 0);
    ck_assert(!probe.relayed);
    ask.method = "OPTIONS"; /* of a user: nobody handles it, so its devices are asked */
    ck_assert_uint_eq(probe_send(ask), 0);
    ck_assert(probe.relayed);
    ask = (struct ask){.method = "REGISTER",
                       .uri = "sip:elsewhere.net",
                       .to = "<sip:bob@example.org>",
                       .flow = trusted()};
    ck_assert_uint_eq(probe_send(ask), 0);
    ck_assert(!probe.relayed);
    ck_assert_str_eq(probe.target, "bob@example.org");
    probe_close();
}
END_TEST

START_TEST(nobody_relays)
{
    struct ask ask = {.method = "INFO", .flow = trusted()};
    probe_open(false);
    ck_assert_uint_eq(probe_send(ask), 405);
    ask.uri = "sip:bob@elsewhere.net";
    ck_assert_uint_eq(probe_send(ask), 405);
    ask.method = "MESSAGE";
    ck_assert_uint_eq(probe_send(ask), 403);
    ask.method = "ACK";
    ck_assert_uint_eq(probe_send(ask), 1);
    probe_close();
}
END_TEST

/* A handler that wants to: what begins something, wherever it is aimed; what is in a dialog is
 * relayed as ever. */
START_TEST(handled_everywhere)
{
    const struct front_method info = {SIP_INFO, FRONT_LOCAL_USER | FRONT_RELAYED | FRONT_EVERYWHERE,
                                      probe_handle, NULL};
    struct ask ask = {
        .method = "INFO", .uri = "sip:bob@elsewhere.net", .from = NULL, .flow = trusted()};
    probe_open(true);
    front_register(ground->front, &info);
    ck_assert_uint_eq(probe_send(ask), 0);
    ck_assert(!probe.relayed);
    ck_assert_int_eq(probe.aim, FRONT_AIM_ELSEWHERE);
    ask.uri = "sip:bob@example.org;gr=urn:uuid:1";
    ck_assert_uint_eq(probe_send(ask), 0);
    ck_assert(!probe.relayed);
    ck_assert_int_eq(probe.aim, FRONT_AIM_DEVICE);
    ask.uri = "sip:example.org"; /* no user, and the handler says what that means */
    ck_assert_uint_eq(probe_send(ask), 0);
    ck_assert_int_eq(probe.aim, FRONT_AIM_SERVER);
    ask.uri = "sip:bob@elsewhere.net";
    ask.to = "<sip:bob@elsewhere.net>;tag=1";
    ck_assert_uint_eq(probe_send(ask), 0);
    ck_assert(probe.relayed);
    probe_close();
}
END_TEST

UNIT_MAIN("step_method", handled_everywhere, any_method_goes_to_users_and_elsewhere, server_itself,
          own_handlers, nobody_relays)
