/* simple_test.c: presence in few words, read and written. */
#include "pidf/simple.h"

#include "pidf/pidf.h"
#include "unit.h"

static bool is_equal(struct bytes text, const char *wanted)
{
    return bytes_equal(text, bytes_of(wanted));
}

static bool matches(void *context, struct bytes entity)
{
    (void)context;
    return is_equal(entity, "sip:a&b@example.org");
}

/* What is written is judged like what clients publish, and read back the same. */
START_TEST(what_is_written_is_good_and_read)
{
    const struct simple_state state = {.entity = BYTES("sip:a&b@example.org"),
                                       .open = true,
                                       .activities = {BYTES("meeting"), BYTES("on-the-phone")},
                                       .activity_count = 2,
                                       .note = BYTES("<5> & \"more\""),
                                       .until_ms = 1700000000000};
    struct blob *document = simple_write(&state);
    struct pidf_parser *parser =
        pidf_parser_new(&(struct pidf_limits){65536, 32, 2000, 100, 100000});
    struct pidf_document *judged;
    struct simple_presence presence;
    struct arena arena;
    arena_init(&arena, 0);
    ck_assert(verdict_ok(pidf_parse(parser, blob_bytes(document), matches, NULL, &judged)));
    ck_assert(verdict_ok(simple_read(blob_bytes(document), &arena, &presence)));
    ck_assert(is_equal(presence.entity, "sip:a&b@example.org"));
    ck_assert_uint_eq(presence.tuple_count, 1);
    ck_assert(is_equal(presence.tuples[0].basic, "open"));
    ck_assert(is_equal(presence.tuples[0].note, "<5> & \"more\""));
    ck_assert_uint_eq(presence.activity_count, 2);
    ck_assert(is_equal(presence.activities[1], "on-the-phone"));
    ck_assert_uint_eq(presence.note_count, 1);
    ck_assert_ptr_nonnull(
        memmem(blob_bytes(document).at, blob_bytes(document).length, "2023-11-14T22:13:20Z", 20));
    arena_release(&arena);
    pidf_free(&judged);
    pidf_parser_free(&parser);
    blob_unref(&document);
}
END_TEST

/* What the grammar does not know is left out of what watchers are told. */
START_TEST(each_activity_reaches_the_watchers)
{
    struct pidf_parser *parser =
        pidf_parser_new(&(struct pidf_limits){65536, 32, 2000, 100, 100000});
    for (size_t i = 0; simple_activities()[i] != NULL; i++) {
        const struct simple_state state = {.entity = BYTES("sip:a&b@example.org"),
                                           .activities = {bytes_of(simple_activities()[i])},
                                           .activity_count = 1};
        struct blob *document = simple_write(&state);
        struct pidf_source source = {.changed_ms = 1};
        struct pidf_document *judged;
        struct simple_presence presence;
        struct arena arena;
        arena_init(&arena, 0);
        ck_assert(verdict_ok(pidf_parse(parser, blob_bytes(document), matches, NULL, &judged)));
        source.document = judged;
        struct blob *told = pidf_compose(state.entity, &source, 1);
        ck_assert(verdict_ok(simple_read(blob_bytes(told), &arena, &presence)));
        ck_assert_msg(presence.activity_count == 1 &&
                          is_equal(presence.activities[0], simple_activities()[i]),
                      "%s is not told", simple_activities()[i]);
        arena_release(&arena);
        pidf_free(&judged);
        blob_unref(&told);
        blob_unref(&document);
    }
    pidf_parser_free(&parser);
}
END_TEST

START_TEST(what_clients_say_is_read)
{
    static const char text[] =
        "<presence xmlns='urn:ietf:params:xml:ns:pidf' xmlns:r='urn:ietf:params:xml:ns:pidf:rpid' "
        "xmlns:d='urn:ietf:params:xml:ns:pidf:data-model' entity='sip:b@example.org'>"
        "<tuple id='x'><status/><contact priority='0.8'> sip:b@here </contact>"
        "<timestamp>2020-01-01T00:00:00Z</timestamp></tuple><tuple id='y'><status><basic>closed"
        "</basic></status></tuple><note>out</note><d:person id='p'><r:activities><r:note>no"
        "</r:note><r:other>knitting</r:other><r:away/></r:activities><r:mood><r:happy/></r:mood>"
        "<d:note>back soon</d:note></d:person></presence>";
    struct simple_presence presence;
    struct arena arena;
    arena_init(&arena, 0);
    ck_assert(verdict_ok(simple_read(bytes_of(text), &arena, &presence)));
    ck_assert_uint_eq(presence.tuple_count, 2);
    ck_assert(bytes_empty(presence.tuples[0].basic));
    ck_assert(is_equal(presence.tuples[0].contact, "sip:b@here"));
    ck_assert(is_equal(presence.tuples[0].priority, "0.8"));
    ck_assert(is_equal(presence.tuples[0].timestamp, "2020-01-01T00:00:00Z"));
    ck_assert(is_equal(presence.tuples[1].basic, "closed"));
    ck_assert_uint_eq(presence.activity_count, 2);
    ck_assert(is_equal(presence.activities[0], "knitting"));
    ck_assert(is_equal(presence.activities[1], "away"));
    ck_assert(is_equal(presence.moods[0], "happy"));
    ck_assert_uint_eq(presence.note_count, 2);
    ck_assert(is_equal(presence.notes[1], "back soon"));
    ck_assert_uint_eq(simple_read(BYTES("<a/>"), &arena, &presence).status, 400);
    ck_assert_uint_eq(simple_read(BYTES("<presence"), &arena, &presence).status, 400);
    ck_assert_uint_eq(presence.tuple_count, 0);
    arena_release(&arena);
}
END_TEST

START_TEST(words_and_times)
{
    uint64_t ms = 0;
    ck_assert(simple_activity(BYTES("busy")));
    ck_assert(!simple_activity(BYTES("Busy")));
    ck_assert(!simple_activity(BYTES("")));
    ck_assert(simple_moment(BYTES("2023-11-14T23:13:20+01:00"), &ms));
    ck_assert_uint_eq(ms, 1700000000000);
    ck_assert(!simple_moment(BYTES(""), &ms));
    ck_assert(!simple_moment(BYTES("now"), &ms));
}
END_TEST

UNIT_MAIN("simple", what_is_written_is_good_and_read, each_activity_reaches_the_watchers,
          what_clients_say_is_read, words_and_times)
