/* tls_asking_test.c: what is wanted of TLS clients: nothing, a certificate if they have one, or a
 * valid one (RFC 5922 7.4: whether to close is the server's policy). */
#include "tls_bed.h"

enum paper_of { NO_PAPER, GOOD_PAPER, OWN_PAPER };

struct stand {
    struct papers *papers;
    struct bed *bed;
    SSL_CTX *contexts[3]; /* by paper_of */
};

static struct stand stand_new(void)
{
    struct net_address address;
    struct stand stand = {.papers = papers_new()};
    struct paper paper = {.file = "a.pem", .alternatives = "DNS:peer.example"};
    stand.bed = bed_tls(stand.papers, NULL, &address); /* the usual: who has one is asked */
    stand.contexts[NO_PAPER] = client_papers(stand.papers, NULL);
    stand.contexts[GOOD_PAPER] = client_papers(stand.papers, papers_issue(stand.papers, &paper));
    paper.self_signed = true;
    stand.contexts[OWN_PAPER] = client_papers(stand.papers, papers_issue(stand.papers, &paper));
    return stand;
}

static void stand_free(struct stand *stand)
{
    for (int i = 0; i < 3; i++)
        SSL_CTX_free(stand->contexts[i]);
    bed_free(stand->bed);
    papers_free(stand->papers);
}

static struct net_address stand_listen(struct stand *stand, enum net_protocol protocol,
                                       enum net_asking asking)
{
    struct net_listen listen = {.protocol = protocol, .asking = asking};
    struct net_address address;
    char why[256];
    size_t count = 0;
    ck_assert(net_address_parse(BYTES("127.0.0.1"), 0, &listen.address));
    while (loop_listener_address(stand->bed->loop, protocol, count, &address))
        count++;
    ck_assert_int_eq(loop_listen(stand->bed->loop, &listen, why, sizeof(why)), ERR_NONE);
    ck_assert(loop_listener_address(stand->bed->loop, protocol, count, &address));
    return address;
}

/* One call of a client. */
struct visit {
    struct party *party;
    bool said;
};

/* By TLS 1.3 a client is done before the server has judged it, so what counts is the answer. */
static bool is_judged(struct bed *bed)
{
    struct visit *visit = bed->context;
    struct party *party = visit->party;
    party_pump(party);
    if (SSL_is_init_finished(party->ssl) && !visit->said) {
        visit->said = true;
        party_say(party, BYTES(NOTE));
    }
    return party->heard_length >= strlen(NOTE) || party->eof || party->broken;
}

struct judgement {
    bool in, proved, resumed;
};

/* *session (NULL: none) is offered, and becomes the one that the client has then. */
static struct judgement call(struct stand *stand, const struct net_address *address,
                             enum paper_of paper, SSL_SESSION **session)
{
    struct bed *bed = stand->bed;
    struct visit visit = {client_call(stand->contexts[paper], address, NULL), false};
    uint64_t failed = bed->metrics.values[METRIC_handshakes_failed];
    size_t closed = bed->closed;
    if (*session != NULL)
        SSL_set_session(visit.party->ssl, *session);
    bed->echo = true;
    bed->context = &visit;
    bed_until(bed, is_judged);
    struct judgement judgement = {.in = visit.party->heard_length > 0};
    judgement.proved = judgement.in && net_proved(bed->net, &bed->flow, BYTES("peer.example"));
    judgement.resumed = judgement.in && SSL_session_reused(visit.party->ssl);
    SSL_SESSION_free(*session);
    *session = judgement.in ? SSL_get1_session(visit.party->ssl) : NULL;
    party_free(visit.party);
    if (judgement.in)
        bed_until_closed(bed, closed + 1);
    ck_assert_uint_eq(bed->metrics.values[METRIC_handshakes_failed] - failed, !judgement.in);
    return judgement;
}

static struct judgement call_once(struct stand *stand, const struct net_address *address,
                                  enum paper_of paper)
{
    SSL_SESSION *session = NULL;
    struct judgement judgement = call(stand, address, paper, &session);
    SSL_SESSION_free(session);
    return judgement;
}

static void use(struct stand *stand, enum net_asking asking)
{
    char why[256];
    struct net_certificate one = {com, 2, papers_path(stand->papers, "com.pem"), NULL};
    struct net_certificates certificates = {&one, 1, papers_path(stand->papers, "ca.pem"), NULL,
                                            asking};
    ck_assert_int_eq(loop_use_certificates(stand->bed->loop, &certificates, why, sizeof(why)),
                     ERR_NONE);
}

