/* lex_internal.h: the characters, white space and parameters that all parsers of this folder share.
 *
 * Everything reads forward through a lexer, a pair of pointers into somebody else's bytes. */
#ifndef SIP_LEX_INTERNAL_H
#define SIP_LEX_INTERNAL_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/verdict.h"

/* Classes of characters (RFC 3261 25.1). What is wider than the grammar says so. */
enum {
    LEX_SPACE = 1 << 0,     /* SP, HTAB, and CR and LF, which are inside a value only as a fold */
    LEX_TOKEN = 1 << 1,     /* token */
    LEX_USER = 1 << 2,      /* user, without escapes; and '#', which phones dial */
    LEX_PASSWORD = 1 << 3,  /* password, without escapes */
    LEX_HOST = 1 << 4,      /* hostname and IPv4address; and '_', which host names do carry */
    LEX_PARAMETER = 1 << 5, /* paramchar without escapes; and '=', which ends base64 */
    LEX_HEADER = 1 << 6,    /* hname and hvalue, without escapes */
    LEX_DISPLAY = 1 << 7,   /* unquoted display name: token; and what clients forget to quote */
    LEX_VALUE = 1 << 8,     /* gen-value without quotes: all that does not end or open something */
    LEX_NAME = 1 << 9,      /* name of a parameter, of a header field or of a URI */
    LEX_SCHEME = 1 << 10,   /* scheme */
    LEX_URI = 1 << 11,      /* anything in a URI: printable ASCII without the delimiters of URIs */
    LEX_IPV6 = 1 << 12      /* inside the brackets of IPv6reference */
};

extern const uint16_t lex_classes[256];

static inline bool lex_in(char c, unsigned classes)
{
    return (lex_classes[(unsigned char)c] & classes) != 0;
}

/* True when there is something in `text` and all of it is of the class. */
static inline bool lex_all(struct bytes text, unsigned classes)
{
    for (size_t i = 0; i < text.length; i++)
        if (!lex_in(text.at[i], classes))
            return false;
    return text.length > 0;
}

/* True when `text` is `literal`, but for the case of letters. */
#define lex_is(text, literal) lex_equal((text), BYTES(literal))

static inline bool lex_equal(struct bytes text, struct bytes wanted)
{
    return text.length == wanted.length &&
           (bytes_equal(text, wanted) || bytes_equal_nocase(text, wanted));
}

struct lexer {
    const char *at, *end;
};

/* Over all of a slice; the empty slice at NULL gets a place of its own. */
static inline struct lexer lex_over(struct bytes text)
{
    const char *at = text.at != NULL ? text.at : "";
    return (struct lexer){at, at + text.length};
}

static inline bool lex_end(const struct lexer *lexer)
{
    return lexer->at == lexer->end;
}

/* The next character, or NUL at the end. */
static inline char lex_peek(const struct lexer *lexer)
{
    if (lexer->at == lexer->end)
        return '\0';
    return *lexer->at;
}

static inline struct bytes lex_rest(const struct lexer *lexer)
{
    return bytes_from(lexer->at, (size_t)(lexer->end - lexer->at));
}

/* Passes over the optional white space (SWS) here; true when there was some. */
static inline bool lex_space(struct lexer *lexer)
{
    const char *start = lexer->at;
    while (lexer->at < lexer->end && lex_in(*lexer->at, LEX_SPACE))
        lexer->at++;
    return lexer->at > start;
}

/* Takes the characters of the classes that stand here, perhaps none. */
static inline struct bytes lex_take(struct lexer *lexer, unsigned classes)
{
    const char *start = lexer->at;
    while (lexer->at < lexer->end && lex_in(*lexer->at, classes))
        lexer->at++;
    return bytes_from(start, (size_t)(lexer->at - start));
}

/* Passes over `c` if it stands here. */
static inline bool lex_char(struct lexer *lexer, char c)
{
    if (lexer->at == lexer->end || *lexer->at != c)
        return false;
    lexer->at++;
    return true;
}

/* Passes over the quoted string that begins here; false, and nothing is passed, when it does not
 * end. */
bool lex_quoted(struct lexer *lexer);

/* Takes the host that stands here: a name, an IPv4 address or an IPv6 literal in brackets. False
 * when there is none. */
bool lex_host(struct lexer *lexer, struct bytes *host);

/* Takes the decimal port that stands here, 1 to 65535; false when it is anything else. */
bool lex_port(struct lexer *lexer, uint16_t *port);

/* What lex_parameter found. */
enum lex_parameter { LEX_PARAMETER_NONE, LEX_PARAMETER_FOUND, LEX_PARAMETER_BROKEN };

/* Takes the next ";name" or ";name=value" with white space where RFC 3261 25.1 has SWS. An absent
 * value is the empty slice at NULL; a quoted value keeps its quotes. NONE at the end, BROKEN for
 * anything else; both move nothing but white space. */
enum lex_parameter lex_parameter(struct lexer *lexer, struct bytes *name, struct bytes *value);

/* The value of "%XX" at `at` (at least three bytes are there), or -1. */
int lex_escape(const char *at);

/* A logical line of a header: a field with all lines that are folded into it. */
struct lex_line {
    struct bytes text; /* without the CR LF at its end */
    bool end;          /* the empty line: the end of the header */
    const char *fault; /* of its bytes, not of its grammar; NULL: none */
    bool clean;        /* false: a bare CR or LF is in it or ends it */
};

/* Takes the next logical line of a header; false when no whole line is left. Lines end with CR LF
 * and nothing else: a bare CR or LF is a fault, so that what we take for one field nobody else
 * takes for two. NUL is a fault but behind a backslash (quoted-pair of RFC 3261 25.1). */
bool lex_line(struct lexer *lexer, struct lex_line *line);

/* Splits a line into a field's name and its value, trimmed (HCOLON of RFC 3261 25.1). NULL, or what
 * is wrong with it. */
const char *lex_field(struct bytes text, struct bytes *name, struct bytes *value);

/* Reads a decimal number that may be followed by nothing; one over `most` becomes `most` (leading
 * zeros are fine). False when it is empty or no number. */
bool lex_number(struct bytes text, uint64_t most, uint64_t *number);

/* Appends bytes that a peer wrote: CR, LF and NUL become spaces, so that a fold is unfolded and
 * nothing can start a field of its own. */
void lex_write(struct buffer *out, struct bytes text);

#endif
