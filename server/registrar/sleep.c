/* sleep.c: devices that sleep and can be woken by a push (RFC 8599).
 *
 *     AWAKE --its connection goes; or, without one, awake_s after its REGISTER--> ASLEEP
 *       ^                                                                            |
 *       +--------------------------------REGISTER------------------------------------+
 *
 * Nothing is stored for it: the parameters stand in the Contact, the rest is seen when somebody
 * asks. A binding that is asleep is no way to its device, but stays until its time is over.
 * Somebody who stands between us and the device (Path) does this for it. */
#include <assert.h>

#include "registrar/registrar_internal.h"
#include "registrar/sleep_internal.h"
#include "sip/write.h"

enum { PNSREG_BEYOND_S = 60 /* who refreshes by itself does so before it would be woken */ };

struct pn_parameters sleep_read(const struct sip_uri *uri)
{
    struct pn_parameters pn = {.asks = false};
    if (bytes_empty(uri->parameters))
        return pn;
    pn.asks = sip_parameter(uri->parameters, "pn-provider", &pn.provider);
    if (!pn.asks)
        return pn;
    (void)sip_parameter(uri->parameters, "pn-prid", &pn.prid);
    (void)sip_parameter(uri->parameters, "pn-param", &pn.param);
    return pn;
}

static bool has_provider(const struct registrar_settings *settings, struct bytes provider)
{
    for (size_t i = 0; i < settings->provider_count; i++)
        if (bytes_equal_nocase(bytes_of(settings->providers[i].name), provider))
            return true;
    return false;
}

bool sleep_is_served(const struct registrar_settings *settings, const struct pn_parameters *pn)
{
    if (bytes_empty(pn->provider) || bytes_empty(pn->prid))
        return false;
    for (size_t i = 0; i < settings->provider_count; i++) {
        const struct registrar_provider *provider = &settings->providers[i];
        if (bytes_equal_nocase(bytes_of(provider->name), pn->provider) &&
            (provider->param == NULL || bytes_equal(bytes_of(provider->param), pn->param)))
            return true;
    }
    return false;
}

bool sleep_wakes(const struct registrar *registrar, const struct binding *binding)
{
    return !bytes_empty(binding->pn.prid) && bytes_empty(binding->path) &&
           sleep_is_served(&registrar->settings, &binding->pn);
}

bool sleep_is_asleep(const struct registrar *registrar, const struct binding *binding)
{
    const struct front_parts *parts = registrar->parts;
    if (!sleep_wakes(registrar, binding))
        return false;
    if (binding->has_flow && net_is_stream(binding->flow.protocol))
        return !net_alive(parts->net, &binding->flow);
    return parts->world->wall_ms >=
           binding->updated_ms + (uint64_t)registrar->settings.awake_s * 1000;
}

/* Refreshing. */

uint64_t sleep_fades_ms(const struct registrar *registrar, const struct binding *binding)
{
    uint64_t ahead_ms = (uint64_t)registrar->settings.wake_ahead_s * 1000;
    if (binding->faded || bytes_empty(binding->pn.prid) || !sleep_wakes(registrar, binding))
        return UINT64_MAX;
    return binding->expires_ms > ahead_ms ? binding->expires_ms - ahead_ms : 0;
}

static struct registrar_sleeper sleeper_of(const struct binding *binding)
{
    return (struct registrar_sleeper){binding->pn.provider, binding->pn.prid, binding->pn.param,
                                      binding->instance};
}

void sleep_tell_fading(struct record *record)
{
    struct registrar *registrar = record->registrar;
    uint64_t wall_ms = registrar->parts->world->wall_ms;
    struct binding *binding;
    DL_FOREACH(record->bindings, binding)
    {
        if (sleep_fades_ms(registrar, binding) > wall_ms)
            continue;
        binding->faded = true;
        if (registrar->fades == NULL || binding->expires_ms <= wall_ms ||
            !sleep_is_asleep(registrar, binding))
            continue;
        const struct registrar_sleeper sleeper = sleeper_of(binding);
        registrar->fades(registrar->fades_context, record_aor(record), &sleeper);
    }
}

void registrar_watch_fading(struct registrar *registrar, registrar_fades_fn fades, void *context)
{
    assert(fades != NULL && registrar->fades == NULL);
    registrar->fades = fades;
    registrar->fades_context = context;
}

/* Finding. */

/* True of two bindings of one device: it says so, or one push would wake it for both. */
static bool is_same_device(const struct binding *a, const struct binding *b)
{
    return (!bytes_empty(a->instance) && bytes_equal(a->instance, b->instance)) ||
           (bytes_equal(a->pn.prid, b->pn.prid) && bytes_equal(a->pn.provider, b->pn.provider));
}

/* There is another way to the device, or it has been found already. */
static bool is_passed_over(const struct registrar *registrar, const struct record *record,
                           const struct binding *binding)
{
    const struct binding *other;
    bool before = true;
    DL_FOREACH(record->bindings, other)
    {
        before = before && other != binding;
        if (other != binding && is_same_device(other, binding) &&
            (record_is_live(registrar, other) || (before && sleep_is_asleep(registrar, other) &&
                                                  bytes_equal(other->pn.prid, binding->pn.prid))))
            return true;
    }
    return false;
}

