/* explain_sentence.c: from all that is known to one sentence.
 *
 *   who are they? -> may it see anything? -> does it watch? -> does it hear of it? -> is it shown
 *   something? -> it sees that
 *
 * The first question that is answered by "no" gives the sentence. */
#include <assert.h>

#include "base/buffer.h"
#include "web/api/explain_internal.h"
#include "web/api/give_internal.h"
#include "web/api/state_internal.h"

enum { SILENT_MS = 2000 /* after which a NOTIFY under way is worth a word */ };

static const char *watcher_of(const struct explain *explain)
{
    return explain->watcher.text;
}

static const char *presentity_of(const struct explain *explain)
{
    return explain->presentity.text;
}

static void put_time(struct buffer *out, uint64_t wall_ms)
{
    char text[GIVE_TIME_SIZE];
    buffer_put(out, give_time_text(text, wall_ms));
}

/* Who are they? */

static const char *judge_people(const struct explain *explain, struct buffer *out)
{
    const char *watcher = watcher_of(explain), *presentity = presentity_of(explain);
    if (explain->presentity.domain == NULL) {
        buffer_format(out, "%s is of another domain, whose own server decides who sees it.",
                      presentity);
        return "elsewhere";
    }
    if (!explain->presentity_is_user) {
        buffer_format(out, "There is no user %s, so there is nothing to see.", presentity);
        return "no_such_user";
    }
    if (explain->watcher.domain != NULL && !explain->watcher_is_user) {
        buffer_format(out, "There is no user %s who could see %s.", watcher, presentity);
        return "no_such_watcher";
    }
    if (explain->watcher_disabled) {
        buffer_format(out,
                      "%s sees nothing: its account is disabled, and whatever its devices ask is "
                      "answered 403.",
                      watcher);
        return "watcher_disabled";
    }
    return NULL;
}

/* May it see anything? */

static const char *default_name(enum policy_default usual)
{
    static const char *const names[] = {[POLICY_DOMAIN] = "domain",
                                        [POLICY_BUDDIES] = "buddies",
                                        [POLICY_ASK] = "ask",
                                        [POLICY_EVERYBODY] = "everybody",
                                        [POLICY_NOBODY] = "nobody"};
    return names[usual];
}

/* "by rule \"a\" of bob@example.org" */
static void put_source(const struct explain *explain, struct buffer *out)
{
    enum policy_source source = explain->decision.source;
    if (source == POLICY_SAYS_RULES)
        buffer_format(out, "rule \"%s\" of %s", explain->rule, presentity_of(explain));
    else if (source == POLICY_SAYS_ROSTER)
        buffer_format(out, "the roster of %s", presentity_of(explain));
    else if (source == POLICY_SAYS_DOMAIN)
        buffer_format(out, "the default of the domain (%s)", default_name(explain->usual));
    else
        buffer_format(out, "being the same user");
}

/* Of who may not see an event that is not for everybody whom policy lets through. */
static void put_audience(const struct explain *explain, struct buffer *out)
{
    buffer_format(out, "%s is blocked: the event %s is for %s alone", watcher_of(explain),
                  explain->event, presentity_of(explain));
    if (!explain->for_owner)
        buffer_format(out, " and for whom a rule of it allows");
    if (!explain->for_owner && explain->ruled)
        buffer_format(out, ", and rule \"%s\" says %s", explain->rule,
                      state_handling(explain->rule_says));
    buffer_format(out, ".");
}

static const char *judge_rules(const struct explain *explain, struct buffer *out)
{
    const char *watcher = watcher_of(explain), *presentity = presentity_of(explain);
    if (explain->decision.source == POLICY_SAYS_NOBODY) {
        buffer_format(out,
                      "%s waits, because the rules of %s cannot be read from the database at the "
                      "moment.",
                      watcher, presentity);
        return "rules_unknown";
    }
    if (explain->decision.source == POLICY_SAYS_BROKEN) {
        buffer_format(out,
                      "%s sees nothing, because the rules of %s are broken and nobody is let "
                      "through.",
                      watcher, presentity);
        return "rules_broken";
    }
    if (explain->decision.handling != SUB_BLOCK)
        return NULL;
    if (explain->by_event) {
        put_audience(explain, out);
        return "blocked";
    }
    buffer_format(out, "%s is blocked by ", watcher);
    put_source(explain, out);
    buffer_format(out, ".");
    return "blocked";
}

/* Does it watch? */

struct ending {
    const char *name, *text; /* that follows "... to bob ended at T, " */
};

static const struct ending endings[PRESENCE_ENDS] = {
    [END_UNSUBSCRIBED] = {"unsubscribed", "because its device ended it or asked only once"},
    [END_EXPIRED] = {"expired", "because its device did not refresh it in time"},
    [END_REJECTED] = {"rejected", "because it was not allowed any more then"},
    [END_GIVEUP] = {"given_up", "because nobody had allowed it for too long"},
    [END_DEACTIVATED] = {"deactivated", "because the server ended it, and the device has not come "
                                        "back yet"},
    [END_PROBATION] = {"probation", "because the server told the device to come back later"},
    [END_NORESOURCE] = {"noresource", "because there was no such user then"},
    [END_SILENT] = {"notify_unanswered", "because a NOTIFY to its device was not answered"},
    [END_REFUSED] = {"notify_refused", "because its device refused a NOTIFY as one that it does "
                                       "not know"},
    [END_UNREACHABLE] = {"unreachable", "because there was no way to its device any more"},
};

