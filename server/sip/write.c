/* write.c: building messages.
 *
 * What a peer wrote is copied in runs. Single fields go through lex_write, which unfolds them and
 * leaves no byte that could end a line. A forwarded message is copied in as few runs as there are
 * changes: its fields were proven well formed when it was parsed. */
#include "sip/write.h"

#include <assert.h>

#include "lex_internal.h"

enum { MAX_FORWARDS = 70, MAX_FORWARDS_MOST = 255 };

void sip_write_unfolded(struct buffer *out, struct bytes text)
{
    lex_write(out, text);
}

static void write_line(struct buffer *out, struct bytes name, struct bytes value)
{
    buffer_put(out, name);
    buffer_put(out, BYTES(": "));
    lex_write(out, value);
    buffer_put(out, BYTES("\r\n"));
}

void sip_write_field(struct buffer *out, const char *name, struct bytes value)
{
    assert(lex_all(bytes_of(name), LEX_TOKEN));
    write_line(out, bytes_of(name), value);
}

void sip_write_number(struct buffer *out, const char *name, uint64_t number)
{
    assert(lex_all(bytes_of(name), LEX_TOKEN));
    buffer_text(out, name);
    buffer_put(out, BYTES(": "));
    buffer_number(out, number);
    buffer_put(out, BYTES("\r\n"));
}

void sip_write_copy(struct buffer *out, const struct sip_message *from, enum sip_header id)
{
    for (int i = from->first[id]; i >= 0; i = from->fields[i].next)
        write_line(out,
                   id == SIP_HEADER_OTHER ? from->fields[i].name : bytes_of(sip_header_name(id)),
                   from->fields[i].value);
}

static void write_parameter(struct buffer *out, struct bytes name, struct bytes value)
{
    buffer_char(out, ';');
    buffer_put(out, name);
    if (value.at != NULL) {
        buffer_char(out, '=');
        lex_write(out, value);
    }
}

/* The topmost Via with where the request came from (RFC 3261 18.2.1, RFC 3581 4). What a broken one
 * has behind its fault is kept: the branch may be there. */
static void write_top_via(struct buffer *out, const struct sip_via *via, struct bytes received,
                          uint16_t rport)
{
    struct bytes rest = via->parameters, name, value;
    size_t before = bytes_empty(rest) ? via->text.length : (size_t)(rest.at - via->text.at);
    lex_write(out, bytes_first(via->text, before));
    while (sip_parameter_next(&rest, &name, &value)) {
        if (rport != 0 && lex_is(name, "rport")) {
            buffer_put(out, BYTES(";rport="));
            buffer_number(out, rport);
        } else if (bytes_empty(received) || !lex_is(name, "received")) {
            write_parameter(out, name, value);
        }
    }
    lex_write(out, rest);
    if (!bytes_empty(received))
        write_parameter(out, BYTES("received"), received);
}

/* What follows the topmost element in the value of the first Via field: empty, or from its comma
 * on.
 */
static struct bytes behind_top_via(const struct sip_message *message)
{
    struct bytes value = sip_message_value(message, SIP_VIA);
    const char *end = message->via.text.at + message->via.text.length;
    assert(end >= value.at && end <= value.at + value.length);
    return bytes_skip(value, (size_t)(end - value.at));
}

static void write_first_via(struct buffer *out, const struct sip_message *request,
                            struct bytes received, uint16_t rport)
{
    buffer_put(out, BYTES("Via: "));
    write_top_via(out, &request->via, received, rport);
    lex_write(out, behind_top_via(request));
    buffer_put(out, BYTES("\r\n"));
}

static void write_vias(struct buffer *out, const struct sip_message *request, struct bytes received,
                       uint16_t rport)
{
    write_first_via(out, request, received, rport);
    for (int i = request->fields[request->first[SIP_VIA]].next; i >= 0; i = request->fields[i].next)
        write_line(out, BYTES("Via"), request->fields[i].value);
}

static void write_to(struct buffer *out, const struct sip_message *request, struct bytes tag)
{
    buffer_put(out, BYTES("To: "));
    lex_write(out, sip_message_value(request, SIP_TO));
    if (bytes_empty(request->to.tag) && !bytes_empty(tag))
        write_parameter(out, BYTES("tag"), tag);
    buffer_put(out, BYTES("\r\n"));
}

