/* fold.c: URIs and domain names in the form in which they are compared.
 *
 *   scheme ":" -> lower case;  "%" escapes -> undone where they change nothing, else upper case
 *   sip:, sips:  user as it is, everything from the host on in lower case
 *   urn:uuid:    all in lower case;  other urn: the namespace identifier
 *   tel:         lower case, without visual separators
 *   others       the authority ("//host") in lower case
 *
 * What is not known to mean the same stays different: rights then show less, never more. */
#include "fold_internal.h"

#include <idn2.h>
#include <stdlib.h>

enum { DOMAIN_MAX_BYTES = 1024 };

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that an escape at the start of `text` stands for; -1: there is no escape. */
static int escape_value(struct bytes text)
{
    if (text.length < 3 || text.at[0] != '%')
        return -1;
    int high = hex_value(text.at[1]), low = hex_value(text.at[2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static bool is_letter(char c)
{
    return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

/* RFC 3986 2.3. */
static bool is_unreserved(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

static void fold_char(char c, bool lower, struct buffer *out)
{
    buffer_char(out, lower ? ascii_lower(c) : c);
}

/* Copies with escapes in one form (RFC 3986 6.2.2.1, 6.2.2.2). */
static void fold_text(struct bytes text, bool lower, struct buffer *out)
{
    static const char digits[] = "0123456789ABCDEF";
    while (!bytes_empty(text)) {
        int value = escape_value(text);
        if (value < 0) {
            fold_char(text.at[0], lower, out);
        } else if (is_unreserved((char)value)) {
            fold_char((char)value, lower, out);
        } else {
            buffer_char(out, '%');
            buffer_char(out, digits[value >> 4]);
            buffer_char(out, digits[value & 15]);
        }
        text = bytes_skip(text, value < 0 ? 1 : 3);
    }
}

struct bytes uri_scheme(struct bytes uri)
{
    ptrdiff_t colon = bytes_index(uri, ':');
    struct bytes scheme = bytes_first(uri, colon > 0 ? (size_t)colon : 0);
    for (size_t i = 0; i < scheme.length; i++) {
        char c = scheme.at[i];
        bool good = is_letter(c) || (i > 0 && ((c >= '0' && c <= '9') || strchr("+-.", c) != NULL));
        if (!good || c == '\0')
            return BYTES("");
    }
    return scheme;
}

static void fold_sip(struct bytes rest, struct buffer *out)
{
    ptrdiff_t at = bytes_index(rest, '@');
    size_t user = at < 0 ? 0 : (size_t)at + 1;
    fold_text(bytes_first(rest, user), false, out);
    fold_text(bytes_skip(rest, user), true, out);
}

static void fold_urn(struct bytes rest, struct buffer *out)
{
    ptrdiff_t colon = bytes_index(rest, ':');
    struct bytes space = bytes_first(rest, colon < 0 ? rest.length : (size_t)colon);
    fold_text(space, true, out);
    fold_text(bytes_skip(rest, space.length), bytes_equal_nocase(space, BYTES("uuid")), out);
}

static void fold_tel(struct bytes rest, struct buffer *out)
{
    for (size_t i = 0; i < rest.length; i++)
        if (strchr("-.()", rest.at[i]) == NULL || rest.at[i] == '\0')
            fold_char(rest.at[i], true, out);
}

static void fold_other(struct bytes rest, struct buffer *out)
{
    size_t authority = 0;
    if (bytes_starts_with(rest, BYTES("//")))
        for (authority = 2; authority < rest.length; authority++)
            if (strchr("/?#", rest.at[authority]) != NULL)
                break;
    fold_text(bytes_first(rest, authority), true, out);
    fold_text(bytes_skip(rest, authority), false, out);
}

void fold_uri(struct bytes uri, struct buffer *out)
{
    static const struct {
        const char *scheme;
        void (*fold)(struct bytes rest, struct buffer *out);
    } kinds[] = {{"sip", fold_sip}, {"sips", fold_sip}, {"pres", fold_sip},  {"im", fold_sip},
                 {"urn", fold_urn}, {"tel", fold_tel},  {"mailto", fold_sip}};
    uri = bytes_trim(uri);
    struct bytes scheme = uri_scheme(uri);
    if (bytes_empty(scheme)) {
        fold_text(uri, false, out);
        return;
    }
    fold_text(scheme, true, out);
    buffer_char(out, ':');
    struct bytes rest = bytes_skip(uri, scheme.length + 1);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (bytes_equal_nocase(scheme, bytes_of(kinds[i].scheme))) {
            kinds[i].fold(rest, out);
            return;
        }
    }
    fold_other(rest, out);
}

/* Undoes all escapes; false when one is broken or gives a NUL. */
static bool unescape(struct bytes text, struct buffer *out)
{
    while (!bytes_empty(text)) {
        int value = escape_value(text);
        if (value == 0 || text.at[0] == '\0' || (value < 0 && text.at[0] == '%'))
            return false;
        buffer_char(out, value < 0 ? text.at[0] : (char)value);
        text = bytes_skip(text, value < 0 ? 1 : 3);
    }
    return !out->overflow;
}

static bool is_ascii(struct bytes text)
{
    for (size_t i = 0; i < text.length; i++)
        if ((unsigned char)text.at[i] >= 128)
            return false;
    return true;
}

bool fold_domain(struct bytes domain, struct buffer *out)
{
    char plain[DOMAIN_MAX_BYTES + 1], *ascii = NULL;
    struct buffer text = buffer_over(plain, DOMAIN_MAX_BYTES);
    if (!unescape(bytes_trim(domain), &text) || text.length == 0)
        return false;
    plain[text.length] = '\0';
    struct bytes result = buffer_bytes(&text);
    if (!is_ascii(result)) {
        /* the mapping of RFC 3490, as its successor still describes it (UTS 46, transitional) */
        if (idn2_to_ascii_8z(plain, &ascii, IDN2_TRANSITIONAL) != IDN2_OK)
            return false;
        result = bytes_of(ascii);
    }
    for (size_t i = 0; i < result.length; i++)
        buffer_char(out, ascii_lower(result.at[i]));
    free(ascii);
    return true;
}
