/* reactor_test.c: the parts together: what the store tells reaches all of them. */
#include "reactor.h"

#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/token.h"
#include "presence/presence.h"
#include "server/transaction/fake_net.h"
#include "store/accounts.h"
#include "store/store.h"

static struct fake_net net;
static struct world world;
static struct metrics metrics;
static uint64_t seed = 7;
static char folder[64];
static struct config *config;
static struct reactor *reactor;
static unsigned woken;

static void wake(void *context)
{
    ++*(unsigned *)context;
}

static void start(void)
{
    const struct reactor_ground ground = {.world = &world,
                                          .net = &net.net,
                                          .metrics = &metrics,
                                          .stepped_store = true,
                                          .wake = wake,
                                          .wake_context = &woken};
    char why[256] = "";
    reactor = reactor_new(&ground, config, why, sizeof(why));
    ck_assert_msg(reactor != NULL, "%s", why);
}

static struct account_file *accounts(void)
{
    enum err err;
    char why[256] = "";
    struct account_file *file = account_file_open(folder, &err, why, sizeof(why));
    ck_assert_msg(file != NULL, "%s", why);
    return file;
}

static void add_account(const char *aor)
{
    struct account_file *file = accounts();
    const struct store_account account = {.aor = bytes_of(aor),
                                          .ha1 = {BYTES("0123456789abcdef0123456789abcdef")}};
    ck_assert_int_eq(account_add(file, &account), ERR_NONE);
    account_file_close(&file);
}

static void open_all(void)
{
    net.net.ops = &fake_ops;
    world_init(&world, 1000, 1700000000000, seeded_random, &seed);
    snprintf(folder, sizeof(folder), "/tmp/herald-reactor-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    config = config_default(folder);
    ck_assert(net_network_parse(BYTES("127.0.0.0/8"), &config->trusted[0]));
    config->trusted_count = config->front.trusted_count = 1;
    config->front.trusted = config->trusted;
    add_account("alice@example.org");
    add_account("bob@example.org");
}

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *ftw)
{
    (void)stat, (void)kind, (void)ftw;
    return remove(path);
}

