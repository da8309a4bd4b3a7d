/* papers.h: certificates made for a test, in a folder of its own, and a TLS peer beside the loop.
 *
 * The peer's TLS works in memory; what it says goes through a plain socket whenever a condition of
 * bed.h is looked at, in pieces as small as wanted. */
#ifndef TESTS_NET_PAPERS_H
#define TESTS_NET_PAPERS_H

#include <dirent.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "client.h"
#include "net/certificates.h"

struct papers {
    char folder[64];
    EVP_PKEY *key; /* of the authority */
    X509 *authority;
};

struct paper {
    const char *file;         /* in the folder */
    const char *common;       /* NULL: "nobody" */
    const char *alternatives; /* "URI:sip:example.com,DNS:example.com"; NULL: none */
    const char *usage;        /* extended; NULL: none */
    long begins_s, ends_s;    /* from now; both 0: a day each way */
    bool self_signed;
};

static inline const char *papers_path(const struct papers *papers, const char *file)
{
    static char paths[16][128];
    static unsigned next;
    char *path = paths[next++ % 16];
    snprintf(path, sizeof(paths[0]), "%s/%s", papers->folder, file);
    return path;
}

static inline void paper_extend(X509 *certificate, int nid, const char *value)
{
    if (value == NULL)
        return;
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    ck_assert_ptr_nonnull(extension);
    ck_assert_int_eq(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static inline X509 *paper_sign(const struct paper *paper, EVP_PKEY *key, X509 *issuer,
                               EVP_PKEY *issuer_key)
{
    X509 *certificate = X509_new();
    X509_NAME *subject = X509_get_subject_name(certificate);
    const char *common = paper->common != NULL ? paper->common : "nobody";
    bool usual = paper->begins_s == 0 && paper->ends_s == 0;
    ck_assert_int_eq(X509_set_version(certificate, 2), 1);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), (long)(getpid() + random() % 100000));
    X509_gmtime_adj(X509_getm_notBefore(certificate), usual ? -86400 : paper->begins_s);
    X509_gmtime_adj(X509_getm_notAfter(certificate), usual ? 86400 : paper->ends_s);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)common, -1, -1,
                               0);
    X509_set_issuer_name(certificate, X509_get_subject_name(issuer != NULL ? issuer : certificate));
    X509_set_pubkey(certificate, key);
    paper_extend(certificate, NID_basic_constraints, issuer == NULL ? "CA:TRUE" : "CA:FALSE");
    paper_extend(certificate, NID_subject_alt_name, paper->alternatives);
    paper_extend(certificate, NID_ext_key_usage, paper->usage);
    ck_assert_int_gt(X509_sign(certificate, issuer_key, EVP_sha256()), 0);
    return certificate;
}

static inline void paper_write(const char *path, X509 *certificate, EVP_PKEY *key)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    if (key != NULL)
        ck_assert_int_eq(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
    ck_assert_int_eq(PEM_write_X509(file, certificate), 1);
    ck_assert_int_eq(fclose(file), 0);
}

/* Writes key and certificate into one file of the folder; its path. */
static inline const char *papers_issue(const struct papers *papers, const struct paper *paper)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    const char *path = papers_path(papers, paper->file);
    X509 *certificate = paper_sign(paper, key, paper->self_signed ? NULL : papers->authority,
                                   paper->self_signed ? key : papers->key);
    paper_write(path, certificate, key);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return path;
}

/* A folder with the authority's certificate in "ca.pem". */
static inline struct papers *papers_new(void)
{
    struct papers *papers = calloc(1, sizeof(*papers));
    snprintf(papers->folder, sizeof(papers->folder), "/tmp/herald-papers-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(papers->folder));
    papers->key = EVP_EC_gen("P-256");
    papers->authority =
        paper_sign(&(struct paper){.common = "An authority"}, papers->key, NULL, papers->key);
    paper_write(papers_path(papers, "ca.pem"), papers->authority, NULL);
    return papers;
}

static inline void papers_free(struct papers *papers)
{
    DIR *folder = opendir(papers->folder);
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL)
        (void)unlinkat(dirfd(folder), entry->d_name, 0); /* not "." and ".." */
    closedir(folder);
    rmdir(papers->folder);
    X509_free(papers->authority);
    EVP_PKEY_free(papers->key);
    free(papers);
}

/* The peer. */

struct party {
    SSL *ssl;
    int fd;
    size_t piece; /* bytes sent at a time; 0: all */
    bool eof, broken;
    char heard[1 << 17];
    size_t heard_length;
};

static inline struct party *party_new(SSL_CTX *context, int fd)
{
    struct party *party = calloc(1, sizeof(*party));
    party->fd = fd;
    party->ssl = SSL_new(context);
    SSL_set_bio(party->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    BIO_set_mem_eof_return(SSL_get_rbio(party->ssl), -1);
    return party;
}

static inline void party_free(struct party *party)
{
    SSL_set_shutdown(party->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN); /* may be resumed */
    SSL_free(party->ssl);
    if (party->fd >= 0)
        close(party->fd);
    free(party);
}

static inline bool party_unsent(struct party *party)
{
    return BIO_ctrl_pending(SSL_get_wbio(party->ssl)) > 0;
}

static inline void party_flush(struct party *party)
{
    char bytes[4096];
    size_t most = party->piece > 0 ? party->piece : sizeof(bytes);
    do {
        int length = BIO_read(SSL_get_wbio(party->ssl), bytes, (int)most);
        if (length > 0)
            (void)!send(party->fd, bytes, (size_t)length, MSG_NOSIGNAL);
    } while (party->piece == 0 && party_unsent(party));
}

/* Moves what there is to move, both ways. */
static inline void party_pump(struct party *party)
{
    char bytes[16384];
    ssize_t length;
    party_flush(party);
    while ((length = recv(party->fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
        ck_assert_int_eq(BIO_write(SSL_get_rbio(party->ssl), bytes, (int)length), (int)length);
    if (length == 0 || (length < 0 && errno == ECONNRESET))
        party->eof = true;
    if (!SSL_is_init_finished(party->ssl)) {
        int result = SSL_do_handshake(party->ssl);
        party->broken = result != 1 && SSL_get_error(party->ssl, result) == SSL_ERROR_SSL;
    }
    size_t room = sizeof(party->heard) - party->heard_length - 1;
    int got = SSL_is_init_finished(party->ssl)
                  ? SSL_read(party->ssl, party->heard + party->heard_length, (int)room)
                  : 0;
    party->heard_length += got > 0 ? (size_t)got : 0;
    party_flush(party);
}

#endif
