/* resolve.c: from what a URI says to the addresses at which a request may be tried (RFC 3263 4).
 *
 *                        numeric, or localhost (RFC 6761 6.3) --------------------> found
 *   im:, pres: SERVICE --- SRV _im._sip, _pres._sip (RFC 3861 3) ----------------+
 *                 | none                                                         |
 *                 v                                                              |
 *   a port is given ----------------------------------------------------------> HOPS
 *   a transport is named ------------> SRV of that transport -----------------+  ^ |
 *   else NAPTR -- SRV of those of the least order, by preference -------------+--+ | A and AAAA
 *          | none of use                                                      |    | of each hop
 *          +----- SRV _sips._tcp, _sip._tcp, _sip._udp ------- none: the host +    v
 *                                                                     itself     found
 *
 * Each box asks its questions at once and goes on when all are answered; `judge` is what it does
 * then. So a lookup takes three round trips at most, and none when all is known. The whole has one
 * limit of time: when that is over it goes on with what is known by then, without waiting any more.
 *
 * A question that fails counts as one without an answer, as in every other SIP server: RFC 3263
 * says nothing of it, and there are name servers that fail for types which they do not know. A
 * transport whose only record is "." is not there (RFC 2782), and the host itself is then no way
 * around it.
 *
 * NAPTR records of a greater order are not looked at once some of a lesser one serve (RFC 3403
 * 4.1): who says that TLS comes first shall not be reached without it.
 *
 * A host has a share of the places, but room for both families, IPv6 first where we have it, and
 * these take turns: a family that is dead does not use up all attempts. */
#include "net/resolve_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/memory.h"
#include "net/order_internal.h"

enum {
    FAMILIES = 2,
    HOPS_MAX = NET_TARGETS_MAX,
    SERVICES_MAX = 4,
    QUESTIONS_MAX = 1 + 1 + SERVICES_MAX + FAMILIES * HOPS_MAX,
    QUESTIONS_PER_LOOKUP = 4, /* under way at a time, on average */
};

static const unsigned char families[FAMILIES] = {6, 4};

struct resolver {
    struct resolver_ground ground;
    struct world *world;
    struct names *names;
    struct shuns *shuns;
    struct search *searches;
    unsigned timeout_ms, waiting_count, waiting_max;
};

struct addresses {
    unsigned count;
    struct net_address list[NET_TARGETS_MAX];
    bool cut; /* there were more */
};

/* A host that is to be reached by a protocol at a port. */
struct hop {
    char name[NAME_SIZE];
    uint16_t port;
    enum net_protocol protocol;
    struct addresses by_family[FAMILIES];
};

struct question {
    struct name_use use;
    struct search *search;
    enum net_protocol protocol; /* SRV: which its targets speak */
    unsigned hop, family;       /* A and AAAA: whose addresses */
};

/* A lookup that has to ask somebody. */
struct search {
    struct resolver *resolver;
    struct search *prev, *next;
    struct net_lookup *lookup;
    struct net_query query;
    struct timer late;
    void (*judge)(struct search *search); /* what to do with the answers; NULL: all is done */
    bool waits, hurry;                    /* counted in waiting_count; out of time */
    bool cut;                             /* more was found than is tried */
    enum net_protocol protocol;           /* when no record says another */
    unsigned pending, question_first, question_count, hop_count;
    struct question questions[QUESTIONS_MAX];
    struct hop hops[HOPS_MAX];
    char host[NAME_SIZE];
};

static void lookup_end(struct net_lookup *lookup, const struct net_target *targets, size_t count)
{
    lookup->running = NULL;
    lookup->found(lookup, targets, count);
}

/* RFC 3263 4.1: what is meant when nothing says another; TLS over TCP for sips. */
static enum net_protocol default_protocol(const struct net_query *query)
{
    if (query->secure)
        return NET_TLS;
    return query->protocol_named ? query->protocol : NET_UDP;
}

/* Nobody can connect to a browser (RFC 7118 5), and there is no TLS over UDP (RFC 3261 26.2.2). */
static bool is_possible(const struct net_query *query)
{
    if (!query->protocol_named)
        return true;
    return net_can_connect(query->protocol) && !(query->secure && query->protocol == NET_UDP);
}

static bool speaks(const struct resolver *resolver, enum net_protocol protocol,
                   unsigned char family)
{
    return resolver->ground.speaks(resolver->ground.context, protocol, family);
}

static bool speaks_any(const struct resolver *resolver, unsigned char family)
{
    for (unsigned i = 0; i < NET_PROTOCOLS; i++)
        if (speaks(resolver, (enum net_protocol)i, family))
            return true;
    return false;
}

