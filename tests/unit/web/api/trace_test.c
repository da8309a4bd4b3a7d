/* trace_test.c: traced messages as JSON and as a ladder. */
#include "web/api/trace.h"

#include "fixture/live.h"
#include "net/trace.h"

static struct fake_net *wire;
static struct trace *trace;

static void ignore_message(void *context, const struct net_flow *flow, struct bytes raw)
{
    (void)context, (void)flow, (void)raw;
}

static void begin_with(const struct trace_settings *settings)
{
    const struct net_handler handler = {.message = ignore_message};
    live_open();
    wire = memory_new(sizeof(*wire));
    wire->net.ops = &fake_ops;
    trace = trace_new(&wire->net, &ground->world, settings);
    net_handle(trace_net(trace), &handler);
    core.trace = trace;
}

static void begin(void)
{
    const struct trace_settings settings = {600, 1 << 20, 1000};
    begin_with(&settings);
}

static void end(void)
{
    trace_free(&trace);
    free(wire);
    live_close();
}

static struct net_flow flow_of_peer(const char *peer)
{
    return (struct net_flow){NET_UDP, address("127.0.0.1:5060"), address(peer), 0};
}

static void comes(const char *peer, const char *text)
{
    const struct net_flow flow = flow_of_peer(peer);
    wire->handler.message(wire->handler.context, &flow, bytes_of(text));
}

static void goes(const char *peer, const char *text)
{
    const struct net_flow flow = flow_of_peer(peer);
    ck_assert_int_eq(net_send(trace_net(trace), &flow, bytes_of(text), BYTES("")), ERR_NONE);
}

/* A message of the conversation `call`: fields have their line ends. */
static const char *text_of(const char *start, const char *call_id, const char *cseq,
                           const char *fields)
{
    static char text[1000];
    snprintf(text, sizeof(text),
             "%s\r\nVia: SIP/2.0/UDP 127.0.0.2:5060;branch=z9hG4bK%s\r\n"
             "From: <sip:alice@example.org>;tag=a\r\nTo: <sip:bob@example.org>\r\n"
             "Call-ID: %s\r\nCSeq: %s\r\n%sContent-Length: 0\r\n\r\n",
             start, cseq, call_id, cseq, fields);
    return text;
}

#define ALICE "127.0.0.2:5060"
#define CREDENTIALS "Authorization: Digest username=\"alice\", response=\"0123456789\"\r\n"

/* What passes when somebody begins to watch. */
static void watches(const char *call_id)
{
    comes(ALICE, text_of("SUBSCRIBE sip:bob@example.org SIP/2.0", call_id, "1 SUBSCRIBE",
                         "Event: presence\r\nExpires: 3600\r\n" CREDENTIALS));
    ground->world.wall_ms += 12;
    goes(ALICE, text_of("SIP/2.0 200 OK", call_id, "1 SUBSCRIBE", "Expires: 3600\r\n"));
    goes(ALICE, text_of("NOTIFY sip:alice@127.0.0.2 SIP/2.0", call_id, "2 NOTIFY",
                        "Event: presence\r\nSubscription-State: active;expires=3600\r\n"));
    ground->world.wall_ms += 1000;
    goes(ALICE, text_of("NOTIFY sip:alice@127.0.0.2 SIP/2.0", call_id, "2 NOTIFY",
                        "Event: presence\r\nSubscription-State: active;expires=3600\r\n"));
    comes(ALICE, text_of("SIP/2.0 200 OK", call_id, "2 NOTIFY", ""));
}

START_TEST(the_youngest_is_first)
{
    begin();
    watches("c-1");
    const json_t *items = live_items(trace_endpoints, "GET /api/v1/trace");
    ck_assert_uint_eq(json_array_size(items), 5);
    const json_t *item = json_array_get(items, 4);
    ck_assert_field(item, "id", "1");
    ck_assert_field(item, "direction", "in");
    ck_assert_field(item, "transport", "udp");
    ck_assert_field(item, "local", "127.0.0.1:5060");
    ck_assert_field(item, "remote", ALICE);
    ck_assert_field(item, "call_id", "c-1");
    ck_assert_field(item, "method", "SUBSCRIBE");
    ck_assert_field(item, "event", "presence");
    ck_assert_field(item, "from", "sip:alice@example.org");
    ck_assert_field(item, "to", "sip:bob@example.org");
    ck_assert(json_is_null(json_object_get(item, "status")));
    ck_assert_int_eq(json_integer_value(json_object_get(item, "cseq")), 1);
    ck_assert_ptr_null(json_object_get(item, "message"));
    item = json_array_get(items, 3);
    ck_assert_field(item, "direction", "out");
    ck_assert_field(item, "method", "SUBSCRIBE");
    ck_assert_field(item, "reason", "OK");
    ck_assert_int_eq(json_integer_value(json_object_get(item, "status")), 200);
    item = json_array_get(items, 2);
    ck_assert_field(item, "subscription_state", "active;expires=3600");
    end();
}
END_TEST

