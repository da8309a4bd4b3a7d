/* asserted.c: what is asserted of a sender, and what it wants to be kept private.
 *
 * Privacy is a list with semicolons (RFC 3323 4.2); some write commas. Of its values we do "id",
 * which is to take the asserted identity away, "none" and "critical": those that a proxy can do or
 * must know (RFC 3323 5). */
#include "front/asserted_internal.h"

bool asserted_named(const struct sip_field *field, struct bytes name)
{
    return field->name.length == name.length && bytes_equal_nocase(field->name, name);
}

bool asserted_uri(const struct sip_message *message, struct sip_uri *uri)
{
    struct sip_address address;
    struct bytes element;
    for (int i = message->first[SIP_HEADER_OTHER]; i >= 0; i = message->fields[i].next) {
        struct bytes rest = message->fields[i].value;
        if (!asserted_named(&message->fields[i], P_ASSERTED_IDENTITY))
            continue;
        while (sip_list_next(&rest, &element)) {
            if (!verdict_ok(sip_address_parse(element, &address)) || address.star)
                continue;
            *uri = address.uri;
            if (uri->scheme == SIP_SCHEME_SIP || uri->scheme == SIP_SCHEME_SIPS)
                return true;
        }
    }
    return false;
}

/* Walks the values of all Privacy fields. */
struct values {
    const struct sip_message *message;
    int field;
    struct bytes rest;
};

static struct values values_of(const struct sip_message *message)
{
    return (struct values){message, message->first[SIP_HEADER_OTHER], BYTES("")};
}

/* Splits the next value off what is left of a field; empty ones are passed over. */
static bool next_in_field(struct bytes *rest, struct bytes *value)
{
    while (!bytes_empty(*rest)) {
        size_t end = 0;
        while (end < rest->length && rest->at[end] != ';' && rest->at[end] != ',')
            end++;
        *value = bytes_trim(bytes_first(*rest, end));
        *rest = bytes_skip(*rest, end + 1);
        if (!bytes_empty(*value))
            return true;
    }
    return false;
}

static bool next_value(struct values *values, struct bytes *value)
{
    while (!next_in_field(&values->rest, value)) {
        if (values->field < 0)
            return false;
        const struct sip_field *field = &values->message->fields[values->field];
        values->field = field->next;
        if (asserted_named(field, PRIVACY))
            values->rest = field->value;
    }
    return true;
}

/* The one of ours that a value is. */
static bool *known_value(struct privacy *privacy, struct bytes value)
{
    if (bytes_equal_nocase(value, BYTES("none")))
        return &privacy->none;
    if (bytes_equal_nocase(value, BYTES("critical")))
        return &privacy->critical;
    if (bytes_equal_nocase(value, BYTES("id")))
        return &privacy->id;
    return &privacy->more;
}

struct privacy privacy_of(const struct sip_message *message)
{
    struct privacy privacy = {.none = false};
    struct values values = values_of(message);
    struct bytes value;
    while (next_value(&values, &value))
        *known_value(&privacy, value) = true;
    return privacy;
}

void privacy_write_more(const struct sip_message *message, const char *separator,
                        struct buffer *out)
{
    struct values values = values_of(message);
    struct privacy privacy = {.none = false};
    struct bytes value;
    bool first = true;
    while (next_value(&values, &value)) {
        if (known_value(&privacy, value) != &privacy.more)
            continue;
        buffer_text(out, first ? "" : separator);
        buffer_put(out, value);
        first = false;
    }
}
