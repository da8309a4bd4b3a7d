/* record_test.c: users who went while the server was down, and partitions that cannot be read. */
#include "fixture/broken.h"
#include "fixture/registering.h"

static size_t find_alice(void)
{
    struct registrar_target target;
    return registrar_find(registrar, BYTES("alice@example.org"), BYTES(""), BYTES(""), &target, 1);
}

static void register_alice(void)
{
    struct ask ask = bob("m: <sip:1@h>\r\n");
    ask.from = "<sip:alice@example.org>;tag=1";
    ask.to = "<sip:alice@example.org>";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
}

START_TEST(removed_while_down)
{
    struct registrar_target target;
    open_registrar();
    register_alice();
    ck_assert_uint_eq(do_register("m: <sip:1@h>\r\n"), 200);
    ck_assert_int_eq(account_delete(ground->accounts, BYTES("alice@example.org")), ERR_NONE);
    restart();
    ck_assert_uint_eq(find_alice(), 0);
    ck_assert_uint_eq(find(&target, 1), 1);
    ground_wait(ground, 1);
    ck_assert_uint_eq(registrar_count(registrar), 1);
    ground_commit(ground);
    ground_add_account(ground, "alice@example.org"); /* another person of that name */
    restart();
    ck_assert_uint_eq(find_alice(), 0);
    ck_assert_uint_eq(registrar_count(registrar), 1);
    close_registrar();
}
END_TEST

/* With the last account goes the last binding: the accounts were read, and there are none. */
START_TEST(the_last_account)
{
    open_registrar();
    register_alice();
    ck_assert_int_eq(account_delete(ground->accounts, BYTES("alice@example.org")), ERR_NONE);
    ck_assert_int_eq(account_delete(ground->accounts, BYTES("bob@example.org")), ERR_NONE);
    ck_assert_int_eq(account_delete(ground->accounts, BYTES("carol@example.org")), ERR_NONE);
    restart();
    ground_wait(ground, 1);
    ck_assert_uint_eq(registrar_count(registrar), 0);
    close_registrar();
}
END_TEST

/* A partition that cannot be loaded keeps what the next load wants to know: connections, and what
 * the configuration says. Nothing ends meanwhile: what is in memory is not what is durable. */
START_TEST(closed)
{
    struct registrar_target targets[2];
    struct net_flow flow;
    unsigned partition = partition_of(BYTES("bob@example.org"));
    open_registrar();
    ck_assert_uint_eq(
        register_over_tcp("127.0.0.9:1234", "Contact: <sip:x.invalid>;expires=600\r\n", &flow),
        200);
    ck_assert_uint_eq(do_register("m: <sip:1@h>;expires=600\r\n"), 200);
    ground_break(ground, "bindings");
    ck_assert_int_ne(registrar_load(registrar, partition), ERR_NONE);
    ck_assert_int_ne(registrar_load(registrar, partition), ERR_NONE);
    registrar_drop_user(registrar, BYTES("bob@example.org"));
    ground_wait(ground, 500000);
    ck_assert_uint_eq(wheel_next_ms(ground->world.wheel), UINT64_MAX);
    ck_assert_uint_eq(store_latest(ground->parts.store, partition).number, 0);
    ground_mend(ground, "bindings");
    reload(ground, partition);
    ck_assert_uint_eq(find(targets, 2), 2);
    assert_target(&targets[0], "sip:x.invalid");
    ck_assert_uint_eq(targets[0].flow.connection, flow.connection);
    ck_assert_uint_eq(registrar_count(registrar), 2);
    ground_wait(ground, 100000);
    ck_assert_uint_eq(find(targets, 2), 0);
    ground_commit(ground);
    registrar_close(registrar, partition);
    ground_hang_up(ground, flow.connection);
    close_registrar();
}
END_TEST

/* A connection that goes while its binding's partition is closed is known to have gone. */
START_TEST(connection_goes_while_closed)
{
    struct registrar_target target;
    struct net_flow flow;
    unsigned partition = partition_of(BYTES("bob@example.org"));
    open_registrar();
    ck_assert_uint_eq(register_over_tcp("127.0.0.9:1234", "Contact: <sip:x.invalid>\r\n", &flow),
                      200);
    ground_break(ground, "bindings");
    ck_assert_int_ne(registrar_load(registrar, partition), ERR_NONE);
    ground_hang_up(ground, flow.connection);
    ground_mend(ground, "bindings");
    reload(ground, partition);
    ck_assert_uint_eq(find(&target, 1), 0);
    ck_assert_uint_eq(registrar_count(registrar), 1);
    ground_wait(ground, 30000); /* the grace */
    ck_assert_uint_eq(registrar_count(registrar), 0);
    close_registrar();
}
END_TEST

UNIT_MAIN("registrar/record", removed_while_down, the_last_account, closed,
          connection_goes_while_closed)
