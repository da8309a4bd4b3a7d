/* resource.c: one address-of-record and event: its state, composed once however many watch it. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "presence/presence_internal.h"

enum { KEY_MAX = 2048 };

static struct bytes write_key(struct buffer *out, const struct event_package *package,
                              struct bytes aor)
{
    buffer_text(out, package->name);
    buffer_char(out, '\0');
    buffer_put(out, aor);
    return buffer_bytes(out);
}

static size_t package_index(const struct event_package *package)
{
    size_t i = 0;
    while (package_list()[i] != package)
        i++;
    return i;
}

static struct resource *make(struct presence *presence, const struct event_package *package,
                             struct bytes key, struct bytes aor)
{
    struct resource *resource = memory_new(sizeof(*resource) + key.length);
    resource->presence = presence;
    resource->package = package;
    resource->workshop = presence->workshops[package_index(package)];
    resource->partition = partition_of(aor);
    memcpy(resource->key, key.at, key.length);
    resource->key_length = key.length;
    resource->aor = bytes_from(resource->key + key.length - aor.length, aor.length);
    TABLE_ADD(presence->homes[resource->partition].resources, resource->key, resource->key_length,
              presence->hash_seed, resource);
    presence->counts.resources++;
    return resource;
}

struct resource *resource_find(struct presence *presence, const struct event_package *package,
                               struct bytes aor, bool make_it)
{
    char text[KEY_MAX];
    struct buffer out = buffer_over(text, sizeof(text));
    struct bytes key = write_key(&out, package, aor);
    struct resource *resource;
    assert(!out.overflow);
    TABLE_FIND(presence->homes[partition_of(aor)].resources, key.at, key.length,
               presence->hash_seed, resource);
    if (resource == NULL && make_it)
        resource = make(presence, package, key, aor);
    return resource;
}

static void free_resource(struct resource *resource)
{
    struct presence *presence = resource->presence;
    assert(resource->publications == NULL && resource->subscriptions == NULL);
    HASH_DELETE(hh, presence->homes[resource->partition].resources, resource);
    blob_unref(&resource->state);
    presence->counts.resources--;
    free(resource);
}

void resource_settle(struct resource *resource)
{
    if (resource->publications == NULL && resource->subscriptions == NULL)
        free_resource(resource);
}

/* "sip:alice@example.org": what a document is about. */
static void write_entity(const struct resource *resource, struct buffer *out)
{
    struct bytes host = resource->aor;
    struct bytes user = bytes_split(&host, '@');
    buffer_text(out, "sip:");
    sip_write_escaped_user(user, out);
    buffer_char(out, '@');
    buffer_put(out, host);
}

struct blob *resource_state(struct resource *resource)
{
    char text[KEY_MAX];
    struct buffer entity = buffer_over(text, sizeof(text));
    if (resource->state != NULL)
        return resource->state;
    const struct document **documents =
        memory_new((resource->publication_count + 1) * sizeof(documents[0]));
    const struct publication *publication;
    size_t count = 0;
    DL_FOREACH(resource->publications, publication)
    {
        if (!publication->ended)
            documents[count++] = publication->document;
    }
    assert(count == resource->publication_count);
    write_entity(resource, &entity);
    resource->state = resource->package->compose(buffer_bytes(&entity), documents, count);
    free(documents);
    return resource->state;
}

/* Composes anew; true when that is other than what the watchers know. Without watchers nothing is
 * composed. */
static bool recompose(struct resource *resource)
{
    struct blob *old = resource->state;
    resource->state = NULL;
    bool changed = true;
    if (old != NULL && resource->subscriptions != NULL)
        changed = !bytes_equal(blob_bytes(old), blob_bytes(resource_state(resource)));
    blob_unref(&old);
    return changed;
}

void resource_changed(struct resource *resource, struct store_change change)
{
    struct subscription *subscription;
    resource->change = change;
    if (!recompose(resource))
        return;
    DL_FOREACH(resource->subscriptions, subscription)
    {
        if (subscription->state == SUBSCRIPTION_ACTIVE)
            notify_due(subscription);
    }
}

void home_clear(struct presence *presence, unsigned partition)
{
    struct resource *resource, *next;
    HASH_ITER(hh, presence->homes[partition].resources, resource, next)
    {
        while (resource->publications != NULL)
            publication_free(resource->publications);
        while (resource->subscriptions != NULL)
            subscription_free(resource->subscriptions);
        free_resource(resource);
    }
}
