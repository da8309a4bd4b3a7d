/* lives_test.c: random lives of publications against a simple model (RFC 3903 4 and 6).
 *
 * Four publishers (over TCP and UDP, with and without an instance) publish, refresh, change and
 * remove; answers get lost, connections die, the store refuses, the server crashes, hard state is
 * set, and time passes. After each step what a watcher would fetch must be what the model says:
 * one tuple for each publisher whose word is good, closed when it was lost, "seen" when it was not
 * refreshed, and nothing else. */
#include "fixture/events.h"

enum {
    PUBLISHERS = 4,
    STEPS = 150,
    SEEDS = 10,
    GRACE_MS = 60000,     /* presence.flow_grace_s */
    TAG_GRACE_MS = 32000, /* presence.tag_grace_s */
    SEEN_MS = 100000,     /* presence.last_seen_s, in every second life */
};

enum model { NOTHING, PUBLISHED, SEEN };

struct publisher_model {
    /* the client */
    bool tcp, instance;
    unsigned index, port, call, cseq;
    char tag[100]; /* that it knows; "": none */
    struct net_flow flow;
    /* what the server should have */
    enum model state;
    unsigned note;
    bool closed, connected, behind; /* behind: the client's tag is the one before the last */
    uint64_t expires_ms, closes_ms; /* closes_ms 0: not lost */
    uint64_t behind_until_ms;
};

struct life {
    uint64_t random;
    unsigned notes, records;
    unsigned hard; /* its note; 0: none */
    uint64_t seen_ms;
    struct publisher_model publishers[PUBLISHERS];
};

static unsigned choose(struct life *life, unsigned below)
{
    life->random = life->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(life->random >> 33) % below;
}

static uint64_t wall_ms(void)
{
    return ground->world.wall_ms;
}

/* The clients. */

static void place(struct publisher_model *publisher)
{
    char at[40];
    snprintf(at, sizeof(at), "127.0.0.%u:%u", 11 + publisher->index, publisher->port);
    publisher->flow = publisher->tcp ? ground_tcp(ground, at) : ground_udp(at);
    publisher->connected = true;
}

static const char *document(const struct publisher_model *publisher, unsigned note)
{
    static char text[500];
    snprintf(text, sizeof(text),
             "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:bob@example.org\">"
             "<tuple id=\"p%u\"><status><basic>open</basic></status><note>n%u</note></tuple>"
             "</presence>",
             publisher->index, note);
    return text;
}

static struct ask request(struct publisher_model *publisher, unsigned expires_s, unsigned note)
{
    static char fields[600], via[100], call[40];
    struct buffer out = buffer_over(fields, sizeof(fields) - 1);
    if (publisher->tcp && !publisher->connected) {
        publisher->port++;
        place(publisher);
    }
    if (publisher->tag[0] == '\0')
        publisher->call++;
    buffer_format(&out, "Event: presence\r\nExpires: %u\r\n%s", expires_s,
                  note > 0 ? PIDF_TYPE : "");
    if (publisher->tag[0] != '\0')
        buffer_format(&out, "SIP-If-Match: %s\r\n", publisher->tag);
    if (publisher->instance)
        buffer_format(&out,
                      "Contact: <sip:bob@127.0.0.11>;+sip.instance=\"<urn:uuid:00000000-0000-1000-"
                      "8000-%012u>\"\r\n",
                      publisher->index);
    buffer_char(&out, '\0');
    snprintf(via, sizeof(via), "SIP/2.0/%s 127.0.0.%u:%u;branch=z9hG4bK-%u",
             publisher->tcp ? "TCP" : "UDP", 11 + publisher->index, publisher->port,
             ground->asked + 1000);
    snprintf(call, sizeof(call), "life-%u-%u", publisher->index, publisher->call);
    return (struct ask){.method = "PUBLISH",
                        .via = via,
                        .fields = fields,
                        .call = call,
                        .from = "<sip:bob@example.org>;tag=b",
                        .body = note > 0 ? document(publisher, note) : NULL,
                        .flow = &publisher->flow};
}

/* The model. */

static void model_pass(struct publisher_model *publisher, const struct life *life)
{
    uint64_t now_ms = wall_ms();
    if (publisher->state == PUBLISHED && publisher->closes_ms != 0 &&
        publisher->closes_ms <= now_ms && publisher->closes_ms < publisher->expires_ms)
        publisher->closed = true;
    if (publisher->state == PUBLISHED && publisher->expires_ms <= now_ms) {
        publisher->state = life->seen_ms > 0 ? SEEN : NOTHING;
        publisher->expires_ms += life->seen_ms;
    }
    if (publisher->state == SEEN && publisher->expires_ms <= now_ms)
        publisher->state = NOTHING;
}

