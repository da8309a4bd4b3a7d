/* invite_model_test.c: random lives of an INVITE against a small model of RFC 3261 figure 7 as RFC
 * 6026 7.1 draws it anew. After each event the two agree about what was sent, how often and what
 * last, what the user has heard, and whether the transaction is alive. */
#include "calls.h"

enum { EVENTS = 800, SEEDS = 5, INVITE_MAX_S = 60, NEVER = 0 };

enum state { GONE, PROCEEDING, ACCEPTED, COMPLETED, CONFIRMED };

struct model {
    enum state state;
    bool stream;
    unsigned t1_ms, t2_ms, t4_ms;
    uint64_t now_ms, ends_ms;
    uint64_t again_ms, pause_ms; /* timer G */
    uint64_t cancel_ends_ms;     /* of the CANCEL's own transaction; NEVER: it has none */
    size_t sent;                 /* how many */
    char last[64], repeated[64]; /* status lines: the last one, that of a retransmission */
    unsigned requests, acks, cancels, cancelled, ended;
    bool was_cancelled, told; /* told: of its end */
};

static void model_send(struct model *model, const char *line)
{
    model->sent++;
    snprintf(model->last, sizeof(model->last), "%s", line);
}

static void model_end(struct model *model)
{
    model->state = GONE;
    model->ended += !model->told;
}

static void model_fail(struct model *model, const char *line)
{
    model_send(model, line);
    snprintf(model->repeated, sizeof(model->repeated), "%s", line);
    model->state = COMPLETED;
    model->ends_ms = model->now_ms + 64 * model->t1_ms; /* H */
    model->pause_ms = model->t1_ms;
    model->again_ms = model->stream ? NEVER : model->now_ms + model->t1_ms; /* G */
}

static void model_invite(struct model *model)
{
    if (model->state == GONE) {
        model->requests++;
        model->state = PROCEEDING;
        model->was_cancelled = model->told = false;
        model->ends_ms = model->now_ms + INVITE_MAX_S * 1000;
        snprintf(model->repeated, sizeof(model->repeated), "SIP/2.0 100 Trying\r\n");
        model_send(model, model->repeated);
    } else if (model->state == PROCEEDING || model->state == COMPLETED) {
        model_send(model, model->repeated);
    }
}

static void model_reply(struct model *model, unsigned status, const char *line)
{
    bool success = status >= 200 && status < 300;
    if (model->state == ACCEPTED && success)
        model_send(model, line);
    if (model->state != PROCEEDING)
        return;
    if (status >= 300) {
        model_fail(model, line);
        return;
    }
    model_send(model, line);
    snprintf(model->repeated, sizeof(model->repeated), "%s", line);
    if (success) {
        model->state = ACCEPTED;
        model->ends_ms = model->now_ms + 64 * model->t1_ms; /* L */
    }
}

static void model_ack(struct model *model)
{
    if (model->state == GONE || model->state == ACCEPTED) {
        model->acks++;
        model->requests++;
    } else if (model->state == COMPLETED && model->stream) {
        model_end(model);
    } else if (model->state == COMPLETED) {
        model->state = CONFIRMED;
        model->ends_ms = model->now_ms + model->t4_ms; /* I */
    }
}

static void model_cancel(struct model *model)
{
    if (model->cancel_ends_ms > model->now_ms) {
        model_send(model, "SIP/2.0 200 OK\r\n");
        return;
    }
    if (model->state == GONE) {
        model->cancels++;
        model->requests++;
        return;
    }
    model_send(model, "SIP/2.0 200 OK\r\n");
    model->cancel_ends_ms = model->stream ? NEVER : model->now_ms + 64 * model->t1_ms; /* J */
    if (model->state == PROCEEDING && !model->was_cancelled) {
        model->was_cancelled = true;
        model->cancelled++;
    }
}

