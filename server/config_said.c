/* config_said.c: what the file says of each key, for people who ask a running server.
 *
 * Every setting is noted as JSON when it is read: the defaults first, then the file over them, so
 * that what is left unsaid has its default. What is noted is exact, so that two readings can be
 * compared; secrets are masked when it is shown. */
#include <assert.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/memory.h"
#include "config.h"
#include "config_internal.h"

/* What a reload takes over: keys, or (with a dot at the end) whole groups. `domains` is not here
 * for its names; what else changes there counts at once. */
static const char *const live_keys[] = {
    "trusted",
    "peers",
    "policy.",
    "log.level",
    "tls.ca",
    "tls.crl",
    "tls.warn_days",
    "tls.client_certificate",
    "guard.",
    "front.",
    "registrar.",
    "proxy.",
    "im.",
    "presence.",
    "http.",
    "push.",
    "web.ask_ms",
    "web.asks_max",
    "web.rate_max",
    "web.failures_max",
    "web.origins",
    "web.certificate",
    "web.key",
    "backup.keep",
    "web.domains_max",
    "webhooks.",
};

static bool is_live(const char *path)
{
    if (strcmp(path, "presence.on_the_phone") == 0) /* sources are put together at the start */
        return false;
    for (size_t i = 0; i < sizeof(live_keys) / sizeof(live_keys[0]); i++) {
        size_t length = strlen(live_keys[i]);
        bool group = live_keys[i][length - 1] == '.';
        if (group ? strncmp(path, live_keys[i], length) == 0 : strcmp(path, live_keys[i]) == 0)
            return true;
    }
    return false;
}

/* Noting. */

static json_t *json_of(const config_setting_t *setting);

static json_t *json_of_many(const config_setting_t *setting)
{
    bool named = config_setting_is_group(setting) == CONFIG_TRUE;
    json_t *all = named ? json_object() : json_array();
    for (int i = 0; i < config_setting_length(setting); i++) {
        const config_setting_t *one = config_setting_get_elem(setting, (unsigned)i);
        if (named)
            json_object_set_new(all, config_setting_name(one), json_of(one));
        else
            json_array_append_new(all, json_of(one));
    }
    return all;
}

static json_t *json_of_text(const char *text)
{
    json_t *value = json_string(text);
    return value != NULL ? value : json_string("(no UTF-8)");
}

static json_t *json_of(const config_setting_t *setting)
{
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_INT:
        return json_integer(config_setting_get_int(setting));
    case CONFIG_TYPE_INT64:
        return json_integer(config_setting_get_int64(setting));
    case CONFIG_TYPE_FLOAT:
        return json_real(config_setting_get_float(setting));
    case CONFIG_TYPE_BOOL:
        return json_boolean(config_setting_get_bool(setting));
    case CONFIG_TYPE_STRING:
        return json_of_text(config_setting_get_string(setting));
    default:
        return json_of_many(setting);
    }
}

void config_said_begin(struct config_reader *reader)
{
    size_t bytes = config_file_keys.count * sizeof(struct config_said);
    reader->path = "defaults";
    reader->config->said = arena_alloc(reader->arena, bytes);
    memset(reader->config->said, 0, bytes);
}

void config_said_note(struct config_reader *reader, const struct config_key *key,
                      const config_setting_t *setting)
{
    struct config_said *said = &reader->config->said[key - config_file_keys.keys];
    const char *file = config_setting_source_file(setting);
    json_t *value = json_of(setting);
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
    json_decref(value);
    assert(text != NULL);
    *said = (struct config_said){.value = arena_copy(reader->arena, bytes_of(text)).at};
    free(text);
    if (reader->folder == NULL) /* the defaults */
        return;
    said->file = arena_copy(reader->arena, bytes_of(file != NULL ? file : reader->path)).at;
    said->line = config_setting_source_line(setting);
}

/* Showing. */

/* Members that hold what opens something. */
static bool is_secret(const char *name)
{
    static const char *const words[] = {"header", "secret", "password", "token"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(name, words[i]) == 0)
            return true;
    return false;
}

static void mask(json_t *value)
{
    const char *name;
    size_t i;
    json_t *one;
    json_array_foreach(value, i, one)
    {
        mask(one);
    }
    json_object_foreach(value, name, one)
    {
        if (is_secret(name))
            json_string_set(one, "***");
        else
            mask(one);
    }
}

static bool differs(const struct config *a, const struct config *b, size_t key)
{
    return strcmp(a->said[key].value, b->said[key].value) != 0;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* The names of the domains need a restart, and how their users prove themselves. */
static bool domains_wait(const struct config *a, const struct config *b)
{
    bool same = a->domain_count == b->domain_count;
    for (unsigned i = 0; same && i < a->domain_count; i++) {
        const struct config_domain *mine = &a->domains[i], *other = &b->domains[i];
        same = same_text(mine->domain.name, other->domain.name) &&
               mine->alias_count == other->alias_count &&
               mine->domain.algorithm_count == other->domain.algorithm_count &&
               mine->domain.integrity == other->domain.integrity &&
               memcmp(mine->domain.algorithms, other->domain.algorithms,
                      sizeof(mine->domain.algorithms)) == 0;
        for (unsigned j = 0; same && j < mine->alias_count; j++)
            same = same_text(mine->aliases[j], other->aliases[j]);
    }
    return !same;
}

/* Does the change of a key wait for a restart? */
static bool waits(const struct config *first, const struct config *now, size_t key)
{
    const char *path = config_file_keys.keys[key].path;
    if (!differs(first, now, key) || is_live(path))
        return false;
    return strcmp(path, "domains") != 0 || domains_wait(first, now);
}

void config_view_all(const struct config *config, const struct config *first,
                     void (*visit)(void *context, const struct config_view *view), void *context)
{
    for (size_t i = 0; i < config_file_keys.count; i++) {
        const struct config_key *key = &config_file_keys.keys[i];
        const struct config_said *said = &config->said[i];
        struct config_view view = {
            .key = key->path,
            .help = key->help,
            .file = said->file,
            .line = said->line,
            .live = is_live(key->path),
            .waits = waits(first, config, i),
            .value = json_loads(said->value, JSON_DECODE_ANY, NULL),
        };
        mask(view.value);
        visit(context, &view);
        json_decref(view.value);
    }
}

void config_differences(const struct config *old, const struct config *fresh,
                        const struct config *first,
                        void (*visit)(void *context, const char *key, bool live), void *context)
{
    for (size_t i = 0; i < config_file_keys.count; i++)
        if (differs(old, fresh, i))
            visit(context, config_file_keys.keys[i].path, !waits(first, fresh, i));
}