static size_t find(const struct registrar *registrar, struct bytes aor,
                   const struct bytes *instance,
                   bool (*wanted)(const struct registrar *, const struct binding *),
                   struct registrar_sleeper *sleepers, size_t most)
{
    const struct record *record = record_find(registrar, aor);
    const struct binding *binding;
    size_t count = 0;
    if (record == NULL || registrar->settings.provider_count == 0)
        return 0;
    DL_FOREACH(record->bindings, binding)
    {
        if (count == most || binding->expires_ms <= registrar->parts->world->wall_ms ||
            (instance != NULL && !bytes_equal(binding->instance, *instance)) ||
            !wanted(registrar, binding) || is_passed_over(registrar, record, binding))
            continue;
        sleepers[count++] = sleeper_of(binding);
    }
    return count;
}

size_t registrar_find_asleep(const struct registrar *registrar, struct bytes aor,
                             const struct bytes *instance, struct registrar_sleeper *sleepers,
                             size_t most)
{
    return find(registrar, aor, instance, sleep_is_asleep, sleepers, most);
}

size_t registrar_find_silent(const struct registrar *registrar, struct bytes aor,
                             const struct bytes *instance, struct registrar_sleeper *sleepers,
                             size_t most)
{
    return find(registrar, aor, instance, sleep_wakes, sleepers, most);
}

/* What a REGISTER asks for and is told. */

/* A proxy on the way wakes the device itself (RFC 8599 5.6.1.1). */
static bool is_served_before(const struct sip_message *request)
{
    for (int i = 0; i < request->count; i++) {
        struct bytes rest = request->fields[i].value, element, value;
        if (!bytes_equal_nocase(request->fields[i].name, BYTES("Feature-Caps")))
            continue;
        while (sip_list_next(&rest, &element)) {
            ptrdiff_t from = bytes_index(element, ';');
            if (from >= 0 && sip_parameter(bytes_skip(element, (size_t)from), "+sip.pns", &value))
                return true;
        }
    }
    return false;
}

struct verdict sleep_judge(const struct registrar_settings *settings,
                           const struct sip_message *request, struct contacts *contacts)
{
    bool asked = false;
    if (settings->provider_count == 0)
        return VERDICT_OK;
    for (size_t i = 0; i < contacts->count; i++)
        asked = asked || contacts->wishes[i].pn.asks;
    contacts->served_before = asked && is_served_before(request);
    for (size_t i = 0; i < contacts->count && asked && !contacts->served_before; i++) {
        const struct contact_wish *wish = &contacts->wishes[i];
        if (wish->expires_s == 0 || bytes_empty(wish->pn.provider))
            continue;
        bool known = bytes_empty(wish->pn.prid) ? has_provider(settings, wish->pn.provider)
                                                : sleep_is_served(settings, &wish->pn);
        if (!known)
            return verdict(555, NULL, 0);
    }
    return VERDICT_OK;
}

/* RFC 6809 6.1, RFC 8599 8.2, 8.4 */
static void write_feature(const struct registrar *registrar, const char *provider, bool refreshes,
                          struct buffer *out)
{
    buffer_format(out, "Feature-Caps: *;+sip.pns=\"%s\"", provider);
    if (refreshes)
        buffer_format(out, ";+sip.pnsreg=\"%u\"",
                      registrar->settings.wake_ahead_s + PNSREG_BEYOND_S);
    buffer_text(out, "\r\n");
}

/* One field a service, however many gateways it has. */
static bool is_first(const struct registrar_settings *settings, size_t index)
{
    struct bytes name = bytes_of(settings->providers[index].name);
    for (size_t i = 0; i < index; i++)
        if (bytes_equal_nocase(bytes_of(settings->providers[i].name), name))
            return false;
    return true;
}

/* True when a Contact asked about this service, or about all; *refreshes: it wants to be woken, and
 * says that it refreshes by itself. */
static bool was_asked_about(const struct contacts *contacts, const char *name, bool *refreshes)
{
    bool asked = false;
    *refreshes = false;
    for (size_t i = 0; i < contacts->count; i++) {
        const struct contact_wish *wish = &contacts->wishes[i];
        bool meant = bytes_equal_nocase(wish->pn.provider, bytes_of(name));
        if (!wish->pn.asks || wish->expires_s == 0 || (!meant && !bytes_empty(wish->pn.provider)))
            continue;
        asked = true;
        *refreshes = *refreshes || (wish->refreshes && !bytes_empty(wish->pn.prid));
    }
    return asked;
}

void sleep_write_features(const struct registrar *registrar, struct buffer *out)
{
    const struct registrar_settings *settings = &registrar->settings;
    const struct contacts *contacts = &registrar->contacts;
    bool refreshes;
    if (contacts->served_before || contacts->star)
        return;
    for (size_t i = 0; i < settings->provider_count; i++)
        if (is_first(settings, i) &&
            was_asked_about(contacts, settings->providers[i].name, &refreshes))
            write_feature(registrar, settings->providers[i].name, refreshes, out);
}
