/* tls_context_test.c: certificates from files: whole or not at all, with words for the operator;
 * and who is given which (RFC 6066 3). That living connections keep theirs, tls_test.c shows. */
#include "net/loop_internal.h"
#include "net/tls_internal.h"
#include "tls_bed.h"

static char why[256];

static enum err use(struct bed *bed, const struct net_certificate *list, size_t count,
                    const char *authorities)
{
    const struct net_certificates certificates = {
        .list = list, .count = count, .authorities = authorities};
    return loop_use_certificates(bed->loop, &certificates, why, sizeof(why));
}

static const struct identity *found(const struct bed *bed, const char *host)
{
    return credentials_find(bed->loop->credentials, bytes_of(host));
}

/* RFC 6066 3: host names have no case. One that no certificate is for has none of its own; whoever
 * asks gets the first then. */
START_TEST(each_name_finds_its_certificate)
{
    struct papers *papers = papers_new();
    struct net_address address;
    struct bed *bed = bed_tls(papers, NULL, &address);
    ck_assert_ptr_nonnull(found(bed, "example.com"));
    ck_assert_ptr_eq(found(bed, "SIP.Example.COM"), found(bed, "example.com"));
    ck_assert_ptr_nonnull(found(bed, "example.org"));
    ck_assert_ptr_ne(found(bed, "example.org"), found(bed, "example.com"));
    ck_assert_ptr_null(found(bed, "sip.example.org")); /* RFC 5922 7.2: no part of a name counts */
    ck_assert_ptr_null(found(bed, "xample.org"));
    ck_assert_ptr_null(found(bed, ""));
    bed_free(bed);
    papers_free(papers);
}
END_TEST

/* The fault names the file, what is wrong and what to do; what was in use stays. */
START_TEST(a_fault_changes_nothing)
{
    struct papers *papers = papers_new();
    struct net_address address;
    struct bed *bed = bed_tls(papers, NULL, &address);
    const char *ca = papers_path(papers, "ca.pem"), *rubbish = papers_path(papers, "rubbish.pem");
    const struct credentials *before = bed->loop->credentials;
    FILE *file = fopen(rubbish, "w");
    ck_assert_int_ge(fputs("this is no certificate\n", file), 0);
    fclose(file);
    struct net_certificate good = {org, 1, papers_path(papers, "org.pem"), NULL};
    struct net_certificate list[] = {good, {com, 1, rubbish, NULL}};
    ck_assert_int_eq(use(bed, list, 2, ca), ERR_PARSE); /* the second one alone is bad */
    ck_assert_ptr_nonnull(strstr(why, "rubbish.pem"));
    ck_assert_ptr_nonnull(strstr(why, "certificate = "));
    list[1] = (struct net_certificate){com, 1, papers_path(papers, "com.pem"), ca};
    ck_assert_int_eq(use(bed, list, 2, ca), ERR_PARSE); /* there is no key in it */
    ck_assert_ptr_nonnull(strstr(why, "ca.pem"));
    ck_assert_ptr_nonnull(strstr(why, "key = "));
    list[1].key = papers_path(papers, "gone.pem");
    ck_assert_int_eq(use(bed, list, 2, ca), ERR_IO);
    ck_assert_int_eq(use(bed, list, 1, rubbish), ERR_PARSE);
    ck_assert_ptr_nonnull(strstr(why, "tls.ca"));
    ck_assert_ptr_eq(bed->loop->credentials, before);
    ck_assert_int_eq(use(bed, &good, 1, ca), ERR_NONE);
    ck_assert_ptr_null(found(bed, "example.com"));
    bed_free(bed);
    papers_free(papers);
}
END_TEST

