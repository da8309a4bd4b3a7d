/* loop_test.c: the loop's own services: time, waking, signals, stopping. */
#include "client.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

struct note {
    struct bed *bed;
    struct timer timer;
    uint64_t fired_ms;
    size_t count;
    int number;
};

static struct note *note_of(struct timer *timer)
{
    return HOLDER(timer, struct note, timer);
}

static uint64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void note_fire(struct timer *timer)
{
    struct note *note = note_of(timer);
    note->fired_ms = note->bed->world.now_ms;
    loop_stop(note->bed->loop);
}

START_TEST(a_timer_fires_when_due_and_not_before)
{
    struct bed *bed = bed_new(NULL);
    struct note note = {.bed = bed};
    uint64_t start_ms = bed->world.now_ms, real_ms = monotonic_ms();
    world_timer(&bed->world, &note.timer, 150, note_fire);
    loop_run(bed->loop);
    ck_assert_uint_ge(note.fired_ms, start_ms + 150);
    ck_assert_uint_ge(monotonic_ms() + 1, real_ms + 150);
    ck_assert_uint_lt(monotonic_ms(), real_ms + 2000);
    bed_free(bed);
}
END_TEST

static void note_sooner(struct timer *timer)
{
    struct note *note = note_of(timer);
    if (++note->count < 50) {
        world_timer(&note->bed->world, timer, 1, note_sooner);
        return;
    }
    loop_stop(note->bed->loop);
}

static void never(struct timer *timer)
{
    (void)timer;
    ck_abort_msg("a cancelled timer fired");
}

START_TEST(an_earlier_timer_takes_the_place_of_a_later_one)
{
    struct bed *bed = bed_new(NULL);
    struct note late = {.bed = bed}, soon = {.bed = bed};
    world_timer(&bed->world, &late.timer, 60000, never);
    world_timer(&bed->world, &soon.timer, 1, note_sooner);
    loop_run(bed->loop);
    ck_assert_uint_eq(soon.count, 50);
    wheel_cancel(bed->world.wheel, &late.timer);
    bed_free(bed);
}
END_TEST

static void note_woken(void *context)
{
    struct note *note = context;
    note->count++;
    loop_stop(note->bed->loop);
}

static void *wake(void *loop)
{
    loop_wake(loop);
    return NULL;
}

START_TEST(another_thread_wakes_it)
{
    struct bed *bed = bed_new(NULL);
    struct note note = {.bed = bed};
    pthread_t thread;
    loop_on_wake(bed->loop, note_woken, &note);
    ck_assert_int_eq(pthread_create(&thread, NULL, wake, bed->loop), 0);
    loop_run(bed->loop);
    ck_assert_uint_ge(note.count, 1);
    pthread_join(thread, NULL);
    bed_free(bed);
}
END_TEST

static void *stop(void *loop)
{
    loop_stop(loop);
    return NULL;
}

START_TEST(another_thread_stops_it)
{
    struct bed *bed = bed_new(NULL);
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, stop, bed->loop), 0);
    loop_run(bed->loop);
    pthread_join(thread, NULL);
    bed_turns(bed, 3); /* and it can run again */
    bed_free(bed);
}
END_TEST

static void note_signal(void *context, int number)
{
    struct note *note = context;
    note->number = number;
    loop_stop(note->bed->loop);
}

START_TEST(a_signal_is_told)
{
    struct bed *bed = bed_new(NULL);
    struct note hup = {.bed = bed}, term = {.bed = bed};
    ck_assert_int_eq(loop_on_signal(bed->loop, SIGHUP, note_signal, &hup), ERR_NONE);
    ck_assert_int_eq(loop_on_signal(bed->loop, SIGTERM, note_signal, &term), ERR_NONE);
    ck_assert_int_eq(raise(SIGTERM), 0);
    loop_run(bed->loop);
    ck_assert_int_eq(term.number, SIGTERM);
    ck_assert_int_eq(hup.number, 0);
    ck_assert_int_eq(raise(SIGHUP), 0);
    loop_run(bed->loop);
    ck_assert_int_eq(hup.number, SIGHUP);
    bed_free(bed);
}
END_TEST

START_TEST(what_was_said_last_leaves_before_it_stops)
{
    struct bed *bed = bed_new(NULL);
    struct net_address address = bed_listen(bed, NET_UDP, "127.0.0.1");
    bed->client = client_open(SOCK_DGRAM, &address);
    client_say(bed->client, BYTES("hello"));
    bed_until_messages(bed, 1);
    loop_stop(bed->loop);
    ck_assert_int_eq(net_send(bed->net, &bed->flow, BYTES("bye"), BYTES("")), ERR_NONE);
    loop_run(bed->loop);
    client_read(bed);
    ck_assert_str_eq(bed->read, "bye");
    bed_free(bed);
}
END_TEST

START_TEST(it_is_freed_without_having_run)
{
    struct bed *bed = bed_new(NULL);
    (void)bed_listen(bed, NET_UDP, "127.0.0.1");
    (void)bed_listen(bed, NET_TCP, "127.0.0.1");
    bed_free(bed);
    struct loop *none = NULL;
    loop_free(&none);
}
END_TEST

UNIT_MAIN("net/loop", a_timer_fires_when_due_and_not_before,
          an_earlier_timer_takes_the_place_of_a_later_one, another_thread_wakes_it,
          another_thread_stops_it, a_signal_is_told, what_was_said_last_leaves_before_it_stops,
          it_is_freed_without_having_run)
