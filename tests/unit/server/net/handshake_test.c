/* handshake_test.c: the request that begins a WebSocket (RFC 6455 4.2, RFC 7118 4.1). */
#include "net/handshake.h"
#include <stdio.h>

#include "unit.h"

#define HOST "Host: sip-ws.example.com\r\n"
#define UPGRADE "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define PROTOCOL "Sec-WebSocket-Protocol: sip\r\n"
#define REST UPGRADE KEY VERSION PROTOCOL
#define GOOD "GET / HTTP/1.1\r\n" HOST REST "\r\n"

enum { HEAD_MAX = 600 };

static struct origins *origins;
static struct handshake *handshake;
static size_t taken;

static void begin(void)
{
    const char *const sites[] = {"example.com", NULL};
    origins = origins_new(sites);
    handshake = handshake_new(HEAD_MAX, origins);
}

static void end(void)
{
    handshake_free(&handshake);
    handshake_free(&handshake);
    origins_free(&origins);
}

/* Everything at once; the status of the answer. */
static unsigned status_of(const char *request)
{
    begin();
    enum handshake_state state = handshake_read(handshake, bytes_of(request), &taken);
    ck_assert_msg(state != HANDSHAKE_MORE, "not whole: %s", request);
    unsigned status = handshake_status(handshake);
    ck_assert_int_eq(state, status == 101 ? HANDSHAKE_DONE : HANDSHAKE_REFUSED);
    return status;
}

static bool answer_has(const char *text)
{
    struct bytes answer = handshake_answer(handshake);
    return memmem(answer.at, answer.length, text, strlen(text)) != NULL;
}

