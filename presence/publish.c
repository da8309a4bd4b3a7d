/* publish.c: PUBLISH (RFC 3903 section 6).
 *
 *   event known? (489) -> whose? (403) -> repeated? (the same 200) -> SIP-If-Match known? (400,
 * 412) -> interval (423)
 *     -> body (400, 413, 415; a patch is applied; the package's verdict) -> room? (403) -> apply,
 * 200 when durable, watchers told
 *
 *     tag  body  Expires
 *     -    yes   > 0      a new publication
 *     -    yes   0        nothing is kept (step 5); answered 200
 *     yes  -     > 0      refreshed
 *     yes  yes   > 0      replaced
 *     yes  any   0        removed
 */
#include "presence/closing_internal.h"
#include "presence/publisher_internal.h"
#include "sip/write.h"

/* A PUBLISH as it was judged. */
struct publish {
    struct presence *presence;
    struct front_request *request;
    const struct event_package *package;
    struct resource *resource; /* NULL: none yet */
    struct publisher publisher;
    struct publication *publication; /* that SIP-If-Match names; NULL: none */
    struct bytes named;              /* its entity-tag by which it was named, or would have been */
    struct bytes content_type, body;
    struct blob *patched; /* what `body` is of then; NULL: it came so */
    uint32_t expires_s;
};

static struct store_origin origin_of(const struct sip_message *message)
{
    return (struct store_origin){message->call_id, message->via.branch, message->cseq};
}

static void answer(struct front_request *request, const struct token *tag, uint32_t expires_s,
                   struct store_change after)
{
    struct buffer *out = front_respond(request, 200, NULL, BYTES(""));
    sip_write_number(out, "Expires", expires_s);
    sip_write_field(out, "SIP-ETag", token_bytes(tag));
    front_send(request, after);
}

static struct token new_tag(const struct presence *presence, unsigned partition)
{
    const struct front_parts *parts = presence->parts;
    return token_make(parts->world, partition, store_epoch(parts->store));
}

static uint64_t milliseconds_left(const struct presence *presence, uint64_t expires_ms)
{
    uint64_t now_ms = presence->parts->world->wall_ms;
    return expires_ms > now_ms ? expires_ms - now_ms : 0;
}

/* The judging steps; each true when the request may go on, else it was answered. */

static bool check_event(struct publish *publish)
{
    struct front_request *request = publish->request;
    struct sip_event event;
    const char *events = front_settings(publish->presence->front)->allow_events;
    struct bytes value = sip_message_value(request->message, SIP_EVENT);
    if (!bytes_empty(value) && verdict_ok(sip_event_parse(value, &event)))
        publish->package = package_find(event.type);
    if (publish->package != NULL && publish->package->publish_types != NULL)
        return true;
    front_refuse_listing(request, 489, NULL, "Allow-Events", bytes_of(events));
    return false;
}

static bool is_publisher(const struct presence *presence, const struct front_request *request)
{
    for (unsigned i = 0; i < presence->settings.publisher_count && !request->foreign; i++)
        if (bytes_equal(request->identity, bytes_of(presence->settings.publishers[i])))
            return true;
    return false;
}

static bool check_owner(const struct publish *publish)
{
    struct front_request *request = publish->request;
    if (request->trusted || bytes_equal(request->identity, request->target) ||
        is_publisher(publish->presence, request))
        return true;
    request->why = FRONT_WHY_NOT_OWN;
    front_refuse(request, 403, "A user publishes only for itself");
    return false;
}

static bool is_repeated(const struct publication *publication, const struct sip_message *message)
{
    return publication->publisher == STORE_CLIENT && publication->cseq == message->cseq &&
           bytes_equal(publication->call_id, message->call_id) &&
           bytes_equal(publication->branch, message->via.branch);
}

/* A request that was here before, perhaps in an earlier life of the server, gets the same answer.
 */
static bool check_repeated(const struct publish *publish)
{
    const struct publication *publication;
    if (publish->resource == NULL)
        return true;
    DL_FOREACH(publish->resource->publications, publication)
    {
        if (!is_repeated(publication, publish->request->message))
            continue;
        uint64_t left_ms = milliseconds_left(publish->presence, publication->expires_ms);
        uint32_t left_s = publication->ended ? 0 : (uint32_t)((left_ms + 999) / 1000);
        answer(publish->request, &publication->tag, left_s, publish->resource->change);
        return false;
    }
    return true;
}