static bool family_wanted(const struct resolver *resolver, enum net_protocol protocol,
                          unsigned char family)
{
    if (speaks(resolver, protocol, 0))
        return speaks(resolver, protocol, family);
    return speaks_any(resolver, family) || !speaks_any(resolver, 0);
}

/* Targets. */

static bool is_listed(const struct net_target *targets, size_t count,
                      const struct net_target *target)
{
    for (size_t i = 0; i < count; i++)
        if (targets[i].protocol == target->protocol &&
            net_address_equal(&targets[i].address, &target->address))
            return true;
    return false;
}

/* Adds at most `share` addresses of the hop, a family by turns. */
static size_t hop_targets(const struct hop *hop, struct bytes domain, unsigned share,
                          struct net_target *targets, size_t count)
{
    unsigned added = 0;
    for (unsigned turn = 0; turn < NET_TARGETS_MAX; turn++) {
        for (unsigned f = 0; f < FAMILIES && added < share; f++) {
            const struct addresses *addresses = &hop->by_family[f];
            if (turn >= addresses->count)
                continue;
            struct net_target target = {hop->protocol, addresses->list[turn], domain};
            target.address.port = hop->port;
            if (is_listed(targets, count, &target))
                continue;
            targets[count++] = target;
            added++;
        }
    }
    return count;
}

/* True when it has more addresses than its share. */
static bool hop_is_cut(const struct hop *hop, unsigned share)
{
    unsigned count = 0;
    bool cut = false;
    for (unsigned f = 0; f < FAMILIES; f++) {
        count += hop->by_family[f].count;
        cut = cut || hop->by_family[f].cut;
    }
    return cut || count > share;
}

static size_t search_targets(struct search *search, struct net_target *targets)
{
    unsigned share = search->hop_count > 0 ? NET_TARGETS_MAX / search->hop_count : 0;
    size_t count = 0;
    if (share < FAMILIES)
        share = FAMILIES;
    for (unsigned i = 0; i < search->hop_count; i++) {
        search->cut = search->cut || hop_is_cut(&search->hops[i], share);
        count = hop_targets(&search->hops[i], search->query.host, share, targets, count);
    }
    search->cut = search->cut || count > NET_TARGETS_MAX;
    return count;
}

/* The life of a search. */

static void search_free(struct search *search)
{
    struct resolver *resolver = search->resolver;
    for (unsigned i = 0; i < search->question_count; i++)
        names_leave(resolver->names, &search->questions[i].use);
    wheel_cancel(resolver->world->wheel, &search->late);
    DL_DELETE(resolver->searches, search);
    resolver->waiting_count -= search->waits;
    free(search);
}

static void search_end(struct search *search)
{
    enum { ALL = FAMILIES * HOPS_MAX };
    struct net_target targets[ALL];
    struct net_lookup *lookup = search->lookup;
    size_t count = search_targets(search, targets);
    assert(count <= ALL);
    shuns_sort(search->resolver->shuns, targets, count);
    if (search->cut)
        metrics_count(search->resolver->ground.metrics, METRIC_lookups_cut);
    search_free(search);
    lookup_end(lookup, targets, count < NET_TARGETS_MAX ? count : NET_TARGETS_MAX);
}

static void search_late(struct timer *timer);

/* Judges as long as there is nothing to wait for. */
static void search_go(struct search *search)
{
    struct resolver *resolver = search->resolver;
    while (search->judge != NULL && (search->pending == 0 || search->hurry)) {
        void (*judge)(struct search *) = search->judge;
        search->judge = NULL;
        judge(search);
    }
    if (search->judge == NULL) {
        search_end(search);
        return;
    }
    if (search->waits)
        return;
    search->waits = true;
    resolver->waiting_count++;
    world_timer(resolver->world, &search->late, resolver->timeout_ms, search_late);
}

static void search_late(struct timer *timer)
{
    struct search *search = HOLDER(timer, struct search, late);
    metrics_count(search->resolver->ground.metrics, METRIC_lookups_late);
    search->hurry = true;
    search_go(search);
}

static void question_ready(struct name_use *use)
{
    struct question *question = (struct question *)(void *)use;
    assert(question->search->pending > 0);
    if (--question->search->pending == 0)
        search_go(question->search);
}

