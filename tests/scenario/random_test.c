/* random_test.c: random lives of publications and subscriptions, with crashes and refusals, against
 * a simple model.
 *
 *     scenario-random [FIRST-SEED [SEEDS [ROUNDS]]]
 *
 * The model is what was acknowledged: a 2xx changes it, nothing else does. Some requests are sent
 * while the store holds; then it commits, refuses, commits a part and crashes, or commits unheard
 * and crashes; what got no answer is sent again, as a client would. From time to time all comes to
 * rest, and then
 *
 *   the last NOTIFY of each live subscription shows just what is published and not over
 *   no change was answered before it was durable
 *   whoever was subscribed has been told of the end, a second after its time was over
 *
 * Sometimes the store cannot be read: what is closed answers 503 and tells nobody anything.
 *
 * while check.c watches every message (CSeq, branches, order of 200 and NOTIFY, valid documents).
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/memory.h"
#include "play.h"
#include "seeds.h"

enum {
    PRESENTITIES = 2,
    DEVICES = 4,
    WATCHERS = 3,
    SLOTS = 6,
    TAG_MAX = 64,
    LABEL_MAX = 32,
    NEAR_MS = 2500,     /* to a deadline: rounding and clocks may differ */
    OUTLIVES_MS = 1000, /* how long a subscription may outlive its time */
};

enum pending { PENDING_NOTHING, PENDING_STATE, PENDING_REFRESH, PENDING_END };

struct device {
    char name[8];
    unsigned presentity;
    struct party *party;
    bool alive;
    unsigned note;
    uint64_t expires_ms;
    char tag[TAG_MAX];
    enum pending pending;
    unsigned pending_note;
};

struct slot {
    unsigned presentity;
    struct party *party;
    char label[LABEL_MAX], call_id[LABEL_MAX]; /* of its dialog; empty: none yet */
    bool alive, heard;
    uint64_t expires_ms;
    enum pending pending;
    char *body; /* of the last NOTIFY */
    bool terminated;
};

struct test {
    struct play play;
    uint64_t seed; /* of the test's own choices */
    unsigned serial;
    struct device devices[DEVICES];
    struct slot slots[SLOTS];
    unsigned done[8]; /* how often what was done, for the summary */
    bool unreadable;  /* partitions cannot be loaded, so they may be closed */
};

static const char *const presentities[PRESENTITIES] = {"alice", "bob"};

static unsigned choose(struct test *test, unsigned below)
{
    uint64_t value;
    seeded_random(&test->seed, &value, sizeof(value));
    return (unsigned)(value % below);
}

static uint64_t wall(const struct test *test)
{
    return test->play.stage.world.wall_ms;
}

/* Inboxes. */

static struct slot *slot_of(struct test *test, const struct party *party, struct bytes call_id)
{
    for (unsigned i = 0; i < SLOTS; i++)
        if (test->slots[i].party == party && bytes_equal(bytes_of(test->slots[i].call_id), call_id))
            return &test->slots[i];
    return NULL;
}

static void hear_notify(struct test *test, const struct party *party, const struct arrival *arrival)
{
    const struct sip_message *message = &arrival->message;
    struct slot *slot = slot_of(test, party, message->call_id);
    if (slot == NULL)
        return; /* of a dialog that was given up */
    slot->heard = true;
    slot->terminated =
        bytes_starts_with(sip_message_value(message, SIP_SUBSCRIPTION_STATE), BYTES("terminated"));
    page_replace(&slot->body, message->body);
}

/* Takes everything out of an inbox; the last final response, if any, is returned. */
static const struct arrival *drain(struct test *test, struct party *party)
{
    const struct arrival *final = NULL;
    while (party->inbox != NULL) {
        struct arrival *first = party->inbox;
        party_see(party, first);
        if (first->message.request)
            hear_notify(test, party, first);
        else if (first->message.status >= 200)
            final = first;
    }
    return final;
}

/* Devices: PUBLISH. */

static bool is_over(const struct test *test, uint64_t expires_ms)
{
    return expires_ms <= wall(test);
}

static bool is_near(const struct test *test, uint64_t expires_ms)
{
    uint64_t now_ms = wall(test);
    return expires_ms + NEAR_MS > now_ms && expires_ms < now_ms + NEAR_MS;
}

