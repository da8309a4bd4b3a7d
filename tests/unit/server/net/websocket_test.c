/* websocket_test.c: frames and messages over memory (RFC 6455 5 to 8, RFC 7118 4.2 to 6). */
#include "net/websocket.h"

#include "frames.h"

enum { MESSAGE_MAX = 200000, IN_MAX = 300000, OUT_MAX = 300000 };

/* A WebSocket and all that comes out of it. */
static struct {
    struct websocket *websocket;
    struct origins *origins;
    struct metrics metrics;
    struct buffer in, out, messages; /* what the client says; what leaves; each message and '|' */
    size_t opened;
    enum err full;     /* what writing says */
    bool echo, leaves; /* of the handler: answers, closes */
} test;
static char in[IN_MAX], out[OUT_MAX], messages[IN_MAX];

static enum err take(void *context, const struct bytes *parts, size_t count)
{
    ck_assert_ptr_eq(context, &test);
    for (size_t i = 0; i < count; i++)
        buffer_put(&test.out, parts[i]);
    return test.full;
}

static void opened(void *context)
{
    ck_assert_ptr_eq(context, &test);
    test.opened++;
}

static void message(void *context, struct bytes raw)
{
    ck_assert_ptr_eq(context, &test);
    buffer_put(&test.messages, raw);
    buffer_char(&test.messages, '|');
    if (test.echo)
        ck_assert_int_eq(websocket_send(test.websocket, raw, BYTES("")), ERR_NONE);
    if (test.leaves)
        websocket_close(test.websocket, WEBSOCKET_NORMAL, "");
}

static void begin(void)
{
    const struct websocket_user user = {take, opened, message, &test};
    memset(&test, 0, sizeof(test));
    test.origins = origins_new(NULL);
    test.in = buffer_over(in, sizeof(in));
    test.out = buffer_over(out, sizeof(out));
    test.messages = buffer_over(messages, sizeof(messages));
    const struct websocket_settings settings = {4096, MESSAGE_MAX, test.origins, &test.metrics};
    test.websocket = websocket_new(&settings, &user);
}

/* One that is open, with nothing said yet. */
static void begin_open(void)
{
    begin();
    ck_assert(websocket_read(test.websocket, BYTES(WEBSOCKET_HELLO)));
    ck_assert(websocket_is_open(test.websocket));
    ck_assert_uint_eq(test.opened, 1);
    test.out.length = 0;
}

static void end(void)
{
    websocket_free(&test.websocket);
    ck_assert_ptr_null(test.websocket);
    origins_free(&test.origins);
    ck_assert(!test.out.overflow && !test.messages.overflow);
}

/* Adds a client's frame to what it says. */
static void add(unsigned first, const char *payload)
{
    frame_write(&test.in, first, MASKED, bytes_of(payload));
}

/* Says all of it at once. */
static bool say(void)
{
    struct bytes all = buffer_bytes(&test.in);
    test.in.length = 0;
    return websocket_read(test.websocket, all);
}

static void expect_messages(const char *wanted)
{
    ck_assert_msg(bytes_equal(buffer_bytes(&test.messages), bytes_of(wanted)), "%.*s, not %s",
                  BYTES_ARGS(buffer_bytes(&test.messages)), wanted);
}

/* The next frame that leaves. */
static void expect_frame(unsigned first, struct bytes payload)
{
    struct bytes rest = buffer_bytes(&test.out), got;
    unsigned got_first;
    ck_assert(frame_read(&rest, &got_first, &got));
    ck_assert_uint_eq(got_first, first);
    ck_assert_msg(bytes_equal(got, payload), "%.*s", BYTES_ARGS(got));
    memmove(out, rest.at, rest.length);
    test.out.length = rest.length;
}

