/* explain.c: why does a watcher see of somebody what it sees?
 *
 *   the two names -> what policy says, and whose word that is -> what is published, and what comes
 *   first of it -> what is composed, what the rights and the filter leave -> the subscriptions, and
 *   how the last one ended -> all of that as JSON, and in one sentence (explain_sentence.c) */
#include "web/api/explain.h"

#include <assert.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/token.h"
#include "base/world.h"
#include "front/accounts.h"
#include "pidf/simple.h"
#include "registrar/registrar.h"
#include "web/api/explain_internal.h"
#include "web/api/give_internal.h"
#include "web/api/state_internal.h"
#include "web/api/subscription_internal.h"

enum { RANKS_MAX = 100 };

/* What is published, the best first. */

struct rank {
    json_t *item;
    enum presence_life life;
    unsigned priority; /* of its best contact, thousandths and 1; 0: it says none */
    uint64_t changed_ms;
};

struct ranking {
    struct explain *explain;
    struct rank ranks[RANKS_MAX];
    size_t count;
};

/* "0.8" as 801. */
static unsigned priority_of(struct bytes text)
{
    unsigned value = 0, scale = 1000;
    if (bytes_empty(text))
        return 0;
    value = text.at[0] == '1' ? 1000 : 0;
    for (size_t i = 2; i < text.length && i < 5 && text.at[i] >= '0' && text.at[i] <= '9'; i++) {
        scale /= 10;
        value += scale * (unsigned)(text.at[i] - '0');
    }
    return (value > 1000 ? 1000 : value) + 1;
}

static unsigned best_priority(struct bytes body)
{
    struct arena arena;
    struct simple_presence presence;
    unsigned best = 0;
    arena_init(&arena, 0);
    if (!verdict_ok(simple_read(body, &arena, &presence)))
        presence.tuple_count = 0;
    for (size_t i = 0; i < presence.tuple_count; i++) {
        unsigned priority = priority_of(presence.tuples[i].priority);
        best = priority > best ? priority : best;
    }
    arena_release(&arena);
    return best;
}

static const char *life_name(enum presence_life life)
{
    if (life == PRESENCE_LIVE)
        return "live";
    return life == PRESENCE_SET ? "set" : "last_seen";
}

static void count_life(struct explain *explain, enum presence_life life)
{
    explain->live += life == PRESENCE_LIVE;
    explain->set += life == PRESENCE_SET;
    explain->last_seen += life == PRESENCE_LAST_SEEN;
}

static void take_publication(void *context, const struct presence_look_publication *look)
{
    struct ranking *ranking = context;
    bool doubted = ranking->explain->state.doubted && look->life == PRESENCE_LIVE;
    count_life(ranking->explain, look->life);
    if (ranking->count == RANKS_MAX)
        return;
    json_t *item = json_object();
    give_words(item, "life", life_name(look->life));
    give_flag(item, "believed", !doubted);
    state_read(item, look->body);
    give_text(item, "instance", look->instance);
    give_flow(item, "flow", look->flow);
    give_time(item, "changed", look->changed_ms);
    give_time(item, "expires", look->expires_ms);
    give_time(item, "closes", look->closes_ms);
    ranking->ranks[ranking->count++] =
        (struct rank){item, doubted ? PRESENCE_LAST_SEEN : look->life, best_priority(look->body),
                      look->changed_ms};
}

/* Life, then priority, then the newer (pidf/compose.c). */
static int compare_ranks(const void *a, const void *b)
{
    const struct rank *x = a, *y = b;
    if (x->life != y->life)
        return x->life < y->life ? -1 : 1;
    if (x->priority != y->priority)
        return x->priority > y->priority ? -1 : 1;
    return (x->changed_ms < y->changed_ms) - (x->changed_ms > y->changed_ms);
}

/* By what the first stands before the second. */
static const char *won_by(const struct ranking *ranking)
{
    const struct rank *ranks = ranking->ranks;
    if (ranking->count < 2)
        return ranking->count == 1 ? "alone" : NULL;
    if (ranks[0].life != ranks[1].life)
        return "life";
    return ranks[0].priority != ranks[1].priority ? "priority" : "newer";
}

