/* client_model_test.c: an INVITE client transaction and its CANCEL against a model of the figures
 * of RFC 3261 (17.1.1.2, 17.1.2.2, 9.1) and RFC 6026 (8.4): whatever happens, in whatever order,
 * the same messages leave and the same outcomes are reported, at the same times.
 *
 * The model knows no message: it counts. It walks from due time to due time by itself. */
#include "invites.h"

enum { RUNS = 200, STEPS = 40, KINDS = 3 };
enum kind { KIND_INVITE, KIND_ACK, KIND_CANCEL };
enum phase { CALLING, PROCEEDING, ACCEPTED, COMPLETED, TERMINATED };
static const uint64_t NEVER = UINT64_MAX;

/* A non-INVITE client transaction. */
struct small_model {
    uint64_t e_ms, f_ms, interval_ms;
    bool proceeding;
};

struct model {
    struct transaction_settings timers;
    bool stream, cancelled, forgotten;
    enum phase phase;
    uint64_t now_ms;
    uint64_t a_ms, interval_ms; /* timer A */
    uint64_t end_ms;            /* timer B, D or M, or the end after the CANCEL */
    struct small_model cancel;
    unsigned sent[KINDS];
    unsigned told[TOLD_MAX], count, lasts;
};

static void tell(struct model *model, unsigned status, bool last)
{
    if (model->forgotten)
        return;
    model->told[model->count++] = status;
    model->lasts += last;
}

static void terminate(struct model *model, unsigned status)
{
    tell(model, status, true);
    model->phase = TERMINATED;
    model->a_ms = model->end_ms = NEVER;
}

static uint64_t lifetime_ms(const struct model *model)
{
    return 64 * (uint64_t)model->timers.t1_ms;
}

static void begin_invite(struct model *model)
{
    model->sent[KIND_INVITE]++;
    model->interval_ms = model->timers.t1_ms;
    model->a_ms = model->stream ? NEVER : model->now_ms + model->interval_ms;
    model->end_ms = model->now_ms + lifetime_ms(model);
    model->cancel.e_ms = model->cancel.f_ms = NEVER;
}

static void begin_cancel(struct model *model)
{
    model->sent[KIND_CANCEL]++;
    model->end_ms = model->now_ms + lifetime_ms(model);
    model->cancel.interval_ms = model->timers.t1_ms;
    model->cancel.e_ms = model->stream ? NEVER : model->now_ms + model->timers.t1_ms;
    model->cancel.f_ms = model->now_ms + lifetime_ms(model);
}

static void end_cancel(struct model *model)
{
    model->cancel.e_ms = model->cancel.f_ms = NEVER;
}

static void model_end_due(struct model *model)
{
    if (model->phase == COMPLETED) {
        model->phase = TERMINATED;
        model->end_ms = NEVER;
    } else if (model->phase == ACCEPTED) {
        terminate(model, 0);
    } else {
        terminate(model, model->cancelled ? 487 : 408);
    }
}