/* A change that was refused changed nothing; neither did what a closed partition was asked for. */
static bool is_refusal(const struct test *test, unsigned status)
{
    return status == 500 || (status == 503 && test->unreadable);
}

static bool settle_device(struct test *test, struct device *device, const struct arrival *answer)
{
    const struct sip_message *message = &answer->message;
    enum pending pending = device->pending;
    bool present;
    uint32_t expires_s;
    device->pending = PENDING_NOTHING;
    if (is_refusal(test, message->status))
        return true;
    if (message->status == 412 && is_near(test, device->expires_ms)) {
        device->alive = false;
        return true;
    }
    if (message->status != 200)
        return play_fault(&test->play, "%s gets\n%s", device->name, answer->bytes);
    struct bytes tag = sip_message_value(message, SIP_SIP_ETAG);
    snprintf(device->tag, sizeof(device->tag), "%.*s", BYTES_ARGS(tag));
    if (!verdict_ok(sip_message_number(message, SIP_EXPIRES, &present, &expires_s)) || !present)
        return play_fault(&test->play, "no Expires\n%s", answer->bytes);
    device->alive = pending != PENDING_END;
    device->expires_ms = wall(test) + (uint64_t)expires_s * 1000;
    if (pending == PENDING_STATE)
        device->note = device->pending_note;
    return true;
}

static bool publish(struct test *test, struct device *device)
{
    char match[TAG_MAX + 32];
    unsigned expires_s = 60 + choose(test, 240), what = choose(test, 4);
    bool known =
        device->alive && !is_near(test, device->expires_ms) && !is_over(test, device->expires_ms);
    if (!known && device->alive && !is_over(test, device->expires_ms))
        return true; /* about to end: its tag may be good or not */
    snprintf(match, sizeof(match), "SIP-If-Match: %s", device->tag);
    if (!known || what < 2) {
        device->pending = PENDING_STATE;
        device->pending_note = ++test->serial;
        play_say_with(&test->play, known ? match : NULL,
                      "%s sends PUBLISH open note n%u. tuple %s expires %u", device->name,
                      device->pending_note, device->name, expires_s);
    } else if (what == 2) {
        device->pending = PENDING_REFRESH;
        play_say_with(&test->play, match, "%s sends PUBLISH expires %u", device->name, expires_s);
    } else {
        device->pending = PENDING_END;
        play_say_with(&test->play, match, "%s sends PUBLISH expires 0", device->name);
    }
    test->done[0]++;
    return test->play.fault.length == 0;
}

/* Slots: SUBSCRIBE. */

static bool settle_slot(struct test *test, struct slot *slot, const struct arrival *answer)
{
    const struct sip_message *message = &answer->message;
    enum pending pending = slot->pending;
    bool present;
    uint32_t expires_s;
    slot->pending = PENDING_NOTHING;
    if (is_refusal(test, message->status))
        return true;
    if (message->status == 481 && is_near(test, slot->expires_ms)) {
        slot->alive = false;
        return true;
    }
    if (message->status != 200)
        return play_fault(&test->play, "%s gets\n%s", slot->party->name, answer->bytes);
    if (!verdict_ok(sip_message_number(message, SIP_EXPIRES, &present, &expires_s)) || !present)
        return play_fault(&test->play, "no Expires\n%s", answer->bytes);
    slot->alive = pending != PENDING_END;
    slot->expires_ms = wall(test) + (uint64_t)expires_s * 1000;
    return true;
}

static void subscribe_anew(struct test *test, struct slot *slot, unsigned expires_s)
{
    struct play *play = &test->play;
    snprintf(slot->label, sizeof(slot->label), "s%u", ++test->serial);
    slot->heard = slot->terminated = false;
    slot->pending = PENDING_STATE;
    /* the name is known before the NOTIFY comes */
    snprintf(slot->call_id, sizeof(slot->call_id), "c%u", test->serial);
    char call_id[LABEL_MAX + 16];
    snprintf(call_id, sizeof(call_id), "Call-ID: %s", slot->call_id);
    play_say_with(play, call_id, "%s sends SUBSCRIBE to %s expires %u as %s", slot->party->name,
                  presentities[slot->presentity], expires_s, slot->label);
}

