/* dialog.c: the texts of a dialog, and the requests that it sends.
 *
 * One text block: remote target, next hop, head. The head holds From, To, Call-ID, Contact and
 * Route as they are sent; the parts are slices of it where they stand there. */
#include "front/dialog.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "sip/write.h"

enum { DIALOG_TEXT_MAX = 16384 };

/* Appends a slice and says where it now stands. */
static struct bytes keep(struct buffer *out, struct bytes slice)
{
    size_t at = out->length;
    buffer_put(out, slice);
    return bytes_from(out->at + at, out->overflow ? 0 : slice.length);
}

/* A field with an address and its tag; both places are kept. */
static void write_party(struct buffer *out, const char *name, struct bytes *uri, struct bytes *tag)
{
    buffer_text(out, name);
    *uri = keep(out, *uri);
    if (!bytes_empty(*tag)) {
        buffer_text(out, ";tag=");
        *tag = keep(out, *tag);
    }
    buffer_text(out, "\r\n");
}

static void write_single(struct buffer *out, const char *name, struct bytes *value)
{
    if (bytes_empty(*value))
        return;
    buffer_text(out, name);
    *value = keep(out, *value);
    buffer_text(out, "\r\n");
}

/* The first route's URI, and whether it is a loose router (RFC 3261 16.12); no route: false. */
static bool first_route(struct bytes route_set, struct bytes *uri, bool *loose)
{
    struct bytes rest = route_set, element, value;
    struct sip_address address;
    if (!sip_list_next(&rest, &element) || !verdict_ok(sip_address_parse(element, &address)))
        return false;
    *uri = address.uri.text;
    *loose = sip_parameter(address.uri.parameters, "lr", &value);
    return true;
}

/* A strict router gets the request at its own URI, and the remote target becomes the last route
 * (12.2.1.1). The request line then differs from the remote target; both are kept in front of the
 * head. */
struct dialog_layout {
    struct bytes request_uri, next_hop, route;
};

/* The first route or the remote target as it may stand in the request line. */
static struct bytes write_request_uri(struct buffer *memory, struct bytes text)
{
    struct sip_uri uri;
    size_t at = memory->length;
    if (!verdict_ok(sip_uri_parse(text, &uri)))
        return text;
    sip_write_request_uri(memory, &uri);
    return bytes_from(memory->at + at, memory->length - at);
}

static struct dialog_layout lay_out(const struct dialog_parts *parts, struct buffer *memory)
{
    struct dialog_layout layout = {parts->remote_target, parts->remote_target, parts->route_set};
    struct bytes uri = parts->remote_target, element, rest = parts->route_set;
    bool loose = true;
    if (first_route(parts->route_set, &uri, &loose))
        layout.next_hop = uri;
    layout.request_uri = write_request_uri(memory, loose ? parts->remote_target : uri);
    if (loose)
        return layout;
    size_t at = memory->length;
    bool skipped = sip_list_next(&rest, &element);
    assert(skipped);
    while (sip_list_next(&rest, &element)) {
        buffer_put(memory, element);
        buffer_text(memory, ", ");
    }
    buffer_char(memory, '<');
    buffer_put(memory, parts->remote_target);
    buffer_char(memory, '>');
    layout.route = bytes_from(memory->at + at, memory->length - at);
    return layout;
}

static void write_text(struct buffer *out, struct dialog *dialog,
                       const struct dialog_layout *layout)
{
    struct dialog_parts *parts = &dialog->parts;
    struct bytes route = layout->route;
    parts->remote_target = keep(out, parts->remote_target);
    dialog->request_uri = keep(out, layout->request_uri);
    dialog->next_hop = keep(out, layout->next_hop);
    parts->route_set = keep(out, parts->route_set);
    size_t head = out->length;
    buffer_text(out, "Max-Forwards: 70\r\n");
    write_party(out, "From: ", &parts->local_uri, &parts->local_tag);
    write_party(out, "To: ", &parts->remote_uri, &parts->remote_tag);
    write_single(out, "Call-ID: ", &parts->call_id);
    write_single(out, "Contact: ", &parts->contact);
    write_single(out, "Route: ", &route);
    dialog->head = bytes_from(out->at + head, out->length - head);
}

