/* step_load_test.c: a server that is late refuses what is new (RFC 3261 21.5.4: 503 with
 * Retry-After), and finishes what it has begun. */
#include "fixture/probe.h"
#include "front/overload.h"

enum { LATE_MS = 50, MUCH_LATER_MS = 100 * LATE_MS };

static const struct net_flow *from(void)
{
    static struct net_flow trusted;
    trusted = ground_udp("127.0.0.2:5060");
    return &trusted;
}

static unsigned send(const char *method, const char *to, const char *fields)
{
    return probe_send((struct ask){.method = method, .to = to, .fields = fields, .flow = from()});
}

/* So late that everything that may be refused is. */
static void open_late(void)
{
    probe_open(true);
    const struct front_settings settings = {.server = "",
                                            .allow_events = "presence",
                                            .accept = "application/pidf+xml",
                                            .retry_after_s = 5,
                                            .trusted = &ground->trusted,
                                            .trusted_count = 1,
                                            .late_ms = LATE_MS};
    front_reload(ground->front, &settings);
    ground->net.late_ms = MUCH_LATER_MS;
    (void)send("MESSAGE", NULL, "");
    ground_wait(ground, OVERLOAD_PATIENCE_MS);
}

START_TEST(rfc3261_21_5_4)
{
    open_late();
    unsigned calls = probe.calls;
    ck_assert_uint_eq(send("MESSAGE", NULL, ""), 503);
    ck_assert_has(sent_text(ground, "SIP/2.0 503"), "\r\nRetry-After: 5\r\n");
    ck_assert_uint_eq(send("INVITE", NULL, ""), 503);
    ck_assert_uint_eq(send("OPTIONS", NULL, ""), 503);
    ck_assert_uint_eq(probe.calls, calls);
    ck_assert_uint_ge(ground->metrics.values[METRIC_requests_overload], 3);
    ground->net.late_ms = LATE_MS; /* that is forgotten at once */
    ck_assert_uint_eq(send("MESSAGE", NULL, ""), 0);
    probe_close();
}
END_TEST

#define OURS "<sip:bob@example.org>;tag=aab.abcdefghijklmnop"

/* Inside a dialog with us or one that we relay, and what ends something: it frees more than it
 * costs. */
START_TEST(what_is_under_way)
{
    open_late();
    ck_assert_uint_eq(send("SUBSCRIBE", OURS, ""), 0);
    ck_assert_uint_eq(send("BYE", IN_DIALOG,
                           probe_party_route(NULL, "call-1", "calice@example.org bob@example.org")),
                      0);
    ck_assert_uint_eq(send("MESSAGE", IN_DIALOG, probe_route(NULL, "call-1")), 0);
    ck_assert_uint_eq(send("CANCEL", NULL, ""), 481);
    probe_close();
}
END_TEST

/* Anybody writes a To tag, and one that looks like ours; and a Route of another call. */
START_TEST(what_only_says_to_be)
{
    open_late();
    ck_assert_uint_eq(send("SUBSCRIBE", IN_DIALOG, ""), 503);
    ck_assert_uint_eq(send("BYE", IN_DIALOG, ""), 503);
    ck_assert_uint_eq(send("BYE", OURS, ""), 503); /* we have no such dialogs */
    ck_assert_uint_eq(send("INVITE", OURS, ""), 503);
    ck_assert_uint_eq(send("MESSAGE", OURS, ""), 503);
    ck_assert_uint_eq(send("PUBLISH", OURS, ""), 503);
    ck_assert_uint_eq(send("INVITE", IN_DIALOG, "Route: <sip:example.org;lr>\r\n"), 503);
    ck_assert_uint_eq(send("INVITE", IN_DIALOG, probe_route(NULL, "call-2")), 503);
    ck_assert_uint_eq(send("INVITE", IN_DIALOG, probe_route(NULL, "")), 503); /* of a Path */
    ck_assert_uint_eq(send("INVITE", NULL, probe_route(NULL, "call-1")), 503);
    probe_close();
}
END_TEST

/* RFC 3261 17.1.1.3, 8.2.6: nothing is ever answered to an ACK. */
START_TEST(never_to_an_ack)
{
    open_late();
    (void)send("ACK", NULL, "");
    ck_assert_uint_eq(sent_count(ground, "SIP/2.0"), 0);
    (void)send("ACK", IN_DIALOG, "");
    ck_assert_uint_eq(sent_count(ground, "SIP/2.0"), 0);
    probe_close();
}
END_TEST

/* A challenge was spent on credentials, and a refresh keeps what is there: both are refused later
 * than what is new. */
