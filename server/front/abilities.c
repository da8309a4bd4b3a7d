/* abilities.c: what this server can do, as OPTIONS (RFC 3261 11.2) and 405 (8.2.1) tell it.
 *
 * Who watches servers asks OPTIONS all the time, and the answer changes with the configuration
 * alone: its fields are written when that does, and copied when somebody asks. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "front/front_internal.h"
#include "sip/write.h"

/* The methods that are handled here, and with `relayed` those that we pass on. */
static void write_allow(const struct front *front, bool relayed, struct buffer *out)
{
    bool all = relayed && front->methods[SIP_METHOD_OTHER].handle != NULL;
    buffer_text(out, sip_method_name(SIP_OPTIONS));
    for (int i = 1; i < SIP_METHOD_COUNT; i++) {
        if (i == SIP_OPTIONS || (front->methods[i].handle == NULL && !all))
            continue;
        buffer_text(out, ", ");
        buffer_text(out, sip_method_name((enum sip_method)i));
    }
}

void front_refuse_method(struct front_request *request)
{
    char text[256];
    struct buffer allow = buffer_over(text, sizeof(text));
    write_allow(request->front, false, &allow);
    front_refuse_listing(request, 405, NULL, "Allow", buffer_bytes(&allow));
}

static void write_options(const char *options, struct buffer *out)
{
    struct bytes rest = bytes_of(options);
    while (!bytes_empty(rest)) {
        buffer_text(out, out->length > 0 ? ", " : "");
        buffer_put(out, bytes_split(&rest, ' '));
    }
}

/* What may be required of some handler or other. */
static void write_supported(const struct front *front, struct buffer *out)
{
    for (int i = 0; i < SIP_METHOD_COUNT; i++)
        write_options(front->methods[i].supports, out);
    for (size_t i = 0; i < front->service_count; i++)
        if (!bytes_empty(front->services[i].user))
            write_options(front->services[i].method.supports, out);
}

void front_compose_abilities(struct front *front)
{
    const struct front_settings *settings = &front->settings;
    struct buffer *out = &front->response; /* of which nothing is under way */
    char allowed[256], options[256];
    struct buffer allow = buffer_over(allowed, sizeof(allowed));
    struct buffer supported = buffer_over(options, sizeof(options));
    write_allow(front, true, &allow);
    write_supported(front, &supported);
    out->length = 0;
    out->overflow = false;
    sip_write_field(out, "Allow", buffer_bytes(&allow));
    sip_write_field(out, "Accept", bytes_of(settings->accept));
    sip_write_field(out, "Accept-Encoding", BYTES("identity"));
    sip_write_field(out, "Accept-Language", BYTES("en"));
    sip_write_field(out, "Allow-Events", bytes_of(settings->allow_events));
    sip_write_field(out, "Supported", buffer_bytes(&supported));
    assert(!out->overflow && !allow.overflow && !supported.overflow);
    free(front->abilities);
    front->abilities_length = out->length;
    front->abilities = memory_copy(buffer_bytes(out));
}

/* Nothing changes, so nothing is remembered. */
void front_answer_options(void *context, struct front_request *request)
{
    const struct front *front = request->front;
    (void)context;
    buffer_put(front_respond(request, 200, NULL, BYTES("")),
               bytes_from(front->abilities, front->abilities_length));
    request->stateful = false;
    front_send(request, STORE_NOTHING);
}
