/* frame_fuzz.c: the first byte says in which pieces the rest arrives. The items must be the same as
 * when all arrives at once, and what the frame calls a message ends where the parser ends it. */
#include "fuzz.h"
#include "sip/frame.h"
#include "sip/message.h"

enum { HEAD_MAX = 400, MESSAGE_MAX = 900 };

static struct sip_message message;

static void check_message(struct bytes text)
{
    if (verdict_ok(sip_message_parse(text, true, &message)))
        insist(message.raw.at + message.raw.length == text.at + text.length);
}

static void check_item(struct bytes rest, const struct sip_frame *frame)
{
    insist(frame->length > 0 && frame->length <= rest.length);
    insist(frame->kind != SIP_FRAME_PING || frame->length == 4);
    insist(frame->kind != SIP_FRAME_BLANK || frame->length == 2);
    insist(frame->kind != SIP_FRAME_MESSAGE || frame->length <= MESSAGE_MAX);
    if (frame->kind == SIP_FRAME_MESSAGE)
        check_message(bytes_first(rest, frame->length));
}

/* Walks the stream as it arrives in steps; returns where it stopped, and if it broke. */
static size_t walk(struct bytes stream, size_t step, bool *broke)
{
    size_t start = 0, scanned = 0;
    *broke = false;
    for (size_t arrived = 0; !*broke; arrived += step) {
        if (arrived > stream.length)
            arrived = stream.length;
        for (;;) {
            struct bytes rest = bytes_skip(bytes_first(stream, arrived), start);
            struct sip_frame frame = sip_frame_next(rest, &scanned, HEAD_MAX, MESSAGE_MAX);
            *broke = frame.kind == SIP_FRAME_BROKEN;
            insist(!*broke || (frame.status >= 400 && frame.reason != NULL));
            if (*broke || frame.kind == SIP_FRAME_MORE)
                break;
            check_item(rest, &frame);
            start += frame.length;
            scanned = 0;
        }
        insist(*broke || arrived - start <= MESSAGE_MAX);
        if (arrived == stream.length)
            break;
    }
    return start;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    char *text = exact_copy(data + 1, size - 1);
    struct bytes stream = bytes_from(text, size - 1);
    bool broke_whole, broke_pieces;
    size_t whole = walk(stream, stream.length + 1, &broke_whole);
    size_t pieces = walk(stream, data[0] % 16 + (size_t)1, &broke_pieces);
    insist(whole == pieces && broke_whole == broke_pieces);
    free(text);
    return 0;
}
