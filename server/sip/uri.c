/* uri.c: URIs, read by one walk from left to right.
 *
 *     scheme ":" [ user [ ":" password ] "@" ] host [ ":" port ] *( ";" parameter ) [ "?" headers ]
 *
 * The "@" is looked for first: user parts may hold ";", "?" and "/", and nothing behind the "@" may
 * hold another one (RFC 3261 25.1). What only a comparison needs (order, escapes, names given
 * twice) is looked at there. */
#include "sip/uri.h"

#include <assert.h>

#include "lex_internal.h"

/* A bound for comparisons, which hold all of them. */
enum { PARAMETERS_MAX = 64 };

static enum sip_scheme scheme_of(struct bytes name)
{
    if (lex_is(name, "sip"))
        return SIP_SCHEME_SIP;
    if (lex_is(name, "sips"))
        return SIP_SCHEME_SIPS;
    if (lex_is(name, "tel"))
        return SIP_SCHEME_TEL;
    if (lex_is(name, "pres"))
        return SIP_SCHEME_PRES;
    if (lex_is(name, "im"))
        return SIP_SCHEME_IM;
    return SIP_SCHEME_OTHER;
}

/* Takes characters of the class and escapes, as far as they go. */
static struct bytes take_escaped(struct lexer *lexer, unsigned class)
{
    const char *start = lexer->at;
    while (lexer->at < lexer->end) {
        if (lex_in(*lexer->at, class))
            lexer->at++;
        else if (*lexer->at == '%' && lexer->end - lexer->at >= 3 && lex_escape(lexer->at) >= 0)
            lexer->at += 3;
        else
            break;
    }
    return bytes_from(start, (size_t)(lexer->at - start));
}

static struct bytes since(const char *start, const struct lexer *lexer)
{
    return bytes_from(start, (size_t)(lexer->at - start));
}

/* "user[:password]@", when there is an "@" at all. Returns a fault or NULL. */
static const char *take_userinfo(struct lexer *lexer, struct sip_uri *uri)
{
    struct bytes rest = lex_rest(lexer);
    if (bytes_empty(rest) || memchr(rest.at, '@', rest.length) == NULL)
        return NULL;
    uri->has_user = true;
    uri->user = take_escaped(lexer, LEX_USER);
    if (bytes_empty(uri->user))
        return "A URI has an empty or malformed user part";
    if (lex_char(lexer, ':'))
        uri->password = take_escaped(lexer, LEX_PASSWORD);
    return lex_char(lexer, '@') ? NULL : "A URI has a character in its user part that needs escape";
}

/* host [ ":" port ] */
static const char *take_hostport(struct lexer *lexer, struct sip_uri *uri)
{
    if (!lex_host(lexer, &uri->host))
        return "A URI has no host or a malformed one";
    if (lex_char(lexer, ':') && !lex_port(lexer, &uri->port))
        return "A URI has a port that is not 1 to 65535";
    return NULL;
}

/* *( ";" pname [ "=" pvalue ] ) */
static const char *take_parameters(struct lexer *lexer, struct sip_uri *uri)
{
    const char *start = lexer->at;
    for (unsigned count = 0; lex_char(lexer, ';'); count++) {
        if (lex_peek(lexer) == '=' || bytes_empty(take_escaped(lexer, LEX_PARAMETER)))
            return "A URI has an empty or malformed parameter";
        if (count == PARAMETERS_MAX)
            return "A URI has too many parameters";
    }
    uri->parameters = since(start, lexer);
    return NULL;
}

/* [ "?" hname "=" hvalue *( "&" hname "=" hvalue ) ] */
static const char *take_headers(struct lexer *lexer, struct sip_uri *uri)
{
    if (lex_peek(lexer) != '?')
        return NULL;
    const char *start = lexer->at;
    unsigned count = 0;
    do {
        lexer->at++;
        if (bytes_empty(take_escaped(lexer, LEX_HEADER)) || !lex_char(lexer, '='))
            return "A URI has a malformed header";
        take_escaped(lexer, LEX_HEADER);
        if (count++ == PARAMETERS_MAX)
            return "A URI has too many headers";
    } while (lex_peek(lexer) == '&');
    uri->headers = since(start, lexer);
    return NULL;
}

