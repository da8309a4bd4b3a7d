/* derived_test.c: state that is asked of other parts. */
#include "presence/derived_internal.h"

#include "fixture/events.h"

static const char *known; /* of bob, as a note; NULL: nothing */
static unsigned asked;

static void tell_of(void *context, struct bytes aor, struct buffer *out)
{
    ck_assert_ptr_eq(context, &known);
    ck_assert(bytes_equal(aor, BOB));
    asked++;
    if (known != NULL)
        buffer_text(out, pidf(known));
}

static void open_all(void)
{
    const struct presence_source source = {"presence", tell_of, &known};
    known = NULL;
    asked = 0;
    events_open();
    presence_derive(presence, &source);
}

/* It has changed, and the turn ends. */
static void learn(const char *note)
{
    known = note;
    ground->mark = ground->net.sent_count;
    presence_derived_changed(presence, "presence", BOB);
    ck_assert_uint_eq(notifies(), 0); /* it may have no number yet */
    ground_commit(ground);
}

START_TEST(stands_beside_what_is_published)
{
    open_all();
    watch("");
    learn("derived");
    ck_assert_has(notified("SIP/2.0 200 OK"), ">derived<");
    ck_assert_uint_eq(publish("", "published"), 200);
    const char *text = notified("SIP/2.0 200 OK");
    ck_assert_has(text, ">derived<");
    ck_assert_has(text, ">published<");
    learn("derived"); /* the same again */
    ck_assert_uint_eq(notifies(), 0);
    learn(NULL);
    text = notified("SIP/2.0 200 OK");
    ck_assert_lacks(text, ">derived<");
    ck_assert_has(text, ">published<");
    events_close();
}
END_TEST

/* Who begins to watch is told it, and nobody asks while nobody watches. */
START_TEST(asked_when_it_is_wanted)
{
    open_all();
    learn("early");
    ck_assert_uint_eq(asked, 0);
    ck_assert_uint_eq(subscribe(""), 200);
    ck_assert_has(notified("SIP/2.0 200 OK"), ">early<");
    ck_assert_uint_eq(asked, 1);
    events_close();
}
END_TEST

/* What it is derived of may be a change that is not durable. */
START_TEST(waits_for_what_is_under_way)
{
    open_all();
    watch("");
    known = "new";
    ground->mark = ground->net.sent_count;
    struct store_set *set = store_begin(ground->parts.store, partition_of(BOB));
    store_delete_binding(set, &(struct store_binding){.aor = BOB, .contact = BYTES("sip:b")});
    store_submit(ground->parts.store, &set);
    presence_derived_changed(presence, "presence", BOB);
    ground_wait(ground, 10);
    ck_assert_uint_eq(notifies(), 0);
    ground_commit(ground);
    ck_assert_has(notified("SIP/2.0 200 OK"), ">new<");
    events_close();
}
END_TEST

UNIT_MAIN("derived", stands_beside_what_is_published, asked_when_it_is_wanted,
          waits_for_what_is_under_way)
