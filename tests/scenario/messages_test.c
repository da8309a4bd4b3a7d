/* messages_test.c: random lives of messages, with crashes and refusals, against a simple model.
 *
 *     scenario-messages [FIRST-SEED [SEEDS [ROUNDS]]]
 *
 * Three devices of one user come, go, answer late, are busy or refuse; three senders write to it.
 * The store holds, commits a part, refuses; the server crashes. The model is what was said aloud:
 *
 *   a message that its sender was told 2xx of is taken, in the end, by each device, unless that
 *   one refused it for good
 *   nobody gets again what it has taken, once its sender has an answer and the store works
 *   no sender is answered before that is durable
 *
 * What got no answer is sent again by its client, as by timer E. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/memory.h"
#include "play.h"
#include "seeds.h"

enum {
    DEVICES = 3,
    SENDERS = 3,
    LETTERS_MAX = 2000,
    BRANCH_MAX = 128,
    REST_STEPS = 80,
    REST_STEP_MS = 20000,
    FRESH_MS = 30000 /* after which nobody waits for an answer */
};

/* What a device has said of a letter. */
struct word {
    unsigned status;         /* 0: nothing yet */
    bool sure;               /* nothing can undo it any more */
    char branch[BRANCH_MAX]; /* that it answered last, ... */
    unsigned said;           /* ... and how */
    char latest[BRANCH_MAX]; /* that came last, ... */
    uint64_t since_ms;       /* ... and when */
};

struct parcel {
    bool accepted;
    struct word words[DEVICES];
};

struct device {
    char name[8], contact[128];
    struct party *party;
    bool here; /* it is registered, as far as it knows */
};

struct sender {
    char name[8];
    struct party *party;
    unsigned letter; /* that waits for its answer; 0: none */
};

struct test {
    struct play play;
    uint64_t seed;
    bool holds, partial; /* partial: what was said last may not be among what is durable */
    struct device devices[DEVICES];
    struct sender senders[SENDERS];
    struct parcel letters[LETTERS_MAX];
    unsigned count; /* letters, from 1 */
    unsigned accepted, taken, again, crashes, refusals;
};

static unsigned choose(struct test *test, unsigned below)
{
    uint64_t value;
    seeded_random(&test->seed, &value, sizeof(value));
    return (unsigned)(value % below);
}

static unsigned letter_of(const struct arrival *arrival)
{
    uint32_t number = 0;
    struct bytes body = arrival->message.body;
    if (body.length < 2 || !bytes_to_u32(bytes_skip(body, 1), &number) || number >= LETTERS_MAX)
        return 0;
    return number;
}

/* Devices. */

static uint64_t now(const struct test *test)
{
    return test->play.stage.world.now_ms;
}

/* Nothing of the same letter came later. */
static bool is_latest(const struct arrival *arrival)
{
    for (const struct arrival *later = arrival->next; later != NULL; later = later->next)
        if (letter_of(later) == letter_of(arrival))
            return false;
    return true;
}

static void note_arrivals(struct test *test)
{
    const struct arrival *arrival;
    for (unsigned i = 0; i < DEVICES; i++)
        DL_FOREACH(test->devices[i].party->inbox, arrival)
        {
            struct word *word = &test->letters[letter_of(arrival)].words[i];
            struct bytes branch = arrival->message.via.branch;
            if (!arrival->message.request || !is_latest(arrival) ||
                bytes_equal(branch, bytes_of(word->latest)))
                continue;
            snprintf(word->latest, sizeof(word->latest), "%.*s", BYTES_ARGS(branch));
            word->since_ms = now(test);
        }
}

static void pass(struct test *test, uint64_t ms)
{
    for (; ms > 1000; ms -= 1000) {
        play_pass(&test->play, 1000);
        note_arrivals(test);
    }
    play_pass(&test->play, ms);
    note_arrivals(test);
}

static bool answer(struct test *test, unsigned index, struct arrival *arrival, unsigned status)
{
    struct device *device = &test->devices[index];
    unsigned number = letter_of(arrival);
    struct parcel *letter = &test->letters[number];
    struct word *word = &letter->words[index];
    struct bytes branch = arrival->message.via.branch;
    bool repeated = bytes_equal(branch, bytes_of(word->branch));
    bool fresh =
        bytes_equal(branch, bytes_of(word->latest)) && now(test) < word->since_ms + FRESH_MS;
    party_see(device->party, arrival);
    if (number == 0)
        return play_fault(&test->play, "%s gets what nobody sent", device->name);
    if (word->sure && !repeated && fresh)
        return play_fault(&test->play, "%s gets m%u again", device->name, number);
    if (repeated)
        status = word->said;
    if (status == 0 || !fresh)
        return true; /* it is slow, or nobody waits any more */
    test->again += word->status == 200 && !repeated;
    test->taken += word->status == 0 && status == 200;
    snprintf(word->branch, sizeof(word->branch), "%.*s", BYTES_ARGS(branch));
    word->said = status;
    play_say(&test->play, "%s answers %u", device->name, status);
    if (status != 200 && status != 403)
        return test->play.fault.length == 0;
    if (word->status != 200)
        word->status = status;
    word->sure = word->sure || (letter->accepted && !test->holds && !repeated);
    return test->play.fault.length == 0;
}

