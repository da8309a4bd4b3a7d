/* records_test.c: answers of the DNS, whole, odd and broken. */
#include "zone.h"

/* The records are parsed from memory of exactly that size, so that the sanitizer sees who reads too
 * far. */
static struct answer *parse(const struct wire *wire, const char *name, enum record_type type)
{
    char *copy = malloc(wire->length > 0 ? wire->length : 1);
    memcpy(copy, wire->at, wire->length);
    struct answer *answer = answer_parse(bytes_from(copy, wire->length), name, type);
    free(copy);
    return answer;
}

static void expect_kind(const struct wire *wire, const char *name, enum record_type type,
                        enum answer_kind kind)
{
    struct answer *answer = parse(wire, name, type);
    ck_assert_int_eq(answer->kind, kind);
    if (kind != ANSWER_RECORDS)
        ck_assert_uint_eq(answer->count + answer->extra_count, 0);
    if (kind == ANSWER_FAILED)
        ck_assert_uint_eq(answer->ttl_s, 0);
    free(answer);
}

static void address_is(const struct dns_record *record, const char *expected)
{
    struct net_address address;
    ck_assert(net_address_parse(bytes_of(expected), 0, &address));
    ck_assert(net_address_equal(&record->address, &address));
}

START_TEST(addresses_with_the_least_time)
{
    static const struct zone_record records[] = {{"a.example", RECORD_A, 300, "192.0.2.1"},
                                                 {"a.example", RECORD_A, 200, "192.0.2.2"},
                                                 {"a.example", RECORD_AAAA, 10, "2001:db8::1"},
                                                 {NULL}};
    const struct zone zone = {.records = records};
    struct wire wire;
    zone_answer(&zone, "a.example", RECORD_A, &wire);
    struct answer *answer = parse(&wire, "a.example", RECORD_A);
    ck_assert_int_eq(answer->kind, ANSWER_RECORDS);
    ck_assert_uint_eq(answer->count, 2);
    ck_assert_uint_eq(answer->ttl_s, 200);
    address_is(&answer->records[0], "192.0.2.1");
    address_is(&answer->records[1], "192.0.2.2");
    free(answer);
    zone_answer(&zone, "a.example", RECORD_AAAA, &wire);
    answer = parse(&wire, "a.example", RECORD_AAAA);
    ck_assert_uint_eq(answer->count, 1);
    address_is(&answer->records[0], "2001:db8::1");
    free(answer);
}
END_TEST

/* RFC 1035 2.3.3: case does not matter; 4.1.4: names are compressed. */
START_TEST(names_in_any_case_and_compressed)
{
    struct wire wire;
    wire_begin(&wire, "A.eXample", RECORD_SRV, 0);
    wire_set_u16(&wire, 6, 1);
    wire_u16(&wire, 0xc00c); /* the question's name */
    wire_u16(&wire, RECORD_SRV);
    wire_u16(&wire, 1);
    wire_u32(&wire, 60);
    wire_u16(&wire, 6 + 5);
    wire_u16(&wire, 1);
    wire_u16(&wire, 2);
    wire_u16(&wire, 5070);
    wire_u8(&wire, 2);
    wire_bytes(&wire, "S1", 2);
    wire_u16(&wire, 0xc00e); /* "eXample" */
    struct answer *answer = parse(&wire, "a.example", RECORD_SRV);
    ck_assert_uint_eq(answer->count, 1);
    ck_assert_str_eq(answer->records[0].name, "s1.example");
    ck_assert_uint_eq(answer->records[0].order, 1);
    ck_assert_uint_eq(answer->records[0].weight, 2);
    ck_assert_uint_eq(answer->records[0].port, 5070);
    free(answer);
}
END_TEST