/* What was said ended it with this status, and nothing else leaves. */
static void expect_failure(unsigned status)
{
    struct bytes rest = buffer_bytes(&test.out), payload;
    unsigned first;
    ck_assert(!say());
    ck_assert(!websocket_is_open(test.websocket));
    rest = buffer_bytes(&test.out);
    ck_assert(frame_read(&rest, &first, &payload));
    ck_assert_uint_eq(first, FIN | CLOSE);
    ck_assert_uint_ge(payload.length, 2);
    ck_assert_uint_eq((unsigned)(unsigned char)payload.at[0] << 8 | (unsigned char)payload.at[1],
                      status);
    ck_assert_uint_eq(rest.length, 0);
    ck_assert_uint_eq(test.metrics.values[METRIC_websockets_failed], 1);
    /* over is over */
    ck_assert_int_eq(websocket_send(test.websocket, BYTES("x"), BYTES("")), ERR_CLOSED);
    add(FIN | TEXT, "late");
    ck_assert(!say());
    ck_assert_uint_eq(buffer_bytes(&test.out).length, payload.length + 2);
}

START_TEST(messages_of_both_kinds_are_handed_up)
{
    begin_open();
    add(FIN | TEXT, "one");
    add(FIN | BINARY, "two\xff");
    ck_assert(say());
    expect_messages("one|two\xff|");
    ck_assert(!websocket_is_halfway(test.websocket));
    end();
}
END_TEST

/* RFC 7118 4.2: what is not UTF-8 leaves as binary. */
START_TEST(messages_leave_as_what_they_are)
{
    char large[70000];
    memset(large, 'a', sizeof(large));
    begin_open();
    ck_assert_int_eq(websocket_send(test.websocket, BYTES("head "), BYTES("body")), ERR_NONE);
    ck_assert_int_eq(websocket_send(test.websocket, BYTES("gr\xc3\xbc\xc3\x9f"), BYTES("")),
                     ERR_NONE);
    ck_assert_int_eq(websocket_send(test.websocket, BYTES("head "), BYTES("\xfc")), ERR_NONE);
    ck_assert_int_eq(websocket_send(test.websocket, BYTES("\xfc"), BYTES("body")), ERR_NONE);
    ck_assert_int_eq(websocket_send(test.websocket, bytes_from(large, 200), bytes_from(large, 100)),
                     ERR_NONE);
    ck_assert_int_eq(websocket_send(test.websocket, BYTES(""), bytes_from(large, sizeof(large))),
                     ERR_NONE);
    expect_frame(FIN | TEXT, BYTES("head body"));
    expect_frame(FIN | TEXT, BYTES("gr\xc3\xbc\xc3\x9f"));
    expect_frame(FIN | BINARY, BYTES("head \xfc"));
    expect_frame(FIN | BINARY, BYTES("\xfc"
                                     "body"));
    expect_frame(FIN | TEXT, bytes_from(large, 300));
    expect_frame(FIN | TEXT, bytes_from(large, sizeof(large)));
    ck_assert_uint_eq(test.out.length, 0);
    end();
}
END_TEST

/* Handshake, messages, fragments and pings in between, cut at every byte and into single bytes. */
START_TEST(bytes_may_come_in_any_pieces)
{
    char whole[4096];
    begin();
    buffer_text(&test.in, WEBSOCKET_HELLO);
    size_t hello = test.in.length;
    add(FIN | TEXT, "one");
    add(TEXT, "t");
    add(FIN | PING, "now");
    add(CONTINUES, "");
    add(FIN | PONG, "");
    add(FIN | CONTINUES, "wo");
    add(FIN | BINARY,
        "a message of more than a hundred and twenty-five bytes has its length in two "
        "bytes of their own, which may be apart as well as any others");
    size_t length = test.in.length;
    memcpy(whole, in, length);
    end();
    for (size_t cut = 0; cut <= length; cut++) {
        begin();
        ck_assert(websocket_read(test.websocket, bytes_from(whole, cut)));
        ck_assert_int_eq(websocket_is_open(test.websocket), cut >= hello);
        ck_assert(websocket_read(test.websocket, bytes_from(whole + cut, length - cut)));
        ck_assert(bytes_starts_with(buffer_bytes(&test.messages), BYTES("one|two|a message of")));
        ck_assert(!websocket_is_halfway(test.websocket));
        end();
    }
    begin();
    for (size_t i = 0; i < length; i++)
        ck_assert(websocket_read(test.websocket, bytes_from(whole + i, 1)));
    ck_assert(bytes_starts_with(buffer_bytes(&test.messages), BYTES("one|two|a message of")));
    test.out.at = memmem(out, test.out.length, "\r\n\r\n", 4);
    test.out.length -= (size_t)(test.out.at + 4 - out);
    memmove(out, test.out.at + 4, test.out.length);
    test.out.at = out;
    expect_frame(FIN | PONG, BYTES("now"));
    ck_assert_uint_eq(test.out.length, 0);
    end();
}
END_TEST

