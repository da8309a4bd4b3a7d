/* authorize_test.c: policy asked again, in rounds, and a random life against a model. */
#include "fixture/ruling.h"

static struct subscription *alices(void)
{
    return bob() != NULL ? bob()->subscriptions : NULL;
}

/* RFC 5025 3.2.1: approved while pending: active, with the document, when the row says so. */
START_TEST(approved_while_pending)
{
    events_open();
    ck_assert_uint_eq(publish("", "one"), 200);
    rule("confirm");
    ck_assert_uint_eq(subscribe(""), 200);
    const char *text = notified("SIP/2.0 200 OK");
    ck_assert_has(text, "Subscription-State: pending;expires=3600\r\nContent-Length: 0\r\n");
    ck_assert_ptr_null(alices()->view);
    rule("allow");
    ground_wait(ground, 0);
    ck_assert_uint_eq(notifies(), 0); /* it waits for the row */
    ground_commit(ground);
    text = notified("SIP/2.0 200 OK");
    ck_assert_has(text, "Subscription-State: active;expires=3600\r\n");
    ck_assert_has(text, "<note>one</note>");
    events_close();
}
END_TEST

/* Nothing is told between a change of rules and the judging. */
START_TEST(nothing_leaks_before_judging)
{
    events_open();
    watch("");
    rule("block");
    ground_ask(ground, publishing("", "secret"));
    store_step(ground->parts.store, PARTITIONS, SIZE_MAX, STORE_DURABLE);
    ck_assert_uint_eq(notifies(), 0);
    ck_assert(alices()->held);
    ground_commit(ground);
    ground_commit(ground);
    const char *text = notified("SIP/2.0 200 OK");
    ck_assert_has(text, "terminated;reason=rejected\r\nContent-Length: 0\r\n");
    ground_commit(ground);
    ck_assert_ptr_null(alices());
    events_close();
}
END_TEST

/* More than a round holds: the rest follows, and is told nothing meanwhile. */
START_TEST(rounds)
{
    enum { MANY = 230 };
    events_open_with(&(struct ground_options){.queue_max = 2000});
    for (unsigned i = 0; i < MANY; i++) {
        char call[20];
        struct ask ask = subscribing("");
        snprintf(call, sizeof(call), "many-%u", i);
        ask.call = call;
        ck_assert_uint_eq(ground_do(ground, ask), 200);
        notified("SIP/2.0 200 OK");
    }
    rule("confirm");
    ground_wait(ground, 0);
    struct subscription *each;
    unsigned pending = 0;
    DL_FOREACH(bob()->subscriptions, each)
    {
        pending += each->state == SUBSCRIPTION_PENDING;
        ck_assert(each->state == SUBSCRIPTION_PENDING || authorize_is_due(each));
    }
    ck_assert_uint_eq(pending, 200);
    ck_assert_uint_eq(presence_count(presence).subscriptions, MANY);
    ground_wait(ground, 10);
    DL_FOREACH(bob()->subscriptions, each)
    {
        ck_assert_int_eq(each->state, SUBSCRIPTION_PENDING);
    }
    ck_assert(!bob()->to_judge);
    events_close();
}
END_TEST

/* Without room in the store nothing is moved, and it is tried again. */
START_TEST(waits_for_room_in_the_store)
{
    events_open();
    watch("");
    rule("block");
    ground_fill_store(ground);
    ground_wait(ground, 500);
    ck_assert_int_eq(alices()->state, SUBSCRIPTION_ACTIVE);
    store_step(ground->parts.store, PARTITIONS, SIZE_MAX, STORE_DURABLE);
    ground_wait(ground, 1000);
    ck_assert_int_eq(alices()->state, SUBSCRIPTION_ENDED);
    ground_commit(ground);
    ck_assert_uint_eq(ground->refusals, 0);
    events_close();
}
END_TEST

/* RFC 6665 4.2.1.4: "assuming that the subscriber is still authorized". */
START_TEST(a_refresh_is_asked_about)
{
    char to[200];
    events_open();
    keep_text(to, watch(""));
    rule("block");
    struct ask ask = subscribing("");
    ask.to = to;
    ground_ask(ground, ask); /* before anybody was judged again */
    ground_commit(ground);
    ck_assert_uint_eq(sent_status(ground), 403);
    ck_assert_has(notified("SIP/2.0 200 OK"), "terminated;reason=rejected\r\nContent-Length: 0");
    ground_commit(ground);
    ck_assert_ptr_null(alices());
    events_close();
}
END_TEST