/* NULL: it is one too many. */
static struct question *search_ask(struct search *search, const char *name, enum record_type type)
{
    struct resolver *resolver = search->resolver;
    if (search->question_count == QUESTIONS_MAX)
        return NULL;
    struct question *question = &search->questions[search->question_count++];
    bool may_ask = search->waits || resolver->waiting_count < resolver->waiting_max;
    question->search = search;
    question->use.ready = question_ready;
    if (!names_use(resolver->names, &question->use, name, type, may_ask))
        search->pending++;
    return question;
}

/* The answer to the question number `index` of this round. */
static const struct answer *search_answer(const struct search *search, unsigned index)
{
    const struct question *question = &search->questions[search->question_first + index];
    return names_answer(search->resolver->names, &question->use);
}

/* Begins a round of questions, which `judge` will look at. */
static void search_round(struct search *search, void (*judge)(struct search *search))
{
    search->question_first = search->question_count;
    search->pending = 0; /* out of time: the last round's do not count any more */
    search->judge = judge;
}

/* Addresses of hops. */

static void addresses_add(struct addresses *addresses, const struct net_address *address)
{
    if (addresses->count < NET_TARGETS_MAX)
        addresses->list[addresses->count++] = *address;
    else
        addresses->cut = true;
}

/* The list for the family of the address. */
static struct addresses *hop_family(struct hop *hop, const struct net_address *address)
{
    return &hop->by_family[address->family == families[0] ? 0 : 1];
}

static void judge_addresses(struct search *search)
{
    for (unsigned i = search->question_first; i < search->question_count; i++) {
        const struct question *question = &search->questions[i];
        const struct answer *answer = search_answer(search, i - search->question_first);
        struct hop *hop = &search->hops[question->hop];
        for (unsigned j = 0; j < answer->count; j++)
            addresses_add(&hop->by_family[question->family], &answer->records[j].address);
    }
}

static bool hop_is_numeric(const struct hop *hop)
{
    return hop->by_family[0].count + hop->by_family[1].count > 0 &&
           net_address_parse(bytes_of(hop->name), 0, &(struct net_address){0});
}

static void ask_family(struct search *search, unsigned index, unsigned family)
{
    const struct hop *hop = &search->hops[index];
    enum record_type type = families[family] == 6 ? RECORD_AAAA : RECORD_A;
    if (hop->by_family[family].count > 0 ||
        !family_wanted(search->resolver, hop->protocol, families[family]))
        return;
    struct question *question = search_ask(search, hop->name, type);
    assert(question != NULL); /* there is one for each */
    question->hop = index;
    question->family = family;
}

/* A and AAAA of all hops whose addresses did not come along. */
static void ask_addresses(struct search *search)
{
    search_round(search, judge_addresses);
    for (unsigned i = 0; i < search->hop_count; i++) {
        if (hop_is_numeric(&search->hops[i]))
            continue;
        for (unsigned f = 0; f < FAMILIES; f++)
            ask_family(search, i, f);
    }
}

/* Port 0: the default. NULL: there are enough. */
static struct hop *hop_add(struct search *search, const char *name, uint16_t port,
                           enum net_protocol protocol)
{
    struct net_address address;
    if (search->hop_count == HOPS_MAX) {
        search->cut = true;
        return NULL;
    }
    struct hop *hop = &search->hops[search->hop_count++];
    struct buffer text = buffer_over(hop->name, sizeof(hop->name) - 1);
    buffer_text(&text, name);
    assert(!text.overflow);
    hop->port = port != 0 ? port : net_default_port(protocol);
    hop->protocol = protocol;
    if (net_address_parse(bytes_of(name), 0, &address)) /* not by the book, but seen */
        addresses_add(hop_family(hop, &address), &address);
    return hop;
}

/* SRV records. */

static void hop_take_extras(struct search *search, struct hop *hop, const struct answer *answer)
{
    for (unsigned i = 0; i < answer->extra_count; i++) {
        const struct dns_record *extra = &answer->extras[i];
        if (strcmp(extra->name, hop->name) == 0 &&
            family_wanted(search->resolver, hop->protocol, extra->address.family))
            addresses_add(hop_family(hop, &extra->address), &extra->address);
    }
}

/* Makes hops of the targets, in the order in which they are to be tried. False: there was not even
 * one that says that there are none. */
static bool take_srv(struct search *search, const struct question *question)
{
    const struct names *names = search->resolver->names;
    const struct answer *answer = names_answer(names, &question->use);
    const struct dns_record *list[RECORDS_MAX];
    for (unsigned i = 0; i < answer->count; i++)
        list[i] = &answer->records[i];
    order_srv(search->resolver->world, list, answer->count);
    for (unsigned i = 0; i < answer->count; i++) {
        if (list[i]->name[0] == '\0')
            continue; /* RFC 2782: decidedly not available */
        struct hop *hop = hop_add(search, list[i]->name, list[i]->port, question->protocol);
        if (hop != NULL && !hop_is_numeric(hop) && names_extras_fresh(names, &question->use))
            hop_take_extras(search, hop, answer);
    }
    return answer->kind == ANSWER_RECORDS;
}

