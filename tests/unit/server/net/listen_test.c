/* listen_test.c: opening listeners, and what the operator is told when that fails. */
#include "client.h"

#include <unistd.h>

static enum err listen_at(struct bed *bed, enum net_protocol protocol, const char *text, char *why,
                          size_t size)
{
    struct net_listen listen = {.protocol = protocol};
    ck_assert(net_address_parse_with_port(bytes_of(text), 0, &listen.address));
    return loop_listen(bed->loop, &listen, why, size);
}

START_TEST(a_port_in_use_is_named_with_the_way_out)
{
    static const enum net_protocol protocols[] = {NET_UDP, NET_TCP};
    for (size_t i = 0; i < 2; i++) {
        struct bed *first = bed_new(NULL), *second = bed_new(NULL);
        struct net_address taken = bed_listen(first, protocols[i], "127.0.0.1");
        char text[64], expected[256], why[256];
        snprintf(text, sizeof(text), "127.0.0.1:%u", taken.port);
        snprintf(expected, sizeof(expected),
                 "%s %s is in use by another program: stop it or listen elsewhere (listen = ..., "
                 "./run --listen)",
                 i == 0 ? "udp" : "tcp", text);
        ck_assert_int_eq(listen_at(second, protocols[i], text, why, sizeof(why)), ERR_BUSY);
        ck_assert_str_eq(why, expected);
        ck_assert_int_eq(listen_at(first, protocols[i], text, why, sizeof(why)), ERR_BUSY);
        ck_assert_ptr_nonnull(strstr(why, "is listed twice: remove one"));
        bed_free(first);
        bed_free(second);
    }
}
END_TEST

START_TEST(an_address_of_another_host_is_named)
{
    struct bed *bed = bed_new(NULL);
    char why[256];
    ck_assert_int_eq(listen_at(bed, NET_UDP, "192.0.2.1:5060", why, sizeof(why)), ERR_NOT_FOUND);
    ck_assert_str_eq(why, "udp 192.0.2.1:5060 is no address of this host: choose one that "
                          "`ip address` shows (listen = ..., ./run --listen)");
    bed_free(bed);
}
END_TEST

START_TEST(a_low_port_needs_a_right)
{
    struct bed *bed = bed_new(NULL);
    char why[256];
    bool root = geteuid() == 0;
    if (root)
        ck_assert_int_eq(setresuid((uid_t)-1, 65534, (uid_t)-1), 0);
    enum err err = listen_at(bed, NET_TCP, "127.0.0.1:7", why, sizeof(why));
    if (root)
        ck_assert_int_eq(setresuid((uid_t)-1, 0, (uid_t)-1), 0);
    ck_assert_int_eq(err, ERR_DENIED);
    ck_assert_ptr_nonnull(strstr(why, "tcp 127.0.0.1:7 needs the right to use ports below 1024"));
    ck_assert_ptr_nonnull(strstr(why, "(listen = ..."));
    bed_free(bed);
}
END_TEST

START_TEST(a_short_text_is_cut_not_overrun)
{
    struct bed *bed = bed_new(NULL);
    char why[24];
    memset(why, '#', sizeof(why));
    ck_assert_int_eq(listen_at(bed, NET_UDP, "192.0.2.1:5060", why, 20), ERR_NOT_FOUND);
    ck_assert_ptr_nonnull(memchr(why, '\0', 20));
    ck_assert_mem_eq(why + 20, "####", 4);
    bed_free(bed);
}
END_TEST

/* Answers must leave from the address that was asked (RFC 3581 4): no socket of an any-address. */
START_TEST(an_any_address_is_opened_once_for_each_address)
{
    struct bed *bed = bed_new(NULL);
    struct net_address address, loopback = {0};
    bool found = false;
    char why[256];
    ck_assert_int_eq(listen_at(bed, NET_UDP, "0.0.0.0:0", why, sizeof(why)), ERR_NONE);
    for (size_t i = 0; loop_listener_address(bed->loop, NET_UDP, i, &address); i++) {
        ck_assert_uint_eq(address.family, 4);
        ck_assert(!net_address_is_any(&address));
        if (!net_address_is_loopback(&address))
            continue;
        loopback = address;
        found = true;
    }
    ck_assert(found);
    bed->client = client_open(SOCK_DGRAM, &loopback);
    client_say(bed->client, BYTES("hello"));
    bed_until_messages(bed, 1);
    ck_assert(net_address_equal(&bed->flow.local, &loopback));
    bed_free(bed);
}
END_TEST

