/* feed_test.c: events are there when they are durable, in their order, and what is lost is told. */
#include "feed/feed.h"

#include <jansson.h>

#include "base/token.h"
#include "fixture/ground.h"

static struct ground *ground;
static struct feed *feed;
static uint64_t position;

static void open_feed(unsigned kept)
{
    const struct feed_settings settings = {.kept = kept, .kept_s = 60};
    ground = ground_new(NULL);
    feed = feed_new(&ground->world, ground->parts.store, &ground->metrics, &settings);
    position = feed_join(feed);
}

static void close_feed(void)
{
    feed_leave(feed);
    feed_free(&feed);
    ground_free(ground);
}

static void tell(const char *user, enum feed_type type, const char *what)
{
    struct feed_event event = {.type = type, .what = what, .user = bytes_of(user)};
    feed_add(&event, "note", BYTES("\xc3\xa4 \"note\""));
    feed_add(&event, "reason", BYTES(""));
    feed_tell(feed, &event);
}

static void end_turn(void)
{
    world_tick(&ground->world, ground->world.now_ms + 1, ground->world.wall_ms + 1);
}

/* Some change of the user's partition. */
static void change(const char *user)
{
    struct bytes aor = bytes_of(user);
    struct store_set *set = store_begin(ground->parts.store, partition_of(aor));
    store_delete_publication(set, aor, BYTES("presence"), BYTES("nothing"));
    (void)store_submit(ground->parts.store, &set);
}

static const struct feed_filter all = {.types = 15};

/* What comes next: its `what`, "gap" or "" for nothing. */
static const char *next(const struct feed_filter *filter)
{
    const struct feed_event *event = NULL;
    bool has = feed_has(feed, filter, &position);
    enum feed_outcome outcome = feed_take(feed, filter, &position, &event);
    ck_assert_int_eq(has, outcome != FEED_NOTHING);
    if (outcome != FEED_EVENT)
        return outcome == FEED_GAP ? "gap" : "";
    const char *what = event->what;
    ck_assert_uint_eq(event->id, position);
    feed_give(feed, &event);
    return what;
}

START_TEST(an_event_waits_for_its_change)
{
    open_feed(16);
    tell("alice@example.org", FEED_PRESENCE, "first"); /* before its change is submitted */
    change("alice@example.org");
    tell("bob@example.org", FEED_PRESENCE, "of another partition");
    end_turn();
    ck_assert_str_eq(next(&all), "of another partition");
    ck_assert_str_eq(next(&all), "");
    store_step(ground->parts.store, PARTITIONS, 9, STORE_DURABLE);
    ck_assert_str_eq(next(&all), "first");
    ck_assert_str_eq(next(&all), "");
    close_feed();
}
END_TEST

START_TEST(what_was_refused_did_not_happen)
{
    open_feed(16);
    change("alice@example.org");
    tell("alice@example.org", FEED_PRESENCE, "refused");
    end_turn();
    store_step(ground->parts.store, PARTITIONS, 9, STORE_REFUSED);
    tell("alice@example.org", FEED_PRESENCE, "after");
    end_turn();
    ck_assert_str_eq(next(&all), "after");
    ck_assert_str_eq(next(&all), "");
    close_feed();
}
END_TEST

START_TEST(filters_hold_back)
{
    const struct feed_filter messages = {.types = 1 << FEED_MESSAGES},
                             bobs = {.types = 15, .user = BYTES("bob@example.org")};
    open_feed(16);
    uint64_t begin = position;
    tell("alice@example.org", FEED_MESSAGES, "one");
    tell("bob@example.org", FEED_PRESENCE, "two");
    end_turn();
    ck_assert_str_eq(next(&messages), "one");
    ck_assert_str_eq(next(&messages), "");
    ck_assert_uint_eq(position, begin + 2); /* what is held back is read */
    position = begin;
    ck_assert_str_eq(next(&bobs), "two");
    close_feed();
}
END_TEST

START_TEST(who_falls_behind_is_told)
{
    open_feed(16);
    uint64_t begin = position;
    for (int i = 0; i < 16; i++)
        tell("alice@example.org", FEED_PRESENCE, "kept");
    end_turn();
    ck_assert_str_eq(next(&all), "kept"); /* all of them are there still */
    for (int i = 0; i < 2; i++)
        tell("alice@example.org", FEED_PRESENCE, "last");
    end_turn();
    ck_assert_str_eq(next(&all), "gap"); /* the second and the first are not */
    for (int i = 0; i < 14; i++)
        ck_assert_str_eq(next(&all), "kept");
    ck_assert_str_eq(next(&all), "last");
    ck_assert_str_eq(next(&all), "last");
    ck_assert_str_eq(next(&all), "");
    position = begin + 1000; /* nobody has given that */
    ck_assert_str_eq(next(&all), "gap");
    position = begin - (1ULL << 40); /* of an earlier life */
    ck_assert_str_eq(next(&all), "gap");
    ck_assert_str_eq(next(&all), "kept");
    close_feed();
}
END_TEST