START_TEST(credentials_are_masked)
{
    begin();
    watches("c-1");
    const char *const requests[] = {"GET /api/v1/trace/1", "GET /api/v1/trace?full=yes&after=2"};
    for (size_t i = 0; i < 2; i++) {
        const json_t *item = live_get(trace_endpoints, requests[i]);
        if (i == 1)
            item = json_array_get(json_object_get(item, "items"), 0);
        const char *text = live_text(item, "message");
        ck_assert_ptr_nonnull(strstr(text, "SUBSCRIBE sip:bob@example.org"));
        ck_assert_ptr_nonnull(strstr(text, "username=\"alice\", response=************\r\n"));
        ck_assert_ptr_null(strstr(text, "0123456789"));
    }
    end();
}
END_TEST

START_TEST(pages_follow_one_another)
{
    char next[300] = "GET /api/v1/trace?limit=2&call_id=c-1";
    char seen[64] = "";
    begin();
    comes(ALICE, text_of("OPTIONS sip:x SIP/2.0", "c-0", "1 OPTIONS", ""));
    watches("c-1");
    for (int page = 0; page < 3; page++) {
        const json_t *list = live_get(trace_endpoints, next), *item;
        size_t i;
        json_array_foreach(json_object_get(list, "items"), i, item)
        {
            snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%s ",
                     live_text(item, "id"));
        }
        snprintf(next, sizeof(next), "GET %s", live_text(list, "next"));
        if (page == 0) /* what comes meanwhile moves nothing */
            comes(ALICE, text_of("BYE sip:x SIP/2.0", "c-1", "9 BYE", ""));
    }
    ck_assert_str_eq(seen, "6 5 4 3 2 ");
    ck_assert_str_eq(next, "GET ");
    end();
}
END_TEST

/* However much is kept and wanted: the rest is on the next page. */
START_TEST(one_page_is_no_work_for_long)
{
    enum { SIZE = 600000, COUNT = 30 };
    const struct trace_settings settings = {100, 64 << 20, 1 << 20};
    begin_with(&settings);
    char *text = memory_new(SIZE + 1), next[96];
    memset(text, 'x', SIZE);
    memcpy(text, "OPTIONS sip:x SIP/2.0\r\nX: ", 26);
    for (unsigned i = 0; i < COUNT; i++)
        comes(ALICE, text);
    const json_t *list = live_get(trace_endpoints, "GET /api/v1/trace?full=yes&limit=10");
    ck_assert_uint_eq(json_array_size(json_object_get(list, "items")), 2);
    ck_assert_field(list, "next", "/api/v1/trace?limit=10&full=yes&after=29");
    list = live_get(trace_endpoints, "GET /api/v1/trace?limit=10");
    ck_assert_uint_eq(json_array_size(json_object_get(list, "items")), 10);
    list = live_get(trace_endpoints, "GET /api/v1/trace?call_id=none&limit=10");
    ck_assert_uint_eq(json_array_size(json_object_get(list, "items")), 0);
    snprintf(next, sizeof(next), "GET %s", live_text(list, "next"));
    ck_assert_str_eq(next, "GET /api/v1/trace?limit=10&call_id=none&after=3");
    list = live_get(trace_endpoints, next);
    ck_assert_uint_eq(json_array_size(json_object_get(list, "items")), 0);
    ck_assert(json_is_null(json_object_get(list, "next")));
    free(text);
    end();
}
END_TEST

START_TEST(somebodys_messages_are_found)
{
    begin();
    watches("c-1");
    ck_assert_uint_eq(json_array_size(live_items(trace_endpoints, "GET /api/v1/trace?user=alice")),
                      5);
    ck_assert_uint_eq(json_array_size(live_items(trace_endpoints, "GET /api/v1/trace?user=carol")),
                      0);
    ck_assert_uint_eq(json_array_size(live_items(trace_endpoints, "GET /api/v1/trace?call_id=c-2")),
                      0);
    end();
}
END_TEST

