/* deliver.c: one delivery's way to its device.
 *
 *     a device with an instance    its contacts one after the other (RFC 5626 7): 430, no answer or
 *                                  a way that broke lets the next one begin
 *     those that say none          all contacts in parallel; taken when one took it
 *     a peer                       where the Request-URI leads; to a user of ours when its domain
 *                                  has become ours (handover.c)
 *
 *     2xx                                     TAKEN
 *     that it never will                      FAILED
 *     no answer, no way, or a trouble of      it stays owed, and is tried again after a pause
 *     the moment (408, 430, 480, 486, 5xx)
 *
 * An attempt is freed with its last way, or with the first 2xx; the others are not waited for. */
#include "message_internal.h"
#include "sip/write.h"

/* What does not say that it will be so for ever. Another domain's word about its own user (486) is
 * for the sender. */
bool im_is_trouble(const struct delivery *delivery, unsigned status)
{
    if (status == 408 || status == 430 || status == 480)
        return true;
    if (status >= 500 && status < 600)
        return status != 501 && status != 505 && status != 513;
    bool busy = status == 486 || status == 487 || status == 491;
    return busy && delivery->device->whom != STORE_TO_PEER;
}

/* Contacts of a device that is not known are whoever comes'. */
static bool leads_to(const struct device *device, const struct proxy_target *target)
{
    const struct device *other;
    if (device->whom == STORE_TO_ANY)
        return true;
    if (!bytes_empty(device->name))
        return bytes_equal(device->name, target->instance);
    other = device_find(device->inbox, STORE_TO_DEVICE, target->instance);
    return bytes_empty(target->instance) || other == NULL || !other->known;
}

size_t ways_pick(const struct device *device, const struct proxy_target *targets, size_t count,
                 struct proxy_target *picked)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        if (leads_to(device, &targets[i]))
            picked[found++] = targets[i];
    return found;
}

size_t ways_find(const struct device *device, struct front_request *request,
                 struct proxy_target *targets)
{
    if (device->whom == STORE_TO_PEER) {
        targets[0] = (struct proxy_target){.uri = request->uri.text};
        return 1;
    }
    size_t count = proxy_find(device->inbox->im->proxy, request, targets);
    return ways_pick(device, targets, count, targets);
}

/* Attempts. */

void attempt_free(struct attempt *attempt)
{
    struct im *im = attempt->im;
    for (size_t i = 0; i < attempt->count; i++)
        transaction_forget(im->parts->transactions, attempt->ways[i].client);
    store_wait_cancel(&attempt->wait);
    if (attempt->delivery != NULL)
        attempt->delivery->attempt = NULL;
    if (attempt->drains)
        drain_ended(im);
    free(attempt);
}

void attempt_adopt(struct delivery *delivery, struct attempt *attempt)
{
    assert(delivery->attempt == NULL && attempt->delivery == NULL);
    delivery->attempt = attempt;
    attempt->delivery = delivery;
}

/* A delivery of a live message is decided in memory; the rest is its message's business. */
static void decide(struct delivery *delivery, enum store_delivery_state state, unsigned status)
{
    struct message *message = delivery->message;
    if (message->live == NULL) {
        delivery_decide(delivery, state, status);
        return;
    }
    delivery->status = status != 0 ? status : delivery->status;
    if (state != STORE_OWED)
        delivery_leave(delivery, state, delivery->status);
}

static void take_up(struct delivery *delivery)
{
    if (delivery->message->live != NULL)
        live_advance(delivery->message);
}

void attempt_taken(struct attempt *attempt, unsigned status)
{
    struct delivery *delivery = attempt->delivery;
    attempt_free(attempt);
    decide(delivery, STORE_TAKEN, status);
    take_up(delivery);
}

void attempt_failed(struct attempt *attempt)
{
    struct delivery *delivery = attempt->delivery;
    struct device *device = delivery->device;
    bool live = delivery->message->live != NULL;
    bool owed = attempt->trouble || attempt->status == 0;
    unsigned status = attempt->status;
    delivery->asked_s = attempt->pause_s;
    delivery->blame += attempt->blame;
    delivery->answered = !attempt->silent;
    attempt_free(attempt);
    decide(delivery, owed ? STORE_OWED : STORE_FAILED, status);
    if (live)
        take_up(delivery);
    else if (delivery->state == STORE_OWED)
        device_failed(device, delivery);
    else if (owed)
        device_pause(device, 0); /* its time was over */
}

static void answered(void *context, const struct client_answer *answer);

