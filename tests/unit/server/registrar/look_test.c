/* look_test.c: bindings for an operator's eyes, and their end at an operator's word. */
#include "registrar/look.h"

#include "fixture/registering.h"

static char seen[1000];
static uint64_t last_id;

static void take(void *context, const struct registrar_look *look)
{
    (void)context;
    snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%.*s %.*s%s;",
             BYTES_ARGS(look->aor), BYTES_ARGS(look->contact), look->alive ? "" : " lost");
    last_id = look->id;
}

static const char *look_at_bob(void)
{
    seen[0] = '\0';
    registrar_look_user(registrar, BYTES("bob@example.org"), take, NULL);
    return seen;
}

START_TEST(a_user_has_an_id_for_each_that_stays)
{
    open_registrar();
    ck_assert_uint_eq(do_register("Contact: <sip:bob@127.0.0.2:5060>\r\n"), 200);
    ck_assert_str_eq(look_at_bob(), "bob@example.org sip:bob@127.0.0.2:5060;");
    uint64_t id = last_id;
    ck_assert_uint_eq(do_register("Contact: <sip:bob@127.0.0.2:5060>\r\n"), 200);
    look_at_bob();
    ck_assert_uint_eq(last_id, id);
    restart();
    look_at_bob();
    ck_assert_uint_eq(last_id, id);
    ck_assert_uint_eq(do_register("Contact: <sip:bob@127.0.0.9:5060>\r\n"), 200);
    look_at_bob();
    ck_assert_uint_ne(last_id, id);
    close_registrar();
}
END_TEST

START_TEST(one_ends_or_all)
{
    struct store_change change;
    open_registrar();
    ck_assert_uint_eq(do_register("Contact: <sip:bob@127.0.0.2:5060>, <sip:bob@127.0.0.9>\r\n"),
                      200);
    look_at_bob();
    uint64_t id = last_id, other = last_id + 1;
    ck_assert_int_eq(registrar_end(registrar, BYTES("bob@example.org"), &other, &change),
                     ERR_NOT_FOUND);
    ck_assert_int_eq(registrar_end(registrar, BYTES("bob@example.org"), &id, &change), ERR_NONE);
    ck_assert_uint_ne(change.number, 0);
    ck_assert_uint_eq(registrar_count(registrar), 1);
    ground_commit(ground);
    restart();
    ck_assert_uint_eq(registrar_count(registrar), 1);
    ck_assert_int_eq(registrar_end(registrar, BYTES("bob@example.org"), NULL, &change), ERR_NONE);
    ck_assert_str_eq(look_at_bob(), "");
    ck_assert_int_eq(registrar_end(registrar, BYTES("bob@example.org"), NULL, &change),
                     ERR_NOT_FOUND);
    ground_refuse(ground);
    ck_assert_uint_eq(registrar_count(registrar), 1); /* it was not to be */
    registrar_close(registrar, partition_of(BYTES("bob@example.org")));
    ck_assert_int_eq(registrar_end(registrar, BYTES("bob@example.org"), NULL, &change), ERR_BUSY);
    close_registrar();
}
END_TEST

/* RFC 3680 5.1: "deactivated": the registrar ended it, and the device is to register again. */
START_TEST(rfc3680_5_1_why_it_ended)
{
    char text[2048];
    struct buffer out = buffer_over(text, sizeof(text) - 1);
    struct store_change change;
    open_registrar();
    ck_assert_uint_eq(do_register("Contact: <sip:bob@127.0.0.2:5060>\r\n"), 200);
    ck_assert_int_eq(registrar_end(registrar, BYTES("bob@example.org"), NULL, &change), ERR_NONE);
    registrar_write_reg(registrar, BYTES("bob@example.org"), &out);
    text[out.length] = '\0';
    ck_assert_has(text, "state=\"terminated\" event=\"deactivated\"");
    ground_commit(ground);
    close_registrar();
}
END_TEST

UNIT_MAIN("look", a_user_has_an_id_for_each_that_stays, one_ends_or_all, rfc3680_5_1_why_it_ended)