START_TEST(the_beginning_of_a_message_is_known)
{
    begin_open();
    add(TEXT, "t");
    ck_assert(say());
    ck_assert(websocket_is_halfway(test.websocket));
    add(FIN | PING, "");
    ck_assert(say());
    ck_assert(websocket_is_halfway(test.websocket));
    add(FIN | CONTINUES, "");
    test.in.length -= 1; /* of the mask */
    ck_assert(say());
    ck_assert(websocket_is_halfway(test.websocket));
    ck_assert(websocket_read(test.websocket, BYTES("\x3d")));
    ck_assert(!websocket_is_halfway(test.websocket));
    expect_messages("t|");
    add(FIN | TEXT, "two");
    test.in.length -= 1;
    ck_assert(say());
    ck_assert(websocket_is_halfway(test.websocket));
    end();
}
END_TEST

/* RFC 5626 4.4.1 over WebSocket (RFC 7118 6); and line ends before a message (RFC 3261 7.5). */
START_TEST(line_ends_keep_it_alive)
{
    begin_open();
    add(FIN | TEXT, "\r\n\r\n");
    add(FIN | TEXT, "\r\n");
    add(FIN | TEXT, "");
    add(FIN | BINARY, "\r\n\r\n");
    add(FIN | TEXT, "\r\nmessage");
    ck_assert(say());
    expect_messages("message|");
    expect_frame(FIN | TEXT, BYTES("\r\n"));
    expect_frame(FIN | TEXT, BYTES("\r\n"));
    ck_assert_uint_eq(test.out.length, 0);
    end();
}
END_TEST

START_TEST(messages_are_bounded)
{
    static char large[MESSAGE_MAX + 1];
    begin_open();
    memset(large, 'x', sizeof(large));
    frame_write(&test.in, FIN | TEXT, MASKED, bytes_from(large, MESSAGE_MAX));
    ck_assert(say());
    ck_assert_uint_eq(test.messages.length, MESSAGE_MAX + 1);
    frame_write(&test.in, FIN | TEXT, MASKED, bytes_from(large, MESSAGE_MAX + 1));
    expect_failure(1009);
    ck_assert_uint_eq(test.metrics.values[METRIC_messages_oversized], 1);
    end();
    begin_open(); /* in fragments; control frames do not count */
    frame_write(&test.in, TEXT, MASKED, bytes_from(large, MESSAGE_MAX - 1));
    add(FIN | PING, "1234");
    ck_assert(say());
    expect_frame(FIN | PONG, BYTES("1234"));
    add(CONTINUES, "x");
    ck_assert(say());
    add(FIN | CONTINUES, "x");
    expect_failure(1009);
    end();
    begin_open(); /* that it will be too long is enough */
    buffer_put(&test.in, bytes_from("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff"
                                    "maskx",
                                    15));
    expect_failure(1009);
    end();
}
END_TEST

