/* Change numbers, waits and refusals, on a stepped store. */
#include "fixture.h"

static const struct store_settings stepped = {.stepped = true};
static const struct store_settings small = {.stepped = true, .queue_max = 4};

START_TEST(a_set_is_durable_after_its_commit_and_not_before)
{
    struct fixture f;
    fixture_init(&f);
    fixture_open(&f, stepped);
    struct store_change change = fixture_put(f.store, 7, BYTES("sip:a"), 1);
    ck_assert_uint_eq(change.partition, 7);
    ck_assert_uint_eq(change.number, 1);
    ck_assert(!store_durable(f.store, change));
    ck_assert_uint_eq(fixture_bindings(f.store, 7), 0);
    ck_assert_uint_eq(store_step(f.store, PARTITIONS, 10, STORE_DURABLE), 1);
    ck_assert(store_durable(f.store, change));
    ck_assert_uint_eq(fixture_bindings(f.store, 7), 1);
    ck_assert_uint_eq(f.metrics.values[METRIC_store_commits], 1);
    ck_assert_uint_eq(f.metrics.values[METRIC_store_changes], 1);
    fixture_release(&f);
}
END_TEST

START_TEST(nothing_is_always_durable)
{
    struct fixture f;
    fixture_init(&f);
    fixture_open(&f, stepped);
    ck_assert(store_durable(f.store, STORE_NOTHING));
    struct store_set *empty = store_begin(f.store, 3);
    struct store_change change = store_submit(f.store, &empty);
    ck_assert_ptr_null(empty);
    ck_assert_uint_eq(change.number, 0);
    struct store_set *dropped = fixture_set(f.store, 3, BYTES("sip:a"), 1);
    store_drop(&dropped);
    ck_assert_ptr_null(dropped);
    ck_assert_uint_eq(store_step(f.store, PARTITIONS, 10, STORE_DURABLE), 0);
    ck_assert_uint_eq(fixture_bindings(f.store, 3), 0);
    fixture_release(&f);
}
END_TEST

START_TEST(numbers_count_per_partition)
{
    struct fixture f;
    fixture_init(&f);
    fixture_open(&f, stepped);
    struct store_change a1 = fixture_put(f.store, 1, BYTES("sip:a"), 1);
    struct store_change b1 = fixture_put(f.store, 2, BYTES("sip:a"), 1);
    struct store_change a2 = fixture_put(f.store, 1, BYTES("sip:b"), 1);
    ck_assert_uint_eq(a1.number, 1);
    ck_assert_uint_eq(b1.number, 1);
    ck_assert_uint_eq(a2.number, 2);
    ck_assert_uint_eq(store_step(f.store, 2, 10, STORE_DURABLE), 1);
    ck_assert(store_durable(f.store, b1));
    ck_assert(!store_durable(f.store, a1));
    ck_assert_uint_eq(store_step(f.store, 1, 1, STORE_DURABLE), 1);
    ck_assert(store_durable(f.store, a1));
    ck_assert(!store_durable(f.store, a2));
    /* the queue is whole after taking from its middle */
    struct store_change b2 = fixture_put(f.store, 2, BYTES("sip:b"), 1);
    ck_assert_uint_eq(store_step(f.store, PARTITIONS, 10, STORE_DURABLE), 2);
    ck_assert(store_durable(f.store, a2) && store_durable(f.store, b2));
    fixture_release(&f);
}
END_TEST

