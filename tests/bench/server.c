/* server.c: the process that is measured.
 *
 *     FOLDER/accounts/herald.db   the accounts, made once
 *     FOLDER/data/                a fresh copy for each start
 *     FOLDER/herald.conf          ports and trust differ each time
 *
 * The process dies with us (PR_SET_PDEATHSIG), whatever ends us. */
#include "server.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/world.h"
#include "sip/digest.h"
#include "store/accounts.h"

enum {
    PATH_SIZE = 4096,
    READY_MS = 60000,
    STOP_MS = 30000,
    STEP_MS = 10,
    PORT_TRIES = 100,
    START_TRIES = 3,
    PORT_FIRST = 10240,
    PORT_END = 32768
};

struct server {
    const struct options *options;
    struct meter meter;
    struct net_address address;
    struct entropy entropy;
    int output; /* its standard output; -1: not running */
    char folder[PATH_SIZE / 2];
};

__attribute__((format(printf, 3, 4))) static bool fail(char *why, size_t why_size,
                                                       const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, why_size, format, arguments);
    va_end(arguments);
    return false;
}

/* The folder. */

static const char *path_of(const struct server *server, const char *name, char *path)
{
    snprintf(path, PATH_SIZE, "%s/%s", server->folder, name);
    return path;
}

static int remove_entry(const char *path, const struct stat *is, int kind, struct FTW *place)
{
    (void)is;
    (void)kind;
    (void)place;
    return remove(path);
}

/* Removes a folder of ours with all that is in it. */
static void remove_folder(const char *folder)
{
    enum { DESCRIPTORS = 8 };
    (void)nftw(folder, remove_entry, DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
}

static bool copy_bytes(int from, int to)
{
    char block[65536];
    for (;;) {
        ssize_t got = read(from, block, sizeof(block));
        if (got <= 0)
            return got == 0;
        for (ssize_t done = 0, put; done < got; done += put)
            if ((put = write(to, block + done, (size_t)(got - done))) <= 0)
                return false;
    }
}

static bool copy_file(const char *from, const char *to)
{
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool copied = in >= 0 && out >= 0 && copy_bytes(in, out) && fsync(out) == 0;
    if (in >= 0)
        (void)close(in);
    if (out >= 0)
        (void)close(out);
    return copied;
}

/* The accounts. */

static enum err add_account(struct account_file *file, struct digest_engine *engine,
                            const struct options *options, unsigned number)
{
    char name[16], aor[256];
    struct digest_hex ha1[DIGEST_COUNT];
    struct store_account account = {0};
    snprintf(name, sizeof(name), "u%06u", number);
    snprintf(aor, sizeof(aor), "%s@%s", name, options->domain);
    account.aor = bytes_of(aor);
    for (int i = 0; i < DIGEST_COUNT; i++) {
        ha1[i] = digest_ha1(engine, (enum digest_algorithm)i, bytes_of(name),
                            bytes_of(options->domain), bytes_of(options->password));
        account.ha1[i] = bytes_of(ha1[i].text);
    }
    return account_add(file, &account);
}

static bool make_accounts(const struct server *server, char *why, size_t why_size)
{
    char path[PATH_SIZE];
    enum err err = ERR_NONE;
    if (mkdir(path_of(server, "accounts", path), 0700) != 0)
        return fail(why, why_size, "%s: %s", path, strerror(errno));
    struct account_file *file = account_file_open(path, &err, why, why_size);
    if (file == NULL)
        return false;
    struct digest_engine *engine = digest_engine_new();
    for (unsigned i = 0; i < server->options->users && err == ERR_NONE; i++)
        err = add_account(file, engine, server->options, i);
    digest_engine_free(&engine);
    account_file_close(&file);
    return err == ERR_NONE || fail(why, why_size, "accounts: %s", err_name(err));
}

struct server *server_new(const struct options *options, char *why, size_t why_size)
{
    struct server *server = memory_new(sizeof(*server));
    server->options = options;
    server->output = -1;
    snprintf(server->folder, sizeof(server->folder), "%s/herald-bench-XXXXXX", options->folder);
    if (mkdtemp(server->folder) == NULL) {
        fail(why, why_size, "%s: %s; choose another with --folder", server->folder,
             strerror(errno));
        free(server);
        return NULL;
    }
    if (!make_accounts(server, why, why_size))
        server_free(&server);
    return server;
}

void server_free(struct server **server)
{
    struct server *old = *server;
    *server = NULL;
    if (old == NULL)
        return;
    assert(old->output < 0);
    remove_folder(old->folder);
    free(old);
}

/* Starting. */

/* True when nobody has that port of 127.0.0.`host` now. */
static bool is_free(int type, unsigned host, uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + host);
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    bool bound = fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
    if (fd >= 0)
        (void)close(fd);
    return bound;
}

