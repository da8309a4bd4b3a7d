/* reg_test.c: who is registered, as a document (RFC 3680 5, RFC 5628 5). */
#include "fixture/registering.h"

#define DEVICE ";+sip.instance=\"<urn:uuid:1>\""

static const struct registrar_fixed desk[] = {
    {"bob@example.org", "sip:door@192.0.2.8?a=<b>", 500},
};

static void with_desk(struct registrar_settings *settings)
{
    settings->fixed = desk;
    settings->fixed_count = 1;
}

/* What is told now, in room for `size` bytes; good until the next call. */
static const char *written_in(size_t size)
{
    static char text[20000];
    struct buffer out = buffer_over(text, size);
    ck_assert_uint_lt(size, sizeof(text));
    registrar_write_reg(registrar, BYTES("bob@example.org"), &out);
    ck_assert(!out.overflow);
    text[out.length] = '\0';
    return text;
}

static const char *written(void)
{
    return written_in(19000);
}

#define START                                                                         \
    "<reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\" version=\"0\" state=\"full\">" \
    "<registration aor=\"sip:bob@example.org\" id=\"r1\" state=\"active\">"
#define END "</registration></reginfo>"

START_TEST(nobody_is_there)
{
    open_registrar();
    ck_assert_str_eq(written(), START END);
    close_registrar();
}
END_TEST

START_TEST(rfc3680_5_1_contact)
{
    open_registrar();
    do_register("m: <sip:bob@127.0.0.2:5060>;q=0.25;+x=\"a&b\";y\r\n");
    ground_wait(ground, 2500);
    const char *text = written();
    ck_assert_has(text, START "<contact id=\"c");
    ck_assert_has(text, "\" state=\"active\" event=\"registered\" duration-registered=\"2\" "
                        "expires=\"3598\" q=\"0.250\" callid=\"");
    ck_assert_has(text, "<uri>sip:bob@127.0.0.2:5060</uri>"
                        "<unknown-param name=\"+x\">&quot;a&amp;b&quot;</unknown-param>"
                        "<unknown-param name=\"y\"></unknown-param></contact>" END);
    close_registrar();
}
END_TEST

/* The id of the same contact stays; it was refreshed, and is older than its last REGISTER. */
START_TEST(rfc3680_5_1_refreshed)
{
    char id[40];
    open_registrar();
    do_register("m: <sip:bob@127.0.0.2:5060>\r\n");
    ck_assert_int_eq(sscanf(strstr(written(), "<contact"), "<contact id=\"%39[^\"]", id), 1);
    ground_wait(ground, 60000);
    do_register("m: <sip:bob@127.0.0.2:5060>;expires=90\r\n");
    const char *text = written();
    ck_assert_has(text, id);
    ck_assert_has(text, "event=\"refreshed\" duration-registered=\"60\" expires=\"90\"");
    close_registrar();
}
END_TEST

/* 5.1: why it has ended, once. */
START_TEST(rfc3680_5_1_terminated)
{
    open_registrar();
    do_register("m: <sip:1@h>, <sip:2@h>;expires=60\r\n");
    ground_wait(ground, 60000);
    const char *text = written();
    ck_assert_has(text, "state=\"terminated\" event=\"expired\" duration-registered=\"60\" callid");
    ck_assert_has(text, "<uri>sip:1@h</uri>");
    ground_wait(ground, 2);
    ck_assert_lacks(written(), "<uri>sip:2@h</uri>");
    do_register("m: <sip:1@h>;expires=0\r\n");
    ck_assert_has(written(), "state=\"terminated\" event=\"unregistered\"");
    ck_assert_lacks(written(), "state=\"active\" event");
    ground_wait(ground, 2);
    ck_assert_str_eq(written(), START END);
    do_register("m: <sip:1@h>\r\n");
    do_register("m: *\r\nExpires: 0\r\n");
    ck_assert_has(written(), "state=\"terminated\" event=\"unregistered\"");
    close_registrar();
}
END_TEST

/* RFC 5628 5: both, of who has an instance. */
START_TEST(rfc5628_5_gruus)
{
    open_registrar();
    do_register("m: <sip:bob@127.0.0.2:5060>" DEVICE "\r\n");
    const char *text = written();
    ck_assert_has(text, "<gr:pub-gruu xmlns:gr=\"urn:ietf:params:xml:ns:gruuinfo\" "
                        "uri=\"sip:bob@example.org;gr=urn:uuid:1\"/>");
    ck_assert_has(text, "<gr:temp-gruu xmlns:gr=\"urn:ietf:params:xml:ns:gruuinfo\" "
                        "uri=\"sip:tgruu.");
    ck_assert_has(text, ";gr\" first-cseq=\"");
    close_registrar();
}
END_TEST

/* 5.1: "created" is what nobody registered. It stays for ever. */
START_TEST(of_the_configuration)
{
    open_registrar();
    use_settings(with_desk);
    ck_assert_has(written(), "state=\"active\" event=\"created\" q=\"0.500\">"
                             "<uri>sip:door@192.0.2.8?a=&lt;b&gt;</uri></contact>" END);
    close_registrar();
}
END_TEST

/* What there is no room for is left out whole. */
START_TEST(as_many_as_there_is_room)
{
    open_registrar();
    do_register("m: <sip:1@h>" DEVICE ", <sip:2@h>" DEVICE ", <sip:3@h>" DEVICE ", <sip:4@h>" DEVICE
                ", <sip:5@h>" DEVICE "\r\n");
    const char *text = written_in(2048);
    ck_assert_has(text, "<uri>sip:1@h</uri>");
    ck_assert_lacks(text, "<uri>sip:5@h</uri>");
    ck_assert_has(text, "</contact>" END);
    close_registrar();
}
END_TEST

UNIT_MAIN("reg", nobody_is_there, rfc3680_5_1_contact, rfc3680_5_1_refreshed,
          rfc3680_5_1_terminated, rfc5628_5_gruus, of_the_configuration, as_many_as_there_is_room)
