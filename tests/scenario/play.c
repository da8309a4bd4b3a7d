/* play.c: from step to deed.
 *
 *   configuration steps -> the stage is set at the first other step -> deeds
 *
 * After each deed the server runs until it has nothing more to do, and so do the parties that
 * answer by themselves. */
#include "play.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/memory.h"
#include "compose.h"
#include "config.h"
#include "peer.h"

enum {
    TURNS_MAX = 10000,
    PATIENCE_MS = 2 * 64 * 500 /* 64*T1 to the server, and as long behind it */
};

/* Faults. */

bool play_fault(struct play *play, const char *format, ...)
{
    va_list values;
    if (play->fault.length > 0)
        return false;
    page_format(&play->fault, "%s:%u: ", play->path, play->line);
    va_start(values, format);
    page_vformat(&play->fault, format, values);
    va_end(values);
    return false;
}

/* What the network asks of the parties. */

static struct party *party_at(const struct play *play, const struct net_flow *flow,
                              struct place **place)
{
    struct party *party;
    DL_FOREACH(play->parties, party)
    {
        *place = party_place(party, flow);
        if (*place != NULL)
            return party;
    }
    return NULL;
}

static void leaves(void *context, const struct net_flow *flow, struct bytes raw)
{
    struct play *play = context;
    struct place *place;
    stage_log(&play->stage, "server", flow, raw);
    bool ping = bytes_equal(raw, BYTES("\r\n"));
    const char *fault = ping ? NULL : check_message(play->check, raw);
    if (fault != NULL)
        play_fault(play, "what the server sends is wrong: %s\n%.*s", fault, BYTES_ARGS(raw));
    if (party_at(play, flow, &place) == NULL)
        play_fault(play, "the server sends to a place where nobody is\n%.*s", BYTES_ARGS(raw));
}

static void take(void *context, const struct net_flow *flow, struct bytes raw)
{
    struct place *place;
    struct party *party = party_at(context, flow, &place);
    if (party != NULL)
        party_take(party, flow, raw);
}

static bool listens(void *context, const struct net_flow *flow)
{
    struct place *place;
    if (party_at(context, flow, &place) == NULL || !place->listens)
        return false;
    place->connection = flow->connection;
    place->lost = false;
    return true;
}

static void ended(void *context, const struct net_flow *flow)
{
    struct place *place;
    if (party_at(context, flow, &place) == NULL || place->connection != flow->connection)
        return;
    place->connection = 0;
    place->lost = true;
}

/* Beginning and end. */

bool play_init(struct play *play, const char *path, uint64_t seed)
{
    const struct fake_peers peers = {leaves, take, listens, ended, play};
    *play = (struct play){.path = path};
    play->check = check_new();
    return stage_init(&play->stage, seed, &peers) || play_fault(play, "%s", play->stage.why);
}

void play_release(struct play *play)
{
    while (play->errands != NULL) {
        struct errand *errand = play->errands;
        DL_DELETE(play->errands, errand);
        free(errand->response);
        free(errand);
    }
    struct party *party;
    DL_FOREACH(play->parties, party)
    {
        peer_free(&party->peer); /* its timers are the stage's */
    }
    stage_release(&play->stage);
    while (play->parties != NULL)
        party_free(play->parties);
    while (play->variables != NULL) {
        struct variable *first = play->variables;
        DL_DELETE(play->variables, first);
        free(first->name);
        free(first->value);
        free(first);
    }
    check_free(&play->check);
    page_release(&play->fault);
    free(play->users);
    free(play->domain);
}

bool play_end(struct play *play)
{
    const struct party *party;
    if (play->fault.length > 0)
        return false;
    DL_FOREACH(play->parties, party)
    {
        if (party->inbox != NULL)
            return play_fault(play, "at the end %s has a message that nobody expected:\n%s",
                              party->name, party->inbox->bytes);
    }
    return gateway_is_quiet(play);
}

/* Variables. */

const char *play_variable(const struct play *play, struct bytes name)
{
    const struct variable *variable;
    DL_FOREACH(play->variables, variable)
    {
        if (bytes_equal(bytes_of(variable->name), name))
            return variable->value;
    }
    return NULL;
}