static bool is_free_everywhere(const struct server *server, uint16_t port)
{
    bool is = is_free(SOCK_DGRAM, 1, port);
    for (unsigned i = 0; i < server->options->flows && is; i++)
        is = is_free(SOCK_STREAM, i + 1, port);
    return is;
}

/* A port that is free now; 0: none was found. Those that the system gives to others by itself are
 * left alone (from 32768 on). */
static uint16_t free_port(struct server *server)
{
    for (int i = 0; i < PORT_TRIES; i++) {
        uint16_t random;
        entropy_random(&server->entropy, &random, sizeof(random));
        uint16_t port = (uint16_t)(PORT_FIRST + random % (PORT_END - PORT_FIRST));
        if (is_free_everywhere(server, port))
            return port;
    }
    return 0;
}

static void write_listen(FILE *file, const struct server *server)
{
    unsigned port = server->address.port;
    fprintf(file, "listen = [ \"udp:127.0.0.1:%u\"", port);
    for (unsigned i = 0; i < server->options->flows; i++)
        fprintf(file, ", \"tcp:127.0.0.%u:%u\"", i + 1, port);
    fprintf(file, " ];\n");
}

/* All users come from one address and few connections here; limits that are meant for one phone are
 * raised. */
static bool write_config(const struct server *server, const struct server_wish *wish, char *why,
                         size_t why_size)
{
    char path[PATH_SIZE];
    FILE *file = fopen(path_of(server, "herald.conf", path), "we");
    if (file == NULL)
        return fail(why, why_size, "%s: %s", path, strerror(errno));
    fprintf(file, "data = \"data\";\n");
    write_listen(file, server);
    fprintf(file,
            "domains = ( { name = \"%s\"; } );\n"
            "trusted = [ %s ];\n"
            "log: { level = \"warning\"; };\n"
            "net: { connections_per_address_max = 10000; send_queue_max_bytes = 67108864; };\n"
            "presence: { publications_max = 10000; subscriptions_max_per_watcher = 1000000;\n"
            "            subscriptions_max_per_resource = 1000000; notify_pause_ms = 0; };\n"
            "im: { rate_max = 0; stored_max = 10000000; stored_max_bytes = 1073741824;\n"
            "      stored_max_per_peer = 10000000; stored_max_bytes_per_peer = 1073741824; %s};\n",
            server->options->domain, wish->trusts ? "\"127.0.0.0/8\"" : "",
            wish->forgets ? "history_s = 0; " : "");
    return fclose(file) == 0 || fail(why, why_size, "%s: %s", path, strerror(errno));
}

static bool fresh_data(const struct server *server, char *why, size_t why_size)
{
    char data[PATH_SIZE], from[PATH_SIZE], to[PATH_SIZE];
    remove_folder(path_of(server, "data", data));
    path_of(server, "accounts/herald.db", from);
    path_of(server, "data/herald.db", to);
    if (mkdir(data, 0700) == 0 && copy_file(from, to))
        return true;
    return fail(why, why_size, "%s: %s", to, strerror(errno));
}

