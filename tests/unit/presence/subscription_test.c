/* subscription_test.c: a subscription's row, its CSeq over lives, its end. */
#include "fixture/events.h"

static struct subscription *alices(void)
{
    return bob() != NULL ? bob()->subscriptions : NULL;
}

static uint32_t cseq_of(const char *text)
{
    return (uint32_t)strtoul(value_of(text, "\r\nCSeq: "), NULL, 10);
}

/* The CSeq of the next NOTIFY that a change causes; it is answered. */
static uint32_t next_cseq(void)
{
    static unsigned count;
    char note[20];
    snprintf(note, sizeof(note), "n%u", ++count);
    ck_assert_uint_eq(publish("Expires: 60\r\n", note), 200);
    return cseq_of(notified("SIP/2.0 200 OK"));
}

static struct store_subscription seen;
static unsigned visited;

static void copy(void *context, const struct store_subscription *row)
{
    (void)context;
    visited++;
    seen = *row;
    ck_assert(bytes_equal(row->aor, BOB) && bytes_equal(row->event, BYTES("presence")));
    ck_assert(bytes_equal(row->event_id, BYTES("7")));
    ck_assert(bytes_equal(row->watcher, BYTES("alice@example.org")));
    ck_assert(bytes_equal(row->remote_tag, BYTES("a1")));
    ck_assert(bytes_equal(row->remote_uri, BYTES("<sip:alice@example.org>")));
    ck_assert(bytes_equal(row->local_uri, BYTES("<sip:bob@example.org>")));
    ck_assert(bytes_equal(row->remote_target, BYTES("sip:alice@127.0.0.2:5060")));
    ck_assert(bytes_equal(row->route_set, BYTES("<sip:p;lr>")));
    ck_assert(bytes_equal(row->contact, BYTES("<sip:bob@127.0.0.1:5060>")));
    ck_assert(bytes_equal(row->flow, BYTES("udp/127.0.0.1:5060/127.0.0.2:5060")));
    ck_assert(bytes_equal(row->accept, BYTES("application/pidf+xml")));
    ck_assert(bytes_equal(row->origin.call_id, BYTES("call-1")));
    ck_assert_uint_eq(row->epoch, store_epoch(ground->parts.store));
}

static void visit(void)
{
    const struct store_visitor visitor = {.subscription = copy};
    visited = 0;
    ck_assert_int_eq(store_load(ground->parts.store, partition_of(BOB), &visitor), ERR_NONE);
}

/* What the row says, and that the same dialog goes on in the next life. */
START_TEST(row)
{
    char to[200];
    events_open();
    keep_text(to, watch("Event: presence;id=7\r\nRecord-Route: <sip:p;lr>\r\n"));
    visit();
    ck_assert_uint_eq(visited, 1);
    ck_assert_int_eq(seen.state, STORE_ACTIVE);
    events_restart();
    ground_wait(ground, 100);
    const char *text = notified("SIP/2.0 200 OK");
    ck_assert_has(text, "NOTIFY sip:alice@127.0.0.2:5060 SIP/2.0\r\n");
    ck_assert_has(text, to);
    ck_assert_has(text, "\r\nRoute: <sip:p;lr>\r\n");
    ck_assert_has(text, "\r\nEvent: presence;id=7\r\n");
    ck_assert_has(text, "Subscription-State: active;expires=3600\r\n"); /* rounded up */
    ck_assert_uint_eq(refresh(to, "Event: presence;id=7\r\nExpires: 0\r\n"), 200);
    visit();
    ck_assert_uint_eq(visited, 1);
    ck_assert_int_eq(seen.state, STORE_TERMINATING);
    notified("SIP/2.0 200 OK");
    ground_commit(ground);
    visit();
    ck_assert_uint_eq(visited, 1);
    ck_assert_int_eq(seen.state, STORE_ENDED);
    ground_wait(ground, 32000);
    ground_commit(ground);
    visit();
    ck_assert_uint_eq(visited, 0);
    events_close();
}
END_TEST

