/* facts.c: one question to the DNS, with a channel of its own, and its answer waited for. */
#include "net/facts.h"

#include <ares.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>

#include "net/records_internal.h"

enum { TIMEOUT_MS = 1500, TRIES = 2, CLASS_IN = 1 };

struct asking {
    const char *name;
    enum record_type type;
    struct answer *answer;
};

static void take(void *context, int status, int timeouts, unsigned char *raw, int length)
{
    struct asking *asking = context;
    (void)timeouts;
    if (raw != NULL &&
        (status == ARES_SUCCESS || status == ARES_ENODATA || status == ARES_ENOTFOUND))
        asking->answer =
            answer_parse(bytes_from((const char *)raw, (size_t)length), asking->name, asking->type);
    else
        asking->answer = answer_new(
            status == ARES_ENODATA || status == ARES_ENOTFOUND ? ANSWER_NOTHING : ANSWER_FAILED);
}

/* False: there is no channel. */
static bool open_channel(ares_channel *channel, const char *servers)
{
    struct ares_options options = {
        .timeout = TIMEOUT_MS, .tries = TRIES, .flags = ARES_FLAG_NOSEARCH};
    if (ares_init_options(channel, &options,
                          ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_FLAGS) != ARES_SUCCESS)
        return false;
    if (servers == NULL || ares_set_servers_ports_csv(*channel, servers) == ARES_SUCCESS)
        return true;
    ares_destroy(*channel);
    return false;
}

static void wait_for(ares_channel channel)
{
    for (;;) {
        fd_set in, out;
        struct timeval left;
        FD_ZERO(&in);
        FD_ZERO(&out);
        int most = ares_fds(channel, &in, &out);
        if (most == 0)
            return;
        if (select(most, &in, &out, NULL, ares_timeout(channel, NULL, &left)) < 0)
            return;
        ares_process(channel, &in, &out);
    }
}

static struct net_facts facts_of(const struct answer *answer)
{
    struct net_facts facts = {.kind = NET_FACTS_FAILED};
    if (answer == NULL || answer->kind == ANSWER_FAILED)
        return facts;
    facts.kind = answer->kind == ANSWER_NOTHING ? NET_FACTS_NONE : NET_FACTS_FOUND;
    for (unsigned i = 0; i < answer->count && facts.count < NET_FACTS_MAX; i++) {
        const struct dns_record *record = &answer->records[i];
        unsigned at = facts.count++;
        snprintf(facts.items[at].name, sizeof(facts.items[at].name), "%s",
                 record->name != NULL ? record->name : "");
        facts.items[at].port = record->port;
        facts.items[at].protocol = record->protocol;
        facts.items[at].address = record->address;
    }
    return facts;
}

struct net_facts net_facts_ask(const char *servers, const char *name, enum net_fact_type type)
{
    static const enum record_type types[] = {[NET_FACT_NAPTR] = RECORD_NAPTR,
                                             [NET_FACT_SRV] = RECORD_SRV,
                                             [NET_FACT_A] = RECORD_A,
                                             [NET_FACT_AAAA] = RECORD_AAAA};
    struct asking asking = {.name = name, .type = types[type]};
    ares_channel channel;
    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
        return facts_of(NULL);
    if (open_channel(&channel, servers)) {
        ares_query(channel, name, CLASS_IN, (int)asking.type, take, &asking);
        wait_for(channel);
        ares_destroy(channel); /* whatever is left is told to `take` */
    }
    ares_library_cleanup();
    struct net_facts facts = facts_of(asking.answer);
    free(asking.answer);
    return facts;
}
