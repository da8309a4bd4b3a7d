/* resolve_test.c: from hosts to targets, with a name server of the test's own on loopback. */
#include "client.h"

#include <time.h>

struct wait {
    struct net_lookup lookup;
    struct bed *bed;
    size_t called, count;
    struct net_target targets[NET_TARGETS_MAX];
    struct wait *then; /* looked up from within `found` */
};

static void resolve(struct wait *wait, const char *host, uint16_t port);

static void found(struct net_lookup *lookup, const struct net_target *targets, size_t count)
{
    struct wait *wait = (struct wait *)(void *)lookup;
    ck_assert_ptr_null(lookup->running);
    ck_assert_uint_le(count, NET_TARGETS_MAX);
    wait->called++;
    wait->count = count;
    if (count > 0)
        memcpy(wait->targets, targets, count * sizeof(*targets));
    if (wait->then != NULL)
        resolve(wait->then, "two.example.com", 0);
}

static void look_up(struct net *net, struct bytes host, uint16_t port, enum net_protocol protocol,
                    bool named, struct net_lookup *lookup)
{
    const struct net_query query = {
        .host = host, .port = port, .protocol = protocol, .protocol_named = named};
    net_resolve(net, &query, lookup, found);
}

static void resolve(struct wait *wait, const char *host, uint16_t port)
{
    look_up(wait->bed->net, bytes_of(host), port, NET_TCP, true, &wait->lookup);
}

static void target_is(const struct wait *wait, size_t index, const char *expected)
{
    struct net_address address;
    ck_assert(net_address_parse_with_port(bytes_of(expected), 0, &address));
    ck_assert_uint_lt(index, wait->count);
    ck_assert(net_address_equal(&wait->targets[index].address, &address));
    ck_assert_int_eq(wait->targets[index].protocol, NET_TCP);
}

/* RFC 3263 4.2: a numeric host is its own answer, with the port given or the default one. */
START_TEST(a_numeric_host_is_its_own_answer)
{
    struct bed *bed = bed_new(NULL);
    struct wait wait = {.bed = bed};
    resolve(&wait, "192.0.2.1", 0);
    ck_assert_uint_eq(wait.called, 1);
    target_is(&wait, 0, "192.0.2.1:5060");
    resolve(&wait, "[2001:db8::1]", 5070);
    ck_assert_uint_eq(wait.called, 2);
    target_is(&wait, 0, "[2001:db8::1]:5070");
    /* RFC 3263 4.1: no transport named: UDP */
    look_up(bed->net, BYTES("192.0.2.1"), 0, NET_TCP, false, &wait.lookup);
    ck_assert_int_eq(wait.targets[0].protocol, NET_UDP);
    bed_free(bed);
}
END_TEST

/* RFC 6761 6.3 */
START_TEST(localhost_is_loopback_in_the_families_that_we_have)
{
    struct bed *bed = bed_new(NULL);
    struct wait wait = {.bed = bed};
    resolve(&wait, "localhost", 0);
    ck_assert_uint_eq(wait.count, 0);
    (void)bed_listen(bed, NET_UDP, "::1");
    resolve(&wait, "LocalHost.", 0);
    ck_assert_uint_eq(wait.count, 1);
    target_is(&wait, 0, "[::1]:5060");
    (void)bed_listen(bed, NET_UDP, "127.0.0.1");
    resolve(&wait, "pbx.localhost", 7);
    ck_assert_uint_eq(wait.count, 2);
    target_is(&wait, 0, "127.0.0.1:7");
    target_is(&wait, 1, "[::1]:7");
    bed_free(bed);
}
END_TEST

/* A name server with a fixed answer. */
struct server {
    struct bed *bed;
    int fd;
    char csv[32];
    struct wait *wait;
    size_t asked;
    bool silent;
};

static struct server server_new(bool silent)
{
    struct sockaddr_in system = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct server server = {.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), .silent = silent};
    ck_assert_int_eq(bind(server.fd, (struct sockaddr *)&system, sizeof(system)), 0);
    snprintf(server.csv, sizeof(server.csv), "127.0.0.1:%u", client_port(server.fd));
    return server;
}

/* Answers a question of type A with 10.0.0.1 and 10.0.0.2, anything else with no records; a name
 * that begins with "no" does not exist. */
