/* rows.c: what the store keeps of a message: its text as it goes on, and how far it is. */
#include "front/relay.h"
#include "message_internal.h"
#include "sip/write.h"

/* What belongs to the way that it came, or to us. What may be said of its sender is decided when
 * it leaves. */
static bool is_dropped(struct front_departure *departure, const struct sip_field *field)
{
    if (field->id == SIP_VIA || field->id == SIP_RECORD_ROUTE || field->id == SIP_ROUTE)
        return true;
    return (field->id == SIP_AUTHORIZATION || field->id == SIP_PROXY_AUTHORIZATION) &&
           front_departure_drops(departure, field);
}

/* Up to the next field, or to the blank line. */
static struct bytes line_of(const struct sip_message *message, int index)
{
    const char *start = message->fields[index].name.at;
    const char *end =
        index + 1 < message->count ? message->fields[index + 1].name.at : message->body.at - 2;
    assert(end > start);
    return bytes_from(start, (size_t)(end - start));
}

struct bytes row_head(struct im *im, const struct row_source *source, uint64_t made_ms)
{
    const struct sip_message *message = source->message;
    struct front_departure departure = {.request = source->request};
    struct buffer out = buffer_over(im->engine->head, IM_HEAD_MAX);
    buffer_put(&out, message->method_name);
    buffer_char(&out, ' ');
    sip_write_request_uri(&out, &source->request->uri);
    buffer_text(&out, " SIP/2.0\r\n");
    for (int i = 0; i < message->count; i++)
        if (!is_dropped(&departure, &message->fields[i]))
            buffer_put(&out, line_of(message, i));
    if (message->first[SIP_DATE] < 0) /* RFC 3261 20.17: it is delivered later */
        sip_write_field(&out, "Date", date_text(&im->engine->date, made_ms));
    if (message->first[SIP_CONTENT_LENGTH] < 0)
        sip_write_number(&out, "Content-Length", message->body.length);
    buffer_text(&out, "\r\n");
    return out.overflow ? BYTES("") : buffer_bytes(&out);
}

uint64_t row_keep_until_ms(const struct im *im, enum store_message_kind kind, uint64_t made_ms)
{
    const struct im_settings *settings = &im->settings;
    uint64_t repeat_ms = 64 * (uint64_t)transaction_layer_settings(im->parts->transactions)->t1_ms;
    uint64_t keep_ms = kind == STORE_NOTICE ? 0 : (uint64_t)settings->history_s * 1000;
    uint64_t join_ms = kind == STORE_RECEIVED ? (uint64_t)settings->join_s * 1000 : 0;
    if (keep_ms < join_ms)
        keep_ms = join_ms;
    return made_ms + (keep_ms > repeat_ms ? keep_ms : repeat_ms);
}

void row_put_message(struct store_set *set, const struct message *message,
                     const struct row_source *source, struct bytes head)
{
    const struct sip_message *sip = source->message;
    const struct store_message row = {
        .aor = message->inbox->aor,
        .serial = message->serial,
        .kind = message->kind,
        .peer = message->peer,
        .foreign = source->request->foreign,
        .trusted = source->request->trusted,
        .origin = {sip->call_id, sip->via.branch, sip->cseq},
        .from_tag = sip->from.tag,
        .status = message->status,
        .content_type = sip_message_value(sip, SIP_CONTENT_TYPE),
        .head = head,
        .body = sip->body,
        .made_ms = message->made_ms,
        .expires_ms = message->expires_ms,
        .keep_until_ms = row_keep_until_ms(message->inbox->im, message->kind, message->made_ms),
    };
    store_put_message(set, &row);
}

void row_put_delivery(struct store_set *set, const struct delivery *delivery)
{
    const struct message *message = delivery->message;
    const struct device *device = delivery->device;
    const struct store_delivery row = {
        .aor = message->inbox->aor,
        .serial = message->serial,
        .whom = device->whom,
        .device = device->whom == STORE_TO_DEVICE ? device->name : BYTES(""),
        .state = delivery->state,
        .status = delivery->status,
        .tries = delivery->tries,
        .changed_ms = message->inbox->im->parts->world->wall_ms,
    };
    store_put_delivery(set, &row);
}

void row_put_deliveries(struct store_set *set, const struct message *message)
{
    for (const struct delivery *d = message->deliveries; d != NULL; d = d->sibling)
        row_put_delivery(set, d);
}