/* Never backwards: each life begins 65536 further than the one before wrote. */
START_TEST(cseq_over_lives)
{
    uint32_t last;
    events_open();
    watch("");
    last = next_cseq();
    ck_assert_uint_eq(last, 2);
    for (unsigned life = 1; life <= 3; life++) {
        events_restart();
        ground_wait(ground, 100);
        uint32_t first = cseq_of(notified("SIP/2.0 200 OK"));
        ck_assert_uint_gt(first, last);
        ck_assert_uint_eq(first, 65536 * life + 1); /* the row is of the first life */
        last = next_cseq();
        ck_assert_uint_eq(last, first + 1);
    }
    events_close();
}
END_TEST

/* A refused change has the partition loaded again in the same life. The row knows nothing of the
 * NOTIFYs that left since it was written. */
START_TEST(cseq_over_refusals)
{
    uint32_t last;
    events_open();
    watch("");
    next_cseq();
    last = next_cseq();
    for (int i = 0; i < 3; i++) {
        ground_ask(ground, publishing("", "refused"));
        ground_refuse(ground);
        ground->mark = ground->net.sent_count;
        ground_wait(ground, 100);
        ck_assert_uint_eq(notifies(), 0); /* the row is written first */
        ground_commit(ground);
        uint32_t first = cseq_of(notified("SIP/2.0 200 OK"));
        ck_assert_uint_gt(first, last);
        last = next_cseq();
    }
    /* and what they have used is known to the next life */
    events_restart();
    ground_wait(ground, 100);
    ck_assert_uint_gt(cseq_of(notified("SIP/2.0 200 OK")), last);
    events_close();
}
END_TEST

/* The end of a dialog whose watcher did not answer is refused: it is there again, and what it was
 * told before stays told. */
START_TEST(cseq_after_a_refused_end)
{
    uint32_t last;
    events_open();
    watch("");
    next_cseq();
    ck_assert_uint_eq(publish("Expires: 3000\r\n", "unanswered"), 200);
    last = cseq_of(sent_text(ground, "NOTIFY"));
    ground_wait(ground, 32000);
    ck_assert_ptr_null(alices());
    ground_refuse(ground);
    ck_assert_ptr_nonnull(alices());
    ground->mark = ground->net.sent_count;
    ground_wait(ground, 100);
    ground_commit(ground);
    ck_assert_uint_gt(cseq_of(notified("SIP/2.0 200 OK")), last);
    events_close();
}
END_TEST

/* 60000 NOTIFYs after the row was written it is written again, before the next one leaves. */
START_TEST(row_follows_the_cseq)
{
    events_open();
    watch("Event: presence;id=7\r\nRecord-Route: <sip:p;lr>\r\n");
    uint64_t changes = ground->metrics.values[METRIC_store_changes];
    alices()->dialog.local_cseq += 59998; /* as if so many had left; the first was 1 */
    ck_assert_uint_eq(next_cseq(), 60000);
    ck_assert_uint_eq(ground->metrics.values[METRIC_store_changes], changes + 1);
    ck_assert_uint_eq(next_cseq(), 60001);
    ck_assert_uint_eq(ground->metrics.values[METRIC_store_changes], changes + 3);
    visit();
    ck_assert_uint_eq(seen.local_cseq, 60000);
    events_restart();
    ground_wait(ground, 100);
    ck_assert_uint_eq(cseq_of(notified("SIP/2.0 200 OK")), 60000 + 65536 + 1);
    events_close();
}
END_TEST

/* Without room for the row the NOTIFY waits, and tells the state of then. */
START_TEST(row_cannot_follow)
{
    events_open();
    watch("");
    alices()->dialog.local_cseq += 60000;
    ground_fill_store(ground);
    ground->mark = ground->net.sent_count;
    notify_due(alices());
    ground_wait(ground, 500);
    store_step(ground->parts.store, PARTITIONS, SIZE_MAX, STORE_DURABLE);
    ck_assert_uint_eq(notifies(), 0); /* the row has not even been handed over */
    ground_wait(ground, 100);
    ck_assert_uint_eq(notifies(), 0);
    ground_commit(ground);
    ck_assert_uint_eq(cseq_of(sent_text(ground, "NOTIFY")), 60002);
    events_close();
}
END_TEST

