/* config.c: reads the configuration file.
 *
 * The defaults are read first, from the sample file that config_keys.c writes; then the file, over
 * them. A file is walked setting by setting: each must have a key in the table, whose type takes
 * the value. The first fault ends the reading with one line for the operator.
 */
#include "config.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "config_internal.h"

enum { FILE_MAX_BYTES = 1048576 };

bool config_fail(struct config_reader *reader, const config_setting_t *setting, const char *format,
                 ...)
{
    struct buffer out = buffer_over(reader->why, reader->why_size);
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    if (vsnprintf(text, sizeof(text), format, arguments) < 0)
        text[0] = '\0';
    va_end(arguments);
    const char *file = setting != NULL ? config_setting_source_file(setting) : NULL;
    reader->line = setting != NULL ? config_setting_source_line(setting) : 0;
    buffer_text(&out, file != NULL ? file : reader->path);
    if (setting != NULL)
        buffer_format(&out, ":%u", config_setting_source_line(setting));
    buffer_format(&out, ": %s", text);
    buffer_char(&out, '\0');
    if (out.overflow)
        snprintf(reader->why, reader->why_size, "%s", text);
    return false;
}

static bool take_setting(struct config_reader *reader, const struct config_keys *keys,
                         config_setting_t *setting, const char *path, void *base)
{
    const struct config_key *key = config_find_key(keys, path);
    if (key != NULL && keys == &config_file_keys)
        config_said_note(reader, key, setting);
    if (key != NULL)
        return key->take(reader, key, setting, (char *)base + key->offset);
    if (!config_is_group(keys, path))
        return config_fail(reader, setting, "unknown key \"%s\"; the nearest known one is \"%s\"",
                           path, config_nearest_key(keys, path)->path);
    if (!config_setting_is_group(setting))
        return config_fail(reader, setting, "%s must be a group: %s: { ... };", path, path);
    return config_take_group(reader, keys, setting, path, base);
}

bool config_take_group(struct config_reader *reader, const struct config_keys *keys,
                       config_setting_t *group, const char *prefix, void *base)
{
    for (int i = 0; i < config_setting_length(group); i++) {
        config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
        char path[256];
        snprintf(path, sizeof(path), "%s%s%s", prefix, *prefix != '\0' ? "." : "",
                 config_setting_name(setting));
        if (!take_setting(reader, keys, setting, path, base))
            return false;
    }
    return true;
}

/* What must hold between two numbers. */
static const struct order {
    size_t less, more; /* offsets */
    const char *less_path, *more_path;
} orders[] = {
#define ORDER(less, more)                                                          \
    {                                                                              \
        offsetof(struct config, less), offsetof(struct config, more), #less, #more \
    }
    ORDER(registrar.expires_least_s, registrar.expires_usual_s),
    ORDER(registrar.expires_usual_s, registrar.expires_most_s),
    ORDER(transaction.t1_ms, transaction.t2_ms),
    ORDER(net.connections_per_address_max, net.connections_max),
    ORDER(http.pause_least_ms, http.pause_most_ms),
    ORDER(web.connections_max_per_address, web.connections_max),
#undef ORDER
};

static bool check_orders(struct config_reader *reader, const config_t *file)
{
    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        const struct order *order = &orders[i];
        unsigned less =
            *(const unsigned *)(const void *)((const char *)reader->config + order->less);
        unsigned more =
            *(const unsigned *)(const void *)((const char *)reader->config + order->more);
        if (less <= more)
            continue;
        const config_setting_t *at = config_lookup(file, order->less_path);
        if (at == NULL)
            at = config_lookup(file, order->more_path);
        return config_fail(reader, at, "%s (%u) must not be above %s (%u)", order->less_path, less,
                           order->more_path, more);
    }
    const struct transaction_settings *times = &reader->config->transaction;
    if (times->t2_ms > 64 * times->t1_ms) /* RFC 3261 17.1.2.2: timer F would end it before */
        return config_fail(reader, config_lookup(file, "transaction"),
                           "transaction.t2_ms (%u) must not be above 64 * transaction.t1_ms (%u)",
                           times->t2_ms, 64 * times->t1_ms);
    if (reader->config->net.head_max_bytes > reader->config->net.message_max_bytes)
        return config_fail(reader, config_lookup(file, "net"),
                           "net.head_max_bytes must not be above net.message_max_bytes");
    return true;
}

/* Parses `text` and takes what it sets. */
static bool take_text(struct config_reader *reader, const char *text)
{
    config_t file;
    config_init(&file);
    if (reader->folder != NULL)
        config_set_include_dir(&file, reader->folder);
    bool taken = false;
    if (config_read_string(&file, text) != CONFIG_TRUE) {
        const char *name = config_error_file(&file);
        reader->line = (unsigned)config_error_line(&file);
        snprintf(reader->why, reader->why_size, "%s:%d: %s (a setting is: key = value;)",
                 name != NULL ? name : reader->path, config_error_line(&file),
                 config_error_text(&file));
    } else {
        taken = config_take_group(reader, &config_file_keys, config_root_setting(&file), "",
                                  reader->config) &&
                check_orders(reader, &file) && config_check_registrar(reader, &file);
    }
    config_destroy(&file);
    return taken;
}

