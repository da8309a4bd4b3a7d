/* im_test.c: MESSAGE and OPTIONS for a user go to every registered contact (RFC 3428 5, 6). */
#include "im/im.h"

#include "fixture/ask.h"

static struct ground *ground;
static struct registrar *registrar;
static struct proxy *proxy;
static struct im *im;

static void open_im(unsigned bindings_max)
{
    struct registrar_settings settings = registrar_settings_default();
    const struct proxy_settings usual = proxy_settings_default();
    settings.bindings_max = bindings_max;
    ground = ground_new(NULL);
    registrar = registrar_new(ground->front, &settings);
    proxy = proxy_new(ground->front, &usual);
    im = im_new(ground->front, registrar, proxy);
}

static void close_im(void)
{
    im_free(&im);
    ck_assert_ptr_null(im);
    proxy_free(&proxy);
    registrar_free(&registrar);
    ground_free(ground);
}

static void register_bob(const char *contacts)
{
    ck_assert_uint_eq(ground_do(ground, (struct ask){.method = "REGISTER",
                                                     .fields = contacts,
                                                     .uri = "sip:example.org",
                                                     .to = "<sip:bob@example.org>"}),
                      200);
}

START_TEST(nobody_is_registered)
{
    open_im(10);
    ck_assert_uint_eq(ground_do(ground, (struct ask){.body = "x"}), 480);
    ck_assert_uint_eq(ground->metrics.values[METRIC_messages_relayed], 0);
    ck_assert_uint_eq(ground->metrics.values[METRIC_transactions_server], 0);
    ck_assert_uint_eq(ground_do(ground, (struct ask){.uri = "sip:nobody@example.org"}), 404);
    ck_assert_uint_eq(ground_do(ground, (struct ask){.method = "OPTIONS"}), 480);
    close_im();
}
END_TEST

/* Over the flow that the binding was made by when its Contact is the sender, else to the Contact.
 */
START_TEST(every_contact)
{
    open_im(10);
    register_bob("m: <sip:bob@127.0.0.2:5060>, <sip:bob@127.0.0.3:5070>\r\n");
    ground_ask(ground, (struct ask){.body = "x"});
    ck_assert_uint_eq(sent_count(ground, "MESSAGE sip:bob@127.0.0.2:5060 SIP/2.0\r\n"), 1);
    ck_assert_uint_eq(ground->net.lookup_count, 1);
    ck_assert_str_eq(ground->net.looked_up, "127.0.0.3 5070 UDP usual");
    const struct net_target found = {NET_UDP, address("127.0.0.3:5070")};
    fake_found(&ground->net, &found, 1);
    const struct sent *sent = sent_nth(ground, "MESSAGE sip:bob@127.0.0.3:5070 SIP/2.0\r\n", 0);
    ck_assert_ptr_nonnull(sent);
    ck_assert_has(sent->text, "\r\n\r\nx");
    ck_assert_uint_eq(ground->metrics.values[METRIC_messages_relayed], 1);
    ground_answer(ground, sent, "SIP/2.0 202 Accepted", "");
    ck_assert_uint_eq(sent_status(ground), 202);
    close_im();
}
END_TEST

/* RFC 3261 11: OPTIONS for a user is answered by the user's phone. */
START_TEST(options)
{
    open_im(10);
    register_bob("m: <sip:bob@127.0.0.2:5060>\r\n");
    ground_ask(ground, (struct ask){.method = "OPTIONS"});
    ck_assert_uint_eq(sent_count(ground, "OPTIONS sip:bob@127.0.0.2:5060 SIP/2.0\r\n"), 1);
    ck_assert_uint_eq(ground->metrics.values[METRIC_messages_relayed], 0);
    ground_answer(ground, sent_nth(ground, "OPTIONS", 0), "SIP/2.0 200 OK", "");
    ck_assert_uint_eq(sent_status(ground), 200);
    close_im();
}
END_TEST

/* A tag in To makes no dialog with us: the message goes its way, or does not. */
START_TEST(with_a_to_tag)
{
    open_im(10);
    register_bob("m: <sip:bob@127.0.0.2:5060>\r\n");
    ground_ask(ground, (struct ask){.to = "<sip:bob@example.org>;tag=z"});
    ck_assert_uint_eq(sent_count(ground, "MESSAGE"), 1);
    ck_assert_uint_eq(ground_do(ground, (struct ask){.uri = "sip:bob@other.org",
                                                     .to = "<sip:bob@other.org>;tag=z"}),
                      403);
    close_im();
}
END_TEST

/* However many there are, 64 are looked at and 20 are tried. */
START_TEST(more_than_fit)
{
    open_im(100);
    for (int request = 0; request < 4; request++) {
        char contacts[1000] = "m: <sip:x@127.0.0.2:5060>";
        for (int i = 0; i < 24; i++)
            snprintf(contacts + strlen(contacts), 50, ",<sip:%d-%d@127.0.0.2:5060>", request, i);
        snprintf(contacts + strlen(contacts), 3, "\r\n");
        register_bob(contacts);
    }
    ck_assert_uint_eq(registrar_count(registrar), 97);
    ground_ask(ground, (struct ask){0});
    ck_assert_uint_eq(sent_count(ground, "MESSAGE "), 20);
    ck_assert_uint_eq(ground->metrics.values[METRIC_forks_limited], 1);
    close_im();
}
END_TEST

UNIT_MAIN("im", nobody_is_registered, every_contact, options, with_a_to_tag, more_than_fit)
