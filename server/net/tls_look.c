/* tls_look.c: what a certificate file says, for people who look after it. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buffer.h"
#include "net/tls_internal.h"

enum { CHAIN_MAX = 20 };

static X509 *read_first(const char *path)
{
    FILE *file = fopen(path, "re");
    X509 *certificate = file != NULL ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;
    if (file != NULL)
        (void)fclose(file);
    ERR_clear_error();
    return certificate;
}

/* All of a file but the first, which goes to `*first`; NULL: there is none. */
static STACK_OF(X509) * read_chain(const char *path, X509 **first)
{
    FILE *file = fopen(path, "re");
    STACK_OF(X509) *others = sk_X509_new_null();
    X509 *one;
    if (others == NULL)
        abort(); /* no memory, as in base/memory.c */
    *first = file != NULL ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;
    while (*first != NULL && sk_X509_num(others) < CHAIN_MAX &&
           (one = PEM_read_X509(file, NULL, NULL, NULL)) != NULL)
        sk_X509_push(others, one);
    if (file != NULL)
        (void)fclose(file);
    ERR_clear_error();
    return others;
}

static uint64_t time_ms(const ASN1_TIME *time)
{
    struct tm utc;
    if (ASN1_TIME_to_tm(time, &utc) != 1)
        return 0;
    time_t second = timegm(&utc);
    return second > 0 ? (uint64_t)second * 1000 : 0;
}

static void write_name(struct buffer *out, const GENERAL_NAME *name)
{
    struct net_address address = {.family = 0};
    const ASN1_STRING *text = name->type == GEN_DNS   ? name->d.dNSName
                              : name->type == GEN_URI ? name->d.uniformResourceIdentifier
                                                      : NULL;
    size_t before = out->length;
    if (before > 0)
        buffer_char(out, ' ');
    if (text != NULL) {
        buffer_put(out, bytes_from((const char *)ASN1_STRING_get0_data(text),
                                   (size_t)ASN1_STRING_length(text)));
    } else if (name->type == GEN_IPADD) {
        int length = ASN1_STRING_length(name->d.iPAddress);
        address.family = length == 16 ? 6 : 4;
        if (length == 4 || length == 16)
            memcpy(address.ip, ASN1_STRING_get0_data(name->d.iPAddress), (size_t)length);
        net_address_write_host(&address, out);
    } else {
        out->length = before;
    }
}

static void write_names(struct buffer *out, const X509 *certificate)
{
    GENERAL_NAMES *all = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; all != NULL && i < sk_GENERAL_NAME_num(all) && !out->overflow; i++)
        write_name(out, sk_GENERAL_NAME_value(all, i));
    GENERAL_NAMES_free(all);
}

static void write_subject(char *text, size_t size, const X509 *certificate)
{
    BIO *memory = BIO_new(BIO_s_mem());
    if (memory == NULL)
        abort(); /* no memory, as in base/memory.c */
    X509_NAME_print_ex(memory, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
    int length = BIO_read(memory, text, (int)size - 1);
    text[length > 0 ? length : 0] = '\0';
    BIO_free(memory);
}

/* When the first of them ends; UINT64_MAX: there are none. */
static uint64_t first_end_ms(const STACK_OF(X509) * chain)
{
    uint64_t first_ms = UINT64_MAX;
    for (int i = 0; i < sk_X509_num(chain); i++) {
        uint64_t ends_ms = time_ms(X509_get0_notAfter(sk_X509_value(chain, i)));
        first_ms = ends_ms < first_ms ? ends_ms : first_ms;
    }
    return first_ms;
}

bool certificate_look(const char *path, struct certificate_look *look)
{
    X509 *certificate;
    STACK_OF(X509) *others = read_chain(path, &certificate);
    *look = (struct certificate_look){.chain_ends_ms = first_end_ms(others)};
    sk_X509_pop_free(others, X509_free);
    if (certificate == NULL)
        return false;
    struct buffer names = buffer_over(look->names, sizeof(look->names) - 1);
    write_names(&names, certificate);
    write_subject(look->subject, sizeof(look->subject), certificate);
    look->begins_ms = time_ms(X509_get0_notBefore(certificate));
    look->ends_ms = time_ms(X509_get0_notAfter(certificate));
    X509_free(certificate);
    return true;
}

static bool is_web_name(X509 *certificate, const char *domain)
{
    return X509_check_host(certificate, domain, 0, 0, NULL) == 1 ||
           X509_check_ip_asc(certificate, domain, 0) == 1;
}

bool certificate_names(const char *path, const char *domain, bool https)
{
    X509 *certificate = read_first(path);
    if (certificate == NULL)
        return false;
    char *names = https ? NULL : names_of(certificate, NULL);
    bool named = https ? is_web_name(certificate, domain) : names_have(names, bytes_of(domain));
    free(names);
    X509_free(certificate);
    ERR_clear_error();
    return named;
}

static enum certificate_trust trust_of(int error)
{
    switch (error) {
    case X509_V_OK:
        return CERTIFICATE_BELIEVED;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return CERTIFICATE_SIGNS_ITSELF;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        return CERTIFICATE_CUT;
    default:
        return CERTIFICATE_DOUBTED;
    }
}

static int verify(X509 *first, STACK_OF(X509) * others, const char *authorities)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *chain = X509_STORE_CTX_new();
    if (store == NULL || chain == NULL)
        abort(); /* no memory, as in base/memory.c */
    (void)(authorities != NULL ? X509_STORE_load_file(store, authorities)
                               : X509_STORE_set_default_paths(store));
    int error = X509_V_ERR_UNSPECIFIED;
    if (X509_STORE_CTX_init(chain, store, first, others) == 1) {
        X509_STORE_CTX_set_flags(chain, X509_V_FLAG_NO_CHECK_TIME);
        error = X509_verify_cert(chain) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(chain);
    }
    X509_STORE_CTX_free(chain);
    X509_STORE_free(store);
    ERR_clear_error();
    return error;
}

enum certificate_trust certificate_trust(const char *path, const char *authorities, char *why,
                                         size_t why_size)
{
    X509 *first;
    STACK_OF(X509) *others = read_chain(path, &first);
    int error = first != NULL ? verify(first, others, authorities) : X509_V_ERR_UNSPECIFIED;
    snprintf(why, why_size, "%s",
             first != NULL ? X509_verify_cert_error_string(error) : "there is no certificate");
    sk_X509_pop_free(others, X509_free);
    X509_free(first);
    return trust_of(error);
}
