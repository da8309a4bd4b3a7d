/* sse_fuzz.c: the first byte says how the rest is cut; the events do not depend on that. */
#include "fuzz.h"
#include "web/ctl/sse.h"

struct seen {
    char text[65536];
    size_t length;
};

static void take(void *context, const char *type, const char *data)
{
    struct seen *seen = context;
    const char *parts[] = {type, data};
    for (size_t i = 0; i < 2; i++) {
        size_t length = strlen(parts[i]) + 1, room = sizeof(seen->text) - seen->length;
        length = length < room ? length : room;
        memcpy(seen->text + seen->length, parts[i], length);
        seen->length += length;
    }
}

static struct seen *run(const char *text, size_t size, size_t piece)
{
    struct sse sse;
    struct seen *seen = calloc(1, sizeof(*seen));
    sse_init(&sse, take, seen);
    for (size_t at = 0; at < size; at += piece)
        sse_feed(&sse, text + at, size - at < piece ? size - at : piece);
    sse_release(&sse);
    return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    char *text = exact_copy(data + 1, size - 1);
    struct seen *whole = run(text, size - 1, size), *cut = run(text, size - 1, 1 + data[0] % 16);
    insist(whole->length == cut->length && memcmp(whole->text, cut->text, cut->length) == 0);
    free(whole);
    free(cut);
    free(text);
    return 0;
}