static bool subscribe(struct test *test, struct slot *slot)
{
    struct play *play = &test->play;
    unsigned expires_s = 60 + choose(test, 300);
    if (slot->alive && is_near(test, slot->expires_ms))
        return true;
    test->done[1]++;
    if (!slot->alive || is_over(test, slot->expires_ms)) {
        subscribe_anew(test, slot, expires_s);
    } else if (choose(test, 3) > 0) {
        slot->pending = PENDING_REFRESH;
        play_say(play, "%s sends SUBSCRIBE in %s expires %u", slot->party->name, slot->label,
                 expires_s);
    } else {
        slot->pending = PENDING_END;
        play_say(play, "%s sends SUBSCRIBE in %s expires 0", slot->party->name, slot->label);
    }
    return play->fault.length == 0;
}

/* A party has one request under way at a time, so its last answer belongs to that. */
static bool is_busy(const struct test *test, const struct party *party)
{
    for (unsigned i = 0; i < SLOTS; i++)
        if (test->slots[i].party == party && test->slots[i].pending != PENDING_NOTHING)
            return true;
    return false;
}

/* Takes the answers of all that are waiting for one; `must`: each has to have come. */
static bool settle_all(struct test *test, bool must)
{
    for (unsigned i = 0; i < DEVICES; i++) {
        struct device *device = &test->devices[i];
        const struct arrival *answer = drain(test, device->party);
        if (device->pending == PENDING_NOTHING)
            continue;
        if (answer != NULL && !settle_device(test, device, answer))
            return false;
        if (answer == NULL && must)
            return play_fault(&test->play, "%s gets no answer", device->name);
    }
    const struct arrival *answers[WATCHERS] = {NULL};
    for (unsigned i = 0; i < SLOTS; i++) {
        struct slot *slot = &test->slots[i];
        if (i < WATCHERS)
            answers[i] = drain(test, slot->party);
        if (slot->pending == PENDING_NOTHING)
            continue;
        if (answers[i % WATCHERS] != NULL && !settle_slot(test, slot, answers[i % WATCHERS]))
            return false;
        if (answers[i % WATCHERS] == NULL && must)
            return play_fault(&test->play, "%s gets no answer", slot->party->name);
    }
    return true;
}

static bool request(struct test *test)
{
    if (choose(test, 2) == 0) {
        struct device *device = &test->devices[choose(test, DEVICES)];
        return device->pending != PENDING_NOTHING || publish(test, device);
    }
    struct slot *slot = &test->slots[choose(test, SLOTS)];
    return is_busy(test, slot->party) || subscribe(test, slot);
}

/* The store. */

/* Nothing may be answered while it holds. */
static bool nobody_was_answered(struct test *test)
{
    const struct party *party;
    const struct arrival *arrival;
    DL_FOREACH(test->play.parties, party)
    {
        DL_FOREACH(party->inbox, arrival)
        {
            if (!arrival->message.request && arrival->message.status == 200)
                return play_fault(&test->play, "answered before it is durable:\n%s",
                                  arrival->bytes);
        }
    }
    return true;
}

/* Whoever got no answer sends again, as by timer E. */
static bool send_again(struct test *test)
{
    for (unsigned i = 0; i < DEVICES; i++)
        if (test->devices[i].pending != PENDING_NOTHING)
            play_say(&test->play, "%s repeats", test->devices[i].name);
    for (unsigned i = 0; i < SLOTS; i++)
        if (test->slots[i].pending != PENDING_NOTHING)
            play_say(&test->play, "%s repeats", test->slots[i].party->name);
    return test->play.fault.length == 0;
}

static bool crash(struct test *test)
{
    test->done[2]++;
    return play_say(&test->play, "the server crashes and restarts");
}

/* Commits, but what was to leave is lost with the process. */
static bool commit_unheard(struct test *test)
{
    test->play.stage.net.up = false;
    stage_commit(&test->play.stage, SIZE_MAX);
    test->done[3]++;
    return crash(test);
}

