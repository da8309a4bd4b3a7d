/* config_web.c: where the HTTP API listens, and whose pages may call it. */
#include "config_internal.h"

enum { PORT_HTTP = 8080, PORT_HTTPS = 8443 };

/* "127.0.0.1:8080", "http:..." or "https:..." */
static bool parse_listen(struct bytes text, struct web_listen *listen)
{
    struct bytes rest = text, scheme = bytes_split(&rest, ':');
    listen->tls = bytes_equal_nocase(scheme, BYTES("https"));
    if (listen->tls || bytes_equal_nocase(scheme, BYTES("http")))
        text = rest;
    return net_address_parse_with_port(text, listen->tls ? PORT_HTTPS : PORT_HTTP,
                                       &listen->address) &&
           listen->address.port != 0;
}

bool config_take_web_listen(struct config_reader *reader, const struct config_key *key,
                            config_setting_t *setting, void *field)
{
    struct web_settings *web = field;
    int length = config_list_length(reader, key, setting);
    if (length < 0)
        return false;
    web->listen_count = 0;
    for (int i = 0; i < length; i++) {
        const char *text = config_list_text(reader, key, setting, i);
        if (text == NULL)
            return false;
        if (!parse_listen(bytes_of(text), &web->listen[web->listen_count]))
            return config_fail(reader, setting,
                               "%s: \"%s\" is no address and port; write \"127.0.0.1:8080\", "
                               "\"[::1]:8080\" or \"https:192.0.2.1:8443\"",
                               key->path, text);
        web->listen_count++;
    }
    return true;
}

bool config_take_web_origins(struct config_reader *reader, const struct config_key *key,
                             config_setting_t *setting, void *field)
{
    struct web_settings *web = field;
    int length = config_list_length(reader, key, setting);
    if (length < 0)
        return false;
    web->origin_count = 0;
    for (int i = 0; i < length; i++) {
        const char *text = config_list_text(reader, key, setting, i);
        if (text == NULL)
            return false;
        if (strstr(text, "://") == NULL || text[strlen(text) - 1] == '/')
            return config_fail(reader, setting,
                               "%s: \"%s\" is no origin; write \"https://admin.example.org\"",
                               key->path, text);
        web->origins[web->origin_count++] = arena_copy(reader->arena, bytes_of(text)).at;
    }
    return true;
}
