/* answer.c: the 200 to a REGISTER. */
#include <assert.h>

#include "registrar/registrar_internal.h"
#include "registrar/sleep_internal.h"
#include "sip/write.h"

/* RFC 5627 5.2. */
static void write_gruus(struct buffer *out, const struct registrar *registrar,
                        const struct record *record, const struct binding *binding)
{
    unsigned char call[GRUU_CALL_BYTES];
    assert(!bytes_empty(binding->instance));
    struct gruu *gruu = registrar->parts->gruu;
    const struct gruu_parts parts = {record_aor(record), binding->instance,
                                     bytes_from(call, sizeof(call))};
    gruu_digest_call(gruu, binding->call_id, call);
    buffer_text(out, ";pub-gruu=\"");
    gruu_write_public(&parts, out);
    buffer_text(out, "\";temp-gruu=\"");
    gruu_write_temporary(gruu, &parts, out);
    buffer_char(out, '"');
}

static void write_contact(struct buffer *out, const struct registrar *registrar,
                          const struct record *record, const struct binding *binding)
{
    buffer_text(out, "Contact: <");
    buffer_put(out, binding->contact);
    buffer_char(out, '>');
    buffer_put(out, binding->parameters);
    if (registrar->features.gruu && !bytes_empty(binding->instance))
        write_gruus(out, registrar, record, binding);
    if (binding->q != 1000)
        buffer_format(out, ";q=0.%03u", binding->q);
    buffer_text(out, ";expires=");
}

static void write_registered(struct buffer *out, const struct registrar *registrar,
                             const struct record *record)
{
    uint64_t wall_ms = registrar->parts->world->wall_ms;
    const struct binding *binding;
    DL_FOREACH(record->bindings, binding)
    {
        if (binding->expires_ms <= wall_ms)
            continue;
        write_contact(out, registrar, record, binding);
        buffer_number(out, (binding->expires_ms - wall_ms + 999) / 1000);
        buffer_text(out, "\r\n");
    }
}

/* Each Contact has an expires (10.3 step 8); what never ends has the longest that we give. */
static void write_fixed(struct buffer *out, const struct registrar *registrar,
                        const struct record *record)
{
    const struct binding *fixed;
    DL_FOREACH(record->fixed, fixed)
    {
        if (fixed_is_hidden(registrar, record, fixed))
            continue;
        write_contact(out, registrar, record, fixed);
        buffer_number(out, registrar->settings.expires_most_s);
        buffer_text(out, "\r\n");
    }
}

/* RFC 3608 5, 6.3. */
static void write_service_route(struct buffer *out, const struct registrar_settings *settings,
                                const struct domain *domain)
{
    for (size_t i = 0; i < settings->route_count; i++)
        if (strcmp(settings->routes[i].domain, domain->name) == 0)
            sip_write_field(out, "Service-Route", bytes_of(settings->routes[i].route));
}

/* RFC 3327 5.3; RFC 5626 6. */
static void write_features(struct buffer *out, const struct registrar *registrar)
{
    const struct features *features = &registrar->features;
    if (features->path_length > 0)
        sip_write_field(out, "Path", features_path(features));
    if (!features->outbound || !registrar->contacts.outbound)
        return;
    sip_write_field(out, "Require", BYTES("outbound"));
    if (features->direct && registrar->settings.flow_timer_s > 0)
        sip_write_number(out, "Flow-Timer", registrar->settings.flow_timer_s);
}

/* With a Date (10.3 step 8), by which phones without a clock set theirs. */
void registrar_answer(struct registrar *registrar, struct front_request *request,
                      const struct record *record, struct store_change after)
{
    struct buffer *out = front_respond(request, 200, NULL, BYTES(""));
    sip_write_field(out, "Date", date_text(&registrar->date, registrar->parts->world->wall_ms));
    if (record != NULL) {
        write_registered(out, registrar, record);
        write_fixed(out, registrar, record);
    }
    write_features(out, registrar);
    sleep_write_features(registrar, out);
    write_service_route(out, &registrar->settings, request->domain);
    front_send(request, after);
}
