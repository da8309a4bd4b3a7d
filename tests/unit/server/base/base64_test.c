/* base64_test.c: the examples of RFC 4648 10 in the alphabet of section 5. */
#include "base/base64.h"

#include "unit.h"

static const struct {
    const char *plain, *text;
} samples[] = {
    {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
    {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff\xfe", "-__-"},
};

START_TEST(rfc4648_10_vectors)
{
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        char memory[32];
        struct buffer out = buffer_over(memory, sizeof(memory));
        base64url_write(bytes_of(samples[i].plain), &out);
        ck_assert(bytes_equal(buffer_bytes(&out), bytes_of(samples[i].text)));
        out.length = 0;
        ck_assert(base64url_read(bytes_of(samples[i].text), &out));
        ck_assert(bytes_equal(buffer_bytes(&out), bytes_of(samples[i].plain)));
    }
}
END_TEST

/* Bits that carry nothing are zero, a lone character carries no byte, other alphabets are others.
 */
START_TEST(each_value_has_one_spelling)
{
    static const char *const wrong[] = {"Zh", "Zm9", "Z", "Zg==", "Zm+v", "Zm/v", "Z g", "Zm9v\n"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char memory[32];
        struct buffer out = buffer_over(memory, sizeof(memory));
        ck_assert_msg(!base64url_read(bytes_of(wrong[i]), &out), "%s", wrong[i]);
    }
}
END_TEST

START_TEST(no_room)
{
    char memory[2];
    struct buffer out = buffer_over(memory, sizeof(memory));
    ck_assert(!base64url_read(BYTES("Zm9v"), &out));
}
END_TEST

UNIT_MAIN("base64", rfc4648_10_vectors, each_value_has_one_spelling, no_room)
