/* tls_revoked_test.c: lists of revoked certificates (RFC 5280 5), for servers that we call and for
 * clients that call us. */
#include "tls_bed.h"

enum { DAY_S = 86400 };

static ASN1_INTEGER *serial_of(const char *path)
{
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);
    ck_assert_ptr_nonnull(certificate);
    ASN1_INTEGER *serial = ASN1_INTEGER_dup(X509_get0_serialNumber(certificate));
    X509_free(certificate);
    fclose(file);
    return serial;
}

/* Writes the authority's list with that paper (NULL: with nobody) into "crl.pem". */
static const char *write_list(const struct papers *papers, const char *paper, long ends_s)
{
    X509_CRL *list = X509_CRL_new();
    ASN1_TIME *time = X509_gmtime_adj(NULL, -DAY_S);
    const char *path = papers_path(papers, "crl.pem");
    X509_CRL_set_version(list, 1);
    X509_CRL_set_issuer_name(list, X509_get_subject_name(papers->authority));
    X509_CRL_set1_lastUpdate(list, time);
    X509_gmtime_adj(time, ends_s);
    X509_CRL_set1_nextUpdate(list, time);
    if (paper != NULL) {
        X509_REVOKED *entry = X509_REVOKED_new();
        ASN1_INTEGER *serial = serial_of(paper);
        X509_REVOKED_set_serialNumber(entry, serial);
        X509_gmtime_adj(time, -DAY_S / 2);
        X509_REVOKED_set_revocationDate(entry, time);
        ck_assert_int_eq(X509_CRL_add0_revoked(list, entry), 1);
        ASN1_INTEGER_free(serial);
    }
    ck_assert_int_gt(X509_CRL_sign(list, papers->key, EVP_sha256()), 0);
    FILE *file = fopen(path, "w");
    ck_assert_int_eq(PEM_write_X509_CRL(file, list), 1);
    fclose(file);
    ASN1_TIME_free(time);
    X509_CRL_free(list);
    return path;
}

struct stand {
    struct papers *papers;
    struct bed *bed;
    struct net_address address; /* where a valid certificate is required */
    const char *good, *bad;     /* papers */
};

static enum err use(struct stand *stand, const char *authorities, const char *revoked, char *why,
                    size_t why_size)
{
    struct net_certificate one = {com, 2, papers_path(stand->papers, "com.pem"), NULL};
    struct net_certificates certificates = {&one, 1, authorities, revoked, NET_ASK_VALID};
    return loop_use_certificates(stand->bed->loop, &certificates, why, why_size);
}

static void use_list(struct stand *stand, const char *revoked)
{
    char why[256];
    enum err err = use(stand, papers_path(stand->papers, "ca.pem"), revoked, why, sizeof(why));
    ck_assert_msg(err == ERR_NONE, "%s", why);
}

static struct stand stand_new(void)
{
    struct stand stand = {.papers = papers_new()};
    stand.bed = bed_tls(stand.papers, NULL, &stand.address);
    stand.good = strdup(papers_issue(
        stand.papers, &(struct paper){.file = "good.pem", .alternatives = "DNS:peer.example"}));
    stand.bad = strdup(papers_issue(
        stand.papers, &(struct paper){.file = "bad.pem", .alternatives = "DNS:peer.example"}));
    return stand;
}

static void stand_free(struct stand *stand)
{
    free((char *)stand->good);
    free((char *)stand->bad);
    bed_free(stand->bed);
    papers_free(stand->papers);
}

/* A client says something as soon as it may, and is answered or turned away. */
static bool is_over(struct bed *bed)
{
    struct party *party = bed->context;
    party_pump(party);
    if (!SSL_is_server(party->ssl) && SSL_is_init_finished(party->ssl) && !bed->echo) {
        bed->echo = true;
        party_say(party, BYTES(NOTE));
    }
    return party->heard_length > 0 || party->eof || party->broken;
}

/* True when a client with that paper is let in. */
static bool comes_in(struct stand *stand, const char *paper)
{
    struct bed *bed = stand->bed;
    SSL_CTX *context = client_papers(stand->papers, paper);
    struct party *party = client_call(context, &stand->address, NULL);
    size_t closed = bed->closed;
    bed->echo = false;
    bed->context = party;
    bed_until(bed, is_over);
    bool in = party->heard_length > 0;
    party_free(party);
    SSL_CTX_free(context);
    if (in)
        bed_until_closed(bed, closed + 1);
    return in;
}

