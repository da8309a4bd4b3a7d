/* Every row comes back as it was put. */
#include <stdarg.h>

#include "fixture.h"
#include "store/database_internal.h"

static const struct store_settings stepped = {.stepped = true};

/* Every octet value, NUL included: bodies are binary, and what a peer sends as text may be. */
static struct bytes every_octet(char octets[256])
{
    for (unsigned i = 0; i < 256; i++)
        octets[i] = (char)i;
    return bytes_from(octets, 256);
}

static void equal(struct bytes a, struct bytes b)
{
    ck_assert_uint_eq(a.length, b.length);
    ck_assert(bytes_equal(a, b));
}

static void equal_origin(struct store_origin a, struct store_origin b)
{
    equal(a.call_id, b.call_id);
    equal(a.branch, b.branch);
    ck_assert_uint_eq(a.cseq, b.cseq);
}

/* What is expected, one after the other. */
struct expected {
    const struct store_binding *bindings;
    const struct store_publication *publications;
    const struct store_subscription *subscriptions;
    unsigned seen;
};

static void see_binding(void *context, const struct store_binding *b)
{
    struct expected *expected = context;
    const struct store_binding *a = &expected->bindings[expected->seen++];
    equal(a->aor, b->aor);
    equal(a->contact, b->contact);
    equal(a->instance, b->instance);
    ck_assert_uint_eq(a->reg_id, b->reg_id);
    equal(a->path, b->path);
    equal(a->parameters, b->parameters);
    equal(a->flow, b->flow);
    equal(a->user_agent, b->user_agent);
    equal_origin(a->origin, b->origin);
    ck_assert_uint_eq(a->q, b->q);
    ck_assert_uint_eq(a->updated_ms, b->updated_ms);
    ck_assert_uint_eq(a->expires_ms, b->expires_ms);
}

static void see_publication(void *context, const struct store_publication *b)
{
    struct expected *expected = context;
    const struct store_publication *a = &expected->publications[expected->seen++];
    equal(a->aor, b->aor);
    equal(a->event, b->event);
    equal(a->id, b->id);
    equal(a->tag, b->tag);
    equal(a->content_type, b->content_type);
    equal(a->body, b->body);
    equal(a->flow, b->flow);
    equal_origin(a->origin, b->origin);
    ck_assert_uint_eq(a->made_ms, b->made_ms);
    ck_assert_uint_eq(a->expires_ms, b->expires_ms);
    ck_assert_int_eq(a->ended, b->ended);
    equal(a->instance, b->instance);
    equal(a->from_tag, b->from_tag);
    equal(a->previous, b->previous);
    ck_assert_uint_eq(a->previous_until_ms, b->previous_until_ms);
    ck_assert_uint_eq(a->closes_ms, b->closes_ms);
    ck_assert_int_eq(a->closed, b->closed);
    ck_assert_int_eq(a->publisher, b->publisher);
}

static void see_subscription(void *context, const struct store_subscription *b)
{
    struct expected *expected = context;
    const struct store_subscription *a = &expected->subscriptions[expected->seen++];
    equal(a->aor, b->aor);
    equal(a->event, b->event);
    equal(a->event_id, b->event_id);
    equal(a->watcher, b->watcher);
    equal(a->local_tag, b->local_tag);
    equal(a->remote_tag, b->remote_tag);
    equal(a->local_uri, b->local_uri);
    equal(a->remote_uri, b->remote_uri);
    equal(a->remote_target, b->remote_target);
    equal(a->route_set, b->route_set);
    equal(a->contact, b->contact);
    equal(a->flow, b->flow);
    equal(a->accept, b->accept);
    equal_origin(a->origin, b->origin);
    ck_assert_uint_eq(a->local_cseq, b->local_cseq);
    ck_assert_uint_eq(a->epoch, b->epoch);
    ck_assert_uint_eq(a->expires_ms, b->expires_ms);
    ck_assert_int_eq(a->state, b->state);
    equal(a->cause, b->cause);
    ck_assert_uint_eq(a->since_ms, b->since_ms);
    ck_assert_int_eq(a->foreign, b->foreign);
    ck_assert_int_eq(a->trusted, b->trusted);
    equal(a->instance, b->instance);
    equal(a->filter, b->filter);
    ck_assert_uint_eq(a->min_interval_ms, b->min_interval_ms);
    ck_assert_uint_eq(a->max_interval_ms, b->max_interval_ms);
    ck_assert_uint_eq(a->adaptive_interval_ms, b->adaptive_interval_ms);
    ck_assert_uint_eq(a->held_since_ms, b->held_since_ms);
    ck_assert_uint_eq(a->begun_ms, b->begun_ms);
}

