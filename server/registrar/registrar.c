/* registrar.c: REGISTER, and what it changes (RFC 3261 10.3).
 *
 *   handle: whose? (403) -> over which proxies? (400, 420) -> what is asked for? (400, 423, 439)
 *           -> can it be reached? (403) -> in order? (500) -> room? (403)
 *           -> apply to memory and to one change set -> 200 with all bindings when that is durable
 *
 * Everything is judged before anything changes. */
#include "registrar/registrar.h"

#include <stdlib.h>

#include "base/memory.h"
#include "registrar/registrar_internal.h"

static void handle_register(void *context, struct front_request *request);

struct registrar_settings registrar_settings_default(void)
{
    return (struct registrar_settings){
        .expires_least_s = 60,
        .expires_usual_s = 3600,
        .expires_most_s = 86400,
        .bindings_max = 10,
        .contact_max_bytes = 1024,
        .contact_extras_max = 16,
        .path_max_bytes = 1024,
        .flow_timer_s = 120,
        .flow_grace_s = 30,
        .expires_most_asleep_s = 86400,
        .wake_ahead_s = 120,
        .awake_s = 30,
    };
}

struct registrar *registrar_new(struct front *front, const struct registrar_settings *settings)
{
    struct registrar *registrar = memory_new(sizeof(*registrar));
    registrar->front = front;
    registrar->parts = front_parts(front);
    registrar->settings = *settings;
    registrar->hash_seed = world_random_u64(registrar->parts->world);
    const struct front_method method = {.method = SIP_REGISTER,
                                        .needs = FRONT_PROVED | FRONT_LOCAL_USER | FRONT_CHANGES |
                                                 FRONT_TO_IS_TARGET,
                                        .handle = handle_register,
                                        .context = registrar,
                                        .supports = "path outbound gruu"};
    const struct front_flow_watch watch = {flows_closed, registrar};
    front_register(front, &method);
    front_watch_flows(front, &watch);
    fixed_load(registrar);
    return registrar;
}

void registrar_reload(struct registrar *registrar, const struct registrar_settings *settings)
{
    registrar->settings = *settings;
    fixed_load(registrar);
}

size_t registrar_count(const struct registrar *registrar)
{
    return registrar->count;
}

void registrar_free(struct registrar **registrar)
{
    if (*registrar == NULL)
        return;
    reg_forget(*registrar);
    for (unsigned i = 0; i < PARTITIONS; i++)
        while ((*registrar)->records[i] != NULL)
            record_free(&(*registrar)->records[i], (*registrar)->records[i]);
    free(*registrar);
    *registrar = NULL;
}

/* Order. */

/* True when the request was here before, perhaps in an earlier life of the server: it gets the same
 * answer. */
static bool is_repeated(const struct binding *binding, const struct sip_message *message)
{
    return binding->cseq == message->cseq && bytes_equal(binding->call_id, message->call_id) &&
           bytes_equal(binding->branch, message->via.branch);
}

/* RFC 3261 10.3 step 7: a request of the same Call-ID must have a higher CSeq. */
static bool is_in_order(const struct binding *binding, const struct sip_message *message)
{
    return !bytes_equal(binding->call_id, message->call_id) || message->cseq > binding->cseq ||
           is_repeated(binding, message);
}

static bool judge_order(const struct record *record, const struct contacts *contacts,
                        const struct sip_message *message)
{
    struct binding *binding;
    if (contacts->star) {
        DL_FOREACH(record->bindings, binding)
        {
            if (!is_in_order(binding, message))
                return false;
        }
        return true;
    }
    for (size_t i = 0; i < contacts->count; i++) {
        const struct binding_key key = wish_key(&contacts->wishes[i]);
        binding = binding_find(record->bindings, &key);
        if (binding != NULL && !is_in_order(binding, message))
            return false;
    }
    return true;
}

/* Room. */

