/* measure.c: server, session, preparation, the run itself, cleaning up, and back.
 *
 * Each kind gets a fresh server, so that the order of kinds and what others left behind do not
 * matter. */
#include "measure.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "kinds.h"

enum { SLOTS_OPEN = 65536, WHY_SIZE = 512, PREPARE_WINDOW = 64 };

/* Preparing. */

static bool prepare(struct session *session, const struct kind *kind, unsigned actors,
                    uint64_t count, struct load_result *result)
{
    const struct load_plan plan = {
        .kind = kind,
        .actors = actors,
        .window = actors < PREPARE_WINDOW ? actors : PREPARE_WINDOW,
        .count = count,
    };
    return load_run(session, &plan, result) && result->errors == 0;
}

static bool prepare_nothing(struct session *session, struct load_result *result)
{
    (void)session;
    (void)result;
    return true;
}

static bool prepare_bindings(struct session *session, struct load_result *result)
{
    unsigned users = session->options->users;
    return prepare(session, &register_kind, users, users, result);
}

static bool prepare_documents(struct session *session, struct load_result *result)
{
    unsigned users = session->options->users;
    return prepare(session, &publish_kind, users, users, result);
}

static bool prepare_watchers(struct session *session, struct load_result *result)
{
    unsigned presentities = session->options->presentities;
    session->watchers_each = session->options->watchers;
    return prepare(session, &publish_kind, presentities, presentities, result) &&
           prepare(session, &subscribe_kind, PREPARE_WINDOW,
                   (uint64_t)presentities * session->watchers_each, result);
}

/* All are here, and each is watched by as many; the watchers are the users, too. Every second pair
 * has a call, so that calls begin and end in turn. */
static bool prepare_lamps(struct session *session, struct load_result *result)
{
    session->lamps = true;
    if (!prepare_bindings(session, result) ||
        !prepare(session, &subscribe_kind, PREPARE_WINDOW, session->options->lamps, result))
        return false;
    lamps_prepare(session);
    unsigned half = lamps_call(session, 2);
    bool prepared = prepare(session, &lamps_kind, half, half, result);
    lamps_call(session, 1);
    return prepared;
}

/* All have been here, and are away. */
static bool prepare_absence(struct session *session, struct load_result *result)
{
    unsigned users = session->options->users;
    return prepare_bindings(session, result) &&
           prepare(session, &unregister_kind, users, users, result);
}

static bool prepare_stored(struct session *session, struct load_result *result)
{
    unsigned users = session->options->users;
    return prepare_absence(session, result) &&
           prepare(session, &fill_kind, users, session->options->drain, result);
}

static const struct measure measures[] = {
    {
        .kind = &options_kind,
        .about = "OPTIONS for the server itself",
        .prepare = prepare_nothing,
    },
    {
        .kind = &register_kind,
        .about = "REGISTER with digest, each user refreshing its binding",
        .digest = true,
        .registers = true,
        .prepare = prepare_nothing,
    },
    {
        .kind = &publish_kind,
        .about = "PUBLISH of a changed document, without watchers",
        .prepare = prepare_documents,
    },
    {
        .kind = &publish_new_kind,
        .about = "PUBLISH of a first document and its removal, in turn",
        .prepare = prepare_nothing,
    },
    {
        .kind = &subscribe_kind,
        .about = "SUBSCRIBE outside a dialog, with its NOTIFY",
        .prepare = prepare_documents,
    },
    {
        .kind = &fanout_kind,
        .about = "NOTIFYs of the watchers of one presentity whose document changes",
        .counts_notifies = true,
        .prepare = prepare_watchers,
    },
    {
        .kind = &lamps_kind,
        .about = "INVITE with 180 and 200, and BYE, in turn; --lamps subscriptions to `dialog`; "
                 "latency is of each NOTIFY after what changed the lamp",
        .registers = true,
        .prepare = prepare_lamps,
    },
    {
        .kind = &message_kind,
        .about = "MESSAGE relayed to a registered user, and its answer back; both histories",
        .registers = true,
        .prepare = prepare_bindings,
    },
    {
        .kind = &unkept_kind,
        .about = "the same with im.history_s = 0",
        .registers = true,
        .forgets = true,
        .prepare = prepare_bindings,
    },
    {
        .kind = &stored_kind,
        .about = "MESSAGE to a user who is away: stored, 202",
        .prepare = prepare_absence,
    },
    {
        .kind = &drain_kind,
        .about = "stored messages (--drain) to one device that comes back; latency is of each "
                 "after the one before",
        .counts_notifies = true,
        .registers = true,
        .first_only = 1,
        .prepare = prepare_stored,
    },
    {0},
};

