/* list_body.c: a message to several receivers, taken apart and put together anew (RFC 5365 7).
 *
 *   came                                           goes
 *   multipart/mixed                                the message alone, or
 *     the message, perhaps of several parts ...... multipart/mixed: the same parts
 *     recipient-list ............................... and recipient-list-history, when somebody of
 *                                                  it may be seen (RFC 5364 4)
 *
 * What is meant for this service alone is left out: Require, our credentials, the way here. */
#include <assert.h>

#include "base/date.h"
#include "list_internal.h"
#include "sip/digest.h"
#include "sip/multipart.h"
#include "sip/write.h"

struct parts {
    struct bytes boundary;
    struct multipart_part list;
    unsigned lists, count;
    struct multipart_part payload[MULTIPART_PARTS_MAX];
};

/* Taking apart. */

static void add_part(struct parts *parts, const struct multipart_part *part)
{
    struct bytes disposition = mime_value(mime_field(part->header, "Content-Disposition"));
    if (!bytes_equal_nocase(disposition, BYTES("recipient-list"))) {
        parts->payload[parts->count++] = *part;
        return;
    }
    parts->list = *part;
    parts->lists++;
}

static struct verdict split(const struct sip_message *message, struct parts *parts)
{
    struct multipart multipart;
    struct multipart_part part;
    struct bytes encoding = sip_message_value(message, SIP_CONTENT_ENCODING);
    *parts = (struct parts){.count = 0};
    if (!bytes_empty(encoding) && !bytes_equal_nocase(encoding, BYTES("identity")))
        return verdict(415, "A message to a list cannot be encoded", 0);
    if (!multipart_open(&multipart, sip_message_value(message, SIP_CONTENT_TYPE), message->body))
        return verdict(415, "A message to a list has several parts", 0);
    parts->boundary = multipart.boundary;
    while (multipart_next(&multipart, &part))
        add_part(parts, &part);
    if (!multipart_whole(&multipart))
        return verdict(400, "The multipart body is broken", 0);
    return VERDICT_OK;
}

/* What is not text as it stands would have to be decoded. */
static bool is_readable(struct bytes header)
{
    struct bytes encoding = mime_field(header, "Content-Transfer-Encoding");
    return sip_media_is(mime_field(header, "Content-Type"), "application/resource-lists+xml") &&
           !bytes_equal_nocase(encoding, BYTES("base64")) &&
           !bytes_equal_nocase(encoding, BYTES("quoted-printable"));
}

static struct verdict check_parts(const struct parts *parts)
{
    if (parts->lists == 0)
        return verdict(400, "The body has no list of receivers", 0);
    if (parts->lists > 1)
        return verdict(400, "The body has more than one list of receivers", 0);
    if (parts->count == 0)
        return verdict(400, "The body has no message beside the list of receivers", 0);
    if (!is_readable(parts->list.header))
        return verdict(415, "The list of receivers has another type", 0);
    return VERDICT_OK;
}

static struct verdict take_recipients(const struct im *im, const struct parts *parts,
                                      struct arena *arena, struct recipients *recipients)
{
    const struct rules_names names = {domains_write_name, im->parts->domains};
    const struct recipients_limits limits = {.size_bytes = parts->list.body.length + 1,
                                             .most = im->settings.list_max};
    return recipients_parse(parts->list.body, &limits, &names, arena, recipients);
}

/* Putting together. */

/* The only part that is left sheds its wrapper (RFC 5365 7.3). */
static void unwrap(const struct multipart_part *part, struct arena *arena,
                   struct list_payload *payload)
{
    static const char *const names[] = {"Content-Disposition", "Content-Encoding", "Content-ID",
                                        "Content-Language", "Content-Transfer-Encoding"};
    size_t room = part->header.length + 64;
    struct buffer out = buffer_over(arena_alloc(arena, room), room);
    struct bytes type = mime_field(part->header, "Content-Type");
    payload->content_type = bytes_empty(type) ? BYTES("text/plain") : type; /* RFC 2045 5.2 */
    sip_write_field(&out, "Content-Type", payload->content_type);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct bytes value = mime_field(part->header, names[i]);
        if (!bytes_empty(value))
            sip_write_field(&out, names[i], value);
    }
    assert(!out.overflow);
    payload->fields = buffer_bytes(&out);
    payload->body = part->body;
}