/* True when the tag names the publication. RFC 3903 6 step 6 has a new tag replace the one before.
 * But when the 200 that brought it was lost, its client knows only that one, and would strand what
 * it published. So for a short time it stays good, for that client alone. */
static bool is_named(struct publish *publish, const struct publication *publication,
                     struct bytes tag)
{
    if (!publication_is_clients(publication))
        return false;
    if (bytes_equal(token_bytes(&publication->tag), tag))
        return true;
    if (!bytes_equal(token_bytes(&publication->previous), tag) ||
        publication->previous_until_ms <= publish->presence->parts->world->wall_ms ||
        !publisher_has(&publish->publisher, publication))
        return false;
    metrics_count(publish->presence->parts->metrics, METRIC_publications_previous_tag);
    return true;
}

static struct publication *find_tag(struct publish *publish, struct bytes tag)
{
    struct publication *publication;
    if (publish->resource == NULL)
        return NULL;
    DL_FOREACH(publish->resource->publications, publication)
    {
        if (is_named(publish, publication, tag))
            return publication;
    }
    return NULL;
}

static bool check_tag(struct publish *publish)
{
    const struct sip_message *message = publish->request->message;
    if (sip_message_field(message, SIP_SIP_IF_MATCH) == NULL)
        return true;
    struct bytes tag = sip_message_value(message, SIP_SIP_IF_MATCH);
    if (bytes_empty(tag) || bytes_index(tag, ',') >= 0) {
        front_refuse(publish->request, 400, "SIP-If-Match must have one entity-tag");
        return false;
    }
    publish->named = tag;
    publish->publication = find_tag(publish, tag);
    if (publish->publication != NULL)
        return true;
    front_refuse(publish->request, 412, NULL);
    return false;
}

static bool check_interval(struct publish *publish)
{
    return lifetime_judge(publish->request, &publish->package->publish, &publish->expires_s);
}

static void write_types(struct buffer *out, const char *const *types)
{
    for (size_t i = 0; types[i] != NULL; i++) {
        if (i > 0)
            buffer_text(out, ", ");
        buffer_text(out, types[i]);
    }
}

static bool check_type(struct publish *publish)
{
    const char *const *types = publish->package->publish_types;
    char text[256];
    struct buffer accept = buffer_over(text, sizeof(text));
    publish->content_type = sip_message_value(publish->request->message, SIP_CONTENT_TYPE);
    for (size_t i = 0; types[i] != NULL; i++)
        if (sip_media_is(publish->content_type, types[i]))
            return true;
    write_types(&accept, types);
    front_refuse_listing(publish->request, 415, NULL, "Accept", buffer_bytes(&accept));
    return false;
}

static bool check_body(struct publish *publish)
{
    const struct sip_message *message = publish->request->message;
    struct bytes encoding = sip_message_value(message, SIP_CONTENT_ENCODING);
    publish->body = message->body;
    if (bytes_empty(publish->body)) {
        if (publish->publication != NULL)
            return true;
        front_refuse(publish->request, 400, "A first publication needs a body");
        return false;
    }
    if (!bytes_empty(encoding) && !bytes_equal_nocase(encoding, BYTES("identity"))) {
        front_refuse_listing(publish->request, 415, NULL, "Accept-Encoding", BYTES("identity"));
        return false;
    }
    if (publish->body.length > publish->presence->settings.body_max_bytes) {
        metrics_count(publish->presence->parts->metrics, METRIC_publications_refused_body);
        front_refuse(publish->request, 413, "The document is too large");
        return false;
    }
    return check_type(publish);
}

static unsigned count_of_clients(const struct resource *resource)
{
    const struct publication *publication;
    unsigned count = 0;
    DL_FOREACH(resource->publications, publication)
    {
        count += publication_is_clients(publication);
    }
    return count;
}

static bool check_room(const struct publish *publish)
{
    const struct resource *resource = publish->resource;
    unsigned most = publish->presence->settings.publications_max;
    bool replaces = publish->publication != NULL && publication_is_clients(publish->publication);
    if (replaces || resource == NULL || resource->publication_count < most ||
        count_of_clients(resource) < most)
        return true;
    metrics_count(publish->presence->parts->metrics, METRIC_publications_limited);
    publish->request->why = FRONT_WHY_LIMIT;
    front_refuse(publish->request, 403, "This user has too many publications");
    return false;
}

