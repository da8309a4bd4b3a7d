/* reg.c: who is registered, as a document (RFC 3680 5) with GRUUs (RFC 5628).
 *
 *   <reginfo> <registration> <contact id state event duration-registered expires q callid cseq>
 *     <uri> <unknown-param name> ... <gr:pub-gruu uri> <gr:temp-gruu uri first-cseq>
 *
 * Those of REGISTERs, then those of the configuration, as many as there is room for. What ended in
 * this turn of the loop is there once more, to say why. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "registrar/registrar_internal.h"

enum { TAIL_BYTES = 64 };

static void put_attribute(struct buffer *out, const char *name, struct bytes value)
{
    buffer_format(out, " %s=\"", name);
    buffer_xml(out, value);
    buffer_char(out, '"');
}

/* The same for what is the same binding (5.1): it stays over refreshes. */
static uint64_t id_of(const struct binding *binding)
{
    if (binding->reg_id > 0)
        return bytes_hash(binding->instance, binding->reg_id);
    return bytes_hash(binding->contact, 0);
}

static const char *event_of(const struct binding *binding)
{
    if (binding->ended != NULL)
        return binding->ended;
    if (bytes_empty(binding->call_id))
        return "created";
    return binding->refreshed ? "refreshed" : "registered";
}

/* How long it is there, and how long it stays; those of the configuration stay for ever. */
static void put_times(struct buffer *out, const struct binding *binding, uint64_t wall_ms)
{
    uint64_t since_ms = binding->since_ms < wall_ms ? wall_ms - binding->since_ms : 0;
    if (bytes_empty(binding->call_id))
        return;
    buffer_text(out, " duration-registered=\"");
    buffer_number(out, since_ms / 1000);
    if (binding->ended == NULL) {
        buffer_text(out, "\" expires=\"");
        buffer_number(out, (binding->expires_ms - wall_ms + 999) / 1000);
    }
    buffer_char(out, '"');
}

static void put_tag(struct buffer *out, const struct binding *binding, uint64_t wall_ms)
{
    buffer_format(out, "<contact id=\"c%016llx\" state=\"%s\" event=\"%s\"",
                  (unsigned long long)id_of(binding),
                  binding->ended != NULL ? "terminated" : "active", event_of(binding));
    put_times(out, binding, wall_ms);
    if (binding->q != 1000)
        buffer_format(out, " q=\"0.%03u\"", binding->q);
    if (!bytes_empty(binding->call_id)) {
        put_attribute(out, "callid", binding->call_id);
        buffer_format(out, " cseq=\"%u\"", binding->cseq);
    }
    buffer_char(out, '>');
}

/* Those that RFC 3261 does not know: it knows q and expires, which are not kept among them. */
static void put_parameters(struct buffer *out, struct bytes parameters)
{
    struct bytes name, value;
    while (sip_parameter_next(&parameters, &name, &value)) {
        buffer_text(out, "<unknown-param");
        put_attribute(out, "name", name);
        buffer_char(out, '>');
        buffer_xml(out, value);
        buffer_text(out, "</unknown-param>");
    }
}

/* RFC 5628 5. Temporary ones are good as long as the Call-ID of the registration is, so the oldest
 * one cannot be older than what is said here. */
static void put_gruus(struct buffer *out, const struct registrar *registrar, struct bytes aor,
                      const struct binding *binding)
{
    unsigned char call[GRUU_CALL_BYTES] = {0};
    char text[2 * GRUU_INSTANCE_MAX + 1024];
    struct gruu *gruu = registrar->parts->gruu;
    const struct gruu_parts parts = {aor, binding->instance, bytes_from(call, sizeof(call))};
    struct buffer uri = buffer_over(text, sizeof(text));
    gruu_digest_call(gruu, binding->call_id, call);
    gruu_write_public(&parts, &uri);
    buffer_text(out, "<gr:pub-gruu xmlns:gr=\"urn:ietf:params:xml:ns:gruuinfo\"");
    put_attribute(out, "uri", buffer_bytes(&uri));
    uri = buffer_over(text, sizeof(text));
    gruu_write_temporary(gruu, &parts, &uri);
    buffer_text(out, "/><gr:temp-gruu xmlns:gr=\"urn:ietf:params:xml:ns:gruuinfo\"");
    put_attribute(out, "uri", buffer_bytes(&uri));
    buffer_format(out, " first-cseq=\"%u\"/>", binding->cseq);
}

/* Takes it back when there is no room for it. */
static void put_contact(struct buffer *out, const struct registrar *registrar, struct bytes aor,
                        const struct binding *binding)
{
    size_t before = out->length;
    put_tag(out, binding, registrar->parts->world->wall_ms);
    buffer_text(out, "<uri>");
    buffer_xml(out, binding->contact);
    buffer_text(out, "</uri>");
    put_parameters(out, binding->parameters);
    if (!bytes_empty(binding->instance) && binding->ended == NULL)
        put_gruus(out, registrar, aor, binding);
    buffer_text(out, "</contact>");
    if (out->overflow || out->size - out->length < TAIL_BYTES) {
        out->length = before;
        out->overflow = false;
    }
}

static bool is_there(const struct registrar *registrar, const struct binding *binding)
{
    return binding->expires_ms > registrar->parts->world->wall_ms;
}

static void put_record(struct buffer *out, const struct registrar *registrar,
                       const struct record *record)
{
    const struct binding *binding;
    DL_FOREACH(record->bindings, binding)
    {
        if (is_there(registrar, binding))
            put_contact(out, registrar, record_aor(record), binding);
    }
    DL_FOREACH(record->fixed, binding)
    {
        if (!fixed_is_hidden(registrar, record, binding))
            put_contact(out, registrar, record_aor(record), binding);
    }
}

static void put_ended(struct buffer *out, const struct registrar *registrar, struct bytes aor)
{
    const struct ended *ended;
    DL_FOREACH(registrar->ended, ended)
    {
        if (bytes_equal(bytes_from(ended->aor, ended->aor_length), aor))
            put_contact(out, registrar, aor, ended->binding);
    }
}

void registrar_write_reg(const struct registrar *registrar, struct bytes aor, struct buffer *out)
{
    const struct record *record = record_find(registrar, aor);
    assert(out->size - out->length > 1024 + aor.length);
    buffer_text(out, "<reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\" version=\"0\" "
                     "state=\"full\"><registration aor=\"sip:");
    buffer_xml(out, aor);
    buffer_text(out, "\" id=\"r1\" state=\"active\">");
    if (record != NULL)
        put_record(out, registrar, record);
    put_ended(out, registrar, aor);
    buffer_text(out, "</registration></reginfo>");
}

/* What has ended. */

static void forget(struct timer *timer)
{
    reg_forget(HOLDER(timer, struct registrar, forget));
}

void reg_keep(struct registrar *registrar, struct bytes aor, struct binding *binding)
{
    struct ended *ended = memory_new(sizeof(*ended) + aor.length);
    assert(binding->ended != NULL && binding->users == NULL);
    ended->binding = binding;
    ended->aor_length = aor.length;
    memcpy(ended->aor, aor.at, aor.length);
    DL_APPEND(registrar->ended, ended);
    /* whoever was told of it asks at the end of the turn, before another millisecond */
    world_timer(registrar->parts->world, &registrar->forget, 1, forget);
}

void reg_forget(struct registrar *registrar)
{
    struct ended *ended, *next;
    world_timer_cancel(registrar->parts->world, &registrar->forget);
    DL_FOREACH_SAFE(registrar->ended, ended, next)
    {
        DL_DELETE(registrar->ended, ended);
        binding_free(&ended->binding);
        free(ended);
    }
}
