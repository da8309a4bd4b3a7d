/* stream_test.c: making connections, finding them again, their limits and their end. */
#include "client.h"

#include <ifaddrs.h>
#include <sys/resource.h>

#define HELLO "MESSAGE sip:bob@example.com SIP/2.0\r\nContent-Length: 5\r\n\r\nhello"
#define NOTE "ACK sip:bob@example.com SIP/2.0\r\nl: 0\r\n\r\n" /* awaits no answer */
#define NOWHERE "fe80::1" /* a link-local address without an interface */

/* A TCP listener that plays the remote end. */
static int peer_listen(const char *host, struct net_address *address)
{
    struct sockaddr_storage system;
    ck_assert(net_address_parse(bytes_of(host), 0, address));
    socklen_t length = system_address(address, &system);
    int fd = socket(address->family == 4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&system, length), 0);
    ck_assert_int_eq(listen(fd, 8), 0);
    address->port = client_port(fd);
    return fd;
}

START_TEST(a_connection_is_made_and_what_was_sent_before_arrives)
{
    static const char *const hosts[] = {"127.0.0.1", "::1"};
    for (size_t i = 0; i < 2; i++) {
        struct bed *bed = bed_new(NULL);
        struct net_address own = bed_listen(bed, NET_TCP, hosts[i]);
        struct net_target target = {NET_TCP, {0}};
        struct net_flow flow;
        int peer = peer_listen(hosts[i], &target.address);
        ck_assert_int_eq(net_connect(bed->net, &target, &flow), ERR_NONE);
        ck_assert_int_eq(net_send(bed->net, &flow, BYTES("one "), BYTES("two")), ERR_NONE);
        ck_assert(net_alive(bed->net, &flow));
        /* Via and Contact name the port where we listen (RFC 3261 18.1.1) */
        ck_assert(net_address_equal(&flow.local, &own));
        ck_assert(net_address_equal(&flow.remote, &target.address));
        bed->client = accept(peer, NULL, NULL);
        client_until(bed, 7);
        ck_assert_str_eq(bed->read, "one two");
        ck_assert_uint_eq(bed->metrics.values[METRIC_connections_opened], 1);
        client_say(bed->client, BYTES(HELLO));
        bed_until_messages(bed, 1);
        ck_assert(net_flow_equal(&bed->flow, &flow));
        close(peer);
        bed_free(bed);
    }
}
END_TEST

START_TEST(a_connection_is_used_again)
{
    struct bed *bed = bed_new(NULL);
    (void)bed_listen(bed, NET_TCP, "127.0.0.1");
    struct net_target target = {NET_TCP, {0}};
    struct net_flow first, second;
    int peer = peer_listen("127.0.0.1", &target.address);
    ck_assert_int_eq(net_connect(bed->net, &target, &first), ERR_NONE);
    ck_assert_int_eq(net_connect(bed->net, &target, &second), ERR_NONE);
    ck_assert(net_flow_equal(&first, &second));
    bed->client = accept(peer, NULL, NULL);
    ck_assert_int_eq(net_send(bed->net, &second, BYTES("x"), BYTES("")), ERR_NONE);
    client_until(bed, 1);
    ck_assert_int_eq(net_connect(bed->net, &target, &second), ERR_NONE);
    ck_assert(net_flow_equal(&first, &second));
    close(peer);
    bed_free(bed);
}
END_TEST

START_TEST(an_accepted_connection_is_used_towards_its_client)
{
    struct bed *bed = bed_new(NULL);
    struct net_address address = bed_listen(bed, NET_TCP, "127.0.0.1");
    bed->client = client_open(SOCK_STREAM, &address);
    client_say(bed->client, BYTES(HELLO));
    bed_until_messages(bed, 1);
    struct net_target target = {NET_TCP, bed->flow.remote};
    struct net_flow flow;
    ck_assert_int_eq(net_connect(bed->net, &target, &flow), ERR_NONE);
    ck_assert(net_flow_equal(&flow, &bed->flow));
    bed_free(bed);
}
END_TEST

