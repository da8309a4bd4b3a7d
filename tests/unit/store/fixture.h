/* fixture.h: a store in a folder of its own, and rows to put into it. */
#ifndef TESTS_UNIT_STORE_FIXTURE_H
#define TESTS_UNIT_STORE_FIXTURE_H

#include <poll.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/token.h"
#include "store/accounts.h"
#include "store/store.h"
#include "unit.h"

struct fixture {
    char folder[64];
    struct store *store;
    struct metrics metrics;
    int woken; /* an eventfd: what the loop of a reactor waits for */
    unsigned refusals, account_news;
    unsigned refused_partition;
    enum err err;
    char why[640];
};

static inline void fixture_woken(void *context)
{
    uint64_t one = 1;
    ck_assert_int_eq(write(((struct fixture *)context)->woken, &one, sizeof(one)), sizeof(one));
}

static inline void fixture_refused(void *context, unsigned partition)
{
    struct fixture *fixture = context;
    fixture->refusals++;
    fixture->refused_partition = partition;
}

static inline void fixture_accounts_changed(void *context)
{
    ((struct fixture *)context)->account_news++;
}

static inline void fixture_init(struct fixture *fixture)
{
    *fixture = (struct fixture){.folder = "/tmp/herald-store-XXXXXX"};
    ck_assert_ptr_nonnull(mkdtemp(fixture->folder));
    fixture->woken = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ck_assert_int_ge(fixture->woken, 0);
}

/* "folder/name", valid until the next call with the same `path`. */
static inline const char *fixture_path(const struct fixture *fixture, const char *name,
                                       char path[128])
{
    snprintf(path, 128, "%s/%s", fixture->folder, name);
    return path;
}

static inline void fixture_release(struct fixture *fixture)
{
    static const char *const names[] = {"herald.db", "herald.db-wal", "herald.db-shm",
                                        "herald.lock"};
    char path[128];
    store_close(&fixture->store);
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        unlink(fixture_path(fixture, names[i], path));
    rmdir(fixture->folder);
    close(fixture->woken);
}

/* Opens the store as the settings say (their folder is set here); false: fixture->err and why. */
static inline bool fixture_try(struct fixture *fixture, struct store_settings settings)
{
    struct store_listener listener = {fixture_refused, fixture_accounts_changed, fixture_woken,
                                      fixture};
    settings.folder = fixture->folder;
    fixture->err = ERR_NONE;
    fixture->store = store_open(&settings, &listener, NULL, &fixture->metrics, &fixture->err,
                                fixture->why, sizeof(fixture->why));
    return fixture->store != NULL;
}

static inline void fixture_open(struct fixture *fixture, struct store_settings settings)
{
    if (!fixture_try(fixture, settings))
        ck_abort_msg("store_open: %s", fixture->why);
}

/* One turn of a reactor's loop: waits (at most ten seconds) until the store has something. */
static inline void fixture_turn(struct fixture *fixture)
{
    struct pollfd ready = {.fd = fixture->woken, .events = POLLIN};
    uint64_t count;
    ck_assert_int_eq(poll(&ready, 1, 10000), 1);
    ck_assert_int_eq(read(fixture->woken, &count, sizeof(count)), sizeof(count));
    store_turn(fixture->store);
}

/* An address that lies in the partition. Written without printf: tests ask for thousands. */
static inline struct bytes fixture_aor(unsigned partition, char text[64])
{
    memcpy(text, "0000@example.org", 16);
    for (unsigned n = 0;; n++) {
        for (unsigned digit = 0; digit < 4; digit++)
            text[digit] = (char)('a' + (n >> (4 * digit) & 15));
        if (partition_of(bytes_from(text, 16)) == partition)
            return bytes_from(text, 16);
    }
}

/* A change set that puts one binding of the partition, made by `cseq`. */
static inline struct store_set *fixture_set(struct store *store, unsigned partition,
                                            struct bytes contact, uint32_t cseq)
{
    char text[64];
    struct store_binding binding = {
        .aor = fixture_aor(partition, text),
        .contact = contact,
        .origin = {BYTES("call"), BYTES("z9hG4bK1"), cseq},
        .expires_ms = 1,
    };
    struct store_set *set = store_begin(store, partition);
    store_put_binding(set, &binding);
    return set;
}

static inline struct store_change fixture_put(struct store *store, unsigned partition,
                                              struct bytes contact, uint32_t cseq)
{
    struct store_set *set = fixture_set(store, partition, contact, cseq);
    return store_submit(store, &set);
}

static inline void fixture_count(void *context, const struct store_binding *binding)
{
    (void)binding;
    ++*(unsigned *)context;
}

/* How many bindings the database has in the partition. */
static inline unsigned fixture_bindings(struct store *store, unsigned partition)
{
    unsigned count = 0;
    struct store_visitor visitor = {.binding = fixture_count, .context = &count};
    ck_assert_int_eq(store_load(store, partition, &visitor), ERR_NONE);
    return count;
}

/* What happens to the database behind the store's back. */
static inline void fixture_sql(const struct fixture *fixture, const char *sql)
{
    char path[128], *message = NULL;
    sqlite3 *other = NULL;
    ck_assert_int_eq(sqlite3_open(fixture_path(fixture, "herald.db", path), &other), SQLITE_OK);
    sqlite3_busy_timeout(other, 5000);
    sqlite3_exec(other, sql, NULL, NULL, &message);
    ck_assert_msg(message == NULL, "%s: %s", sql, message);
    ck_assert_int_eq(sqlite3_close(other), SQLITE_OK);
}

/* A wait that remembers how it ended and after how many others. */
struct probe {
    struct store_wait wait; /* first */
    int outcome;            /* -1: it has not ended */
    unsigned order;
    unsigned *ended;
};

static inline void probe_done(struct store_wait *wait, enum store_outcome outcome)
{
    struct probe *probe = (struct probe *)wait;
    ck_assert_int_eq(probe->outcome, -1);
    probe->outcome = outcome;
    probe->order = ++*probe->ended;
}

static inline void probe_wait(struct probe *probe, struct store *store, struct store_change change,
                              unsigned *ended)
{
    *probe = (struct probe){.outcome = -1, .ended = ended};
    store_wait(store, &probe->wait, change, probe_done);
}

#endif
