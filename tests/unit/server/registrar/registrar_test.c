/* registrar_test.c: REGISTER where scenarios reach badly: limits, order, the store's refusals. */
#include "fixture/registering.h"

/* The linker sends what others call bytes_equal_nocase here (tests/CMakeLists.txt). */
static size_t counted;
bool __real_bytes_equal_nocase(struct bytes a, struct bytes b);
bool __wrap_bytes_equal_nocase(struct bytes a, struct bytes b);
bool __wrap_bytes_equal_nocase(struct bytes a, struct bytes b)
{
    counted++;
    return __real_bytes_equal_nocase(a, b);
}

/* Highest q first, of one q the latest first; those with the lowest are cut. */
START_TEST(order_of_q)
{
    static const char *const wanted[] = {"sip:g@h", "sip:e@h", "sip:c@h", "sip:b@h",
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

/* `count` Contacts of one user part and host, with 16 parameters each that differ from all others'
 * at their ends alone. */
static void write_contacts(char *out, size_t size, unsigned count, unsigned from)
{
    size_t length = 0;
    for (unsigned i = 0; i < count; i++) {
        length += (size_t)snprintf(out + length, size - length, "m: <sip:a@h");
        for (unsigned j = 1; j < 16; j++)
            length += (size_t)snprintf(out + length, size - length, ";m%c%c", 'a' + i, 'a' + j);
        length += (size_t)snprintf(out + length, size - length, ";z=%u>;expires=%u\r\n", from + i,
                                   i < count / 2 ? 0U : 600U);
    }
}

/* One REGISTER has only so much compared, and one with too much has nothing compared. */
START_TEST(comparisons_are_bounded)
{
    static char fields[20000];
    open_registrar();
    write_contacts(fields, sizeof(fields), 20, 0);
    ck_assert_uint_eq(do_register(fields), 200);
    write_contacts(fields, sizeof(fields), 20, 5);
    counted = 0;
    ck_assert_uint_eq(do_register(fields), 200);
    ck_assert_uint_le(counted, 10000);
    write_contacts(fields, sizeof(fields), 21, 0);
    counted = 0;
    ck_assert_uint_eq(do_register(fields), 403);
    ck_assert_uint_le(counted, 100);
    ck_assert_uint_eq(ground->metrics.values[METRIC_bindings_limited], 1);
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

/* RFC 5626 6: the flows of a device are bindings of their own, of whatever contact. */
START_TEST(flows_of_a_device)
{
    static const char device[] = ";+sip.instance=\"<urn:uuid:1>\"";
    char fields[200];
    struct registrar_target targets[4];
    open_registrar();
    for (unsigned i = 1; i <= 3; i++) {
        snprintf(fields, sizeof(fields), "m: <sip:bob@h>%s;reg-id=%u\r\n", device, 1 + i % 2);
        ck_assert_uint_eq(do_register(fields), 200);
        ck_assert_uint_eq(contacts_told(), i == 1 ? 1 : 2);
        ground_wait(ground, 2);
    }
    snprintf(fields, sizeof(fields), "m: <sip:elsewhere@h>%s;reg-id=1\r\n", device);
    ck_assert_uint_eq(do_register(fields), 200);
    restart(); /* the row of the old contact has gone */
    ck_assert_uint_eq(find(targets, 4), 2);
    assert_target(&targets[0], "sip:elsewhere@h");
    assert_target(&targets[1], "sip:bob@h");
    ck_assert(targets[0].outbound && targets[1].outbound);
    snprintf(fields, sizeof(fields), "m: <sip:x@h>%s;reg-id=1;expires=0\r\n", device);
    ck_assert_uint_eq(do_register(fields), 200);
    restart();
    ck_assert_uint_eq(find(targets, 4), 1);
    assert_target(&targets[0], "sip:bob@h");
    close_registrar();
}
END_TEST

/* RFC 3261 10.3 step 7 by the key of RFC 5626. */
START_TEST(order_of_flows)
{
    struct ask ask = bob("m: <sip:1@h>;+sip.instance=\"<urn:1>\";reg-id=1\r\n");
    open_registrar();
    ask.cseq = 50;
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    ground_wait(ground, 40000); /* no merged request any more (8.2.2.2) */
    ask.fields = "m: <sip:2@h>;+sip.instance=\"<urn:1>\";reg-id=1\r\n";
    ck_assert_uint_eq(ground_do(ground, ask), 500);
    ck_assert_has(sent_text(ground, "SIP"), "Retry-After: 5\r\n");
    ask.fields = "m: <sip:1@h>;+sip.instance=\"<urn:1>\";reg-id=2\r\n";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    close_registrar();
}
END_TEST

/* A device that begins to use reg-id has no second binding for that. */
START_TEST(device_that_changes)
{
    open_registrar();
    ck_assert_uint_eq(do_register("m: <sip:1@h>;+sip.instance=\"<urn:1>\"\r\n"), 200);
    ck_assert_uint_eq(do_register("m: <sip:1@h>;+sip.instance=\"<urn:1>\";reg-id=1\r\n"), 200);
    ck_assert_uint_eq(contacts_told(), 1);
    restart();
    ck_assert_uint_eq(registrar_count(registrar), 1);
    ck_assert_uint_eq(do_register("m: <sip:1@h>;expires=0\r\n"), 200);
    ck_assert_uint_eq(contacts_told(), 0);
    close_registrar();
}
END_TEST

static void limit_of_two(struct registrar_settings *settings)
{
    settings->bindings_max = 2;
}

START_TEST(limit_of_flows)
{
    open_registrar();
    use_settings(limit_of_two);
    ck_assert_uint_eq(do_register("m: <sip:1@h>;+sip.instance=\"<urn:1>\";reg-id=1\r\n"), 200);
    ck_assert_uint_eq(do_register("m: <sip:1@h>;+sip.instance=\"<urn:1>\";reg-id=2\r\n"), 200);
    ck_assert_uint_eq(do_register("m: <sip:1@h>;+sip.instance=\"<urn:1>\";reg-id=3\r\n"), 403);
    ck_assert_uint_eq(do_register("m: <sip:9@h>;+sip.instance=\"<urn:1>\";reg-id=2\r\n"), 200);
    ck_assert_uint_eq(do_register("m: <sip:3@h>, <sip:x@h>;+sip.instance=\"<urn:1>\";reg-id=1;"
                                  "expires=0\r\n"),
                      200);
    ck_assert_uint_eq(contacts_told(), 2);
    close_registrar();
}
END_TEST

/* RFC 5627 5.1: who has itself as Contact leads nowhere. */
START_TEST(loops)
{
    char fields[700], temporary[500];
    open_registrar();
    ck_assert_uint_eq(do_register("m: <sip:bob@example.org>\r\n"), 403);
    ck_assert_uint_eq(do_register("m: <sips:%62ob@EXAMPLE.org;transport=tcp>\r\n"), 403);
    ck_assert_uint_eq(do_register("m: <sip:bob@example.org;gr=urn:1>\r\n"), 403);
    ck_assert_uint_eq(do_register("m: <sip:1@h>;+sip.instance=\"<urn:1>\"\r\nk: gruu\r\n"), 200);
    const char *at = strstr(told(), "temp-gruu=\"") + strlen("temp-gruu=\"");
    snprintf(temporary, sizeof(temporary), "%.*s", (int)strcspn(at, "\""), at);
    snprintf(fields, sizeof(fields), "m: <%s>\r\n", temporary);
    ck_assert_uint_eq(do_register(fields), 403);
    /* somebody else, a machine of the domain, and what is to be removed */
    ck_assert_uint_eq(do_register("m: <sip:alice@example.org>, <sip:bob@example.org:5070>, "
                                  "<sip:bob@example.org;maddr=192.0.2.1>\r\n"),
                      200);
    ck_assert_uint_eq(do_register("m: <sip:bob@example.org>;expires=0\r\n"), 200);
    close_registrar();
}
END_TEST

/* A phone elsewhere cannot be at our own loopback address, unless it is reached where it called
 * from. */
START_TEST(loopback_contacts)
{
    const struct net_flow far = ground_udp("192.0.2.1:5060");
    struct registrar_target target;
    struct net_network trusted[2];
    struct ask ask = bob("m: <sip:bob@127.0.0.1:8080>\r\n");
    open_registrar();
    struct front_settings settings = *front_settings(ground->front);
    ck_assert(net_network_parse(BYTES("127.0.0.0/8"), &trusted[0]));
    ck_assert(net_network_parse(BYTES("192.0.2.0/24"), &trusted[1]));
    settings.trusted = trusted;
    settings.trusted_count = 2;
    front_reload(ground->front, &settings);
    ask.flow = &far;
    ask.via = "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-1";
    ck_assert_uint_eq(ground_do(ground, ask), 403);
    ask.fields = "m: <sip:bob@localhost>\r\n";
    ck_assert_uint_eq(ground_do(ground, ask), 403);
    ask.fields = "m: <sip:bob@[::]:5060>, <sip:bob@192.0.2.1>\r\n";
    ck_assert_uint_eq(ground_do(ground, ask), 403);
    ck_assert_uint_eq(registrar_count(registrar), 0);
    ask.fields = "m: <sip:bob@127.0.1.1>\r\n"; /* a host that does not know its name */
    ask.via = "SIP/2.0/UDP 127.0.1.1;branch=z9hG4bK-2";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    ck_assert_uint_eq(find(&target, 1), 1);
    ck_assert(target.outbound && net_flow_equal(&target.flow, &far));
    ask.fields = "m: <sip:bob@127.0.1.1>;expires=0, <sip:bob@127.0.0.1>;expires=0\r\n";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    ask.flow = NULL; /* from here it may be */
    ask.fields = "m: <sip:bob@127.0.0.1:8080>\r\n";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    close_registrar();
}
END_TEST

UNIT_MAIN("registrar", flows_of_a_device, order_of_flows, device_that_changes, limit_of_flows,
          loops, loopback_contacts, order_of_q, limit, comparisons_are_bounded,
          repeated_contacts_are_counted_once, contact_that_equals_several,
          dead_connections_give_way, order_of_requests, repeated_over_a_crash, refused_changes,
          queries_wait, store_full, expiry_while_the_store_is_full, expired_while_down,
          only_for_oneself, user_removed)
