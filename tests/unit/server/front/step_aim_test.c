/* step_aim_test.c: whom a request is aimed at (RFC 3261 16.5). */
#include "fixture/probe.h"

START_TEST(rfc3261_16_5_by_the_request_uri)
{
    static const struct {
        const char *uri;
        enum front_aim aim;
        const char *target;
    } samples[] = {
        {"sip:bob@example.org", FRONT_AIM_USER, "bob@example.org"},
        {"sips:bob@example.org", FRONT_AIM_USER, "bob@example.org"},
        {"pres:bob@example.org", FRONT_AIM_USER, "bob@example.org"},
        {"sip:%62ob@EXAMPLE.org.:5999;x", FRONT_AIM_USER, "bob@example.org"},
        {"sip:bob@127.0.0.1", FRONT_AIM_USER, "bob@example.org"},
        {"sip:bob@127.0.0.1:5060", FRONT_AIM_USER, "bob@example.org"},
        {"sip:bob@127.0.0.1:5070", FRONT_AIM_ELSEWHERE, ""}, /* a phone on this host */
        {"sip:bob@elsewhere.net", FRONT_AIM_ELSEWHERE, ""},
        {"sip:elsewhere.net", FRONT_AIM_ELSEWHERE, ""},
        {"im:bob@elsewhere.net", FRONT_AIM_ELSEWHERE, ""},
        {"sip:bob@192.0.2.77", FRONT_AIM_ELSEWHERE, ""},
        {"sip:bob@notexample.org", FRONT_AIM_ELSEWHERE, ""},
        {"sip:bob@example.org.evil.net", FRONT_AIM_ELSEWHERE, ""},
        {"sip:bob%40example.org@elsewhere.net", FRONT_AIM_ELSEWHERE, ""},
    };
    probe_open(true);
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        ck_assert_msg(probe_alice((struct ask){.method = "INFO", .uri = samples[i].uri}) == 0, "%s",
                      samples[i].uri);
        ck_assert_msg(probe.aim == samples[i].aim, "%s", samples[i].uri);
        ck_assert_str_eq(probe.target, samples[i].target);
        ck_assert_str_eq(probe.uri, samples[i].uri);
        ck_assert(probe.relayed);
        if (probe.aim == FRONT_AIM_USER)
            ck_assert_uint_eq(probe.partition, partition_of(bytes_of(probe.target)));
        else
            ck_assert_uint_eq(probe.partition, partition_of(BYTES("call-1")));
    }
    probe_close();
}
END_TEST

START_TEST(too_long)
{
    static char uri[1200];
    probe_open(true);
    snprintf(uri, sizeof(uri), "sip:%01100d@example.org", 0);
    ck_assert_uint_eq(probe_send((struct ask){.uri = uri, .to = "<sip:x@y>"}), 414);
    probe_close();
}
END_TEST

/* RFC 5627 3.4.3, 5.2: a GRUU is one device, whatever method. */
START_TEST(rfc5627_device)
{
    char uri[500];
    const struct gruu_parts parts = {.aor = BYTES("bob@example.org"),
                                     .instance = BYTES("urn:uuid:0-1"),
                                     .call = BYTES("12345678")};
    struct ask ask = {.uri = uri};
    struct buffer out = buffer_over(uri, sizeof(uri) - 1);
    probe_open(true);
    gruu_write_public(&parts, &out);
    uri[out.length] = '\0';
    ck_assert_uint_eq(probe_alice(ask), 0);
    ck_assert_int_eq(probe.aim, FRONT_AIM_DEVICE);
    ck_assert(probe.relayed && !probe.gruu_call);
    ck_assert_str_eq(probe.target, "bob@example.org");
    ck_assert_str_eq(probe.instance, "urn:uuid:0-1");
    out = buffer_over(uri, sizeof(uri) - 1);
    gruu_write_temporary(ground->parts.gruu, &parts, &out);
    uri[out.length] = '\0';
    ck_assert_uint_eq(probe_alice(ask), 0);
    ck_assert_int_eq(probe.aim, FRONT_AIM_DEVICE);
    ck_assert(probe.gruu_call);
    ck_assert_str_eq(probe.target, "bob@example.org");
    uri[12] ^= 1; /* forged: a user that there is not */
    ck_assert_uint_eq(probe_alice(ask), 404);
    probe_close();
}
END_TEST

/* A method with dialogs with us: the dialog decides, unless a Route of ours shows that it is
 * somebody else's. */
START_TEST(dialogs_with_us)
{
    struct ask ask = {.method = "SUBSCRIBE", .to = IN_DIALOG, .uri = "sip:bob@192.0.2.50"};
    probe_open(true);
    ck_assert_uint_eq(probe_alice(ask), 0);
    ck_assert(!probe.relayed && probe.in_dialog);
    ck_assert_str_eq(probe.target, "");
    ask.uri = "sip:bob@example.org";
    ck_assert_uint_eq(probe_alice(ask), 0);
    ck_assert(!probe.relayed && probe.in_dialog);
    ck_assert_str_eq(probe.target, "bob@example.org");
    ask.uri = "sip:bob@192.0.2.50";
    ask.fields = probe_route(NULL, "call-1");
    ck_assert_uint_eq(probe_alice(ask), 0);
    ck_assert(probe.relayed && !probe.in_dialog);
    ask.fields = "Route: <sip:proxy.net;lr>\r\n";
    ck_assert_uint_eq(probe_alice(ask), 0);
    ck_assert(probe.relayed && !probe.in_dialog);
    probe_close();
}
END_TEST

/* The other end of a relayed dialog may have its address-of-record for a Contact. */
START_TEST(one_flow_of_a_user)
{
    probe_open(true);
    const struct net_flow phone = ground_tcp(ground, "192.0.2.2:40000");
    const char *parties = "bbob@example.org mallory@other.org";
    struct ask ask = {.method = "BYE", .to = IN_DIALOG};
    ask.fields = probe_party_route(&phone, "call-1", parties);
    ck_assert_uint_eq(probe_stranger(ask), 0);
    ck_assert_int_eq(probe.aim, FRONT_AIM_ELSEWHERE);
    ck_assert(probe.has_flow);
    ask.fields = probe_party_route(NULL, "call-1", parties);
    ck_assert_uint_eq(probe_stranger(ask), 0);
    ck_assert_int_eq(probe.aim, FRONT_AIM_USER);
    probe_close();
}
END_TEST

UNIT_MAIN("step_aim", rfc3261_16_5_by_the_request_uri, too_long, rfc5627_device, dialogs_with_us,
          one_flow_of_a_user)