static bool end_of_hold(struct test *test)
{
    struct stage *stage = &test->play.stage;
    bool fine = true;
    switch (choose(test, 5)) {
    case 0:
        stage_commit(stage, SIZE_MAX);
        break;
    case 1:
        test->done[4]++;
        stage_refuse(stage);
        break;
    case 2:
        stage_commit(stage, 1 + choose(test, 3));
        stage_settle(stage);
        fine = settle_all(test, false) && crash(test);
        break;
    case 3:
        fine = commit_unheard(test);
        break;
    default:
        fine = crash(test);
    }
    stage_settle(stage);
    return fine && play_say(&test->play, "the store works") && settle_all(test, false) &&
           send_again(test) && settle_all(test, true);
}

static bool hold_for_a_while(struct test *test)
{
    unsigned count = 1 + choose(test, 6);
    if (!settle_all(test, true) || !play_say(&test->play, "the store holds"))
        return false;
    for (unsigned i = 0; i < count; i++)
        if (!request(test) || !nobody_was_answered(test))
            return false;
    if (choose(test, 2) == 0)
        play_pass(&test->play, 1 + choose(test, 3000));
    return nobody_was_answered(test) && end_of_hold(test);
}

/* Late watchers. */

static void be_late(struct test *test)
{
    struct party *party;
    DL_FOREACH(test->play.parties, party)
    {
        party->notify_answer = 0;
    }
}

static void catch_up(struct test *test)
{
    struct party *party;
    const struct arrival *arrival;
    DL_FOREACH(test->play.parties, party)
    {
        party->notify_answer = 200;
        DL_FOREACH(party->inbox, arrival)
        {
            if (arrival->message.request)
                play_answer_later(&test->play, party, arrival);
        }
    }
    play_run_errands(&test->play);
}

/* For some seconds nobody answers; what changes meanwhile is folded. */
static bool be_late_for_a_while(struct test *test)
{
    if (!settle_all(test, true))
        return false;
    be_late(test);
    for (unsigned i = 0; i < DEVICES; i++) {
        struct device *device = &test->devices[i];
        if (!publish(test, device))
            return false;
        const struct arrival *arrival = device->party->inbox;
        if (device->pending != PENDING_NOTHING &&
            (arrival == NULL || !settle_device(test, device, arrival)))
            return play_fault(&test->play, "%s gets no answer", device->name);
        drain(test, device->party);
    }
    play_pass(&test->play, 1 + choose(test, 20000));
    catch_up(test);
    return settle_all(test, true);
}

/* Changes of subscriptions are refused, and then their partition is closed; perhaps all are, by a
 * start. Requests go on, and the last pause before a load may be a minute. */
static bool be_unreadable_for_a_while(struct test *test)
{
    unsigned count = 3 + choose(test, 8);
    bool fine = settle_all(test, true) && play_say(&test->play, "the store cannot be read");
    test->unreadable = true;
    test->done[7]++;
    for (unsigned i = 0; fine && i < count; i++)
        fine = request(test) && settle_all(test, true);
    if (fine && choose(test, 2) == 0)
        fine = crash(test) && request(test) && settle_all(test, true);
    play_pass(&test->play, choose(test, 100000));
    test->unreadable = false;
    fine = fine && settle_all(test, true) && play_say(&test->play, "the store can be read");
    play_pass(&test->play, 61000);
    return fine && settle_all(test, true);
}

/* At rest. */

static size_t count_of(const char *text, const char *word)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
        count++;
    return count;
}

static bool check_slot(struct test *test, const struct slot *slot)
{
    size_t alive = 0;
    char note[32];
    bool over = is_over(test, slot->expires_ms);
    if (slot->alive && over && slot->heard && !slot->terminated)
        return play_fault(&test->play, "%s: the subscription %s outlives its time",
                          slot->party->name, slot->call_id);
    if (!slot->alive || over)
        return true;
    if (!slot->heard || slot->terminated)
        return play_fault(&test->play,
                          "%s: the subscription %s lives, and was told nothing or its end",
                          slot->party->name, slot->call_id);
    for (unsigned i = 0; i < DEVICES; i++) {
        const struct device *device = &test->devices[i];
        if (device->presentity != slot->presentity || !device->alive ||
            is_over(test, device->expires_ms))
            continue;
        alive++;
        snprintf(note, sizeof(note), ">n%u.<", device->note);
        if (strstr(slot->body, note) == NULL)
            return play_fault(&test->play, "%s was not told of n%u by %s in %s:\n%s",
                              slot->party->name, device->note, device->name, slot->call_id,
                              slot->body);
    }
    if (count_of(slot->body, "</note>") != alive)
        return play_fault(&test->play, "%s was told of more than is published (%zu) in %s:\n%s",
                          slot->party->name, alive, slot->call_id, slot->body);
    return true;
}

