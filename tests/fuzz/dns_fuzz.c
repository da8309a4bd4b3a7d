/* dns_fuzz.c: an answer of the DNS. The first byte chooses the type that was asked for; the name is
 * the one of the message's own question, if that can be read, so that most of the parser is
 * reached. What comes out holds what records_internal.h promises. */
#include "fuzz.h"
#include "net/records_internal.h"

/* The question's name as a plain walk over its labels has it. */
static void question_name(const uint8_t *data, size_t size, char out[NAME_SIZE])
{
    size_t at = 12, length = 0;
    out[0] = '\0';
    while (at < size && data[at] != 0 && data[at] < 64 && length + data[at] + 1 < NAME_SIZE) {
        size_t label = data[at++];
        if (length > 0)
            out[length++] = '.';
        for (size_t i = 0; i < label && at < size; i++, at++) {
            char c = ascii_lower((char)data[at]);
            out[length++] = c != '\0' ? c : 'x';
        }
        out[length] = '\0';
    }
}

static void check_name(const char *name)
{
    insist(name != NULL && strlen(name) < NAME_SIZE);
    for (const char *c = name; *c != '\0'; c++)
        insist((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || *c == '-' || *c == '_' ||
               *c == '.');
}

static void check_record(const struct dns_record *record, enum record_type type)
{
    if (type == RECORD_A || type == RECORD_AAAA)
        insist(record->address.family == (type == RECORD_A ? 4 : 6) && record->address.port == 0);
    else
        check_name(record->name);
    if (type == RECORD_NAPTR)
        insist(record->protocol <= NET_TLS && record->name[0] != '\0');
    if (type == RECORD_SRV)
        insist(record->port != 0 || record->name[0] == '\0');
}

static void check_extra(const struct answer *answer, const struct dns_record *extra)
{
    bool target = false;
    for (unsigned i = 0; i < answer->count; i++)
        target = target || strcmp(answer->records[i].name, extra->name) == 0;
    insist(target && extra->name[0] != '\0');
    insist(extra->address.family == 4 || extra->address.family == 6);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum record_type types[] = {RECORD_A, RECORD_AAAA, RECORD_SRV, RECORD_NAPTR};
    char name[NAME_SIZE];
    if (size == 0)
        return 0;
    enum record_type type = types[data[0] % 4];
    char *raw = exact_copy(data + 1, size - 1);
    question_name(data + 1, size - 1, name);
    struct answer *answer = answer_parse(bytes_from(raw, size - 1), name, type);
    free(raw);
    insist(answer->count <= RECORDS_MAX && answer->extra_count <= RECORDS_MAX);
    insist(answer->kind == ANSWER_RECORDS || answer->count == 0);
    insist(type == RECORD_SRV || answer->extra_count == 0);
    insist(answer->ttl_s <= INT32_MAX && answer->extras_ttl_s <= INT32_MAX);
    insist(answer->kind != ANSWER_FAILED || answer->ttl_s == 0);
    for (unsigned i = 0; i < answer->count; i++)
        check_record(&answer->records[i], type);
    for (unsigned i = 0; i < answer->extra_count; i++)
        check_extra(answer, &answer->extras[i]);
    free(answer);
    return 0;
}