static void model_time(struct model *model, uint64_t ms)
{
    uint64_t until_ms = model->now_ms + ms;
    while (model->state != GONE) {
        bool again = model->state == COMPLETED && model->again_ms != NEVER &&
                     model->again_ms < model->ends_ms;
        uint64_t next_ms = again ? model->again_ms : model->ends_ms;
        if (next_ms > until_ms)
            break;
        model->now_ms = next_ms;
        if (again) {
            model_send(model, model->repeated);
            model->pause_ms *= 2;
            if (model->pause_ms > model->t2_ms)
                model->pause_ms = model->t2_ms;
            model->again_ms += model->pause_ms;
        } else if (model->state == PROCEEDING) {
            model->ended++;
            model->told = true;
            model_fail(model, "SIP/2.0 408 Request Timeout\r\n");
        } else {
            model_end(model);
        }
    }
    model->now_ms = until_ms;
}

static unsigned dice(uint64_t *state, unsigned sides)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(*state >> 33) % sides;
}

static void reply(struct call *call, struct model *model, unsigned status, unsigned number)
{
    char line[64];
    if (!call_lives(call))
        return;
    snprintf(line, sizeof(line), "SIP/2.0 %u Answer %u\r\n", status, number);
    call_reply(call, status, number);
    model_reply(model, status, line);
}

static void pass(struct call *call, struct model *model, uint64_t ms)
{
    elapse(call->fixture, ms);
    model_time(model, ms);
}

static void event(struct call *call, struct model *model, uint64_t *state, unsigned number)
{
    switch (dice(state, 10)) {
    case 0:
    case 1:
        call_send(call, "INVITE", "", "");
        model_invite(model);
        break;
    case 2:
        call_send(call, "ACK", "b1", "");
        model_ack(model);
        break;
    case 3:
        call_send(call, "CANCEL", "", "");
        model_cancel(model);
        break;
    case 4:
        reply(call, model, 101 + dice(state, 99), number);
        break;
    case 5:
        reply(call, model, dice(state, 3) == 0 ? 300 + dice(state, 400) : 199, number);
        break;
    case 6:
        reply(call, model, dice(state, 3) == 0 ? 200 + dice(state, 100) : 183, number);
        break;
    case 7:
        pass(call, model, dice(state, 40000));
        break;
    default:
        pass(call, model, dice(state, 1200));
    }
}

static void compare(const struct call *call, const struct model *model, unsigned number)
{
    const struct fixture *fixture = call->fixture;
    ck_assert_msg(sent(call) == model->sent, "event %u: %zu were sent, not %zu", number, sent(call),
                  model->sent);
    ck_assert_msg(model->sent == 0 || last_is(call, model->last), "event %u: not %s but %s", number,
                  model->last, last_text(call->fixture));
    ck_assert_msg(call_lives(call) == (model->state != GONE), "event %u: alive or not", number);
    ck_assert_uint_eq(fixture->requests, model->requests);
    ck_assert_uint_eq(call->acks, model->acks);
    ck_assert_uint_eq(call->cancels, model->cancels);
    ck_assert_uint_eq(call->seen.cancelled, model->cancelled);
    ck_assert_uint_eq(call->seen.ended, model->ended);
}

static void run(uint64_t seed, bool stream, unsigned t1_ms, unsigned t2_ms)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.t1_ms = t1_ms;
    settings.t2_ms = t2_ms;
    settings.invite_max_s = INVITE_MAX_S;
    struct call *call = call_new(&settings, stream);
    struct model model = {.stream = stream, .t1_ms = t1_ms, .t2_ms = t2_ms};
    model.t4_ms = settings.t4_ms;
    model.now_ms = 1;
    if (seed % 2 == 0)
        call->fixture->on_request = call_begin_and_keep;
    for (unsigned number = 1; number <= EVENTS; number++) {
        event(call, &model, &seed, number);
        elapse(call->fixture, 0);
        compare(call, &model, number);
    }
    ck_assert_uint_gt(model.ended, 10);
    ck_assert_uint_gt(model.acks, 10);
    ck_assert_uint_gt(model.cancelled, 10);
    call_free(call);
}

/* RFC 3261 17.2.1 and RFC 6026 7.1. */
START_TEST(datagrams_follow_the_model)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        run(seed, false, 500, 4000);
}
END_TEST

START_TEST(streams_follow_the_model)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        run(seed, true, 500, 4000);
}
END_TEST

START_TEST(so_they_do_with_other_times)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        run(seed, seed % 3 == 0, 100, 400);
}
END_TEST

UNIT_MAIN("INVITE model", datagrams_follow_the_model, streams_follow_the_model,
          so_they_do_with_other_times)
