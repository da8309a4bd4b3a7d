/* tls.c: the wire of TLS (OpenSSL): bytes to and from the socket as records.
 *
 * OpenSSL reads and writes the socket through a BIO of ours: its own would raise SIGPIPE, and would
 * let a peer that sends without end keep us reading. What one event may take from the socket is
 * counted; the rest waits there, and the loop comes back for it. Out: what has gathered in the
 * connection's queue becomes records of up to 16 KiB; nothing but one record waits within OpenSSL,
 * so the queue's bound holds.
 *
 * A connection that we make carries the domain that its peer must prove; it fails within the
 * handshake, before anything of ours is sent (RFC 5922 7.3). One that we accept asks for a
 * certificate and notes what it proves (RFC 5922 7.4). */
#include <assert.h>
#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/memory.h"
#include "net/tls_internal.h"
#include "sip/message.h"

enum { LOG_PAUSE_MS = 1000 };

struct connection *tls_connection(const SSL *ssl)
{
    return SSL_get_app_data(ssl);
}

const char *tls_reason(void)
{
    unsigned long error = ERR_peek_error();
    const char *reason =
        ERR_SYSTEM_ERROR(error) ? strerror(ERR_GET_REASON(error)) : ERR_reason_error_string(error);
    return reason != NULL ? reason : "the connection was closed";
}

/* The BIO. */

static int bio_again(BIO *bio, int flag)
{
    BIO_set_flags(bio, flag | BIO_FLAGS_SHOULD_RETRY);
    return -1;
}

static int bio_read(BIO *bio, char *at, int size)
{
    struct connection *connection = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (connection->allowance == 0)
        return bio_again(bio, BIO_FLAGS_READ);
    size_t most = (size_t)size < connection->allowance ? (size_t)size : connection->allowance;
    ssize_t got = wire_plain.read(connection, at, most);
    if (got == WIRE_AGAIN)
        return bio_again(bio, BIO_FLAGS_READ);
    if (got == 0)
        connection->tls->eof = true;
    if (got > 0)
        connection->allowance -= (size_t)got;
    return got > 0 ? (int)got : (int)-(got < 0);
}

static int bio_write(BIO *bio, const char *at, int length)
{
    struct connection *connection = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    ssize_t sent = wire_plain.write(connection, bytes_from(at, (size_t)length));
    if (sent == WIRE_AGAIN)
        return bio_again(bio, BIO_FLAGS_WRITE);
    return sent == WIRE_FAILED ? -1 : (int)sent;
}

static long bio_control(BIO *bio, int command, long number, void *pointer)
{
    const struct connection *connection = BIO_get_data(bio);
    (void)number, (void)pointer;
    if (command == BIO_CTRL_EOF)
        return connection->tls->eof;
    return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *bio_method(struct loop *loop)
{
    if (loop->bio != NULL)
        return loop->bio;
    loop->bio = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "connection");
    if (loop->bio == NULL)
        abort(); /* no memory, as in base/memory.c */
    (void)BIO_meth_set_read(loop->bio, bio_read);
    (void)BIO_meth_set_write(loop->bio, bio_write);
    (void)BIO_meth_set_ctrl(loop->bio, bio_control);
    return loop->bio;
}

/* Begins TLS on a connection. */
static void tls_new(struct connection *connection, SSL_CTX *context, const char *speaker)
{
    struct tls *tls = memory_new(sizeof(*tls));
    BIO *bio = BIO_new(bio_method(connection->loop));
    tls->ssl = SSL_new(context);
    if (bio == NULL || tls->ssl == NULL)
        abort(); /* no memory, as in base/memory.c */
    tls->speaker = memory_copy(bytes_of(speaker));
    connection->tls = tls;
    BIO_set_data(bio, connection);
    BIO_set_init(bio, 1);
    SSL_set_bio(tls->ssl, bio, bio);
    SSL_set_app_data(tls->ssl, connection);
}

/* What is wanted of who has connected: the listener's word, else the usual. */
static enum net_asking asking_of(const struct connection *connection)
{
    const struct loop *loop = connection->loop;
    const struct net_flow *flow = &connection->flow;
    const struct listener *listener = listener_at(loop, flow->protocol, &flow->local);
    if (listener != NULL && listener->asking != NET_ASK_AS_USUAL)
        return listener->asking;
    if (flow->protocol == NET_WSS) /* browsers would ask their user for one */
        return NET_ASK_NOTHING;
    return loop->credentials->asking;
}

/* A session is resumed only where as much was asked when it began: the ticket of a listener that
 * asks for nothing opens no other one. */