static unsigned choose_status(struct test *test)
{
    static const unsigned some[] = {200, 200, 200, 200, 200, 486, 480, 500, 403, 0, 0};
    return some[choose(test, sizeof(some) / sizeof(some[0]))];
}

/* Each device answers what it has, or some of it; `all`: everything, and takes it. */
static bool answer_some(struct test *test, bool all)
{
    for (unsigned i = 0; i < DEVICES; i++) {
        struct party *party = test->devices[i].party;
        while (party->inbox != NULL && (all || choose(test, 4) > 0)) {
            struct arrival *first = party->inbox;
            note_arrivals(test);
            if (!first->message.request)
                party_see(party, first);
            else if (!answer(test, i, first, all ? 200 : choose_status(test)))
                return false;
        }
    }
    return true;
}

static bool move(struct test *test, struct device *device, bool comes)
{
    device->here = comes && !test->holds;
    return play_say_with(&test->play, device->contact, "%s sends REGISTER expires %s", device->name,
                         comes ? "80000" : "0");
}

/* Senders. */

static bool settle(struct test *test, struct sender *sender, unsigned status)
{
    struct parcel *letter = &test->letters[sender->letter];
    if (status < 200)
        return true;
    if (status >= 300 && status != 500 && status != 403 && status != 480)
        return play_fault(&test->play, "%s gets %u", sender->name, status);
    if (test->holds && status < 300)
        return play_fault(&test->play, "%s is answered before it is durable", sender->name);
    sender->letter = 0;
    if (status >= 300)
        return true;
    letter->accepted = true;
    test->accepted++;
    for (unsigned i = 0; i < DEVICES; i++)
        letter->words[i].sure = letter->words[i].status != 0 && !test->partial;
    return true;
}

static bool hear_senders(struct test *test)
{
    for (unsigned i = 0; i < SENDERS; i++) {
        struct sender *sender = &test->senders[i];
        while (sender->party->inbox != NULL) {
            struct arrival *first = sender->party->inbox;
            unsigned status = first->message.status;
            party_see(sender->party, first);
            if (sender->letter != 0 && !settle(test, sender, status))
                return false;
        }
    }
    return true;
}

static bool send(struct test *test)
{
    struct sender *sender = &test->senders[choose(test, SENDERS)];
    if (sender->letter != 0 || test->count + 1 >= LETTERS_MAX)
        return true;
    sender->letter = ++test->count;
    return play_say(&test->play, "%s sends MESSAGE to alice text \"m%u\"", sender->name,
                    sender->letter);
}

static bool send_again(struct test *test)
{
    for (unsigned i = 0; i < SENDERS; i++)
        if (test->senders[i].letter != 0)
            play_say(&test->play, "%s repeats", test->senders[i].name);
    return test->play.fault.length == 0 && hear_senders(test);
}

/* The server. */

static void forget_arrivals(struct test *test)
{
    for (unsigned i = 0; i < DEVICES; i++)
        while (test->devices[i].party->inbox != NULL)
            party_see(test->devices[i].party, test->devices[i].party->inbox);
}

/* Nobody will remember what was said of a letter that its sender was not told of. */
static void forget_words(struct test *test)
{
    for (unsigned i = 1; i <= test->count; i++)
        for (unsigned j = 0; j < DEVICES && !test->letters[i].accepted; j++)
            test->letters[i].words[j].status = 0;
}

/* What came before it and was not answered has gone with it. */
static bool crash(struct test *test)
{
    test->crashes++;
    forget_arrivals(test);
    if (!hear_senders(test))
        return false;
    forget_words(test);
    test->holds = test->partial = false;
    if (!play_say(&test->play, "the server crashes and restarts") ||
        !play_say(&test->play, "the store works"))
        return false;
    return send_again(test);
}

