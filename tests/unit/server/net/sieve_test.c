/* sieve_test.c: which datagrams are dropped unread, and that the others are not. */
#include "bed.h"
#include "client.h"
#include "net/loop.h"

enum { SENT = 100 };

/* Requests that begin something. */
static const char *const beginnings[] = {
    "REGISTER sip:example.org",      "PUBLISH sip:bob@example.org", "MESSAGE sip:bob@example.org",
    "SUBSCRIBE sip:bob@example.org", "SUBSCRIBE sips:b@x.org",
};

/* What may go on with something, and what cannot be told. */
static const char *const others[] = {
    "INVITE sip:bob@example.org",
    "OPTIONS sip:example.org",
    "NOTIFY sip:bob@192.0.2.1",
    "SUBSCRIBE sip:bob@192.0.2.1:5060",
    "SUBSCRIBE sip:bob@[2001:db8::1]:5060",
    "SUBSCRIBE sip:example.org",
    "SIP/2.0 200 OK",
};

static bool has_last(struct bed *bed)
{
    return memmem(bed->raw, bed->raw_length, "last", 4) != NULL;
}

/* How many come through when so many thousandths are kept out, after others were. */
static size_t come_through(const char *listener, const char *head, unsigned before,
                           unsigned thousandths)
{
    struct bed *bed = bed_new(NULL);
    struct net_address address = bed_listen(bed, NET_UDP, listener);
    char text[400];
    snprintf(text, sizeof(text), "%s SIP/2.0\r\nSubject: %0200d\r\n\r\n", head, 0);
    net_keep_out(bed->net, before);
    net_keep_out(bed->net, thousandths);
    bed->client = client_open(SOCK_DGRAM, &address);
    for (int i = 0; i < SENT; i++)
        client_say(bed->client, bytes_of(text));
    client_say(bed->client, BYTES("OPTIONS sip:last SIP/2.0\r\n\r\n"));
    bed_until(bed, has_last);
    size_t count = bed->messages - 1;
    net_keep_out(bed->net, 0); /* counts them */
    ck_assert_uint_eq(bed->metrics.values[METRIC_datagrams_unread], SENT - count);
    bed_free(bed);
    return count;
}

/* RFC 3261 21.5.4: a server "MAY refuse the connection or drop the request instead". */
START_TEST(what_begins_something_is_dropped)
{
    for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
        ck_assert_uint_lt(come_through("127.0.0.1", beginnings[i], 0, 990), SENT / 2);
        ck_assert_uint_lt(come_through("::1", beginnings[i], 0, 990), SENT / 2);
        ck_assert_uint_gt(come_through("127.0.0.1", beginnings[i], 990, 10), SENT / 2);
    }
}
END_TEST

START_TEST(what_may_go_on_comes_in)
{
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        ck_assert_uint_eq(come_through("127.0.0.1", others[i], 0, 999), SENT);
        ck_assert_uint_eq(come_through("::1", others[i], 0, 999), SENT);
    }
}
END_TEST

START_TEST(all_comes_in_again)
{
    for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++)
        ck_assert_uint_eq(come_through("127.0.0.1", beginnings[i], 999, 0), SENT);
}
END_TEST

UNIT_MAIN("net/sieve", what_begins_something_is_dropped, what_may_go_on_comes_in,
          all_comes_in_again)
