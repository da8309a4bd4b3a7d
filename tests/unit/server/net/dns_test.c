/* dns_test.c: names looked up over sockets, with a name server of the test's own on loopback.
 * (resolve_test.c has the ways of RFC 3263.) */
#include <netdb.h>

#include "client.h"
#include "zone.h"

struct wait {
    struct net_lookup lookup;
    struct bed *bed;
    size_t called, count;
    struct net_target targets[NET_TARGETS_MAX];
    struct wait *then; /* looked up from within `found` */
};

static void resolve(struct wait *wait, const char *host);

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
        resolve(wait->then, "two.example");
}

static void resolve(struct wait *wait, const char *host)
{
    const struct net_query query = {
        .host = bytes_of(host), .protocol = NET_TCP, .protocol_named = true};
    net_resolve(wait->bed->net, &query, &wait->lookup, found);
}

static void target_is(const struct wait *wait, size_t index, const char *expected)
{
    struct net_address address;
    ck_assert(net_address_parse_with_port(bytes_of(expected), 0, &address));
    ck_assert_uint_lt(index, wait->count);
    ck_assert(net_address_equal(&wait->targets[index].address, &address));
    ck_assert_int_eq(wait->targets[index].protocol, NET_TCP);
}

static const struct zone_record records[] = {
    {"one.example", RECORD_A, 60, "10.0.0.1"},
    {"one.example", RECORD_A, 60, "10.0.0.2"},
    {"one.example", RECORD_AAAA, 60, "2001:db8::1"},
    {"two.example", RECORD_A, 60, "10.0.0.3"},
    {"_sip._tcp.three.example", RECORD_SRV, 60, "2 0 5070 two.example"},
    {"_sip._tcp.three.example", RECORD_SRV, 60, "1 0 5071 one.example"},
    {NULL},
};

/* How a name server answers. */
enum manner {
    WELL,
    SILENTLY,
    TRUNCATED, /* over UDP; well over TCP */
    CUT,       /* in the middle of an answer */
    CIRCLING,  /* with a name that never ends */
    REFUSING
};

struct server {
    int fd, listener, connection;
    uint16_t port;
    char csv[32];
    struct wait *wait; /* what the test waits for */
    size_t asked, asked_tcp;
    enum manner manner;
    struct server *second;
};

static int server_bind(int type, uint16_t port)
{
    struct sockaddr_in system = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
    int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ck_assert_int_ge(fd, 0);
    int one = 1;
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)), 0);
    if (bind(fd, (struct sockaddr *)&system, sizeof(system)) != 0) {
        close(fd);
        return -1;
    }
    if (type == SOCK_STREAM)
        ck_assert_int_eq(listen(fd, 5), 0);
    return fd;
}

/* At a port of both UDP and TCP; `port` 0: any. */
static struct server server_new(enum manner manner, uint16_t port)
{
    struct server server = {.listener = -1, .connection = -1, .manner = manner};
    for (int i = 0; i < 100 && server.listener < 0; i++) {
        server.fd = server_bind(SOCK_DGRAM, port);
        ck_assert_int_ge(server.fd, 0);
        server.port = client_port(server.fd);
        server.listener = server_bind(SOCK_STREAM, server.port);
        if (server.listener < 0)
            close(server.fd);
    }
    ck_assert_int_ge(server.listener, 0);
    snprintf(server.csv, sizeof(server.csv), "127.0.0.1:%u", server.port);
    return server;
}

static void server_close(struct server *server)
{
    close(server->fd);
    close(server->listener);
    if (server->connection >= 0)
        close(server->connection);
}

static void spoil(const struct server *server, struct wire *wire)
{
    size_t end = 12;
    while (wire->at[end] != 0)
        end += wire->at[end] + 1U;
    end += 5;
    if (server->manner == TRUNCATED) {
        wire->at[2] |= 2;
        wire->at[7] = wire->at[9] = wire->at[11] = 0;
        wire->length = end;
    } else if (server->manner == CUT) {
        wire->at[7] = 9;
        wire->length -= wire->length > end ? 3 : 0;
    } else if (server->manner == CIRCLING) {
        wire->at[7] = 1;
        wire->length = end;
        wire_u16(wire, 0xc000 | (unsigned)end);
        for (int i = 0; i < 14; i++)
            wire_u8(wire, 0);
    } else if (server->manner == REFUSING) {
        wire->at[3] = 5;
    }
}

