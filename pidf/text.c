/* text.c: growing bytes and the three ways to escape them.
 *
 * Escaping copies the longest run that needs none, then the replacement, and so on. */
#include "text_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

enum { TEXT_LEAST_BYTES = 1024 };

void text_reserve(struct text *text, size_t more)
{
    assert(text != NULL);
    size_t wanted = text->length + more;
    if (wanted <= text->size)
        return;
    size_t size = text->size < TEXT_LEAST_BYTES ? TEXT_LEAST_BYTES : text->size;
    while (size < wanted)
        size *= 2;
    text->at = memory_resize(text->at, size);
    text->size = size;
}

void text_release(struct text *text)
{
    assert(text != NULL);
    free(text->at);
    *text = (struct text){0};
}

void text_number(struct text *text, size_t number)
{
    char digits[24];
    int length = snprintf(digits, sizeof(digits), "%zu", number);
    assert(length > 0 && (size_t)length < sizeof(digits));
    text_put(text, bytes_from(digits, (size_t)length));
}

/* Days are counted from March on, in eras of 400 years, so that a leap day is the last of its year
 * and every era is as long as any other. */
void text_moment(struct text *text, uint64_t wall_ms)
{
    enum { DAY_S = 86400, ERA_DAYS = 146097, DAYS_TO_1970 = 719468 };
    assert(wall_ms / 1000 / DAY_S < 2932897); /* up to the year 9999 */
    unsigned second = (unsigned)(wall_ms / 1000 % DAY_S);
    unsigned days = (unsigned)(wall_ms / 1000 / DAY_S) + DAYS_TO_1970;
    unsigned era = days / ERA_DAYS, of_era = days % ERA_DAYS;
    unsigned year = (of_era - of_era / 1460 + of_era / 36524 - of_era / (ERA_DAYS - 1)) / 365;
    unsigned of_year = of_era - (365 * year + year / 4 - year / 100);
    unsigned march = (5 * of_year + 2) / 153; /* months since March */
    unsigned day = of_year - (153 * march + 2) / 5 + 1;
    unsigned month = march < 10 ? march + 3 : march - 9;
    char digits[40];
    int length = snprintf(digits, sizeof(digits), "%04u-%02u-%02uT%02u:%02u:%02uZ",
                          era * 400 + year + (month <= 2), month, day, second / 3600,
                          second / 60 % 60, second % 60);
    assert(length > 0 && (size_t)length < sizeof(digits));
    text_put(text, bytes_from(digits, (size_t)length));
}

/* What stands for `c` in character data; empty when it stands for itself. A bare CR would be read
 * back as LF (XML 1.0 2.11). */
static struct bytes escape_of(char c)
{
    switch (c) {
    case '&':
        return BYTES("&amp;");
    case '<':
        return BYTES("&lt;");
    case '>':
        return BYTES("&gt;");
    case '\r':
        return BYTES("&#13;");
    default:
        return (struct bytes){0};
    }
}

/* The same in an attribute, where blanks would all be read back as spaces (XML 1.0 3.3.3). */
static struct bytes quote_of(char c)
{
    switch (c) {
    case '"':
        return BYTES("&quot;");
    case '\t':
        return BYTES("&#9;");
    case '\n':
        return BYTES("&#10;");
    default:
        return escape_of(c);
    }
}

static void put_replaced(struct text *text, struct bytes slice, struct bytes (*replace)(char))
{
    size_t done = 0;
    for (size_t i = 0; i < slice.length; i++) {
        struct bytes replacement = replace(slice.at[i]);
        if (bytes_empty(replacement))
            continue;
        text_put(text, bytes_from(slice.at + done, i - done));
        text_put(text, replacement);
        done = i + 1;
    }
    text_put(text, bytes_skip(slice, done));
}

void text_escaped(struct text *text, struct bytes slice)
{
    put_replaced(text, slice, escape_of);
}

void text_quoted(struct text *text, struct bytes slice)
{
    put_replaced(text, slice, quote_of);
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f');
}

static bool needs_percent(struct bytes uri, size_t at)
{
    char c = uri.at[at];
    if (c == '%')
        return uri.length - at < 3 || !is_hex(uri.at[at + 1]) || !is_hex(uri.at[at + 2]);
    return c <= ' ' || c >= 127 || strchr("<>\"{}|\\^`", c) != NULL;
}

void text_uri(struct text *text, struct bytes uri)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < uri.length; i++) {
        unsigned char c = (unsigned char)uri.at[i];
        if (needs_percent(uri, i))
            text_put(text, bytes_from((char[]){'%', hex[c >> 4], hex[c & 15]}, 3));
        else
            text_char(text, (char)c);
    }
}
