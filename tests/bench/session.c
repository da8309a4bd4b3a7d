/* session.c: sockets, users, challenges, and the texts of requests. */
#include "session.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "load.h"

static const char cnonce[] = "0a4f113b";

uint64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Sockets. */

static bool open_listener(struct session *session, char *why, size_t why_size)
{
    struct net_listen listen = {session->options->protocol, session->server};
    bool known = net_address_parse(session->server.family == 4 ? BYTES("127.0.0.1") : BYTES("::1"),
                                   0, &listen.address);
    assert(known);
    (void)known;
    return loop_listen(session->loop, &listen, why, why_size) == ERR_NONE;
}

/* Each socket is a listener of its own. */
static bool open_datagrams(struct session *session, char *why, size_t why_size)
{
    for (unsigned i = 0; i < session->options->flows; i++) {
        struct net_flow *flow = &session->flows[i];
        *flow = (struct net_flow){.protocol = NET_UDP, .remote = session->server};
        if (!open_listener(session, why, why_size))
            return false;
        bool found = loop_listener_address(session->loop, NET_UDP, i, &flow->local);
        assert(found);
        (void)found;
    }
    return true;
}

/* The loop has one connection for each address of a peer, so the server that we start listens on
 * 127.0.0.1, 127.0.0.2 and so on. */
static bool open_connections(struct session *session, char *why, size_t why_size)
{
    if (!open_listener(session, why, why_size))
        return false;
    for (unsigned i = 0; i < session->options->flows; i++) {
        struct net_target target = {NET_TCP, session->server};
        target.address.ip[3] = (unsigned char)(target.address.ip[3] + i);
        enum err err = net_connect(session->net, &target, &session->flows[i]);
        if (err == ERR_NONE)
            continue;
        snprintf(why, why_size, "no connection to the server: %s", err_name(err));
        return false;
    }
    return true;
}

static void took_message(void *context, const struct net_flow *flow, struct bytes raw)
{
    struct session *session = context;
    load_take(session, flow, raw);
}

static void took_broken(void *context, const struct net_flow *flow, struct bytes raw,
                        unsigned status, const char *reason)
{
    struct session *session = context;
    (void)flow;
    (void)raw;
    load_abort(session->load, "the server's stream is broken (%u %s)", status, reason);
}

static void took_closed(void *context, uint64_t connection, enum err why)
{
    struct session *session = context;
    (void)connection;
    load_abort(session->load, "a connection to the server has ended: %s", err_name(why));
}

static void took_wake(void *context)
{
    struct session *session = context;
    load_issue(session->load);
}

static void took_signal(void *context, int number)
{
    struct session *session = context;
    session->interrupted = true;
    load_abort(session->load, "ended by signal %d", number);
}

static bool open_loop(struct session *session)
{
    struct net_settings settings = net_settings_default();
    settings.send_queue_max_bytes = 64 * 1024 * 1024;
    session->loop = loop_new(&session->world, &settings, NULL, NULL);
    if (session->loop == NULL)
        return false;
    session->net = loop_net(session->loop);
    const struct net_handler handler = {took_message, took_broken, took_closed, session};
    net_handle(session->net, &handler);
    loop_on_wake(session->loop, took_wake, session);
    return loop_on_signal(session->loop, SIGINT, took_signal, session) == ERR_NONE &&
           loop_on_signal(session->loop, SIGTERM, took_signal, session) == ERR_NONE;
}

static void make_users(struct session *session)
{
    session->users = memory_new(session->options->users * sizeof(*session->users));
    for (unsigned i = 0; i < session->options->users; i++) {
        struct user *user = &session->users[i];
        snprintf(user->aor, sizeof(user->aor), "u%06u@%s", i, session->options->domain);
        user->name_length = 7;
    }
}

struct session *session_new(const struct options *options, const struct net_address *server,
                            char *why, size_t why_size)
{
    struct session *session = memory_new(sizeof(*session));
    session->options = options;
    session->server = *server;
    session->engine = digest_engine_new();
    world_init(&session->world, now_ns() / 1000000, (uint64_t)time(NULL) * 1000, entropy_random,
               &session->entropy);
    struct buffer run = buffer_over(session->run, HEX_SIZE);
    uint32_t name = (uint32_t)world_random_u64(&session->world);
    buffer_hex(&run, &name, sizeof(name));
    make_users(session);
    snprintf(why, why_size, "the system refuses an event loop");
    bool datagrams = options->protocol == NET_UDP;
    if (!open_loop(session) || (datagrams ? !open_datagrams(session, why, why_size)
                                          : !open_connections(session, why, why_size)))
        session_free(&session);
    return session;
}

