/* config_values.c: how each type of value is taken from the configuration file.
 *
 * Every function checks type and range first and leaves the field alone when it refuses. Lists
 * replace what stood there (the default) as a whole.
 */
#include <assert.h>

#include "config_internal.h"

bool config_take_number(struct config_reader *reader, const struct config_key *key,
                        config_setting_t *setting, void *field)
{
    int type = config_setting_type(setting);
    long long value = config_setting_get_int64(setting);
    if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64)
        return config_fail(reader, setting, "%s must be a whole number from %llu to %llu",
                           key->path, (unsigned long long)key->least,
                           (unsigned long long)key->most);
    if (value < 0 || (uint64_t)value < key->least || (uint64_t)value > key->most)
        return config_fail(reader, setting, "%s = %lld is out of range; it can be %llu to %llu",
                           key->path, value, (unsigned long long)key->least,
                           (unsigned long long)key->most);
    if (key->size == sizeof(unsigned)) {
        assert(key->most <= UINT32_MAX);
        *(unsigned *)field = (unsigned)value;
    } else {
        assert(key->size == sizeof(uint64_t) && sizeof(uint64_t) == sizeof(size_t));
        *(uint64_t *)field = (uint64_t)value;
    }
    return true;
}

/* A text of the allowed length without control characters, in the arena; NULL with a message. */
static const char *text_of(struct config_reader *reader, const struct config_key *key,
                           config_setting_t *setting)
{
    const char *text = config_setting_get_string(setting);
    if (text == NULL) {
        config_fail(reader, setting, "%s must be a text in quotes", key->path);
        return NULL;
    }
    size_t length = strlen(text);
    if (length < key->least || length > key->most) {
        config_fail(reader, setting, "%s has %zu %s; it can have %llu to %llu", key->path, length,
                    word_for(length, "character", "characters"), (unsigned long long)key->least,
                    (unsigned long long)key->most);
        return NULL;
    }
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f) {
            config_fail(reader, setting, "%s holds a control character", key->path);
            return NULL;
        }
    }
    return arena_copy(reader->arena, bytes_of(text)).at;
}

bool config_take_text(struct config_reader *reader, const struct config_key *key,
                      config_setting_t *setting, void *field)
{
    const char *text = text_of(reader, key, setting);
    if (text != NULL)
        *(const char **)field = text;
    return text != NULL;
}

/* "data/herald.log" below the file's folder; "." is that folder; "" gives NULL. */
bool config_take_path(struct config_reader *reader, const struct config_key *key,
                      config_setting_t *setting, void *field)
{
    const char *text = text_of(reader, key, setting);
    if (text == NULL)
        return false;
    const char **path = field;
    *path = *text != '\0' ? text : NULL;
    if (*text == '\0' || *text == '/' || reader->folder == NULL)
        return true;
    if (strcmp(text, ".") == 0) {
        *path = reader->folder;
        return true;
    }
    size_t size = strlen(reader->folder) + 1 + strlen(text) + 1;
    struct buffer whole = buffer_over(arena_alloc(reader->arena, size), size);
    buffer_format(&whole, "%s/%s", reader->folder, text);
    *path = whole.at;
    return true;
}

enum { CHOICES_MAX = 8 };

/* The names that a setting may have, by their number, NULL-ended. */
struct choices {
    const char *names[CHOICES_MAX + 1];
};

/* The number of the name that the setting has; -1 with a message that lists them. */
static int take_choice(struct config_reader *reader, const struct config_key *key,
                       config_setting_t *setting, const struct choices *choices)
{
    const char *text = config_setting_get_string(setting);
    char list[256];
    struct buffer out = buffer_over(list, sizeof(list) - 1);
    for (int i = 0; choices->names[i] != NULL; i++) {
        if (text != NULL && strcmp(text, choices->names[i]) == 0)
            return i;
        buffer_format(&out, "%s\"%s\"", i > 0 ? ", " : "", choices->names[i]);
    }
    assert(!out.overflow);
    list[out.length] = '\0';
    config_fail(reader, setting, "%s must be one of %s", key->path, list);
    return -1;
}

