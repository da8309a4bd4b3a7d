/* bytes_test.c: slices, their comparison, splitting, numbers and hashes. */
#include "base/bytes.h"

#include "unit.h"

START_TEST(equality_is_of_bytes_and_of_ascii_letters)
{
    ck_assert(bytes_equal(BYTES("alice"), BYTES("alice")));
    ck_assert(!bytes_equal(BYTES("alice"), BYTES("alicf")));
    ck_assert(!bytes_equal(BYTES("alice"), BYTES("alic")));
    ck_assert(bytes_equal(BYTES(""), bytes_of(NULL)));
    ck_assert(bytes_equal_nocase(BYTES("Example.ORG:5060"), BYTES("eXAMPLE.org:5060")));
    ck_assert(!bytes_equal_nocase(BYTES("example.org@"), BYTES("example.org`")));
    ck_assert(!bytes_equal_nocase(BYTES("[host]-1"), BYTES("{host}-1")));
}
END_TEST

/* Folding works on words of eight bytes: every character at every place of a word. */
START_TEST(folding_touches_nothing_but_letters)
{
    char a[17], b[17];
    for (int place = 0; place < 17; place++)
        for (int x = 0; x < 256; x++) {
            memset(a, 'z', sizeof(a));
            memset(b, 'Z', sizeof(b));
            a[place] = (char)x;
            b[place] = x >= 'a' && x <= 'z' ? (char)(x - 32) : (char)x;
            struct bytes first = bytes_from(a, sizeof(a)), second = bytes_from(b, sizeof(b));
            ck_assert(bytes_equal_nocase(first, second));
            ck_assert(bytes_hash_nocase(first, 7) == bytes_hash_nocase(second, 7));
            b[place] = (char)(x ^ 0x40);
            bool letter = (x | 32) >= 'a' && (x | 32) <= 'z' && x < 128;
            ck_assert(letter || !bytes_equal_nocase(first, second));
        }
}
END_TEST

START_TEST(order_puts_a_prefix_first)
{
    ck_assert_int_lt(bytes_compare(BYTES("a"), BYTES("b")), 0);
    ck_assert_int_gt(bytes_compare(BYTES("ab"), BYTES("a")), 0);
    ck_assert_int_lt(bytes_compare(BYTES(""), BYTES("a")), 0);
    ck_assert_int_eq(bytes_compare(BYTES("ab"), BYTES("ab")), 0);
}
END_TEST

START_TEST(parts_never_leave_the_slice)
{
    ck_assert(bytes_equal(bytes_skip(BYTES("abc"), 1), BYTES("bc")));
    ck_assert(bytes_empty(bytes_skip(BYTES("abc"), 4)));
    ck_assert(bytes_equal(bytes_first(BYTES("abc"), 9), BYTES("abc")));
    ck_assert(bytes_equal(bytes_trim(BYTES(" \t\r\na b\r\n ")), BYTES("a b")));
    ck_assert(bytes_empty(bytes_trim(BYTES(" \t "))));
    ck_assert(bytes_starts_with(BYTES("sip:a"), BYTES("sip:")));
    ck_assert(!bytes_starts_with(BYTES("si"), BYTES("sip:")));
    ck_assert_int_eq(bytes_index(BYTES("a;b;c"), ';'), 1);
    ck_assert_int_eq(bytes_index(BYTES(""), ';'), -1);
}
END_TEST

START_TEST(packed_slices_stand_one_behind_the_other)
{
    char memory[5] = "....";
    char *at = memory;
    struct bytes a = bytes_pack(&at, BYTES("ab")), b = bytes_pack(&at, BYTES(""));
    struct bytes c = bytes_pack(&at, BYTES("c"));
    ck_assert_str_eq(memory, "abc.");
    ck_assert_ptr_eq(at, memory + 3);
    ck_assert(bytes_equal(a, BYTES("ab")) && bytes_empty(b) && bytes_equal(c, BYTES("c")));
}
END_TEST

START_TEST(splitting_drops_the_separator_and_ends_empty)
{
    struct bytes rest = BYTES("a,,b");
    ck_assert(bytes_equal(bytes_split(&rest, ','), BYTES("a")));
    ck_assert(bytes_equal(bytes_split(&rest, ','), BYTES("")));
    ck_assert(bytes_equal(bytes_split(&rest, ','), BYTES("b")));
    ck_assert(bytes_empty(rest));
}
END_TEST

START_TEST(numbers_are_digits_within_their_type)
{
    uint32_t small = 7;
    uint64_t large = 7;
    ck_assert(bytes_to_u32(BYTES("4294967295"), &small) && small == UINT32_MAX);
    small = 7;
    ck_assert(!bytes_to_u32(BYTES("4294967296"), &small));
    ck_assert(!bytes_to_u32(BYTES("-1"), &small));
    ck_assert(!bytes_to_u32(BYTES("+1"), &small));
    ck_assert(!bytes_to_u32(BYTES(" 1"), &small));
    ck_assert(!bytes_to_u32(BYTES(""), &small));
    ck_assert_uint_eq(small, 7);
    ck_assert(bytes_to_u64(BYTES("18446744073709551615"), &large) && large == UINT64_MAX);
    ck_assert(!bytes_to_u64(BYTES("18446744073709551616"), &large));
    ck_assert(bytes_to_u32(BYTES("0000000000000000000012"), &small) && small == 12);
}
END_TEST