static void server_answer(struct server *server, const unsigned char *question, bool tcp,
                          struct wire *wire)
{
    const struct zone zone = {.records = records, .minimum_s = 60};
    char name[256] = "";
    size_t at = 12, length = 0;
    while (question[at] != 0) {
        size_t label = question[at];
        ck_assert_uint_lt(length + label + 1, sizeof(name));
        if (length > 0)
            name[length++] = '.';
        memcpy(name + length, question + at + 1, label);
        length += label;
        at += label + 1;
    }
    zone_answer(&zone, name, (unsigned)(question[at + 1] << 8 | question[at + 2]), wire);
    memcpy(wire->at, question, 2);
    if (!tcp || server->manner != TRUNCATED)
        spoil(server, wire);
}

static void serve_udp(struct server *server)
{
    unsigned char packet[1024];
    struct sockaddr_in from;
    struct wire wire;
    for (;;) {
        socklen_t size = sizeof(from);
        ssize_t got =
            recvfrom(server->fd, packet, sizeof(packet), 0, (struct sockaddr *)&from, &size);
        if (got < 0)
            return;
        server->asked++;
        if (server->manner == SILENTLY)
            continue;
        server_answer(server, packet, false, &wire);
        ck_assert_int_eq(
            sendto(server->fd, wire.at, wire.length, 0, (struct sockaddr *)&from, size),
            (ssize_t)wire.length);
    }
}

/* Questions are short: each comes in one piece. */
static void serve_tcp(struct server *server)
{
    unsigned char packet[1024];
    struct wire wire;
    if (server->connection < 0)
        server->connection = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (server->connection < 0)
        return;
    ssize_t got = recv(server->connection, packet, sizeof(packet), 0);
    if (got == 0) {
        close(server->connection);
        server->connection = -1;
    }
    for (ssize_t at = 0; at + 2 < got;) {
        ssize_t length = packet[at] << 8 | packet[at + 1];
        ck_assert_int_le(at + 2 + length, got);
        server->asked_tcp++;
        server_answer(server, packet + at + 2, true, &wire);
        unsigned char prefix[] = {(unsigned char)(wire.length >> 8), (unsigned char)wire.length};
        ck_assert_int_eq(send(server->connection, prefix, 2, MSG_NOSIGNAL), 2);
        ck_assert_int_eq(send(server->connection, wire.at, wire.length, MSG_NOSIGNAL),
                         (ssize_t)wire.length);
        at += 2 + length;
    }
}

static bool wait_called(struct bed *bed)
{
    struct server *first = bed->context;
    serve_udp(first);
    serve_tcp(first);
    if (first->second != NULL)
        serve_udp(first->second);
    return first->wait->called > 0;
}

static void server_until(struct server *server, struct wait *wait)
{
    server->wait = wait;
    wait->bed->context = server;
    bed_until(wait->bed, wait_called);
}

static struct bed *bed_with(const char *servers, unsigned timeout_ms)
{
    struct net_settings settings = net_settings_default();
    settings.dns.servers = servers;
    settings.dns.failure_s = 0;
    settings.resolve_timeout_ms = timeout_ms;
    settings.lookups_max = 10;
    struct bed *bed = bed_new(&settings);
    (void)bed_listen(bed, NET_TCP, "127.0.0.1");
    return bed;
}

/* One lookup, from the question to the answer. */
static void look_up(struct server *server, struct bed *bed, const char *host, struct wait *wait)
{
    *wait = (struct wait){.bed = bed};
    resolve(wait, host);
    server_until(server, wait);
    ck_assert_uint_eq(wait->called, 1);
}

START_TEST(a_name_gives_its_addresses)
{
    struct server server = server_new(WELL, 0);
    struct bed *bed = bed_with(server.csv, 5000);
    struct wait wait;
    look_up(&server, bed, "one.example", &wait);
    ck_assert_uint_eq(wait.count, 2);
    target_is(&wait, 0, "10.0.0.1:5060");
    target_is(&wait, 1, "10.0.0.2:5060");
    ck_assert_uint_eq(server.asked, 2); /* SRV and A: there is no IPv6 listener */
    look_up(&server, bed, "ONE.example.", &wait);
    ck_assert_uint_eq(wait.count, 2);
    ck_assert_uint_eq(server.asked, 2);
    (void)bed_listen(bed, NET_TCP, "::1");
    look_up(&server, bed, "one.example", &wait);
    ck_assert_uint_eq(wait.count, 3);
    target_is(&wait, 0, "[2001:db8::1]:5060");
    ck_assert_uint_eq(server.asked, 3);
    bed_free(bed);
    server_close(&server);
}
END_TEST

