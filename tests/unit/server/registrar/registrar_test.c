/* registrar_test.c: REGISTER where scenarios reach badly: limits, order, the store's refusals. */
#include "registrar/registrar.h"

#include "fixture/ask.h"

static struct ground *ground;
static struct registrar *registrar;

static void reload(struct ground *on, unsigned partition)
{
    (void)on;
    ck_assert_int_eq(registrar_load(registrar, partition), ERR_NONE);
}

static void load_all(void)
{
    for (unsigned i = 0; i < PARTITIONS; i++)
        reload(ground, i);
}

static void open_registrar(void)
{
    const struct registrar_settings settings = registrar_settings_default();
    ground = ground_new(&(struct ground_options){.queue_max = 200});
    ground->refused = reload;
    registrar = registrar_new(ground->front, &settings);
    load_all();
}

static void restart(void)
{
    const struct registrar_settings settings = registrar_settings_default();
    registrar_free(&registrar);
    ground_restart(ground);
    registrar = registrar_new(ground->front, &settings);
    load_all();
}

static void close_registrar(void)
{
    registrar_free(&registrar);
    ground_free(ground);
}

static struct ask bob(const char *fields)
{
    return (struct ask){.method = "REGISTER",
                        .uri = "sip:example.org",
                        .fields = fields,
                        .from = "<sip:bob@example.org>;tag=1",
                        .to = "<sip:bob@example.org>"};
}

static unsigned do_register(const char *fields)
{
    return ground_do(ground, bob(fields));
}

static unsigned contacts_told(void)
{
    const char *text = sent_text(ground, "SIP/2.0 200");
    unsigned count = 0;
    while ((text = strstr(text, "\r\nContact: ")) != NULL) {
        count++;
        text++;
    }
    return count;
}

static size_t find(struct registrar_target *targets, size_t most)
{
    return registrar_find(registrar, BYTES("bob@example.org"), BYTES(""), BYTES(""), targets, most);
}

static void assert_target(const struct registrar_target *target, const char *contact)
{
    ck_assert_msg(bytes_equal(target->contact, bytes_of(contact)), "%.*s is not %s",
                  BYTES_ARGS(target->contact), contact);
}

/* Highest q first, equal ones in the order in which they came; those with the lowest are cut. */
START_TEST(order_of_q)
{
    static const char *const wanted[] = {"sip:e@h", "sip:g@h", "sip:b@h", "sip:c@h",
                                         "sip:f@h", "sip:a@h", "sip:d@h"};
    struct registrar_target targets[8];
    open_registrar();
    ck_assert_uint_eq(do_register("m: <sip:a@h>;q=0.3, <sip:b@h>;q=0.7, <sip:c@h>;q=0.7\r\n"
                                  "m: <sip:d@h>;q=0, <sip:e@h>, <sip:f@h>;q=0.301, "
                                  "<sip:g@h>;q=1.0\r\n"),
                      200);
    ck_assert_uint_eq(contacts_told(), 7);
    ck_assert_has(sent_text(ground, "SIP"), "Contact: <sip:a@h>;q=0.300;expires=3600\r\n");
    ck_assert_has(sent_text(ground, "SIP"), "Contact: <sip:d@h>;q=0.000;expires=3600\r\n");
    ck_assert_has(sent_text(ground, "SIP"), "Contact: <sip:e@h>;expires=3600\r\n");
    for (size_t most = 1; most <= 8; most++) {
        size_t count = most < 7 ? most : 7;
        ck_assert_uint_eq(find(targets, most), count);
        for (size_t i = 0; i < count; i++)
            assert_target(&targets[i], wanted[i]);
    }
    ck_assert_uint_eq(
        registrar_find(registrar, BYTES("alice@example.org"), BYTES(""), BYTES(""), targets, 8), 0);
    ck_assert_uint_eq(registrar_count(registrar), 7);
    close_registrar();
}
END_TEST

