/* step_privacy.c: who says that its privacy is critical wants no service without it. We can keep an
 * asserted identity inside our Trust Domain ("id"); header, session and user privacy would take a
 * back-to-back user agent. */
#include "front/asserted_internal.h"
#include "front/front_internal.h"

static bool pass(struct front_passage *passage)
{
    struct front_request *request = &passage->request;
    char text[256], values[160];
    struct buffer reason = buffer_over(text, sizeof(text)), more = buffer_over(values, 120);
    if (!(passage->needs & FRONT_RELAYED))
        return true;
    const struct privacy privacy = privacy_of(request->message);
    if (!privacy.critical || !privacy.more || privacy.none)
        return true;
    privacy_write_more(request->message, ", ", &more);
    buffer_text(&reason, "Privacy that cannot be provided: ");
    buffer_put(&reason, more.overflow ? BYTES("too much") : buffer_bytes(&more));
    buffer_char(&reason, '\0');
    front_refuse(request, 500, text);
    return false;
}

const struct front_step step_privacy = {.name = "privacy", .spec = "RFC 3323 5", .pass = pass};
