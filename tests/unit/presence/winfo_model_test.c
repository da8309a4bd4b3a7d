/* winfo_model_test.c: whoever puts the documents together as RFC 3858 4 says has the state,
 * whatever happened in which order, however late it answered, and however short documents must be.
 */
#include "fixture/ruling.h"

enum { READERS = 3, ROWS_MAX = 64, WATCHERS_MAX = 20, ROUNDS = 400, LIVES = 9 };

struct line {
    char id[32], status[16], event[16];
};

/* A device of bob's, as RFC 3858 4 has it. */
struct table {
    char call[8], to[200];
    struct line lines[ROWS_MAX];
    size_t count;
    int64_t version;
    struct sent outstanding; /* the NOTIFY that it has not answered; text "": none */
};

static struct table tables[READERS];
static char watchers[WATCHERS_MAX][200]; /* To of alice's dialogs; "": none */
static uint64_t seed;
static size_t seen; /* what was looked at of what was sent */

static unsigned pick(unsigned below)
{
    unsigned random;
    seeded_random(&seed, &random, sizeof(random));
    return random % below;
}

static void read_attribute(const char *element, const char *name, char *out, size_t size)
{
    char start[40];
    snprintf(start, sizeof(start), " %s=\"", name);
    const char *at = strstr(element, start);
    ck_assert_msg(at != NULL, "no %s in %s", name, element);
    at += strlen(start);
    snprintf(out, size, "%.*s", (int)strcspn(at, "\""), at);
}

static struct line *find_line(struct table *table, const char *id)
{
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->lines[i].id, id) == 0)
            return &table->lines[i];
    return NULL;
}

static void take_watcher(struct table *table, const char *element)
{
    struct line line = {0};
    read_attribute(element, "id", line.id, sizeof(line.id));
    read_attribute(element, "status", line.status, sizeof(line.status));
    read_attribute(element, "event", line.event, sizeof(line.event));
    struct line *old = find_line(table, line.id);
    bool over = strcmp(line.status, "terminated") == 0;
    if (old == NULL && !over) {
        ck_assert_uint_lt(table->count, ROWS_MAX);
        old = &table->lines[table->count++];
    }
    if (!over)
        *old = line;
    else if (old != NULL)
        *old = table->lines[--table->count];
}

static void take_document(struct table *table, const char *text)
{
    char version[20], state[20];
    const char *root = strstr(text, "<watcherinfo");
    ck_assert_ptr_nonnull(root);
    read_attribute(root, "version", version, sizeof(version));
    read_attribute(root, "state", state, sizeof(state));
    ck_assert_int_eq(strtoll(version, NULL, 10), table->version + 1);
    table->version++;
    if (strcmp(state, "full") == 0)
        table->count = 0;
    else
        ck_assert_int_gt(table->version, 0);
    for (const char *at = root; (at = strstr(at, "<watcher ")) != NULL; at++)
        take_watcher(table, at);
}

static struct table *table_of(const char *text)
{
    for (size_t i = 0; i < READERS; i++) {
        char field[40];
        snprintf(field, sizeof(field), "\r\nCall-ID: %.24s\r\n", tables[i].call);
        if (tables[i].call[0] != '\0' && strstr(text, field) != NULL)
            return &tables[i];
    }
    return NULL;
}

/* Takes in what was sent: alice answers at once, bob's devices when they like. */
static void look(void)
{
    while (seen < ground->net.sent_count) {
        const struct sent sent = ground->net.sent[seen++ % SENT_MAX];
        struct table *table = table_of(sent.text);
        if (strncmp(sent.text, "NOTIFY ", 7) != 0)
            continue;
        if (table == NULL) {
            ground_answer(ground, &sent, "SIP/2.0 200 OK", "");
            ground_commit(ground);
            continue;
        }
        ck_assert_str_eq(table->outstanding.text, ""); /* one at a time (RFC 6665) */
        take_document(table, sent.text);
        table->outstanding = sent;
    }
}

static unsigned do_ask(const char *call, const char *from, const char *to, const char *fields)
{
    struct ask ask = subscribing(fields);
    ask.call = call;
    ask.from = from;
    ask.to = to[0] != '\0' ? to : NULL;
    return ground_do(ground, ask);
}

