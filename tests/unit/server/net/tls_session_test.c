/* tls_session_test.c: connections that we make resume the session of the one before (RFC 8446 2.2),
 * with the proof that was given then. */
#include "tls_bed.h"

struct stand {
    struct papers *papers;
    struct bed *bed;
    SSL_CTX *context;
    int listening;
    struct net_target target;
};

static struct stand stand_new(int version, const struct net_settings *settings)
{
    struct net_address address;
    struct stand stand = {.papers = papers_new(), .target = {NET_TLS, {0}, BYTES("peer.example")}};
    const struct paper paper = {.file = "peer.pem",
                                .alternatives = "DNS:peer.example,DNS:b.example"};
    stand.bed = bed_tls(stand.papers, settings, &address);
    stand.context = server_papers(stand.papers, papers_issue(stand.papers, &paper));
    SSL_CTX_set_max_proto_version(stand.context, version);
    stand.listening = server_listen(&stand.target.address);
    return stand;
}

static void stand_free(struct stand *stand)
{
    close(stand->listening);
    SSL_CTX_free(stand->context);
    bed_free(stand->bed);
    papers_free(stand->papers);
}

/* Connects, talks, hangs up; true when the session was resumed. */
static bool visit(struct stand *stand)
{
    struct bed *bed = stand->bed;
    struct net_flow flow;
    size_t closed = bed->closed;
    ck_assert_int_eq(net_connect(bed->net, &stand->target, &flow), ERR_NONE);
    struct party *party = server_accept(stand->context, stand->listening);
    shake(bed, party);
    say(bed, party, BYTES(NOTE)); /* and the ticket before it */
    bool resumed = SSL_session_reused(party->ssl);
    ck_assert(net_proved(bed->net, &flow, stand->target.domain));
    party_free(party);
    bed_until_closed(bed, closed + 1);
    return resumed;
}

START_TEST(the_next_connection_resumes)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    for (size_t i = 0; i < 2; i++) {
        struct stand stand = stand_new(versions[i], NULL);
        ck_assert(!visit(&stand));
        ck_assert(visit(&stand));
        if (versions[i] ==
            TLS1_3_VERSION) /* a ticket is used once, and a new one comes each time */
            ck_assert(visit(&stand));
        stand.target.domain = BYTES("b.example");
        ck_assert(!visit(&stand)); /* another domain needs a proof of its own */
        stand_free(&stand);
    }
}
END_TEST

START_TEST(fresh_certificates_forget_old_sessions)
{
    char why[256];
    struct stand stand = stand_new(TLS1_3_VERSION, NULL);
    ck_assert(!visit(&stand));
    struct net_certificates nobody = {NULL, 0, papers_path(stand.papers, "com.pem")};
    ck_assert_int_eq(loop_use_certificates(stand.bed->loop, &nobody, why, sizeof(why)), ERR_NONE);
    struct net_flow flow;
    ck_assert_int_eq(net_connect(stand.bed->net, &stand.target, &flow), ERR_NONE);
    struct party *party = server_accept(stand.context, stand.listening);
    size_t closed = stand.bed->closed;
    stand.bed->context = party;
    bed_until(stand.bed, party_done); /* whom the old authority vouched for is believed no more */
    bed_until_closed(stand.bed, closed + 1);
    ck_assert_int_eq(stand.bed->why, ERR_DENIED);
    party_free(party);
    stand_free(&stand);
}
END_TEST

START_TEST(so_many_sessions_and_no_more)
{
    struct net_settings settings = net_settings_default();
    settings.tls_sessions_max = 1;
    struct stand stand = stand_new(TLS1_2_VERSION, &settings);
    ck_assert(!visit(&stand));
    ck_assert_uint_eq(stand.bed->metrics.values[METRIC_tls_sessions_evicted], 0);
    stand.target.domain = BYTES("b.example");
    ck_assert(!visit(&stand)); /* it takes the place of the first */
    ck_assert_uint_eq(stand.bed->metrics.values[METRIC_tls_sessions_evicted], 1);
    stand.target.domain = BYTES("peer.example");
    ck_assert(!visit(&stand));
    ck_assert(visit(&stand));
    stand_free(&stand);
}
END_TEST

UNIT_MAIN("net/tls_session", so_many_sessions_and_no_more, the_next_connection_resumes,
          fresh_certificates_forget_old_sessions)
