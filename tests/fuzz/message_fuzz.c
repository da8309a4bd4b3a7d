/* message_fuzz.c: any datagram. What is found lies inside it; what can be answered gets an answer
 * in which every line is one field; what is well formed is still so, and the same, when forwarded.
 */
#include "fuzz.h"
#include "sip/message.h"
#include "sip/write.h"

enum { ROOM = 1 << 18 };

static struct sip_message message, again;
static char written[ROOM];

static void check_fields(struct bytes whole)
{
    insist(message.count >= 0 && message.count <= SIP_FIELDS_MAX);
    insist_inside(message.body, whole);
    insist_inside(message.call_id, whole);
    insist_inside(message.request_uri, whole);
    for (int id = 0; id < SIP_HEADER_COUNT; id++) {
        struct sip_values values = sip_values_of(&message, (enum sip_header)id);
        struct bytes value;
        bool present;
        uint32_t number;
        while (sip_values_next(&values, &value))
            insist_inside(value, whole);
        (void)sip_message_number(&message, (enum sip_header)id, &present, &number);
        for (int i = message.first[id], last = -1; i >= 0; i = message.fields[i].next) {
            insist(i > last && i < message.count && (int)message.fields[i].id == id);
            last = i;
        }
    }
}

/* Every line but the empty one at the end begins with a name and a colon: nothing was smuggled. */
static void check_lines(struct bytes head, int expected)
{
    int lines = 0;
    bytes_split(&head, '\n');
    while (!bytes_empty(head)) {
        struct bytes line = bytes_split(&head, '\n');
        insist(line.length > 0 && line.at[line.length - 1] == '\r');
        insist(memchr(line.at, '\r', line.length) == line.at + line.length - 1);
        lines += line.length > 1;
    }
    insist(lines == expected);
}

static int vias(void)
{
    int count = 0;
    for (int i = message.first[SIP_VIA]; i >= 0; i = message.fields[i].next)
        count++;
    return count;
}

static void check_answer(bool good)
{
    struct buffer out = buffer_over(written, sizeof(written));
    sip_write_response(&out, &message, 486, NULL, BYTES("t"), BYTES("192.0.2.1"), 5060);
    sip_write_head_end(&out, BYTES(""), 0);
    if (out.overflow)
        return;
    check_lines(buffer_bytes(&out), vias() + 5);
    struct verdict v = sip_message_parse(buffer_bytes(&out), true, &again);
    insist(!good || verdict_ok(v));
    if (good) {
        insist(bytes_equal(again.call_id, message.call_id) && again.cseq == message.cseq);
        insist(bytes_equal(again.via.branch, message.via.branch));
        insist(bytes_equal(again.via.received, BYTES("192.0.2.1")));
        insist(!bytes_empty(again.to.tag));
    }
}

static void check_forward(void)
{
    struct buffer out = buffer_over(written, sizeof(written));
    const struct sip_forward forward = {
        .request_uri = message.request_uri, .received = BYTES("192.0.2.1"), .rport = 7};
    sip_write_forward(&out, &message, &forward);
    if (out.overflow || message.count > SIP_FIELDS_MAX - 2)
        return;
    insist(verdict_ok(sip_message_parse(buffer_bytes(&out), true, &again)));
    insist(again.count == message.count + (message.first[SIP_MAX_FORWARDS] < 0) +
                              (message.first[SIP_CONTENT_LENGTH] < 0));
    insist(bytes_equal(again.body, message.body));
    insist(bytes_equal(again.via.branch, message.via.branch));
    insist(bytes_equal(again.via.received, BYTES("192.0.2.1")));
}

static void check_backward(void)
{
    struct buffer out = buffer_over(written, sizeof(written));
    struct sip_values values = sip_values_of(&message, SIP_VIA);
    struct bytes second;
    sip_write_backward(&out, &message, NULL, NULL);
    if (out.overflow || message.count > SIP_FIELDS_MAX - 2)
        return;
    insist(sip_values_next(&values, &second));
    struct verdict v = sip_message_parse(buffer_bytes(&out), true, &again);
    if (!sip_values_next(&values, &second))
        insist(v.status == 400);
    else
        insist(!verdict_ok(v) || again.via.text.length == second.length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = exact_copy(data, size);
    struct bytes whole = bytes_from(text, size);
    bool stream_good = verdict_ok(sip_message_parse(whole, true, &message));
    struct verdict v = sip_message_parse(whole, false, &message);
    insist(!stream_good || verdict_ok(v));
    insist(verdict_ok(v) || (v.status >= 400 && v.offset <= size));
    check_fields(whole);
    if (sip_message_answerable(&message))
        check_answer(verdict_ok(v));
    if (verdict_ok(v) && message.request)
        check_forward();
    if (verdict_ok(v) && !message.request)
        check_backward();
    free(text);
    return 0;
}
