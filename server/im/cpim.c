/* cpim.c: the header of message/cpim.
 *
 *   From: <sip:a@example.org>                  headers, a line each, without folds
 *   NS: imdn <urn:ietf:params:imdn>            what "imdn." means from here on (RFC 3862 3.4)
 *   imdn.Message-ID: 34jk324j
 *
 *   Content-Type: text/plain                   the fields of the MIME entity
 *
 *   content
 */
#include "im/cpim.h"

#include <assert.h>

#include "sip/multipart.h"

static bool begins_entity(struct bytes line)
{
    return bytes_equal_nocase(bytes_first(line, 8), BYTES("content-"));
}

/* Where the fields of the entity begin: behind the empty line, or at the first of them. */
static struct bytes entity_of(struct bytes body, struct bytes *header)
{
    struct bytes entity, line;
    *header = mime_split(body, &entity);
    struct bytes rest = *header;
    while (!bytes_empty(rest)) {
        struct bytes from = rest;
        if (!mime_line(&rest, &line) || !begins_entity(line))
            continue;
        size_t before = header->length - from.length;
        *header = bytes_first(body, before);
        return bytes_skip(body, before);
    }
    return entity;
}

bool cpim_parse(struct bytes body, struct cpim *cpim)
{
    cpim->entity = entity_of(body, &cpim->header);
    cpim->fields = mime_split(cpim->entity, &cpim->content);
    return !bytes_empty(bytes_trim(cpim->header)) &&
           !bytes_empty(mime_field(cpim->fields, "Content-Type"));
}

struct cpim_walk cpim_headers(const struct cpim *cpim)
{
    return (struct cpim_walk){.rest = cpim->header};
}

/* "imdn <urn:ietf:params:imdn>", or the URI alone: what has no prefix from here on. */
static void take_space(struct cpim_walk *walk, struct bytes value)
{
    struct bytes rest = value, prefix = BYTES("");
    if (bytes_index(value, '<') >= 0)
        prefix = bytes_trim(bytes_split(&rest, '<'));
    if (walk->space_count == CPIM_SPACES_MAX)
        return;
    walk->prefixes[walk->space_count] = prefix;
    walk->spaces[walk->space_count] = cpim_uri(value);
    walk->space_count++;
}

/* The last word on a prefix holds. False: nothing was said of it. */
static bool find_space(const struct cpim_walk *walk, struct bytes prefix, struct bytes *space)
{
    for (unsigned i = walk->space_count; i-- > 0;) {
        if (!bytes_equal(walk->prefixes[i], prefix))
            continue;
        *space = walk->spaces[i];
        return true;
    }
    *space = BYTES("");
    return bytes_empty(prefix);
}

/* ":;lang=fr value" (RFC 3862 3.3). */
static struct bytes take_language(struct bytes *value)
{
    struct bytes mark = BYTES(";lang=");
    if (!bytes_equal_nocase(bytes_first(*value, mark.length), mark))
        return BYTES("");
    *value = bytes_skip(*value, mark.length);
    return bytes_split(value, ' ');
}

/* False: no header at all, NS, or of an unknown prefix. */
static bool take_header(struct cpim_walk *walk, struct bytes line, struct cpim_header *header)
{
    struct bytes value = line;
    struct bytes name = bytes_trim(bytes_split(&value, ':')), prefix = BYTES("");
    if (bytes_empty(name) || bytes_index(line, ':') < 0)
        return false;
    ptrdiff_t dot = bytes_index(name, '.');
    if (dot >= 0) {
        prefix = bytes_first(name, (size_t)dot);
        name = bytes_skip(name, (size_t)dot + 1);
    }
    header->name = name;
    header->language = take_language(&value);
    header->value = bytes_trim(value);
    if (dot >= 0 || !bytes_equal(name, BYTES("NS")))
        return find_space(walk, prefix, &header->space);
    take_space(walk, header->value);
    return false;
}

bool cpim_next(struct cpim_walk *walk, struct cpim_header *header)
{
    struct bytes line;
    while (mime_line(&walk->rest, &line))
        if (take_header(walk, line, header))
            return true;
    return false;
}