/* Who is let in, and who has proved something: without a paper, with a good one, with his own. */
static void check(struct stand *stand, const struct net_address *address, enum net_asking asking)
{
    for (int paper = NO_PAPER; paper <= OWN_PAPER; paper++) {
        struct judgement judgement = call_once(stand, address, (enum paper_of)paper);
        ck_assert_int_eq(judgement.in, asking != NET_ASK_VALID || paper == GOOD_PAPER);
        ck_assert_int_eq(judgement.proved, asking >= NET_ASK_CERTIFICATE && paper == GOOD_PAPER);
    }
}

START_TEST(rfc5922_7_4_a_listener_has_its_own_word)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    for (size_t v = 0; v < 2; v++) {
        struct stand stand = stand_new();
        for (int i = 0; i < 3; i++)
            SSL_CTX_set_max_proto_version(stand.contexts[i], versions[v]);
        for (int asking = NET_ASK_NOTHING; asking <= NET_ASK_VALID; asking++) {
            struct net_address address = stand_listen(&stand, NET_TLS, (enum net_asking)asking);
            check(&stand, &address, (enum net_asking)asking);
        }
        stand_free(&stand);
    }
}
END_TEST

START_TEST(others_do_as_usual)
{
    struct stand stand = stand_new();
    struct net_address address = stand_listen(&stand, NET_TLS, NET_ASK_AS_USUAL);
    struct net_address open = stand_listen(&stand, NET_TLS, NET_ASK_NOTHING);
    for (int asking = NET_ASK_NOTHING; asking <= NET_ASK_VALID; asking++) {
        use(&stand, (enum net_asking)asking);
        check(&stand, &address, (enum net_asking)asking);
        check(&stand, &open, NET_ASK_NOTHING);
    }
    use(&stand, NET_ASK_AS_USUAL);
    check(&stand, &address, NET_ASK_NOTHING);
    stand_free(&stand);
}
END_TEST

/* True when the handshake asks the client for its paper. */
static bool is_asked(struct stand *stand, const struct net_address *address)
{
    struct party *party = client_call(stand->contexts[GOOD_PAPER], address, NULL);
    SSL_CTX_set_max_proto_version(stand->contexts[GOOD_PAPER], TLS1_2_VERSION);
    shake(stand->bed, party);
    bool asked = SSL_get_client_CA_list(party->ssl) != NULL;
    party_free(party);
    return asked;
}

/* A browser would ask its user for a certificate. */
START_TEST(browsers_are_asked_where_the_listener_says_so)
{
    struct stand stand = stand_new();
    use(&stand, NET_ASK_VALID);
    struct net_address usual = stand_listen(&stand, NET_WSS, NET_ASK_AS_USUAL);
    struct net_address strict = stand_listen(&stand, NET_WSS, NET_ASK_VALID);
    ck_assert(!is_asked(&stand, &usual));
    ck_assert(is_asked(&stand, &strict));
    stand_free(&stand);
}
END_TEST

/* RFC 8446 4.6.1: a session is resumed with the proof of its beginning, so one that began where
 * nothing was asked opens no listener that wants a proof. */
START_TEST(no_session_goes_around_the_question)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    for (size_t v = 0; v < 2; v++) {
        struct stand stand = stand_new();
        SSL_SESSION *session = NULL;
        struct net_address open = stand_listen(&stand, NET_TLS, NET_ASK_NOTHING);
        struct net_address strict = stand_listen(&stand, NET_TLS, NET_ASK_VALID);
        for (int i = 0; i < 3; i++)
            SSL_CTX_set_max_proto_version(stand.contexts[i], versions[v]);
        ck_assert(call(&stand, &open, NO_PAPER, &session).in);
        ck_assert(call(&stand, &open, NO_PAPER, &session).resumed);
        ck_assert(!call(&stand, &strict, NO_PAPER, &session).in);
        ck_assert(call(&stand, &open, GOOD_PAPER, &session).in);
        struct judgement judgement = call(&stand, &strict, GOOD_PAPER, &session);
        ck_assert(judgement.proved && !judgement.resumed);
        judgement = call(&stand, &strict, GOOD_PAPER, &session);
        ck_assert(judgement.proved && judgement.resumed);
        SSL_SESSION_free(session);
        stand_free(&stand);
    }
}
END_TEST

UNIT_MAIN("net/tls_asking", rfc5922_7_4_a_listener_has_its_own_word, others_do_as_usual,
          browsers_are_asked_where_the_listener_says_so, no_session_goes_around_the_question)
