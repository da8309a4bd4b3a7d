/* subscribe.c: SUBSCRIBE (RFC 6665 4.2.1).
 *
 *   event known? (489) -> a body type both sides know (406) -> interval (400, 423) -> wishes (400,
 * 415)
 *     inside a dialog: which? (481) -> whose? (403) -> repeated? (the same 200) -> in order? (500)
 *         -> end, or still allowed? (403 and the end) -> filter (400, 413, 488) -> refresh
 *     else: Contact (400) -> allowed? (403) -> repeated? -> filter -> room? (403) -> a new one, or
 * a fetch
 *
 * Who is none of ours and no proved neighbour is nobody: allowed only where the rules let everybody
 * see (RFC 4745 7.1), and otherwise refused before anything else is judged, so that nobody learns
 * which users there are.
 *
 * Allowed is who may see something, or is to believe so (polite block), and who has to wait for the
 * presentity's word: that one gets 200 and a NOTIFY that tells nothing (4.2.1.2). The 200 goes
 * first, the NOTIFY follows (4.2.1.1 and 4.2.2); both wait until the change is durable.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "presence/derived_internal.h"
#include "presence/sender_internal.h"
#include "sip/write.h"

enum {
    TEXT_MAX = 8192,
    NAME_MAX_BYTES = 2048, /* of Call-ID, tag and event id: a table's key is made of them */
};

/* A SUBSCRIBE as it was judged. */
struct subscribe {
    struct presence *presence;
    struct front_request *request;
    const struct event_package *package;
    struct bytes event_id, event_parameters;
    struct wishes wishes;
    const char *accept;
    uint32_t expires_s;
    bool has_contact;
    struct sip_address contact;
    struct bytes instance; /* of the watcher's device; empty: unknown */
    char instance_memory[GRUU_INSTANCE_MAX];
    struct resource *resource;          /* outside a dialog; NULL: nothing there yet */
    struct authorization authorization; /* outside a dialog */
    struct watcher_filter *filter;      /* outside a dialog; ours until there is a subscription */
    struct subscription *former;        /* that a new one takes the place of; NULL: none */
};

/* Judging; each true when the request may go on, else it was answered. */

static void find_event(struct subscribe *subscribe)
{
    struct sip_event event;
    struct bytes value = sip_message_value(subscribe->request->message, SIP_EVENT);
    if (bytes_empty(value) || !verdict_ok(sip_event_parse(value, &event)))
        return;
    subscribe->package = package_find(event.type);
    subscribe->event_id = event.id;
    subscribe->event_parameters = event.parameters;
}

/* Nobody may watch whom everybody may watch. */
static bool check_stranger(const struct subscribe *subscribe)
{
    struct front_request *request = subscribe->request;
    const struct presence *presence = subscribe->presence;
    const struct policy_watcher nobody = {.aor = BYTES("")};
    bool welcome = request->in_dialog || request->trusted || !bytes_empty(request->identity);
    if (!welcome && subscribe->package != NULL) {
        const struct event_package *package = subscribe->package;
        const struct resource *resource =
            resource_find(subscribe->presence, package, request->target, false);
        struct authorization authorization =
            authorize(presence, package, request->target, resource, &nobody);
        welcome = authorization.event == EVENT_APPROVED && !authorization.unknown;
        authorization_release(&authorization);
    }
    if (!welcome)
        front_refuse_stranger(request);
    return welcome;
}

static bool check_event(const struct subscribe *subscribe)
{
    struct front_request *request = subscribe->request;
    const char *events = front_settings(subscribe->presence->front)->allow_events;
    if (subscribe->package != NULL)
        return true;
    front_refuse_listing(request, 489, NULL, "Allow-Events", bytes_of(events));
    return false;
}

static bool check_accept(struct subscribe *subscribe)
{
    const char *const *types = subscribe->package->notify_types;
    subscribe->accept = wishes_accept(subscribe->request->message, types);
    if (subscribe->accept != NULL)
        return true;
    front_refuse_listing(subscribe->request, 406, NULL, "Accept", bytes_of(types[0]));
    return false;
}

static bool check_interval(struct subscribe *subscribe)
{
    return lifetime_judge(subscribe->request, &subscribe->package->subscribe,
                          &subscribe->expires_s);
}

static bool check_wishes(struct subscribe *subscribe)
{
    const struct wishes_place place = {subscribe->package, subscribe->event_parameters,
                                       subscribe->expires_s};
    return wishes_judge(subscribe->request, &place, &subscribe->wishes);
}

