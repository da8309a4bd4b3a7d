/* timer_test.c: the timer wheel, by examples and against a plain list. */
#include "base/timer.h"

#include "base/world.h"
#include "unit.h"

enum { TIMERS = 200 };

struct probe {
    struct timer timer;
    struct wheel *wheel;
    uint64_t due_ms, again_ms;
    unsigned order; /* of its setting */
    unsigned fired;
    struct log_line *line;
};

/* What fired, in order. */
struct log_line {
    unsigned order[4096];
    uint64_t due_ms[4096];
    size_t count;
};

static void note(struct timer *timer)
{
    struct probe *probe = HOLDER(timer, struct probe, timer);
    ck_assert(!timer_is_set(timer));
    probe->fired++;
    if (probe->line == NULL)
        return;
    probe->line->order[probe->line->count] = probe->order;
    probe->line->due_ms[probe->line->count++] = probe->due_ms;
}

START_TEST(fires_at_its_time_and_not_before)
{
    const uint64_t times[] = {1, 63, 64, 65, 4095, 4096, 262144, 86400000, 3153600000000};
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        struct wheel *wheel = wheel_new(1000);
        struct probe probe = {.due_ms = 1000 + times[i]};
        wheel_set(wheel, &probe.timer, probe.due_ms, note);
        ck_assert_uint_le(wheel_next_ms(wheel), probe.due_ms);
        wheel_advance(wheel, probe.due_ms - 1);
        ck_assert_uint_eq(probe.fired, 0);
        wheel_advance(wheel, probe.due_ms);
        ck_assert_uint_eq(probe.fired, 1);
        ck_assert(wheel_next_ms(wheel) == UINT64_MAX);
        wheel_free(&wheel);
    }
}
END_TEST

START_TEST(a_cancelled_one_does_not_fire)
{
    struct wheel *wheel = wheel_new(0);
    struct probe probe = {0};
    wheel_set(wheel, &probe.timer, 100, note);
    ck_assert(timer_is_set(&probe.timer));
    wheel_cancel(wheel, &probe.timer);
    wheel_cancel(wheel, &probe.timer);
    ck_assert(!timer_is_set(&probe.timer));
    ck_assert(wheel_next_ms(wheel) == UINT64_MAX);
    wheel_advance(wheel, 1000);
    ck_assert_uint_eq(probe.fired, 0);
    wheel_free(&wheel);
}
END_TEST

START_TEST(a_time_that_has_passed_fires_at_the_next_advance)
{
    struct wheel *wheel = wheel_new(500);
    struct probe probe = {0};
    wheel_set(wheel, &probe.timer, 3, note);
    ck_assert_uint_eq(wheel_next_ms(wheel), 500);
    wheel_advance(wheel, 500);
    ck_assert_uint_eq(probe.fired, 1);
    wheel_free(&wheel);
}
END_TEST

static void set_again(struct timer *timer)
{
    struct probe *probe = HOLDER(timer, struct probe, timer);
    probe->fired++;
    wheel_set(probe->wheel, timer, timer->due_ms + probe->again_ms, set_again);
}

/* A periodic timer catches up within one advance; one that sets itself for now waits for the next.
 */
START_TEST(a_timer_may_set_itself_again)
{
    struct wheel *wheel = wheel_new(0);
    struct probe probe = {.wheel = wheel, .again_ms = 10};
    wheel_set(wheel, &probe.timer, 10, set_again);
    wheel_advance(wheel, 100);
    ck_assert_uint_eq(probe.fired, 10);
    probe.again_ms = 0;
    probe.fired = 0;
    wheel_advance(wheel, 110);
    ck_assert_uint_eq(probe.fired, 1);
    wheel_free(&wheel);
}
END_TEST

static void cancel_other(struct timer *timer)
{
    struct probe *probe = HOLDER(timer, struct probe, timer);
    wheel_cancel(probe->wheel, &(probe + 1)->timer);
}

