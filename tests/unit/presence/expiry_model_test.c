/* expiry_model_test.c: no subscription outlives its expiry by more than a second, whatever its
 * watcher answers to NOTIFYs, does not answer, asks for, and whatever else happens. Who can be told
 * of the end is told within that second; who owes us an answer, when that has come or never will.
 */
#include "fixture/events.h"

enum { DIALOGS = 8, STEPS = 120, LIVES = 5, LOOK_MS = 100, OUTLIVES_MS = 1000, SILENCE_MS = 31500 };

/* One dialog of alice's. */
struct watch {
    char call[16], to[200];
    uint64_t expires_ms; /* wall clock; 0: there is none */
    struct sent owed;    /* the NOTIFY that she has not answered; text "": none */
    uint64_t owed_ms;    /* since when */
    bool prompt;         /* she answers that at once */
    bool over;           /* she was told so, or has ended it by an answer */
};

static struct watch watches[DIALOGS];
static uint64_t seed;
static size_t seen; /* how much was looked at of what was sent */
static unsigned calls, ends;

static unsigned pick(unsigned below)
{
    unsigned random;
    seeded_random(&seed, &random, sizeof(random));
    return random % below;
}

static struct watch *watch_of(const char *notify)
{
    char call[40];
    for (unsigned i = 0; i < DIALOGS; i++) {
        snprintf(call, sizeof(call), "Call-ID: %.24s\r\n", watches[i].call);
        if (watches[i].call[0] != '\0' && strstr(notify, call) != NULL)
            return &watches[i];
    }
    return NULL;
}

static void look(void)
{
    for (; seen < ground->net.sent_count; seen++) {
        const struct sent *sent = &ground->net.sent[seen % SENT_MAX];
        struct watch *watch = watch_of(sent->text);
        if (strncmp(sent->text, "NOTIFY ", 7) != 0 || watch == NULL)
            continue;
        if (watch->owed.text[0] == '\0') {
            watch->owed_ms = ground->world.wall_ms;
            watch->prompt = pick(4) > 0;
        }
        watch->owed = *sent;
        if (strstr(sent->text, "Subscription-State: terminated") == NULL || watch->over)
            continue;
        watch->over = true;
        ends++;
    }
}

static void check(void)
{
    const uint64_t now_ms = ground->world.wall_ms;
    const struct subscription *subscription;
    look();
    if (bob() == NULL)
        return;
    DL_FOREACH(bob()->subscriptions, subscription)
    {
        ck_assert(!machine_is_live(subscription->state) ||
                  now_ms <= subscription->expires_ms + OUTLIVES_MS);
    }
    for (unsigned i = 0; i < DIALOGS; i++) {
        const struct watch *watch = &watches[i];
        bool told = watch->over || watch->expires_ms == 0 || watch->owed.text[0] != '\0';
        ck_assert_msg(told || now_ms <= watch->expires_ms + OUTLIVES_MS, "%s was not told",
                      watch->call);
    }
}

/* What alice asks for in a new dialog, in her old one, or to have an end. */
static void ask(struct watch *watch)
{
    static const char *const events[] = {"presence", "presence;max-rate=0.2",
                                         "presence;min-rate=0.1", "presence;adaptive-min-rate=0.1"};
    char fields[200];
    unsigned expires_s = pick(6) == 0 ? 0 : 60 + pick(60);
    bool fresh = watch->expires_ms == 0 || watch->over;
    if (fresh) {
        *watch = (struct watch){0};
        snprintf(watch->call, sizeof(watch->call), "w-%u", ++calls);
    }
    snprintf(fields, sizeof(fields), "Event: %s\r\nExpires: %u\r\n", events[pick(4)], expires_s);
    struct ask ask = subscribing(fields);
    ask.call = watch->call;
    ask.to = fresh ? NULL : watch->to;
    unsigned status = ground_do(ground, ask);
    if (status == 200)
        watch->expires_ms = ground->world.wall_ms + expires_s * UINT64_C(1000);
    if (status == 200 && fresh)
        keep_text(watch->to, dialog_to());
    ck_assert(status == 200 || status == 481);
    watch->over = watch->over || status == 481;
    check();
}

/* Her answer to the NOTIFY that waits for it. */
static void answer(struct watch *watch)
{
    static const struct {
        const char *status, *fields;
        bool ends;
    } answers[] = {
        {"SIP/2.0 200 OK", "", false},
        {"SIP/2.0 200 OK", "", false},
        {"SIP/2.0 200 OK", "", false},
        {"SIP/2.0 200 OK", "", false},
        {"SIP/2.0 500 Trouble", "Retry-After: 7\r\n", false},
        {"SIP/2.0 503 Busy", "Retry-After: 3000\r\n", false},
        {"SIP/2.0 400 What", "", false},
        {"SIP/2.0 481 Who", "", true},
    };
    const struct sent owed = watch->owed;
    if (owed.text[0] == '\0')
        return;
    unsigned which = pick(sizeof(answers) / sizeof(answers[0]));
    watch->owed.text[0] = '\0';
    watch->over = watch->over || answers[which].ends;
    seen = ground->net.sent_count;
    ground_answer(ground, &owed, answers[which].status, answers[which].fields);
    ground_commit(ground);
    check();
}

static void pass(unsigned ms)
{
    for (unsigned spent = 0; spent < ms; spent += LOOK_MS) {
        ground_wait(ground, LOOK_MS);
        ground_commit(ground);
        check();
        for (unsigned i = 0; i < DIALOGS; i++) {
            if (watches[i].prompt)
                answer(&watches[i]);
        }
    }
}

/* What nobody answers is over after timer F, and its subscription dropped: nobody is there to be
 * told. */
static void forget_owed(void)
{
    for (unsigned i = 0; i < DIALOGS; i++) {
        struct watch *watch = &watches[i];
        if (watch->owed.text[0] != '\0' && ground->world.wall_ms > watch->owed_ms + SILENCE_MS) {
            watch->owed.text[0] = '\0';
            watch->over = true;
        }
    }
}

static void restart(void)
{
    look();
    forget_owed();
    events_restart();
    seen = ground->net.sent_count;
    for (unsigned i = 0; i < DIALOGS; i++)
        watches[i].owed.text[0] = '\0';
    pass(OUTLIVES_MS); /* restored ones are told, paced */
}

static void step(void)
{
    unsigned what = pick(20);
    if (what < 5)
        ask(&watches[pick(DIALOGS)]);
    else if (what < 12)
        answer(&watches[pick(DIALOGS)]);
    else if (what < 14)
        publish("Expires: 60\r\n", "note");
    else if (what < 19)
        pass(LOOK_MS * (1 + pick(150)));
    else
        restart();
    forget_owed();
}

START_TEST(nothing_outlives_its_time)
{
    ends = 0;
    for (unsigned life = 0; life < LIVES; life++) {
        events_open();
        presence->settings.notify_pause_ms = life % 3 * 400;
        memset(watches, 0, sizeof(watches));
        seed = 4000 + life;
        seen = ground->net.sent_count;
        for (unsigned i = 0; i < STEPS; i++)
            step();
        events_close();
    }
    ck_assert_uint_gt(ends, LIVES * 5); /* it was about something */
}
END_TEST

UNIT_MAIN("presence/expiry_model", nothing_outlives_its_time)
