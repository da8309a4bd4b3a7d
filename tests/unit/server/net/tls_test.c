/* tls_test.c: TLS over loopback through a real loop: handshakes in both directions, whom a
 * certificate proves (RFC 5922), resumption, reloading, and peers that mean no good. */
#include "tls_bed.h"

static bool presents(const struct party *party, const char *name)
{
    X509 *certificate = SSL_get0_peer_certificate(party->ssl);
    return certificate != NULL && X509_check_host(certificate, name, strlen(name), 0, NULL) == 1;
}

START_TEST(a_client_talks_over_tls)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    for (size_t i = 0; i < 2; i++) {
        struct papers *papers = papers_new();
        struct net_address address;
        struct bed *bed = bed_tls(papers, NULL, &address);
        SSL_CTX *context = client_papers(papers, NULL);
        SSL_CTX_set_min_proto_version(context, versions[i]);
        SSL_CTX_set_max_proto_version(context, versions[i]);
        struct party *party = client_call(context, &address, NULL);
        shake(bed, party);
        bed->echo = true;
        say(bed, party, BYTES(HELLO));
        ck_assert_int_eq(bed->flow.protocol, NET_TLS);
        ck_assert(net_address_equal(&bed->flow.local, &address));
        bed->wanted = strlen(HELLO);
        bed_until(bed, party_heard);
        ck_assert_str_eq(party->heard, HELLO);
        ck_assert(net_alive(bed->net, &bed->flow));
        ck_assert(!net_proved(bed->net, &bed->flow, BYTES("example.com")));
        party_free(party);
        SSL_CTX_free(context);
        bed_free(bed);
        papers_free(papers);
    }
}
END_TEST

START_TEST(an_old_version_is_refused)
{
    struct papers *papers = papers_new();
    struct net_address address;
    struct bed *bed = bed_tls(papers, NULL, &address);
    SSL_CTX *context = client_papers(papers, NULL);
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
    struct party *party = client_call(context, &address, NULL);
    bed->context = party;
    bed_until(bed, party_done);
    ck_assert(party->broken);
    ck_assert_uint_eq(bed->metrics.values[METRIC_handshakes_failed], 1);
    party_free(party);
    SSL_CTX_free(context);
    bed_free(bed);
    papers_free(papers);
}
END_TEST

/* RFC 6066 3: a client that names a host is given its certificate. */
START_TEST(the_certificate_is_that_of_the_named_host)
{
    static const struct {
        const char *name, *given;
    } cases[] = {{NULL, "example.com"},
                 {"example.com", "example.com"},
                 {"sip.example.com", "example.com"},
                 {"Example.ORG", "example.org"},
                 {"example.net", "example.com"}};
    struct papers *papers = papers_new();
    struct net_address address;
    struct bed *bed = bed_tls(papers, NULL, &address);
    SSL_CTX *context = client_papers(papers, NULL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct party *party = client_call(context, &address, cases[i].name);
        shake(bed, party);
        ck_assert_msg(presents(party, cases[i].given), "%s", cases[i].name);
        party_free(party);
    }
    SSL_CTX_free(context);
    bed_free(bed);
    papers_free(papers);
}
END_TEST

START_TEST(records_may_be_split_anywhere)
{
    struct papers *papers = papers_new();
    struct net_address address;
    struct bed *bed = bed_tls(papers, NULL, &address);
    SSL_CTX *context = client_papers(papers, NULL);
    struct party *party = client_call(context, &address, NULL);
    party->piece = 1;
    shake(bed, party);
    say(bed, party, BYTES(HELLO));
    ck_assert_uint_eq(bed->raw_length, strlen(HELLO));
    party_free(party);
    SSL_CTX_free(context);
    bed_free(bed);
    papers_free(papers);
}
END_TEST

/* More than a record, more than a read, and several messages in one record: what TLS has taken from
 * the socket shows there no more, and still comes up. */
