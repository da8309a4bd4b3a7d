/* lines_test.c: calls that pass, as the lamps of their users see them (RFC 4235). */
#include "fixture/ask.h"
#include "proxy/proxy_internal.h"

#define ALICE BYTES("alice@example.org")
#define BOB BYTES("bob@example.org")

static struct ground *ground;
static struct proxy *proxy;
static struct net_flow flow;
static struct sent invite;
static char told[256]; /* whose lines changed, since it was emptied */

static size_t locate(void *context, const struct front_request *request,
                     struct proxy_target *targets, size_t most)
{
    (void)context, (void)request, (void)most;
    targets[0] =
        (struct proxy_target){.uri = BYTES("sip:bob@127.0.0.11"), .flow = &flow, .q = 1000};
    return 1;
}

static void changed(void *context, struct bytes aor)
{
    (void)context;
    snprintf(told + strlen(told), sizeof(told) - strlen(told), "%.*s ", (int)aor.length - 12,
             aor.at);
}

static void open_proxy(void)
{
    const struct proxy_settings settings = proxy_settings_default();
    const struct proxy_locator locator = {locate, NULL};
    proxy = proxy_new(ground->front, &settings);
    proxy_locate(proxy, &locator);
    proxy_watch_lines(proxy, changed, NULL);
    for (unsigned i = 0; i < PARTITIONS; i++)
        ck_assert_int_eq(proxy_load(proxy, i), ERR_NONE);
    told[0] = '\0';
}

static void open_all(void)
{
    ground = ground_new(NULL);
    flow = ground_udp("127.0.0.11:5060");
    open_proxy();
}

static void close_all(void)
{
    proxy_free(&proxy);
    ground_free(ground);
}

static void restart(void)
{
    proxy_free(&proxy);
    ground_restart(ground);
    open_proxy();
}

/* A user's lines, one behind the other: "caller confirmed sip:bob@example.org a1/u1". */
static void write_line(void *context, const struct proxy_line *line)
{
    static const char *const states[] = {"trying", "early", "confirmed"};
    struct buffer *out = context;
    buffer_format(out, "%s %s %.*s %.*s/%.*s;", line->initiator ? "caller" : "callee",
                  states[line->state], BYTES_ARGS(line->remote_uri), BYTES_ARGS(line->local_tag),
                  BYTES_ARGS(line->remote_tag));
    ck_assert(line->id != 0);
}

static void assert_lines(struct bytes aor, const char *wanted)
{
    char text[512] = "";
    struct buffer out = buffer_over(text, sizeof(text) - 1);
    proxy_each_line(proxy, aor, write_line, &out);
    text[out.length] = '\0';
    ck_assert_str_eq(text, wanted);
}

/* All calls of a page: "alice > bob early c1 a1/u1". */
static void write_call(void *context, const struct proxy_call *look)
{
    static const char *const states[] = {"trying", "early", "confirmed"};
    struct buffer *out = context;
    buffer_format(out, "%.*s > %.*s %s %.*s %.*s/%.*s %s;", BYTES_ARGS(look->caller),
                  BYTES_ARGS(look->callee), states[look->state], BYTES_ARGS(look->call_id),
                  BYTES_ARGS(look->from_tag), BYTES_ARGS(look->to_tag),
                  look->expires_ms != 0 ? "ends" : "stays");
}

static bool assert_calls(struct bytes after, size_t most, const char *wanted)
{
    char text[512] = "";
    struct buffer out = buffer_over(text, sizeof(text) - 1);
    bool more = proxy_look_calls(proxy, after, most, write_call, &out);
    text[out.length] = '\0';
    ck_assert_str_eq(text, wanted);
    return more;
}

static void assert_told(const char *wanted)
{
    ck_assert_str_eq(told, wanted);
    told[0] = '\0';
}

static void call(struct ask ask)
{
    ask.method = "INVITE";
    ground_ask(ground, ask);
    invite = *sent_nth(ground, "INVITE ", 0);
}

static void answer(const char *status, const char *fields)
{
    ground_answer(ground, &invite, status, fields);
    ground_commit(ground);
}

/* Inside the dialog, from either side. */
static void inside(const char *method, bool from_caller, const char *fields)
{
    ground_ask(ground, (struct ask){.method = method,
                                    .from = from_caller ? "<sip:alice@example.org>;tag=a1"
                                                        : "<sip:bob@example.org>;tag=u1",
                                    .to = from_caller ? "<sip:bob@example.org>;tag=u1"
                                                      : "<sip:alice@example.org>;tag=a1",
                                    .fields = fields});
    ground_commit(ground);
}

