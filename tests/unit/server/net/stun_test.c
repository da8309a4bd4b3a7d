/* stun_test.c: answers to binding requests (RFC 5389, RFC 5626 4.4.2), with the bytes of RFC 5769
 * where they fit. */
#include "net/stun.h"
#include "unit.h"

#define COOKIE "\x21\x12\xa4\x42"
#define TRANSACTION "\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae"
#define REQUEST(length) "\x00\x01\x00" length COOKIE TRANSACTION

/* A binding request as it is sent, of RFC 5769 2.1: ICE's PRIORITY is none of ours. */
static const char sample[] =
    REQUEST("\x58") "\x80\x22\x00\x10STUN test client"
                    "\x00\x24\x00\x04\x6e\x00\x01\xff"
                    "\x80\x29\x00\x08\x93\x2f\xf9\xb1\x51\x26\x3b\x36"
                    "\x00\x06\x00\x09\x65\x76\x74\x6a\x3a\x68\x36\x76\x59\x20\x20\x20"
                    "\x00\x08\x00\x14\x9a\xea\xa7\x0c\xbf\xd8\xcb\x56\x78\x1e\xf2\xb5\xb2\xd3\xf2"
                    "\x49\xc1\xb5\x71"
                    "\xa2\x80\x28\x00\x04\xe5\x7a\x3b\xcf";

static char answer[STUN_ANSWER_MAX];

static size_t ask(struct bytes request, const char *host, uint16_t port)
{
    struct net_address from;
    ck_assert(net_address_parse(bytes_of(host), port, &from));
    ck_assert(stun_is(request));
    memset(answer, 0x55, sizeof(answer));
    return stun_answer(request, &from, answer);
}

static void expect(size_t length, struct bytes wanted)
{
    ck_assert_uint_eq(length, wanted.length);
    ck_assert_mem_eq(answer, wanted.at, length);
}

/* RFC 5389 15.5, bit by bit. */
static uint32_t fingerprint_of(const char *at, size_t length)
{
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < length; i++) {
        crc ^= (unsigned char)at[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
    }
    return ~crc ^ 0x5354554e;
}

static void write_fingerprint(char *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (char)(value >> (24 - 8 * i));
}

/* That the answer ends with its fingerprint. */
static void check_fingerprint(size_t length)
{
    char wanted[8] = "\x80\x28\x00\x04";
    write_fingerprint(wanted + 4, fingerprint_of(answer, length - 8));
    ck_assert_mem_eq(answer + length - 8, wanted, 8);
}

/* RFC 5769 2.2 and 2.3: the same transaction, and the addresses as they are written there. */
START_TEST(the_answer_says_where_the_request_came_from)
{
    expect(ask(BYTES(REQUEST("\x00")), "192.0.2.1", 32853),
           BYTES("\x01\x01\x00\x0c" COOKIE TRANSACTION
                 "\x00\x20\x00\x08\x00\x01\xa1\x47\xe1\x12\xa6\x43"));
    expect(ask(BYTES(REQUEST("\x00")), "2001:db8:1234:5678:11:2233:4455:6677", 32853),
           BYTES("\x01\x01\x00\x18" COOKIE TRANSACTION
                 "\x00\x20\x00\x14\x00\x02\xa1\x47\x01\x13\xa9\xfa\xa5\xd3\xf1\x79\xbc\x25\xf4\xb5"
                 "\xbe\xd2\xb9\xd9"));
}
END_TEST

/* RFC 5389 15: optional ones, and those of credentials, which this usage does without. */
START_TEST(attributes_that_need_not_be_understood_are_left_alone)
{
    ck_assert_uint_eq(ask(BYTES(REQUEST("\x18") "\x80\x22\x00\x03"
                                                "abc\x00"
                                                "\x00\x06\x00\x00"
                                                "\xff\xff\x00\x01"
                                                "x\x00\x00\x00"
                                                "\x00\x14\x00\x00"),
                          "192.0.2.1", 1),
                      32);
}
END_TEST

/* RFC 5389 7.3.1 and 15.9; the fingerprint of RFC 5769 2.1 is asked for, so one comes back. */
START_TEST(what_must_be_understood_and_is_not_gives_420)
{
    struct bytes request = bytes_from(sample, sizeof(sample) - 1);
    size_t length = ask(request, "192.0.2.1", 32853);
    const struct bytes wanted =
        BYTES("\x01\x11\x00\x2c" COOKIE TRANSACTION
              "\x00\x09\x00\x15\x00\x00\x04\x14Unknown attribute\x00\x00\x00"
              "\x00\x0a\x00\x02\x00\x24\x00\x00\x80\x28\x00\x04");
    ck_assert_uint_eq(length, wanted.length + 4);
    ck_assert_mem_eq(answer, wanted.at, wanted.length);
    check_fingerprint(length);
}
END_TEST

