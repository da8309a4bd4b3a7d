/* uri_fuzz.c: two URIs separated by a line feed. A URI equals itself, equality is symmetric, and a
 * canonical address is the canonical form of itself. */
#include "fuzz.h"
#include "sip/uri.h"

enum { ROOM = 1 << 16 };

static void check_parts(const struct sip_uri *uri)
{
    const struct bytes parts[] = {uri->user, uri->password, uri->host, uri->parameters,
                                  uri->headers};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        insist_inside(parts[i], uri->text);
}

static void check_parameters(struct bytes all)
{
    struct bytes rest = all, name, value;
    while (sip_parameter_next(&rest, &name, &value)) {
        insist(!bytes_empty(name));
        insist_inside(name, all);
        insist_inside(value, all);
    }
    insist_inside(rest, all);
    sip_parameter(all, "transport", &value);
    insist_inside(value, all);
}

static void check_aor(const struct sip_uri *uri)
{
    static const char scheme[] = "sip:";
    char *first = malloc(ROOM), *second = malloc(ROOM);
    insist(first != NULL && second != NULL);
    struct buffer text = buffer_over(first, ROOM), again = buffer_over(second, ROOM);
    buffer_text(&text, scheme);
    sip_uri_write_aor(uri, &text);
    struct sip_uri canonical;
    if (!text.overflow && !bytes_empty(uri->host)) {
        insist(verdict_ok(sip_uri_parse(buffer_bytes(&text), &canonical)));
        sip_uri_write_aor(&canonical, &again);
        insist(
            bytes_equal(buffer_bytes(&again), bytes_skip(buffer_bytes(&text), sizeof(scheme) - 1)));
    }
    free(first);
    free(second);
}

static bool parse(struct bytes text, struct sip_uri *uri)
{
    struct verdict v = sip_uri_parse(text, uri);
    insist(verdict_ok(v) || (v.status == 400 && v.reason != NULL && v.offset <= text.length));
    check_parts(uri);
    check_parameters(verdict_ok(v) ? uri->parameters : text);
    if (verdict_ok(v)) {
        insist(sip_uri_equal(uri, uri));
        check_aor(uri);
    }
    return verdict_ok(v);
}

static void check_unescape(struct bytes text)
{
    char *memory = malloc(ROOM);
    insist(memory != NULL);
    struct buffer out = buffer_over(memory, text.length < ROOM ? text.length : ROOM);
    sip_unescape(text, &out);
    insist(!out.overflow || text.length > ROOM);
    free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = exact_copy(data, size);
    struct bytes right = bytes_from(text, size), left = bytes_split(&right, '\n');
    struct sip_uri a, b;
    bool left_good = parse(left, &a), right_good = parse(right, &b);
    if (left_good && right_good)
        insist(sip_uri_equal(&a, &b) == sip_uri_equal(&b, &a));
    check_unescape(left);
    free(text);
    return 0;
}