/* Who is lost, and is not closed yet, has the grace from now on. */
static void model_lose(struct publisher_model *publisher)
{
    if (publisher->state == PUBLISHED && !publisher->closed)
        publisher->closes_ms = wall_ms() + GRACE_MS;
}

static bool model_knows_tag(const struct publisher_model *publisher)
{
    return publisher->state == PUBLISHED &&
           (!publisher->behind || publisher->behind_until_ms > wall_ms());
}

static void model_publish(struct publisher_model *publisher, unsigned expires_s, unsigned note)
{
    publisher->state = expires_s > 0 ? PUBLISHED : NOTHING;
    publisher->expires_ms = wall_ms() + (uint64_t)expires_s * 1000;
    publisher->closed = false;
    publisher->closes_ms = 0;
    if (note > 0)
        publisher->note = note;
}

/* The steps. */

/* One PUBLISH; false: 412. What becomes of the answer: the client learns the tag, or not. */
static bool publish_once(struct publisher_model *publisher, unsigned expires_s, unsigned note,
                         bool lost)
{
    bool named = publisher->tag[0] != '\0';
    unsigned wanted = named && !model_knows_tag(publisher) ? 412 : 200;
    ck_assert_uint_eq(ground_do(ground, request(publisher, expires_s, note)), wanted);
    if (wanted == 412)
        publisher->tag[0] = '\0';
    else
        model_publish(publisher, expires_s, note);
    if (wanted == 412)
        return false;
    if (lost) {
        publisher->behind = named;
        publisher->behind_until_ms = wall_ms() + TAG_GRACE_MS;
        return true;
    }
    publisher->behind = false;
    snprintf(publisher->tag, sizeof(publisher->tag), "%s",
             expires_s > 0 ? value_of(sent_text(ground, "SIP/2.0 200"), "SIP-ETag: ") : "");
    return true;
}

/* A client whose tag is void begins anew (RFC 3903 8.2). */
static void do_publish(struct life *life, struct publisher_model *publisher)
{
    bool first = publisher->tag[0] == '\0', refreshes = !first && choose(life, 2) == 0;
    unsigned expires_s = 60 + choose(life, 60), note = refreshes ? 0 : ++life->notes;
    bool lost = choose(life, 4) == 0;
    if (!publish_once(publisher, expires_s, note, lost))
        publish_once(publisher, expires_s, note > 0 ? note : ++life->notes, lost);
}

static void do_remove(struct publisher_model *publisher)
{
    if (publisher->tag[0] != '\0')
        publish_once(publisher, 0, 0, false);
    publisher->tag[0] = '\0';
    publisher->behind = false;
}

static void do_die(struct publisher_model *publisher)
{
    if (!publisher->tcp || !publisher->connected)
        return;
    ground_hang_up(ground, publisher->flow.connection);
    publisher->connected = false;
    model_lose(publisher);
}

/* N changes with one tag after the other. */
static void do_changes(struct life *life, struct publisher_model *publisher)
{
    for (unsigned i = 0; i < 5; i++)
        if (!publish_once(publisher, 90, ++life->notes, false))
            publish_once(publisher, 90, life->notes, false);
}

static void do_hard(struct life *life)
{
    static const struct publisher_model nobody = {.index = 9};
    life->hard = choose(life, 3) == 0 ? 0 : ++life->notes;
    const char *body = life->hard > 0 ? document(&nobody, life->hard) : "";
    const struct presence_state state = {BOB, BYTES("presence"), BYTES("application/pidf+xml"),
                                         bytes_of(body)};
    struct store_change change;
    ck_assert(verdict_ok(presence_set_state(presence, &state, &change)));
    ground_commit(ground);
}

/* All connections go with the process; who was lost before, but is not closed, is lost anew. */
static void do_crash(struct life *life)
{
    events_restart();
    for (unsigned i = 0; i < PUBLISHERS; i++) {
        struct publisher_model *publisher = &life->publishers[i];
        if (!publisher->tcp)
            continue;
        publisher->connected = false;
        model_lose(publisher);
    }
}

/* What is refused has not happened; the partition is loaded again, where connections live on. */
static void do_refuse(struct life *life, struct publisher_model *publisher)
{
    ground_ask(ground, request(publisher, 60 + choose(life, 60), ++life->notes));
    ground_refuse(ground);
    for (unsigned i = 0; i < PUBLISHERS; i++)
        if (life->publishers[i].tcp && life->publishers[i].closes_ms != 0)
            model_lose(&life->publishers[i]);
}

