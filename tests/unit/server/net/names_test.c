/* names_test.c: the cache of names, with a clock and a name server of the test's own. */
#include "net/names_internal.h"
#include "zone.h"

enum { ASKED_MAX = 64 };

struct bench {
    struct world world;
    uint64_t seed;
    struct metrics metrics;
    struct names *names;
    struct name_entry *asked[ASKED_MAX];
    unsigned asked_count;
    bool at_once; /* answered from within the asking */
};

struct user {
    struct name_use use;
    struct bench *bench;
    unsigned ready;
    struct user *other; /* leaves when this one is told */
    bool leaves, asks;  /* itself; asks for the same again */
    struct name_use again;
};

static struct answer *address_answer(uint32_t ttl_s)
{
    const struct net_address address = {4, 0, {192, 0, 2, 1}};
    return answer_of_addresses(&address, 1, ttl_s);
}

static struct answer *nothing_answer(uint32_t ttl_s)
{
    struct answer *answer = answer_new(ANSWER_NOTHING);
    answer->ttl_s = ttl_s;
    return answer;
}

static void ask(void *context, const char *name, enum record_type type, struct name_entry *entry)
{
    struct bench *bench = context;
    (void)name, (void)type;
    ck_assert_uint_lt(bench->asked_count, ASKED_MAX);
    bench->asked[bench->asked_count++] = entry;
    if (bench->at_once)
        names_came(bench->names, entry, address_answer(60));
}

static const struct dns_settings usual = {.cache_max = 100,
                                          .ttl_most_s = 1000,
                                          .negative_s = 100,
                                          .failure_s = 5,
                                          .stale_s = 0,
                                          .shuns_max = 1};

static struct bench *bench_new(const struct dns_settings *settings, unsigned questions_max)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    bench->seed = 3;
    world_init(&bench->world, 0, 0, seeded_random, &bench->seed);
    bench->names = names_new(&bench->world, settings, questions_max, &bench->metrics);
    names_on_ask(bench->names, ask, bench);
    return bench;
}

static void bench_free(struct bench *bench)
{
    names_free(&bench->names);
    ck_assert_ptr_null(bench->names);
    world_release(&bench->world);
    free(bench);
}

static void pass(struct bench *bench, uint64_t ms)
{
    world_tick(&bench->world, bench->world.now_ms + ms, bench->world.wall_ms + ms);
}

static void user_ready(struct name_use *use)
{
    struct user *user = (struct user *)(void *)use;
    struct names *names = user->bench->names;
    user->ready++;
    if (user->other != NULL)
        names_leave(names, &user->other->use);
    if (user->asks)
        (void)names_use(names, &user->again, "a.example", RECORD_A, true);
    if (user->leaves)
        names_leave(names, use);
}

static void again_ready(struct name_use *use)
{
    ck_assert(!use->waiting);
}

static bool use_name(struct bench *bench, struct user *user, const char *name)
{
    user->bench = bench;
    user->use.ready = user_ready;
    user->again.ready = again_ready;
    return names_use(bench->names, &user->use, name, RECORD_A, true);
}

static void leave(struct user *user)
{
    names_leave(user->bench->names, &user->use);
    ck_assert_ptr_null(user->use.entry);
}

static enum answer_kind kind_of(const struct user *user)
{
    return names_answer(user->bench->names, &user->use)->kind;
}

/* Asks, is answered, and leaves. */
static void learn(struct bench *bench, const char *name, struct answer *answer)
{
    struct user user = {0};
    unsigned before = bench->asked_count;
    ck_assert(!use_name(bench, &user, name));
    ck_assert_uint_eq(bench->asked_count, before + 1);
    names_came(bench->names, bench->asked[before], answer);
    ck_assert_uint_eq(user.ready, 0); /* not from within the answering */
    pass(bench, 0);
    ck_assert_uint_eq(user.ready, 1);
    leave(&user);
}

