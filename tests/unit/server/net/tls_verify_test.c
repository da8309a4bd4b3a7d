/* tls_verify_test.c: whom a server's certificate proves to be (RFC 5922 7.1 and 7.2), as seen by
 * connections that we make to it, and which of them serve for what (RFC 5923 8). */
#include "tls_bed.h"

struct proof {
    struct paper paper;
    const char *domain;
    bool holds;
};

/* Asks a server that has the paper to prove the domain. */
static void prove(struct bed *bed, const struct papers *papers, const struct proof *proof)
{
    SSL_CTX *context = server_papers(papers, papers_issue(papers, &proof->paper));
    struct net_target target = {NET_TLS, {0}, bytes_of(proof->domain)};
    int listening = server_listen(&target.address);
    struct net_flow flow;
    size_t closed = bed->closed;
    ck_assert_int_eq(net_connect(bed->net, &target, &flow), ERR_NONE);
    ck_assert_int_eq(net_send(bed->net, &flow, BYTES("secret"), BYTES("")), ERR_NONE);
    struct party *party = server_accept(context, listening);
    bed->context = party;
    if (proof->holds) {
        bed->wanted = 6;
        bed_until(bed, party_heard);
        ck_assert_str_eq(party->heard, "secret");
        ck_assert(net_proved(bed->net, &flow, target.domain));
        ck_assert(!net_proved(bed->net, &flow, BYTES("example")));
        net_close(bed->net, flow.connection);
        bed_until(bed, party_done);
    } else {
        bed_until(bed, party_done);
        bed_until_closed(bed, closed + 1);
        ck_assert_uint_eq(bed->closed_handle, flow.connection);
        ck_assert_int_eq(bed->why, ERR_DENIED);
        ck_assert_uint_eq(party->heard_length, 0);
        ck_assert(!net_alive(bed->net, &flow));
        ck_assert(!net_proved(bed->net, &flow, target.domain));
    }
    party_free(party);
    close(listening);
    SSL_CTX_free(context);
}

static void prove_all(const struct proof *proofs, size_t count)
{
    struct papers *papers = papers_new();
    struct net_address address;
    struct bed *bed = bed_tls(papers, NULL, &address);
    for (size_t i = 0; i < count; i++) {
        struct proof proof = proofs[i];
        proof.paper.file = "peer.pem";
        prove(bed, papers, &proof);
    }
    bed_free(bed);
    papers_free(papers);
}

#define DOMAIN "example.com"
#define URI "URI:sip:" DOMAIN
#define DNS "DNS:" DOMAIN
#define PROOF(alternatives, domain, holds)        \
    {                                             \
        {NULL, NULL, alternatives}, domain, holds \
    }

START_TEST(rfc5922_7_1_names_in_a_certificate)
{
    static const struct proof proofs[] = {
        PROOF(URI, DOMAIN, true),
        PROOF("URI:SIP:" DOMAIN, DOMAIN, true),
        PROOF(URI ":5061;transport=tls", DOMAIN, true),
        PROOF(DNS, DOMAIN, true),
        PROOF("DNS:other.org," DNS, DOMAIN, true),
        /* a DNS name counts when there is no sip: URI, and only then */
        PROOF("URI:sip:other.org," DNS, DOMAIN, false),
        PROOF("URI:sip:alice@other.org," DNS, DOMAIN, true),
        PROOF("URI:https://other.org/," DNS, DOMAIN, true),
        /* a user is no domain, and another scheme is not SIP's */
        PROOF("URI:sip:alice@" DOMAIN, DOMAIN, false),
        PROOF("URI:sips:" DOMAIN, DOMAIN, false),
        PROOF("email:alice@" DOMAIN, DOMAIN, false),
        PROOF("IP:127.0.0.1", "127.0.0.1", false),
        PROOF("URI:sip:127.0.0.1", "127.0.0.1", true),
        /* the common name counts when there is no subjectAltName at all */
        {{NULL, DOMAIN, NULL}, DOMAIN, true},
        {{NULL, DOMAIN, "DNS:other.org"}, DOMAIN, false},
        {{NULL, DOMAIN, "email:alice@" DOMAIN}, DOMAIN, false},
        {{NULL, "An engineer", NULL}, "An engineer", false},
    };
    prove_all(proofs, sizeof(proofs) / sizeof(proofs[0]));
}
END_TEST