START_TEST(what_has_begun)
{
    static const char *const begun[] = {
        "Authorization: Digest username=\"alice\", realm=\"example.org\"\r\n",
        ("Proxy-Authorization: Digest username=\"alice\", realm=\"x.org\"\r\n"
         "Proxy-Authorization: Digest username=\"r\",realm=\"example.org\", qop=auth\r\n"),
        "SIP-If-Match: aab.abcdefghijklmnop\r\n"};
    open_late();
    ground->net.late_ms = 4 * LATE_MS; /* all that is new, of the others two thirds of a half */
    for (size_t i = 0; i < 3; i++) {
        unsigned refused = 0;
        for (int k = 0; k < 30; k++) {
            ck_assert_uint_eq(send("INVITE", NULL, ""), 503);
            refused += send("INVITE", NULL, begun[i]) == 503;
        }
        ck_assert_uint_gt(refused, 0);
        ck_assert_uint_lt(refused, 30);
    }
    probe_close();
}
END_TEST

/* To refuse costs too: when most is refused, what begins something is dropped unread, and read
 * again when all is over. */
START_TEST(what_is_too_much_is_kept_out)
{
    open_late();
    for (int i = 0; i <= OVERLOAD_JUDGED_LEAST; i++) /* the first begins the review */
        ck_assert_uint_eq(send("MESSAGE", NULL, ""), 503);
    ck_assert_uint_eq(ground->net.kept_out, 0);
    ground_wait(ground, OVERLOAD_REVIEW_MS);
    ck_assert_uint_gt(ground->net.kept_out, 0);
    ck_assert_uint_lt(ground->net.kept_out, OVERLOAD_WHOLE);
    ground->net.late_ms = 0;
    ground_wait(ground, 100 * OVERLOAD_REVIEW_MS);
    ck_assert_uint_eq(ground->net.kept_out, 0);
    probe_close();
}
END_TEST

/* What cannot be for us is no sign of a challenge or of a publication of ours. */
START_TEST(what_has_not_begun)
{
    static const char *const fields[] = {"Authorization: x\r\n",
                                         "Authorization: Digest realm=\"x.org\"\r\n",
                                         "Authorization: Digest realm=\"\r\n",
                                         "Authorization: r\r\n",
                                         "Proxy-Authorization: Digest username=\"example.org\"\r\n",
                                         "SIP-If-Match: tag\r\n"};
    open_late();
    ground->net.late_ms = 4 * LATE_MS;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        for (int k = 0; k < 10; k++)
            ck_assert_uint_eq(send("INVITE", NULL, fields[i]), 503);
    probe_close();
}
END_TEST

static void change(unsigned partition, int times)
{
    for (int i = 0; i < times; i++) {
        struct store_set *set = store_begin(ground->parts.store, partition);
        store_delete_publication(set, BYTES("bob@example.org"), BYTES("presence"), BYTES("p1"));
        (void)store_submit(ground->parts.store, &set);
    }
}

/* Nothing is committed: 0, or the status of the refusal. */
static unsigned ask(void)
{
    unsigned calls = probe.calls;
    ground_ask(ground, (struct ask){.method = "MESSAGE", .fields = "", .flow = from()});
    return probe.calls != calls ? 0 : sent_status(ground);
}

/* A disk's slow moment is no queue. */
START_TEST(a_few_changes_that_wait_long_are_none)
{
    open_late();
    ground->net.late_ms = 0;
    ck_assert_uint_eq(send("MESSAGE", NULL, ""), 0);
    change(probe.partition, 10);
    for (int i = 0; i < 100; i++) {
        ck_assert_uint_eq(ask(), 0);
        ground_wait(ground, 10);
    }
    probe_close();
}
END_TEST

/* A queue before the store is one, too. */
START_TEST(changes_that_wait_long_are_lateness)
{
    open_late();
    ground->net.late_ms = 0;
    ck_assert_uint_eq(send("MESSAGE", NULL, ""), 0);
    change(probe.partition, 100);
    ck_assert_uint_eq(ask(), 0); /* waits for the change, and is watched */
    ground_wait(ground, 190);
    ck_assert_uint_eq(ask(), 0);
    ground_wait(ground, 10 + 4 * LATE_MS);
    ck_assert_uint_eq(ask(), 0); /* late, but not for long */
    ground_wait(ground, OVERLOAD_PATIENCE_MS);
    ck_assert_uint_eq(ask(), 503);
    ground_commit(ground);
    ck_assert_uint_eq(ask(), 0);
    probe_close();
}
END_TEST

UNIT_MAIN("step_load", what_is_too_much_is_kept_out, changes_that_wait_long_are_lateness,
          a_few_changes_that_wait_long_are_none, rfc3261_21_5_4, what_is_under_way,
          what_only_says_to_be, never_to_an_ack, what_has_begun, what_has_not_begun)
