/* fields_fuzz.c: the first byte picks the parser of a field's content. What a parser returns lies
 * inside what it was given, and a fault points into it. */
#include "fuzz.h"
#include "sip/fields.h"

static bool judged(struct verdict v, struct bytes text)
{
    insist(verdict_ok(v) || (v.status == 400 && v.reason != NULL && v.offset <= text.length));
    return verdict_ok(v);
}

static void check_via(struct bytes text)
{
    struct sip_via via;
    bool good = judged(sip_via_parse(text, &via), text);
    const struct bytes parts[] = {via.text,  via.transport, via.host,      via.branch,
                                  via.rport, via.received,  via.parameters};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        insist_inside(parts[i], text);
    insist(!good || (!bytes_empty(via.host) && !bytes_empty(via.transport)));
    insist(!sip_via_rfc3261(&via) || via.branch.length > 7);
}

static void check_address(struct bytes text)
{
    struct sip_address address;
    bool good = judged(sip_address_parse(text, &address), text);
    const struct bytes parts[] = {address.text, address.display, address.uri.text,
                                  address.parameters, address.tag};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        insist_inside(parts[i], text);
    insist(!good || address.star || !bytes_empty(address.uri.text));
}

static void check_list(struct bytes text)
{
    struct bytes rest = text, element;
    size_t left = rest.length;
    while (sip_list_next(&rest, &element)) {
        insist(!bytes_empty(element) && rest.length < left);
        insist_inside(element, text);
        left = rest.length;
        check_address(element);
    }
    insist(bytes_empty(rest));
}

static void check_media(struct bytes text)
{
    struct sip_media media;
    if (judged(sip_media_parse(text, &media), text)) {
        insist_inside(media.type, text);
        insist_inside(media.subtype, text);
        insist_inside(media.parameters, text);
    }
    insist(!sip_media_is(text, "a/b") || sip_media_accepts(text, "a/b") ||
           !bytes_empty(media.parameters));
}

static void check_event(struct bytes text)
{
    struct sip_event event;
    unsigned q;
    if (judged(sip_event_parse(text, &event), text)) {
        insist_inside(event.type, text);
        insist_inside(event.id, text);
    }
    insist(!sip_q_parse(text, &q) || q <= 1000);
    enum sip_header id = sip_header_of(text);
    insist(id == SIP_HEADER_OTHER || text.length == 1 ||
           bytes_equal_nocase(text, bytes_of(sip_header_name(id))));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const checks[])(struct bytes) = {check_via, check_address, check_list,
                                                   check_media, check_event};
    if (size == 0)
        return 0;
    char *text = exact_copy(data + 1, size - 1);
    checks[data[0] % (sizeof(checks) / sizeof(checks[0]))](bytes_from(text, size - 1));
    free(text);
    return 0;
}