/* Opens the store anew and loads the partition: exactly `count` rows, as expected. */
static void reload(struct fixture *f, unsigned partition, struct expected expected, unsigned count)
{
    struct store_visitor visitor = {
        .binding = expected.bindings ? see_binding : NULL,
        .publication = expected.publications ? see_publication : NULL,
        .subscription = expected.subscriptions ? see_subscription : NULL,
        .context = &expected,
    };
    store_close(&f->store);
    fixture_open(f, stepped);
    ck_assert_int_eq(store_load(f->store, partition, &visitor), ERR_NONE);
    ck_assert_uint_eq(expected.seen, count);
}

/* By the time of their last REGISTER; each part of the key tells two apart. */
START_TEST(bindings_come_back_whole_and_in_their_order)
{
    struct fixture f;
    char text[64], octets[256];
    fixture_init(&f);
    fixture_open(&f, stepped);
    struct bytes aor = fixture_aor(77, text);
    const struct store_binding bindings[] = {
        {.aor = aor, .contact = BYTES("sip:a@192.0.2.1")},
        {.aor = aor, .contact = BYTES("sip:a@192.0.2.1"), .reg_id = 2},
        {.aor = aor, .contact = BYTES("sip:a@192.0.2.1"), .instance = BYTES("urn:uuid:1")},
        {.aor = aor,
         .contact = BYTES("sip:b@[2001:db8::1]:5062;transport=tcp"),
         .instance = BYTES("urn:uuid:1"),
         .reg_id = INT32_MAX,
         .path = BYTES("<sip:p2@192.0.2.9;lr>, <sip:p1@192.0.2.8;lr;ob>"),
         .parameters = BYTES(";+sip.instance=\"<urn:uuid:1>\";q=0.5"),
         .flow = BYTES("tcp:12:192.0.2.1:5060"),
         .user_agent = every_octet(octets),
         .origin = {BYTES("call@host"), BYTES("z9hG4bKx"), UINT32_MAX},
         .q = 500,
         .updated_ms = UINT64_C(1600000000123),
         .expires_ms = UINT64_C(1700000000123)},
        {.aor = aor, .contact = BYTES("sip:a@192.0.2.0"), .updated_ms = UINT64_C(1600000000124)},
    };
    const unsigned count = sizeof(bindings) / sizeof(bindings[0]);
    struct store_set *set = store_begin(f.store, 77);
    for (unsigned i = count; i > 0; i--)
        store_put_binding(set, &bindings[i - 1]);
    store_submit(f.store, &set);
    store_step(f.store, PARTITIONS, 1, STORE_DURABLE);
    reload(&f, 77, (struct expected){.bindings = bindings}, count);
    fixture_release(&f);
}
END_TEST

START_TEST(publications_come_back_whole_and_in_the_order_they_were_made)
{
    struct fixture f;
    char text[64], octets[256];
    fixture_init(&f);
    fixture_open(&f, stepped);
    struct bytes aor = fixture_aor(78, text);
    const struct store_publication publications[] = {
        {.aor = aor,
         .event = BYTES("presence"),
         .id = BYTES("zz"),
         .tag = BYTES("tag2"),
         .content_type = BYTES("application/pidf+xml"),
         .body = every_octet(octets),
         .flow = BYTES("tcp/127.0.0.1:5060/127.0.0.1:40112"),
         .origin = {BYTES("call"), BYTES("z9hG4bK1"), 7},
         .instance = BYTES("urn:uuid:1"),
         .from_tag = BYTES("f"),
         .previous = BYTES("tag1"),
         .previous_until_ms = 1032,
         .made_ms = 1000,
         .expires_ms = 5000,
         .closes_ms = 4000,
         .closed = true,
         .publisher = STORE_HARD},
        {.aor = aor, .event = BYTES("presence"), .id = BYTES("aa"), .made_ms = 2000, .ended = true},
    };
    struct store_set *set = store_begin(f.store, 78);
    store_put_publication(set, &publications[1]);
    store_put_publication(set, &publications[0]);
    store_submit(f.store, &set);
    store_step(f.store, PARTITIONS, 1, STORE_DURABLE);
    reload(&f, 78, (struct expected){.publications = publications}, 2);
    fixture_release(&f);
}
END_TEST

