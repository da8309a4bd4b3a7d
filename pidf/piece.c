/* piece.c: tags are counted until the first one is closed. */
#include "piece_internal.h"

#include <assert.h>

#include "base/buffer.h"

/* Takes the next tag off the text, with its brackets. */
static bool next_tag(struct bytes *text, struct bytes *tag)
{
    const char *begin = text->length > 0 ? memchr(text->at, '<', text->length) : NULL;
    if (begin == NULL)
        return false;
    *text = bytes_skip(*text, (size_t)(begin - text->at));
    const char *end = memchr(text->at, '>', text->length);
    if (end == NULL)
        return false;
    *tag = bytes_first(*text, (size_t)(end - text->at) + 1);
    *text = bytes_skip(*text, tag->length);
    return true;
}

static bool is_end(struct bytes tag)
{
    return tag.at[1] == '/';
}

static bool is_alone(struct bytes tag)
{
    return tag.at[tag.length - 2] == '/' || tag.at[1] == '?';
}

static struct bytes name_of(struct bytes tag)
{
    size_t end = 1;
    while (end < tag.length && strchr(" />", tag.at[end]) == NULL)
        end++;
    return bytes_skip(bytes_first(tag, end), 1);
}

/* To the end tag of the element that has begun. */
static bool skip_content(struct bytes *text, struct bytes *content)
{
    struct bytes rest = *text, tag;
    for (unsigned depth = 1; depth > 0;) {
        if (!next_tag(&rest, &tag))
            return false;
        if (is_end(tag))
            depth--;
        else if (!is_alone(tag))
            depth++;
    }
    *content = bytes_first(*text, (size_t)(tag.at - text->at));
    *text = rest;
    return true;
}

bool piece_next(struct bytes *text, struct piece *piece)
{
    assert(text != NULL && piece != NULL);
    struct bytes rest = *text;
    if (!next_tag(&rest, &piece->tag) || is_end(piece->tag))
        return false;
    piece->name = name_of(piece->tag);
    piece->content = bytes_first(rest, 0);
    if (!is_alone(piece->tag) && !skip_content(&rest, &piece->content))
        return false;
    piece->whole = bytes_from(piece->tag.at, (size_t)(rest.at - piece->tag.at));
    *text = rest;
    return true;
}

bool piece_find(struct bytes text, const char *name, struct piece *piece)
{
    while (piece_next(&text, piece))
        if (bytes_equal(piece->name, bytes_of(name)))
            return true;
    return false;
}

struct bytes piece_attribute(struct bytes tag, const char *name)
{
    enum { NAME_MAX_BYTES = 40 };
    char text[NAME_MAX_BYTES];
    struct buffer wanted = buffer_over(text, sizeof(text));
    buffer_format(&wanted, " %s=\"", name);
    assert(!wanted.overflow);
    const char *at = memmem(tag.at, tag.length, text, wanted.length);
    if (at == NULL)
        return BYTES("");
    struct bytes value = bytes_skip(tag, (size_t)(at - tag.at) + wanted.length);
    ptrdiff_t end = bytes_index(value, '"');
    return end >= 0 ? bytes_first(value, (size_t)end) : BYTES("");
}
