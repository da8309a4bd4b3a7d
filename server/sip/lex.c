/* lex.c: the tables and loops under all parsers of this folder.
 *
 * One table tells every class of every character. A header is cut into logical lines by a search
 * for control characters, eight bytes at a time: it stops at the line's end and at everything that
 * has no business inside a line, so that one pass does for both. */
#include "lex_internal.h"

#include <assert.h>

#define ALPHANUM                                                                                 \
    (LEX_TOKEN | LEX_USER | LEX_PASSWORD | LEX_HOST | LEX_PARAMETER | LEX_HEADER | LEX_DISPLAY | \
     LEX_VALUE | LEX_NAME | LEX_SCHEME | LEX_URI)
/* "mark" of RFC 3261 25.1, as it stands in URIs. */
#define MARK (LEX_USER | LEX_PASSWORD | LEX_PARAMETER | LEX_HEADER | LEX_URI)
#define TOKEN (LEX_TOKEN | LEX_NAME | LEX_DISPLAY | LEX_VALUE)
/* A separator that opens or closes nothing in a value. */
#define PLAIN (LEX_DISPLAY | LEX_VALUE | LEX_URI)

const uint16_t lex_classes[256] = {
    ['\t'] = LEX_SPACE,
    ['\n'] = LEX_SPACE,
    ['\r'] = LEX_SPACE,
    [' '] = LEX_SPACE,
    ['0' ... '9'] = ALPHANUM | LEX_IPV6,
    ['A' ... 'F'] = ALPHANUM | LEX_IPV6,
    ['G' ... 'Z'] = ALPHANUM,
    ['a' ... 'f'] = ALPHANUM | LEX_IPV6,
    ['g' ... 'z'] = ALPHANUM,
    ['!'] = MARK | TOKEN,
    ['#'] = PLAIN | LEX_USER,
    ['$'] = PLAIN | LEX_USER | LEX_PASSWORD | LEX_PARAMETER | LEX_HEADER | LEX_NAME,
    ['%'] = TOKEN | LEX_URI,
    ['&'] = PLAIN | LEX_USER | LEX_PASSWORD | LEX_PARAMETER | LEX_NAME,
    ['\''] = MARK | TOKEN,
    ['('] = MARK | LEX_DISPLAY | LEX_VALUE | LEX_NAME,
    [')'] = MARK | LEX_DISPLAY | LEX_VALUE | LEX_NAME,
    ['*'] = MARK | TOKEN,
    ['+'] = TOKEN | LEX_USER | LEX_PASSWORD | LEX_PARAMETER | LEX_HEADER | LEX_SCHEME | LEX_URI,
    [','] = LEX_USER | LEX_PASSWORD | LEX_URI,
    ['-'] = MARK | TOKEN | LEX_HOST | LEX_SCHEME,
    ['.'] = MARK | TOKEN | LEX_HOST | LEX_SCHEME | LEX_IPV6,
    ['/'] = PLAIN | LEX_USER | LEX_PARAMETER | LEX_HEADER | LEX_NAME,
    [':'] = LEX_VALUE | LEX_URI | LEX_PARAMETER | LEX_HEADER | LEX_NAME | LEX_IPV6,
    [';'] = LEX_USER | LEX_URI,
    ['='] = PLAIN | LEX_USER | LEX_PASSWORD | LEX_PARAMETER,
    ['?'] = PLAIN | LEX_USER | LEX_HEADER,
    ['@'] = PLAIN,
    ['['] = PLAIN | LEX_PARAMETER | LEX_HEADER | LEX_NAME,
    [']'] = PLAIN | LEX_PARAMETER | LEX_HEADER | LEX_NAME,
    ['^'] = PLAIN,
    ['_'] = MARK | TOKEN | LEX_HOST,
    ['`'] = TOKEN | LEX_URI,
    ['{'] = PLAIN,
    ['|'] = PLAIN,
    ['}'] = PLAIN,
    ['~'] = MARK | TOKEN,
    [0x80 ... 0xff] = LEX_DISPLAY | LEX_VALUE,
};

bool lex_quoted(struct lexer *lexer)
{
    assert(lex_peek(lexer) == '"');
    for (const char *at = lexer->at + 1; at < lexer->end; at++) {
        if (*at == '"') {
            lexer->at = at + 1;
            return true;
        }
        if (*at == '\\')
            at++;
    }
    return false;
}

static bool take_ipv6(struct lexer *lexer, struct bytes *host)
{
    const char *start = lexer->at;
    lexer->at++;
    struct bytes address = lex_take(lexer, LEX_IPV6);
    if (bytes_index(address, ':') < 0 || !lex_char(lexer, ']')) {
        lexer->at = start;
        return false;
    }
    *host = bytes_from(start, (size_t)(lexer->at - start));
    return true;
}

bool lex_host(struct lexer *lexer, struct bytes *host)
{
    if (lex_peek(lexer) == '[')
        return take_ipv6(lexer, host);
    *host = lex_take(lexer, LEX_HOST);
    return host->length > 0;
}

bool lex_port(struct lexer *lexer, uint16_t *port)
{
    unsigned value = 0;
    for (; lexer->at < lexer->end && *lexer->at >= '0' && *lexer->at <= '9'; lexer->at++) {
        value = value * 10 + (unsigned)(*lexer->at - '0');
        if (value > UINT16_MAX)
            return false;
    }
    *port = (uint16_t)value;
    return value > 0;
}