bool config_take_level(struct config_reader *reader, const struct config_key *key,
                       config_setting_t *setting, void *field)
{
    static const struct choices levels = {{[LOG_ERROR] = "error",
                                           [LOG_WARNING] = "warning",
                                           [LOG_INFO] = "info",
                                           [LOG_DEBUG] = "debug"}};
    int level = take_choice(reader, key, setting, &levels);
    if (level >= 0)
        *(enum log_level *)field = (enum log_level)level;
    return level >= 0;
}

static bool read_asking(struct bytes word, enum net_asking *asking)
{
    static const char *const words[] = {
        [NET_ASK_AS_USUAL] = "auto",
        [NET_ASK_NOTHING] = "no",
        [NET_ASK_CERTIFICATE] = "ask",
        [NET_ASK_VALID] = "require",
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (bytes_equal(word, bytes_of(words[i]))) {
            *asking = (enum net_asking)i;
            return true;
        }
    }
    return false;
}

bool config_take_asking(struct config_reader *reader, const struct config_key *key,
                        config_setting_t *setting, void *field)
{
    const char *text = config_setting_get_string(setting);
    if (text != NULL && read_asking(bytes_of(text), field))
        return true;
    return config_fail(reader, setting, "%s must be one of \"auto\", \"no\", \"ask\", \"require\"",
                       key->path);
}

bool config_take_timeout(struct config_reader *reader, const struct config_key *key,
                         config_setting_t *setting, void *field)
{
    static const struct choices timeouts = {
        {[PRESENCE_TIMEOUT_ENDS] = "end", [PRESENCE_TIMEOUT_RETRIES] = "retry"}};
    int timeout = take_choice(reader, key, setting, &timeouts);
    if (timeout >= 0)
        *(enum presence_timeout *)field = (enum presence_timeout)timeout;
    return timeout >= 0;
}

/* True for "" where that leaves it to what holds for all domains. */
static bool is_left_open(const struct config_key *key, const config_setting_t *setting)
{
    const char *text = config_setting_get_string(setting);
    return key->least == 0 && text != NULL && *text == '\0';
}

bool config_take_policy(struct config_reader *reader, const struct config_key *key,
                        config_setting_t *setting, void *field)
{
    static const struct choices defaults = {{[POLICY_DOMAIN] = "domain",
                                             [POLICY_BUDDIES] = "buddies",
                                             [POLICY_ASK] = "ask",
                                             [POLICY_EVERYBODY] = "everybody",
                                             [POLICY_NOBODY] = "nobody"}};
    struct config_policy *policy = field;
    if (is_left_open(key, setting)) {
        *policy = (struct config_policy){.given = false};
        return true;
    }
    int usual = take_choice(reader, key, setting, &defaults);
    if (usual >= 0)
        *policy = (struct config_policy){true, (enum policy_default)usual};
    return usual >= 0;
}

bool config_take_registration(struct config_reader *reader, const struct config_key *key,
                              config_setting_t *setting, void *field)
{
    static const struct choices meanings = {{[PRESENCE_REGISTRATION_IGNORE] = "ignore",
                                             [PRESENCE_REGISTRATION_FALLBACK] = "fallback",
                                             [PRESENCE_REGISTRATION_RULE] = "rule"}};
    struct config_registration *registration = field;
    if (is_left_open(key, setting)) {
        *registration = (struct config_registration){.given = false};
        return true;
    }
    int counts = take_choice(reader, key, setting, &meanings);
    if (counts >= 0)
        *registration = (struct config_registration){true, (enum presence_registration)counts};
    return counts >= 0;
}

