/* im_test.c: MESSAGE goes to every registered contact (RFC 3428 5). */
#include "im/im.h"

#include "fixture/ask.h"

enum { CONTACTS_MAX = 64 };

static struct ground *ground;
static struct proxy *proxy;
static struct im *im;
static struct net_flow flow;
static char uris[CONTACTS_MAX][40];
static size_t registered;

static size_t locate(void *context, const struct front_request *request,
                     struct proxy_target *targets, size_t most)
{
    (void)context;
    ck_assert(bytes_equal(request->target, BYTES("bob@example.org")));
    ck_assert_uint_le(registered, most);
    for (size_t i = 0; i < registered; i++)
        targets[i] = (struct proxy_target){.uri = bytes_of(uris[i]), .flow = &flow};
    return registered;
}

/* bob has so many contacts, all of them behind one flow. */
static void open_im(size_t contacts)
{
    const struct proxy_settings usual = proxy_settings_default();
    const struct proxy_locator locator = {locate, NULL};
    registered = contacts;
    for (size_t i = 0; i < contacts; i++)
        snprintf(uris[i], sizeof(uris[i]), "sip:%zu@127.0.0.2:5060", i);
    flow = ground_udp("127.0.0.2:5060");
    ground = ground_new(NULL);
    proxy = proxy_new(ground->front, &usual);
    proxy_locate(proxy, &locator);
    const struct im_settings settings = im_settings_default();
    im = im_new(ground->front, proxy, &settings);
}

static void close_im(void)
{
    im_free(&im);
    ck_assert_ptr_null(im);
    proxy_free(&proxy);
    ground_free(ground);
}

START_TEST(nobody_is_registered)
{
    open_im(0);
    ck_assert_uint_eq(ground_do(ground, (struct ask){.body = "x"}), 480);
    ck_assert_uint_eq(ground->metrics.values[METRIC_messages_relayed], 0);
    ck_assert_uint_eq(ground->metrics.values[METRIC_transactions_server], 0);
    ck_assert_uint_eq(ground_do(ground, (struct ask){.uri = "sip:nobody@example.org"}), 404);
    close_im();
}
END_TEST

START_TEST(every_contact)
{
    open_im(2);
    ground_ask(ground, (struct ask){.body = "x"});
    ck_assert_uint_eq(sent_count(ground, "MESSAGE sip:0@127.0.0.2:5060 SIP/2.0\r\n"), 1);
    const struct sent *sent = sent_nth(ground, "MESSAGE sip:1@127.0.0.2:5060 SIP/2.0\r\n", 0);
    ck_assert_ptr_nonnull(sent);
    ck_assert_has(sent->text, "\r\n\r\nx");
    ck_assert_uint_eq(ground->metrics.values[METRIC_messages_relayed], 1);
    ground_answer(ground, sent, "SIP/2.0 202 Accepted", "");
    ck_assert_uint_eq(sent_status(ground), 202);
    close_im();
}
END_TEST

/* A tag in To makes no dialog with us: the message goes its way. */
START_TEST(with_a_to_tag)
{
    open_im(1);
    ground_ask(ground, (struct ask){.to = "<sip:bob@example.org>;tag=z"});
    ck_assert_uint_eq(sent_count(ground, "MESSAGE"), 1);
    close_im();
}
END_TEST

START_TEST(more_than_fit)
{
    open_im(30);
    ground_ask(ground, (struct ask){0});
    ck_assert_uint_eq(sent_count(ground, "MESSAGE "), 20);
    ck_assert_uint_eq(ground->metrics.values[METRIC_forks_limited], 1);
    close_im();
}
END_TEST

UNIT_MAIN("im", nobody_is_registered, every_contact, with_a_to_tag, more_than_fit)