/* RFC 6665 4.2.1.4: the last NOTIFY with the reason, when the end is durable. */
START_TEST(end_waits_for_room_in_the_store)
{
    events_open();
    watch("Expires: 60\r\n");
    ground_fill_store(ground);
    ground_wait(ground, 60500);
    ck_assert_uint_eq(presence_count(presence).subscriptions, 1);
    store_step(ground->parts.store, PARTITIONS, SIZE_MAX, STORE_DURABLE);
    ground_wait(ground, 1000);
    ck_assert_uint_eq(presence_count(presence).subscriptions, 0);
    ck_assert_uint_eq(ground->metrics.values[METRIC_subscriptions_expired], 1);
    ck_assert_uint_eq(notifies(), 0);
    ground_commit(ground);
    ck_assert_has(notified("SIP/2.0 200 OK"), "terminated;reason=timeout\r\n");
    ck_assert_ptr_null(bob());
    events_restart();
    ck_assert_ptr_null(bob());
    events_close();
}
END_TEST

/* The same for the row of whoever was told, which is remembered or not any more. */
START_TEST(told_without_room_in_the_store)
{
    char to[200];
    events_open();
    keep_text(to, watch("Event: presence;id=7\r\nRecord-Route: <sip:p;lr>\r\n"));
    ck_assert_uint_eq(refresh(to, "Event: presence;id=7\r\nExpires: 0\r\n"), 200);
    const struct sent last = *sent_nth(ground, "NOTIFY", 0);
    ground_fill_store(ground);
    ground_answer(ground, &last, "SIP/2.0 200 OK", "");
    store_step(ground->parts.store, PARTITIONS, SIZE_MAX, STORE_DURABLE);
    visit();
    ck_assert_int_eq(seen.state, STORE_TERMINATING);
    ground_fill_store(ground);
    ground_wait(ground, 32000);
    ck_assert_ptr_nonnull(alices());
    store_step(ground->parts.store, PARTITIONS, SIZE_MAX, STORE_DURABLE);
    ground_wait(ground, 1000);
    ck_assert_ptr_null(alices());
    ground_commit(ground);
    visit();
    ck_assert_uint_eq(visited, 0);
    ck_assert_uint_eq(ground->refusals, 0);
    events_close();
}
END_TEST

/* RFC 6665 4.2.1.4: whose account went is told so by the life that sends its last NOTIFY. */
START_TEST(noresource_over_a_crash)
{
    char to[200];
    events_open();
    keep_text(to, watch(""));
    ck_assert_uint_eq(refresh(to, "Expires: 0\r\n"), 200);
    ck_assert_has(sent_text(ground, "NOTIFY"), "terminated;reason=timeout\r\n");
    ck_assert_int_eq(account_delete(ground->accounts, BOB), ERR_NONE);
    events_restart();
    ground_wait(ground, 100);
    ground_commit(ground);
    ck_assert_has(notified("SIP/2.0 200 OK"), "terminated;reason=noresource\r\n");
    ground_wait(ground, 32000);
    ck_assert_ptr_null(bob());
    events_close();
}
END_TEST

/* The watcher is gone and the store is full: nothing is told any more, the row goes later. */
START_TEST(drop_waits_for_room_in_the_store)
{
    events_open();
    watch("");
    ck_assert_uint_eq(publish("", "one"), 200);
    const struct sent sent = *sent_nth(ground, "NOTIFY", 0);
    ground_fill_store(ground);
    ground_answer(ground, &sent, "SIP/2.0 481 Gone", "");
    ck_assert_uint_eq(presence_count(presence).subscriptions, 0);
    ck_assert_ptr_nonnull(alices()); /* for its row's sake */
    resource_changed(bob(), STORE_NOTHING);
    ground_wait(ground, 500);
    store_step(ground->parts.store, PARTITIONS, SIZE_MAX, STORE_DURABLE);
    ground_wait(ground, 1000);
    ck_assert_ptr_null(alices());
    ground_commit(ground);
    ck_assert_uint_eq(notifies(), 0);
    ck_assert_uint_eq(ground->refusals, 0);
    events_restart();
    ck_assert_ptr_null(alices());
    events_close();
}
END_TEST