START_TEST(rubbish_is_shown_as_such)
{
    begin();
    comes(ALICE, "\x01\xff\x00");
    const json_t *item = live_get(trace_endpoints, "GET /api/v1/trace/1");
    ck_assert_field(item, "call_id", "");
    ck_assert_field(item, "method", "");
    ck_assert_field(item, "message", "\x01?");
    ck_assert(json_is_null(json_object_get(item, "cseq")));
    ck_assert(json_is_null(json_object_get(item, "status")));
    end();
}
END_TEST

START_TEST(what_is_not_there_is_said)
{
    begin();
    ck_assert_uint_eq(live_do(trace_endpoints, "GET /api/v1/trace/1", NULL), 404);
    ck_assert_uint_eq(live_do(trace_endpoints, "GET /api/v1/trace/x", NULL), 404);
    ck_assert_uint_eq(live_do(trace_endpoints, "GET /api/v1/trace/ladder", NULL), 400);
    ck_assert_uint_eq(live_do(trace_endpoints, "GET /api/v1/trace/ladder?call_id=c", NULL), 404);
    ck_assert_str_eq(fake_call_problem_field(call), "call_id");
    ck_assert_uint_eq(live_do(trace_endpoints, "GET /api/v1/trace?after=x", NULL), 400);
    ck_assert_uint_eq(live_do(trace_endpoints, "GET /api/v1/trace?limit=0", NULL), 400);
    ck_assert_uint_eq(live_do(trace_endpoints, "GET /api/v1/trace?user=@", NULL), 400);
    core.trace = NULL;
    ck_assert_uint_eq(live_do(trace_endpoints, "GET /api/v1/trace", NULL), 409);
    ck_assert_uint_eq(live_do(trace_endpoints, "GET /api/v1/trace/1", NULL), 409);
    ck_assert_uint_eq(live_do(trace_endpoints, "GET /api/v1/trace/ladder?call_id=c", NULL), 409);
    end();
}
END_TEST

static void expect_ladder(const char *request, const char *wanted)
{
    ck_assert_uint_eq(live_do(trace_endpoints, request, NULL), 200);
    char *text = memory_copy(fake_call_text(call));
    ck_assert_str_eq(text, wanted);
    free(text);
    ck_assert_str_eq(fake_call_type(call), "text/plain; charset=utf-8");
}

START_TEST(two_parties_make_a_ladder)
{
    begin();
    watches("c-1");
    expect_ladder(
        "GET /api/v1/trace/ladder?call_id=c-1",
        "                                             herald\n"
        "   udp 127.0.0.2:5060                  udp 127.0.0.1:5060\n"
        "    +0.000  |----------- SUBSCRIBE 1 ---------->|  presence, expires 3600\n"
        "    +0.012  |<-------- 200 SUBSCRIBE 1 ---------|  OK, expires 3600\n"
        "    +0.012  |<----------- NOTIFY 2 -------------|  presence, active;expires=3600\n"
        "    +1.012  |<----------- NOTIFY 2 -------------|  again, presence, active;expires=3600\n"
        "    +1.012  |---------- 200 NOTIFY 2 ---------->|  OK\n");
    end();
}
END_TEST

/* A relayed message has three. */
START_TEST(further_parties_stand_on_the_right)
{
    begin();
    comes(ALICE, text_of("MESSAGE sip:bob@example.org SIP/2.0", "c-1", "1 MESSAGE",
                         "Content-Type: text/plain\r\n"));
    goes("[2001:db8::1]:5070",
         text_of("MESSAGE sip:bob@[2001:db8::1] SIP/2.0", "c-1", "1 MESSAGE", ""));
    expect_ladder(
        "GET /api/v1/trace/ladder?user=bob",
        "                                             herald\n"
        "   udp 127.0.0.2:5060                  udp 127.0.0.1:5060                udp "
        "[2001:db8::1]:5070\n"
        "    +0.000  |------------ MESSAGE 1 ----------->|                                   |  "
        "text/plain\n"
        "    +0.000  |                                   |------------ MESSAGE 1 ----------->|\n");
    end();
}
END_TEST

