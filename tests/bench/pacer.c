/* pacer.c: sleeps until the next arrival, wakes the loop, and over again. */
#include "pacer.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

#include "base/memory.h"
#include "session.h"

enum { SECOND_NS = 1000000000, LEAST_NS = 100000 };

struct pacer {
    pthread_t thread;
    atomic_bool ending;
    struct loop *loop;
    uint64_t first_ns, step_ns;
};

static void sleep_until(uint64_t at_ns)
{
    struct timespec at = {(time_t)(at_ns / SECOND_NS), (long)(at_ns % SECOND_NS)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) != 0)
        ;
}

static void *pacer_run(void *context)
{
    struct pacer *pacer = context;
    (void)prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    uint64_t next_ns = pacer->first_ns;
    while (!atomic_load(&pacer->ending)) {
        sleep_until(next_ns);
        loop_wake(pacer->loop);
        uint64_t now = now_ns();
        uint64_t steps = (now - pacer->first_ns) / pacer->step_ns + 1;
        next_ns = pacer->first_ns + steps * pacer->step_ns;
    }
    return NULL;
}

struct pacer *pacer_new(struct loop *loop, uint64_t first_ns, unsigned rate_per_s)
{
    struct pacer *pacer = memory_new(sizeof(*pacer));
    uint64_t step_ns = SECOND_NS / rate_per_s;
    sigset_t all, before;
    pacer->loop = loop;
    pacer->first_ns = first_ns;
    pacer->step_ns = step_ns > LEAST_NS ? step_ns : LEAST_NS;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the loop's */
    int failed = pthread_create(&pacer->thread, NULL, pacer_run, pacer);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed == 0)
        return pacer;
    free(pacer);
    return NULL;
}

void pacer_free(struct pacer **pacer)
{
    struct pacer *old = *pacer;
    *pacer = NULL;
    if (old == NULL)
        return;
    atomic_store(&old->ending, true);
    (void)pthread_join(old->thread, NULL);
    free(old);
}