/* The value behind a parameter's "=". */
static bool take_value(struct lexer *lexer, struct bytes *value)
{
    lex_space(lexer);
    const char *start = lexer->at;
    if (lex_peek(lexer) != '"') {
        *value = lex_take(lexer, LEX_VALUE);
        return true;
    }
    if (!lex_quoted(lexer))
        return false;
    *value = bytes_from(start, (size_t)(lexer->at - start));
    return true;
}

enum lex_parameter lex_parameter(struct lexer *lexer, struct bytes *name, struct bytes *value)
{
    lex_space(lexer);
    if (lex_end(lexer))
        return LEX_PARAMETER_NONE;
    struct lexer ahead = *lexer;
    if (!lex_char(&ahead, ';'))
        return LEX_PARAMETER_BROKEN;
    lex_space(&ahead);
    *name = lex_take(&ahead, LEX_NAME);
    if (bytes_empty(*name))
        return LEX_PARAMETER_BROKEN;
    *value = (struct bytes){NULL, 0};
    lex_space(&ahead);
    if (lex_char(&ahead, '=') && !take_value(&ahead, value))
        return LEX_PARAMETER_BROKEN;
    *lexer = ahead;
    return LEX_PARAMETER_FOUND;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int lex_escape(const char *at)
{
    assert(*at == '%');
    int high = hex_digit(at[1]), low = hex_digit(at[2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* Eight bytes as a word, the first one lowest; compilers make one load of it. */
static inline uint64_t load_word(const char *at)
{
    const unsigned char *byte = (const unsigned char *)at;
    return (uint64_t)byte[0] | (uint64_t)byte[1] << 8 | (uint64_t)byte[2] << 16 |
           (uint64_t)byte[3] << 24 | (uint64_t)byte[4] << 32 | (uint64_t)byte[5] << 40 |
           (uint64_t)byte[6] << 48 | (uint64_t)byte[7] << 56;
}

/* The first control character (below SP) at or after `at`, or `end`. In a word the subtraction
 * borrows out of every byte below SP; a borrow may spoil the bytes above, never one below, so the
 * lowest mark is true. */
static const char *next_control(const char *at, const char *end)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    for (; end - at >= 8; at += 8) {
        uint64_t word = load_word(at);
        uint64_t marks = (word - ones * ' ') & ~word & (ones * 0x80);
        if (marks != 0)
            return at + (__builtin_ctzll(marks) >> 3);
    }
    while (at < end && (unsigned char)*at >= ' ')
        at++;
    return at;
}

static void mark_unclean(struct lex_line *line)
{
    line->clean = false;
    line->fault = "A line of the header does not end with CR LF";
}

/* Judges the control character at `at`, which does not end the logical line, and returns where the
 * line goes on. */
static const char *pass_control(const char *start, const char *at, struct lex_line *line)
{
    if (*at == '\r' && at[1] == '\n')
        return at + 3; /* a fold */
    if (*at == '\r')
        mark_unclean(line);
    else if (*at == '\0' && line->fault == NULL && (at == start || at[-1] != '\\'))
        line->fault = "The header has a NUL byte";
    return at + 1;
}

/* True when a line that ends before `at` goes on there. */
static bool is_fold(const char *at, const char *end)
{
    return at < end && (*at == ' ' || *at == '\t');
}

bool lex_line(struct lexer *lexer, struct lex_line *line)
{
    const char *start = lexer->at, *end = lexer->end;
    line->fault = NULL;
    line->clean = true;
    for (const char *at = start; (at = next_control(at, end)) < end;) {
        if (*at == '\r' && end - at < 2)
            break;
        bool crlf = *at == '\r' && at[1] == '\n';
        if (*at == '\n' || (crlf && (at == start || !is_fold(at + 2, end)))) {
            if (*at == '\n')
                mark_unclean(line);
            line->text = bytes_from(start, (size_t)(at - start));
            line->end = crlf && at == start;
            lexer->at = at + (crlf ? 2 : 1);
            return true;
        }
        at = pass_control(start, at, line);
    }
    return false;
}

const char *lex_field(struct bytes text, struct bytes *name, struct bytes *value)
{
    struct lexer lexer = lex_over(text);
    *name = lex_take(&lexer, LEX_TOKEN);
    if (bytes_empty(*name))
        return "Malformed name of a header field";
    while (lex_peek(&lexer) == ' ' || lex_peek(&lexer) == '\t')
        lexer.at++;
    if (!lex_char(&lexer, ':'))
        return "A header field has no colon behind its name";
    lex_space(&lexer);
    while (lexer.end > lexer.at && lex_in(lexer.end[-1], LEX_SPACE))
        lexer.end--;
    *value = lex_rest(&lexer);
    return NULL;
}

bool lex_number(struct bytes text, uint64_t most, uint64_t *number)
{
    assert(most < UINT64_MAX / 16);
    uint64_t value = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(text.at[i] - '0');
        if (value > most)
            value = most;
    }
    *number = value;
    return text.length > 0;
}

void lex_write(struct buffer *out, struct bytes text)
{
    struct lexer lexer = lex_over(text);
    while (!lex_end(&lexer)) {
        const char *at = next_control(lexer.at, lexer.end);
        while (at < lexer.end && *at != '\r' && *at != '\n' && *at != '\0')
            at = next_control(at + 1, lexer.end);
        buffer_put(out, bytes_from(lexer.at, (size_t)(at - lexer.at)));
        lexer.at = at;
        if (lex_end(&lexer))
            return;
        buffer_char(out, ' ');
        lexer.at++;
    }
}
