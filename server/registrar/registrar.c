/* registrar.c: REGISTER, and who is where (RFC 3261 10.3).
 *
 *   handle: whose? (403) -> what is asked for? (400, 423) -> in order? (500) -> room? (403)
 *           -> apply to memory and to one change set -> 200 with all bindings when that is durable
 *
 * Everything is judged before anything changes. */
#include "registrar/registrar.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/token.h"
#include "registrar/registrar_internal.h"
#include "sip/write.h"

enum { FLOW_TEXT_MAX = 160 };

static void handle_register(void *context, struct front_request *request);

struct registrar_settings registrar_settings_default(void)
{
    return (struct registrar_settings){
        .expires_least_s = 60,
        .expires_usual_s = 3600,
        .expires_most_s = 86400,
        .bindings_max = 10,
        .contact_max_bytes = 1024,
    };
}

struct registrar *registrar_new(struct front *front, const struct registrar_settings *settings)
{
    struct registrar *registrar = memory_new(sizeof(*registrar));
    registrar->front = front;
    registrar->parts = front_parts(front);
    registrar->settings = *settings;
    registrar->hash_seed = world_random_u64(registrar->parts->world);
    const struct front_method method = {
        SIP_REGISTER, FRONT_PROVED | FRONT_LOCAL_USER | FRONT_CHANGES | FRONT_TO_IS_TARGET,
        handle_register, registrar};
    front_register(front, &method);
    return registrar;
}

void registrar_reload(struct registrar *registrar, const struct registrar_settings *settings)
{
    registrar->settings = *settings;
}

size_t registrar_count(const struct registrar *registrar)
{
    return registrar->count;
}

void registrar_free(struct registrar **registrar)
{
    if (*registrar == NULL)
        return;
    for (unsigned i = 0; i < PARTITIONS; i++)
        while ((*registrar)->records[i] != NULL)
            record_free((*registrar)->records[i]);
    free(*registrar);
    *registrar = NULL;
}

/* REGISTER. */

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
        binding = binding_find(record->bindings, &contacts->wishes[i].address.uri);
        if (binding != NULL && !is_in_order(binding, message))
            return false;
    }
    return true;
}

/* True when the wish is of the same device as a binding whose connection is no more (RFC 5626 4.1:
 * an instance is one device). It came back from another port: nobody is behind the old one, and a
 * device that often comes back would use up the user's room. */
static bool is_left_behind(const struct record *record, const struct binding *binding,
                           const struct contact_wish *wish)
{
    struct bytes parameters = bytes_from(wish->parameters, wish->parameters_length);
    struct bytes theirs, ours;
    return binding->has_flow && net_is_stream(binding->flow.protocol) &&
           sip_parameter(parameters, "+sip.instance", &theirs) && !bytes_empty(theirs) &&
           sip_parameter(binding->parameters, "+sip.instance", &ours) &&
           bytes_equal(theirs, ours) && !net_alive(record->registrar->parts->net, &binding->flow);
}

/* Marks what goes with a wish: the first binding of an equal URI (equality is not transitive, RFC
 * 3261 19.1.4), and those left behind. True when there was an equal one. */
static bool mark_replaced(const struct record *record, const struct contact_wish *wish)
{
    bool found = false;
    struct binding *binding;
    if (record == NULL)
        return false;
    DL_FOREACH(record->bindings, binding)
    {
        if (binding->goes)
            continue;
        bool same = !found && sip_uri_equal(&binding->uri, &wish->address.uri);
        binding->goes = same || is_left_behind(record, binding, wish);
        found = found || same;
    }
    return found;
}

