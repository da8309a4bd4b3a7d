/* lossy_test.c: random lives on a network that loses, repeats and reorders.
 *
 *     scenario-lossy [FIRST-SEED [SEEDS [ROUNDS]]]
 *
 * Devices publish, watchers subscribe, phones register, call each other (one user has two phones),
 * hang up, cancel and send messages, all at once; from time to time all comes to rest. Then
 *
 *   each request had one final answer at its sender, or ended by its timer
 *   each change was made once: the server's counters are those of the answers
 *   whoever watches was told last what was published last
 *   each phone that accepted was acknowledged and its call ended; each that was cancelled knows it
 *   each MESSAGE came to a phone at most once
 *   in light weather nothing ended by a timer
 *   what is sent once more changes no counter but that of retransmissions
 *
 * and in the end nothing is left of transactions and forks. peer.c watches over the answers (two
 * different ones, ones to nothing), check.c over every message. */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "lossy.h"
#include "seeds.h"

const char *const watched_users[USERS] = {"alice", "bob"};
const char *const phone_users[PHONES] = {"carol", "dave", "erin", "erin"};

unsigned choose(struct test *test, unsigned below)
{
    uint64_t value;
    seeded_random(&test->seed, &value, sizeof(value));
    return (unsigned)(value % below);
}

uint64_t now(const struct test *test)
{
    return test->play.stage.world.now_ms;
}

bool is_light(const struct test *test)
{
    return test->play.stage.net.weather.settings.lose <= LIGHT_LOSS;
}

bool is_fine(const struct test *test)
{
    return test->play.fault.length == 0;
}

/* Rounds. */

static bool hold_the_store(struct test *test)
{
    test->play.stage.store = STAGE_STORE_HOLDS;
    bool fine = go_on(test, choose(test, 2000));
    test->play.stage.store = STAGE_STORE_WORKS;
    return fine;
}

static bool play_round(struct test *test)
{
    unsigned what = choose(test, 24);
    if (what == 0)
        return come_to_rest(test);
    if (what == 1)
        return hold_the_store(test);
    if (what < 6)
        publish(test, choose(test, DEVICES));
    else if (what < 10)
        subscribe(test, choose(test, SLOTS));
    else if (what < 12)
        enroll(test, test->phones[choose(test, PHONES)]);
    else if (what < 17)
        call_somebody(test);
    else if (what < 20)
        send_message(test);
    else
        return go_on(test, choose(test, 3000));
    return go_on(test, choose(test, 100));
}

static struct party *place_party(struct test *test, const char *name, unsigned number,
                                 const char *user)
{
    play_say(&test->play, "at %s udp 127.0.1.%u:5060 as %s", name, number, user);
    return play_party(&test->play, bytes_of(name));
}

static void place_all(struct test *test)
{
    char name[16];
    for (unsigned i = 0; i < DEVICES; i++) {
        snprintf(name, sizeof(name), "d%u", i);
        test->devices[i].user = i % USERS;
        test->devices[i].party = place_party(test, name, 10 + i, watched_users[i % USERS]);
    }
    for (unsigned i = 0; i < SLOTS; i++) {
        snprintf(name, sizeof(name), "w%u", i % WATCHERS);
        test->slots[i].user = i / WATCHERS;
        test->slots[i].party = place_party(test, name, 20 + i % WATCHERS, name);
    }
    for (unsigned i = 0; i < PHONES; i++) {
        snprintf(name, sizeof(name), "p%u", i);
        test->phones[i] = place_party(test, name, 30 + i, phone_users[i]);
    }
}

static bool set_up(struct test *test)
{
    struct play *play = &test->play;
    unsigned lose = 1 + choose(test, choose(test, 2) == 0 ? LIGHT_LOSS : HEAVY_LOSS);
    page_replace(&play->stage.configuration, BYTES("trusted = [ \"127.0.0.0/8\" ];\n"));
    play_say(play, "users alice bob carol dave erin w0 w1 w2");
    play_say(play, "network lose %u%% repeat %u%% reorder %u%% seed %llu", lose,
             1 + choose(test, 25), choose(test, 31), (unsigned long long)test->seed);
    place_all(test);
    for (unsigned i = 0; i < WATCHERS && is_fine(test); i++)
        test->slots[i].party->notify_answer = 200;
    for (unsigned i = 0; i < PHONES; i++)
        enroll(test, test->phones[i]);
    return is_fine(test) && come_to_rest(test);
}

static void sum_up(const struct test *test, uint64_t seed)
{
    const struct weather *weather = &test->play.stage.net.weather;
    unsigned timed_out = 0;
    for (int i = 0; i < KINDS; i++)
        timed_out += test->timed_out[i];
    printf("ok seed %llu: %u requests, %u timed out; %u calls, %u times talked; %u datagrams lost, "
           "%u repeated, %u late; %u sent again at rest\n",
           (unsigned long long)seed, test->request_count, timed_out, test->call_count, test->talked,
           weather->lost, weather->repeated, weather->delayed, test->replayed);
}

static bool run(uint64_t seed, unsigned rounds)
{
    struct test *test = memory_new(sizeof(*test));
    unsigned round = 0;
    test->seed = seed * 7919;
    bool fine = play_init(&test->play, "lossy", seed) && set_up(test);
    while (fine && round++ < rounds)
        fine = play_round(test) && is_fine(test);
    fine = fine && end(test) && is_fine(test);
    if (fine)
        sum_up(test, seed);
    else
        seeds_tell(&test->play, seed, round);
    for (unsigned i = 0; i < SLOTS; i++)
        free(test->slots[i].body);
    play_release(&test->play);
    free(test);
    return fine;
}

int main(int count, char **arguments)
{
    return seeds_main(count, arguments, 20, 150, run);
}
