/* token.c: names that we make and that come back.
 *
 *     kd  b3  .  x4ynqk2m7w5hzc6e
 *     |   |      80 bits, random or derived
 *     |   epoch: base32 digits, the highest first, no leading zeros
 *     partition: ten bits
 *
 * Base32 (RFC 4648 section 6) in lower case: peers may compare tags without regard to case (RFC
 * 3261 7.3.1 says so of every token), so upper case must not carry information. */
#include "base/token.h"

#include <assert.h>

#include "base/buffer.h"

enum { EPOCH_DIGITS = 13, BITS = 5, MASK = (1 << BITS) - 1 };

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";

unsigned partition_of(struct bytes aor)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < aor.length; i++)
        hash = (hash ^ (unsigned char)aor.at[i]) * UINT64_C(0x100000001b3);
    hash ^= hash >> 32;
    hash ^= hash >> 16;
    hash ^= hash >> 10;
    return (unsigned)(hash % PARTITIONS);
}

/* Partition, epoch and dot. */
static struct buffer token_begin(struct token *token, unsigned partition, uint64_t epoch)
{
    assert(partition < PARTITIONS);
    struct buffer text = buffer_over(token->text, sizeof(token->text));
    buffer_char(&text, alphabet[partition >> BITS]);
    buffer_char(&text, alphabet[partition & MASK]);
    unsigned digits = 1;
    while (digits < EPOCH_DIGITS && epoch >> (BITS * digits) != 0)
        digits++;
    while (digits-- > 0)
        buffer_char(&text, alphabet[epoch >> (BITS * digits) & MASK]);
    buffer_char(&text, '.');
    return text;
}

/* Half of the 80 bits: the low forty of `bits`. */
static void token_half(struct buffer *text, uint64_t bits)
{
    for (int i = 0; i < TOKEN_RANDOM / 2; i++, bits >>= BITS)
        buffer_char(text, alphabet[bits & MASK]);
}

/* Forty bits from five bytes, the same on every machine. */
static uint64_t token_forty(const unsigned char *bytes)
{
    uint64_t bits = 0;
    for (int i = TOKEN_RANDOM / 2 * BITS / 8; i-- > 0;)
        bits = bits << 8 | bytes[i];
    return bits;
}

static void token_end(struct buffer *text)
{
    buffer_char(text, '\0');
    assert(!text->overflow);
}

struct token token_make(struct world *world, unsigned partition, uint64_t epoch)
{
    unsigned char random[TOKEN_RANDOM * BITS / 8];
    struct token token;
    world_random(world, random, sizeof(random));
    struct buffer text = token_begin(&token, partition, epoch);
    token_half(&text, token_forty(random));
    token_half(&text, token_forty(random + sizeof(random) / 2));
    token_end(&text);
    return token;
}

struct token token_derive(unsigned partition, uint64_t epoch, struct bytes of, uint64_t key)
{
    struct token token;
    struct buffer text = token_begin(&token, partition, epoch);
    token_half(&text, bytes_hash(of, key));
    token_half(&text, bytes_hash(of, ~key));
    token_end(&text);
    return token;
}

/* The value of a digit, or -1. */
static int token_digit(char c)
{
    c = ascii_lower(c);
    if (c >= 'a' && c <= 'z')
        return c - 'a';
    if (c >= '2' && c <= '7')
        return c - '2' + 26;
    return -1;
}

/* A number in base32, the highest digit first; false when it is none or exceeds 64 bits. */
static bool token_number(struct bytes digits, uint64_t *number)
{
    uint64_t value = 0;
    if (digits.length == 0)
        return false;
    for (size_t i = 0; i < digits.length; i++) {
        int digit = token_digit(digits.at[i]);
        if (digit < 0 || value >> (64 - BITS) != 0)
            return false;
        value = value << BITS | (uint64_t)digit;
    }
    *number = value;
    return true;
}

static bool token_all_digits(struct bytes text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (token_digit(text.at[i]) < 0)
            return false;
    }
    return true;
}

bool token_parse(struct bytes text, unsigned *partition, uint64_t *epoch)
{
    uint64_t place, life;
    if (text.length >= TOKEN_SIZE)
        return false;
    struct bytes random = text;
    struct bytes head = bytes_split(&random, '.');
    if (random.length != TOKEN_RANDOM || !token_all_digits(random))
        return false;
    struct bytes life_digits = bytes_skip(head, 2);
    if (!token_number(bytes_first(head, 2), &place) || !token_number(life_digits, &life))
        return false;
    if (life_digits.length > 1 && token_digit(life_digits.at[0]) == 0)
        return false; /* we write no leading zeros: each epoch has one form */
    *partition = (unsigned)place;
    *epoch = life;
    return true;
}
