/* gruu_fuzz.c: a URI, read as a GRUU. Parts that come out lie in the memory given, and written
 * again they read the same; what no server with our secret wrote is no temporary GRUU. The first
 * byte chooses between the text as it is and a good GRUU that the text changes. */
#include "front/gruu.h"
#include "fuzz.h"

enum { ROOM = 4096 };

static struct gruu_parts read_back(const struct gruu *gruu, struct bytes text, char *memory,
                                   bool *good)
{
    struct sip_uri uri;
    struct gruu_parts parts = {0};
    struct buffer out = buffer_over(memory, ROOM);
    *good = verdict_ok(sip_uri_parse(text, &uri)) && gruu_read(gruu, &uri, &out, &parts);
    if (!*good)
        return parts;
    const struct bytes whole = bytes_from(memory, ROOM);
    insist_inside(parts.aor, whole);
    insist_inside(parts.instance, whole);
    insist_inside(parts.call, whole);
    insist(!bytes_empty(parts.aor) && !bytes_empty(parts.instance));
    insist(parts.call.length == 0 || parts.call.length == GRUU_CALL_BYTES);
    return parts;
}

static void check_again(struct gruu *gruu, const struct gruu_parts *parts)
{
    static char text[ROOM], memory[ROOM];
    struct buffer out = buffer_over(text, sizeof(text));
    bool good;
    gruu_write_public(parts, &out);
    struct gruu_parts again = read_back(gruu, buffer_bytes(&out), memory, &good);
    insist(good && bytes_equal(again.aor, parts->aor));
    insist(bytes_equal(again.instance, parts->instance) && bytes_empty(again.call));
}

/* A good one with some of its bytes changed. */
static void check_changed(struct gruu *gruu, struct bytes changes)
{
    static char text[ROOM], same[ROOM], memory[ROOM];
    const struct gruu_parts parts = {BYTES("alice@example.org"), BYTES("urn:uuid:1"),
                                     BYTES("12345678")};
    struct buffer out = buffer_over(text, sizeof(text));
    bool good;
    gruu_write_temporary(gruu, &parts, &out);
    struct bytes whole = buffer_bytes(&out);
    memcpy(same, text, whole.length);
    for (size_t i = 0; i + 1 < changes.length; i += 2)
        text[(unsigned char)changes.at[i] % whole.length] ^= changes.at[i + 1];
    read_back(gruu, whole, memory, &good);
    /* names compare without case; the token's every character counts */
    ptrdiff_t end = bytes_index(bytes_from(same, whole.length), '@');
    insist(!good || memcmp(text + 4, same + 4, (size_t)end - 4) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t seed = 7;
    struct world world;
    const struct domain domain = {.name = "example.org", .algorithm_count = 1};
    if (size == 0)
        return 0;
    world_init(&world, 1000, 1700000000000, seeded_random, &seed);
    struct domains *domains = domains_new();
    domains_add(domains, &domain);
    struct gruu *gruu = gruu_new(&world, domains, BYTES("secret"));
    char *text = exact_copy(data + 1, size - 1), *memory = malloc(ROOM);
    insist(memory != NULL);
    bool good;
    struct gruu_parts parts = read_back(gruu, bytes_from(text, size - 1), memory, &good);
    if (good)
        check_again(gruu, &parts);
    if (data[0] & 1)
        check_changed(gruu, bytes_from(text, size - 1));
    free(memory);
    free(text);
    gruu_free(&gruu);
    domains_free(&domains);
    world_release(&world);
    return 0;
}
