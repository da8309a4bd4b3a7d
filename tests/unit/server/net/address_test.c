/* address_test.c: addresses and networks as text and back. */
#include "net/address.h"

#include "unit.h"

static void written(const struct net_address *address,
                    void (*write)(const struct net_address *, struct buffer *),
                    const char *expected)
{
    char text[80];
    struct buffer out = buffer_over(text, sizeof(text) - 1);
    write(address, &out);
    ck_assert(!out.overflow);
    text[out.length] = '\0';
    ck_assert_str_eq(text, expected);
}

START_TEST(reads_and_writes)
{
    static const struct {
        const char *text, *bare, *host, *full;
    } cases[] = {
        {"127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.1:5060"},
        {"0.0.0.0", "0.0.0.0", "0.0.0.0", "0.0.0.0:5060"},
        {"255.255.255.255", "255.255.255.255", "255.255.255.255", "255.255.255.255:5060"},
        {"::1", "::1", "[::1]", "[::1]:5060"},
        {"[::1]", "::1", "[::1]", "[::1]:5060"},
        {"2001:DB8::9:1", "2001:db8::9:1", "[2001:db8::9:1]", "[2001:db8::9:1]:5060"},
        {"::ffff:192.0.2.7", "192.0.2.7", "192.0.2.7", "192.0.2.7:5060"},
        {"[::ffff:c000:207]", "192.0.2.7", "192.0.2.7", "192.0.2.7:5060"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct net_address address;
        ck_assert(net_address_parse(bytes_of(cases[i].text), 5060, &address));
        written(&address, net_address_write_bare, cases[i].bare);
        written(&address, net_address_write_host, cases[i].host);
        written(&address, net_address_write, cases[i].full);
    }
}
END_TEST

START_TEST(refuses_what_is_no_address)
{
    static const char *const cases[] = {"",
                                        "localhost",
                                        "127.0.0",
                                        "127.0.0.256",
                                        "127.0.0.1.1",
                                        "127.1",
                                        "[127.0.0.1]",
                                        "[::1",
                                        "::1]",
                                        "[]",
                                        "1::2::3",
                                        "fe80::1%eth0",
                                        " ::1",
                                        "127.0.0.1 ",
                                        "[[::1]]",
                                        "10.0.0.1:5",
                                        ":",
                                        "0x7f.0.0.1",
                                        "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb"};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct net_address address = {.port = 7};
        ck_assert_msg(!net_address_parse(bytes_of(cases[i]), 1, &address), "%s", cases[i]);
        ck_assert_uint_eq(address.port, 7);
    }
    struct net_address address;
    ck_assert(!net_address_parse(bytes_from("::1\0", 4), 1, &address));
}
END_TEST

