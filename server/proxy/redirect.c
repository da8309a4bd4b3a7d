/* redirect.c: 302 with the contacts in place of relaying (RFC 3261 8.3). */
#include <assert.h>

#include "proxy_internal.h"
#include "sip/write.h"

enum { WHOLE = 1000, CONTACT_MAX = URI_MAX + 16 };

static void write_contact(struct buffer *out, struct bytes uri, unsigned q)
{
    char text[CONTACT_MAX];
    struct buffer value = buffer_over(text, sizeof(text));
    buffer_char(&value, '<');
    buffer_put(&value, uri);
    buffer_text(&value, ">;q=");
    buffer_format(&value, "%u.%03u", q / WHOLE, q % WHOLE);
    if (!value.overflow)
        sip_write_field(out, "Contact", buffer_bytes(&value));
}

/* The values of q are ours, and say the order that we would have taken; the feature parameters are
 * left out, or the next server would apply the caller's preferences once more (RFC 3841 7.2.4). */
void redirect_to(struct front_request *request, const struct proxy_target *targets,
                 const unsigned *scores, size_t count)
{
    unsigned rank = 0;
    assert(count > 0 && count <= PROXY_TARGETS_MAX);
    struct buffer *out = front_respond(request, 302, NULL, BYTES(""));
    for (size_t i = 0; i < count; i++) {
        bool lower = i > 0 && (targets[i].q != targets[i - 1].q || scores[i] != scores[i - 1]);
        rank += lower;
        write_contact(out, targets[i].uri, WHOLE - rank * (WHOLE / (unsigned)count));
    }
    front_send(request, STORE_NOTHING);
}
