/* records.c: reading an answer of the DNS (RFC 1035 4.1).
 *
 *     header | question | answers ... | authorities ... | additionals ...
 *
 * 1. The header must be that of an answer to one question, and the question ours.
 * 2. From our name the CNAMEs are followed through the answers, as many as the server put there;
 *    the records of our type are those of the last name. Every step walks all answers, in whatever
 *    order they stand.
 * 3. Without any, the SOA among the authorities says how long that may be believed (RFC 2308 5).
 * 4. With SRV records, the addresses of their targets are picked from the additionals.
 *
 * Every read is checked against the end of the message. A compressed name (RFC 1035 4.1.4) may only
 * point backwards, before where it began, so that it ends. What is kept is gathered in a draft on
 * the stack and then packed into one allocation. */
#include "net/records_internal.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

enum {
    HEADER_BYTES = 12,
    CLASS_IN = 1,
    CHAIN_MAX = 8, /* CNAMEs one behind the other */
    LABEL_MAX = 63,
    POINTER = 0xc0,
    RCODE_NO_NAME = 3
};

/* A place in the message. What would run over the end sets `broken` and reads zeros. */
struct reader {
    struct bytes raw;
    size_t at;
    bool broken;
};

/* A record as it stands in the message. */
struct resource {
    char owner[NAME_SIZE];
    bool named; /* `owner` is a name that a host can have */
    uint16_t type, class;
    uint32_t ttl_s;
    size_t data, data_end;
};

struct draft {
    enum answer_kind kind;
    uint32_t ttl_s, extras_ttl_s;
    unsigned count, extra_count;
    bool cut;
    struct dns_record records[RECORDS_MAX], extras[RECORDS_MAX];
    char names[RECORDS_MAX + 1][NAME_SIZE]; /* of `records`; the last for what is not kept */
};

/* Where the sections begin, and how many records each has. */
struct sections {
    size_t answers, authorities, additionals;
    unsigned answer_count, authority_count, additional_count;
};

static unsigned read_u8(struct reader *reader)
{
    if (reader->at >= reader->raw.length)
        reader->broken = true;
    return reader->broken ? 0 : (unsigned char)reader->raw.at[reader->at++];
}

static uint16_t read_u16(struct reader *reader)
{
    unsigned high = read_u8(reader);
    return (uint16_t)(high << 8 | read_u8(reader));
}

static uint32_t read_u32(struct reader *reader)
{
    uint32_t high = read_u16(reader);
    return high << 16 | read_u16(reader);
}

static void read_skip(struct reader *reader, size_t length)
{
    if (reader->broken || length > reader->raw.length - reader->at)
        reader->broken = true;
    else
        reader->at += length;
}

static bool is_host_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Appends one label to the name; false when no host can be called so. */
static bool read_label(struct reader *reader, unsigned length, struct buffer *name)
{
    bool named = true;
    if (name->length > 0)
        buffer_char(name, '.');
    for (unsigned i = 0; i < length; i++) {
        char c = ascii_lower((char)read_u8(reader));
        named = named && is_host_char(c);
        buffer_char(name, c);
    }
    return named;
}

/* Goes to where a compressed name goes on. */
static void read_pointer(struct reader *reader, unsigned high, size_t *begin)
{
    size_t target = (size_t)(high & ~(unsigned)POINTER) << 8 | read_u8(reader);
    if (target >= *begin)
        reader->broken = true;
    if (!reader->broken)
        *begin = reader->at = target;
}

/* Reads a name and stands behind it. False when it cannot be read, or no host can be called so. */
static bool read_name(struct reader *reader, char out[NAME_SIZE])
{
    struct buffer name = buffer_over(out, NAME_SIZE - 1);
    size_t begin = reader->at, behind = 0;
    bool named = true;
    for (;;) {
        unsigned length = read_u8(reader);
        if (length > LABEL_MAX) {
            reader->broken = reader->broken || (length & POINTER) != POINTER;
            if (behind == 0)
                behind = reader->at + 1;
            read_pointer(reader, length, &begin);
        } else if (length > 0) {
            named = read_label(reader, length, &name) && named;
        }
        reader->broken = reader->broken || name.overflow;
        if (reader->broken || length == 0)
            break;
    }
    if (behind != 0 && !reader->broken)
        reader->at = behind;
    out[name.length] = '\0';
    return named && !reader->broken;
}