bool dialog_init(struct dialog *dialog, const struct dialog_parts *parts)
{
    char scratch[DIALOG_TEXT_MAX], layout_text[DIALOG_TEXT_MAX];
    struct buffer memory = buffer_over(layout_text, sizeof(layout_text));
    struct buffer measure = buffer_over(scratch, sizeof(scratch));
    struct dialog made = *dialog;
    made.parts = *parts;
    struct dialog_layout layout = lay_out(parts, &memory);
    write_text(&measure, &made, &layout);
    if (measure.overflow || memory.overflow)
        return false;
    made.parts = *parts;
    made.text = memory_new(measure.length);
    struct buffer out = buffer_over(made.text, measure.length);
    write_text(&out, &made, &layout);
    assert(!out.overflow && out.length == measure.length);
    *dialog = made;
    return true;
}

void dialog_release(struct dialog *dialog)
{
    free(dialog->text);
    dialog->text = NULL;
}

bool dialog_retarget(struct dialog *dialog, struct bytes remote_target)
{
    if (bytes_equal(dialog->parts.remote_target, remote_target))
        return true;
    struct dialog_parts parts = dialog->parts;
    char *old = dialog->text;
    parts.remote_target = remote_target;
    if (!dialog_init(dialog, &parts))
        return false;
    free(old);
    return true;
}

/* An address without its parameters, in the form in which it may stand before ";tag=". */
static struct bytes party_of(const struct sip_address *address)
{
    size_t parameters = address->parameters.length;
    return bytes_trim(bytes_first(address->text, address->text.length - parameters));
}

/* Appends a slice with its folds undone, and says where it now stands. */
static struct bytes unfold(struct buffer *out, struct bytes slice)
{
    size_t at = out->length;
    sip_write_unfolded(out, slice);
    return bytes_from(out->at + at, out->length - at);
}

/* The value of our Route fields; false when the request's are not what could stand in them. */
static bool write_route_set(struct buffer *out, const struct sip_message *request,
                            struct bytes *route_set)
{
    struct sip_values records = sip_values_of(request, SIP_RECORD_ROUTE);
    struct sip_address address;
    struct bytes record;
    size_t at = out->length;
    while (sip_values_next(&records, &record)) {
        if (!verdict_ok(sip_address_parse(record, &address)) || address.star)
            return false;
        if (out->length > at)
            buffer_text(out, ", ");
        sip_write_unfolded(out, record);
    }
    *route_set = bytes_from(out->at + at, out->length - at);
    return true;
}

struct verdict dialog_parts_of(const struct sip_message *request, struct bytes remote_target,
                               struct bytes local_tag, struct bytes contact, struct buffer *memory,
                               struct dialog_parts *parts)
{
    *parts = (struct dialog_parts){
        .call_id = request->call_id,
        .local_tag = local_tag,
        .remote_tag = request->from.tag,
        .local_uri = unfold(memory, party_of(&request->to)),
        .remote_uri = unfold(memory, party_of(&request->from)),
        .remote_target = remote_target,
        .contact = contact,
    };
    if (!write_route_set(memory, request, &parts->route_set))
        return verdict(400, "A Record-Route is malformed", 0);
    if (bytes_empty(parts->remote_tag))
        return verdict(400, "From has no tag", 0);
    if (memory->overflow)
        return verdict(400, "From, To and Record-Route are too long for a dialog", 0);
    return VERDICT_OK;
}

void dialog_write_line(const struct dialog *dialog, enum sip_method method, struct buffer *out)
{
    buffer_text(out, sip_method_name(method));
    buffer_char(out, ' ');
    buffer_put(out, dialog->request_uri);
    buffer_text(out, " SIP/2.0\r\n");
}

void dialog_write_head(struct dialog *dialog, enum sip_method method, struct buffer *out)
{
    dialog->local_cseq++;
    buffer_put(out, dialog->head);
    buffer_text(out, "CSeq: ");
    buffer_number(out, dialog->local_cseq);
    buffer_char(out, ' ');
    buffer_text(out, sip_method_name(method));
    buffer_text(out, "\r\n");
}
