/* publication.c: one publication: from a row, to a row, and its end by time. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "presence/closing_internal.h"
#include "presence/remains_internal.h"

enum { RETRY_MS = 1000, FLOW_TEXT_MAX = 160 };

static void take_texts(struct publication *publication, const struct store_publication *row)
{
    size_t size = row->content_type.length + row->body.length + row->origin.call_id.length +
                  row->origin.branch.length + row->from_tag.length + row->instance.length;
    publication->text = memory_new(size + 1);
    char *at = publication->text;
    publication->content_type = bytes_pack(&at, row->content_type);
    publication->body = bytes_pack(&at, row->body);
    publication->call_id = bytes_pack(&at, row->origin.call_id);
    publication->branch = bytes_pack(&at, row->origin.branch);
    publication->from_tag = bytes_pack(&at, row->from_tag);
    publication->instance = bytes_pack(&at, row->instance);
}

static struct token take_token(struct bytes text)
{
    struct token token;
    struct buffer out = buffer_over(token.text, sizeof(token.text) - 1);
    buffer_put(&out, text);
    token.text[out.length] = '\0';
    return token;
}

/* The newest last, as the store will give them back, and hard state behind all: whatever is set,
 * what clients publish keeps its place. */
static void insert(struct resource *resource, struct publication *publication)
{
    struct publication *before;
    DL_FOREACH(resource->publications, before)
    {
        if (before->publisher == STORE_HARD)
            break;
        if (before->made_ms > publication->made_ms && publication->publisher != STORE_HARD)
            break;
    }
    if (before != NULL)
        DL_PREPEND_ELEM(resource->publications, before, publication);
    else
        DL_APPEND(resource->publications, publication);
}

struct publication *publication_of_row(struct resource *resource,
                                       const struct store_publication *row,
                                       struct document *document)
{
    struct publication *publication = memory_new(sizeof(*publication));
    assert((document == NULL) == row->ended);
    publication->resource = resource;
    publication->document = document;
    publication->made_ms = row->made_ms;
    publication->expires_ms = row->expires_ms;
    publication->cseq = row->origin.cseq;
    publication->ended = row->ended;
    publication->publisher = row->publisher;
    publication->id = take_token(row->id);
    publication->tag = take_token(row->tag);
    publication->previous = take_token(row->previous);
    publication->previous_until_ms = row->previous_until_ms;
    publication->closes_ms = row->closes_ms;
    publication->closed = row->closed;
    take_texts(publication, row);
    insert(resource, publication);
    if (!publication->ended) {
        resource->publication_count++;
        resource->presence->counts.publications++;
        resource->presence->closed_count += publication->closed;
    }
    publication_arm(publication);
    return publication;
}

struct publication *publication_load(struct resource *resource, const struct store_publication *row,
                                     struct document *document)
{
    struct publication *publication = publication_of_row(resource, row, document);
    struct net_flow source;
    if (net_flow_parse(row->flow, &source)) {
        net_rejoin(resource->presence->parts->net, &source);
        closing_set_source(publication, &source, NULL);
    }
    closing_loaded(publication);
    return publication;
}

void publication_take_place(struct publication *made, struct publication *old)
{
    struct resource *resource = old->resource;
    assert(made->resource == resource && made != old);
    DL_DELETE(resource->publications, made);
    DL_PREPEND_ELEM(resource->publications, old, made);
}

void publication_save(const struct publication *publication, struct store_set *set)
{
    const struct resource *resource = publication->resource;
    char text[FLOW_TEXT_MAX];
    struct buffer flow = buffer_over(text, sizeof(text));
    if (publication->source.remote.family != 0)
        net_flow_write(&publication->source, &flow);
    const struct store_publication row = {
        .aor = resource->aor,
        .event = bytes_of(resource->package->name),
        .id = token_bytes(&publication->id),
        .tag = token_bytes(&publication->tag),
        .content_type = publication->content_type,
        .body = publication->ended ? BYTES("") : publication->body,
        .flow = buffer_bytes(&flow),
        .origin = {publication->call_id, publication->branch, publication->cseq},
        .instance = publication->instance,
        .from_tag = publication->from_tag,
        .previous = token_bytes(&publication->previous),
        .previous_until_ms = publication->previous_until_ms,
        .made_ms = publication->made_ms,
        .expires_ms = publication->expires_ms,
        .closes_ms = publication->closes_ms,
        .closed = publication->closed,
        .ended = publication->ended,
        .publisher = publication->publisher,
    };
    store_put_publication(set, &row);
}

void publication_delete_row(const struct publication *publication, struct store_set *set)
{
    const struct resource *resource = publication->resource;
    store_delete_publication(set, resource->aor, bytes_of(resource->package->name),
                             token_bytes(&publication->id));
}

void publication_forget_ended(struct resource *resource, unsigned most, struct store_set *set)
{
    struct publication *publication, *next;
    unsigned ended = 0;
    DL_FOREACH(resource->publications, publication)
    {
        ended += publication->ended && publication->publisher != STORE_HARD;
    }
    DL_FOREACH_SAFE(resource->publications, publication, next)
    {
        if (!publication->ended || publication->publisher == STORE_HARD || ended <= most)
            continue;
        ended--;
        publication_delete_row(publication, set);
        publication_free(publication);
    }
}

void publication_free(struct publication *publication)
{
    struct resource *resource = publication->resource;
    world_timer_cancel(resource->presence->parts->world, &publication->expiry);
    closing_leave(publication);
    DL_DELETE(resource->publications, publication);
    if (!publication->ended) {
        resource->publication_count--;
        resource->presence->closed_count -= publication->closed;
        resource->presence->counts.publications--;
    }
    if (publication->document != NULL)
        resource->package->document_free(&publication->document);
    free(publication->text);
    free(publication);
}

/* Its time is over: nobody refreshed it, or the memory of it is not needed any more. */
static void expire(struct timer *timer)
{
    struct publication *publication = HOLDER(timer, struct publication, expiry);
    struct resource *resource = publication->resource;
    const struct front_parts *parts = resource->presence->parts;
    bool ended = publication->ended;
    bool expired = !publication->cut && publication_is_clients(publication);
    if (!store_ready(parts->store)) {
        world_timer(parts->world, timer, RETRY_MS, expire);
        return;
    }
    struct store_set *set = store_begin(parts->store, resource->partition);
    if (!remains_leave(publication, set))
        publication_delete_row(publication, set);
    publication_free(publication);
    struct store_change change = store_submit(parts->store, &set);
    if (expired)
        metrics_count(parts->metrics, METRIC_publications_expired);
    if (!ended)
        resource_changed(resource, change);
    resource_settle(resource);
}

/* The timer: what comes next. */
static void fire(struct timer *timer)
{
    struct publication *publication = HOLDER(timer, struct publication, expiry);
    if (!closing_is_next(publication))
        expire(timer);
    else if (!closing_perform(publication))
        world_timer(publication->resource->presence->parts->world, timer, RETRY_MS, fire);
}

void publication_arm(struct publication *publication)
{
    struct world *world = publication->resource->presence->parts->world;
    if (publication->publisher == STORE_HARD && publication->expires_ms == 0)
        return; /* good until it is set again */
    uint64_t due_ms =
        closing_is_next(publication) ? publication->closes_ms : publication->expires_ms;
    world_timer(world, &publication->expiry, due_ms > world->wall_ms ? due_ms - world->wall_ms : 0,
                fire);
}

void publication_cut_short(struct publication *publication)
{
    publication->cut = true;
    publication->expires_ms = publication->resource->presence->parts->world->wall_ms;
    publication_arm(publication);
}