static const char *take_sip(struct lexer *lexer, struct sip_uri *uri)
{
    const char *fault = take_userinfo(lexer, uri);
    if (fault == NULL)
        fault = take_hostport(lexer, uri);
    if (fault == NULL)
        fault = take_parameters(lexer, uri);
    if (fault == NULL)
        fault = take_headers(lexer, uri);
    return fault;
}

/* The number of a tel URI stands in the user part (RFC 3966 3). */
static const char *take_tel(struct lexer *lexer, struct sip_uri *uri)
{
    const char *start = lexer->at;
    while (lex_peek(lexer) != ';' && lex_in(lex_peek(lexer), LEX_USER))
        lexer->at++;
    uri->user = since(start, lexer);
    uri->has_user = true;
    return bytes_empty(uri->user) ? "A tel URI has no number" : take_parameters(lexer, uri);
}

static const char *take_opaque(struct lexer *lexer)
{
    return bytes_empty(lex_take(lexer, LEX_URI)) ? "A URI has nothing behind its scheme" : NULL;
}

static const char *take_by_scheme(struct lexer *lexer, struct sip_uri *uri)
{
    switch (uri->scheme) {
    case SIP_SCHEME_SIP:
    case SIP_SCHEME_SIPS:
    case SIP_SCHEME_PRES:
    case SIP_SCHEME_IM:
        return take_sip(lexer, uri);
    case SIP_SCHEME_TEL:
        return take_tel(lexer, uri);
    case SIP_SCHEME_OTHER:
        break;
    }
    return take_opaque(lexer);
}

struct verdict sip_uri_parse(struct bytes text, struct sip_uri *uri)
{
    struct lexer lexer = lex_over(text);
    const char *start = lexer.at;
    *uri = (struct sip_uri){.text = text};
    struct bytes scheme = lex_take(&lexer, LEX_SCHEME);
    if (bytes_empty(scheme) || !lex_char(&lexer, ':'))
        return verdict(400, "A URI has no scheme", (size_t)(lexer.at - start));
    uri->scheme = scheme_of(scheme);
    const char *fault = take_by_scheme(&lexer, uri);
    if (fault == NULL && !lex_end(&lexer))
        fault = "A URI has a character that does not belong there";
    return fault == NULL ? VERDICT_OK : verdict(400, fault, (size_t)(lexer.at - start));
}

bool sip_parameter_next(struct bytes *rest, struct bytes *name, struct bytes *value)
{
    struct lexer lexer = lex_over(*rest);
    bool found = lex_parameter(&lexer, name, value) == LEX_PARAMETER_FOUND;
    *rest = lex_rest(&lexer);
    return found;
}

bool sip_parameter(struct bytes parameters, const char *name, struct bytes *value)
{
    struct bytes wanted = bytes_of(name), found;
    assert(!bytes_empty(wanted));
    while (sip_parameter_next(&parameters, &found, value))
        if (lex_equal(found, wanted))
            return true;
    *value = (struct bytes){NULL, 0};
    return false;
}

unsigned sip_uri_extras(const struct sip_uri *uri)
{
    struct bytes parameters = uri->parameters, headers = bytes_skip(uri->headers, 1), name, value;
    unsigned count = 0;
    while (sip_parameter_next(&parameters, &name, &value))
        count++;
    for (; !bytes_empty(headers); bytes_split(&headers, '&'))
        count++;
    return count;
}

/* One character of a URI for comparison: an escape stands for its character unless that one is
 * "reserved", where the two differ in meaning (RFC 3261 19.1.4, RFC 2396 2.2). */