/* True when the name need not be asked for; `kind`: what is known then. */
static bool knows(struct bench *bench, const char *name, enum answer_kind kind)
{
    struct user user = {0};
    bool known = use_name(bench, &user, name);
    if (known)
        ck_assert_int_eq(kind_of(&user), kind);
    leave(&user);
    return known;
}

/* Ends a question that nobody waits for. */
static void settle(struct bench *bench, struct answer *answer)
{
    names_came(bench->names, bench->asked[bench->asked_count - 1], answer);
    pass(bench, 0);
}

START_TEST(an_answer_is_kept_for_its_time)
{
    struct bench *bench = bench_new(&usual, 10);
    learn(bench, "a.example", address_answer(60));
    pass(bench, 59999);
    ck_assert(knows(bench, "a.example", ANSWER_RECORDS));
    pass(bench, 1);
    ck_assert(!knows(bench, "a.example", ANSWER_RECORDS));
    ck_assert_uint_eq(bench->metrics.values[METRIC_dns_questions], 2);
    ck_assert_uint_eq(bench->metrics.values[METRIC_dns_known], 1);
    bench_free(bench);
}
END_TEST

START_TEST(name_and_type_are_the_key)
{
    struct bench *bench = bench_new(&usual, 10);
    struct user user = {.bench = bench, .use.ready = user_ready};
    learn(bench, "a.example", address_answer(60));
    ck_assert(!knows(bench, "a.exampl", ANSWER_RECORDS));
    ck_assert(!names_use(bench->names, &user.use, "a.example", RECORD_AAAA, true));
    leave(&user);
    ck_assert(knows(bench, "a.example", ANSWER_RECORDS));
    bench_free(bench);
}
END_TEST

/* Each kind has a longest time: RFC 2308 5 and 7. */
START_TEST(times_have_limits)
{
    struct bench *bench = bench_new(&usual, 10);
    learn(bench, "long.example", address_answer(INT32_MAX));
    learn(bench, "nothing.example", nothing_answer(5000));
    learn(bench, "brief.example", nothing_answer(10));
    learn(bench, "failed.example", answer_new(ANSWER_FAILED));
    learn(bench, "once.example", address_answer(0)); /* RFC 1035 3.2.1: not kept at all */
    learn(bench, "noend.example", nothing_answer(0));
    ck_assert(!knows(bench, "once.example", ANSWER_RECORDS));
    ck_assert(!knows(bench, "noend.example", ANSWER_NOTHING));
    pass(bench, 4999);
    ck_assert(knows(bench, "failed.example", ANSWER_FAILED));
    pass(bench, 1);
    ck_assert(!knows(bench, "failed.example", ANSWER_FAILED));
    pass(bench, 5000);
    ck_assert(!knows(bench, "brief.example", ANSWER_NOTHING));
    pass(bench, 89999);
    ck_assert(knows(bench, "nothing.example", ANSWER_NOTHING));
    pass(bench, 1);
    ck_assert(!knows(bench, "nothing.example", ANSWER_NOTHING));
    pass(bench, 899999);
    ck_assert(knows(bench, "long.example", ANSWER_RECORDS));
    pass(bench, 1);
    ck_assert(!knows(bench, "long.example", ANSWER_RECORDS));
    ck_assert_uint_eq(bench->metrics.values[METRIC_dns_failures], 1);
    bench_free(bench);
}
END_TEST

START_TEST(one_question_for_all_who_ask_the_same)
{
    struct bench *bench = bench_new(&usual, 1);
    struct user users[3] = {0};
    for (int i = 0; i < 3; i++)
        ck_assert(!use_name(bench, &users[i], "a.example"));
    ck_assert_uint_eq(bench->asked_count, 1);
    ck_assert_uint_eq(bench->metrics.values[METRIC_dns_shared], 2);
    leave(&users[1]);
    settle(bench, address_answer(60));
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(users[i].ready, i != 1);
    ck_assert_int_eq(kind_of(&users[2]), ANSWER_RECORDS);
    leave(&users[0]);
    leave(&users[2]);
    bench_free(bench);
}
END_TEST

