/* inbox_test.c: whom a user's messages are owed to. */
#include "fixture/messaging.h"
#include "im/share_internal.h"

static struct inbox *bobs(void)
{
    return inbox_need(messaging.im, BYTES("bob@example.org"));
}

/* A set is begun when something is to be written, and only then. */
static bool learn(struct device *device, bool *written)
{
    struct store_set *set = NULL;
    bool first = device_learn(device, &set);
    *written = set != NULL;
    if (set != NULL)
        store_submit(messaging.ground->parts.store, &set);
    ground_commit(messaging.ground);
    return first;
}

START_TEST(seen_to_the_day)
{
    bool written;
    messaging_open(NULL);
    struct device *device = device_need(bobs(), STORE_TO_DEVICE, BYTES("urn:uuid:1"));
    ck_assert(learn(device, &written) && written);
    ck_assert_ptr_eq(device_find(bobs(), STORE_TO_DEVICE, BYTES("urn:uuid:1")), device);
    ck_assert_ptr_null(device_find(bobs(), STORE_TO_ANY, BYTES("urn:uuid:1")));
    ck_assert(!learn(device, &written) && !written);
    ground_wait(messaging.ground, 86400001);
    ck_assert(!learn(device, &written) && written);
    ck_assert_uint_eq(device->seen_ms, messaging.ground->world.wall_ms);
    ck_assert_uint_lt(device->since_ms, device->seen_ms);
    ck_assert_uint_eq(messaging_rows_of("bob@example.org").devices, 1);
    messaging_close();
}
END_TEST

/* Nobody names it and it is not known: it is gone. */
START_TEST(unknown_ones_go)
{
    messaging_open(NULL);
    struct device *any = device_need(bobs(), STORE_TO_ANY, BYTES(""));
    device_release(any);
    ck_assert_ptr_null(bobs()->devices);
    messaging_close();
}
END_TEST

START_TEST(longest_unseen_is_forgotten)
{
    struct im_settings settings = im_settings_default();
    settings.devices_max = 2;
    messaging_open(&settings);
    messaging_came("bob@example.org", "urn:uuid:1");
    ground_wait(messaging.ground, 1000);
    messaging_came("bob@example.org", "urn:uuid:2");
    ground_wait(messaging.ground, 1000);
    ck_assert_uint_eq(messaging_send("x"), 202);
    messaging_came("bob@example.org", "urn:uuid:3");
    ck_assert(!device_find(bobs(), STORE_TO_DEVICE, BYTES("urn:uuid:1"))->known);
    ck_assert(device_find(bobs(), STORE_TO_DEVICE, BYTES("urn:uuid:2"))->known);
    ck_assert_uint_eq(im_count(messaging.im).devices, 2);
    ck_assert_uint_eq(messaging_rows_of("bob@example.org").owed, 2); /* 2's and 3's */
    ck_assert_uint_eq(messaging.ground->metrics.values[METRIC_devices_limited], 1);
    messaging_close();
}
END_TEST

START_TEST(room)
{
    struct im_settings settings = im_settings_default();
    uint64_t other = 77;
    settings.stored_max = 3;
    settings.stored_max_per_peer = 2;
    settings.stored_max_bytes = 5000;
    messaging_open(&settings);
    ck_assert(inbox_has_room(bobs(), other, 5000));
    ck_assert(!inbox_has_room(bobs(), other, 5001));
    ck_assert_uint_eq(messaging_send("1"), 202);
    uint64_t alice = bobs()->messages->peer_key;
    ck_assert(inbox_has_room(bobs(), alice, 100));
    ck_assert_uint_eq(messaging_send("2"), 202);
    ck_assert(!inbox_has_room(bobs(), alice, 100));
    ck_assert(inbox_has_room(bobs(), other, 100));
    ck_assert(!inbox_has_room(bobs(), other, 5000));
    ck_assert_uint_eq(messaging_send("3"), 480);
    messaging_close();
}
END_TEST

/* One sender may have a part of the bytes alone; whoever else writes has the rest. */
START_TEST(room_in_bytes)
{
    struct im_settings settings = im_settings_default();
    settings.stored_max_bytes_per_peer = 2000;
    messaging_open(&settings);
    ck_assert_uint_eq(messaging_send("1"), 202);
    uint64_t alice = bobs()->messages->peer_key;
    size_t size = bobs()->messages->size;
    ck_assert(inbox_has_room(bobs(), alice, 2000 - size));
    ck_assert(!inbox_has_room(bobs(), alice, 2001 - size));
    ck_assert(inbox_has_room(bobs(), alice + 1, 2000));
    ck_assert(!inbox_has_room(bobs(), alice + 1, 2001));
    ck_assert_uint_eq(share_of(bobs(), alice).bytes, size);
    messaging_close();
}
END_TEST

/* What is of whom is counted from then on when somebody asked, and there is room again when some
 * of it is owed no more. */
START_TEST(shares)
{
    struct im_settings settings = im_settings_default();
    settings.stored_max_per_peer = 2;
    messaging_open(&settings);
    messaging_send("1");
    uint64_t alice = bobs()->messages->peer_key;
    ck_assert_uint_eq(share_of(bobs(), alice).count, 1);
    messaging_send("2");
    ck_assert_uint_eq(share_of(bobs(), alice).count, 2);
    ck_assert_uint_eq(share_of(bobs(), alice + 1).count, 0);
    ck_assert_uint_eq(messaging_send("3"), 480);
    messaging_contact("sip:0@127.0.0.2:5060", "");
    messaging.ground->mark = messaging.ground->net.sent_count;
    messaging_came("bob@example.org", "");
    ground_wait(messaging.ground, 1);
    ground_answer(messaging.ground, sent_nth(messaging.ground, "MESSAGE ", 0), "SIP/2.0 200 OK",
                  "");
    ground_commit(messaging.ground);
    ck_assert_uint_eq(share_of(bobs(), alice).count, 1);
    ck_assert(inbox_has_room(bobs(), alice, 100));
    inbox_free(bobs(), 0);
    ck_assert_ptr_null(bobs()->shares);
    messaging_close();
}
END_TEST

UNIT_MAIN("inbox", seen_to_the_day, unknown_ones_go, longest_unseen_is_forgotten, room,
          room_in_bytes, shares)
