/* place_test.c: what leads to this host or its link, in whatever form it is written. */
#include "http/place.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/un.h>

#include "unit.h"

static enum place of_text(const char *text)
{
    struct sockaddr_storage room = {0};
    struct sockaddr_in *ipv4 = (struct sockaddr_in *)&room;
    struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)&room;
    bool six = inet_pton(AF_INET6, text, &ipv6->sin6_addr) == 1;
    ck_assert(six || inet_pton(AF_INET, text, &ipv4->sin_addr) == 1);
    room.ss_family = six ? AF_INET6 : AF_INET;
    return place_of_address((struct sockaddr *)&room);
}

static const struct {
    const char *text;
    enum place place;
} addresses[] = {
    {"127.0.0.1", PLACE_LOOPBACK},
    {"127.255.255.254", PLACE_LOOPBACK},
    {"::1", PLACE_LOOPBACK},
    {"::ffff:127.0.0.1", PLACE_LOOPBACK},
    {"::127.0.0.1", PLACE_LOOPBACK},
    {"64:ff9b::7f00:1", PLACE_LOOPBACK},
    {"2002:7f00:1::1", PLACE_LOOPBACK},
    {"0.0.0.0", PLACE_NEAR},
    {"0.1.2.3", PLACE_NEAR},
    {"::", PLACE_NEAR},
    {"169.254.169.254", PLACE_NEAR},
    {"::ffff:169.254.169.254", PLACE_NEAR},
    {"fe80::1", PLACE_NEAR},
    {"febf::1", PLACE_NEAR},
    {"224.0.0.1", PLACE_NEAR},
    {"255.255.255.255", PLACE_NEAR},
    {"ff02::1", PLACE_NEAR},
    {"10.0.0.1", PLACE_ELSEWHERE},
    {"172.16.0.1", PLACE_ELSEWHERE},
    {"192.168.1.1", PLACE_ELSEWHERE},
    {"169.253.0.1", PLACE_ELSEWHERE},
    {"192.0.2.1", PLACE_ELSEWHERE},
    {"223.255.255.255", PLACE_ELSEWHERE},
    {"fec0::1", PLACE_ELSEWHERE},
    {"fd00::1", PLACE_ELSEWHERE},
    {"2001:db8::1", PLACE_ELSEWHERE},
    {"::ffff:192.0.2.1", PLACE_ELSEWHERE},
};

START_TEST(addresses_are_told_apart)
{
    char host[64];
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        const char *text = addresses[i].text;
        ck_assert_msg(of_text(text) == addresses[i].place, "%s", text);
        snprintf(host, sizeof(host), strchr(text, ':') != NULL ? "[%s]" : "%s", text);
        ck_assert_msg(place_of_host(bytes_of(host)) == addresses[i].place, "%s", host);
        ck_assert_msg(place_of_host(bytes_of(text)) == addresses[i].place, "%s", text);
    }
    const struct sockaddr_un local = {.sun_family = AF_UNIX};
    ck_assert_int_eq(place_of_address((const struct sockaddr *)&local), PLACE_NEAR);
}
END_TEST

/* Whatever a resolver or inet_aton takes for an address. */
START_TEST(hosts_have_many_forms)
{
    static const char *const loopback[] = {"localhost", "LocalHost",  "localhost.", "a.localhost",
                                           "127.1",     "2130706433", "0x7f.0.0.1", "0177.0.0.1",
                                           "[::1]",     "[::1%25lo]"},
                             *const near[] = {"0", "0x0", "[fe80::1%25eth0]", "[fe80::1%eth0]"},
                             *const elsewhere[] = {"example.org",
                                                   "localhost.example.org",
                                                   "notlocalhost",
                                                   "127.0.0.1.example.org",
                                                   "",
                                                   "[]",
                                                   "192.0.2.1",
                                                   "[2001:db8::1]"};
    for (size_t i = 0; i < sizeof(loopback) / sizeof(loopback[0]); i++)
        ck_assert_msg(place_of_host(bytes_of(loopback[i])) == PLACE_LOOPBACK, "%s", loopback[i]);
    for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++)
        ck_assert_msg(place_of_host(bytes_of(near[i])) == PLACE_NEAR, "%s", near[i]);
    for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++)
        ck_assert_msg(place_of_host(bytes_of(elsewhere[i])) == PLACE_ELSEWHERE, "%s", elsewhere[i]);
    char long_name[400];
    memset(long_name, 'a', sizeof(long_name) - 1);
    long_name[sizeof(long_name) - 1] = '\0';
    ck_assert_int_eq(place_of_host(bytes_of(long_name)), PLACE_ELSEWHERE);
}
END_TEST

START_TEST(the_host_of_a_url)
{
    static const char *const urls[][2] = {
        {"http://a/b", "a"},
        {"https://a.example:80/", "a.example"},
        {"http://a?b/c", "a"},
        {"http://a#b", "a"},
        {"http://a\\b", "a"},
        {"http://[::1]:80/x", "[::1]"},
        {"http://[::1]", "[::1]"},
        {"https://:443/", ""},
        {"https://", ""},
        {"http:///etc", "etc"},
        {"http://127.0.0.1:9?", "127.0.0.1"},
    };
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
        ck_assert_msg(bytes_equal(place_host(bytes_of(urls[i][0])), bytes_of(urls[i][1])), "%s",
                      urls[i][0]);
}
END_TEST

UNIT_MAIN("place", addresses_are_told_apart, hosts_have_many_forms, the_host_of_a_url)
