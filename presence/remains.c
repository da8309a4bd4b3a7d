/* remains.c: what is left of a publication that nobody refreshed.
 *
 *   a client's publication --its time is over--> that it is closed, and since when
 *      --presence.last_seen_s later, or pushed out by younger ones--> nothing
 *      --its publisher publishes again--> in its place, what that says
 *
 * The document goes: who may not be asked any more is not quoted. What stays is the package's own
 * text and the moment until which the client's word was good, or at which the client was lost. It
 * has no entity-tag (RFC 3903 8.1: the one that expired is invalid), and only its publisher's first
 * publication finds it. Who removes a publication (Expires: 0) leaves nothing. */
#include <assert.h>

#include "presence/remains_internal.h"

static bool leaves_something(const struct publication *publication)
{
    const struct resource *resource = publication->resource;
    return publication_is_clients(publication) && resource->package->seen_body != NULL &&
           resource->presence->settings.last_seen_s > 0;
}

/* As many as there may be publications, the youngest. */
static void make_room(struct resource *resource, struct store_set *set)
{
    struct publication *publication, *oldest = NULL;
    unsigned count = 0;
    DL_FOREACH(resource->publications, publication)
    {
        if (publication->ended || publication->publisher != STORE_SEEN)
            continue;
        count++;
        if (oldest == NULL || publication->made_ms < oldest->made_ms)
            oldest = publication;
    }
    if (count < resource->presence->settings.publications_max)
        return;
    metrics_count(resource->presence->parts->metrics, METRIC_publications_seen_forgotten);
    publication_delete_row(oldest, set);
    publication_free(oldest);
}

static struct store_publication row_of(const struct publication *old)
{
    const struct resource *resource = old->resource;
    const struct presence *presence = resource->presence;
    return (struct store_publication){
        .id = token_bytes(&old->id),
        .content_type = bytes_of(resource->package->publish_types[0]),
        .body = bytes_of(resource->package->seen_body),
        .origin = {old->call_id, old->branch, old->cseq},
        .instance = old->instance,
        .from_tag = old->from_tag,
        .made_ms = old->closed ? old->closes_ms : old->expires_ms,
        .expires_ms =
            presence->parts->world->wall_ms + (uint64_t)presence->settings.last_seen_s * 1000,
        .closed = true,
        .publisher = STORE_SEEN,
    };
}

bool remains_leave(struct publication *old, struct store_set *set)
{
    struct resource *resource = old->resource;
    if (!leaves_something(old))
        return false;
    make_room(resource, set);
    const struct store_publication row = row_of(old);
    struct publication *made = publication_of_row(
        resource, &row,
        own_document(resource->presence, resource->package, resource->package->seen_body));
    made->source = old->source;
    publication_take_place(made, old);
    publication_save(made, set);
    return true;
}
