/* window_test.c: pages of what lies in no order. */
#include "base/window.h"

#include "unit.h"

#include <stdio.h>

enum { NAMES = 50 };

/* All names in pages of `most`, offered in an order that has nothing to do with theirs. */
static void page_through(size_t most)
{
    char names[NAMES][4], after[4] = "";
    unsigned seen = 0;
    bool more = true;
    for (unsigned i = 0; i < NAMES; i++)
        snprintf(names[i], sizeof(names[i]), "n%02u", i * 37 % NAMES);
    while (more) {
        struct window window;
        window_init(&window, bytes_of(after), most);
        for (unsigned i = 0; i < NAMES; i++)
            window_offer(&window, bytes_of(names[i]), names[i]);
        for (size_t i = 0; i < window.count; i++) {
            char wanted[4];
            snprintf(wanted, sizeof(wanted), "n%02u", seen++);
            ck_assert_str_eq(window.entries[i].what, wanted);
            snprintf(after, sizeof(after), "%s", wanted);
        }
        more = window.more;
        ck_assert_int_eq(more, seen < NAMES);
        ck_assert(window.count == most || !more);
        window_release(&window);
    }
    ck_assert_uint_eq(seen, NAMES);
}

START_TEST(pages_are_in_order_and_whole)
{
    page_through(1);
    page_through(7);
    page_through(NAMES - 1);
    page_through(NAMES);
    page_through(NAMES + 1);
}
END_TEST

START_TEST(nothing_is_a_page)
{
    struct window window;
    window_init(&window, BYTES("z"), 3);
    window_offer(&window, BYTES("a"), NULL);
    window_offer(&window, BYTES("z"), NULL);
    ck_assert_uint_eq(window.count, 0);
    ck_assert(!window.more);
    window_release(&window);
}
END_TEST

UNIT_MAIN("window", pages_are_in_order_and_whole, nothing_is_a_page)
