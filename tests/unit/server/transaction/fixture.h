/* fixture.h: a transaction layer on a fake network, a clock that the test moves, and a stepped
 * store in a temporary folder. */
#ifndef TESTS_TRANSACTION_FIXTURE_H
#define TESTS_TRANSACTION_FIXTURE_H

#include <ftw.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/token.h"
#include "fake_net.h"
#include "sip/write.h"
#include "transaction/transaction.h"

struct fixture {
    struct fake_net net;
    struct world world;
    uint64_t seed;
    char folder[64];
    struct store *store;
    struct metrics metrics;
    struct transaction_layer *layer;
    void (*on_request)(struct fixture *fixture, struct incoming *incoming);
    unsigned requests; /* that came up */
    uint64_t begun;    /* handle of the last transaction that a test's handler began */
    void *context;     /* of the handler */
    const struct sip_message *kept;
    char request[TEXT_MAX], response[TEXT_MAX]; /* the last made by the functions below */
};

static inline const char *last_text(struct fixture *fixture)
{
    ck_assert_uint_gt(fixture->net.sent_count, 0);
    return fixture->net.sent[(fixture->net.sent_count - 1) % SENT_MAX].text;
}

static inline const struct net_flow *last_flow(struct fixture *fixture)
{
    ck_assert_uint_gt(fixture->net.sent_count, 0);
    return &fixture->net.sent[(fixture->net.sent_count - 1) % SENT_MAX].flow;
}

static inline uint64_t count_of(const struct fixture *fixture, enum metric metric)
{
    return fixture->metrics.values[metric];
}

static inline void elapse(struct fixture *fixture, uint64_t ms)
{
    struct world *world = &fixture->world;
    uint64_t end_ms = world->now_ms + ms;
    for (;;) {
        uint64_t next_ms = wheel_next_ms(world->wheel);
        if (next_ms > end_ms)
            break;
        world_tick(world, next_ms, world->wall_ms);
    }
    world_tick(world, end_ms, world->wall_ms + ms);
}

static inline void fixture_request(void *context, struct incoming *incoming)
{
    struct fixture *fixture = context;
    fixture->requests++;
    if (fixture->on_request != NULL)
        fixture->on_request(fixture, incoming);
}

static inline struct fixture *fixture_new(const struct transaction_settings *settings)
{
    struct fixture *fixture = memory_new(sizeof(*fixture));
    struct transaction_settings usual = transaction_settings_default();
    char why[256] = "";
    enum err err = ERR_NONE;
    fixture->seed = 7;
    fixture->net.net.ops = &fake_ops;
    world_init(&fixture->world, 1000, 1700000000000, seeded_random, &fixture->seed);
    snprintf(fixture->folder, sizeof(fixture->folder), "/tmp/herald-transaction-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(fixture->folder));
    const struct store_settings stepped = {
        .folder = fixture->folder, .queue_max = 1000, .wal_max_bytes = 1 << 20, .stepped = true};
    const struct store_listener listener = {0};
    fixture->store = store_open(&stepped, &listener, NULL, NULL, &err, why, sizeof(why));
    ck_assert_msg(fixture->store != NULL, "%s", why);
    fixture->layer =
        transaction_layer_new(&fixture->world, &fixture->net.net, fixture->store,
                              settings != NULL ? settings : &usual, NULL, &fixture->metrics);
    const struct transaction_user user = {fixture_request, fixture};
    transaction_layer_use(fixture->layer, &user);
    return fixture;
}

static inline int fixture_remove(const char *path, const struct stat *stat, int kind,
                                 struct FTW *ftw)
{
    (void)stat, (void)kind, (void)ftw;
    return remove(path);
}

static inline void fixture_free(struct fixture *fixture)
{
    transaction_layer_free(&fixture->layer);
    store_close(&fixture->store);
    world_release(&fixture->world);
    nftw(fixture->folder, fixture_remove, 8, FTW_DEPTH | FTW_PHYS);
    free(fixture);
}

/* A change that is not durable until the store is stepped. */
static inline struct store_change change(struct fixture *fixture)
{
    struct bytes aor = BYTES("bob@example.com");
    struct store_set *set = store_begin(fixture->store, partition_of(aor));
    store_delete_binding(
        set, &(struct store_binding){.aor = aor, .contact = BYTES("sip:bob@192.0.2.1")});
    return store_submit(fixture->store, &set);
}

static inline struct net_flow udp_from(const char *peer)
{
    return (struct net_flow){NET_UDP, address("127.0.0.1:5060"), address(peer), 0};
}

static inline struct net_flow tcp_from(struct fixture *fixture, const char *peer)
{
    uint64_t connection = fake_open(&fixture->net, address(peer));
    return (struct net_flow){NET_TCP, address("127.0.0.1:5060"), address(peer), connection};
}

static inline void receive(struct fixture *fixture, struct net_flow flow, const char *text)
{
    char *raw = memory_copy(bytes_of(text)); /* freed at once: nobody may keep a slice of it */
    fixture->net.handler.message(fixture->net.handler.context, &flow, bytes_of(raw));
    free(raw);
}

/* A request with this top Via (without its name). */
static inline const char *request_text(struct fixture *fixture, const char *method, const char *via)
{
    snprintf(fixture->request, TEXT_MAX,
             "%s sip:bob@example.com SIP/2.0\r\nVia: %s\r\nFrom: <sip:alice@example.com>;tag=a1\r\n"
             "To: <sip:bob@example.com>\r\nCall-ID: call-1@example.com\r\nCSeq: 1 %s\r\n"
             "Max-Forwards: 70\r\nTimestamp: 54\r\nContent-Length: 0\r\n\r\n",
             method, via, method);
    return fixture->request;
}

/* A response to the last message sent, which is a request: its Via, tags and CSeq. */
static inline const char *response_to(struct fixture *fixture, unsigned status)
{
    struct buffer out = buffer_over(fixture->response, TEXT_MAX);
    struct sip_message message;
    const char *raw = last_text(fixture);
    ck_assert(verdict_ok(sip_message_parse(bytes_of(raw), true, &message)));
    sip_write_response(&out, &message, status, NULL, BYTES("b1"), BYTES(""), 0);
    sip_write_body(&out, BYTES(""), BYTES(""));
    buffer_char(&out, '\0');
    ck_assert(!out.overflow);
    return fixture->response;
}

static inline bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

#endif