START_TEST(fingerprints_are_checked_and_returned)
{
    char request[] = REQUEST("\x08") "\x80\x28\x00\x04\x00\x00\x00\x00";
    struct bytes whole = bytes_from(request, sizeof(request) - 1);
    write_fingerprint(request + 24, fingerprint_of(request, 20));
    ck_assert_uint_eq(ask(whole, "192.0.2.1", 1), 40);
    check_fingerprint(40);
    request[27] ^= 1;
    ck_assert_uint_eq(ask(whole, "192.0.2.1", 1), 0);
    request[27] ^= 1;
    request[10] ^= 1;
    ck_assert_uint_eq(ask(whole, "192.0.2.1", 1), 0);
}
END_TEST

START_TEST(many_unknown_attributes_make_no_long_answer)
{
    char request[20 + 400];
    memcpy(request, REQUEST("\x00"), 20);
    request[2] = 400 >> 8, request[3] = (char)(400 & 0xff);
    for (int i = 0; i < 100; i++)
        memcpy(request + 20 + 4 * i, "\x7f\x00\x00\x00", 4);
    size_t length = ask(bytes_from(request, sizeof(request)), "2001:db8::1", 1);
    ck_assert_uint_eq(length, 20 + 28 + 4 + 16);
    ck_assert_uint_le(length, STUN_ANSWER_MAX);
}
END_TEST

START_TEST(what_is_malformed_or_no_request_is_dropped)
{
    static const struct bytes cases[] = {
        {"\x00\x01\x00\x04" COOKIE TRANSACTION, 20},                        /* less than it says */
        {"\x00\x01\x00\x00" COOKIE TRANSACTION "\x80\x22\x00\x00", 24},     /* more */
        {"\x00\x01\x00\x02" COOKIE TRANSACTION "\x80\x22", 22},             /* half an attribute */
        {"\x00\x01\x00\x04" COOKIE TRANSACTION "\x80\x22\x00\x01", 24},     /* without its value */
        {"\x00\x01\x00\x08" COOKIE TRANSACTION "\x80\x22\x00\x05wxyz", 28}, /* padding */
        {"\x00\x01\x00\x08" COOKIE TRANSACTION "\x80\x28\x00\x04wxyz", 28}, /* fingerprint */
        {"\x00\x01\x00\x04" COOKIE TRANSACTION "\x80\x28\x00\x00", 24},
        {"\x00\x11\x00\x00" COOKIE TRANSACTION, 20}, /* an indication */
        {"\x01\x01\x00\x00" COOKIE TRANSACTION, 20}, /* a response */
        {"\x01\x11\x00\x00" COOKIE TRANSACTION, 20},
        {"\x00\x03\x00\x00" COOKIE TRANSACTION, 20}, /* TURN's Allocate */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ck_assert_msg(ask(cases[i], "192.0.2.1", 1) == 0, "case %zu", i);
    char large[STUN_REQUEST_MAX + 4] = {0};
    memcpy(large, REQUEST("\x00"), 20);
    large[2] = (char)((sizeof(large) - 20) >> 8), large[3] = (char)((sizeof(large) - 20) & 0xff);
    for (size_t at = 20; at < sizeof(large); at += 4)
        memcpy(large + at, "\x80\x22\x00\x00", 4);
    ck_assert_uint_eq(ask(bytes_from(large, sizeof(large)), "192.0.2.1", 1), 0);
}
END_TEST

/* RFC 5389 6: two zero bits and the cookie. */
START_TEST(sip_is_not_taken_for_stun)
{
    ck_assert(!stun_is(BYTES("OPTIONS sip:example.org SIP/2.0\r\n\r\n")));
    ck_assert(!stun_is(BYTES("SIP/" COOKIE "000000000000")));
    ck_assert(!stun_is(BYTES("\r\n\r\n")));
    ck_assert(!stun_is(BYTES("")));
    ck_assert(!stun_is(bytes_from(sample, 19)));
    ck_assert(!stun_is(BYTES("\x00\x01\x00\x00\x21\x12\xa4\x43" TRANSACTION)));
    ck_assert(!stun_is(BYTES("\x40\x01\x00\x00" COOKIE TRANSACTION)));
    ck_assert(stun_is(bytes_from(sample, 20)));
}
END_TEST

UNIT_MAIN("stun", the_answer_says_where_the_request_came_from,
          attributes_that_need_not_be_understood_are_left_alone,
          what_must_be_understood_and_is_not_gives_420, fingerprints_are_checked_and_returned,
          many_unknown_attributes_make_no_long_answer, what_is_malformed_or_no_request_is_dropped,
          sip_is_not_taken_for_stun)
