/* fields.c: names of header fields, comma lists, and the short fields (q, media types, Event).
 *
 * A name is found by a hash of its length and its first two letters that no two known names share;
 * the compiler proves it, because two entries in one place are an error (-Woverride-init). */
#include "sip/fields.h"

#include <assert.h>

#include "lex_internal.h"

#define NAME_HASH(length, first, second) (((length) + (first)*7 + (second)*29) & 255)

/* The letters are those of the name in lower case. */
static const uint8_t by_hash[256] = {
    [NAME_HASH(6, 'a', 'c')] = SIP_ACCEPT,
    [NAME_HASH(14, 'a', 'c')] = SIP_ACCEPT_CONTACT,
    [NAME_HASH(5, 'a', 'l')] = SIP_ALLOW,
    [NAME_HASH(12, 'a', 'l')] = SIP_ALLOW_EVENTS,
    [NAME_HASH(13, 'a', 'u')] = SIP_AUTHORIZATION,
    [NAME_HASH(7, 'c', 'a')] = SIP_CALL_ID,
    [NAME_HASH(7, 'c', 'o')] = SIP_CONTACT,
    [NAME_HASH(16, 'c', 'o')] = SIP_CONTENT_ENCODING,
    [NAME_HASH(14, 'c', 'o')] = SIP_CONTENT_LENGTH,
    [NAME_HASH(12, 'c', 'o')] = SIP_CONTENT_TYPE,
    [NAME_HASH(4, 'c', 's')] = SIP_CSEQ,
    [NAME_HASH(4, 'd', 'a')] = SIP_DATE,
    [NAME_HASH(5, 'e', 'v')] = SIP_EVENT,
    [NAME_HASH(7, 'e', 'x')] = SIP_EXPIRES,
    [NAME_HASH(4, 'f', 'r')] = SIP_FROM,
    [NAME_HASH(11, 'm', 'a')] = SIP_MAX_BREADTH,
    [NAME_HASH(12, 'm', 'a')] = SIP_MAX_FORWARDS,
    [NAME_HASH(11, 'm', 'i')] = SIP_MIN_EXPIRES,
    [NAME_HASH(4, 'p', 'a')] = SIP_PATH,
    [NAME_HASH(18, 'p', 'r')] = SIP_PROXY_AUTHENTICATE,
    [NAME_HASH(19, 'p', 'r')] = SIP_PROXY_AUTHORIZATION,
    [NAME_HASH(13, 'p', 'r')] = SIP_PROXY_REQUIRE,
    [NAME_HASH(6, 'r', 'e')] = SIP_REASON,
    [NAME_HASH(12, 'r', 'e')] = SIP_RECORD_ROUTE,
    [NAME_HASH(14, 'r', 'e')] = SIP_REJECT_CONTACT,
    [NAME_HASH(19, 'r', 'e')] = SIP_REQUEST_DISPOSITION,
    [NAME_HASH(7, 'r', 'e')] = SIP_REQUIRE,
    [NAME_HASH(11, 'r', 'e')] = SIP_RETRY_AFTER,
    [NAME_HASH(5, 'r', 'o')] = SIP_ROUTE,
    [NAME_HASH(8, 's', 'i')] = SIP_SIP_ETAG,
    [NAME_HASH(12, 's', 'i')] = SIP_SIP_IF_MATCH,
    [NAME_HASH(18, 's', 'u')] = SIP_SUBSCRIPTION_STATE,
    [NAME_HASH(9, 's', 'u')] = SIP_SUPPORTED,
    [NAME_HASH(17, 's', 'u')] = SIP_SUPPRESS_IF_MATCH,
    [NAME_HASH(9, 't', 'i')] = SIP_TIMESTAMP,
    [NAME_HASH(2, 't', 'o')] = SIP_TO,
    [NAME_HASH(11, 'u', 'n')] = SIP_UNSUPPORTED,
    [NAME_HASH(10, 'u', 's')] = SIP_USER_AGENT,
    [NAME_HASH(3, 'v', 'i')] = SIP_VIA,
    [NAME_HASH(7, 'w', 'a')] = SIP_WARNING,
    [NAME_HASH(16, 'w', 'w')] = SIP_WWW_AUTHENTICATE,
};