/* RFC 1034 3.6.2; the least time of the chain counts, in whatever order it stands. */
START_TEST(aliases_are_followed)
{
    static const struct zone_record chain[] = {{"c.example", RECORD_A, 90, "192.0.2.1"},
                                               {"b.example", RECORD_CNAME, 40, "C.example"},
                                               {"a.example", RECORD_CNAME, 70, "b.example"}};
    struct wire wire;
    wire_begin(&wire, "a.example", RECORD_A, 0);
    for (int i = 0; i < 3; i++)
        wire_record(&wire, 0, &chain[i]);
    struct answer *answer = parse(&wire, "a.example", RECORD_A);
    ck_assert_uint_eq(answer->count, 1);
    ck_assert_uint_eq(answer->ttl_s, 40);
    free(answer);

    wire_begin(&wire, "a.example", RECORD_A, 0); /* it leads nowhere */
    wire_record(&wire, 0, &chain[2]);
    wire_soa(&wire, 86400, 500);
    answer = parse(&wire, "a.example", RECORD_A);
    ck_assert_int_eq(answer->kind, ANSWER_NOTHING);
    ck_assert_uint_eq(answer->ttl_s, 70);
    free(answer);
}
END_TEST

START_TEST(aliases_in_a_circle_end)
{
    static const struct zone_record circle[] = {{"a.example", RECORD_CNAME, 70, "b.example"},
                                                {"b.example", RECORD_CNAME, 70, "a.example"}};
    struct wire wire;
    wire_begin(&wire, "a.example", RECORD_A, 0);
    wire_record(&wire, 0, &circle[0]);
    wire_record(&wire, 0, &circle[1]);
    expect_kind(&wire, "a.example", RECORD_A, ANSWER_NOTHING);
}
END_TEST

/* RFC 2308 5: the lesser of the SOA's time and its minimum; without one it is not kept. */
START_TEST(nothing_has_a_time_too)
{
    static const struct {
        uint32_t ttl_s, minimum_s, expected_s;
    } cases[] = {{100, 300, 100}, {300, 100, 100}, {0x80000000, 100, 0}};
    struct wire wire;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (unsigned rcode = 0; rcode <= 3; rcode += 3) {
            wire_begin(&wire, "a.example", RECORD_SRV, rcode);
            wire_soa(&wire, cases[i].ttl_s, cases[i].minimum_s);
            struct answer *answer = parse(&wire, "a.example", RECORD_SRV);
            ck_assert_int_eq(answer->kind, ANSWER_NOTHING);
            ck_assert_uint_eq(answer->ttl_s, cases[i].expected_s);
            free(answer);
        }
    }
    wire_begin(&wire, "a.example", RECORD_SRV, 3);
    struct answer *answer = parse(&wire, "a.example", RECORD_SRV);
    ck_assert_int_eq(answer->kind, ANSWER_NOTHING);
    ck_assert_uint_eq(answer->ttl_s, 0);
    free(answer);
}
END_TEST

/* RFC 3263 4.1: flag "s", an empty regular expression, a service that we know. */
START_TEST(naptr_records_that_serve)
{
    static const struct zone_record records[] = {
        {"example", RECORD_NAPTR, 60, "50 10 s SIPS+D2T _sips._tcp.example"},
        {"example", RECORD_NAPTR, 60, "90 20 S sip+d2t _sip._tcp.example"},
        {"example", RECORD_NAPTR, 60, "90 30 s SIP+D2U _sip._udp.example"},
        {"example", RECORD_NAPTR, 60, "1 1 s SIP+D2S _sip._sctp.example"},
        {"example", RECORD_NAPTR, 60, "1 1 s SIP+D2W _sip._ws.example"},
        {"example", RECORD_NAPTR, 60, "1 1 s SIPS+D2U _sips._udp.example"},
        {"example", RECORD_NAPTR, 60, "1 1 u SIP+D2U _sip._udp.example"},
        {"example", RECORD_NAPTR, 60, "1 1 a SIP+D2U host.example"},
        {"example", RECORD_NAPTR, 60, "1 1 s SIP+D2U ."},
        {"example", RECORD_NAPTR, 60, "1 1 s E2U+sip example"},
        {NULL}};
    const struct zone zone = {.records = records};
    struct wire wire;
    zone_answer(&zone, "example", RECORD_NAPTR, &wire);
    struct answer *answer = parse(&wire, "example", RECORD_NAPTR);
    ck_assert_uint_eq(answer->count, 3);
    ck_assert_int_eq(answer->records[0].protocol, NET_TLS);
    ck_assert_int_eq(answer->records[1].protocol, NET_TCP);
    ck_assert_int_eq(answer->records[2].protocol, NET_UDP);
    ck_assert_uint_eq(answer->records[1].order, 90);
    ck_assert_uint_eq(answer->records[1].weight, 20);
    ck_assert_str_eq(answer->records[2].name, "_sip._udp.example");
    free(answer);
}
END_TEST

