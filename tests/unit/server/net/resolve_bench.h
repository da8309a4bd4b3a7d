/* resolve_bench.h: a resolver over a zone, a clock and a chance of the test's own. */
#ifndef TESTS_NET_RESOLVE_BENCH_H
#define TESTS_NET_RESOLVE_BENCH_H

#include "net/resolve_internal.h"
#include "zone.h"

enum { ASKED_MAX = 64, TEXT_MAX = 1024 };

struct asked {
    struct name_entry *entry;
    char name[NAME_SIZE];
    enum record_type type;
};

struct bench {
    struct world world;
    uint64_t seed;
    struct metrics metrics;
    struct net_settings settings;
    struct resolver *resolver;
    struct zone zone;
    bool speaks[NET_PROTOCOLS][2]; /* IPv4, IPv6 */
    struct asked asked[ASKED_MAX]; /* under way */
    unsigned asked_count;
    char questions[TEXT_MAX]; /* all of them: "NAPTR example, A a.example" */
    const char *silent;       /* names that end so are not answered */
    const char *failing;      /* are answered with SERVFAIL */
};

static inline const char *type_name(enum record_type type)
{
    switch (type) {
    case RECORD_A:
        return "A";
    case RECORD_AAAA:
        return "AAAA";
    case RECORD_SRV:
        return "SRV";
    default:
        ck_assert_int_eq(type, RECORD_NAPTR);
        return "NAPTR";
    }
}

static inline void text_add(char *text, const char *more)
{
    size_t length = strlen(text);
    snprintf(text + length, TEXT_MAX - length, "%s%s", length > 0 ? ", " : "", more);
    ck_assert_uint_lt(strlen(text), TEXT_MAX - 1);
}

static inline void ask(void *context, const char *name, enum record_type type,
                       struct name_entry *entry)
{
    struct bench *bench = context;
    char text[NAME_SIZE + 16];
    ck_assert_uint_lt(bench->asked_count, ASKED_MAX);
    struct asked *asked = &bench->asked[bench->asked_count++];
    *asked = (struct asked){.entry = entry, .type = type};
    snprintf(asked->name, sizeof(asked->name), "%s", name);
    snprintf(text, sizeof(text), "%s %s", type_name(type), name);
    text_add(bench->questions, text);
}

static inline bool speaks(void *context, enum net_protocol protocol, unsigned char family)
{
    const struct bench *bench = context;
    const bool *families = bench->speaks[protocol];
    if (family == 0)
        return families[0] || families[1];
    return families[family == 6];
}

/* Speaks UDP and TCP over IPv4. */
static inline struct bench *bench_new(const struct zone_record *records)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    bench->seed = 11;
    bench->settings = net_settings_default();
    bench->settings.lookups_max = 4;
    bench->zone = (struct zone){.records = records, .minimum_s = 60};
    bench->speaks[NET_UDP][0] = bench->speaks[NET_TCP][0] = true;
    world_init(&bench->world, 0, 0, seeded_random, &bench->seed);
    return bench;
}

static inline struct resolver *resolver_of(struct bench *bench)
{
    if (bench->resolver == NULL)
        bench->resolver = resolver_new(&(struct resolver_ground){
            &bench->world, &bench->metrics, &bench->settings, speaks, ask, bench});
    return bench->resolver;
}

static inline void bench_free(struct bench *bench)
{
    resolver_free(&bench->resolver);
    ck_assert_ptr_null(bench->resolver);
    world_release(&bench->world);
    free(bench);
}

static inline void pass(struct bench *bench, uint64_t ms)
{
    world_tick(&bench->world, bench->world.now_ms + ms, bench->world.wall_ms + ms);
}

static inline bool ends_with(const char *name, const char *end)
{
    size_t length = strlen(name);
    return end != NULL && length >= strlen(end) && strcmp(name + length - strlen(end), end) == 0;
}

static inline struct answer *answer_to(const struct bench *bench, const struct asked *asked)
{
    struct wire wire;
    if (ends_with(asked->name, bench->failing))
        return answer_new(ANSWER_FAILED);
    zone_answer(&bench->zone, asked->name, (unsigned)asked->type, &wire);
    return answer_parse(wire_raw(&wire), asked->name, asked->type);
}

/* Answers what was asked up to now; true when there was something. */
static inline bool answer_round(struct bench *bench)
{
    unsigned count = bench->asked_count, left = 0;
    bool some = false;
    for (unsigned i = 0; i < count; i++) {
        const struct asked asked = bench->asked[i];
        if (ends_with(asked.name, bench->silent)) {
            bench->asked[left++] = asked;
            continue;
        }
        resolver_came(bench->resolver, asked.entry, answer_to(bench, &asked));
        some = true;
    }
    bench->asked_count = left;
    pass(bench, 0);
    return some;
}

static inline void answer_all(struct bench *bench)
{
    while (answer_round(bench))
        continue;
}

static inline void speak_tls(struct bench *bench)
{
    bench->speaks[NET_TLS][0] = true;
}

static inline void speak_ipv6(struct bench *bench)
{
    for (unsigned i = 0; i < NET_PROTOCOLS; i++)
        bench->speaks[i][1] = bench->speaks[i][0];
}

#endif
