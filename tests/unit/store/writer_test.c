/* The threads: group commit, failing commits, the bounded log, and kill -9. */
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "fixture.h"

static const struct store_settings threaded = {0};

static uint64_t bytes_in(const struct fixture *f, const char *name)
{
    struct stat status;
    char path[128];
    return stat(fixture_path(f, name, path), &status) == 0 ? (uint64_t)status.st_size : 0;
}

START_TEST(many_sets_become_durable_in_order_and_in_groups)
{
    enum { SETS = 3000 };
    struct fixture f;
    unsigned ended = 0;
    struct probe *probes = calloc(SETS, sizeof(*probes));
    fixture_init(&f);
    fixture_open(&f, threaded);
    for (uint32_t i = 0; i < SETS; i++) {
        struct store_change change = fixture_put(f.store, i % 2, BYTES("sip:a"), i);
        probe_wait(&probes[i], f.store, change, &ended);
    }
    while (ended < SETS)
        fixture_turn(&f);
    for (unsigned i = 0; i < SETS; i++) {
        ck_assert_int_eq(probes[i].outcome, STORE_DURABLE);
        ck_assert(i < 2 || probes[i].order > probes[i - 2].order);
    }
    ck_assert_uint_eq(f.metrics.values[METRIC_store_changes], SETS);
    ck_assert_uint_lt(f.metrics.values[METRIC_store_commits], SETS);
    ck_assert_uint_eq(fixture_bindings(f.store, 0), 1);
    free(probes);
    fixture_release(&f);
}
END_TEST

START_TEST(a_commit_that_fails_refuses_its_batch_and_the_generation)
{
    struct fixture f;
    struct probe probes[3];
    unsigned ended = 0;
    fixture_init(&f);
    fixture_open(&f, threaded);
    fixture_sql(&f, "CREATE TRIGGER poison BEFORE INSERT ON bindings WHEN new.contact = 'poison' "
                    "BEGIN SELECT RAISE(ABORT, 'poisoned'); END");
    probe_wait(&probes[0], f.store, fixture_put(f.store, 5, BYTES("sip:good"), 1), &ended);
    while (ended < 1)
        fixture_turn(&f);
    struct store_change lost = fixture_put(f.store, 5, BYTES("poison"), 2);
    probe_wait(&probes[1], f.store, lost, &ended);
    probe_wait(&probes[2], f.store, fixture_put(f.store, 5, BYTES("sip:after"), 3), &ended);
    while (ended < 3)
        fixture_turn(&f);
    ck_assert_int_eq(probes[0].outcome, STORE_DURABLE);
    ck_assert_int_eq(probes[1].outcome, STORE_REFUSED);
    ck_assert_int_eq(probes[2].outcome, STORE_REFUSED);
    ck_assert_uint_eq(f.refusals, 1);
    ck_assert_uint_eq(fixture_bindings(f.store, 5), 1);
    /* the next generation is served */
    probe_wait(&probes[0], f.store, fixture_put(f.store, 5, BYTES("sip:fresh"), 4), &ended);
    while (ended < 4)
        fixture_turn(&f);
    ck_assert_int_eq(probes[0].outcome, STORE_DURABLE);
    ck_assert_uint_eq(fixture_bindings(f.store, 5), 2);
    ck_assert_uint_eq(f.refusals, 1);
    fixture_release(&f);
}
END_TEST

