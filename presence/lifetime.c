/* lifetime.c: the time that a PUBLISH or SUBSCRIBE asks for (RFC 3903 6 step 4, RFC 6665 4.2.1.1).
 */
#include "presence/presence_internal.h"

bool lifetime_judge(struct front_request *request, const struct lifetime *lifetime,
                    uint32_t *expires_s)
{
    bool present;
    struct verdict v = sip_message_number(request->message, SIP_EXPIRES, &present, expires_s);
    if (!verdict_ok(v)) {
        front_refuse_verdict(request, v);
        return false;
    }
    if (!present)
        *expires_s = lifetime->usual;
    if (*expires_s > lifetime->most)
        *expires_s = lifetime->most;
    if (*expires_s == 0 || *expires_s >= lifetime->least)
        return true;
    front_refuse_interval(request, lifetime->least);
    return false;
}