/* True when it is on its way. */
static bool send_to(struct attempt *attempt, const struct sending *sending, size_t index,
                    size_t place, uint32_t breadth)
{
    struct im *im = attempt->im;
    struct way *way = &attempt->ways[place];
    unsigned why = 0;
    const struct proxy_sending one = {
        .request = sending->request,
        .target = &sending->targets[index],
        .breadth = breadth,
        .after = sending->request->seen,
        .answer = answered,
        .context = way,
    };
    way->attempt = attempt;
    way->client = proxy_send(im->proxy, &one, &why);
    if (way->client != 0)
        attempt->pending++;
    else if (why == 513)
        attempt->status = 513;
    else
        attempt->trouble = true;
    return way->client != 0;
}

/* The next contact of a device that has several. */
static bool send_next(struct attempt *attempt, const struct sending *sending)
{
    while (attempt->tried < sending->count)
        if (send_to(attempt, sending, attempt->tried++, 0, sending->breadth))
            return true;
    return false;
}

static void send_all(struct attempt *attempt, const struct sending *sending)
{
    for (size_t i = 0; i < sending->count; i++)
        (void)send_to(attempt, sending, i, i, sending->breadth);
}

/* One after the other: they are ways to one device. */
static bool is_one_device(const struct delivery *delivery)
{
    return delivery->device->whom == STORE_TO_DEVICE && !bytes_empty(delivery->device->name);
}

struct attempt *attempt_new(struct delivery *delivery, size_t places, bool drains)
{
    struct im *im = delivery->message->inbox->im;
    assert(delivery->attempt == NULL && delivery->state == STORE_OWED);
    struct attempt *attempt = memory_new(sizeof(*attempt) + places * sizeof(attempt->ways[0]));
    attempt->im = im;
    attempt->delivery = delivery;
    attempt->count = places;
    attempt->drains = drains;
    im->engine->draining += drains;
    delivery->attempt = attempt;
    delivery->tries++;
    return attempt;
}

void attempt_begin(struct delivery *delivery, const struct sending *sending)
{
    assert(sending->count > 0);
    struct attempt *attempt =
        attempt_new(delivery, is_one_device(delivery) ? 1 : sending->count, sending->drains);
    if (is_one_device(delivery))
        (void)send_next(attempt, sending);
    else
        send_all(attempt, sending);
    if (attempt->pending > 0)
        return;
    bool never = attempt->status == 513 && !attempt->trouble;
    attempt_free(attempt);
    decide(delivery, never ? STORE_FAILED : STORE_OWED, never ? 513 : 0);
}

/* What is stored is durable. It leaves when those registrations are by which it goes, and does not
 * wait for what has been written since, such as who took the message before it. */
static struct store_change await_registrations(struct inbox *inbox)
{
    const struct store *store = inbox->im->parts->store;
    if (inbox->fresh)
        inbox->came = store_latest(store, inbox->partition);
    inbox->fresh = false;
    return store_durable(store, inbox->came) ? STORE_NOTHING : inbox->came;
}

/* Another way to the same device; while the message is live its sender's request is still there. */
static bool begin_next_way(struct attempt *attempt)
{
    struct delivery *delivery = attempt->delivery;
    struct message *message = delivery->message;
    struct im *im = message->inbox->im;
    struct proxy_target targets[PROXY_TARGETS_MAX];
    struct sheet sheet;
    bool begun = false;
    struct sending sending = {.targets = targets, .breadth = 1};
    if (!is_one_device(delivery))
        return false;
    if (message->live != NULL &&
        transaction_find(im->parts->transactions, message->live->server) != NULL) {
        sending.request = &message->live->request;
        sending.breadth = message->live->breadth;
        sending.count = ways_find(delivery->device, sending.request, targets);
        return send_next(attempt, &sending);
    }
    if (!message->durable || sheet_open(message, &sheet) != ERR_NONE)
        return false;
    sheet.request.seen = await_registrations(message->inbox);
    sending.request = &sheet.request;
    sending.breadth = proxy_breadth(im->proxy, sending.request);
    sending.count = ways_find(delivery->device, sending.request, targets);
    begun = send_next(attempt, &sending);
    sheet_release(&sheet);
    return begun;
}

/* Answers. */

static unsigned asked_pause_s(const struct sip_message *response)
{
    bool present;
    uint32_t seconds;
    struct verdict v = sip_message_number(response, SIP_RETRY_AFTER, &present, &seconds);
    return verdict_ok(v) && present ? seconds : 0;
}

static void log_answer(const struct im *im, const struct client_answer *answer)
{
    if (answer->response != NULL)
        log_write(im->parts->log, LOG_DEBUG, "im", "MESSAGE relayed: %u call-id=%.*s",
                  answer->status, BYTES_ARGS(answer->response->call_id));
}

