/* config_registrar.c: the lists of the registrar in the configuration file: bindings that are
 * always there, who may register for whom, and Service-Routes.
 *
 * Each is a list of groups, whose keys stand in a table like those of the file. Users and domains
 * are made canonical when the whole file is read, because `domains` may stand behind them. */
#include "config_internal.h"
#include "sip/fields.h"

#define FIELD(type, member) offsetof(type, member), sizeof(((type *)NULL)->member)

static bool take_q(struct config_reader *reader, const struct config_key *key,
                   config_setting_t *setting, void *field)
{
    int type = config_setting_type(setting);
    double q = type == CONFIG_TYPE_FLOAT ? config_setting_get_float(setting)
                                         : config_setting_get_int(setting);
    if ((type != CONFIG_TYPE_FLOAT && type != CONFIG_TYPE_INT) || !(q >= 0 && q <= 1))
        return config_fail(reader, setting, "%s must be a number from 0 to 1", key->path);
    *(unsigned *)field = (unsigned)(q * 1000 + 0.5);
    return true;
}

static bool take_contact(struct config_reader *reader, const struct config_key *key,
                         config_setting_t *setting, void *field)
{
    struct sip_uri uri;
    if (!config_take_text(reader, key, setting, field))
        return false;
    struct bytes text = bytes_of(*(const char **)field);
    if (verdict_ok(sip_uri_parse(text, &uri)) &&
        (uri.scheme == SIP_SCHEME_SIP || uri.scheme == SIP_SCHEME_SIPS))
        return true;
    return config_fail(reader, setting, "%s: \"%.*s\" is no SIP URI; write \"sip:...\"", key->path,
                       BYTES_ARGS(text));
}

static bool take_route(struct config_reader *reader, const struct config_key *key,
                       config_setting_t *setting, void *field)
{
    if (!config_take_text(reader, key, setting, field))
        return false;
    struct bytes rest = bytes_of(*(const char **)field), element, value;
    while (sip_list_next(&rest, &element)) {
        struct sip_address hop;
        if (!verdict_ok(sip_address_parse(element, &hop)) || hop.star ||
            !sip_parameter(hop.uri.parameters, "lr", &value))
            return config_fail(reader, setting, "%s: \"%.*s\" is no route; write \"<sip:HOST;lr>\"",
                               key->path, BYTES_ARGS(element));
    }
    return true;
}

static const struct config_key fixed_keys[] = {
    {"user", config_take_text, FIELD(struct registrar_fixed, user), 1, 1000, NULL, ""},
    {"contact", take_contact, FIELD(struct registrar_fixed, contact), 1, 1000, NULL, ""},
    {"q", take_q, FIELD(struct registrar_fixed, q), 0, 1, NULL, ""},
};
static const struct config_key deputy_keys[] = {
    {"user", config_take_text, FIELD(struct registrar_deputy, user), 1, 1000, NULL, ""},
    {"registers", config_take_text, FIELD(struct registrar_deputy, registers), 1, 1000, NULL, ""},
};
static const struct config_key route_keys[] = {
    {"domain", config_take_text, FIELD(struct registrar_route, domain), 1, 255, NULL, ""},
    {"route", take_route, FIELD(struct registrar_route, route), 1, 1000, NULL, ""},
};

#define KEYS(table)                                 \
    {                                               \
        (table), sizeof(table) / sizeof((table)[0]) \
    }
static const struct config_keys fixed_table = KEYS(fixed_keys), deputy_table = KEYS(deputy_keys),
                                route_table = KEYS(route_keys);

/* Takes one group; the two texts that begin its struct must be there. */
static bool take_entry(struct config_reader *reader, const struct config_key *key,
                       const struct config_keys *keys, config_setting_t *group, void *entry)
{
    const char *const *texts = entry;
    if (!config_take_group(reader, keys, group, "", entry))
        return false;
    for (size_t i = 0; i < 2; i++)
        if (texts[i] == NULL)
            return config_fail(reader, group, "%s: an entry without %s; add %s = \"...\";",
                               key->path, keys->keys[i].path, keys->keys[i].path);
    return true;
}

bool config_take_entries(struct config_reader *reader, const struct config_key *key,
                         const struct config_keys *keys, config_setting_t *setting, void *entries,
                         const void *usual, size_t *count)
{
    size_t size = key->size / key->most;
    int length = config_groups(reader, key, setting);
    *count = length < 0 ? 0 : (size_t)length;
    for (size_t i = 0; i < *count; i++) {
        void *entry = (char *)entries + i * size;
        memcpy(entry, usual, size);
        if (!take_entry(reader, key, keys, config_setting_get_elem(setting, (unsigned)i), entry))
            return false;
    }
    return length >= 0;
}

bool config_take_fixed(struct config_reader *reader, const struct config_key *key,
                       config_setting_t *setting, void *field)
{
    static const struct registrar_fixed usual = {.q = 1000};
    return config_take_entries(reader, key, &fixed_table, setting, field, &usual,
                               &reader->config->registrar.fixed_count);
}

