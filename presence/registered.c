/* registered.c: what registrations say of a user's presence.
 *
 *   ignore     nothing
 *   fallback   who is registered, and of whom neither a live client nor hard state says anything,
 *              is shown open
 *   rule       the same; and what clients publish is shown closed while no device of the user's is
 *              registered
 *
 * It is derived from the bindings whenever a state is composed, so nothing of it is stored and it
 * is right after a restart. A state waits for whatever is under way in its partition when it is
 * composed (resource_state): a binding may be. While the registrar tells of a binding that comes or
 * ends, its change set has no number to wait for yet, so then nothing is composed here: the
 * resource is looked at at the end of the turn, and what the device published and is open again is
 * told then too. */
#include <assert.h>

#include "presence/registered_internal.h"

enum {
    ROUND = 200, /* resources that are composed anew together when settings change */
    PAUSE_MS = 10,
};

enum presence_registration registered_policy(const struct resource *resource)
{
    const struct presence_settings *settings = &resource->presence->settings;
    struct bytes domain = sip_aor_domain(resource->aor);
    if (!resource->presence->registration_counts ||
        resource->presence->registrations.is_registered == NULL ||
        resource->package->registered_body == NULL)
        return PRESENCE_REGISTRATION_IGNORE;
    for (unsigned i = 0; i < settings->domain_count; i++)
        if (bytes_equal(bytes_of(settings->domains[i].name), domain))
            return settings->domains[i].registration;
    return settings->registration;
}

bool registered_now(const struct resource *resource)
{
    const struct presence_registrations *registrations = &resource->presence->registrations;
    return registrations->is_registered(registrations->context, resource->aor);
}

struct document *registered_document(const struct presence *presence,
                                     const struct event_package *package)
{
    size_t i = 0;
    while (package_list()[i] != package)
        i++;
    return presence->registered[i];
}

/* Those that look at a resource; the change of the binding has been submitted. */

static void tell(struct timer *timer)
{
    struct resource *resource = HOLDER(timer, struct resource, registering);
    resource_changed(resource, store_latest(resource->presence->parts->store, resource->partition));
}

static void look(struct timer *timer)
{
    struct resource *resource = HOLDER(timer, struct resource, registering);
    if (resource->state != NULL && registered_now(resource) != resource->registered)
        tell(timer);
}

void registered_tell_soon(struct resource *resource)
{
    world_timer(resource->presence->parts->world, &resource->registering, 0, tell);
}

/* If it is to be told anyway, then now. */
static void look_soon(struct resource *resource)
{
    struct timer *timer = &resource->registering;
    if (registered_policy(resource) != PRESENCE_REGISTRATION_IGNORE)
        world_timer(resource->presence->parts->world, timer, 0,
                    timer_is_set(timer) ? timer->fire : look);
}

void registered_set(struct presence *presence)
{
    struct world *world = presence->parts->world;
    struct resource *resource, *next;
    uint64_t count = 0;
    for (unsigned i = 0; i < PARTITIONS; i++) {
        HASH_ITER(hh, presence->homes[i].resources, resource, next)
        {
            if (resource->state != NULL && resource->package->registered_body != NULL)
                world_timer(world, &resource->registering, count++ / ROUND * PAUSE_MS, tell);
        }
    }
}

void registered_changed(struct presence *presence, struct bytes aor)
{
    if (!presence->registration_counts)
        return;
    for (const struct event_package *const *package = package_list(); *package != NULL; package++) {
        struct resource *resource = resource_find(presence, *package, aor, false);
        if (resource != NULL)
            look_soon(resource);
    }
}