bool config_take_proxy_mode(struct config_reader *reader, const struct config_key *key,
                            config_setting_t *setting, void *field)
{
    static const struct choices modes = {{[PROXY_RELAY] = "relay", [PROXY_REDIRECT] = "redirect"}};
    int mode = take_choice(reader, key, setting, &modes);
    if (mode >= 0)
        *(enum proxy_mode *)field = (enum proxy_mode)mode;
    return mode >= 0;
}

bool config_take_switch(struct config_reader *reader, const struct config_key *key,
                        config_setting_t *setting, void *field)
{
    static const struct choices states = {{"off", "on"}};
    int state = take_choice(reader, key, setting, &states);
    if (state >= 0)
        *(bool *)field = state == 1;
    return state >= 0;
}

bool config_take_accept(struct config_reader *reader, const struct config_key *key,
                        config_setting_t *setting, void *field)
{
    static const struct choices whose = {{[IM_ACCEPT_EVERYBODY] = "everybody",
                                          [IM_ACCEPT_DOMAIN] = "domain",
                                          [IM_ACCEPT_ROSTER] = "roster"}};
    int accept = take_choice(reader, key, setting, &whose);
    if (accept >= 0)
        *(enum im_accept *)field = (enum im_accept)accept;
    return accept >= 0;
}

int config_list_length(struct config_reader *reader, const struct config_key *key,
                       config_setting_t *setting)
{
    if (config_setting_get_string(setting) != NULL)
        return 1;
    if (!config_setting_is_array(setting) && !config_setting_is_list(setting)) {
        config_fail(reader, setting, "%s must be a list of texts: [ \"...\", \"...\" ]", key->path);
        return -1;
    }
    int length = config_setting_length(setting);
    if ((uint64_t)length < key->least || (uint64_t)length > key->most) {
        config_fail(reader, setting, "%s has %d %s; it can have %llu to %llu", key->path, length,
                    word_for((unsigned)length, "value", "values"), (unsigned long long)key->least,
                    (unsigned long long)key->most);
        return -1;
    }
    return length;
}

const char *config_list_text(struct config_reader *reader, const struct config_key *key,
                             config_setting_t *setting, int index)
{
    const char *text = config_setting_get_string(setting);
    if (text == NULL)
        text = config_setting_get_string_elem(setting, index);
    if (text == NULL)
        config_fail(reader, setting, "%s must be a list of texts: [ \"...\", \"...\" ]", key->path);
    return text;
}

static bool listen_add(struct config *config, enum net_protocol protocol,
                       const struct net_listen *listen)
{
    for (unsigned i = 0; i < config->listen_count; i++) {
        if (config->listen[i].protocol == protocol &&
            net_address_equal(&config->listen[i].address, &listen->address))
            return false;
    }
    if (config->listen_count == CONFIG_LISTEN_MAX)
        return false;
    config->listen[config->listen_count] = *listen;
    config->listen[config->listen_count++].protocol = protocol;
    return true;
}

/* "ADDRESS:PORT", or "ADDRESS:PORT=PUBLIC:PORT". */
static bool listen_parse_places(struct bytes text, uint16_t port, struct net_listen *listen)
{
    ptrdiff_t equals = bytes_index(text, '=');
    struct bytes own = equals >= 0 ? bytes_first(text, (size_t)equals) : text;
    if (!net_address_parse_with_port(own, port, &listen->address) || listen->address.port == 0)
        return false;
    if (equals < 0)
        return true;
    return net_address_parse_with_port(bytes_skip(text, (size_t)equals + 1), listen->address.port,
                                       &listen->public) &&
           listen->public.port != 0 && !net_address_is_any(&listen->public);
}

/* Behind a place with TLS perhaps what is asked of clients. */
static bool listen_parse(struct bytes text, uint16_t port, struct net_listen *listen)
{
    ptrdiff_t space = bytes_index(text, ' ');
    if (space >= 0 && (!net_is_secure(listen->protocol) ||
                       !read_asking(bytes_trim(bytes_skip(text, (size_t)space)), &listen->asking)))
        return false;
    return listen_parse_places(space >= 0 ? bytes_first(text, (size_t)space) : text, port, listen);
}

