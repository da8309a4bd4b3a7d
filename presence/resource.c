/* resource.c: one address-of-record and event: its state, composed once however many watch it. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/spread.h"
#include "presence/derived_internal.h"
#include "presence/registered_internal.h"
#include "presence/unsolicited_internal.h"

enum {
    KEY_MAX = 2048,
    RETRY_MS = 1000,
    END_ROUND = 200, /* subscriptions that end together when their user is no more */
    END_PAUSE_MS = 10,
};

static struct bytes write_key(struct buffer *out, const struct event_package *package,
                              struct bytes aor)
{
    buffer_text(out, package->name);
    buffer_char(out, '\0');
    buffer_put(out, aor);
    return buffer_bytes(out);
}

size_t package_number(const struct event_package *package)
{
    size_t i = 0;
    while (package_list()[i] != package)
        i++;
    return i;
}

struct package_workshop *workshop_of(const struct presence *presence,
                                     const struct event_package *package)
{
    return presence->workshops[package_number(package)];
}

static bool is_trusted(void *context, struct bytes entity)
{
    (void)context;
    (void)entity;
    return true;
}

const struct entity_check any_entity = {is_trusted, NULL};

struct document *own_document(const struct presence *presence, const struct event_package *package,
                              const char *body)
{
    struct document *document = NULL;
    struct verdict v =
        package->accept(workshop_of(presence, package), bytes_of(body), &any_entity, &document);
    assert(verdict_ok(v) && document != NULL);
    (void)v;
    return document;
}

static struct resource *make(struct presence *presence, const struct event_package *package,
                             struct bytes key, struct bytes aor)
{
    struct resource *resource = memory_new(sizeof(*resource) + key.length);
    resource->presence = presence;
    resource->package = package;
    resource->workshop = workshop_of(presence, package);
    resource->partition = partition_of(aor);
    memcpy(resource->key, key.at, key.length);
    resource->key_length = key.length;
    resource->aor = bytes_from(resource->key + key.length - aor.length, aor.length);
    resource->judgement = 1; /* none is judged yet by it */
    TABLE_ADD(presence->homes[resource->partition].resources, resource->key, resource->key_length,
              presence->hash_seed, resource);
    presence->counts.resources++;
    winfo_link(resource);
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
    assert(resource->views == NULL);
    authorize_forget(resource);
    winfo_unlink(resource);
    world_timer_cancel(presence->parts->world, &resource->ending);
    world_timer_cancel(presence->parts->world, &resource->registering);
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
    buffer_put(out, user);
    buffer_char(out, '@');
    buffer_put(out, host);
}

static bool is_hard(const struct publication *publication)
{
    return publication->publisher == STORE_HARD;
}

/* What counts of its publications, for the caller to free; `doubted`: what clients say is not
 * believed any more. There is room for what is derived. */
static struct document_source *sources_of(const struct resource *resource, bool doubted,
                                          size_t *count)
{
    struct document_source *sources =
        memory_new((resource->publication_count + 1 + PRESENCE_SOURCES_MAX) * sizeof(sources[0]));
    const struct publication *publication;
    *count = 0;
    DL_FOREACH(resource->publications, publication)
    {
        if (publication->ended)
            continue;
        bool hard = is_hard(publication);
        sources[(*count)++] =
            (struct document_source){.document = publication->document,
                                     .changed_ms = publication->made_ms,
                                     .stale = publication->closed || (doubted && !hard),
                                     .hard = hard};
    }
    assert(*count == resource->publication_count);
    return sources;
}

static struct blob *compose(const struct resource *resource, const struct document_source *sources,
                            size_t count)
{
    char text[KEY_MAX];
    struct buffer entity = buffer_over(text, sizeof(text));
    write_entity(resource, &entity);
    return resource->package->compose(buffer_bytes(&entity), sources, count);
}

/* True when a live client or hard state says something. */
static bool is_said(const struct document_source *sources, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!sources[i].stale)
            return true;
    return false;
}

/* What is derived may be under way: what is composed of it is not told before it is durable. */
static void wait_for_all(struct resource *resource)
{
    struct store_change latest =
        store_latest(resource->presence->parts->store, resource->partition);
    if (latest.number != 0)
        resource->change = latest;
}