START_TEST(waits_end_by_number_then_in_the_order_of_the_calls)
{
    struct fixture f;
    struct probe probes[5];
    unsigned ended = 0;
    fixture_init(&f);
    fixture_open(&f, stepped);
    struct store_change first = fixture_put(f.store, 5, BYTES("sip:a"), 1);
    struct store_change second = fixture_put(f.store, 5, BYTES("sip:b"), 2);
    probe_wait(&probes[0], f.store, second, &ended);
    probe_wait(&probes[1], f.store, first, &ended);
    probe_wait(&probes[2], f.store, second, &ended);
    probe_wait(&probes[3], f.store, first, &ended);
    probe_wait(&probes[4], f.store, second, &ended);
    store_wait_cancel(&probes[4].wait); /* the last of the list */
    store_step(f.store, PARTITIONS, 1, STORE_DURABLE);
    ck_assert_uint_eq(ended, 2);
    store_step(f.store, PARTITIONS, 1, STORE_DURABLE);
    ck_assert_uint_eq(ended, 4);
    ck_assert_uint_eq(probes[1].order, 1);
    ck_assert_uint_eq(probes[3].order, 2);
    ck_assert_uint_eq(probes[0].order, 3);
    ck_assert_uint_eq(probes[2].order, 4);
    ck_assert_int_eq(probes[2].outcome, STORE_DURABLE);
    ck_assert_int_eq(probes[4].outcome, -1);
    fixture_release(&f);
}
END_TEST

/* However many wait for the earlier one: each is put in its place from the end, in few steps. */
START_TEST(a_crowd_waits_before_one_that_waits_for_more)
{
    enum { CROWD = 50000 };
    struct fixture f;
    struct probe *crowd = calloc(CROWD, sizeof(*crowd)), later;
    unsigned ended = 0;
    fixture_init(&f);
    fixture_open(&f, stepped);
    struct store_change first = fixture_put(f.store, 5, BYTES("sip:a"), 1);
    struct store_change second = fixture_put(f.store, 5, BYTES("sip:b"), 2);
    probe_wait(&later, f.store, second, &ended);
    for (unsigned i = 0; i < CROWD; i++)
        probe_wait(&crowd[i], f.store, first, &ended);
    store_step(f.store, PARTITIONS, 2, STORE_DURABLE);
    for (unsigned i = 0; i < CROWD; i++)
        if (crowd[i].order != i + 1)
            ck_abort_msg("%u ended as %u", i, crowd[i].order);
    ck_assert_uint_eq(later.order, CROWD + 1);
    fixture_release(&f);
    free(crowd);
}
END_TEST

START_TEST(cancelling_twice_or_after_the_end_does_no_harm)
{
    struct fixture f;
    struct probe probes[3];
    unsigned ended = 0;
    fixture_init(&f);
    fixture_open(&f, stepped);
    struct store_change change = fixture_put(f.store, 5, BYTES("sip:a"), 1);
    for (unsigned i = 0; i < 3; i++)
        probe_wait(&probes[i], f.store, change, &ended);
    store_wait_cancel(&probes[1].wait);
    store_wait_cancel(&probes[1].wait);
    store_step(f.store, PARTITIONS, 1, STORE_DURABLE);
    store_wait_cancel(&probes[0].wait);
    ck_assert_uint_eq(ended, 2);
    /* and after the store is gone */
    change = fixture_put(f.store, 5, BYTES("sip:b"), 1);
    probe_wait(&probes[0], f.store, change, &ended);
    store_close(&f.store);
    store_wait_cancel(&probes[0].wait);
    ck_assert_uint_eq(ended, 2);
    fixture_release(&f);
}
END_TEST

struct chain {
    struct store_wait wait; /* first */
    struct store *store;
    struct chain *victim;
    int outcome;
    unsigned again;
};

/* Cancels another wait, submits a change and waits for that. */
static void chain_done(struct store_wait *wait, enum store_outcome outcome)
{
    struct chain *chain = (struct chain *)wait;
    chain->outcome = outcome;
    if (chain->victim != NULL)
        store_wait_cancel(&chain->victim->wait);
    if (chain->again == 0)
        return;
    chain->again--;
    struct store_change change = fixture_put(chain->store, 5, BYTES("sip:again"), chain->again);
    store_wait(chain->store, wait, change, chain_done);
}

START_TEST(a_wait_that_ends_may_cancel_submit_and_wait)
{
    struct fixture f;
    fixture_init(&f);
    fixture_open(&f, stepped);
    struct chain victim = {.store = f.store, .outcome = -1};
    struct chain chain = {.store = f.store, .victim = &victim, .again = 1};
    struct store_change change = fixture_put(f.store, 5, BYTES("sip:a"), 1);
    store_wait(f.store, &chain.wait, change, chain_done);
    store_wait(f.store, &victim.wait, change, chain_done);
    chain.outcome = -1;
    store_step(f.store, PARTITIONS, 1, STORE_DURABLE);
    ck_assert_int_eq(chain.outcome, STORE_DURABLE);
    chain.outcome = -1;
    ck_assert_uint_eq(store_step(f.store, PARTITIONS, 9, STORE_DURABLE), 1);
    ck_assert_int_eq(chain.outcome, STORE_DURABLE);
    ck_assert_int_eq(victim.outcome, -1);
    fixture_release(&f);
}
END_TEST

