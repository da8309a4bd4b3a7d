/* judge_test.c: which messages are taken, with what is said of the others. What policy says comes
 * from the test (the linker puts these functions in the place of policy's own). */
#include "fixture/ask.h"
#include "im/im_internal.h"

enum policy_reach __wrap_policy_reaches(const struct policy *policy,
                                        const struct policy_watcher *writer, struct bytes owner,
                                        uint64_t now_ms);
bool __wrap_policy_knows(const struct policy *policy, struct bytes owner, struct bytes buddy);
struct bytes __wrap_policy_preference(const struct policy *policy, struct bytes owner,
                                      struct bytes name);

static struct ground *ground;
static struct judge *judge;
static struct im_settings settings;
static struct content content;
static enum judgement judgement;
static enum policy_reach reach;
static const char *messages, *blocked; /* preferences */
static bool known, asked;

enum policy_reach __wrap_policy_reaches(const struct policy *policy,
                                        const struct policy_watcher *writer, struct bytes owner,
                                        uint64_t now_ms)
{
    asked = true;
    ck_assert_ptr_eq(policy, ground->parts.policy);
    ck_assert_ptr_nonnull(writer);
    ck_assert_uint_eq(now_ms, ground->world.wall_ms);
    ck_assert(bytes_equal(owner, BYTES("bob@example.org")));
    return reach;
}

bool __wrap_policy_knows(const struct policy *policy, struct bytes owner, struct bytes buddy)
{
    ck_assert_ptr_eq(policy, ground->parts.policy);
    ck_assert(bytes_equal(owner, BYTES("bob@example.org")));
    ck_assert(!bytes_empty(buddy));
    return known;
}

struct bytes __wrap_policy_preference(const struct policy *policy, struct bytes owner,
                                      struct bytes name)
{
    ck_assert_ptr_eq(policy, ground->parts.policy);
    ck_assert(bytes_equal(owner, BYTES("bob@example.org")));
    return bytes_of(bytes_equal(name, BYTES("messages"))  ? messages
                    : bytes_equal(name, BYTES("blocked")) ? blocked
                                                          : NULL);
}

static void handle(void *context, struct front_request *request)
{
    (void)context;
    judgement = judge_message(judge, &settings, request, &content);
}

static void open_judge(void)
{
    ground = ground_new(NULL);
    judge = judge_new(ground->front);
    settings = im_settings_default();
    const struct front_method method = {SIP_MESSAGE, FRONT_LOCAL_USER | FRONT_RELAYED, handle,
                                        NULL};
    front_register(ground->front, &method);
    content = (struct content){0};
    reach = POLICY_REACH_OPEN;
    messages = blocked = NULL;
    known = asked = false;
}

static void close_judge(void)
{
    judge_free(&judge);
    ck_assert_ptr_null(judge);
    ground_free(ground);
}

/* The status of its refusal; 0: it passes; 1: silence. */
static unsigned judged(struct ask ask)
{
    judgement = JUDGE_ANSWERED;
    ground_ask(ground, ask);
    unsigned status = sent_status(ground);
    ck_assert_int_eq(status != 0, judgement == JUDGE_ANSWERED);
    return judgement == JUDGE_SILENT ? 1 : status;
}

static unsigned judged_from(const char *from)
{
    return judged((struct ask){.from = from, .body = "x"});
}

static uint64_t counted(enum metric metric)
{
    return ground->metrics.values[metric];
}

/* RFC 3261 21.4.11: the limit stands where a person sees it. */
START_TEST(bodies_have_a_limit)
{
    open_judge();
    settings.body_max_bytes = 10;
    ck_assert_uint_eq(judged((struct ask){.body = "0123456789"}), 0);
    ck_assert_uint_eq(judged((struct ask){.body = "0123456789a"}), 413);
    ck_assert_has(sent_text(ground, "SIP/2.0 413"), "413 The body is longer than 10 bytes\r\n");
    ck_assert_uint_eq(counted(METRIC_messages_too_long), 1);
    settings.body_max_bytes = 0;
    ck_assert_uint_eq(judged((struct ask){.body = "0123456789a"}), 0);
    close_judge();
}
END_TEST