START_TEST(limit)
{
    char fields[1000] = "m: <sip:1@h>";
    open_registrar();
    for (int i = 2; i <= 10; i++)
        snprintf(fields + strlen(fields), 20, ",<sip:%d@h>", i);
    snprintf(fields + strlen(fields), 3, "\r\n");
    ck_assert_uint_eq(do_register(fields), 200);
    ck_assert_uint_eq(do_register("m: <sip:11@h>\r\n"), 403);
    ck_assert_uint_eq(ground->metrics.values[METRIC_bindings_limited], 1);
    /* one goes, one comes; the order in the request does not matter */
    ck_assert_uint_eq(do_register("m: <sip:11@h>, <sip:1@h>;expires=0\r\n"), 200);
    ck_assert_uint_eq(contacts_told(), 10);
    ck_assert_uint_eq(do_register("m: <sip:12@h>, <sip:13@h>, <sip:2@h>;expires=0\r\n"), 403);
    /* all can always go */
    ck_assert_uint_eq(do_register("Expires: 0\r\nm: *\r\n"), 200);
    ck_assert_uint_eq(contacts_told(), 0);
    ck_assert_uint_eq(registrar_count(registrar), 0);
    close_registrar();
}
END_TEST

/* A contact that stands in a request twice is one contact. */
START_TEST(repeated_contacts_are_counted_once)
{
    struct registrar_settings settings = registrar_settings_default();
    open_registrar();
    settings.bindings_max = 2;
    registrar_reload(registrar, &settings);
    ck_assert_uint_eq(do_register("m: <sip:1@h>, <sip:2@h>, <sip:1@h>, <sip:%32@H>\r\n"), 200);
    ck_assert_uint_eq(contacts_told(), 2);
    /* its removal makes room for one */
    ck_assert_uint_eq(do_register("m: <sip:1@h>;expires=0, <sip:1@h>;expires=0, <sip:3@h>, "
                                  "<sip:4@h>\r\n"),
                      403);
    ck_assert_uint_eq(registrar_count(registrar), 2);
    ck_assert_uint_eq(do_register("m: <sip:5@h>, <sip:5@h>;expires=0, <sip:1@h>\r\n"), 200);
    ck_assert_uint_eq(contacts_told(), 2);
    ck_assert_uint_eq(do_register("m: <sip:1@h>;expires=0, <sip:1@h>;expires=0\r\n"), 200);
    ck_assert_uint_eq(contacts_told(), 1);
    ck_assert_uint_eq(registrar_count(registrar), 1);
    close_registrar();
}
END_TEST

/* RFC 3261 19.1.4: equality is not transitive. A contact that equals several takes the place of
 * one.
 */
START_TEST(contact_that_equals_several)
{
    struct registrar_settings settings = registrar_settings_default();
    open_registrar();
    settings.bindings_max = 3;
    registrar_reload(registrar, &settings);
    ck_assert_uint_eq(do_register("m: <sip:a@h;x=1>, <sip:a@h;x=2>, <sip:a@h;x=3>\r\n"), 200);
    ck_assert_uint_eq(do_register("m: <sip:a@h;y=1>, <sip:b@h>\r\n"), 403);
    ck_assert_uint_eq(do_register("m: <sip:a@h;y=1>\r\n"), 200);
    ck_assert_uint_eq(registrar_count(registrar), 3);
    close_registrar();
}
END_TEST

/* A device that comes back over another connection leaves its dead one behind; a live one stays. */
START_TEST(dead_connections_give_way)
{
    static const char instance[] = ";+sip.instance=\"<urn:uuid:1>\"";
    struct registrar_settings settings = registrar_settings_default();
    struct net_flow flow = {NET_TCP, address("127.0.0.1:5060"), address("127.0.0.2:4000"), 0};
    open_registrar();
    settings.bindings_max = 2;
    registrar_reload(registrar, &settings);
    for (unsigned i = 0; i < 4; i++) {
        char fields[200];
        struct ask ask = bob(fields);
        snprintf(fields, sizeof(fields), "m: <sip:bob@127.0.0.2:%u;transport=tcp>%s\r\n", 4000 + i,
                 instance);
        flow.remote.port = (uint16_t)(4000 + i);
        flow.connection = fake_open(&ground->net, flow.remote);
        ask.via = "SIP/2.0/TCP 127.0.0.2;branch=z9hG4bK-t";
        ask.flow = &flow;
        ck_assert_uint_eq(ground_do(ground, ask), i == 2 ? 403 : 200);
        ck_assert_uint_eq(registrar_count(registrar), i == 0 ? 1 : 2);
        if (i == 2) /* three are too many while all live */
            ground->net.open[1] = ground->net.open[3] = false;
    }
    close_registrar();
}
END_TEST

