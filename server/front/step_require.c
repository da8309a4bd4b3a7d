/* step_require.c: we support no option that a request may require (RFC 3261 8.2.2.3, 16.3 step 5).
 * Names that do not fit are not told, but require as much. */
#include "front/front_internal.h"

static bool pass(struct front_passage *passage)
{
    struct front_request *request = &passage->request;
    enum sip_header id = passage->needs & FRONT_RELAYED ? SIP_PROXY_REQUIRE : SIP_REQUIRE;
    struct sip_values options = sip_values_of(request->message, id);
    char text[512];
    struct buffer unsupported = buffer_over(text, sizeof(text));
    struct bytes option;
    bool found = false;
    for (; sip_values_next(&options, &option); found = true) {
        if (unsupported.length + option.length + 2 > sizeof(text))
            continue;
        if (unsupported.length > 0)
            buffer_text(&unsupported, ", ");
        buffer_put(&unsupported, option);
    }
    if (!found)
        return true;
    front_refuse_listing(request, 420, NULL, "Unsupported", buffer_bytes(&unsupported));
    return false;
}

const struct front_step step_require = {
    .name = "require", .spec = "RFC 3261 8.2.2.3", .pass = pass};