struct bytes cpim_value(const struct cpim *cpim, const char *space, const char *name)
{
    struct cpim_walk walk = cpim_headers(cpim);
    struct cpim_header header;
    while (cpim_next(&walk, &header))
        if (bytes_equal(header.name, bytes_of(name)) && bytes_equal(header.space, bytes_of(space)))
            return header.value;
    return BYTES("");
}

struct bytes cpim_uri(struct bytes value)
{
    ptrdiff_t end = -1;
    struct bytes rest = value;
    while (!bytes_empty(rest)) { /* a name in quotes may have anything before the last one */
        ptrdiff_t next = bytes_index(rest, '<');
        if (next < 0)
            break;
        rest = bytes_skip(rest, (size_t)next + 1);
        end = bytes_index(rest, '>');
        value = end < 0 ? rest : bytes_first(rest, (size_t)end);
    }
    return bytes_trim(value);
}

/* UTF-8 of a character of UCS-2; halves of a pair, which are none, become U+FFFD. */
static void put_character(struct buffer *out, long code)
{
    if (code >= 0xd800 && code <= 0xdfff)
        code = 0xfffd;
    if (code < 0x80) {
        buffer_char(out, (char)code);
    } else if (code < 0x800) {
        buffer_char(out, (char)(0xc0 | code >> 6));
        buffer_char(out, (char)(0x80 | (code & 0x3f)));
    } else {
        buffer_char(out, (char)(0xe0 | code >> 12));
        buffer_char(out, (char)(0x80 | (code >> 6 & 0x3f)));
        buffer_char(out, (char)(0x80 | (code & 0x3f)));
    }
}

static const char escaped[] = "btnr", means[] = "\b\t\n\r";

/* What stands behind a backslash; how many bytes of it. */
static size_t put_escape(struct buffer *out, struct bytes rest)
{
    uint64_t code;
    const char *special = rest.at[0] != '\0' ? strchr(escaped, rest.at[0]) : NULL;
    if (rest.at[0] == 'u' && bytes_hex_to_u64(bytes_first(bytes_skip(rest, 1), 4), 4, &code)) {
        put_character(out, (long)code);
        return 5;
    }
    buffer_char(out, special != NULL ? means[special - escaped] : rest.at[0]);
    return 1;
}

void cpim_unescape(struct bytes value, struct buffer *out)
{
    while (!bytes_empty(value)) {
        char c = value.at[0];
        value = bytes_skip(value, 1);
        if (c != '\\')
            buffer_char(out, c);
        else if (!bytes_empty(value)) /* alone at the end it means nothing */
            value = bytes_skip(value, put_escape(out, value));
    }
}

static void put_escaped(struct buffer *out, char c)
{
    const char *special = c != '\0' ? strchr(means, c) : NULL;
    if (c == '\\')
        buffer_text(out, "\\\\");
    else if (special != NULL)
        buffer_format(out, "\\%c", escaped[special - means]);
    else if ((unsigned char)c < ' ' || c == 0x7f)
        buffer_format(out, "\\u%04x", (unsigned)(unsigned char)c);
    else
        buffer_char(out, c);
}

static void put_name(struct buffer *out, const char *prefix, const char *name)
{
    assert(name[0] != '\0');
    buffer_text(out, prefix);
    if (prefix[0] != '\0')
        buffer_char(out, '.');
    buffer_text(out, name);
    buffer_text(out, ": ");
}

void cpim_write(struct buffer *out, const char *prefix, const char *name, struct bytes value)
{
    put_name(out, prefix, name);
    for (size_t i = 0; i < value.length; i++)
        put_escaped(out, value.at[i]);
    buffer_text(out, "\r\n");
}

void cpim_copy(struct buffer *out, const char *prefix, const char *name, struct bytes value)
{
    put_name(out, prefix, name);
    for (size_t i = 0; i < value.length; i++) {
        char c = value.at[i];
        if ((unsigned char)c < ' ' || c == 0x7f)
            put_escaped(out, c);
        else
            buffer_char(out, c);
    }
    buffer_text(out, "\r\n");
}
