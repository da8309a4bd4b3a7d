/* conditional_test.c: conditional notification, RFC 5839. */
#include "fixture/ruling.h"

static char tag[100];

static const char *suppress(const char *value)
{
    static char field[200];
    snprintf(field, sizeof(field), "Suppress-If-Match: %s\r\n", value);
    return field;
}

static void watch_and_keep_tag(char *to, size_t size)
{
    ck_assert_uint_eq(subscribe(""), 200);
    snprintf(to, size, "%s", dialog_to());
    keep_text(tag, value_of(notified("SIP/2.0 200 OK"), "SIP-ETag: "));
}

/* RFC 5839 6.1: one tag, one body; the same for the same, in every life of the database. */
START_TEST(tags)
{
    char first[100];
    events_open();
    ck_assert_uint_eq(publish("", "one"), 200);
    struct view *plain = view_join(bob(), NULL, false, NULL);
    struct view *offline = view_join(bob(), NULL, true, NULL);
    keep_text(first, conditional_tag(plain));
    ck_assert_uint_eq(strlen(first), ENTITY_TAG_SIZE - 1);
    ck_assert_str_eq(conditional_tag(plain), first);
    ck_assert_str_ne(conditional_tag(offline), first);
    ck_assert_uint_eq(publish(if_match(), "two"), 200);
    ck_assert_str_ne(conditional_tag(plain), first);
    ck_assert_uint_eq(publish(if_match(), "one"), 200);
    ck_assert_str_eq(conditional_tag(plain), first);
    view_leave(&plain);
    view_leave(&offline);
    events_restart();
    plain = view_join(bob(), NULL, false, NULL);
    ck_assert_str_eq(conditional_tag(plain), first);
    view_leave(&plain);
    events_close();
    events_open();
    ck_assert_uint_eq(publish("", "one"), 200);
    plain = view_join(bob(), NULL, false, NULL);
    presence->entity_seeds[0] ^= 1;
    ck_assert_str_ne(conditional_tag(plain), first);
    view_leave(&plain);
    events_close();
}
END_TEST

/* Who is blocked politely cannot tell by the tag: it is that of a user who shows nothing. */
START_TEST(polite_block_has_the_tag_of_nothing)
{
    char to[200], nothing[100];
    events_open();
    rule("allow");
    watch_and_keep_tag(to, sizeof(to));
    keep_text(nothing, tag);
    ck_assert_uint_eq(publish("", "one"), 200);
    ck_assert_str_ne(value_of(notified("SIP/2.0 200 OK"), "SIP-ETag: "), nothing);
    rule("polite-block");
    ck_assert_uint_eq(refresh(to, suppress(nothing)), 204);
    ck_assert_uint_eq(notifies(), 0);
    events_close();
}
END_TEST

/* RFC 5839 6.3: the answer waits for what it tells of; nothing is due afterwards, and one that was
 * ended so is forgotten after a while. */
START_TEST(quiet)
{
    char to[200];
    events_open();
    ck_assert_uint_eq(publish("", "one"), 200);
    watch_and_keep_tag(to, sizeof(to));
    ck_assert_uint_eq(refresh(to, suppress(tag)), 204);
    ck_assert_has(sent_text(ground, "SIP/2.0 204 No Notification"), "\r\nExpires: 3600\r\n");
    ck_assert_uint_eq(notifies(), 0);
    struct subscription *subscription = bob()->subscriptions;
    ck_assert(subscription->quiet && !subscription->dirty && subscription->notify == 0);
    ck_assert_uint_eq(refresh(to, ""), 200); /* without the field the condition is over */
    ck_assert_str_eq(subscription->extras->suppress, "");
    ck_assert_str_eq(value_of(notified("SIP/2.0 200 OK"), "SIP-ETag: "), tag);
    char fields[300];
    snprintf(fields, sizeof(fields), "Expires: 0\r\n%s", suppress(tag));
    ck_assert_uint_eq(refresh(to, fields), 204);
    ck_assert_uint_eq(notifies(), 0);
    ck_assert_uint_eq(presence_count(presence).subscriptions, 0);
    events_restart();
    ground_wait(ground, 1000);
    ck_assert_uint_eq(notifies(), 0); /* it knows */
    ground_wait(ground, 40000);
    ground_commit(ground);
    ck_assert_ptr_null(bob()->subscriptions);
    events_close();
}
END_TEST

/* RFC 5839 6.3: a NOTIFY under way tells another state, and may come after the answer: who has what
 * waits behind it is told that all the same. */
START_TEST(waiting_notify)
{
    char to[200], one[100], field[200];
    events_open();
    ck_assert_uint_eq(publish("", "one"), 200);
    keep_text(field, if_match());
    watch_and_keep_tag(to, sizeof(to));
    keep_text(one, tag);
    ck_assert_uint_eq(publish(field, "two"), 200);
    struct sent under_way = *sent_nth(ground, "NOTIFY ", 0);
    ck_assert_uint_eq(publish(if_match(), "one"), 200);
    ck_assert_uint_eq(refresh(to, suppress(one)), 200);
    ck_assert_uint_eq(notifies(), 0);
    ground_answer(ground, &under_way, "SIP/2.0 200 OK", "");
    ground_commit(ground);
    ck_assert_has(notified("SIP/2.0 200 OK"), ">one<");
    events_close();
}
END_TEST

/* A NOTIFY that was not taken has told nobody anything: it is sent again, whatever the condition.
 */
START_TEST(not_taken)
{
    char to[200];
    events_open();
    ck_assert_uint_eq(publish("", "one"), 200);
    watch_and_keep_tag(to, sizeof(to));
    struct ask ask = subscribing(suppress(tag));
    ask.call = "call-2";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    struct sent sent = *sent_nth(ground, "NOTIFY ", 0);
    ck_assert_has(sent.text, "Content-Length: 0\r\n");
    ground->mark = ground->net.sent_count;
    ground_answer(ground, &sent, "SIP/2.0 500 x", "Retry-After: 5\r\n");
    ground_wait(ground, 5000);
    ck_assert_has(notified("SIP/2.0 200 OK"), "Subscription-State: active");
    ck_assert_ptr_null(
        subscription_find(presence, partition_of(BOB),
                          &(struct subscription_name){presence_of_package(), BYTES("call-2"),
                                                      BYTES("a1"), BYTES("")})
            ->later);
    events_close();
}
END_TEST

UNIT_MAIN("presence/conditional", tags, not_taken, polite_block_has_the_tag_of_nothing, quiet,
          waiting_notify)
