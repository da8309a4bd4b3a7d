/* contacts.c: the Contact fields of a REGISTER. */
#include "registrar/contacts_internal.h"

enum {
    MALFORMED_EXPIRES_S = 3600, /* RFC 3261 10.2.1.1 */
    NEVER_BRIEF_S = 3600        /* 423 is for less alone (10.3 step 7) */
};

static uint32_t lifetime(struct bytes text)
{
    uint32_t seconds;
    uint64_t large;
    if (bytes_to_u32(text, &seconds))
        return seconds;
    return bytes_to_u64(text, &large) ? UINT32_MAX : MALFORMED_EXPIRES_S;
}

/* Folds, which may stand inside of quotes, become spaces. */
static void put_unfolded(struct buffer *out, struct bytes value)
{
    for (size_t i = 0; i < value.length; i++)
        buffer_char(out, value.at[i] == '\r' || value.at[i] == '\n' ? ' ' : value.at[i]);
}

/* The registrar keeps all parameters but those that it answers itself. */
static bool keep_parameters(struct contact_wish *wish)
{
    struct buffer kept = buffer_over(wish->parameters, sizeof(wish->parameters));
    struct bytes rest = wish->address.parameters, name, value;
    while (sip_parameter_next(&rest, &name, &value)) {
        if (bytes_equal_nocase(name, BYTES("expires")) || bytes_equal_nocase(name, BYTES("q")))
            continue;
        buffer_char(&kept, ';');
        buffer_put(&kept, name);
        if (bytes_empty(value))
            continue;
        buffer_char(&kept, '=');
        put_unfolded(&kept, value);
    }
    wish->parameters_length = kept.length;
    return !kept.overflow;
}

static struct verdict read_lifetime(struct contact_wish *wish, uint32_t usual,
                                    const struct registrar_settings *settings)
{
    struct bytes value;
    wish->expires_s = usual;
    if (sip_parameter(wish->address.parameters, "expires", &value))
        wish->expires_s = lifetime(value);
    if (wish->expires_s > 0 && wish->expires_s < settings->expires_least_s &&
        wish->expires_s < NEVER_BRIEF_S)
        return verdict(423, NULL, 0);
    if (wish->expires_s > settings->expires_most_s)
        wish->expires_s = settings->expires_most_s;
    return VERDICT_OK;
}

static struct verdict read_wish(struct bytes element, uint32_t usual,
                                const struct registrar_settings *settings,
                                struct contact_wish *wish)
{
    struct bytes value;
    struct verdict v = sip_address_parse(element, &wish->address);
    if (!verdict_ok(v))
        return verdict(400, "A Contact is malformed", v.offset);
    if (wish->address.star)
        return VERDICT_OK;
    if (element.length > settings->contact_max_bytes || !keep_parameters(wish))
        return verdict(400, "A Contact is too long", 0);
    enum sip_scheme scheme = wish->address.uri.scheme;
    if (scheme != SIP_SCHEME_SIP && scheme != SIP_SCHEME_SIPS)
        return verdict(400, "A Contact must be a SIP URI", 0);
    wish->q = 1000;
    if (sip_parameter(wish->address.parameters, "q", &value) && !sip_q_parse(value, &wish->q))
        return verdict(400, "The q of a Contact is malformed", 0);
    return read_lifetime(wish, usual, settings);
}

/* "*" stands alone, with Expires: 0 (RFC 3261 10.3 step 6). */
static struct verdict judge_star(const struct contacts *contacts, uint32_t usual)
{
    if (contacts->count != 1 || usual != 0)
        return verdict(400, "Contact: * must stand alone, with Expires: 0", 0);
    return VERDICT_OK;
}

struct verdict contacts_read(const struct sip_message *request,
                             const struct registrar_settings *settings, struct contacts *contacts)
{
    uint32_t usual = settings->expires_usual_s;
    struct bytes expires = sip_message_value(request, SIP_EXPIRES), element;
    if (sip_message_field(request, SIP_EXPIRES) != NULL)
        usual = lifetime(expires);
    struct sip_values values = sip_values_of(request, SIP_CONTACT);
    contacts->count = 0;
    contacts->star = false;
    while (sip_values_next(&values, &element)) {
        if (contacts->count == CONTACTS_MAX)
            return verdict(400, "There are too many Contacts", 0);
        struct contact_wish *wish = &contacts->wishes[contacts->count++];
        struct verdict v = read_wish(element, usual, settings, wish);
        if (!verdict_ok(v))
            return v;
        contacts->star = contacts->star || wish->address.star;
    }
    return contacts->star ? judge_star(contacts, usual) : VERDICT_OK;
}