START_TEST(all_calls_are_listed)
{
    open_all();
    ck_assert(!assert_calls(BYTES(""), 10, ""));
    call((struct ask){.call = "c1"});
    ck_assert(
        !assert_calls(BYTES(""), 10, "alice@example.org > bob@example.org trying c1 a1/ stays;"));
    answer("SIP/2.0 180 Ringing", "");
    ck_assert(
        !assert_calls(BYTES(""), 10, "alice@example.org > bob@example.org early c1 a1/u1 stays;"));
    answer("SIP/2.0 200 OK", "");
    call((struct ask){.call = "c2"});
    ck_assert(
        assert_calls(BYTES(""), 1, "alice@example.org > bob@example.org confirmed c1 a1/u1 ends;"));
    ck_assert(!assert_calls(BYTES("c1\0a1"), 1,
                            "alice@example.org > bob@example.org trying c2 a1/ stays;"));
    close_all();
}
END_TEST

START_TEST(from_invite_to_bye)
{
    open_all();
    call((struct ask){0});
    assert_told("alice bob ");
    assert_lines(ALICE, "caller trying sip:bob@example.org a1/;");
    assert_lines(BOB, "callee trying sip:alice@example.org /a1;");
    answer("SIP/2.0 180 Ringing", "");
    assert_told("alice bob ");
    assert_lines(BOB, "callee early sip:alice@example.org u1/a1;");
    answer("SIP/2.0 183 Progress", "");
    assert_told("");
    answer("SIP/2.0 200 OK", "");
    assert_told("alice bob ");
    assert_lines(ALICE, "caller confirmed sip:bob@example.org a1/u1;");
    assert_lines(BOB, "callee confirmed sip:alice@example.org u1/a1;");
    inside("INFO", true, "");
    assert_told("");
    inside("BYE", false, "");
    assert_told("alice bob ");
    assert_lines(ALICE, "");
    assert_lines(BOB, "");
    ground_wait(ground, 300000);
    ck_assert_uint_eq(proxy_line_count(proxy), 0);
    restart();
    assert_lines(ALICE, "");
    close_all();
}
END_TEST

/* Whatever makes it no call: a refusal, the caller's CANCEL, silence. */
START_TEST(no_call)
{
    open_all();
    call((struct ask){0});
    answer("SIP/2.0 486 Busy", "");
    assert_lines(ALICE, "");
    assert_lines(BOB, "");
    assert_told("alice bob alice bob ");
    call((struct ask){.call = "call-2"});
    answer("SIP/2.0 180 Ringing", "");
    ground_wait(ground, 400000);
    assert_lines(BOB, "");
    ck_assert_uint_eq(proxy_line_count(proxy), 0);
    close_all();
}
END_TEST

/* What was answered is there after kill -9, for both sides, and ends as ever. */
START_TEST(over_a_crash)
{
    open_all();
    call((struct ask){.from = "\"Alice L.\" <sip:alice@example.org>;tag=a1"});
    answer("SIP/2.0 200 OK", "");
    restart();
    assert_lines(ALICE, "caller confirmed sip:bob@example.org a1/u1;");
    assert_lines(BOB, "callee confirmed sip:alice@example.org u1/a1;");
    ck_assert_uint_eq(proxy_line_count(proxy), 1);
    inside("BYE", true, "");
    assert_lines(ALICE, "");
    assert_lines(BOB, "");
    restart();
    assert_lines(BOB, "");
    /* one that only rang is not */
    call((struct ask){.call = "call-3"});
    answer("SIP/2.0 180 Ringing", "");
    restart();
    assert_lines(BOB, "");
    close_all();
}
END_TEST

/* No lamp sticks: RFC 4028, or the configured time, from what was heard last. */
START_TEST(silence)
{
    open_all();
    call((struct ask){0});
    answer("SIP/2.0 200 OK", "Session-Expires: 90;refresher=uac\r\n");
    ground_wait(ground, 100000);
    inside("UPDATE", true, "");
    ground_wait(ground, 121000);
    assert_lines(BOB, "callee confirmed sip:alice@example.org u1/a1;");
    told[0] = '\0';
    ground_wait(ground, 2000);
    assert_told("alice bob ");
    assert_lines(BOB, "");
    ck_assert_uint_eq(ground->metrics.values[METRIC_calls_silent], 1);
    ground_commit(ground);
    call((struct ask){.call = "call-2"});
    answer("SIP/2.0 200 OK", "");
    restart();
    ground_wait(ground, 14431000);
    assert_lines(BOB, "callee confirmed sip:alice@example.org u1/a1;");
    ground_wait(ground, 2000);
    assert_lines(BOB, "");
    close_all();
}
END_TEST

