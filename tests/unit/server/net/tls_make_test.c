/* tls_make_test.c: the certificate that is made at the first start. */
#include "tls_bed.h"

#include <sys/stat.h>

static const char *const names[] = {"example.com", "127.0.0.1", "[::1]"};

static bool ensure(const char *path, size_t count)
{
    char why[256];
    bool made;
    ck_assert_int_eq(certificate_ensure(path, names, count, &made, why, sizeof(why)), ERR_NONE);
    return made;
}

START_TEST(it_names_all_domains_in_every_way)
{
    struct stat is;
    struct papers *papers = papers_new();
    const char *path = papers_path(papers, "own.pem");
    ck_assert(ensure(path, 3));
    ck_assert_int_eq(stat(path, &is), 0);
    ck_assert_uint_eq(is.st_mode & 0777, 0600);
    FILE *file = fopen(path, "r");
    X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    ck_assert_int_eq(X509_check_host(certificate, "example.com", 0, 0, NULL), 1);
    ck_assert_int_eq(X509_check_ip_asc(certificate, "127.0.0.1", 0), 1);
    ck_assert_int_eq(X509_check_ip_asc(certificate, "::1", 0), 1);
    time_t later = time(NULL) + 9L * 365 * 86400;
    ck_assert_int_gt(X509_cmp_time(X509_get0_notAfter(certificate), &later), 0);
    X509_free(certificate);
    papers_free(papers);
}
END_TEST

START_TEST(it_stays_while_it_will_do)
{
    struct papers *papers = papers_new();
    const char *path = papers_path(papers, "own.pem");
    ck_assert(ensure(path, 1));
    ck_assert(!ensure(path, 1));
    ck_assert(ensure(path, 2)); /* a name more */
    ck_assert(!ensure(path, 1));
    const struct paper old = {
        .file = "own.pem", .alternatives = "DNS:example.com", .begins_s = -7200, .ends_s = -3600};
    papers_issue(papers, &old);
    ck_assert(ensure(path, 1));
    FILE *file = fopen(path, "w"); /* a disk that was full */
    fclose(file);
    ck_assert(ensure(path, 1));
    papers_free(papers);
}
END_TEST

/* RFC 5922 6: who is told to believe it finds the domain proved. */
START_TEST(it_proves_its_domains)
{
    char why[256];
    struct papers *papers = papers_new();
    const char *path = papers_path(papers, "own.pem");
    ck_assert(ensure(path, 3));
    struct bed *bed = bed_new(NULL);
    struct net_certificate own = {names, 3, path, NULL};
    struct net_certificates certificates = {&own, 1, path, NULL, NET_ASK_CERTIFICATE};
    ck_assert_int_eq(loop_use_certificates(bed->loop, &certificates, why, sizeof(why)), ERR_NONE);
    struct net_target target = {NET_TLS, bed_listen(bed, NET_TLS, "127.0.0.1"), BYTES("")};
    for (size_t i = 0; i < 3; i++) { /* the loop calls itself */
        struct net_flow flow;
        target.domain = bytes_of(names[i]);
        ck_assert_int_eq(net_connect(bed->net, &target, &flow), ERR_NONE);
        ck_assert_int_eq(net_send(bed->net, &flow, BYTES(HELLO), BYTES("")), ERR_NONE);
        bed_until_messages(bed, i + 1);
        ck_assert(net_proved(bed->net, &flow, target.domain));
        ck_assert(net_proved(bed->net, &bed->flow, target.domain)); /* in both directions */
    }
    bed_free(bed);
    papers_free(papers);
}
END_TEST

START_TEST(where_nothing_can_be_written_it_says_so)
{
    char why[256];
    bool made;
    ck_assert_int_eq(certificate_ensure("/nowhere/own.pem", names, 1, &made, why, sizeof(why)),
                     ERR_IO);
    ck_assert(!made);
    ck_assert_ptr_nonnull(strstr(why, "/nowhere/own.pem"));
    ck_assert_ptr_nonnull(strstr(why, "No such file"));
}
END_TEST

UNIT_MAIN("net/tls_make", it_names_all_domains_in_every_way, it_stays_while_it_will_do,
          it_proves_its_domains, where_nothing_can_be_written_it_says_so)