START_TEST(a_full_disk_refuses_and_a_freed_one_serves_again)
{
    struct fixture f;
    struct probe probe;
    unsigned ended = 0;
    struct rlimit before, limit;
    fixture_init(&f);
    fixture_open(&f, threaded);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    limit = before;
    limit.rlim_cur = bytes_in(&f, "herald.db-wal"); /* the log cannot grow any more */
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    struct store_change lost = fixture_put(f.store, 5, BYTES("sip:lost"), 1);
    probe_wait(&probe, f.store, lost, &ended);
    while (ended < 1)
        fixture_turn(&f);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    ck_assert_int_eq(probe.outcome, STORE_REFUSED);
    ck_assert_uint_eq(f.refusals, 1);
    ck_assert_uint_eq(fixture_bindings(f.store, 5), 0);
    probe_wait(&probe, f.store, fixture_put(f.store, 5, BYTES("sip:fresh"), 1), &ended);
    while (ended < 2)
        fixture_turn(&f);
    ck_assert_int_eq(probe.outcome, STORE_DURABLE);
    ck_assert(!store_durable(f.store, lost));
    fixture_release(&f);
}
END_TEST

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Each refusal costs the reactor a reload: they must not come at the rate of the requests. */
START_TEST(while_commits_fail_refusals_are_few)
{
    struct fixture f;
    struct probe probe;
    unsigned ended = 0;
    fixture_init(&f);
    fixture_open(&f, threaded);
    fixture_sql(&f, "CREATE TRIGGER poison BEFORE INSERT ON bindings WHEN new.contact = 'poison' "
                    "BEGIN SELECT RAISE(ABORT, 'poisoned'); END");
    uint64_t start_ms = now_ms();
    for (unsigned round = 1; round <= 4; round++) {
        probe_wait(&probe, f.store, fixture_put(f.store, 5, BYTES("poison"), round), &ended);
        while (ended < round)
            fixture_turn(&f);
        ck_assert_int_eq(probe.outcome, STORE_REFUSED);
    }
    ck_assert_uint_ge(now_ms() - start_ms, 3 * 250);
    probe_wait(&probe, f.store, fixture_put(f.store, 5, BYTES("sip:fresh"), 5), &ended);
    while (ended < 5)
        fixture_turn(&f);
    ck_assert_int_eq(probe.outcome, STORE_DURABLE);
    fixture_release(&f);
}
END_TEST

START_TEST(a_full_queue_does_not_block)
{
    enum { SETS = 400 };
    struct fixture f;
    unsigned ended = 0, refused = 0;
    struct probe *probes = calloc(SETS, sizeof(*probes));
    sqlite3 *other = NULL;
    char path[128];
    fixture_init(&f);
    fixture_open(&f, (struct store_settings){.queue_max = 100});
    /* somebody else holds the database: nothing is committed for now */
    ck_assert_int_eq(sqlite3_open(fixture_path(&f, "herald.db", path), &other), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    for (uint32_t i = 0; i < SETS; i++) {
        struct store_change change = fixture_put(f.store, i % 8, BYTES("sip:a"), i);
        probe_wait(&probes[i], f.store, change, &ended);
    }
    ck_assert(!store_ready(f.store));
    ck_assert_int_eq(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    while (ended < SETS)
        fixture_turn(&f);
    for (unsigned i = 0; i < SETS; i++) {
        ck_assert_int_eq(probes[i].outcome, i < 100 ? STORE_DURABLE : STORE_REFUSED);
        refused += probes[i].outcome == STORE_REFUSED;
    }
    ck_assert_uint_eq(f.refusals, 8);
    ck_assert_uint_eq(f.metrics.values[METRIC_store_refused], refused);
    ck_assert(store_ready(f.store));
    free(probes);
    fixture_release(&f);
}
END_TEST

START_TEST(the_log_stays_within_its_bound)
{
    enum { ROUNDS = 60, SETS = 100, BODY = 5000, BOUND = 8 << 20 };
    struct fixture f;
    unsigned ended = 0;
    struct probe probe;
    static const char body[BODY];
    fixture_init(&f);
    fixture_open(&f, (struct store_settings){.wal_max_bytes = BOUND});
    for (uint32_t i = 0; i < ROUNDS * SETS; i++) {
        char text[64];
        struct store_publication row = {.body = {body, BODY}};
        row.aor = bytes_from(text, (size_t)snprintf(text, sizeof(text), "u%u@x", i % 2000));
        struct store_change change = {partition_of(row.aor), 0};
        struct store_set *set = store_begin(f.store, change.partition);
        store_put_publication(set, &row);
        change = store_submit(f.store, &set);
        if (i % SETS != SETS - 1)
            continue;
        probe_wait(&probe, f.store, change, &ended);
        while (ended <= i / SETS)
            fixture_turn(&f);
        ck_assert_int_eq(probe.outcome, STORE_DURABLE);
    }
    /* 60 MiB and more went through it; twice the bound is where the writer waits for nobody */
    ck_assert_uint_gt(bytes_in(&f, "herald.db"), 8 << 20);
    ck_assert_uint_lt(bytes_in(&f, "herald.db-wal"), 3 * BOUND);
    fixture_release(&f);
}
END_TEST

enum { CRASH_NUMBERS = 1 << 20 };

/* A child of the crash test: submits sets with numbers from `next` on, and writes each number that
 * is durable into the pipe. */
struct crasher {
    struct store_wait wait; /* first */
    uint32_t number;
    int pipe;
};

static void crasher_done(struct store_wait *wait, enum store_outcome outcome)
{
    struct crasher *crasher = (struct crasher *)wait;
    if (outcome != STORE_DURABLE ||
        write(crasher->pipe, &crasher->number, sizeof(crasher->number)) != sizeof(crasher->number))
        _exit(1);
    free(crasher);
}

static void crasher_run(struct fixture *f, uint32_t next, int out)
{
    if (!fixture_try(f, (struct store_settings){.wal_max_bytes = 1 << 20}))
        _exit(1);
    for (;;) {
        for (unsigned i = 0; i < 20; i++, next++) {
            struct crasher *crasher = calloc(1, sizeof(*crasher));
            *crasher = (struct crasher){.number = next, .pipe = out};
            char contact[24];
            int length = snprintf(contact, sizeof(contact), "sip:%u", next);
            struct store_change change =
                fixture_put(f->store, next % 16, bytes_from(contact, (size_t)length), next);
            store_wait(f->store, &crasher->wait, change, crasher_done);
        }
        fixture_turn(f);
    }
}

/* Starts the child, and kills it when it has reported so many numbers; marks all that it reported,
 * and returns the highest. */
static uint32_t crash(struct fixture *f, uint32_t next, unsigned reports, bool *durable)
{
    int ends[2], status;
    uint32_t number, highest = 0;
    ck_assert_int_eq(pipe(ends), 0);
    fflush(stdout);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        close(ends[0]);
        crasher_run(f, next, ends[1]);
        _exit(1);
    }
    close(ends[1]);
    while (read(ends[0], &number, sizeof(number)) == sizeof(number)) {
        ck_assert_uint_lt(number, CRASH_NUMBERS);
        durable[number] = true;
        highest = number > highest ? number : highest;
        if (reports > 0 && --reports == 0)
            kill(child, SIGKILL); /* what was under way still comes */
    }
    close(ends[0]);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status));
    return highest;
}

