/* sources_test.c: from which listener a request leaves (RFC 3261 18.1.1). The system's answers are
 * the test's own (tests/CMakeLists.txt), and counted. */
#include "bed.h"
#include "net/loop_internal.h"

static size_t asked;
static struct net_address told; /* family 0: there is no way */
struct net_address __real_socket_source(const struct net_address *remote);
struct net_address __wrap_socket_source(const struct net_address *remote);
struct net_address __wrap_socket_source(const struct net_address *remote)
{
    ck_assert_int_ne(remote->family, 0);
    asked++;
    return told;
}

static struct net_address host(const char *text)
{
    struct net_address address;
    ck_assert(net_address_parse(bytes_of(text), 0, &address));
    return address;
}

/* The local end of a flow to there. */
static struct net_address leaves_from(struct bed *bed, const char *remote)
{
    struct net_target target = {.protocol = NET_UDP};
    struct net_flow flow;
    ck_assert(net_address_parse_with_port(bytes_of(remote), 5060, &target.address));
    ck_assert_int_eq(net_connect(bed->net, &target, &flow), ERR_NONE);
    return flow.local;
}

#define assert_from(bed, remote, listener)                     \
    do {                                                       \
        struct net_address got = leaves_from((bed), (remote)); \
        ck_assert(net_address_equal(&got, (listener)));        \
    } while (0)

START_TEST(the_system_says_which_of_several)
{
    struct bed *bed = bed_new(NULL);
    const struct net_address first = bed_listen(bed, NET_UDP, "127.0.0.2");
    const struct net_address second = bed_listen(bed, NET_UDP, "127.0.0.3");
    asked = 0;
    told = host("127.0.0.3");
    assert_from(bed, "127.0.0.9", &second);
    told = host("127.0.0.2");
    assert_from(bed, "127.0.0.10", &first);
    told = host("127.0.0.99"); /* where we do not listen */
    assert_from(bed, "127.0.0.11", &first);
    told = (struct net_address){0};
    assert_from(bed, "127.0.0.12", &first);
    ck_assert_uint_eq(asked, 4);
    bed_free(bed);
}
END_TEST

START_TEST(one_alone_is_no_question)
{
    struct bed *bed = bed_new(NULL);
    const struct net_address only = bed_listen(bed, NET_UDP, "127.0.0.2");
    bed_listen(bed, NET_TCP, "127.0.0.3");
    asked = 0;
    told = host("127.0.0.3");
    assert_from(bed, "127.0.0.9", &only);
    ck_assert_uint_eq(asked, 0);
    bed_free(bed);
}
END_TEST

/* However many requests go there, and whatever their ports; but not for ever. */
START_TEST(answers_are_kept_for_a_while)
{
    struct bed *bed = bed_new(NULL);
    const struct net_address first = bed_listen(bed, NET_UDP, "127.0.0.2");
    const struct net_address second = bed_listen(bed, NET_UDP, "127.0.0.3");
    asked = 0;
    told = host("127.0.0.3");
    for (int i = 0; i < 100; i++)
        assert_from(bed, i % 2 == 0 ? "127.0.0.9:5060" : "127.0.0.9:5070", &second);
    ck_assert_uint_eq(asked, 1);
    told = host("127.0.0.2");
    bed->world.now_ms += 10000;
    assert_from(bed, "127.0.0.9", &first);
    ck_assert_uint_eq(asked, 2);
    bed_free(bed);
}
END_TEST

/* More hosts than there are places push each other out, and nothing else. */
START_TEST(many_hosts_are_told_apart)
{
    struct bed *bed = bed_new(NULL);
    const struct net_address first = bed_listen(bed, NET_UDP, "127.0.0.2");
    const struct net_address second = bed_listen(bed, NET_UDP, "127.0.0.3");
    for (unsigned i = 0; i < 4 * SOURCES_MAX; i++) {
        char remote[32];
        snprintf(remote, sizeof(remote), "127.1.%u.%u", i / 250, 1 + i % 250);
        told = host(i % 3 == 0 ? "127.0.0.2" : "127.0.0.3");
        assert_from(bed, remote, i % 3 == 0 ? &first : &second);
    }
    bed_free(bed);
}
END_TEST

/* The real answer: loopback's own address, not the listener that happens to be the first. */
START_TEST(the_system_is_asked)
{
    struct net_address remote = host("127.0.0.9"), wanted = host("127.0.0.1");
    remote.port = 5060;
    struct net_address source = __real_socket_source(&remote);
    ck_assert(net_address_same_host(&source, &wanted));
}
END_TEST

UNIT_MAIN("net/sources", the_system_says_which_of_several, one_alone_is_no_question,
          answers_are_kept_for_a_while, many_hosts_are_told_apart, the_system_is_asked)