/* More than that wait for the disk: they are lost, and that is told. */
START_TEST(what_is_under_way_is_bounded)
{
    open_feed(16);
    for (int i = 0; i < 20; i++)
        tell("alice@example.org", FEED_PRESENCE, "kept");
    ck_assert_uint_eq(ground->metrics.values[METRIC_events_lost], 4);
    end_turn();
    ck_assert_str_eq(next(&all), "gap");
    ck_assert_str_eq(next(&all), "kept");
    close_feed();
}
END_TEST

/* Also when what was told before the reader came is a gap already. */
START_TEST(a_loss_behind_a_quiet_time_is_another_gap)
{
    open_feed(16);
    feed_leave(feed);
    ck_assert(feed_is_read(feed));
    world_tick(&ground->world, ground->world.now_ms + 60001, ground->world.wall_ms + 60001);
    tell("alice@example.org", FEED_PRESENCE, "quiet");
    position = feed_join(feed);
    for (int i = 0; i < 20; i++)
        tell("alice@example.org", FEED_PRESENCE, "kept");
    end_turn();
    ck_assert_str_eq(next(&all), "gap");
    ck_assert_str_eq(next(&all), "kept");
    close_feed();
}
END_TEST

START_TEST(while_nobody_reads_nothing_is_kept)
{
    open_feed(16);
    tell("alice@example.org", FEED_PRESENCE, "one");
    end_turn();
    ck_assert_str_eq(next(&all), "one");
    feed_leave(feed);
    tell("alice@example.org", FEED_PRESENCE, "two");
    end_turn();
    ck_assert(feed_is_read(feed)); /* it may come back */
    feed_join(feed);
    ck_assert_str_eq(next(&all), "two");
    feed_leave(feed);
    ck_assert(feed_is_read(feed));
    world_tick(&ground->world, ground->world.now_ms + 60001, ground->world.wall_ms + 60001);
    ck_assert(!feed_is_read(feed));
    tell("alice@example.org", FEED_PRESENCE, "three");
    tell("alice@example.org", FEED_PRESENCE, "four");
    end_turn();
    uint64_t now = feed_join(feed);
    ck_assert_str_eq(next(&all), "gap");
    ck_assert_uint_eq(position, now);
    tell("alice@example.org", FEED_PRESENCE, "five");
    end_turn();
    ck_assert_str_eq(next(&all), "five");
    close_feed();
}
END_TEST

START_TEST(an_event_is_json)
{
    struct feed_event event = {.id = 1ULL << 40 | 255,
                               .time_ms = 1700000000123,
                               .type = FEED_MESSAGES,
                               .what = "failed",
                               .user = BYTES("alice@example.org")};
    feed_add(&event, "note", BYTES("\xc3\xa4 \"x\"\n"));
    feed_add(&event, "cut", BYTES("abc\xc3"));
    feed_add(&event, "odd",
             BYTES("a\xff\xff\xff\xff"
                   "b"));
    event.fields[event.field_count++] =
        (struct feed_field){.name = "list", .value = BYTES("a b\nc"), .kind = FEED_LIST};
    event.fields[event.field_count++] =
        (struct feed_field){.name = "status", .value = BYTES("480"), .kind = FEED_NUMBER};
    char *text = feed_json(&event);
    ck_assert_str_eq(text, "{\"id\":\"00000100000000ff\",\"time\":\"2023-11-14T22:13:20.123Z\","
                           "\"type\":\"messages\",\"user\":\"alice@example.org\",\"what\":"
                           "\"failed\",\"note\":\"\xc3\xa4 \\\"x\\\"\\n\",\"cut\":\"abc\",\"odd\":"
                           "\"a????b\",\"list\":[\"a b\",\"c\"],\"status\":480}");
    free(text);
    text = feed_json_gap(0);
    json_t *gap = json_loads(text, 0, NULL);
    ck_assert_str_eq(json_string_value(json_object_get(gap, "type")), "gap");
    json_decref(gap);
    free(text);
}
END_TEST

START_TEST(ids_are_texts)
{
    char text[FEED_ID_SIZE];
    uint64_t id = 7;
    feed_id_write(0x0123456789abcdef, text);
    ck_assert_str_eq(text, "0123456789abcdef");
    ck_assert(feed_id_read(bytes_of(text), &id));
    ck_assert_uint_eq(id, 0x0123456789abcdef);
    ck_assert(!feed_id_read(BYTES("0123456789abcde"), &id));
    ck_assert(!feed_id_read(BYTES("0123456789abcdeg"), &id));
    ck_assert(!feed_id_read(BYTES("0123456789abcdef0"), &id));
    ck_assert_uint_eq(id, 0x0123456789abcdef);
}
END_TEST

UNIT_MAIN("feed", an_event_waits_for_its_change, what_was_refused_did_not_happen, filters_hold_back,
          who_falls_behind_is_told, what_is_under_way_is_bounded,
          a_loss_behind_a_quiet_time_is_another_gap, while_nobody_reads_nothing_is_kept,
          an_event_is_json, ids_are_texts)
