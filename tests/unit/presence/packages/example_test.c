/* example_test.c: the package of ARCHITECTURE.md, "Adding an event package", as it stands there. */
#include "example_package.h" /* cut out of that page by tests/CMakeLists.txt */
#include "unit.h"

START_TEST(the_newest_wins)
{
    const struct event_package *package = &door_package;
    struct document_source sources[2] = {{.changed_ms = 2000}, {.changed_ms = 1000}};
    struct document *open = NULL, *shut = NULL;
    const struct entity_check nobody = {NULL, NULL};
    ck_assert(verdict_ok(package->accept(NULL, BYTES("open"), &nobody, &open)));
    ck_assert(verdict_ok(package->accept(NULL, BYTES("shut"), &nobody, &shut)));
    sources[0].document = open;
    sources[1].document = shut;
    struct blob *state = package->compose(BYTES("sip:door@example.org"), sources, 2);
    ck_assert(bytes_equal(blob_bytes(state), BYTES("open")));
    blob_unref(&state);
    state = package->compose(BYTES("sip:door@example.org"), NULL, 0);
    ck_assert(bytes_equal(blob_bytes(state), BYTES("quiet")));
    blob_unref(&state);
    package->document_free(&open);
    package->document_free(&shut);
}
END_TEST

START_TEST(what_is_no_word_is_refused)
{
    const struct entity_check nobody = {NULL, NULL};
    struct document *document = NULL;
    char octets[101] = {0};
    ck_assert_uint_eq(
        door_package.accept(NULL, bytes_from(octets, sizeof(octets)), &nobody, &document).status,
        400);
    ck_assert_uint_eq(door_package.accept(NULL, BYTES("\xff"), &nobody, &document).status, 400);
    ck_assert_ptr_null(document);
}
END_TEST

UNIT_MAIN("example", the_newest_wins, what_is_no_word_is_refused)