void play_set_variable(struct play *play, struct bytes name, struct bytes value)
{
    struct variable *variable;
    DL_FOREACH(play->variables, variable)
    {
        if (bytes_equal(bytes_of(variable->name), name)) {
            page_replace(&variable->value, value);
            return;
        }
    }
    variable = memory_new(sizeof(*variable));
    variable->name = memory_copy(name);
    variable->value = memory_copy(value);
    DL_APPEND(play->variables, variable);
}

bool play_expand(struct play *play, struct bytes text, struct page *out)
{
    while (!bytes_empty(text)) {
        ptrdiff_t open = bytes_index(text, '{');
        page_put(out, open < 0 ? text : bytes_first(text, (size_t)open));
        if (open < 0)
            return true;
        struct bytes rest = bytes_skip(text, (size_t)open + 1);
        struct bytes name = bytes_split(&rest, '}');
        const char *value = play_variable(play, name);
        if (value == NULL)
            return play_fault(play, "there is no {%.*s} yet", BYTES_ARGS(name));
        page_add(out, value);
        text = rest;
    }
    return true;
}

struct party *play_party(struct play *play, struct bytes name)
{
    struct party *party;
    DL_FOREACH(play->parties, party)
    {
        if (bytes_equal(bytes_of(party->name), name))
            return party;
    }
    return NULL;
}

/* Parties that answer by themselves. */

void play_answer_later(struct play *play, struct party *party, const struct arrival *arrival)
{
    struct draft draft = {0};
    struct page out = {0};
    struct errand *errand = memory_new(sizeof(*errand));
    compose_response(party, arrival, party->notify_answer, &draft);
    draft_write(&draft, &out);
    draft_release(&draft);
    errand->party = party;
    errand->response = out.at;
    errand->flow = arrival->flow;
    DL_APPEND(play->errands, errand);
}

static void run_errand(const struct errand *errand)
{
    (void)party_answer(errand->party, &errand->flow, bytes_of(errand->response));
}

void play_run_errands(struct play *play)
{
    for (unsigned turns = 0; play->errands != NULL; turns++) {
        struct errand *errand = play->errands;
        DL_DELETE(play->errands, errand);
        if (turns < TURNS_MAX)
            run_errand(errand);
        else
            play_fault(play, "NOTIFY and answer go on for ever");
        free(errand->response);
        free(errand);
    }
}

static void advance(struct play *play, uint64_t until_ms)
{
    const struct world *world = &play->stage.world;
    uint64_t next_ms = wheel_next_ms(world->wheel);
    uint64_t to_ms = next_ms < until_ms ? next_ms : until_ms;
    stage_pass(&play->stage, to_ms > world->now_ms ? to_ms - world->now_ms : 0);
    play_run_errands(play);
}

void play_pass(struct play *play, uint64_t ms)
{
    uint64_t until_ms = play->stage.world.now_ms + ms;
    while (play->stage.world.now_ms < until_ms)
        advance(play, until_ms);
}

bool play_advance(struct play *play, uint64_t until_ms)
{
    if (play->stage.world.now_ms >= until_ms || play->fault.length > 0)
        return false;
    advance(play, until_ms);
    return true;
}

uint64_t play_patience_ms(const struct play *play)
{
    const struct stage *stage = &play->stage;
    return stage->world.now_ms + (weather_is_fair(&stage->net.weather) ? 0 : PATIENCE_MS);
}

/* The stage. */

static bool add_user(struct play *play, struct bytes user, struct bytes password)
{
    struct page aor = {0};
    page_put(&aor, user);
    if (bytes_index(user, '@') < 0)
        page_format(&aor, "@%s", play->domain);
    bool added = stage_add_user(&play->stage, page_bytes(&aor), password);
    page_release(&aor);
    return added || play_fault(play, "%s", play->stage.why);
}

static bool add_users(struct play *play)
{
    struct bytes rest = bytes_of(play->users);
    while (!bytes_empty(rest)) {
        struct bytes password = bytes_split(&rest, '\n');
        struct bytes user = bytes_split(&password, ' ');
        if (!add_user(play, user, password))
            return false;
    }
    return true;
}