void sip_write_response(struct buffer *out, const struct sip_message *request, unsigned status,
                        const char *reason, struct bytes to_tag, struct bytes received,
                        uint16_t rport)
{
    assert(request->request && sip_message_answerable(request));
    assert(status >= 100 && status < 700);
    buffer_put(out, BYTES("SIP/2.0 "));
    buffer_number(out, status);
    buffer_char(out, ' ');
    lex_write(out, bytes_of(reason != NULL ? reason : sip_status_phrase(status)));
    buffer_put(out, BYTES("\r\n"));
    write_vias(out, request, received, rport);
    write_line(out, BYTES("From"), sip_message_value(request, SIP_FROM));
    write_to(out, request, to_tag);
    write_line(out, BYTES("Call-ID"), request->call_id);
    write_line(out, BYTES("CSeq"), sip_message_value(request, SIP_CSEQ));
    if (status == 100)
        sip_write_copy(out, request, SIP_TIMESTAMP);
}

void sip_write_head_end(struct buffer *out, struct bytes content_type, size_t body_length)
{
    if (!bytes_empty(content_type))
        write_line(out, BYTES("Content-Type"), content_type);
    sip_write_number(out, "Content-Length", body_length);
    buffer_put(out, BYTES("\r\n"));
}

void sip_write_body(struct buffer *out, struct bytes content_type, struct bytes body)
{
    sip_write_head_end(out, content_type, body.length);
    buffer_put(out, body);
}

/* The line of a field: from its name to that of the next one, or to the empty line. */
static const char *line_start(const struct sip_message *message, int index)
{
    assert(index >= 0 && index <= message->count && message->body.at != NULL);
    return index < message->count ? message->fields[index].name.at : message->body.at - 2;
}

static void write_between(struct buffer *out, const char *from, const char *to)
{
    assert(from <= to);
    buffer_put(out, bytes_from(from, (size_t)(to - from)));
}

/* The end of a message that goes on: the rest of the header from `from` on, Content-Length when it
 * came in a datagram without one (RFC 3261 16.6 step 11), the body. */
static void write_tail(struct buffer *out, const struct sip_message *message, const char *from)
{
    if (message->first[SIP_CONTENT_LENGTH] < 0) {
        write_between(out, from, line_start(message, message->count));
        sip_write_number(out, "Content-Length", message->body.length);
        from = line_start(message, message->count);
    }
    write_between(out, from, message->body.at + message->body.length);
}

/* A Request-URI; what cannot stand in one is escaped. */
static void write_uri(struct buffer *out, struct bytes uri)
{
    size_t clean = 0;
    for (size_t i = 0; i < uri.length; i++) {
        if (uri.at[i] > ' ' && uri.at[i] <= '~')
            continue;
        buffer_put(out, bytes_from(uri.at + clean, i - clean));
        buffer_char(out, '%');
        buffer_hex(out, uri.at + i, 1);
        clean = i + 1;
    }
    buffer_put(out, bytes_skip(uri, clean));
}

/* What Max-Forwards becomes. A value over 255 or no number counts as absent (RFC 4475 3.1.2.4). */
static uint32_t next_hops(const struct sip_message *request)
{
    bool present;
    uint32_t hops;
    struct verdict v = sip_message_number(request, SIP_MAX_FORWARDS, &present, &hops);
    if (!verdict_ok(v) || !present || hops > MAX_FORWARDS_MOST)
        return MAX_FORWARDS;
    return hops > 0 ? hops - 1 : 0;
}

/* What becomes of a field of a request that is forwarded. */
enum fate { FATE_KEPT, FATE_DROPPED, FATE_HOPS, FATE_BREADTH, FATE_VIA };