/* The question goes on when those who asked have left, and its answer is kept. */
START_TEST(an_answer_for_nobody_is_kept_too)
{
    struct bench *bench = bench_new(&usual, 10);
    ck_assert(!knows(bench, "a.example", ANSWER_RECORDS));
    settle(bench, address_answer(60));
    ck_assert(knows(bench, "a.example", ANSWER_RECORDS));
    bench_free(bench);
}
END_TEST

/* Whoever is told may leave, have others leave, or ask again. */
START_TEST(told_ones_do_as_they_like)
{
    struct bench *bench = bench_new(&usual, 10);
    struct user users[4] = {{.leaves = true}, {.asks = true}};
    users[0].other = &users[3];
    for (int i = 0; i < 4; i++)
        ck_assert(!use_name(bench, &users[i], "a.example"));
    settle(bench, address_answer(0));
    ck_assert_uint_eq(users[0].ready, 1);
    ck_assert_uint_eq(users[1].ready, 1);
    ck_assert_uint_eq(users[2].ready, 1);
    ck_assert_uint_eq(users[3].ready, 0);
    ck_assert_uint_eq(bench->asked_count, 1); /* what has just come is not asked for again */
    ck_assert_int_eq(names_answer(bench->names, &users[1].again)->kind, ANSWER_RECORDS);
    names_leave(bench->names, &users[1].again);
    leave(&users[1]);
    leave(&users[2]);
    bench_free(bench);
}
END_TEST

/* An answer stays while somebody works with it, though its time is over. */
START_TEST(a_used_answer_stays)
{
    const struct dns_settings small = {.cache_max = 0, .ttl_most_s = 1000};
    struct bench *bench = bench_new(&small, 10);
    struct user user = {0}, other = {0};
    ck_assert(!use_name(bench, &user, "a.example"));
    settle(bench, address_answer(0));
    learn(bench, "b.example", address_answer(60));
    pass(bench, 100000);
    ck_assert_int_eq(kind_of(&user), ANSWER_RECORDS);
    ck_assert(!use_name(bench, &other, "a.example")); /* but is not given to others any more */
    settle(bench, nothing_answer(60));
    ck_assert_int_eq(kind_of(&user), ANSWER_NOTHING);
    leave(&user);
    leave(&other);
    bench_free(bench);
}
END_TEST

START_TEST(an_answer_from_within_the_asking)
{
    struct bench *bench = bench_new(&usual, 10);
    struct user user = {0};
    bench->at_once = true;
    ck_assert(!use_name(bench, &user, "a.example"));
    ck_assert_uint_eq(user.ready, 0);
    pass(bench, 0);
    ck_assert_uint_eq(user.ready, 1);
    leave(&user);
    bench_free(bench);
}
END_TEST

START_TEST(so_many_answers_and_the_oldest_goes)
{
    const struct dns_settings small = {.cache_max = 2, .ttl_most_s = 1000};
    struct bench *bench = bench_new(&small, 10);
    learn(bench, "a.example", address_answer(60));
    learn(bench, "b.example", address_answer(60));
    ck_assert(knows(bench, "a.example", ANSWER_RECORDS)); /* now b is unused longest */
    learn(bench, "c.example", address_answer(60));
    ck_assert(knows(bench, "a.example", ANSWER_RECORDS));
    ck_assert(knows(bench, "c.example", ANSWER_RECORDS));
    ck_assert(!knows(bench, "b.example", ANSWER_RECORDS));
    ck_assert_uint_eq(bench->metrics.values[METRIC_dns_evicted], 1);
    bench_free(bench);
}
END_TEST

