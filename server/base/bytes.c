/* bytes.c: looking at slices of bytes.
 *
 * Folding and hashing work on words of eight bytes. The hash multiplies two words, each mixed with
 * something a peer does not know, to 128 bits and folds the halves: one multiplication for sixteen
 * bytes. Both factors must be secret: one that a peer can make zero would erase the state, and with
 * it the key. */
#include "base/bytes.h"

#include <assert.h>

enum { WORD = sizeof(uint64_t) };

/* Any odd constants without structure: digits of pi. */
#define HASH_A UINT64_C(0x243f6a8885a308d3)
#define HASH_B UINT64_C(0x13198a2e03707345)
#define HASH_C UINT64_C(0xa4093822299f31d1)

__extension__ typedef unsigned __int128 wide_word;

static inline uint64_t word_load(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof(word));
    return word;
}

/* Up to seven bytes in one word; different bytes give different words for the same length. */
static inline uint64_t word_load_few(const char *at, size_t length)
{
    uint32_t low, high;
    if (length == 0)
        return 0;
    if (length < sizeof(low)) {
        return (uint64_t)(unsigned char)at[0] | (uint64_t)(unsigned char)at[length / 2] << 8 |
               (uint64_t)(unsigned char)at[length - 1] << 16;
    }
    memcpy(&low, at, sizeof(low));
    memcpy(&high, at + length - sizeof(high), sizeof(high));
    return low | (uint64_t)high << 32;
}

/* ASCII lower case of eight bytes at once. The sums carry into the top bit of a byte when its low
 * seven bits are at least 'A', or above 'Z'; bytes with the top bit set are left alone. */
static inline uint64_t word_lower(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t low_bits = word & (ones * 0x7f);
    uint64_t from_a = low_bits + ones * (0x80 - 'A');
    uint64_t above_z = low_bits + ones * (0x7f - 'Z');
    uint64_t upper = (from_a ^ above_z) & ~word & (ones * 0x80);
    return word | upper >> 2;
}

bool bytes_equal_nocase(struct bytes a, struct bytes b)
{
    if (a.length != b.length)
        return false;
    size_t i = 0;
    for (; a.length - i >= WORD; i += WORD) {
        if (word_lower(word_load(a.at + i)) != word_lower(word_load(b.at + i)))
            return false;
    }
    for (; i < a.length; i++) {
        if (ascii_lower(a.at[i]) != ascii_lower(b.at[i]))
            return false;
    }
    return true;
}

int bytes_compare(struct bytes a, struct bytes b)
{
    size_t common = a.length < b.length ? a.length : b.length;
    int order = common == 0 ? 0 : memcmp(a.at, b.at, common);
    if (order != 0)
        return order;
    return (a.length > b.length) - (a.length < b.length);
}

bool bytes_starts_with(struct bytes slice, struct bytes prefix)
{
    return bytes_equal(bytes_first(slice, prefix.length), prefix);
}

struct bytes bytes_pack(char **at, struct bytes slice)
{
    struct bytes copy = bytes_from(*at, slice.length);
    if (slice.length > 0)
        memcpy(*at, slice.at, slice.length);
    *at += slice.length;
    return copy;
}

struct bytes bytes_skip(struct bytes slice, size_t from)
{
    if (from > slice.length)
        from = slice.length;
    if (from == 0)
        return slice;
    return bytes_from(slice.at + from, slice.length - from);
}

