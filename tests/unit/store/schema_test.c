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

/* Version 9 makes the tables of messages anew: as they were in version 8, with two owners. */
static const char messages_of_version_8[] =
    "DROP INDEX accounts_domain; DROP TABLE domains; DROP TABLE webhooks; DROP TABLE aliases;"
    "DROP TABLE tokens; DROP TABLE roster_groups; DROP TABLE shared_groups; DROP INDEX "
    "accounts_aor;"
    "ALTER TABLE accounts DROP COLUMN name; ALTER TABLE accounts DROP COLUMN disabled;"
    "ALTER TABLE accounts DROP COLUMN born;"
    "ALTER TABLE rosters DROP COLUMN notes; ALTER TABLE rosters DROP COLUMN position;"
    "DROP TABLE messages; DROP TABLE deliveries;"
    "CREATE TABLE messages (partition INTEGER NOT NULL, aor TEXT NOT NULL, "
    "serial INTEGER NOT NULL, kind INTEGER NOT NULL, peer TEXT NOT NULL, "
    "foreign_sender INTEGER NOT NULL, trusted INTEGER NOT NULL, origin_call_id TEXT NOT NULL, "
    "origin_branch TEXT NOT NULL, origin_cseq INTEGER NOT NULL, "
    "from_tag TEXT NOT NULL, status INTEGER NOT NULL, made_ms INTEGER NOT NULL, "
    "expires_ms INTEGER NOT NULL, keep_until_ms INTEGER NOT NULL, content_type TEXT NOT NULL, "
    "head BLOB NOT NULL, body BLOB NOT NULL, PRIMARY KEY (partition, aor, serial)) "
    "STRICT, WITHOUT ROWID;"
    "CREATE INDEX messages_made ON messages (partition, made_ms);"
    "CREATE TABLE deliveries (partition INTEGER NOT NULL, aor TEXT NOT NULL, "
    "serial INTEGER NOT NULL, whom INTEGER NOT NULL, device TEXT NOT NULL, "
    "state INTEGER NOT NULL, status INTEGER NOT NULL, tries INTEGER NOT NULL, "
    "changed_ms INTEGER NOT NULL, PRIMARY KEY (partition, aor, serial, whom, device)) "
    "STRICT, WITHOUT ROWID;"
    "CREATE INDEX deliveries_owed ON deliveries (partition) WHERE state = 0;"
    "INSERT INTO messages VALUES (7, 'a@b', 5, 2, 'c@d', 1, 0, 'call', 'z9hG4bK1', 3, 'tag', 202, "
    "1000, 2000, 3000, 't/p', x'4845', x'424f'), (7, 'b@b', 4, 0, '', 0, 1, 'c', 'b', 1, 't', 0, "
    "1, 2, 3, '', x'', x'');"
    "INSERT INTO deliveries VALUES (7, 'a@b', 5, 1, 'dev', 0, 480, 6, 1500), "
    "(7, 'b@b', 4, 0, '', 1, 200, 1, 9);"
    "PRAGMA user_version = 8;";

struct logged {
    unsigned owed, recent;
};

static void see_owed(void *context, const struct store_owed *owed)
{
    ((struct logged *)context)->owed++;
    ck_assert(bytes_equal(owed->delivery.aor, BYTES("a@b")));
    ck_assert(bytes_equal(owed->delivery.device, BYTES("dev")));
    ck_assert_uint_eq(owed->delivery.serial, 5);
    ck_assert_int_eq(owed->delivery.whom, STORE_TO_PEER);
    ck_assert_uint_eq(owed->delivery.status, 480);
    ck_assert_uint_eq(owed->delivery.tries, 6);
    ck_assert_uint_eq(owed->delivery.changed_ms, 1500);
    ck_assert_uint_eq(owed->size, 4);
}

static void see_recent(void *context, const struct store_message *m)
{
    unsigned number = ((struct logged *)context)->recent++;
    ck_assert_uint_eq(m->serial, number == 0 ? 5 : 4);
    if (number > 0)
        return;
    ck_assert(bytes_equal(m->aor, BYTES("a@b")) && bytes_equal(m->peer, BYTES("c@d")));
    ck_assert(m->kind == STORE_NOTICE && m->foreign && !m->trusted && m->status == 202);
    ck_assert(bytes_equal(m->origin.call_id, BYTES("call")) && m->origin.cseq == 3);
    ck_assert(bytes_equal(m->origin.branch, BYTES("z9hG4bK1")));
    ck_assert(bytes_equal(m->from_tag, BYTES("tag")));
    ck_assert(m->made_ms == 1000 && m->expires_ms == 2000 && m->keep_until_ms == 3000);
    ck_assert(bytes_equal(m->content_type, BYTES("t/p")));
}

START_TEST(messages_of_version_8_become_a_log)
{
    struct fixture f;
    struct logged logged = {0};
    const struct store_visitor visitor = {
        .owed = see_owed, .recent = see_recent, .context = &logged};
    fixture_init(&f);
    fixture_open(&f, stepped);
    store_close(&f.store);
    fixture_sql(&f, messages_of_version_8);
    fixture_open(&f, stepped);
    ck_assert_int_eq(store_load(f.store, 7, &visitor), ERR_NONE);
    ck_assert_uint_eq(logged.owed, 1);
    ck_assert_uint_eq(logged.recent, 2);
    fixture_sql(&f, "CREATE TABLE proof (n INTEGER CHECK (n = 3));" /* the order of the log */
                    "INSERT INTO proof SELECT count(*) + 1 FROM deliveries;"
                    "INSERT INTO proof SELECT 0 FROM messages WHERE serial = 4 AND rowid != 1;"
                    "INSERT INTO proof SELECT 0 FROM messages WHERE body = x'424f' AND "
                    "head != x'4845'");
    fixture_release(&f);
}
END_TEST

UNIT_MAIN("store/schema", version_1_keeps_its_rows, a_migration_is_whole_or_not_at_all,
          messages_of_version_8_become_a_log)
