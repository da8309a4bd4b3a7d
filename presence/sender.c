/* sender.c: which device sent a request.
 *
 * As its Contact says: by +sip.instance, or because it is a GRUU of ours (linphone), which names
 * the device that it was given to; else it is the one that is registered over the same flow. The
 * Contact is only believed about the device that sends it, within what its own user has here. */
#include "presence/sender_internal.h"

enum { GRUU_MEMORY = 2048 };

struct net_flow sender_source(const struct front_request *request)
{
    if (sip_message_is_relayed(request->message))
        return (struct net_flow){0};
    return request->incoming->flow;
}

static bool write_gruu_instance(const struct presence *presence, struct bytes aor,
                                const struct sip_uri *uri, struct buffer *out)
{
    char text[GRUU_MEMORY];
    struct buffer memory = buffer_over(text, sizeof(text));
    struct gruu_parts parts;
    if (!gruu_read(presence->parts->gruu, uri, &memory, &parts) || !bytes_equal(parts.aor, aor))
        return false;
    buffer_put(out, parts.instance);
    return true;
}

static bool write_contact_instance(const struct presence *presence,
                                   const struct front_request *request, struct bytes aor,
                                   struct buffer *out)
{
    struct bytes rest = sip_message_value(request->message, SIP_CONTACT), element, value;
    struct sip_address address;
    if (!sip_list_next(&rest, &element) || !verdict_ok(sip_address_parse(element, &address)) ||
        address.star)
        return false;
    if (sip_parameter(address.parameters, "+sip.instance", &value))
        return gruu_write_instance(value, out);
    return write_gruu_instance(presence, aor, &address.uri, out);
}

static void write_registered_instance(const struct presence *presence,
                                      const struct front_request *request, struct bytes aor,
                                      struct buffer *out)
{
    const struct presence_registrations *registrations = &presence->registrations;
    struct net_flow source = sender_source(request);
    if (registrations->instance_at != NULL && source.remote.family != 0)
        buffer_put(out, registrations->instance_at(registrations->context, aor, &source));
}

struct bytes sender_instance(const struct presence *presence, const struct front_request *request,
                             struct bytes aor, struct buffer *memory)
{
    struct buffer out = *memory;
    if (!write_contact_instance(presence, request, aor, &out)) {
        out = *memory;
        write_registered_instance(presence, request, aor, &out);
    }
    return out.overflow ? BYTES("") : buffer_bytes(&out);
}
