/* watch.c: devices that publish, watchers, registrations and messages: one request of a device, a
 * slot or a phone at a time (RFC 3903 4.1, RFC 3261 10.2.4). */
#include "lossy.h"

#include <stdio.h>

void publish(struct test *test, unsigned index)
{
    struct device *device = &test->devices[index];
    char label[LABEL_MAX], match[TAG_MAX + 32];
    bool known = device->tag[0] != '\0';
    const char *name = device->party->name;
    if (device->pending || device->lost)
        return;
    new_label(test, label);
    snprintf(match, sizeof(match), "SIP-If-Match: %s", device->tag);
    device->pending = true;
    device->pending_note = device->note;
    switch (known ? choose(test, 4) : 0) {
    case 2:
        play_say_with(&test->play, match, "%s sends PUBLISH expires 3600 as %s", name, label);
        break;
    case 3:
        device->pending_note = 0;
        play_say_with(&test->play, match, "%s sends PUBLISH expires 0 as %s", name, label);
        break;
    default:
        device->pending_note = test->serial;
        play_say_with(&test->play, known ? match : NULL,
                      "%s sends PUBLISH open note n%u. tuple %s expires 3600 as %s", name,
                      test->serial, name, label);
    }
    note_request(test, KIND_PUBLISH, index, device->party, label);
}

void subscribe(struct test *test, unsigned index)
{
    struct slot *slot = &test->slots[index];
    char label[LABEL_MAX], call_id[LABEL_MAX + 16];
    const char *name = slot->party->name;
    if (slot->pending || slot->lost)
        return;
    new_label(test, label);
    slot->pending = true;
    slot->ends = slot->alive && choose(test, 3) == 0;
    if (slot->alive) {
        play_say(&test->play, "%s sends SUBSCRIBE in %s expires %s as %s", name, slot->label,
                 slot->ends ? "0" : "3600", label);
    } else {
        snprintf(slot->label, sizeof(slot->label), "%s", label);
        snprintf(slot->call_id, sizeof(slot->call_id), "c%u", test->serial);
        snprintf(call_id, sizeof(call_id), "Call-ID: %s", slot->call_id);
        slot->terminated = false;
        page_replace(&slot->body, BYTES(""));
        play_say_with(&test->play, call_id, "%s sends SUBSCRIBE to %s expires 3600 as %s", name,
                      watched_users[slot->user], label);
    }
    note_request(test, KIND_SUBSCRIBE, index, slot->party, label);
}

void enroll(struct test *test, struct party *phone)
{
    char label[LABEL_MAX];
    new_label(test, label);
    for (unsigned i = 0; i < test->request_count; i++)
        if (test->requests[i].kind == KIND_REGISTER && test->requests[i].party == phone &&
            test->requests[i].status == 0)
            return; /* RFC 3261 10.2.4: not before the one before has its answer */
    play_say(&test->play, "%s sends REGISTER expires 3600 as %s", phone->name, label);
    note_request(test, KIND_REGISTER, 0, phone, label);
}

void send_message(struct test *test)
{
    struct party *from = test->devices[choose(test, DEVICES)].party;
    char label[LABEL_MAX];
    new_label(test, label);
    play_say(&test->play, "%s sends MESSAGE to %s text m%u. as %s", from->name,
             phone_users[choose(test, PHONES)], test->serial, label);
    note_request(test, KIND_MESSAGE, test->serial, from, label);
}

/* What comes of it. */

void take_notify(struct test *test, const struct party *party, const struct sip_message *message)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        struct slot *slot = &test->slots[i];
        if (slot->party != party || !bytes_equal(bytes_of(slot->call_id), message->call_id))
            continue;
        slot->terminated = bytes_starts_with(sip_message_value(message, SIP_SUBSCRIPTION_STATE),
                                             BYTES("terminated"));
        page_replace(&slot->body, message->body);
    }
}

static unsigned phone_number(const struct test *test, const struct party *party)
{
    unsigned number = 0;
    while (number < PHONES - 1 && test->phones[number] != party)
        number++;
    return number;
}

void take_message(struct test *test, struct party *party, struct arrival *arrival)
{
    uint32_t serial = 0;
    struct bytes text = bytes_skip(arrival->message.body, 1);
    unsigned bit = 1U << phone_number(test, party);
    char label[LABEL_MAX];
    if (!bytes_to_u32(bytes_split(&text, '.'), &serial) || serial >= REQUESTS_MAX ||
        (test->messages[serial] & bit) != 0) {
        play_fault(&test->play, "%s gets a MESSAGE twice, or of nobody:\n%s", party->name,
                   arrival->bytes);
        return;
    }
    test->messages[serial] |= (unsigned char)bit;
    page_replace(&arrival->label, bytes_of(new_label(test, label)));
    play_say(&test->play, "%s answers 200 to %s", party->name, label);
}

void settle_publish(struct device *device, const struct sip_message *message)
{
    struct bytes tag = sip_message_value(message, SIP_SIP_ETAG);
    device->pending = false;
    device->lost = message->status != 200;
    device->note = device->pending_note;
    device->tag[0] = '\0';
    if (device->note != 0)
        snprintf(device->tag, sizeof(device->tag), "%.*s", (int)tag.length, tag.at);
}

void settle_subscribe(struct slot *slot, const struct sip_message *message)
{
    slot->pending = false;
    slot->lost = message->status == 408;
    slot->alive = message->status == 200 && !slot->ends;
}

/* A NOTIFY that is not answered for 64*T1 ends its subscription (RFC 6665 4.2.2), which its watcher
 * learns by the next 481 alone. As many as the server counts are excused. */
bool excuse(struct test *test, struct slot *slot)
{
    if (is_light(test) ||
        test->excused >= test->play.stage.metrics.values[METRIC_subscriptions_failed])
        return false;
    test->excused++;
    slot->alive = false;
    return true;
}