START_TEST(naptr_with_an_expression_does_not_serve)
{
    struct wire wire;
    wire_begin(&wire, "example", RECORD_NAPTR, 0);
    size_t at = wire_begin_record(&wire, 0, "example", RECORD_NAPTR, 60);
    wire_u32(&wire, 0);
    wire_string(&wire, "s");
    wire_string(&wire, "SIP+D2U");
    wire_string(&wire, "!^.*$!x!");
    wire_name(&wire, "_sip._udp.example");
    wire_end_record(&wire, at);
    struct answer *answer = parse(&wire, "example", RECORD_NAPTR);
    ck_assert_int_eq(answer->kind, ANSWER_RECORDS);
    ck_assert_uint_eq(answer->count, 0);
    free(answer);
}
END_TEST

/* RFC 2782: "Target"; the addresses that came along are those of targets only. */
START_TEST(srv_with_the_addresses_of_its_targets)
{
    static const struct zone_record records[] = {
        {"_sip._udp.example", RECORD_SRV, 600, "10 5 5060 s1.example"},
        {"_sip._udp.example", RECORD_SRV, 600, "20 0 5062 ."},
        {"_sip._udp.example", RECORD_SRV, 600, "30 0 0 s2.example"},
        {"s1.example", RECORD_A, 60, "192.0.2.1"},
        {"s1.example", RECORD_AAAA, 50, "2001:db8::1"},
        {NULL}};
    static const struct zone_record other = {"bank.example", RECORD_A, 5, "192.0.2.66"};
    const struct zone zone = {.records = records, .extras = true};
    struct wire wire;
    zone_answer(&zone, "_sip._udp.example", RECORD_SRV, &wire);
    wire_record(&wire, 2, &other);
    struct answer *answer = parse(&wire, "_sip._udp.example", RECORD_SRV);
    ck_assert_uint_eq(answer->count, 2); /* port 0 is none */
    ck_assert_str_eq(answer->records[0].name, "s1.example");
    ck_assert_str_eq(answer->records[1].name, "");
    ck_assert_uint_eq(answer->ttl_s, 600);
    ck_assert_uint_eq(answer->extra_count, 2);
    ck_assert_uint_eq(answer->extras_ttl_s, 50);
    ck_assert_str_eq(answer->extras[1].name, "s1.example");
    address_is(&answer->extras[1], "2001:db8::1");
    free(answer);
    wire.length -= 3; /* what came along is cut: it is not there, the rest is */
    answer = parse(&wire, "_sip._udp.example", RECORD_SRV);
    ck_assert_uint_eq(answer->count, 2);
    ck_assert_uint_eq(answer->extra_count, 2);
    free(answer);
}
END_TEST

/* ::ffff:127.0.0.1 would be loopback for the system, and an address like any other for us. */
START_TEST(mapped_addresses_are_left_out)
{
    static const struct zone_record records[] = {{"a.example", RECORD_AAAA, 60, "::ffff:127.0.0.1"},
                                                 {"a.example", RECORD_AAAA, 60, "2001:db8::2"},
                                                 {NULL}};
    const struct zone zone = {.records = records};
    struct wire wire;
    zone_answer(&zone, "a.example", RECORD_AAAA, &wire);
    struct answer *answer = parse(&wire, "a.example", RECORD_AAAA);
    ck_assert_uint_eq(answer->count, 1);
    address_is(&answer->records[0], "2001:db8::2");
    free(answer);
}
END_TEST