START_TEST(subscriptions_come_back_whole)
{
    struct fixture f;
    char text[64];
    fixture_init(&f);
    fixture_open(&f, stepped);
    const struct store_subscription subscription = {
        .aor = fixture_aor(79, text),
        .event = BYTES("presence"),
        .event_id = BYTES("12"),
        .watcher = BYTES("bob@example.org"),
        .local_tag = BYTES("aaab.local"),
        .remote_tag = BYTES("remote"),
        .local_uri = BYTES("<sip:alice@example.org>"),
        .remote_uri = BYTES("\"B\xc3\xb6"
                            "b\" <sip:bob@example.org>"),
        .remote_target = BYTES("sip:bob@192.0.2.7"),
        .route_set = BYTES("<sip:p1;lr>, <sip:p2;lr>"),
        .contact = BYTES("<sip:127.0.0.1:5060>"),
        .flow = BYTES("udp:127.0.0.1:5060"),
        .accept = BYTES("application/pidf+xml"),
        .origin = {BYTES("dialog"), BYTES("z9hG4bK9"), 3},
        .local_cseq = 70000,
        .epoch = UINT64_C(1) << 40,
        .expires_ms = UINT64_C(1700000000999),
        .state = STORE_PARTING,
        .cause = BYTES("timeout"),
        .since_ms = UINT64_C(1700000000111),
        .foreign = true,
        .instance = BYTES("urn:uuid:2"),
        .filter = BYTES("<filter-set/>"),
        .min_interval_ms = 1,
        .max_interval_ms = 2,
        .adaptive_interval_ms = 3,
        .held_since_ms = UINT64_C(1700000000222),
        .begun_ms = UINT64_C(1700000000333),
    };
    struct store_set *set = store_begin(f.store, 79);
    store_put_subscription(set, &subscription);
    store_submit(f.store, &set);
    store_step(f.store, PARTITIONS, 1, STORE_DURABLE);
    reload(&f, 79, (struct expected){.subscriptions = &subscription}, 1);
    fixture_release(&f);
}
END_TEST

START_TEST(a_body_larger_than_a_page_comes_back_whole)
{
    struct fixture f;
    char text[64];
    enum { BODY = 300000 };
    char *body = malloc(BODY);
    fixture_init(&f);
    fixture_open(&f, stepped);
    for (unsigned i = 0; i < BODY; i++)
        body[i] = (char)(i * 7 + i / 251);
    const struct store_publication publication = {
        .aor = fixture_aor(80, text), .event = BYTES("presence"), .body = {body, BODY}};
    struct store_set *set = store_begin(f.store, 80);
    store_put_publication(set, &publication);
    store_submit(f.store, &set);
    store_step(f.store, PARTITIONS, 1, STORE_DURABLE);
    reload(&f, 80, (struct expected){.publications = &publication}, 1);
    free(body);
    fixture_release(&f);
}
END_TEST

START_TEST(a_put_replaces_the_whole_row_and_a_delete_takes_it_away)
{
    struct fixture f;
    char text[64];
    fixture_init(&f);
    fixture_open(&f, stepped);
    struct bytes aor = fixture_aor(81, text), event = BYTES("presence"), id = BYTES("id");
    struct store_publication row = {
        .aor = aor, .event = event, .id = id, .body = BYTES("<old/>"), .tag = BYTES("one")};
    struct store_subscription watch = {.aor = aor, .event = event, .local_tag = id};
    struct store_binding binding = {.aor = aor, .contact = id};
    struct store_set *set = store_begin(f.store, 81);
    store_put_publication(set, &row);
    row.body = BYTES("");
    row.tag = BYTES("two");
    store_put_publication(set, &row);
    store_put_subscription(set, &watch);
    store_put_binding(set, &binding);
    store_delete_subscription(set, aor, event, id);
    store_delete_binding(set, &binding);
    store_delete_binding(set, &(struct store_binding){.aor = aor, .contact = BYTES("never there")});
    store_submit(f.store, &set);
    store_step(f.store, PARTITIONS, 1, STORE_DURABLE);
    struct expected expected = {
        .publications = &row, .bindings = &binding, .subscriptions = &watch};
    reload(&f, 81, expected, 1);
    set = store_begin(f.store, 81);
    store_delete_publication(set, aor, event, id);
    store_submit(f.store, &set);
    store_step(f.store, PARTITIONS, 1, STORE_DURABLE);
    reload(&f, 81, expected, 0);
    fixture_release(&f);
}
END_TEST