static void pass(struct life *life, uint64_t ms)
{
    ground_wait(ground, ms);
    ground_commit(ground);
    for (unsigned i = 0; i < PUBLISHERS; i++)
        model_pass(&life->publishers[i], life);
}

/* The answer is lost, and the client tries again with the tag that it knows, to the millisecond
 * while that is good or when it is so no more. */
static void do_edge(struct life *life, struct publisher_model *publisher)
{
    publish_once(publisher, 90, ++life->notes, false);
    publish_once(publisher, 90, ++life->notes, true);
    pass(life, TAG_GRACE_MS - choose(life, 2));
    do_publish(life, publisher);
}

static void step(struct life *life)
{
    struct publisher_model *publisher = &life->publishers[choose(life, PUBLISHERS)];
    unsigned what = choose(life, 32);
    if (what < 14)
        do_publish(life, publisher);
    else if (what < 16)
        do_remove(publisher);
    else if (what < 19)
        do_die(publisher);
    else if (what < 20)
        do_changes(life, publisher);
    else if (what < 22)
        do_hard(life);
    else if (what < 23)
        do_crash(life);
    else if (what < 24)
        do_refuse(life, publisher);
    else if (what < 25)
        do_edge(life, publisher);
    else
        pass(life, choose(life, what < 30 ? 30000 : 90000));
}

/* Checks. */

static unsigned count_in(const char *text, const char *part)
{
    unsigned count = 0;
    while ((text = strstr(text, part)) != NULL) {
        text += strlen(part);
        count++;
    }
    return count;
}

/* The tuple of a publisher or of hard state, as far as its note. */
static void check_tuple(const char *state, unsigned index, bool closed, unsigned note)
{
    char wanted[200];
    snprintf(wanted, sizeof(wanted),
             "<tuple id=\"p%u\"><status><basic>%s</basic></status><note>n%u</note>", index,
             closed ? "closed" : "open", note);
    ck_assert_has(state, wanted);
}

static void check(struct life *life)
{
    unsigned tuples = 0, seen = 0;
    ck_assert_uint_eq(subscribe("Expires: 0\r\n"), 200);
    const char *state = notified("SIP/2.0 200 OK");
    for (unsigned i = 0; i < PUBLISHERS; i++) {
        const struct publisher_model *publisher = &life->publishers[i];
        tuples += publisher->state == PUBLISHED;
        seen += publisher->state == SEEN;
        if (publisher->state == PUBLISHED)
            check_tuple(state, i, publisher->closed, publisher->note);
    }
    if (life->hard > 0)
        check_tuple(state, 9, false, life->hard);
    tuples += life->hard > 0;
    ck_assert_uint_eq(count_in(state, "<tuple "), tuples + seen);
    ck_assert_uint_eq(count_in(state, "<tuple id=\"seen"), seen);
    ck_assert_uint_eq(presence_count(presence).publications, tuples + seen);
}

static void count_row(void *context, const struct store_publication *row)
{
    struct life *life = context;
    life->records += !row->ended;
}

/* What is durable are the same records, each once. */
static void check_rows(struct life *life)
{
    const struct store_visitor visitor = {.publication = count_row, .context = life};
    life->records = 0;
    ck_assert_int_eq(store_load(ground->parts.store, partition_of(BOB), &visitor), ERR_NONE);
    ck_assert_uint_eq(life->records, presence_count(presence).publications);
}

static void live(unsigned seed)
{
    struct life life = {.random = seed, .seen_ms = seed % 2 == 0 ? SEEN_MS : 0};
    events_open();
    presence->settings.last_seen_s = (unsigned)(life.seen_ms / 1000);
    for (unsigned i = 0; i < PUBLISHERS; i++) {
        life.publishers[i] = (struct publisher_model){
            .index = i, .tcp = i % 2 == 0, .instance = i < 2, .port = 40000};
        place(&life.publishers[i]);
    }
    for (unsigned i = 0; i < STEPS; i++) {
        step(&life);
        check(&life);
    }
    check_rows(&life);
    pass(&life, 400000);
    check(&life);
    ck_assert_uint_eq(presence_count(presence).publications, life.hard > 0);
    events_close();
}

START_TEST(random_lives)
{
    for (unsigned seed = 1; seed <= SEEDS; seed++)
        live(seed);
}
END_TEST

UNIT_MAIN("presence/lives", random_lives)