void session_free(struct session **session)
{
    struct session *old = *session;
    *session = NULL;
    loop_free(&old->loop);
    world_release(&old->world);
    digest_engine_free(&old->engine);
    for (unsigned i = 0; i < old->options->users; i++)
        free(old->users[i].credentials);
    for (uint32_t i = 0; i < old->dialog_count; i++) {
        free(old->dialogs[i].tag);
        free(old->dialogs[i].target);
    }
    session_forget_calls(old);
    free(old->seen);
    free(old->users);
    free(old->dialogs);
    free(old);
}

uint32_t session_dialog(struct session *session, uint32_t watcher, uint32_t presentity)
{
    if (session->dialog_count == session->dialog_room) {
        session->dialog_room = session->dialog_room > 0 ? session->dialog_room * 2 : 1024;
        session->dialogs =
            memory_resize(session->dialogs, session->dialog_room * sizeof(*session->dialogs));
    }
    session->dialogs[session->dialog_count] =
        (struct dialog){.watcher = watcher, .presentity = presentity};
    return session->dialog_count++;
}

/* Challenges. */

/* The value of a parameter of a challenge without its quotes, as text; false: absent or too long.
 */
static bool challenge_text(struct bytes parameters, const char *name, char *text, size_t size)
{
    struct bytes element;
    while (sip_list_next(&parameters, &element)) {
        struct bytes value = element, key = bytes_trim(bytes_split(&value, '='));
        value = bytes_trim(value);
        if (!bytes_equal_nocase(key, bytes_of(name)))
            continue;
        if (value.length >= 2 && value.at[0] == '"')
            value = bytes_first(bytes_skip(value, 1), value.length - 2);
        if (value.length >= size)
            return false;
        memcpy(text, value.at, value.length);
        text[value.length] = '\0';
        return true;
    }
    text[0] = '\0';
    return false;
}

static bool challenge_read(struct bytes value, struct credentials *credentials)
{
    char algorithm[32], qop[32];
    struct bytes scheme = BYTES("Digest ");
    if (!bytes_equal_nocase(bytes_first(value, scheme.length), scheme))
        return false;
    struct bytes parameters = bytes_skip(value, scheme.length);
    (void)challenge_text(parameters, "algorithm", algorithm, sizeof(algorithm));
    credentials->algorithm = digest_algorithm_of(bytes_of(algorithm));
    credentials->qop = challenge_text(parameters, "qop", qop, sizeof(qop));
    (void)challenge_text(parameters, "opaque", credentials->opaque, sizeof(credentials->opaque));
    return credentials->algorithm != DIGEST_COUNT &&
           challenge_text(parameters, "realm", credentials->realm, sizeof(credentials->realm)) &&
           challenge_text(parameters, "nonce", credentials->nonce, sizeof(credentials->nonce));
}

bool user_take_challenge(struct session *session, struct user *user,
                         const struct sip_message *response)
{
    struct credentials made = {.proxy = response->status == 407};
    const struct sip_field *field =
        sip_message_field(response, made.proxy ? SIP_PROXY_AUTHENTICATE : SIP_WWW_AUTHENTICATE);
    if (field == NULL || !challenge_read(field->value, &made))
        return false;
    made.ha1 = digest_ha1(session->engine, made.algorithm, bytes_from(user->aor, user->name_length),
                          bytes_of(made.realm), bytes_of(session->options->password));
    if (user->credentials == NULL)
        user->credentials = memory_new(sizeof(made));
    *user->credentials = made;
    return true;
}

/* Texts. */

static void write_via(struct draft *draft, const struct session *session,
                      const struct draft_head *head)
{
    struct buffer *out = &draft->out;
    const struct net_flow *flow = &session->flows[head->flow];
    buffer_text(out, "Via: SIP/2.0/");
    buffer_text(out, net_protocol_name(flow->protocol));
    buffer_char(out, ' ');
    net_address_write(&flow->local, out);
    buffer_format(out, ";rport;branch=z9hG4bK-%s-%08x-", session->run, head->actor);
    draft_mark(draft, STAMP_SEQUENCE, HEX_SIZE);
    buffer_text(out, "\r\n");
}

static void write_call(struct draft *draft, const struct draft_head *head)
{
    if (head->call_stamp != STAMP_NONE)
        draft_mark(draft, head->call_stamp, HEX_SIZE);
    else
        buffer_format(&draft->out, "%08x", head->call);
}

