/* derived.c: state that no client publishes: it is known to another part, as the registrar knows
 * who is registered, and is asked whenever a state is composed. So nothing of it is stored, and it
 * is right after a restart. Who knows it tells when it has changed; then it is asked at the end of
 * the turn, when whatever was changed has a number to wait for. */
#include "presence/derived_internal.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "presence/registered_internal.h"
#include "presence/unsolicited_internal.h"

void presence_derive(struct presence *presence, const struct presence_source *source)
{
    assert(presence->source_count < PRESENCE_SOURCES_MAX && source->write != NULL);
    assert(package_find(bytes_of(source->event)) != NULL);
    presence->sources[presence->source_count++] = *source;
    if (presence->derived_text == NULL)
        presence->derived_text = memory_new(PRESENCE_SOURCE_MAX_BYTES);
}

static bool is_about(const struct presence_source *source, const struct resource *resource)
{
    return strcmp(source->event, resource->package->name) == 0;
}

bool derived_is_asked(const struct resource *resource)
{
    const struct presence *presence = resource->presence;
    for (size_t i = 0; i < presence->source_count; i++)
        if (is_about(&presence->sources[i], resource))
            return true;
    return false;
}

/* NULL: nothing is known. */
static struct document *ask(const struct resource *resource, const struct presence_source *source)
{
    struct buffer out = buffer_over(resource->presence->derived_text, PRESENCE_SOURCE_MAX_BYTES);
    struct document *document = NULL;
    source->write(source->context, resource->aor, &out);
    assert(!out.overflow);
    if (out.length > 0) {
        struct verdict v = resource->package->accept(resource->workshop, buffer_bytes(&out),
                                                     &any_entity, &document);
        if (!verdict_ok(v))
            log_write(resource->presence->parts->log, LOG_ERROR, "presence",
                      "what is known of %.*s cannot be told (%s), please report it",
                      BYTES_ARGS(resource->aor), v.reason);
    }
    return document;
}

struct derived derived_ask(const struct resource *resource)
{
    const struct presence *presence = resource->presence;
    struct derived derived = {.count = 0};
    for (size_t i = 0; i < presence->source_count; i++) {
        if (!is_about(&presence->sources[i], resource))
            continue;
        struct document *document = ask(resource, &presence->sources[i]);
        if (document != NULL)
            derived.documents[derived.count++] = document;
    }
    return derived;
}

void derived_release(const struct resource *resource, struct derived *derived)
{
    for (size_t i = 0; i < derived->count; i++)
        resource->package->document_free(&derived->documents[i]);
    derived->count = 0;
}

void derived_freshen(struct resource *resource)
{
    enum { OLD_MS = 1000 };
    uint64_t wall_ms = resource->presence->parts->world->wall_ms;
    if (!resource->package->ages || resource->state == NULL ||
        wall_ms - resource->composed_ms < OLD_MS)
        return;
    blob_unref(&resource->state);
    views_refresh(resource);
}

void presence_derived_changed(struct presence *presence, const char *event, struct bytes aor)
{
    const struct event_package *package = package_find(bytes_of(event));
    assert(package != NULL);
    struct resource *resource = resource_find(presence, package, aor, false);
    if (resource != NULL)
        registered_tell_soon(resource);
    else
        unsolicited_changed(presence, package, aor);
}

void presence_watch_state(struct presence *presence, const struct presence_listener *listener)
{
    size_t place = 0;
    assert(package_find(bytes_of(listener->event)) != NULL && listener->changed != NULL);
    while (presence->listeners[place].event != NULL)
        place++;
    assert(place < PRESENCE_LISTENERS_MAX);
    presence->listeners[place] = *listener;
}

void derived_state_changed(const struct resource *resource)
{
    const struct presence *presence = resource->presence;
    for (const struct presence_listener *listener = presence->listeners; listener->event != NULL;
         listener++) {
        if (strcmp(listener->event, resource->package->name) == 0)
            listener->changed(listener->context, resource->aor);
    }
}

const struct blob *presence_state(struct presence *presence, const char *event, struct bytes aor)
{
    struct resource *resource = resource_find(presence, package_find(bytes_of(event)), aor, false);
    return resource != NULL ? resource_state(resource) : NULL;
}