static void model_repeat_cancel(struct model *model)
{
    struct small_model *cancel = &model->cancel;
    uint64_t doubled_ms = 2 * cancel->interval_ms, t2_ms = model->timers.t2_ms;
    cancel->interval_ms = cancel->proceeding || doubled_ms > t2_ms ? t2_ms : doubled_ms;
    cancel->e_ms += cancel->interval_ms;
    model->sent[KIND_CANCEL]++;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void model_elapse(struct model *model, uint64_t ms)
{
    const uint64_t until_ms = model->now_ms + ms;
    struct small_model *cancel = &model->cancel;
    for (;;) {
        uint64_t next_ms =
            least(least(model->a_ms, model->end_ms), least(cancel->e_ms, cancel->f_ms));
        if (next_ms > until_ms)
            break;
        model->now_ms = next_ms;
        if (next_ms == model->end_ms) {
            model_end_due(model);
        } else if (next_ms == cancel->f_ms) {
            end_cancel(model);
        } else if (next_ms == model->a_ms) {
            model->interval_ms *= 2;
            model->a_ms += model->interval_ms;
            model->sent[KIND_INVITE]++;
        } else {
            model_repeat_cancel(model);
        }
    }
    model->now_ms = until_ms;
}

static bool is_open(const struct model *model)
{
    return model->phase == CALLING || model->phase == PROCEEDING;
}

static void model_cancel(struct model *model)
{
    if (model->cancelled || !is_open(model))
        return;
    model->cancelled = true;
    if (model->phase == PROCEEDING)
        begin_cancel(model);
}

static void model_provisional(struct model *model, unsigned status)
{
    if (!is_open(model))
        return;
    bool first = model->phase == CALLING;
    model->phase = PROCEEDING;
    if (first)
        model->a_ms = model->end_ms = NEVER;
    if (first && model->cancelled)
        begin_cancel(model);
    if (status > 100)
        tell(model, status, false);
}

static void model_success(struct model *model, unsigned status)
{
    if (is_open(model)) {
        model->phase = ACCEPTED;
        model->a_ms = NEVER;
        model->end_ms = model->now_ms + lifetime_ms(model);
    }
    if (model->phase == ACCEPTED)
        tell(model, status, false);
}

static void model_failure(struct model *model, unsigned status)
{
    if (is_open(model)) {
        terminate(model, status);
        model->sent[KIND_ACK]++;
        if (!model->stream) {
            model->phase = COMPLETED;
            model->end_ms =
                model->now_ms + (lifetime_ms(model) > 32000 ? lifetime_ms(model) : 32000);
        }
    } else if (model->phase == COMPLETED) {
        model->sent[KIND_ACK]++;
    }
}

static void model_answer(struct model *model, unsigned status)
{
    if (status < 200)
        model_provisional(model, status);
    else if (status < 300)
        model_success(model, status);
    else
        model_failure(model, status);
}

static void model_answer_cancel(struct model *model, unsigned status)
{
    if (status < 200)
        model->cancel.proceeding = true;
    else
        end_cancel(model);
}

static void model_close(struct model *model)
{
    end_cancel(model);
    if (is_open(model))
        terminate(model, model->cancelled ? 487 : 503);
}

/* The real one beside it. */
struct pair {
    struct fixture *fixture;
    struct model model;
    struct call call;
    struct net_flow flow;
    uint64_t dice;
    size_t seen; /* sent messages that are counted below */
    unsigned sent[KINDS];
    char invite[TEXT_MAX], cancel[TEXT_MAX]; /* the first of each */
};

static unsigned roll(struct pair *pair, unsigned sides)
{
    pair->dice = pair->dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(pair->dice >> 33) % sides;
}

static void count_sent(struct pair *pair)
{
    static const char *const names[] = {"INVITE ", "ACK ", "CANCEL "};
    for (; pair->seen < pair->fixture->net.sent_count; pair->seen++) {
        const char *text = sent_text(pair->fixture, pair->seen);
        for (unsigned kind = 0; kind < KINDS; kind++)
            pair->sent[kind] += starts(text, names[kind]);
        if (starts(text, "INVITE "))
            snprintf(pair->invite, TEXT_MAX, "%s", text);
        if (starts(text, "CANCEL "))
            snprintf(pair->cancel, TEXT_MAX, "%s", text);
    }
}

static void answer_text(struct pair *pair, const char *request, unsigned status)
{
    char text[TEXT_MAX];
    struct buffer out = buffer_over(text, sizeof(text));
    struct sip_message message;
    ck_assert(verdict_ok(sip_message_parse(bytes_of(request), true, &message)));
    sip_write_response(&out, &message, status, NULL, BYTES("b1"), BYTES(""), 0);
    sip_write_body(&out, BYTES(""), BYTES(""));
    buffer_char(&out, '\0');
    receive(pair->fixture, pair->flow, text);
}

static void happen(struct pair *pair)
{
    static const unsigned statuses[] = {100, 180, 183, 200, 202, 302, 486, 487, 503, 603};
    unsigned status = statuses[roll(pair, sizeof(statuses) / sizeof(statuses[0]))];
    static const unsigned spans_ms[] = {1, 499, 500, 1000, 4000, 31999, 32000, 64000};
    unsigned ms = spans_ms[roll(pair, sizeof(spans_ms) / sizeof(spans_ms[0]))] + roll(pair, 2);
    switch (roll(pair, 16)) {
    case 0:
        transaction_cancel(pair->fixture->layer, pair->call.handle, BYTES("SIP;cause=487"));
        model_cancel(&pair->model);
        break;
    case 1:
        if (roll(pair, 3) > 0)
            break;
        transaction_forget(pair->fixture->layer, pair->call.handle);
        model_cancel(&pair->model);
        pair->model.forgotten |= pair->model.lasts == 0;
        break;
    case 2:
        if (!pair->model.stream || !pair->fixture->net.open[pair->flow.connection])
            break;
        pair->fixture->net.open[pair->flow.connection] = false;
        pair->fixture->net.handler.closed(pair->fixture->net.handler.context, pair->flow.connection,
                                          ERR_IO);
        model_close(&pair->model);
        break;
    case 3:
    case 4:
        if (pair->sent[KIND_CANCEL] == 0)
            break;
        answer_text(pair, pair->cancel, status);
        model_answer_cancel(&pair->model, status);
        break;
    case 5:
    case 6:
    case 7:
    case 8:
        status = roll(pair, 2) == 0 ? 100 + 80 * roll(pair, 2) : status;
        answer_text(pair, pair->invite, status);
        model_answer(&pair->model, status);
        break;
    default:
        elapse(pair->fixture, ms);
        model_elapse(&pair->model, ms);
    }
}

static void compare(struct pair *pair, unsigned seed)
{
    static const char *const names[] = {"INVITEs", "ACKs", "CANCELs"};
    elapse(pair->fixture, 0); /* what waits for the end of the call */
    count_sent(pair);
    for (unsigned kind = 0; kind < KINDS; kind++)
        ck_assert_msg(pair->sent[kind] == pair->model.sent[kind], "seed %u: %u %s and not %u", seed,
                      pair->sent[kind], names[kind], pair->model.sent[kind]);
    ck_assert_msg(pair->call.count == pair->model.count, "seed %u: %u reports and not %u", seed,
                  pair->call.count, pair->model.count);
    for (unsigned i = 0; i < pair->call.count; i++)
        ck_assert_msg(pair->call.told[i] == pair->model.told[i], "seed %u: told %u and not %u",
                      seed, pair->call.told[i], pair->model.told[i]);
    ck_assert_uint_eq(pair->call.lasts, pair->model.lasts);
}

static void run(unsigned seed)
{
    struct transaction_settings settings = transaction_settings_default();
    struct pair *pair = memory_new(sizeof(*pair));
    pair->dice = seed;
    settings.t1_ms = 100 + 400 * (seed % 3);
    settings.t2_ms = settings.t1_ms * (1 + seed % 9);
    struct fixture *fixture = pair->fixture = fixture_new(&settings);
    pair->model = (struct model){.timers = settings, .stream = seed % 2 == 0};
    pair->model.now_ms = fixture->world.now_ms;
    pair->flow =
        pair->model.stream ? tcp_from(fixture, "127.0.0.2:40000") : udp_from("127.0.0.2:5070");
    invite_hop(fixture, &pair->flow, NULL, &pair->call);
    begin_invite(&pair->model);
    compare(pair, seed);
    for (int i = 0; i < STEPS; i++) {
        happen(pair);
        compare(pair, seed);
    }
    fixture_free(fixture);
    free(pair);
}

START_TEST(as_the_figures_say)
{
    for (unsigned seed = 1; seed <= RUNS; seed++)
        run(seed);
}
END_TEST

UNIT_MAIN("the model", as_the_figures_say)
