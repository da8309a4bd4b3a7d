/* sse_test.c: events however their bytes are cut (the HTML standard, 9.2.6). */
#include "web/ctl/sse.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "unit.h"

static char seen[4096];

static void take(void *context, const char *type, const char *data)
{
    size_t length = strlen(seen);
    (void)context;
    snprintf(seen + length, sizeof(seen) - length, "[%s|%s]", type, data);
}

static void check_in_pieces_of(size_t size, const char *text, const char *wanted)
{
    struct sse sse;
    seen[0] = '\0';
    sse_init(&sse, take, NULL);
    for (size_t at = 0, length = strlen(text); at < length; at += size)
        sse_feed(&sse, text + at, length - at < size ? length - at : size);
    ck_assert_str_eq(seen, wanted);
    ck_assert_str_eq(sse.id, "8");
    sse_release(&sse);
}

START_TEST(events_are_found_in_any_pieces)
{
    static const char text[] =
        "retry: 3000\nid: 7\n\n: life\nevent: presence\ndata: {\"a\":1}\nid: 8\n\n"
        "data:one\r\ndata: two\r\n\r\n:\n\ndata\n\nevent: lost\n\nunknown: x\rdata: three\r\r"
        "data: not whole";
    for (size_t size = 1; size < sizeof(text); size++)
        check_in_pieces_of(size, text,
                           "[presence|{\"a\":1}][message|one\ntwo][message|][message|three]");
}
END_TEST

START_TEST(what_is_too_long_is_left_out)
{
    struct sse sse;
    size_t length = SSE_LINE_MAX + 10;
    char *text = memory_new(length);
    memset(text, 'x', length);
    memcpy(text, "data: ", 6);
    seen[0] = '\0';
    sse_init(&sse, take, NULL);
    sse_feed(&sse, text, length);
    sse_feed(&sse, "\ndata: rest\n\n", 13);
    ck_assert_str_eq(seen, "[message|rest]");
    sse_release(&sse);
    free(text);
}
END_TEST

START_TEST(a_new_stream_forgets_what_was_not_whole)
{
    struct sse sse;
    seen[0] = '\0';
    sse_init(&sse, take, NULL);
    sse_feed(&sse, "id: 5\ndata: half\nda", 18);
    sse_restart(&sse);
    sse_feed(&sse, "ta: other\n\ndata: good\n\n", 23);
    ck_assert_str_eq(seen, "[message|good]");
    ck_assert_str_eq(sse.id, "5");
    sse_release(&sse);
}
END_TEST

UNIT_MAIN("sse", events_are_found_in_any_pieces, what_is_too_long_is_left_out,
          a_new_stream_forgets_what_was_not_whole)