static bool is_near_end(const struct test *test, const struct slot *slot)
{
    uint64_t now_ms = wall(test);
    return slot->expires_ms + OUTLIVES_MS > now_ms && slot->expires_ms < now_ms + NEAR_MS;
}

static bool near_deadline(const struct test *test)
{
    for (unsigned i = 0; i < DEVICES; i++)
        if (test->devices[i].alive && is_near(test, test->devices[i].expires_ms))
            return true;
    for (unsigned i = 0; i < SLOTS; i++)
        if (test->slots[i].alive && is_near_end(test, &test->slots[i]))
            return true;
    return false;
}

static bool come_to_rest(struct test *test)
{
    play_pass(&test->play, 200);
    while (near_deadline(test))
        play_pass(&test->play, 1000);
    if (!settle_all(test, true))
        return false;
    for (unsigned i = 0; i < SLOTS; i++)
        if (!check_slot(test, &test->slots[i]))
            return false;
    return test->play.fault.length == 0;
}

/* Rounds. */

static bool play_round(struct test *test)
{
    switch (choose(test, 13)) {
    case 0:
        test->done[5]++;
        play_pass(&test->play, choose(test, 120000));
        return settle_all(test, true);
    case 1:
        return crash(test);
    case 2:
        return play_say(&test->play, "the server restarts");
    case 3:
    case 4:
        return hold_for_a_while(test);
    case 5:
        return be_late_for_a_while(test);
    case 6:
        test->done[6]++;
        return come_to_rest(test);
    case 7:
        return be_unreadable_for_a_while(test);
    default:
        return request(test) && settle_all(test, true);
    }
}

static bool set_up(struct test *test)
{
    struct play *play = &test->play;
    page_replace(&play->stage.configuration, BYTES("trusted = [ \"127.0.0.0/8\" ];\n"));
    play_say(play, "users alice bob w0 w1 w2");
    for (unsigned i = 0; i < DEVICES; i++) {
        struct device *device = &test->devices[i];
        device->presentity = i % PRESENTITIES;
        snprintf(device->name, sizeof(device->name), "d%u", i);
        play_say(play, "at %s udp 127.0.1.%u:5060 as %s", device->name, i + 1,
                 presentities[device->presentity]);
        device->party = play_party(play, bytes_of(device->name));
    }
    for (unsigned i = 0; i < SLOTS; i++) {
        char name[16];
        snprintf(name, sizeof(name), "w%u", i % WATCHERS);
        play_say(play, "at %s udp 127.0.2.%u:5060", name, i % WATCHERS + 1);
        test->slots[i].party = play_party(play, bytes_of(name));
        test->slots[i].presentity = i / WATCHERS % PRESENTITIES;
    }
    if (play->fault.length == 0)
        catch_up(test);
    return play->fault.length == 0;
}

static bool run(uint64_t seed, unsigned rounds)
{
    struct test *test = memory_new(sizeof(*test));
    unsigned round = 0;
    test->seed = seed * 7919;
    bool fine = play_init(&test->play, "random", seed) && set_up(test);
    while (fine && round++ < rounds)
        fine = play_round(test);
    fine = fine && come_to_rest(test) && test->play.fault.length == 0;
    if (!fine)
        seeds_tell(&test->play, seed, round);
    else
        printf("ok seed %llu: %u PUBLISHes, %u SUBSCRIBEs, %u crashes (%u with unheard commits), "
               "%u refusals, %u times unreadable\n",
               (unsigned long long)seed, test->done[0], test->done[1], test->done[2], test->done[3],
               test->done[4], test->done[7]);
    for (unsigned i = 0; i < SLOTS; i++)
        free(test->slots[i].body);
    play_release(&test->play);
    free(test);
    return fine;
}

int main(int count, char **arguments)
{
    return seeds_main(count, arguments, 10, 150, run);
}
