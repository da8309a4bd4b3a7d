/* serve.c: the life of the process.
 *
 *     configuration -> data folder -> log -> loop -> certificates -> listeners -> reactor (store)
 *     -> the HTTP API (site.c) -> run -> the store's last commits and their answers -> CANCELs of
 * what rings -> back
 *
 * Listeners come before the store, so that a busy port is known before a database is made; what a
 * failed start has made (folder, log) it takes away again.
 */
#include "serve.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "certificates.h"
#include "config.h"
#include "expiry.h"
#include "folder.h"
#include "reactor.h"
#include "site.h"
#include "web/operations.h"

enum { WHY_SIZE = 1024, FILES_BESIDE = 128, LISTENERS_TOLD_MAX = 1024 /* of a protocol */ };

struct server {
    const char *path; /* of the configuration */
    struct config *config;
    struct entropy entropy;
    struct world world;
    struct metrics metrics;
    struct log *log;
    struct loop *loop;
    struct reactor *reactor;
    struct site *site;    /* the HTTP API; NULL: none */
    struct config *first; /* as it began; what needs a restart has its texts from there */
    struct expiry *expiry;
    struct web_operations operations;
    char backups[PATH_MAX];     /* the folder, when none is configured */
    bool made_folder, made_log; /* by this start */
    char why[WHY_SIZE];
};

static uint64_t clock_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* As many connections as configured need as many open files. */
static void raise_file_limit(struct server *server)
{
    struct rlimit limit;
    const struct web_settings *web = &server->config->web;
    rlim_t wanted = (rlim_t)server->config->net.connections_max + FILES_BESIDE +
                    (rlim_t)web->connections_max * web->listen_count;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < wanted)
        log_write(server->log, LOG_WARNING, "main",
                  "net.connections_max = %u needs %llu open files, the system allows %llu; raise "
                  "the limit (ulimit -n)",
                  server->config->net.connections_max, (unsigned long long)wanted,
                  (unsigned long long)limit.rlim_cur);
}

static bool open_log(struct server *server)
{
    const char *path = server->config->log_file;
    struct stat is;
    server->made_log = path != NULL && stat(path, &is) != 0 && errno == ENOENT;
    server->log = log_open(path, server->config->log_level);
    if (server->log != NULL)
        return true;
    snprintf(server->why, sizeof(server->why),
             "the log %s cannot be opened: %s; let this user write there, or change log.file in %s",
             path, strerror(errno), server->path);
    return false;
}

static bool open_loop(struct server *server)
{
    world_init(&server->world, clock_ms(CLOCK_MONOTONIC), clock_ms(CLOCK_REALTIME), entropy_random,
               &server->entropy);
    server->loop = loop_new(&server->world, &server->config->net, server->log, &server->metrics);
    if (server->loop == NULL)
        snprintf(server->why, sizeof(server->why),
                 "the system refuses an event loop: %s; are there too many open files?",
                 strerror(errno));
    return server->loop != NULL;
}

static bool open_certificates(struct server *server, bool make)
{
    return certificates_use(server->loop, server->config, make, server->log, server->why,
                            sizeof(server->why));
}

static bool open_listeners(struct server *server)
{
    for (unsigned i = 0; i < server->config->listen_count; i++) {
        if (loop_listen(server->loop, &server->config->listen[i], server->why,
                        sizeof(server->why)) != ERR_NONE)
            return false;
    }
    return web_check(&server->config->web, server->why, sizeof(server->why));
}

static void on_end(void *context, int number)
{
    struct server *server = context;
    log_write(server->log, LOG_INFO, "main", "ending on signal %d (%s)", number, strsignal(number));
    loop_stop(server->loop);
}

static void on_figures(void *context, int number)
{
    struct server *server = context;
    (void)number;
    reactor_log_figures(server->reactor);
}

/* What a reload found out. */
struct reloading {
    struct server *server;
    void (*changed)(void *visitor, const char *key, bool live); /* NULL: nobody asks */
    void *visitor;
};

static void note_change(void *context, const char *key, bool live)
{
    const struct reloading *reloading = context;
    if (!live)
        log_write(reloading->server->log, LOG_WARNING, "main", "a change of %s needs a restart",
                  key);
    if (reloading->changed != NULL)
        reloading->changed(reloading->visitor, key, live);
}

/* What had changed before and waits still is no news. */
static void note_changes(struct reloading *reloading, const struct config *fresh)
{
    const struct server *server = reloading->server;
    config_differences(server->config, fresh, server->first, note_change, reloading);
}

/* From here on nothing is refused. */
static void take_over(struct server *server, struct config *fresh)
{
    log_set_level(server->log, fresh->log_level);
    reactor_reload(server->reactor, fresh);
    if (server->site != NULL)
        site_reload(server->site, fresh);
    expiry_take(server->expiry, fresh);
    if (server->config != server->first)
        config_free(&server->config);
    server->config = fresh;
    log_write(server->log, LOG_INFO, "main", "%s was read again", server->path);
}

