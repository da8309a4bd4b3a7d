/* binding_test.c: a binding and its row say the same. */
#include "registrar/binding_internal.h"

#include <stdlib.h>

#include "base/memory.h"
#include "unit.h"

static const struct store_binding row = {
    .contact = {"sip:a@192.0.2.1;x=1", 19},
    .parameters = {";ob", 3},
    .flow = {"udp/127.0.0.1:5060/192.0.2.1:40112", 34},
    .user_agent = {"phone", 5},
    .origin = {{"c1", 2}, {"z9hG4bK1", 8}, 7},
    .q = 500,
    .expires_ms = 123456,
};

START_TEST(there_and_back)
{
    char text[200];
    struct buffer flow = buffer_over(text, sizeof(text));
    struct record *record = memory_new(sizeof(*record) + 3);
    record->aor_length = 3;
    memcpy(record->aor, "a@b", 3);
    struct binding *binding = binding_new(&row);
    struct store_binding again = binding_row(record, binding, &flow);
    ck_assert(bytes_equal(again.aor, BYTES("a@b")));
    ck_assert(bytes_equal(again.contact, row.contact) && again.contact.at != row.contact.at);
    ck_assert(bytes_equal(again.parameters, row.parameters));
    ck_assert(bytes_equal(again.flow, row.flow));
    ck_assert(bytes_equal(again.user_agent, row.user_agent));
    ck_assert(bytes_equal(again.origin.call_id, row.origin.call_id));
    ck_assert(bytes_equal(again.origin.branch, row.origin.branch));
    ck_assert_uint_eq(again.origin.cseq, 7);
    ck_assert_uint_eq(again.q, 500);
    ck_assert_uint_eq(again.expires_ms, 123456);
    binding_free(&binding);
    ck_assert_ptr_null(binding);
    free(record);
}
END_TEST

/* What somebody wrote into the database by hand does no harm. */
START_TEST(senseless_rows)
{
    struct store_binding broken = row;
    broken.flow = BYTES("tin can");
    broken.contact = BYTES("nonsense");
    struct binding *binding = binding_new(&broken);
    ck_assert(!binding->has_flow);
    ck_assert(bytes_equal(binding->uri.text, broken.contact));
    binding_free(&binding);
    broken = (struct store_binding){0};
    binding = binding_new(&broken);
    ck_assert(bytes_empty(binding->contact));
    binding_free(&binding);
}
END_TEST

/* RFC 3261 19.1.4. */
START_TEST(found_by_equal_uri)
{
    struct binding *list = NULL, *one = binding_new(&row), *found;
    struct sip_uri uri;
    DL_APPEND(list, one);
    ck_assert(verdict_ok(sip_uri_parse(BYTES("SIP:%61@192.0.2.1"), &uri)));
    found = binding_find(list, &uri);
    ck_assert_ptr_eq(found, one);
    ck_assert(verdict_ok(sip_uri_parse(BYTES("sip:A@192.0.2.1"), &uri)));
    ck_assert_ptr_null(binding_find(list, &uri));
    ck_assert(verdict_ok(sip_uri_parse(BYTES("sip:a@192.0.2.1;x=2"), &uri)));
    ck_assert_ptr_null(binding_find(list, &uri));
    ck_assert_ptr_null(binding_find(NULL, &uri));
    binding_free(&one);
}
END_TEST

UNIT_MAIN("binding", there_and_back, senseless_rows, found_by_equal_uri)