START_TEST(so_many_questions_and_no_more)
{
    struct bench *bench = bench_new(&usual, 2);
    struct user users[3] = {0}, denied = {.bench = bench, .use.ready = user_ready};
    ck_assert(!use_name(bench, &users[0], "a.example"));
    ck_assert(!use_name(bench, &users[1], "b.example"));
    ck_assert(use_name(bench, &users[2], "c.example"));
    ck_assert_int_eq(kind_of(&users[2]), ANSWER_FAILED);
    ck_assert_uint_eq(bench->metrics.values[METRIC_dns_limited], 1);
    leave(&users[2]);
    settle(bench, address_answer(60)); /* of b */
    ck_assert(names_use(bench->names, &denied.use, "b.example", RECORD_A, false));
    ck_assert_int_eq(kind_of(&denied), ANSWER_RECORDS);
    leave(&denied);
    /* who may not ask may not wait either */
    ck_assert(names_use(bench->names, &denied.use, "a.example", RECORD_A, false));
    ck_assert_int_eq(kind_of(&denied), ANSWER_FAILED);
    leave(&denied);
    ck_assert(names_use(bench->names, &denied.use, "d.example", RECORD_A, false));
    ck_assert_int_eq(kind_of(&denied), ANSWER_FAILED);
    leave(&denied);
    ck_assert(!use_name(bench, &users[2], "c.example")); /* the refusal was not kept */
    ck_assert_uint_eq(bench->asked_count, 3);
    for (int i = 0; i < 3; i++)
        leave(&users[i]);
    bench_free(bench);
}
END_TEST

/* RFC 8767 4 and 5: records serve on while the DNS fails; it is asked again in 30 s. */
START_TEST(stale_records_serve_when_the_dns_fails)
{
    struct dns_settings settings = usual;
    settings.stale_s = 600;
    struct bench *bench = bench_new(&settings, 10);
    struct user user = {0};
    learn(bench, "a.example", address_answer(60));
    pass(bench, 60000);
    ck_assert(!use_name(bench, &user, "a.example"));
    ck_assert_int_eq(kind_of(&user), ANSWER_RECORDS); /* for who cannot wait any longer */
    settle(bench, answer_new(ANSWER_FAILED));
    ck_assert_int_eq(kind_of(&user), ANSWER_RECORDS);
    leave(&user);
    ck_assert_uint_eq(bench->metrics.values[METRIC_dns_stale], 1);
    pass(bench, 29999);
    ck_assert(knows(bench, "a.example", ANSWER_RECORDS));
    pass(bench, 1);
    learn(bench, "a.example", nothing_answer(1)); /* it works again, and says no */
    pass(bench, 1000);
    ck_assert(!use_name(bench, &user, "a.example"));
    ck_assert_int_eq(kind_of(&user), ANSWER_FAILED);
    settle(bench, answer_new(ANSWER_FAILED));
    ck_assert_int_eq(kind_of(&user), ANSWER_FAILED);
    leave(&user);
    bench_free(bench);
}
END_TEST

START_TEST(stale_records_end)
{
    struct dns_settings settings = usual;
    settings.stale_s = 600;
    struct bench *bench = bench_new(&settings, 10);
    learn(bench, "a.example", address_answer(60));
    pass(bench, 660000);
    learn(bench, "a.example", answer_new(ANSWER_FAILED));
    ck_assert(knows(bench, "a.example", ANSWER_FAILED));
    bench_free(bench);
}
END_TEST

UNIT_MAIN("net/names", an_answer_is_kept_for_its_time, name_and_type_are_the_key, times_have_limits,
          one_question_for_all_who_ask_the_same, an_answer_for_nobody_is_kept_too,
          told_ones_do_as_they_like, a_used_answer_stays, an_answer_from_within_the_asking,
          so_many_answers_and_the_oldest_goes, so_many_questions_and_no_more,
          stale_records_serve_when_the_dns_fails, stale_records_end)
