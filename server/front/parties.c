/* parties.c: who speaks in a dialog, as a signature in its Routes.
 *
 *     kind | HMAC( kind | lesser " " greater )      of user "@" host of From and of To
 *
 *     bit 0 of the kind    To had the greater one
 *     bit 1                To named who was meant: the user whom the request was for
 *
 * So it is the same whichever side sends, one look tells who of them was called, and only who that
 * request proved is believed: anybody may write any name of ours into To. From and To stay what
 * they were for as long as the dialog lives (RFC 3261 12.2.1.1). Who changes them (RFC 4916) is not
 * taken for a party and proves who it is like anybody.
 *
 * What is inside a dialog signs its parties again, for who takes its Record-Route for a new one
 * (RFC 3261 12.2 has none do so), but nobody is meant by it. */
#include <assert.h>

#include "front/flow_token.h"
#include "front/front_internal.h"

enum {
    ADDRESS_MAX = 1024 /* of a longer one, so much counts */,
    PARTIES_MAX = 2 * ADDRESS_MAX + 2
};

enum { TO_GREATER = 1, TO_MEANT = 2, KINDS = 4 };

static struct bytes write_address(const struct sip_address *address, struct buffer *out)
{
    const struct sip_uri *uri = &address->uri;
    if (bytes_empty(uri->host)) { /* tel: and others */
        buffer_put(out, bytes_first(uri->text, ADDRESS_MAX));
        return buffer_bytes(out);
    }
    buffer_put(out, bytes_first(uri->user, ADDRESS_MAX / 2 - 1));
    buffer_char(out, '@');
    const struct bytes host = bytes_first(uri->host, ADDRESS_MAX / 2);
    for (size_t i = 0; i < host.length; i++)
        buffer_char(out, ascii_lower(host.at[i]));
    return buffer_bytes(out);
}

/* Both of a message, in order. */
struct parties {
    char from_text[ADDRESS_MAX], to_text[ADDRESS_MAX];
    struct bytes lesser, greater;
    bool to_greater;
};

static void read_parties(const struct sip_message *message, struct parties *parties)
{
    struct buffer from_out = buffer_over(parties->from_text, ADDRESS_MAX);
    struct buffer to_out = buffer_over(parties->to_text, ADDRESS_MAX);
    struct bytes from = write_address(&message->from, &from_out);
    struct bytes to = write_address(&message->to, &to_out);
    assert(!from_out.overflow && !to_out.overflow);
    parties->to_greater = bytes_compare(from, to) <= 0;
    parties->lesser = parties->to_greater ? from : to;
    parties->greater = parties->to_greater ? to : from;
}

static char kind_char(unsigned kind)
{
    assert(kind < KINDS);
    return (char)('a' + kind);
}

static struct bytes write_parties(const struct parties *parties, unsigned kind, struct buffer *out)
{
    buffer_char(out, kind_char(kind));
    buffer_put(out, parties->lesser);
    buffer_char(out, ' ');
    buffer_put(out, parties->greater);
    assert(!out->overflow);
    return buffer_bytes(out);
}

/* True when To, in a request that begins something, names the user whom it is for. */
static bool is_to_meant(const struct front_request *request)
{
    char to_text[FRONT_AOR_MAX], uri_text[FRONT_AOR_MAX];
    const struct domain *to_domain, *uri_domain;
    const struct front *front = request->front;
    const struct sip_address *to = &request->message->to;
    if (!bytes_empty(to->tag))
        return false;
    struct bytes called = front_canonical(front, &to->uri, to_text, &to_domain);
    if (to_domain == NULL)
        return false;
    if (bytes_equal(called, request->target))
        return true; /* else a temporary GRUU perhaps, which both name (RFC 5627 3.1.2) */
    return request->aim == FRONT_AIM_DEVICE &&
           bytes_equal(called, front_canonical(front, &request->uri, uri_text, &uri_domain));
}

void parties_sign(const struct front_request *request, struct buffer *out)
{
    char text[PARTIES_MAX];
    struct buffer whole = buffer_over(text, sizeof(text));
    struct parties parties;
    if (!bytes_empty(request->message->to.tag) && request->party == FRONT_PARTY_NONE)
        return;
    read_parties(request->message, &parties);
    unsigned kind = (parties.to_greater ? TO_GREATER : 0) | (is_to_meant(request) ? TO_MEANT : 0);
    struct bytes signing = write_parties(&parties, kind, &whole);
    buffer_char(out, '.');
    buffer_char(out, kind_char(kind));
    flow_token_sign(request->front->parts.flow_tokens, signing, out);
}

enum front_party parties_read(const struct front_request *request, struct bytes signature)
{
    char text[PARTIES_MAX];
    struct buffer whole = buffer_over(text, sizeof(text));
    struct parties parties;
    assert(signature.length == PARTIES_SIGNATURE);
    unsigned kind = (unsigned char)signature.at[0] - (unsigned)'a';
    if (kind >= KINDS)
        return FRONT_PARTY_NONE;
    read_parties(request->message, &parties);
    if (!flow_token_signed(request->front->parts.flow_tokens, bytes_skip(signature, 1),
                           write_parties(&parties, kind, &whole)))
        return FRONT_PARTY_NONE;
    bool from_called = parties.to_greater != ((kind & TO_GREATER) != 0);
    return from_called && (kind & TO_MEANT) ? FRONT_PARTY_CALLED : FRONT_PARTY_EITHER;
}