static void server_answer(struct server *server, unsigned char *packet, size_t length,
                          const struct sockaddr_in *from)
{
    static const unsigned char record[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0};
    size_t end = 12;
    while (packet[end] != 0)
        end += packet[end] + 1U;
    bool type_a = packet[end + 2] == 1, exists = memcmp(packet + 13, "no", 2) != 0;
    length = end + 5;
    packet[2] = 0x84;
    packet[3] = exists ? 0 : 3;
    packet[7] = type_a && exists ? 2 : 0;
    packet[9] = packet[11] = 0;
    for (unsigned char i = 1; i <= packet[7]; i++) {
        memcpy(packet + length, record, sizeof(record));
        length += sizeof(record);
        packet[length++] = i;
    }
    ck_assert_int_eq(
        sendto(server->fd, packet, length, 0, (const struct sockaddr *)from, sizeof(*from)),
        (ssize_t)length);
}

static void server_serve(struct server *server)
{
    unsigned char packet[1024];
    struct sockaddr_in from;
    for (;;) {
        socklen_t size = sizeof(from);
        ssize_t got = recvfrom(server->fd, packet, sizeof(packet), MSG_DONTWAIT,
                               (struct sockaddr *)&from, &size);
        if (got < 0)
            return;
        server->asked++;
        if (!server->silent)
            server_answer(server, packet, (size_t)got, &from);
    }
}

static bool wait_called(struct bed *bed)
{
    struct server *server = bed->context;
    server_serve(server);
    return server->wait->called > 0;
}

static void server_until(struct server *server, struct wait *wait)
{
    server->wait = wait;
    wait->bed->context = server;
    bed_until(wait->bed, wait_called);
}

static struct bed *bed_with(const char *resolver, unsigned timeout_ms, unsigned lookups_max)
{
    struct net_settings settings = net_settings_default();
    settings.resolver = resolver;
    settings.resolve_timeout_ms = timeout_ms;
    settings.lookups_max = lookups_max;
    struct bed *bed = bed_new(&settings);
    (void)bed_listen(bed, NET_UDP, "127.0.0.1");
    return bed;
}

START_TEST(a_name_gives_its_addresses)
{
    struct server server = server_new(false);
    struct bed *bed = bed_with(server.csv, 2000, 10);
    struct wait wait = {.bed = bed};
    resolve(&wait, "one.example.com", 0);
    ck_assert_ptr_nonnull(wait.lookup.running);
    server_until(&server, &wait);
    ck_assert_uint_eq(wait.count, 2);
    target_is(&wait, 0, "10.0.0.1:5060");
    target_is(&wait, 1, "10.0.0.2:5060");
    ck_assert_uint_eq(server.asked, 1); /* A alone: there is no IPv6 listener */
    bed_free(bed);
    close(server.fd);
}
END_TEST

START_TEST(both_families_are_asked_when_both_can_be_reached)
{
    struct server server = server_new(false);
    struct bed *bed = bed_with(server.csv, 2000, 10);
    struct wait wait = {.bed = bed};
    (void)bed_listen(bed, NET_UDP, "::1");
    resolve(&wait, "one.example.com", 5070);
    server_until(&server, &wait);
    ck_assert_uint_eq(wait.count, 2);
    target_is(&wait, 0, "10.0.0.1:5070");
    ck_assert_uint_eq(server.asked, 2);
    bed_free(bed);
    close(server.fd);
}
END_TEST

START_TEST(an_unknown_name_gives_nothing)
{
    struct server server = server_new(false);
    struct bed *bed = bed_with(server.csv, 2000, 10);
    struct wait wait = {.bed = bed};
    resolve(&wait, "nobody.example.com", 0);
    server_until(&server, &wait);
    ck_assert_uint_eq(wait.called, 1);
    ck_assert_uint_eq(wait.count, 0);
    bed_free(bed);
    close(server.fd);
}
END_TEST

START_TEST(a_lookup_may_follow_from_within_another)
{
    struct server server = server_new(false);
    struct bed *bed = bed_with(server.csv, 2000, 10);
    struct wait second = {.bed = bed}, first = {.bed = bed, .then = &second};
    resolve(&first, "one.example.com", 0);
    server_until(&server, &second);
    ck_assert_uint_eq(first.called, 1);
    ck_assert_uint_eq(second.count, 2);
    bed_free(bed);
    close(server.fd);
}
END_TEST