START_TEST(long_messages_and_many_come_whole)
{
    enum { LONG = 50000, MANY = 40 };
    static char text[LONG + 100];
    struct papers *papers = papers_new();
    struct net_address address;
    struct bed *bed = bed_tls(papers, NULL, &address);
    SSL_CTX *context = client_papers(papers, NULL);
    struct party *party = client_call(context, &address, NULL);
    shake(bed, party);
    int head =
        snprintf(text, sizeof(text), "MESSAGE sip:b@c SIP/2.0\r\nContent-Length: %d\r\n\r\n", LONG);
    memset(text + head, 'x', LONG);
    bed->echo = true;
    say(bed, party, bytes_from(text, (size_t)head + LONG));
    ck_assert_uint_eq(bed->raw_length, (size_t)head + LONG);
    bed->wanted = (size_t)head + LONG;
    bed_until(bed, party_heard);
    ck_assert_mem_eq(party->heard, text, (size_t)head + LONG);
    bed->echo = false;
    for (size_t i = 0; i < MANY; i++)
        memcpy(text + i * strlen(HELLO), HELLO, strlen(HELLO));
    party_say(party, bytes_from(text, MANY * strlen(HELLO)));
    bed->wanted = bed->messages + MANY;
    bed_until(bed, party_sent);
    party_free(party);
    SSL_CTX_free(context);
    bed_free(bed);
    papers_free(papers);
}
END_TEST

START_TEST(garbage_instead_of_a_handshake_costs_the_connection_alone)
{
    static const struct bytes garbage[] = {
        BYTES("OPTIONS sip:example.com SIP/2.0\r\nContent-Length: 0\r\n\r\n"),
        BYTES("\x16\x03\x01\xff\xff\x01"), BYTES("\x80\x2e\x01\x00\x02"),
        BYTES("\0\0\0\0\0\0\0\0")};
    struct papers *papers = papers_new();
    struct net_settings settings = net_settings_default();
    struct net_address address;
    settings.handshake_s = 1; /* a record that never ends */
    struct bed *bed = bed_tls(papers, &settings, &address);
    SSL_CTX *context = client_papers(papers, NULL);
    for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
        bed->client = client_open(SOCK_STREAM, &address);
        client_say(bed->client, garbage[i]);
        bed->eof = false;
        bed_until(bed, client_has_eof);
        close(bed->client);
        bed->client = -1;
    }
    ck_assert_uint_eq(bed->messages + bed->broken + bed->closed, 0);
    ck_assert_uint_eq(bed->metrics.values[METRIC_handshakes_failed], 4);
    struct party *party = client_call(context, &address, NULL);
    shake(bed, party);
    say(bed, party, BYTES(HELLO));
    party_free(party);
    SSL_CTX_free(context);
    bed_free(bed);
    papers_free(papers);
}
END_TEST

START_TEST(half_open_handshakes_are_bounded)
{
    struct papers *papers = papers_new();
    struct net_settings settings = net_settings_default();
    struct net_address address;
    settings.handshakes_max = 2;
    settings.handshake_s = 3600;
    struct bed *bed = bed_tls(papers, &settings, &address);
    int silent[2] = {client_open(SOCK_STREAM, &address), client_open(SOCK_STREAM, &address)};
    bed_turns(bed, 3);
    bed->client = client_open(SOCK_STREAM, &address);
    bed_until(bed, client_has_eof); /* both have just begun, and keep their places */
    ck_assert_uint_eq(bed->metrics.values[METRIC_handshakes_limited], 1);
    ck_assert_uint_eq(bed->metrics.values[METRIC_connections_refused], 1);
    close(bed->client);
    bed_turns(bed, 1200); /* milliseconds at least: the oldest has had its time */
    SSL_CTX *context = client_papers(papers, NULL);
    struct party *party = client_call(context, &address, NULL);
    shake(bed, party);
    bed->client = silent[0];
    bed->eof = false;
    bed_until(bed, client_has_eof);
    ck_assert_uint_eq(bed->metrics.values[METRIC_handshakes_limited], 2);
    ck_assert_uint_eq(bed->closed, 0);
    close(silent[0]);
    bed->client = silent[1];
    party_free(party);
    SSL_CTX_free(context);
    bed_free(bed);
    papers_free(papers);
}
END_TEST