/* RFC 3261 10.3 step 7, and nothing changes when one of several is out of order. */
START_TEST(order_of_requests)
{
    struct ask ask = bob("m: <sip:1@h>, <sip:2@h>\r\n");
    open_registrar();
    ask.cseq = 50;
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    ask.fields = "m: <sip:3@h>, <sip:1@h>;expires=0\r\n";
    ck_assert_uint_eq(ground_do(ground, ask), 482); /* another branch, the same CSeq */
    ask.cseq = 49;
    ck_assert_uint_eq(ground_do(ground, ask), 500);
    ask.fields = "Expires: 0\r\nm: *\r\n";
    ck_assert_uint_eq(ground_do(ground, ask), 500);
    ck_assert_uint_eq(registrar_count(registrar), 2);
    ask.fields = "m: <sip:4@h>\r\n"; /* a new contact has nothing to be in order with */
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    ask.call = "call-2"; /* another client of the user */
    ask.cseq = 1;
    ask.fields = "m: <sip:1@h>;expires=0\r\n";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    ck_assert_uint_eq(contacts_told(), 2);
    close_registrar();
}
END_TEST

/* A retransmission over a crash gets the same answer; bindings live on. */
START_TEST(repeated_over_a_crash)
{
    struct ask ask = bob("m: <sip:bob@127.0.0.2:5060>;x=1;q=0.5\r\n");
    struct registrar_target target;
    char first[TEXT_MAX];
    ask.cseq = 7;
    ask.via = "SIP/2.0/UDP 127.0.0.2:5060;branch=z9hG4bK-r";
    open_registrar();
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    snprintf(first, sizeof(first), "%s", strstr(sent_text(ground, "SIP"), "Contact"));
    restart();
    ck_assert_uint_eq(find(&target, 1), 1);
    ck_assert(target.has_flow && target.q == 500);
    const struct net_flow flow = ground_udp("127.0.0.2:5060");
    ck_assert(net_flow_equal(&target.flow, &flow));
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    ck_assert_str_eq(strstr(sent_text(ground, "SIP"), "Contact"), first);
    ck_assert_uint_eq(registrar_count(registrar), 1);
    close_registrar();
}
END_TEST

/* The store refuses: 500, and what was there before is there again. */
START_TEST(refused_changes)
{
    struct registrar_target targets[4];
    open_registrar();
    ck_assert_uint_eq(do_register("m: <sip:1@h>\r\n"), 200);
    ground_ask(ground, bob("m: <sip:1@h>;expires=0, <sip:2@h>\r\n"));
    ck_assert_uint_eq(sent_status(ground), 0); /* nothing is said before it is durable */
    ck_assert_uint_eq(find(targets, 4), 1);
    ground_refuse(ground);
    ck_assert_uint_eq(sent_status(ground), 500);
    ck_assert_uint_eq(ground->refusals, 1);
    ck_assert_uint_eq(find(targets, 4), 1);
    assert_target(&targets[0], "sip:1@h");
    ck_assert_uint_eq(do_register(""), 200);
    ck_assert_uint_eq(contacts_told(), 1);
    close_registrar();
}
END_TEST

/* Law: no byte leaves that depends on a change not yet durable, a query's answer neither. */
START_TEST(queries_wait)
{
    open_registrar();
    ck_assert_uint_eq(do_register(""), 200);
    ck_assert_uint_eq(contacts_told(), 0);
    ground_ask(ground, bob("m: <sip:1@h>\r\n"));
    ground_ask(ground, bob(""));
    ck_assert_uint_eq(sent_count(ground, ""), 0);
    ground_commit(ground);
    ck_assert_uint_eq(sent_count(ground, "SIP/2.0 200"), 2);
    ground_ask(ground, bob(""));
    ck_assert_uint_eq(sent_status(ground), 200); /* nothing to wait for any more */
    /* of a removal the same */
    ground_ask(ground, bob("m: <sip:1@h>;expires=0\r\n"));
    ground_ask(ground, bob(""));
    ck_assert_uint_eq(sent_count(ground, ""), 0);
    ground_refuse(ground);
    ck_assert_uint_eq(sent_count(ground, "SIP/2.0 500"), 2);
    ground_ask(ground, bob(""));
    ck_assert_uint_eq(sent_status(ground), 200);
    ck_assert_uint_eq(contacts_told(), 1);
    close_registrar();
}
END_TEST

