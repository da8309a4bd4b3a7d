/* parties.c: who speaks in a dialog, as a signature in its Routes.
 *
 *     user "@" host of From and of To, the lesser first: the same whichever side sends
 *
 * From and To stay what they were for as long as the dialog lives (RFC 3261 12.2.1.1). Who changes
 * them (RFC 4916) is not taken for a party and proves who it is like anybody. */
#include <assert.h>

#include "front/flow_token.h"
#include "front/front_internal.h"

enum { ADDRESS_MAX = 1024 }; /* of a longer one, so much counts */

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

static void write_parties(const struct sip_message *message, struct buffer *out)
{
    char from_text[ADDRESS_MAX], to_text[ADDRESS_MAX];
    struct buffer from = buffer_over(from_text, sizeof(from_text));
    struct buffer to = buffer_over(to_text, sizeof(to_text));
    struct bytes a = write_address(&message->from, &from);
    struct bytes b = write_address(&message->to, &to);
    bool in_order = bytes_compare(a, b) <= 0;
    buffer_put(out, in_order ? a : b);
    buffer_char(out, ' ');
    buffer_put(out, in_order ? b : a);
    assert(!from.overflow && !to.overflow && !out->overflow);
}

void parties_sign(const struct front_request *request, struct buffer *out)
{
    char text[2 * ADDRESS_MAX + 1];
    struct buffer parties = buffer_over(text, sizeof(text));
    write_parties(request->message, &parties);
    flow_token_sign(request->front->parts.flow_tokens, buffer_bytes(&parties), out);
}

bool parties_signed(const struct front_request *request, struct bytes signature)
{
    char text[2 * ADDRESS_MAX + 1];
    struct buffer parties = buffer_over(text, sizeof(text));
    write_parties(request->message, &parties);
    return flow_token_signed(request->front->parts.flow_tokens, signature, buffer_bytes(&parties));
}
