/* slow.c: what takes long, on a thread of its own.
 *
 *     `file` says web_slow --suspend--> thread: `work` --resume--> sent
 *                                                      --ask.c, if the reactor has to know-->
 *
 * Nobody else looks at a call while its connection is suspended. One is worked on at a time; the
 * thread of the one before is joined by the next one, or by the end, which the work looks out for
 * (web_is_ending). */
#include <assert.h>

#include "web/web_internal.h"

void web_slow(struct web_call *call, web_work_fn work)
{
    assert(call->status == 0 && work != NULL);
    call->work = work;
}

bool web_is_ending(const struct web_call *call)
{
    web_lock(call->web);
    bool ending = call->web->ending;
    web_unlock(call->web);
    return ending;
}

static void *run(void *context)
{
    struct web_call *call = context;
    struct web *web = call->web;
    call->work(call);
    web_lock(web);
    web->works = false; /* who has the answer may come again at once */
    bool ending = web->ending;
    web_unlock(web);
    if (ask_is_wanted(call) && !ending) {
        ask_pass(call);
    } else {
        ask_release(call);
        MHD_resume_connection(call->connection);
    }
    call_drop(call);
    return NULL;
}

/* The place of the one worker, and the thread that had it before. */
struct place {
    bool mine, busy, left;
    pthread_t before;
};

static struct place take_place(struct web *web)
{
    web_lock(web);
    struct place place = {
        .mine = !web->works && !web->ending, .busy = web->works, .before = web->worker};
    place.left = place.mine && web->has_worker;
    web->has_worker = web->has_worker && !place.mine;
    web->works = web->works || place.mine;
    web_unlock(web);
    return place;
}

/* Under the lock, which a thread that ends at once takes, too: it is known before. */
static bool start(struct web_call *call)
{
    struct web *web = call->web;
    web_lock(web);
    call->holders++;
    web->has_worker = !web->ending && pthread_create(&web->worker, NULL, run, call) == 0;
    web->works = web->has_worker;
    call->holders -= !web->has_worker;
    bool started = web->has_worker;
    web_unlock(web);
    return started;
}

static void refuse(struct web_call *call, bool busy)
{
    if (busy)
        web_problem(call, 409, "busy", NULL,
                    "another call that takes long is worked on; wait until it is done");
    else
        web_problem(call, 503, "no-thread", NULL,
                    "the system refuses a thread, or the server ends; try again later");
}

enum MHD_Result slow_begin(struct web_call *call, struct MHD_Connection *connection)
{
    struct place place = take_place(call->web);
    if (place.left) /* it has done its work */
        (void)pthread_join(place.before, NULL);
    MHD_suspend_connection(connection);
    call->connection = connection;
    if (place.mine && start(call))
        return MHD_YES;
    refuse(call, place.busy);
    ask_release(call);
    MHD_resume_connection(connection);
    return MHD_YES;
}

/* Those who are about to start see that it ends. */
void slow_end(struct web *web)
{
    web_lock(web);
    assert(web->ending);
    bool has_worker = web->has_worker;
    web->has_worker = false;
    web_unlock(web);
    if (has_worker)
        (void)pthread_join(web->worker, NULL);
}