START_TEST(a_handshake_has_its_time)
{
    struct papers *papers = papers_new();
    struct net_settings settings = net_settings_default();
    struct net_address address;
    settings.handshake_s = 1;
    struct bed *bed = bed_tls(papers, &settings, &address);
    bed->client = client_open(SOCK_STREAM, &address);
    bed_until(bed, client_has_eof);
    ck_assert_uint_eq(bed->metrics.values[METRIC_handshakes_failed], 1);
    ck_assert_uint_eq(bed->closed, 0);
    bed_free(bed);
    papers_free(papers);
}
END_TEST

/* RFC 5922 7.4: a certificate is asked for, and what it proves is known. */
START_TEST(a_client_may_prove_a_domain)
{
    struct papers *papers = papers_new();
    struct net_address address;
    struct bed *bed = bed_tls(papers, NULL, &address);
    const struct paper friends[] = {
        {.file = "a.pem", .alternatives = "URI:sip:peer.example,DNS:other.example"},
        {.file = "b.pem", .alternatives = "URI:sip:peer.example", .self_signed = true}};
    for (size_t i = 0; i < 2; i++) {
        SSL_CTX *context = client_papers(papers, papers_issue(papers, &friends[i]));
        struct party *party = client_call(context, &address, NULL);
        shake(bed, party);
        say(bed, party, BYTES(NOTE));
        bool believed = !friends[i].self_signed;
        ck_assert_int_eq(net_proved(bed->net, &bed->flow, BYTES("Peer.example")), believed);
        ck_assert(!net_proved(bed->net, &bed->flow, BYTES("other.example")));
        ck_assert(!net_proved(bed->net, &bed->flow, BYTES("example")));
        party_free(party);
        bed_until_closed(bed, i + 1);
        ck_assert(!net_proved(bed->net, &bed->flow, BYTES("peer.example")));
        SSL_CTX_free(context);
    }
    bed_free(bed);
    papers_free(papers);
}
END_TEST

/* Visits once and once more; whether the domain was proved the second time. */
static bool resumed_proof(const struct paper *own, int version)
{
    struct papers *papers = papers_new();
    struct net_address address;
    struct bed *bed = bed_tls(papers, NULL, &address);
    SSL_CTX *context = client_papers(papers, papers_issue(papers, own));
    SSL_CTX_set_max_proto_version(context, version);
    bed->echo = true;
    struct party *party = client_call(context, &address, "example.com");
    shake(bed, party);
    say(bed, party, BYTES(HELLO));
    bed->wanted = strlen(HELLO);
    bed_until(bed, party_heard); /* and the ticket before it */
    SSL_SESSION *session = SSL_get1_session(party->ssl);
    ck_assert_uint_eq(bed->metrics.values[METRIC_handshakes_resumed], 0);
    party_free(party);
    party = client_call(context, &address, "example.com");
    SSL_set_session(party->ssl, session);
    shake(bed, party);
    ck_assert(SSL_session_reused(party->ssl));
    say(bed, party, BYTES(HELLO));
    bool proved = net_proved(bed->net, &bed->flow, BYTES("peer.example"));
    ck_assert_uint_eq(bed->metrics.values[METRIC_handshakes_resumed], 1);
    SSL_SESSION_free(session);
    party_free(party);
    SSL_CTX_free(context);
    bed_free(bed);
    papers_free(papers);
    return proved;
}

/* RFC 8446 2.2: and what was proved stays proved, but no more than that. */
START_TEST(a_client_resumes)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    struct paper own = {.file = "a.pem", .alternatives = "DNS:peer.example"};
    for (size_t i = 0; i < 2; i++) {
        own.self_signed = false;
        ck_assert(resumed_proof(&own, versions[i]));
        own.self_signed = true;
        ck_assert(!resumed_proof(&own, versions[i]));
    }
}
END_TEST

