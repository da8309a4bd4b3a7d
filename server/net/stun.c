/* stun.c: one pass over the attributes of a request, then the answer.
 *
 *      0                   1                   2                   3
 *     |0 0| type (14)             | length behind the 20 bytes      |
 *     | magic cookie 2112A442                                       |
 *     | transaction, 12 bytes                                       |
 *     | attributes: type (2), length (2), value, padded to 4 ...    | */
#include "net/stun.h"

#include <assert.h>

#include "base/buffer.h"

enum { HEAD_BYTES = 20, ATTRIBUTE_HEAD = 4, TRANSACTION_AT = 8, UNKNOWN_MAX = 8 };

enum { BINDING_REQUEST = 0x0001, BINDING_SUCCESS = 0x0101, BINDING_ERROR = 0x0111 };

enum {
    MAPPED_ADDRESS = 0x0001,
    USERNAME = 0x0006,
    MESSAGE_INTEGRITY = 0x0008,
    ERROR_CODE = 0x0009,
    UNKNOWN_ATTRIBUTES = 0x000a,
    REALM = 0x0014,
    NONCE = 0x0015,
    XOR_MAPPED_ADDRESS = 0x0020,
    OPTIONAL = 0x8000, /* from there on what is not understood is left alone */
    FINGERPRINT = 0x8028
};

#define MAGIC_COOKIE UINT32_C(0x2112a442)
#define FINGERPRINT_XOR UINT32_C(0x5354554e)

/* What a pass over the attributes has found. */
struct request {
    bool fingerprint;
    unsigned unknown_count;
    unsigned unknown[UNKNOWN_MAX];
};

static unsigned read_16(const char *at)
{
    const unsigned char *byte = (const unsigned char *)at;
    return (unsigned)byte[0] << 8 | byte[1];
}

static uint32_t read_32(const char *at)
{
    return (uint32_t)read_16(at) << 16 | read_16(at + 2);
}

static void write_16(struct buffer *out, unsigned value)
{
    buffer_char(out, (char)(value >> 8 & 0xff));
    buffer_char(out, (char)(value & 0xff));
}

static void write_32(struct buffer *out, uint32_t value)
{
    write_16(out, value >> 16);
    write_16(out, value & 0xffff);
}