/* What the store knows of a flow leads to its connection again, and to no other. */
START_TEST(a_flow_finds_its_connection_again)
{
    struct bed *bed = bed_new(NULL);
    struct net_address address = bed_listen(bed, NET_TCP, "127.0.0.1");
    bed->client = client_open(SOCK_STREAM, &address);
    client_say(bed->client, BYTES(NOTE));
    bed_until_messages(bed, 1);
    const struct net_flow lives = bed->flow;
    struct net_flow flow = lives;
    flow.connection = 0;
    net_rejoin(bed->net, &flow);
    ck_assert_uint_ne(flow.connection, 0);
    ck_assert(net_flow_equal(&flow, &lives));
    flow.protocol = NET_WS;
    net_rejoin(bed->net, &flow);
    ck_assert_uint_eq(flow.connection, 0);
    flow = lives;
    flow.local.port++;
    net_rejoin(bed->net, &flow);
    ck_assert_uint_eq(flow.connection, 0);
    flow = lives;
    flow.remote.port++;
    net_rejoin(bed->net, &flow);
    ck_assert_uint_eq(flow.connection, 0);
    net_close(bed->net, lives.connection);
    flow = lives;
    net_rejoin(bed->net, &flow);
    ck_assert_uint_eq(flow.connection, 0);
    bed_free(bed);
}
END_TEST

START_TEST(a_refused_connection_is_told_later)
{
    struct bed *bed = bed_new(NULL);
    (void)bed_listen(bed, NET_TCP, "127.0.0.1");
    struct net_target target = {NET_TCP, {0}};
    struct net_flow flow;
    close(peer_listen("127.0.0.1", &target.address));
    ck_assert_int_eq(net_connect(bed->net, &target, &flow), ERR_NONE);
    ck_assert_uint_ne(flow.connection, 0);
    ck_assert_int_eq(net_send(bed->net, &flow, BYTES("x"), BYTES("")), ERR_NONE);
    ck_assert_uint_eq(bed->closed, 0);
    bed_until_closed(bed, 1);
    ck_assert_uint_eq(bed->closed_handle, flow.connection);
    ck_assert_int_eq(bed->why, ERR_IO);
    ck_assert(!net_alive(bed->net, &flow));
    bed_free(bed);
}
END_TEST

/* A failure that the system tells at once comes up no sooner than at the end of the turn. */
START_TEST(an_impossible_connection_is_told_later)
{
    struct bed *bed = bed_new(NULL);
    (void)bed_listen(bed, NET_TCP, "::1");
    struct net_target target = {NET_TCP, {0}};
    struct net_flow flow;
    ck_assert(net_address_parse(BYTES(NOWHERE), 5060, &target.address));
    ck_assert_int_eq(net_connect(bed->net, &target, &flow), ERR_NONE);
    ck_assert_uint_eq(bed->closed, 0);
    bed_until_closed(bed, 1);
    ck_assert_uint_eq(bed->closed_handle, flow.connection);
    ck_assert_int_eq(bed->why, ERR_IO);
    bed_free(bed);
}
END_TEST

static void connect_again(void *context, uint64_t connection, enum err why)
{
    struct bed *bed = context;
    struct net_target target = {NET_TCP, {0}};
    struct net_flow flow;
    bed_closed(bed, connection, why);
    ck_assert(net_address_parse(BYTES(NOWHERE), 5060, &target.address));
    ck_assert_int_eq(net_connect(bed->net, &target, &flow), ERR_NONE);
}

START_TEST(a_handler_that_tries_again_at_once_does_not_stop_the_loop)
{
    struct bed *bed = bed_new(NULL);
    struct net_address address = bed_listen(bed, NET_TCP, "::1");
    net_handle(bed->net, &(struct net_handler){bed_message, bed_broken, connect_again, bed});
    connect_again(bed, 0, ERR_NONE);
    bed_until_closed(bed, 100);
    bed->client = client_open(SOCK_STREAM, &address);
    client_say(bed->client, BYTES(HELLO));
    bed_until_messages(bed, 1);
    bed_free(bed);
}
END_TEST