static struct config_reader reader_new(char *why, size_t why_size)
{
    struct arena *arena = memory_new(sizeof(*arena));
    arena_init(arena, 0);
    struct config *config = memory_new(sizeof(*config));
    config->memory = arena;
    return (struct config_reader){
        .config = config, .arena = arena, .why = why, .why_size = why_size};
}

static void take_defaults(struct config_reader *reader)
{
    char *text = memory_new(CONFIG_SAMPLE_SIZE);
    struct buffer sample = buffer_over(text, CONFIG_SAMPLE_SIZE - 1);
    config_write_sample(&sample);
    config_said_begin(reader);
    bool taken = take_text(reader, text);
    assert(taken); /* the table of keys contradicts itself */
    (void)taken;
    free(text);
}

/* The text of an address where we are reached; NULL when it says nothing. */
static const char *host_text(struct config *config, const struct net_address *address)
{
    char text[64];
    struct buffer host = buffer_over(text, sizeof(text));
    if (address->family == 0 || net_address_is_any(address))
        return NULL;
    net_address_write_host(address, &host);
    return arena_copy(config->memory, buffer_bytes(&host)).at;
}

static void add_origin(const char **list, size_t *count, const char *host)
{
    if (host != NULL)
        list[(*count)++] = host;
}

/* Whose pages may connect: as configured, else those of the names and addresses that are ours. */
static const char *const *origins_of(struct config *config)
{
    size_t most = CONFIG_ORIGINS_MAX + CONFIG_DOMAINS_MAX * (1 + (size_t)CONFIG_ALIASES_MAX) +
                  2 * (size_t)CONFIG_LISTEN_MAX;
    size_t count = 0;
    const char **list = arena_alloc(config->memory, (most + 1) * sizeof(*list));
    for (unsigned i = 0; i < config->origin_count; i++)
        add_origin(list, &count, config->origins[i]);
    for (unsigned i = 0; config->origin_count == 0 && i < config->domain_count; i++) {
        const struct config_domain *domain = &config->domains[i];
        add_origin(list, &count, domain->domain.name);
        for (unsigned j = 0; j < domain->alias_count; j++)
            add_origin(list, &count, domain->aliases[j]);
    }
    for (unsigned i = 0; config->origin_count == 0 && i < config->listen_count; i++) {
        add_origin(list, &count, host_text(config, &config->listen[i].address));
        add_origin(list, &count, host_text(config, &config->listen[i].public));
    }
    list[count] = NULL;
    return list;
}

/* The defaults of the domains that have one, then that of the others. */
static void share_policy(struct config *config)
{
    unsigned count = 0;
    for (unsigned i = 0; i < config->domain_count; i++) {
        const struct config_domain *domain = &config->domains[i];
        if (domain->policy.given)
            config->policy_domains[count++] =
                (struct policy_domain){domain->domain.name, domain->policy.usual};
    }
    config->policy_domains[count++] = (struct policy_domain){"", config->policy_usual.usual};
    config->policy.domains = config->policy_domains;
    config->policy.domain_count = count;
}

/* The same for what registrations say of presence. */
static void share_registration(struct config *config)
{
    unsigned count = 0;
    for (unsigned i = 0; i < config->domain_count; i++) {
        const struct config_domain *domain = &config->domains[i];
        if (domain->registration.given)
            config->registration_domains[count++] =
                (struct presence_domain){domain->domain.name, domain->registration.counts};
    }
    config->presence.registration = config->registration_usual.counts;
    config->presence.domains = config->registration_domains;
    config->presence.domain_count = count;
}

/* The registrar knows the services, and push how to reach them. */
static void share_gateways(struct config *config)
{
    config->push.gateways = config->gateways;
    config->registrar.providers = config->providers;
    config->registrar.provider_count = config->push.gateway_count;
    for (size_t i = 0; i < config->push.gateway_count; i++)
        config->providers[i] =
            (struct registrar_provider){config->gateways[i].provider, config->gateways[i].param};
}