/* A watcher knows its own, so that its end does not look through everybody's. */
START_TEST(of_one_watcher)
{
    events_open();
    watch("");
    struct ask ask = subscribing("Contact: <sip:carol@127.0.0.4:5060>\r\n");
    ask.from = "<sip:carol@example.org>;tag=c1";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    ask = subscribing("Expires: 0\r\n"); /* a fetch counts while it lasts */
    ask.call = "call-2";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    struct watcher *alice = alices()->watcher, *carol = alices()->next->watcher;
    struct subscription *each;
    unsigned count = 0;
    ck_assert_ptr_ne(alice, carol);
    DL_FOREACH2(alice->subscriptions, each, others_next)
    {
        ck_assert_ptr_eq(each->watcher, alice);
        count++;
    }
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(alice->users, 2);
    ck_assert_ptr_eq(carol->subscriptions, alices()->next);
    ck_assert_ptr_null(carol->subscriptions->others_next);
    notified("SIP/2.0 200 OK"); /* the fetch has ended */
    ck_assert_ptr_eq(alice->subscriptions, alices());
    ck_assert_ptr_null(alice->subscriptions->others_next);
    subscription_drop_watcher(presence, BYTES("alice@example.org"));
    ground->mark = ground->net.sent_count;
    ground_wait(ground, 1);
    ground_commit(ground);
    ck_assert_has(sent_text(ground, "NOTIFY sip:alice@"), "terminated;reason=rejected\r\n");
    ck_assert_uint_eq(presence_count(presence).subscriptions, 1);
    events_close();
}
END_TEST

static void copy_for_another(void *context, const struct store_subscription *was)
{
    struct store_subscription odd = *was;
    odd.accept = BYTES("text/plain");
    store_put_subscription(context, &odd);
}

/* RFC 6665 4.1.3, deactivated: what an earlier version agreed to, this one cannot do; the watcher
 * may ask again. */
START_TEST(deactivated)
{
    events_open();
    ck_assert_uint_eq(publish("", "one"), 200);
    watch("");
    struct store_set *set = store_begin(ground->parts.store, partition_of(BOB));
    const struct store_visitor visitor = {.subscription = copy_for_another, .context = set};
    ck_assert_int_eq(store_load(ground->parts.store, partition_of(BOB), &visitor), ERR_NONE);
    store_submit(ground->parts.store, &set);
    ground_commit(ground);
    events_restart();
    ground_commit(ground);
    ground_commit(ground);
    ck_assert_has(notified("SIP/2.0 200 OK"), "terminated;reason=deactivated\r\nContent-Length: 0");
    ground_commit(ground);
    ck_assert_ptr_null(alices());
    events_close();
}
END_TEST

/* RFC 6665 4.1.3: probation says when to come back. */
START_TEST(probation)
{
    events_open();
    watch("");
    alices()->fate = EVENT_PROBATION;
    alices()->expires_ms = ground->world.wall_ms;
    subscription_arm(alices());
    ground->mark = ground->net.sent_count;
    ground_wait(ground, 0);
    ground_commit(ground);
    ck_assert_has(notified("SIP/2.0 200 OK"), "terminated;reason=probation;retry-after=600\r\n");
    events_close();
}
END_TEST

/* A row that says nothing to this server is left alone. */
START_TEST(senseless_rows)
{
    events_open();
    watch("Event: presence;id=7\r\nRecord-Route: <sip:p;lr>\r\n");
    const struct store_subscription odd[] = {
        {.aor = BOB,
         .event = BYTES("presence"),
         .local_tag = BYTES("1"),
         .accept = BYTES("text/plain"),
         .expires_ms = 1800000000000},
        {.aor = BOB,
         .event = BYTES("weather"),
         .local_tag = BYTES("2"),
         .accept = BYTES("application/pidf+xml"),
         .expires_ms = 1800000000000},
    };
    struct store_set *set = store_begin(ground->parts.store, partition_of(BOB));
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
        store_put_subscription(set, &odd[i]);
    store_submit(ground->parts.store, &set);
    ground_commit(ground);
    events_restart();
    ck_assert_uint_eq(presence_count(presence).subscriptions, 1);
    ck_assert_uint_eq(presence_count(presence).resources, 1);
    events_close();
}
END_TEST

UNIT_MAIN("subscription", row, cseq_over_lives, cseq_over_refusals, cseq_after_a_refused_end,
          row_follows_the_cseq, row_cannot_follow, end_waits_for_room_in_the_store,
          told_without_room_in_the_store, noresource_over_a_crash, drop_waits_for_room_in_the_store,
          of_one_watcher, deactivated, probation, senseless_rows)
