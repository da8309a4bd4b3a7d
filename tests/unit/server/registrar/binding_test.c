/* binding_test.c: a binding and its row say the same. */
#include "registrar/binding_internal.h"

#include <stdlib.h>

#include "base/memory.h"
#include "unit.h"

static const struct store_binding row = {
    .contact = {"sip:a@192.0.2.1;x=1", 19},
    .instance = {"urn:uuid:1", 10},
    .path = {"<sip:p;lr>", 10},
    .parameters = {";ob", 3},
    .flow = {"udp/127.0.0.1:5060/192.0.2.1:40112", 34},
    .user_agent = {"phone", 5},
    .origin = {{"c1", 2}, {"z9hG4bK1", 8}, 7},
    .q = 500,
    .updated_ms = 12345,
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
    ck_assert(bytes_equal(again.instance, row.instance) && bytes_equal(again.path, row.path));
    ck_assert_uint_eq(again.reg_id, 0);
    ck_assert_uint_eq(again.q, 500);
    ck_assert_uint_eq(again.updated_ms, 12345);
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

static struct binding *make(const char *contact, const char *instance, uint32_t reg_id)
{
    const struct store_binding made = {
        .contact = bytes_of(contact), .instance = bytes_of(instance), .reg_id = reg_id};
    return binding_new(&made);
}

static struct binding *find(struct binding *list, const char *contact, const char *instance,
                            uint32_t reg_id)
{
    struct sip_uri uri;
    ck_assert(verdict_ok(sip_uri_parse(bytes_of(contact), &uri)));
    const struct binding_key key = {&uri, bytes_of(instance), reg_id};
    return binding_find(list, &key);
}

/* RFC 3261 19.1.4. */
START_TEST(found_by_equal_uri)
{
    struct binding *list = NULL, *one = binding_new(&row);
    DL_APPEND(list, one);
    ck_assert_ptr_eq(find(list, "SIP:%61@192.0.2.1", "", 0), one);
    ck_assert_ptr_eq(find(list, "SIP:%61@192.0.2.1", "urn:other", 0), one);
    ck_assert_ptr_null(find(list, "sip:A@192.0.2.1", "", 0));
    ck_assert_ptr_null(find(list, "sip:a@192.0.2.1;x=2", "", 0));
    ck_assert_ptr_null(find(NULL, "sip:a@192.0.2.1", "", 0));
    one->goes = true;
    ck_assert_ptr_null(find(list, "SIP:%61@192.0.2.1", "", 0));
    binding_free(&one);
}
END_TEST

/* RFC 5626 6: the instance and the reg-id, whatever the URI. */
START_TEST(found_by_reg_id)
{
    struct binding *list = NULL, *one = make("sip:a@h", "urn:1", 1);
    struct binding *two = make("sip:a@h", "urn:1", 2), *other = make("sip:a@h", "urn:2", 1);
    DL_APPEND(list, one);
    DL_APPEND(list, two);
    DL_APPEND(list, other);
    ck_assert_ptr_eq(find(list, "sip:b@h", "urn:1", 1), one);
    ck_assert_ptr_eq(find(list, "sip:a@h", "urn:1", 2), two);
    ck_assert_ptr_eq(find(list, "sip:c@h", "urn:2", 1), other);
    ck_assert_ptr_null(find(list, "sip:a@h", "urn:3", 1));
    ck_assert_ptr_null(find(list, "sip:b@h", "urn:1", 0));
    binding_free(&one);
    binding_free(&two);
    binding_free(&other);
}
END_TEST

/* A device that begins to use reg-id, or ceases to, has one binding and not two. */
START_TEST(found_when_a_device_changes)
{
    struct binding *list = NULL, *old = make("sip:a@h", "", 0), *now = make("sip:b@h", "urn:1", 7);
    DL_APPEND(list, old);
    DL_APPEND(list, now);
    ck_assert_ptr_eq(find(list, "sip:a@h", "urn:1", 1), old);
    ck_assert_ptr_eq(find(list, "sip:a@h", "urn:1", 7), now); /* what has the key comes first */
    ck_assert_ptr_eq(find(list, "sip:b@h", "urn:1", 0), now);
    ck_assert_ptr_eq(find(list, "sip:b@h", "", 0), now);
    ck_assert_ptr_null(find(list, "sip:b@h", "urn:2", 0));
    ck_assert_ptr_null(find(list, "sip:c@h", "urn:1", 0));
    binding_free(&old);
    binding_free(&now);
}
END_TEST

static bool flow_only(const char *contact, uint32_t reg_id, const char *remote)
{
    struct net_flow flow = {.protocol = NET_TCP, .connection = 1};
    struct binding *binding = make(contact, "urn:1", reg_id);
    ck_assert(net_address_parse_with_port(bytes_of(remote), 0, &flow.remote));
    ck_assert(!binding->has_flow && !binding->flow_only);
    binding_set_flow(binding, &flow);
    bool only = binding->flow_only;
    ck_assert(binding->has_flow);
    binding_free(&binding);
    return only;
}

/* Who cannot be dialled, or must not. */
START_TEST(flows_that_are_the_only_way)
{
    ck_assert(flow_only("sip:a@192.0.2.1", 1, "192.0.2.1:5060"));
    ck_assert(!flow_only("sip:a@192.0.2.1", 0, "192.0.2.1:5060"));
    ck_assert(flow_only("sip:a@x.INVALID;transport=ws", 0, "127.0.0.1:5060"));
    ck_assert(!flow_only("sip:a@invalid", 0, "192.0.2.1:5060"));
    ck_assert(flow_only("sip:a@127.0.1.1", 0, "192.0.2.1:5060"));
    ck_assert(flow_only("sip:a@[::1]:5062", 0, "192.0.2.1:5060"));
    ck_assert(flow_only("sip:a@0.0.0.0", 0, "192.0.2.1:5060"));
    ck_assert(flow_only("sip:a@LocalHost", 0, "192.0.2.1:5060"));
    ck_assert(!flow_only("sip:a@127.0.1.1", 0, "127.0.0.1:5060"));
    ck_assert(!flow_only("sip:a@localhost.example.org", 0, "192.0.2.1:5060"));
}
END_TEST

UNIT_MAIN("binding", there_and_back, senseless_rows, found_by_equal_uri, found_by_reg_id,
          found_when_a_device_changes, flows_that_are_the_only_way)