START_TEST(reads_the_port)
{
    static const struct {
        const char *text, *full; /* NULL: refused */
    } cases[] = {
        {"127.0.0.1:5070", "127.0.0.1:5070"},
        {"127.0.0.1", "127.0.0.1:99"},
        {"[::1]:5070", "[::1]:5070"},
        {"[::1]", "[::1]:99"},
        {"::1", "[::1]:99"},
        {"127.0.0.1:0", "127.0.0.1:0"},
        {"127.0.0.1:65535", "127.0.0.1:65535"},
        {"127.0.0.1:65536", NULL},
        {"127.0.0.1:", NULL},
        {"127.0.0.1:+1", NULL},
        {"[::1]5070", NULL},
        {"[::1]:", NULL},
        {":5060", NULL},
        {"127.0.0.1:000005", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct net_address address;
        bool read = net_address_parse_with_port(bytes_of(cases[i].text), 99, &address);
        ck_assert_msg(read == (cases[i].full != NULL), "%s", cases[i].text);
        if (read)
            written(&address, net_address_write, cases[i].full);
    }
}
END_TEST

static struct net_address address_of(const char *text)
{
    struct net_address address;
    ck_assert(net_address_parse_with_port(bytes_of(text), 0, &address));
    return address;
}

START_TEST(compares)
{
    struct net_address a = address_of("10.0.0.1:5060"), b = address_of("[::ffff:10.0.0.1]:5060");
    struct net_address c = address_of("10.0.0.1:5061"), d = address_of("10.0.0.2:5060");
    ck_assert(net_address_equal(&a, &b) && net_address_same_host(&a, &b));
    ck_assert(!net_address_equal(&a, &c) && net_address_same_host(&a, &c));
    ck_assert(!net_address_equal(&a, &d) && !net_address_same_host(&a, &d));
    ck_assert_uint_eq(net_address_hash(&a, 5), net_address_hash(&b, 5));
    ck_assert_uint_ne(net_address_hash(&a, 5), net_address_hash(&c, 5));
    ck_assert_uint_ne(net_address_hash(&a, 5), net_address_hash(&d, 5));
    ck_assert_uint_ne(net_address_hash(&a, 5), net_address_hash(&a, 6));
}
END_TEST

START_TEST(knows_special_addresses)
{
    struct net_address loopback4 = address_of("127.9.0.1"), loopback6 = address_of("::1");
    struct net_address any4 = address_of("0.0.0.0"), any6 = address_of("::");
    struct net_address other = address_of("2001:db8::1"), none = {0};
    ck_assert(net_address_is_loopback(&loopback4) && net_address_is_loopback(&loopback6));
    ck_assert(!net_address_is_loopback(&any4) && !net_address_is_loopback(&other));
    ck_assert(net_address_is_any(&any4) && net_address_is_any(&any6));
    ck_assert(!net_address_is_any(&loopback6) && !net_address_is_any(&none));
    ck_assert(!net_address_is_loopback(&none));
    static const char *const many[] = {"224.0.0.1", "239.255.255.255", "255.255.255.255",
                                       "ff02::1"};
    static const char *const one[] = {"223.255.255.255", "240.0.0.1", "255.255.255.254", "fe80::1"};
    for (size_t i = 0; i < 4; i++) {
        struct net_address all = address_of(many[i]), single = address_of(one[i]);
        ck_assert(net_address_is_many(&all) && !net_address_is_many(&single));
    }
    ck_assert(!net_address_is_many(&none));
}
END_TEST

START_TEST(networks_contain)
{
    static const struct {
        const char *network, *address;
        bool inside;
    } cases[] = {
        {"10.0.0.0/8", "10.255.0.1", true},
        {"10.0.0.0/8", "11.0.0.1", false},
        {"10.1.2.3/8", "10.9.9.9", true},
        {"10.0.0.0/9", "10.127.0.1", true},
        {"10.0.0.0/9", "10.128.0.1", false},
        {"0.0.0.0/0", "8.8.8.8", true},
        {"0.0.0.0/0", "::1", false},
        {"::/0", "::1", true},
        {"::/0", "10.0.0.1", false},
        {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.2", false},
        {"192.0.2.0/31", "192.0.2.1", true},
        {"2001:db8::/33", "2001:db8:7fff::1", true},
        {"2001:db8::/33", "2001:db8:8000::1", false},
        {"::1/128", "::1", true},
        {"::1/128", "::2", false},
        {"[::1]", "::1", true},
        {"::ffff:10.0.0.0/104", "10.3.2.1", true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct net_network network;
        struct net_address address = address_of(cases[i].address);
        ck_assert_msg(net_network_parse(bytes_of(cases[i].network), &network), "%s",
                      cases[i].network);
        ck_assert_msg(net_network_contains(&network, &address) == cases[i].inside, "%s %s",
                      cases[i].network, cases[i].address);
    }
}
END_TEST

START_TEST(refuses_what_is_no_network)
{
    static const char *const cases[] = {
        "",       "10.0.0.0/33", "::/129",       "10.0.0.0/",         "/8", "10.0.0.0/-1",
        "10.0/8", "a/8",         "10.0.0.0/8/8", "::ffff:10.0.0.0/90"};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct net_network network;
        ck_assert_msg(!net_network_parse(bytes_of(cases[i]), &network), "%s", cases[i]);
    }
}
END_TEST

START_TEST(what_counts_of_an_address)
{
    struct net_address address, counted, expected;
    ck_assert(net_address_parse(BYTES("192.0.2.5"), 5060, &address));
    counted = net_address_counted(&address);
    ck_assert(net_address_parse(BYTES("192.0.2.5"), 0, &expected));
    ck_assert(net_address_equal(&counted, &expected));
    ck_assert(net_address_parse(BYTES("2001:db8:1:2:3:4:5:6"), 5060, &address));
    counted = net_address_counted(&address);
    ck_assert(net_address_parse(BYTES("2001:db8:1:2::"), 0, &expected));
    ck_assert(net_address_equal(&counted, &expected));
}
END_TEST

START_TEST(reach)
{
    static const struct {
        const char *text;
        enum net_reach reach;
    } cases[] = {
        {"127.0.0.1", NET_REACH_HOST},
        {"127.255.255.255", NET_REACH_HOST},
        {"0.0.0.0", NET_REACH_HOST},
        {"0.1.2.3", NET_REACH_HOST},
        {"::1", NET_REACH_HOST},
        {"::", NET_REACH_HOST},
        {"169.254.169.254", NET_REACH_LINK},
        {"fe80::1", NET_REACH_LINK},
        {"febf::1", NET_REACH_LINK},
        {"10.255.0.1", NET_REACH_SITE},
        {"172.16.0.1", NET_REACH_SITE},
        {"172.31.255.1", NET_REACH_SITE},
        {"192.168.0.1", NET_REACH_SITE},
        {"100.64.0.1", NET_REACH_SITE},
        {"fd00::1", NET_REACH_SITE},
        {"fec0::1", NET_REACH_SITE},
        {"172.32.0.1", NET_REACH_WORLD},
        {"192.0.2.1", NET_REACH_WORLD},
        {"100.128.0.1", NET_REACH_WORLD},
        {"11.0.0.1", NET_REACH_WORLD},
        {"2001:db8::1", NET_REACH_WORLD},
        {"::2", NET_REACH_WORLD},
        {"::ffff:127.0.0.1", NET_REACH_HOST},
        {"::ffff:8.8.8.8", NET_REACH_WORLD},
    };
    struct net_address mapped = {6, 0, {[10] = 0xff, [11] = 0xff, [12] = 10}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct net_address address;
        ck_assert(net_address_parse(bytes_of(cases[i].text), 0, &address));
        ck_assert_msg(net_address_reach(&address) == cases[i].reach, "%s", cases[i].text);
    }
    ck_assert_int_eq(net_address_reach(&mapped), NET_REACH_SITE); /* as a system may hand it up */
}
END_TEST

UNIT_MAIN("net/address", reach, reads_and_writes, refuses_what_is_no_address, reads_the_port,
          compares, knows_special_addresses, what_counts_of_an_address, networks_contain,
          refuses_what_is_no_network)