static int next_folded(struct lexer *lexer, bool nocase)
{
    char c = *lexer->at;
    int reserved = 0;
    if (c == '%' && lexer->end - lexer->at >= 3 && lex_escape(lexer->at) >= 0) {
        c = (char)lex_escape(lexer->at);
        lexer->at += 2;
        reserved = c != '\0' && strchr(";/?:@&=+$,", c) != NULL ? 0x100 : 0;
    }
    lexer->at++;
    if (nocase)
        c = ascii_lower(c);
    return reserved | (unsigned char)c;
}

static bool equal_folded(struct bytes a, struct bytes b, bool nocase)
{
    if (bytes_index(a, '%') < 0 && bytes_index(b, '%') < 0)
        return nocase ? lex_equal(a, b) : bytes_equal(a, b);
    struct lexer left = lex_over(a), right = lex_over(b);
    while (!lex_end(&left) && !lex_end(&right))
        if (next_folded(&left, nocase) != next_folded(&right, nocase))
            return false;
    return lex_end(&left) && lex_end(&right);
}

/* The parameters or headers of a URI taken apart once, each with a key: equal names have equal
 * keys, so that comparing all of one URI with all of another is comparing numbers. Who writes the
 * URIs of a REGISTER decides how often that is done. */
struct part {
    struct bytes name, value;
    uint32_t key;
};
struct parts {
    unsigned count;
    struct part all[PARAMETERS_MAX];
};

static uint32_t key_of(struct bytes name)
{
    struct lexer lexer = lex_over(name);
    uint32_t key = 0;
    while (!lex_end(&lexer))
        key = key * 31 + (uint32_t)next_folded(&lexer, true);
    return key;
}

static void add_part(struct parts *parts, struct bytes name, struct bytes value)
{
    if (parts->count < PARAMETERS_MAX)
        parts->all[parts->count++] = (struct part){name, value, key_of(name)};
}

static void split_parameters(struct bytes parameters, struct parts *parts)
{
    struct bytes name, value;
    parts->count = 0;
    while (sip_parameter_next(&parameters, &name, &value))
        add_part(parts, name, value);
}

/* Of "?a=b&c=d"; what is compared is "a=b" as a whole. */
static void split_headers(struct bytes headers, struct parts *parts)
{
    parts->count = 0;
    for (headers = bytes_skip(headers, 1); !bytes_empty(headers);)
        add_part(parts, bytes_split(&headers, '&'), (struct bytes){NULL, 0});
}

static const struct part *find_part(const struct parts *parts, const struct part *wanted)
{
    for (unsigned i = 0; i < parts->count; i++)
        if (parts->all[i].key == wanted->key &&
            equal_folded(parts->all[i].name, wanted->name, true))
            return &parts->all[i];
    return NULL;
}

/* Parameters that never match when only one URI has them. "transport" is one by the examples of RFC
 * 3261 19.1.4. */