static enum fate fate_of(const struct sip_message *request, int index,
                         const struct sip_forward *forward)
{
    if (index == request->first[SIP_MAX_FORWARDS])
        return FATE_HOPS;
    if (forward->begins_here && request->fields[index].id == SIP_VIA)
        return FATE_DROPPED;
    if (index == request->first[SIP_VIA])
        return bytes_empty(forward->received) ? FATE_KEPT : FATE_VIA;
    if (forward->max_breadth != 0 && request->fields[index].id == SIP_MAX_BREADTH)
        return index == request->first[SIP_MAX_BREADTH] ? FATE_BREADTH : FATE_DROPPED;
    bool dropped =
        forward->drop != NULL && forward->drop(forward->context, &request->fields[index]);
    return dropped ? FATE_DROPPED : FATE_KEPT;
}

static void write_request_line(struct buffer *out, const struct sip_message *request,
                               struct bytes uri)
{
    assert(request->request && !bytes_empty(request->method_name) && !bytes_empty(uri));
    buffer_put(out, request->method_name);
    buffer_char(out, ' ');
    write_uri(out, uri);
    buffer_put(out, BYTES(" SIP/2.0\r\n"));
}

size_t sip_write_forward(struct buffer *out, const struct sip_message *request,
                         const struct sip_forward *forward)
{
    write_request_line(out, request, forward->request_uri);
    size_t via_at = out->length;
    buffer_put(out, forward->added);
    if (request->first[SIP_MAX_FORWARDS] < 0)
        sip_write_number(out, "Max-Forwards", MAX_FORWARDS);
    if (forward->max_breadth != 0 && request->first[SIP_MAX_BREADTH] < 0)
        sip_write_number(out, "Max-Breadth", forward->max_breadth);
    const char *from = line_start(request, 0);
    for (int i = 0; i < request->count; i++) {
        enum fate fate = fate_of(request, i, forward);
        if (fate == FATE_KEPT)
            continue;
        write_between(out, from, line_start(request, i));
        if (fate == FATE_HOPS)
            sip_write_number(out, "Max-Forwards", next_hops(request));
        else if (fate == FATE_BREADTH)
            sip_write_number(out, "Max-Breadth", forward->max_breadth);
        else if (fate == FATE_VIA)
            write_first_via(out, request, forward->received, forward->rport);
        from = line_start(request, i + 1);
    }
    write_tail(out, request, from);
    return via_at;
}

void sip_write_request_uri(struct buffer *out, const struct sip_uri *uri)
{
    struct bytes text = bytes_first(uri->text, uri->text.length - uri->headers.length);
    struct bytes rest = uri->parameters, name, value;
    if (!sip_parameter(rest, "method", &value)) {
        buffer_put(out, text);
        return;
    }
    buffer_put(out, bytes_first(text, text.length - rest.length));
    while (sip_parameter_next(&rest, &name, &value))
        if (!lex_is(name, "method"))
            write_parameter(out, name, value);
}

static void write_status_line(struct buffer *out, const struct sip_message *response)
{
    assert(!response->request && response->status >= 100 && response->status < 700);
    buffer_put(out, BYTES("SIP/2.0 ")); /* which may have come in lower case */
    buffer_number(out, response->status);
    buffer_char(out, ' ');
    buffer_put(out, response->reason);
    buffer_put(out, BYTES("\r\n"));
}

/* What stands behind the topmost element in its field. */
static void write_other_vias(struct buffer *out, const struct sip_message *response)
{
    const struct bytes *value = &response->fields[response->first[SIP_VIA]].value;
    struct bytes rest = behind_top_via(response), element;
    if (sip_list_next(&rest, &element))
        write_line(out, BYTES("Via"),
                   bytes_from(element.at, (size_t)(value->at + value->length - element.at)));
}

void sip_write_backward(struct buffer *out, const struct sip_message *response,
                        bool (*drop)(void *context, const struct sip_field *field), void *context)
{
    assert(response->first[SIP_VIA] >= 0);
    write_status_line(out, response);
    const char *from = line_start(response, 0);
    for (int i = 0; i < response->count; i++) {
        bool top = i == response->first[SIP_VIA];
        if (!top && (drop == NULL || !drop(context, &response->fields[i])))
            continue;
        write_between(out, from, line_start(response, i));
        if (top)
            write_other_vias(out, response);
        from = line_start(response, i + 1);
    }
    write_tail(out, response, from);
}
