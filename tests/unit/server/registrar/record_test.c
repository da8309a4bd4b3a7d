/* record_test.c: users who went while the server was down. */
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

UNIT_MAIN("registrar/record", removed_while_down, the_last_account)