/* One SIP URI in Contact; a refresh may do without (RFC 3261 12.2.1.1 wants one, libpurple and
 * others forget). */
static bool check_contact(struct subscribe *subscribe)
{
    struct front_request *request = subscribe->request;
    struct sip_values contacts = sip_values_of(request->message, SIP_CONTACT);
    struct bytes element;
    if (!sip_values_next(&contacts, &element)) {
        if (request->in_dialog)
            return true;
        front_refuse(request, 400, "A SUBSCRIBE needs a Contact");
        return false;
    }
    struct verdict v = sip_address_parse(element, &subscribe->contact);
    enum sip_scheme scheme = subscribe->contact.uri.scheme;
    subscribe->has_contact = verdict_ok(v) && !subscribe->contact.star &&
                             (scheme == SIP_SCHEME_SIP || scheme == SIP_SCHEME_SIPS) &&
                             !sip_values_next(&contacts, &element);
    if (!subscribe->has_contact)
        front_refuse(request, 400, "The Contact must be one SIP URI");
    return subscribe->has_contact;
}

/* Answers. */

static void answer(struct front_request *request, const struct subscription *subscription,
                   uint32_t expires_s)
{
    const struct dialog_parts *parts = &subscription->dialog.parts;
    unsigned status = subscription->quiet ? 204 : 200; /* RFC 5839 7.1 */
    struct buffer *out = front_respond(request, status, NULL, parts->local_tag);
    sip_write_copy(out, request->message, SIP_RECORD_ROUTE);
    sip_write_field(out, "Contact", parts->contact);
    sip_write_number(out, "Expires", expires_s);
    front_send(request, subscription->change);
}

static void answer_for(struct front_request *request, const struct subscription *subscription)
{
    uint64_t now_ms = front_parts(request->front)->world->wall_ms;
    uint64_t left_ms = subscription->expires_ms > now_ms ? subscription->expires_ms - now_ms : 0;
    bool active = machine_is_live(subscription->state);
    answer(request, subscription, active ? (uint32_t)((left_ms + 999) / 1000) : 0);
}

/* A request that was here before, perhaps in an earlier life of the server, gets the same answer.
 */
static bool is_repeated(const struct subscription *subscription, const struct sip_message *message)
{
    return subscription->dialog.remote_cseq == message->cseq &&
           bytes_equal(bytes_of(subscription->branch), message->via.branch);
}

static uint64_t expires_ms(const struct subscribe *subscribe)
{
    return subscribe->presence->parts->world->wall_ms + (uint64_t)subscribe->expires_s * 1000;
}

/* The watcher is reached where it sent this from, if its Contact says that this is its place. */
static void take_flow(const struct subscribe *subscribe, struct dialog *dialog)
{
    if (!subscribe->has_contact)
        return;
    dialog->has_flow = front_contact_is_sender(
        subscribe->request->front, subscribe->request->incoming, &subscribe->contact.uri);
    dialog->flow = subscribe->request->incoming->flow;
}

static void refuse_watcher(struct front_request *request)
{
    request->why = FRONT_WHY_POLICY;
    front_refuse(request, 403, "This user may not be watched by you");
}

static void refuse_other(struct front_request *request)
{
    request->why = FRONT_WHY_NOT_OWN;
    front_refuse(request, 403, "This is another user's subscription");
}

/* RFC 3261 21.5.4 */
static void refuse_unknown(struct front_request *request)
{
    request->why = FRONT_WHY_UNKNOWN_RULES;
    front_refuse(request, 503, "Who may watch this user cannot be read for the moment");
}

/* The filter that the body asks for, of a new subscription (NULL) or as it changes an old one's;
 * new in *filter. False: it was refused (RFC 4660 5.4). */
static bool take_filter(const struct subscribe *subscribe, const struct subscription *subscription,
                        struct watcher_filter **filter)
{
    const struct resource *resource =
        subscription != NULL ? subscription->resource : subscribe->resource;
    const struct filtering_place place = {
        .presence = subscribe->presence,
        .package = subscribe->package,
        .aor = subscription != NULL ? resource->aor : subscribe->request->target,
        .resource = resource,
        .old = subscription != NULL ? filtering_of(subscription) : NULL,
        .watcher = subscription != NULL
                       ? subscription->watcher
                       : watcher_find(subscribe->presence, subscribe->request->identity),
    };
    *filter = NULL;
    if (bytes_empty(subscribe->wishes.filter))
        return true;
    struct verdict v = filtering_judge(&place, subscribe->wishes.filter, filter);
    if (!verdict_ok(v))
        front_refuse_verdict(subscribe->request, v);
    return verdict_ok(v);
}

