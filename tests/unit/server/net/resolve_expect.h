/* resolve_expect.h: lookups on the bench, and what they find as one line of text. */
#ifndef TESTS_NET_RESOLVE_EXPECT_H
#define TESTS_NET_RESOLVE_EXPECT_H

#include "resolve_bench.h"

struct wait {
    struct net_lookup lookup;
    unsigned called;
    size_t count;
    char targets[TEXT_MAX]; /* "udp 192.0.2.1:5060, tls [::1]:5061" */
    struct bench *bench;
    struct wait *cancels; /* from within `found` */
    struct net_target first;
};

static inline void found(struct net_lookup *lookup, const struct net_target *targets, size_t count)
{
    struct wait *wait = (struct wait *)(void *)lookup;
    ck_assert_ptr_null(lookup->running);
    ck_assert_uint_le(count, NET_TARGETS_MAX);
    wait->called++;
    wait->count = count;
    wait->targets[0] = '\0';
    if (count > 0)
        wait->first = targets[0];
    for (size_t i = 0; i < count; i++) {
        char text[128];
        struct buffer out = buffer_over(text, sizeof(text) - 1);
        buffer_text(&out, net_transport_parameter(targets[i].protocol));
        buffer_char(&out, ' ');
        net_address_write(&targets[i].address, &out);
        text[out.length] = '\0';
        text_add(wait->targets, text);
    }
    if (wait->cancels != NULL)
        resolve_cancel(wait->bench->resolver, &wait->cancels->lookup);
}

static inline void start(struct bench *bench, struct wait *wait, const struct net_query *query)
{
    wait->bench = bench;
    resolve_start(resolver_of(bench), query, &wait->lookup, found);
}

/* Looks it up with all answers that are needed. */
static inline void expect_query(struct bench *bench, const struct net_query *query,
                                const char *targets)
{
    struct wait wait = {0};
    start(bench, &wait, query);
    answer_all(bench);
    ck_assert_uint_eq(wait.called, 1);
    ck_assert_str_eq(wait.targets, targets);
    if (wait.count > 0) /* RFC 5922 4: whom TLS must meet is who was asked for */
        ck_assert(bytes_equal(wait.first.domain, query->host));
}

static inline void expect(struct bench *bench, const char *host, const char *targets)
{
    const struct net_query query = {.host = bytes_of(host)};
    expect_query(bench, &query, targets);
}

static inline void expect_named(struct bench *bench, const char *host, enum net_protocol protocol,
                                const char *targets)
{
    const struct net_query query = {
        .host = bytes_of(host), .protocol = protocol, .protocol_named = true};
    expect_query(bench, &query, targets);
}

static inline void expect_secure(struct bench *bench, const char *host, const char *targets)
{
    const struct net_query query = {.host = bytes_of(host), .secure = true};
    expect_query(bench, &query, targets);
}

static inline void questions_were(struct bench *bench, const char *questions)
{
    ck_assert_str_eq(bench->questions, questions);
    bench->questions[0] = '\0';
}

/* RFC 3263 4.1, its example, with a replacement of another domain. */
static const struct zone_record rfc3263[] __attribute__((unused)) = {
    {"example.com", RECORD_NAPTR, 60, "100 50 s SIP+D2U _sip._udp.example.com"},
    {"example.com", RECORD_NAPTR, 60, "50 50 s SIPS+D2T _sips._tcp.example.com"},
    {"example.com", RECORD_NAPTR, 60, "90 50 s SIP+D2T _sip._tcp.school.edu"},
    {"_sips._tcp.example.com", RECORD_SRV, 60, "0 0 5061 server1.example.com"},
    {"_sip._tcp.school.edu", RECORD_SRV, 60, "1 0 5060 server1.example.com"},
    {"_sip._tcp.school.edu", RECORD_SRV, 60, "2 0 5064 server2.example.com"},
    {"_sip._tcp.example.com", RECORD_SRV, 60, "0 0 5065 server2.example.com"},
    {"_sip._udp.example.com", RECORD_SRV, 60, "0 0 5060 server2.example.com"},
    {"server1.example.com", RECORD_A, 60, "192.0.2.1"},
    {"server2.example.com", RECORD_A, 60, "192.0.2.2"},
    {NULL},
};

#endif
