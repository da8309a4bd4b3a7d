/* trace_fuzz.c: traced messages, separated by lines of "--"; every second one is ours. What answers
 * a challenge, as the server itself reads it, is never shown; all else stays; a ladder is of
 * printable lines. */
#include "base/memory.h"
#include "base/token.h"
#include "fuzz.h"
#include "sip/digest.h"
#include "web/api/ladder_internal.h"

static void handle(struct net *net, const struct net_handler *handler)
{
    (void)net, (void)handler;
}

static enum err take(struct net *net, const struct net_flow *flow, struct bytes head,
                     struct bytes body)
{
    (void)net, (void)flow, (void)head, (void)body;
    return ERR_NONE;
}

static void insist_hidden(const char *masked, struct bytes text, struct bytes secret)
{
    for (size_t i = 0; i < secret.length; i++)
        insist(strchr("*\r\n", masked[(size_t)(secret.at - text.at) + i]) != NULL);
}

static void check_field(const char *masked, const struct sip_message *message, enum sip_header id,
                        struct bytes text)
{
    for (int i = message->first[id]; i >= 0; i = message->fields[i].next) {
        struct digest_credentials credentials;
        if (verdict_ok(digest_credentials_parse(message->fields[i].value, &credentials)))
            insist_hidden(masked, text, credentials.response);
    }
}

static void check_mask(struct bytes text)
{
    struct sip_message message;
    char *masked = exact_copy((const uint8_t *)text.at, text.length);
    traced_mask(masked, text.length);
    for (size_t i = 0; i < text.length; i++)
        insist(masked[i] == text.at[i] || masked[i] == '*');
    (void)sip_message_parse(text, false, &message);
    check_field(masked, &message, SIP_AUTHORIZATION, text);
    check_field(masked, &message, SIP_PROXY_AUTHORIZATION, text);
    free(masked);
}

static void check_ladder(const struct trace *trace)
{
    struct ladder *ladder = ladder_new(trace);
    char *memory = malloc(LADDER_SIZE);
    insist(memory != NULL);
    struct buffer out = buffer_over(memory, LADDER_SIZE);
    for (uint64_t id = 1; id <= trace_last(trace); id++)
        ladder_add(ladder, id);
    ladder_write(ladder, &out);
    insist(!out.overflow);
    for (size_t i = 0; i < out.length; i++)
        insist(out.at[i] == '\n' || (out.at[i] >= ' ' && out.at[i] < 0x7f));
    free(memory);
    ladder_free(&ladder);
}

static void no_random(void *context, void *out, size_t size)
{
    (void)context;
    memset(out, 7, size);
}

static void add(struct trace *trace, struct bytes text, unsigned number)
{
    struct net_flow flow = {.protocol = (enum net_protocol)(number % NET_PROTOCOLS),
                            .local = {.family = 4, .port = 5060},
                            .remote = {.family = number % 3 == 0 ? 6 : 4, .port = 5060}};
    flow.remote.ip[0] = (unsigned char)(number % 9);
    check_mask(text);
    (void)!net_send(trace_net(trace), &flow, text, BYTES(""));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct net_ops ops = {.handle = handle, .send = take};
    static const struct trace_settings settings = {100, 65536, 4096};
    struct net below = {&ops};
    struct world world;
    char *copy = exact_copy(data, size);
    struct bytes rest = bytes_from(copy, size);
    world_init(&world, 0, 1700000000000, no_random, NULL);
    struct trace *trace = trace_new(&below, &world, &settings);
    for (unsigned number = 0; rest.length > 0; number++) {
        const char *end = memmem(rest.at, rest.length, "\n--\n", 4);
        struct bytes text = end != NULL ? bytes_first(rest, (size_t)(end - rest.at) + 1) : rest;
        rest = bytes_skip(rest, end != NULL ? text.length + 3 : text.length);
        add(trace, text, number);
    }
    check_ladder(trace);
    trace_free(&trace);
    world_release(&world);
    free(copy);
    return 0;
}
