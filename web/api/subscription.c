/* subscription.c: a subscription as JSON, and its end. */
#include "web/api/subscription_internal.h"

#include "base/buffer.h"
#include "web/api/give_internal.h"

static const char *owed_name(enum presence_owed owed)
{
    static const char *const names[] = {
        [PRESENCE_OWED_NOTHING] = "nothing",   [PRESENCE_OWED_UNDER_WAY] = "under_way",
        [PRESENCE_OWED_POLICY] = "policy",     [PRESENCE_OWED_ASKED] = "asked_later",
        [PRESENCE_OWED_SILENT] = "unanswered", [PRESENCE_OWED_NO_WAY] = "no_way",
        [PRESENCE_OWED_PACED] = "paced",       [PRESENCE_OWED_QUEUED] = "queued",
    };
    return names[owed];
}

static const char *sees_name(const struct presence_look_subscription *look)
{
    if (!look->sees)
        return "nothing";
    if (look->offline)
        return "offline";
    return look->cut || !bytes_empty(look->filter) ? "part" : "everything";
}

const char *subscription_answered_by(unsigned answer, bool heard)
{
    if (heard)
        return "watcher";
    return answer == 408 ? "nobody" : "server";
}

/* NULL: none was sent in this life of the server. */
static json_t *last_notify(const struct presence_look_subscription *look)
{
    json_t *notify = json_object();
    if (look->told_ms == 0) {
        json_decref(notify);
        return json_null();
    }
    give_time(notify, "at", look->told_ms);
    give_words(notify, "state", look->told);
    give_number(notify, "cseq", look->cseq);
    give_number(notify, "version", look->version);
    give_flow(notify, "flow", look->flow);
    if (look->answer != 0) {
        give_number(notify, "answer", look->answer);
        give_words(notify, "answered_by", subscription_answered_by(look->answer, look->heard));
    } else {
        json_object_set_new(notify, "answer", json_null());
        json_object_set_new(notify, "answered_by", json_null());
    }
    return notify;
}

static void give_way(json_t *item, const struct presence_look_subscription *look)
{
    give_text(item, "call_id", look->call_id);
    give_text(item, "target", look->target);
    give_text(item, "instance", look->instance);
    give_flow(item, "flow", look->flow);
    give_flag(item, "foreign", look->foreign);
    give_flag(item, "trusted", look->trusted);
    json_object_set_new(item, "last_notify", last_notify(look));
    give_words(item, "owed", owed_name(look->owed));
    give_time(item, "owed_since", look->owed_since_ms);
    give_words(item, "accept", look->accept);
}

json_t *subscription_json(const struct presence_look_subscription *look, enum reader reader)
{
    char id[GIVE_PATH_MAX];
    struct buffer out = buffer_over(id, sizeof(id));
    presence_look_name(look, &out);
    json_t *item = json_object();
    give_text(item, "id", out.overflow ? BYTES("") : buffer_bytes(&out));
    give_text(item, "presentity", look->presentity);
    give_text(item, "watcher", look->watcher);
    give_words(item, "event", look->event);
    give_text(item, "event_id", look->event_id);
    give_words(item, "state", look->state);
    give_words(item, "cause", look->cause);
    give_time(item, "since", look->begun_ms);
    give_time(item, "expires", look->expires_ms);
    give_time(item, "waits_since", look->waits_since_ms);
    if (reader != READER_PRESENTITY)
        give_way(item, look);
    if (reader != READER_PRESENTITY)
        give_text(item, "filter", look->filter);
    if (reader == READER_ADMINISTRATOR)
        give_words(item, "sees", sees_name(look));
    return item;
}

/* Its watcher. */

unsigned subscription_weight(const struct presence_look_subscription *look)
{
    static const char *const states[] = {"waiting", "pending", "active"};
    for (unsigned i = 0; i < 3; i++)
        if (strcmp(look->state, states[i]) == 0)
            return i + 1;
    return 0;
}

struct best {
    unsigned weight;
    bool trusted;
};

static void take_best(void *context, const struct presence_look_subscription *look)
{
    struct best *best = context;
    unsigned weight = subscription_weight(look);
    if (weight > 0 && weight >= best->weight)
        *best = (struct best){weight, look->trusted};
}

struct policy_watcher subscription_watcher(const struct web_core *core, const char *event,
                                           struct bytes presentity,
                                           const struct people_aor *watcher)
{
    const struct presence_look_query query = {.presentity = presentity,
                                              .watcher = give_aor(watcher),
                                              .event = bytes_of(event),
                                              .most = SUBSCRIPTIONS_COUNTED};
    struct best best = {0, false};
    presence_look_subscriptions(core->presence, &query, take_best, &best);
    return (struct policy_watcher){give_aor(watcher), watcher->domain == NULL, best.trusted};
}

/* Its end. */

/* False: it is none, and that is answered. */
static bool read_reason(struct web_call *call, struct bytes *reason)
{
    *reason = BYTES("deactivated");
    web_query(call, "reason", reason);
    if (bytes_equal(*reason, BYTES("deactivated")) || bytes_equal(*reason, BYTES("probation")) ||
        bytes_equal(*reason, BYTES("rejected")))
        return true;
    web_problem(call, 400, "bad-query", "reason",
                "reason must be deactivated (it may come back at once), probation (later) or "
                "rejected (not at all)");
    return false;
}

/* What is not there is 404, whatever the conditions are (RFC 9110 13.2.1). */
void subscription_end(struct web_call *call, const struct web_core *core, struct bytes name,
                      const json_t *current)
{
    struct store_change change;
    struct bytes reason;
    if (!read_reason(call, &reason) || (current != NULL && !web_may_change(call, current)))
        return;
    enum err err = presence_end_subscription(core->presence, name, reason, &change);
    if (err == ERR_NONE)
        web_wait(call, change);
    else if (err == ERR_BUSY)
        give_busy(call);
    else
        web_problem(call, 404, "not-found", "subscription",
                    "there is no such subscription (any more); GET /api/v1/subscriptions for those "
                    "that there are");
}