START_TEST(rfc5922_7_2_names_are_compared_whole)
{
    static const struct proof proofs[] = {
        PROOF("DNS:EXAMPLE.com", "example.COM", true),
        PROOF(DNS, "sip.example.com", false),
        PROOF("DNS:sip.example.com", DOMAIN, false),
        PROOF("DNS:*.example.com", "sip.example.com", false),
        PROOF("URI:sip:*.example.com", "sip.example.com", false),
        PROOF("DNS:*.example.com", "*.example.com", false),
        PROOF("DNS:.example.com", "sip.example.com", false),
        PROOF("DNS:example.com.", DOMAIN, true),
        {{NULL, "*.example.com", NULL}, "sip.example.com", false},
    };
    prove_all(proofs, sizeof(proofs) / sizeof(proofs[0]));
}
END_TEST

START_TEST(a_proof_must_be_valid)
{
    static const struct proof proofs[] = {
        {{NULL, NULL, DNS, NULL, -7200, -3600}, DOMAIN, false}, /* over */
        {{NULL, NULL, DNS, NULL, 3600, 7200}, DOMAIN, false},   /* not yet */
        {{NULL, NULL, DNS, NULL, 0, 0, true}, DOMAIN, false},   /* nobody vouches for it */
        {{NULL, NULL, DNS, "codeSigning"}, DOMAIN, false},
        {{NULL, NULL, DNS, "serverAuth"}, DOMAIN, true},
        {{NULL, NULL, DNS, "clientAuth"}, DOMAIN, true}, /* one certificate for both roles */
        {{NULL, NULL, DNS, "1.3.6.1.5.5.7.3.20"}, DOMAIN, true}, /* RFC 5924 */
    };
    prove_all(proofs, sizeof(proofs) / sizeof(proofs[0]));
}
END_TEST

/* More names than a domain can need are not read to their end, and that is counted. */
START_TEST(names_beyond_measure_are_cut)
{
    enum { NAMES = 60, LABEL = 150 };
    static char alternatives[NAMES * (LABEL + 32)];
    struct proof proof = {{"peer.pem", NULL, alternatives}, DOMAIN, true};
    struct net_address address;
    struct papers *papers = papers_new();
    struct bed *bed = bed_tls(papers, NULL, &address);
    size_t length = (size_t)snprintf(alternatives, sizeof(alternatives), "%s", DNS);
    for (int i = 0; i < NAMES; i++)
        length += (size_t)snprintf(alternatives + length, sizeof(alternatives) - length,
                                   ",DNS:n%0*d.example", LABEL, i);
    prove(bed, papers, &proof);
    ck_assert_uint_eq(bed->metrics.values[METRIC_certificates_cut], 1);
    proof.domain = strstr(alternatives, "59.example") - LABEL + 1;
    proof.holds = false; /* the last one */
    prove(bed, papers, &proof);
    bed_free(bed);
    papers_free(papers);
}
END_TEST

/* Whom nobody asks for a proof is believed nothing. */
START_TEST(without_a_domain_anybody_will_do)
{
    struct papers *papers = papers_new();
    struct net_address address;
    struct bed *bed = bed_tls(papers, NULL, &address);
    const struct paper paper = {.file = "peer.pem", .alternatives = DNS, .self_signed = true};
    SSL_CTX *context = server_papers(papers, papers_issue(papers, &paper));
    struct net_target target = {NET_TLS, {0}, BYTES("")};
    int listening = server_listen(&target.address);
    struct net_flow flow;
    ck_assert_int_eq(net_connect(bed->net, &target, &flow), ERR_NONE);
    struct party *party = server_accept(context, listening);
    shake(bed, party);
    say(bed, party, BYTES(HELLO));
    ck_assert(net_flow_equal(&bed->flow, &flow));
    ck_assert(!net_proved(bed->net, &flow, BYTES(DOMAIN)));
    party_free(party);
    close(listening);
    SSL_CTX_free(context);
    bed_free(bed);
    papers_free(papers);
}
END_TEST