/* One listener of "udp:..." and the like, two of a bare address. */
static bool take_listen(struct config_reader *reader, config_setting_t *setting, const char *text)
{
    struct bytes rest = bytes_of(text);
    struct net_listen listen = {.protocol = NET_UDP};
    bool named = net_protocol_of(bytes_split(&rest, ':'), &listen.protocol);
    if (!listen_parse(named ? rest : bytes_of(text), net_default_port(listen.protocol), &listen))
        return config_fail(
            reader, setting,
            "listen: \"%s\" is no address and port; write \"127.0.0.1:5060\", "
            "\"[::1]:5060\", \"udp:...\", \"tcp:...\", \"tls:...\", \"ws:...\", "
            "\"wss:...\", behind a NAT \"10.0.0.5:5060=203.0.113.5:5060\", for clients "
            "with a certificate \"tls:... require\"",
            text);
    if (!listen_add(reader->config, listen.protocol, &listen) ||
        (!named && !listen_add(reader->config, NET_TCP, &listen)))
        return config_fail(reader, setting, "listen: \"%s\" stands there twice, or is one too many",
                           text);
    return true;
}

bool config_take_listen(struct config_reader *reader, const struct config_key *key,
                        config_setting_t *setting, void *field)
{
    (void)field;
    int length = config_list_length(reader, key, setting);
    if (length < 0)
        return false;
    reader->config->listen_count = 0;
    for (int i = 0; i < length; i++) {
        const char *text = config_list_text(reader, key, setting, i);
        if (text == NULL || !take_listen(reader, setting, text))
            return false;
    }
    return true;
}

/* As c-ares wants them: "ADDRESS:PORT,...", IPv6 in brackets. NULL for none. */
bool config_take_servers(struct config_reader *reader, const struct config_key *key,
                         config_setting_t *setting, void *field)
{
    enum { PORT_DNS = 53, ADDRESS_CHARS = 64 };
    int length = config_list_length(reader, key, setting);
    if (length < 0)
        return false;
    size_t size = (size_t)length * ADDRESS_CHARS + 1;
    struct buffer servers = buffer_over(arena_alloc(reader->arena, size), size - 1);
    for (int i = 0; i < length; i++) {
        const char *text = config_list_text(reader, key, setting, i);
        struct net_address address;
        if (text == NULL)
            return false;
        if (!net_address_parse_with_port(bytes_of(text), PORT_DNS, &address) || address.port == 0)
            return config_fail(reader, setting,
                               "%s: \"%s\" is no address; write \"192.0.2.53\", "
                               "\"127.0.0.1:5353\" or \"[::1]:53\"",
                               key->path, text);
        buffer_text(&servers, i > 0 ? "," : "");
        net_address_write(&address, &servers);
    }
    assert(!servers.overflow);
    *(const char **)field = length > 0 ? servers.at : NULL;
    return true;
}

bool config_take_networks(struct config_reader *reader, const struct config_key *key,
                          config_setting_t *setting, void *field)
{
    (void)field;
    struct config *config = reader->config;
    int length = config_list_length(reader, key, setting);
    if (length < 0)
        return false;
    config->trusted_count = 0;
    for (int i = 0; i < length; i++) {
        const char *text = config_list_text(reader, key, setting, i);
        if (text == NULL)
            return false;
        if (!net_network_parse(bytes_of(text), &config->trusted[config->trusted_count++]))
            return config_fail(reader, setting,
                               "%s: \"%s\" is no address or network; write \"192.0.2.5\" or "
                               "\"10.0.0.0/8\"",
                               key->path, text);
    }
    return true;
}