/* Inside a dialog. */

/* The subscription that Call-ID, tags and event name: whatever Request-URI the client uses (RFC
 * 3261 12.2.2). */
static struct subscription *find_dialog(const struct subscribe *subscribe)
{
    const struct sip_message *message = subscribe->request->message;
    const struct subscription_name name = {subscribe->package, message->call_id, message->from.tag,
                                           subscribe->event_id};
    unsigned partition;
    uint64_t epoch;
    if (!token_parse(message->to.tag, &partition, &epoch))
        return NULL;
    subscribe->request->seen = store_latest(subscribe->presence->parts->store, partition);
    struct subscription *found = subscription_find(subscribe->presence, partition, &name);
    if (found == NULL || !bytes_equal(found->dialog.parts.local_tag, message->to.tag))
        return NULL;
    return found;
}

static bool is_watchers(const struct front_request *request,
                        const struct subscription *subscription)
{
    const struct watcher *watcher = subscription->watcher;
    return request->trusted ||
           bytes_equal(request->identity, bytes_from(watcher->aor, watcher->length));
}

static bool take_refresh(const struct subscribe *subscribe, struct subscription *subscription)
{
    const struct sip_message *message = subscribe->request->message;
    struct dialog *dialog = &subscription->dialog;
    if (subscribe->has_contact && !dialog_retarget(dialog, subscribe->contact.uri.text))
        return false;
    take_flow(subscribe, dialog);
    dialog->remote_cseq = message->cseq;
    free(subscription->branch);
    subscription->branch = memory_copy(message->via.branch);
    subscription->accept = subscribe->accept;
    subscription->fate = EVENT_TIMEOUT;
    subscription->expires_ms = expires_ms(subscribe);
    later_forget(subscription); /* whatever its trouble was */
    extras_set_rates(subscription, &subscribe->wishes.rates);
    return true;
}

static void save(struct subscription *subscription)
{
    struct store *store = subscription->resource->presence->parts->store;
    struct store_set *set = store_begin(store, subscription->resource->partition);
    if (subscription->state == SUBSCRIPTION_WAITING)
        subscription_wait(subscription, set);
    subscription_save(subscription, set);
    subscription->change = store_submit(store, &set);
    subscription_arm(subscription);
}

/* Who may not go on is told so, and gets the last NOTIFY (RFC 6665 4.2.1.3). */
static void reject(const struct subscribe *subscribe, struct subscription *subscription)
{
    struct world *world = subscribe->presence->parts->world;
    subscription_move(subscription, EVENT_REJECTED);
    save(subscription);
    world_timer_cancel(world, &subscription->expiry);
    refuse_watcher(subscribe->request);
    notify_now(subscription);
}

static void unsubscribe(struct subscription *subscription)
{
    subscription_move(subscription, EVENT_TIMEOUT);
    if (subscription->state == SUBSCRIPTION_ENDED)
        subscription_linger(subscription); /* the request may come again (timer J) */
}

/* Policy is asked as whoever refreshes it is proved now. */
static struct authorization ask(const struct subscribe *subscribe,
                                struct subscription *subscription)
{
    const struct front_request *request = subscribe->request;
    const struct watcher *watcher = subscription->watcher;
    const struct resource *resource = subscription->resource;
    struct policy_watcher who = {bytes_from(watcher->aor, watcher->length), subscription->foreign,
                                 subscription->trusted};
    if (bytes_equal(request->identity, who.aor)) {
        who.foreign = subscription->foreign = request->foreign;
        who.trusted = subscription->trusted = request->trusted;
    }
    return authorize(resource->presence, resource->package, resource->aor, resource, &who);
}

/* True when the watcher has what it would be told, by a NOTIFY that waits, too (RFC 5839 6.3).
 * While one is under way that may come later than the answer and tell an older state; and rates
 * that change have to be told (RFC 6446 5.2). */
static bool is_quiet(struct subscription *subscription, bool ends, bool same_rates)
{
    if (ends)
        return conditional_holds(subscription);
    if (subscription->notify == 0 && same_rates)
        return conditional_suppresses(subscription);
    conditional_set(subscription, BYTES(""), true);
    return false;
}

/* One that ends so is told of its end by the answer (RFC 5839 5.7). Whatever it is told next does
 * not stand on what it had been told before its condition (RFC 5263 4.4). */