/* What a Contact names is not always a place to send to. */
START_TEST(no_connection_to_everybody_or_nobody)
{
    static const char *const hosts[] = {"0.0.0.0", "224.0.1.75", "255.255.255.255",
                                        "::", "ff02::1"};
    static const enum net_protocol protocols[] = {NET_UDP, NET_TCP};
    struct bed *bed = bed_new(NULL);
    struct net_address own = bed_listen(bed, NET_UDP, "127.0.0.1");
    (void)bed_listen(bed, NET_TCP, "127.0.0.1");
    (void)bed_listen(bed, NET_UDP, "::1");
    for (size_t i = 0; i < 2; i++) {
        struct net_target target = {protocols[i], own};
        struct net_flow flow;
        for (size_t j = 0; j < sizeof(hosts) / sizeof(hosts[0]); j++) {
            ck_assert(net_address_parse(bytes_of(hosts[j]), 5060, &target.address));
            ck_assert_int_eq(net_connect(bed->net, &target, &flow), ERR_NOT_FOUND);
        }
        target.address = own;
        target.address.port = 0;
        ck_assert_int_eq(net_connect(bed->net, &target, &flow), ERR_NOT_FOUND);
    }
    bed_free(bed);
}
END_TEST

/* An address of this host that others can reach; false: it has none. */
static bool outer_address(char text[64])
{
    struct ifaddrs *all, *at;
    bool found = false;
    ck_assert_int_eq(getifaddrs(&all), 0);
    for (at = all; at != NULL && !found; at = at->ifa_next) {
        if (at->ifa_addr == NULL || at->ifa_addr->sa_family != AF_INET)
            continue;
        struct sockaddr_in in4;
        memcpy(&in4, at->ifa_addr, sizeof(in4));
        found = ntohl(in4.sin_addr.s_addr) >> 24 != 127 &&
                inet_ntop(AF_INET, &in4.sin_addr, text, 64) != NULL;
    }
    freeifaddrs(all);
    return found;
}

/* A server for others does not talk to the services of its own machine. */
START_TEST(loopback_is_reached_only_from_loopback)
{
    struct bed *bed = bed_new(NULL);
    struct net_target target = {NET_TCP, {0}};
    struct net_flow flow;
    char text[64];
    int peer = peer_listen("127.0.0.1", &target.address);
    if (outer_address(text)) {
        (void)bed_listen(bed, NET_TCP, text);
        ck_assert_int_eq(net_connect(bed->net, &target, &flow), ERR_NOT_FOUND);
    }
    (void)bed_listen(bed, NET_TCP, "127.0.0.1");
    ck_assert_int_eq(net_connect(bed->net, &target, &flow), ERR_NONE);
    close(peer);
    bed_free(bed);
}
END_TEST

START_TEST(a_family_without_listener_is_not_connected)
{
    struct bed *bed = bed_new(NULL);
    struct net_target target = {NET_TCP, {0}};
    struct net_flow flow;
    (void)bed_listen(bed, NET_UDP, "127.0.0.1");
    int peer6 = peer_listen("::1", &target.address);
    ck_assert_int_eq(net_connect(bed->net, &target, &flow), ERR_NOT_FOUND);
    int peer4 = peer_listen("127.0.0.1", &target.address);
    ck_assert_int_eq(net_connect(bed->net, &target, &flow), ERR_NONE);
    ck_assert(net_address_is_loopback(&flow.local));
    ck_assert_uint_ne(flow.local.port, 0); /* no TCP listener: the real port */
    close(peer4);
    close(peer6);
    bed_free(bed);
}
END_TEST

START_TEST(closing_while_connecting_is_quiet)
{
    struct bed *bed = bed_new(NULL);
    (void)bed_listen(bed, NET_TCP, "127.0.0.1");
    struct net_target target = {NET_TCP, {0}};
    struct net_flow flow;
    int peer = peer_listen("127.0.0.1", &target.address);
    ck_assert_int_eq(net_connect(bed->net, &target, &flow), ERR_NONE);
    net_close(bed->net, flow.connection);
    ck_assert(!net_alive(bed->net, &flow));
    bed_turns(bed, 5);
    ck_assert_uint_eq(bed->closed, 0);
    close(peer);
    bed_free(bed);
}
END_TEST

static bool bed_has_refused(struct bed *bed)
{
    return bed->metrics.values[METRIC_connections_refused] >= bed->wanted;
}