static const char *source_name(const struct explain *explain)
{
    if (explain->state.fallback)
        return "registration";
    if (explain->live > 0 && !explain->state.doubted)
        return "publications";
    if (explain->set > 0)
        return "set";
    return explain->live + explain->last_seen > 0 ? "last_seen" : "nothing";
}

static json_t *composition(const struct web_core *core, struct explain *explain)
{
    struct ranking *ranking = memory_new(sizeof(*ranking));
    json_t *object = json_object(), *list = json_array();
    ranking->explain = explain;
    presence_look_publications(core->presence, bytes_of(explain->event),
                               give_aor(&explain->presentity), take_publication, ranking);
    qsort(ranking->ranks, ranking->count, sizeof(ranking->ranks[0]), compare_ranks);
    for (size_t i = 0; i < ranking->count; i++)
        json_array_append_new(list, ranking->ranks[i].item);
    give_words(object, "shown_from", source_name(explain));
    give_words(object, "first_by", won_by(ranking));
    give_flag(object, "registered", explain->presentity_registered);
    give_flag(object, "registration_needed", explain->state.doubted);
    json_object_set_new(object, "publications", list);
    free(ranking);
    return object;
}

/* What is shown. */

static void add_word(struct buffer *out, struct bytes word)
{
    if (bytes_empty(word) || word.length + 3 > out->size - out->length)
        return;
    buffer_text(out, out->length > 0 ? ", " : "");
    buffer_put(out, word);
}

static struct explain_shown shown_of(const struct blob *body)
{
    struct explain_shown shown = {.anything = false};
    struct arena arena;
    struct simple_presence presence;
    struct buffer out = buffer_over(shown.words, sizeof(shown.words) - 1);
    if (body == NULL)
        return shown;
    arena_init(&arena, 0);
    if (!verdict_ok(simple_read(blob_bytes(body), &arena, &presence))) /* of another package */
        shown.anything = !bytes_empty(blob_bytes(body));
    for (size_t i = 0; i < presence.tuple_count; i++)
        shown.open = shown.open || bytes_equal(presence.tuples[i].basic, BYTES("open"));
    for (size_t i = 0; i < presence.activity_count; i++)
        add_word(&out, presence.activities[i]);
    for (size_t i = 0; i < presence.note_count; i++)
        add_word(&out, presence.notes[i]);
    for (size_t i = 0; i < presence.tuple_count; i++)
        add_word(&out, presence.tuples[i].note);
    shown.anything = shown.anything || presence.tuple_count > 0 || out.length > 0;
    shown.words[out.length] = '\0';
    arena_release(&arena);
    return shown;
}

/* Policy. */

static const char *source_of(enum policy_source source)
{
    static const char *const names[] = {
        [POLICY_SAYS_OWNER] = "owner",           [POLICY_SAYS_RULES] = "rules",
        [POLICY_SAYS_DOMAIN] = "domain_default", [POLICY_SAYS_ROSTER] = "roster",
        [POLICY_SAYS_BROKEN] = "broken_rules",   [POLICY_SAYS_NOBODY] = "rules_unknown",
    };
    return names[source];
}

struct matches {
    struct explain *explain;
    json_t *list;
};

/* The last word is the highest that any rule has (RFC 5025 3.2.1), whatever the event makes of it.
 */
static void take_rule(void *context, struct bytes id, enum sub_handling handling)
{
    struct matches *matches = context;
    struct explain *explain = matches->explain;
    json_t *item = json_object();
    give_text(item, "id", id);
    give_words(item, "handling", state_handling(handling));
    json_array_append_new(matches->list, item);
    if (explain->ruled && handling <= explain->rule_says)
        return;
    explain->ruled = true;
    explain->rule_says = handling;
    struct buffer out = buffer_over(explain->rule, sizeof(explain->rule) - 1);
    buffer_put(&out, bytes_first(id, sizeof(explain->rule) - 1));
    explain->rule[out.length] = '\0';
}

