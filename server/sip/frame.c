/* frame.c: where the next message in a stream ends.
 *
 *     stray CR LF?  ->  PING or BLANK
 *     CR LF CR LF sought from `scanned` on; not there  ->  MORE
 *     Content-Length read, the end known  ->  MORE until it has come  ->  MESSAGE
 *
 * `scanned` holds how far the end of the header was sought; once that is found, it holds the length
 * of the whole message with its top bit set. The header is cut into lines by the same function that
 * the message parser uses, so both see the same Content-Length; any doubt about it breaks the
 * stream, because what follows could be taken for a message that nobody meant to send. */
#include "sip/frame.h"

#include <assert.h>

#include "lex_internal.h"
#include "sip/fields.h"

#define LENGTH_KNOWN (~(SIZE_MAX >> 1))

static struct sip_frame found(enum sip_frame_kind kind, size_t length)
{
    return (struct sip_frame){.kind = kind, .length = length};
}

static struct sip_frame broken(unsigned status, const char *reason)
{
    return (struct sip_frame){.kind = SIP_FRAME_BROKEN, .reason = reason, .status = status};
}

/* What begins with CR or LF: keep-alives (RFC 5626 4.4.1) and strays (RFC 3261 7.5). */
static struct sip_frame blank(struct bytes arrived)
{
    struct bytes ping = BYTES("\r\n\r\n");
    struct bytes start = bytes_first(arrived, ping.length);
    if (bytes_equal(start, ping))
        return found(SIP_FRAME_PING, ping.length);
    if (bytes_equal(start, bytes_first(ping, start.length)))
        return found(SIP_FRAME_MORE, 0);
    if (bytes_starts_with(start, bytes_first(ping, 2)))
        return found(SIP_FRAME_BLANK, 2);
    return broken(400, "A line before the message does not end with CR LF");
}

/* Looks for the empty line; the length of the header with it, or 0. */
static size_t head_length(struct bytes arrived, size_t *scanned)
{
    const char *end = arrived.at + arrived.length, *at = arrived.at + *scanned;
    assert(*scanned <= arrived.length);
    while (at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL && end - at > 2) {
        if (at[1] == '\r' && at[2] == '\n' && at > arrived.at && at[-1] == '\r')
            return (size_t)(at + 3 - arrived.at);
        at++;
    }
    *scanned = at != NULL ? (size_t)(at - arrived.at) : arrived.length;
    return 0;
}

/* True when a line of the header is a Content-Length field. Most lines are not, by their first
 * letter. */
static bool is_content_length(struct bytes text, struct bytes *value)
{
    struct bytes name;
    if (bytes_empty(text) || strchr("CcLl", *text.at) == NULL)
        return false;
    return lex_field(text, &name, value) == NULL && sip_header_of(name) == SIP_CONTENT_LENGTH;
}

/* Reads Content-Length out of a header; a fault or NULL. Other faults in the header are left to the
 * message parser: they do not blur where the message ends. */
static const char *content_length(struct bytes head, uint64_t *length)
{
    struct lexer lexer = lex_over(head);
    struct lex_line line;
    struct bytes value;
    bool known = false;
    while (lex_line(&lexer, &line) && !line.end) {
        if (!line.clean)
            return line.fault;
        if (line.text.at == head.at || !is_content_length(line.text, &value))
            continue;
        if (known)
            return "There is more than one Content-Length header field";
        if (!lex_number(value, UINT32_MAX, length))
            return "Content-Length is no number";
        known = true;
    }
    return known ? NULL : "There is no Content-Length header field";
}

/* Notes the length of the message whose header is whole. */
static struct sip_frame measure(struct bytes head, size_t message_max, size_t *scanned)
{
    uint64_t length = 0;
    const char *fault = content_length(head, &length);
    if (fault != NULL)
        return broken(400, fault);
    if (length > message_max || head.length > message_max - length)
        return broken(413, "The message is larger than this server takes");
    *scanned = (head.length + (size_t)length) | LENGTH_KNOWN;
    return found(SIP_FRAME_MESSAGE, head.length + (size_t)length);
}

struct sip_frame sip_frame_next(struct bytes arrived, size_t *scanned, size_t head_max,
                                size_t message_max)
{
    assert(head_max > 0 && message_max < LENGTH_KNOWN);
    if (bytes_empty(arrived))
        return found(SIP_FRAME_MORE, 0);
    struct sip_frame frame = found(SIP_FRAME_MESSAGE, *scanned & ~LENGTH_KNOWN);
    if ((*scanned & LENGTH_KNOWN) == 0) {
        if (*arrived.at == '\r' || *arrived.at == '\n')
            return blank(arrived);
        if (!lex_in(*arrived.at, LEX_TOKEN))
            return broken(400, "What came is not SIP");
        size_t head = head_length(arrived, scanned);
        if ((head == 0 ? arrived.length : head) > head_max)
            return broken(513, "The header is larger than this server takes");
        if (head == 0)
            return found(SIP_FRAME_MORE, 0);
        frame = measure(bytes_first(arrived, head), message_max, scanned);
    }
    if (frame.kind == SIP_FRAME_MESSAGE && frame.length > arrived.length)
        return found(SIP_FRAME_MORE, 0);
    return frame;
}