/* Who waits is bounded; whoever asks again takes its own place. */
START_TEST(waiting_is_bounded)
{
    events_open();
    presence->settings.waiting_max_per_watcher = 1;
    rule("confirm");
    for (unsigned i = 0; i < 3; i++) {
        char call[20];
        struct ask ask = subscribing("Expires: 0\r\n");
        snprintf(call, sizeof(call), "fetch-%u", i);
        ask.call = call;
        ck_assert_uint_eq(ground_do(ground, ask), 200);
        ck_assert_has(notified("SIP/2.0 200 OK"), "terminated;reason=timeout\r\nContent-Length: 0");
        ground_commit(ground);
        ck_assert_int_eq(alices()->state, SUBSCRIPTION_WAITING);
        ck_assert_ptr_null(alices()->next);
        ck_assert_uint_eq(alices()->watcher->waiting, 1);
    }
    ck_assert_uint_eq(ground->metrics.values[METRIC_subscriptions_forgotten], 0);
    presence->settings.waiting_max_per_resource = 0;
    struct ask ask = subscribing("Expires: 0\r\n");
    ask.call = "fetch-more";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    ck_assert_has(notified("SIP/2.0 200 OK"), "terminated;reason=timeout\r\nContent-Length: 0");
    ck_assert_uint_eq(ground->metrics.values[METRIC_subscriptions_forgotten], 1);
    presence->settings.waiting_max_per_resource = 1000;
    presence->settings.waiting_max_per_watcher = 0;
    ask.call = "fetch-again";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    notified("SIP/2.0 200 OK");
    ck_assert_uint_eq(ground->metrics.values[METRIC_subscriptions_forgotten], 2);
    ground_commit(ground);
    ck_assert_ptr_null(bob());
    events_close();
}
END_TEST

/* A random life. The model knows the machine and the rules; what is checked: every NOTIFY shows
 * what its watcher may see at that moment, the last one the present state, and the dispatcher holds
 * what the model says, also over crashes. */

struct life {
    enum subscription_state state;
    enum sub_handling handling;
    uint64_t expires_ms, since_ms;
    unsigned note, calls, steps;
    bool live;
    char to[200], last[5000], tag[200];
    size_t heard; /* of what was sent */
    uint64_t random;
};

static const char *const handlings[] = {[SUB_BLOCK] = "block",
                                        [SUB_CONFIRM] = "confirm",
                                        [SUB_POLITE_BLOCK] = "polite-block",
                                        [SUB_ALLOW] = "allow"};

static unsigned choose(struct life *life, unsigned below)
{
    life->random = life->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(life->random >> 33) % below;
}

static uint64_t wall(void)
{
    return ground->world.wall_ms;
}

static void model_move(struct life *life, enum subscription_event event)
{
    enum subscription_state next = machine_next(life->state, event);
    if (next == SUBSCRIPTION_PENDING && next != life->state)
        life->since_ms = wall();
    life->state = next;
}

static enum subscription_event model_judge(const struct life *life)
{
    if (life->handling == SUB_BLOCK)
        return EVENT_REJECTED;
    return life->handling == SUB_CONFIRM ? EVENT_DOUBTED : EVENT_APPROVED;
}

static void hear(struct life *life, const char *text)
{
    if (life->handling != SUB_ALLOW)
        ck_assert_lacks(text, "<note>");
    if (strstr(text, "State: pending") != NULL)
        ck_assert_has(text, "Content-Length: 0\r\n");
    keep_text(life->last, text);
}

/* What is under way is done; NOTIFYs are answered. */
static void rest(struct life *life)
{
    bool more = true;
    while (more) {
        ground_commit(ground);
        more = life->heard < ground->net.sent_count || store_queued(ground->parts.store) > 0;
        ck_assert_uint_le(ground->net.sent_count - life->heard, SENT_MAX);
        while (life->heard < ground->net.sent_count) {
            const struct sent sent = ground->net.sent[life->heard++ % SENT_MAX];
            if (strncmp(sent.text, "NOTIFY ", 7) != 0)
                continue;
            hear(life, sent.text);
            ground_answer(ground, &sent, "SIP/2.0 200 OK", "");
        }
    }
}

static void check(struct life *life)
{
    unsigned waiting = 0;
    struct subscription *each;
    life->live = machine_is_live(life->state);
    if (bob() != NULL) {
        DL_FOREACH(bob()->subscriptions, each)
        {
            waiting += each->state == SUBSCRIPTION_WAITING;
        }
    }
    ck_assert_uint_eq(presence_count(presence).subscriptions, life->live);
    ck_assert_uint_eq(waiting, life->state == SUBSCRIPTION_WAITING);
    if (!life->live)
        return;
    char note[40];
    snprintf(note, sizeof(note), "<note>n%u</note>", life->note);
    bool active = life->state == SUBSCRIPTION_ACTIVE;
    ck_assert_has(life->last, active ? "State: active;" : "State: pending;");
    if (active && life->handling == SUB_ALLOW && life->note > 0)
        ck_assert_has(life->last, note);
}