/* An address in its usual form, in the arena: two spellings of one address are one name. */
static const char *address_text(struct arena *arena, const struct net_address *address)
{
    enum { SIZE = 64 };
    struct buffer text = buffer_over(arena_alloc(arena, SIZE), SIZE - 1);
    net_address_write_host(address, &text);
    return text.at;
}

/* A host name in lower case, or an address (IPv6 in brackets), in the arena; NULL: neither. */
static const char *host_of(struct arena *arena, const char *text)
{
    struct bytes host = bytes_of(text);
    struct net_address address;
    if (bytes_empty(host) || host.length > 255)
        return NULL;
    if (host.at[0] == '[')
        return net_address_parse(host, 0, &address) ? address_text(arena, &address) : NULL;
    if (host.length > 1 && host.at[host.length - 1] == '.')
        host.length--; /* a fully qualified name */
    char *name = arena_alloc(arena, host.length + 1);
    for (size_t i = 0; i < host.length; i++) {
        char c = ascii_lower(host.at[i]);
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '.')
            return NULL;
        name[i] = c;
    }
    return name[0] == '-' || name[0] == '.' ? NULL : name;
}

/* Domains, or "*". */
bool config_take_peers(struct config_reader *reader, const struct config_key *key,
                       config_setting_t *setting, void *field)
{
    struct policy_settings *policy = field;
    int length = config_list_length(reader, key, setting);
    policy->peer_count = 0;
    for (int i = 0; i < length; i++) {
        const char *text = config_list_text(reader, key, setting, i);
        if (text == NULL)
            return false;
        const char *name = strcmp(text, "*") == 0 ? "*" : host_of(reader->arena, text);
        if (name == NULL)
            return config_fail(reader, setting, "%s: \"%s\" is no domain; \"*\" means all",
                               key->path, text);
        policy->peers[policy->peer_count++] = name;
    }
    return length >= 0;
}

bool config_take_publishers(struct config_reader *reader, const struct config_key *key,
                            config_setting_t *setting, void *field)
{
    struct presence_settings *presence = field;
    int length = config_list_length(reader, key, setting);
    presence->publisher_count = 0;
    for (int i = 0; i < length; i++) {
        const char *text = config_list_text(reader, key, setting, i);
        if (text == NULL)
            return false;
        const char *at = strrchr(text, '@');
        const char *host = at != NULL && at > text ? host_of(reader->arena, at + 1) : NULL;
        if (host == NULL)
            return config_fail(reader, setting, "%s: \"%s\" is no user like \"pbx@example.org\"",
                               key->path, text);
        size_t user = (size_t)(at - text) + 1, size = user + strlen(host) + 1;
        char *name = arena_alloc(reader->arena, size);
        memcpy(name, text, user);
        memcpy(name + user, host, size - user);
        presence->publishers[presence->publisher_count++] = name;
    }
    return length >= 0;
}

bool config_take_quiet(struct config_reader *reader, const struct config_key *key,
                       config_setting_t *setting, void *field)
{
    struct im_settings *im = field;
    int length = config_list_length(reader, key, setting);
    im->quiet_count = 0;
    for (int i = 0; i < length; i++) {
        const char *text = config_list_text(reader, key, setting, i);
        const char *name = text != NULL ? host_of(reader->arena, text) : NULL;
        if (text == NULL)
            return false;
        if (name == NULL)
            return config_fail(reader, setting, "%s: \"%s\" is no domain", key->path, text);
        im->quiet[im->quiet_count++] = name;
    }
    return length >= 0;
}

