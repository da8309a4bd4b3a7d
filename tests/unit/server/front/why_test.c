/* why_test.c: refusals are counted by status and a word of a fixed vocabulary. */
#include "front/why.h"

#include "fixture/ask.h"

static struct ground *ground;
static char seen[400];
static enum front_why why;
static unsigned status;

static void handle(void *context, struct front_request *request)
{
    (void)context;
    request->why = why;
    front_refuse(request, status, "As it was said");
}

static void open_front(void)
{
    const struct front_method method = {SIP_MESSAGE, FRONT_PROVED | FRONT_LOCAL_USER, handle, NULL};
    ground = ground_new(NULL);
    front_register(ground->front, &method);
}

static void note(void *context, unsigned code, const char *reason, uint64_t count)
{
    (void)context;
    size_t length = strlen(seen);
    snprintf(seen + length, sizeof(seen) - length, "%u %s %llu;", code, reason,
             (unsigned long long)count);
}

static void expect(const char *wanted)
{
    seen[0] = '\0';
    front_each_refusal(ground->front, note, NULL);
    ck_assert_str_eq(seen, wanted);
}

/* What the check says, else what the status means. */
START_TEST(a_handler_says_why)
{
    open_front();
    expect("");
    status = 403;
    why = FRONT_WHY_LIMIT;
    ground_ask(ground, (struct ask){0});
    ground_ask(ground, (struct ask){0});
    why = FRONT_WHY_USUAL;
    ground_ask(ground, (struct ask){0});
    status = 413;
    ground_ask(ground, (struct ask){0});
    status = 499; /* of no usual meaning */
    ground_ask(ground, (struct ask){0});
    expect("499 other 1;403 forbidden 1;403 limit 2;413 too-large 1;");
    ground_free(ground);
}
END_TEST

/* The step of the routing table, whatever its status; strangers are told apart. */
START_TEST(a_step_is_a_reason)
{
    open_front();
    status = 403;
    why = FRONT_WHY_USUAL;
    ground_ask(ground, (struct ask){.fields = "Require: nothing\r\n"});
    ground_ask(ground, (struct ask){.uri = "mailto:bob@example.org"});
    ground_ask(ground, (struct ask){.uri = "sip:nobody@example.org"});
    ground_ask(ground, (struct ask){0}); /* behind the table it is the handler's again */
    expect("403 forbidden 1;416 uri 1;420 require 1;404 user 1;");
    ground_free(ground);
}
END_TEST

/* Answers that are given later, without front_refuse; what is no refusal is not counted. */
START_TEST(what_is_answered_later_counts_too)
{
    open_front();
    front_count_refusal(ground->front, 480, FRONT_WHY_USUAL);
    front_count_refusal(ground->front, 480, FRONT_WHY_LIMIT);
    front_count_refusal(ground->front, 202, FRONT_WHY_USUAL);
    front_count_refusal(ground->front, 302, FRONT_WHY_USUAL);
    front_count_refusal(ground->front, 700, FRONT_WHY_USUAL);
    expect("480 limit 1;480 unreachable 1;");
    ground_free(ground);
}
END_TEST

UNIT_MAIN("why", a_handler_says_why, a_step_is_a_reason, what_is_answered_later_counts_too)
