/* text_internal.h: bytes that grow while a document is taken apart or composed.
 *
 * What is written is bounded by the size of the documents that it comes from. The memory stays
 * between uses, so a parser at work allocates nothing here. */
#ifndef PIDF_TEXT_INTERNAL_H
#define PIDF_TEXT_INTERNAL_H

#include "base/bytes.h"

struct text {
    char *at;
    size_t length, size;
};

/* Makes room for `more` bytes behind what is there. */
void text_reserve(struct text *text, size_t more);

/* Frees the memory; the text is then empty and may be used again. */
void text_release(struct text *text);

/* What was written so far; valid until the next write. */
static inline struct bytes text_bytes(const struct text *text)
{
    return bytes_from(text->at, text->length);
}

/* Appends a slice, or one character. */
static inline void text_put(struct text *text, struct bytes slice)
{
    if (slice.length == 0)
        return;
    if (text->size - text->length < slice.length)
        text_reserve(text, slice.length);
    memcpy(text->at + text->length, slice.at, slice.length);
    text->length += slice.length;
}

static inline void text_char(struct text *text, char c)
{
    text_put(text, bytes_from(&c, 1));
}

/* Appends `number` in decimal digits. */
void text_number(struct text *text, size_t number);

/* Appends a time, in milliseconds since 1970, as an xs:dateTime in UTC without a fraction. */
void text_moment(struct text *text, uint64_t wall_ms);

/* Appends a slice as XML character data, or as the inside of an attribute in double quotes. */
void text_escaped(struct text *text, struct bytes slice);
void text_quoted(struct text *text, struct bytes slice);

/* Appends a URI with everything percent-encoded that no URI may hold bare: blanks, control
 * characters, what is not ASCII, and the delimiters <>"{}|\^` (RFC 2396 2.4.3). A percent sign
 * that begins no escape becomes %25. */
void text_uri(struct text *text, struct bytes uri);

#endif