/* Whatever a stranger writes: ASCII, and with two parties at most 100 columns. */
START_TEST(a_ladder_is_no_wider_than_a_terminal)
{
    static char long_name[300], start[400], fields[700];
    begin();
    memset(long_name, 'X', sizeof(long_name) - 1);
    snprintf(start, sizeof(start), "%s sip:x SIP/2.0", long_name);
    snprintf(fields, sizeof(fields), "Event: \x1b[31m\xff%s\r\n", long_name);
    char cseq[400];
    snprintf(cseq, sizeof(cseq), "4294967295 %s", long_name);
    comes(ALICE, text_of("OPTIONS sip:x SIP/2.0", "c-1", "1 OPTIONS", fields));
    static char text[2000];
    snprintf(text, sizeof(text),
             "%s\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@x>;tag=1\r\n"
             "To: <sip:b@x>\r\nCall-ID: c-1\r\nCSeq: %s\r\n\r\n",
             start, cseq);
    comes(ALICE, text);
    comes(ALICE, text_of("SIP/2.0 200", "c-1", "0 A", fields));
    ck_assert_uint_eq(live_do(trace_endpoints, "GET /api/v1/trace/ladder?call_id=c-1", NULL), 200);
    struct bytes ladder = fake_call_text(call);
    size_t lines = 0;
    while (!bytes_empty(ladder)) {
        struct bytes line = bytes_split(&ladder, '\n');
        ck_assert_uint_le(line.length, 100);
        for (size_t i = 0; i < line.length; i++)
            ck_assert(line.at[i] >= ' ' && line.at[i] < 0x7f);
        lines++;
    }
    ck_assert_uint_eq(lines, 5);
    end();
}
END_TEST

START_TEST(a_crowd_shares_a_column)
{
    begin();
    for (int i = 2; i < 250; i++) {
        char peer[32];
        snprintf(peer, sizeof(peer), "127.0.1.%d:5060", i);
        comes(peer, text_of("OPTIONS sip:x SIP/2.0", "c-1", "1 OPTIONS", ""));
    }
    ck_assert_uint_eq(live_do(trace_endpoints, "GET /api/v1/trace/ladder?call_id=c-1", NULL), 200);
    char *text = memory_copy(fake_call_text(call));
    ck_assert_ptr_nonnull(strstr(text, "udp 127.0.1.5:5060"));
    ck_assert_ptr_nonnull(strstr(text, "(several)"));
    free(text);
    end();
}
END_TEST

START_TEST(only_the_latest_are_drawn)
{
    begin();
    for (int i = 0; i < 501; i++)
        comes(ALICE, text_of("OPTIONS sip:x SIP/2.0", "c-1", "1 OPTIONS", ""));
    ck_assert_uint_eq(live_do(trace_endpoints, "GET /api/v1/trace/ladder?call_id=c-1", NULL), 200);
    ck_assert(
        bytes_starts_with(fake_call_text(call), BYTES("(the latest 500; there are older ones)\n")));
    end();
}
END_TEST

static bool is_drawn(const char *part)
{
    ck_assert_uint_eq(live_do(trace_endpoints, "GET /api/v1/trace/ladder?call_id=c-1", NULL), 200);
    struct bytes text = fake_call_text(call);
    return memmem(text.at, text.length, part, strlen(part)) != NULL;
}

/* What was dropped of them may differ. */
START_TEST(cut_ones_are_not_the_same)
{
    const struct trace_settings settings = {10, 1 << 20, 256};
    char longer[2048];
    begin_with(&settings);
    const char *text = text_of("MESSAGE sip:bob@example.org SIP/2.0", "c-1", "1 MESSAGE",
                               "X: 0123456789012345678901234567890123456789\r\n"
                               "Y: 0123456789012345678901234567890123456789\r\n");
    snprintf(longer, sizeof(longer), "%s more", text);
    comes(ALICE, text);
    comes(ALICE, longer);
    ck_assert(!is_drawn("again"));
    comes(ALICE, longer);
    ck_assert(is_drawn("again"));
    end();
}
END_TEST

UNIT_MAIN("web/api/trace", the_youngest_is_first, credentials_are_masked, pages_follow_one_another,
          one_page_is_no_work_for_long, cut_ones_are_not_the_same, somebodys_messages_are_found,
          rubbish_is_shown_as_such, what_is_not_there_is_said, two_parties_make_a_ladder,
          further_parties_stand_on_the_right, a_ladder_is_no_wider_than_a_terminal,
          a_crowd_shares_a_column, only_the_latest_are_drawn)