static json_t *rights_json(const struct rights *rights)
{
    static const char *const names[RIGHTS_ATTRIBUTES] = {
        [RIGHTS_ACTIVITIES] = "activities",   [RIGHTS_CLASS] = "class",
        [RIGHTS_DEVICE_ID] = "device_id",     [RIGHTS_MOOD] = "mood",
        [RIGHTS_PLACE_IS] = "place_is",       [RIGHTS_PLACE_TYPE] = "place_type",
        [RIGHTS_PRIVACY] = "privacy",         [RIGHTS_RELATIONSHIP] = "relationship",
        [RIGHTS_STATUS_ICON] = "status_icon", [RIGHTS_SPHERE] = "sphere",
        [RIGHTS_TIME_OFFSET] = "time_offset", [RIGHTS_NOTE] = "note",
    };
    json_t *hidden = json_array();
    for (unsigned i = 0; i < RIGHTS_ATTRIBUTES; i++)
        if (!rights_show(rights, (enum rights_attribute)i))
            json_array_append_new(hidden, json_string(names[i]));
    return hidden;
}

/* As the subscription that counts was proved. Without one somebody of another domain is taken for
 * one whose server has proved that domain. */
static struct policy_watcher watcher_of(const struct explain *explain)
{
    return (struct policy_watcher){give_aor(&explain->watcher), explain->watcher.domain == NULL,
                                   explain->subscription.trusted};
}

static const char *usual_name(enum policy_default usual)
{
    static const char *const names[] = {[POLICY_DOMAIN] = "domain",
                                        [POLICY_BUDDIES] = "buddies",
                                        [POLICY_ASK] = "ask",
                                        [POLICY_EVERYBODY] = "everybody",
                                        [POLICY_NOBODY] = "nobody"};
    return names[usual];
}

static json_t *decision_json(const struct web_core *core, struct explain *explain)
{
    const struct policy_watcher watcher = watcher_of(explain);
    struct bytes aor = give_aor(&explain->presentity);
    struct matches matches = {explain, json_array()};
    json_t *object = json_object();
    policy_each_rule(core->policy, &watcher, aor, explain->state.sphere, explain->now_ms, take_rule,
                     &matches);
    explain->usual = policy_default_of(core->policy, sip_aor_domain(aor));
    give_words(object, "by", explain->by_event ? "event" : source_of(explain->decision.source));
    give_words(object, "handling", state_handling(explain->decision.handling));
    json_object_set_new(object, "rules", matches.list);
    give_words(object, "domain_default", usual_name(explain->usual));
    give_text(object, "sphere", explain->state.sphere);
    give_time(object, "until", explain->decision.until_ms);
    return object;
}

/* Subscriptions. */

struct watchings {
    struct explain *explain;
    json_t *list;
    unsigned best; /* how far the one that is kept is */
};

static void put_copy(char *text, size_t size, struct bytes value)
{
    struct buffer out = buffer_over(text, size - 1);
    buffer_put(&out, bytes_first(value, size - 1));
    text[out.length] = '\0';
}

static void keep(struct explain_subscription *kept, const struct presence_look_subscription *look,
                 unsigned weight)
{
    struct buffer flow = buffer_over(kept->flow, sizeof(kept->flow) - 1);
    *kept = (struct explain_subscription){
        .there = true,
        .waiting = weight == 1,
        .pending = weight == 2,
        .active = weight == 3,
        .trusted = look->trusted,
        .sees = look->sees,
        .offline = look->offline,
        .heard = look->heard,
        .owed = look->owed,
        .answer = look->answer,
        .told_ms = look->told_ms,
        .since_ms = look->begun_ms,
        .waits_since_ms = look->waits_since_ms,
        .owed_since_ms = look->owed_since_ms,
        .expires_ms = look->expires_ms,
    };
    put_copy(kept->filter, sizeof(kept->filter), look->filter);
    if (look->flow != NULL)
        net_flow_write(look->flow, &flow);
}

/* Of several the furthest counts, and of those the last. */
static void take_subscription(void *context, const struct presence_look_subscription *look)
{
    struct watchings *watchings = context;
    unsigned weight = subscription_weight(look);
    json_array_append_new(watchings->list, subscription_json(look, READER_ADMINISTRATOR));
    if (weight == 0 || weight < watchings->best)
        return;
    watchings->best = weight;
    keep(&watchings->explain->subscription, look, weight);
}

