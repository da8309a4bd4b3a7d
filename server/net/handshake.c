/* handshake.c: reads the request with http_parser and judges it when it is whole.
 *
 *     bytes -> http_parser -> places of names and values in the head
 *                          -> per field: the one value, or "has the token" (RFC 6455 4.2.1)
 *           -> judge, first fault counts -> 101, or the status and a line of plain text
 *
 * All that arrived is kept until the judgement, since a field may come in pieces; the buffer grows
 * up to the bound. */
#include "net/handshake.h"

#include <assert.h>
#include <http_parser.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/verdict.h"

enum { HEAD_FIRST = 1024, ANSWER_MAX = 512, KEY_LENGTH = 24, SHA1_BYTES = 20 };

/* Fields that may stand there once. */
enum { FIELD_HOST, FIELD_KEY, FIELD_VERSION, FIELD_ORIGIN, FIELDS };
static const char *const field_names[FIELDS] = {
    [FIELD_HOST] = "Host",
    [FIELD_KEY] = "Sec-WebSocket-Key",
    [FIELD_VERSION] = "Sec-WebSocket-Version",
    [FIELD_ORIGIN] = "Origin",
};

/* Lists that must hold a token. Sub-protocols are told apart by case: the browser compares ours
 * with what the page asked for. */
enum { LIST_UPGRADE, LIST_CONNECTION, LIST_PROTOCOL, LISTS };
static const struct {
    const char *name, *token;
    bool exact;
} lists[LISTS] = {
    [LIST_UPGRADE] = {"Upgrade", "websocket", false},
    [LIST_CONNECTION] = {"Connection", "upgrade", false},
    [LIST_PROTOCOL] = {"Sec-WebSocket-Protocol", "sip", true},
};

/* A part of the head; offsets, since the head moves when it grows. */
struct place {
    size_t at, length;
};

struct handshake {
    http_parser parser;
    const struct origins *origins;
    char *head;
    size_t length, size, most;
    bool whole, in_value;
    struct place name, value; /* of the field that is being read */
    unsigned counts[FIELDS];
    struct place values[FIELDS];
    bool listed[LISTS];
    unsigned status;
    struct buffer answer;
    char answer_text[ANSWER_MAX];
};

static struct bytes place_bytes(const struct handshake *handshake, struct place place)
{
    return bytes_from(handshake->head + place.at, place.length);
}

static void place_extend(const struct handshake *handshake, struct place *place, const char *at,
                         size_t length)
{
    if (place->length == 0)
        place->at = (size_t)(at - handshake->head);
    place->length = (size_t)(at + length - (handshake->head + place->at));
}

static bool list_has(struct bytes list, struct bytes token, bool exact)
{
    while (!bytes_empty(list)) {
        struct bytes value = bytes_trim(bytes_split(&list, ','));
        if (exact ? bytes_equal(value, token) : bytes_equal_nocase(value, token))
            return true;
    }
    return false;
}

/* Takes the field that has been read. */
static void field_end(struct handshake *handshake)
{
    struct bytes name = place_bytes(handshake, handshake->name);
    for (int i = 0; i < FIELDS; i++) {
        if (!bytes_equal_nocase(name, bytes_of(field_names[i])))
            continue;
        handshake->counts[i]++;
        handshake->values[i] = handshake->value;
    }
    struct bytes value = place_bytes(handshake, handshake->value);
    for (int i = 0; i < LISTS; i++) {
        if (bytes_equal_nocase(name, bytes_of(lists[i].name)) &&
            list_has(value, bytes_of(lists[i].token), lists[i].exact))
            handshake->listed[i] = true;
    }
    handshake->name = handshake->value = (struct place){0};
    handshake->in_value = false;
}

static int on_name(http_parser *parser, const char *at, size_t length)
{
    struct handshake *handshake = parser->data;
    if (handshake->in_value)
        field_end(handshake);
    place_extend(handshake, &handshake->name, at, length);
    return 0;
}