START_TEST(a_refusal_ends_everything_computed_before_the_reactor_knew)
{
    struct fixture f;
    struct probe probes[4];
    unsigned ended = 0;
    fixture_init(&f);
    fixture_open(&f, stepped);
    struct store_change kept = fixture_put(f.store, 9, BYTES("sip:kept"), 1);
    store_step(f.store, 9, 1, STORE_DURABLE);
    struct store_change lost = fixture_put(f.store, 9, BYTES("sip:lost"), 1);
    struct store_change later = fixture_put(f.store, 9, BYTES("sip:later"), 1);
    struct store_change other = fixture_put(f.store, 10, BYTES("sip:other"), 1);
    probe_wait(&probes[0], f.store, lost, &ended);
    probe_wait(&probes[1], f.store, later, &ended);
    probe_wait(&probes[2], f.store, other, &ended);
    ck_assert_uint_eq(store_step(f.store, 9, 1, STORE_REFUSED), 1);
    ck_assert_uint_eq(f.refusals, 1);
    ck_assert_uint_eq(f.refused_partition, 9);
    ck_assert_int_eq(probes[0].outcome, STORE_REFUSED);
    ck_assert_int_eq(probes[1].outcome, STORE_REFUSED);
    ck_assert_int_eq(probes[2].outcome, -1);
    /* a set of the next generation goes through; the one of the old, still queued, does not */
    struct store_change fresh = fixture_put(f.store, 9, BYTES("sip:fresh"), 1);
    probe_wait(&probes[3], f.store, fresh, &ended);
    store_step(f.store, PARTITIONS, 10, STORE_DURABLE);
    ck_assert_int_eq(probes[2].outcome, STORE_DURABLE);
    ck_assert_int_eq(probes[3].outcome, STORE_DURABLE);
    ck_assert_uint_eq(f.refusals, 1);
    ck_assert_uint_eq(fixture_bindings(f.store, 9), 2);
    ck_assert(store_durable(f.store, kept) && store_durable(f.store, fresh));
    ck_assert(!store_durable(f.store, lost) && !store_durable(f.store, later));
    ck_assert_uint_eq(f.metrics.values[METRIC_store_refused], 2);
    ck_assert_uint_eq(f.metrics.values[METRIC_store_changes], 3);
    fixture_release(&f);
}
END_TEST

START_TEST(waiting_for_a_change_already_refused_ends_as_refused)
{
    struct fixture f;
    struct probe probe;
    unsigned ended = 0;
    fixture_init(&f);
    fixture_open(&f, stepped);
    struct store_change lost = fixture_put(f.store, 9, BYTES("sip:lost"), 1);
    store_step(f.store, 9, 1, STORE_REFUSED);
    fixture_put(f.store, 9, BYTES("sip:fresh"), 1);
    store_step(f.store, 9, 1, STORE_DURABLE);
    ck_assert(!store_durable(f.store, lost));
    probe_wait(&probe, f.store, lost, &ended);
    ck_assert_int_eq(probe.outcome, -1);
    fixture_turn(&f); /* it woke us itself */
    ck_assert_int_eq(probe.outcome, STORE_REFUSED);
    fixture_release(&f);
}
END_TEST