/* True when a server with that paper is believed to be peer.example. */
static bool is_believed(struct stand *stand, const char *paper)
{
    struct bed *bed = stand->bed;
    SSL_CTX *context = server_papers(stand->papers, paper);
    struct net_target target = {NET_TLS, {0}, BYTES("peer.example")};
    int listening = server_listen(&target.address);
    struct net_flow flow;
    size_t closed = bed->closed;
    ck_assert_int_eq(net_connect(bed->net, &target, &flow), ERR_NONE);
    ck_assert_int_eq(net_send(bed->net, &flow, BYTES("secret"), BYTES("")), ERR_NONE);
    struct party *party = server_accept(context, listening);
    bed->context = party;
    bed_until(bed, is_over);
    bool believed = party->heard_length > 0;
    party_free(party);
    bed_until_closed(bed, closed + 1);
    ck_assert(believed || bed->why == ERR_DENIED);
    close(listening);
    SSL_CTX_free(context);
    return believed;
}

START_TEST(who_is_revoked_is_not_believed)
{
    struct stand stand = stand_new();
    use_list(&stand, NULL);
    ck_assert(comes_in(&stand, stand.bad) && is_believed(&stand, stand.bad));
    use_list(&stand, write_list(stand.papers, stand.bad, DAY_S));
    ck_assert(!comes_in(&stand, stand.bad));
    ck_assert(!is_believed(&stand, stand.bad));
    ck_assert(comes_in(&stand, stand.good) && is_believed(&stand, stand.good));
    use_list(&stand, write_list(stand.papers, NULL, DAY_S)); /* as at SIGHUP */
    ck_assert(comes_in(&stand, stand.bad) && is_believed(&stand, stand.bad));
    stand_free(&stand);
}
END_TEST

/* RFC 5280 6.3.3: without a list that counts nothing is known of a certificate. */
START_TEST(a_list_that_is_over_vouches_for_nobody)
{
    struct stand stand = stand_new();
    use_list(&stand, write_list(stand.papers, NULL, -60));
    ck_assert(!comes_in(&stand, stand.good) && !is_believed(&stand, stand.good));
    stand_free(&stand);
}
END_TEST

/* An authority without a list there; and a server that is believed by itself, above whom nobody is
 * that could revoke it. */
START_TEST(everybody_has_a_list_but_who_is_believed_alone)
{
    char why[256];
    struct stand stand = stand_new();
    struct papers *others = papers_new();
    X509_NAME_add_entry_by_txt(X509_get_subject_name(others->authority), "O", MBSTRING_ASC,
                               (const unsigned char *)"Others", -1, -1, 0);
    const char *list = write_list(others, NULL, DAY_S);
    use_list(&stand, list);
    ck_assert(!comes_in(&stand, stand.good));
    ck_assert_int_eq(use(&stand, stand.good, list, why, sizeof(why)), ERR_NONE);
    ck_assert(comes_in(&stand, stand.good) && is_believed(&stand, stand.good));
    ck_assert(!comes_in(&stand, stand.bad));
    papers_free(others);
    stand_free(&stand);
}
END_TEST

START_TEST(a_file_that_is_none_is_refused)
{
    char why[256];
    struct stand stand = stand_new();
    const char *authorities = papers_path(stand.papers, "ca.pem");
    use_list(&stand, write_list(stand.papers, stand.bad, DAY_S));
    ck_assert_int_eq(use(&stand, authorities, papers_path(stand.papers, "none.pem"), why, 256),
                     ERR_IO);
    ck_assert_ptr_nonnull(strstr(why, "none.pem"));
    ck_assert_ptr_nonnull(strstr(why, "tls.crl"));
    ck_assert_int_eq(use(&stand, authorities, authorities, why, sizeof(why)), ERR_PARSE);
    ck_assert(!comes_in(&stand, stand.bad)); /* all stays as it was */
    stand_free(&stand);
}
END_TEST

UNIT_MAIN("net/tls_revoked", who_is_revoked_is_not_believed, a_list_that_is_over_vouches_for_nobody,
          everybody_has_a_list_but_who_is_believed_alone, a_file_that_is_none_is_refused)