struct blob *resource_state(struct resource *resource)
{
    enum presence_registration policy = registered_policy(resource);
    size_t count;
    if (resource->state != NULL)
        return resource->state;
    resource->registered = policy != PRESENCE_REGISTRATION_IGNORE && registered_now(resource);
    if (policy != PRESENCE_REGISTRATION_IGNORE || derived_is_asked(resource))
        wait_for_all(resource);
    bool doubted = policy == PRESENCE_REGISTRATION_RULE && !resource->registered;
    struct document_source *sources = sources_of(resource, doubted, &count);
    if (resource->registered && !is_said(sources, count))
        sources[count++] = (struct document_source){
            .document = registered_document(resource->presence, resource->package)};
    struct derived derived = derived_ask(resource);
    for (size_t i = 0; i < derived.count; i++)
        sources[count++] = (struct document_source){
            .document = derived.documents[i],
            .changed_ms = resource->presence->parts->world->wall_ms /* it is so now */};
    resource->state = compose(resource, sources, count);
    resource->composed_ms = resource->presence->parts->world->wall_ms;
    derived_release(resource, &derived);
    free(sources);
    return resource->state;
}

struct blob *resource_nothing(const struct resource *resource)
{
    return compose(resource, NULL, 0);
}

struct bytes resource_sphere(const struct resource *resource)
{
    size_t count, soft;
    if (resource->package->sphere == NULL || resource->publication_count == 0)
        return BYTES("");
    struct document_source *sources = sources_of(resource, false, &count);
    for (soft = count; soft > 0 && sources[soft - 1].hard;)
        soft--;
    struct bytes sphere = resource->package->sphere(sources, soft);
    if (bytes_empty(sphere)) /* none is said there, or not one: with the rest that stays so */
        sphere = resource->package->sphere(sources, count);
    free(sources);
    return sphere;
}

/* Composes anew; true when that is other than what the watchers know. Without watchers who see it
 * nothing is composed. */
static bool recompose(struct resource *resource)
{
    struct blob *old = resource->state;
    resource->state = NULL;
    bool changed = true;
    if (old != NULL && resource->views != NULL)
        changed = !bytes_equal(blob_bytes(old), blob_bytes(resource_state(resource)));
    blob_unref(&old);
    return changed;
}

/* Who has no view is told when policy was asked. */
static bool sees_change(struct subscription *subscription)
{
    if (subscription->view == NULL)
        subscription->held = true;
    return subscription->view != NULL && filtering_is_due(subscription);
}

/* What is sent from here on tells of this change. False: another one is being told, which had this
 * change as well, or nobody watches. */
static bool begin_spread(struct resource *resource)
{
    struct presence *presence = resource->presence;
    if (presence->spread != NULL || resource->subscriptions == NULL)
        return false;
    presence->spread =
        transaction_spread(presence->parts->transactions, package_number(resource->package));
    return true;
}

void resource_changed(struct resource *resource, struct store_change change)
{
    struct subscription *subscription;
    uint64_t wall_ms = resource->presence->parts->world->wall_ms;
    resource->change = change;
    authorize_sphere(resource);
    if (!recompose(resource))
        return;
    derived_state_changed(resource);
    unsolicited_changed(resource->presence, resource->package, resource->aor);
    views_refresh(resource);
    struct presence *presence = resource->presence;
    bool outermost = begin_spread(resource);
    DL_FOREACH(resource->subscriptions, subscription)
    {
        if (subscription->state != SUBSCRIPTION_ACTIVE || !sees_change(subscription))
            continue;
        if (subscription->expires_ms > wall_ms)
            notify_due(subscription);
        else
            subscription_arm(subscription); /* over: its last NOTIFY, now, tells this too */
    }
    if (outermost)
        spread_unref(&presence->spread);
}

/* One round's: as many as a change set holds easily, whatever they have in their rows. */
struct round {
    bool leaving; /* those alone that leave */
    struct subscription *ended[END_ROUND];
    size_t count;
};

static void end_subscription(struct subscription *subscription, enum subscription_event why,
                             struct store_set *set)
{
    world_timer_cancel(subscription->resource->presence->parts->world, &subscription->expiry);
    subscription_move(subscription, why);
    subscription_save(subscription, set);
}