/* A server that starts by itself has nobody to ask for a password. */
START_TEST(a_key_with_a_password)
{
    struct papers *papers = papers_new();
    struct bed *bed = bed_new(NULL);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    const char *path = papers_path(papers, "locked.pem");
    FILE *file = fopen(path, "w");
    ck_assert_int_eq(PEM_write_PrivateKey(file, key, EVP_aes_128_cbc(),
                                          (const unsigned char *)"secret", 6, NULL, NULL),
                     1);
    fclose(file);
    EVP_PKEY_free(key);
    const char *certificate =
        papers_issue(papers, &(struct paper){.file = "com.pem", .alternatives = "DNS:example.com"});
    const struct net_certificate one = {com, 1, certificate, path};
    ck_assert_int_ne(use(bed, &one, 1, papers_path(papers, "ca.pem")), ERR_NONE);
    ck_assert_ptr_nonnull(strstr(why, "locked.pem"));
    ck_assert_ptr_nonnull(strstr(why, "without a password"));
    bed_free(bed);
    papers_free(papers);
}
END_TEST

/* Whoever names nobody, or nobody of ours, is spoken to by the first; without any certificate there
 * is nobody who could be asked for. */
START_TEST(who_speaks_for_us)
{
    struct papers *papers = papers_new();
    struct net_address address;
    struct bed *bed = bed_tls(papers, NULL, &address);
    const struct credentials *credentials = bed->loop->credentials;
    ck_assert_ptr_eq(credentials_speaker(credentials, BYTES("Example.org")),
                     found(bed, "example.org"));
    ck_assert_ptr_eq(credentials_speaker(credentials, BYTES("")), found(bed, "example.com"));
    ck_assert_ptr_eq(credentials_speaker(credentials, BYTES("example.net")),
                     found(bed, "example.com"));
    ck_assert_str_eq(identity_name(found(bed, "sip.example.com")), "example.com");
    ck_assert(credentials_have(credentials, found(bed, "example.org")->client));
    ck_assert_int_eq(use(bed, NULL, 0, papers_path(papers, "ca.pem")), ERR_NONE);
    credentials = bed->loop->credentials;
    ck_assert_ptr_null(found(bed, "example.com"));
    const struct identity *nobody = credentials_speaker(credentials, BYTES("example.com"));
    ck_assert_str_eq(identity_name(nobody), "");
    ck_assert_ptr_null(nobody->server);
    ck_assert_ptr_nonnull(nobody->client); /* we may still connect */
    bed_free(bed);
    papers_free(papers);
}
END_TEST

/* A text that is too short for the fault is cut, with its NUL. */
START_TEST(a_short_text_is_cut)
{
    char text[12];
    struct bed *bed = bed_new(NULL);
    const struct net_certificate one = {com, 1, "/nowhere/com.pem", NULL};
    const struct net_certificates certificates = {.list = &one, .count = 1};
    memset(text, 'x', sizeof(text));
    ck_assert_int_eq(loop_use_certificates(bed->loop, &certificates, text, sizeof(text)), ERR_IO);
    ck_assert_uint_lt(strnlen(text, sizeof(text)), sizeof(text));
    bed_free(bed);
}
END_TEST

/* RFC 5630 and our own word: 1.2 at least, and no renegotiation, compression or session memory. */
START_TEST(what_every_context_forbids)
{
    struct papers *papers = papers_new();
    struct net_address address;
    struct bed *bed = bed_tls(papers, NULL, &address);
    SSL_CTX *contexts[] = {found(bed, "example.com")->server, found(bed, "example.com")->client};
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(SSL_CTX_get_min_proto_version(contexts[i]), TLS1_2_VERSION);
        ck_assert_uint_ne(SSL_CTX_get_options(contexts[i]) & SSL_OP_NO_RENEGOTIATION, 0);
        ck_assert_uint_ne(SSL_CTX_get_options(contexts[i]) & SSL_OP_NO_COMPRESSION, 0);
        ck_assert_int_ne(SSL_CTX_get_verify_mode(contexts[i]) & SSL_VERIFY_PEER, 0);
        ck_assert_int_gt(SSL_CTX_get_verify_depth(contexts[i]), 0);
    }
    bed_free(bed);
    papers_free(papers);
}
END_TEST

UNIT_MAIN("net/tls_context", each_name_finds_its_certificate, a_fault_changes_nothing,
          a_key_with_a_password, who_speaks_for_us, a_short_text_is_cut, what_every_context_forbids)