/* While the store holds, whatever a device says may be forgotten again. */
static bool hold_for_a_while(struct test *test)
{
    struct stage *stage = &test->play.stage;
    unsigned count = 1 + choose(test, 6);
    if (!hear_senders(test) || !play_say(&test->play, "the store holds"))
        return false;
    test->holds = true;
    for (unsigned i = 0; i < count; i++) {
        bool fine = choose(test, 2) == 0 ? send(test) : answer_some(test, false);
        pass(test, choose(test, 1500));
        if (!fine || !hear_senders(test))
            return false;
    }
    unsigned how = choose(test, 4);
    if (how == 0) {
        test->refusals++;
        stage_refuse(stage);
        stage_settle(stage);
    } else if (how == 1) {
        test->holds = false; /* what is committed now may be told */
        test->partial = true;
        stage_commit(stage, 1 + choose(test, 3));
        stage_settle(stage);
    }
    if (how == 1 || how == 2)
        return crash(test);
    test->holds = false;
    return play_say(&test->play, "the store works") && hear_senders(test);
}

static bool come_to_rest(struct test *test)
{
    bool fine = hear_senders(test);
    for (unsigned i = 0; fine && i < DEVICES; i++)
        fine = test->devices[i].here || move(test, &test->devices[i], true);
    for (unsigned i = 0; fine && i < REST_STEPS; i++) {
        fine = answer_some(test, true) && hear_senders(test);
        pass(test, i % 4 == 0 ? REST_STEP_MS : 10);
    }
    for (unsigned i = 1; fine && i <= test->count; i++)
        for (unsigned j = 0; fine && j < DEVICES; j++)
            if (test->letters[i].accepted && test->letters[i].words[j].status == 0)
                fine = play_fault(&test->play, "%s never got m%u", test->devices[j].name, i);
    for (unsigned i = 0; fine && i < SENDERS; i++)
        if (test->senders[i].letter != 0)
            fine = play_fault(&test->play, "%s got no answer", test->senders[i].name);
    return fine && test->play.fault.length == 0;
}

static bool play_round(struct test *test)
{
    struct device *device = &test->devices[choose(test, DEVICES)];
    switch (choose(test, 16)) {
    case 0:
        return move(test, device, false) && hear_senders(test);
    case 1:
    case 2:
        return move(test, device, true) && hear_senders(test);
    case 3:
        return crash(test);
    case 4:
    case 5:
        return hold_for_a_while(test);
    case 6:
        return choose(test, 6) > 0 || come_to_rest(test);
    case 7:
    case 8:
        pass(test, choose(test, 20000));
        return hear_senders(test);
    case 9:
    case 10:
    case 11:
        return send(test) && hear_senders(test);
    default:
        return answer_some(test, false) && hear_senders(test);
    }
}

static bool set_up(struct test *test)
{
    struct play *play = &test->play;
    page_replace(&play->stage.configuration,
                 BYTES("trusted = [ \"127.0.0.0/8\" ];\nim: { rate_max = 0; };\n"));
    play_say(play, "users alice b0 b1 b2");
    for (unsigned i = 0; i < DEVICES; i++) {
        struct device *device = &test->devices[i];
        snprintf(device->name, sizeof(device->name), "d%u", i);
        snprintf(device->contact, sizeof(device->contact), "Contact: <sip:d%u@127.0.1.%u:5060>%s%s",
                 i, i + 1, i == 0 ? "" : ";+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-00000",
                 i == 0   ? ""
                 : i == 1 ? "0000001>\""
                          : "0000002>\"");
        play_say(play, "at %s udp 127.0.1.%u:5060 as alice", device->name, i + 1);
        device->party = play_party(play, bytes_of(device->name));
        move(test, device, true);
    }
    for (unsigned i = 0; i < SENDERS; i++) {
        struct sender *sender = &test->senders[i];
        snprintf(sender->name, sizeof(sender->name), "b%u", i);
        play_say(play, "at %s udp 127.0.2.%u:5060", sender->name, i + 1);
        sender->party = play_party(play, bytes_of(sender->name));
    }
    return play->fault.length == 0;
}

static bool run(uint64_t seed, unsigned rounds)
{
    struct test *test = memory_new(sizeof(*test));
    unsigned round = 0;
    test->seed = seed * 7919;
    bool fine = play_init(&test->play, "messages", seed) && set_up(test);
    while (fine && round++ < rounds)
        fine = play_round(test);
    fine = fine && come_to_rest(test);
    if (!fine)
        seeds_tell(&test->play, seed, round);
    else
        printf("ok seed %llu: %u messages, %u accepted, %u deliveries (%u again), %u crashes, "
               "%u refusals\n",
               (unsigned long long)seed, test->count, test->accepted, test->taken, test->again,
               test->crashes, test->refusals);
    play_release(&test->play);
    free(test);
    return fine;
}

int main(int count, char **arguments)
{
    return seeds_main(count, arguments, 10, 300, run);
}