static void refuse_body(struct publish *publish, struct verdict v)
{
    metrics_count(publish->presence->parts->metrics, METRIC_publications_refused_body);
    front_refuse_verdict(publish->request, v);
}

/* RFC 5264 4.3: a patch is applied to what its entity-tag names, which stays as it was until the
 * whole is judged. A document must not grow beyond the bound in small steps. */
static bool apply_patch(struct publish *publish)
{
    const struct event_package *package = publish->package;
    if (package->patch_type == NULL || bytes_empty(publish->body) ||
        !sip_media_is(publish->content_type, package->patch_type))
        return true;
    struct bytes published = publish->publication != NULL ? publish->publication->body : BYTES("");
    struct verdict v = package->patch(workshop_of(publish->presence, package), published,
                                      publish->body, &publish->patched);
    size_t most = publish->presence->settings.body_max_bytes;
    if (verdict_ok(v) && blob_bytes(publish->patched).length > most)
        v = verdict(413, "The document would become too large", 0);
    if (!verdict_ok(v)) {
        blob_unref(&publish->patched);
        refuse_body(publish, v);
        return false;
    }
    publish->body = blob_bytes(publish->patched);
    publish->content_type = bytes_of(package->publish_types[0]);
    return true;
}

bool publish_entity_matches(const struct presence *presence, struct bytes aor, struct bytes entity)
{
    struct sip_uri uri;
    char text[1024];
    struct buffer named = buffer_over(text, sizeof(text));
    if (!verdict_ok(sip_uri_parse(entity, &uri)))
        return false;
    if (domains_write_aor(presence->parts->domains, &uri, &named) == NULL || named.overflow)
        return false;
    return bytes_equal(buffer_bytes(&named), aor);
}

/* The document's entity must be the presentity. */
static bool entity_matches(void *context, struct bytes entity)
{
    const struct publish *publish = context;
    return publish_entity_matches(publish->presence, publish->request->target, entity);
}

/* Has the package judge the body; *document stays NULL when there is none. */
static bool judge_document(struct publish *publish, struct document **document)
{
    const struct entity_check check = {entity_matches, publish};
    *document = NULL;
    if (bytes_empty(publish->body))
        return true;
    struct verdict v = publish->package->accept(workshop_of(publish->presence, publish->package),
                                                publish->body, &check, document);
    if (verdict_ok(v))
        return true;
    refuse_body(publish, v);
    return false;
}

/* The changes. */

static uint64_t expires_ms(const struct publish *publish)
{
    return publish->presence->parts->world->wall_ms + (uint64_t)publish->expires_s * 1000;
}

/* A client that goes on under its Call-ID is looked at once: its device is what it was. */
static struct bytes instance_of(struct publish *publish)
{
    const struct publication *old = publish->publication;
    if (old != NULL && bytes_equal(old->call_id, publish->request->message->call_id))
        return old->instance;
    struct bytes instance = publisher_instance(&publish->publisher);
    return bytes_empty(instance) && old != NULL ? old->instance : instance;
}

static struct store_publication row_of(struct publish *publish, const struct token *id,
                                       const struct token *tag)
{
    return (struct store_publication){
        .id = token_bytes(id),
        .tag = token_bytes(tag),
        .content_type = publish->content_type,
        .body = publish->body,
        .origin = origin_of(publish->request->message),
        .instance = instance_of(publish),
        .from_tag = publish->request->message->from.tag,
        .made_ms = publish->presence->parts->world->wall_ms,
        .expires_ms = expires_ms(publish),
    };
}

/* The tag that the client knows if this answer is lost. */
static void keep_previous(const struct publish *publish, struct store_publication *row)
{
    unsigned grace_s = publish->presence->settings.tag_grace_s;
    if (grace_s == 0)
        return;
    row->previous = publish->named;
    row->previous_until_ms = publish->presence->parts->world->wall_ms + (uint64_t)grace_s * 1000;
}

/* Puts a new publication in the place of the one that SIP-If-Match named, if any. Takes over the
 * document; without a new one (a refresh) the old one moves along. */