static const uint8_t by_letter[26] = {
    ['a' - 'a'] = SIP_ACCEPT_CONTACT,
    ['c' - 'a'] = SIP_CONTENT_TYPE,
    ['d' - 'a'] = SIP_REQUEST_DISPOSITION,
    ['e' - 'a'] = SIP_CONTENT_ENCODING,
    ['f' - 'a'] = SIP_FROM,
    ['i' - 'a'] = SIP_CALL_ID,
    ['j' - 'a'] = SIP_REJECT_CONTACT,
    ['k' - 'a'] = SIP_SUPPORTED,
    ['l' - 'a'] = SIP_CONTENT_LENGTH,
    ['m' - 'a'] = SIP_CONTACT,
    ['o' - 'a'] = SIP_EVENT,
    ['t' - 'a'] = SIP_TO,
    ['u' - 'a'] = SIP_ALLOW_EVENTS,
    ['v' - 'a'] = SIP_VIA,
};

struct known {
    struct bytes name;
    bool single;
};

static const struct known known[SIP_HEADER_COUNT] = {
#define KNOWN(id, name, compact, single) [SIP_##id] = {{name, sizeof(name) - 1}, single},
    SIP_HEADERS(KNOWN)
#undef KNOWN
};

static enum sip_header compact_of(char letter)
{
    letter = ascii_lower(letter);
    return letter >= 'a' && letter <= 'z' ? by_letter[letter - 'a'] : SIP_HEADER_OTHER;
}

enum sip_header sip_header_of(struct bytes name)
{
    if (name.length < 2)
        return name.length == 1 ? compact_of(name.at[0]) : SIP_HEADER_OTHER;
    size_t first = (unsigned char)ascii_lower(name.at[0]);
    size_t second = (unsigned char)ascii_lower(name.at[1]);
    enum sip_header id = by_hash[NAME_HASH(name.length, first, second)];
    return id != SIP_HEADER_OTHER && lex_equal(name, known[id].name) ? id : SIP_HEADER_OTHER;
}

const char *sip_header_name(enum sip_header id)
{
    assert(id > SIP_HEADER_OTHER && id < SIP_HEADER_COUNT);
    return known[id].name.at;
}

bool sip_header_single(enum sip_header id)
{
    assert(id >= 0 && id < SIP_HEADER_COUNT);
    return known[id].single;
}

/* Passes over a comment with those nested in it; one that does not end takes all. */
static void skip_comment(struct lexer *lexer)
{
    unsigned depth = 0;
    for (; lexer->at < lexer->end; lexer->at++) {
        if (*lexer->at == '(')
            depth++;
        else if (*lexer->at == ')')
            depth--;
        else if (*lexer->at == '\\' && lexer->end - lexer->at > 1)
            lexer->at++;
        if (depth == 0)
            break;
    }
}

/* Passes over a quoted string, a bracketed URI or a comment; else over one character. What does not
 * end takes all that is left, so that a list is walked in linear time. */
static void skip_unit(struct lexer *lexer)
{
    if (*lexer->at == '"') {
        if (!lex_quoted(lexer))
            lexer->at = lexer->end;
        return;
    }
    if (*lexer->at == '<') {
        const char *close = memchr(lexer->at, '>', (size_t)(lexer->end - lexer->at));
        lexer->at = close != NULL ? close + 1 : lexer->end;
        return;
    }
    if (*lexer->at == '(')
        skip_comment(lexer);
    if (lexer->at < lexer->end)
        lexer->at++;
}

bool sip_list_next(struct bytes *rest, struct bytes *element)
{
    struct lexer lexer = lex_over(*rest);
    *element = (struct bytes){NULL, 0};
    while (bytes_empty(*element) && !lex_end(&lexer)) {
        const char *start = lexer.at;
        if (memchr(start, ',', (size_t)(lexer.end - start)) == NULL)
            lexer.at = lexer.end;
        while (!lex_end(&lexer) && *lexer.at != ',')
            skip_unit(&lexer);
        *element = bytes_trim(bytes_from(start, (size_t)(lexer.at - start)));
        lex_char(&lexer, ',');
    }
    *rest = lex_rest(&lexer);
    return !bytes_empty(*element);
}