static void put_boundary(struct buffer *out, struct bytes boundary, const char *end)
{
    buffer_text(out, "--");
    buffer_put(out, boundary);
    buffer_text(out, end);
}

static void put_history(struct buffer *out, struct bytes history)
{
    buffer_text(out, "Content-Type: application/resource-lists+xml\r\n"
                     "Content-Disposition: recipient-list-history; handling=optional\r\n\r\n");
    buffer_put(out, history);
    buffer_text(out, "\r\n");
}

/* No part has a line that is the boundary, and what we write begins none with "--". */
static void write_parts(const struct parts *parts, struct bytes history, struct buffer *out)
{
    for (unsigned i = 0; i < parts->count; i++) {
        put_boundary(out, parts->boundary, "\r\n");
        buffer_put(out, parts->payload[i].text);
        buffer_text(out, "\r\n");
    }
    if (!bytes_empty(history)) {
        put_boundary(out, parts->boundary, "\r\n");
        put_history(out, history);
    }
    put_boundary(out, parts->boundary, "--\r\n");
}

static void wrap(const struct parts *parts, struct bytes history, struct arena *arena,
                 struct list_payload *payload)
{
    size_t room = history.length + 512 + (parts->count + 2) * (parts->boundary.length + 8);
    for (unsigned i = 0; i < parts->count; i++)
        room += parts->payload[i].text.length;
    struct buffer body = buffer_over(arena_alloc(arena, room), room);
    struct buffer fields = buffer_over(arena_alloc(arena, 256), 256);
    write_parts(parts, history, &body);
    buffer_text(&fields, "Content-Type: multipart/mixed;boundary=\"");
    buffer_put(&fields, parts->boundary);
    buffer_text(&fields, "\"\r\n");
    assert(!body.overflow && !fields.overflow);
    payload->content_type = BYTES("multipart/mixed");
    payload->fields = buffer_bytes(&fields);
    payload->body = buffer_bytes(&body);
}

struct verdict list_read(const struct im *im, const struct sip_message *message,
                         struct arena *arena, struct list_order *order)
{
    struct parts parts;
    struct verdict fault = split(message, &parts);
    if (verdict_ok(fault))
        fault = check_parts(&parts);
    if (verdict_ok(fault))
        fault = take_recipients(im, &parts, arena, &order->recipients);
    if (!verdict_ok(fault))
        return fault;
    struct blob *history = recipients_write_history(&order->recipients);
    if (history == NULL && parts.count == 1)
        unwrap(&parts.payload[0], arena, &order->payload);
    else
        wrap(&parts, history != NULL ? blob_bytes(history) : BYTES(""), arena, &order->payload);
    blob_unref(&history);
    return VERDICT_OK;
}

/* Groups. */

struct gathering {
    struct arena *arena;
    struct recipients *recipients;
    size_t most;
};

static void gather(void *context, struct bytes buddy)
{
    struct gathering *gathering = context;
    struct recipients *recipients = gathering->recipients;
    if (recipients->count == gathering->most)
        return;
    size_t room = buddy.length + 4;
    struct buffer uri = buffer_over(arena_alloc(gathering->arena, room), room);
    buffer_text(&uri, "sip:");
    buffer_put(&uri, buddy);
    recipients->all[recipients->count++] =
        (struct recipient){.uri = buffer_bytes(&uri), .name = bytes_skip(buffer_bytes(&uri), 4)};
}

