/* relay.c: what a request may say of its sender to its next hop, and a response on its way back.
 *
 *                         next hop trusted              next hop not trusted
 *   P-Asserted-Identity
 *     from a trusted one  goes on                       goes on with Privacy: none alone
 *     from others         is taken away, and ours put   is taken away
 *                         there for a proved user
 *   Privacy               goes on                       without "id", which was done; gone when
 *                                                       nothing but "critical" is left
 *
 * RFC 3325 7 lets the operator decide whether an identity that nobody wants hidden leaves the Trust
 * Domain: here it does not. P-Preferred-Identity is for us alone, and our users have one identity,
 * so it tells nothing.
 *
 * A response is a message like any (RFC 3325 5), but for ours, which is never added: who answers
 * proves nothing. Its Privacy goes on whole when it asks for more than "id". */
#include "front/relay.h"

#include <assert.h>

#include "front/asserted_internal.h"
#include "sip/write.h"

bool front_trusts(const struct front *front, const struct net_address *address)
{
    const struct front_settings *settings = front_settings(front);
    for (size_t i = 0; i < settings->trusted_count; i++)
        if (net_network_contains(&settings->trusted[i], address))
            return true;
    return false;
}

struct front_departure front_depart(const struct front_request *request,
                                    const struct net_address *hop)
{
    struct front_departure departure = {.request = request};
    assert(request->front != NULL && request->message != NULL);
    bool trusted = hop != NULL && front_trusts(request->front, hop);
    const struct privacy privacy = privacy_of(request->message);
    departure.keeps_identity = request->trusted && (trusted || privacy.none);
    departure.adds_identity =
        trusted && !request->trusted && !request->foreign && !bytes_empty(request->identity);
    departure.hides_identity = !trusted && privacy.id && !privacy.none;
    departure.more_privacy = privacy.more;
    return departure;
}

/* Credentials for a realm of ours are nobody else's business (RFC 3261 22.3). */
static bool is_for_us(const struct front *front, const struct sip_field *field)
{
    struct digest_credentials credentials;
    return verdict_ok(digest_credentials_parse(field->value, &credentials)) &&
           domains_find(front_parts(front)->domains, credentials.realm) != NULL;
}

static bool drops_other(const struct front_departure *departure, const struct sip_field *field)
{
    if (asserted_named(field, P_ASSERTED_IDENTITY))
        return !departure->keeps_identity;
    if (asserted_named(field, PRIVACY))
        return departure->hides_identity;
    return asserted_named(field, P_PREFERRED_IDENTITY);
}

bool front_departure_drops(void *context, const struct sip_field *field)
{
    const struct front_departure *departure = context;
    switch (field->id) {
    case SIP_ROUTE:
        return true;
    case SIP_AUTHORIZATION:
    case SIP_PROXY_AUTHORIZATION:
        return is_for_us(departure->request->front, field);
    case SIP_PROXY_REQUIRE: /* "privacy", of which nothing is left to do; others were refused */
        return departure->hides_identity && !departure->more_privacy;
    case SIP_HEADER_OTHER:
        return drops_other(departure, field);
    default:
        return false;
    }
}

void front_departure_write(const struct front_departure *departure, struct buffer *out)
{
    const struct front_request *request = departure->request;
    if (departure->adds_identity) {
        buffer_text(out, "P-Asserted-Identity: <sip:");
        buffer_put(out, request->identity);
        buffer_text(out, ">\r\n");
    }
    if (departure->hides_identity && departure->more_privacy) {
        buffer_text(out, "Privacy: ");
        privacy_write_more(request->message, ";", out);
        buffer_text(out, "\r\n");
    }
}

struct front_return front_return(const struct front *front, const struct sip_message *response,
                                 const struct net_address *from, const struct net_address *to)
{
    struct front_return decided = {.keeps_identity = false};
    assert(!response->request);
    bool trusted = front_trusts(front, to);
    const struct privacy privacy = privacy_of(response);
    decided.keeps_identity = front_trusts(front, from) && (trusted || privacy.none);
    decided.drops_privacy = !trusted && privacy.id && !privacy.none && !privacy.more;
    return decided;
}

bool front_return_drops(void *context, const struct sip_field *field)
{
    const struct front_return *decided = context;
    if (field->id != SIP_HEADER_OTHER)
        return false;
    if (asserted_named(field, P_ASSERTED_IDENTITY))
        return !decided->keeps_identity;
    if (asserted_named(field, PRIVACY))
        return decided->drops_privacy;
    return asserted_named(field, P_PREFERRED_IDENTITY);
}