static void reopen_log(struct server *server)
{
    if (log_reopen(server->log) != ERR_NONE)
        log_write(server->log, LOG_ERROR, "main",
                  "the log %s cannot be opened anew (%s); the old file stays in use",
                  server->config->log_file, strerror(errno));
}

static void on_reload(void *context, int number)
{
    struct reloading reloading = {.server = context};
    struct server *server = context;
    (void)number;
    reopen_log(server);
    struct config *fresh = config_load(server->path, server->why, sizeof(server->why));
    if (fresh == NULL) {
        log_write(server->log, LOG_ERROR, "main", "%s; the old configuration stays", server->why);
        return;
    }
    note_changes(&reloading, fresh);
    if (!certificates_use(server->loop, fresh, true, server->log, server->why, sizeof(server->why)))
        log_write(server->log, LOG_ERROR, "main", "%s; the old certificates stay", server->why);
    take_over(server, fresh);
}

/* What operators may do over HTTP. */

static bool op_check(void *context, const char *text, struct web_fault *fault)
{
    const struct server *server = context;
    struct config *config =
        config_read_text(server->path, text, fault->why, sizeof(fault->why), &fault->line);
    bool fine = config != NULL && web_check_papers(&config->web, fault->why, sizeof(fault->why));
    config_free(&config);
    return fine;
}

/* As SIGHUP does, but all or nothing: who asks hears why. */
static bool op_reload(void *context, struct web_fault *fault,
                      void (*changed)(void *visitor, const char *key, bool live), void *visitor)
{
    struct server *server = context;
    struct reloading reloading = {server, changed, visitor};
    reopen_log(server);
    struct config *fresh =
        config_read_text(server->path, NULL, fault->why, sizeof(fault->why), &fault->line);
    if (fresh == NULL || !web_check_papers(&fresh->web, fault->why, sizeof(fault->why)) ||
        !certificates_use(server->loop, fresh, true, server->log, fault->why, sizeof(fault->why))) {
        log_write(server->log, LOG_ERROR, "main", "%s; the old configuration stays", fault->why);
        config_free(&fresh);
        return false;
    }
    note_changes(&reloading, fresh);
    take_over(server, fresh);
    return true;
}

struct showing {
    void (*visit)(void *visitor, const struct web_setting *setting);
    void *visitor;
};

static void show_setting(void *context, const struct config_view *view)
{
    const struct showing *showing = context;
    const struct web_setting setting = {
        .key = view->key,
        .help = view->help,
        .file = view->file,
        .line = view->line,
        .value = view->value,
        .live = view->live,
        .waits = view->waits,
    };
    showing->visit(showing->visitor, &setting);
}

static void op_settings(void *context,
                        void (*visit)(void *visitor, const struct web_setting *setting),
                        void *visitor)
{
    const struct server *server = context;
    struct showing showing = {visit, visitor};
    config_view_all(server->config, server->first, show_setting, &showing);
}

static const struct web_certificate *op_certificate(void *context, size_t index)
{
    const struct server *server = context;
    return expiry_certificate(server->expiry, index);
}

/* Beside the database, unless it is said. */
static void set_operations(struct server *server)
{
    const char *folder = server->config->backup_folder;
    if (folder == NULL)
        (void)snprintf(server->backups, sizeof(server->backups), "%s/backups",
                       server->config->data);
    server->operations = (struct web_operations){
        .context = server,
        .data_folder = server->config->data,
        .backup_folder = folder != NULL ? folder : server->backups,
        .check = op_check,
        .settings = op_settings,
        .reload = op_reload,
        .certificate = op_certificate,
    };
}

static bool watch_signals(struct server *server)
{
    static const struct {
        int number;
        void (*hit)(void *context, int number);
    } signals[] = {{SIGTERM, on_end}, {SIGINT, on_end}, {SIGHUP, on_reload}, {SIGUSR1, on_figures}};
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        enum err err = loop_on_signal(server->loop, signals[i].number, signals[i].hit, server);
        if (err == ERR_NONE)
            continue;
        snprintf(server->why, sizeof(server->why), "signal %d cannot be watched: %s",
                 signals[i].number, err_name(err));
        return false;
    }
    /* a peer or a full file that went away is an error of the call, not the end of the process */
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
    return true;
}

static void on_wake(void *context)
{
    struct server *server = context;
    if (server->reactor != NULL)
        reactor_turn(server->reactor);
    if (server->site != NULL)
        site_turn(server->site);
}

static void wake(void *context)
{
    loop_wake(context);
}