static void hush(struct subscription *subscription, bool ends, bool same_rates)
{
    subscription->quiet = is_quiet(subscription, ends, same_rates);
    notify_whole(subscription);
    if (!subscription->quiet) {
        derived_freshen(subscription->resource);
        return;
    }
    metrics_count(subscription->resource->presence->parts->metrics, METRIC_notifies_suppressed);
    subscription->told = ends;
    notify_drop(subscription);
    if (subscription->view != NULL)
        filtering_tell(subscription);
}

static void go_on(const struct subscribe *subscribe, struct subscription *subscription,
                  const struct authorization *authorization)
{
    struct watcher_filter *filter;
    if (!take_filter(subscribe, subscription, &filter))
        return;
    const struct rates before = extras_rates(subscription);
    if (!take_refresh(subscribe, subscription)) {
        front_refuse(subscribe->request, 400, "The Contact is too long");
        if (filter != NULL)
            subscribe->package->filters->free(&filter);
        return;
    }
    const struct rates now = extras_rates(subscription);
    bool same_rates = memcmp(&before, &now, sizeof(now)) == 0;
    if (!bytes_empty(subscribe->wishes.filter))
        filtering_change(subscription, filter);
    metrics_count(subscribe->presence->parts->metrics, METRIC_subscriptions);
    if (authorization != NULL)
        authorize_apply(subscription, authorization);
    else
        unsubscribe(subscription);
    conditional_set(subscription, subscribe->wishes.suppress, true);
    hush(subscription, authorization == NULL, same_rates);
    save(subscription);
    answer_for(subscribe->request, subscription);
    if (!subscription->quiet)
        notify_now(subscription);
}

static void refresh(const struct subscribe *subscribe, struct subscription *subscription)
{
    struct authorization authorization = ask(subscribe, subscription);
    if (authorization.unknown)
        refuse_unknown(subscribe->request);
    else if (authorization.event == EVENT_REJECTED)
        reject(subscribe, subscription);
    else
        go_on(subscribe, subscription, &authorization);
    authorization_release(&authorization);
}

static void handle_in_dialog(const struct subscribe *subscribe)
{
    struct front_request *request = subscribe->request;
    struct subscription *subscription = find_dialog(subscribe);
    if (subscription == NULL) {
        front_refuse(request, 481, NULL);
    } else if (!is_watchers(request, subscription)) {
        refuse_other(request);
    } else if (is_repeated(subscription, request->message)) {
        answer_for(request, subscription);
    } else if (!machine_is_live(subscription->state)) {
        front_refuse(request, 481, NULL);
    } else if (accounts_find(subscribe->presence->parts->accounts, subscription->resource->aor) ==
               NULL) {
        front_refuse(request, 404, "There is no such user any more");
        resource_end(subscription->resource);
    } else if (request->message->cseq <= subscription->dialog.remote_cseq) {
        request->why = FRONT_WHY_ORDER;
        front_refuse(request, 500,
                     "The CSeq is not higher than the last one"); /* RFC 3261 12.2.2 */
    } else if (subscribe->expires_s == 0) {
        go_on(subscribe, subscription, NULL);
    } else {
        refresh(subscribe, subscription);
    }
}

/* A new one. */

/* Nobody who is blocked is told more than that. */
static bool check_allowed(const struct subscribe *subscribe)
{
    const struct authorization *authorization = &subscribe->authorization;
    if (authorization->unknown)
        refuse_unknown(subscribe->request);
    else if (authorization->event == EVENT_REJECTED)
        refuse_watcher(subscribe->request);
    return !authorization->unknown && authorization->event != EVENT_REJECTED;
}

static bool check_room(const struct subscribe *subscribe)
{
    const struct presence *presence = subscribe->presence;
    const struct presence_settings *settings = &presence->settings;
    struct front_request *request = subscribe->request;
    const struct resource *resource = subscribe->resource;
    const char *reason = NULL;
    if (!subscription_has_room(presence, request->identity))
        reason = "You watch too many";
    else if (resource != NULL &&
             resource->subscription_count >= settings->subscriptions_max_per_resource)
        reason = "This user is watched by too many";
    if (reason == NULL)
        return true;
    metrics_count(presence->parts->metrics, METRIC_subscriptions_limited);
    request->why = FRONT_WHY_LIMIT;
    front_refuse(request, 403, reason);
    return false;
}