/* RFC 3261 21.4.13: 415 lists what is taken. */
START_TEST(types_are_chosen)
{
    open_judge();
    ck_assert_uint_eq(
        judged((struct ask){.body = "x", .fields = "Content-Type: application/octet-stream\r\n"}),
        0);
    settings.types[0] = "text/plain";
    settings.types[1] = "image/*";
    settings.type_count = 2;
    ck_assert_uint_eq(judged((struct ask){.body = "x"}), 0); /* RFC 2045 5.2 */
    ck_assert_uint_eq(
        judged((struct ask){.body = "x", .fields = "Content-Type: TEXT/Plain;charset=utf-8\r\n"}),
        0);
    ck_assert_uint_eq(judged((struct ask){.body = "x", .fields = "c: image/png\r\n"}), 0);
    ck_assert_uint_eq(judged((struct ask){.fields = "Content-Type: text/html\r\n"}), 415);
    ck_assert_uint_eq(judged((struct ask){0}), 0); /* no body at all */
    ck_assert_uint_eq(judged((struct ask){.body = "x", .fields = "Content-Type: text/html\r\n"}),
                      415);
    ck_assert_has(sent_text(ground, "SIP/2.0 415"), "\r\nAccept: text/plain, image/*\r\n");
    ck_assert_uint_eq(judged((struct ask){.body = "x", .fields = "Content-Type: text\r\n"}), 415);
    ck_assert_uint_eq(counted(METRIC_messages_of_other_types), 3);
    close_judge();
}
END_TEST

/* Each sender has a minute's messages at once, then one whenever its time has come. */
START_TEST(senders_have_a_rate)
{
    open_judge();
    settings.rate_max = 3;
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(judged((struct ask){0}), 0);
    ck_assert_uint_eq(judged((struct ask){0}), 500);
    ck_assert_has(sent_text(ground, "SIP/2.0 500"), "\r\nRetry-After: 20\r\n");
    ck_assert_uint_eq(judged_from("<sip:carol@example.org>;tag=c"), 0);
    ground_wait(ground, 19999);
    ck_assert_uint_eq(judged((struct ask){0}), 500);
    ck_assert_has(sent_text(ground, "SIP/2.0 500"), "\r\nRetry-After: 1\r\n");
    ground_wait(ground, 1);
    ck_assert_uint_eq(judged((struct ask){0}), 0);
    ck_assert_uint_eq(judged((struct ask){0}), 500);
    ck_assert_uint_eq(counted(METRIC_messages_rate_limited), 3);
    settings.rate_max = 0;
    ck_assert_uint_eq(judged((struct ask){0}), 0);
    close_judge();
}
END_TEST

/* Who did not prove who it is counts by its address, whatever it calls itself. */
START_TEST(strangers_count_by_address)
{
    const struct net_flow here = ground_udp("192.0.2.1:5060"), again = ground_udp("192.0.2.1:5070"),
                          there = ground_udp("192.0.2.2:5060");
    open_judge();
    settings.rate_max = 1;
    ck_assert_uint_eq(judged((struct ask){.from = "<sip:a@there.org>;tag=a", .flow = &here}), 0);
    ck_assert_uint_eq(judged((struct ask){.from = "<sip:b@there.org>;tag=b", .flow = &again}), 500);
    ck_assert_uint_eq(judged((struct ask){.from = "<sip:a@there.org>;tag=a", .flow = &there}), 0);
    close_judge();
}
END_TEST

START_TEST(rules_of_the_receiver)
{
    open_judge();
    reach = POLICY_REACH_BLOCKED;
    ck_assert_uint_eq(judged((struct ask){.body = "x"}), 403);
    ck_assert_uint_eq(counted(METRIC_messages_blocked), 1);
    blocked = "silent";
    ck_assert_uint_eq(judged((struct ask){.body = "x"}), 1);
    blocked = "loud";
    ck_assert_uint_eq(judged((struct ask){.body = "x"}), 403);
    reach = POLICY_REACH_QUIET;
    ck_assert_uint_eq(judged((struct ask){.body = "x"}), 1);
    ck_assert_uint_eq(counted(METRIC_messages_silenced), 2);
    reach = POLICY_REACH_UNKNOWN;
    ck_assert_uint_eq(judged((struct ask){.body = "x"}), 500);
    ck_assert_has(sent_text(ground, "SIP/2.0 500"), "\r\nRetry-After: 5\r\n");
    reach = POLICY_REACH_LET;
    settings.accept = IM_ACCEPT_ROSTER;
    ck_assert_uint_eq(judged((struct ask){.body = "x"}), 0);
    close_judge();
}
END_TEST

START_TEST(oneself_is_not_asked_about)
{
    open_judge();
    reach = POLICY_REACH_BLOCKED;
    ck_assert_uint_eq(judged_from("<sip:bob@example.org>;tag=b"), 0);
    ck_assert(!asked);
    close_judge();
}
END_TEST

/* Who is elsewhere looks after itself; size and rate are ours. */
START_TEST(other_domains_are_not_asked_about)
{
    open_judge();
    const struct front_method other = {SIP_METHOD_OTHER, FRONT_RELAYED, handle, NULL};
    front_register(ground->front, &other);
    reach = POLICY_REACH_BLOCKED;
    settings.rate_max = 1;
    ck_assert_uint_eq(judged((struct ask){.uri = "sip:carol@there.org"}), 0);
    ck_assert(!asked);
    ck_assert_uint_eq(judged((struct ask){.uri = "sip:carol@there.org"}), 500);
    close_judge();
}
END_TEST

