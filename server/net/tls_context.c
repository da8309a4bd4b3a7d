/* tls_context.c: the certificates in use: from files to OpenSSL's contexts.
 *
 * All files are read into a new set, which takes the old one's place only when it is whole.
 * Connections hold a reference to the context that they began with. Each certificate is an identity
 * with a context for either role: a client that names a host (SNI) is given that host's
 * certificate, a server that of the domain for which we speak; any other gets the first. */
#include <assert.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "base/memory.h"
#include "net/tls_internal.h"

enum {
    CHAIN_MAX = 10, /* certificates between a peer's and its authority */
    CHAIN_MAX_BYTES = 32768,
    TICKET_S = 2 * 3600,    /* how long a client may resume */
    WARN_S = 14 * 24 * 3600 /* of a certificate's end */
};

/* One reading of the files. */
struct reading {
    struct loop *loop;
    struct credentials *fresh;
    X509_STORE *believed;
    struct buffer why;
};

static enum err reading_fail(struct reading *reading, const char *what, const char *file,
                             const char *way_out)
{
    bool missing = ERR_SYSTEM_ERROR(ERR_peek_error());
    buffer_format(&reading->why, "%s %s cannot be used: %s; %s", what, file, tls_reason(), way_out);
    ERR_clear_error();
    return missing ? ERR_IO : ERR_PARSE;
}

/* A key with a password cannot be used by a server that starts by itself. */
static int no_password(char *out, int size, int writing, void *unused)
{
    (void)out, (void)size, (void)writing, (void)unused;
    return 0;
}

static int on_server_name(SSL *ssl, int *alert, void *unused)
{
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    struct connection *connection = tls_connection(ssl);
    const struct identity *own =
        name != NULL ? credentials_find(connection->loop->credentials, bytes_of(name)) : NULL;
    (void)alert, (void)unused;
    if (own == NULL)
        return SSL_TLSEXT_ERR_NOACK; /* the first one will do: many clients name what they dialled
                                      */
    (void)SSL_set_SSL_CTX(ssl, own->server);
    free(connection->tls->speaker);
    connection->tls->speaker = memory_copy(bytes_of(identity_name(own)));
    return SSL_TLSEXT_ERR_OK;
}

/* What both roles have in common. */
static SSL_CTX *context_new(const struct reading *reading, const SSL_METHOD *method)
{
    SSL_CTX *context = SSL_CTX_new(method);
    if (context == NULL)
        abort(); /* no memory, as in base/memory.c */
    (void)SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    (void)SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                           SSL_OP_CIPHER_SERVER_PREFERENCE |
                                           SSL_OP_IGNORE_UNEXPECTED_EOF);
    (void)SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                        SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                        SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
    (void)SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_default_passwd_cb(context, no_password);
    SSL_CTX_set1_cert_store(context, reading->believed);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_verify_depth(context, CHAIN_MAX);
    (void)SSL_CTX_set_max_cert_list(context, CHAIN_MAX_BYTES);
    SSL_CTX_set_cert_verify_callback(context, tls_verify, NULL);
    return context;
}

static SSL_CTX *server_context(const struct reading *reading)
{
    SSL_CTX *context = context_new(reading, TLS_server_method());
    (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF); /* tickets need no memory */
    (void)SSL_CTX_set_num_tickets(context, 1);
    (void)SSL_CTX_set_timeout(context, TICKET_S);
    (void)SSL_CTX_set_tlsext_servername_callback(context, on_server_name);
    return context;
}

static SSL_CTX *client_context(const struct reading *reading)
{
    SSL_CTX *context = context_new(reading, TLS_client_method());
    (void)SSL_CTX_set_session_cache_mode(context,
                                         SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, sessions_keep);
    SSL_CTX_set_cert_cb(context, tls_show, NULL);
    return context;
}

static enum err use_files(struct reading *reading, SSL_CTX *context,
                          const struct net_certificate *certificate)
{
    const char *key = certificate->key != NULL ? certificate->key : certificate->file;
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(context, certificate->file) != 1)
        return reading_fail(reading, "the certificate", certificate->file,
                            "let this user read a PEM file there (domains: certificate = ...)");
    if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context) != 1)
        return reading_fail(reading, "the key", key,
                            "let this user read the key of the certificate there, without a "
                            "password (domains: key = ...)");
    return ERR_NONE;
}

/* What works, but not for long or not for everybody. */
static void certificate_remark(const struct reading *reading, const SSL_CTX *context,
                               const struct net_certificate *certificate)
{
    X509 *own = SSL_CTX_get0_certificate(context);
    struct log *log = reading->loop->log;
    time_t soon = (time_t)(reading->loop->world->wall_ms / 1000) + WARN_S;
    char *names = names_of(own, NULL);
    if (X509_cmp_time(X509_get0_notAfter(own), &soon) < 0)
        log_write(log, LOG_WARNING, "net",
                  "the certificate %s is over, or will be within two weeks", certificate->file);
    if (!names_have(names, bytes_of(certificate->names[0])))
        log_write(log, LOG_WARNING, "net",
                  "the certificate %s does not name %s: other servers will not believe it",
                  certificate->file, certificate->names[0]);
    free(names);
}

static void names_take(struct identity *own, const struct net_certificate *certificate)
{
    own->names = memory_new(certificate->name_count * sizeof(own->names[0]));
    for (size_t i = 0; i < certificate->name_count; i++)
        own->names[own->name_count++] = memory_copy(bytes_of(certificate->names[i]));
}