/* What is refused for good, but not if it says until when (RFC 3261 21.4.11, 21.6.1, 21.6.2). */
static bool is_for_a_while(unsigned status, unsigned asked_s)
{
    return asked_s > 0 && (status == 413 || status == 600 || status == 603);
}

/* How much a failure speaks against the message: silence, and an overload, may be the device's;
 * another domain's nearly always are its own. */
static unsigned blame_of(const struct delivery *delivery, unsigned status)
{
    bool vague = status == 0 || status == 408 || status == 503 || status == 504;
    if (vague)
        return delivery->device->whom == STORE_TO_PEER ? 0 : 1;
    return status >= 500 && status < 600 ? 2 : 0;
}

static void take_refusal(struct attempt *attempt, const struct client_answer *answer)
{
    unsigned asked_s = answer->response != NULL ? asked_pause_s(answer->response) : 0;
    bool silent = answer->response == NULL;
    unsigned status = silent ? 0 : answer->status;
    attempt->silent = silent;
    if (silent || im_is_trouble(attempt->delivery, status) || is_for_a_while(status, asked_s)) {
        unsigned blame = blame_of(attempt->delivery, status);
        attempt->trouble = true;
        attempt->blame = blame > attempt->blame ? blame : attempt->blame;
        attempt->delivery->status = status;
    } else {
        attempt->status = answer->status;
    }
    if (asked_s > attempt->pause_s)
        attempt->pause_s = asked_s;
    bool broken = silent || answer->status == 408 || answer->status == 430;
    if (attempt->pending == 0 && !(broken && begin_next_way(attempt)))
        attempt_failed(attempt);
}

static void answered(void *context, const struct client_answer *answer)
{
    struct way *way = context;
    struct attempt *attempt = way->attempt;
    struct message *message = attempt->delivery->message;
    assert(answer->last && attempt->pending > 0 && answer->status >= 200);
    way->client = 0;
    attempt->pending--;
    log_answer(message->inbox->im, answer);
    if (message->live != NULL)
        live_take_answer(message, answer);
    if (answer->response != NULL && answer->status < 300)
        attempt_taken(attempt, answer->status);
    else
        take_refusal(attempt, answer);
}

/* Stored messages. */

/* A GRUU names one device; another one that came later is not meant (RFC 5627). */
static bool is_for_another(const struct delivery *delivery, const struct sheet *sheet)
{
    char text[1024];
    struct buffer memory = buffer_over(text, sizeof(text));
    struct gruu_parts parts;
    return is_one_device(delivery) && delivery->message->kind != STORE_SENT &&
           gruu_read(sheet->im->parts->gruu, &sheet->request.uri, &memory, &parts) &&
           !bytes_equal(parts.instance, delivery->device->name);
}

static void send_sheet(struct delivery *delivery, struct sheet *sheet)
{
    struct device *device = delivery->device;
    struct proxy_target targets[PROXY_TARGETS_MAX];
    uint32_t breadth = proxy_breadth(sheet->im->proxy, &sheet->request);
    if (is_one_device(delivery))
        sheet->request.instance = device->name;
    size_t count = ways_find(device, &sheet->request, targets);
    if (count == 0)
        return;
    if (!is_one_device(delivery))
        breadth /= (uint32_t)count;
    const struct sending sending = {
        .request = &sheet->request,
        .targets = targets,
        .count = count,
        .breadth = breadth > 0 ? breadth : 1,
        .drains = true,
    };
    attempt_begin(delivery, &sending);
}

void deliver_stored(struct delivery *delivery)
{
    struct message *message = delivery->message;
    struct device *device = delivery->device;
    struct sheet sheet;
    assert(message->live == NULL && message->durable && delivery->attempt == NULL);
    enum err err = sheet_open(message, &sheet);
    if (err == ERR_NOT_FOUND) {
        delivery_decide(delivery, STORE_FORGOTTEN, 0);
        return;
    }
    if (err != ERR_NONE) {
        device_pause(device, 0);
        return;
    }
    if (is_for_another(delivery, &sheet)) {
        sheet_release(&sheet);
        delivery_decide(delivery, STORE_FORGOTTEN, 0);
        return;
    }
    sheet.request.seen = await_registrations(message->inbox);
    device->deliveries++; /* it stays for this call */
    bool here = handover_begin(delivery, &sheet);
    if (!here)
        send_sheet(delivery, &sheet);
    sheet_release(&sheet);
    if (!here && delivery->state == STORE_OWED && delivery->attempt == NULL)
        device_pause(device, 0);
    device->deliveries--;
    device_release(device);
}
