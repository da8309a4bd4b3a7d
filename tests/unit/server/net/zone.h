/* zone.h: the raw answers of a name server that knows a few records, written as in a zone file. */
#ifndef TESTS_NET_ZONE_H
#define TESTS_NET_ZONE_H

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/records_internal.h"
#include "unit.h"

/* A record; `data` by type: an address, "PRIORITY WEIGHT PORT TARGET", "ORDER PREFERENCE FLAGS
 * SERVICE REPLACEMENT", a name. */
struct zone_record {
    const char *name;
    enum record_type type;
    uint32_t ttl_s;
    const char *data;
};

struct zone {
    const struct zone_record *records; /* the last has no name */
    uint32_t minimum_s;                /* of the SOA that comes with "nothing"; 0: no SOA comes */
    bool extras;                       /* SRV comes with the addresses of its targets */
};

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

static inline void wire_data(struct wire *wire, const struct zone_record *record)
{
    unsigned a, b, c;
    char one[64], two[64], name[256], address[16];
    switch (record->type) {
    case RECORD_A:
        ck_assert_int_eq(inet_pton(AF_INET, record->data, address), 1);
        wire_bytes(wire, address, 4);
        break;
    case RECORD_AAAA:
        ck_assert_int_eq(inet_pton(AF_INET6, record->data, address), 1);
        wire_bytes(wire, address, 16);
        break;
    case RECORD_SRV:
        ck_assert_int_eq(sscanf(record->data, "%u %u %u %255s", &a, &b, &c, name), 4);
        wire_u16(wire, a);
        wire_u16(wire, b);
        wire_u16(wire, c);
        wire_name(wire, name);
        break;
    case RECORD_NAPTR:
        ck_assert_int_eq(sscanf(record->data, "%u %u %63s %63s %255s", &a, &b, one, two, name), 5);
        wire_u16(wire, a);
        wire_u16(wire, b);
        wire_string(wire, one);
        wire_string(wire, two);
        wire_string(wire, "");
        wire_name(wire, name);
        break;
    default:
        wire_name(wire, record->data);
    }
}

static inline void wire_record(struct wire *wire, int section, const struct zone_record *record)
{
    size_t at = wire_begin_record(wire, section, record->name, record->type, record->ttl_s);
    wire_data(wire, record);
    wire_end_record(wire, at);
}

static inline void wire_soa(struct wire *wire, uint32_t ttl_s, uint32_t minimum_s)
{
    size_t at = wire_begin_record(wire, 1, "example", RECORD_SOA, ttl_s);
    wire_name(wire, "ns.example");
    wire_name(wire, "admin.example");
    for (uint32_t i = 1; i <= 4; i++)
        wire_u32(wire, i);
    wire_u32(wire, minimum_s);
    wire_end_record(wire, at);
}

static inline void zone_extras(const struct zone *zone, struct wire *wire, const char *target)
{
    for (const struct zone_record *record = zone->records; record->name != NULL; record++)
        if ((record->type == RECORD_A || record->type == RECORD_AAAA) &&
            strcmp(record->name, target) == 0)
            wire_record(wire, 2, record);
}

/* What the zone answers to a question. */
static inline void zone_answer(const struct zone *zone, const char *name, unsigned type,
                               struct wire *wire)
{
    const char *owner = name;
    bool exists = false;
    wire_begin(wire, name, type, 0);
    for (const struct zone_record *record = zone->records; record->name != NULL; record++) {
        if (strcmp(record->name, owner) != 0)
            continue;
        exists = true;
        if (record->type != type && record->type != RECORD_CNAME)
            continue;
        wire_record(wire, 0, record);
        if (record->type == RECORD_CNAME) {
            owner = record->data;
            record = zone->records - 1; /* from the beginning */
        }
    }
    bool nothing = wire->at[7] == 0;
    if (!exists)
        wire->at[3] |= 3;
    if (nothing && zone->minimum_s != 0)
        wire_soa(wire, 86400, zone->minimum_s);
    for (const struct zone_record *record = zone->records; record->name != NULL; record++)
        if (zone->extras && type == RECORD_SRV && record->type == RECORD_SRV &&
            strcmp(record->name, name) == 0)
            zone_extras(zone, wire, strrchr(record->data, ' ') + 1);
}

#endif