/* True when the wish is of the same device as a binding whose connection is no more (RFC 5626 4.1:
 * an instance is one device). It came back from another port: nobody is behind the old one, and a
 * device that often comes back would use up the user's room. Flows with a reg-id end by
 * themselves. */
static bool is_left_behind(const struct record *record, const struct binding *binding,
                           const struct contact_wish *wish)
{
    return binding->has_flow && net_is_stream(binding->flow.protocol) && binding->reg_id == 0 &&
           wish->instance_length > 0 && bytes_equal(binding->instance, wish_instance(wish)) &&
           !net_alive(record->registrar->parts->net, &binding->flow);
}

/* Marks what goes with a wish: the binding that it is about (the first of an equal URI, for
 * equality is not transitive, RFC 3261 19.1.4), and those left behind. True when there was one. */
static bool mark_replaced(const struct record *record, const struct contact_wish *wish)
{
    const struct binding_key key = wish_key(wish);
    struct binding *binding;
    if (record == NULL)
        return false;
    struct binding *same = binding_find(record->bindings, &key);
    DL_FOREACH(record->bindings, binding)
    {
        binding->goes = binding->goes || binding == same || is_left_behind(record, binding, wish);
    }
    return same != NULL;
}

/* Plays one wish as apply_wish will do: what it replaces goes, and it stands itself. */
static void play_wish(const struct record *record, struct contacts *contacts, size_t index)
{
    struct contact_wish *wish = &contacts->wishes[index], *earlier = contacts->wishes;
    const struct binding_key key = wish_key(wish);
    wish->stands = wish->expires_s > 0;
    if (mark_replaced(record, wish))
        return;
    for (; earlier < wish; earlier++) {
        const struct binding_key other = wish_key(earlier);
        if (!earlier->stands || !binding_key_meets(&other, &key))
            continue;
        earlier->stands = false;
        return;
    }
}

/* How many bindings there would be. Played out, because a request may name one more than once. */
static size_t count_after(const struct record *record, struct contacts *contacts)
{
    size_t count = 0;
    struct binding *binding;
    for (size_t i = 0; i < contacts->count; i++)
        play_wish(record, contacts, i);
    for (size_t i = 0; i < contacts->count; i++)
        count += contacts->wishes[i].stands;
    if (record != NULL)
        DL_FOREACH(record->bindings, binding)
        {
            count += !binding->goes;
            binding->goes = false;
        }
    return count;
}

/* Places. */

/* True when requests reach the Contact over the flow of its REGISTER: always when a client that
 * came directly gave a reg-id (RFC 5626 6), never when there is a Path to follow. */
static bool has_flow(const struct registrar *registrar, const struct front_request *request,
                     const struct contact_wish *wish)
{
    if (registrar->features.path_length > 0)
        return false;
    return (wish->reg_id > 0 && registrar->features.direct) ||
           front_contact_is_sender(request->front, request->incoming, &wish->address.uri);
}

/* RFC 5627 5.1: an address-of-record, or a GRUU of it, that has itself as Contact. A name with a
 * port may be one machine of the domain; a number is ours at the ports that we listen on, if no
 * flow is the way. */
static bool is_loop(const struct registrar *registrar, const struct front_request *request,
                    const struct contact_wish *wish)
{
    const struct domains *domains = registrar->parts->domains;
    const struct sip_uri *uri = &wish->address.uri;
    char text[4096];
    struct buffer out = buffer_over(text, sizeof(text));
    struct gruu_parts parts;
    struct net_address address;
    struct bytes value;
    if (gruu_read(registrar->parts->gruu, uri, &out, &parts))
        return bytes_equal(parts.aor, request->target);
    bool numeric = net_address_parse(uri->host, 0, &address);
    if (sip_parameter(uri->parameters, "maddr", &value) || (!numeric && uri->port != 0) ||
        (numeric && wish->has_flow) || domains_find_at(domains, uri->host, uri->port) == NULL)
        return false;
    out = buffer_over(text, sizeof(text));
    return domains_write_aor(domains, uri, &out) != NULL &&
           bytes_equal(buffer_bytes(&out), request->target);
}

