/* bytes.h: slices of bytes.
 *
 * A slice points at bytes that somebody else owns. Wire text is never assumed NUL-terminated and
 * never copied to be looked at. Nothing here allocates. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
    const char *at;
    size_t length;
};

/* A slice of a string literal, without its NUL. */
#define BYTES(literal) ((struct bytes){"" literal, sizeof(literal) - 1})
/* The two arguments of printf's "%.*s". */
#define BYTES_ARGS(slice) (int)(slice).length, (slice).at

/* A slice of a NUL-terminated text; NULL gives the empty slice. */
static inline struct bytes bytes_of(const char *text)
{
    return (struct bytes){text, text != NULL ? strlen(text) : 0};
}

/* A slice of `length` bytes at `at`. */
static inline struct bytes bytes_from(const void *at, size_t length)
{
    return (struct bytes){at, length};
}

static inline bool bytes_empty(struct bytes slice)
{
    return slice.length == 0;
}

/* True when both have the same bytes. */
static inline bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.at, b.at, a.length) == 0);
}

/* True when both are the same but for the case of ASCII letters (never the locale's). */
bool bytes_equal_nocase(struct bytes a, struct bytes b);

/* <0, 0 or >0 as memcmp, a shorter one that is a prefix first. */
int bytes_compare(struct bytes a, struct bytes b);

/* True when `slice` begins with `prefix`. */
bool bytes_starts_with(struct bytes slice, struct bytes prefix);

/* Copies the slice to *at and moves *at behind it; the copy, for texts that share one allocation.
 */
struct bytes bytes_pack(char **at, struct bytes slice);

/* The part from `from` (at most the length) to the end. */
struct bytes bytes_skip(struct bytes slice, size_t from);

/* The first `length` bytes, or all when there are fewer. */
struct bytes bytes_first(struct bytes slice, size_t length);

/* Without spaces, tabs, CR and LF at either end. */
struct bytes bytes_trim(struct bytes slice);

/* Position of the first `wanted`, or -1. */
ptrdiff_t bytes_index(struct bytes slice, char wanted);

/* Splits off what stands before the first `separator` (which is dropped) and leaves the rest in
 * `*rest`; without a separator all of it is returned and the rest is empty. */
struct bytes bytes_split(struct bytes *rest, char separator);

/* Decimal digits only, no sign, no blanks: false when there is anything else, nothing, or more than
 * the type holds; *value is then unchanged. */
bool bytes_to_u32(struct bytes digits, uint32_t *value);
bool bytes_to_u64(struct bytes digits, uint64_t *value);
/* The same of exactly `count` (1 to 16) hexadecimal digits, of either case. */
bool bytes_hex_to_u64(struct bytes digits, size_t count, uint64_t *value);

/* True when all of it is UTF-8 (RFC 3629). */
bool bytes_is_utf8(struct bytes slice);

/* A hash for tables in memory, keyed by `seed` so that a peer cannot choose collisions; the nocase
 * form gives equal values for slices that bytes_equal_nocase calls equal. */
uint64_t bytes_hash(struct bytes slice, uint64_t seed);
uint64_t bytes_hash_nocase(struct bytes slice, uint64_t seed);

/* In a sentence for people: of 1 the first word ("user"), of any other number the second. */
static inline const char *word_for(unsigned long long count, const char *one, const char *many)
{
    return count == 1 ? one : many;
}

/* ASCII lower case of one character, independent of the locale. */
static inline char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

#endif