START_TEST(certificates_change_under_living_connections)
{
    char why[256];
    struct papers *papers = papers_new();
    struct net_address address;
    struct bed *bed = bed_tls(papers, NULL, &address);
    SSL_CTX *context = client_papers(papers, NULL);
    struct party *old = client_call(context, &address, NULL);
    shake(bed, old);
    say(bed, old, BYTES(HELLO));
    struct net_flow flow = bed->flow;
    struct net_certificate one = {org, 1, papers_path(papers, "org.pem"),
                                  papers_path(papers, "com.pem")};
    struct net_certificates fresh = {&one, 1, papers_path(papers, "ca.pem"), NULL,
                                     NET_ASK_CERTIFICATE};
    ck_assert_int_eq(loop_use_certificates(bed->loop, &fresh, why, sizeof(why)), ERR_PARSE);
    ck_assert_ptr_nonnull(strstr(why, "com.pem")); /* the key is another's */
    one.key = papers_path(papers, "none.pem");
    ck_assert_int_eq(loop_use_certificates(bed->loop, &fresh, why, sizeof(why)), ERR_IO);
    ck_assert_ptr_nonnull(strstr(why, "No such file"));
    one.key = NULL;
    fresh.authorities = papers_path(papers, "none.pem");
    ck_assert_int_eq(loop_use_certificates(bed->loop, &fresh, why, sizeof(why)), ERR_IO);
    struct party *party = client_call(context, &address, NULL);
    shake(bed, party);
    ck_assert(presents(party, "example.com")); /* nothing has changed */
    party_free(party);
    fresh.authorities = papers_path(papers, "ca.pem");
    ck_assert_int_eq(loop_use_certificates(bed->loop, &fresh, why, sizeof(why)), ERR_NONE);
    party = client_call(context, &address, NULL);
    shake(bed, party);
    ck_assert(presents(party, "example.org"));
    say(bed, old, BYTES(HELLO));
    ck_assert(net_flow_equal(&bed->flow, &flow));
    party_free(party);
    party_free(old);
    SSL_CTX_free(context);
    bed_free(bed);
    papers_free(papers);
}
END_TEST

START_TEST(a_peer_that_does_not_read_is_let_go)
{
    static char text[20000];
    struct papers *papers = papers_new();
    struct net_settings settings = net_settings_default();
    struct net_address address;
    settings.send_queue_max_bytes = 100000;
    struct bed *bed = bed_tls(papers, &settings, &address);
    SSL_CTX *context = client_papers(papers, NULL);
    struct party *party = client_call(context, &address, NULL);
    shake(bed, party);
    say(bed, party, BYTES(HELLO));
    enum err err = ERR_NONE;
    for (size_t sent = 0; err == ERR_NONE && sent < 10000; sent++) {
        if (sent % 3 == 0)
            bed_turns(bed, 1);
        err = net_send(bed->net, &bed->flow, bytes_from(text, sizeof(text)), BYTES(""));
    }
    ck_assert_int_eq(err, ERR_LIMIT);
    bed_until_closed(bed, 1);
    ck_assert_int_eq(bed->why, ERR_LIMIT);
    party_free(party);
    SSL_CTX_free(context);
    bed_free(bed);
    papers_free(papers);
}
END_TEST

