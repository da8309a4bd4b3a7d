/* arena_test.c: memory that is freed whole. */
#include "base/arena.h"

#include <stdint.h>

#include "unit.h"

START_TEST(pieces_are_zeroed_aligned_and_apart)
{
    struct arena arena;
    arena_init(&arena, 128);
    char *last = NULL;
    for (size_t size = 0; size < 700; size += 7) {
        char *piece = arena_alloc(&arena, size);
        ck_assert_uint_eq((uintptr_t)piece % _Alignof(max_align_t), 0);
        ck_assert_ptr_ne(piece, last);
        for (size_t i = 0; i < size; i++)
            ck_assert_int_eq(piece[i], 0);
        memset(piece, 0xff, size);
        last = piece;
    }
    arena_release(&arena);
    ck_assert_ptr_nonnull(arena_alloc(&arena, 1));
    arena_release(&arena);
}
END_TEST

START_TEST(copies_end_with_a_nul)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct bytes copy = arena_copy(&arena, BYTES("a\0b"));
    ck_assert(bytes_equal(copy, BYTES("a\0b")));
    ck_assert_int_eq(copy.at[copy.length], '\0');
    ck_assert_uint_eq(arena_copy(&arena, BYTES("")).length, 0);
    arena_release(&arena);
}
END_TEST

UNIT_MAIN("arena", pieces_are_zeroed_aligned_and_apart, copies_end_with_a_nul)