/* What would come of it. */
static const char *prospect(const struct explain *explain)
{
    if (explain->decision.handling == SUB_CONFIRM)
        return "would have to wait for that user's word";
    return explain->decision.handling == SUB_POLITE_BLOCK ? "would be shown that user offline"
                                                          : "would be let through";
}

static const char *judge_past(const struct explain *explain, struct buffer *out)
{
    const char *watcher = watcher_of(explain), *presentity = presentity_of(explain);
    if (explain->ended.why != END_NONE) {
        buffer_format(out, "%s sees nothing: its last subscription to %s ended at ", watcher,
                      presentity);
        put_time(out, explain->ended.when_ms);
        buffer_format(out, " %s.", endings[explain->ended.why].text);
        return endings[explain->ended.why].name;
    }
    if (explain->stranger) {
        buffer_format(out,
                      "%s sees nothing: it is of another domain and has never subscribed to %s "
                      "since the server began, and while it does not prove who it is it is "
                      "answered 403.",
                      watcher, presentity);
        return "stranger";
    }
    if (explain->watcher.domain != NULL && !explain->watcher_registered) {
        buffer_format(out,
                      "%s sees nothing: no device of it is registered, and none has subscribed to "
                      "%s since the server began.",
                      watcher, presentity);
        return "watcher_not_registered";
    }
    buffer_format(out,
                  "%s sees nothing: it has never subscribed to %s since the server began, and %s.",
                  watcher, presentity, prospect(explain));
    return "never_subscribed";
}

static const char *judge_pending(const struct explain *explain, struct buffer *out)
{
    const struct explain_subscription *subscription = &explain->subscription;
    bool waiting = subscription->waiting;
    buffer_format(out, "%s has asked, and %s for a word of %s since ", watcher_of(explain),
                  waiting ? "though its subscription is over, is still remembered as waiting"
                          : "waits",
                  presentity_of(explain));
    put_time(out, subscription->waits_since_ms);
    buffer_format(out, ", because ");
    put_source(explain, out);
    buffer_format(out, " lets nobody like it through without one.");
    return waiting ? "waiting" : "pending";
}

/* Does it hear of it? */

static const char *judge_trouble(const struct explain *explain, struct buffer *out)
{
    const struct explain_subscription *subscription = &explain->subscription;
    const char *watcher = watcher_of(explain);
    uint64_t spent_ms = explain->now_ms - subscription->told_ms;
    bool silent = subscription->owed == PRESENCE_OWED_UNDER_WAY && subscription->told_ms != 0 &&
                  spent_ms >= SILENT_MS;
    if (silent || subscription->owed == PRESENCE_OWED_SILENT) {
        buffer_format(out, "%s may see an old state: the NOTIFY of ", watcher);
        put_time(out, subscription->told_ms);
        buffer_format(out, " to %s is not answered%s.",
                      subscription->flow[0] != '\0' ? subscription->flow : "its device",
                      silent ? " yet" : ", and is tried again");
        return "notify_unanswered";
    }
    if (subscription->owed == PRESENCE_OWED_NO_WAY) {
        buffer_format(out, "%s may see an old state: since ", watcher);
        put_time(out, subscription->owed_since_ms);
        buffer_format(out, " there is no way to its device, and what it is to be told is held.");
        return "no_way";
    }
    if (subscription->owed == PRESENCE_OWED_ASKED) {
        buffer_format(out, "%s may see an old state: its device asked at ", watcher);
        put_time(out, subscription->owed_since_ms);
        buffer_format(out, " to be told later (Retry-After).");
        return "asked_later";
    }
    return NULL;
}

static const char *judge_again(const struct explain *explain, struct buffer *out)
{
    buffer_format(out, "%s is about to be told: who may see %s is being judged again.",
                  watcher_of(explain), presentity_of(explain));
    return "being_judged";
}

static const char *judge_news(const struct explain *explain, struct buffer *out)
{
    const struct explain_subscription *subscription = &explain->subscription;
    const char *watcher = watcher_of(explain);
    if (subscription->owed == PRESENCE_OWED_POLICY)
        return judge_again(explain, out);
    if (subscription->owed == PRESENCE_OWED_QUEUED) {
        buffer_format(out,
                      "%s is about to be told: after the restart of the server its turn has "
                      "not come yet.",
                      watcher);
        return "queued";
    }
    if (subscription->told_ms == 0 || subscription->answer < 300)
        return NULL;
    buffer_format(out, "%s may see an old state: the NOTIFY of ", watcher);
    put_time(out, subscription->told_ms);
    buffer_format(out, " was answered %u, and the next change is told again.",
                  subscription->answer);
    return "notify_failed";
}

/* Is it shown something? */