struct verdict list_read_group(const struct im *im, const struct sip_message *message,
                               struct bytes sender, struct bytes group, struct arena *arena,
                               struct list_order *order)
{
    size_t most = im->settings.list_max;
    struct gathering gathering = {arena, &order->recipients, most};
    order->recipients.all = arena_alloc(arena, most * sizeof(*order->recipients.all));
    size_t count = policy_group(im->parts->policy, sender, group, gather, &gathering);
    if (count == 0)
        return verdict(404, "There is nobody in this group of your roster", 0);
    if (count > most)
        return verdict(413, "the group has too many members", 0);
    order->payload = (struct list_payload){
        .whole = true,
        .content_type = sip_message_value(message, SIP_CONTENT_TYPE),
        .body = message->body,
    };
    return VERDICT_OK;
}

/* Shares. */

static bool is_for_us(const struct im *im, const struct sip_field *field)
{
    struct digest_credentials credentials;
    return verdict_ok(digest_credentials_parse(field->value, &credentials)) &&
           domains_find(im->parts->domains, credentials.realm) != NULL;
}

static bool is_of_content(const struct sip_field *field)
{
    return bytes_equal_nocase(bytes_first(field->name, 8), BYTES("content-")) ||
           field->id == SIP_CONTENT_TYPE || field->id == SIP_CONTENT_ENCODING;
}

/* What belongs to the way here, to this service, or is written anew. */
static bool stays(const struct im *im, const struct list_share *share,
                  const struct sip_field *field)
{
    switch (field->id) {
    case SIP_VIA:
    case SIP_ROUTE:
    case SIP_RECORD_ROUTE:
    case SIP_FROM:
    case SIP_TO:
    case SIP_CALL_ID:
    case SIP_CSEQ:
    case SIP_MAX_FORWARDS:
    case SIP_MAX_BREADTH:
    case SIP_CONTENT_LENGTH:
    case SIP_REQUIRE:
    case SIP_PROXY_REQUIRE:
    case SIP_TIMESTAMP:
        return true;
    case SIP_AUTHORIZATION:
    case SIP_PROXY_AUTHORIZATION:
        return is_for_us(im, field);
    default:
        return !share->payload->whole && is_of_content(field);
    }
}

static void copy_fields(const struct im *im, const struct list_share *share, struct buffer *out)
{
    const struct sip_message *message = share->message;
    for (int i = 0; i < message->count; i++) {
        const struct sip_field *field = &message->fields[i];
        if (stays(im, share, field))
            continue;
        buffer_put(out, field->name);
        buffer_text(out, ": ");
        sip_write_unfolded(out, field->value);
        buffer_text(out, "\r\n");
    }
}

/* From is the sender's, but for its tag (RFC 5365 7.2). */
static void write_from(const struct sip_message *message, struct bytes tag, struct buffer *out)
{
    buffer_text(out, "From: ");
    if (!bytes_empty(message->from.display)) {
        sip_write_unfolded(out, message->from.display);
        buffer_char(out, ' ');
    }
    buffer_char(out, '<');
    sip_write_unfolded(out, message->from.uri.text);
    buffer_text(out, ">;tag=");
    buffer_put(out, tag);
    buffer_text(out, "\r\n");
}

void list_write_head(const struct im *im, const struct list_share *share, struct buffer *out)
{
    const struct sip_message *message = share->message;
    struct date date = {0};
    buffer_text(out, "MESSAGE ");
    buffer_put(out, share->uri);
    buffer_text(out, " SIP/2.0\r\nMax-Forwards: 70\r\n");
    write_from(message, bytes_first(share->name, LIST_TAG_LENGTH), out);
    buffer_text(out, "To: <");
    buffer_put(out, share->uri);
    buffer_text(out, ">\r\n");
    sip_write_field(out, "Call-ID", share->name);
    buffer_text(out, "CSeq: 1 MESSAGE\r\n");
    copy_fields(im, share, out);
    if (message->first[SIP_DATE] < 0)
        sip_write_field(out, "Date", date_text(&date, im->parts->world->wall_ms));
    buffer_put(out, share->payload->fields);
    sip_write_number(out, "Content-Length", share->payload->body.length);
    buffer_text(out, "\r\n");
}
