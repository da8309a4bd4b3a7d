/* fixed_test.c: the bindings of the configuration. */
#include "fixture/registering.h"

static const struct registrar_fixed desk[] = {
    {"bob@example.org", "sip:bob@192.0.2.7:5060", 500},
    {"bob@example.org", "sip:door@192.0.2.8", 1000},
    {"alice@example.org", "sip:alice@192.0.2.9", 1000},
};

static void with_desk(struct registrar_settings *settings)
{
    settings->fixed = desk;
    settings->fixed_count = 3;
    settings->expires_most_s = 7200;
    settings->bindings_max = 1;
}

static void nothing(struct registrar_settings *settings)
{
    (void)settings;
}

/* RFC 3261 10.3 step 8: told like all current bindings, with an expires. */
START_TEST(told_and_found)
{
    struct registrar_target targets[4];
    open_registrar();
    use_settings(with_desk);
    ck_assert_uint_eq(do_register(""), 200);
    ck_assert_uint_eq(contacts_told(), 2);
    ck_assert_has(told(), "Contact: <sip:bob@192.0.2.7:5060>;q=0.500;expires=7200\r\n");
    ck_assert_has(told(), "Contact: <sip:door@192.0.2.8>;expires=7200\r\n");
    ck_assert_uint_eq(find(targets, 4), 2);
    assert_target(&targets[0], "sip:door@192.0.2.8");
    assert_target(&targets[1], "sip:bob@192.0.2.7:5060");
    ck_assert(!targets[0].has_flow && bytes_empty(targets[0].instance));
    ck_assert_uint_eq(registrar_count(registrar), 0);
    ground_wait(ground, 100000000);
    ck_assert_uint_eq(find(targets, 4), 2);
    close_registrar();
}
END_TEST

/* No REGISTER takes one away, none is counted, and none hides behind "*". */
START_TEST(not_for_removal)
{
    struct registrar_target targets[4];
    open_registrar();
    use_settings(with_desk);
    ck_assert_uint_eq(do_register("m: <sip:door@192.0.2.8>;expires=0\r\n"), 200);
    ck_assert_uint_eq(contacts_told(), 2);
    ck_assert_uint_eq(do_register("m: *\r\nExpires: 0\r\n"), 200);
    ck_assert_uint_eq(contacts_told(), 2);
    ck_assert_uint_eq(do_register("m: <sip:1@h>\r\n"), 200);
    ck_assert_uint_eq(contacts_told(), 3);
    ck_assert_uint_eq(do_register("m: <sip:2@h>\r\n"), 403);
    ck_assert_uint_eq(find(targets, 4), 3);
    assert_target(&targets[0], "sip:1@h"); /* whoever is there comes first */
    close_registrar();
}
END_TEST

/* Who registers such a contact itself is told once, with what it said. */
START_TEST(registered_besides)
{
    struct registrar_target targets[4];
    open_registrar();
    use_settings(with_desk);
    ck_assert_uint_eq(do_register("m: <sip:door@192.0.2.8>;q=0.2;expires=60\r\n"), 200);
    ck_assert_uint_eq(contacts_told(), 2);
    ck_assert_has(told(), "Contact: <sip:door@192.0.2.8>;q=0.200;expires=60\r\n");
    ck_assert_uint_eq(find(targets, 4), 2);
    assert_target(&targets[0], "sip:bob@192.0.2.7:5060");
    ground_wait(ground, 60000);
    ck_assert_uint_eq(find(targets, 4), 2);
    assert_target(&targets[0], "sip:door@192.0.2.8");
    close_registrar();
}
END_TEST

/* They outlast a partition's reload, and go with the configuration. */
START_TEST(loaded_and_reloaded)
{
    struct registrar_target targets[4];
    open_registrar();
    use_settings(with_desk);
    ck_assert_uint_eq(do_register("m: <sip:1@h>\r\n"), 200);
    load_all();
    load_all();
    ck_assert_uint_eq(find(targets, 4), 3);
    use_settings(with_desk);
    ck_assert_uint_eq(find(targets, 4), 3);
    use_settings(nothing);
    ck_assert_uint_eq(find(targets, 4), 1);
    ck_assert_uint_eq(
        registrar_find(registrar, BYTES("alice@example.org"), BYTES(""), BYTES(""), targets, 4), 0);
    close_registrar();
}
END_TEST

UNIT_MAIN("registrar/fixed", told_and_found, not_for_removal, registered_besides,
          loaded_and_reloaded)