/* The dialog that this request opens; false: it was refused. */
static bool open_dialog(const struct subscribe *subscribe, struct dialog *dialog)
{
    struct front_request *request = subscribe->request;
    const struct front_parts *parts = subscribe->presence->parts;
    char memory_text[TEXT_MAX], contact_text[TEXT_MAX / 4];
    struct buffer memory = buffer_over(memory_text, sizeof(memory_text));
    struct buffer contact = buffer_over(contact_text, sizeof(contact_text));
    /* RFC 6665 4.5.1 wants a GRUU: a URI that leads to this notifier, over restarts, so that a new
     * dialog may begin at it, and that is not another dialog's. This one does: the address that we
     * listen on, and the presentity. It has no "gr", because clients repeat it as Request-URI of
     * refreshes, which the overload filter tells from new requests by their address, and because a
     * "gr" of an address is what no client and no other server has met. The dialog is found by
     * Call-ID and tags whatever stands there. */
    struct token tag = token_make(parts->world, request->partition, store_epoch(parts->store));
    struct dialog_parts dialog_parts;
    struct bytes target = request->target;
    front_write_contact(request->front, &request->incoming->flow, bytes_split(&target, '@'),
                        request->uri.scheme == SIP_SCHEME_SIPS, &contact);
    struct verdict v =
        dialog_parts_of(request->message, subscribe->contact.uri.text, token_bytes(&tag),
                        buffer_bytes(&contact), &memory, &dialog_parts);
    *dialog = (struct dialog){.remote_cseq = request->message->cseq};
    take_flow(subscribe, dialog);
    if (verdict_ok(v) && (contact.overflow || !dialog_init(dialog, &dialog_parts)))
        v = verdict(400, "The addresses are too long for a dialog", 0);
    if (!verdict_ok(v))
        front_refuse_verdict(request, v);
    return verdict_ok(v);
}

static struct subscription_parts parts_of(const struct subscribe *subscribe)
{
    const struct front_request *request = subscribe->request;
    return (struct subscription_parts){
        .resource = subscribe->resource,
        .watcher = request->identity,
        .event_id = subscribe->event_id,
        .branch = request->message->via.branch,
        .instance = subscribe->instance,
        .accept = subscribe->accept,
        .expires_ms = expires_ms(subscribe),
        .foreign = request->foreign,
        .trusted = request->trusted,
        .state = SUBSCRIPTION_INIT,
    };
}

/* The one of a phone that has rebooted since: same watcher, presentity, event, id, filter and
 * instance, another dialog. A phone may have several for what it names in different ways (RFC 4235
 * 3.2: one dialog here, one INVITE there). It goes without a NOTIFY: at the phone nobody knows it
 * any more, and where somebody does, because two programs share an instance, "terminated" would
 * have it subscribe again, and the other after it, for ever (RFC 6665 4.1.3, deactivated and
 * timeout). A fetch replaces nothing. */
static struct subscription *find_former(const struct subscribe *subscribe)
{
    const struct subscription_parts parts = parts_of(subscribe);
    if (subscribe->resource == NULL || subscribe->expires_s == 0)
        return NULL; /* nothing is there, or it is a fetch */
    struct bytes filter =
        subscribe->filter != NULL ? subscribe->package->filters->key(subscribe->filter) : BYTES("");
    return subscription_former(subscribe->resource, &parts, filter);
}

/* Takes the place of the old one, if there is one: the client asks again outside its dialog. What
 * ends at once is a fetch (RFC 6665 4.4.3): one NOTIFY, and nothing is kept but that it waits. */
static struct subscription *make(struct subscribe *subscribe, const struct dialog *dialog,
                                 struct subscription *old, struct store_set *set)
{
    struct resource *former = old != NULL ? subscription_give_way(old, set) : NULL;
    struct subscription_parts parts = parts_of(subscribe);
    if (parts.resource == NULL)
        parts.resource = resource_find(subscribe->presence, subscribe->package,
                                       subscribe->request->target, true);
    struct subscription *subscription = subscription_new(&parts, dialog);
    extras_set_rates(subscription, &subscribe->wishes.rates);
    filtering_set(subscription, subscribe->filter);
    subscribe->filter = NULL;
    conditional_set(subscription, subscribe->wishes.suppress, false);
    authorize_apply(subscription, &subscribe->authorization);
    if (subscribe->expires_s == 0)
        subscription_move(subscription, EVENT_TIMEOUT);
    if (former != NULL)
        resource_settle(former);
    return subscription;
}