/* RFC 6455 1.3 has the key and its answer; RFC 7118 4.1 the fields. */
START_TEST(the_request_of_the_rfc_is_accepted)
{
    ck_assert_uint_eq(status_of(GOOD "frames"), 101);
    ck_assert_uint_eq(taken, strlen(GOOD));
    struct bytes answer = handshake_answer(handshake);
    ck_assert(bytes_starts_with(answer, BYTES("HTTP/1.1 101 Switching Protocols\r\n")));
    ck_assert(answer_has("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    ck_assert(answer_has("\r\nUpgrade: websocket\r\n"));
    ck_assert(answer_has("\r\nConnection: Upgrade\r\n"));
    ck_assert(answer_has("\r\nSec-WebSocket-Protocol: sip\r\n"));
    ck_assert(bytes_equal(bytes_skip(answer, answer.length - 4), BYTES("\r\n\r\n")));
    end();
}
END_TEST

START_TEST(the_request_may_come_in_any_pieces)
{
    struct bytes whole = BYTES(GOOD);
    for (size_t cut = 1; cut < whole.length; cut++) {
        begin();
        ck_assert_int_eq(handshake_read(handshake, bytes_first(whole, cut), &taken),
                         HANDSHAKE_MORE);
        ck_assert_uint_eq(taken, cut);
        ck_assert_int_eq(handshake_read(handshake, bytes_skip(whole, cut), &taken), HANDSHAKE_DONE);
        ck_assert_uint_eq(taken, whole.length - cut);
        ck_assert(answer_has("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        end();
    }
    begin();
    for (size_t i = 0; i + 1 < whole.length; i++)
        ck_assert_int_eq(handshake_read(handshake, bytes_from(whole.at + i, 1), &taken),
                         HANDSHAKE_MORE);
    ck_assert_int_eq(handshake_read(handshake, BYTES("\nx"), &taken), HANDSHAKE_DONE);
    ck_assert_uint_eq(taken, 1);
    end();
}
END_TEST

/* What browsers and proxies make of it. */
START_TEST(real_requests_are_accepted)
{
    static const char *const requests[] = {
        "GET /any/path?with=query HTTP/1.1\r\n" HOST REST "\r\n",
        "GET / HTTP/1.1\r\nhost:sip-ws.example.com\r\nupgrade: WebSocket\r\n"
        "connection: keep-alive, Upgrade\r\nsec-websocket-key:  dGhlIHNhbXBsZSBub25jZQ== \r\n"
        "sec-websocket-version: 13\r\nsec-websocket-protocol: chat , sip\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST UPGRADE KEY VERSION
        "Sec-WebSocket-Protocol: msrp\r\nX: \r\nSec-WebSocket-Protocol: sip\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "Origin: https://example.com\r\n" REST "\r\n",
        "GET / HTTP/1.1\r\n" HOST "Origin: http://EXAMPLE.com:8080\r\n" REST
        "Sec-WebSocket-Extensions: permessage-deflate\r\nCookie: a=b\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        ck_assert_uint_eq(status_of(requests[i]), 101);
        ck_assert(!answer_has("Extensions"));
        end();
    }
}
END_TEST

START_TEST(other_requests_are_refused_with_a_status_and_a_reason)
{
    static const struct {
        unsigned status;
        const char *request, *has;
    } cases[] = {
        {400, "GET / HTTP/1.1\r\n" REST "\r\n", "Host is missing"},
        {400, "GET / HTTP/1.1\r\n" HOST HOST REST "\r\n", "twice"},
        {400, "GET / HTTP/1.1\r\n" HOST KEY REST "\r\n", "twice"},
        {400, "GET / HTTP/1.1\r\n" HOST VERSION REST "\r\n", "twice"},
        {400, "GET / HTTP/1.1\r\n" HOST UPGRADE VERSION PROTOCOL "\r\n", "Sec-WebSocket-Key"},
        {400,
         "GET / HTTP/1.1\r\n" HOST UPGRADE VERSION PROTOCOL
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j\r\n\r\n",
         "Sec-WebSocket-Key"},
        {400,
         "GET / HTTP/1.1\r\n" HOST UPGRADE VERSION PROTOCOL
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub2<jZQ==\r\n\r\n",
         "Sec-WebSocket-Key"},
        {400,
         "GET / HTTP/1.1\r\n" HOST UPGRADE VERSION PROTOCOL
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQAA\r\n\r\n",
         "Sec-WebSocket-Key"},
        {400, "GET / HTTP/1.1\r\n" HOST UPGRADE KEY VERSION "\r\n", "sip"},
        {400,
         "GET / HTTP/1.1\r\n" HOST UPGRADE KEY VERSION "Sec-WebSocket-Protocol: sipp, SIP\r\n\r\n",
         "sip"},
        {400, "GET / HTTP/1.1\r\n: nothing\r\n\r\n", "header"},
        {400, "REGISTER sip:example.org SIP/2.0\r\n\r\n", ""},
        {400, "\x16\x03\x01\x02", ""}, /* a TLS hello */
        {403, "GET / HTTP/1.1\r\n" HOST "Origin: https://evil.example\r\n" REST "\r\n", "Origin"},
        {403, "GET / HTTP/1.1\r\n" HOST "Origin: null\r\n" REST "\r\n", "Origin"},
        {403, "GET / HTTP/1.1\r\n" HOST "Origin: https://example.com.evil.example\r\n" REST "\r\n",
         "Origin"},
        {405, "POST / HTTP/1.1\r\n" HOST REST "Content-Length: 3\r\n\r\nabc", "\r\nAllow: GET\r\n"},
        {426, "GET / HTTP/1.1\r\n" HOST "\r\n", "\r\nUpgrade: websocket\r\n"},
        {426, "GET / HTTP/1.1\r\n" HOST "Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
         "\r\nUpgrade: websocket\r\n"},
        {426, "GET / HTTP/1.1\r\n" HOST "Upgrade: websocket\r\n" KEY VERSION PROTOCOL "\r\n",
         "\r\nUpgrade: websocket\r\n"},
        {426, "GET / HTTP/1.1\r\n" HOST UPGRADE KEY PROTOCOL "Sec-WebSocket-Version: 8\r\n\r\n",
         "\r\nSec-WebSocket-Version: 13\r\n"},
        {426, "GET / HTTP/1.1\r\n" HOST UPGRADE KEY PROTOCOL "\r\n",
         "\r\nSec-WebSocket-Version: 13\r\n"},
        {505, "GET / HTTP/1.0\r\n" HOST REST "\r\n", "HTTP/1.1"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_msg(status_of(cases[i].request) == cases[i].status, "%s: %u", cases[i].request,
                      handshake_status(handshake));
        ck_assert_msg(answer_has(cases[i].has), "%s: %.*s", cases[i].request,
                      BYTES_ARGS(handshake_answer(handshake)));
        ck_assert(answer_has("\r\nConnection: close\r\nContent-Type: text/plain\r\n"));
        end();
    }
}
END_TEST

/* The length that an answer names is the length that it has. */
START_TEST(a_refusal_is_whole)
{
    ck_assert_uint_eq(status_of("GET / HTTP/1.1\r\n" HOST "\r\n"), 426);
    struct bytes answer = handshake_answer(handshake);
    const char *end_of_head = memmem(answer.at, answer.length, "\r\n\r\n", 4);
    const char *length = memmem(answer.at, answer.length, "Content-Length: ", 16);
    ck_assert(end_of_head != NULL && length != NULL);
    size_t body = answer.length - (size_t)(end_of_head + 4 - answer.at);
    ck_assert_uint_eq((size_t)strtoul(length + 16, NULL, 10), body);
    end();
}
END_TEST

START_TEST(a_long_request_is_refused)
{
    char text[HEAD_MAX + 100];
    for (size_t step = 1; step <= sizeof(text); step += 97) {
        struct bytes left = bytes_from(text, sizeof(text));
        enum handshake_state state = HANDSHAKE_MORE;
        memset(text, 'a', sizeof(text));
        memcpy(text, "GET /", 5);
        begin();
        while (state == HANDSHAKE_MORE) {
            ck_assert_uint_gt(left.length, 0);
            state = handshake_read(handshake, bytes_first(left, step), &taken);
            left = bytes_skip(left, step);
        }
        ck_assert_uint_eq(handshake_status(handshake), 431);
        ck_assert_uint_ge(sizeof(text) - left.length, HEAD_MAX);
        end();
    }
}
END_TEST

START_TEST(a_request_of_just_the_bound_is_accepted)
{
    char text[HEAD_MAX + 1];
    int length = snprintf(text, sizeof(text), "GET / HTTP/1.1\r\n" HOST REST "X: ");
    memset(text + length, 'x', HEAD_MAX - 4 - (size_t)length);
    memcpy(text + HEAD_MAX - 4, "\r\n\r\n", 5);
    ck_assert_uint_eq(status_of(text), 101);
    ck_assert_uint_eq(taken, HEAD_MAX);
    end();
}
END_TEST

UNIT_MAIN("handshake", the_request_of_the_rfc_is_accepted, the_request_may_come_in_any_pieces,
          real_requests_are_accepted, other_requests_are_refused_with_a_status_and_a_reason,
          a_refusal_is_whole, a_long_request_is_refused, a_request_of_just_the_bound_is_accepted)