static void read_watchers(struct table *table)
{
    bool first = table->to[0] == '\0';
    ck_assert_uint_eq(
        do_ask(table->call, "<sip:bob@example.org>;tag=b", table->to, "Event: presence.winfo\r\n"),
        200);
    if (first)
        keep_text(table->to, dialog_to());
    look();
}

static void answer(struct table *table)
{
    const struct sent sent = table->outstanding;
    if (sent.text[0] == '\0')
        return;
    table->outstanding.text[0] = '\0';
    ground_answer(ground, &sent, "SIP/2.0 200 OK", "");
    ground_commit(ground);
    look();
}

static void watcher(unsigned which, const char *fields)
{
    char call[20];
    const char *from = "<sip:alice@example.org>;tag=a1";
    snprintf(call, sizeof(call), "w%u-%u", which, ground->asked);
    char *to = watchers[which];
    if (to[0] != '\0') { /* the Call-ID stands behind its NUL */
        do_ask(to + strlen(to) + 1, from, to, "Expires: 0\r\n");
        to[0] = '\0';
    } else if (do_ask(call, from, "", fields) == 200 && fields[0] == '\0') {
        snprintf(to, 150, "%.149s", dialog_to());
        memcpy(to + strlen(to) + 1, call, strlen(call) + 1);
    }
    look();
}

static void rules(unsigned which)
{
    static const char *const handlings[] = {"allow", "confirm", "allow", "block"};
    rule(handlings[which]);
    ground_commit(ground);
    look();
}

static void step(void)
{
    unsigned what = pick(16);
    if (what < 7)
        watcher(pick(WATCHERS_MAX), "");
    else if (what < 8)
        watcher(pick(WATCHERS_MAX), "Expires: 0\r\n");
    else if (what < 10)
        rules(pick(4));
    else if (what < 15)
        answer(&tables[pick(READERS - 1)]);
    else
        read_watchers(&tables[pick(READERS - 1)]);
}

static size_t there(void)
{
    const struct subscription *subscription;
    size_t count = 0;
    DL_FOREACH(bob()->subscriptions, subscription)
    {
        count += subscription->state != SUBSCRIPTION_ENDED;
    }
    return count;
}

/* All of them know what one knows that asks now, and nothing is left to be told. */
static void compare(void)
{
    struct table *fresh = &tables[READERS - 1];
    for (unsigned i = 0; i < 200; i++)
        answer(&tables[i % (READERS - 1)]);
    keep_text(fresh->call, "fresh");
    read_watchers(fresh);
    for (unsigned i = 0; i < 200; i++)
        answer(&tables[i % READERS]);
    ck_assert_uint_eq(fresh->count, bob() != NULL ? there() : 0);
    for (size_t i = 0; i < READERS; i++) {
        ck_assert_str_eq(tables[i].outstanding.text, "");
        ck_assert_uint_eq(tables[i].count, fresh->count);
        for (size_t k = 0; k < fresh->count; k++) {
            const struct line *line = find_line(&tables[i], fresh->lines[k].id);
            ck_assert_ptr_nonnull(line);
            ck_assert_str_eq(line->status, fresh->lines[k].status);
            ck_assert_str_eq(line->event, fresh->lines[k].event);
        }
    }
    ck_assert_ptr_null(
        resource_find(presence, package_find(BYTES("presence.winfo")), BOB, false)->winfo->news);
}

static void live(unsigned life)
{
    static const size_t lengths[] = {400, 700, 100000};
    events_open();
    presence->settings.winfo_max_bytes = lengths[life % 3];
    memset(tables, 0, sizeof(tables));
    memset(watchers, 0, sizeof(watchers));
    seed = 1000 + life;
    seen = ground->net.sent_count;
    for (size_t i = 0; i < READERS; i++)
        tables[i].version = -1;
    for (size_t i = 0; i < READERS - 1; i++) {
        snprintf(tables[i].call, sizeof(tables[i].call), "bob-%zu", i);
        read_watchers(&tables[i]);
    }
    for (unsigned i = 0; i < ROUNDS; i++)
        step();
    compare();
    events_close();
}

START_TEST(rfc3858_4_any_order)
{
    for (unsigned i = 0; i < LIVES; i++)
        live(i);
}
END_TEST

UNIT_MAIN("presence/winfo_model", rfc3858_4_any_order)