static bool take_all_srv(struct search *search)
{
    bool some = false;
    for (unsigned i = search->question_first; i < search->question_count; i++)
        some = take_srv(search, &search->questions[i]) || some;
    return some;
}

/* RFC 3263 4.2: without SRV records the host itself, at the default port. */
static void judge_srv(struct search *search)
{
    if (!take_all_srv(search))
        (void)hop_add(search, search->host, 0, search->protocol);
    ask_addresses(search);
}

static void ask_srv(struct search *search, const char *name, enum net_protocol protocol)
{
    struct question *question = search_ask(search, name, RECORD_SRV);
    if (question != NULL)
        question->protocol = protocol;
}

/* "_sip._udp" and the host; a name that gets too long is not asked for. */
static void ask_service(struct search *search, const char *service, enum net_protocol protocol)
{
    char name[NAME_SIZE] = "";
    struct buffer text = buffer_over(name, sizeof(name) - 1);
    buffer_text(&text, service);
    buffer_char(&text, '.');
    buffer_text(&text, search->host);
    if (!text.overflow)
        ask_srv(search, name, protocol);
}

static void ask_transport(struct search *search, enum net_protocol protocol)
{
    static const char *const services[] = {
        [NET_UDP] = "_sip._udp", [NET_TCP] = "_sip._tcp", [NET_TLS] = "_sips._tcp"};
    assert((size_t)protocol < sizeof(services) / sizeof(services[0]));
    ask_service(search, services[protocol], protocol);
}

/* Transports. */

/* sips has no choice: whether we can speak TLS is then found out by trying. */
static bool may_use(const struct search *search, enum net_protocol protocol)
{
    return search->query.secure ? protocol == NET_TLS : speaks(search->resolver, protocol, 0);
}

/* RFC 3263 4.1: no NAPTR records; the transports that we have, the best first. */
static void ask_all_transports(struct search *search)
{
    static const enum net_protocol best_first[] = {NET_TLS, NET_TCP, NET_UDP};
    for (size_t i = 0; i < sizeof(best_first) / sizeof(best_first[0]); i++)
        if (may_use(search, best_first[i]))
            ask_transport(search, best_first[i]);
}

static void judge_naptr(struct search *search)
{
    const struct answer *answer = search_answer(search, 0);
    const struct dns_record *list[RECORDS_MAX];
    unsigned count = 0;
    for (unsigned i = 0; i < answer->count; i++)
        if (may_use(search, answer->records[i].protocol))
            list[count++] = &answer->records[i];
    order_naptr(list, count);
    search_round(search, judge_srv);
    if (count == 0) {
        ask_all_transports(search);
        return;
    }
    search->protocol = list[0]->protocol;
    for (unsigned i = 0; i < count && i < SERVICES_MAX && list[i]->order == list[0]->order; i++)
        ask_srv(search, list[i]->name, list[i]->protocol);
}

static void begin_transport(struct search *search)
{
    if (search->query.port != 0) {
        (void)hop_add(search, search->host, search->query.port, search->protocol);
        ask_addresses(search);
    } else if (search->query.protocol_named) {
        search_round(search, judge_srv);
        ask_transport(search, search->protocol);
    } else {
        search_round(search, judge_naptr);
        (void)search_ask(search, search->host, RECORD_NAPTR);
    }
}

/* RFC 3861 4: with SRV records no others count; without, the domain is that of a SIP URI. */
static void judge_service(struct search *search)
{
    if (take_all_srv(search))
        ask_addresses(search);
    else
        begin_transport(search);
}

static void search_begin(struct search *search)
{
    const char *service = search->query.service == NET_IM ? "_im._sip" : "_pres._sip";
    if (search->query.service == NET_SIP || search->query.port != 0) {
        begin_transport(search);
        return;
    }
    search_round(search, judge_service);
    ask_service(search, service, search->protocol);
}

/* Lookups. */

/* Letters, digits, '-', '_' and '.', in lower case and without the last dot; false: no host has
 * such a name. */
