/* tls_bed.h: a loop with TLS, its TLS clients and servers (papers.h), and what tests wait for. */
#ifndef TESTS_NET_TLS_BED_H
#define TESTS_NET_TLS_BED_H

#include "papers.h"

#define HELLO "MESSAGE sip:bob@example.com SIP/2.0\r\nContent-Length: 5\r\n\r\nhello"
#define NOTE "ACK sip:bob@example.com SIP/2.0\r\nl: 0\r\n\r\n" /* awaits no answer */

static const char *const com[] = {"example.com", "sip.example.com"};
static const char *const org[] = {"example.org"};

/* A loop that listens with TLS, with a certificate for example.com and one for example.org. */
static inline struct bed *bed_tls(struct papers *papers, const struct net_settings *settings,
                                  struct net_address *address)
{
    char why[256];
    struct bed *bed = bed_new(settings);
    struct net_certificate list[] = {
        {com, 2,
         papers_issue(papers,
                      &(struct paper){.file = "com.pem",
                                      .alternatives = "URI:sip:example.com,DNS:example.com"}),
         NULL},
        {org, 1,
         papers_issue(papers,
                      &(struct paper){.file = "org.pem", .alternatives = "DNS:example.org"}),
         NULL},
    };
    struct net_certificates certificates = {list, 2, papers_path(papers, "ca.pem"), NULL,
                                            NET_ASK_CERTIFICATE};
    enum err err = loop_use_certificates(bed->loop, &certificates, why, sizeof(why));
    ck_assert_msg(err == ERR_NONE, "%s", why);
    *address = bed_listen(bed, NET_TLS, "127.0.0.1");
    return bed;
}

/* What a client brings along; `paper` may be NULL. It believes the authority. */
static inline SSL_CTX *client_papers(const struct papers *papers, const char *paper)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    ck_assert_int_eq(SSL_CTX_load_verify_locations(context, papers_path(papers, "ca.pem"), NULL),
                     1);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    if (paper != NULL) {
        ck_assert_int_eq(SSL_CTX_use_certificate_chain_file(context, paper), 1);
        ck_assert_int_eq(SSL_CTX_use_PrivateKey_file(context, paper, SSL_FILETYPE_PEM), 1);
    }
    return context;
}

static inline struct party *client_call(SSL_CTX *context, const struct net_address *address,
                                        const char *name)
{
    struct party *party = party_new(context, client_open(SOCK_STREAM, address));
    SSL_set_connect_state(party->ssl);
    if (name != NULL)
        SSL_set_tlsext_host_name(party->ssl, name);
    return party;
}

/* Conditions; the party is bed->context. */

static inline bool party_shaken(struct bed *bed)
{
    struct party *party = bed->context;
    party_pump(party);
    return SSL_is_init_finished(party->ssl) && !party_unsent(party);
}

static inline bool party_done(struct bed *bed)
{
    struct party *party = bed->context;
    party_pump(party);
    return party->broken || party->eof;
}

static inline bool party_heard(struct bed *bed)
{
    struct party *party = bed->context;
    party_pump(party);
    return party->heard_length >= bed->wanted;
}

static inline bool party_sent(struct bed *bed)
{
    struct party *party = bed->context;
    party_pump(party);
    return bed->messages >= bed->wanted;
}

static inline void shake(struct bed *bed, struct party *party)
{
    bed->context = party;
    bed_until(bed, party_shaken);
}

static inline void party_say(struct party *party, struct bytes text)
{
    ck_assert_int_eq(SSL_write(party->ssl, text.at, (int)text.length), (int)text.length);
}

/* Says it, and waits until it has come up. */
static inline void say(struct bed *bed, struct party *party, struct bytes text)
{
    party_say(party, text);
    bed->context = party;
    bed->wanted = bed->messages + 1;
    bed_until(bed, party_sent);
}

/* A socket that listens on loopback and plays the remote end. */
static inline int server_listen(struct net_address *address)
{
    struct sockaddr_storage system;
    ck_assert(net_address_parse(BYTES("127.0.0.1"), 0, address));
    socklen_t length = system_address(address, &system);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&system, length), 0);
    ck_assert_int_eq(listen(fd, 8), 0);
    address->port = client_port(fd);
    return fd;
}

/* A TLS server with that paper. */
static inline SSL_CTX *server_papers(const struct papers *papers, const char *paper)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    ck_assert_int_eq(SSL_CTX_use_certificate_chain_file(context, paper), 1);
    ck_assert_int_eq(SSL_CTX_use_PrivateKey_file(context, paper, SSL_FILETYPE_PEM), 1);
    ck_assert_int_eq(SSL_CTX_load_verify_locations(context, papers_path(papers, "ca.pem"), NULL),
                     1);
    SSL_CTX_set_session_id_context(context, (const unsigned char *)"x", 1);
    return context;
}

/* Takes the connection that waits at a listening socket. */
static inline struct party *server_accept(SSL_CTX *context, int listening)
{
    int fd = accept(listening, NULL, NULL);
    ck_assert_int_ge(fd, 0);
    struct party *party = party_new(context, fd);
    SSL_set_accept_state(party->ssl);
    return party;
}

#endif
