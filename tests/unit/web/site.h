/* site.h: an HTTP server over a real socket, without a reactor, and a client of it. Ours is
 * example.org. */
#ifndef TESTS_UNIT_WEB_SITE_H
#define TESTS_UNIT_WEB_SITE_H

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/world.h"
#include "front/domains.h"
#include "store/accounts.h"
#include "unit.h"
#include "web/web.h"

enum { ANSWER_SIZE = 8192 };

struct site {
    char folder[64];
    struct world world;
    uint64_t seed;
    struct domains *domains;
    struct store *store; /* NULL: none */
    const struct web_endpoints *endpoints;
    struct web_settings settings;
    struct web *web;
    uint16_t port;
    int woken;
    unsigned taken_over;
    char answer[ANSWER_SIZE];
};

static inline void take_over(void *context)
{
    ((struct site *)context)->taken_over++;
}

static inline void wake(void *context)
{
    uint64_t one = 1;
    ck_assert_int_eq(write(((struct site *)context)->woken, &one, sizeof(one)), sizeof(one));
}

/* A port that is free now. */
static inline uint16_t free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    int probe = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(probe, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(getsockname(probe, (struct sockaddr *)&address, &length), 0);
    close(probe);
    return ntohs(address.sin_port);
}

static inline void site_init(struct site *site, const struct web_endpoints *endpoints)
{
    static const struct domain domain = {
        .name = "example.org", .algorithms = {DIGEST_SHA256, DIGEST_MD5}, .algorithm_count = 2};
    *site = (struct site){.folder = "/tmp/herald-web-XXXXXX", .seed = 1, .endpoints = endpoints};
    ck_assert_ptr_nonnull(mkdtemp(site->folder));
    world_init(&site->world, 0, 0, seeded_random, &site->seed);
    site->domains = domains_new();
    domains_add(site->domains, &domain);
    site->woken = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    site->settings = web_settings_default();
    site->settings.folder = site->folder;
    site->settings.listen_count = 1;
}

static inline void site_open(struct site *site)
{
    char why[256] = "";
    const struct web_ground ground = {
        .core = {.world = &site->world, .domains = site->domains, .store = site->store},
        .endpoints = site->endpoints,
        .take_over = take_over,
        .wake = wake,
        .context = site,
    };
    site->port = free_port();
    ck_assert(net_address_parse(BYTES("127.0.0.1"), site->port, &site->settings.listen[0].address));
    site->web = web_new(&ground, &site->settings, why, sizeof(why));
    ck_assert_msg(site->web != NULL, "%s", why);
}

static inline void site_release(struct site *site)
{
    static const char *const names[] = {"herald.db", "herald.db-wal", "herald.db-shm"};
    char path[128];
    web_free(&site->web);
    domains_free(&site->domains);
    world_release(&site->world);
    close(site->woken);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", site->folder, names[i]);
        unlink(path);
    }
    rmdir(site->folder);
}

static inline int begin(const struct site *site, const char *head, const char *body)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons(site->port)};
    char text[2048];
    int sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(connect(sock, (struct sockaddr *)&address, sizeof(address)), 0);
    int length = snprintf(text, sizeof(text),
                          "%s\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %zu\r\n"
                          "\r\n%s",
                          head, strlen(body), body);
    ck_assert_int_eq(write(sock, text, (size_t)length), length);
    return sock;
}

/* The status of the answer, which is then in site->answer; the reactor turns when it is woken. */
static inline int finish(struct site *site, int sock, bool turns)
{
    size_t length = 0;
    ssize_t got = 1;
    while (got > 0) {
        struct pollfd both[] = {{.fd = sock, .events = POLLIN},
                                {.fd = turns ? site->woken : -1, .events = POLLIN}};
        uint64_t count;
        ck_assert_int_gt(poll(both, 2, 30000), 0);
        if (both[1].revents != 0 && read(site->woken, &count, sizeof(count)) > 0)
            web_turn(site->web);
        if (both[0].revents == 0)
            continue;
        got = read(sock, site->answer + length, ANSWER_SIZE - 1 - length);
        length += got > 0 ? (size_t)got : 0;
    }
    site->answer[length] = '\0';
    close(sock);
    ck_assert_msg(strncmp(site->answer, "HTTP/1.1 ", 9) == 0, "%s", site->answer);
    return (int)strtol(site->answer + 9, NULL, 10);
}

static inline int ask(struct site *site, const char *head, const char *body)
{
    return finish(site, begin(site, head, body), true);
}

static inline void expect(const struct site *site, const char *text)
{
    ck_assert_msg(strstr(site->answer, text) != NULL, "%s is not in:\n%s", text, site->answer);
}

static inline void add_account(const struct site *site, const char *aor, const char *user,
                               const char *password, bool disabled)
{
    struct digest_engine *engine = digest_engine_new();
    struct store_account account = {.aor = bytes_of(aor), .disabled = disabled};
    struct digest_hex ha1[DIGEST_COUNT];
    for (int i = 0; i < DIGEST_COUNT; i++) {
        ha1[i] = digest_ha1(engine, (enum digest_algorithm)i, bytes_of(user), BYTES("example.org"),
                            bytes_of(password));
        account.ha1[i] = bytes_of(ha1[i].text);
    }
    digest_engine_free(&engine);
    enum err err;
    char why[256];
    struct account_file *file = account_file_open(site->folder, &err, why, sizeof(why));
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(account_add(file, &account), ERR_NONE);
    account_file_close(&file);
}

#endif