START_TEST(what_a_refused_wait_submits_is_refused_as_well)
{
    struct fixture f;
    fixture_init(&f);
    fixture_open(&f, stepped);
    struct chain chain = {.store = f.store, .again = 1};
    struct store_change lost = fixture_put(f.store, 5, BYTES("sip:lost"), 1);
    store_wait(f.store, &chain.wait, lost, chain_done);
    store_step(f.store, PARTITIONS, 10, STORE_REFUSED);
    ck_assert_uint_eq(f.refusals, 1);
    ck_assert_uint_eq(chain.again, 0);
    chain.outcome = -1;
    fixture_turn(&f);
    ck_assert_int_eq(chain.outcome, STORE_REFUSED);
    ck_assert_uint_eq(store_step(f.store, PARTITIONS, 10, STORE_DURABLE), 0);
    ck_assert_uint_eq(f.refusals, 1);
    ck_assert_uint_eq(fixture_bindings(f.store, 5), 0);
    fixture_release(&f);
}
END_TEST

START_TEST(a_set_begun_before_a_refusal_is_refused_alone)
{
    struct fixture f;
    struct probe probe;
    unsigned ended = 0;
    fixture_init(&f);
    fixture_open(&f, stepped);
    struct store_set *old = fixture_set(f.store, 5, BYTES("sip:old"), 1);
    fixture_put(f.store, 5, BYTES("sip:lost"), 1);
    store_step(f.store, 5, 1, STORE_REFUSED);
    struct store_change before = fixture_put(f.store, 5, BYTES("sip:before"), 1);
    struct store_change stale = store_submit(f.store, &old);
    struct store_change after = fixture_put(f.store, 5, BYTES("sip:after"), 1);
    probe_wait(&probe, f.store, stale, &ended);
    ck_assert_uint_eq(store_step(f.store, 5, 10, STORE_DURABLE), 3);
    ck_assert_int_eq(probe.outcome, STORE_REFUSED);
    ck_assert(store_durable(f.store, before) && store_durable(f.store, after));
    ck_assert(!store_durable(f.store, stale));
    ck_assert_uint_eq(f.refusals, 1);
    ck_assert_uint_eq(fixture_bindings(f.store, 5), 2);
    fixture_release(&f);
}
END_TEST

/* One that comes late does not hide, in the same commit, that what was begun since is lost. */
START_TEST(a_refusal_is_not_hidden_by_a_late_set)
{
    struct fixture f;
    fixture_init(&f);
    fixture_open(&f, stepped);
    struct store_set *late = fixture_set(f.store, 5, BYTES("sip:late"), 1);
    (void)fixture_put(f.store, 5, BYTES("sip:a"), 1);
    store_step(f.store, PARTITIONS, 10, STORE_REFUSED);
    ck_assert_uint_eq(f.refusals, 1);
    struct store_change since = fixture_put(f.store, 5, BYTES("sip:b"), 1);
    (void)store_submit(f.store, &late);
    store_step(f.store, PARTITIONS, 10, STORE_REFUSED);
    ck_assert(!store_durable(f.store, since));
    ck_assert_uint_eq(f.refusals, 2); /* the partition is loaded again */
    since = fixture_put(f.store, 5, BYTES("sip:b"), 1);
    store_step(f.store, PARTITIONS, 10, STORE_DURABLE);
    ck_assert(store_durable(f.store, since));
    fixture_release(&f);
}
END_TEST

START_TEST(a_full_queue_refuses_and_says_so_before)
{
    struct fixture f;
    struct probe probes[2];
    unsigned ended = 0;
    fixture_init(&f);
    fixture_open(&f, small);
    for (uint32_t i = 0; i < 4; i++) {
        ck_assert(store_ready(f.store));
        fixture_put(f.store, 20, BYTES("sip:a"), i);
    }
    ck_assert(!store_ready(f.store));
    struct store_change lost = fixture_put(f.store, 20, BYTES("sip:b"), 1);
    struct store_change after = fixture_put(f.store, 20, BYTES("sip:c"), 1);
    probe_wait(&probes[0], f.store, lost, &ended);
    probe_wait(&probes[1], f.store, after, &ended);
    ck_assert_uint_eq(store_step(f.store, 20, 4, STORE_DURABLE), 4);
    ck_assert_uint_eq(ended, 0); /* refused in their turn, not before */
    ck_assert_uint_eq(store_step(f.store, 20, 4, STORE_DURABLE), 1);
    ck_assert_int_eq(probes[0].outcome, STORE_REFUSED);
    ck_assert_int_eq(probes[1].outcome, STORE_REFUSED);
    ck_assert_uint_eq(f.refusals, 1);
    ck_assert(store_ready(f.store));
    struct store_change fresh = fixture_put(f.store, 20, BYTES("sip:d"), 1);
    store_step(f.store, 20, 4, STORE_DURABLE);
    ck_assert(store_durable(f.store, fresh));
    ck_assert_uint_eq(fixture_bindings(f.store, 20), 2);
    fixture_release(&f);
}
END_TEST