START_TEST(a_slow_reader_gets_everything)
{
    enum { PIECE = 10000, PIECES = 12 };
    static char text[PIECE];
    struct papers *papers = papers_new();
    struct net_address address;
    struct bed *bed = bed_tls(papers, NULL, &address);
    SSL_CTX *context = client_papers(papers, NULL);
    struct party *party = client_call(context, &address, NULL);
    int small = 5000;
    setsockopt(party->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    shake(bed, party);
    say(bed, party, BYTES(HELLO));
    for (int i = 0; i < PIECES; i++) {
        memset(text, 'a' + i, sizeof(text));
        ck_assert_int_eq(net_send(bed->net, &bed->flow, bytes_from(text, PIECE), BYTES("")),
                         ERR_NONE);
        bed_turns(bed, 2);
    }
    bed->wanted = (size_t)PIECE * PIECES;
    bed_until(bed, party_heard);
    for (int i = 0; i < PIECES; i++) {
        memset(text, 'a' + i, sizeof(text));
        ck_assert_mem_eq(party->heard + (size_t)i * PIECE, text, PIECE);
    }
    party_free(party);
    SSL_CTX_free(context);
    bed_free(bed);
    papers_free(papers);
}
END_TEST

START_TEST(the_end_of_a_peer_is_told)
{
    static const bool politely[] = {true, false};
    struct papers *papers = papers_new();
    struct net_address address;
    struct bed *bed = bed_tls(papers, NULL, &address);
    SSL_CTX *context = client_papers(papers, NULL);
    for (size_t i = 0; i < 2; i++) {
        struct party *party = client_call(context, &address, NULL);
        shake(bed, party);
        say(bed, party, BYTES(NOTE));
        if (politely[i])
            SSL_shutdown(party->ssl);
        party_flush(party);
        if (!politely[i])
            shutdown(party->fd, SHUT_RDWR);
        bed_until_closed(bed, i + 1);
        ck_assert_uint_eq(bed->closed_handle, bed->flow.connection);
        ck_assert(!net_alive(bed->net, &bed->flow));
        party_free(party);
    }
    SSL_CTX_free(context);
    bed_free(bed);
    papers_free(papers);
}
END_TEST

/* A client whose TLS says no more still gets its answer over it. */
START_TEST(a_half_closed_client_gets_a_late_answer)
{
    struct papers *papers = papers_new();
    struct net_address address;
    struct bed *bed = bed_tls(papers, NULL, &address);
    SSL_CTX *context = client_papers(papers, NULL);
    struct party *party = client_call(context, &address, NULL);
    const struct bytes answer = BYTES("SIP/2.0 200 OK\r\nl: 0\r\n\r\n");
    shake(bed, party);
    say(bed, party, BYTES(HELLO));
    SSL_shutdown(party->ssl);
    party_flush(party);
    shutdown(party->fd, SHUT_WR);
    bed_turns(bed, 3);
    ck_assert(!net_alive(bed->net, &bed->flow));
    ck_assert_uint_eq(bed->closed, 0);
    bed_send(bed, &bed->flow, answer);
    bed->wanted = answer.length;
    bed_until(bed, party_heard);
    ck_assert_str_eq(party->heard, answer.at);
    bed_until_closed(bed, 1);
    bed_until(bed, party_done);
    party_free(party);
    SSL_CTX_free(context);
    bed_free(bed);
    papers_free(papers);
}
END_TEST

START_TEST(without_certificates_there_is_no_tls)
{
    struct bed *bed = bed_new(NULL);
    struct net_address address = bed_listen(bed, NET_TLS, "127.0.0.1");
    struct net_target target = {NET_TLS, address, BYTES("")};
    struct net_flow flow;
    ck_assert_int_eq(net_connect(bed->net, &target, &flow), ERR_NOT_FOUND);
    bed->client = client_open(SOCK_STREAM, &address);
    bed_until(bed, client_has_eof);
    bed_free(bed);
}
END_TEST

UNIT_MAIN("net/tls", a_half_closed_client_gets_a_late_answer, a_client_talks_over_tls,
          an_old_version_is_refused, the_certificate_is_that_of_the_named_host,
          records_may_be_split_anywhere, long_messages_and_many_come_whole,
          garbage_instead_of_a_handshake_costs_the_connection_alone,
          half_open_handshakes_are_bounded, a_handshake_has_its_time, a_client_may_prove_a_domain,
          a_client_resumes, certificates_change_under_living_connections,
          a_peer_that_does_not_read_is_let_go, a_slow_reader_gets_everything,
          the_end_of_a_peer_is_told, without_certificates_there_is_no_tls)