static json_t *subscriptions_json(const struct web_core *core, struct explain *explain)
{
    const struct presence_look_query query = {.presentity = give_aor(&explain->presentity),
                                              .watcher = give_aor(&explain->watcher),
                                              .event = bytes_of(explain->event),
                                              .most = SUBSCRIPTIONS_COUNTED};
    struct watchings watchings = {explain, json_array(), 0};
    presence_look_subscriptions(core->presence, &query, take_subscription, &watchings);
    return watchings.list;
}

static const char *end_name(enum presence_end end)
{
    static const char *const names[PRESENCE_ENDS] = {
        [END_UNSUBSCRIBED] = "unsubscribed", [END_EXPIRED] = "expired",
        [END_REJECTED] = "rejected",         [END_GIVEUP] = "giveup",
        [END_DEACTIVATED] = "deactivated",   [END_PROBATION] = "probation",
        [END_NORESOURCE] = "noresource",     [END_SILENT] = "notify_unanswered",
        [END_REFUSED] = "notify_refused",    [END_UNREACHABLE] = "unreachable",
    };
    return names[end];
}

static json_t *told_json(const struct presence_ended *ended)
{
    if (ended->told_ms == 0)
        return json_null();
    json_t *object = json_object();
    give_time(object, "at", ended->told_ms);
    give_flow(object, "flow", ended->has_flow ? &ended->flow : NULL);
    json_object_set_new(object, "answer",
                        ended->answer != 0 ? json_integer(ended->answer) : json_null());
    give_words(object, "answered_by",
               ended->answer != 0 ? subscription_answered_by(ended->answer, ended->heard) : NULL);
    return object;
}

static json_t *end_json(const struct explain *explain)
{
    const struct presence_ended *ended = &explain->ended;
    if (ended->why == END_NONE)
        return json_null();
    json_t *object = json_object();
    give_words(object, "reason", end_name(ended->why));
    give_time(object, "at", ended->when_ms);
    json_object_set_new(object, "last_notify", told_json(ended));
    return object;
}

/* All of it. */

static json_t *filtered_json(const struct explain *explain, const struct presence_look_view *view)
{
    json_t *object = json_object();
    give_flag(object, "by_rights", view->cut);
    json_object_set_new(object, "hidden",
                        view->cut ? rights_json(view->decision.rights) : json_array());
    give_flag(object, "politely_blocked", view->offline);
    give_words(object, "filter", explain->subscription.filter);
    return object;
}

static json_t *shown_json(const struct presence_look_view *view)
{
    if (view->body == NULL)
        return json_null();
    json_t *object = json_object();
    give_words(object, "content_type", view->type);
    give_text(object, "body", blob_bytes(view->body));
    return object;
}

/* True when somebody unproved may watch, too: then it does not matter who asks. */
static bool is_for_nobody(const struct web_core *core, const struct explain *explain)
{
    const struct policy_watcher nobody = {.aor = BYTES("")};
    struct presence_look_view view;
    if (!presence_look_as(core->presence, bytes_of(explain->event), give_aor(&explain->presentity),
                          &nobody, BYTES(""), &view))
        return false;
    bool welcome =
        view.decision.handling == SUB_ALLOW || view.decision.handling == SUB_POLITE_BLOCK;
    rights_unref(&view.decision.rights);
    blob_unref(&view.body);
    return welcome;
}

