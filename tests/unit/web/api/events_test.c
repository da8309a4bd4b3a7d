/* events_test.c: which events a stream is asked for. */
#include "web/api/events.h"

#include "feed/feed.h"
#include "fixture/ground.h"
#include "web/fake_call.h"

static struct ground *ground;
static struct web_call *call;

static unsigned ask_for(const char *request, const char *last)
{
    const struct web_endpoints endpoints = {events_endpoints, SIZE_MAX};
    fake_call_free(&call);
    call = fake_call(&endpoints, request, NULL);
    if (last != NULL)
        fake_call_field(call, "Last-Event-ID", last);
    fake_call_run(call, ground->accounts, NULL);
    return fake_call_status(call);
}

static void open_ground(void)
{
    ground = ground_new(NULL);
}

static void close_ground(void)
{
    fake_call_free(&call);
    ground_free(ground);
}

START_TEST(types_and_users_are_chosen)
{
    open_ground();
    ck_assert_uint_eq(ask_for("GET /api/v1/events", NULL), 200);
    ck_assert_uint_eq(fake_call_events(call)->types, 15);
    ck_assert(bytes_empty(fake_call_events(call)->user) && !fake_call_events(call)->resumes);
    ck_assert_uint_eq(ask_for("GET /api/v1/events?types=messages,%20presence&user=alice", NULL),
                      200);
    ck_assert_uint_eq(fake_call_events(call)->types, 1 << FEED_MESSAGES | 1 << FEED_PRESENCE);
    ck_assert(bytes_equal(fake_call_events(call)->user, BYTES("alice@example.org")));
    ck_assert_uint_eq(ask_for("GET /api/v1/users/bob@example.org/events?types=", NULL), 200);
    ck_assert(bytes_equal(fake_call_events(call)->user, BYTES("bob@example.org")));
    ck_assert_uint_eq(fake_call_events(call)->types, 15);
    close_ground();
}
END_TEST

START_TEST(what_is_wrong_is_named)
{
    open_ground();
    ck_assert_uint_eq(ask_for("GET /api/v1/events?types=presence,weather", NULL), 400);
    ck_assert_str_eq(fake_call_problem_field(call), "types");
    ck_assert_uint_eq(ask_for("GET /api/v1/events?user=nobody", NULL), 404);
    ck_assert_str_eq(fake_call_problem_field(call), "user");
    ck_assert_uint_eq(ask_for("GET /api/v1/events?user=%20", NULL), 400);
    ck_assert_uint_eq(ask_for("GET /api/v1/users/nobody/events", NULL), 404);
    ck_assert_ptr_null(fake_call_events(call));
    close_ground();
}
END_TEST

/* The field stands before the query; what is no id is one that nobody knows any more. */
START_TEST(a_stream_goes_on)
{
    open_ground();
    ck_assert_uint_eq(ask_for("GET /api/v1/events", "00000100000000ff"), 200);
    ck_assert(fake_call_events(call)->resumes);
    ck_assert_uint_eq(fake_call_events(call)->after, 0x00000100000000ff);
    ask_for("GET /api/v1/events?last_event_id=0000010000000001", NULL);
    ck_assert_uint_eq(fake_call_events(call)->after, 0x0000010000000001);
    ask_for("GET /api/v1/events?last_event_id=0000010000000001", "0000010000000002");
    ck_assert_uint_eq(fake_call_events(call)->after, 0x0000010000000002);
    ask_for("GET /api/v1/events", "17");
    ck_assert(fake_call_events(call)->resumes && fake_call_events(call)->after == 0);
    close_ground();
}
END_TEST

UNIT_MAIN("events", types_and_users_are_chosen, what_is_wrong_is_named, a_stream_goes_on)