START_TEST(names_that_no_host_has_are_left_out)
{
    static const struct zone_record records[] = {
        {"_sip._udp.example", RECORD_SRV, 60, "0 0 5060 a/b.example"},
        {"_sip._udp.example", RECORD_SRV, 60, "0 0 5060 good.example"},
    };
    struct wire wire;
    wire_begin(&wire, "_sip._udp.example", RECORD_SRV, 0);
    wire_record(&wire, 0, &records[0]);
    wire_record(&wire, 0, &records[1]);
    struct answer *answer = parse(&wire, "_sip._udp.example", RECORD_SRV);
    ck_assert_uint_eq(answer->count, 1);
    ck_assert_str_eq(answer->records[0].name, "good.example");
    free(answer);

    static const unsigned char nul[] = {3, 'a', 0, 'b', 0}, dot[] = {3, 'a', '.', 'b', 0};
    const unsigned char *const odd[] = {nul, dot};
    for (size_t i = 0; i < 2; i++) {
        wire_begin(&wire, "x.example", RECORD_SRV, 0);
        size_t at = wire_begin_record(&wire, 0, "x.example", RECORD_SRV, 60);
        wire_bytes(&wire, "\0\0\0\0\x13\xc4", 6);
        wire_bytes(&wire, odd[i], 5);
        wire_end_record(&wire, at);
        answer = parse(&wire, "x.example", RECORD_SRV);
        ck_assert_int_eq(answer->kind, ANSWER_RECORDS);
        ck_assert_uint_eq(answer->count, 0);
        free(answer);
    }
}
END_TEST

START_TEST(so_many_records_and_no_more)
{
    struct wire wire;
    char data[64];
    wire_begin(&wire, "a.example", RECORD_A, 0);
    for (unsigned i = 0; i < RECORDS_MAX; i++)
        wire_record(&wire, 0, &(struct zone_record){"a.example", RECORD_A, 60, "192.0.2.1"});
    struct answer *just = parse(&wire, "a.example", RECORD_A);
    ck_assert_uint_eq(just->count, RECORDS_MAX);
    ck_assert(!just->cut);
    free(just);
    wire_begin(&wire, "a.example", RECORD_SRV, 0);
    for (unsigned i = 0; i < RECORDS_MAX + 5; i++) {
        snprintf(data, sizeof(data), "%u 0 5060 s%u.example", i, i);
        wire_record(&wire, 0, &(struct zone_record){"a.example", RECORD_SRV, 60, data});
    }
    struct answer *answer = parse(&wire, "a.example", RECORD_SRV);
    ck_assert_uint_eq(answer->count, RECORDS_MAX);
    ck_assert(answer->cut);
    for (unsigned i = 0; i < RECORDS_MAX; i++) {
        snprintf(data, sizeof(data), "s%u.example", i);
        ck_assert_str_eq(answer->records[i].name, data);
    }
    free(answer);
    wire_begin(&wire, "a.example", RECORD_A, 0);
    while (wire.length <= ANSWER_MAX_BYTES)
        wire_record(&wire, 0, &(struct zone_record){"a.example", RECORD_A, 60, "192.0.2.1"});
    expect_kind(&wire, "a.example", RECORD_A, ANSWER_FAILED);
}
END_TEST

/* Not an answer, not to our question, or one that the server could not give. */
START_TEST(headers_that_do_not_fit)
{
    static const struct zone_record record = {"a.example", RECORD_A, 60, "192.0.2.1"};
    static const struct {
        size_t at;
        unsigned char value;
    } cases[] = {
        {2, 0x01}, /* a question */
        {2, 0x91}, /* another operation */
        {2, 0x83}, /* truncated */
        {3, 0x82}, /* SERVFAIL */
        {3, 0x85}, /* REFUSED */
        {5, 0},    /* no question */
        {5, 2},    /* two */
        {13, 'b'}, /* another name */
        {25, 28},  /* another type */
        {27, 3},   /* another class */
    };
    struct wire wire;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        wire_begin(&wire, "a.example", RECORD_A, 0);
        wire_record(&wire, 0, &record);
        expect_kind(&wire, "a.example", RECORD_A, ANSWER_RECORDS);
        ck_assert_uint_ne(wire.at[cases[i].at], cases[i].value);
        wire.at[cases[i].at] = cases[i].value;
        expect_kind(&wire, "a.example", RECORD_A, ANSWER_FAILED);
    }
}
END_TEST

