/* frame_test.c: messages and keep-alives cut out of a stream, however the bytes arrive. */
#include "sip/frame.h"

#include <stdio.h>

#include "unit.h"

enum { HEAD_MAX = 300, MESSAGE_MAX = 500 };

static struct sip_frame next_of(struct bytes arrived)
{
    size_t scanned = 0;
    return sip_frame_next(arrived, &scanned, HEAD_MAX, MESSAGE_MAX);
}

static void assert_frame(const char *arrived, enum sip_frame_kind kind, size_t length)
{
    struct sip_frame frame = next_of(bytes_of(arrived));
    ck_assert_msg(frame.kind == kind, "kind %d, not %d (%s) of: %s", frame.kind, kind, frame.reason,
                  arrived);
    if (kind != SIP_FRAME_MORE && kind != SIP_FRAME_BROKEN)
        ck_assert_uint_eq(frame.length, length);
}

static void assert_broken(const char *arrived, unsigned status, const char *word)
{
    struct sip_frame frame = next_of(bytes_of(arrived));
    ck_assert_msg(frame.kind == SIP_FRAME_BROKEN, "kind %d of: %s", frame.kind, arrived);
    ck_assert_uint_eq(frame.status, status);
    ck_assert_msg(strstr(frame.reason, word) != NULL, "\"%s\" does not name %s", frame.reason,
                  word);
}

/* All of `text` is one message, whatever comes behind it. */
static void assert_message(const char *text)
{
    char longer[200];
    snprintf(longer, sizeof(longer), "%sl: 9\r\n\r\n", text);
    assert_frame(text, SIP_FRAME_MESSAGE, strlen(text));
    assert_frame(longer, SIP_FRAME_MESSAGE, strlen(text));
}

START_TEST(message_ends_by_content_length)
{
    assert_message("A b SIP/2.0\r\nContent-Length: 3\r\n\r\nabc");
    assert_message("A b SIP/2.0\r\nl:0\r\n\r\n");
    assert_message("A b\r\nCONTENT-LENGTH \t:\r\n  003 \r\nX: 1\r\n\r\nabc");
    assert_frame("A b\r\nl: 3\r\n\r\nab", SIP_FRAME_MORE, 0);
    assert_frame("A b\r\nl: 3\r\n\r", SIP_FRAME_MORE, 0);
    assert_frame("", SIP_FRAME_MORE, 0);
    /* only a field of the header says so */
    assert_message("A b\r\nX: y\r\n l: 9\r\nl: 2\r\n\r\nl:");
}
END_TEST

/* RFC 5626 4.4.1, 3.5.1: a ping is answered, a pong is not; RFC 3261 7.5. */
START_TEST(keep_alives)
{
    assert_frame("\r\n\r\n", SIP_FRAME_PING, 4);
    assert_frame("\r\n\r\n\r\n", SIP_FRAME_PING, 4);
    assert_frame("\r\n\r\nA b\r\nl: 0\r\n\r\n", SIP_FRAME_PING, 4);
    assert_frame("\r\nA b\r\nl: 0\r\n\r\n", SIP_FRAME_BLANK, 2);
    assert_frame("\r\n\rA", SIP_FRAME_BLANK, 2);
    assert_frame("\r", SIP_FRAME_MORE, 0);
    assert_frame("\r\n", SIP_FRAME_MORE, 0);
    assert_frame("\r\n\r", SIP_FRAME_MORE, 0);
    assert_broken("\n", 400, "CR LF");
    assert_broken("\rA", 400, "CR LF");
}
END_TEST

/* RFC 3261 18.3; RFC 4475 3.1.2.3, 3.3.9: nothing that follows could be trusted. */
START_TEST(doubtful_lengths_break_the_stream)
{
    assert_broken("A b\r\nX: 1\r\n\r\n", 400, "Content-Length");
    assert_broken("Content-Length: 0\r\n\r\n", 400, "Content-Length");
    assert_broken("A b\r\nl: 1\r\nContent-Length: 1\r\n\r\nx", 400, "Content-Length");
    assert_broken("A b\r\nl: -1\r\n\r\n", 400, "Content-Length");
    assert_broken("A b\r\nl: 1 1\r\n\r\n", 400, "Content-Length");
    assert_broken("A b\r\nl: five\r\n\r\n", 400, "Content-Length");
    assert_broken("A b\r\nl:\r\n\r\n", 400, "Content-Length");
    assert_broken("A b\r\nContent-Length 1\r\n\r\nx", 400, "Content-Length");
    assert_broken("A b\r\nX: 1\nl: 5\r\nl: 0\r\n\r\n", 400, "CR LF");
    assert_broken("A b\r\nX: 1\rl: 5\r\nl: 0\r\n\r\n", 400, "CR LF");
    assert_broken("A b\nX: 1\r\nl: 0\r\n\r\n", 400, "CR LF");
}
END_TEST

START_TEST(other_protocols_are_known_by_their_first_byte)
{
    assert_broken("\x16\x03\x01\x02", 400, "not SIP");
    assert_broken(" A b\r\n", 400, "not SIP");
    assert_frame("GET / HTTP/1.1\r\n", SIP_FRAME_MORE, 0);
}
END_TEST