START_TEST(a_host_has_so_many_connections_and_no_more)
{
    struct net_settings settings = net_settings_default();
    settings.connections_per_address_max = 2;
    struct bed *bed = bed_new(&settings);
    struct net_address address = bed_listen(bed, NET_TCP, "127.0.0.1");
    int first = client_open(SOCK_STREAM, &address), second = client_open(SOCK_STREAM, &address);
    bed->client = client_open(SOCK_STREAM, &address);
    bed->wanted = 1;
    bed_until(bed, bed_has_refused);
    bed_until(bed, client_has_eof);
    ck_assert_uint_eq(bed->metrics.values[METRIC_connections_opened], 2);
    close(first); /* makes room */
    bed_until_closed(bed, 1);
    close(bed->client);
    bed->client = client_open(SOCK_STREAM, &address);
    client_say(bed->client, BYTES(HELLO));
    bed_until_messages(bed, 1);
    close(second);
    bed_free(bed);
}
END_TEST

START_TEST(a_busy_connection_is_not_let_go_for_a_newcomer)
{
    struct net_settings settings = net_settings_default();
    settings.connections_max = 1;
    struct bed *bed = bed_new(&settings);
    struct net_address address = bed_listen(bed, NET_TCP, "127.0.0.1");
    int first = client_open(SOCK_STREAM, &address);
    client_say(first, BYTES(HELLO));
    bed_until_messages(bed, 1);
    bed->client = client_open(SOCK_STREAM, &address);
    bed_until(bed, client_has_eof);
    ck_assert_uint_eq(bed->metrics.values[METRIC_connections_refused], 1);
    ck_assert_uint_eq(bed->closed, 0);
    struct net_target target = {NET_TCP, address};
    struct net_flow flow;
    ck_assert_int_eq(net_connect(bed->net, &target, &flow), ERR_LIMIT);
    close(first);
    bed_free(bed);
}
END_TEST

static void wait_over(struct timer *timer)
{
    (void)timer;
}

static bool bed_waited(struct bed *bed)
{
    return bed->world.now_ms >= bed->wanted;
}

START_TEST(the_one_idle_longest_is_let_go_for_a_newcomer)
{
    struct net_settings settings = net_settings_default();
    settings.connections_max = 2;
    settings.idle_s = 5; /* half a second without traffic is idle enough then */
    struct bed *bed = bed_new(&settings);
    struct net_address address = bed_listen(bed, NET_TCP, "127.0.0.1");
    int first = client_open(SOCK_STREAM, &address);
    client_say(first, BYTES(HELLO));
    bed_until_messages(bed, 1);
    uint64_t handle = bed->flow.connection;
    int second = client_open(SOCK_STREAM, &address);
    client_say(second, BYTES(HELLO));
    bed_until_messages(bed, 2);
    ck_assert_uint_ne(bed->flow.connection, handle);
    handle = bed->flow.connection;
    client_say(first, BYTES(HELLO)); /* now the second is idle for longer */
    bed_until_messages(bed, 3);
    bed->wanted = bed->world.now_ms + 501;
    bed_until(bed, bed_waited);
    bed->client = client_open(SOCK_STREAM, &address);
    client_say(bed->client, BYTES(HELLO));
    bed_until_messages(bed, 4);
    ck_assert_uint_eq(bed->closed, 1);
    ck_assert_uint_eq(bed->closed_handle, handle);
    ck_assert_int_eq(bed->why, ERR_LIMIT);
    close(first);
    close(second);
    bed_free(bed);
}
END_TEST

/* The newcomer has no place among the handshakes: then nobody makes room for it. */
START_TEST(nobody_is_let_go_for_one_who_is_refused)
{
    struct net_settings settings = net_settings_default();
    settings.connections_max = 2;
    settings.handshakes_max = 1;
    settings.idle_s = 5;
    struct bed *bed = bed_new(&settings);
    struct net_address address = bed_listen(bed, NET_TCP, "127.0.0.1");
    struct net_address web = bed_listen(bed, NET_WS, "127.0.0.1");
    int first = client_open(SOCK_STREAM, &address);
    client_say(first, BYTES(HELLO));
    bed_until_messages(bed, 1);
    bed->wanted = bed->world.now_ms + 501;
    bed_until(bed, bed_waited); /* it could be let go by now */
    int shaking = client_open(SOCK_STREAM, &web);
    bed_turns(bed, 3);
    bed->client = client_open(SOCK_STREAM, &web);
    bed_until(bed, client_has_eof);
    ck_assert_uint_eq(bed->metrics.values[METRIC_handshakes_limited], 1);
    ck_assert_uint_eq(bed->metrics.values[METRIC_connections_refused], 1);
    ck_assert_uint_eq(bed->closed, 0);
    ck_assert(net_alive(bed->net, &bed->flow));
    close(first);
    close(shaking);
    bed_free(bed);
}
END_TEST