bool play_set_up(struct play *play)
{
    struct stage *stage = &play->stage;
    if (play->set)
        return true;
    play->set = true;
    if (!stage_configure(stage))
        return play_fault(play, "%s", stage->why);
    play->domain = memory_copy(bytes_of(stage->config->domains[0].domain.name));
    play->server = stage->net.listeners[0];
    if (!add_users(play))
        return false;
    return stage_start(stage) || play_fault(play, "%s", stage->why);
}

/* Configuration steps. */

static void remember_user(struct play *play, struct bytes user, const char *password)
{
    struct page users = {0};
    page_add(&users, play->users != NULL ? play->users : "");
    page_format(&users, "%.*s %s\n", BYTES_ARGS(user), password);
    free(play->users);
    play->users = users.at;
}

static bool do_users(struct play *play, struct words *words)
{
    while (!words_end(words)) {
        char password[128];
        struct bytes user = words_take(words);
        snprintf(password, sizeof(password), "%.*s-pw", BYTES_ARGS(user));
        remember_user(play, user, password);
    }
    return true;
}

/* False: the words say something else. */
static bool take_fate(struct words *words, int *fate)
{
    static const char *const fates[] = {"is enabled", "is disabled", "is removed"};
    for (*fate = 0; *fate < 3; ++*fate)
        if (words_are(words, fates[*fate]))
            return true;
    return false;
}

static bool change_user(struct play *play, struct bytes user, int fate)
{
    struct page aor = {0};
    page_format(&aor, "%.*s@%s", BYTES_ARGS(user), play->domain);
    bool changed = fate == 2 ? stage_remove_user(&play->stage, page_bytes(&aor))
                             : stage_disable_user(&play->stage, page_bytes(&aor), fate == 1);
    page_release(&aor);
    return changed || play_fault(play, "%s", play->stage.why);
}

static bool do_user(struct play *play, struct words *words)
{
    struct bytes user = words_take(words);
    int fate;
    if (play->set && take_fate(words, &fate))
        return change_user(play, user, fate);
    if (play->set || !words_are(words, "password"))
        return play_fault(play, "user NAME password WORD, before all; user NAME is removed, "
                                "is disabled or is enabled");
    char *password = memory_copy(words_take(words));
    remember_user(play, user, password);
    free(password);
    return true;
}

static bool do_seed(struct play *play, struct words *words)
{
    uint64_t seed;
    if (!bytes_to_u64(words_take(words), &seed))
        return play_fault(play, "seed NUMBER");
    play->stage.seed = seed;
    return true;
}

static bool take_percent(struct bytes text, unsigned *share)
{
    uint32_t percent;
    struct bytes number = bytes_split(&text, '%');
    if (!bytes_to_u32(number, &percent) || percent > WEATHER_SHARE_MAX)
        return false;
    *share = percent;
    return true;
}

/* network lose N% repeat N% reorder N% seed N, in any order */
static bool do_network(struct play *play, struct words *words)
{
    static const char *const usage = "network lose 20% repeat 10% reorder 10% seed 7";
    struct weather_settings settings = {.seed = 1};
    while (!words_end(words)) {
        unsigned *share = words_are(words, "lose")      ? &settings.lose
                          : words_are(words, "repeat")  ? &settings.repeat
                          : words_are(words, "reorder") ? &settings.late
                                                        : NULL;
        if (share == NULL && !words_are(words, "seed"))
            return play_fault(play, "%s", usage);
        if (share != NULL ? !take_percent(words_take(words), share)
                          : !bytes_to_u64(words_take(words), &settings.seed))
            return play_fault(play, "%s", usage);
    }
    weather_set(&play->stage.net.weather, &settings);
    return true;
}

static bool do_configuration(struct play *play, struct words *words)
{
    struct page text = {0};
    (void)words;
    for (size_t i = 0; i < play->step->count; i++)
        page_format(&text, "%.*s\n", BYTES_ARGS(play->step->block[i].text));
    free(play->stage.configuration);
    play->stage.configuration = text.at;
    if (!play->set)
        return true;
    if (play->stage.reactor != NULL)
        return play_fault(play, "this comes too late, the server runs already");
    return stage_reconfigure(&play->stage) || play_fault(play, "%s", play->stage.why);
}