/* RFC 6455 5.1, 5.2, 5.4, 5.5. */
START_TEST(broken_frames_end_it)
{
    static const struct bytes cases[] = {
        {"\x81\x01x", 3},                 /* no mask */
        {"\xc1\x81maskx", 7},             /* reserved bits */
        {"\xa1\x81maskx", 7},             /* */
        {"\x91\x81maskx", 7},             /* */
        {"\x83\x80mask", 6},              /* unknown: 3, 7, 11, 15 */
        {"\x87\x80mask", 6},              /* */
        {"\x8b\x80mask", 6},              /* */
        {"\x8f\x80mask", 6},              /* */
        {"\x80\x80mask", 6},              /* a continuation of nothing */
        {"\x00\x80mask", 6},              /* */
        {"\x01\x80mask\x81\x80mask", 12}, /* a message inside a message */
        {"\x01\x80mask\x82\x80mask", 12}, /* */
        {"\x09\x80mask", 6},              /* a control frame in fragments */
        {"\x89\xfe\x00\x7e"
         "mask",
         8}, /* or too long */
        {"\x81\xfe\x00\x7d"
         "mask",
         8}, /* a length longer than needed */
        {"\x81\xff\x00\x00\x00\x00\x00\x00\xff\xff"
         "mask",
         14},
        {"\x81\xff\x80\x00\x00\x00\x00\x00\x00\x00"
         "mask",
         14},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin_open();
        buffer_put(&test.in, cases[i]);
        expect_failure(1002);
        expect_messages("");
        end();
    }
}
END_TEST

/* RFC 6455 8.1. */
START_TEST(text_is_utf8)
{
    begin_open();
    add(TEXT, "gr\xc3");
    add(FIN | CONTINUES, "\xbc\xc3\x9f");
    ck_assert(say());
    expect_messages("gr\xc3\xbc\xc3\x9f|");
    add(FIN | TEXT, "gr\xfc\xdf");
    expect_failure(1007);
    end();
    begin_open();
    add(TEXT, "gr\xc3");
    add(FIN | CONTINUES, "");
    expect_failure(1007);
    expect_messages("");
    end();
}
END_TEST

/* RFC 6455 5.5.1 and 7.4. */
START_TEST(a_goodbye_is_answered)
{
    static const struct bytes codes[] = {{"", 0},
                                         {"\x03\xe8", 2},
                                         {"\x03\xe9"
                                          "bye",
                                          5},
                                         {"\x03\xf3", 2},
                                         {"\x0b\xb8", 2},
                                         {"\x13\x87", 2}};
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        begin_open();
        frame_write(&test.in, FIN | CLOSE, MASKED, codes[i]);
        add(FIN | TEXT, "late");
        ck_assert(!say());
        expect_frame(FIN | CLOSE, bytes_first(codes[i], 2));
        ck_assert_uint_eq(test.out.length, 0);
        ck_assert(!websocket_is_open(test.websocket));
        ck_assert_uint_eq(test.metrics.values[METRIC_websockets_failed], 0);
        expect_messages("");
        end();
    }
}
END_TEST

