/* hard.c: state that was set for a user, without any client (RFC 3903 3: hard state).
 *
 *   what is set --> judged like the body of a first PUBLISH --> one publication of the resource, in
 * the place of the one before --> its row --> composed, watchers told
 *
 * It has no entity-tag and no source, so nobody can refresh it, it does not go closed with a
 * connection, and it counts against no limit. It goes when who set it said so, or never. In the
 * list of its resource it stands behind all others; pidf/compose.c says what it is worth. */
#include <assert.h>

#include "presence/presence_internal.h"

/* The id of its row: no entity-tag of ours looks like it. */
#define HARD_ID "hard"

/* Judging. */

struct setting {
    struct presence *presence;
    const struct presence_state *state;
    const struct event_package *package;
    struct entity_check check;
};

static struct verdict check_place(const struct setting *setting)
{
    const struct presence *presence = setting->presence;
    const struct event_package *package = setting->package;
    struct bytes aor = setting->state->aor;
    if (package == NULL || package->publish_types == NULL)
        return verdict(489, "There is no such event package that can be published", 0);
    if (accounts_find(presence->parts->accounts, aor) == NULL)
        return verdict(404, "There is no such user", 0);
    if (front_is_closed(presence->front, partition_of(aor)) || !store_ready(presence->parts->store))
        return verdict(503, "Nothing can be changed at the moment; try again later", 0);
    return VERDICT_OK;
}

static bool is_taken(const struct event_package *package, struct bytes content_type)
{
    for (size_t i = 0; package->publish_types[i] != NULL; i++) {
        const char *type = package->publish_types[i];
        bool patch = package->patch_type != NULL && strcmp(type, package->patch_type) == 0;
        if (!patch && sip_media_is(content_type, type))
            return true;
    }
    return false;
}

static bool entity_matches(void *context, struct bytes entity)
{
    const struct setting *setting = context;
    return publish_entity_matches(setting->presence, setting->state->aor, entity);
}

/* *document stays NULL when the state is to go. */
static struct verdict judge(struct setting *setting, struct document **document)
{
    const struct presence_state *state = setting->state;
    struct verdict v = check_place(setting);
    *document = NULL;
    if (!verdict_ok(v) || bytes_empty(state->body))
        return v;
    if (!is_taken(setting->package, state->content_type))
        return verdict(415, "Documents of this type cannot be set", 0);
    if (state->body.length > setting->presence->settings.body_max_bytes)
        return verdict(413, "The document is too large", 0);
    setting->check = (struct entity_check){entity_matches, setting};
    return setting->package->accept(workshop_of(setting->presence, setting->package), state->body,
                                    &setting->check, document);
}

/* Changing. */

static struct publication *find(const struct resource *resource)
{
    struct publication *publication;
    DL_FOREACH(resource->publications, publication)
    {
        if (publication->publisher == STORE_HARD)
            return publication;
    }
    return NULL;
}

/* True when the state is what is there already; without a body: when nothing is. */
static bool is_same(const struct publication *publication, const struct presence_state *state)
{
    if (publication == NULL || bytes_empty(state->body))
        return publication == NULL && bytes_empty(state->body);
    return !publication->ended && publication->expires_ms == state->expires_ms &&
           bytes_equal(publication->body, state->body) &&
           bytes_equal(publication->content_type, state->content_type);
}

static void put(struct resource *resource, const struct presence_state *state,
                struct document *document, struct store_set *set)
{
    const struct store_publication row = {
        .id = BYTES(HARD_ID),
        .content_type = state->content_type,
        .body = state->body,
        .made_ms = resource->presence->parts->world->wall_ms,
        .expires_ms = state->expires_ms,
        .publisher = STORE_HARD,
    };
    publication_save(publication_of_row(resource, &row, document), set);
}

/* Takes over the document. */
static struct store_change apply(struct resource *resource, const struct presence_state *state,
                                 struct document *document)
{
    struct store *store = resource->presence->parts->store;
    struct publication *old = find(resource);
    struct store_set *set = store_begin(store, resource->partition);
    if (old != NULL) {
        publication_delete_row(old, set);
        publication_free(old);
    }
    if (document != NULL)
        put(resource, state, document, set);
    struct store_change change = store_submit(store, &set);
    metrics_count(resource->presence->parts->metrics, METRIC_publications_set);
    resource_changed(resource, change);
    resource_settle(resource);
    return change;
}

struct verdict presence_set_state(struct presence *presence, const struct presence_state *state,
                                  struct store_change *change)
{
    assert(!bytes_empty(state->aor) && change != NULL);
    struct setting setting = {presence, state, package_find(state->event), {NULL, NULL}};
    struct document *document;
    *change = STORE_NOTHING;
    struct verdict v = judge(&setting, &document);
    if (!verdict_ok(v))
        return v;
    struct resource *resource =
        resource_find(presence, setting.package, state->aor, document != NULL);
    const struct publication *old = resource != NULL ? find(resource) : NULL;
    if (resource != NULL && !is_same(old, state)) {
        *change = apply(resource, state, document);
    } else {
        *change = store_latest(presence->parts->store, partition_of(state->aor));
        if (document != NULL)
            setting.package->document_free(&document);
    }
    return VERDICT_OK;
}
