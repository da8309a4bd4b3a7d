/* content.c: what kind of message this is.
 *
 *   application/im-iscomposing+xml, message/imdn+xml ........... by the type alone
 *   message/cpim ............................................... by the type and the fields of the
 *                                                                entity in it, and its header
 *   multipart/mixed ............................................ has it a recipient list?
 *   everything else, and what is encoded or encrypted .......... opaque
 */
#include "im/content.h"

#include <assert.h>

#include "base/date.h"
#include "im/cpim.h"
#include "sip/multipart.h"

enum { MESSAGE_ID_MAX = 256, DAY_MS = 86400000, WEEK_MS = 7 * DAY_MS };

/* The first field of a name that sip/fields.h does not know. */
static struct bytes other_value(const struct sip_message *message, const char *name)
{
    for (int i = message->first[SIP_HEADER_OTHER]; i >= 0; i = message->fields[i].next)
        if (bytes_equal_nocase(message->fields[i].name, bytes_of(name)))
            return message->fields[i].value;
    return BYTES("");
}

static bool has_disposition(struct bytes value, const char *disposition)
{
    return bytes_equal_nocase(mime_value(value), bytes_of(disposition));
}

/* What is good for a moment by its type alone. */
static bool is_momentary(const struct im_settings *settings, struct bytes type)
{
    if (sip_media_is(type, "application/im-iscomposing+xml")) /* RFC 3994 */
        return true;
    for (unsigned i = 0; i < settings->momentary_count; i++)
        if (sip_media_is(type, settings->momentary[i]))
            return true;
    return false;
}

static unsigned wish_of(struct bytes word)
{
    static const struct {
        const char *word;
        unsigned wish;
    } wishes[] = {{"positive-delivery", CONTENT_WISH_POSITIVE},
                  {"negative-delivery", CONTENT_WISH_NEGATIVE},
                  {"processing", CONTENT_WISH_PROCESSING},
                  {"display", CONTENT_WISH_DISPLAY}};
    for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++)
        if (bytes_equal(word, bytes_of(wishes[i].word)))
            return wishes[i].wish;
    return 0;
}

/* Words that nobody knows are ignored (RFC 5438 7.2.1). */
static unsigned wishes_of(struct bytes value)
{
    unsigned wishes = 0;
    while (!bytes_empty(value))
        wishes |= wish_of(mime_value(bytes_split(&value, ',')));
    return wishes;
}

static void take_imdn_header(const struct cpim_header *header, struct content *content)
{
    if (bytes_equal(header->name, BYTES("Disposition-Notification")))
        content->wishes |= wishes_of(header->value);
    else if (bytes_equal(header->name, BYTES("Message-ID"))) {
        if (bytes_empty(content->message_id) && header->value.length <= MESSAGE_ID_MAX)
            content->message_id = header->value;
    } else if (bytes_equal(header->name, BYTES("IMDN-Record-Route")) &&
               bytes_empty(content->record_route))
        content->record_route = header->value;
}

static void take_header(const struct cpim_header *header, struct content *content)
{
    if (bytes_equal(header->space, BYTES(CPIM_IMDN)))
        take_imdn_header(header, content);
    if (!bytes_empty(header->space))
        return;
    if (bytes_equal(header->name, BYTES("From")) && bytes_empty(content->cpim_from))
        content->cpim_from = cpim_uri(header->value);
    else if (bytes_equal(header->name, BYTES("To")) && bytes_empty(content->cpim_to))
        content->cpim_to = cpim_uri(header->value);
    else if (bytes_equal(header->name, BYTES("DateTime")) && bytes_empty(content->date_time))
        content->date_time = header->value;
}

static void read_cpim(const struct im_settings *settings, struct bytes body,
                      struct content *content)
{
    struct cpim cpim;
    struct cpim_header header;
    if (!cpim_parse(body, &cpim))
        return;
    struct cpim_walk walk = cpim_headers(&cpim);
    while (cpim_next(&walk, &header))
        take_header(&header, content);
    struct bytes type = mime_field(cpim.fields, "Content-Type");
    struct bytes disposition = mime_field(cpim.fields, "Content-Disposition");
    content->momentary |= is_momentary(settings, type);
    content->notice =
        sip_media_is(type, "message/imdn+xml") || has_disposition(disposition, "notification");
}

static bool is_list(struct bytes type, struct bytes disposition)
{
    return sip_media_is(type, "application/resource-lists+xml") &&
           has_disposition(disposition, "recipient-list");
}

static bool has_list(struct bytes type, struct bytes body)
{
    struct multipart parts;
    struct multipart_part part;
    if (!multipart_open(&parts, type, body))
        return false;
    while (multipart_next(&parts, &part))
        if (is_list(mime_field(part.header, "Content-Type"),
                    mime_field(part.header, "Content-Disposition")))
            return true;
    return false;
}

static bool is_encoded(const struct sip_message *message)
{
    struct bytes encoding = sip_message_value(message, SIP_CONTENT_ENCODING);
    return !bytes_empty(encoding) && !bytes_equal_nocase(encoding, BYTES("identity"));
}

/* What the body's own header says. */
static void read_body(const struct im_settings *settings, const struct sip_message *message,
                      struct bytes type, struct content *content)
{
    if (sip_media_is(type, "message/cpim"))
        read_cpim(settings, message->body, content);
    else if (sip_media_is(type, "multipart/mixed"))
        content->list |= has_list(type, message->body);
}

static bool expires_at_once(const struct sip_message *message)
{
    bool present;
    uint32_t seconds;
    return verdict_ok(sip_message_number(message, SIP_EXPIRES, &present, &seconds)) && present &&
           seconds == 0;
}

struct content content_read(const struct im_settings *settings, const struct sip_message *message)
{
    struct content content = {0};
    struct bytes type = sip_message_value(message, SIP_CONTENT_TYPE);
    struct bytes submitted = other_value(message, "Auto-Submitted");
    assert(message->request);
    content.momentary = is_momentary(settings, type) || expires_at_once(message);
    content.automatic =
        !bytes_empty(submitted) && !bytes_equal_nocase(mime_value(submitted), BYTES("no"));
    content.list = is_list(type, other_value(message, "Content-Disposition")) ||
                   sip_message_lists(message, SIP_REQUIRE, BYTES("recipient-list-message"));
    content.notice = sip_media_is(type, "message/imdn+xml");
    if (!is_encoded(message))
        read_body(settings, message, type, &content);
    if (content.notice) /* which never asks for another (RFC 5438 7.2.1) */
        content.wishes = 0;
    return content;
}

/* A clock that is wrong by days tells nothing. */
static uint64_t sent_ms(const struct sip_message *message, uint64_t arrived_ms)
{
    uint64_t date_ms;
    if (!date_parse(sip_message_value(message, SIP_DATE), &date_ms) ||
        date_ms > arrived_ms + DAY_MS || date_ms + WEEK_MS < arrived_ms)
        return arrived_ms;
    return date_ms;
}

uint64_t content_expires_ms(const struct sip_message *message, uint64_t arrived_ms)
{
    bool present;
    uint32_t seconds;
    if (!verdict_ok(sip_message_number(message, SIP_EXPIRES, &present, &seconds)) || !present)
        return UINT64_MAX;
    return sent_ms(message, arrived_ms) + (uint64_t)seconds * 1000;
}