/* CRC-32 as in ITU V.42, four bits at a time. */
static uint32_t crc_of(struct bytes bytes)
{
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < bytes.length; i++) {
        crc ^= (unsigned char)bytes.at[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

bool stun_is(struct bytes datagram)
{
    return datagram.length >= HEAD_BYTES && ((unsigned char)datagram.at[0] & 0xc0) == 0 &&
           read_32(datagram.at + 4) == MAGIC_COOKIE;
}

/* RFC 5389 18.2; of RFC 5389 all, though none of them means anything in a request without
 * credentials. */
static bool is_understood(unsigned type)
{
    switch (type) {
    case MAPPED_ADDRESS:
    case USERNAME:
    case MESSAGE_INTEGRITY:
    case ERROR_CODE:
    case UNKNOWN_ATTRIBUTES:
    case REALM:
    case NONCE:
    case XOR_MAPPED_ADDRESS:
        return true;
    default:
        return type >= OPTIONAL;
    }
}

/* RFC 5389 15.5: the CRC of all before it, under a length that includes it; nothing follows. */
static bool fingerprint_fits(struct bytes datagram, size_t at, size_t length)
{
    if (length != 4 || at + ATTRIBUTE_HEAD + length != datagram.length)
        return false;
    uint32_t crc = crc_of(bytes_first(datagram, at)) ^ FINGERPRINT_XOR;
    return crc == read_32(datagram.at + at + ATTRIBUTE_HEAD);
}

/* Walks the attributes; false when they are malformed. */
static bool request_parse(struct bytes datagram, struct request *request)
{
    size_t at = HEAD_BYTES;
    while (at < datagram.length) {
        if (datagram.length - at < ATTRIBUTE_HEAD)
            return false;
        unsigned type = read_16(datagram.at + at), length = read_16(datagram.at + at + 2);
        size_t padded = ((size_t)length + 3) & ~(size_t)3;
        if (padded > datagram.length - at - ATTRIBUTE_HEAD)
            return false;
        if (type == FINGERPRINT && !fingerprint_fits(datagram, at, length))
            return false;
        request->fingerprint = request->fingerprint || type == FINGERPRINT;
        if (!is_understood(type) && request->unknown_count < UNKNOWN_MAX)
            request->unknown[request->unknown_count++] = type;
        at += ATTRIBUTE_HEAD + padded;
    }
    return true;
}

static void write_head(struct buffer *out, unsigned type, struct bytes datagram)
{
    write_16(out, type);
    write_16(out, 0); /* the length, when it is known */
    write_32(out, MAGIC_COOKIE);
    buffer_put(out, bytes_from(datagram.at + TRANSACTION_AT, HEAD_BYTES - TRANSACTION_AT));
}

static void set_length(struct buffer *out, size_t length)
{
    out->at[2] = (char)(length >> 8);
    out->at[3] = (char)(length & 0xff);
}

/* RFC 5389 15.2: the address XORed with cookie and transaction, which stand in the answer's own
 * head. */
static void write_mapped(struct buffer *out, const struct net_address *from)
{
    size_t length = from->family == 4 ? 4 : 16;
    write_16(out, XOR_MAPPED_ADDRESS);
    write_16(out, (unsigned)(4 + length));
    write_16(out, from->family == 4 ? 1 : 2);
    write_16(out, from->port ^ (MAGIC_COOKIE >> 16));
    for (size_t i = 0; i < length; i++)
        buffer_char(out, (char)(from->ip[i] ^ (unsigned char)out->at[4 + i]));
}

/* RFC 5389 7.3.1, 15.6 and 15.9. */
static void write_unknown(struct buffer *out, const struct request *request)
{
    const struct bytes reason = BYTES("Unknown attribute");
    const char zeros[4] = {0};
    write_16(out, ERROR_CODE);
    write_16(out, (unsigned)(4 + reason.length));
    write_32(out, 4 << 8 | 20);
    buffer_put(out, reason);
    buffer_put(out, bytes_from(zeros, -reason.length & 3));
    write_16(out, UNKNOWN_ATTRIBUTES);
    write_16(out, 2 * request->unknown_count);
    for (unsigned i = 0; i < request->unknown_count; i++)
        write_16(out, request->unknown[i]);
    if (request->unknown_count % 2 != 0)
        write_16(out, 0);
}

static void write_fingerprint(struct buffer *out)
{
    set_length(out, out->length + ATTRIBUTE_HEAD + 4 - HEAD_BYTES);
    uint32_t crc = crc_of(buffer_bytes(out)) ^ FINGERPRINT_XOR;
    write_16(out, FINGERPRINT);
    write_16(out, 4);
    write_32(out, crc);
}

size_t stun_answer(struct bytes datagram, const struct net_address *from, char *out)
{
    struct buffer answer = buffer_over(out, STUN_ANSWER_MAX);
    struct request request = {0};
    assert(stun_is(datagram) && (from->family == 4 || from->family == 6));
    if (datagram.length > STUN_REQUEST_MAX || read_16(datagram.at) != BINDING_REQUEST)
        return 0;
    if (read_16(datagram.at + 2) != datagram.length - HEAD_BYTES ||
        !request_parse(datagram, &request))
        return 0;
    write_head(&answer, request.unknown_count > 0 ? BINDING_ERROR : BINDING_SUCCESS, datagram);
    if (request.unknown_count > 0)
        write_unknown(&answer, &request);
    else
        write_mapped(&answer, from);
    set_length(&answer, answer.length - HEAD_BYTES);
    if (request.fingerprint)
        write_fingerprint(&answer);
    assert(!answer.overflow);
    return answer.length;
}
