/* address.c: name-addr and addr-spec with parameters (RFC 3261 20.10, 25.1).
 *
 *     [ display-name ] "<" URI ">" *( ";" name [ "=" value ] )
 *     URI *( ";" name [ "=" value ] )                          no ";", "," or "?" inside the URI
 *
 * Unquoted display names are read wider than the grammar: clients forget the quotes around dots,
 * "@" and letters of other alphabets. A colon ends the doubt: before it stood a scheme. */
#include <assert.h>

#include "lex_internal.h"
#include "sip/fields.h"

/* Takes what stands before "<", and says whether this is a name-addr. */
static const char *take_display(struct lexer *lexer, struct sip_address *address, bool *brackets)
{
    const char *start = lexer->at;
    if (lex_peek(lexer) == '"' && !lex_quoted(lexer))
        return "The quotes of a display name do not end";
    if (lexer->at == start)
        lex_take(lexer, LEX_DISPLAY | LEX_SPACE);
    else
        lex_space(lexer);
    *brackets = lex_peek(lexer) == '<';
    if (*brackets)
        address->display = bytes_trim(bytes_from(start, (size_t)(lexer->at - start)));
    else if (*start == '"')
        return "A display name is not followed by <";
    else
        lexer->at = start;
    return NULL;
}

/* "<" URI ">" */
static struct verdict take_bracketed(struct lexer *lexer, struct sip_address *address)
{
    lexer->at++;
    const char *close =
        lex_end(lexer) ? NULL : memchr(lexer->at, '>', (size_t)(lexer->end - lexer->at));
    if (close == NULL)
        return verdict(400, "An address has < without >", 0);
    struct verdict v =
        sip_uri_parse(bytes_from(lexer->at, (size_t)(close - lexer->at)), &address->uri);
    if (verdict_ok(v))
        lexer->at = close + 1;
    return v;
}

/* A URI without brackets ends where a parameter begins, or white space. */
static struct verdict take_bare(struct lexer *lexer, struct sip_address *address)
{
    const char *end = lexer->at;
    while (end < lexer->end && *end != ';' && !lex_in(*end, LEX_SPACE))
        end++;
    struct bytes text = bytes_from(lexer->at, (size_t)(end - lexer->at));
    ptrdiff_t special = bytes_index(text, '?');
    if (special < 0)
        special = bytes_index(text, ',');
    if (special >= 0)
        return verdict(400, "A URI with , or ? must stand in <>", (size_t)special);
    struct verdict v = sip_uri_parse(text, &address->uri);
    if (verdict_ok(v))
        lexer->at = end;
    return v;
}

static const char *take_parameters(struct lexer *lexer, struct sip_address *address)
{
    struct bytes name, value;
    enum lex_parameter found;
    lex_space(lexer);
    address->parameters = lex_rest(lexer);
    while ((found = lex_parameter(lexer, &name, &value)) == LEX_PARAMETER_FOUND) {
        if (!lex_is(name, "tag"))
            continue;
        if (!bytes_empty(address->tag) || !lex_all(value, LEX_VALUE))
            return "An address has an empty, malformed or second tag";
        address->tag = value;
    }
    return found == LEX_PARAMETER_BROKEN ? "An address has a malformed parameter" : NULL;
}

static struct verdict take_address(struct lexer *lexer, struct sip_address *address)
{
    bool brackets = false;
    const char *fault = take_display(lexer, address, &brackets);
    if (fault != NULL)
        return verdict(400, fault, 0);
    struct verdict v = brackets ? take_bracketed(lexer, address) : take_bare(lexer, address);
    if (!verdict_ok(v))
        return v;
    fault = take_parameters(lexer, address);
    return fault == NULL ? VERDICT_OK : verdict(400, fault, 0);
}

struct verdict sip_address_parse(struct bytes element, struct sip_address *address)
{
    *address = (struct sip_address){.text = bytes_trim(element)};
    if (bytes_empty(address->text))
        return verdict(400, "An address is empty", 0);
    if (bytes_equal(address->text, BYTES("*"))) {
        address->star = true;
        return VERDICT_OK;
    }
    struct lexer lexer = lex_over(address->text);
    struct verdict v = take_address(&lexer, address);
    if (!verdict_ok(v))
        v.offset += (size_t)(lexer.at - element.at);
    return v;
}