static bool read_place(struct words *words, enum net_protocol *protocol,
                       struct net_address *address)
{
    return net_protocol_of(words_take(words), protocol) &&
           net_address_parse_with_port(words_take(words), 5060, address);
}

/* One target of a host; `*more`: a comma says that another follows. */
static bool read_target(struct words *words, struct net_target *target, bool *more)
{
    bool known = net_protocol_of(words_take(words), &target->protocol);
    struct bytes address = words_take(words);
    *more = !bytes_empty(address) && address.at[address.length - 1] == ',';
    address.length -= *more;
    return known && net_address_parse_with_port(address, 5060, &target->address);
}

/* host NAME is PROTOCOL ADDRESS, PROTOCOL ADDRESS ...: best first. */
static bool do_host(struct play *play, struct words *words)
{
    struct fake_net *net = &play->stage.net;
    struct fake_host *host = &net->hosts[net->host_count];
    struct bytes name = words_take(words);
    bool more = net->host_count < HOSTS_MAX && words_are(words, "is");
    while (more && host->count < NET_TARGETS_MAX) {
        if (!read_target(words, &host->targets[host->count++], &more))
            return play_fault(play, "host NAME is PROTOCOL ADDRESS:PORT, ...");
    }
    if (more || net->host_count == HOSTS_MAX || host->count == 0)
        return play_fault(play, "host NAME is PROTOCOL ADDRESS:PORT, ...");
    snprintf(host->name, sizeof(host->name), "%.*s", BYTES_ARGS(name));
    net->host_count++;
    return true;
}

static char *known_password(const struct play *play, const char *user)
{
    struct bytes rest = bytes_of(play->users);
    while (!bytes_empty(rest)) {
        struct bytes password = bytes_split(&rest, '\n');
        struct bytes name = bytes_split(&password, ' ');
        struct bytes alone = bytes_split(&name, '@');
        if (bytes_equal(alone, bytes_of(user)))
            return memory_copy(password);
    }
    return NULL;
}

static struct party *new_party(struct play *play, struct bytes name)
{
    struct party *party = party_new(play, name);
    if (!weather_is_fair(&play->stage.net.weather))
        party->peer = peer_new(party);
    return party;
}

/* at NAME PROTOCOL ADDRESS [as USER] [of SERVER-ADDRESS] [listening] */
static bool do_at(struct play *play, struct words *words)
{
    struct bytes name = words_take(words);
    struct party *party = play_party(play, name);
    enum net_protocol protocol;
    struct net_address address, server = {0};
    bool listening = false;
    if (!read_place(words, &protocol, &address))
        return play_fault(play, "at NAME PROTOCOL ADDRESS:PORT");
    if (party == NULL)
        party = new_party(play, name);
    for (size_t i = 0; i < play->stage.net.listener_count && server.family == 0; i++)
        if (play->stage.net.listeners[i].family == address.family)
            server = play->stage.net.listeners[i];
    while (!words_end(words)) {
        if (words_are(words, "as"))
            page_replace(&party->user, words_take(words));
        else if (words_are(words, "of") &&
                 net_address_parse_with_port(words_take(words), 5060, &server))
            continue;
        else if (words_are(words, "listening"))
            listening = true;
        else
            return play_fault(play, "at NAME PROTOCOL ADDRESS [as USER] [of SERVER] [listening]");
    }
    free(party->password);
    party->password = known_password(play, party->user);
    party_move(party, protocol, &address, &server)->listens = listening;
    return true;
}

/* Time. */

bool play_duration(struct play *play, struct bytes text, uint64_t *ms)
{
    static const struct {
        const char *unit;
        uint64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    size_t digits = 0;
    uint64_t number;
    while (digits < text.length && text.at[digits] >= '0' && text.at[digits] <= '9')
        digits++;
    struct bytes unit = bytes_skip(text, digits);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (!bytes_equal(unit, bytes_of(units[i].unit)) ||
            !bytes_to_u64(bytes_first(text, digits), &number))
            continue;
        *ms = number * units[i].ms;
        return true;
    }
    return play_fault(play, "a time is written 500ms, 30s, 5m, 2h or 1d, not %.*s",
                      BYTES_ARGS(text));
}

