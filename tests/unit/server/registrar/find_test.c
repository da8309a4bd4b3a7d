/* find_test.c: one device among those of a user (RFC 5627 5.1, 6.1; RFC 5626 7). */
#include "fixture/registering.h"

#define ONE ";+sip.instance=\"<urn:uuid:1>\""
#define TWO ";+sip.instance=\"<urn:UUID:2>\""

static unsigned register_by(const char *call, const char *fields)
{
    struct ask ask = bob(fields);
    ask.call = call;
    return ground_do(ground, ask);
}

static size_t find_device(const char *instance, const char *call, struct registrar_target *targets)
{
    unsigned char digest[GRUU_CALL_BYTES];
    struct bytes slice = BYTES("");
    if (call != NULL) {
        gruu_digest_call(ground->parts.gruu, bytes_of(call), digest);
        slice = bytes_from(digest, sizeof(digest));
    }
    return registrar_find(registrar, BYTES("bob@example.org"), bytes_of(instance), slice, targets,
                          8);
}

START_TEST(one_device)
{
    struct registrar_target targets[8];
    open_registrar();
    ck_assert_uint_eq(
        do_register("m: <sip:1@h>" ONE ", <sip:2@h>" TWO ";q=0.5;audio, <sip:3@h>\r\n"), 200);
    ck_assert_uint_eq(find_device("urn:uuid:1", NULL, targets), 1);
    assert_target(&targets[0], "sip:1@h");
    ck_assert_uint_eq(find_device("urn:uuid:2", NULL, targets), 1);
    assert_target(&targets[0], "sip:2@h");
    ck_assert(bytes_equal(targets[0].instance, BYTES("urn:uuid:2")));
    ck_assert(bytes_equal(targets[0].parameters, BYTES(TWO ";audio")));
    ck_assert_uint_eq(find_device("urn:uuid:3", NULL, targets), 0);
    close_registrar();
}
END_TEST

/* RFC 5627 6.1: the one refreshed last is the first. */
START_TEST(latest_first)
{
    struct registrar_target targets[8];
    open_registrar();
    ck_assert_uint_eq(do_register("m: <sip:1@h>" ONE ", <sip:2@h>" ONE "\r\n"), 200);
    ck_assert_uint_eq(find_device("urn:uuid:1", NULL, targets), 2);
    assert_target(&targets[0], "sip:2@h");
    ground_wait(ground, 5);
    ck_assert_uint_eq(do_register("m: <sip:1@h>" ONE "\r\n"), 200);
    restart(); /* the order outlives it */
    ck_assert_uint_eq(find_device("urn:uuid:1", NULL, targets), 2);
    assert_target(&targets[0], "sip:1@h");
    assert_target(&targets[1], "sip:2@h");
    close_registrar();
}
END_TEST

/* RFC 5627 5.1: a registration under another Call-ID ends the temporary GRUUs of before. */
START_TEST(calls)
{
    struct registrar_target targets[8];
    open_registrar();
    ck_assert_uint_eq(register_by("first", "m: <sip:1@h>" ONE "\r\n"), 200);
    ck_assert_uint_eq(find_device("urn:uuid:1", "first", targets), 1);
    ck_assert_uint_eq(find_device("urn:uuid:1", "second", targets), 0);
    ck_assert_uint_eq(find_device("urn:uuid:2", "first", targets), 0);
    restart();
    ck_assert_uint_eq(find_device("urn:uuid:1", "first", targets), 1);
    /* it rebooted and has another address: the old one is still registered */
    ck_assert_uint_eq(register_by("second", "m: <sip:2@h>" ONE "\r\n"), 200);
    ck_assert_uint_eq(find_device("urn:uuid:1", "first", targets), 0);
    ck_assert_uint_eq(find_device("urn:uuid:1", "second", targets), 2);
    assert_target(&targets[0], "sip:2@h");
    ck_assert_uint_eq(register_by("second", "m: <sip:2@h>" ONE ";expires=0\r\n"), 200);
    ck_assert_uint_eq(find_device("urn:uuid:1", "second", targets), 0);
    close_registrar();
}
END_TEST

/* Each flow has a Call-ID of its own. */
START_TEST(calls_of_flows)
{
    struct registrar_target targets[8];
    open_registrar();
    ck_assert_uint_eq(register_by("first", "m: <sip:1@h>" ONE ";reg-id=1\r\n"), 200);
    ck_assert_uint_eq(register_by("second", "m: <sip:1@h>" ONE ";reg-id=2\r\n"), 200);
    ck_assert_uint_eq(find_device("urn:uuid:1", "first", targets), 2);
    ck_assert_uint_eq(find_device("urn:uuid:1", "second", targets), 2);
    ck_assert_uint_eq(register_by("third", "m: <sip:1@h>" ONE ";reg-id=2\r\n"), 200);
    ck_assert_uint_eq(find_device("urn:uuid:1", "first", targets), 2);
    ck_assert_uint_eq(find_device("urn:uuid:1", "second", targets), 0);
    ck_assert_uint_eq(find_device("urn:uuid:1", "third", targets), 2);
    close_registrar();
}
END_TEST

/* The Path is the way; the flow it came by leads to a proxy. */
START_TEST(over_proxies)
{
    struct registrar_target target;
    struct ask ask = bob("m: <sip:bob@127.0.0.2:5060>" ONE ";reg-id=1, <sip:old@h>;expires=0\r\n"
                         "Path: <sip:p2@127.0.0.9;lr>, <sip:p1@127.0.0.8;lr;ob>\r\n"
                         "Via: SIP/2.0/UDP 127.0.0.7\r\nSupported: path, outbound\r\n");
    open_registrar();
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    for (int life = 0; life < 2; life++) {
        ck_assert_uint_eq(find(&target, 1), 1);
        ck_assert(
            bytes_equal(target.path, BYTES("<sip:p2@127.0.0.9;lr>, <sip:p1@127.0.0.8;lr;ob>")));
        ck_assert(!target.has_flow && !target.outbound);
        restart();
    }
    close_registrar();
}
END_TEST

UNIT_MAIN("registrar/find", one_device, latest_first, calls, calls_of_flows, over_proxies)