static void do_subscribe(struct life *life, bool fetch)
{
    char call[20];
    if (life->live)
        return;
    struct ask ask = subscribing(fetch ? "Expires: 0\r\n" : "Expires: 1000\r\n");
    snprintf(call, sizeof(call), "life-%u", ++life->calls);
    ask.call = call;
    unsigned status = ground_do(ground, ask);
    ck_assert_uint_eq(status, life->handling == SUB_BLOCK ? 403 : 200);
    if (status == 403)
        return;
    keep_text(life->to, dialog_to());
    life->state = SUBSCRIPTION_INIT;
    model_move(life, model_judge(life));
    life->expires_ms = wall() + 1000000;
    if (fetch)
        model_move(life, EVENT_TIMEOUT);
}

static void do_refresh(struct life *life, bool end)
{
    char call[20];
    if (!life->live)
        return;
    struct ask ask = subscribing(end ? "Expires: 0\r\n" : "Expires: 1000\r\n");
    snprintf(call, sizeof(call), "life-%u", life->calls);
    ask.call = call;
    ask.to = life->to;
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    life->expires_ms = wall() + 1000000;
    if (end)
        model_move(life, EVENT_TIMEOUT);
}

static void do_rule(struct life *life, enum sub_handling handling)
{
    life->handling = handling;
    rule(handlings[handling]);
    model_move(life, model_judge(life));
}

static void do_publish(struct life *life)
{
    char note[20], fields[300];
    snprintf(note, sizeof(note), "n%u", ++life->note);
    snprintf(fields, sizeof(fields), "Expires: 86400\r\n%s", life->tag);
    ck_assert_uint_eq(publish(fields, note), 200);
    keep_text(life->tag, if_match());
}

static uint64_t giveup_ms(const struct life *life)
{
    return life->since_ms + 24 * 3600 * 1000;
}

/* When the model next moves by itself. */
static uint64_t model_next(const struct life *life)
{
    uint64_t next_ms = UINT64_MAX;
    if (machine_is_live(life->state))
        next_ms = life->expires_ms;
    if (life->state != SUBSCRIPTION_ACTIVE && life->state != SUBSCRIPTION_ENDED &&
        giveup_ms(life) < next_ms)
        next_ms = giveup_ms(life);
    return next_ms;
}

static void pass(struct life *life, uint64_t ms)
{
    uint64_t end_ms = wall() + ms;
    while (wall() < end_ms) {
        uint64_t next_ms = model_next(life);
        next_ms = next_ms < end_ms ? next_ms : end_ms;
        ground_wait(ground, next_ms - wall());
        if (next_ms == model_next(life)) {
            bool gave_up = life->state != SUBSCRIPTION_ACTIVE && giveup_ms(life) <= wall();
            model_move(life, gave_up ? EVENT_GIVEUP : EVENT_TIMEOUT);
        }
        rest(life);
    }
}

static void do_crash(struct life *life)
{
    if (choose(life, 2) == 0)
        rest(life);
    ground_commit(ground);
    ruling_restart();
    life->heard = ground->net.sent_count;
    ground_wait(ground, 100);
}

static void step(struct life *life)
{
    unsigned what = choose(life, 16);
    if (what < 4)
        do_subscribe(life, what == 0);
    else if (what < 6)
        do_refresh(life, what == 4);
    else if (what < 10)
        do_rule(life, (enum sub_handling)choose(life, 4));
    else if (what < 12)
        do_publish(life);
    else if (what < 14)
        do_crash(life);
    else
        pass(life, what == 14 ? 700000 : 5000000);
}

START_TEST(random_lives)
{
    for (unsigned seed = 1; seed <= 6; seed++) {
        struct life life = {.random = seed, .handling = SUB_ALLOW, .state = SUBSCRIPTION_ENDED};
        events_open();
        presence->settings.waiting_days = 1;
        rule("allow");
        for (life.steps = 0; life.steps < 150; life.steps++) {
            step(&life);
            rest(&life);
            check(&life);
        }
        events_close();
    }
}
END_TEST

UNIT_MAIN("presence/authorize", approved_while_pending, nothing_leaks_before_judging, rounds,
          waits_for_room_in_the_store, a_refresh_is_asked_about, waiting_is_bounded, random_lives)