/* In the child. */
static void become_server(const char *herald, const char *config, int output, pid_t parent)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == parent && dup2(output, STDOUT_FILENO) >= 0)
        (void)execl(herald, herald, "--config", config, (char *)NULL);
    fprintf(stderr, "herald-bench: %s: %s; name the program with --herald\n", herald,
            strerror(errno));
    _exit(127);
}

static bool spawn(struct server *server, char *why, size_t why_size)
{
    int ends[2];
    char config[PATH_SIZE];
    path_of(server, "herald.conf", config);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return fail(why, why_size, "pipe: %s", strerror(errno));
    pid_t parent = getpid(), child = fork();
    if (child == 0)
        become_server(server->options->herald, config, ends[1], parent);
    (void)close(ends[1]);
    if (child < 0) {
        (void)close(ends[0]);
        return fail(why, why_size, "fork: %s", strerror(errno));
    }
    server->output = ends[0];
    server->meter = (struct meter){.pids = {child}, .count = 1};
    return true;
}

/* Reads its output until it says that it is ready. */
static bool await_ready(const struct server *server)
{
    char text[4096];
    size_t length = 0;
    while (length < sizeof(text) - 1) {
        struct pollfd ready = {.fd = server->output, .events = POLLIN};
        if (poll(&ready, 1, READY_MS) <= 0)
            return false;
        ssize_t got = read(server->output, text + length, sizeof(text) - 1 - length);
        if (got <= 0)
            return false;
        length += (size_t)got;
        text[length] = '\0';
        if (strstr(text, "herald ready") != NULL && text[length - 1] == '\n')
            return true;
    }
    return false;
}

static bool start_once(struct server *server, const struct server_wish *wish, char *why,
                       size_t why_size)
{
    char ignored[64];
    bool known = net_address_parse(BYTES("127.0.0.1"), free_port(server), &server->address);
    assert(known && server->output < 0);
    (void)known;
    if (server->address.port == 0)
        return fail(why, why_size, "no port is free on 127.0.0.1");
    if (!fresh_data(server, why, why_size) || !write_config(server, wish, why, why_size) ||
        !spawn(server, why, why_size))
        return false;
    if (await_ready(server))
        return true;
    (void)server_stop(server, ignored, sizeof(ignored));
    return fail(why, why_size, "%s did not get ready (its message is above)",
                server->options->herald);
}

/* Somebody may take the port just before the server does. */
bool server_start(struct server *server, const struct server_wish *wish, char *why, size_t why_size)
{
    bool started = false;
    for (int i = 0; i < START_TRIES && !started; i++)
        started = start_once(server, wish, why, why_size);
    return started;
}

const struct net_address *server_address(const struct server *server)
{
    return &server->address;
}

const struct meter *server_meter(const struct server *server)
{
    return &server->meter;
}

/* Stopping. */

static bool await_end(pid_t pid, int *status)
{
    const struct timespec step = {0, STEP_MS * 1000000};
    for (unsigned waited_ms = 0; waited_ms < STOP_MS; waited_ms += STEP_MS) {
        if (waitpid(pid, status, WNOHANG) == pid)
            return true;
        (void)nanosleep(&step, NULL);
    }
    return false;
}

bool server_stop(struct server *server, char *why, size_t why_size)
{
    int status = 0;
    pid_t pid = server->meter.pids[0];
    assert(server->output >= 0);
    (void)kill(pid, SIGTERM);
    bool ended = await_end(pid, &status);
    if (!ended) {
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, &status, 0);
    }
    (void)close(server->output);
    server->output = -1;
    if (!ended)
        return fail(why, why_size, "the server did not end within %d s", STOP_MS / 1000);
    if (WIFSIGNALED(status))
        return fail(why, why_size, "the server was killed by signal %d", WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        return fail(why, why_size, "the server ended with code %d", WEXITSTATUS(status));
    return true;
}
