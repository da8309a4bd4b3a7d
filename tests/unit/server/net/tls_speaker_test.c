/* tls_speaker_test.c: as whom we speak to TLS peers when several domains are ours: each has its own
 * certificate, and connections of its own (RFC 5923 9.3). */
#include "tls_bed.h"

struct stand {
    struct papers *papers;
    struct bed *bed;
    struct net_address address; /* of our listener */
    SSL_CTX *server, *client;
    int listening;
    struct net_target target;
};

static struct stand stand_new(void)
{
    struct stand stand = {.papers = papers_new(), .target = {NET_TLS, {0}, BYTES("peer.example")}};
    const struct paper paper = {.file = "peer.pem", .alternatives = "DNS:peer.example"};
    const char *path = papers_issue(stand.papers, &paper);
    stand.bed = bed_tls(stand.papers, NULL, &stand.address);
    stand.server = server_papers(stand.papers, path);
    stand.client = client_papers(stand.papers, path);
    SSL_CTX_set_verify(stand.server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    stand.listening = server_listen(&stand.target.address);
    return stand;
}

static void stand_free(struct stand *stand)
{
    close(stand->listening);
    SSL_CTX_free(stand->server);
    SSL_CTX_free(stand->client);
    bed_free(stand->bed);
    papers_free(stand->papers);
}

static struct net_flow speak(struct stand *stand, const char *speaker)
{
    struct net_flow flow;
    stand->target.speaker = bytes_of(speaker);
    ck_assert_int_eq(net_connect(stand->bed->net, &stand->target, &flow), ERR_NONE);
    return flow;
}

/* The server's end of the connection that was just begun. */
static struct party *listen_to(struct stand *stand)
{
    struct party *party = server_accept(stand->server, stand->listening);
    shake(stand->bed, party);
    return party;
}

static bool is_from(const struct party *party, const char *domain)
{
    const X509 *certificate = SSL_get0_peer_certificate(party->ssl);
    return certificate != NULL && X509_check_host((X509 *)certificate, domain, 0, 0, NULL) == 1;
}

START_TEST(each_domain_shows_its_own_certificate)
{
    static const struct {
        const char *speaker, *shown;
    } cases[] = {
        {"example.com", "example.com"},       {"Example.ORG", "example.org"},
        {"sip.example.com", "example.com"},                        /* another name of it */
        {"elsewhere.example", "example.com"}, {"", "example.com"}, /* the first */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stand stand = stand_new();
        speak(&stand, cases[i].speaker);
        struct party *party = listen_to(&stand);
        ck_assert_msg(is_from(party, cases[i].shown), "%s", cases[i].speaker);
        party_free(party);
        stand_free(&stand);
    }
}
END_TEST

/* RFC 5923 9.3: what was opened on behalf of one domain carries nothing of another. */
START_TEST(rfc5923_9_3_each_domain_has_its_own_connections)
{
    struct stand stand = stand_new();
    struct net_flow first = speak(&stand, "example.com");
    struct party *one = listen_to(&stand);
    struct net_flow second = speak(&stand, "example.org");
    ck_assert_uint_ne(first.connection, second.connection);
    struct party *two = listen_to(&stand);
    ck_assert(is_from(one, "example.com") && is_from(two, "example.org"));
    bed_turns(stand.bed, 2);
    ck_assert_uint_eq(speak(&stand, "example.com").connection, first.connection);
    ck_assert_uint_eq(speak(&stand, "sip.example.com").connection, first.connection);
    ck_assert_uint_eq(speak(&stand, "").connection, first.connection);
    ck_assert_uint_eq(speak(&stand, "EXAMPLE.org").connection, second.connection);
    stand.target.domain = BYTES(""); /* nor where nobody need prove anything */
    ck_assert_uint_eq(speak(&stand, "example.org").connection, second.connection);
    party_free(one);
    party_free(two);
    stand_free(&stand);
}
END_TEST

/* A change of the certificates leaves the boundary, and the connections, where they are. */
START_TEST(connections_outlive_a_change_of_certificates)
{
    char why[256];
    struct stand stand = stand_new();
    struct net_certificate list[] = {{org, 1, papers_path(stand.papers, "org.pem"), NULL},
                                     {com, 2, papers_path(stand.papers, "com.pem"), NULL}};
    struct net_certificates fresh = {list, 2, papers_path(stand.papers, "ca.pem")};
    struct net_flow flow = speak(&stand, "example.com");
    struct party *party = listen_to(&stand);
    bed_turns(stand.bed, 2);
    ck_assert_int_eq(loop_use_certificates(stand.bed->loop, &fresh, why, sizeof(why)), ERR_NONE);
    ck_assert_uint_eq(speak(&stand, "example.com").connection, flow.connection);
    ck_assert_uint_ne(speak(&stand, "").connection, flow.connection); /* example.org is first now */
    party_free(party);
    stand_free(&stand);
}
END_TEST

/* A session is resumed with both proofs of its beginning (RFC 8446 2.2). */
START_TEST(each_domain_has_its_own_sessions)
{
    static const char *const speakers[] = {"example.com", "example.org", "example.com",
                                           "example.org"};
    struct stand stand = stand_new();
    for (size_t i = 0; i < 4; i++) {
        size_t closed = stand.bed->closed;
        speak(&stand, speakers[i]);
        struct party *party = listen_to(&stand);
        say(stand.bed, party, BYTES(NOTE)); /* and the ticket before it */
        ck_assert_int_eq(SSL_session_reused(party->ssl), i >= 2);
        ck_assert(is_from(party, speakers[i]));
        party_free(party);
        bed_until_closed(stand.bed, closed + 1);
    }
    stand_free(&stand);
}
END_TEST

/* A peer that called one of our domains and lets requests come back is called by that one alone. */
START_TEST(an_alias_serves_the_domain_that_was_called)
{
    static const char *const named[] = {"example.org", "example.com", NULL};
    for (size_t i = 0; i < 3; i++) {
        struct stand stand = stand_new();
        char text[256];
        struct party *party = client_call(stand.client, &stand.address, named[i]);
        snprintf(text, sizeof(text),
                 "BYE sip:b SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:%u;alias;branch=z9hG4bK1\r\n"
                 "From: <sip:a>;tag=1\r\nTo: <sip:b>\r\nCall-ID: 1\r\nCSeq: 1 BYE\r\n"
                 "Content-Length: 0\r\n\r\n",
                 stand.target.address.port);
        shake(stand.bed, party);
        say(stand.bed, party, bytes_of(text));
        bed_send(stand.bed, &stand.bed->flow, BYTES("SIP/2.0 200 OK\r\nl: 0\r\n\r\n"));
        bool is_org = i == 0;
        uint64_t came = stand.bed->flow.connection;
        ck_assert_int_eq(speak(&stand, "example.org").connection == came, is_org);
        ck_assert_int_eq(speak(&stand, "example.com").connection == came, !is_org);
        party_free(party);
        stand_free(&stand);
    }
}
END_TEST

/* RFC 5923 8.1: who proves a domain and may know ours, as far as that is known. */
START_TEST(rfc5923_8_1_requests_may_come_back_on_a_proved_connection)
{
    for (int asks = 0; asks < 2; asks++) {
        struct stand stand = stand_new();
        if (!asks)
            SSL_CTX_set_verify(stand.server, SSL_VERIFY_NONE, NULL);
        struct net_flow flow = speak(&stand, "example.org");
        ck_assert(net_reusable(stand.bed->net, &flow)); /* not known yet, and no harm */
        struct party *party = listen_to(&stand);
        say(stand.bed, party, BYTES(NOTE));
        ck_assert(net_flow_equal(&stand.bed->flow, &flow)); /* what comes back is taken */
        ck_assert_int_eq(net_reusable(stand.bed->net, &flow), asks);
        party_free(party);
        bed_until_closed(stand.bed, 1);
        ck_assert(!net_reusable(stand.bed->net, &flow));
        stand_free(&stand);
    }
}
END_TEST

START_TEST(other_connections_carry_our_requests_alone)
{
    char why[256];
    struct stand stand = stand_new();
    struct net_flow flow = speak(&stand, "example.com");
    struct net_target plain = {NET_TCP, stand.target.address};
    struct net_flow other;
    ck_assert(net_reusable(stand.bed->net, &flow));
    ck_assert_int_eq(net_connect(stand.bed->net, &plain, &other), ERR_NONE);
    ck_assert(!net_reusable(stand.bed->net, &other));
    flow.local.port++; /* the Via would name a port where nobody listens */
    ck_assert(!net_reusable(stand.bed->net, &flow));
    stand.target.domain = BYTES("");
    flow = speak(&stand, "example.org"); /* whoever that is */
    ck_assert(!net_reusable(stand.bed->net, &flow));
    struct party *party = client_call(stand.client, &stand.address, NULL);
    shake(stand.bed, party);
    say(stand.bed, party, BYTES(NOTE));
    ck_assert(!net_reusable(stand.bed->net, &stand.bed->flow)); /* the other end's to say */
    party_free(party);
    struct net_certificates nobody = {NULL, 0, papers_path(stand.papers, "ca.pem")};
    ck_assert_int_eq(loop_use_certificates(stand.bed->loop, &nobody, why, sizeof(why)), ERR_NONE);
    stand.target.domain = BYTES("peer.example");
    flow = speak(&stand, "example.com");
    ck_assert(!net_reusable(stand.bed->net, &flow)); /* we have nothing to show */
    stand_free(&stand);
}
END_TEST

UNIT_MAIN("net/tls_speaker", each_domain_shows_its_own_certificate,
          rfc5923_9_3_each_domain_has_its_own_connections,
          connections_outlive_a_change_of_certificates, each_domain_has_its_own_sessions,
          rfc5923_8_1_requests_may_come_back_on_a_proved_connection,
          other_connections_carry_our_requests_alone, an_alias_serves_the_domain_that_was_called)