/* What other parts read through their settings. */
static void share(struct config *config)
{
    share_policy(config);
    share_registration(config);
    config->net.ws_origins = origins_of(config);
    config->store.folder = config->data;
    config->web.folder = config->data;
    config->web.limits = (struct web_limits){.buddies_max = config->buddies_max,
                                             .rules_max_bytes = config->rules_max_bytes,
                                             .aliases_max = config->aliases_max,
                                             .webhooks_max = config->webhooks.max,
                                             .plain_webhooks = config->webhooks.plain_anywhere,
                                             .local_webhooks = config->webhooks.local,
                                             .secret_grace_s = config->webhooks.secret_grace_s,
                                             .backups_max = config->backup_keep,
                                             .domains_max = config->domains_max,
                                             .list_user = config->im.list_user};
    config->front.trusted = config->trusted;
    config->front.trusted_count = config->trusted_count;
    config->registrar.fixed = config->fixed;
    config->registrar.deputies = config->deputies;
    config->registrar.routes = config->routes;
    share_gateways(config);
}

struct config *config_default(const char *data)
{
    char why[256];
    struct config_reader reader = reader_new(why, sizeof(why));
    take_defaults(&reader);
    reader.config->file = "defaults";
    reader.config->data = arena_copy(reader.arena, bytes_of(data)).at;
    share(reader.config);
    return reader.config;
}

/* The whole file as a text; NULL with a message. */
static char *file_text(struct config_reader *reader)
{
    FILE *file = fopen(reader->path, "re");
    struct stat is;
    if (file == NULL || fstat(fileno(file), &is) != 0) {
        config_fail(reader, NULL, "cannot be read: %s; %s with --config FILE", strerror(errno),
                    errno == EACCES ? "give this user the right to read it, or name another one"
                                    : "make it, or name another one");
        if (file != NULL)
            fclose(file);
        return NULL;
    }
    char *text = memory_new(FILE_MAX_BYTES + 1);
    size_t length = S_ISDIR(is.st_mode) ? 0 : fread(text, 1, FILE_MAX_BYTES + 1, file);
    bool failed = ferror(file) != 0;
    fclose(file);
    if (S_ISDIR(is.st_mode))
        config_fail(reader, NULL, "is a folder; name the configuration file in it");
    else if (failed)
        config_fail(reader, NULL, "cannot be read: %s", strerror(errno));
    else if (length > FILE_MAX_BYTES)
        config_fail(reader, NULL, "is longer than %d bytes; is it a configuration file?",
                    FILE_MAX_BYTES);
    else if (strnlen(text, length) < length)
        config_fail(reader, NULL, "holds a zero byte; is it a configuration file?");
    else
        return text;
    free(text);
    return NULL;
}

/* The folder of a path, absolute when the system can tell, in the arena. */
static const char *folder_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    struct bytes folder = BYTES(".");
    if (slash != NULL)
        folder = bytes_from(path, slash == path ? 1 : (size_t)(slash - path));
    folder = arena_copy(arena, folder);
    char *real = realpath(folder.at, NULL);
    if (real == NULL)
        return folder.at;
    folder = arena_copy(arena, bytes_of(real));
    free(real);
    return folder.at;
}

struct config *config_read_text(const char *path, const char *given, char *why, size_t why_size,
                                unsigned *line)
{
    assert(path != NULL && why_size > 0);
    struct config_reader reader = reader_new(why, why_size);
    take_defaults(&reader);
    reader.path = reader.config->file = arena_copy(reader.arena, bytes_of(path)).at;
    reader.folder = folder_of(reader.arena, path);
    char *text = given != NULL ? memory_copy(bytes_of(given)) : file_text(&reader);
    if (text == NULL || !take_text(&reader, text))
        config_free(&reader.config);
    else
        share(reader.config);
    free(text);
    *line = reader.line;
    return reader.config;
}

struct config *config_load(const char *path, char *why, size_t why_size)
{
    unsigned line;
    return config_read_text(path, NULL, why, why_size, &line);
}

void config_free(struct config **config)
{
    struct config *old = *config;
    *config = NULL;
    if (old == NULL)
        return;
    arena_release(old->memory);
    free(old->memory);
    free(old);
}

/* An address where we are reached is an alias of the first domain. */
static void add_listener(struct domains *domains, const struct net_address *address)
{
    char text[64];
    struct buffer host = buffer_over(text, sizeof(text));
    if (address->family == 0)
        return;
    if (!net_address_is_any(address))
        net_address_write_host(address, &host);
    domains_add_listener(domains, buffer_bytes(&host), address->port);
}

struct domains *config_domains(const struct config *config)
{
    struct domains *domains = domains_new();
    for (unsigned i = 0; i < config->domain_count; i++)
        domains_add(domains, &config->domains[i].domain);
    for (unsigned i = 0; i < config->domain_count; i++) {
        const struct config_domain *domain = &config->domains[i];
        for (unsigned j = 0; j < domain->alias_count; j++)
            domains_add_alias(domains, domain->domain.name, bytes_of(domain->aliases[j]));
    }
    for (unsigned i = 0; i < config->listen_count; i++) {
        add_listener(domains, &config->listen[i].address);
        add_listener(domains, &config->listen[i].public);
    }
    return domains;
}