static struct verdict judge_place(const struct registrar *registrar,
                                  const struct front_request *request, struct contact_wish *wish)
{
    const struct sip_uri *uri = &wish->address.uri;
    wish->has_flow = has_flow(registrar, request, wish);
    if (is_loop(registrar, request, wish))
        return verdict(403, "A Contact that is the user's own address leads nowhere", 0);
    if (!wish->has_flow && registrar->features.path_length == 0 && binding_is_here(uri->host) &&
        !net_address_is_loopback(&request->incoming->flow.remote))
        return verdict(403, "A Contact with a loopback address cannot be reached from here", 0);
    return VERDICT_OK;
}

static struct verdict judge_places(struct registrar *registrar, const struct front_request *request)
{
    struct contacts *contacts = &registrar->contacts;
    struct verdict v = VERDICT_OK;
    for (size_t i = 0; i < contacts->count && !contacts->star && verdict_ok(v); i++)
        if (contacts->wishes[i].expires_s > 0)
            v = judge_place(registrar, request, &contacts->wishes[i]);
    return v;
}

/* Changing. */

static struct binding *make_binding(const struct registrar *registrar,
                                    const struct front_request *request,
                                    const struct contact_wish *wish)
{
    const struct sip_message *message = request->message;
    uint64_t wall_ms = registrar->parts->world->wall_ms;
    struct store_binding row = {
        .contact = wish->address.uri.text,
        .instance = wish_instance(wish),
        .reg_id = wish->reg_id,
        .path = features_path(&registrar->features),
        .parameters = bytes_from(wish->parameters, wish->parameters_length),
        .user_agent = bytes_first(sip_message_value(message, SIP_USER_AGENT), 128),
        .origin = {message->call_id, message->via.branch, message->cseq},
        .q = wish->q,
        .updated_ms = wall_ms,
        .expires_ms = wall_ms + (uint64_t)wish->expires_s * 1000,
    };
    struct binding *binding = binding_new(&row);
    if (wish->has_flow)
        binding_set_flow(binding, &request->incoming->flow);
    return binding;
}

static void remove_left_behind(struct record *record, struct store_set *set,
                               const struct contact_wish *wish)
{
    struct binding *binding, *next;
    DL_FOREACH_SAFE(record->bindings, binding, next)
    {
        if (!is_left_behind(record, binding, wish))
            continue;
        record_delete_row(set, record, binding);
        devices_news(record, binding, "replaced");
        record_remove(record, binding);
    }
}

static bool is_same_row(const struct binding *a, const struct binding *b)
{
    return a->reg_id == b->reg_id && bytes_equal(a->contact, b->contact) &&
           bytes_equal(a->instance, b->instance);
}

static void replace(struct record *record, struct binding *old, struct binding *made)
{
    made->since_ms = old->since_ms;
    made->refreshed = true;
    record_remove(record, old);
}

/* One wish applied to memory and to the change set. */
static void apply_wish(struct record *record, struct store_set *set,
                       const struct front_request *request, const struct contact_wish *wish)
{
    const struct binding_key key = wish_key(wish);
    struct binding *old = binding_find(record->bindings, &key);
    struct binding *made =
        wish->expires_s > 0 ? make_binding(record->registrar, request, wish) : NULL;
    if (old != NULL) {
        if (made == NULL || !is_same_row(old, made))
            record_delete_row(set, record, old);
        if (made == NULL)
            record_end(record, old, "unregistered");
        else
            replace(record, old, made);
    }
    remove_left_behind(record, set, wish);
    if (made == NULL)
        return;
    record_put_row(set, record, made);
    record_add(record, made);
    if (!made->refreshed)
        devices_news(record, made, NULL);
    devices_came(record, made);
}

static void remove_all(struct record *record, struct store_set *set)
{
    struct binding *binding, *next;
    DL_FOREACH_SAFE(record->bindings, binding, next)
    {
        record_delete_row(set, record, binding);
        record_end(record, binding, "unregistered");
    }
}