START_TEST(a_partition_is_loaded_by_itself)
{
    struct fixture f;
    fixture_init(&f);
    fixture_open(&f, stepped);
    for (uint32_t i = 0; i < 30; i++) {
        char contact[16];
        int length = snprintf(contact, sizeof(contact), "sip:%u", i);
        fixture_put(f.store, 100 + i % 3, bytes_from(contact, (size_t)length), i);
    }
    ck_assert_uint_eq(store_step(f.store, PARTITIONS, 100, STORE_DURABLE), 30);
    for (unsigned partition = 99; partition < 104; partition++)
        ck_assert_uint_eq(fixture_bindings(f.store, partition),
                          partition >= 100 && partition < 103 ? 10 : 0);
    fixture_release(&f);
}
END_TEST

START_TEST(a_table_that_is_gone_is_an_error_and_not_an_empty_partition)
{
    struct fixture f;
    unsigned count = 0;
    struct store_visitor visitor = {.binding = fixture_count, .context = &count};
    fixture_init(&f);
    fixture_open(&f, stepped);
    fixture_sql(&f, "DROP TABLE bindings");
    ck_assert_int_eq(store_load(f.store, 1, &visitor), ERR_DB);
    ck_assert_uint_eq(count, 0);
    /* and the connection is fit for the next load */
    struct store_visitor nothing = {.binding = NULL};
    ck_assert_int_eq(store_load(f.store, 1, &nothing), ERR_NONE);
    fixture_release(&f);
}
END_TEST

static void see_message(const struct store_message *a, const struct store_message *b)
{
    equal(a->aor, b->aor);
    ck_assert_uint_eq(a->serial, b->serial);
    ck_assert_int_eq(a->kind, b->kind);
    equal(a->peer, b->peer);
    ck_assert_int_eq(a->foreign, b->foreign);
    ck_assert_int_eq(a->trusted, b->trusted);
    equal_origin(a->origin, b->origin);
    equal(a->from_tag, b->from_tag);
    ck_assert_uint_eq(a->status, b->status);
    equal(a->content_type, b->content_type);
    ck_assert_uint_eq(a->made_ms, b->made_ms);
    ck_assert_uint_eq(a->expires_ms, b->expires_ms);
    ck_assert_uint_eq(a->keep_until_ms, b->keep_until_ms);
}

static void see_whole_message(void *context, const struct store_message *b)
{
    const struct store_message *a = *(const struct store_message **)context;
    see_message(a, b);
    equal(a->head, b->head);
    equal(a->body, b->body);
    *(const struct store_message **)context = NULL; /* once */
}

/* All that store_load tells of messages, a word each. */
struct told {
    char text[1024];
    const struct store_message *message; /* what those of its serial must be */
};