static bool name_copy(struct bytes host, char name[NAME_SIZE])
{
    if (host.length > 1 && host.at[host.length - 1] == '.')
        host.length--;
    if (host.length == 0 || host.length >= NAME_SIZE)
        return false;
    for (size_t i = 0; i < host.length; i++) {
        char c = ascii_lower(host.at[i]);
        bool dot = c == '.' && i > 0 && host.at[i - 1] != '.';
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_' && !dot)
            return false;
        name[i] = c;
    }
    name[host.length] = '\0';
    return name[host.length - 1] != '.';
}

static bool is_localhost(struct bytes host)
{
    struct bytes local = BYTES("localhost");
    if (host.length > 0 && host.at[host.length - 1] == '.')
        host.length--;
    if (host.length > local.length && host.at[host.length - local.length - 1] == '.')
        host = bytes_skip(host, host.length - local.length); /* "x.localhost" */
    return bytes_equal_nocase(host, local);
}

static size_t localhost_targets(const struct resolver *resolver, const struct net_target *shape,
                                struct net_target *targets)
{
    static const struct net_address loopbacks[] = {{4, 0, {127, 0, 0, 1}}, {6, 0, {[15] = 1}}};
    size_t count = 0;
    for (size_t i = 0; i < sizeof(loopbacks) / sizeof(loopbacks[0]); i++) {
        if (!speaks_any(resolver, loopbacks[i].family))
            continue;
        targets[count] = *shape;
        targets[count].address = loopbacks[i];
        targets[count++].address.port = shape->address.port;
    }
    return count;
}

static void search_start(struct resolver *resolver, const struct net_query *query,
                         struct net_lookup *lookup)
{
    struct search *search = memory_new(sizeof(*search));
    if (!name_copy(query->host, search->host)) {
        free(search);
        lookup_end(lookup, NULL, 0);
        return;
    }
    search->resolver = resolver;
    search->lookup = lookup;
    search->query = *query;
    search->protocol = default_protocol(query);
    DL_APPEND(resolver->searches, search);
    lookup->running = search;
    search_begin(search);
    search_go(search);
}

void resolve_start(struct resolver *resolver, const struct net_query *query,
                   struct net_lookup *lookup, net_found_fn found)
{
    struct net_target targets[FAMILIES] = {{default_protocol(query), {0}, query->host}};
    uint16_t port = query->port != 0 ? query->port : net_default_port(targets[0].protocol);
    assert(found != NULL);
    *lookup = (struct net_lookup){found, NULL};
    targets[0].address.port = port;
    size_t count = 0;
    if (!is_possible(query)) {
        lookup_end(lookup, NULL, 0);
    } else if (net_address_parse(query->host, port, &targets[0].address)) {
        lookup_end(lookup, targets, 1);
    } else if (is_localhost(query->host)) {
        const struct net_target shape = targets[0];
        count = localhost_targets(resolver, &shape, targets);
        lookup_end(lookup, targets, count);
    } else {
        search_start(resolver, query, lookup);
    }
}

void resolve_cancel(struct resolver *resolver, struct net_lookup *lookup)
{
    struct search *search = lookup->running;
    if (search == NULL)
        return;
    assert(search->lookup == lookup && search->resolver == resolver);
    (void)resolver;
    lookup->running = NULL;
    search_free(search);
}

void resolve_shun(struct resolver *resolver, const struct net_target *target, unsigned seconds)
{
    shuns_set(resolver->shuns, target, seconds);
}

void resolver_came(struct resolver *resolver, struct name_entry *entry, struct answer *answer)
{
    names_came(resolver->names, entry, answer);
}

struct resolver *resolver_new(const struct resolver_ground *ground)
{
    const struct net_settings *settings = ground->settings;
    struct resolver *resolver = memory_new(sizeof(*resolver));
    resolver->ground = *ground;
    resolver->ground.settings = NULL;
    resolver->world = ground->world;
    resolver->timeout_ms = settings->resolve_timeout_ms;
    resolver->waiting_max = settings->lookups_max;
    resolver->names = names_new(ground->world, &settings->dns,
                                QUESTIONS_PER_LOOKUP * settings->lookups_max, ground->metrics);
    names_on_ask(resolver->names, ground->ask, ground->context);
    resolver->shuns = shuns_new(ground->world, settings->dns.shuns_max, ground->metrics);
    return resolver;
}

void resolver_free(struct resolver **resolver)
{
    struct resolver *own = *resolver;
    if (own == NULL)
        return;
    *resolver = NULL;
    struct search *search, *next;
    DL_FOREACH_SAFE(own->searches, search, next)
    {
        search->lookup->running = NULL;
        search_free(search);
    }
    names_free(&own->names);
    shuns_free(&own->shuns);
    free(own);
}