/* RFC 3261 21.5.4: for the whole server. */
START_TEST(store_full)
{
    open_registrar();
    ground_fill_store(ground);
    ground_ask(ground, bob("m: <sip:1@h>\r\n"));
    ck_assert_uint_eq(sent_status(ground), 503);
    ck_assert_has(sent_text(ground, "SIP"), "Retry-After: 5\r\n");
    ck_assert_uint_eq(registrar_count(registrar), 0);
    ground_commit(ground);
    ck_assert_uint_eq(do_register("m: <sip:1@h>\r\n"), 200);
    close_registrar();
}
END_TEST

/* What is over is not told and not used, and goes as soon as the store has room. */
START_TEST(expiry_while_the_store_is_full)
{
    struct registrar_target target;
    open_registrar();
    ck_assert_uint_eq(do_register("m: <sip:1@h>;expires=60, <sip:2@h>;expires=61\r\n"), 200);
    ground_fill_store(ground);
    ground_wait(ground, 60500);
    ck_assert_uint_eq(registrar_count(registrar), 2);
    ck_assert_uint_eq(find(&target, 1), 1);
    assert_target(&target, "sip:2@h");
    store_step(ground->parts.store, PARTITIONS, SIZE_MAX, STORE_DURABLE);
    ck_assert_uint_eq(do_register(""), 200);
    ck_assert_uint_eq(contacts_told(), 1);
    ground_wait(ground, 400);
    ck_assert_uint_eq(registrar_count(registrar), 2);
    ground_wait(ground, 200); /* tried again a second after the first time */
    ck_assert_uint_eq(registrar_count(registrar), 0);
    ck_assert_uint_eq(ground->metrics.values[METRIC_bindings_expired], 2);
    ground_commit(ground);
    restart();
    ck_assert_uint_eq(registrar_count(registrar), 0);
    close_registrar();
}
END_TEST

/* Those that are over when they are loaded go at once. */
START_TEST(expired_while_down)
{
    open_registrar();
    ck_assert_uint_eq(do_register("m: <sip:1@h>;expires=60, <sip:2@h>\r\n"), 200);
    registrar_free(&registrar);
    ground->world.wall_ms += 100000;
    const struct registrar_settings settings = registrar_settings_default();
    ground_restart(ground);
    registrar = registrar_new(ground->front, &settings);
    load_all();
    ground_wait(ground, 2);
    ck_assert_uint_eq(registrar_count(registrar), 1);
    close_registrar();
}
END_TEST

START_TEST(only_for_oneself)
{
    struct ask ask = bob("m: <sip:1@h>\r\n");
    ask.from = "<sip:alice@example.org>;tag=1";
    open_registrar();
    ck_assert_uint_eq(ground_do(ground, ask), 200); /* trusted: may act for others */
    ck_assert_uint_eq(do_register("m: <sip:1@h>;expires=10\r\n"), 423);
    ck_assert_has(sent_text(ground, "SIP"), "Min-Expires: 60\r\n");
    ck_assert_uint_eq(do_register("m: <mailto:a@b>\r\n"), 400);
    close_registrar();
}
END_TEST

START_TEST(user_removed)
{
    struct registrar_target target;
    open_registrar();
    ck_assert_uint_eq(do_register("m: <sip:1@h>, <sip:2@h>\r\n"), 200);
    ground_fill_store(ground);
    registrar_drop_user(registrar, BYTES("alice@example.org")); /* who has nothing */
    registrar_drop_user(registrar, BYTES("bob@example.org"));
    ck_assert_uint_eq(find(&target, 1), 0);
    ground_wait(ground, 1);
    ck_assert_uint_eq(registrar_count(registrar), 2);
    ground_commit(ground);
    ground_wait(ground, 1000);
    ck_assert_uint_eq(registrar_count(registrar), 0);
    ground_commit(ground);
    restart();
    ck_assert_uint_eq(registrar_count(registrar), 0);
    close_registrar();
}
END_TEST

UNIT_MAIN("registrar", order_of_q, limit, repeated_contacts_are_counted_once,
          contact_that_equals_several, dead_connections_give_way, order_of_requests,
          repeated_over_a_crash, refused_changes, queries_wait, store_full,
          expiry_while_the_store_is_full, expired_while_down, only_for_oneself, user_removed)
