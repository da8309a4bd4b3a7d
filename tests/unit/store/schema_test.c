/* schema_test.c: the files of earlier versions open, and keep their rows. */
#include "fixture.h"

static const struct store_settings stepped = {.stepped = true, .queue_max = 10};

/* Version 1, as Herald 0.1.0 made it, with a binding, a publication and a user. */
static const char version_1[] =
    "CREATE TABLE meta (key TEXT NOT NULL PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;"
    "INSERT INTO meta (key, value) VALUES ('epoch', 41), ('accounts', 1), ('partitions', 1024), "
    "('secret', x'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f');"
    "CREATE TABLE accounts (partition INTEGER NOT NULL, aor TEXT NOT NULL, ha1_md5 TEXT NOT NULL, "
    "ha1_sha256 TEXT NOT NULL, ha1_sha512_256 TEXT NOT NULL, removed INTEGER NOT NULL, "
    "changed INTEGER NOT NULL, PRIMARY KEY (partition, aor)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX accounts_changed ON accounts (changed);"
    "INSERT INTO accounts VALUES (7, 'a@b', 'x', 'y', 'z', 0, 1);"
    "CREATE TABLE bindings (partition INTEGER NOT NULL, aor TEXT NOT NULL, contact TEXT NOT NULL, "
    "parameters TEXT NOT NULL, flow TEXT NOT NULL, user_agent TEXT NOT NULL, "
    "origin_call_id TEXT NOT NULL, origin_branch TEXT NOT NULL, origin_cseq INTEGER NOT NULL, "
    "q INTEGER NOT NULL, expires_ms INTEGER NOT NULL, PRIMARY KEY (partition, aor, contact)) "
    "STRICT, WITHOUT ROWID;"
    "INSERT INTO bindings VALUES (7, 'a@b', 'sip:a@c', ';ob', 'udp/x/y', 'phone', 'call', "
    "'z9hG4bK1', 5, 300, 1234567), (7, 'a@b', 'sip:a@d', '', '', '', 'call', 'z9hG4bK1', 5, 1000, "
    "1234568);"
    "CREATE TABLE publications (partition INTEGER NOT NULL, aor TEXT NOT NULL, "
    "event TEXT NOT NULL, id TEXT NOT NULL, tag TEXT NOT NULL, content_type TEXT NOT NULL, "
    "body BLOB NOT NULL, flow TEXT NOT NULL, origin_call_id TEXT NOT NULL, "
    "origin_branch TEXT NOT NULL, origin_cseq INTEGER NOT NULL, "
    "made_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, "
    "ended INTEGER NOT NULL, PRIMARY KEY (partition, aor, event, id)) STRICT, WITHOUT ROWID;"
    "INSERT INTO publications VALUES (7, 'a@b', 'presence', 'id', 'tag', 't/s', x'41', '', 'c', "
    "'b', 1, 2, 3, 0);"
    "CREATE TABLE subscriptions (partition INTEGER NOT NULL, aor TEXT NOT NULL, "
    "event TEXT NOT NULL, local_tag TEXT NOT NULL, event_id TEXT NOT NULL, "
    "watcher TEXT NOT NULL, remote_tag TEXT NOT NULL, local_uri TEXT NOT NULL, "
    "remote_uri TEXT NOT NULL, remote_target TEXT NOT NULL, route_set TEXT NOT NULL, "
    "contact TEXT NOT NULL, flow TEXT NOT NULL, accept TEXT NOT NULL, "
    "origin_call_id TEXT NOT NULL, origin_branch TEXT NOT NULL, origin_cseq INTEGER NOT NULL, "
    "local_cseq INTEGER NOT NULL, epoch INTEGER NOT NULL, expires_ms INTEGER NOT NULL, "
    "ended INTEGER NOT NULL, PRIMARY KEY (partition, aor, event, local_tag)) "
    "STRICT, WITHOUT ROWID;"
    "INSERT INTO subscriptions VALUES (7, 'a@b', 'presence', 'l', '', 'c@b', 'r', 'x', 'y', 'z', "
    "'', "
    "'k', '', 'a/p', 'call', 'z9hG4bK2', 2, 3, 41, 99, 2);"
    "PRAGMA application_id = 1215458404; PRAGMA user_version = 1;";

