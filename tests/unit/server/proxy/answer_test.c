/* answer_test.c: which response goes back, and how (RFC 3261 16.7 steps 3 to 7). */
#include "fixture/ask.h"
#include "proxy/proxy_internal.h"

static char scratch[MESSAGE_MAX], raw[4000];
static struct ground *ground;
static struct proxy proxy;
static struct proxy_best best;
static struct sip_message message;

static void open_all(void)
{
    ground = ground_new(NULL);
    proxy = (struct proxy){.front = ground->front, .parts = &ground->parts, .scratch = scratch};
}

/* What was kept is in the byte bound of transactions, until it is released. */
static void close_all(void)
{
    ck_assert_uint_eq(transaction_count(ground->parts.transactions).bytes, 0);
    ground_free(ground);
}

static struct net_address stranger, phone;

static const struct sip_message *response(unsigned status, const char *fields)
{
    snprintf(raw, sizeof(raw),
             "SIP/2.0 %u Words\r\nVia: SIP/2.0/UDP us;branch=z9hG4bKours\r\n"
             "Via: SIP/2.0/UDP them;branch=z9hG4bKtheirs\r\nFrom: <sip:a@x.org>;tag=1\r\n"
             "To: <sip:b@x.org>;tag=2\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n%s"
             "Content-Length: 0\r\n\r\n",
             status, fields);
    ck_assert(verdict_ok(sip_message_parse(bytes_of(raw), false, &message)));
    return &message;
}

static struct answered answered(const struct sip_message *came)
{
    stranger = address("192.0.2.1:5060");
    phone = address("192.0.2.2:5060");
    return (struct answered){.response = came, .from = &stranger, .to = &phone};
}

static void consider(unsigned status, const char *fields)
{
    const struct answered one = answered(response(status, fields));
    answer_consider(&proxy, &best, &one);
}

static unsigned chosen_of(unsigned first, unsigned second)
{
    consider(first, "");
    consider(second, "");
    unsigned status = best.status;
    answer_release(&proxy, &best);
    return status;
}

/* Step 3: the topmost Via is ours and goes; one without another is for us alone. */
START_TEST(rfc3261_16_7_step_3)
{
    open_all();
    struct answered one = answered(response(180, "X-Kept:  as it is\r\n"));
    struct bytes text = answer_write(&proxy, &one);
    const char *whole = memmem(text.at, text.length, "Via: SIP/2.0/UDP them;", 22);
    ck_assert_ptr_nonnull(whole);
    ck_assert_ptr_null(memmem(text.at, text.length, "z9hG4bKours", 11));
    ck_assert_ptr_nonnull(memmem(text.at, text.length, "\r\nX-Kept:  as it is\r\n", 21));
    ck_assert(bytes_starts_with(text, BYTES("SIP/2.0 180 Words\r\n")));
    const char *alone = "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP us;branch=z9hG4bKours\r\n"
                        "From: <sip:a@x.org>;tag=1\r\nTo: <sip:b@x.org>;tag=2\r\nCall-ID: c\r\n"
                        "CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n";
    ck_assert(verdict_ok(sip_message_parse(bytes_of(alone), false, &message)));
    one = answered(&message);
    ck_assert(bytes_empty(answer_write(&proxy, &one)));
    close_all();
}
END_TEST

/* Step 6: 6xx if there is one; else the lowest class; in 4xx those that say how to try again are
 * preferred. */
START_TEST(rfc3261_16_7_step_6)
{
    open_all();
    ck_assert_uint_eq(chosen_of(404, 603), 603);
    ck_assert_uint_eq(chosen_of(603, 200), 200);
    ck_assert_uint_eq(chosen_of(603, 302), 603);
    ck_assert_uint_eq(chosen_of(500, 404), 404);
    ck_assert_uint_eq(chosen_of(404, 302), 302);
    ck_assert_uint_eq(chosen_of(302, 500), 302);
    static const unsigned helpful[] = {401, 407, 415, 420, 484};
    for (size_t i = 0; i < sizeof(helpful) / sizeof(helpful[0]); i++) {
        ck_assert_uint_eq(chosen_of(404, helpful[i]), helpful[i]);
        ck_assert_uint_eq(chosen_of(helpful[i], 486), helpful[i]);
        ck_assert_uint_eq(chosen_of(helpful[i], 302), 302);
    }
    close_all();
}
END_TEST

/* 503 speaks for that server alone, and 487 only says that we have cancelled. */
START_TEST(the_least_useful)
{
    open_all();
    ck_assert_uint_eq(chosen_of(503, 500), 500);
    ck_assert_uint_eq(chosen_of(500, 503), 500);
    ck_assert_uint_eq(chosen_of(487, 486), 486);
    ck_assert_uint_eq(chosen_of(486, 487), 486);
    ck_assert_uint_eq(chosen_of(500, 487), 487);
    close_all();
}
END_TEST

/* Of two that are alike the first stays, and what is considered is copied. */
START_TEST(the_first_of_equals)
{
    open_all();
    consider(404, "X-Which: first\r\n");
    consider(404, "X-Which: second\r\n");
    memset(raw, 'x', sizeof(raw));
    ck_assert_ptr_nonnull(memmem(best.text, best.length, "X-Which: first", 14));
    ck_assert_ptr_null(memmem(best.text, best.length, "X-Which: second", 15));
    answer_release(&proxy, &best);
    ck_assert_uint_eq(best.status, 0);
    ck_assert_ptr_null(best.text);
    close_all();
}
END_TEST

static size_t count(const char *word)
{
    size_t found = 0;
    for (const char *at = best.text; (at = strstr(at, word)) != NULL; at++)
        found++;
    return found;
}

/* Step 7: the challenges of all 401 and 407 go back in the one that is chosen. */
START_TEST(rfc3261_16_7_step_7)
{
    open_all();
    consider(404, "WWW-Authenticate: Digest realm=\"not\", nonce=\"0\"\r\n");
    consider(401, "WWW-Authenticate: Digest realm=\"one\", nonce=\"1\"\r\n");
    consider(407, "Proxy-Authenticate: Digest realm=\"two\", nonce=\"2\"\r\n"
                  "Proxy-Authenticate: Digest realm=\"three\", nonce=\"3\"\r\n");
    consider(486, "WWW-Authenticate: Digest realm=\"nor this\", nonce=\"4\"\r\n");
    ck_assert_uint_eq(best.status, 401);
    ck_assert_uint_eq(count("WWW-Authenticate: "), 1);
    ck_assert_uint_eq(count("Proxy-Authenticate: "), 2);
    ck_assert_uint_eq(count("realm=\"three\""), 1);
    ck_assert_uint_eq(count("realm=\"not\""), 0);
    struct sip_message read;
    ck_assert(verdict_ok(sip_message_parse(bytes_from(best.text, best.length), true, &read)));
    answer_release(&proxy, &best);
    close_all();
}
END_TEST

UNIT_MAIN("answer", rfc3261_16_7_step_3, rfc3261_16_7_step_6, the_least_useful, the_first_of_equals,
          rfc3261_16_7_step_7)
