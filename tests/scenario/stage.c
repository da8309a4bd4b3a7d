/* stage.c: lives of a server.
 *
 *   folder data-1 -> start ... crash: its files are copied as they are -> folder data-2 -> start
 *
 * A turn: timers that are due, what the network has to tell, what the store has to commit; until
 * nothing is left. */
#include "stage.h"

#include <assert.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/token.h"
#include "config.h"
#include "front/auth.h"
#include "store/accounts.h"

enum { COPY_BYTES = 65536, TURNS_MAX = 100000 };

/* 2026-01-01 00:00:00 UTC */
static const uint64_t first_wall_ms = 1767225600000;
static const uint64_t first_now_ms = 1000000;

static const char *const database_files[] = {"herald.db", "herald.db-wal", "herald.db-shm"};

static bool failed(struct stage *stage, const char *what, const char *path)
{
    snprintf(stage->why, sizeof(stage->why), "%s %s: %s", what, path, strerror(errno));
    return false;
}

/* Folders. */

static char *path_in(const char *folder, const char *name)
{
    struct page path = {0};
    page_format(&path, "%s/%s", folder, name);
    return path.at;
}

static bool make_data_folder(struct stage *stage)
{
    char name[32];
    snprintf(name, sizeof(name), "data-%u", ++stage->lives);
    free(stage->data);
    stage->data = path_in(stage->work, name);
    return mkdir(stage->data, 0700) == 0 || failed(stage, "cannot make", stage->data);
}

static bool copy_file(struct stage *stage, const char *from, const char *to)
{
    char *block = memory_new(COPY_BYTES);
    FILE *in = fopen(from, "re"), *out = in != NULL ? fopen(to, "we") : NULL;
    size_t got = 0;
    bool fine = in == NULL || out != NULL;
    while (out != NULL && fine && (got = fread(block, 1, COPY_BYTES, in)) > 0)
        fine = fwrite(block, 1, got, out) == got;
    if (out != NULL && fclose(out) != 0)
        fine = false;
    if (in != NULL)
        fclose(in);
    free(block);
    return fine || failed(stage, "cannot copy to", to);
}

static void remove_data(const struct stage *stage, unsigned life)
{
    char name[32];
    snprintf(name, sizeof(name), "data-%u", life);
    char *folder = path_in(stage->work, name);
    const char *const files[] = {"herald.db", "herald.db-wal", "herald.db-shm", "herald.lock"};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char *path = path_in(folder, files[i]);
        (void)unlink(path);
        free(path);
    }
    (void)rmdir(folder);
    free(folder);
}

/* In memory, when the system has such a place: fsync is not what is tried here. */
static bool make_work_folder(struct stage *stage)
{
    struct stat is;
    const char *top = getenv("TMPDIR");
    if (stat("/dev/shm", &is) == 0 && access("/dev/shm", W_OK) == 0)
        top = "/dev/shm";
    stage->work = path_in(top != NULL ? top : "/tmp", "herald-scenario-XXXXXX");
    return mkdtemp(stage->work) != NULL || failed(stage, "cannot make", stage->work);
}

bool stage_init(struct stage *stage, uint64_t seed, const struct fake_peers *peers)
{
    *stage = (struct stage){.seed = seed};
    fake_net_init(&stage->net, &stage->world, peers);
    world_init(&stage->world, first_now_ms, first_wall_ms, seeded_random, &stage->seed);
    return make_work_folder(stage) && make_data_folder(stage);
}

void stage_release(struct stage *stage)
{
    stage_stop(stage);
    for (unsigned life = 1; life <= stage->lives; life++)
        remove_data(stage, life);
    if (stage->work != NULL) {
        char *file = path_in(stage->work, "herald.conf");
        (void)unlink(file);
        (void)rmdir(stage->work);
        free(file);
    }
    config_free(&stage->config);
    fake_net_release(&stage->net);
    world_release(&stage->world);
    log_close(&stage->log);
    page_release(&stage->wire);
    free(stage->configuration);
    free(stage->work);
    free(stage->data);
}

/* Configuration. */

static bool load_configuration(struct stage *stage)
{
    char *path = path_in(stage->work, "herald.conf");
    FILE *file = fopen(path, "we");
    bool written = file != NULL && fputs(stage->configuration, file) >= 0;
    if (file != NULL && fclose(file) != 0)
        written = false;
    if (written)
        stage->config = config_load(path, stage->why, sizeof(stage->why));
    else
        failed(stage, "cannot write", path);
    free(path);
    return stage->config != NULL;
}

/* Scenarios tell one thing after the other without a pause, and expect a NOTIFY for each; those
 * about pauses say so. */
static void leave_out_pauses(struct stage *stage)
{
    if (stage->configuration == NULL || strstr(stage->configuration, "notify_pause_ms") == NULL)
        stage->config->presence.notify_pause_ms = 0;
}