START_TEST(a_service_gives_its_hosts)
{
    struct server server = server_new(WELL, 0);
    struct bed *bed = bed_with(server.csv, 5000);
    struct wait wait;
    look_up(&server, bed, "three.example", &wait);
    ck_assert_uint_eq(wait.count, 3);
    target_is(&wait, 0, "10.0.0.1:5071");
    target_is(&wait, 2, "10.0.0.3:5070");
    look_up(&server, bed, "nobody.example", &wait);
    ck_assert_uint_eq(wait.count, 0);
    bed_free(bed);
    server_close(&server);
}
END_TEST

START_TEST(a_lookup_may_follow_from_within_another)
{
    struct server server = server_new(WELL, 0);
    struct bed *bed = bed_with(server.csv, 5000);
    struct wait second = {.bed = bed}, first = {.bed = bed, .then = &second};
    resolve(&first, "one.example");
    server_until(&server, &second);
    ck_assert_uint_eq(first.called, 1);
    ck_assert_uint_eq(second.count, 1);
    bed_free(bed);
    server_close(&server);
}
END_TEST

/* RFC 1035 4.2.1: what is truncated is asked for again over TCP. */
START_TEST(truncated_answers_come_over_tcp)
{
    struct server server = server_new(TRUNCATED, 0);
    struct bed *bed = bed_with(server.csv, 5000);
    struct wait wait;
    look_up(&server, bed, "three.example", &wait);
    ck_assert_uint_eq(wait.count, 3);
    ck_assert_uint_eq(server.asked_tcp, server.asked);
    bed_free(bed);
    server_close(&server);
}
END_TEST

START_TEST(a_silent_name_server_ends_in_time)
{
    struct server server = server_new(SILENTLY, 0);
    struct bed *bed = bed_with(server.csv, 300);
    struct wait wait;
    uint64_t start_ms = bed->world.now_ms;
    look_up(&server, bed, "one.example", &wait);
    ck_assert_uint_eq(wait.count, 0);
    ck_assert_uint_ge(bed->world.now_ms, start_ms + 300);
    ck_assert_uint_ge(server.asked, 2); /* it was asked again */
    bed_turns(bed, 500);
    ck_assert_uint_eq(wait.called, 1);
    server.manner = WELL; /* and it recovers */
    look_up(&server, bed, "one.example", &wait);
    ck_assert_uint_eq(wait.count, 2);
    bed_free(bed);
    server_close(&server);
}
END_TEST

/* Nobody at the port: the system says so at once. */
START_TEST(a_dead_name_server_and_its_return)
{
    struct server server = server_new(WELL, 0);
    struct bed *bed = bed_with(server.csv, 60000);
    struct wait wait;
    uint16_t port = server.port;
    server_close(&server);
    server.fd = server.listener = -1;
    look_up(&server, bed, "one.example", &wait);
    ck_assert_uint_eq(wait.count, 0);
    server = server_new(WELL, port);
    look_up(&server, bed, "one.example", &wait);
    ck_assert_uint_eq(wait.count, 2);
    bed_free(bed);
    server_close(&server);
}
END_TEST

/* Each step of a lookup has to get past the first one, and all that in time. */
START_TEST(the_second_name_server_answers)
{
    static const enum manner manners[] = {SILENTLY, REFUSING};
    for (size_t i = 0; i < sizeof(manners) / sizeof(manners[0]); i++) {
        struct server first = server_new(manners[i], 0), second = server_new(WELL, 0);
        char csv[80];
        snprintf(csv, sizeof(csv), "%s,%s", first.csv, second.csv);
        struct bed *bed = bed_with(csv, 3000);
        struct wait wait;
        first.second = &second;
        look_up(&first, bed, "three.example", &wait);
        ck_assert_uint_eq(wait.count, 3);
        ck_assert_uint_gt(first.asked, 0);
        bed_free(bed);
        server_close(&first);
        server_close(&second);
    }
}
END_TEST

