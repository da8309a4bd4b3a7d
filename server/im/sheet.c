/* sheet.c: a stored message, read to be sent: what the front end would have made of it when it
 * came. */
#include "message_internal.h"

struct reading {
    struct sheet *sheet;
    struct bytes raw;
};

static void take(void *context, const struct store_message *row)
{
    struct reading *reading = context;
    struct sheet *sheet = reading->sheet;
    size_t length = row->head.length + row->body.length;
    char *at = memory_new(length + 1);
    sheet->raw = at;
    bytes_pack(&at, row->head);
    bytes_pack(&at, row->body);
    reading->raw = bytes_from(sheet->raw, length);
    sheet->foreign = row->foreign;
    sheet->trusted = row->trusted;
}

/* It has no Via, which is the only fault that it may have; it was parsed when it came. */
static bool parse(struct bytes raw, struct sheet *sheet)
{
    (void)!verdict_ok(sip_message_parse(raw, false, &sheet->message));
    const struct sip_message *message = &sheet->message;
    return message->body.at != NULL && message->request && !bytes_empty(message->call_id) &&
           !bytes_empty(message->cseq_method) &&
           verdict_ok(sip_uri_parse(message->request_uri, &sheet->request.uri));
}

static void fill(const struct message *message, struct sheet *sheet)
{
    const struct inbox *inbox = message->inbox;
    struct front_request *request = &sheet->request;
    bool ours = message->kind == STORE_SENT ||
                (message->deliveries != NULL && message->deliveries->device->whom == STORE_TO_PEER);
    request->front = sheet->im->front;
    request->message = &sheet->message;
    request->aim = FRONT_AIM_USER;
    request->identity = ours ? inbox->aor : message->peer;
    request->foreign = sheet->foreign;
    request->trusted = sheet->trusted;
    request->target = inbox->aor;
    request->domain = domains_find(sheet->im->parts->domains, sheet->request.uri.host);
    request->partition = inbox->partition;
    request->seen = store_latest(sheet->im->parts->store, inbox->partition);
}

enum err sheet_open(const struct message *message, struct sheet *sheet)
{
    struct im *im = message->inbox->im;
    sheet->im = im;
    sheet->raw = NULL;
    sheet->request = (struct front_request){.front = NULL};
    struct reading reading = {.raw = BYTES("")};
    reading.sheet = sheet;
    enum err err =
        store_read_message(im->parts->store, message->inbox->aor, message->serial, take, &reading);
    if (err != ERR_NONE)
        return err;
    assert(sheet->raw != NULL);
    if (!parse(reading.raw, sheet)) {
        sheet_release(sheet);
        return ERR_NOT_FOUND;
    }
    fill(message, sheet);
    return ERR_NONE;
}

void sheet_release(struct sheet *sheet)
{
    free(sheet->raw);
    sheet->raw = NULL;
}