bool stage_configure(struct stage *stage)
{
    assert(stage->config == NULL);
    if (stage->configuration == NULL)
        stage->config = config_default(stage->data);
    else if (!load_configuration(stage))
        return false;
    leave_out_pauses(stage);
    stage->net.settings = stage->config->net;
    for (unsigned i = 0; i < stage->config->listen_count; i++) {
        const struct net_listen *listen = &stage->config->listen[i];
        if (listen->protocol == NET_UDP && stage->net.listener_count < LISTENERS_MAX)
            stage->net.listeners[stage->net.listener_count++] = listen->address;
    }
    return true;
}

bool stage_reconfigure(struct stage *stage)
{
    assert(stage->reactor == NULL);
    config_free(&stage->config);
    if (!load_configuration(stage))
        return false;
    leave_out_pauses(stage);
    return true;
}

/* The stepped store makes the database, so that its secret is the same in each run. */
static bool make_database(struct stage *stage)
{
    struct store_settings settings = stage->config->store;
    enum err err;
    settings.folder = stage->data;
    settings.stepped = true;
    struct store *store = store_open(&settings, &(struct store_listener){0}, stage->log,
                                     &stage->metrics, &err, stage->why, sizeof(stage->why));
    bool made = store != NULL;
    store_close(&store);
    return made;
}

bool stage_add_user(struct stage *stage, struct bytes aor, struct bytes password)
{
    struct bytes realm = aor, user = bytes_split(&realm, '@');
    struct digest_hex ha1[DIGEST_COUNT];
    struct digest_engine *engine = digest_engine_new();
    enum err err = ERR_DB;
    auth_make_account(engine, user, realm, password, ha1);
    digest_engine_free(&engine);
    if (stage->lives == 1 && stage->reactor == NULL && !make_database(stage))
        return false;
    struct account_file *file =
        account_file_open(stage->data, &err, stage->why, sizeof(stage->why));
    if (file == NULL)
        return false;
    const struct store_account account = {
        .aor = aor,
        .ha1 = {bytes_of(ha1[0].text), bytes_of(ha1[1].text), bytes_of(ha1[2].text)},
    };
    err = account_add(file, &account);
    account_file_close(&file);
    if (err != ERR_NONE)
        snprintf(stage->why, sizeof(stage->why), "no account: %s", err_name(err));
    return err == ERR_NONE;
}

bool stage_remove_user(struct stage *stage, struct bytes aor)
{
    enum err err = ERR_DB;
    struct account_file *file =
        account_file_open(stage->data, &err, stage->why, sizeof(stage->why));
    if (file == NULL)
        return false;
    err = account_delete(file, aor);
    account_file_close(&file);
    if (err != ERR_NONE)
        snprintf(stage->why, sizeof(stage->why), "no account: %s", err_name(err));
    return err == ERR_NONE;
}

/* An account while it is written again. */
struct rewriting {
    char name[256], ha1[3][DIGEST_HEX_MAX + 1];
};

static void keep_account(void *context, const struct store_account *account)
{
    struct rewriting *kept = context;
    snprintf(kept->name, sizeof(kept->name), "%.*s", BYTES_ARGS(account->name));
    for (unsigned i = 0; i < 3; i++)
        snprintf(kept->ha1[i], sizeof(kept->ha1[i]), "%.*s", BYTES_ARGS(account->ha1[i]));
}

bool stage_disable_user(struct stage *stage, struct bytes aor, bool disabled)
{
    struct rewriting kept;
    enum err err = ERR_DB;
    struct account_file *file =
        account_file_open(stage->data, &err, stage->why, sizeof(stage->why));
    if (file == NULL)
        return false;
    err = account_visit(file, aor, keep_account, &kept);
    const struct store_account account = {
        .aor = aor,
        .ha1 = {bytes_of(kept.ha1[0]), bytes_of(kept.ha1[1]), bytes_of(kept.ha1[2])},
        .name = bytes_of(kept.name),
        .disabled = disabled,
    };
    if (err == ERR_NONE)
        err = account_change(file, &account);
    account_file_close(&file);
    if (err != ERR_NONE)
        snprintf(stage->why, sizeof(stage->why), "no account: %s", err_name(err));
    return err == ERR_NONE;
}

/* Lives. */

static void wake(void *context)
{
    ((struct stage *)context)->woken = true;
}

bool stage_start(struct stage *stage)
{
    assert(stage->reactor == NULL && stage->config != NULL);
    const struct http_carrier carrier = gateway_carrier(&stage->gateway);
    stage->gateway.wire = &stage->wire;
    const struct reactor_ground ground = {
        .carrier = &carrier,
        .world = &stage->world,
        .net = &stage->net.net,
        .log = stage->log,
        .metrics = &stage->metrics,
        .stepped_store = true,
        .wake = wake,
        .wake_context = stage,
    };
    stage->config->data = stage->data;
    stage->reactor = reactor_new(&ground, stage->config, stage->why, sizeof(stage->why));
    if (stage->reactor == NULL)
        return false;
    stage->woken = true;
    stage_settle(stage);
    return true;
}

void stage_stop(struct stage *stage)
{
    if (stage->reactor == NULL)
        return;
    reactor_drain(stage->reactor);
    reactor_free(&stage->reactor);
    fake_net_down(&stage->net);
}

