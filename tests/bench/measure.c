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
        .kind = &message_kind,
        .about = "MESSAGE relayed to a registered user, and its answer back",
        .registers = true,
        .prepare = prepare_bindings,
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
        .rate_per_s = options->rate_per_s,
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
    if (!server_start(server, !measured->digest, why, sizeof(why))) {
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