struct bytes bytes_first(struct bytes slice, size_t length)
{
    return bytes_from(slice.at, length < slice.length ? length : slice.length);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct bytes bytes_trim(struct bytes slice)
{
    while (slice.length > 0 && is_blank(slice.at[slice.length - 1]))
        slice.length--;
    size_t blanks = 0;
    while (blanks < slice.length && is_blank(slice.at[blanks]))
        blanks++;
    return bytes_skip(slice, blanks);
}

ptrdiff_t bytes_index(struct bytes slice, char wanted)
{
    if (slice.length == 0)
        return -1;
    const char *found = memchr(slice.at, wanted, slice.length);
    return found == NULL ? -1 : found - slice.at;
}

struct bytes bytes_split(struct bytes *rest, char separator)
{
    assert(rest != NULL);
    struct bytes whole = *rest;
    ptrdiff_t index = bytes_index(whole, separator);
    if (index < 0) {
        *rest = bytes_skip(whole, whole.length);
        return whole;
    }
    *rest = bytes_skip(whole, (size_t)index + 1);
    return bytes_first(whole, (size_t)index);
}

static bool to_number(struct bytes digits, uint64_t most, uint64_t *value)
{
    uint64_t number = 0;
    if (digits.length == 0)
        return false;
    for (size_t i = 0; i < digits.length; i++) {
        unsigned digit = (unsigned)(unsigned char)digits.at[i] - '0';
        if (digit > 9 || number > (most - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    *value = number;
    return true;
}

bool bytes_to_u32(struct bytes digits, uint32_t *value)
{
    uint64_t number;
    if (!to_number(digits, UINT32_MAX, &number))
        return false;
    *value = (uint32_t)number;
    return true;
}

bool bytes_to_u64(struct bytes digits, uint64_t *value)
{
    return to_number(digits, UINT64_MAX, value);
}

bool bytes_hex_to_u64(struct bytes digits, size_t count, uint64_t *value)
{
    uint64_t number = 0;
    assert(count > 0 && count <= 16);
    if (digits.length != count)
        return false;
    for (size_t i = 0; i < count; i++) {
        char c = ascii_lower(digits.at[i]);
        bool decimal = c >= '0' && c <= '9';
        if (!decimal && (c < 'a' || c > 'f'))
            return false;
        number = number << 4 | (uint64_t)(decimal ? c - '0' : c - 'a' + 10);
    }
    *value = number;
    return true;
}

/* Bytes of the character that begins there; 0: it is none (RFC 3629 4: neither longer than needed,
 * nor a surrogate, nor above U+10FFFF). */
static size_t utf8_length(const unsigned char *at, size_t left)
{
    unsigned lead = at[0], least = 0x80, most = 0xbf;
    size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (lead < 0x80)
        return 1;
    if (lead < 0xc2 || lead > 0xf4 || length > left)
        return 0;
    if (lead == 0xe0 || lead == 0xf0)
        least = lead == 0xe0 ? 0xa0 : 0x90;
    if (lead == 0xed || lead == 0xf4)
        most = lead == 0xed ? 0x9f : 0x8f;
    if (at[1] < least || at[1] > most)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

bool bytes_is_utf8(struct bytes slice)
{
    const uint64_t tops = UINT64_C(0x8080808080808080);
    size_t i = 0, length;
    while (i < slice.length) {
        if (slice.length - i >= WORD && (word_load(slice.at + i) & tops) == 0) {
            i += WORD; /* eight of ASCII */
            continue;
        }
        length = utf8_length((const unsigned char *)slice.at + i, slice.length - i);
        if (length == 0)
            return false;
        i += length;
    }
    return true;
}

static inline uint64_t hash_mix(uint64_t a, uint64_t b)
{
    wide_word product = (wide_word)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t hash_word(const char *at, bool fold)
{
    uint64_t word = word_load(at);
    return fold ? word_lower(word) : word;
}

/* `fold` is a constant in both callers, so that each gets its own straight loop. */
static inline uint64_t hash_bytes(struct bytes slice, uint64_t seed, bool fold)
{
    const char *at = slice.at;
    size_t left = slice.length;
    uint64_t key = seed ^ HASH_A;
    uint64_t state = (seed << 32 | seed >> 32) ^ HASH_B;
    uint64_t a, b = 0;
    for (; left > 2 * WORD; left -= 2 * WORD, at += 2 * WORD)
        state = hash_mix(hash_word(at, fold) ^ key, hash_word(at + WORD, fold) ^ state);
    if (left >= WORD) {
        a = hash_word(at, fold);
        b = hash_word(at + left - WORD, fold);
    } else {
        a = word_load_few(at, left);
        a = fold ? word_lower(a) : a;
    }
    state = hash_mix(a ^ key, b ^ state);
    return hash_mix(state ^ slice.length, HASH_C);
}

uint64_t bytes_hash(struct bytes slice, uint64_t seed)
{
    return hash_bytes(slice, seed, false);
}

uint64_t bytes_hash_nocase(struct bytes slice, uint64_t seed)
{
    return hash_bytes(slice, seed, true);
}