static void tell(struct told *told, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void tell(struct told *told, const char *format, ...)
{
    va_list arguments;
    size_t used = strlen(told->text);
    va_start(arguments, format);
    vsnprintf(told->text + used, sizeof(told->text) - used, format, arguments);
    va_end(arguments);
}

static void tell_device(void *context, const struct store_device *device)
{
    tell(context, "device %.*s %llu %llu;", BYTES_ARGS(device->instance),
         (unsigned long long)device->since_ms, (unsigned long long)device->seen_ms);
}

static void tell_owed(void *context, const struct store_owed *owed)
{
    const struct store_delivery *d = &owed->delivery;
    ck_assert_int_eq(d->state, STORE_OWED);
    ck_assert_uint_eq(d->changed_ms, 5000 + d->serial);
    tell(context, "owed %llu %d %.*s %u %u %d %.*s %llu %llu %llu %zu;",
         (unsigned long long)d->serial, d->whom, BYTES_ARGS(d->device), d->status, d->tries,
         owed->kind, BYTES_ARGS(owed->peer), (unsigned long long)owed->made_ms,
         (unsigned long long)owed->expires_ms, (unsigned long long)owed->keep_until_ms, owed->size);
}

static void tell_recent(void *context, const struct store_message *message)
{
    struct told *told = context;
    ck_assert(bytes_empty(message->head) && bytes_empty(message->body));
    if (told->message != NULL && told->message->serial == message->serial)
        see_message(told->message, message);
    tell(told, "recent %llu;", (unsigned long long)message->serial);
}

/* Opens the store anew; exactly this is told of the partition. */
static void expect_told(struct fixture *f, unsigned partition, const struct store_message *message,
                        const char *expected)
{
    struct told told = {.message = message};
    const struct store_visitor visitor = {
        .device = tell_device,
        .owed = tell_owed,
        .recent = tell_recent,
        .recent_ms = 1000,
        .context = &told,
    };
    store_close(&f->store);
    fixture_open(f, stepped);
    ck_assert_int_eq(store_load(f->store, partition, &visitor), ERR_NONE);
    ck_assert_str_eq(told.text, expected);
}

static void commit(struct fixture *f, struct store_set *set)
{
    store_submit(f->store, &set);
    ck_assert_uint_eq(store_step(f->store, PARTITIONS, 1, STORE_DURABLE), 1);
}

static void put_delivery(struct store_set *set, struct bytes aor, uint64_t serial,
                         const char *device, enum store_delivery_state state)
{
    const struct store_delivery delivery = {.aor = aor,
                                            .serial = serial,
                                            .device = bytes_of(device),
                                            .state = state,
                                            .changed_ms = 5000 + serial};
    store_put_delivery(set, &delivery);
}

static void expect_message(struct fixture *f, const struct store_message *message)
{
    const struct store_message *wanted = message;
    ck_assert_int_eq(
        store_read_message(f->store, message->aor, message->serial, see_whole_message, &wanted),
        ERR_NONE);
    ck_assert_ptr_null(wanted);
}

START_TEST(messages_and_what_is_owed_of_them_come_back_whole)
{
    struct fixture f;
    char text[64], octets[256];
    fixture_init(&f);
    fixture_open(&f, stepped);
    struct bytes aor = fixture_aor(82, text);
    const struct store_message message = {
        .aor = aor,
        .serial = (UINT64_C(7) << 40) + 3,
        .kind = STORE_SENT,
        .peer = BYTES("bob@example.net"),
        .foreign = true,
        .origin = {BYTES("call@host"), BYTES("z9hG4bKx"), UINT32_MAX},
        .from_tag = BYTES("from"),
        .status = 202,
        .content_type = BYTES("message/cpim"),
        .head = BYTES("MESSAGE sip:bob@example.net SIP/2.0\r\n\r\n"),
        .body = every_octet(octets),
        .made_ms = UINT64_C(1700000000001),
        .expires_ms = UINT64_C(1700000000002),
        .keep_until_ms = UINT64_C(1700000000003),
    };
    const struct store_message old = {
        .aor = aor, .serial = 1, .trusted = true, .made_ms = 999, .body = BYTES("1")};
    const struct store_delivery delivery = {
        .aor = aor,
        .serial = message.serial,
        .whom = STORE_TO_PEER,
        .device = BYTES("urn:uuid:1"),
        .state = STORE_OWED,
        .status = 480,
        .tries = 6,
        .changed_ms = 5000 + message.serial,
    };
    struct store_set *set = store_begin(f.store, 82);
    store_put_delivery(set, &delivery);
    store_put_message(set, &message);
    store_put_message(set, &old);
    put_delivery(set, aor, 1, "b", STORE_OWED);
    put_delivery(set, aor, 1, "a", STORE_OWED);
    put_delivery(set, aor, 1, "c", STORE_TAKEN);
    store_put_device(set, &(struct store_device){aor, BYTES("urn:uuid:1"), 11, 22});
    store_put_device(set, &(struct store_device){aor, BYTES(""), 33, 44});
    store_put_device(set, &(struct store_device){aor, BYTES("gone"), 33, 44});
    store_delete_device(set, aor, BYTES("gone"));
    commit(&f, set);
    expect_told(&f, 82, &message,
                "device  33 44;device urn:uuid:1 11 22;"
                "owed 1 0 a 0 0 0  999 0 0 1;owed 1 0 b 0 0 0  999 0 0 1;"
                "owed 7696581394435 1 urn:uuid:1 480 6 1 bob@example.net 1700000000001 "
                "1700000000002 1700000000003 295;"
                "recent 7696581394435;");
    expect_message(&f, &message);
    expect_message(&f, &old);
    ck_assert_int_eq(store_read_message(f.store, aor, 2, see_whole_message, NULL), ERR_NOT_FOUND);
    fixture_release(&f);
}
END_TEST

START_TEST(a_delivery_that_ended_is_owed_no_more)
{
    struct fixture f;
    char text[64];
    fixture_init(&f);
    fixture_open(&f, stepped);
    struct bytes aor = fixture_aor(83, text);
    static const enum store_delivery_state ends[] = {STORE_TAKEN, STORE_FAILED, STORE_EXPIRED,
                                                     STORE_FORGOTTEN};
    struct store_set *set = store_begin(f.store, 83);
    for (uint64_t i = 0; i < 4; i++) {
        store_put_message(set, &(struct store_message){.aor = aor, .serial = i});
        put_delivery(set, aor, i, "a", STORE_OWED);
        put_delivery(set, aor, i, "b", STORE_OWED);
    }
    commit(&f, set);
    set = store_begin(f.store, 83);
    for (uint64_t i = 0; i < 4; i++)
        put_delivery(set, aor, i, "a", ends[i]);
    commit(&f, set);
    expect_told(&f, 83, NULL,
                "owed 0 0 b 0 0 0  0 0 0 0;owed 1 0 b 0 0 0  0 0 0 0;"
                "owed 2 0 b 0 0 0  0 0 0 0;owed 3 0 b 0 0 0  0 0 0 0;");
    fixture_release(&f);
}
END_TEST

/* All moments count; what is owed, other users' and other partitions' stay. */
START_TEST(old_messages_are_forgotten_with_their_deliveries)
{
    struct fixture f;
    char text[64], other_text[64];
    fixture_init(&f);
    fixture_open(&f, stepped);
    struct bytes aor = fixture_aor(84, text), other = fixture_aor(85, other_text);
    struct store_set *set = store_begin(f.store, 84);
    const struct store_message rows[] = {
        {.aor = aor, .serial = 1, .made_ms = 1000, .keep_until_ms = 1999},
        {.aor = aor, .serial = 2, .made_ms = 1000, .keep_until_ms = 2000}, /* kept until then */
        {.aor = aor, .serial = 3, .made_ms = 1500, .keep_until_ms = 1999}, /* not looked at */
        {.aor = aor, .serial = 4, .made_ms = 1499, .keep_until_ms = 1500},
    };
    for (unsigned i = 0; i < 4; i++) {
        store_put_message(set, &rows[i]);
        put_delivery(set, aor, i + 1, "a", i == 0 ? STORE_FAILED : STORE_OWED);
        put_delivery(set, aor, i + 1, "b", STORE_TAKEN);
    }
    store_put_message(set, &(struct store_message){.aor = aor, .serial = 5, .made_ms = 1000});
    store_put_delivery(set, &(struct store_delivery){.aor = aor, /* somebody may still join */
                                                     .serial = 5,
                                                     .device = BYTES("a"),
                                                     .state = STORE_TAKEN,
                                                     .changed_ms = 5002});
    put_delivery(set, aor, 6, "a", STORE_OWED); /* of no message */
    put_delivery(set, aor, 0, "a", STORE_TAKEN);
    commit(&f, set);
    set = store_begin(f.store, 85);
    store_put_message(set, &(struct store_message){.aor = other, .serial = 1, .made_ms = 1000});
    put_delivery(set, other, 1, "a", STORE_OWED);
    commit(&f, set);
    set = store_begin(f.store, 84);
    store_forget_messages(set, 1500, 2000, 5001);
    store_forget_messages(set, 1500, 2000, 5001); /* twice is once */
    commit(&f, set);
    expect_told(&f, 84, NULL,
                "owed 2 0 a 0 0 0  1000 0 2000 0;owed 3 0 a 0 0 0  1500 0 1999 0;"
                "owed 4 0 a 0 0 0  1499 0 1500 0;recent 2;recent 3;recent 4;recent 5;");
    expect_told(&f, 85, NULL, "owed 1 0 a 0 0 0  1000 0 0 0;recent 1;");
    fixture_sql(&f, "CREATE TABLE proof (n INTEGER CHECK (n = 8));"
                    "INSERT INTO proof SELECT count(*) FROM deliveries");
    fixture_release(&f);
}
END_TEST

START_TEST(a_user_is_erased_alone)
{
    struct fixture f;
    char text[64];
    fixture_init(&f);
    fixture_open(&f, stepped);
    struct bytes aor = fixture_aor(86, text), longer;
    char other_text[64];
    unsigned n = 0; /* another user of this partition */
    do
        longer = bytes_from(other_text, (size_t)snprintf(other_text, sizeof(other_text), "%.*s%u",
                                                         BYTES_ARGS(aor), n++));
    while (partition_of(longer) != 86);
    struct store_set *set = store_begin(f.store, 86);
    for (unsigned i = 0; i < 2; i++) {
        struct bytes whose = i == 0 ? aor : longer;
        store_put_message(set, &(struct store_message){.aor = whose, .serial = i, .made_ms = 1000});
        put_delivery(set, whose, i, "a", STORE_OWED);
        store_put_device(set, &(struct store_device){whose, BYTES("a"), i, i});
    }
    store_erase_messages(set, aor);
    commit(&f, set);
    expect_told(&f, 86, NULL, "device a 1 1;owed 1 0 a 0 0 0  1000 0 0 0;recent 1;");
    fixture_release(&f);
}
END_TEST

static void see_taken(void *context, const struct store_owed *owed)
{
    uint64_t *taken_ms = context;
    taken_ms[owed->delivery.serial] = owed->taken_ms;
}

static void put_taken(struct store_set *set, struct bytes aor, const char *device, uint64_t ms)
{
    store_put_delivery(set, &(struct store_delivery){.aor = aor,
                                                     .serial = 1,
                                                     .device = bytes_of(device),
                                                     .state = STORE_TAKEN,
                                                     .changed_ms = ms});
}

/* What is owed to one device says when another one took it first, and whether there is any. */
START_TEST(what_somebody_took_is_told)
{
    struct fixture f;
    char text[64];
    uint64_t taken_ms[2] = {99, 99};
    fixture_init(&f);
    fixture_open(&f, stepped);
    struct bytes aor = fixture_aor(87, text);
    ck_assert(!store_has_messages(f.store, 87));
    struct store_set *set = store_begin(f.store, 87);
    for (uint64_t i = 0; i < 2; i++) {
        store_put_message(set, &(struct store_message){.aor = aor, .serial = i});
        put_delivery(set, aor, i, "a", STORE_OWED);
    }
    put_taken(set, aor, "b", 50);
    put_taken(set, aor, "c", 40);
    commit(&f, set);
    const struct store_visitor visitor = {.owed = see_taken, .context = taken_ms};
    ck_assert_int_eq(store_load(f.store, 87, &visitor), ERR_NONE);
    ck_assert_uint_eq(taken_ms[0], 0);
    ck_assert_uint_eq(taken_ms[1], 40);
    ck_assert(store_has_messages(f.store, 87));
    ck_assert(!store_has_messages(f.store, 88));
    fixture_release(&f);
}
END_TEST

static void add_plan(struct database *database, enum statement which, char plan[2048])
{
    char sql[2048];
    sqlite3_stmt *statement = NULL;
    snprintf(sql, sizeof(sql), "EXPLAIN QUERY PLAN %s",
             sqlite3_sql(database_statement(database, which)));
    ck_assert_int_eq(sqlite3_prepare_v2(database->handle, sql, -1, &statement, NULL), SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW)
        snprintf(plan + strlen(plan), 2048 - strlen(plan), "%s\n",
                 (const char *)sqlite3_column_text(statement, 3));
    sqlite3_finalize(statement);
}

/* The few rows that a start wants are found among a history of millions. */
START_TEST(what_is_owed_and_recent_is_found_by_index)
{
    struct fixture f;
    struct database database;
    struct failure failure;
    char plan[2048] = "";
    fixture_init(&f);
    fixture_open(&f, stepped);
    ck_assert(database_open(&database, f.folder, DATABASE_READ, &failure));
    add_plan(&database, SQL_OWED, plan);
    add_plan(&database, SQL_RECENT, plan);
    add_plan(&database, SQL_FORGET_MESSAGES, plan);
    add_plan(&database, SQL_FORGET_DELIVERIES, plan);
    add_plan(&database, SQL_FORGET_ORPHANS, plan);
    add_plan(&database, SQL_FORGET_REMAINS, plan);
    add_plan(&database, SQL_ERASE_DELIVERIES, plan);
    add_plan(&database, SQL_ERASE_MESSAGES, plan);
    add_plan(&database, SQL_MESSAGE, plan);
    add_plan(&database, SQL_COUNT_USERS_OF, plan);
    database_close(&database);
    ck_assert_str_eq(plan,
                     "SEARCH d USING INDEX deliveries_owed (partition=?)\n"
                     "SEARCH m USING INDEX messages_key (serial=? AND partition=? AND aor=?)\n"
                     "CORRELATED SCALAR SUBQUERY 1\n"
                     "SEARCH t USING PRIMARY KEY (serial=? AND partition=? AND aor=?)\n"
                     "SEARCH messages USING INDEX messages_made (partition=? AND made_ms>?)\n"
                     "USE TEMP B-TREE FOR ORDER BY\n"
                     "SEARCH messages USING INDEX messages_made (partition=? AND made_ms<?)\n"
                     "CORRELATED SCALAR SUBQUERY 1\n"
                     "SEARCH d USING PRIMARY KEY (serial=? AND partition=? AND aor=?)\n"
                     "SEARCH deliveries USING PRIMARY KEY (serial=? AND partition=? AND aor=?)\n"
                     "LIST SUBQUERY 2\n"
                     "SEARCH messages USING INDEX messages_made (partition=? AND made_ms<?)\n"
                     "CORRELATED SCALAR SUBQUERY 1\n"
                     "SEARCH d USING PRIMARY KEY (serial=? AND partition=? AND aor=?)\n"
                     "SEARCH deliveries USING INDEX deliveries_owed (partition=?)\n"
                     "CORRELATED SCALAR SUBQUERY 1\n"
                     "SEARCH m USING COVERING INDEX messages_key (serial=? AND partition=? AND "
                     "aor=?)\n"
                     "SEARCH deliveries USING PRIMARY KEY (serial<?)\n"
                     "SCALAR SUBQUERY 1\n"
                     "SEARCH messages USING COVERING INDEX messages_key\n"
                     "SEARCH deliveries USING PRIMARY KEY (serial=? AND partition=? AND aor=?)\n"
                     "LIST SUBQUERY 1\n"
                     "SEARCH messages USING INDEX messages_made (partition=?)\n"
                     "SEARCH messages USING INDEX messages_made (partition=?)\n"
                     "SEARCH messages USING INDEX messages_key (serial=? AND partition=? AND "
                     "aor=?)\n"
                     "SEARCH accounts USING INDEX accounts_domain (<expr>=?)\n");
    fixture_release(&f);
}
END_TEST

UNIT_MAIN("store/load", messages_and_what_is_owed_of_them_come_back_whole,
          a_delivery_that_ended_is_owed_no_more, old_messages_are_forgotten_with_their_deliveries,
          a_user_is_erased_alone, what_somebody_took_is_told,
          what_is_owed_and_recent_is_found_by_index, bindings_come_back_whole_and_in_their_order,
          publications_come_back_whole_and_in_the_order_they_were_made,
          subscriptions_come_back_whole, a_body_larger_than_a_page_comes_back_whole,
          a_put_replaces_the_whole_row_and_a_delete_takes_it_away, a_partition_is_loaded_by_itself,
          a_table_that_is_gone_is_an_error_and_not_an_empty_partition)