static struct publication *replace(struct publish *publish, struct document *document)
{
    struct publication *old = publish->publication;
    struct token tag = new_tag(publish->presence, publish->resource->partition);
    struct token id = old != NULL ? old->id : tag;
    struct store_publication row = row_of(publish, &id, &tag);
    if (old != NULL && (document == NULL || bytes_equal(publish->body, old->body)))
        row.made_ms = old->made_ms; /* nothing changed */
    if (old != NULL)
        keep_previous(publish, &row);
    if (document == NULL) {
        row.content_type = old->content_type;
        row.body = old->body;
        document = old->document;
        old->document = NULL;
    }
    struct publication *made = publication_of_row(publish->resource, &row, document);
    struct net_flow source = publisher_source(&publish->publisher);
    closing_set_source(made, &source, old);
    if (old != NULL) {
        publication_take_place(made, old);
        publication_free(old);
    }
    return made;
}

/* A removed publication is remembered for as long as its request may come again (RFC 3261 17.2.2:
 * timer J). */
static struct publication *replace_by_ended(struct publish *publish)
{
    struct publication *old = publish->publication;
    const struct front_parts *parts = publish->presence->parts;
    struct token tag = new_tag(publish->presence, publish->resource->partition);
    struct store_publication row = row_of(publish, &old->id, &tag);
    row.body = row.content_type = BYTES("");
    row.ended = true;
    row.expires_ms = parts->world->wall_ms +
                     64 * (uint64_t)transaction_layer_settings(parts->transactions)->t1_ms;
    struct publication *made = publication_of_row(publish->resource, &row, NULL);
    publication_free(old);
    return made;
}

/* Applies to memory and to one change set, answers when it is durable, tells the watchers what is
 * new. */
static void apply(struct publish *publish, struct document *document)
{
    const struct front_parts *parts = publish->presence->parts;
    bool refresh = document == NULL && publish->expires_s > 0 && !publish->publication->closed;
    if (publish->resource == NULL)
        publish->resource =
            resource_find(publish->presence, publish->package, publish->request->target, true);
    struct store_set *set = store_begin(parts->store, publish->resource->partition);
    struct publication *made =
        publish->expires_s > 0 ? replace(publish, document) : replace_by_ended(publish);
    publication_save(made, set);
    publication_forget_ended(publish->resource, publish->presence->settings.publications_max, set);
    struct store_change change = store_submit(parts->store, &set);
    metrics_count(parts->metrics, METRIC_publications);
    if (publish->patched != NULL)
        metrics_count(parts->metrics, METRIC_publications_patched);
    answer(publish->request, &made->tag, publish->expires_s, change);
    if (refresh)
        publish->resource->change = change;
    else
        resource_changed(publish->resource, change);
}

/* A first publication that is over at once leaves nothing behind (RFC 3903 6 step 5). */
static void answer_nothing_kept(struct publish *publish)
{
    struct token tag = new_tag(publish->presence, publish->request->partition);
    answer(publish->request, &tag, 0, STORE_NOTHING);
}

static bool judge(struct publish *publish)
{
    if (!check_event(publish) || !check_owner(publish))
        return false;
    publish->resource =
        resource_find(publish->presence, publish->package, publish->request->target, false);
    return check_repeated(publish) && check_tag(publish) && check_interval(publish) &&
           check_body(publish);
}

/* A first publication takes the place of an earlier one of its publisher. */
static void find_former(struct publish *publish, const struct document *document)
{
    if (publish->expires_s == 0 || publish->publication != NULL)
        return;
    publish->publication = publisher_former(&publish->publisher, publish->resource, document);
    if (publish->publication == NULL)
        return;
    publish->named = token_bytes(&publish->publication->tag);
    metrics_count(publish->presence->parts->metrics, METRIC_publications_taken_over);
}

/* Applies what was judged; takes over the document (NULL: none came). */
static void perform(struct publish *publish, struct document *document)
{
    find_former(publish, document);
    bool room = check_room(publish), keep = room && publish->expires_s > 0;
    if (document != NULL && !keep)
        publish->package->document_free(&document);
    if (!room)
        return;
    if (keep || publish->publication != NULL)
        apply(publish, document);
    else
        answer_nothing_kept(publish);
}

void publish_handle(void *context, struct front_request *request)
{
    struct publish publish = {
        .presence = context, .request = request, .publisher = publisher_of(context, request)};
    struct document *document;
    if (judge(&publish) && apply_patch(&publish) && judge_document(&publish, &document))
        perform(&publish, document);
    blob_unref(&publish.patched);
}
