/* redirect_test.c: 302 with the contacts (RFC 3261 8.3, 21.3.3). */
#include "fixture/ask.h"
#include "proxy/proxy_internal.h"

enum { MOST = 8 };

static struct ground *ground;
static struct proxy_target targets[MOST];
static unsigned scores[MOST];
static size_t count;

static void redirect(void *context, struct front_request *request)
{
    (void)context;
    redirect_to(request, targets, scores, count);
}

static void open_all(void)
{
    const struct front_method method = {
        SIP_MESSAGE, FRONT_PROVED | FRONT_LOCAL_USER | FRONT_RELAYED, redirect, NULL};
    ground = ground_new(NULL);
    front_register(ground->front, &method);
    count = 0;
}

static void add(const char *uri, unsigned q, unsigned score)
{
    scores[count] = score;
    targets[count++] = (struct proxy_target){
        .uri = bytes_of(uri), .q = q, .features = BYTES(";audio;methods=\"INVITE\"")};
}

/* The thousandths of q of the contact at this URI. */
static unsigned q_of(const char *uri)
{
    char contact[200];
    snprintf(contact, sizeof(contact), "\r\nContact: <%s>;q=", uri);
    const char *at = strstr(sent_text(ground, "SIP/2.0 302 "), contact);
    ck_assert_msg(at != NULL, "no contact %s", uri);
    at += strlen(contact);
    ck_assert_int_eq(at[1], '.');
    return (unsigned)strtoul(at, NULL, 10) * 1000 + (unsigned)strtoul(at + 2, NULL, 10);
}

/* 8.3: one Contact for each place, an alternative that is better has the higher q (20.10). */
START_TEST(rfc3261_8_3)
{
    open_all();
    add("sip:bob@192.0.2.1", 1000, 0);
    add("sip:bob@192.0.2.2;transport=tcp", 500, 0);
    add("sip:bob@192.0.2.3", 500, 0);
    add("sip:bob@192.0.2.4", 0, 0);
    ground_ask(ground, (struct ask){0});
    ck_assert_uint_eq(sent_status(ground), 302);
    ck_assert_uint_eq(sent_count(ground, ""), 1); /* nothing is relayed */
    ck_assert_uint_gt(q_of("sip:bob@192.0.2.1"), q_of("sip:bob@192.0.2.2;transport=tcp"));
    ck_assert_uint_eq(q_of("sip:bob@192.0.2.2;transport=tcp"), q_of("sip:bob@192.0.2.3"));
    ck_assert_uint_gt(q_of("sip:bob@192.0.2.3"), q_of("sip:bob@192.0.2.4"));
    ck_assert_uint_le(q_of("sip:bob@192.0.2.1"), 1000);
    ground_free(ground);
}
END_TEST

/* RFC 3841 7.2.4: the caller's preferences order those of one q; whoever follows would apply them
 * again if the features went along. */
START_TEST(rfc3841_7_2_4)
{
    open_all();
    add("sip:bob@192.0.2.1", 1000, 900);
    add("sip:bob@192.0.2.2", 1000, 100);
    ground_ask(ground, (struct ask){0});
    ck_assert_uint_gt(q_of("sip:bob@192.0.2.1"), q_of("sip:bob@192.0.2.2"));
    ck_assert_lacks(sent_text(ground, "SIP"), "audio");
    ck_assert_lacks(sent_text(ground, "SIP"), "methods");
    ground_free(ground);
}
END_TEST

/* Every place of many gets a q of its own, and none gets 0, "not wanted". */
START_TEST(as_many_as_there_may_be)
{
    static char uris[MOST][40];
    open_all();
    for (unsigned i = 0; i < MOST; i++) {
        snprintf(uris[i], sizeof(uris[i]), "sip:bob@192.0.2.%u", i + 1);
        add(uris[i], 1000 - i, 0);
    }
    ground_ask(ground, (struct ask){0});
    for (unsigned i = 1; i < MOST; i++)
        ck_assert_uint_gt(q_of(uris[i - 1]), q_of(uris[i]));
    ck_assert_uint_gt(q_of(uris[MOST - 1]), 0);
    ground_free(ground);
}
END_TEST

UNIT_MAIN("redirect", rfc3261_8_3, rfc3841_7_2_4, as_many_as_there_may_be)
