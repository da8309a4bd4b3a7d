/* features.c: Supported, Path and the Vias of a REGISTER. */
#include "registrar/features_internal.h"

#include <assert.h>

#include "sip/write.h"

static void read_supported(const struct sip_message *request, struct features *features)
{
    struct sip_values options = sip_values_of(request, SIP_SUPPORTED);
    struct bytes option;
    while (sip_values_next(&options, &option)) {
        features->path |= bytes_equal_nocase(option, BYTES("path"));
        features->gruu |= bytes_equal_nocase(option, BYTES("gruu"));
        features->outbound |= bytes_equal_nocase(option, BYTES("outbound"));
    }
}

/* One value: a loose router (RFC 3327 4), which may be the client's first hop. Each proxy puts its
 * own before the others (5.2), so the first hop's is the last. */
static struct verdict read_hop(struct bytes element, struct features *features)
{
    struct sip_address hop;
    struct bytes value;
    if (!verdict_ok(sip_address_parse(element, &hop)) || hop.star)
        return verdict(400, "A Path is malformed", 0);
    if (hop.uri.scheme != SIP_SCHEME_SIP && hop.uri.scheme != SIP_SCHEME_SIPS)
        return verdict(400, "A Path must be of SIP URIs", 0);
    if (!sip_parameter(hop.uri.parameters, "lr", &value))
        return verdict(400, "A Path must be of URIs with lr", 0);
    features->edge = sip_parameter(hop.uri.parameters, "ob", &value);
    return VERDICT_OK;
}

static struct verdict read_path(const struct sip_message *request, size_t most,
                                struct features *features)
{
    struct sip_values hops = sip_values_of(request, SIP_PATH);
    struct buffer path = buffer_over(features->path_text, most);
    struct bytes hop;
    while (sip_values_next(&hops, &hop)) {
        struct verdict v = read_hop(hop, features);
        if (!verdict_ok(v))
            return v;
        if (path.length > 0)
            buffer_text(&path, ", ");
        sip_write_unfolded(&path, bytes_trim(hop));
    }
    features->path_length = path.length;
    return path.overflow ? verdict(400, "The Path is too long", 0) : VERDICT_OK;
}

struct verdict features_read(const struct sip_message *request,
                             const struct registrar_settings *settings, struct features *features)
{
    assert(settings->path_max_bytes <= FEATURES_PATH_MAX);
    features->path = features->gruu = features->outbound = features->edge = false;
    features->path_length = 0;
    features->direct = !sip_message_is_relayed(request);
    read_supported(request, features);
    if (sip_message_field(request, SIP_PATH) == NULL)
        return VERDICT_OK;
    if (!features->path)
        return verdict(420, "A proxy added Path, which the client does not support", 0);
    return read_path(request, settings->path_max_bytes, features);
}