START_TEST(hexadecimal_numbers_are_so_many_digits)
{
    uint64_t value = 7;
    ck_assert(bytes_hex_to_u64(BYTES("fFfFfFfFfFfFfFf0"), 16, &value) && value == UINT64_MAX - 15);
    ck_assert(bytes_hex_to_u64(BYTES("09aF"), 4, &value) && value == 0x9af);
    static const char *const wrong[] = {"",     "9af",  "009af", "0x9a", "-9af",
                                        " 9af", "9a f", "9ag0",  "9a/0", "9a:0"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        ck_assert_msg(!bytes_hex_to_u64(bytes_of(wrong[i]), 4, &value), "%s", wrong[i]);
    ck_assert_uint_eq(value, 0x9af);
}
END_TEST

/* Different inputs of every length up to three words, and different seeds, give different values.
 */
START_TEST(hashes_depend_on_every_byte_and_on_the_seed)
{
    char text[25] = {0};
    for (size_t length = 1; length <= sizeof(text); length++)
        for (size_t place = 0; place < length; place++) {
            uint64_t before = bytes_hash(bytes_from(text, length), 1);
            text[place] ^= 1;
            ck_assert(bytes_hash(bytes_from(text, length), 1) != before);
            text[place] ^= 1;
            ck_assert(bytes_hash(bytes_from(text, length), 1) == before);
            ck_assert(bytes_hash(bytes_from(text, length), 2) != before);
        }
    ck_assert(bytes_hash(BYTES("ab"), 1) != bytes_hash(BYTES("ab\0"), 1));
    ck_assert(bytes_hash_nocase(BYTES("ABcd"), 1) == bytes_hash_nocase(BYTES("abCD"), 1));
    ck_assert(bytes_hash(BYTES("ABcd"), 1) != bytes_hash(BYTES("abCD"), 1));
}
END_TEST

/* Flipping the top bit of a factor changes a product predictably; what a peer can do with two words
 * must not cancel out whatever the key. */
START_TEST(top_bits_do_not_cancel_out_for_any_seed)
{
    uint64_t words[4] = {1, 2, 3, 4}, flipped[4] = {1, 2, 3, 4};
    for (int a = 0; a < 4; a++)
        for (int b = 0; b < a; b++)
            for (uint64_t seed = 0; seed < 50; seed++) {
                memcpy(flipped, words, sizeof(words));
                flipped[a] ^= UINT64_C(1) << 63;
                flipped[b] ^= UINT64_C(1) << 63;
                ck_assert(bytes_hash(bytes_from(words, sizeof(words)), seed) !=
                          bytes_hash(bytes_from(flipped, sizeof(flipped)), seed));
            }
}
END_TEST

/* Sequential names, the usual case, fill a table of low bits as evenly as chance would. */
START_TEST(low_bits_of_hashes_are_spread)
{
    unsigned hits[256] = {0};
    for (uint32_t i = 0; i < 256 * 100; i++)
        hits[bytes_hash(bytes_from(&i, sizeof(i)), 99) % 256]++;
    for (int i = 0; i < 256; i++) {
        ck_assert_uint_gt(hits[i], 50);
        ck_assert_uint_lt(hits[i], 160);
    }
}
END_TEST

/* Every code point in its one form, and the forms that RFC 3629 3 forbids. */
START_TEST(utf8_is_told_from_other_bytes)
{
    static const char *const good[] = {"",
                                       "plain text of some length",
                                       "\xc2\x80",
                                       "\xdf\xbf",
                                       "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf",
                                       "long enough: Gr\xc3\xbc\xc3\x9f, \xe2\x82\xac"};
    static const char *const bad[] = {"\x80",
                                      "\xbf",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xc2",
                                      "\xc2\x20",
                                      "\xe0\x9f\xbf",
                                      "\xe2\x82",
                                      "\xe2\x82\x28",
                                      "\xed\xa0\x80",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf0\x9f\x98",
                                      "\xf0\x9f\x98\x7f",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xff",
                                      "eight...\xfe"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        ck_assert_msg(bytes_is_utf8(bytes_of(good[i])), "good[%zu]", i);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(!bytes_is_utf8(bytes_of(bad[i])), "bad[%zu]", i);
    ck_assert(bytes_is_utf8(bytes_from("\xe2\x82\xac", 3)));
    ck_assert(!bytes_is_utf8(bytes_from("\xe2\x82\xac", 2)));
}
END_TEST

START_TEST(one_has_another_word_than_many)
{
    ck_assert_str_eq(word_for(0, "day", "days"), "days");
    ck_assert_str_eq(word_for(1, "day", "days"), "day");
    ck_assert_str_eq(word_for(2, "day", "days"), "days");
    ck_assert_str_eq(word_for(UINT64_MAX, "day", "days"), "days");
}
END_TEST

UNIT_MAIN("bytes", one_has_another_word_than_many, utf8_is_told_from_other_bytes,
          packed_slices_stand_one_behind_the_other, equality_is_of_bytes_and_of_ascii_letters,
          folding_touches_nothing_but_letters, order_puts_a_prefix_first,
          parts_never_leave_the_slice, splitting_drops_the_separator_and_ends_empty,
          numbers_are_digits_within_their_type, hexadecimal_numbers_are_so_many_digits,
          hashes_depend_on_every_byte_and_on_the_seed, top_bits_do_not_cancel_out_for_any_seed,
          low_bits_of_hashes_are_spread)