START_TEST(broken_answers_end_the_lookup)
{
    static const enum manner manners[] = {CUT, CIRCLING, REFUSING};
    for (size_t i = 0; i < sizeof(manners) / sizeof(manners[0]); i++) {
        struct server server = server_new(manners[i], 0);
        struct bed *bed = bed_with(server.csv, 60000); /* at once, not when the time is over */
        struct wait wait;
        look_up(&server, bed, "one.example", &wait);
        ck_assert_uint_eq(wait.count, 0);
        ck_assert_uint_ge(bed->metrics.values[METRIC_dns_failures], 2);
        bed_free(bed);
        server_close(&server);
    }
}
END_TEST

START_TEST(a_cancelled_lookup_says_nothing)
{
    struct server server = server_new(WELL, 0);
    struct bed *bed = bed_with(server.csv, 5000);
    struct wait cancelled = {.bed = bed}, wait = {.bed = bed};
    resolve(&cancelled, "one.example");
    resolve(&wait, "two.example");
    net_cancel(bed->net, &cancelled.lookup);
    ck_assert_ptr_null(cancelled.lookup.running);
    net_cancel(bed->net, &cancelled.lookup);
    memset(&cancelled.lookup, 0xee, sizeof(cancelled.lookup)); /* its owner is gone */
    server_until(&server, &wait);
    bed_turns(bed, 20);
    ck_assert_uint_eq(cancelled.called, 0);
    bed_free(bed);
    server_close(&server);
}
END_TEST

START_TEST(the_loop_ends_with_lookups_under_way)
{
    struct server server = server_new(SILENTLY, 0);
    struct bed *bed = bed_with(server.csv, 5000);
    struct wait waits[2] = {{.bed = bed}, {.bed = bed}};
    resolve(&waits[0], "one.example");
    resolve(&waits[1], "two.example");
    bed_turns(bed, 5);
    bed_free(bed);
    ck_assert_uint_eq(waits[0].called + waits[1].called, 0);
    ck_assert_ptr_null(waits[0].lookup.running);
    server_close(&server);
}
END_TEST

START_TEST(servers_that_are_none)
{
    struct server server = server_new(WELL, 0);
    struct bed *bed = bed_with("nonsense", 60000);
    struct wait wait;
    look_up(&server, bed, "one.example", &wait);
    ck_assert_uint_eq(wait.count, 0);
    bed_free(bed);
    server_close(&server);
}
END_TEST

/* The first name besides localhost in the system's file of hosts; false: there is none. */
static bool some_host(char name[256], struct net_address *address)
{
    char room[4096];
    struct hostent system, *host = NULL;
    int error;
    *address = (struct net_address){.family = 4, .port = 5060};
    sethostent(1);
    do {
        if (gethostent_r(&system, room, sizeof(room), &host, &error) != 0 || host == NULL)
            break;
    } while (host->h_addrtype != AF_INET || strcmp(host->h_name, "localhost") == 0);
    if (host != NULL) {
        snprintf(name, 256, "%s", host->h_name);
        memcpy(address->ip, host->h_addr_list[0], 4);
    }
    endhostent();
    return host != NULL;
}

/* The file goes before the DNS. (A system without a name of its own there has nothing to show.) */
START_TEST(the_file_of_hosts)
{
    char host[256];
    struct net_address known;
    if (!some_host(host, &known))
        return;
    struct server server = server_new(WELL, 0);
    struct bed *bed = bed_with(server.csv, 5000);
    struct wait wait;
    look_up(&server, bed, host, &wait);
    ck_assert_uint_ge(wait.count, 1);
    ck_assert(net_address_equal(&wait.targets[0].address, &known));
    ck_assert_uint_eq(server.asked, 1); /* for SRV alone */
    bed_free(bed);
    server_close(&server);
}
END_TEST

UNIT_MAIN("net/dns", a_name_gives_its_addresses, a_service_gives_its_hosts,
          a_lookup_may_follow_from_within_another, truncated_answers_come_over_tcp,
          a_silent_name_server_ends_in_time, a_dead_name_server_and_its_return,
          the_second_name_server_answers, broken_answers_end_the_lookup,
          a_cancelled_lookup_says_nothing, the_loop_ends_with_lookups_under_way,
          servers_that_are_none, the_file_of_hosts)