/* RFC 5922 7.3, RFC 6066 3: our certificate goes along, and so does the name that we mean. */
START_TEST(we_prove_our_domain_too)
{
    struct papers *papers = papers_new();
    struct net_address address;
    struct bed *bed = bed_tls(papers, NULL, &address);
    const struct paper paper = {.file = "peer.pem", .alternatives = DNS};
    SSL_CTX *context = server_papers(papers, papers_issue(papers, &paper));
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    struct net_target target = {NET_TLS, {0}, BYTES(DOMAIN)};
    int listening = server_listen(&target.address);
    struct net_flow flow;
    ck_assert_int_eq(net_connect(bed->net, &target, &flow), ERR_NONE);
    struct party *party = server_accept(context, listening);
    shake(bed, party);
    ck_assert_int_eq(X509_check_host(SSL_get0_peer_certificate(party->ssl), com[0], 0, 0, NULL), 1);
    ck_assert_str_eq(SSL_get_servername(party->ssl, TLSEXT_NAMETYPE_host_name), DOMAIN);
    party_free(party);
    close(listening);
    SSL_CTX_free(context);
    bed_free(bed);
    papers_free(papers);
}
END_TEST

START_TEST(a_server_that_speaks_no_tls_is_told)
{
    struct papers *papers = papers_new();
    struct net_address address;
    struct bed *bed = bed_tls(papers, NULL, &address);
    struct net_target target = {NET_TLS, {0}, BYTES(DOMAIN)};
    int listening = server_listen(&target.address);
    struct net_flow flow;
    ck_assert_int_eq(net_connect(bed->net, &target, &flow), ERR_NONE);
    ck_assert_int_eq(net_send(bed->net, &flow, BYTES("secret"), BYTES("")), ERR_NONE);
    bed->client = accept(listening, NULL, NULL);
    client_say(bed->client, BYTES("SIP/2.0 400 What?\r\n\r\n"));
    bed_until_closed(bed, 1);
    ck_assert_int_eq(bed->why, ERR_IO);
    bed_until(bed, client_has_eof);
    ck_assert_ptr_null(memmem(bed->read, bed->read_length, "secret", 6));
    close(listening);
    bed_free(bed);
    papers_free(papers);
}
END_TEST

/* RFC 5923 8.1: a connection serves for what its peer has proved, at that address. */
START_TEST(a_connection_is_used_again_for_what_it_proves)
{
    struct papers *papers = papers_new();
    struct net_address address;
    struct bed *bed = bed_tls(papers, NULL, &address);
    const struct paper paper = {.file = "peer.pem", .alternatives = DNS ",DNS:example.net"};
    SSL_CTX *context = server_papers(papers, papers_issue(papers, &paper));
    struct net_target target = {NET_TLS, {0}, BYTES(DOMAIN)};
    int listening = server_listen(&target.address);
    struct net_flow first, second, third;
    ck_assert_int_eq(net_connect(bed->net, &target, &first), ERR_NONE);
    ck_assert_int_eq(net_connect(bed->net, &target, &second), ERR_NONE);
    ck_assert(net_flow_equal(&first, &second)); /* under way, and asked for the same */
    target.domain = BYTES("example.net");
    ck_assert_int_eq(net_connect(bed->net, &target, &second), ERR_NONE);
    ck_assert_uint_ne(second.connection, first.connection); /* nothing is known of it yet */
    struct party *one = server_accept(context, listening);
    shake(bed, one);
    struct party *two = server_accept(context, listening);
    shake(bed, two);
    bed_turns(bed, 2);
    ck_assert_int_eq(net_connect(bed->net, &target, &third), ERR_NONE);
    ck_assert(net_flow_equal(&first, &third));
    target.domain = BYTES("example.org");
    ck_assert_int_eq(net_connect(bed->net, &target, &third), ERR_NONE);
    ck_assert_uint_ne(third.connection, first.connection);
    ck_assert_uint_ne(third.connection, second.connection);
    target.protocol = NET_TCP; /* the same address, but no TLS */
    ck_assert_int_eq(net_connect(bed->net, &target, &third), ERR_NONE);
    ck_assert_uint_ne(third.connection, first.connection);
    target = (struct net_target){NET_TLS, target.address, BYTES(DOMAIN)};
    net_close(bed->net, first.connection);
    ck_assert_int_eq(net_connect(bed->net, &target, &third), ERR_NONE);
    ck_assert(net_flow_equal(&second, &third));
    party_free(one);
    party_free(two);
    close(listening);
    SSL_CTX_free(context);
    bed_free(bed);
    papers_free(papers);
}
END_TEST