static bool do_time(struct play *play, struct words *words)
{
    uint64_t ms;
    if (!words_are(words, "passes"))
        return play_fault(play, "time passes 30s");
    if (!play_duration(play, words_take(words), &ms))
        return false;
    play_pass(play, ms);
    return true;
}

/* the clock jumps ahead|back TIME: the wall clock alone */
static bool the_clock(struct play *play, struct words *words)
{
    uint64_t ms;
    bool ahead = words_are(words, "jumps ahead");
    if (!ahead && !words_are(words, "jumps back"))
        return play_fault(play, "the clock jumps ahead|back TIME");
    if (!play_duration(play, words_take(words), &ms))
        return false;
    play->stage.world.wall_ms += ahead ? ms : -ms;
    return true;
}

/* The server and its store. */

static bool the_store(struct play *play, struct words *words)
{
    struct stage *stage = &play->stage;
    uint64_t count = SIZE_MAX;
    if (words_are(words, "holds")) {
        stage->store = STAGE_STORE_HOLDS;
        return true;
    }
    if (words_are(words, "works")) {
        stage->store = STAGE_STORE_WORKS;
        stage_settle(stage);
        return true;
    }
    bool breaks = words_are(words, "cannot be read");
    if (breaks || words_are(words, "can be read"))
        return stage_break_store(stage, "subscriptions", breaks) ||
               play_fault(play, "%s", stage->why);
    bool refuses = words_are(words, "refuses");
    if (!refuses && !words_are(words, "commits"))
        return play_fault(play,
                          "the store holds|works|refuses|commits [NUMBER], cannot|can be read");
    if (!words_end(words) && !bytes_to_u64(words_take(words), &count))
        return play_fault(play, "the store commits NUMBER");
    if ((refuses ? stage_refuse(stage) : stage_commit(stage, (size_t)count)) == 0)
        return play_fault(play, "nothing waits for the store");
    stage_settle(stage);
    return true;
}

static bool start(struct play *play)
{
    if (play->stage.reactor != NULL)
        return play_fault(play, "the server runs already");
    return stage_start(&play->stage) || play_fault(play, "%s", play->stage.why);
}

static bool crash(struct play *play)
{
    if (play->stage.reactor == NULL)
        return play_fault(play, "the server does not run");
    return stage_crash(&play->stage) || play_fault(play, "%s", play->stage.why);
}

static bool server_counted(struct play *play, struct words *words)
{
    uint64_t wanted;
    struct bytes name;
    if (!bytes_to_u64(words_take(words), &wanted))
        return play_fault(play, "the server counted NUMBER METRIC");
    name = words_take(words);
    for (int i = 0; i < METRIC_COUNT; i++) {
        uint64_t value = play->stage.metrics.values[i];
        if (!bytes_equal(bytes_of(metric_name((enum metric)i)), name))
            continue;
        return value == wanted ||
               play_fault(play, "the server counted %llu %.*s, not %llu", (unsigned long long)value,
                          BYTES_ARGS(name), (unsigned long long)wanted);
    }
    return play_fault(play, "there is no metric %.*s", BYTES_ARGS(name));
}

bool play_work_is_done(struct play *play)
{
    if (play->stage.reactor == NULL)
        return play_fault(play, "the server does not run");
    const struct reactor_work work = reactor_work(play->stage.reactor);
    const struct transaction_counts *counts = &work.transactions;
    if (counts->servers + counts->clients + counts->acks + counts->bytes + work.forks == 0)
        return true;
    return play_fault(play,
                      "the server still has %zu server and %zu client transactions, %zu ACKs and "
                      "%zu forks (%zu bytes)",
                      counts->servers, counts->clients, counts->acks, work.forks, counts->bytes);
}

static bool the_server(struct play *play, struct words *words)
{
    if (words_are(words, "crashes and restarts"))
        return crash(play) && start(play);
    if (words_are(words, "crashes"))
        return crash(play);
    if (words_are(words, "counted"))
        return server_counted(play, words);
    if (words_are(words, "has nothing under way"))
        return play_work_is_done(play);
    bool restarts = words_are(words, "restarts");
    if (restarts || words_are(words, "stops"))
        stage_stop(&play->stage);
    else if (!words_are(words, "starts"))
        return play_fault(play, "the server crashes|starts|stops|restarts|counted|has nothing");
    else
        restarts = true;
    return !restarts || start(play);
}