static void tls_ask(struct tls *tls, enum net_asking asking)
{
    static const unsigned char wants[][9] = {"nothing", "nothing", "any", "valid"};
    static const int modes[] = {SSL_VERIFY_NONE, SSL_VERIFY_NONE, SSL_VERIFY_PEER,
                                SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT};
    SSL_set_verify(tls->ssl, modes[asking], NULL);
    (void)SSL_set_session_id_context(tls->ssl, wants[asking], sizeof(wants[asking]));
    tls->required = asking == NET_ASK_VALID;
}

static bool tls_accept(struct connection *connection)
{
    const struct credentials *credentials = connection->loop->credentials;
    if (credentials == NULL || credentials->own[0].server == NULL)
        return false;
    tls_new(connection, credentials->own[0].server, identity_name(&credentials->own[0]));
    SSL_set_accept_state(connection->tls->ssl);
    tls_ask(connection->tls, asking_of(connection));
    return true;
}

/* RFC 5923 8.2: with "alias" in the topmost Via the peer keeps the connection, and is to be found
 * by its address and the port that stands there. Whoever has proved nothing could lure away what is
 * for others (RFC 5923 9.2). */
void tls_ask_alias(struct connection *connection, struct bytes raw)
{
    struct tls *tls = connection->tls;
    struct sip_message message;
    struct bytes value;
    if (tls->alias_asked)
        return;
    tls->alias_asked = true;
    if (tls->proved == NULL || !SSL_is_server(tls->ssl) ||
        !verdict_ok(sip_message_parse(raw, true, &message)) ||
        !sip_parameter(message.via.parameters, "alias", &value))
        return;
    connection_alias(connection, message.via.port != 0 ? message.via.port : NET_PORT_SIPS);
}

bool tls_can_connect(const struct loop *loop)
{
    return loop->credentials != NULL;
}

void tls_connect(struct connection *connection, const struct net_target *target)
{
    const struct identity *own =
        credentials_speaker(connection->loop->credentials, target->speaker);
    struct bytes domain = target->domain;
    struct net_address numeric;
    tls_new(connection, own->client, identity_name(own));
    struct tls *tls = connection->tls;
    SSL_set_connect_state(tls->ssl);
    if (!bytes_empty(domain))
        tls->domain = memory_copy(domain);
    if (!bytes_empty(domain) && !net_address_parse(domain, 0, &numeric)) /* RFC 6066 3 */
        (void)SSL_set_tlsext_host_name(tls->ssl, tls->domain);
    sessions_offer(connection);
}

bool tls_serves(const struct connection *connection, const struct net_target *target)
{
    const struct tls *tls = connection->tls;
    struct bytes domain = target->domain;
    if (tls == NULL)
        return false; /* accepted, and not begun yet */
    const struct identity *own =
        credentials_speaker(connection->loop->credentials, target->speaker);
    if (!bytes_equal_nocase(bytes_of(tls->speaker), bytes_of(identity_name(own))))
        return false;
    if (bytes_empty(domain))
        return true;
    if (tls->shaken)
        return names_have(tls->proved, domain);
    return tls->domain != NULL && bytes_equal_nocase(bytes_of(tls->domain), domain);
}

/* The handshake. */

/* Failures of our own connections are the operator's business, those of others only if he asks. */
static void tls_log(struct connection *connection, const char *reason)
{
    struct loop *loop = connection->loop;
    char text[64];
    struct buffer remote = buffer_over(text, sizeof(text));
    bool ours = connection->list != &loop->streams.handshaking;
    if (ours && loop->world->now_ms < loop->tls_log_again_ms)
        return;
    if (ours)
        loop->tls_log_again_ms = loop->world->now_ms + LOG_PAUSE_MS;
    net_address_write(&connection->flow.remote, &remote);
    const char *domain = connection->tls->domain;
    log_write(loop->log, ours ? LOG_WARNING : LOG_DEBUG, "net", "no TLS with %.*s%s%s: %s",
              BYTES_ARGS(buffer_bytes(&remote)), domain != NULL ? " for domain " : "",
              domain != NULL ? domain : "", reason);
}

static int tls_failed(struct connection *connection)
{
    struct tls *tls = connection->tls;
    long verified = SSL_get_verify_result(tls->ssl);
    bool wanted = tls->domain != NULL || tls->required;
    bool unproved = wanted && (tls->shaken || verified != X509_V_OK);
    if (verified == X509_V_ERR_HOSTNAME_MISMATCH || (unproved && verified == X509_V_OK))
        tls_log(connection, "its certificate does not name the domain");
    else
        tls_log(connection, unproved ? X509_verify_cert_error_string(verified) : tls_reason());
    tls->broken = true;
    connection->why = unproved ? ERR_DENIED : ERR_IO;
    return WIRE_FAILED;
}

