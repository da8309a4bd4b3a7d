/* config_push.c: the gateways that devices are pushed by, a list of groups in the configuration
 * file.
 */
#include "config_internal.h"

#define FIELD(type, member) offsetof(type, member), sizeof(((type *)NULL)->member)

static bool take_url(struct config_reader *reader, const struct config_key *key,
                     config_setting_t *setting, void *field)
{
    if (!config_take_text(reader, key, setting, field))
        return false;
    const char *url = *(const char **)field;
    return http_url_is_good(bytes_of(url)) ||
           config_fail(reader, setting, "%s: \"%s\" is no URL; write \"https://HOST/...\"",
                       key->path, url);
}

/* A word as it stands in the parameter of a URI (RFC 8599 8.7), and in quotes in Feature-Caps. */
static bool take_word(struct config_reader *reader, const struct config_key *key,
                      config_setting_t *setting, void *field)
{
    if (!config_take_text(reader, key, setting, field))
        return false;
    for (const char *at = *(const char **)field; *at != '\0'; at++)
        if (*at <= ' ' || *at > '~' || strchr("\"\\;,<>=?", *at) != NULL)
            return config_fail(reader, setting, "%s: \"%s\" is no value of a URI's parameter",
                               key->path, *(const char **)field);
    return true;
}

/* "Name: value" in one line. */
static bool take_header(struct config_reader *reader, const struct config_key *key,
                        config_setting_t *setting, void *field)
{
    if (!config_take_text(reader, key, setting, field))
        return false;
    const char *header = *(const char **)field, *colon = strchr(header, ':');
    bool good = colon != NULL && colon != header;
    for (const char *at = header; *at != '\0'; at++)
        good = good && *at >= ' ' && *at <= '~' && (*at != ' ' || at > colon);
    return good || config_fail(reader, setting, "%s must be \"NAME: VALUE\"", key->path);
}

static const struct config_key gateway_keys[] = {
    {"provider", take_word, FIELD(struct push_gateway, provider), 1, 64, NULL, ""},
    {"url", take_url, FIELD(struct push_gateway, url), 1, 2000, NULL, ""},
    {"param", take_word, FIELD(struct push_gateway, param), 1, 500, NULL, ""},
    {"header", take_header, FIELD(struct push_gateway, header), 1, 2000, NULL, ""},
};
static const struct config_keys gateway_table = {gateway_keys,
                                                 sizeof(gateway_keys) / sizeof(gateway_keys[0])};

bool config_take_gateways(struct config_reader *reader, const struct config_key *key,
                          config_setting_t *setting, void *field)
{
    static const struct push_gateway usual = {NULL, NULL, NULL, NULL};
    return config_take_entries(reader, key, &gateway_table, setting, field, &usual,
                               &reader->config->push.gateway_count);
}
