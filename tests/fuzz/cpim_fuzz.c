/* cpim_fuzz.c: any body may say that it is message/cpim. What is read lies inside of it; a value
 * that is written again is read as the same. */
#include "fuzz.h"
#include "im/content.h"
#include "im/cpim.h"

enum { ROOM = 4096 };

static void check_round(struct bytes value)
{
    static const size_t room = (size_t)ROOM * 7;
    char *memory = malloc(3 * room);
    insist(memory != NULL);
    struct buffer plain = buffer_over(memory, room);
    struct buffer again = buffer_over(memory + room, room);
    struct buffer lines = buffer_over(memory + 2 * room, room);
    cpim_unescape(value, &plain);
    cpim_write(&lines, "", "Subject", buffer_bytes(&plain));
    struct cpim cpim = {.header = buffer_bytes(&lines)};
    if (!lines.overflow && !plain.overflow) {
        cpim_unescape(cpim_value(&cpim, "", "Subject"), &again);
        insist(bytes_equal(bytes_trim(buffer_bytes(&plain)), bytes_trim(buffer_bytes(&again))));
    }
    free(memory);
}

static void check_headers(const struct cpim *cpim, struct bytes body)
{
    struct cpim_walk walk = cpim_headers(cpim);
    struct cpim_header header;
    unsigned rounds = 0;
    while (cpim_next(&walk, &header)) {
        insist(walk.space_count <= CPIM_SPACES_MAX);
        insist(!bytes_empty(header.name) || bytes_index(cpim->header, '.') >= 0);
        insist_inside(header.name, body);
        insist_inside(header.space, body);
        insist_inside(header.value, body);
        insist_inside(header.language, body);
        insist_inside(cpim_uri(header.value), header.value);
        if (rounds++ < 8)
            check_round(header.value);
    }
}

static void check_content(struct bytes body)
{
    const struct im_settings settings = im_settings_default();
    struct bytes head = BYTES("MESSAGE sip:b@c SIP/2.0\r\nVia: SIP/2.0/UDP d;branch=z9hG4bK1\r\n"
                              "From: <sip:a@c>;tag=1\r\nTo: <sip:b@c>\r\nCall-ID: 1\r\n"
                              "CSeq: 1 MESSAGE\r\nContent-Type: message/cpim\r\n\r\n");
    char *raw = malloc(head.length + body.length);
    struct sip_message message;
    insist(raw != NULL);
    memcpy(raw, head.at, head.length);
    if (body.length > 0)
        memcpy(raw + head.length, body.at, body.length);
    insist(
        verdict_ok(sip_message_parse(bytes_from(raw, head.length + body.length), false, &message)));
    struct content content = content_read(&settings, &message);
    insist(!content.notice || content.wishes == 0);
    insist(!content.list && !content.automatic);
    insist_inside(content.message_id, message.body);
    insist_inside(content.cpim_from, message.body);
    insist_inside(content.record_route, message.body);
    free(raw);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = exact_copy(data, size);
    struct bytes body = bytes_from(text, size);
    struct cpim cpim;
    if (size <= ROOM) {
        if (cpim_parse(body, &cpim)) {
            insist_inside(cpim.header, body);
            insist_inside(cpim.fields, cpim.entity);
            insist_inside(cpim.content, cpim.entity);
            check_headers(&cpim, body);
        }
        check_content(body);
    }
    free(text);
    return 0;
}
