/* multipart.c: MIME entities in a body.
 *
 *   preamble -- "--boundary" --> part -- "--boundary" --> part -- "--boundary--" --> epilogue
 *
 * A boundary begins a line and has nothing but white space behind it on that line; the end of the
 * line before it belongs to the boundary (RFC 2046 5.1.1). */
#include "sip/multipart.h"

#include <assert.h>

#include "sip/uri.h"

/* Takes a line with its end. */
static struct bytes take_line(struct bytes *rest)
{
    ptrdiff_t end = bytes_index(*rest, '\n');
    struct bytes line = end < 0 ? *rest : bytes_first(*rest, (size_t)end + 1);
    *rest = bytes_skip(*rest, line.length);
    return line;
}

static struct bytes without_end(struct bytes line)
{
    if (line.length > 0 && line.at[line.length - 1] == '\n')
        line.length--;
    if (line.length > 0 && line.at[line.length - 1] == '\r')
        line.length--;
    return line;
}

struct bytes mime_split(struct bytes entity, struct bytes *body)
{
    struct bytes rest = entity;
    while (!bytes_empty(rest)) {
        size_t before = entity.length - rest.length;
        struct bytes line = take_line(&rest);
        if (!bytes_empty(without_end(line)))
            continue;
        *body = rest;
        return bytes_first(entity, before);
    }
    *body = bytes_skip(entity, entity.length);
    return entity;
}

bool mime_line(struct bytes *header, struct bytes *line)
{
    if (bytes_empty(*header))
        return false;
    struct bytes whole = take_line(header);
    while (!bytes_empty(*header) && (header->at[0] == ' ' || header->at[0] == '\t'))
        whole.length += take_line(header).length;
    *line = without_end(whole);
    return true;
}

struct bytes mime_field(struct bytes header, const char *name)
{
    struct bytes line;
    while (mime_line(&header, &line)) {
        struct bytes value = line;
        struct bytes found = bytes_trim(bytes_split(&value, ':'));
        if (found.length < line.length && bytes_equal_nocase(found, bytes_of(name)))
            return bytes_trim(value);
    }
    return BYTES("");
}

struct bytes mime_value(struct bytes value)
{
    return bytes_trim(bytes_split(&value, ';'));
}

static struct bytes without_quotes(struct bytes value)
{
    if (value.length < 2 || value.at[0] != '"')
        return value;
    return bytes_from(value.at + 1, value.length - 2);
}

bool mime_parameter(struct bytes value, const char *name, struct bytes *parameter)
{
    ptrdiff_t first = bytes_index(value, ';');
    if (first < 0 || !sip_parameter(bytes_skip(value, (size_t)first), name, parameter))
        return false;
    *parameter = without_quotes(*parameter);
    return true;
}

bool multipart_open(struct multipart *multipart, struct bytes content_type, struct bytes body)
{
    struct bytes boundary, type = mime_value(content_type);
    *multipart = (struct multipart){.rest = body};
    if (!bytes_equal_nocase(bytes_split(&type, '/'), BYTES("multipart")))
        return false;
    if (!mime_parameter(content_type, "boundary", &boundary) || bytes_empty(boundary) ||
        boundary.length > MULTIPART_BOUNDARY_MAX)
        return false;
    multipart->boundary = boundary;
    return true;
}

enum { LINE_OTHER, LINE_BOUNDARY, LINE_LAST };

static int judge_line(const struct multipart *multipart, struct bytes line)
{
    struct bytes rest = bytes_skip(line, 2);
    if (!bytes_starts_with(line, BYTES("--")) || !bytes_starts_with(rest, multipart->boundary))
        return LINE_OTHER;
    rest = bytes_skip(rest, multipart->boundary.length);
    bool last = bytes_starts_with(rest, BYTES("--"));
    if (last)
        rest = bytes_skip(rest, 2);
    if (!bytes_empty(bytes_trim(rest)))
        return LINE_OTHER;
    return last ? LINE_LAST : LINE_BOUNDARY;
}

/* Passes over the next boundary; what stands before it. False: there is none. */
static bool pass_boundary(struct multipart *multipart, struct bytes *before)
{
    struct bytes from = multipart->rest;
    while (!bytes_empty(multipart->rest)) {
        size_t length = from.length - multipart->rest.length;
        int kind = judge_line(multipart, take_line(&multipart->rest));
        if (kind == LINE_OTHER)
            continue;
        multipart->ended = kind == LINE_LAST;
        *before = without_end(bytes_first(from, length));
        return true;
    }
    return false;
}

/* A part may begin with the empty line that ends a header without fields. */
static void fill_part(struct multipart_part *part, struct bytes text)
{
    part->text = text;
    part->header = mime_split(text, &part->body);
}

bool multipart_next(struct multipart *multipart, struct multipart_part *part)
{
    struct bytes before;
    assert(!bytes_empty(multipart->boundary));
    if (!multipart->inside && !pass_boundary(multipart, &before))
        return false;
    multipart->inside = true;
    if (multipart->ended || multipart->count == MULTIPART_PARTS_MAX ||
        !pass_boundary(multipart, &before))
        return false;
    multipart->count++;
    fill_part(part, before);
    return true;
}

bool multipart_whole(const struct multipart *multipart)
{
    return multipart->ended && multipart->count > 0;
}
