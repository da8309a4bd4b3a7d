/* udp_test.c: datagrams over loopback through a real loop. */
#include "client.h"

#include <sys/syscall.h>

/* The system's own, but it takes nothing while the environment says so. */
int sendmmsg(int fd, struct mmsghdr *vmessages, unsigned vlen, int flags)
{
    if (getenv("SYSTEM_IS_FULL") == NULL)
        return (int)syscall(SYS_sendmmsg, fd, vmessages, vlen, flags);
    errno = EAGAIN;
    return -1;
}

START_TEST(a_burst_comes_back_whole_and_in_order)
{
    enum { BURST = 1000 };
    struct bed *bed = bed_new(NULL);
    struct net_address address = bed_listen(bed, NET_UDP, "127.0.0.1");
    char text[32], got[64];
    bed->echo = true;
    bed->client = client_open(SOCK_DGRAM, &address);
    int size = 4 << 20;
    setsockopt(bed->client, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
    for (int start = 0; start < BURST; start += 100) {
        for (int i = start; i < start + 100; i++) {
            snprintf(text, sizeof(text), "OPTIONS %d", i);
            client_say(bed->client, bytes_of(text));
        }
        bed_until_messages(bed, (size_t)start + 100);
        for (int i = start; i < start + 100; i++) {
            snprintf(text, sizeof(text), "OPTIONS %d", i);
            ssize_t length = recv(bed->client, got, sizeof(got), 0);
            ck_assert(bytes_equal(bytes_from(got, (size_t)length), bytes_of(text)));
        }
    }
    ck_assert_uint_eq(bed->metrics.values[METRIC_messages_received], BURST);
    ck_assert_uint_eq(bed->metrics.values[METRIC_messages_sent], BURST);
    ck_assert_uint_eq(bed->metrics.values[METRIC_send_failures], 0);
    bed_free(bed);
}
END_TEST

START_TEST(a_flow_names_both_ends)
{
    static const char *const hosts[] = {"127.0.0.1", "::1"};
    for (size_t i = 0; i < 2; i++) {
        struct bed *bed = bed_new(NULL);
        struct net_address address = bed_listen(bed, NET_UDP, hosts[i]);
        bed->client = client_open(SOCK_DGRAM, &address);
        client_say(bed->client, BYTES("hello"));
        bed_until_messages(bed, 1);
        ck_assert_int_eq(bed->flow.protocol, NET_UDP);
        ck_assert(net_address_equal(&bed->flow.local, &address));
        ck_assert(net_address_same_host(&bed->flow.remote, &address));
        ck_assert_uint_eq(bed->flow.remote.port, client_port(bed->client));
        ck_assert_uint_eq(bed->flow.connection, 0);
        ck_assert(net_alive(bed->net, &bed->flow));
        /* the wall clock goes with the monotonic one, whatever happens to the system's */
        ck_assert_uint_eq(bed->world.wall_ms, bed->world.now_ms + 1000);
        bed_free(bed);
    }
}
END_TEST

START_TEST(the_largest_datagram_passes_and_a_larger_one_is_refused)
{
    char big[65508];
    struct bed *bed = bed_new(NULL);
    struct net_address address = bed_listen(bed, NET_UDP, "127.0.0.1");
    memset(big, 'x', sizeof(big));
    big[65506] = 'y';
    bed->echo = true;
    bed->client = client_open(SOCK_DGRAM, &address);
    client_say(bed->client, bytes_from(big, 65507));
    bed_until_messages(bed, 1);
    ck_assert_uint_eq(bed->raw_length, 65507);
    client_until(bed, 65507);
    ck_assert_int_eq(memcmp(bed->read, big, 65507), 0);
    ck_assert_int_eq(net_send(bed->net, &bed->flow, bytes_from(big, 65500), bytes_from(big, 8)),
                     ERR_IO);
    ck_assert_int_eq(net_send(bed->net, &bed->flow, bytes_from(big, 65508), BYTES("")), ERR_IO);
    bed_free(bed);
}
END_TEST

START_TEST(head_and_body_leave_as_one)
{
    struct bed *bed = bed_new(NULL);
    struct net_address address = bed_listen(bed, NET_UDP, "127.0.0.1");
    bed->client = client_open(SOCK_DGRAM, &address);
    client_say(bed->client, BYTES("hello"));
    bed_until_messages(bed, 1);
    char head[] = "head:", body[] = "body";
    ck_assert_int_eq(net_send(bed->net, &bed->flow, bytes_of(head), bytes_of(body)), ERR_NONE);
    memset(head, '-', 5); /* they were copied */
    memset(body, '-', 4);
    client_until(bed, 9);
    ck_assert_str_eq(bed->read, "head:body");
    bed_free(bed);
}
END_TEST

/* RFC 3261 7.5: line ends before a message are ignored. */
START_TEST(keep_alives_are_no_messages)
{
    struct bed *bed = bed_new(NULL);
    struct net_address address = bed_listen(bed, NET_UDP, "127.0.0.1");
    bed->client = client_open(SOCK_DGRAM, &address);
    client_say(bed->client, BYTES("\r\n\r\n"));
    client_say(bed->client, BYTES("\0\0\0\0"));
    client_say(bed->client, BYTES(""));
    client_say(bed->client, BYTES("\r\n\r\nhello"));
    bed_until_messages(bed, 1);
    ck_assert_uint_eq(bed->messages, 1);
    ck_assert(bytes_equal(bytes_from(bed->raw, bed->raw_length), BYTES("hello")));
    ck_assert_uint_eq(bed->metrics.values[METRIC_messages_received], 1);
    bed_free(bed);
}
END_TEST

/* RFC 5626 4.4.2: binding requests are answered here; nobody above hears of them. */
START_TEST(stun_is_answered_and_never_handed_up)
{
#define STUN_HEAD(type)             \
    type "\x00\x00\x21\x12\xa4\x42" \
         "transaction!"
    struct bed *bed = bed_new(NULL);
    struct net_address address = bed_listen(bed, NET_UDP, "127.0.0.1");
    bed->client = client_open(SOCK_DGRAM, &address);
    client_say(bed->client, BYTES(STUN_HEAD("\x01\x01"))); /* a response: dropped */
    client_say(bed->client, BYTES(STUN_HEAD("\x00\x01") "x"));
    client_say(bed->client, BYTES(STUN_HEAD("\x00\x01")));
    client_until(bed, 32);
    uint16_t port = client_port(bed->client) ^ 0x2112;
    ck_assert_mem_eq(bed->read, "\x01\x01\x00\x0c", 4);
    ck_assert_mem_eq(bed->read + 8, "transaction!\x00\x20\x00\x08\x00\x01", 18);
    ck_assert_uint_eq((unsigned char)bed->read[26], port >> 8);
    ck_assert_uint_eq((unsigned char)bed->read[27], port & 0xff);
    client_say(bed->client, BYTES("OPTIONS"));
    bed_until_messages(bed, 1);
    client_read(bed);
    ck_assert_uint_eq(bed->read_length, 32);
    ck_assert_uint_eq(bed->metrics.values[METRIC_messages_received], 1);
    ck_assert_uint_eq(bed->metrics.values[METRIC_messages_sent], 0);
    ck_assert_uint_eq(bed->metrics.values[METRIC_stun_answered], 1);
    ck_assert_uint_eq(bed->metrics.values[METRIC_stun_dropped], 2);
    bed_free(bed);
}
END_TEST

START_TEST(many_more_than_a_batch_leave_in_one_turn)
{
    enum { MANY = 700 };
    struct bed *bed = bed_new(NULL);
    struct net_address address = bed_listen(bed, NET_UDP, "127.0.0.1");
    char text[1000];
    memset(text, 'z', sizeof(text));
    bed->client = client_open(SOCK_DGRAM, &address);
    int size = 4 << 20;
    setsockopt(bed->client, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
    client_say(bed->client, BYTES("hello"));
    bed_until_messages(bed, 1);
    for (int i = 0; i < MANY; i++)
        ck_assert_int_eq(net_send(bed->net, &bed->flow, bytes_from(text, sizeof(text)), BYTES("")),
                         ERR_NONE);
    client_until(bed, MANY * sizeof(text));
    ck_assert_uint_eq(bed->metrics.values[METRIC_messages_sent], MANY);
    bed_free(bed);
}
END_TEST

START_TEST(a_full_system_is_waited_for_within_bounds)
{
    enum { SENT = 300, KEPT = 256 };
    const size_t whole = (size_t)KEPT * 4;
    struct bed *bed = bed_new(NULL);
    struct net_address address = bed_listen(bed, NET_UDP, "127.0.0.1");
    char text[16];
    bed->client = client_open(SOCK_DGRAM, &address);
    client_say(bed->client, BYTES("hello"));
    bed_until_messages(bed, 1);
    ck_assert_int_eq(setenv("SYSTEM_IS_FULL", "1", 1), 0);
    for (int i = 0; i < SENT; i++) {
        snprintf(text, sizeof(text), "%04d", i);
        ck_assert_int_eq(net_send(bed->net, &bed->flow, bytes_of(text), BYTES("")), ERR_NONE);
    }
    bed_turns(bed, 5);
    ck_assert_uint_eq(bed->metrics.values[METRIC_send_failures], SENT - KEPT);
    ck_assert_int_eq(unsetenv("SYSTEM_IS_FULL"), 0);
    client_until(bed, whole);
    for (size_t i = 0; i < KEPT; i++) {
        snprintf(text, sizeof(text), "%04zu", i);
        ck_assert_mem_eq(bed->read + i * 4, text, 4);
    }
    ck_assert_uint_eq(bed->read_length, whole);
    ck_assert_int_eq(net_send(bed->net, &bed->flow, BYTES("more"), BYTES("")), ERR_NONE);
    client_until(bed, whole + 4);
    bed_free(bed);
}
END_TEST

START_TEST(one_refused_datagram_harms_no_other)
{
    struct bed *bed = bed_new(NULL);
    struct net_address address = bed_listen(bed, NET_UDP, "127.0.0.1");
    bed->client = client_open(SOCK_DGRAM, &address);
    client_say(bed->client, BYTES("hello"));
    bed_until_messages(bed, 1);
    struct net_flow bad = bed->flow;
    bad.remote.port = 0; /* the system refuses it: EINVAL */
    ck_assert_int_eq(net_send(bed->net, &bad, BYTES("one"), BYTES("")), ERR_NONE);
    ck_assert_int_eq(net_send(bed->net, &bed->flow, BYTES("two"), BYTES("")), ERR_NONE);
    ck_assert_int_eq(net_send(bed->net, &bad, BYTES("three"), BYTES("")), ERR_NONE);
    ck_assert_int_eq(net_send(bed->net, &bed->flow, BYTES("four"), BYTES("")), ERR_NONE);
    client_until(bed, 7);
    ck_assert_str_eq(bed->read, "twofour");
    ck_assert_uint_eq(bed->metrics.values[METRIC_send_failures], 2);
    bed_free(bed);
}
END_TEST

START_TEST(a_port_where_nobody_listens_harms_nothing)
{
    struct bed *bed = bed_new(NULL);
    struct net_address address = bed_listen(bed, NET_UDP, "127.0.0.1");
    int gone = client_open(SOCK_DGRAM, &address);
    client_say(gone, BYTES("hello"));
    close(gone);
    bed->echo = true;
    bed_until_messages(bed, 1); /* its answer comes back as an ICMP error */
    bed->client = client_open(SOCK_DGRAM, &address);
    client_say(bed->client, BYTES("again"));
    client_until(bed, 5);
    ck_assert_str_eq(bed->read, "again");
    bed_free(bed);
}
END_TEST

START_TEST(a_target_gets_the_fitting_listener)
{
    struct bed *bed = bed_new(NULL);
    struct net_address first = bed_listen(bed, NET_UDP, "127.0.0.1");
    struct net_target target = {NET_UDP, first};
    struct net_flow flow;
    ck_assert_int_eq(net_connect(bed->net, &target, &flow), ERR_NONE);
    ck_assert(net_address_equal(&flow.local, &first));
    ck_assert(net_address_equal(&flow.remote, &target.address));
    ck_assert(net_address_parse(BYTES("192.0.2.1"), 5060, &target.address));
    ck_assert_int_eq(net_connect(bed->net, &target, &flow), ERR_NONE); /* any of the family */
    ck_assert(net_address_equal(&flow.local, &first));
    ck_assert(net_address_parse(BYTES("::1"), 5060, &target.address));
    ck_assert_int_eq(net_connect(bed->net, &target, &flow), ERR_NOT_FOUND);
    struct net_address second = bed_listen(bed, NET_UDP, "::1");
    ck_assert_int_eq(net_connect(bed->net, &target, &flow), ERR_NONE);
    ck_assert(net_address_equal(&flow.local, &second));
    bed_free(bed);
}
END_TEST

START_TEST(a_flow_of_another_life_is_closed)
{
    struct bed *bed = bed_new(NULL);
    struct net_flow flow;
    (void)bed_listen(bed, NET_UDP, "127.0.0.1");
    ck_assert(net_flow_parse(BYTES("udp/127.0.0.1:1/127.0.0.1:2"), &flow));
    ck_assert(!net_alive(bed->net, &flow));
    ck_assert_int_eq(net_send(bed->net, &flow, BYTES("hello"), BYTES("")), ERR_CLOSED);
    bed_free(bed);
}
END_TEST

static void note_late(void *context, const struct net_flow *flow, struct bytes raw)
{
    struct bed *bed = context;
    bed_message(bed, flow, raw);
    bed->wanted = net_late_ms(bed->net);
    loop_stop(bed->loop);
}

static unsigned late_ms(enum net_protocol protocol, useconds_t pause_us)
{
    struct bed *bed = bed_new(NULL);
    struct net_address address = bed_listen(bed, protocol, "127.0.0.1");
    net_handle(bed->net, &(struct net_handler){note_late, bed_broken, bed_closed, bed});
    bed->client = client_open(protocol == NET_UDP ? SOCK_DGRAM : SOCK_STREAM, &address);
    client_say(bed->client, BYTES("OPTIONS sip:b SIP/2.0\r\nl: 0\r\n\r\n"));
    usleep(pause_us); /* the loop is busy elsewhere */
    loop_run(bed->loop);
    unsigned late = (unsigned)bed->wanted;
    bed_free(bed);
    return late;
}

START_TEST(it_is_known_how_long_a_datagram_has_waited)
{
    /* the kernel begins to stamp a moment after the first socket of this host wants it; until then
     * it stamps what is read, as no later than now */
    struct bed *wants = bed_new(NULL);
    (void)bed_listen(wants, NET_UDP, "127.0.0.1");
    for (unsigned i = 0; i < 500 && late_ms(NET_UDP, 20000) == 0; i++)
        ;
    ck_assert_uint_ge(late_ms(NET_UDP, 60000), 59);
    ck_assert_uint_lt(late_ms(NET_UDP, 60000), 60000);
    ck_assert_uint_lt(late_ms(NET_TCP, 0), 60000);
    bed_free(wants);
}
END_TEST

static void note_late_after_work(void *context, const struct net_flow *flow, struct bytes raw)
{
    usleep(30000); /* the work for the message before it */
    note_late(context, flow, raw);
}

/* Of a stream counts what the turn has taken so far. */
START_TEST(it_is_known_how_late_a_turn_is)
{
    struct bed *bed = bed_new(NULL);
    struct net_address address = bed_listen(bed, NET_TCP, "127.0.0.1");
    net_handle(bed->net, &(struct net_handler){note_late_after_work, bed_broken, bed_closed, bed});
    bed->client = client_open(SOCK_STREAM, &address);
    client_say(bed->client, BYTES("OPTIONS sip:b SIP/2.0\r\nl: 0\r\n\r\n"));
    loop_run(bed->loop);
    ck_assert_uint_ge(bed->wanted, 29);
    bed_free(bed);
}
END_TEST

UNIT_MAIN("net/udp", stun_is_answered_and_never_handed_up,
          it_is_known_how_long_a_datagram_has_waited, it_is_known_how_late_a_turn_is,
          a_burst_comes_back_whole_and_in_order, a_flow_names_both_ends,
          the_largest_datagram_passes_and_a_larger_one_is_refused, head_and_body_leave_as_one,
          keep_alives_are_no_messages, many_more_than_a_batch_leave_in_one_turn,
          a_full_system_is_waited_for_within_bounds, one_refused_datagram_harms_no_other,
          a_port_where_nobody_listens_harms_nothing, a_target_gets_the_fitting_listener,
          a_flow_of_another_life_is_closed)
