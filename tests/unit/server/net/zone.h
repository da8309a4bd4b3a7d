/* zone.h: the raw answers of a name server that knows a few records, written as in a zone file. */
#ifndef TESTS_NET_ZONE_H
#define TESTS_NET_ZONE_H

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "wire.h"

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