/* Texts like "text/plain": how many, -1 with a message. */
static int take_types(struct config_reader *reader, const struct config_key *key,
                      config_setting_t *setting, const char **types)
{
    int length = config_list_length(reader, key, setting);
    for (int i = 0; i < length; i++) {
        const char *text = config_list_text(reader, key, setting, i);
        if (text == NULL)
            return -1;
        types[i] = arena_copy(reader->arena, bytes_of(text)).at; /* the file's go with it */
        const char *slash = strchr(types[i], '/');
        if (slash == NULL || slash == types[i] || slash[1] == '\0' || strpbrk(types[i], " ;,\"")) {
            config_fail(reader, setting, "%s: \"%s\" is no type like \"text/plain\"", key->path,
                        types[i]);
            return -1;
        }
    }
    return length;
}

bool config_take_types(struct config_reader *reader, const struct config_key *key,
                       config_setting_t *setting, void *field)
{
    struct im_settings *im = field;
    int count = take_types(reader, key, setting, im->types);
    im->type_count = count > 0 ? (unsigned)count : 0;
    return count >= 0;
}

bool config_take_momentary(struct config_reader *reader, const struct config_key *key,
                           config_setting_t *setting, void *field)
{
    struct im_settings *im = field;
    int count = take_types(reader, key, setting, im->momentary);
    im->momentary_count = count > 0 ? (unsigned)count : 0;
    return count >= 0;
}

/* The canonical form of a name that no domain has yet; NULL with a message. */
static const char *new_name(struct config_reader *reader, config_setting_t *setting,
                            const char *text)
{
    const char *name = host_of(reader->arena, text);
    if (name == NULL) {
        config_fail(reader, setting,
                    "domains: \"%s\" is no host name or address (IPv6 stands in brackets)", text);
        return NULL;
    }
    for (unsigned i = 0; i < reader->config->domain_count; i++) {
        const struct config_domain *domain = &reader->config->domains[i];
        bool known = domain->domain.name != NULL && strcmp(domain->domain.name, name) == 0;
        for (unsigned j = 0; j < domain->alias_count && !known; j++)
            known = strcmp(domain->aliases[j], name) == 0;
        if (!known)
            continue;
        config_fail(reader, setting, "domains: \"%s\" stands there twice", text);
        return NULL;
    }
    return name;
}

bool config_take_origins(struct config_reader *reader, const struct config_key *key,
                         config_setting_t *setting, void *field)
{
    (void)field;
    struct config *config = reader->config;
    int length = config_list_length(reader, key, setting);
    if (length < 0)
        return false;
    config->origin_count = 0;
    for (int i = 0; i < length; i++) {
        const char *text = config_list_text(reader, key, setting, i);
        if (text == NULL)
            return false;
        bool whole = strstr(text, "://") != NULL || strcmp(text, "*") == 0;
        const char *origin =
            whole ? arena_copy(reader->arena, bytes_of(text)).at : host_of(reader->arena, text);
        if (origin == NULL)
            return config_fail(reader, setting,
                               "%s: \"%s\" is no origin; write \"https://phone.example.org\", "
                               "\"example.org\" or \"*\"",
                               key->path, text);
        config->origins[config->origin_count++] = origin;
    }
    return true;
}

bool config_take_host(struct config_reader *reader, const struct config_key *key,
                      config_setting_t *setting, void *field)
{
    const char *text = text_of(reader, key, setting);
    const char *name = text != NULL ? new_name(reader, setting, text) : NULL;
    if (name != NULL)
        *(const char **)field = name;
    return name != NULL;
}

bool config_take_aliases(struct config_reader *reader, const struct config_key *key,
                         config_setting_t *setting, void *field)
{
    struct config_domain *domain = field;
    int length = config_list_length(reader, key, setting);
    for (int i = 0; i < length; i++) {
        const char *text = config_list_text(reader, key, setting, i);
        const char *name = text != NULL ? new_name(reader, setting, text) : NULL;
        if (name == NULL)
            return false;
        domain->aliases[domain->alias_count++] = name;
    }
    return length >= 0;
}