static void apply(struct registrar *registrar, struct front_request *request, struct record *record)
{
    const struct contacts *contacts = &registrar->contacts;
    if (record == NULL)
        record = record_make(registrar, request->target);
    struct store_set *set = store_begin(registrar->parts->store, record->partition);
    if (contacts->star)
        remove_all(record, set);
    for (size_t i = 0; i < contacts->count && !contacts->star; i++)
        apply_wish(record, set, request, &contacts->wishes[i]);
    metrics_count(registrar->parts->metrics, METRIC_registrations);
    registrar_answer(registrar, request, record, store_submit(registrar->parts->store, &set));
    record_settle(record);
}

/* Refusing. */

static void refuse(const struct registrar *registrar, struct front_request *request,
                   struct verdict v)
{
    if (registrar->contacts.limited) {
        metrics_count(registrar->parts->metrics, METRIC_bindings_limited);
        request->why = FRONT_WHY_LIMIT;
    }
    if (v.status == 423)
        front_refuse_interval(request, registrar->contacts.least_s);
    else if (v.status == 420)
        front_refuse_listing(request, 420, v.reason, "Unsupported", BYTES("path"));
    else
        front_refuse_verdict(request, v);
}

/* A client that has lost count may count on by then. */
static void refuse_order(const struct registrar *registrar, struct front_request *request)
{
    request->why = FRONT_WHY_ORDER;
    front_refuse_later(request, 500, "The CSeq is not higher than the last one of this Call-ID",
                       front_settings(registrar->front)->retry_after_s);
}

/* True when nothing stands against the change; else it was answered. */
static bool judge(struct registrar *registrar, struct front_request *request,
                  const struct record *record)
{
    struct contacts *contacts = &registrar->contacts;
    if (record != NULL && !judge_order(record, contacts, request->message)) {
        refuse_order(registrar, request);
        return false;
    }
    if (!contacts->star && count_after(record, contacts) > registrar->settings.bindings_max) {
        metrics_count(registrar->parts->metrics, METRIC_bindings_limited);
        request->why = FRONT_WHY_LIMIT;
        front_refuse(request, 403, "There are too many bindings for this user");
        return false;
    }
    return true;
}

/* RFC 3261 10.3 step 4. */
static bool may_register(const struct registrar *registrar, const struct front_request *request)
{
    if (request->trusted || bytes_equal(request->identity, request->target))
        return true;
    for (size_t i = 0; i < registrar->settings.deputy_count; i++) {
        const struct registrar_deputy *deputy = &registrar->settings.deputies[i];
        if (bytes_equal(request->identity, bytes_of(deputy->user)) &&
            bytes_equal(request->target, bytes_of(deputy->registers)))
            return true;
    }
    return false;
}

static struct verdict read_request(struct registrar *registrar, const struct front_request *request)
{
    const struct registrar_settings *settings = &registrar->settings;
    registrar->contacts.limited = false;
    struct verdict v = features_read(request->message, settings, &registrar->features);
    if (verdict_ok(v))
        v = contacts_read(request->message, settings, &registrar->features, &registrar->contacts);
    return verdict_ok(v) ? judge_places(registrar, request) : v;
}

static void handle_register(void *context, struct front_request *request)
{
    struct registrar *registrar = context;
    if (!may_register(registrar, request)) {
        request->why = FRONT_WHY_NOT_OWN;
        front_refuse(request, 403, "A user registers only for itself");
        return;
    }
    struct verdict v = read_request(registrar, request);
    if (!verdict_ok(v)) {
        refuse(registrar, request, v);
        return;
    }
    struct record *record = record_find(registrar, request->target);
    if (registrar->contacts.count == 0)
        registrar_answer(registrar, request, record, STORE_NOTHING);
    else if (judge(registrar, request, record))
        apply(registrar, request, record);
}