/* A message with a header and a whole of the wanted sizes. */
static struct bytes sized(char *memory, size_t head, size_t body)
{
    char end[40];
    int length = snprintf(end, sizeof(end), "\r\nl: %zu\r\n\r\n", body);
    ck_assert(length > 0 && head > (size_t)length);
    memset(memory, 'A', head + body);
    memcpy(memory + head - length, end, (size_t)length);
    return bytes_from(memory, head + body);
}

START_TEST(sizes_are_bounded)
{
    char memory[MESSAGE_MAX + HEAD_MAX + 100];
    ck_assert_int_eq(next_of(sized(memory, HEAD_MAX, 200)).kind, SIP_FRAME_MESSAGE);
    struct sip_frame frame = next_of(sized(memory, HEAD_MAX + 1, 0));
    ck_assert_int_eq(frame.kind, SIP_FRAME_BROKEN);
    ck_assert_uint_eq(frame.status, 513);
    ck_assert_int_eq(next_of(sized(memory, 100, 400)).kind, SIP_FRAME_MESSAGE);
    frame = next_of(bytes_first(sized(memory, 100, 401), 100));
    ck_assert_int_eq(frame.kind, SIP_FRAME_BROKEN);
    ck_assert_uint_eq(frame.status, 413);
    memset(memory, 'A', sizeof(memory));
    ck_assert_int_eq(next_of(bytes_from(memory, HEAD_MAX)).kind, SIP_FRAME_MORE);
    ck_assert_int_eq(next_of(bytes_from(memory, HEAD_MAX + 1)).kind, SIP_FRAME_BROKEN);
    assert_broken("A b\r\nl: 4294967296\r\n\r\n", 413, "larger");
    assert_broken("A b\r\nl: 18446744073709551616\r\n\r\n", 413, "larger");
    assert_broken("A b\r\nl: 99999999999999999999999999\r\n\r\n", 413, "larger");
}
END_TEST

/* Byte by byte, the same items come out; what looks like a ping in a body is none. */
START_TEST(pieces_do_not_matter)
{
    static const char first[] = "A b\r\nX: \r\n y\r\nl: 4\r\n\r\n\r\n\r\n";
    static const char second[] = "B c\r\nl: 0\r\n\r\n";
    static const enum sip_frame_kind kinds[] = {SIP_FRAME_PING, SIP_FRAME_MESSAGE, SIP_FRAME_BLANK,
                                                SIP_FRAME_MESSAGE};
    static const size_t lengths[] = {4, sizeof(first) - 1, 2, sizeof(second) - 1};
    char stream[100];
    snprintf(stream, sizeof(stream), "\r\n\r\n%s\r\n%s", first, second);
    size_t total = strlen(stream), scanned = 0, item = 0, start = 0;
    for (size_t arrived = 0; arrived <= total; arrived++) {
        for (;;) {
            struct sip_frame frame = sip_frame_next(bytes_from(stream + start, arrived - start),
                                                    &scanned, HEAD_MAX, MESSAGE_MAX);
            if (frame.kind == SIP_FRAME_MORE)
                break;
            ck_assert_uint_lt(item, 4);
            ck_assert_int_eq(frame.kind, kinds[item]);
            ck_assert_uint_eq(frame.length, lengths[item]);
            start += frame.length;
            scanned = 0;
            item++;
        }
    }
    ck_assert_uint_eq(item, 4);
    ck_assert_uint_eq(start, total);
}
END_TEST

START_TEST(any_cut_resumes)
{
    struct bytes text = BYTES("A b\r\nX: 1\r\nl: 6\r\n\r\nabc\r\n\r");
    for (size_t cut = 0; cut <= text.length; cut++) {
        size_t scanned = 0;
        struct sip_frame frame =
            sip_frame_next(bytes_first(text, cut), &scanned, HEAD_MAX, MESSAGE_MAX);
        ck_assert_int_eq(frame.kind, cut < text.length ? SIP_FRAME_MORE : SIP_FRAME_MESSAGE);
        frame = sip_frame_next(text, &scanned, HEAD_MAX, MESSAGE_MAX);
        ck_assert_int_eq(frame.kind, SIP_FRAME_MESSAGE);
        ck_assert_uint_eq(frame.length, text.length);
    }
}
END_TEST

/* What the message parser can answer with 400 does not cost the connection. */
START_TEST(other_faults_are_not_the_frames)
{
    assert_message("A b\r\nNo Colon\r\n\x01: x\r\nl: 1\r\n\r\nx");
    struct bytes nul = BYTES("A b\r\nX: \0\r\nl: 0\r\n\r\n");
    ck_assert_int_eq(next_of(nul).kind, SIP_FRAME_MESSAGE);
}
END_TEST

UNIT_MAIN("frame", message_ends_by_content_length, keep_alives, doubtful_lengths_break_the_stream,
          other_protocols_are_known_by_their_first_byte, sizes_are_bounded, pieces_do_not_matter,
          any_cut_resumes, other_faults_are_not_the_frames)