bool config_take_digests(struct config_reader *reader, const struct config_key *key,
                         config_setting_t *setting, void *field)
{
    struct config_domain *entry = field;
    struct domain *domain = &entry->domain;
    int length = config_list_length(reader, key, setting);
    if (length < 0)
        return false;
    domain->algorithm_count = 0;
    for (int i = 0; i < length; i++) {
        const char *text = config_list_text(reader, key, setting, i);
        if (text == NULL)
            return false;
        enum digest_algorithm algorithm =
            *text != '\0' ? digest_algorithm_of(bytes_of(text)) : DIGEST_COUNT;
        for (unsigned j = 0; j < domain->algorithm_count; j++) {
            if (domain->algorithms[j] == algorithm)
                return config_fail(reader, setting, "digest: \"%s\" stands there twice", text);
        }
        if (algorithm == DIGEST_COUNT)
            return config_fail(reader, setting,
                               "digest: \"%s\" is not known; choose from \"MD5\", \"SHA-256\", "
                               "\"SHA-512-256\"",
                               text);
        domain->algorithms[domain->algorithm_count++] = algorithm;
    }
    return true;
}

/* "auth" is always offered: without it no client of today could answer. */
bool config_take_qop(struct config_reader *reader, const struct config_key *key,
                     config_setting_t *setting, void *field)
{
    struct config_domain *entry = field;
    bool plain = false;
    int length = config_list_length(reader, key, setting);
    entry->domain.integrity = false;
    for (int i = 0; i < length; i++) {
        const char *text = config_list_text(reader, key, setting, i);
        if (text == NULL)
            return false;
        bool guarded = strcmp(text, "auth-int") == 0;
        if (!guarded && strcmp(text, "auth") != 0)
            return config_fail(reader, setting,
                               "qop: \"%s\" is not known; choose from \"auth\", \"auth-int\"",
                               text);
        plain = plain || !guarded;
        entry->domain.integrity = entry->domain.integrity || guarded;
    }
    if (length >= 0 && !plain)
        return config_fail(reader, setting, "qop: \"auth\" must be among them");
    return length >= 0;
}

int config_groups(struct config_reader *reader, const struct config_key *key,
                  config_setting_t *setting)
{
    int length = config_setting_is_list(setting) ? config_setting_length(setting) : -1;
    for (int i = 0; i < length; i++)
        if (!config_setting_is_group(config_setting_get_elem(setting, (unsigned)i)))
            length = -1;
    if (length < 0)
        config_fail(reader, setting, "%s must be a list of groups: ( { ... }, { ... } )",
                    key->path);
    if (length < 0 || ((uint64_t)length >= key->least && (uint64_t)length <= key->most))
        return length;
    config_fail(reader, setting, "%s has %d %s; it can have %llu to %llu", key->path, length,
                word_for((unsigned)length, "entry", "entries"), (unsigned long long)key->least,
                (unsigned long long)key->most);
    return -1;
}

static bool take_domain(struct config_reader *reader, config_setting_t *group)
{
    struct config *config = reader->config;
    struct config_domain *domain = &config->domains[config->domain_count++];
    *domain = (struct config_domain){
        .domain = {.algorithms = {DIGEST_MD5}, .algorithm_count = 1},
    };
    if (!config_take_group(reader, &config_domain_keys, group, "", domain))
        return false;
    if (domain->domain.name == NULL)
        return config_fail(reader, group, "domains: a domain without a name; add name = \"...\";");
    if (domain->key != NULL && domain->certificate == NULL)
        return config_fail(reader, group,
                           "domains: a key without its certificate; add certificate = \"...\";");
    return true;
}

bool config_take_domains(struct config_reader *reader, const struct config_key *key,
                         config_setting_t *setting, void *field)
{
    (void)field;
    int length = config_groups(reader, key, setting);
    if (length < 0)
        return false;
    reader->config->domain_count = 0;
    for (int i = 0; i < length; i++) {
        if (!take_domain(reader, config_setting_get_elem(setting, (unsigned)i)))
            return false;
    }
    return true;
}