bool config_take_deputies(struct config_reader *reader, const struct config_key *key,
                          config_setting_t *setting, void *field)
{
    static const struct registrar_deputy usual = {NULL, NULL};
    return config_take_entries(reader, key, &deputy_table, setting, field, &usual,
                               &reader->config->registrar.deputy_count);
}

bool config_take_routes(struct config_reader *reader, const struct config_key *key,
                        config_setting_t *setting, void *field)
{
    static const struct registrar_route usual = {NULL, NULL};
    return config_take_entries(reader, key, &route_table, setting, field, &usual,
                               &reader->config->registrar.route_count);
}

/* What is being made canonical: where it stands, for messages. */
struct place {
    struct config_reader *reader;
    const struct domains *domains;
    const config_t *file;
    const char *list; /* "registrar.static" */
    unsigned index;
};

static bool fail_at(const struct place *place, const char *key, const char *text, const char *what)
{
    char path[128];
    struct buffer out = buffer_over(path, sizeof(path) - 1);
    buffer_format(&out, "%s.[%u].%s", place->list, place->index, key);
    path[out.length] = '\0';
    return config_fail(place->reader, config_lookup(place->file, path), "%s: \"%s\" is no %s",
                       place->list, text, what);
}

/* Makes "alice" (of the first domain) or "alice@example.org" canonical. */
static bool canonical_user(const struct place *place, const char *key, const char **user)
{
    enum { SIZE = 2048 };
    struct buffer uri = buffer_over(arena_alloc(place->reader->arena, SIZE), SIZE);
    struct buffer aor = buffer_over(arena_alloc(place->reader->arena, SIZE), SIZE - 1);
    struct sip_uri parsed;
    bool whole = strchr(*user, '@') != NULL;
    buffer_format(&uri, "sip:%s%s%s", *user, whole ? "" : "@",
                  whole ? "" : domains_first(place->domains)->name);
    if (!verdict_ok(sip_uri_parse(buffer_bytes(&uri), &parsed)) || !parsed.has_user ||
        domains_write_aor(place->domains, &parsed, &aor) == NULL)
        return fail_at(place, key, *user, "user of a domain in `domains`");
    *user = aor.at; /* the arena's memory is zeroed */
    return true;
}

static bool check_fixed(struct place place, struct config *config)
{
    place.list = "registrar.static";
    for (; place.index < config->registrar.fixed_count; place.index++)
        if (!canonical_user(&place, "user", &config->fixed[place.index].user))
            return false;
    return true;
}

static bool check_deputies(struct place place, struct config *config)
{
    place.list = "registrar.third_party";
    for (; place.index < config->registrar.deputy_count; place.index++) {
        struct registrar_deputy *deputy = &config->deputies[place.index];
        if (!canonical_user(&place, "user", &deputy->user) ||
            !canonical_user(&place, "registers", &deputy->registers))
            return false;
    }
    return true;
}

static bool check_routes(struct place place, struct config *config)
{
    place.list = "registrar.service_route";
    for (; place.index < config->registrar.route_count; place.index++) {
        struct registrar_route *route = &config->routes[place.index];
        const struct domain *domain = domains_find(place.domains, bytes_of(route->domain));
        if (domain == NULL)
            return fail_at(&place, "domain", route->domain, "domain in `domains`");
        route->domain = arena_copy(place.reader->arena, bytes_of(domain->name)).at;
    }
    return true;
}

/* The answer to a REGISTER lists all Contacts of the user (RFC 3261 10.3 step 8), and goes back as
 * it came: in one datagram, where that is so. */
static bool check_answer(struct config_reader *reader, const config_t *file)
{
    enum {
        CONTACT_MORE = 32, /* of our own in each Contact */
        REST = 4096        /* of the answer, beside Path: Vias, tags, Service-Route */
    };
    const struct registrar_settings *registrar = &reader->config->registrar;
    uint64_t contacts =
        (uint64_t)registrar->bindings_max * (registrar->contact_max_bytes + CONTACT_MORE);
    uint64_t room = NET_DATAGRAM_MAX - REST - registrar->path_max_bytes;
    if (contacts <= room)
        return true;
    return config_fail(reader, config_lookup(file, "registrar"),
                       "%u contacts (registrar.bindings_max) of %u bytes "
                       "(registrar.contact_max_bytes) do not fit into one answer: lower one, "
                       "%llu bytes in all are the most",
                       registrar->bindings_max, registrar->contact_max_bytes,
                       (unsigned long long)room);
}

bool config_check_registrar(struct config_reader *reader, const config_t *file)
{
    struct domains *domains = config_domains(reader->config);
    const struct place place = {.reader = reader, .domains = domains, .file = file};
    bool good = check_fixed(place, reader->config) && check_deputies(place, reader->config) &&
                check_routes(place, reader->config) && check_answer(reader, file);
    domains_free(&domains);
    return good;
}