static int on_value(http_parser *parser, const char *at, size_t length)
{
    struct handshake *handshake = parser->data;
    handshake->in_value = true;
    place_extend(handshake, &handshake->value, at, length);
    return 0;
}

/* 2: whatever the fields say, there is no body, and what follows is not HTTP. */
static int on_head(http_parser *parser)
{
    struct handshake *handshake = parser->data;
    if (handshake->in_value)
        field_end(handshake);
    handshake->whole = true;
    return 2;
}

static const http_parser_settings parser_settings = {
    .on_header_field = on_name,
    .on_header_value = on_value,
    .on_headers_complete = on_head,
};

struct handshake *handshake_new(size_t head_max_bytes, const struct origins *origins)
{
    assert(head_max_bytes > 0 && origins != NULL);
    struct handshake *handshake = memory_new(sizeof(*handshake));
    http_parser_init(&handshake->parser, HTTP_REQUEST);
    handshake->parser.data = handshake;
    handshake->most = head_max_bytes;
    handshake->origins = origins;
    handshake->answer = buffer_over(handshake->answer_text, ANSWER_MAX);
    return handshake;
}

void handshake_free(struct handshake **handshake)
{
    if (*handshake == NULL)
        return;
    free((*handshake)->head);
    free(*handshake);
    *handshake = NULL;
}

/* 16 bytes in Base64 (RFC 6455 4.1). */
static bool key_is_valid(struct bytes key)
{
    if (key.length != KEY_LENGTH || !bytes_equal(bytes_skip(key, KEY_LENGTH - 2), BYTES("==")))
        return false;
    for (size_t i = 0; i < KEY_LENGTH - 2; i++) {
        char c = ascii_lower(key.at[i]);
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '+' && c != '/')
            return false;
    }
    return true;
}

static struct bytes field_value(const struct handshake *handshake, int field)
{
    return bytes_trim(place_bytes(handshake, handshake->values[field]));
}

/* That the request is an upgrade to a WebSocket at all (RFC 6455 4.2.1). */
static struct verdict judge_upgrade(const struct handshake *handshake)
{
    const http_parser *parser = &handshake->parser;
    if (parser->method != HTTP_GET)
        return verdict(405, "a WebSocket begins with GET", 0);
    if (parser->http_major != 1 || parser->http_minor < 1)
        return verdict(505, "a WebSocket begins with HTTP/1.1", 0);
    for (int i = 0; i < FIELDS; i++)
        if (handshake->counts[i] > 1)
            return verdict(400, "Host, Origin, Sec-WebSocket-Key or -Version stands there twice",
                           0);
    if (handshake->counts[FIELD_HOST] == 0)
        return verdict(400, "Host is missing", 0);
    if (!handshake->listed[LIST_UPGRADE] || !handshake->listed[LIST_CONNECTION])
        return verdict(426,
                       "only WebSocket is spoken here: Upgrade: websocket, "
                       "Connection: Upgrade",
                       0);
    return VERDICT_OK;
}

static struct verdict judge(const struct handshake *handshake)
{
    struct verdict v = judge_upgrade(handshake);
    if (!verdict_ok(v))
        return v;
    if (!bytes_equal(field_value(handshake, FIELD_VERSION), BYTES("13")))
        return verdict(426, "Sec-WebSocket-Version must be 13", 0);
    if (!key_is_valid(field_value(handshake, FIELD_KEY)))
        return verdict(400, "Sec-WebSocket-Key must be 16 bytes in Base64", 0);
    if (handshake->counts[FIELD_ORIGIN] > 0 &&
        !origins_allow(handshake->origins, field_value(handshake, FIELD_ORIGIN)))
        return verdict(403, "pages of this Origin may not connect (ws.origins)", 0);
    if (!handshake->listed[LIST_PROTOCOL])
        return verdict(400, "Sec-WebSocket-Protocol must offer sip (RFC 7118)", 0);
    return VERDICT_OK;
}