static void crash_seen(void *context, const struct store_binding *binding)
{
    bool *seen = context;
    ck_assert_uint_lt(binding->origin.cseq, CRASH_NUMBERS);
    ck_assert(!seen[binding->origin.cseq]); /* no duplicates */
    seen[binding->origin.cseq] = true;
}

START_TEST(nothing_reported_durable_is_lost_by_kill_9)
{
    struct fixture f;
    uint32_t next = 1;
    unsigned random = 12345;
    bool *durable = calloc(CRASH_NUMBERS, 1), *seen = calloc(CRASH_NUMBERS, 1);
    fixture_init(&f);
    for (uint64_t round = 1; round <= 20; round++) {
        random = random * 1103515245 + 12345;
        uint32_t highest = crash(&f, next, 1 + (random >> 16) % 400, durable);
        ck_assert_uint_ge(highest, next);
        memset(seen, 0, CRASH_NUMBERS);
        struct store_visitor visitor = {.binding = crash_seen, .context = seen};
        fixture_open(&f, threaded);
        ck_assert_uint_eq(store_epoch(f.store), 2 * round);
        for (unsigned partition = 0; partition < 16; partition++)
            ck_assert_int_eq(store_load(f.store, partition, &visitor), ERR_NONE);
        for (uint32_t i = 1; i <= highest; i++)
            ck_assert_msg(!durable[i] || seen[i], "%u was durable and is lost", i);
        store_close(&f.store);
        next = highest + 1000;
    }
    free(durable);
    free(seen);
    fixture_release(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store/writer");
    TCase *cases = tcase_create("store/writer");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, many_sets_become_durable_in_order_and_in_groups);
    tcase_add_test(cases, a_commit_that_fails_refuses_its_batch_and_the_generation);
    tcase_add_test(cases, a_full_disk_refuses_and_a_freed_one_serves_again);
    tcase_add_test(cases, while_commits_fail_refusals_are_few);
    tcase_add_test(cases, a_full_queue_does_not_block);
    tcase_add_test(cases, the_log_stays_within_its_bound);
    tcase_add_test(cases, nothing_reported_durable_is_lost_by_kill_9);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