const struct measure *measure_list(void)
{
    return measures;
}

/* Running. */

static unsigned actor_count(const struct measure *measure, const struct options *options)
{
    if (measure->kind == &fanout_kind)
        return options->presentities;
    if (measure->kind == &lamps_kind)
        return options->users / 2;
    if (measure->first_only > 0)
        return 1;
    if (measure->kind->of_users)
        return options->users;
    return options->rate_per_s > 0 ? SLOTS_OPEN : options->window;
}

static void run(struct session *session, const struct meter *meter, struct measured *measured)
{
    const struct options *options = session->options;
    struct load_plan plan = {
        .kind = measured->measure->kind,
        .actors = actor_count(measured->measure, options),
        .window = options->window,
        .rate_per_s = measured->measure->first_only > 0 ? 0 : options->rate_per_s,
        .count = measured->measure->first_only,
        .warm_ms = options->warm_ms,
        .run_ms = options->seconds * 1000,
        .meter = meter,
    };
    if (plan.window > plan.actors)
        plan.window = plan.actors;
    measured->window = plan.rate_per_s > 0 ? 0 : plan.window;
    measured->ran = load_run(session, &plan, &measured->result);
    const struct load_result *result = &measured->result;
    measured->counted = measured->measure->counts_notifies ? result->notifies : result->done;
    measured->after = meter_memory(meter);
}

/* Takes away what the run left on the server, which may be one that lives on. */
static bool clean(struct session *session, const struct measure *measure,
                  struct load_result *result)
{
    unsigned users = session->options->users;
    if (session->dialog_count > 0 &&
        !prepare(session, &unsubscribe_kind, PREPARE_WINDOW, session->dialog_count, result))
        return false;
    if (session->calls != NULL && !prepare(session, &hangup_kind, users / 2, users / 2, result))
        return false;
    if (measure->registers && !prepare(session, &unregister_kind, users, users, result))
        return false;
    return prepare(session, &unpublish_kind, PREPARE_WINDOW, users, result);
}

/* What fails is an error of the run. */
static void clean_up(struct session *session, const struct measure *measure,
                     struct load_result *result)
{
    struct load_result *own = memory_new(sizeof(*own));
    if (!session->interrupted && !clean(session, measure, own)) {
        result->errors += own->errors;
        if (result->first_error[0] == '\0')
            snprintf(result->first_error, sizeof(result->first_error), "cleaning up: %.120s",
                     own->first_error);
    }
    free(own);
}

static void note(struct measured *measured, const char *why)
{
    struct load_result *result = &measured->result;
    result->errors++;
    snprintf(result->first_error, sizeof(result->first_error), "%.150s", why);
}

static void run_session(const struct options *options, const struct net_address *address,
                        const struct meter *meter, struct measured *measured)
{
    char why[WHY_SIZE] = "";
    struct session *session = session_new(options, address, why, sizeof(why));
    if (session == NULL) {
        note(measured, why);
        return;
    }
    if (measured->measure->prepare(session, &measured->result)) {
        run(session, meter, measured);
        clean_up(session, measured->measure, &measured->result);
    }
    measured->interrupted = session->interrupted;
    session_free(&session);
}

static void run_on_ours(const struct options *options, struct server *server,
                        struct measured *measured)
{
    char why[WHY_SIZE] = "";
    const struct server_wish wish = {.trusts = !measured->digest,
                                     .forgets = measured->measure->forgets};
    if (!server_start(server, &wish, why, sizeof(why))) {
        note(measured, why);
        return;
    }
    measured->idle = meter_memory(server_meter(server));
    run_session(options, server_address(server), server_meter(server), measured);
    if (!server_stop(server, why, sizeof(why)))
        note(measured, why);
}

void measure_run(const struct measure *measure, const struct options *options,
                 struct server *server, struct measured *measured)
{
    struct meter meter = {.count = options->pid_count};
    assert(measure->kind != NULL);
    memset(measured, 0, sizeof(*measured));
    measured->measure = measure;
    measured->digest = measure->digest || options->digest;
    if (server != NULL) {
        run_on_ours(options, server, measured);
        return;
    }
    memcpy(meter.pids, options->pids, sizeof(meter.pids));
    measured->idle = meter_memory(&meter);
    run_session(options, &options->server, &meter, measured);
}