static void keep(struct subscription *subscription, struct store_set *set)
{
    metrics_count(subscription->resource->presence->parts->metrics, METRIC_subscriptions);
    subscription_displace(subscription, set);
    subscription_save(subscription, set);
    subscription_arm(subscription);
    moves_began(subscription);
}

/* In the same set as the new one's row, so that a crash leaves one of them. */
static void replace(struct subscription *subscription, struct store_set *set)
{
    metrics_count(subscription->resource->presence->parts->metrics, METRIC_subscriptions_replaced);
    subscription_give_way(subscription, set);
}

/* A fetch changes nothing, but its 200 may wait, and the NOTIFY must not overtake it. */
static void create(struct subscribe *subscribe, struct subscription *old)
{
    struct front_request *request = subscribe->request;
    const struct front_parts *parts = subscribe->presence->parts;
    struct dialog dialog;
    if (!open_dialog(subscribe, &dialog))
        return;
    struct store_set *set = store_begin(parts->store, request->partition);
    struct subscription *replaced = subscribe->former != old ? subscribe->former : NULL;
    struct subscription *subscription = make(subscribe, &dialog, old, set);
    if (replaced != NULL)
        replace(replaced, set);
    if (subscription->state == SUBSCRIPTION_WAITING)
        subscription_wait(subscription, set);
    if (subscription->state != SUBSCRIPTION_ENDED)
        keep(subscription, set);
    struct store_change change = store_submit(parts->store, &set);
    subscription->change = change.number != 0 ? change : request->seen;
    answer_for(request, subscription);
    derived_freshen(subscription->resource);
    notify_now(subscription);
}

/* One that has given way does not count twice, one that is over does not count. */
static bool is_one_more(const struct subscription *old)
{
    return old == NULL || !machine_is_live(old->state);
}

/* It is new, in place of `old` (NULL: none), or of a rebooted phone's. */
static void begin(struct subscribe *subscribe, struct subscription *old)
{
    if (!take_filter(subscribe, NULL, &subscribe->filter))
        return;
    subscribe->former = find_former(subscribe);
    if (!is_one_more(old) || subscribe->former != NULL || check_room(subscribe))
        create(subscribe, old);
    if (subscribe->filter != NULL)
        subscribe->package->filters->free(&subscribe->filter);
}

/* A new one, by a name that can be kept, of a watcher about whom policy was asked. */
static void handle_named(struct subscribe *subscribe, const struct subscription_name *name)
{
    struct front_request *request = subscribe->request;
    if (!check_allowed(subscribe))
        return;
    struct subscription *old = subscription_find(subscribe->presence, request->partition, name);
    if (old != NULL && !is_watchers(request, old))
        refuse_other(request);
    else if (old != NULL && is_repeated(old, request->message))
        answer_for(request, old);
    else
        begin(subscribe, old);
}

/* Of somebody: those who are nobody are not one user, whatever they say. */
static void find_instance(struct subscribe *subscribe)
{
    const struct front_request *request = subscribe->request;
    struct buffer memory =
        buffer_over(subscribe->instance_memory, sizeof(subscribe->instance_memory));
    if (!bytes_empty(request->identity))
        subscribe->instance =
            sender_instance(subscribe->presence, request, request->identity, &memory);
}

static void handle_new(struct subscribe *subscribe)
{
    struct front_request *request = subscribe->request;
    const struct policy_watcher watcher = {request->identity, request->foreign, request->trusted};
    const struct subscription_name name = {subscribe->package, request->message->call_id,
                                           request->message->from.tag, subscribe->event_id};
    if (name.call_id.length + name.remote_tag.length + name.event_id.length > NAME_MAX_BYTES) {
        front_refuse(request, 400, "Call-ID, From tag and event id are too long");
        return;
    }
    subscribe->resource =
        resource_find(subscribe->presence, subscribe->package, request->target, false);
    find_instance(subscribe);
    subscribe->authorization = authorize(subscribe->presence, subscribe->package, request->target,
                                         subscribe->resource, &watcher);
    handle_named(subscribe, &name);
    authorization_release(&subscribe->authorization);
}

void subscribe_handle(void *context, struct front_request *request)
{
    struct subscribe subscribe = {.presence = context, .request = request};
    find_event(&subscribe);
    if (!check_stranger(&subscribe) || !check_event(&subscribe) || !check_accept(&subscribe) ||
        !check_interval(&subscribe) || !check_wishes(&subscribe) || !check_contact(&subscribe))
        return;
    if (request->in_dialog)
        handle_in_dialog(&subscribe);
    else
        handle_new(&subscribe);
}
