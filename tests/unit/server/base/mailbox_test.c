/* mailbox_test.c: letters between threads: none lost, each sender's in order. */
#include "base/mailbox.h"

#include <pthread.h>

#include "unit.h"

enum { SENDERS = 4, EACH = 5000 };

struct note {
    struct letter letter;
    int sender, number;
};

static void count_wake(void *context)
{
    ++*(int *)context;
}

START_TEST(letters_come_out_in_order_and_wake_once)
{
    int wakes = 0;
    struct mailbox *mailbox = mailbox_new(count_wake, &wakes);
    struct note a = {.number = 1}, b = {.number = 2};
    ck_assert_ptr_null(mailbox_take(mailbox));
    ck_assert_uint_eq(mailbox_post(mailbox, &a.letter), 1);
    ck_assert_uint_eq(mailbox_post(mailbox, &b.letter), 2);
    ck_assert_int_eq(wakes, 1);
    ck_assert_uint_eq(mailbox_count(mailbox), 2);
    struct letter *letters = mailbox_take(mailbox);
    ck_assert_ptr_eq(letters, &a.letter);
    ck_assert_ptr_eq(letters->next, &b.letter);
    ck_assert_ptr_null(letters->next->next);
    mailbox_post(mailbox, &a.letter);
    ck_assert_int_eq(wakes, 2);
    ck_assert_ptr_eq(mailbox_take(mailbox), &a.letter);
    mailbox_free(&mailbox);
}
END_TEST

START_TEST(waiting_ends_with_the_time)
{
    struct mailbox *mailbox = mailbox_new(NULL, NULL);
    ck_assert_ptr_null(mailbox_wait(mailbox, 1));
    mailbox_free(&mailbox);
}
END_TEST

struct sender {
    struct mailbox *mailbox;
    struct note *notes;
    int number;
};

static void *send_all(void *context)
{
    struct sender *sender = context;
    for (int i = 0; i < EACH; i++) {
        sender->notes[i] = (struct note){.sender = sender->number, .number = i};
        mailbox_post(sender->mailbox, &sender->notes[i].letter);
    }
    return NULL;
}

START_TEST(none_is_lost_between_threads)
{
    struct mailbox *mailbox = mailbox_new(NULL, NULL);
    struct sender senders[SENDERS];
    pthread_t threads[SENDERS];
    int next[SENDERS] = {0}, got = 0;
    for (int i = 0; i < SENDERS; i++) {
        senders[i] = (struct sender){mailbox, calloc(EACH, sizeof(struct note)), i};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, send_all, &senders[i]), 0);
    }
    while (got < SENDERS * EACH) {
        struct letter *letter = mailbox_wait(mailbox, 10000);
        ck_assert_ptr_nonnull(letter);
        for (; letter != NULL; letter = letter->next, got++) {
            const struct note *note = (const struct note *)(const void *)letter;
            ck_assert_int_eq(note->number, next[note->sender]++);
        }
    }
    for (int i = 0; i < SENDERS; i++) {
        pthread_join(threads[i], NULL);
        free(senders[i].notes);
    }
    mailbox_free(&mailbox);
}
END_TEST

UNIT_MAIN("mailbox", letters_come_out_in_order_and_wake_once, waiting_ends_with_the_time,
          none_is_lost_between_threads)
