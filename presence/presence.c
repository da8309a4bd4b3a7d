/* presence.c: the dispatcher's beginning, its partitions, its end. */
#include "presence/presence.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "presence/closing_internal.h"
#include "presence/registered_internal.h"
#include "presence/unsolicited_internal.h"
#include "sip/digest.h"

struct presence_settings presence_settings_default(void)
{
    return (struct presence_settings){
        .publications_max = 20,
        .subscriptions_max_per_watcher = 1000,
        .subscriptions_max_per_resource = 20000,
        .waiting_max_per_watcher = 100,
        .waiting_max_per_resource = 1000,
        .waiting_days = 14,
        .body_max_bytes = 32768,
        .winfo_max_bytes = 32768,
        .filter_max_bytes = 8192,
        .filters_max_per_watcher = 10,
        .filters_max_per_resource = 100,
        .patch_steps_max = 100000,
        .message_headers = "To, From, Date, Subject, Message-ID, Priority",
        .flow_grace_s = 60,
        .tag_grace_s = 32, /* 64*T1: as long as the lost 200 would have been repeated */
        .notify_timeout = PRESENCE_TIMEOUT_ENDS,
        .notify_retry_s = 600,
        .retry_after_max_s = 3600,
        .hold_s = 600,
        .held_max = 100000,
        .notify_pause_ms = 500,
        .restore_notify_per_s = 1000,
    };
}

static bool registration_counts(const struct presence_settings *settings)
{
    bool counts = settings->registration != PRESENCE_REGISTRATION_IGNORE;
    for (unsigned i = 0; i < settings->domain_count && !counts; i++)
        counts = settings->domains[i].registration != PRESENCE_REGISTRATION_IGNORE;
    return counts;
}

/* True when both let registrations count in the same way, or neither at all. */
static bool is_same_registration(const struct presence_settings *a,
                                 const struct presence_settings *b)
{
    bool same = a->registration == b->registration && a->domain_count == b->domain_count;
    for (unsigned i = 0; same && i < a->domain_count; i++)
        same = a->domains[i].registration == b->domains[i].registration &&
               bytes_equal(bytes_of(a->domains[i].name), bytes_of(b->domains[i].name));
    return same || (!registration_counts(a) && !registration_counts(b));
}

/* What each package of the list has in this reactor. */
static void equip(struct presence *presence)
{
    const struct package_limits limits = {
        .body_max_bytes = PACKAGE_BODY_MOST_BYTES,
        .patch_steps_max = presence->settings.patch_steps_max,
        .message_headers = presence->settings.message_headers,
    };
    for (size_t i = 0; package_list()[i] != NULL; i++) {
        const struct event_package *package = package_list()[i];
        if (package->workshop_new != NULL)
            presence->workshops[i] = package->workshop_new(&limits);
        if (package->registered_body != NULL)
            presence->registered[i] = own_document(presence, package, package->registered_body);
    }
}

struct presence *presence_new(struct front *front, const struct presence_settings *settings)
{
    struct presence *presence = memory_new(sizeof(*presence));
    presence->front = front;
    presence->parts = front_parts(front);
    assert(settings->body_max_bytes <= PACKAGE_BODY_MOST_BYTES);
    presence->settings = *settings;
    presence->hash_seed = world_random_u64(presence->parts->world);
    presence->scratch = memory_new(WRITE_MAX);
    presence->digests = digest_engine_new();
    presence->ends = ends_new();
    conditional_init(presence);
    presence->registration_counts = registration_counts(settings);
    equip(presence);
    const struct front_method methods[] = {
        {SIP_PUBLISH, FRONT_PROVED | FRONT_LOCAL_USER | FRONT_CHANGES, publish_handle, presence},
        {SIP_SUBSCRIBE,
         FRONT_PROVED | FRONT_NOBODY | FRONT_LOCAL_USER | FRONT_CHANGES | FRONT_DIALOGS,
         subscribe_handle, presence},
    };
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        front_register(front, &methods[i]);
    policy_listen(presence->parts->policy, authorize_listen, presence);
    const struct front_flow_watch watch = {closing_connection_closed, presence};
    front_watch_flows(front, &watch);
    return presence;
}

void presence_free(struct presence **presence)
{
    struct presence *old = *presence;
    if (old == NULL)
        return;
    world_timer_cancel(old->parts->world, &old->pace);
    world_timer_cancel(old->parts->world, &old->judge);
    unsolicited_free(old);
    for (unsigned i = 0; i < PARTITIONS; i++)
        home_clear(old, i);
    for (size_t i = 0; package_list()[i] != NULL; i++) {
        if (old->registered[i] != NULL)
            package_list()[i]->document_free(&old->registered[i]);
        if (package_list()[i]->workshop_free != NULL)
            package_list()[i]->workshop_free(&old->workshops[i]);
    }
    digest_engine_free(&old->digests);
    ends_free(&old->ends);
    free(old->scratch);
    free(old->derived_text);
    free(old);
    *presence = NULL;
}

void presence_ask_registrar(struct presence *presence,
                            const struct presence_registrations *registrations)
{
    assert(registrations->instance_at != NULL && registrations->is_there != NULL);
    presence->registrations = *registrations;
}