bool sip_q_parse(struct bytes value, unsigned *thousandths)
{
    struct lexer lexer = lex_over(value);
    unsigned whole = lex_peek(&lexer) == '1' ? 1000 : 0, part = 0, unit = 100;
    if (!lex_char(&lexer, '0') && !lex_char(&lexer, '1'))
        return false;
    if (lex_char(&lexer, '.'))
        for (; unit > 0 && lex_peek(&lexer) >= '0' && lex_peek(&lexer) <= '9'; unit /= 10)
            part += (unsigned)(*lexer.at++ - '0') * unit;
    if (!lex_end(&lexer) || whole + part > 1000)
        return false;
    *thousandths = whole + part;
    return true;
}

struct verdict sip_media_parse(struct bytes value, struct sip_media *media)
{
    struct lexer lexer = lex_over(value);
    const char *start = lexer.at;
    *media = (struct sip_media){0};
    lex_space(&lexer);
    media->type = lex_take(&lexer, LEX_TOKEN);
    lex_space(&lexer);
    if (bytes_empty(media->type) || !lex_char(&lexer, '/'))
        return verdict(400, "A media type is not type/subtype", (size_t)(lexer.at - start));
    lex_space(&lexer);
    media->subtype = lex_take(&lexer, LEX_TOKEN);
    lex_space(&lexer);
    if (bytes_empty(media->subtype) || (!lex_end(&lexer) && *lexer.at != ';'))
        return verdict(400, "A media type is not type/subtype", (size_t)(lexer.at - start));
    media->parameters = bytes_trim(lex_rest(&lexer));
    return VERDICT_OK;
}

/* Compares with "type/subtype"; `ranges`: "*" stands for any. */
static bool media_matches(const struct sip_media *media, const char *type, bool ranges)
{
    struct bytes subtype = bytes_of(type), major = bytes_split(&subtype, '/');
    assert(!bytes_empty(major) && !bytes_empty(subtype));
    bool any_subtype = ranges && lex_is(media->subtype, "*");
    if (any_subtype && lex_is(media->type, "*"))
        return true;
    return lex_equal(media->type, major) && (any_subtype || lex_equal(media->subtype, subtype));
}

bool sip_media_names(const struct sip_media *media, const char *type)
{
    return media_matches(media, type, false);
}

bool sip_media_is(struct bytes value, const char *type)
{
    struct sip_media media;
    return verdict_ok(sip_media_parse(value, &media)) && sip_media_names(&media, type);
}

bool sip_media_accepts(struct bytes range, const char *type)
{
    struct sip_media media;
    struct bytes q;
    unsigned weight = 1000;
    if (!verdict_ok(sip_media_parse(range, &media)) || !media_matches(&media, type, true))
        return false;
    /* q=0 says "not acceptable" (RFC 2616 14.1, which RFC 3261 20.1 refers to). */
    return !sip_parameter(media.parameters, "q", &q) || !sip_q_parse(q, &weight) || weight > 0;
}

struct verdict sip_event_parse(struct bytes value, struct sip_event *event)
{
    struct lexer lexer = lex_over(value);
    const char *start = lexer.at;
    struct bytes name, parameter;
    *event = (struct sip_event){0};
    lex_space(&lexer);
    event->type = lex_take(&lexer, LEX_TOKEN);
    if (bytes_empty(event->type))
        return verdict(400, "Event names no package", (size_t)(lexer.at - start));
    event->parameters = bytes_skip(value, (size_t)(lexer.at - start));
    enum lex_parameter found;
    while ((found = lex_parameter(&lexer, &name, &parameter)) == LEX_PARAMETER_FOUND) {
        if (!lex_is(name, "id"))
            continue;
        if (!bytes_empty(event->id) || !lex_all(parameter, LEX_TOKEN))
            return verdict(400, "Event has a malformed id", (size_t)(lexer.at - start));
        event->id = parameter;
    }
    if (found == LEX_PARAMETER_BROKEN)
        return verdict(400, "Event has a malformed parameter", (size_t)(lexer.at - start));
    return VERDICT_OK;
}
