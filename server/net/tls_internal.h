/* tls_internal.h: what the files of TLS share: the certificates in use, the state of a connection,
 * and the names that a certificate proves. */
#ifndef NET_TLS_INTERNAL_H
#define NET_TLS_INTERNAL_H

#include <openssl/ssl.h>

#include "net/certificates.h"
#include "net/connection_internal.h"

/* Whom we are able to prove to be: a certificate of ours, in both roles. */
struct identity {
    char **names; /* the domain, and its other names; none: nobody, who has no certificate */
    size_t name_count;
    SSL_CTX *server, *client; /* server: NULL of nobody */
};

struct client_session; /* tls_session.c: what a connection of ours may resume */

/* The certificates in use: contexts, shared with the connections that began under them. */
struct credentials {
    struct identity *own; /* at least one, if only nobody */
    size_t count;
    enum net_asking asking;
    struct client_session *sessions; /* table, the oldest first */
};

/* TLS of one connection. */
struct tls {
    SSL *ssl;
    char *domain;  /* whom the peer must prove to be; NULL: anybody */
    char *speaker; /* whom we have shown to be, or will: the first of our identity's names */
    char *proved;  /* the SIP domains that the peer has proved to be (names_of); NULL: none */
    bool shaken, broken;
    bool shown;       /* of ours: the peer was given our certificate, now or in the first session */
    bool required;    /* who cannot prove to be anybody at all is not let in */
    bool eof;         /* of the socket */
    bool alias_asked; /* the first request was looked at (RFC 5923) */
};

/* The connection of a session; for OpenSSL's callbacks. */
struct connection *tls_connection(const SSL *ssl);

/* The reason of OpenSSL's first error in plain words; static or the thread's. */
const char *tls_reason(void);

/* For SSL_CTX_set_cert_cb of connections that we make: the peer asks for our certificate. */
int tls_show(SSL *ssl, void *unused);

/* tls_context.c */
void credentials_free(struct credentials **credentials);
/* The identity that has this name; NULL: none. */
const struct identity *credentials_find(const struct credentials *credentials, struct bytes name);
/* The same, but the first one in place of none. */
const struct identity *credentials_speaker(const struct credentials *credentials,
                                           struct bytes name);
/* True when the context is one of these credentials'. */
bool credentials_have(const struct credentials *credentials, const SSL_CTX *client);
/* The name by which it is known; "": nobody. */
const char *identity_name(const struct identity *identity);

/* tls_verify.c: the SIP domains that a certificate names (RFC 5922 7.1): each with a NUL behind it,
 * an empty one behind the last. NULL: none. The caller frees it. `metrics` counts what has more
 * names than are read. */
char *names_of(const X509 *certificate, struct metrics *metrics);
/* True when one of them is the domain (RFC 5922 7.2); `names` may be NULL. */
bool names_have(const char *names, struct bytes domain);
/* For SSL_CTX_set_cert_verify_callback. A peer that must prove a domain, or anything, and does not
 * is refused with the right alert; of others the result is only kept. */
int tls_verify(X509_STORE_CTX *chain, void *unused);

/* tls_session.c: sessions that servers gave us, to resume with. */
/* For SSL_CTX_sess_set_new_cb. */
int sessions_keep(SSL *ssl, SSL_SESSION *session);
/* Offers what is kept for the connection's address, domain and speaker, and forgets it: each is
 * used once (RFC 8446 C.4). */
void sessions_offer(struct connection *connection);
void sessions_release(struct credentials *credentials);

#endif