void presence_reload(struct presence *presence, const struct presence_settings *settings)
{
    bool same = is_same_registration(&presence->settings, settings);
    presence->settings = *settings;
    presence->registration_counts = registration_counts(settings);
    if (!same)
        registered_set(presence);
}

struct presence_counts presence_count(const struct presence *presence)
{
    return presence->counts;
}

/* Rows. */

static struct resource *resource_of_row(struct presence *presence, struct bytes event,
                                        struct bytes aor)
{
    const struct event_package *package = package_find(event);
    if (package == NULL) {
        log_write(presence->parts->log, LOG_WARNING, "presence",
                  "a stored row of the unknown event %.*s is left alone", BYTES_ARGS(event));
        return NULL;
    }
    return resource_find(presence, package, aor, true);
}

/* What we stored was judged when it came, by the limits of then; its writer was trusted with the
 * entity. What cannot be read (an earlier version could) is as good as removed: its owner's refresh
 * gets 412, and its row goes when its time is over. */
static void take_publication(void *context, const struct store_publication *row)
{
    struct presence *presence = context;
    struct resource *resource = resource_of_row(presence, row->event, row->aor);
    struct store_publication taken = *row;
    struct document *document = NULL;
    if (resource == NULL)
        return;
    if (!row->ended && !verdict_ok(resource->package->accept(resource->workshop, row->body,
                                                             &any_entity, &document))) {
        log_write(presence->parts->log, LOG_WARNING, "presence",
                  "a stored publication cannot be read and is left out until its time is over "
                  "aor=%.*s",
                  BYTES_ARGS(row->aor));
        taken.ended = true;
    }
    publication_load(resource, &taken, document);
}

static void take_subscription(void *context, const struct store_subscription *row)
{
    struct presence *presence = context;
    struct resource *resource = resource_of_row(presence, row->event, row->aor);
    if (resource == NULL || subscription_of_row(resource, row) != NULL)
        return;
    log_write(presence->parts->log, LOG_WARNING, "presence",
              "a stored subscription cannot be used and is left alone call-id=%.*s",
              BYTES_ARGS(row->origin.call_id));
    resource_settle(resource);
}

static bool is_ours(const struct presence *presence, struct bytes aor)
{
    return domains_find(presence->parts->domains, sip_aor_domain(aor)) != NULL;
}

/* What was set for the user is not its own, and stays. */
static void end_clients(struct resource *resource)
{
    struct publication *publication;
    DL_FOREACH(resource->publications, publication)
    {
        if (publication_is_clients(publication))
            publication_cut_short(publication);
    }
}

/* Accounts that were removed while the server was down, alone or with their domain, and what the
 * first watched (who is of another domain now may be a stranger who may watch). Those that were
 * disabled keep the rest. */
static void drop_gone(struct presence *presence, unsigned partition)
{
    const struct accounts *accounts = presence->parts->accounts;
    const struct home *home = &presence->homes[partition];
    struct resource *resource, *next_resource;
    struct subscription *subscription, *next;
    HASH_ITER(hh, home->resources, resource, next_resource)
    {
        if (!is_ours(presence, resource->aor) || accounts_gone(accounts, resource->aor)) {
            resource_end(resource);
            continue;
        }
        if (accounts_disabled(accounts, resource->aor))
            end_clients(resource);
        alias_judge_loaded(resource);
    }
    HASH_ITER(hh, home->subscriptions, subscription, next)
    {
        const struct watcher *watcher = subscription->watcher;
        struct bytes aor = bytes_from(watcher->aor, watcher->length);
        if (is_ours(presence, aor) &&
            (accounts_gone(accounts, aor) || accounts_disabled(accounts, aor)))
            subscription_reject(subscription);
    }
}

/* Policy is asked about all that was loaded before they are told anything. */
static void judge_loaded(struct presence *presence, unsigned partition)
{
    struct resource *resource, *next;
    HASH_ITER(hh, presence->homes[partition].resources, resource, next)
    {
        authorize_again(resource);
    }
}

enum err presence_load(struct presence *presence, unsigned partition)
{
    assert(partition < PARTITIONS);
    home_clear(presence, partition);
    const struct store_visitor visitor = {
        .publication = take_publication,
        .subscription = take_subscription,
        .context = presence,
    };
    enum err err = store_load(presence->parts->store, partition, &visitor);
    if (err != ERR_NONE) {
        home_clear(presence, partition); /* half of it is nobody's state */
        return err;
    }
    presence->homes[partition].loaded = true;
    judge_loaded(presence, partition);
    drop_gone(presence, partition);
    return ERR_NONE;
}

void presence_close(struct presence *presence, unsigned partition)
{
    assert(partition < PARTITIONS);
    home_clear(presence, partition);
}

void presence_disable_user(struct presence *presence, struct bytes aor)
{
    for (size_t i = 0; package_list()[i] != NULL; i++) {
        struct resource *resource = resource_find(presence, package_list()[i], aor, false);
        if (resource != NULL)
            end_clients(resource);
    }
    subscription_drop_watcher(presence, aor);
}

void presence_drop_user(struct presence *presence, struct bytes aor)
{
    for (size_t i = 0; package_list()[i] != NULL; i++) {
        struct resource *resource = resource_find(presence, package_list()[i], aor, false);
        if (resource != NULL)
            resource_end(resource);
    }
    subscription_drop_watcher(presence, aor);
}
