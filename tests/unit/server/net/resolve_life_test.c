/* resolve_life_test.c: lookups that share, wait, are too late, too many, or not wanted any more. */
#include "resolve_expect.h"

/* One limit for the whole, not for each step. */
START_TEST(a_lookup_ends_in_time)
{
    struct bench *bench = bench_new(rfc3263);
    const struct net_query query = {.host = BYTES("example.com")};
    struct wait wait = {0};
    bench->settings.resolve_timeout_ms = 1000;
    bench->silent = "";
    start(bench, &wait, &query);
    pass(bench, 600);
    bench->silent = "_sip._tcp.school.edu";
    answer_all(bench);
    pass(bench, 399);
    ck_assert_uint_eq(wait.called, 0);
    pass(bench, 1);
    ck_assert_uint_eq(wait.called, 1);
    ck_assert_uint_eq(wait.count, 0);
    ck_assert_uint_eq(bench->metrics.values[METRIC_lookups_late], 1);
    bench->silent = NULL; /* it comes too late for this one, but is there for the next */
    answer_all(bench);
    ck_assert_uint_eq(wait.called, 1);
    bench->questions[0] = '\0';
    expect(bench, "example.com", "tcp 192.0.2.1:5060, tcp 192.0.2.2:5064");
    questions_were(bench, "A server1.example.com, A server2.example.com");
    bench_free(bench);
}
END_TEST

/* Some addresses are better than none. */
START_TEST(a_late_lookup_gives_what_it_has)
{
    struct bench *bench = bench_new(rfc3263);
    const struct net_query query = {.host = BYTES("example.com")};
    struct wait wait = {0};
    bench->silent = "server1.example.com";
    start(bench, &wait, &query);
    answer_all(bench);
    ck_assert_uint_eq(wait.called, 0);
    pass(bench, bench->settings.resolve_timeout_ms);
    ck_assert_str_eq(wait.targets, "tcp 192.0.2.2:5064");
    bench_free(bench);
}
END_TEST

/* The name server dies; what was known serves on (RFC 8767); then it is back. */
START_TEST(a_dead_name_server_and_its_return)
{
    struct bench *bench = bench_new(rfc3263);
    const struct net_query query = {.host = BYTES("example.com")}, other = {.host = BYTES("new")};
    struct wait wait = {0}, unknown = {0}, again = {0};
    expect(bench, "example.com", "tcp 192.0.2.1:5060, tcp 192.0.2.2:5064");
    pass(bench, 61000);
    bench->silent = "";
    start(bench, &wait, &query);
    start(bench, &unknown, &other);
    answer_all(bench);
    pass(bench, bench->settings.resolve_timeout_ms);
    ck_assert_str_eq(wait.targets, "tcp 192.0.2.1:5060, tcp 192.0.2.2:5064");
    ck_assert_uint_eq(unknown.called, 1);
    ck_assert_str_eq(unknown.targets, "");
    bench->silent = NULL;
    bench->failing = ""; /* what is under way fails at last */
    answer_all(bench);
    start(bench, &again, &query);
    ck_assert_str_eq(again.targets, "tcp 192.0.2.1:5060, tcp 192.0.2.2:5064");
    bench->failing = NULL;
    pass(bench, 30000);
    bench->questions[0] = '\0';
    expect(bench, "example.com", "tcp 192.0.2.1:5060, tcp 192.0.2.2:5064");
    questions_were(bench, "NAPTR example.com, SRV _sip._tcp.school.edu, A server1.example.com, "
                          "A server2.example.com");
    bench_free(bench);
}
END_TEST

/* Lookups of the same share their questions; each is called once. */
START_TEST(shared_questions)
{
    struct bench *bench = bench_new(rfc3263);
    const struct net_query query = {.host = BYTES("example.com")};
    struct wait waits[3] = {{.called = 0}};
    for (int i = 0; i < 3; i++)
        start(bench, &waits[i], &query);
    answer_all(bench);
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_eq(waits[i].called, 1);
        ck_assert_uint_eq(waits[i].count, 2);
    }
    questions_were(bench, "NAPTR example.com, SRV _sip._tcp.school.edu, A server1.example.com, "
                          "A server2.example.com");
    bench_free(bench);
}
END_TEST