bool stage_crash(struct stage *stage)
{
    assert(stage->reactor != NULL);
    char *old = memory_copy(bytes_of(stage->data));
    bool fine = make_data_folder(stage);
    for (size_t i = 0; fine && i < sizeof(database_files) / sizeof(database_files[0]); i++) {
        char *from = path_in(old, database_files[i]), *to = path_in(stage->data, database_files[i]);
        fine = copy_file(stage, from, to);
        free(from);
        free(to);
    }
    free(old);
    fake_net_down(&stage->net); /* first: what the old one still does reaches nobody */
    reactor_free(&stage->reactor);
    return fine;
}

/* Turns. */

static bool take_turn(struct stage *stage)
{
    struct world *world = &stage->world;
    bool moved = false;
    if (wheel_next_ms(world->wheel) <= world->now_ms) {
        world_tick(world, world->now_ms, world->wall_ms);
        moved = true;
    }
    if (stage->net.busy) {
        fake_net_turn(&stage->net);
        moved = true;
    }
    if (stage->woken) {
        stage->woken = false;
        reactor_turn(stage->reactor);
        moved = true;
    }
    if (stage->store == STAGE_STORE_WORKS && stage_commit(stage, SIZE_MAX) > 0)
        moved = true;
    return moved || wheel_next_ms(world->wheel) <= world->now_ms; /* set by what was noticed */
}

void stage_settle(struct stage *stage)
{
    unsigned turns = 0;
    while (stage->reactor != NULL && take_turn(stage)) {
        turns++;
        assert(turns < TURNS_MAX); /* the server would never come to rest */
    }
    (void)turns;
}

static void move_to(struct stage *stage, uint64_t now_ms)
{
    struct world *world = &stage->world;
    uint64_t by_ms = now_ms - world->now_ms;
    assert(now_ms >= world->now_ms);
    world_tick(world, now_ms, world->wall_ms + by_ms);
    stage_settle(stage);
}

void stage_pass(struct stage *stage, uint64_t ms)
{
    struct world *world = &stage->world;
    uint64_t until_ms = world->now_ms + ms, next_ms;
    while (stage->reactor != NULL && (next_ms = wheel_next_ms(world->wheel)) <= until_ms)
        move_to(stage, next_ms > world->now_ms ? next_ms : world->now_ms);
    move_to(stage, until_ms);
}

/* The store. */

size_t stage_commit(struct stage *stage, size_t count)
{
    assert(stage->reactor != NULL);
    return store_step(reactor_store(stage->reactor), PARTITIONS, count, STORE_DURABLE);
}

size_t stage_refuse(struct stage *stage)
{
    assert(stage->reactor != NULL);
    return store_step(reactor_store(stage->reactor), PARTITIONS, SIZE_MAX, STORE_REFUSED);
}

bool stage_break_store(struct stage *stage, const char *table, bool broken)
{
    char sql[100];
    snprintf(sql, sizeof(sql), "ALTER TABLE %s%s RENAME TO %s%s", broken ? "" : "lost_", table,
             broken ? "lost_" : "", table);
    char *path = path_in(stage->data, "herald.db");
    sqlite3 *other = NULL;
    bool fine = sqlite3_open(path, &other) == SQLITE_OK &&
                sqlite3_exec(other, sql, NULL, NULL, NULL) == SQLITE_OK;
    if (!fine)
        snprintf(stage->why, sizeof(stage->why), "%s: %s", sql, sqlite3_errmsg(other));
    sqlite3_close(other);
    free(path);
    return fine;
}

/* The wire. */

void stage_log(struct stage *stage, const char *who, const struct net_flow *flow, struct bytes raw)
{
    char place[160];
    struct buffer out = buffer_over(place, sizeof(place));
    net_flow_write(flow, &out);
    uint64_t ms = stage->world.now_ms - first_now_ms;
    page_format(&stage->wire, "[%llu.%03llu] %s %.*s #%llu\n", (unsigned long long)ms / 1000,
                (unsigned long long)ms % 1000, who, BYTES_ARGS(buffer_bytes(&out)),
                (unsigned long long)flow->connection);
    page_put(&stage->wire, raw);
    page_add(&stage->wire, "\n\n");
}

void stage_datagram(struct stage *stage, const char *who, const struct net_flow *flow,
                    struct bytes raw)
{
    stage_log(stage, who, flow, raw);
    fake_net_datagram(&stage->net, flow, raw);
    stage_settle(stage);
}

void stage_post(struct stage *stage, const char *who, const struct net_flow *flow, struct bytes raw)
{
    assert(!weather_is_fair(&stage->net.weather));
    stage_log(stage, who, flow, raw);
    fake_net_datagram(&stage->net, flow, raw);
}

void stage_stream(struct stage *stage, const char *who, uint64_t connection, struct bytes raw)
{
    stage_log(stage, who, &stage->net.connections[connection - 1].flow, raw);
    fake_net_stream(&stage->net, connection, raw);
    stage_settle(stage);
}