/* What ends because of a commit may have more to commit. */
struct sequel {
    struct probe probe; /* first */
    struct store *store;
    struct probe next;
};

static void sequel_done(struct store_wait *wait, enum store_outcome outcome)
{
    struct sequel *sequel = (struct sequel *)wait;
    probe_done(wait, outcome);
    probe_wait(&sequel->next, sequel->store, fixture_put(sequel->store, 31, BYTES("sip:b"), 1),
               sequel->probe.ended);
}

START_TEST(draining_tells_whoever_waits)
{
    for (int stepping = 0; stepping < 2; stepping++) {
        struct fixture f;
        unsigned ended = 0;
        fixture_init(&f);
        fixture_open(&f, (struct store_settings){.stepped = stepping});
        store_drain(f.store); /* nothing waits */
        struct sequel sequel = {.probe = {.outcome = -1, .ended = &ended}, .store = f.store};
        struct store_change change = fixture_put(f.store, 30, BYTES("sip:a"), 1);
        store_wait(f.store, &sequel.probe.wait, change, sequel_done);
        store_drain(f.store);
        ck_assert_uint_eq(ended, 2);
        ck_assert_int_eq(sequel.probe.outcome, STORE_DURABLE);
        ck_assert_int_eq(sequel.next.outcome, STORE_DURABLE);
        ck_assert(store_durable(f.store, change));
        fixture_release(&f);
    }
}
END_TEST

START_TEST(closing_commits_what_waits)
{
    struct fixture f;
    fixture_init(&f);
    fixture_open(&f, stepped);
    fixture_put(f.store, 30, BYTES("sip:a"), 1);
    store_close(&f.store);
    ck_assert_ptr_null(f.store);
    fixture_open(&f, stepped);
    ck_assert_uint_eq(fixture_bindings(f.store, 30), 1);
    fixture_release(&f);
}
END_TEST

START_TEST(each_life_has_the_next_epoch_and_the_same_secret)
{
    struct fixture f;
    char secret[32];
    fixture_init(&f);
    for (uint64_t life = 1; life <= 3; life++) {
        fixture_open(&f, (struct store_settings){0});
        ck_assert_uint_eq(store_epoch(f.store), life);
        ck_assert_uint_eq(store_secret(f.store).length, sizeof(secret));
        if (life == 1)
            memcpy(secret, store_secret(f.store).at, sizeof(secret));
        ck_assert_mem_eq(store_secret(f.store).at, secret, sizeof(secret));
        store_close(&f.store);
    }
    struct fixture other;
    fixture_init(&other);
    fixture_open(&other, (struct store_settings){0});
    ck_assert_mem_ne(store_secret(other.store).at, secret, sizeof(secret));
    fixture_release(&other);
    fixture_release(&f);
}
END_TEST

UNIT_MAIN("store", a_set_is_durable_after_its_commit_and_not_before, nothing_is_always_durable,
          numbers_count_per_partition, waits_end_by_number_then_in_the_order_of_the_calls,
          a_crowd_waits_before_one_that_waits_for_more,
          cancelling_twice_or_after_the_end_does_no_harm,
          a_wait_that_ends_may_cancel_submit_and_wait,
          a_refusal_ends_everything_computed_before_the_reactor_knew,
          waiting_for_a_change_already_refused_ends_as_refused,
          what_a_refused_wait_submits_is_refused_as_well,
          a_set_begun_before_a_refusal_is_refused_alone, a_refusal_is_not_hidden_by_a_late_set,
          a_full_queue_refuses_and_says_so_before, draining_tells_whoever_waits,
          closing_commits_what_waits, each_life_has_the_next_epoch_and_the_same_secret)
