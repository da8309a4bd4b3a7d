/* thread.c: the little that the store's two threads share. */
#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "store/writer_internal.h"

bool thread_start(pthread_t *thread, void *(*run)(void *context), void *context,
                  struct failure *failure)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(thread, NULL, run, context);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0)
        failure_set(failure, ERR_LIMIT,
                    "cannot start a thread: %s: raise the limit of processes (ulimit -u)",
                    strerror(error));
    return error == 0;
}

uint64_t thread_clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    assert(now.tv_sec >= 0);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}