/* A request of a server whose Via has these parameters; whether requests for its domain then go
 * back on its connection. */
static bool comes_back(struct bed *bed, SSL_CTX *context, const struct net_address *address,
                       const char *sent_by, const char *domain)
{
    char text[256];
    struct net_flow flow;
    struct party *party = client_call(context, address, NULL);
    snprintf(text, sizeof(text),
             "BYE sip:b SIP/2.0\r\nVia: SIP/2.0/TLS %s;branch=z9hG4bK1\r\nFrom: <sip:a>;tag=1\r\n"
             "To: <sip:b>\r\nCall-ID: 1\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n",
             sent_by);
    shake(bed, party);
    say(bed, party, bytes_of(text));
    bed_send(bed, &bed->flow, BYTES("SIP/2.0 200 OK\r\nl: 0\r\n\r\n"));
    struct net_flow came = bed->flow;
    struct net_target target = {NET_TLS, came.remote, bytes_of(domain)};
    target.address.port = 5071;
    ck_assert_int_eq(net_connect(bed->net, &target, &flow), ERR_NONE);
    bool back = flow.connection == came.connection;
    size_t closed = bed->closed;
    party_free(party);
    bed_until_closed(bed, closed + (back ? 1 : 2)); /* nobody listens at that port */
    return back;
}

/* RFC 5923 8.2: an alias needs the peer's word, and its proof. */
START_TEST(rfc5923_requests_go_back_on_the_connection_of_a_proved_peer)
{
    struct papers *papers = papers_new();
    struct net_address address;
    struct bed *bed = bed_tls(papers, NULL, &address);
    const struct paper paper = {.file = "peer.pem", .alternatives = "DNS:peer.example"};
    SSL_CTX *proved = client_papers(papers, papers_issue(papers, &paper));
    SSL_CTX *nobody = client_papers(papers, NULL);
    ck_assert(comes_back(bed, proved, &address, "192.0.2.1:5071;alias", "peer.example"));
    ck_assert(!comes_back(bed, proved, &address, "192.0.2.1:5071;alias", "other.example"));
    ck_assert(!comes_back(bed, proved, &address, "192.0.2.1:5072;alias", "peer.example"));
    ck_assert(!comes_back(bed, proved, &address, "192.0.2.1;alias", "peer.example"));
    ck_assert(!comes_back(bed, proved, &address, "192.0.2.1:5071", "peer.example"));
    ck_assert(!comes_back(bed, nobody, &address, "192.0.2.1:5071;alias", "peer.example"));
    SSL_CTX_free(proved);
    SSL_CTX_free(nobody);
    bed_free(bed);
    papers_free(papers);
}
END_TEST

UNIT_MAIN("net/tls_verify", rfc5923_requests_go_back_on_the_connection_of_a_proved_peer,
          rfc5922_7_1_names_in_a_certificate, rfc5922_7_2_names_are_compared_whole,
          a_proof_must_be_valid, names_beyond_measure_are_cut, without_a_domain_anybody_will_do,
          we_prove_our_domain_too, a_server_that_speaks_no_tls_is_told,
          a_connection_is_used_again_for_what_it_proves)
