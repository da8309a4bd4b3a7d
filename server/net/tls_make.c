/* tls_make.c: a certificate of our own making, so that TLS is there from the first start.
 *
 * It is signed by itself: nobody believes it who was not told to. It names every domain that it is
 * for as SIP wants it (RFC 5922 6: "sip:" URI) and as other clients look for it (DNS name or
 * address). Key and certificate are one file, which takes its place as a whole. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "net/tls_internal.h"

enum {
    VALID_S = 10 * 365 * 24 * 3600,
    SKEW_S = 24 * 3600, /* a peer's clock may be behind */
    PATH_MAX_BYTES = 4096
};

static bool name_push(GENERAL_NAMES *names, int kind, ASN1_STRING *text, struct bytes value)
{
    GENERAL_NAME *name = GENERAL_NAME_new();
    if (name == NULL || text == NULL)
        abort(); /* no memory, as in base/memory.c */
    bool set = ASN1_STRING_set(text, value.at, (int)value.length) == 1;
    GENERAL_NAME_set0_value(name, kind, text);
    return sk_GENERAL_NAME_push(names, name) > 0 && set;
}

/* "sip:example.com" and "DNS:example.com"; an address as such besides. As a DNS name too, because
 * some clients (mbed TLS 2) look for it nowhere else. */
static bool name_add(GENERAL_NAMES *names, const char *host)
{
    struct net_address address;
    char uri[300];
    int length = snprintf(uri, sizeof(uri), "sip:%s", host);
    assert(length > 0 && (size_t)length < sizeof(uri)); /* a host has 255 characters at most */
    bool fine = name_push(names, GEN_URI, ASN1_IA5STRING_new(), bytes_of(uri)) &&
                name_push(names, GEN_DNS, ASN1_IA5STRING_new(), bytes_of(host));
    if (!net_address_parse(bytes_of(host), 0, &address))
        return fine;
    struct bytes ip = bytes_from(address.ip, address.family == 4 ? 4 : 16);
    return fine && name_push(names, GEN_IPADD, ASN1_OCTET_STRING_new(), ip);
}

static bool names_write(X509 *certificate, const char *const *names, size_t count)
{
    GENERAL_NAMES *alternatives = GENERAL_NAMES_new();
    bool fine = alternatives != NULL;
    for (size_t i = 0; i < count && fine; i++)
        fine = name_add(alternatives, names[i]);
    fine = fine && X509_add1_ext_i2d(certificate, NID_subject_alt_name, alternatives, 0, 0) == 1;
    GENERAL_NAMES_free(alternatives);
    return fine;
}

static bool extension_write(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    bool fine = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return fine;
}

static bool serial_write(X509 *certificate)
{
    unsigned char random[16];
    if (RAND_bytes(random, sizeof(random)) != 1)
        return false;
    random[0] &= 0x7f; /* positive */
    BIGNUM *number = BN_bin2bn(random, sizeof(random), NULL);
    bool fine =
        number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    BN_free(number);
    return fine;
}

/* The common name is for people; it has 64 characters at most (RFC 5280 A.1). */
static bool subject_write(X509 *certificate, const char *name)
{
    X509_NAME *subject = X509_get_subject_name(certificate);
    const char *shown = strlen(name) <= 64 ? name : "herald";
    return X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
                                      (const unsigned char *)shown, -1, -1, 0) == 1 &&
           X509_set_issuer_name(certificate, subject) == 1;
}

static X509 *certificate_new(EVP_PKEY *key, const char *const *names, size_t count)
{
    X509 *certificate = X509_new();
    if (certificate != NULL && X509_set_version(certificate, X509_VERSION_3) == 1 &&
        serial_write(certificate) && subject_write(certificate, names[0]) &&
        X509_gmtime_adj(X509_getm_notBefore(certificate), -SKEW_S) != NULL &&
        X509_gmtime_adj(X509_getm_notAfter(certificate), VALID_S) != NULL &&
        X509_set_pubkey(certificate, key) == 1 &&
        extension_write(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
        extension_write(certificate, NID_key_usage, "critical,digitalSignature") &&
        extension_write(certificate, NID_ext_key_usage, "serverAuth,clientAuth") &&
        names_write(certificate, names, count) && X509_sign(certificate, key, EVP_sha256()) > 0)
        return certificate;
    X509_free(certificate);
    return NULL;
}

/* A new file that its owner alone can read; NULL with errno. */
static FILE *private_file(const char *path)
{
    (void)unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return NULL;
    FILE *file = fdopen(fd, "w");
    if (file == NULL)
        (void)close(fd);
    return file;
}

static bool file_write(const char *path, EVP_PKEY *key, X509 *certificate)
{
    char fresh[PATH_MAX_BYTES];
    int length = snprintf(fresh, sizeof(fresh), "%s.new", path);
    errno = ENAMETOOLONG;
    FILE *file = length > 0 && (size_t)length < sizeof(fresh) ? private_file(fresh) : NULL;
    if (file == NULL)
        return false;
    bool written = PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1 &&
                   PEM_write_X509(file, certificate) == 1 && fflush(file) == 0 &&
                   fsync(fileno(file)) == 0;
    written = fclose(file) == 0 && written;
    if (written && rename(fresh, path) == 0)
        return true;
    int reason = errno;
    (void)unlink(fresh);
    errno = reason;
    return false;
}

/* True when the file has a key and a certificate that will do. */
static bool file_fits(const char *path, const char *const *names, size_t count)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);
    bool fits = key != NULL && certificate != NULL &&
                X509_check_private_key(certificate, key) == 1 &&
                X509_cmp_current_time(X509_get0_notAfter(certificate)) > 0;
    char *has = fits ? names_of(certificate, NULL) : NULL;
    for (size_t i = 0; i < count && fits; i++)
        fits = names_have(has, bytes_of(names[i]));
    free(has);
    X509_free(certificate);
    EVP_PKEY_free(key);
    (void)fclose(file);
    ERR_clear_error();
    return fits;
}

enum err certificate_ensure(const char *path, const char *const *names, size_t count, bool *made,
                            char *why, size_t why_size)
{
    assert(count > 0 && why_size > 0);
    *made = false;
    if (file_fits(path, names, count))
        return ERR_NONE;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = key != NULL ? certificate_new(key, names, count) : NULL;
    errno = 0;
    *made = certificate != NULL && file_write(path, key, certificate);
    if (!*made)
        snprintf(why, why_size,
                 "the certificate %s cannot be made: %s; let this user write there, "
                 "or configure one (domains: certificate = ...)",
                 path, errno != 0 ? strerror(errno) : tls_reason());
    ERR_clear_error();
    X509_free(certificate);
    EVP_PKEY_free(key);
    return *made ? ERR_NONE : ERR_IO;
}
