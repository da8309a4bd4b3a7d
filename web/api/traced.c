/* traced.c: reading and masking what the trace has kept.
 *
 * Most of what is kept is not what is wanted: a Call-ID or "alice@" that does not stand in the text
 * at all spares reading it, unless alice has other names. (Who writes hers with escapes that are
 * not needed is not found.) */
#include "web/api/traced_internal.h"

#include <ctype.h>

#include "base/buffer.h"

void traced_read(const struct trace_message *kept, struct traced *traced)
{
    traced->kept = *kept;
    /* one that is cut off, or broken, says what it can */
    (void)sip_message_parse(kept->text, false, &traced->message);
}

const char *traced_transport(enum net_protocol protocol)
{
    static const char *const names[NET_PROTOCOLS] = {[NET_UDP] = "udp",
                                                     [NET_TCP] = "tcp",
                                                     [NET_TLS] = "tls",
                                                     [NET_WS] = "ws",
                                                     [NET_WSS] = "wss"};
    return names[protocol];
}

/* What is wanted. */

static bool contains(struct bytes text, struct bytes part)
{
    return bytes_empty(part) || memmem(text.at, text.length, part.at, part.length) != NULL;
}

static bool is_user(const struct traced_query *query, const struct sip_uri *uri)
{
    char text[PEOPLE_AOR_MAX + 1];
    struct buffer aor = buffer_over(text, sizeof(text));
    if (!uri->has_user)
        return false;
    if (domains_write_aor(query->domains, uri, &aor) == NULL)
        sip_uri_write_aor(uri, &aor);
    return !aor.overflow && bytes_equal(buffer_bytes(&aor), query->user);
}

bool traced_take(const struct traced_query *query, const struct trace_message *kept,
                 struct traced *traced)
{
    struct bytes domain = sip_aor_domain(query->user);
    struct bytes name = bytes_first(query->user, query->user.length - domain.length);
    if (!contains(kept->text, query->call_id))
        return false;
    if (!contains(kept->text, name) && !domains_any_alias(query->domains, query->user))
        return false;
    traced_read(kept, traced);
    const struct sip_message *message = &traced->message;
    return (bytes_empty(query->call_id) || bytes_equal(query->call_id, message->call_id)) &&
           (bytes_empty(query->user) || is_user(query, &message->from.uri) ||
            is_user(query, &message->to.uri));
}

/* Secrets. */

static bool is_one_of(struct bytes name, const char *const *names)
{
    while (*names != NULL && !bytes_equal_nocase(name, bytes_of(*names)))
        names++;
    return *names != NULL;
}

static bool is_credential(struct bytes name)
{
    static const char *const names[] = {"Authorization", "Proxy-Authorization",
                                        "Authentication-Info", "Proxy-Authentication-Info", NULL};
    return is_one_of(name, names);
}

/* None of these helps to answer a challenge. */
static bool is_open(struct bytes name)
{
    static const char *const names[] = {"username", "realm", "nonce",  "uri",       "algorithm",
                                        "opaque",   "qop",   "nc",     "cnonce",    "stale",
                                        "userhash", "auts",  "domain", "nextnonce", NULL};
    return is_one_of(name, names);
}

static void hide(char *text, struct bytes part)
{
    size_t from = (size_t)(part.at - text);
    for (size_t i = 0; i < part.length; i++)
        if (strchr("\r\n", text[from + i]) == NULL)
            text[from + i] = '*';
}

/* The part up to a comma outside of quotes; an unclosed quote takes all. */
static struct bytes next_parameter(struct bytes *rest)
{
    bool quoted = false;
    size_t i = 0;
    for (; i < rest->length && (quoted || rest->at[i] != ','); i++) {
        if (rest->at[i] == '"')
            quoted = !quoted;
        else if (quoted && rest->at[i] == '\\')
            i++;
    }
    struct bytes one = bytes_first(*rest, i);
    *rest = bytes_skip(*rest, one.length < rest->length ? one.length + 1 : one.length);
    return one;
}

