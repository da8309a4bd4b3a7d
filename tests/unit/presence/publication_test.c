/* publication_test.c: a publication's row, order and end. */
#include "fixture/events.h"

static unsigned visited;
static struct store_publication expected;

static void compare(void *context, const struct store_publication *row)
{
    (void)context;
    visited++;
    ck_assert(bytes_equal(row->aor, expected.aor) && bytes_equal(row->event, expected.event));
    ck_assert(bytes_equal(row->id, expected.id) && bytes_equal(row->tag, expected.tag));
    ck_assert(bytes_equal(row->content_type, expected.content_type));
    ck_assert(bytes_equal(row->body, expected.body));
    ck_assert(bytes_equal(row->origin.call_id, expected.origin.call_id));
    ck_assert(bytes_equal(row->origin.branch, expected.origin.branch));
    ck_assert_uint_eq(row->origin.cseq, expected.origin.cseq);
    ck_assert_uint_eq(row->made_ms, expected.made_ms);
    ck_assert_uint_eq(row->expires_ms, expected.expires_ms);
    ck_assert_uint_eq(row->ended, expected.ended);
}

static struct store_publication row_of(const char *id, uint64_t made_ms, bool ended)
{
    return (struct store_publication){
        .aor = BOB,
        .event = BYTES("presence"),
        .id = bytes_of(id),
        .tag = BYTES("tag-1"),
        .content_type = ended ? BYTES("") : BYTES("application/pidf+xml"),
        .body = ended ? BYTES("") : bytes_of(pidf(id)),
        .origin = {BYTES("c1"), BYTES("z9hG4bK1"), 7},
        .made_ms = made_ms,
        .expires_ms = 1700000100000,
        .ended = ended,
    };
}

static void put(const struct store_publication *row)
{
    struct store_set *set = store_begin(ground->parts.store, partition_of(BOB));
    store_put_publication(set, row);
    store_submit(ground->parts.store, &set);
    ground_commit(ground);
}

static void load_bob(void)
{
    ck_assert_int_eq(presence_load(presence, partition_of(BOB)), ERR_NONE);
}

/* What was read is written again as it was. */
START_TEST(there_and_back)
{
    const struct store_visitor visitor = {.publication = compare};
    events_open();
    for (int ended = 0; ended < 2; ended++) {
        expected = row_of("a", 5, ended != 0);
        put(&expected);
        load_bob();
        ck_assert_uint_eq(presence_count(presence).publications, ended == 0);
        struct store_set *set = store_begin(ground->parts.store, partition_of(BOB));
        store_delete_publication(set, BOB, BYTES("presence"), BYTES("a"));
        publication_save(bob()->publications, set);
        store_submit(ground->parts.store, &set);
        ground_commit(ground);
        visited = 0;
        ck_assert_int_eq(store_load(ground->parts.store, partition_of(BOB), &visitor), ERR_NONE);
        ck_assert_uint_eq(visited, 1);
    }
    events_close();
}
END_TEST

/* Oldest first, whatever their names; the order in which the store gives them back. */
START_TEST(order)
{
    static const char *const wanted[] = {"c", "a", "b"};
    static const uint64_t made[] = {20, 30, 10};
    struct publication *publication;
    unsigned i = 0;
    events_open();
    for (int at = 0; at < 3; at++) {
        static const char *const ids[] = {"a", "b", "c"};
        struct store_publication row = row_of(ids[at], made[at], false);
        put(&row);
    }
    load_bob();
    DL_FOREACH(bob()->publications, publication)
    {
        ck_assert_uint_lt(i, 3);
        ck_assert_str_eq(publication->id.text, wanted[i++]);
    }
    ck_assert_uint_eq(i, 3);
    events_close();
}
END_TEST

START_TEST(end_waits_for_room_in_the_store)
{
    events_open();
    watch("");
    ck_assert_uint_eq(publish("Expires: 60\r\n", "one"), 200);
    notified("SIP/2.0 200 OK");
    ground_fill_store(ground);
    ground_wait(ground, 61500);
    ck_assert_uint_eq(presence_count(presence).publications, 1);
    store_step(ground->parts.store, PARTITIONS, SIZE_MAX, STORE_DURABLE);
    ck_assert_uint_eq(notifies(), 0);
    ground_wait(ground, 1000);
    ck_assert_uint_eq(presence_count(presence).publications, 0);
    ck_assert_uint_eq(ground->metrics.values[METRIC_publications_expired], 1);
    ground_commit(ground);
    ck_assert_lacks(notified("SIP/2.0 200 OK"), "<tuple");
    events_restart();
    ck_assert_uint_eq(presence_count(presence).publications, 0);
    events_close();
}
END_TEST

/* Its end is refused: it is there again, and ends again. */
START_TEST(end_is_refused)
{
    events_open();
    ck_assert_uint_eq(publish("Expires: 60\r\n", "one"), 200);
    ground_wait(ground, 60000);
    ck_assert_uint_eq(presence_count(presence).publications, 0);
    store_step(ground->parts.store, PARTITIONS, SIZE_MAX, STORE_REFUSED);
    ck_assert_uint_eq(presence_count(presence).publications, 1);
    ground_wait(ground, 1);
    ground_commit(ground);
    ck_assert_uint_eq(presence_count(presence).publications, 0);
    ck_assert_ptr_null(bob());
    events_close();
}
END_TEST

/* What one costs beside its document: the structure, and the texts of its request, as phones write
 * them (a Call-ID, a branch, a tag, an instance). The aim is 2 KB, what the allocator adds
 * included. */
START_TEST(memory)
{
    struct ask ask =
        publishing("Contact: <sip:bob@192.0.2.17:5061;transport=tls>;+sip.instance=\"<urn:"
                   "uuid:00000000-0000-1000-8000-000A95A0E128>\"\r\n",
                   "one");
    ask.call = "3c26700c1adb-q7ejdxtp4u3k@192-0-2-17-with-a-long-name.example.org";
    events_open();
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    const struct publication *one = bob()->publications;
    size_t texts = one->content_type.length + one->call_id.length + one->branch.length +
                   one->from_tag.length + one->instance.length;
    ck_assert_uint_gt(texts, 100);
    ck_assert_uint_le(sizeof(*one) + texts + 2 * 16, 1024);
    ck_assert_uint_le(sizeof(struct resource) + bob()->key_length, 1024); /* of all of them */
    events_close();
}
END_TEST

UNIT_MAIN("publication", memory, there_and_back, order, end_waits_for_room_in_the_store,
          end_is_refused)