START_TEST(a_callback_may_cancel_one_that_is_due_with_it)
{
    struct wheel *wheel = wheel_new(0);
    struct probe probes[3] = {{.wheel = wheel}};
    wheel_set(wheel, &probes[0].timer, 70, cancel_other);
    wheel_set(wheel, &probes[1].timer, 70, note);
    wheel_set(wheel, &probes[2].timer, 70, note);
    wheel_advance(wheel, 100);
    ck_assert_uint_eq(probes[1].fired, 0);
    ck_assert_uint_eq(probes[2].fired, 1);
    wheel_free(&wheel);
}
END_TEST

static uint64_t draw(uint64_t *seed, uint64_t below)
{
    uint64_t value;
    seeded_random(seed, &value, sizeof(value));
    return value % below;
}

/* Times of all sizes, so that every level of the wheel is used. */
static uint64_t draw_span(uint64_t *seed)
{
    return draw(seed, UINT64_C(1) << draw(seed, 34));
}

/* What should fire up to now_ms: by time, then in the order in which they were set. */
static void check_against_list(struct probe *probes, uint64_t now_ms, const struct log_line *line)
{
    uint64_t last_ms = 0;
    unsigned last_order = 0;
    for (size_t i = 0; i < line->count; i++) {
        ck_assert(line->due_ms[i] <= now_ms);
        ck_assert(line->due_ms[i] > last_ms ||
                  (line->due_ms[i] == last_ms && line->order[i] > last_order));
        last_ms = line->due_ms[i];
        last_order = line->order[i];
    }
    for (int i = 0; i < TIMERS; i++)
        ck_assert(!timer_is_set(&probes[i].timer) || probes[i].due_ms > now_ms);
}

START_TEST(any_sequence_fires_in_order_and_in_time)
{
    uint64_t seed = (uint64_t)_i + 1, now_ms = draw_span(&seed);
    struct wheel *wheel = wheel_new(now_ms);
    struct probe *probes = calloc(TIMERS, sizeof(*probes));
    struct log_line *line = calloc(1, sizeof(*line));
    unsigned order = 0;
    size_t set = 0, fired = 0, cancelled = 0;
    for (int step = 0; step < 300; step++) {
        line->count = 0;
        for (int i = 0; i < 20; i++) {
            struct probe *probe = &probes[draw(&seed, TIMERS)];
            cancelled += timer_is_set(&probe->timer);
            wheel_cancel(wheel, &probe->timer);
            if (draw(&seed, 4) == 0)
                continue;
            probe->line = line;
            probe->order = ++order;
            probe->due_ms = now_ms + 1 + draw_span(&seed);
            wheel_set(wheel, &probe->timer, probe->due_ms, note);
            set++;
        }
        now_ms += draw_span(&seed);
        wheel_advance(wheel, now_ms);
        check_against_list(probes, now_ms, line);
        fired += line->count;
    }
    size_t left = 0;
    for (int i = 0; i < TIMERS; i++)
        left += timer_is_set(&probes[i].timer);
    ck_assert_uint_eq(set, fired + cancelled + left);
    wheel_free(&wheel);
    free(line);
    free(probes);
}
END_TEST

/* A wheel beside a plain table that is searched in full, while callbacks set and cancel at random.
 * Times are those that count: one that has passed counts as the wheel's own at its setting. */
struct model {
    struct wheel *wheel;
    uint64_t seed, position_ms, until_ms;
    unsigned call, order; /* how many advances, settings */
    size_t fired;
    struct modelled {
        struct timer timer;
        struct model *model;
        uint64_t due_ms;
        unsigned order, call; /* the first advance that may fire it */
    } timers[40];
};

enum { MODELLED = sizeof(((struct model *)0)->timers) / sizeof(struct modelled) };

