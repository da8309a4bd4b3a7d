/* buffer.c: a writer into memory of a fixed size.
 *
 * Every append either fits whole or changes nothing but `overflow`. */
#include "base/buffer.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

void buffer_number(struct buffer *buffer, uint64_t number)
{
    char digits[20]; /* UINT64_MAX has twenty */
    size_t first = sizeof(digits);
    do {
        digits[--first] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    buffer_put(buffer, bytes_from(digits + first, sizeof(digits) - first));
}

void buffer_hex(struct buffer *buffer, const void *data, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *byte = data;
    assert(length <= SIZE_MAX / 2);
    if (length == 0)
        return;
    char *at = buffer_take(buffer, 2 * length);
    if (at == NULL)
        return;
    for (size_t i = 0; i < length; i++) {
        *at++ = digits[byte[i] >> 4];
        *at++ = digits[byte[i] & 15];
    }
}

static bool is_unreserved(char c)
{
    return (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void buffer_percent(struct buffer *buffer, struct bytes text)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t length = text.length;
    for (size_t i = 0; i < text.length; i++)
        length += is_unreserved(text.at[i]) ? 0 : 2;
    char *at = length > 0 ? buffer_take(buffer, length) : NULL;
    for (size_t i = 0; at != NULL && i < text.length; i++) {
        const unsigned char c = (unsigned char)text.at[i];
        if (is_unreserved(text.at[i])) {
            *at++ = text.at[i];
            continue;
        }
        *at++ = '%';
        *at++ = digits[c >> 4];
        *at++ = digits[c & 15];
    }
}

/* Output that fills the buffer to its last byte: printf wants room for a NUL that we have not. */
__attribute__((format(printf, 3, 0))) static void buffer_format_exact(struct buffer *buffer,
                                                                      size_t length,
                                                                      const char *format,
                                                                      va_list arguments)
{
    char *whole = memory_new(length + 1);
    int written = vsnprintf(whole, length + 1, format, arguments);
    assert(written >= 0 && (size_t)written == length);
    buffer_put(buffer, bytes_from(whole, (size_t)written));
    free(whole);
}

void buffer_format(struct buffer *buffer, const char *format, ...)
{
    va_list arguments, again;
    assert(buffer->length <= buffer->size);
    size_t room = buffer->size - buffer->length;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(room > 0 ? buffer->at + buffer->length : NULL, room, format, arguments);
    if (length < 0 || (size_t)length > room)
        buffer->overflow = true;
    else if (length > 0 && (size_t)length == room)
        buffer_format_exact(buffer, room, format, again);
    else
        buffer->length += (size_t)length;
    va_end(again);
    va_end(arguments);
}

void buffer_xml(struct buffer *buffer, struct bytes text)
{
    for (size_t i = 0; i < text.length; i++) {
        char c = text.at[i];
        if (c == '&')
            buffer_text(buffer, "&amp;");
        else if (c == '<')
            buffer_text(buffer, "&lt;");
        else if (c == '>')
            buffer_text(buffer, "&gt;");
        else if (c == '"')
            buffer_text(buffer, "&quot;");
        else
            buffer_char(buffer, c >= ' ' && c < 0x7f ? c : '?');
    }
}
