/* handles_test.c: handles find what is there and nothing else. */
#include "base/handles.h"

#include "unit.h"

START_TEST(an_old_handle_finds_nothing_even_when_its_place_is_taken)
{
    struct handles *handles = handles_new();
    int a, b;
    uint64_t first = handles_add(handles, &a);
    ck_assert(first != 0);
    ck_assert_ptr_eq(handles_find(handles, first), &a);
    handles_remove(handles, first);
    uint64_t second = handles_add(handles, &b);
    ck_assert_ptr_null(handles_find(handles, first));
    ck_assert_ptr_eq(handles_find(handles, second), &b);
    handles_remove(handles, first);
    ck_assert_uint_eq(handles_count(handles), 1);
    ck_assert_ptr_null(handles_find(handles, 0));
    ck_assert_ptr_null(handles_find(handles, UINT64_MAX));
    handles_free(&handles);
    ck_assert_ptr_null(handles);
}
END_TEST

START_TEST(all_are_walked_once)
{
    struct handles *handles = handles_new();
    static const int things[1000];
    uint64_t names[1000];
    size_t position = 0, seen = 0;
    for (int i = 0; i < 1000; i++)
        names[i] = handles_add(handles, (void *)(uintptr_t)&things[i]);
    for (int i = 0; i < 1000; i += 3)
        handles_remove(handles, names[i]);
    for (void *thing; (thing = handles_next(handles, &position)) != NULL; seen++)
        ck_assert_int_ne(((const int *)thing - things) % 3, 0);
    ck_assert_uint_eq(seen, 666);
    ck_assert_uint_eq(handles_count(handles), 666);
    handles_free(&handles);
}
END_TEST

UNIT_MAIN("handles", an_old_handle_finds_nothing_even_when_its_place_is_taken, all_are_walked_once)