/* The one that is to fire next, of those that may within this advance; NULL: none. */
static struct modelled *model_next(struct model *model)
{
    struct modelled *first = NULL;
    for (int i = 0; i < MODELLED; i++) {
        struct modelled *one = &model->timers[i];
        if (!timer_is_set(&one->timer) || one->due_ms > model->until_ms || one->call > model->call)
            continue;
        if (first == NULL || one->due_ms < first->due_ms ||
            (one->due_ms == first->due_ms && one->order < first->order))
            first = one;
    }
    return first;
}

static void model_fire(struct timer *timer);

/* Sets or cancels one. Spans are short, so that times coincide and many have passed. */
static void model_change(struct model *model, bool firing)
{
    struct modelled *one = &model->timers[draw(&model->seed, MODELLED)];
    if (draw(&model->seed, 4) == 0) {
        wheel_cancel(model->wheel, &one->timer);
        ck_assert(!timer_is_set(&one->timer));
        return;
    }
    uint64_t due_ms = model->position_ms + draw(&model->seed, 1U << draw(&model->seed, 14)) - 3;
    wheel_set(model->wheel, &one->timer, due_ms, model_fire);
    bool late = due_ms <= model->position_ms;
    one->due_ms = late ? model->position_ms : due_ms;
    one->order = ++model->order;
    one->call = firing && late ? model->call + 1 : 0;
}

static void model_fire(struct timer *timer)
{
    struct modelled *one = HOLDER(timer, struct modelled, timer);
    struct model *model = one->model;
    struct modelled *earlier = model_next(model);
    ck_assert(one->due_ms <= model->until_ms && one->call <= model->call);
    ck_assert(earlier == NULL || earlier->due_ms > one->due_ms ||
              (earlier->due_ms == one->due_ms && earlier->order > one->order));
    if (one->due_ms > model->position_ms)
        model->position_ms = one->due_ms;
    model->fired++;
    for (uint64_t changes = draw(&model->seed, 3); changes > 0; changes--)
        model_change(model, true);
}

static void model_advance(struct model *model)
{
    model->call++;
    model->until_ms = model->position_ms + draw(&model->seed, 1U << draw(&model->seed, 14));
    wheel_advance(model->wheel, model->until_ms);
    ck_assert_ptr_null(model_next(model));
    model->position_ms = model->until_ms;
}

/* Advancing when the wheel says so, and not before, fires nothing late. */
static void model_check_next(struct model *model)
{
    uint64_t next_ms = wheel_next_ms(model->wheel);
    for (int i = 0; i < MODELLED; i++) {
        const struct modelled *one = &model->timers[i];
        ck_assert(!timer_is_set(&one->timer) || next_ms <= one->due_ms ||
                  next_ms == model->position_ms);
    }
}

START_TEST(callbacks_that_set_and_cancel_agree_with_a_table)
{
    struct model *model = calloc(1, sizeof(*model));
    model->seed = (uint64_t)_i + 1;
    /* close below a carry through several digits */
    model->position_ms = (UINT64_C(1) << (12 + 6 * (_i % 6))) - 4000;
    model->wheel = wheel_new(model->position_ms);
    for (int i = 0; i < MODELLED; i++)
        model->timers[i].model = model;
    for (int step = 0; step < 1000; step++) {
        for (int i = 0; i < 5; i++)
            model_change(model, false);
        model_check_next(model);
        model_advance(model);
        model_check_next(model);
    }
    ck_assert_uint_gt(model->fired, 1000);
    wheel_free(&model->wheel);
    free(model);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("timer");
    TCase *cases = tcase_create("timer");
    tcase_add_test(cases, fires_at_its_time_and_not_before);
    tcase_add_test(cases, a_cancelled_one_does_not_fire);
    tcase_add_test(cases, a_time_that_has_passed_fires_at_the_next_advance);
    tcase_add_test(cases, a_timer_may_set_itself_again);
    tcase_add_test(cases, a_callback_may_cancel_one_that_is_due_with_it);
    tcase_add_loop_test(cases, any_sequence_fires_in_order_and_in_time, 0, 10);
    tcase_add_loop_test(cases, callbacks_that_set_and_cancel_agree_with_a_table, 0, 12);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
