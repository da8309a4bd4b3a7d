/* tls_look_test.c: who stands behind a certificate. */
#include "tls_bed.h"

static enum certificate_trust trust(const char *path, const char *authorities)
{
    char why[256] = "";
    enum certificate_trust result = certificate_trust(path, authorities, why, sizeof(why));
    ck_assert_str_ne(why, "");
    return result;
}

START_TEST(it_leads_to_an_authority_or_not)
{
    struct papers *papers = papers_new(), *others = papers_new();
    const struct paper paper = {.file = "com.pem", .alternatives = "DNS:example.com"};
    const char *path = papers_issue(papers, &paper);
    ck_assert_int_eq(trust(path, papers_path(papers, "ca.pem")), CERTIFICATE_BELIEVED);
    ck_assert_int_eq(trust(path, papers_path(others, "ca.pem")),
                     CERTIFICATE_DOUBTED); /* a namesake */
    ck_assert_int_eq(trust(path, NULL), CERTIFICATE_CUT);
    papers_free(papers);
    papers_free(others);
}
END_TEST

/* Its time is looked at elsewhere. */
START_TEST(what_is_over_may_be_believed_else)
{
    struct papers *papers = papers_new();
    const struct paper paper = {
        .file = "old.pem", .alternatives = "DNS:example.com", .begins_s = -7200, .ends_s = -3600};
    ck_assert_int_eq(trust(papers_issue(papers, &paper), papers_path(papers, "ca.pem")),
                     CERTIFICATE_BELIEVED);
    papers_free(papers);
}
END_TEST

START_TEST(it_may_sign_itself)
{
    char why[256];
    bool made;
    struct papers *papers = papers_new();
    const char *path = papers_path(papers, "own.pem");
    ck_assert_int_eq(certificate_ensure(path, com, 2, &made, why, sizeof(why)), ERR_NONE);
    ck_assert_int_eq(trust(path, papers_path(papers, "ca.pem")), CERTIFICATE_SIGNS_ITSELF);
    ck_assert_int_eq(trust(path, path), CERTIFICATE_BELIEVED);
    papers_free(papers);
}
END_TEST

/* The server's own is good, one between it and its authority is over. */
START_TEST(the_first_of_a_chain_to_end_is_known)
{
    struct certificate_look look;
    struct papers *papers = papers_new();
    const struct paper paper = {.file = "com.pem", .alternatives = "DNS:example.com"};
    const struct paper old = {
        .file = "old.pem", .alternatives = "DNS:example.com", .begins_s = -7200, .ends_s = -3600};
    char path[512], text[1 << 14];
    snprintf(path, sizeof(path), "%s", papers_issue(papers, &paper));
    ck_assert(certificate_look(path, &look));
    ck_assert(look.chain_ends_ms == UINT64_MAX);
    FILE *from = fopen(papers_issue(papers, &old), "r"), *to = fopen(path, "a");
    ck_assert(from != NULL && to != NULL);
    size_t length = fread(text, 1, sizeof(text), from);
    ck_assert_uint_eq(fwrite(text, 1, length, to), length);
    fclose(from);
    fclose(to);
    ck_assert(certificate_look(path, &look));
    const uint64_t now_ms = (uint64_t)time(NULL) * 1000;
    ck_assert_uint_gt(look.ends_ms, now_ms);
    ck_assert_uint_lt(look.chain_ends_ms, now_ms);
    papers_free(papers);
}
END_TEST

START_TEST(a_file_without_one_is_doubted)
{
    ck_assert_int_eq(trust("/nowhere/at/all.pem", NULL), CERTIFICATE_DOUBTED);
    ck_assert_int_eq(trust(__FILE__, NULL), CERTIFICATE_DOUBTED);
}
END_TEST

UNIT_MAIN("tls_look", it_leads_to_an_authority_or_not, what_is_over_may_be_believed_else,
          it_may_sign_itself, the_first_of_a_chain_to_end_is_known, a_file_without_one_is_doubted)