static void write_name(void *context, const struct proxy_call *look)
{
    buffer_put(context, look->name);
}

static enum err end_first(struct store_change changes[PROXY_CALL_SIDES])
{
    char text[200];
    struct buffer name = buffer_over(text, sizeof(text));
    proxy_look_calls(proxy, BYTES(""), 1, write_name, &name);
    ck_assert(bytes_empty(buffer_bytes(&name)) ||
              proxy_look_call(proxy, buffer_bytes(&name), write_call, &(struct buffer){0}));
    return proxy_end_call(proxy, buffer_bytes(&name), changes);
}

/* The phones are told nothing, and what passes between them later changes nothing. */
START_TEST(an_answered_call_is_forgotten_by_order)
{
    struct store_change changes[PROXY_CALL_SIDES];
    open_all();
    call((struct ask){0});
    answer("SIP/2.0 200 OK", "");
    told[0] = '\0';
    size_t sent = ground->net.sent_count;
    ground_fill_store(ground);
    ck_assert_int_eq(end_first(changes), ERR_BUSY);
    assert_lines(BOB, "callee confirmed sip:alice@example.org u1/a1;");
    ground_commit(ground);
    ck_assert_int_eq(end_first(changes), ERR_NONE);
    assert_told("alice bob ");
    assert_lines(ALICE, "");
    assert_lines(BOB, "");
    for (int side = 0; side < PROXY_CALL_SIDES; side++)
        ck_assert(!store_durable(ground->parts.store, changes[side]));
    ck_assert_uint_ne(changes[0].partition, changes[1].partition);
    ground_commit(ground);
    ck_assert_uint_eq(ground->net.sent_count, sent);
    ck_assert_int_eq(end_first(changes), ERR_NOT_FOUND);
    inside("UPDATE", true, "");
    assert_lines(BOB, "");
    restart();
    assert_lines(BOB, "");
    close_all();
}
END_TEST

/* RFC 3261 16.10: a proxy may cancel what it has sent. The call ends with the answer to that. */
START_TEST(a_ringing_call_is_cancelled_by_order)
{
    struct store_change changes[PROXY_CALL_SIDES];
    open_all();
    call((struct ask){0});
    answer("SIP/2.0 180 Ringing", "");
    ground->mark = ground->net.sent_count;
    ck_assert_int_eq(end_first(changes), ERR_NONE);
    ck_assert_int_eq(end_first(changes), ERR_NONE);
    ck_assert_uint_eq(sent_count(ground, "CANCEL "), 1);
    assert_lines(BOB, "callee early sip:alice@example.org u1/a1;");
    answer("SIP/2.0 487 Request Terminated", "");
    ck_assert_uint_eq(sent_status(ground), 487);
    assert_lines(BOB, "");
    close_all();
}
END_TEST

/* Another dialog's BYE, and one of the same Call-ID with other tags. */
START_TEST(other_dialogs)
{
    open_all();
    call((struct ask){0});
    answer("SIP/2.0 200 OK", "");
    ground_ask(ground, (struct ask){.method = "BYE", .to = "<sip:bob@example.org>;tag=other"});
    ground_ask(
        ground,
        (struct ask){.method = "BYE", .call = "call-9", .to = "<sip:bob@example.org>;tag=u1"});
    assert_lines(BOB, "callee confirmed sip:alice@example.org u1/a1;");
    close_all();
}
END_TEST

START_TEST(more_than_there_may_be)
{
    open_all();
    proxy->settings.lines_max = 1;
    call((struct ask){0});
    call((struct ask){.call = "call-2"});
    assert_lines(BOB, "callee trying sip:alice@example.org /a1;");
    ck_assert_uint_eq(ground->metrics.values[METRIC_lines_limited], 1);
    close_all();
}
END_TEST

UNIT_MAIN("lines", all_calls_are_listed, from_invite_to_bye, no_call, over_a_crash, silence,
          an_answered_call_is_forgotten_by_order, a_ringing_call_is_cancelled_by_order,
          other_dialogs, more_than_there_may_be)
