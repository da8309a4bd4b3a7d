/* rest.c: what must hold when nobody has anything under way. */
#include "lossy.h"

#include <stdio.h>
#include <string.h>
#include <utlist.h>

static const char *const kind_names[KINDS] = {"PUBLISH", "SUBSCRIBE", "REGISTER", "MESSAGE",
                                              "INVITE",  "CANCEL",    "BYE"};

static const char *what_is_busy(const struct test *test)
{
    const struct party *party;
    for (unsigned i = 0; i < test->request_count; i++)
        if (test->requests[i].status == 0)
            return test->requests[i].sent->bytes;
    for (unsigned i = 0; i < test->call_count * LEGS; i++) {
        enum leg_state state = test->calls[i / LEGS].legs[i % LEGS].state;
        if (state != LEG_NONE && state != LEG_OVER)
            return test->calls[i / LEGS].invite->bytes;
    }
    DL_FOREACH(test->play.parties, party)
    {
        if (party->inbox != NULL || peer_figures(party->peer).waiting > 0)
            return party->name;
    }
    return NULL;
}

static size_t count_of(const char *text, const char *word)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
        count++;
    return count;
}

static bool user_is_lost(const struct test *test, unsigned user)
{
    bool lost = false;
    for (unsigned i = 0; i < DEVICES; i++)
        lost |= test->devices[i].user == user && test->devices[i].lost;
    return lost;
}

/* What the watcher was told is what is published. */
static bool is_told(const struct test *test, const struct slot *slot)
{
    size_t published = 0;
    char note[LABEL_MAX];
    for (unsigned i = 0; i < DEVICES; i++) {
        const struct device *device = &test->devices[i];
        if (device->user != slot->user || device->note == 0)
            continue;
        published++;
        snprintf(note, sizeof(note), ">n%u.<", device->note);
        if (strstr(slot->body, note) == NULL)
            return false;
    }
    return slot->body[0] != '\0' && !slot->terminated &&
           count_of(slot->body, "</note>") == published;
}

static bool check_slot(struct test *test, struct slot *slot)
{
    if (!slot->alive || slot->lost || user_is_lost(test, slot->user) || is_told(test, slot) ||
        excuse(test, slot))
        return true;
    return play_fault(&test->play, "%s was told something else than what is published in %s%s:\n%s",
                      slot->party->name, slot->call_id, slot->terminated ? " (ended)" : "",
                      slot->body);
}

/* A phone that accepted, and a caller that was refused, is a call that nobody ends. It may only be
 * when the server never heard of that phone (timer B). */
static bool check_call(struct test *test, const struct call *call)
{
    const struct request *invite = &test->requests[call->request];
    bool unheard = test->play.stage.metrics.values[METRIC_transactions_timed_out] > 0;
    if (!is_light(test) && unheard)
        return true;
    for (unsigned i = 0; i < LEGS; i++) {
        const struct leg *leg = &call->legs[i];
        if (leg->accepted && invite->status != 200 && invite->status != 408)
            return play_fault(&test->play, "%s accepted in %s, and the caller got a %u",
                              leg->party->name, call->label, invite->status);
    }
    return true;
}

/* What timed out at its sender may have been done or not. */
static bool check_counter(struct test *test, enum metric metric, enum kind kind)
{
    uint64_t counted = test->play.stage.metrics.values[metric];
    unsigned least = test->settled[kind], most = least + test->timed_out[kind];
    return (counted >= least && counted <= most) ||
           play_fault(&test->play, "the server counted %llu %s, and %u to %u %ss were answered",
                      (unsigned long long)counted, metric_name(metric), least, most,
                      kind_names[kind]);
}

static bool check_counters(struct test *test)
{
    return check_counter(test, METRIC_publications, KIND_PUBLISH) &&
           check_counter(test, METRIC_subscriptions, KIND_SUBSCRIBE) &&
           check_counter(test, METRIC_registrations, KIND_REGISTER) &&
           check_counter(test, METRIC_messages_relayed, KIND_MESSAGE) &&
           check_counter(test, METRIC_calls_relayed, KIND_INVITE);
}

static bool check_peers(struct test *test)
{
    const struct party *party;
    DL_FOREACH(test->play.parties, party)
    {
        if (is_light(test) && peer_figures(party->peer).unacknowledged > 0)
            return play_fault(&test->play, "%s answered an INVITE and got no ACK", party->name);
    }
    return true;
}

static bool check_messages(struct test *test)
{
    for (unsigned i = 0; i < test->request_count; i++) {
        const struct request *request = &test->requests[i];
        if (request->kind == KIND_MESSAGE && request->status == 200 &&
            test->messages[request->who] == 0)
            return play_fault(&test->play, "a MESSAGE was answered 200 and came nowhere:\n%s",
                              request->sent->bytes);
    }
    return true;
}

/* Its server transaction has not ended: 64*T1 after the answer at the earliest, but T4 after the
 * ACK for a failure (RFC 3261 17.2.1, timer I). */
static bool still_known(const struct test *test, const struct request *request)
{
    return request->at_ms + STORM_MS >= now(test) && request->status == 200;
}

static void send_again(struct test *test, const struct request *request)
{
    const struct place *place = request->party->place;
    const struct net_flow flow = {NET_UDP, place->server, place->address, 0};
    test->replayed++;
    stage_post(&test->play.stage, request->party->name, &flow,
               bytes_from(request->sent->bytes, request->sent->length));
}

/* Everything young once more, or twice, at one moment, so that no timer counts anything: nothing
 * changes, and nothing is written. */
static bool storm(struct test *test)
{
    struct stage *stage = &test->play.stage;
    struct weather *weather = &stage->net.weather;
    const struct weather_settings usual = weather->settings;
    const struct weather_settings storm = {.repeat = 50, .seed = usual.seed};
    const struct metrics before = stage->metrics;
    weather_set(weather, &storm);
    for (unsigned i = 0; i < test->request_count; i++)
        if (still_known(test, &test->requests[i]))
            send_again(test, &test->requests[i]);
    stage_settle(stage);
    take_all(test);
    weather_set(weather, &usual);
    for (int i = 0; i < METRIC_COUNT; i++)
        if (i != METRIC_retransmissions_absorbed && before.values[i] != stage->metrics.values[i])
            return play_fault(&test->play, "what was only sent again is counted: %s",
                              metric_name((enum metric)i));
    return is_fine(test);
}

/* Until nobody has said anything for longer than T2 and the latest of datagrams: then the server
 * does not wait for the answer to a NOTIFY either. */
static bool be_quiet(struct test *test)
{
    size_t said;
    do
        said = test->play.stage.wire.length;
    while (go_on(test, QUIET_MS) && said != test->play.stage.wire.length);
    return is_fine(test);
}

bool come_to_rest(struct test *test)
{
    uint64_t until_ms = now(test) + REST_MS;
    while (what_is_busy(test) != NULL)
        if (now(test) > until_ms || !go_on(test, 200))
            return play_fault(&test->play, "it does not come to rest: %s", what_is_busy(test));
    if (!be_quiet(test))
        return false;
    for (unsigned i = 0; i < SLOTS; i++)
        if (!check_slot(test, &test->slots[i]))
            return false;
    for (unsigned i = 0; i < test->call_count; i++)
        if (!check_call(test, &test->calls[i]))
            return false;
    return check_counters(test) && check_messages(test) && check_peers(test) && storm(test);
}

/* In the end every timer has run out. */
bool end(struct test *test)
{
    return come_to_rest(test) && go_on(test, LINGER_MS) && play_work_is_done(&test->play) &&
           check_counters(test);
}