START_TEST(an_idle_connection_is_closed)
{
    struct net_settings settings = net_settings_default();
    settings.idle_s = 1;
    struct bed *bed = bed_new(&settings);
    struct net_address address = bed_listen(bed, NET_TCP, "127.0.0.1");
    struct timer unused = {0};
    world_timer(&bed->world, &unused, 60000, wait_over);
    bed->client = client_open(SOCK_STREAM, &address);
    bed->wanted = bed->world.now_ms + 600;
    bed_until(bed, bed_waited);
    client_say(bed->client, BYTES("\r\n\r\n")); /* a keep-alive is traffic */
    uint64_t spoke_ms = bed->world.now_ms;
    bed_until_closed(bed, 1);
    ck_assert_uint_ge(bed->world.now_ms, spoke_ms + 1000);
    ck_assert_int_eq(bed->why, ERR_TIMEOUT);
    ck_assert_uint_eq(bed->metrics.values[METRIC_connections_idle_closed], 1);
    bed_until(bed, client_has_eof);
    wheel_cancel(bed->world.wheel, &unused);
    bed_free(bed);
}
END_TEST

/* Each byte is traffic, but half a message costs memory for as long as it is awaited. */
START_TEST(a_message_that_never_gets_whole_costs_the_connection)
{
    struct net_settings settings = net_settings_default();
    settings.message_s = 1;
    struct bed *bed = bed_new(&settings);
    struct net_address address = bed_listen(bed, NET_TCP, "127.0.0.1");
    bed->client = client_open(SOCK_STREAM, &address);
    uint64_t start_ms = bed->world.now_ms;
    client_say(bed->client, BYTES(HELLO "OPTIONS sip:example.com SIP/2.0\r\nSubject: "));
    for (int i = 0; i < 50 && bed->closed == 0; i++) {
        bed->wanted = bed->world.now_ms + 100;
        bed_until(bed, bed_waited);
        (void)send(bed->client, "x", 1, MSG_NOSIGNAL);
    }
    ck_assert_uint_eq(bed->closed, 1);
    ck_assert_uint_eq(bed->messages, 1);
    ck_assert_int_eq(bed->why, ERR_TIMEOUT);
    ck_assert_uint_ge(bed->world.now_ms, start_ms + 1000);
    ck_assert_uint_eq(bed->metrics.values[METRIC_connections_slow_closed], 1);
    bed_free(bed);
}
END_TEST

/* Some phones keep a NAT open with CR LF alone, which may be half a ping (RFC 5626 4.4.1); and who
 * sends without a pause always has the beginning of a message here. */
START_TEST(half_a_ping_and_the_beginning_of_a_message_may_stay)
{
    struct net_settings settings = net_settings_default();
    settings.message_s = 1;
    struct bed *bed = bed_new(&settings);
    struct net_address address = bed_listen(bed, NET_TCP, "127.0.0.1");
    bed->client = client_open(SOCK_STREAM, &address);
    client_say(bed->client, BYTES("\r\n"));
    bed->wanted = bed->world.now_ms + 1200;
    bed_until(bed, bed_waited);
    client_say(bed->client, BYTES("OPT"));
    for (unsigned i = 1; i <= 4; i++) {
        bed->wanted = bed->world.now_ms + 400;
        bed_until(bed, bed_waited);
        client_say(bed->client, BYTES("IONS sip:example.com SIP/2.0\r\nl: 0\r\n\r\nOPT"));
        bed_until_messages(bed, i);
    }
    ck_assert_uint_eq(bed->closed, 0);
    bed_free(bed);
}
END_TEST

