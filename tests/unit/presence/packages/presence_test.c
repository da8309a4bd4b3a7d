/* presence_test.c: the presence package through its table (RFC 3856). */
#include "presence/packages/package.h"
#include "unit.h"

#define DOCUMENT(entity, id)                                                                      \
    BYTES("<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='" entity "'><tuple id='" id "'>" \
          "<status><basic>open</basic></status></tuple></presence>")

static bool is_alice(void *context, struct bytes entity)
{
    *(unsigned *)context += 1;
    return bytes_equal(entity, BYTES("sip:alice@example.com"));
}

static const struct event_package *presence(void)
{
    const struct event_package *package = package_find(BYTES("presence"));
    ck_assert_ptr_nonnull(package);
    return package;
}

START_TEST(test_rfc3856_facts)
{
    const struct event_package *package = presence();
    ck_assert_str_eq(package->spec, "RFC 3856");
    ck_assert_str_eq(package->notify_types[0], "application/pidf+xml");
    ck_assert_str_eq(package->publish_types[0], "application/pidf+xml");
    ck_assert_str_eq(package->publish_types[1], "application/pidf-diff+xml"); /* RFC 5264 4.1 */
    ck_assert_str_eq(package->patch_type, "application/pidf-diff+xml");
    ck_assert_ptr_null(package->publish_types[2]);
    ck_assert_uint_eq(package->subscribe.usual, 3600); /* RFC 3856 6.4 */
    ck_assert_int_eq(package->audience, AUDIENCE_BY_RULES);
}
END_TEST

START_TEST(test_accepts_and_composes)
{
    const struct event_package *package = presence();
    struct package_workshop *workshop =
        package->workshop_new(&(struct package_limits){.body_max_bytes = 4096});
    unsigned asked = 0;
    struct entity_check entity = {is_alice, &asked};
    struct document *document;
    struct bytes body = DOCUMENT("sip:alice@example.com", "t");
    ck_assert(verdict_ok(package->accept(workshop, body, &entity, &document)));
    ck_assert_uint_eq(asked, 1);
    /* more than fit on the stack */
    struct document_source all[40];
    for (size_t i = 0; i < 40; i++)
        all[i] = (struct document_source){document, 1000, false};
    struct blob *few = package->compose(BYTES("sip:alice@example.com"), all, 2);
    struct blob *many = package->compose(BYTES("sip:alice@example.com"), all, 40);
    static const char last[] = "<tuple id=\"t-2\"><status><basic>open</basic></status></tuple>"
                               "</presence>\n";
    struct bytes bytes = blob_bytes(few);
    ck_assert(bytes_equal(bytes_skip(bytes, bytes.length - strlen(last)), bytes_of(last)));
    ck_assert_uint_gt(blob_bytes(many).length, blob_bytes(few).length * 10);
    blob_unref(&few);
    blob_unref(&many);
    package->document_free(&document);
    ck_assert_ptr_null(document);
    package->document_free(&document);
    package->workshop_free(&workshop);
    package->workshop_free(&workshop);
}
END_TEST

#define PATCH(operations)                                       \
    BYTES("<p:pidf-diff xmlns=\"urn:ietf:params:xml:ns:pidf\" " \
          "xmlns:p=\"urn:ietf:params:xml:ns:pidf-diff\">" operations "</p:pidf-diff>")

/* RFC 5264 4.3.2: against what is published, and never for more than its steps. */
START_TEST(test_patches)
{
    const struct event_package *package = presence();
    struct package_workshop *workshop = package->workshop_new(
        &(struct package_limits){.body_max_bytes = 4096, .patch_steps_max = 12});
    struct bytes published = DOCUMENT("sip:alice@example.com", "t");
    struct blob *whole;
    struct verdict v =
        package->patch(workshop, published, PATCH("<p:remove sel=\"*/tuple[@id='t']\"/>"), &whole);
    ck_assert(verdict_ok(v));
    struct bytes left = blob_bytes(whole);
    ck_assert_ptr_null(memmem(left.at, left.length, "<tuple", strlen("<tuple")));
    blob_unref(&whole);
    v = package->patch(workshop, BYTES(""), PATCH(""), &whole);
    ck_assert_uint_eq(v.status, 400);
    ck_assert_ptr_null(whole);
    v = package->patch(workshop, published,
                       PATCH("<p:add sel=\"*/tuple\"><note/></p:add>"
                             "<p:add sel=\"*/tuple\"><note/></p:add>"
                             "<p:add sel=\"*/tuple\"><note/></p:add>"
                             "<p:add sel=\"*/tuple\"><note/></p:add>"),
                       &whole);
    ck_assert_uint_eq(v.status, 413);
    ck_assert_ptr_null(whole);
    package->workshop_free(&workshop);
}
END_TEST

START_TEST(test_refuses)
{
    const struct event_package *package = presence();
    struct package_workshop *workshop =
        package->workshop_new(&(struct package_limits){.body_max_bytes = 256});
    unsigned asked = 0;
    struct entity_check entity = {is_alice, &asked};
    struct document *document;
    struct bytes other = DOCUMENT("sip:bob@example.com", "t");
    ck_assert_uint_eq(package->accept(workshop, other, &entity, &document).status, 403);
    ck_assert_ptr_null(document);
    struct bytes garbage = BYTES("presence: open");
    ck_assert_uint_eq(package->accept(workshop, garbage, &entity, &document).status, 400);
    char large[257] = "<presence";
    struct bytes body = bytes_from(large, sizeof(large));
    ck_assert_uint_eq(package->accept(workshop, body, &entity, &document).status, 413);
    package->workshop_free(&workshop);
}
END_TEST

UNIT_MAIN("presence/packages/presence", test_rfc3856_facts, test_accepts_and_composes, test_patches,
          test_refuses)