static const char *judge_nothing(const struct explain *explain, struct buffer *out)
{
    const char *watcher = watcher_of(explain), *presentity = presentity_of(explain);
    if (explain->state.publications == 0 && !explain->whole.anything) {
        bool registered = explain->presentity_registered;
        if (explain->presentity_disabled) {
            buffer_format(out,
                          "%s sees %s offline, because that account is disabled and nothing is "
                          "published for it.",
                          watcher, presentity);
            return "presentity_disabled";
        }
        buffer_format(out, "%s sees %s offline, because nothing is published for it%s.", watcher,
                      presentity,
                      registered ? ", though a device of it is registered"
                                 : " and no device of it is registered");
        return registered ? "nothing_published" : "presentity_not_registered";
    }
    if (explain->whole.anything && !explain->by_rights.anything) {
        buffer_format(out, "%s sees an empty document: of what %s shows, ", watcher, presentity);
        put_source(explain, out);
        buffer_format(out, " leaves nothing.");
        return "rights_leave_nothing";
    }
    if (explain->by_rights.anything && !explain->seen.anything) {
        buffer_format(out,
                      "%s sees an empty document: the filter that its own device sent leaves "
                      "nothing of what %s shows.",
                      watcher, presentity);
        return "filter_leaves_nothing";
    }
    return NULL;
}

static const char *judge_closed(const struct explain *explain, struct buffer *out)
{
    const char *watcher = watcher_of(explain), *presentity = presentity_of(explain);
    if (explain->state.doubted && explain->live > 0) {
        buffer_format(out,
                      "%s sees %s offline, because no device of it is registered, and here what "
                      "is published counts only while one is.",
                      watcher, presentity);
        return "registration_rules";
    }
    if (explain->live + explain->set > 0 || explain->last_seen == 0 || explain->seen.open)
        return NULL;
    buffer_format(out,
                  "%s sees %s offline: its last client is gone or did not refresh, and was last "
                  "seen at ",
                  watcher, presentity);
    put_time(out, explain->state.changed_ms);
    buffer_format(out, ".");
    return "last_seen";
}

static const char *judge_seen(const struct explain *explain, struct buffer *out)
{
    const char *words = explain->seen.words;
    uint64_t since_ms = explain->state.changed_ms;
    buffer_format(out, "%s sees %s as %s%s%s%s", watcher_of(explain), presentity_of(explain),
                  explain->seen.open ? "open" : "closed", words[0] != '\0' ? " (" : "", words,
                  words[0] != '\0' ? ")" : "");
    if (explain->state.fallback) {
        buffer_format(out, ", because a device of it is registered and nothing is published.");
        return "registered";
    }
    if (since_ms < explain->subscription.since_ms)
        since_ms = explain->subscription.since_ms;
    buffer_format(out, " since ");
    put_time(out, since_ms);
    buffer_format(out, ", allowed by ");
    put_source(explain, out);
    buffer_format(out, ".");
    return "sees";
}

static const char *judge_polite(const struct explain *explain, struct buffer *out)
{
    if (explain->decision.handling != SUB_POLITE_BLOCK)
        return NULL;
    buffer_format(out, "%s is blocked politely by ", watcher_of(explain));
    put_source(explain, out);
    buffer_format(out, ": it is shown %s offline whatever there is.", presentity_of(explain));
    return "polite_blocked";
}

/* Of other events than presence no more is said than that. */
static const char *judge_told(const struct explain *explain, struct buffer *out)
{
    buffer_format(out, "%s is told the %s state of %s, allowed by ", watcher_of(explain),
                  explain->event, presentity_of(explain));
    put_source(explain, out);
    buffer_format(out, ".");
    return "told";
}

/* Who is only remembered as waiting, and would not have to wait any more, is forgotten in a moment.
 */
static bool is_absent(const struct explain *explain)
{
    const struct explain_subscription *subscription = &explain->subscription;
    return !subscription->there ||
           (subscription->waiting && explain->decision.handling != SUB_CONFIRM);
}

static const char *judge_watching(const struct explain *explain, struct buffer *out)
{
    const char *found = NULL;
    if (!explain->subscription.active)
        return explain->decision.handling == SUB_CONFIRM ? judge_pending(explain, out)
                                                         : judge_again(explain, out);
    if ((found = judge_trouble(explain, out)) == NULL)
        found = judge_news(explain, out);
    if (found == NULL)
        found = judge_polite(explain, out);
    if (found == NULL && !bytes_equal(bytes_of(explain->event), BYTES("presence")))
        found = judge_told(explain, out);
    if (found == NULL)
        found = judge_nothing(explain, out);
    if (found == NULL)
        found = judge_closed(explain, out);
    return found != NULL ? found : judge_seen(explain, out);
}

const char *explain_sentence(const struct explain *explain, struct buffer *out)
{
    assert(explain->event != NULL && out->size >= EXPLAIN_SENTENCE_MAX);
    const char *found = judge_people(explain, out);
    if (found == NULL)
        found = judge_rules(explain, out);
    bool absent = found == NULL && is_absent(explain);
    if (found == NULL)
        found = absent ? judge_past(explain, out) : judge_watching(explain, out);
    explain_put_way(explain, found, absent, out);
    return found;
}