static uint64_t cpu_ms(void)
{
    struct rusage used;
    ck_assert_int_eq(getrusage(RUSAGE_SELF, &used), 0);
    return (uint64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000 +
           (uint64_t)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000;
}

/* The waiting connection must not wake the loop without end. */
START_TEST(without_descriptors_the_listener_rests_and_comes_back)
{
    struct bed *bed = bed_new(NULL);
    struct net_address address = bed_listen(bed, NET_TCP, "127.0.0.1");
    struct rlimit usual, none;
    bed->client = client_open(SOCK_STREAM, &address);
    client_say(bed->client, BYTES(HELLO));
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &usual), 0);
    none = usual;
    none.rlim_cur = (rlim_t)bed->client + 1;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    uint64_t before_ms = cpu_ms();
    bed->wanted = bed->world.now_ms + 600;
    bed_until(bed, bed_waited);
    ck_assert_uint_lt(cpu_ms() - before_ms, 300);
    ck_assert_uint_eq(bed->messages, 0);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &usual), 0);
    bed_until_messages(bed, 1);
    bed_free(bed);
}
END_TEST

/* Who floods a listener without speaking gets a place for each connection, and they go again. */
START_TEST(many_connections_come_and_go)
{
    enum { MANY = 150, ROUNDS = 5 };
    struct bed *bed = bed_new(NULL);
    struct net_address address = bed_listen(bed, NET_TCP, "127.0.0.1");
    int clients[MANY];
    for (size_t round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < MANY; i++) {
            clients[i] = client_open(SOCK_STREAM, &address);
            client_say(clients[i], BYTES(NOTE));
        }
        bed_until_messages(bed, MANY * (round + 1));
        for (size_t i = 0; i < MANY; i++)
            close(clients[i]);
        bed_until_closed(bed, MANY * (round + 1));
    }
    ck_assert_uint_eq(bed->metrics.values[METRIC_connections_opened], (size_t)MANY * ROUNDS);
    ck_assert_uint_eq(bed->metrics.values[METRIC_connections_refused], 0);
    bed_free(bed);
}
END_TEST

START_TEST(a_loop_is_freed_with_connections_in_every_state)
{
    struct bed *bed = bed_new(NULL);
    struct net_address address = bed_listen(bed, NET_TCP, "127.0.0.1");
    struct net_target target = {NET_TCP, {0}};
    struct net_flow flow;
    int peer = peer_listen("127.0.0.1", &target.address);
    bed->client = client_open(SOCK_STREAM, &address);
    client_say(bed->client, BYTES(HELLO "MESSAGE"));
    bed_until_messages(bed, 1); /* open */
    struct net_flow open = bed->flow;
    int broken = client_open(SOCK_STREAM, &address);
    client_say(broken, BYTES("\x7f"));
    bed_until_closed(bed, 1);                                                     /* closing */
    ck_assert_int_eq(net_connect(bed->net, &target, &flow), ERR_NONE);            /* connecting */
    ck_assert_int_eq(net_send(bed->net, &flow, BYTES("x"), BYTES("")), ERR_NONE); /* dirty */
    ck_assert_int_eq(net_send(bed->net, &open, BYTES("x"), BYTES("")), ERR_NONE);
    net_close(bed->net, open.connection); /* ended */
    close(peer);
    close(broken);
    bed_free(bed);
}
END_TEST

UNIT_MAIN("net/stream", a_connection_is_made_and_what_was_sent_before_arrives,
          a_connection_is_used_again, an_accepted_connection_is_used_towards_its_client,
          a_flow_finds_its_connection_again, a_refused_connection_is_told_later,
          an_impossible_connection_is_told_later,
          a_handler_that_tries_again_at_once_does_not_stop_the_loop,
          a_family_without_listener_is_not_connected, no_connection_to_everybody_or_nobody,
          loopback_is_reached_only_from_loopback, closing_while_connecting_is_quiet,
          a_host_has_so_many_connections_and_no_more,
          a_busy_connection_is_not_let_go_for_a_newcomer,
          the_one_idle_longest_is_let_go_for_a_newcomer, nobody_is_let_go_for_one_who_is_refused,
          an_idle_connection_is_closed, a_message_that_never_gets_whole_costs_the_connection,
          half_a_ping_and_the_beginning_of_a_message_may_stay,
          without_descriptors_the_listener_rests_and_comes_back, many_connections_come_and_go,
          a_loop_is_freed_with_connections_in_every_state)