/* Whose messages a user takes. */
START_TEST(whom_the_receiver_takes)
{
    static const struct {
        enum im_accept usual;
        const char *own, *from;
        bool known;
        unsigned status;
    } cases[] = {
        {IM_ACCEPT_EVERYBODY, NULL, "<sip:x@there.org>;tag=x", false, 0},
        {IM_ACCEPT_DOMAIN, NULL, "<sip:x@there.org>;tag=x", false, 403},
        {IM_ACCEPT_DOMAIN, NULL, "<sip:x@there.org>;tag=x", true, 0},
        {IM_ACCEPT_DOMAIN, NULL, "<sip:carol@example.org>;tag=x", false, 0},
        {IM_ACCEPT_ROSTER, NULL, "<sip:carol@example.org>;tag=x", false, 403},
        {IM_ACCEPT_ROSTER, NULL, "<sip:carol@example.org>;tag=x", true, 0},
        {IM_ACCEPT_ROSTER, "everybody", "<sip:x@there.org>;tag=x", false, 0},
        {IM_ACCEPT_ROSTER, "domain", "<sip:carol@example.org>;tag=x", false, 0},
        {IM_ACCEPT_EVERYBODY, "roster", "<sip:carol@example.org>;tag=x", false, 403},
        {IM_ACCEPT_ROSTER, "friends", "<sip:carol@example.org>;tag=x", false, 403},
    };
    open_judge();
    uint64_t refused = 0;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        settings.accept = cases[i].usual;
        messages = cases[i].own;
        known = cases[i].known;
        ck_assert_uint_eq(judged_from(cases[i].from), cases[i].status);
        refused += cases[i].status == 403;
    }
    ck_assert_uint_eq(counted(METRIC_messages_unwelcome), refused);
    close_judge();
}
END_TEST

/* Somebody who proved nothing is in nobody's roster. */
START_TEST(strangers_are_known_to_nobody)
{
    const struct net_flow here = ground_udp("192.0.2.1:5060");
    const struct ask stranger = {.from = "<sip:carol@there.org>;tag=x", .flow = &here};
    open_judge();
    known = true;
    ck_assert_uint_eq(judged(stranger), 0);
    settings.accept = IM_ACCEPT_ROSTER;
    ck_assert_uint_eq(judged(stranger), 403);
    close_judge();
}
END_TEST

/* A notification has nobody who waits for an answer (RFC 5438). */
START_TEST(notices_are_never_turned_away_aloud)
{
    open_judge();
    content.notice = true;
    reach = POLICY_REACH_BLOCKED;
    ck_assert_uint_eq(judged((struct ask){.body = "x"}), 1);
    reach = POLICY_REACH_OPEN;
    ck_assert_uint_eq(judged((struct ask){.body = "x"}), 0);
    settings.accept = IM_ACCEPT_ROSTER;
    ck_assert_uint_eq(judged((struct ask){.body = "x"}), 1);
    close_judge();
}
END_TEST

/* RFC 5363 4, RFC 5360: a list divides a message only to those who agree to that. */
START_TEST(consent)
{
    const struct bytes bob = BYTES("bob@example.org");
    const struct policy_watcher alice = {.aor = BYTES("alice@example.org")}, self = {.aor = bob},
                                nobody = {.aor = BYTES("")};
    open_judge();
    ck_assert(!judge_consents(judge, &settings, &alice, bob));
    known = true;
    ck_assert(judge_consents(judge, &settings, &alice, bob));
    ck_assert(!judge_consents(judge, &settings, &nobody, bob));
    static const enum policy_reach closed[] = {POLICY_REACH_BLOCKED, POLICY_REACH_QUIET,
                                               POLICY_REACH_UNKNOWN};
    for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++) {
        reach = closed[i];
        ck_assert(!judge_consents(judge, &settings, &alice, bob));
        ck_assert(judge_consents(judge, &settings, &self, bob));
    }
    known = false;
    reach = POLICY_REACH_LET;
    ck_assert(judge_consents(judge, &settings, &alice, bob));
    close_judge();
}
END_TEST

UNIT_MAIN("judge", bodies_have_a_limit, types_are_chosen, senders_have_a_rate,
          strangers_count_by_address, rules_of_the_receiver, oneself_is_not_asked_about,
          other_domains_are_not_asked_about, whom_the_receiver_takes, strangers_are_known_to_nobody,
          notices_are_never_turned_away_aloud, consent)
