/* step_require.c: options that the request requires and that we lack. What ends here is asked by
 * Require and has what its handler supports (RFC 3261 8.2.2.3), what goes further by Proxy-Require
 * (16.3 step 5), of which we know "privacy" (RFC 3323 5). Names that do not fit are not told, but
 * require as much. */
#include "front/front_internal.h"

/* True when a word of the list is the option. */
static bool lists(const char *list, struct bytes option)
{
    struct bytes rest = bytes_of(list);
    while (!bytes_empty(rest))
        if (bytes_equal_nocase(bytes_split(&rest, ' '), option))
            return true;
    return false;
}

static bool pass(struct front_passage *passage)
{
    struct front_request *request = &passage->request;
    bool relayed = passage->needs & FRONT_RELAYED;
    struct sip_values options =
        sip_values_of(request->message, relayed ? SIP_PROXY_REQUIRE : SIP_REQUIRE);
    const char *known = relayed ? "privacy" : passage->method->supports;
    char text[512];
    struct buffer unsupported = buffer_over(text, sizeof(text));
    struct bytes option;
    bool found = false;
    while (sip_values_next(&options, &option)) {
        if (lists(known, option))
            continue;
        found = true;
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
