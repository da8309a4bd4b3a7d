/* scan.c: the encoding, and the attributes of each tag.
 *
 *   text --'<'--> tag --quote--> value --same quote--> tag --'>'--> text
 *     |
 *     +--"<!--", "<![CDATA[", "<?"--> up to its own end --> text
 *
 * A value holds anything but its quote, so every equals sign seen inside of a tag is an attribute.
 * What is not well formed may be miscounted: it is refused anyway, and libxml2 stops there. */
#include "scan_internal.h"

#include <assert.h>

static bool is_one_of(struct bytes name, const char *const *names)
{
    for (; *names != NULL; names++)
        if (bytes_equal_nocase(name, bytes_of(*names)))
            return true;
    return false;
}

/* The name behind `encoding=` in an XML declaration; empty: there is none. */
static struct bytes declared_encoding(struct bytes declaration)
{
    struct bytes word = BYTES("encoding");
    const char *found = memmem(declaration.at, declaration.length, word.at, word.length);
    if (found == NULL)
        return BYTES("");
    struct bytes rest =
        bytes_trim(bytes_skip(declaration, (size_t)(found - declaration.at) + word.length));
    if (bytes_empty(rest) || rest.at[0] != '=')
        return BYTES("");
    rest = bytes_trim(bytes_skip(rest, 1));
    if (bytes_empty(rest) || (rest.at[0] != '"' && rest.at[0] != '\''))
        return BYTES("");
    char quote = rest.at[0];
    rest = bytes_skip(rest, 1);
    return bytes_split(&rest, quote);
}

enum scan_encoding scan_encoding(struct bytes body)
{
    static const char *const utf8[] = {"", "UTF-8", "UTF8", "US-ASCII", "ASCII", NULL};
    static const char *const latin1[] = {"ISO-8859-1", "LATIN1", NULL};
    if (bytes_starts_with(body, BYTES("\xef\xbb\xbf")))
        return SCAN_UTF8;
    struct bytes first = bytes_first(body, 4);
    if (bytes_empty(first) || bytes_index(first, '\0') >= 0 || (unsigned char)first.at[0] >= 127 ||
        (first.at[0] != '<' && !bytes_empty(bytes_trim(bytes_first(first, 1)))))
        return SCAN_OTHER;
    if (!bytes_starts_with(body, BYTES("<?xml")))
        return SCAN_UTF8;
    const char *end = memmem(body.at, body.length, "?>", 2);
    struct bytes declaration = bytes_first(body, end != NULL ? (size_t)(end - body.at) : 0);
    struct bytes name = declared_encoding(declaration);
    if (is_one_of(name, utf8))
        return SCAN_UTF8;
    return is_one_of(name, latin1) ? SCAN_LATIN1 : SCAN_OTHER;
}

/* Behind the next `end` after `from`, or the length. */
static size_t skip_past(struct bytes body, size_t from, struct bytes end)
{
    const char *found = memmem(body.at + from, body.length - from, end.at, end.length);
    return found != NULL ? (size_t)(found - body.at) + end.length : body.length;
}

/* Behind a comment, CDATA section or instruction that begins at `from`; `from` when none does. */
static size_t skip_special(struct bytes body, size_t from)
{
    static const struct {
        const char *start, *end;
    } special[] = {{"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<?", "?>"}};
    for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
        struct bytes start = bytes_of(special[i].start);
        if (bytes_starts_with(bytes_skip(body, from), start))
            return skip_past(body, from + start.length, bytes_of(special[i].end));
    }
    return from;
}

/* Behind the tag that begins at `from`; counts its attributes. */
static size_t skip_tag(struct bytes body, size_t from, unsigned *attributes)
{
    *attributes = 0;
    size_t at = from + 1;
    while (at < body.length && body.at[at] != '>') {
        char c = body.at[at++];
        if (c == '=')
            ++*attributes;
        else if (c == '"' || c == '\'')
            at = skip_past(body, at, bytes_from(&c, 1));
    }
    return at;
}

ptrdiff_t scan_attributes(struct bytes body, unsigned most)
{
    assert(body.at != NULL || body.length == 0);
    size_t at = 0;
    while (at < body.length) {
        ptrdiff_t tag = bytes_index(bytes_skip(body, at), '<');
        if (tag < 0)
            return -1;
        at += (size_t)tag;
        size_t behind = skip_special(body, at);
        unsigned attributes = 0;
        if (behind == at)
            behind = skip_tag(body, at, &attributes);
        if (attributes > most)
            return (ptrdiff_t)at;
        at = behind;
    }
    return -1;
}

size_t scan_line(struct bytes body, size_t line)
{
    size_t at = 0;
    for (size_t i = 1; i < line; i++) {
        ptrdiff_t end = bytes_index(bytes_skip(body, at), '\n');
        if (end < 0)
            return body.length;
        at += (size_t)end + 1;
    }
    return at;
}