static enum err certificate_take(struct reading *reading, const struct net_certificate *certificate)
{
    struct identity *own = &reading->fresh->own[reading->fresh->count++];
    assert(certificate->name_count > 0);
    names_take(own, certificate);
    own->server = server_context(reading);
    own->client = client_context(reading);
    enum err err = use_files(reading, own->server, certificate);
    if (err != ERR_NONE)
        return err;
    certificate_remark(reading, own->server, certificate);
    return use_files(reading, own->client, certificate);
}

/* Without certificates we are nobody to servers, and no server. */
static void nobody_take(struct reading *reading)
{
    reading->fresh->own[reading->fresh->count++].client = client_context(reading);
}

/* Whoever stands in the file is believed, be it an authority, one below it, or a single server. */
static enum err authorities_take(struct reading *reading, const char *file)
{
    reading->believed = X509_STORE_new();
    if (reading->believed == NULL)
        abort(); /* no memory, as in base/memory.c */
    (void)X509_STORE_set_flags(reading->believed, X509_V_FLAG_PARTIAL_CHAIN);
    ERR_clear_error();
    if (file == NULL)
        (void)X509_STORE_set_default_paths(reading->believed); /* none there: nobody is believed */
    else if (X509_STORE_load_file(reading->believed, file) != 1)
        return reading_fail(reading, "the file of authorities", file,
                            "let this user read a PEM file there (tls.ca = ...)");
    ERR_clear_error();
    return ERR_NONE;
}

/* Of an authority whose list is over nobody is believed; better the operator hears of it first. */
static void revoked_remark(const struct reading *reading, const char *file)
{
    STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(reading->believed);
    time_t now = (time_t)(reading->loop->world->wall_ms / 1000);
    for (int i = 0; i < sk_X509_OBJECT_num(objects); i++) {
        const X509_CRL *list = X509_OBJECT_get0_X509_CRL(sk_X509_OBJECT_value(objects, i));
        if (list == NULL || X509_CRL_get0_nextUpdate(list) == NULL ||
            X509_cmp_time(X509_CRL_get0_nextUpdate(list), &now) > 0)
            continue;
        log_write(
            reading->loop->log, LOG_WARNING, "net",
            "a list in %s is over, so none of its authority's certificates is believed: fetch "
            "a new one and send SIGHUP",
            file);
    }
}

static enum err revoked_take(struct reading *reading, const char *file)
{
    X509_LOOKUP *lookup = X509_STORE_add_lookup(reading->believed, X509_LOOKUP_file());
    if (lookup == NULL)
        abort(); /* no memory, as in base/memory.c */
    ERR_clear_error();
    if (X509_load_crl_file(lookup, file, X509_FILETYPE_PEM) <= 0)
        return reading_fail(reading, "the file of revoked certificates", file,
                            "let this user read a PEM file with lists there (tls.crl = ...)");
    (void)X509_STORE_set_flags(reading->believed, X509_V_FLAG_CRL_CHECK);
    revoked_remark(reading, file);
    ERR_clear_error();
    return ERR_NONE;
}

static enum err reading_do(struct reading *reading, const struct net_certificates *certificates)
{
    struct credentials *fresh = reading->fresh;
    fresh->asking = certificates->asking;
    enum err err = authorities_take(reading, certificates->authorities);
    if (err == ERR_NONE && certificates->revoked != NULL)
        err = revoked_take(reading, certificates->revoked);
    fresh->own = memory_new((certificates->count + 1) * sizeof(fresh->own[0]));
    for (size_t i = 0; i < certificates->count && err == ERR_NONE; i++)
        err = certificate_take(reading, &certificates->list[i]);
    if (err == ERR_NONE && certificates->count == 0)
        nobody_take(reading);
    return err;
}

enum err loop_use_certificates(struct loop *loop, const struct net_certificates *certificates,
                               char *why, size_t why_size)
{
    assert(why_size > 0);
    struct reading reading = {.loop = loop, .why = buffer_over(why, why_size - 1)};
    reading.fresh = memory_new(sizeof(*reading.fresh));
    enum err err = reading_do(&reading, certificates);
    why[reading.why.length] = '\0';
    X509_STORE_free(reading.believed);
    if (err != ERR_NONE) {
        credentials_free(&reading.fresh);
        return err;
    }
    credentials_free(&loop->credentials);
    loop->credentials = reading.fresh;
    return ERR_NONE;
}

const char *identity_name(const struct identity *identity)
{
    return identity->name_count > 0 ? identity->names[0] : "";
}

static bool identity_has(const struct identity *identity, struct bytes name)
{
    for (size_t i = 0; i < identity->name_count; i++)
        if (bytes_equal_nocase(bytes_of(identity->names[i]), name))
            return true;
    return false;
}

const struct identity *credentials_find(const struct credentials *credentials, struct bytes name)
{
    for (size_t i = 0; i < credentials->count; i++)
        if (identity_has(&credentials->own[i], name))
            return &credentials->own[i];
    return NULL;
}

const struct identity *credentials_speaker(const struct credentials *credentials, struct bytes name)
{
    const struct identity *own = credentials_find(credentials, name);
    return own != NULL ? own : &credentials->own[0];
}

bool credentials_have(const struct credentials *credentials, const SSL_CTX *client)
{
    for (size_t i = 0; i < credentials->count; i++)
        if (credentials->own[i].client == client)
            return true;
    return false;
}

static void identity_release(struct identity *own)
{
    for (size_t i = 0; i < own->name_count; i++)
        free(own->names[i]);
    free(own->names);
    SSL_CTX_free(own->server);
    SSL_CTX_free(own->client);
}

void credentials_free(struct credentials **credentials)
{
    struct credentials *old = *credentials;
    if (old == NULL)
        return;
    *credentials = NULL;
    sessions_release(old);
    for (size_t i = 0; i < old->count; i++)
        identity_release(&old->own[i]);
    free(old->own);
    free(old);
}