/* Wherever it is cut. */
START_TEST(cut_answers_fail)
{
    static const struct zone_record records[] = {
        {"a.example", RECORD_CNAME, 60, "b.example"},
        {"b.example", RECORD_NAPTR, 60, "1 2 s SIP+D2U _sip._udp.example"},
        {NULL}};
    const struct zone zone = {.records = records};
    struct wire wire;
    zone_answer(&zone, "a.example", RECORD_NAPTR, &wire);
    expect_kind(&wire, "a.example", RECORD_NAPTR, ANSWER_RECORDS);
    while (wire.length > 0) {
        wire.length--;
        expect_kind(&wire, "a.example", RECORD_NAPTR, ANSWER_FAILED);
    }
}
END_TEST

/* RFC 1035 4.1.4: pointers to themselves, to each other, forwards, and behind the end. */
START_TEST(names_without_end_fail)
{
    static const unsigned targets[] = {0, 2, 100, 0x3fff};
    struct wire wire;
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        wire_begin(&wire, "a.example", RECORD_A, 0);
        wire_set_u16(&wire, 6, 1);
        unsigned here = (unsigned)wire.length;
        unsigned target = targets[i] < 100 ? here + targets[i] : targets[i];
        wire_u16(&wire, 0xc000 | target);
        wire_u16(&wire, 0xc000 | here);
        for (int j = 0; j < 20; j++)
            wire_u8(&wire, 0);
        expect_kind(&wire, "a.example", RECORD_A, ANSWER_FAILED);
    }
}
END_TEST

START_TEST(names_that_are_too_long_fail)
{
    struct wire wire;
    for (unsigned labels = 3; labels <= 4; labels++) {
        wire_begin(&wire, "a.example", RECORD_CNAME, 0);
        wire_set_u16(&wire, 6, 1);
        for (unsigned i = 0; i < labels; i++) {
            wire_u8(&wire, 63);
            for (int j = 0; j < 63; j++)
                wire_u8(&wire, 'a');
        }
        wire_u8(&wire, 0);
        wire_u16(&wire, RECORD_A);
        wire_u16(&wire, 1);
        wire_u32(&wire, 60);
        wire_u16(&wire, 4);
        wire_u32(&wire, 1);
        expect_kind(&wire, "a.example", RECORD_CNAME, labels == 3 ? ANSWER_NOTHING : ANSWER_FAILED);
    }
}
END_TEST

/* The data says more or less than its length. */
START_TEST(lengths_that_lie_fail)
{
    static const struct zone_record records[] = {
        {"x.example", RECORD_A, 60, "192.0.2.1"},
        {"x.example", RECORD_AAAA, 60, "2001:db8::1"},
        {"x.example", RECORD_SRV, 60, "1 2 3 x.example"},
        {"x.example", RECORD_NAPTR, 60, "1 2 s SIP+D2U x.example"},
        {"x.example", RECORD_CNAME, 60, "y.example"}};
    struct wire wire;
    for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
        for (int wrong = -1; wrong <= 1; wrong += 2) {
            enum record_type asked = records[i].type == RECORD_CNAME ? RECORD_A : records[i].type;
            wire_begin(&wire, "x.example", asked, 0);
            size_t at = wire_begin_record(&wire, 0, "x.example", records[i].type, records[i].ttl_s);
            wire_data(&wire, &records[i]);
            wire_u8(&wire, 0); /* so that the message is long enough for one more */
            wire_set_u16(&wire, at, (unsigned)((int)(wire.length - at - 3) + wrong));
            expect_kind(&wire, "x.example", asked, ANSWER_FAILED);
        }
    }
}
END_TEST

UNIT_MAIN("net/records", addresses_with_the_least_time, names_in_any_case_and_compressed,
          aliases_are_followed, aliases_in_a_circle_end, nothing_has_a_time_too,
          naptr_records_that_serve, naptr_with_an_expression_does_not_serve,
          srv_with_the_addresses_of_its_targets, mapped_addresses_are_left_out,
          names_that_no_host_has_are_left_out, so_many_records_and_no_more, headers_that_do_not_fit,
          cut_answers_fail, names_without_end_fail, names_that_are_too_long_fail,
          lengths_that_lie_fail)