void draft_write_head(struct draft *draft, const struct session *session,
                      const struct draft_head *head)
{
    struct buffer *out = &draft->out;
    draft_begin(draft);
    buffer_format(out, "%s %s SIP/2.0\r\n", head->method, head->uri);
    write_via(draft, session, head);
    buffer_format(out, "Max-Forwards: 70\r\nFrom: <sip:%s>;tag=", head->from);
    write_call(draft, head);
    buffer_format(out, "\r\nTo: <sip:%s>%s%s\r\nCall-ID: %s-%c-", head->to,
                  head->to_tag != NULL ? ";tag=" : "", head->to_tag != NULL ? head->to_tag : "",
                  session->run, head->family);
    write_call(draft, head);
    buffer_text(out, "\r\nCSeq: ");
    draft_mark(draft, STAMP_CSEQ, CSEQ_DIGITS);
    buffer_format(out, " %s\r\n", head->method);
}

void draft_write_contact(struct draft *draft, const struct session *session, unsigned flow,
                         const char *user)
{
    struct buffer *out = &draft->out;
    buffer_text(out, "Contact: <sip:");
    if (user != NULL)
        buffer_text(out, user);
    else
        draft_mark(draft, STAMP_DIALOG, HEX_SIZE);
    buffer_char(out, '@');
    net_address_write(&session->flows[flow].local, out);
    buffer_text(out, session->options->protocol == NET_TCP ? ";transport=tcp>\r\n" : ">\r\n");
}

void draft_write_credentials(struct draft *draft, const struct user *user, const char *uri)
{
    const struct credentials *credentials = user->credentials;
    struct buffer *out = &draft->out;
    if (credentials == NULL)
        return;
    buffer_format(out,
                  "%s: Digest username=\"%.*s\", realm=\"%s\", nonce=\"%s\", uri=\"%s\", "
                  "algorithm=%s, response=\"",
                  credentials->proxy ? "Proxy-Authorization" : "Authorization",
                  (int)user->name_length, user->aor, credentials->realm, credentials->nonce, uri,
                  digest_algorithm_name(credentials->algorithm));
    draft_mark(draft, STAMP_RESPONSE, (unsigned)strlen(credentials->ha1.text));
    buffer_char(out, '"');
    if (credentials->opaque[0] != '\0')
        buffer_format(out, ", opaque=\"%s\"", credentials->opaque);
    if (credentials->qop) {
        buffer_format(out, ", qop=auth, cnonce=\"%s\", nc=", cnonce);
        draft_mark(draft, STAMP_NC, HEX_SIZE);
    }
    buffer_text(out, "\r\n");
}

void draft_prove(struct draft *draft, struct session *session, struct user *user,
                 const char *method, const char *uri)
{
    struct credentials *own = user->credentials;
    char nc[HEX_SIZE + 1];
    if (own == NULL)
        return;
    snprintf(nc, sizeof(nc), "%08x", ++own->nc);
    struct digest_credentials credentials = {
        .username = bytes_from(user->aor, user->name_length),
        .realm = bytes_of(own->realm),
        .nonce = bytes_of(own->nonce),
        .uri = bytes_of(uri),
        .algorithm = own->algorithm,
    };
    if (own->qop) {
        credentials.cnonce = bytes_of(cnonce);
        credentials.qop = BYTES("auth");
        credentials.nc = bytes_of(nc);
        draft_patch(draft, STAMP_NC, credentials.nc);
    }
    struct digest_hex response =
        digest_response(session->engine, &credentials, own->ha1.text, bytes_of(method), BYTES(""));
    draft_patch(draft, STAMP_RESPONSE, bytes_of(response.text));
}

void draft_write_body(struct draft *draft, const char *type, struct bytes body)
{
    struct bytes blank = BYTES("########");
    if (type != NULL)
        buffer_format(&draft->out, "Content-Type: %s\r\n", type);
    buffer_format(&draft->out, "Content-Length: %zu\r\n\r\n", body.length);
    while (body.length > 0) {
        const char *at = memmem(body.at, body.length, blank.at, blank.length);
        buffer_put(&draft->out,
                   bytes_first(body, at != NULL ? (size_t)(at - body.at) : body.length));
        if (at == NULL)
            break;
        draft_mark(draft, STAMP_SEQUENCE, HEX_SIZE);
        body = bytes_skip(body, (size_t)(at - body.at) + blank.length);
    }
    assert(!draft->out.overflow);
}
