/* buffer.h: a writer into memory of a fixed size.
 *
 * Writing past the end sets `overflow` and drops what does not fit; the caller checks once, at the
 * end. The memory belongs to whoever gave it. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <assert.h>

#include "base/bytes.h"

struct buffer {
    char *at;
    size_t length, size;
    bool overflow;
};

/* A buffer over `size` bytes at `memory`, empty. */
static inline struct buffer buffer_over(void *memory, size_t size)
{
    return (struct buffer){memory, 0, size, false};
}

/* What was written so far; valid as long as the memory is. */
static inline struct bytes buffer_bytes(const struct buffer *buffer)
{
    return (struct bytes){buffer->at, buffer->length};
}

/* Room for `length` more bytes, already counted as written; NULL, with `overflow`, when there is
 * none. */
static inline char *buffer_take(struct buffer *buffer, size_t length)
{
    assert(buffer->length <= buffer->size);
    if (length > buffer->size - buffer->length) {
        buffer->overflow = true;
        return NULL;
    }
    char *at = buffer->at + buffer->length;
    buffer->length += length;
    return at;
}

/* Appends a slice, a NUL-terminated text, one character, a decimal number, 2*length lower-case hex
 * digits, or printf output. Each does nothing but set `overflow` when it does not fit whole. The
 * first three are inline: a literal then costs one store or two. */
static inline void buffer_put(struct buffer *buffer, struct bytes slice)
{
    if (slice.length == 0)
        return;
    assert(slice.at != NULL);
    char *at = buffer_take(buffer, slice.length);
    if (at != NULL)
        memcpy(at, slice.at, slice.length);
}
static inline void buffer_text(struct buffer *buffer, const char *text)
{
    assert(text != NULL);
    buffer_put(buffer, bytes_of(text));
}
static inline void buffer_char(struct buffer *buffer, char c)
{
    char *at = buffer_take(buffer, 1);
    if (at != NULL)
        *at = c;
}
void buffer_number(struct buffer *buffer, uint64_t number);
/* Text as it may stand in XML, in content and in double quotes; what no XML has, and what is not
 * ASCII, becomes a question mark. */
void buffer_xml(struct buffer *buffer, struct bytes text);
void buffer_hex(struct buffer *buffer, const void *data, size_t length);
/* Text as a part of a URI: the unreserved (RFC 3986 2.3) as they are, the rest as %XX (2.1). */
void buffer_percent(struct buffer *buffer, struct bytes text);
void buffer_format(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