/* Reads a record up to its data and stands behind that. */
static void read_resource(struct reader *reader, struct resource *resource)
{
    resource->named = read_name(reader, resource->owner);
    resource->type = read_u16(reader);
    resource->class = read_u16(reader);
    resource->ttl_s = read_u32(reader);
    if (resource->ttl_s > INT32_MAX)
        resource->ttl_s = 0; /* RFC 2181 8 */
    uint16_t length = read_u16(reader);
    resource->data = reader->at;
    read_skip(reader, length);
    resource->data_end = resource->data + length;
}

static struct reader reader_at(struct bytes raw, size_t at)
{
    return (struct reader){.raw = raw, .at = at};
}

/* A record of ours: of the class, of that name. */
static bool is_of(const struct resource *resource, const char *name)
{
    return resource->named && resource->class == CLASS_IN && strcmp(resource->owner, name) == 0;
}

static uint32_t lesser(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* A character-string (RFC 1035 3.3). */
static struct bytes read_string(struct reader *reader)
{
    unsigned length = read_u8(reader);
    size_t at = reader->at;
    read_skip(reader, length);
    return reader->broken ? BYTES("") : bytes_from(reader->raw.at + at, length);
}

/* RFC 3263 4.1: the services by which a transport for SIP is found, of those that a server can
 * connect by. (SIPS+D2U cannot be; RFC 7118's D2W are for browsers.) */
static bool service_protocol(struct bytes service, enum net_protocol *protocol)
{
    static const struct {
        const char *service;
        enum net_protocol protocol;
    } services[] = {{"SIP+D2U", NET_UDP}, {"SIP+D2T", NET_TCP}, {"SIPS+D2T", NET_TLS}};
    for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
        if (!bytes_equal_nocase(service, bytes_of(services[i].service)))
            continue;
        *protocol = services[i].protocol;
        return true;
    }
    return false;
}

/* RFC 3403 4.1; false: it is of no use to us (RFC 3263 4.1: flag "s", no regular expression). */
static bool read_naptr(struct reader *reader, struct dns_record *record, char name[NAME_SIZE])
{
    record->order = read_u16(reader);
    record->weight = read_u16(reader);
    struct bytes flags = read_string(reader);
    struct bytes service = read_string(reader);
    struct bytes expression = read_string(reader);
    bool named = read_name(reader, name);
    record->name = name;
    return named && name[0] != '\0' && bytes_equal_nocase(flags, BYTES("s")) &&
           bytes_empty(expression) && service_protocol(service, &record->protocol);
}

static bool read_srv(struct reader *reader, struct dns_record *record, char name[NAME_SIZE])
{
    record->order = read_u16(reader);
    record->weight = read_u16(reader);
    record->port = read_u16(reader);
    bool named = read_name(reader, name);
    record->name = name;
    return named && (record->port != 0 || name[0] == '\0');
}

/* An IPv4 address that pretends to be IPv6 has no business in the DNS, and would pass by whoever
 * looks for loopback addresses. */
static bool is_mapped(const struct net_address *address)
{
    static const unsigned char prefix[12] = {[10] = 0xff, 0xff};
    return address->family == 6 && memcmp(address->ip, prefix, sizeof(prefix)) == 0;
}

static bool read_address(struct reader *reader, unsigned char family, struct dns_record *record)
{
    size_t length = family == 4 ? 4 : 16;
    record->address.family = family;
    for (size_t i = 0; i < length; i++)
        record->address.ip[i] = (unsigned char)read_u8(reader);
    return !is_mapped(&record->address);
}

/* Reads a record's data; false: it cannot be used. What does not fill the data exactly is broken.
 */
static bool read_data(struct reader *reader, const struct resource *resource,
                      struct dns_record *record, char name[NAME_SIZE])
{
    bool usable = false;
    struct reader data = reader_at(reader->raw, resource->data);
    *record = (struct dns_record){0};
    if (resource->type == RECORD_A)
        usable = read_address(&data, 4, record);
    else if (resource->type == RECORD_AAAA)
        usable = read_address(&data, 6, record);
    else if (resource->type == RECORD_SRV)
        usable = read_srv(&data, record, name);
    else if (resource->type == RECORD_NAPTR)
        usable = read_naptr(&data, record, name);
    else if (resource->type == RECORD_CNAME)
        usable = read_name(&data, name);
    if (data.broken || data.at != resource->data_end)
        reader->broken = true;
    return usable && !reader->broken;
}