/* A resumed session has the certificate of the first one, which was verified then. */
static int tls_shaken(struct connection *connection)
{
    struct tls *tls = connection->tls;
    const X509 *certificate = SSL_get0_peer_certificate(tls->ssl);
    tls->shaken = true;
    if (certificate != NULL && SSL_get_verify_result(tls->ssl) == X509_V_OK)
        tls->proved = names_of(certificate, connection->loop->metrics);
    if (SSL_session_reused(tls->ssl)) {
        metrics_count(connection->loop->metrics, METRIC_handshakes_resumed);
        tls->shown = true; /* perhaps: whether it was asked for then is not kept */
    }
    if (tls->domain == NULL || names_have(tls->proved, bytes_of(tls->domain)))
        return 0;
    return tls_failed(connection);
}

static int tls_handshake(struct connection *connection)
{
    if (connection->tls == NULL && !tls_accept(connection)) {
        connection->why = ERR_NOT_FOUND;
        return WIRE_FAILED;
    }
    SSL *ssl = connection->tls->ssl;
    ERR_clear_error();
    int result = SSL_do_handshake(ssl);
    if (result == 1)
        return tls_shaken(connection);
    int error = SSL_get_error(ssl, result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
        return tls_failed(connection);
    connection->wants = error == SSL_ERROR_WANT_READ ? UV_READABLE : UV_WRITABLE;
    return WIRE_AGAIN;
}

/* Bytes. */

static ssize_t tls_read(struct connection *connection, char *at, size_t size)
{
    struct tls *tls = connection->tls;
    size_t got;
    ERR_clear_error();
    if (SSL_read_ex(tls->ssl, at, size, &got) == 1)
        return (ssize_t)got;
    int error = SSL_get_error(tls->ssl, 0);
    if (error == SSL_ERROR_ZERO_RETURN)
        return 0;
    if (error == SSL_ERROR_WANT_WRITE) /* an answer of TLS itself does not fit into the socket */
        connection->wants |= UV_WRITABLE;
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
        return WIRE_AGAIN;
    tls->broken = true;
    return WIRE_FAILED;
}

static ssize_t tls_write(struct connection *connection, struct bytes bytes)
{
    struct tls *tls = connection->tls;
    size_t done = 0;
    if (!tls->shaken || tls->broken)
        return WIRE_FAILED;
    while (done < bytes.length) {
        size_t wrote;
        ERR_clear_error();
        if (SSL_write_ex(tls->ssl, bytes.at + done, bytes.length - done, &wrote) == 1) {
            done += wrote;
            continue;
        }
        int error = SSL_get_error(tls->ssl, 0);
        connection->starved = error == SSL_ERROR_WANT_READ;
        if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
            break;
        tls->broken = true;
        return WIRE_FAILED;
    }
    return done > 0 ? (ssize_t)done : WIRE_AGAIN;
}

static void tls_shutdown(struct connection *connection)
{
    const struct tls *tls = connection->tls;
    ERR_clear_error();
    if (tls != NULL && tls->shaken && !tls->broken)
        (void)SSL_shutdown(tls->ssl);
    wire_plain.shutdown(connection);
}

static void tls_release(struct connection *connection)
{
    struct tls *tls = connection->tls;
    if (tls == NULL)
        return;
    connection->tls = NULL;
    if (tls->shaken && !tls->broken) /* the session may be resumed, however the connection ended */
        SSL_set_shutdown(tls->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(tls->ssl);
    free(tls->domain);
    free(tls->speaker);
    free(tls->proved);
    free(tls);
}

const struct wire wire_tls = {
    .handshake = tls_handshake,
    .read = tls_read,
    .write = tls_write,
    .buffers = true,
    .shutdown = tls_shutdown,
    .release = tls_release,
};

void tls_end(struct loop *loop)
{
    credentials_free(&loop->credentials);
    BIO_meth_free(loop->bio);
    loop->bio = NULL;
}

int tls_show(SSL *ssl, void *unused)
{
    (void)unused;
    tls_connection(ssl)->tls->shown = true;
    return 1; /* go on with the certificate of the context */
}

/* The first request leaves before we know whether we are asked: whoever did not ask cannot know us
 * and goes on as if nothing had been said (RFC 5923 9.2). */
bool tls_reusable(const struct connection *connection)
{
    const struct tls *tls = connection->tls;
    return tls != NULL && !SSL_is_server(tls->ssl) && tls->domain != NULL &&
           *tls->speaker != '\0' && (!tls->shaken || tls->shown);
}

bool tls_proved(const struct connection *connection, struct bytes domain)
{
    return connection->tls != NULL && names_have(connection->tls->proved, domain);
}