/* RFC 6455 4.2.2: Base64 of the SHA-1 of key and GUID. */
static void write_accept(struct handshake *handshake)
{
    char text[KEY_LENGTH + 36];
    unsigned char sum[SHA1_BYTES], accept[EVP_ENCODE_LENGTH(SHA1_BYTES)];
    struct buffer out = buffer_over(text, sizeof(text));
    buffer_put(&out, field_value(handshake, FIELD_KEY));
    buffer_text(&out, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    assert(!out.overflow && out.length == sizeof(text));
    int made = EVP_Digest(text, sizeof(text), sum, NULL, EVP_sha1(), NULL);
    assert(made == 1);
    (void)made;
    int length = EVP_EncodeBlock(accept, sum, SHA1_BYTES);
    buffer_put(&handshake->answer, bytes_from(accept, (size_t)length));
}

static void accept_it(struct handshake *handshake)
{
    handshake->status = 101;
    buffer_text(&handshake->answer, "HTTP/1.1 101 Switching Protocols\r\n"
                                    "Upgrade: websocket\r\n"
                                    "Connection: Upgrade\r\n"
                                    "Sec-WebSocket-Protocol: sip\r\n"
                                    "Sec-WebSocket-Accept: ");
    write_accept(handshake);
    buffer_text(&handshake->answer, "\r\n\r\n");
    assert(!handshake->answer.overflow);
}

static enum handshake_state refuse(struct handshake *handshake, unsigned status, const char *reason)
{
    struct buffer *out = &handshake->answer;
    assert(status >= 400 && reason != NULL && out->length == 0);
    handshake->status = status;
    buffer_format(out, "HTTP/1.1 %u %s\r\n", status, http_status_str((enum http_status)status));
    if (status == 405)
        buffer_text(out, "Allow: GET\r\n");
    if (status == 426)
        buffer_text(out, "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n");
    buffer_format(out,
                  "Connection: close\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n"
                  "%s\n",
                  strlen(reason) + 1, reason);
    assert(!out->overflow);
    return HANDSHAKE_REFUSED;
}

static enum handshake_state refuse_long(struct handshake *handshake)
{
    return refuse(handshake, 431, "the request is too long (net.head_max_bytes)");
}

/* Keeps as much of what arrived as the bound allows; how much. */
static size_t head_add(struct handshake *handshake, struct bytes arrived)
{
    struct bytes more = bytes_first(arrived, handshake->most - handshake->length);
    size_t needs = handshake->length + more.length;
    if (needs > handshake->size) {
        size_t size = handshake->size > 0 ? handshake->size : HEAD_FIRST;
        while (size < needs)
            size *= 2;
        handshake->head = memory_resize(handshake->head, size);
        handshake->size = size;
    }
    memcpy(handshake->head + handshake->length, more.at, more.length);
    handshake->length = needs;
    return more.length;
}

enum handshake_state handshake_read(struct handshake *handshake, struct bytes arrived,
                                    size_t *taken)
{
    assert(handshake->status == 0 && arrived.length > 0);
    *taken = 0;
    if (handshake->length == handshake->most)
        return refuse_long(handshake);
    size_t from = handshake->length, added = head_add(handshake, arrived);
    *taken =
        http_parser_execute(&handshake->parser, &parser_settings, handshake->head + from, added);
    assert(*taken <= added);
    if (!handshake->whole) {
        enum http_errno error = HTTP_PARSER_ERRNO(&handshake->parser);
        if (error == HPE_HEADER_OVERFLOW || (error == HPE_OK && added < arrived.length))
            return refuse_long(handshake);
        return error == HPE_OK ? HANDSHAKE_MORE
                               : refuse(handshake, 400, http_errno_description(error));
    }
    struct verdict v = judge(handshake);
    if (!verdict_ok(v))
        return refuse(handshake, v.status, v.reason);
    accept_it(handshake);
    return HANDSHAKE_DONE;
}

struct bytes handshake_answer(const struct handshake *handshake)
{
    assert(handshake->status != 0);
    return buffer_bytes(&handshake->answer);
}

unsigned handshake_status(const struct handshake *handshake)
{
    return handshake->status;
}
