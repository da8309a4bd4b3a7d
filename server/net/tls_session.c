/* tls_session.c: sessions that servers gave us, so that the next connection there needs no new
 * proof (RFC 8446 2.2, RFC 5077).
 *
 * Kept by address, by the domain that was proved and by that of ours which was: a session resumes
 * those proofs and no others. It is forgotten when it is used, when it is old, and with the
 * certificates in whose time it was made. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/table.h"
#include "net/tls_internal.h"

enum { SESSION_MS = 2 * 3600 * 1000, KEY_MAX = 512 };

struct client_session {
    UT_hash_handle hh;
    SSL_SESSION *session;
    uint64_t taken_ms;
    char key[];
};

/* "192.0.2.1:5061/example.com/our.example.org"; false when it is too long. */
static bool key_write(const struct connection *connection, struct buffer *out)
{
    net_address_write(&connection->flow.remote, out);
    buffer_char(out, '/');
    if (connection->tls->domain != NULL)
        buffer_text(out, connection->tls->domain);
    buffer_char(out, '/');
    buffer_text(out, connection->tls->speaker);
    return !out->overflow;
}

static struct client_session *session_find(const struct connection *connection, struct bytes key)
{
    struct client_session *found;
    assert(key.at != NULL && key.length > 0);
    TABLE_FIND(connection->loop->credentials->sessions, key.at, key.length,
               connection->loop->streams.seed, found);
    return found;
}

static void session_free(struct client_session *session)
{
    SSL_SESSION_free(session->session);
    free(session);
}

static void session_drop(struct credentials *credentials, struct client_session *session)
{
    HASH_DELETE(hh, credentials->sessions, session);
    assert(credentials->sessions != session);
    session_free(session);
}

/* The oldest one. */
static struct client_session *session_evict(const struct loop *loop)
{
    metrics_count(loop->metrics, METRIC_tls_sessions_evicted);
    return loop->credentials->sessions;
}

int sessions_keep(SSL *ssl, SSL_SESSION *session)
{
    char memory[KEY_MAX];
    struct buffer key = buffer_over(memory, sizeof(memory));
    const struct connection *connection = tls_connection(ssl);
    struct credentials *credentials = connection->loop->credentials;
    if (!credentials_have(credentials, SSL_get_SSL_CTX(ssl)) || !key_write(connection, &key))
        return 0; /* OpenSSL frees it */
    struct client_session *old = session_find(connection, buffer_bytes(&key));
    if (old == NULL &&
        HASH_COUNT(credentials->sessions) >= connection->loop->settings.tls_sessions_max)
        old = session_evict(connection->loop);
    if (old != NULL)
        session_drop(credentials, old);
    struct client_session *fresh = memory_new(sizeof(*fresh) + key.length);
    memcpy(fresh->key, key.at, key.length);
    fresh->session = session;
    fresh->taken_ms = connection->loop->world->now_ms;
    TABLE_ADD(credentials->sessions, fresh->key, key.length, connection->loop->streams.seed, fresh);
    return 1; /* it is ours now */
}

void sessions_offer(struct connection *connection)
{
    char memory[KEY_MAX];
    struct buffer key = buffer_over(memory, sizeof(memory));
    struct credentials *credentials = connection->loop->credentials;
    if (!key_write(connection, &key))
        return;
    struct client_session *session = session_find(connection, buffer_bytes(&key));
    if (session == NULL)
        return;
    if (session->taken_ms + SESSION_MS > connection->loop->world->now_ms)
        (void)SSL_set_session(connection->tls->ssl, session->session);
    session_drop(credentials, session);
}

void sessions_release(struct credentials *credentials)
{
    struct client_session *session = credentials->sessions;
    HASH_CLEAR(hh, credentials->sessions); /* the table alone; its entries stay linked */
    while (session != NULL) {
        struct client_session *next = session->hh.next;
        session_free(session);
        session = next;
    }
}