static void make_version_1(struct fixture *f)
{
    char path[128];
    sqlite3 *database = NULL;
    fixture_init(f);
    ck_assert_int_eq(sqlite3_open(fixture_path(f, "herald.db", path), &database), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(database, version_1, NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_close(database), SQLITE_OK);
}

struct seen {
    unsigned bindings, publications, subscriptions, accounts;
};

static void see_binding(void *context, const struct store_binding *b)
{
    struct seen *seen = context;
    ck_assert(bytes_equal(b->aor, BYTES("a@b")));
    ck_assert(bytes_empty(b->instance) && bytes_empty(b->path));
    ck_assert_uint_eq(b->reg_id, 0);
    ck_assert_uint_eq(b->updated_ms, 0);
    if (seen->bindings++ > 0)
        return;
    ck_assert(bytes_equal(b->contact, BYTES("sip:a@c")));
    ck_assert(bytes_equal(b->parameters, BYTES(";ob")));
    ck_assert(bytes_equal(b->flow, BYTES("udp/x/y")));
    ck_assert(bytes_equal(b->user_agent, BYTES("phone")));
    ck_assert(bytes_equal(b->origin.call_id, BYTES("call")));
    ck_assert(bytes_equal(b->origin.branch, BYTES("z9hG4bK1")));
    ck_assert_uint_eq(b->origin.cseq, 5);
    ck_assert_uint_eq(b->q, 300);
    ck_assert_uint_eq(b->expires_ms, 1234567);
}

static void see_publication(void *context, const struct store_publication *p)
{
    ((struct seen *)context)->publications++;
    ck_assert(bytes_equal(p->tag, BYTES("tag")) && bytes_equal(p->body, BYTES("A")));
    ck_assert(bytes_empty(p->instance) && bytes_empty(p->from_tag) && bytes_empty(p->previous));
    ck_assert_int_eq(p->publisher, STORE_CLIENT);
    ck_assert(!p->closed && p->closes_ms == 0 && p->previous_until_ms == 0);
}

static void see_subscription(void *context, const struct store_subscription *s)
{
    ((struct seen *)context)->subscriptions++;
    ck_assert(bytes_equal(s->watcher, BYTES("c@b")));
    ck_assert_uint_eq(s->expires_ms, 99);
    ck_assert_int_eq(s->state, STORE_TERMINATING);
    ck_assert(bytes_empty(s->cause) && s->since_ms == 0 && !s->foreign && !s->trusted);
    ck_assert(bytes_empty(s->instance) && bytes_empty(s->filter));
    ck_assert(s->min_interval_ms == 0 && s->max_interval_ms == 0 && s->adaptive_interval_ms == 0);
    ck_assert_uint_eq(s->held_since_ms, 0);
    ck_assert_uint_eq(s->begun_ms, 0);
}

static void see_account(void *context, const struct store_account *account)
{
    ((struct seen *)context)->accounts++;
    ck_assert(bytes_equal(account->aor, BYTES("a@b")));
}

static void see_no_owner(void *context, struct bytes aor)
{
    (void)context;
    ck_abort_msg("%.*s", BYTES_ARGS(aor));
}

static void see_no_rules(void *context, const struct store_rules *rules)
{
    see_no_owner(context, rules->aor);
}

static void see_no_buddy(void *context, const struct store_buddy *buddy)
{
    see_no_owner(context, buddy->aor);
}

static void see_no_preference(void *context, const struct store_preference *preference)
{
    see_no_owner(context, preference->aor);
}

START_TEST(version_1_keeps_its_rows)
{
    struct fixture f;
    make_version_1(&f);
    for (unsigned life = 42; life < 44; life++) { /* opened again, it is of this version */
        struct seen seen = {0};
        const struct store_visitor visitor = {
            .binding = see_binding,
            .publication = see_publication,
            .subscription = see_subscription,
            .context = &seen,
        };
        fixture_open(&f, stepped);
        ck_assert_uint_eq(store_epoch(f.store), life);
        ck_assert_uint_eq(((const unsigned char *)store_secret(f.store).at)[31], 31);
        ck_assert_int_eq(store_load(f.store, 7, &visitor), ERR_NONE);
        ck_assert_int_eq(store_load_accounts(f.store, see_account, &seen), ERR_NONE);
        ck_assert_uint_eq(seen.bindings, 2);
        ck_assert_uint_eq(seen.publications, 1);
        ck_assert_uint_eq(seen.subscriptions, 1);
        ck_assert_uint_eq(seen.accounts, 1);
        const struct store_policy_visitor none = {see_no_owner, see_no_rules, see_no_buddy,
                                                  see_no_preference, NULL};
        ck_assert_int_eq(store_load_policy(f.store, &none),
                         ERR_NONE); /* tables of versions 3 and 7 */
        store_close(&f.store);
    }
    fixture_release(&f);
}
END_TEST

/* What stops in the middle has changed nothing: the migration is one transaction. */
START_TEST(a_migration_is_whole_or_not_at_all)
{
    struct fixture f;
    struct seen seen = {0};
    make_version_1(&f);
    fixture_sql(&f, "CREATE TABLE bindings_2 (in_the_way)");
    ck_assert(!fixture_try(&f, stepped));
    fixture_sql(&f, "INSERT INTO bindings SELECT partition, aor, 'sip:new', parameters, flow, "
                    "user_agent, origin_call_id, origin_branch, origin_cseq, q, expires_ms + 1000 "
                    "FROM bindings WHERE q = 1000");
    fixture_sql(&f, "DROP TABLE bindings_2");
    const struct store_visitor visitor = {.binding = see_binding, .context = &seen};
    fixture_open(&f, stepped);
    ck_assert_int_eq(store_load(f.store, 7, &visitor), ERR_NONE);
    ck_assert_uint_eq(seen.bindings, 3);
    fixture_release(&f);
}
END_TEST

UNIT_MAIN("store/schema", version_1_keeps_its_rows, a_migration_is_whole_or_not_at_all)