START_TEST(an_any_address_is_opened_whole_or_not_at_all)
{
    struct bed *first = bed_new(NULL), *second = bed_new(NULL);
    struct net_address taken = bed_listen(first, NET_UDP, "127.0.0.1"), address;
    char text[64], why[256];
    snprintf(text, sizeof(text), "0.0.0.0:%u", taken.port);
    ck_assert_int_eq(listen_at(second, NET_UDP, text, why, sizeof(why)), ERR_BUSY);
    ck_assert_ptr_nonnull(strstr(why, "udp 127.0.0.1:"));
    ck_assert(!loop_listener_address(second->loop, NET_UDP, 0, &address));
    bed_free(first);
    bed_free(second);
}
END_TEST

START_TEST(an_address_with_its_own_listener_is_left_out_of_any)
{
    struct bed *bed = bed_new(NULL);
    struct net_address own = bed_listen(bed, NET_UDP, "127.0.0.1"), address;
    char text[64], why[256];
    size_t same = 0;
    snprintf(text, sizeof(text), "0.0.0.0:%u", own.port);
    ck_assert_int_eq(listen_at(bed, NET_UDP, text, why, sizeof(why)), ERR_NONE);
    for (size_t i = 0; loop_listener_address(bed->loop, NET_UDP, i, &address); i++)
        same += net_address_equal(&address, &own);
    ck_assert_uint_eq(same, 1);
    bed_free(bed);
}
END_TEST

START_TEST(listeners_are_told_apart_by_protocol)
{
    struct bed *bed = bed_new(NULL);
    struct net_address udp = bed_listen(bed, NET_UDP, "127.0.0.1"), address;
    ck_assert(!loop_listener_address(bed->loop, NET_TCP, 0, &address));
    struct net_address tcp = bed_listen(bed, NET_TCP, "::1");
    ck_assert(loop_listener_address(bed->loop, NET_TCP, 0, &address));
    ck_assert(net_address_equal(&address, &tcp));
    ck_assert(loop_listener_address(bed->loop, NET_UDP, 0, &address));
    ck_assert(net_address_equal(&address, &udp));
    ck_assert(!loop_listener_address(bed->loop, NET_UDP, 1, &address));
    bed_free(bed);
}
END_TEST

START_TEST(the_public_address_is_what_peers_are_told)
{
    struct bed *bed = bed_new(NULL);
    struct net_listen listen = {.protocol = NET_UDP};
    char why[256], text[64];
    ck_assert(net_address_parse(BYTES("127.0.0.1"), 0, &listen.address));
    ck_assert(net_address_parse(BYTES("203.0.113.5"), 5070, &listen.public));
    ck_assert_int_eq(loop_listen(bed->loop, &listen, why, sizeof(why)), ERR_NONE);
    struct net_flow flow = {.protocol = NET_UDP};
    ck_assert(loop_listener_address(bed->loop, NET_UDP, 0, &flow.local));
    struct buffer out = buffer_over(text, sizeof(text));
    net_write_local(bed->net, &flow, &out);
    ck_assert(bytes_equal(buffer_bytes(&out), BYTES("203.0.113.5:5070")));
    flow.local.port = 9; /* of no listener */
    out.length = 0;
    net_write_local(bed->net, &flow, &out);
    ck_assert(bytes_equal(buffer_bytes(&out), BYTES("127.0.0.1:9")));
    bed_free(bed);
}
END_TEST

UNIT_MAIN("net/listen", the_public_address_is_what_peers_are_told,
          a_port_in_use_is_named_with_the_way_out, an_address_of_another_host_is_named,
          a_low_port_needs_a_right, a_short_text_is_cut_not_overrun,
          an_any_address_is_opened_once_for_each_address,
          an_any_address_is_opened_whole_or_not_at_all,
          an_address_with_its_own_listener_is_left_out_of_any, listeners_are_told_apart_by_protocol)