/* Follows one CNAME: `name` becomes what it stands for. */
static bool chain_step(struct reader *reader, const struct sections *sections, struct draft *draft,
                       char name[NAME_SIZE])
{
    struct resource resource;
    struct dns_record unused;
    char next[NAME_SIZE];
    reader->at = sections->answers;
    for (unsigned i = 0; i < sections->answer_count && !reader->broken; i++) {
        read_resource(reader, &resource);
        if (reader->broken || resource.type != RECORD_CNAME || !is_of(&resource, name))
            continue;
        if (!read_data(reader, &resource, &unused, next))
            return false;
        draft->ttl_s = lesser(draft->ttl_s, resource.ttl_s);
        memcpy(name, next, NAME_SIZE);
        return true;
    }
    return false;
}

/* Takes the answers of that name and type. */
static void take_answers(struct reader *reader, const struct sections *sections,
                         struct draft *draft, const char *name, enum record_type type)
{
    struct resource resource;
    struct dns_record record;
    reader->at = sections->answers;
    for (unsigned i = 0; i < sections->answer_count && !reader->broken; i++) {
        read_resource(reader, &resource);
        if (reader->broken || resource.type != type || !is_of(&resource, name))
            continue;
        char *kept = draft->names[draft->count];
        bool usable = read_data(reader, &resource, &record, kept);
        draft->kind = ANSWER_RECORDS;
        draft->ttl_s = lesser(draft->ttl_s, resource.ttl_s);
        draft->cut = draft->cut || (usable && draft->count == RECORDS_MAX);
        if (usable && draft->count < RECORDS_MAX)
            draft->records[draft->count++] = record;
    }
}

static const struct dns_record *target_of(const struct draft *draft, const char *owner)
{
    for (unsigned i = 0; i < draft->count; i++)
        if (owner[0] != '\0' && strcmp(draft->records[i].name, owner) == 0)
            return &draft->records[i];
    return NULL;
}

/* Takes the addresses of SRV targets. They are a gift: when they cannot be read, they are not
 * there. */
static void take_extras(struct reader *reader, const struct sections *sections, struct draft *draft)
{
    struct resource resource;
    struct dns_record record;
    char unused[NAME_SIZE];
    draft->extras_ttl_s = INT32_MAX;
    reader->at = sections->additionals;
    for (unsigned i = 0; i < sections->additional_count; i++) {
        read_resource(reader, &resource);
        if (reader->broken)
            return;
        const struct dns_record *target = target_of(draft, resource.owner);
        bool address = resource.type == RECORD_A || resource.type == RECORD_AAAA;
        if (!address || target == NULL || !is_of(&resource, target->name) ||
            !read_data(reader, &resource, &record, unused))
            continue;
        draft->cut = draft->cut || draft->extra_count == RECORDS_MAX;
        if (draft->extra_count == RECORDS_MAX)
            return;
        record.name = target->name;
        draft->extras[draft->extra_count++] = record;
        draft->extras_ttl_s = lesser(draft->extras_ttl_s, resource.ttl_s);
    }
}

/* RFC 2308 5: the lesser of the SOA's own time and its last number; none: not to be kept. */
static uint32_t nothing_ttl_s(struct reader *reader, const struct sections *sections)
{
    struct resource resource;
    char unused[NAME_SIZE];
    reader->at = sections->authorities;
    for (unsigned i = 0; i < sections->authority_count; i++) {
        read_resource(reader, &resource);
        if (reader->broken)
            return 0;
        if (resource.type != RECORD_SOA || resource.class != CLASS_IN)
            continue;
        struct reader data = reader_at(reader->raw, resource.data);
        (void)read_name(&data, unused);
        (void)read_name(&data, unused);
        read_skip(&data, 4 * sizeof(uint32_t));
        uint32_t minimum_s = read_u32(&data);
        bool whole = !data.broken && data.at == resource.data_end;
        return whole ? lesser(resource.ttl_s, minimum_s) : 0;
    }
    return 0;
}

/* The header and the question: an answer, to ours, that is not cut off; `*rcode`: how it went. */
static bool read_header(struct reader *reader, const char *name, enum record_type type,
                        struct sections *sections, unsigned *rcode)
{
    enum { QR = 0x80, OPCODE = 0x78, TC = 0x02, RCODE = 0x0f };
    char asked[NAME_SIZE];
    (void)read_u16(reader);
    unsigned flags = read_u8(reader);
    *rcode = read_u8(reader) & RCODE;
    uint16_t questions = read_u16(reader);
    sections->answer_count = read_u16(reader);
    sections->authority_count = read_u16(reader);
    sections->additional_count = read_u16(reader);
    if (reader->broken || (flags & (QR | OPCODE | TC)) != QR || questions != 1)
        return false;
    if (!read_name(reader, asked) || strcmp(asked, name) != 0)
        return false;
    return read_u16(reader) == type && read_u16(reader) == CLASS_IN && !reader->broken;
}