static void close_all(void)
{
    reactor_free(&reactor);
    ck_assert_ptr_null(reactor);
    config_free(&config);
    world_release(&world);
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void commit(enum store_outcome outcome)
{
    store_step(reactor_store(reactor), PARTITIONS, SIZE_MAX, outcome);
    world_tick(&world, world.now_ms + 1, world.wall_ms + 1);
    store_step(reactor_store(reactor), PARTITIONS, SIZE_MAX, outcome);
    world_tick(&world, world.now_ms + 1, world.wall_ms + 1);
}

static const char *last(void)
{
    return net.sent_count == 0 ? "" : net.sent[(net.sent_count - 1) % SENT_MAX].text;
}

static void send(const char *line, const char *from, const char *to, const char *fields)
{
    static unsigned count;
    const struct net_flow flow = {NET_UDP, address("127.0.0.1:5060"), address("127.0.0.2:5060"), 0};
    char text[2000];
    count++;
    snprintf(text, sizeof(text),
             "%s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.2:5060;branch=z9hG4bK-%u\r\n"
             "From: <sip:%s@example.org>;tag=1\r\nTo: <sip:%s@example.org>\r\nCall-ID: %s\r\n"
             "CSeq: %u %.*s\r\nContact: <sip:%s@127.0.0.2:5060>\r\n%sContent-Length: 0\r\n\r\n",
             line, count, from, to, line, count, (int)strcspn(line, " "), line, from, fields);
    /* a Call-ID is one word */
    for (char *at = strstr(text, "Call-ID: ") + 9; *at != '\r'; at++)
        *at = *at == ' ' || *at == ':' ? '-' : *at;
    net.handler.message(net.handler.context, &flow, bytes_of(text));
}

#define ck_assert_last(part) \
    ck_assert_msg(strstr(last(), (part)) != NULL, "no \"%s\" in:\n%s", (part), last())

static void fill(void)
{
    send("REGISTER sip:example.org", "bob", "bob", "");
    commit(STORE_DURABLE);
    ck_assert_last("SIP/2.0 200");
    send("SUBSCRIBE sip:bob@example.org", "alice", "bob", "Event: presence\r\n");
    commit(STORE_DURABLE);
    ck_assert_last("NOTIFY sip:alice@127.0.0.2:5060");
}

/* Each part of what a removed user had goes, also from the database. */
START_TEST(removed_user)
{
    open_all();
    start();
    fill();
    struct account_file *file = accounts();
    ck_assert_int_eq(account_delete(file, BYTES("bob@example.org")), ERR_NONE);
    account_file_close(&file);
    send("MESSAGE sip:bob@example.org", "alice", "bob", "");
    ck_assert_last("MESSAGE sip:bob@127.0.0.2:5060");       /* not noticed yet */
    send("REGISTER sip:example.org", "alice", "alice", ""); /* the next commit notices */
    commit(STORE_DURABLE);
    ck_assert_last("SIP/2.0 404"); /* to the MESSAGE, which nobody has taken yet */
    send("MESSAGE sip:bob@example.org", "alice", "bob", "");
    ck_assert_last("SIP/2.0 404");
    ck_assert_uint_eq(metrics.values[METRIC_accounts_removed], 1);
    reactor_free(&reactor);
    add_account("bob@example.org"); /* somebody else of the same name has nothing of it */
    start();
    send("MESSAGE sip:bob@example.org", "alice", "bob", "");
    commit(STORE_DURABLE);
    ck_assert_last("SIP/2.0 202");
    send("MESSAGE sip:alice@example.org", "bob", "alice", "");
    ck_assert_last("MESSAGE sip:alice@127.0.0.2:5060");
    close_all();
}
END_TEST

/* What the store refuses is forgotten by every part. */
START_TEST(refused_change)
{
    open_all();
    start();
    fill();
    send("REGISTER sip:example.org", "bob", "bob", "Expires: 0\r\n");
    commit(STORE_REFUSED);
    send("MESSAGE sip:bob@example.org", "alice", "bob", "");
    ck_assert_last("MESSAGE sip:bob@127.0.0.2:5060");
    close_all();
}
END_TEST

START_TEST(next_life)
{
    open_all();
    start();
    fill();
    reactor_free(&reactor);
    start();
    send("MESSAGE sip:bob@example.org", "alice", "bob", "");
    ck_assert_last("MESSAGE sip:bob@127.0.0.2:5060");
    for (int i = 0; i < 100; i++)
        world_tick(&world, world.now_ms + 1, world.wall_ms + 1);
    ck_assert_last("NOTIFY sip:alice@127.0.0.2:5060");
    close_all();
}
END_TEST

START_TEST(settings_while_running)
{
    open_all();
    start();
    send("REGISTER sip:example.org", "bob", "bob", "Expires: 100\r\n");
    commit(STORE_DURABLE);
    ck_assert_last("SIP/2.0 200");
    config->registrar.expires_least_s = 300;
    reactor_reload(reactor, config);
    send("REGISTER sip:example.org", "bob", "bob", "Expires: 100\r\n");
    ck_assert_last("SIP/2.0 423");
    config->front.trusted_count = 0;
    reactor_reload(reactor, config);
    send("REGISTER sip:example.org", "bob", "bob", "Expires: 400\r\n");
    ck_assert_last("SIP/2.0 401");
    close_all();
}
END_TEST

/* A start without the accounts would tell their users to be wrong. */
START_TEST(accounts_unreadable)
{
    const struct reactor_ground ground = {.world = &world, .net = &net.net, .stepped_store = true};
    char why[256] = "", path[100];
    sqlite3 *other = NULL;
    open_all();
    start();
    reactor_free(&reactor);
    snprintf(path, sizeof(path), "%s/herald.db", folder);
    ck_assert_int_eq(sqlite3_open(path, &other), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(other, "DROP TABLE accounts", NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_close(other), SQLITE_OK);
    reactor = reactor_new(&ground, config, why, sizeof(why));
    ck_assert_ptr_null(reactor);
    ck_assert_ptr_nonnull(strstr(why, "accounts"));
    close_all();
}
END_TEST

/* One line that names the thing; nothing is left half-made. */
START_TEST(folder_in_use)
{
    const struct reactor_ground ground = {.world = &world, .net = &net.net, .stepped_store = true};
    char why[256] = "";
    open_all();
    start();
    ck_assert_ptr_null(reactor_new(&ground, config, why, sizeof(why)));
    ck_assert_ptr_nonnull(strstr(why, folder));
    close_all();
}
END_TEST

/* RFC 6665 8.2.2: what the refusal of an unknown event lists is the list of packages. */
START_TEST(allow_events)
{
    char field[1000], wanted[100];
    open_all();
    start();
    send("SUBSCRIBE sip:bob@example.org", "alice", "bob", "Event: weather\r\n");
    ck_assert_last("SIP/2.0 489");
    const char *at = strstr(last(), "\r\nAllow-Events: ");
    ck_assert_ptr_nonnull(at);
    at += strlen("\r\nAllow-Events: ");
    snprintf(field, sizeof(field), ", %.*s, ", (int)strcspn(at, "\r"), at);
    for (size_t i = 0; package_list()[i] != NULL; i++) {
        snprintf(wanted, sizeof(wanted), ", %s, ", package_list()[i]->name);
        ck_assert_msg(strstr(field, wanted) != NULL, "no%s in %s", wanted, field);
    }
    close_all();
}
END_TEST

UNIT_MAIN("reactor", removed_user, refused_change, next_life, settings_while_running,
          accounts_unreadable, folder_in_use, allow_events)
