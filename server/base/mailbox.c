/* mailbox.c: a queue between threads: a list, a lock, and one of two bells.
 *
 * The bell rings when a letter comes into an empty box only: the owner always takes all of them. It
 * is the condition variable for an owner that waits here, and `wake` for one that waits in a loop
 * of its own. */
#include "base/mailbox.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"

struct mailbox {
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    struct letter *first, **end;
    size_t count;
    void (*wake)(void *context);
    void *context;
};

/* These calls fail for misuse only. */
static void must(int result)
{
    assert(result == 0);
    (void)result;
}

struct mailbox *mailbox_new(void (*wake)(void *context), void *context)
{
    struct mailbox *mailbox = memory_new(sizeof(*mailbox));
    pthread_condattr_t monotonic;
    must(pthread_condattr_init(&monotonic));
    must(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC));
    must(pthread_mutex_init(&mailbox->lock, NULL));
    must(pthread_cond_init(&mailbox->arrived, &monotonic));
    must(pthread_condattr_destroy(&monotonic));
    mailbox->end = &mailbox->first;
    mailbox->wake = wake;
    mailbox->context = context;
    return mailbox;
}

void mailbox_free(struct mailbox **mailbox)
{
    struct mailbox *old = *mailbox;
    *mailbox = NULL;
    if (old == NULL)
        return;
    assert(old->first == NULL);
    must(pthread_cond_destroy(&old->arrived));
    must(pthread_mutex_destroy(&old->lock));
    free(old);
}

size_t mailbox_post(struct mailbox *mailbox, struct letter *letter)
{
    assert(letter != NULL);
    letter->next = NULL;
    must(pthread_mutex_lock(&mailbox->lock));
    *mailbox->end = letter;
    mailbox->end = &letter->next;
    size_t count = ++mailbox->count;
    if (count == 1)
        must(pthread_cond_signal(&mailbox->arrived));
    must(pthread_mutex_unlock(&mailbox->lock));
    if (count == 1 && mailbox->wake != NULL)
        mailbox->wake(mailbox->context);
    return count;
}

static struct letter *mailbox_empty(struct mailbox *mailbox)
{
    struct letter *letters = mailbox->first;
    mailbox->first = NULL;
    mailbox->end = &mailbox->first;
    mailbox->count = 0;
    return letters;
}

struct letter *mailbox_take(struct mailbox *mailbox)
{
    must(pthread_mutex_lock(&mailbox->lock));
    struct letter *letters = mailbox_empty(mailbox);
    must(pthread_mutex_unlock(&mailbox->lock));
    return letters;
}

static struct timespec deadline_in(unsigned timeout_ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += (time_t)(timeout_ms / 1000);
    at.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

struct letter *mailbox_wait(struct mailbox *mailbox, unsigned timeout_ms)
{
    struct timespec deadline = deadline_in(timeout_ms);
    int result = 0;
    must(pthread_mutex_lock(&mailbox->lock));
    while (mailbox->first == NULL && result != ETIMEDOUT) {
        result = pthread_cond_timedwait(&mailbox->arrived, &mailbox->lock, &deadline);
        assert(result == 0 || result == ETIMEDOUT);
    }
    struct letter *letters = mailbox_empty(mailbox);
    must(pthread_mutex_unlock(&mailbox->lock));
    return letters;
}

size_t mailbox_count(struct mailbox *mailbox)
{
    must(pthread_mutex_lock(&mailbox->lock));
    size_t count = mailbox->count;
    must(pthread_mutex_unlock(&mailbox->lock));
    return count;
}