static void look(const struct web_core *core, struct explain *explain, json_t *object)
{
    struct bytes event = bytes_of(explain->event), aor = give_aor(&explain->presentity);
    struct presence_look_view bare, seen;
    json_object_set_new(object, "subscriptions", subscriptions_json(core, explain));
    const struct policy_watcher watcher = watcher_of(explain);
    explain->stranger =
        watcher.foreign && !explain->subscription.there && !is_for_nobody(core, explain);
    presence_look_end(core->presence, event, aor, watcher.aor, &explain->ended);
    if ((!presence_look_state(core->presence, event, aor, &explain->state) &&
         !explain->of_watchers) ||
        !presence_look_as(core->presence, event, aor, &watcher, BYTES(""), &bare) ||
        !presence_look_as(core->presence, event, aor, &watcher,
                          bytes_of(explain->subscription.filter), &seen))
        return;
    explain->decision = bare.decision;
    explain->by_event = bare.by_event;
    explain->whole = shown_of(explain->state.body);
    explain->by_rights = shown_of(bare.body);
    explain->seen = shown_of(seen.body);
    json_object_set_new(object, "decision", decision_json(core, explain));
    json_object_set_new(object, "filtered", filtered_json(explain, &seen));
    json_object_set_new(object, "composition", composition(core, explain));
    json_object_set_new(object, "shown", shown_json(&seen));
    json_object_set_new(object, "ended", end_json(explain));
    rights_unref(&bare.decision.rights);
    rights_unref(&seen.decision.rights);
    blob_unref(&bare.body);
    blob_unref(&seen.body);
}

/* False: the problem is answered. */
static bool take_names(struct web_call *call, const struct web_core *core, struct explain *explain)
{
    if (!give_anybody(call, "watcher", &explain->watcher) ||
        !give_anybody(call, "presentity", &explain->presentity))
        return false;
    bool watcher = explain->watcher.text[0] != '\0',
         presentity = explain->presentity.text[0] != '\0';
    if (!watcher || !presentity) {
        web_problem(call, 400, "bad-query", watcher ? "presentity" : "watcher",
                    "name both: /api/v1/explain?watcher=alice&presentity=bob");
        return false;
    }
    explain->watcher_is_user = accounts_find(core->accounts, give_aor(&explain->watcher)) != NULL;
    explain->presentity_is_user =
        accounts_find(core->accounts, give_aor(&explain->presentity)) != NULL;
    explain->watcher_disabled = accounts_disabled(core->accounts, give_aor(&explain->watcher));
    explain->presentity_disabled =
        accounts_disabled(core->accounts, give_aor(&explain->presentity));
    explain->watcher_registered =
        registrar_is_registered(core->registrar, give_aor(&explain->watcher));
    explain->presentity_registered =
        registrar_is_registered(core->registrar, give_aor(&explain->presentity));
    return true;
}

/* The event is one of ours, as its package calls it; false: the problem is answered. */
static bool take_event(struct web_call *call, struct explain *explain)
{
    const struct event_package *package = package_find(BYTES("presence"));
    if (!give_event(call, &package))
        return false;
    explain->event = package->name;
    explain->of_watchers = package->subject != NULL;
    explain->for_owner = package->audience == AUDIENCE_OWNER;
    return true;
}

static void answer(struct web_call *call, const struct web_core *core, struct explain *explain)
{
    char text[EXPLAIN_SENTENCE_MAX];
    struct buffer out = buffer_over(text, sizeof(text));
    assert(explain->event != NULL && explain->watcher.text[0] != '\0');
    json_t *object = json_object();
    give_text(object, "watcher", give_aor(&explain->watcher));
    give_text(object, "presentity", give_aor(&explain->presentity));
    give_words(object, "event", explain->event);
    if (explain->presentity_is_user) {
        look(core, explain, object);
        give_latest(call, core, give_aor(&explain->presentity));
    }
    const char *found = explain_sentence(explain, &out);
    give_words(object, "case", found);
    give_text(object, "sentence", buffer_bytes(&out));
    blob_unref(&explain->state.body);
    web_answer(call, 200, object);
}

static void get_explain(struct web_call *call, const struct web_core *core)
{
    struct explain *explain = memory_new(sizeof(*explain));
    explain->now_ms = core->world->wall_ms;
    if (take_names(call, core, explain) && take_event(call, explain))
        answer(call, core, explain);
    free(explain);
}

const struct web_endpoint explain_endpoints[] = {
    {WEB_GET, "/api/v1/explain", WEB_LIVE, false, WEB_NO_BODY, NULL, get_explain,
     "watcher, presentity, event"},
    {.path = NULL},
};
