/* site.c: builds the HTTP API over a reactor.
 *
 * The first token opens everything; it is printed by the start that makes it and known to nobody
 * afterwards. */
#include "site.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "web/api/api.h"
#include "web/secret.h"

enum { ADDRESS_SIZE = 64 };

struct site {
    struct reactor *reactor;
    struct web *web;
    void (*wake)(void *context);
    void *wake_context;
    struct web_secret first; /* empty: it was there, or has been told */
};

static void take_over(void *context)
{
    const struct site *site = context;
    reactor_take_over(site->reactor);
}

static void wake(void *context)
{
    const struct site *site = context;
    site->wake(site->wake_context);
}

static enum err add_first(struct account_file *file, struct web_secret *secret)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (!web_secret_make(secret))
        return ERR_IO;
    const struct store_token row =
        web_secret_row(secret, BYTES("first"), BYTES("*"), (uint64_t)now.tv_sec * 1000, 0);
    return token_add(file, &row, 1);
}

static bool make_first(struct site *site, const char *folder, char *why, size_t why_size)
{
    bool any = true;
    enum err err;
    struct account_file *file = account_file_open(folder, &err, why, why_size);
    if (file == NULL)
        return false;
    err = token_any(file, &any);
    if (err == ERR_NONE && !any)
        err = add_first(file, &site->first);
    account_file_close(&file);
    if (err == ERR_LIMIT) /* another process was faster */
        err = ERR_NONE;
    else if (err == ERR_NONE)
        return true;
    site->first = (struct web_secret){0};
    if (err != ERR_NONE)
        snprintf(why, why_size, "the first token cannot be made: %s; look at the disk",
                 err_name(err));
    return err == ERR_NONE;
}

struct site *site_new(const struct site_ground *under, void (*wake_fn)(void *context),
                      void *wake_context, char *why, size_t why_size)
{
    struct site *site = memory_new(sizeof(*site));
    site->reactor = under->reactor;
    site->wake = wake_fn;
    site->wake_context = wake_context;
    struct web_ground ground = {
        .core = reactor_core(under->reactor),
        .endpoints = api_endpoints,
        .take_over = take_over,
        .wake = wake,
        .context = site,
    };
    ground.core.operations = under->operations;
    if (make_first(site, under->config->data, why, why_size))
        site->web = web_new(&ground, &under->config->web, why, why_size);
    if (site->web == NULL)
        site_free(&site);
    return site;
}

void site_free(struct site **site)
{
    struct site *old = *site;
    *site = NULL;
    if (old == NULL)
        return;
    web_free(&old->web);
    explicit_bzero(old, sizeof(*old));
    free(old);
}

void site_turn(struct site *site)
{
    if (site->web != NULL)
        web_turn(site->web);
}

void site_reload(struct site *site, const struct config *config)
{
    web_reload(site->web, &config->web, config);
}

void site_announce(struct site *site, const struct config *config)
{
    for (unsigned i = 0; i < config->web.listen_count; i++) {
        const struct web_listen *listen = &config->web.listen[i];
        char text[ADDRESS_SIZE];
        struct buffer out = buffer_over(text, sizeof(text));
        net_address_write(&listen->address, &out);
        printf("herald API: http%s://%.*s/api/v1/\n", listen->tls ? "s" : "",
               BYTES_ARGS(buffer_bytes(&out)));
    }
    if (site->first.text[0] != '\0')
        printf("herald token: %s (shown this once; it opens everything)\n", site->first.text);
    site->first = (struct web_secret){0};
}