/* Something more than one value: a comma was forgotten, and what follows is anything. */
static bool is_several(struct bytes value)
{
    bool quoted = false;
    for (size_t i = 0; i < value.length; i++) {
        if (value.at[i] == '"')
            quoted = !quoted;
        else if (quoted && value.at[i] == '\\')
            i++;
        else if (!quoted && value.at[i] == '=')
            return true;
    }
    return quoted;
}

static void hide_parameters(char *text, struct bytes rest)
{
    while (!bytes_empty(rest)) {
        struct bytes value = next_parameter(&rest);
        bool named = bytes_index(value, '=') >= 0;
        struct bytes name = named ? bytes_trim(bytes_split(&value, '=')) : BYTES("");
        if (!is_open(name) || is_several(value))
            hide(text, bytes_trim(value));
    }
}

/* "Digest username=..., ..."; of other schemes all but the name is the secret. Authentication-Info
 * has no scheme: what looks like one is then a parameter. */
static void hide_secrets(char *text, struct bytes value)
{
    struct bytes rest = bytes_trim(value), whole = rest;
    size_t length = 0;
    while (length < rest.length && strchr(" \t\r\n=,\"", rest.at[length]) == NULL)
        length++;
    struct bytes scheme = bytes_first(rest, length);
    rest = bytes_trim(bytes_skip(rest, length));
    if (bytes_starts_with(rest, BYTES("=")))
        hide_parameters(text, whole);
    else if (bytes_equal_nocase(scheme, BYTES("Digest")))
        hide_parameters(text, rest);
    else
        hide(text, bytes_empty(rest) ? whole : rest);
}

static size_t line_length(struct bytes rest)
{
    size_t i = 0;
    while (i < rest.length && rest.at[i] != '\n')
        i++;
    return i < rest.length ? i + 1 : i;
}

/* With the lines that go on with it (RFC 3261 7.3.1). */
static struct bytes next_field(struct bytes *rest)
{
    size_t length = line_length(*rest);
    while (length < rest->length && (rest->at[length] == ' ' || rest->at[length] == '\t'))
        length += line_length(bytes_skip(*rest, length));
    struct bytes field = bytes_first(*rest, length);
    *rest = bytes_skip(*rest, length);
    return field;
}

static bool is_of_password(char c)
{
    return isalnum((unsigned char)c) || (c != '\0' && strchr("-_.!~*'()%&=+$,", c) != NULL);
}

/* Behind "sip:" or "sips:": "alice:PASSWORD@" (RFC 3261 19.1.1); a port has no '@' behind it. */
static void hide_password(char *text, struct bytes rest)
{
    size_t user = 0, end;
    while (user < rest.length && (is_of_password(rest.at[user]) ||
                                  (rest.at[user] != '\0' && strchr(";?/", rest.at[user]) != NULL)))
        user++;
    if (user == rest.length || rest.at[user] != ':')
        return;
    for (end = user + 1; end < rest.length && is_of_password(rest.at[end]); end++) {
    }
    if (end < rest.length && rest.at[end] == '@')
        hide(text, bytes_from(rest.at + user + 1, end - user - 1));
}

static void hide_passwords(char *text, size_t length)
{
    for (size_t i = 3; i < length; i++) {
        if (text[i] != ':')
            continue;
        struct bytes before = bytes_from(text, i), rest = bytes_from(text + i + 1, length - i - 1);
        if (bytes_equal_nocase(bytes_skip(before, i - 3), BYTES("sip")) ||
            (i > 3 && bytes_equal_nocase(bytes_skip(before, i - 4), BYTES("sips"))))
            hide_password(text, rest);
    }
}

void traced_mask(char *text, size_t length)
{
    struct bytes rest = bytes_from(text, length);
    hide_passwords(text, length);
    while (!bytes_empty(rest)) {
        struct bytes value = next_field(&rest);
        if (bytes_index(value, ':') >= 0 && is_credential(bytes_trim(bytes_split(&value, ':'))))
            hide_secrets(text, value);
    }
}
