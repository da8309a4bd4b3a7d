/* answer.c: the 200 to a REGISTER. */
#include "registrar/registrar_internal.h"

static void write_contact(struct buffer *out, const struct binding *binding, uint64_t wall_ms)
{
    buffer_text(out, "Contact: <");
    buffer_put(out, binding->contact);
    buffer_char(out, '>');
    buffer_put(out, binding->parameters);
    if (binding->q != 1000)
        buffer_format(out, ";q=0.%03u", binding->q);
    buffer_text(out, ";expires=");
    buffer_number(out, (binding->expires_ms - wall_ms + 999) / 1000);
    buffer_text(out, "\r\n");
}

/* 200 with all bindings that there are now (RFC 3261 10.3 step 8). */
void registrar_answer(const struct registrar *registrar, struct front_request *request,
                      const struct record *record, struct store_change after)
{
    uint64_t wall_ms = registrar->parts->world->wall_ms;
    struct buffer *out = front_respond(request, 200, NULL, BYTES(""));
    const struct binding *binding;
    if (record != NULL)
        DL_FOREACH(record->bindings, binding)
        {
            if (binding->expires_ms > wall_ms)
                write_contact(out, binding, wall_ms);
        }
    front_send(request, after);
}