START_TEST(a_goodbye_that_makes_no_sense_is_an_error)
{
    static const struct {
        unsigned status;
        struct bytes payload;
    } cases[] = {
        {1002, {"\x03", 1}},         {1002, {"\x03\xe7", 2}}, {1002, {"\x00\x00", 2}},
        {1002, {"\x03\xec", 2}},     {1002, {"\x03\xed", 2}}, {1002, {"\x03\xee", 2}},
        {1002, {"\x03\xf7", 2}},     {1002, {"\x07\xd0", 2}}, {1002, {"\x13\x88", 2}},
        {1007, {"\x03\xe8\xff", 3}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin_open();
        frame_write(&test.in, FIN | CLOSE, MASKED, cases[i].payload);
        expect_failure(cases[i].status);
        end();
    }
}
END_TEST

START_TEST(we_say_goodbye_once)
{
    begin_open();
    websocket_close(test.websocket, WEBSOCKET_GOING_AWAY, "bye");
    websocket_close(test.websocket, WEBSOCKET_NORMAL, "");
    websocket_ping(test.websocket);
    expect_frame(FIN | CLOSE, BYTES("\x03\xe9"
                                    "bye"));
    ck_assert_uint_eq(test.out.length, 0);
    ck_assert(!websocket_is_open(test.websocket));
    add(FIN | TEXT, "late");
    ck_assert(!say());
    expect_messages("");
    end();
    begin(); /* before the handshake there is nobody to say it to */
    websocket_close(test.websocket, WEBSOCKET_NORMAL, "");
    websocket_ping(test.websocket);
    ck_assert_int_eq(websocket_send(test.websocket, BYTES("x"), BYTES("")), ERR_CLOSED);
    ck_assert_uint_eq(test.out.length, 0);
    end();
}
END_TEST

START_TEST(a_sign_of_life_can_be_asked_for)
{
    begin_open();
    websocket_ping(test.websocket);
    expect_frame(FIN | PING, BYTES(""));
    add(FIN | PONG, "");
    ck_assert(say());
    ck_assert_uint_eq(test.out.length, 0);
    end();
}
END_TEST

/* What hands messages up may answer, and may close: nothing comes up behind that. */
START_TEST(the_handler_may_answer_and_close)
{
    begin_open();
    test.echo = true;
    add(TEXT, "o");
    add(FIN | CONTINUES, "ne");
    add(FIN | TEXT, "two");
    ck_assert(say());
    expect_frame(FIN | TEXT, BYTES("one"));
    expect_frame(FIN | TEXT, BYTES("two"));
    test.leaves = true;
    test.echo = false;
    add(FIN | TEXT, "three");
    add(FIN | TEXT, "four");
    ck_assert(!say());
    expect_frame(FIN | CLOSE, BYTES("\x03\xe8"));
    expect_messages("one|two|three|");
    end();
}
END_TEST

START_TEST(a_connection_that_ended_ends_it)
{
    begin_open();
    test.full = ERR_LIMIT;
    add(FIN | PING, "");
    add(FIN | TEXT, "never");
    ck_assert(!say());
    expect_messages("");
    ck_assert_int_eq(websocket_send(test.websocket, BYTES("x"), BYTES("")), ERR_CLOSED);
    end();
    begin_open();
    test.full = ERR_LIMIT;
    ck_assert_int_eq(websocket_send(test.websocket, BYTES("x"), BYTES("")), ERR_LIMIT);
    ck_assert(!websocket_is_open(test.websocket));
    end();
    begin();
    test.full = ERR_CLOSED;
    ck_assert(!websocket_read(test.websocket, BYTES(WEBSOCKET_HELLO)));
    ck_assert_uint_eq(test.opened, 0);
    end();
}
END_TEST

START_TEST(a_refused_handshake_ends_it)
{
    begin();
    ck_assert(!websocket_read(test.websocket, BYTES("GET / HTTP/1.1\r\nHost: x\r\n\r\n")));
    ck_assert(bytes_starts_with(buffer_bytes(&test.out), BYTES("HTTP/1.1 426 ")));
    ck_assert_uint_eq(test.opened, 0);
    ck_assert_uint_eq(test.metrics.values[METRIC_websockets_opened], 0);
    size_t length = test.out.length;
    ck_assert(!websocket_read(test.websocket, BYTES(WEBSOCKET_HELLO)));
    ck_assert_uint_eq(test.out.length, length);
    end();
}
END_TEST

UNIT_MAIN("websocket", messages_of_both_kinds_are_handed_up, messages_leave_as_what_they_are,
          bytes_may_come_in_any_pieces, the_beginning_of_a_message_is_known,
          line_ends_keep_it_alive, messages_are_bounded, broken_frames_end_it, text_is_utf8,
          a_goodbye_is_answered, a_goodbye_that_makes_no_sense_is_an_error, we_say_goodbye_once,
          a_sign_of_life_can_be_asked_for, the_handler_may_answer_and_close,
          a_connection_that_ended_ends_it, a_refused_handshake_ends_it)