/* Plays one wish as apply_wish will do: what it replaces goes, and it stands itself. */
static void play_wish(const struct record *record, struct contacts *contacts, size_t index)
{
    struct contact_wish *wish = &contacts->wishes[index], *earlier = contacts->wishes;
    wish->stands = wish->expires_s > 0;
    if (mark_replaced(record, wish))
        return;
    while (earlier < wish &&
           !(earlier->stands && sip_uri_equal(&earlier->address.uri, &wish->address.uri)))
        earlier++;
    if (earlier < wish)
        earlier->stands = false;
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

static struct binding *make_binding(const struct record *record,
                                    const struct front_request *request,
                                    const struct contact_wish *wish)
{
    const struct sip_message *message = request->message;
    struct store_binding row = {
        .contact = wish->address.uri.text,
        .parameters = bytes_from(wish->parameters, wish->parameters_length),
        .user_agent = bytes_first(sip_message_value(message, SIP_USER_AGENT), 128),
        .origin = {message->call_id, message->via.branch, message->cseq},
        .q = wish->q,
        .expires_ms = record->registrar->parts->world->wall_ms + (uint64_t)wish->expires_s * 1000,
    };
    struct binding *binding = binding_new(&row);
    binding->has_flow = front_contact_is_sender(request->incoming, &wish->address.uri);
    binding->flow = request->incoming->flow;
    return binding;
}

static void save(struct store_set *set, const struct record *record, const struct binding *binding)
{
    char text[FLOW_TEXT_MAX];
    struct buffer flow = buffer_over(text, sizeof(text));
    struct store_binding row = binding_row(record, binding, &flow);
    store_put_binding(set, &row);
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
        record_remove(record, binding);
    }
}

/* One wish applied to memory and to the change set. */
static void apply_wish(struct record *record, struct store_set *set,
                       const struct front_request *request, const struct contact_wish *wish)
{
    struct binding *old = binding_find(record->bindings, &wish->address.uri);
    struct binding *made = wish->expires_s > 0 ? make_binding(record, request, wish) : NULL;
    if (old != NULL) {
        if (made == NULL || !bytes_equal(old->contact, made->contact))
            record_delete_row(set, record, old);
        record_remove(record, old);
    }
    remove_left_behind(record, set, wish);
    if (made == NULL)
        return;
    save(set, record, made);
    record_add(record, made);
}

static void remove_all(struct record *record, struct store_set *set)
{
    struct binding *binding, *next;
    DL_FOREACH_SAFE(record->bindings, binding, next)
    {
        record_delete_row(set, record, binding);
        record_remove(record, binding);
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

/* True when nothing stands against the change; else it was answered. */
static bool judge(struct registrar *registrar, struct front_request *request,
                  const struct record *record)
{
    struct contacts *contacts = &registrar->contacts;
    if (record != NULL && !judge_order(record, contacts, request->message)) {
        front_refuse(request, 500, "The CSeq is not higher than the last one of this Call-ID");
        return false;
    }
    if (!contacts->star && count_after(record, contacts) > registrar->settings.bindings_max) {
        metrics_count(registrar->parts->metrics, METRIC_bindings_limited);
        front_refuse(request, 403, "There are too many bindings for this user");
        return false;
    }
    return true;
}

static void handle_register(void *context, struct front_request *request)
{
    struct registrar *registrar = context;
    if (!request->trusted && !bytes_equal(request->identity, request->target)) {
        front_refuse(request, 403, "A user registers only for itself");
        return;
    }
    struct verdict v = contacts_read(request->message, &registrar->settings, &registrar->contacts);
    if (v.status == 423) {
        front_refuse_interval(request, registrar->settings.expires_least_s);
        return;
    }
    if (!verdict_ok(v)) {
        front_refuse_verdict(request, v);
        return;
    }
    struct record *record = record_find(registrar, request->target);
    if (registrar->contacts.count == 0)
        registrar_answer(registrar, request, record, STORE_NOTHING);
    else if (judge(registrar, request, record))
        apply(registrar, request, record);
}

void registrar_drop_user(struct registrar *registrar, struct bytes aor)
{
    struct record *record = record_find(registrar, aor);
    struct binding *binding;
    if (record == NULL)
        return;
    DL_FOREACH(record->bindings, binding)
    {
        binding->expires_ms = registrar->parts->world->wall_ms;
    }
    record_settle(record);
}