/* After each round of answers: nothing is said, nothing is leaked, the shared question goes on. */
START_TEST(cancelled_at_each_step)
{
    const struct net_query query = {.host = BYTES("example.com")};
    for (int rounds = 0; rounds < 3; rounds++) {
        struct bench *bench = bench_new(rfc3263);
        struct wait cancelled = {0}, wait = {0};
        start(bench, &cancelled, &query);
        start(bench, &wait, &query);
        for (int i = 0; i < rounds; i++)
            ck_assert(answer_round(bench));
        ck_assert_ptr_nonnull(cancelled.lookup.running);
        resolve_cancel(bench->resolver, &cancelled.lookup);
        ck_assert_ptr_null(cancelled.lookup.running);
        resolve_cancel(bench->resolver, &cancelled.lookup);
        memset(&cancelled.lookup, 0xee, sizeof(cancelled.lookup)); /* its owner is gone */
        answer_all(bench);
        pass(bench, 60000);
        ck_assert_uint_eq(cancelled.called, 0);
        ck_assert_uint_eq(wait.called, 1);
        ck_assert_uint_eq(wait.count, 2);
        bench_free(bench);
    }
}
END_TEST

START_TEST(cancelled_by_another)
{
    struct bench *bench = bench_new(rfc3263);
    const struct net_query query = {.host = BYTES("example.com")};
    struct wait second = {0}, first = {.cancels = &second};
    start(bench, &first, &query);
    start(bench, &second, &query);
    answer_all(bench);
    ck_assert_uint_eq(first.called, 1);
    ck_assert_uint_eq(second.called, 0);
    bench_free(bench);
}
END_TEST

/* With lookups under way: nobody is called any more. */
START_TEST(the_end_with_lookups_under_way)
{
    struct bench *bench = bench_new(rfc3263);
    const struct net_query query = {.host = BYTES("example.com")};
    struct wait wait = {0}, later = {0};
    start(bench, &wait, &query);
    ck_assert(answer_round(bench));
    start(bench, &later, &query);
    bench_free(bench);
    ck_assert_uint_eq(wait.called + later.called, 0);
    ck_assert_ptr_null(wait.lookup.running);
}
END_TEST

/* net.lookups_max: one more is not answered, but for what is known. */
START_TEST(so_many_lookups_and_no_more)
{
    struct bench *bench = bench_new(rfc3263);
    struct wait waits[6] = {{.called = 0}};
    char names[6][16];
    bench->settings.lookups_max = 4;
    expect(bench, "example.com", "tcp 192.0.2.1:5060, tcp 192.0.2.2:5064");
    bench->silent = "";
    for (int i = 0; i < 6; i++) {
        snprintf(names[i], sizeof(names[i]), "n%d.example", i);
        const struct net_query query = {.host = bytes_of(names[i])};
        start(bench, &waits[i], &query);
        ck_assert_uint_eq(waits[i].called, i >= 4);
    }
    ck_assert_uint_gt(bench->metrics.values[METRIC_dns_limited], 0);
    expect(bench, "example.com", "tcp 192.0.2.1:5060, tcp 192.0.2.2:5064");
    resolve_cancel(bench->resolver, &waits[0].lookup);
    waits[5].called = 0;
    const struct net_query query = {.host = bytes_of(names[5])};
    start(bench, &waits[5], &query);
    ck_assert_uint_eq(waits[5].called, 0);
    bench_free(bench);
}
END_TEST

UNIT_MAIN("net/resolve_life", a_lookup_ends_in_time, a_late_lookup_gives_what_it_has,
          a_dead_name_server_and_its_return, shared_questions, cancelled_at_each_step,
          cancelled_by_another, the_end_with_lookups_under_way, so_many_lookups_and_no_more)
