/* via.c: one element of a Via field (RFC 3261 20.42).
 *
 *     "SIP" "/" version "/" transport LWS host [ ":" port ] *( ";" name [ "=" value ] )
 *
 * The version is not judged here: a request of SIP/7.0 is answered with 505, through its Via. What
 * could be read before a fault stays in the struct, so that even then there is an answer. */
#include <assert.h>

#include "lex_internal.h"
#include "sip/fields.h"

/* sent-protocol; white space may stand around the slashes. */
static const char *take_protocol(struct lexer *lexer, struct sip_via *via)
{
    struct bytes protocol = lex_take(lexer, LEX_TOKEN);
    lex_space(lexer);
    if (!lex_is(protocol, "SIP") || !lex_char(lexer, '/'))
        return "Via does not begin with SIP/2.0/";
    lex_space(lexer);
    struct bytes version = lex_take(lexer, LEX_TOKEN);
    lex_space(lexer);
    if (bytes_empty(version) || !lex_char(lexer, '/'))
        return "Via does not begin with SIP/2.0/";
    lex_space(lexer);
    via->transport = lex_take(lexer, LEX_TOKEN);
    return bytes_empty(via->transport) ? "Via names no transport" : NULL;
}

/* LWS host [ COLON port ] */
static const char *take_sent_by(struct lexer *lexer, struct sip_via *via)
{
    struct bytes host;
    if (!lex_space(lexer) || !lex_host(lexer, &host))
        return "Via has no host or a malformed one";
    lex_space(lexer);
    if (lex_char(lexer, ':')) {
        lex_space(lexer);
        if (!lex_port(lexer, &via->port))
            return "Via has a port that is not 1 to 65535";
    }
    via->host = host;
    return NULL;
}

/* Keeps the parameters that we know. Twice the same would leave it to the reader which one counts.
 */
static const char *keep_parameter(struct sip_via *via, struct bytes name, struct bytes value)
{
    if (lex_is(name, "branch")) {
        if (!bytes_empty(via->branch) || !lex_all(value, LEX_VALUE))
            return "Via has an empty, malformed or second branch";
        via->branch = value;
    } else if (lex_is(name, "rport")) {
        if (via->has_rport)
            return "Via has a second rport";
        via->has_rport = true;
        via->rport = value;
    } else if (lex_is(name, "received")) {
        if (!bytes_empty(via->received) || !lex_all(value, LEX_VALUE))
            return "Via has an empty, malformed or second received";
        via->received = value;
    }
    return NULL;
}

static const char *take_parameters(struct lexer *lexer, struct sip_via *via)
{
    struct bytes name, value;
    const char *fault = NULL;
    enum lex_parameter found = LEX_PARAMETER_FOUND;
    lex_space(lexer);
    via->parameters = lex_rest(lexer);
    while (fault == NULL) {
        found = lex_parameter(lexer, &name, &value);
        if (found != LEX_PARAMETER_FOUND)
            break;
        fault = keep_parameter(via, name, value);
    }
    return found == LEX_PARAMETER_BROKEN ? "Via has a malformed parameter" : fault;
}

struct verdict sip_via_parse(struct bytes element, struct sip_via *via)
{
    *via = (struct sip_via){.text = bytes_trim(element)};
    struct lexer lexer = lex_over(via->text);
    const char *fault = take_protocol(&lexer, via);
    if (fault == NULL)
        fault = take_sent_by(&lexer, via);
    if (fault == NULL)
        fault = take_parameters(&lexer, via);
    if (fault == NULL)
        return VERDICT_OK;
    size_t offset = bytes_empty(element) ? 0 : (size_t)(lexer.at - element.at);
    return verdict(400, fault, offset);
}

bool sip_via_rfc3261(const struct sip_via *via)
{
    struct bytes cookie = BYTES("z9hG4bK");
    return via->branch.length > cookie.length && bytes_starts_with(via->branch, cookie);
}