static bool do_the(struct play *play, struct words *words)
{
    if (words_are(words, "store"))
        return the_store(play, words);
    if (words_are(words, "server"))
        return the_server(play, words);
    if (words_are(words, "clock"))
        return the_clock(play, words);
    if (words_are(words, "gateway"))
        return play_gateway(play, words);
    return play_fault(play, "the store ..., the server ..., the clock ... or the gateway ...");
}

/* Nobody has anything unread. */
static bool do_all(struct play *play, struct words *words)
{
    const struct party *party;
    if (!words_are(words, "is quiet"))
        return play_fault(play, "all is quiet");
    DL_FOREACH(play->parties, party)
    {
        if (party->inbox != NULL)
            return play_fault(play, "%s has got:\n%s", party->name, party->inbox->bytes);
    }
    return gateway_is_quiet(play);
}

/* {a} is [not | more than] {b} */
static bool compare(struct play *play, struct words *words)
{
    struct page a = {0}, b = {0};
    bool fine = play_expand(play, words_take(words), &a) && words_are(words, "is");
    bool different = words_are(words, "not"), more = words_are(words, "more than");
    uint64_t left = 0, right = 0;
    fine = fine && play_expand(play, words_take(words), &b);
    bool holds = bytes_equal(page_bytes(&a), page_bytes(&b)) != different;
    if (more)
        holds = bytes_to_u64(page_bytes(&a), &left) && bytes_to_u64(page_bytes(&b), &right) &&
                left > right;
    if (!fine || !holds)
        play_fault(play, "that is not so: %s and %s", fine ? a.at : "?", fine ? b.at : "?");
    page_release(&a);
    page_release(&b);
    return fine && holds;
}

/* Steps. */

typedef bool (*do_fn)(struct play *play, struct words *words);

struct verb {
    const char *word;
    do_fn run;
    enum { BEFORE, ANY_TIME, AFTER } when; /* the stage stands */
};

static const struct verb verbs[] = {
    {"users", do_users, BEFORE},    {"user", do_user, ANY_TIME},
    {"seed", do_seed, BEFORE},      {"configuration", do_configuration, ANY_TIME},
    {"host", do_host, BEFORE},      {"network", do_network, BEFORE},
    {"at", do_at, AFTER},           {"time", do_time, AFTER},
    {"the", do_the, AFTER},         {"all", do_all, AFTER},
    {"rules", play_rules, AFTER},   {"rule", play_rule, AFTER},
    {"roster", play_roster, AFTER}, {"setting", play_setting, AFTER},
    {"api", play_api, AFTER},
};

static bool party_does(struct play *play, struct party *party, struct words *words)
{
    if (words_are(words, "sends"))
        return play_sends(play, party, words);
    if (words_are(words, "answers"))
        return play_answers(play, party, words);
    if (words_are(words, "expects"))
        return play_expects(play, party, words);
    return play_expects_word(play, party, words);
}

static bool run_step(struct play *play, struct words *words)
{
    struct bytes first = words->word[0];
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (!bytes_equal(first, bytes_of(verbs[i].word)))
            continue;
        words->at = 1;
        if (verbs[i].when == BEFORE && play->set)
            return play_fault(play, "this comes too late, the server runs already");
        return (verbs[i].when != AFTER || play_set_up(play)) && verbs[i].run(play, words);
    }
    if (*first.at == '{')
        return compare(play, words);
    struct party *party = play_party(play, first);
    if (party == NULL)
        return play_fault(play, "nobody is called %.*s", BYTES_ARGS(first));
    words->at = 1;
    return party_does(play, party, words);
}

bool play_step(struct play *play, const struct script_step *step)
{
    struct words words;
    play->step = step;
    play->line = step->line.number;
    if (!words_split(&words, step->line.text) || words.count == 0)
        return play_fault(play, "these are too many words, or a quote does not end");
    if (!run_step(play, &words))
        return play_fault(play, "this is not understood: %.*s", BYTES_ARGS(step->line.text));
    if (!words_end(&words))
        return play_fault(play, "too many words: %.*s", BYTES_ARGS(words.word[words.at]));
    play_run_errands(play);
    return play->fault.length == 0;
}
