/* tls_verify.c: whom a peer's certificate proves to be (RFC 5922 7).
 *
 *     a subjectAltName        its sip: URIs without a user; if there are none, its DNS names
 *     no subjectAltName       the common name
 *
 * Names are compared whole: what begins with "*." is no name of anybody, for whoever speaks for one
 * host of a domain need not speak for the domain. */
#include <assert.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "base/memory.h"
#include "net/tls_internal.h"
#include "sip/uri.h"

enum {
    NAMES_MAX_BYTES = 8192, /* of one certificate; more is not looked at */
    NAME_MAX_BYTES = 255
};

static struct bytes string_bytes(const ASN1_STRING *string)
{
    return bytes_from(ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string));
}

/* Letters, digits and "-._:[]": no wildcard, no NUL, nothing that a log could be fooled with. */
static bool is_name(struct bytes name)
{
    if (name.length == 0 || name.length > NAME_MAX_BYTES)
        return false;
    for (size_t i = 0; i < name.length; i++) {
        char c = ascii_lower(name.at[i]);
        bool other = c != '\0' && strchr("-._:[]", c) != NULL;
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && !other)
            return false;
    }
    return true;
}

static void names_add(struct buffer *names, struct bytes name)
{
    if (!is_name(name) || names->overflow)
        return;
    size_t before = names->length;
    buffer_put(names, name);
    buffer_char(names, '\0');
    if (names->overflow)
        names->length = before;
}

/* "sip:example.com": the value speaks for a domain; with a user it would for that user alone. */
static void names_add_uri(struct buffer *names, struct bytes text)
{
    struct sip_uri uri;
    if (bytes_index(text, '@') < 0 && bytes_index(text, '\0') < 0 &&
        verdict_ok(sip_uri_parse(text, &uri)) && uri.scheme == SIP_SCHEME_SIP)
        names_add(names, uri.host);
}

static void names_add_common(struct buffer *names, const X509 *certificate)
{
    X509_NAME *subject = X509_get_subject_name(certificate);
    int last = -1, at;
    while ((at = X509_NAME_get_index_by_NID(subject, NID_commonName, last)) >= 0)
        last = at;
    if (last >= 0) /* the most special one */
        names_add(names,
                  string_bytes(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, last))));
}

static void names_collect(struct buffer *names, const GENERAL_NAMES *alternatives)
{
    for (int i = 0; i < sk_GENERAL_NAME_num(alternatives); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(alternatives, i);
        if (name->type == GEN_URI)
            names_add_uri(names, string_bytes(name->d.uniformResourceIdentifier));
    }
    if (names->length > 0)
        return;
    for (int i = 0; i < sk_GENERAL_NAME_num(alternatives); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(alternatives, i);
        if (name->type == GEN_DNS)
            names_add(names, string_bytes(name->d.dNSName));
    }
}

char *names_of(const X509 *certificate, struct metrics *metrics)
{
    char memory[NAMES_MAX_BYTES];
    struct buffer names = buffer_over(memory, sizeof(memory));
    int place;
    GENERAL_NAMES *alternatives = X509_get_ext_d2i(certificate, NID_subject_alt_name, &place, NULL);
    if (alternatives != NULL)
        names_collect(&names, alternatives);
    else if (place == -1) /* there is none; else it cannot be read */
        names_add_common(&names, certificate);
    GENERAL_NAMES_free(alternatives);
    if (names.overflow)
        metrics_count(metrics, METRIC_certificates_cut);
    /* memory_copy puts the NUL of the empty last one there */
    return names.length > 0 ? memory_copy(buffer_bytes(&names)) : NULL;
}

static struct bytes without_dot(struct bytes name)
{
    bool dot = name.length > 0 && name.at[name.length - 1] == '.';
    return bytes_first(name, name.length - dot);
}

bool names_have(const char *names, struct bytes domain)
{
    domain = without_dot(domain);
    for (; names != NULL && *names != '\0'; names += strlen(names) + 1)
        if (bytes_equal_nocase(without_dot(bytes_of(names)), domain))
            return true;
    return false;
}

/* What the key may be used for: nothing said, anything, TLS in either role (a SIP server has both,
 * with one certificate), or the SIP domain (RFC 5924). */
static bool usage_fits(X509 *certificate)
{
    bool fits = false;
    int place;
    EXTENDED_KEY_USAGE *usages = X509_get_ext_d2i(certificate, NID_ext_key_usage, &place, NULL);
    if (usages == NULL)
        return place == -1;
    ASN1_OBJECT *sip_domain = OBJ_txt2obj("1.3.6.1.5.5.7.3.20", 1);
    for (int i = 0; i < sk_ASN1_OBJECT_num(usages) && !fits; i++) {
        const ASN1_OBJECT *usage = sk_ASN1_OBJECT_value(usages, i);
        int nid = OBJ_obj2nid(usage);
        fits = nid == NID_server_auth || nid == NID_client_auth || nid == NID_anyExtendedKeyUsage ||
               (sip_domain != NULL && OBJ_cmp(usage, sip_domain) == 0);
    }
    ASN1_OBJECT_free(sip_domain);
    EXTENDED_KEY_USAGE_free(usages);
    return fits;
}

static int names_check(const X509 *certificate, const char *domain)
{
    char *names = names_of(certificate, NULL);
    bool named = names_have(names, bytes_of(domain));
    free(names);
    return named ? X509_V_OK : X509_V_ERR_HOSTNAME_MISMATCH;
}

/* True when the certificate itself stands in the file of authorities. */
static bool is_listed(X509_STORE_CTX *chain)
{
    const X509 *certificate = X509_STORE_CTX_get0_cert(chain);
    STACK_OF(X509) *namesakes =
        X509_STORE_CTX_get1_certs(chain, X509_get_subject_name(certificate));
    bool listed = false;
    for (int i = 0; i < sk_X509_num(namesakes) && !listed; i++)
        listed = X509_cmp(sk_X509_value(namesakes, i), certificate) == 0;
    sk_X509_pop_free(namesakes, X509_free);
    return listed;
}

/* With lists of what was revoked each certificate needs its authority's list. Who is believed by
 * himself needs none: he is revoked by taking him out of the file. */
static int judge_link(int good, X509_STORE_CTX *chain)
{
    if (good || X509_STORE_CTX_get_error(chain) != X509_V_ERR_UNABLE_TO_GET_CRL ||
        !is_listed(chain))
        return good;
    X509_STORE_CTX_set_error(chain, X509_V_OK);
    return 1;
}

int tls_verify(X509_STORE_CTX *chain, void *unused)
{
    const SSL *ssl = X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx());
    const struct connection *connection = tls_connection(ssl);
    X509 *certificate = X509_STORE_CTX_get0_cert(chain);
    (void)unused;
    /* the purpose is checked here, as OpenSSL knows but one role at a time */
    (void)X509_VERIFY_PARAM_set_purpose(X509_STORE_CTX_get0_param(chain), X509_PURPOSE_ANY);
    X509_STORE_CTX_set_verify_cb(chain, judge_link);
    bool valid = X509_verify_cert(chain) > 0;
    int error = X509_STORE_CTX_get_error(chain);
    if (!valid && error == X509_V_OK)
        error = X509_V_ERR_UNSPECIFIED;
    if (valid && !usage_fits(certificate))
        error = X509_V_ERR_INVALID_PURPOSE;
    else if (valid && connection->tls->domain != NULL)
        error = names_check(certificate, connection->tls->domain);
    X509_STORE_CTX_set_error(chain, error);
    bool wanted = connection->tls->domain != NULL || connection->tls->required;
    return !wanted || error == X509_V_OK;
}