static bool must_be_in_both(struct bytes name)
{
    static const char *const names[] = {"user", "ttl", "method", "maddr", "transport"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (equal_folded(name, bytes_of(names[i]), true))
            return true;
    return false;
}

/* True when every parameter of `a` has its match in `b` or may stand alone. */
static bool parameters_match(const struct parts *a, const struct parts *b)
{
    for (unsigned i = 0; i < a->count; i++) {
        const struct part *other = find_part(b, &a->all[i]);
        if (other != NULL ? !equal_folded(a->all[i].value, other->value, true)
                          : must_be_in_both(a->all[i].name))
            return false;
    }
    return true;
}

static bool equal_parameters(struct bytes a, struct bytes b)
{
    struct parts left, right;
    if (bytes_equal(a, b))
        return true;
    split_parameters(a, &left);
    split_parameters(b, &right);
    return parameters_match(&left, &right) && parameters_match(&right, &left);
}

/* True when every header of `a` is among those of `b`. */
static bool headers_within(const struct parts *a, const struct parts *b)
{
    for (unsigned i = 0; i < a->count; i++)
        if (find_part(b, &a->all[i]) == NULL)
            return false;
    return true;
}

static bool equal_headers(struct bytes a, struct bytes b)
{
    struct parts left, right;
    if (bytes_equal(a, b))
        return true;
    split_headers(a, &left);
    split_headers(b, &right);
    return headers_within(&left, &right) && headers_within(&right, &left);
}

/* What decides most often stands first, what costs most last. */
bool sip_uri_equal(const struct sip_uri *a, const struct sip_uri *b)
{
    if (bytes_equal(a->text, b->text))
        return true;
    if (a->scheme != b->scheme)
        return false;
    if (a->scheme != SIP_SCHEME_SIP && a->scheme != SIP_SCHEME_SIPS)
        return false;
    if (a->has_user != b->has_user || a->port != b->port)
        return false;
    /* A password, even an empty one, is told by its pointer. */
    if ((a->password.at == NULL) != (b->password.at == NULL))
        return false;
    return lex_equal(a->host, b->host) && equal_folded(a->user, b->user, false) &&
           equal_folded(a->password, b->password, false) &&
           equal_parameters(a->parameters, b->parameters) && equal_headers(a->headers, b->headers);
}

static bool user_needs_escape(char c)
{
    return !lex_in(c, LEX_USER) || c == '#';
}

static void write_user_char(char c, struct buffer *out)
{
    static const char digits[] = "0123456789ABCDEF";
    if (!user_needs_escape(c)) {
        buffer_char(out, c);
        return;
    }
    char escaped[3] = {'%', digits[(unsigned char)c >> 4], digits[(unsigned char)c & 15]};
    buffer_put(out, bytes_from(escaped, sizeof(escaped)));
}

void sip_write_escaped_user(struct bytes user, struct buffer *out)
{
    for (size_t i = 0; i < user.length; i++)
        write_user_char(user.at[i], out);
}

/* Writes a user part that may hold escapes so that equal users look equal. */
static void write_canonical_user(struct bytes user, struct buffer *out)
{
    if (lex_all(user, LEX_TOKEN) && bytes_index(user, '%') < 0 && bytes_index(user, '`') < 0) {
        buffer_put(out, user);
        return;
    }
    for (size_t i = 0; i < user.length; i++) {
        char c = user.at[i];
        int code = c == '%' && i + 2 < user.length ? lex_escape(user.at + i) : -1;
        if (code >= 0) {
            c = (char)code;
            i += 2;
        }
        write_user_char(c, out);
    }
}

static void write_lower(struct bytes host, struct buffer *out)
{
    size_t upper = 0;
    while (upper < host.length && host.at[upper] == ascii_lower(host.at[upper]))
        upper++;
    buffer_put(out, bytes_first(host, upper));
    for (size_t i = upper; i < host.length; i++)
        buffer_char(out, ascii_lower(host.at[i]));
}

void sip_uri_write_aor(const struct sip_uri *uri, struct buffer *out)
{
    write_canonical_user(uri->user, out);
    if (uri->has_user && !bytes_empty(uri->host))
        buffer_char(out, '@');
    write_lower(uri->host, out);
}

bool sip_host_is_invalid(struct bytes host)
{
    const struct bytes ending = BYTES(".invalid");
    return host.length >= ending.length &&
           bytes_equal_nocase(bytes_skip(host, host.length - ending.length), ending);
}

bool sip_unescape(struct bytes text, struct buffer *out)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.at[i] != '%') {
            buffer_char(out, text.at[i]);
            continue;
        }
        int code = text.length - i >= 3 ? lex_escape(text.at + i) : -1;
        if (code <= 0)
            return false;
        buffer_char(out, (char)code);
        i += 2;
    }
    return true;
}

struct bytes sip_aor_domain(struct bytes aor)
{
    size_t at = aor.length;
    while (at > 0 && aor.at[at - 1] != '@')
        at--;
    return bytes_skip(aor, at);
}
