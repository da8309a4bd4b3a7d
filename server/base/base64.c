/* base64.c: six bits a character; bits wait until there are enough of them. */
#include "base/base64.h"

#include <assert.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
enum { NO_DIGIT = 64 };

void base64url_write(struct bytes data, struct buffer *out)
{
    uint32_t bits = 0;
    unsigned count = 0;
    assert(data.at != NULL || data.length == 0);
    for (size_t i = 0; i < data.length; i++) {
        bits = bits << 8 | (unsigned char)data.at[i];
        for (count += 8; count >= 6; count -= 6)
            buffer_char(out, digits[bits >> (count - 6) & 63]);
    }
    if (count > 0)
        buffer_char(out, digits[bits << (6 - count) & 63]);
}

static unsigned value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (unsigned)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0') + 52;
    if (c == '-')
        return 62;
    return c == '_' ? 63 : NO_DIGIT;
}

bool base64url_read(struct bytes text, struct buffer *out)
{
    uint32_t bits = 0;
    unsigned count = 0;
    for (size_t i = 0; i < text.length; i++) {
        unsigned value = value_of(text.at[i]);
        if (value == NO_DIGIT)
            return false;
        bits = bits << 6 | value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            buffer_char(out, (char)(bits >> count));
        }
    }
    return count < 6 && (bits & ((1U << count) - 1)) == 0 && !out->overflow;
}