START_TEST(a_silent_name_server_ends_in_time)
{
    struct server server = server_new(true);
    struct bed *bed = bed_with(server.csv, 300, 10);
    struct wait wait = {.bed = bed};
    uint64_t start_ms = bed->world.now_ms;
    resolve(&wait, "one.example.com", 0);
    server_until(&server, &wait);
    ck_assert_uint_eq(wait.count, 0);
    ck_assert_uint_ge(bed->world.now_ms, start_ms + 300);
    ck_assert_uint_lt(bed->world.now_ms, start_ms + 2000);
    ck_assert_uint_ge(server.asked, 2); /* it was asked again */
    bed_turns(bed, 500);
    ck_assert_uint_eq(wait.called, 1);
    bed_free(bed);
    close(server.fd);
}
END_TEST

START_TEST(a_dead_name_server_ends_in_time)
{
    struct server server = server_new(true);
    close(server.fd); /* nobody there: the system says so at once */
    server.fd = -1;
    struct bed *bed = bed_with(server.csv, 1000, 10);
    struct wait wait = {.bed = bed};
    resolve(&wait, "one.example.com", 0);
    server_until(&server, &wait);
    ck_assert_uint_eq(wait.called, 1);
    ck_assert_uint_eq(wait.count, 0);
    bed_free(bed);
}
END_TEST

START_TEST(a_cancelled_lookup_says_nothing)
{
    struct server server = server_new(false);
    struct bed *bed = bed_with(server.csv, 2000, 10);
    struct wait cancelled = {.bed = bed}, wait = {.bed = bed};
    resolve(&cancelled, "one.example.com", 0);
    resolve(&wait, "two.example.com", 0);
    net_cancel(bed->net, &cancelled.lookup);
    ck_assert_ptr_null(cancelled.lookup.running);
    net_cancel(bed->net, &cancelled.lookup);
    memset(&cancelled.lookup, 0xee, sizeof(cancelled.lookup)); /* its owner is gone */
    server_until(&server, &wait);
    bed_turns(bed, 20);
    ck_assert_uint_eq(cancelled.called, 0);
    bed_free(bed);
    close(server.fd);
}
END_TEST

START_TEST(so_many_lookups_and_no_more)
{
    struct server server = server_new(true);
    struct bed *bed = bed_with(server.csv, 2000, 2);
    struct wait waits[3] = {{.bed = bed}, {.bed = bed}, {.bed = bed}};
    resolve(&waits[0], "one.example.com", 0);
    resolve(&waits[1], "two.example.com", 0);
    resolve(&waits[2], "three.example.com", 0);
    ck_assert_uint_eq(waits[0].called + waits[1].called, 0);
    ck_assert_uint_eq(waits[2].called, 1);
    ck_assert_uint_eq(waits[2].count, 0);
    bed_free(bed); /* with two under way: nobody is called any more */
    ck_assert_uint_eq(waits[0].called + waits[1].called, 0);
    close(server.fd);
}
END_TEST

START_TEST(what_is_no_name_is_not_asked_for)
{
    static const char *const cases[] = {
        "", "a b.example.com", "a/b", "\xc3\xa4.example.com", "*", "a\tb"};
    struct server server = server_new(true);
    struct bed *bed = bed_with(server.csv, 2000, 10);
    char long_name[300];
    memset(long_name, 'a', sizeof(long_name));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct wait wait = {.bed = bed};
        resolve(&wait, cases[i], 0);
        ck_assert_uint_eq(wait.called, 1);
        ck_assert_uint_eq(wait.count, 0);
    }
    struct wait wait = {.bed = bed};
    look_up(bed->net, bytes_from(long_name, 254), 0, NET_UDP, true, &wait.lookup);
    ck_assert_uint_eq(wait.called, 1);
    look_up(bed->net, bytes_from("a\0b", 3), 0, NET_UDP, true, &wait.lookup);
    ck_assert_uint_eq(wait.called, 2);
    server_serve(&server);
    ck_assert_uint_eq(server.asked, 0);
    bed_free(bed);
    close(server.fd);
}
END_TEST

UNIT_MAIN("net/resolve", a_numeric_host_is_its_own_answer,
          localhost_is_loopback_in_the_families_that_we_have, a_name_gives_its_addresses,
          both_families_are_asked_when_both_can_be_reached, an_unknown_name_gives_nothing,
          a_lookup_may_follow_from_within_another, a_silent_name_server_ends_in_time,
          a_dead_name_server_ends_in_time, a_cancelled_lookup_says_nothing,
          so_many_lookups_and_no_more, what_is_no_name_is_not_asked_for)