/* True when it was over already. */
static bool was_over(struct subscription *subscription, struct store_set *set)
{
    if (machine_is_live(subscription->state))
        return false;
    bool waited = subscription_move(subscription, EVENT_NORESOURCE);
    subscription->cause = EVENT_NORESOURCE; /* if it has not been told yet */
    if (waited)
        subscription_forget(subscription, set);
    return true;
}

static void end_subscriptions(struct resource *resource, struct store_set *set, struct round *round)
{
    struct subscription *subscription, *next;
    round->count = 0;
    DL_FOREACH_SAFE(resource->subscriptions, subscription, next)
    {
        if ((round->leaving && !subscription->leaves) || was_over(subscription, set))
            continue;
        if (round->count == END_ROUND)
            break;
        end_subscription(subscription, round->leaving ? subscription->leaves : EVENT_NORESOURCE,
                         set);
        round->ended[round->count++] = subscription;
    }
}

/* Ends the next subscriptions beside what the set has already, and comes again for the rest. */
static void end_round(struct resource *resource, struct store_set *set, struct round *round,
                      timer_fn rest)
{
    const struct front_parts *parts = resource->presence->parts;
    end_subscriptions(resource, set, round);
    struct store_change change = store_submit(parts->store, &set);
    if (change.number != 0 && !round->leaving)
        resource->change = change;
    bool more = round->leaving ? round->count == END_ROUND : resource->subscription_count > 0;
    for (size_t i = 0; i < round->count; i++)
        notify_due(round->ended[i]);
    if (more)
        world_timer(parts->world, &resource->ending, END_PAUSE_MS, rest);
    resource_settle(resource);
}

static void end_rest(struct timer *timer);
static void end_leaving(struct timer *timer);

static void end(struct timer *timer)
{
    struct resource *resource = HOLDER(timer, struct resource, ending);
    const struct front_parts *parts = resource->presence->parts;
    if (!store_ready(parts->store)) {
        world_timer(parts->world, timer, RETRY_MS, end);
        return;
    }
    struct store_set *set = store_begin(parts->store, resource->partition);
    while (resource->publications != NULL) {
        publication_delete_row(resource->publications, set);
        publication_free(resource->publications);
    }
    blob_unref(&resource->state);
    views_forget(resource);
    struct round round = {.leaving = false};
    end_round(resource, set, &round, end_rest);
}

/* The watchers that are left; they go on watching when the user was made again meanwhile. */
static void end_rest(struct timer *timer)
{
    struct resource *resource = HOLDER(timer, struct resource, ending);
    const struct front_parts *parts = resource->presence->parts;
    if (domains_find(parts->domains, sip_aor_domain(resource->aor)) != NULL &&
        accounts_find(parts->accounts, resource->aor) != NULL) {
        end_leaving(timer);
        return;
    }
    struct round round = {.leaving = false};
    if (store_ready(parts->store))
        end_round(resource, store_begin(parts->store, resource->partition), &round, end_rest);
    else
        world_timer(parts->world, timer, RETRY_MS, end_rest);
}

static void end_leaving(struct timer *timer)
{
    struct resource *resource = HOLDER(timer, struct resource, ending);
    const struct front_parts *parts = resource->presence->parts;
    struct round round = {.leaving = true};
    if (store_ready(parts->store))
        end_round(resource, store_begin(parts->store, resource->partition), &round, end_leaving);
    else
        world_timer(parts->world, timer, RETRY_MS, end_leaving);
}

void resource_end(struct resource *resource)
{
    world_timer(resource->presence->parts->world, &resource->ending, 0, end);
}

/* Whoever ends with the user ends anyway. */
void resource_end_leaving(struct resource *resource)
{
    if (!timer_is_set(&resource->ending))
        world_timer(resource->presence->parts->world, &resource->ending, 0, end_leaving);
}

void home_clear(struct presence *presence, unsigned partition)
{
    struct resource *resource, *next;
    HASH_ITER(hh, presence->homes[partition].resources, resource, next)
    {
        winfo_unlink(resource); /* nobody is to be told that all ended */
        while (resource->publications != NULL)
            publication_free(resource->publications);
        while (resource->subscriptions != NULL)
            subscription_free(resource->subscriptions);
        free_resource(resource);
    }
}
