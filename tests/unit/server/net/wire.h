/* wire.h: writing a message of the DNS, right or wrong (RFC 1035 4). */
#ifndef TESTS_NET_WIRE_H
#define TESTS_NET_WIRE_H

#include "net/records_internal.h"
#include "unit.h"

/* A message being written. */
struct wire {
    unsigned char at[65536];
    size_t length;
};

static inline void wire_u8(struct wire *wire, unsigned value)
{
    ck_assert_uint_lt(wire->length, sizeof(wire->at));
    wire->at[wire->length++] = (unsigned char)value;
}

static inline void wire_u16(struct wire *wire, unsigned value)
{
    wire_u8(wire, value >> 8 & 0xff);
    wire_u8(wire, value & 0xff);
}

static inline void wire_u32(struct wire *wire, uint32_t value)
{
    wire_u16(wire, value >> 16);
    wire_u16(wire, value & 0xffff);
}

static inline void wire_bytes(struct wire *wire, const void *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        wire_u8(wire, ((const unsigned char *)bytes)[i]);
}

static inline void wire_string(struct wire *wire, const char *text)
{
    wire_u8(wire, (unsigned)strlen(text));
    wire_bytes(wire, text, strlen(text));
}

/* "a.example" without compression; "." and "" are the root. */
static inline void wire_name(struct wire *wire, const char *name)
{
    struct bytes rest = bytes_of(strcmp(name, ".") == 0 ? "" : name);
    while (!bytes_empty(rest)) {
        struct bytes label = bytes_split(&rest, '.');
        wire_u8(wire, (unsigned)label.length);
        wire_bytes(wire, label.at, label.length);
    }
    wire_u8(wire, 0);
}

static inline void wire_set_u16(struct wire *wire, size_t at, unsigned value)
{
    wire->at[at] = (unsigned char)(value >> 8);
    wire->at[at + 1] = (unsigned char)value;
}

static inline struct bytes wire_raw(const struct wire *wire)
{
    return bytes_from(wire->at, wire->length);
}

/* Header and question of an answer; the counts are set as records are added. */
static inline void wire_begin(struct wire *wire, const char *name, unsigned type, unsigned rcode)
{
    wire->length = 0;
    wire_u16(wire, 0);
    wire_u16(wire, 0x8180 | rcode);
    wire_u16(wire, 1);
    for (int i = 0; i < 3; i++)
        wire_u16(wire, 0);
    wire_name(wire, name);
    wire_u16(wire, type);
    wire_u16(wire, 1);
}

/* Owner, type, class and time; the length of the data is set by wire_end_record. `section`: 0
 * answer, 1 authority, 2 additional. Returns where the length stands. */
static inline size_t wire_begin_record(struct wire *wire, int section, const char *name,
                                       unsigned type, uint32_t ttl_s)
{
    size_t count = 6 + 2 * (size_t)section;
    wire_set_u16(wire, count, (unsigned)(wire->at[count] << 8 | wire->at[count + 1]) + 1);
    wire_name(wire, name);
    wire_u16(wire, type);
    wire_u16(wire, 1);
    wire_u32(wire, ttl_s);
    wire_u16(wire, 0);
    return wire->length - 2;
}

static inline void wire_end_record(struct wire *wire, size_t length_at)
{
    wire_set_u16(wire, length_at, (unsigned)(wire->length - length_at - 2));
}

#endif