static size_t section_end(struct reader *reader, unsigned count)
{
    struct resource resource;
    for (unsigned i = 0; i < count && !reader->broken; i++)
        read_resource(reader, &resource);
    return reader->at;
}

/* Steps 2 to 4; false: it cannot be read. */
static bool read_sections(struct reader *reader, struct sections *sections, struct draft *draft,
                          const char *asked, enum record_type type)
{
    char name[NAME_SIZE];
    struct buffer copy = buffer_over(name, sizeof(name));
    buffer_put(&copy, bytes_from(asked, strlen(asked) + 1));
    assert(!copy.overflow);
    sections->answers = reader->at;
    sections->authorities = section_end(reader, sections->answer_count);
    for (unsigned i = 0; i < CHAIN_MAX && chain_step(reader, sections, draft, name); i++)
        continue;
    take_answers(reader, sections, draft, name, type);
    if (reader->broken)
        return false;
    reader->at = sections->authorities;
    sections->additionals = section_end(reader, sections->authority_count);
    if (draft->kind == ANSWER_NOTHING)
        draft->ttl_s = lesser(draft->ttl_s, nothing_ttl_s(reader, sections));
    else if (type == RECORD_SRV && !reader->broken)
        take_extras(reader, sections, draft);
    return true;
}

/* Copies a list of the draft, its names too. */
static void pack(struct dns_record *out, const struct dns_record *list, unsigned count,
                 char **names)
{
    for (unsigned i = 0; i < count; i++) {
        out[i] = list[i];
        if (list[i].name == NULL)
            continue;
        struct bytes with_nul = bytes_from(list[i].name, strlen(list[i].name) + 1);
        out[i].name = bytes_pack(names, with_nul).at;
    }
}

static size_t names_size(const struct dns_record *list, unsigned count)
{
    size_t size = 0;
    for (unsigned i = 0; i < count; i++)
        size += list[i].name != NULL ? strlen(list[i].name) + 1 : 0;
    return size;
}

static struct answer *draft_pack(const struct draft *draft)
{
    unsigned all = draft->count + draft->extra_count;
    size_t head = sizeof(struct answer) + all * sizeof(struct dns_record);
    size_t names =
        names_size(draft->records, draft->count) + names_size(draft->extras, draft->extra_count);
    struct answer *answer = memory_new(head + names);
    struct dns_record *records = (struct dns_record *)(answer + 1);
    char *at = (char *)(records + all);
    pack(records, draft->records, draft->count, &at);
    pack(records + draft->count, draft->extras, draft->extra_count, &at);
    answer->kind = draft->kind;
    answer->ttl_s = draft->ttl_s;
    answer->extras_ttl_s = draft->extras_ttl_s;
    answer->cut = draft->cut;
    answer->count = draft->count;
    answer->extra_count = draft->extra_count;
    answer->records = records;
    answer->extras = records + draft->count;
    return answer;
}

struct answer *answer_new(enum answer_kind kind)
{
    struct answer *answer = memory_new(sizeof(*answer));
    answer->kind = kind;
    return answer;
}

struct answer *answer_of_addresses(const struct net_address *addresses, unsigned count,
                                   uint32_t ttl_s)
{
    struct answer *answer = memory_new(sizeof(*answer) + count * sizeof(struct dns_record));
    struct dns_record *records = (struct dns_record *)(answer + 1);
    assert(count > 0);
    for (unsigned i = 0; i < count; i++)
        records[i].address = addresses[i];
    answer->kind = ANSWER_RECORDS;
    answer->ttl_s = ttl_s;
    answer->count = count;
    answer->records = records;
    return answer;
}

struct answer *answer_parse(struct bytes raw, const char *name, enum record_type type)
{
    struct reader reader = reader_at(raw, 0);
    struct sections sections = {0};
    struct draft draft = {.kind = ANSWER_NOTHING, .ttl_s = INT32_MAX};
    unsigned rcode;
    if (raw.length > ANSWER_MAX_BYTES || !read_header(&reader, name, type, &sections, &rcode) ||
        (rcode != 0 && rcode != RCODE_NO_NAME))
        return answer_new(ANSWER_FAILED);
    if (!read_sections(&reader, &sections, &draft, name, type))
        return answer_new(ANSWER_FAILED);
    return draft_pack(&draft);
}