/* The configuration does not know the addresses of this host that "0.0.0.0" stands for. */
static void tell_addresses(const struct server *server)
{
    struct net_address address;
    for (int protocol = 0; protocol < NET_PROTOCOLS; protocol++)
        for (size_t i = 0; i < LISTENERS_TOLD_MAX; i++) {
            if (!loop_listener_address(server->loop, (enum net_protocol)protocol, i, &address))
                break;
            reactor_add_listener(server->reactor, &address);
        }
}

static bool open_reactor(struct server *server)
{
    const struct reactor_ground ground = {
        .world = &server->world,
        .net = loop_net(server->loop),
        .log = server->log,
        .metrics = &server->metrics,
        .wake = wake,
        .wake_context = server->loop,
    };
    loop_on_wake(server->loop, on_wake, server);
    server->reactor = reactor_new(&ground, server->config, server->why, sizeof(server->why));
    if (server->reactor == NULL)
        return false;
    tell_addresses(server);
    loop_wake(server->loop); /* for what was reported before there was a reactor */
    return true;
}

static bool open_site(struct server *server)
{
    set_operations(server);
    server->expiry = expiry_new(&server->world, server->log);
    expiry_take(server->expiry, server->config);
    if (server->config->web.listen_count == 0)
        return true;
    const struct site_ground ground = {server->reactor, server->config, &server->operations};
    server->site = site_new(&ground, wake, server->loop, server->why, sizeof(server->why));
    return server->site != NULL;
}

static bool server_open(struct server *server)
{
    if (!folder_make(server->config->data, &server->made_folder, server->why, sizeof(server->why)))
        return false;
    if (!open_log(server))
        return false;
    raise_file_limit(server);
    return open_loop(server) && open_certificates(server, true) && open_listeners(server) &&
           watch_signals(server) && open_reactor(server) && open_site(server);
}

static void server_close(struct server *server)
{
    site_free(&server->site);
    reactor_free(&server->reactor);
    expiry_free(&server->expiry);
    if (server->loop != NULL)
        loop_free(&server->loop);
    if (server->world.wheel != NULL)
        world_release(&server->world);
    log_close(&server->log);
}

/* After a failed start. */
static void undo(const struct server *server)
{
    struct stat is;
    const char *log = server->config->log_file;
    if (server->made_log && stat(log, &is) == 0 && S_ISREG(is.st_mode))
        (void)unlink(log);
    if (server->made_folder)
        folder_unmake(server->config->data);
}

/* Told twice to end, it ends once: after the loop the second time would kill. */
static void hold_signals(void)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
}

/* Nothing that was done goes unanswered, and nobody rings on for a caller who is not there. */
static void server_wind_up(struct server *server)
{
    hold_signals();
    reactor_drain(server->reactor);
    site_free(&server->site); /* it looks into the reactor */
    reactor_free(&server->reactor);
    loop_finish(server->loop);
}

/* "herald ready: udp 127.0.0.1:5060, ...; domains ..; data .." for scripts and for the log. */
static void announce(struct server *server)
{
    const struct config *config = server->config;
    char memory[WHY_SIZE];
    struct buffer text = buffer_over(memory, sizeof(memory) - 1);
    for (unsigned i = 0; i < config->listen_count && !text.overflow; i++) {
        buffer_format(&text, "%s%s ", i > 0 ? ", " : "",
                      net_protocol_name(config->listen[i].protocol));
        net_address_write(&config->listen[i].address, &text);
    }
    memory[text.length] = '\0';
    log_write(server->log, LOG_INFO, "main", "herald %s ready: %s; data %s", HERALD_VERSION, memory,
              config->data);
    if (server->site != NULL)
        site_announce(server->site, server->config);
    printf("herald ready: %s\n", memory);
    (void)fflush(stdout);
}

static struct server *server_new(const char *config_path)
{
    struct server *server = memory_new(sizeof(*server));
    server->path = config_path;
    server->config = config_load(config_path, server->why, sizeof(server->why));
    server->first = server->config;
    return server;
}

static int server_end(struct server *server, bool served)
{
    server_close(server);
    if (!served)
        fprintf(stderr, "herald: %s\n", server->why);
    if (!served && server->config != NULL)
        undo(server);
    if (server->config != server->first)
        config_free(&server->config);
    config_free(&server->first);
    free(server);
    return served ? EXIT_SUCCESS : EXIT_FAILURE;
}

int serve(const char *config_path)
{
    assert(config_path != NULL);
    struct server *server = server_new(config_path);
    bool served = server->config != NULL && server_open(server);
    if (served) {
        announce(server);
        loop_run(server->loop);
        server_wind_up(server);
        log_write(server->log, LOG_INFO, "main", "ended");
    }
    return server_end(server, served);
}

int serve_try(const char *config_path)
{
    struct server *server = server_new(config_path);
    bool served = server->config != NULL && open_loop(server) && open_certificates(server, false) &&
                  open_listeners(server);
    return server_end(server, served);
}
