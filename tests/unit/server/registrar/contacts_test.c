/* contacts_test.c: what the Contact fields of a REGISTER ask for (RFC 3261 10.2.1.1, 10.3). */
#include "registrar/contacts_internal.h"

#include <stdio.h>

#include "unit.h"

static struct registrar_settings settings;
static struct sip_message message;
static struct contacts contacts;
static struct features features;
static char raw[70000];

/* \1 stands for NUL, which a quoted pair may be (RFC 3261 25.1). */
static struct verdict read_fields(const char *fields)
{
    int length = snprintf(raw, sizeof(raw),
                          "REGISTER sip:example.org SIP/2.0\r\nVia: SIP/2.0/UDP a\r\n"
                          "From: <sip:a@example.org>;tag=1\r\nTo: <sip:a@example.org>\r\n"
                          "Call-ID: c\r\nCSeq: 1 REGISTER\r\n%sContent-Length: 0\r\n\r\n",
                          fields);
    ck_assert_int_lt(length, (int)sizeof(raw));
    for (int i = 0; i < length; i++)
        if (raw[i] == '\1')
            raw[i] = '\0';
    ck_assert(verdict_ok(sip_message_parse(bytes_from(raw, (size_t)length), true, &message)));
    return contacts_read(&message, &settings, &features, &contacts);
}

static void begin(void)
{
    settings = (struct registrar_settings){.expires_least_s = 60,
                                           .expires_usual_s = 1800,
                                           .expires_most_s = 7200,
                                           .bindings_max = CONTACTS_MAX,
                                           .contact_max_bytes = 1024,
                                           .contact_extras_max = 3};
    features = (struct features){.direct = true};
}

/* What the only Contact gets. */
static uint32_t lifetime_of(const char *fields)
{
    struct verdict v = read_fields(fields);
    ck_assert_msg(verdict_ok(v), "%u for %s", v.status, fields);
    ck_assert_uint_eq(contacts.count, 1);
    return contacts.wishes[0].expires_s;
}

/* RFC 3261 10.2.1.1, 10.3 step 7, 20.19. */
START_TEST(expires)
{
    begin();
    ck_assert_uint_eq(lifetime_of("m: <sip:a@b>\r\n"), 1800);
    ck_assert_uint_eq(lifetime_of("Expires: 300\r\nm: <sip:a@b>\r\n"), 300);
    ck_assert_uint_eq(lifetime_of("Expires: 300\r\nm: <sip:a@b>;expires=400\r\n"), 400);
    ck_assert_uint_eq(lifetime_of("Expires: 300\r\nm: <sip:a@b>;EXPIRES = 0\r\n"), 0);
    ck_assert_uint_eq(lifetime_of("Expires: 0\r\nm: <sip:a@b>\r\n"), 0);
    /* a parameter of the URI is no parameter of the Contact */
    ck_assert_uint_eq(lifetime_of("m: <sip:a@b;expires=400>\r\n"), 1800);
    ck_assert_uint_eq(lifetime_of("m: sip:a@b;expires=400\r\n"), 400);
    /* malformed is an hour */
    ck_assert_uint_eq(lifetime_of("m: <sip:a@b>;expires=\"400\"\r\n"), 3600);
    ck_assert_uint_eq(lifetime_of("m: <sip:a@b>;expires\r\n"), 3600);
    ck_assert_uint_eq(lifetime_of("Expires: -1\r\nm: <sip:a@b>\r\n"), 3600);
    ck_assert_uint_eq(lifetime_of("Expires:\r\nm: <sip:a@b>\r\n"), 3600);
    ck_assert_uint_eq(lifetime_of("Expires: Thu, 01 Dec 1994 16:00:00 GMT\r\nm: <sip:a@b>\r\n"),
                      3600);
    /* too much is the most */
    ck_assert_uint_eq(lifetime_of("Expires: 7201\r\nm: <sip:a@b>\r\n"), 7200);
    ck_assert_uint_eq(lifetime_of("Expires: 4294967296\r\nm: <sip:a@b>\r\n"), 7200);
    ck_assert_uint_eq(lifetime_of("m: <sip:a@b>;expires=18446744073709551615\r\n"), 7200);
}
END_TEST

/* RFC 3261 10.3 step 7: 423 if and only if it is less than the least, not zero, and under an hour.
 */
START_TEST(too_brief)
{
    begin();
    ck_assert_uint_eq(read_fields("m: <sip:a@b>;expires=59\r\n").status, 423);
    ck_assert_uint_eq(read_fields("Expires: 1\r\nm: <sip:a@b>\r\n").status, 423);
    ck_assert_uint_eq(read_fields("m: <sip:a@b>, <sip:c@b>;expires=1\r\n").status, 423);
    ck_assert_uint_eq(lifetime_of("m: <sip:a@b>;expires=60\r\n"), 60);
    settings.expires_least_s = 5000;
    ck_assert_uint_eq(read_fields("m: <sip:a@b>;expires=3599\r\n").status, 423);
    ck_assert_uint_eq(lifetime_of("m: <sip:a@b>;expires=3600\r\n"), 3600);
}
END_TEST

/* RFC 3261 10.3 step 6. */
START_TEST(star)
{
    begin();
    ck_assert(verdict_ok(read_fields("Expires: 0\r\nContact: *\r\n")));
    ck_assert(contacts.star);
    ck_assert_uint_eq(read_fields("Contact: *\r\n").status, 400);
    ck_assert_uint_eq(read_fields("Expires: 1\r\nContact: *\r\n").status, 400);
    ck_assert_uint_eq(read_fields("Contact: *;expires=0\r\n").status, 400);
    ck_assert_uint_eq(read_fields("Expires: 0\r\nContact: *, <sip:a@b>\r\n").status, 400);
    ck_assert_uint_eq(read_fields("Expires: 0\r\nContact: <sip:a@b>\r\nm: *\r\n").status, 400);
    ck_assert_uint_eq(read_fields("Expires: 0\r\nContact: *, *\r\n").status, 400);
    ck_assert(verdict_ok(read_fields("")));
    ck_assert(!contacts.star && contacts.count == 0);
}
END_TEST

static void assert_parameters(const char *contact, const char *wanted)
{
    char fields[4000];
    snprintf(fields, sizeof(fields), "Contact: %s\r\n", contact);
    lifetime_of(fields);
    const struct contact_wish *wish = &contacts.wishes[0];
    ck_assert_uint_eq(wish->parameters_length, strlen(wanted));
    ck_assert_int_eq(memcmp(wish->parameters, wanted, strlen(wanted)), 0);
}

START_TEST(parameters_are_kept)
{
    begin();
    assert_parameters("<sip:a@b>;q=0.5;expires=60", "");
    assert_parameters("<sip:a@b>;+sip.instance=\"<urn:uuid:1>\" ; q=1;ob;reg-id=1",
                      ";+sip.instance=\"<urn:uuid:1>\";ob;reg-id=1");
    assert_parameters("<sip:a@b>;x=\"a\\\1b\"", ";x=\"a\\ b\"");
    /* a fold inside of quotes must not come back as one */
    assert_parameters("<sip:a@b>;x=\"1\r\n 2\"", ";x=\"1   2\"");
    ck_assert_uint_eq(contacts.wishes[0].q, 1000);
    assert_parameters("<sip:a@b>;Q=0.25", "");
    ck_assert_uint_eq(contacts.wishes[0].q, 250);
}
END_TEST

START_TEST(refused)
{
    static const char *const broken[] = {"sip:a@b>",     "<sip:a@b>;q=2", "<sip:a@b>;q=x",
                                         "<mailto:a@b>", "<tel:+1>",      "<sip:a@b",
                                         "<sip:@b>",     "<sip:a@b>, <>"};
    begin();
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        char fields[100];
        snprintf(fields, sizeof(fields), "Contact: %s\r\n", broken[i]);
        ck_assert_msg(read_fields(fields).status == 400, "%s", broken[i]);
    }
}
END_TEST

START_TEST(bounds)
{
    static char fields[5000];
    begin();
    snprintf(fields, sizeof(fields), "m: <sip:%01016d@b>\r\n", 0); /* 1024 bytes */
    ck_assert_uint_eq(lifetime_of(fields), 1800);
    snprintf(fields, sizeof(fields), "m: <sip:%01017d@b>\r\n", 0);
    ck_assert_uint_eq(read_fields(fields).status, 400);
    settings.contact_max_bytes = 4000;
    snprintf(fields, sizeof(fields), "m: <sip:a@b>;x=%01021d\r\n", 0);
    ck_assert_uint_eq(lifetime_of(fields), 1800);
    snprintf(fields, sizeof(fields), "m: <sip:a@b>;x=%01022d\r\n", 0);
    ck_assert_uint_eq(read_fields(fields).status, 400);
    size_t length = (size_t)snprintf(fields, sizeof(fields), "m: <sip:a@b>");
    for (int i = 1; i < CONTACTS_MAX; i++)
        length += (size_t)snprintf(fields + length, sizeof(fields) - length, ",<sip:%d@b>", i);
    snprintf(fields + length, sizeof(fields) - length, "\r\n");
    ck_assert(verdict_ok(read_fields(fields)));
    ck_assert_uint_eq(contacts.count, CONTACTS_MAX);
    snprintf(fields + length, sizeof(fields) - length, "\r\nm: <sip:z@b>\r\n");
    ck_assert_uint_eq(read_fields(fields).status, 400);
    ck_assert(contacts.limited);
}
END_TEST

/* Each binding that may be can be ended and made anew. */
START_TEST(as_many_as_bindings_explain)
{
    begin();
    settings.bindings_max = 1;
    ck_assert(verdict_ok(read_fields("m: <sip:a@b>;expires=0, <sip:c@b>\r\n")));
    ck_assert(!contacts.limited);
    ck_assert_uint_eq(read_fields("m: <sip:a@b>, <sip:c@b>;expires=0, <sip:d@b>\r\n").status, 403);
    ck_assert(contacts.limited);
    ck_assert(verdict_ok(read_fields("")));
    ck_assert(!contacts.limited);
}
END_TEST

START_TEST(extras_of_a_uri)
{
    begin();
    ck_assert_uint_eq(lifetime_of("m: <sip:a@b;x;y=1?z=1>;u;v;w\r\n"), 1800);
    ck_assert_uint_eq(read_fields("m: <sip:a@b;x;y=1;w?z=1>\r\n").status, 400);
    ck_assert_uint_eq(read_fields("m: <sip:a@b?x=1&y=1&w=1&z=1>\r\n").status, 400);
    ck_assert_uint_eq(read_fields("m: <sip:a@b;a;b;c;d>;expires=0\r\n").status, 400);
}
END_TEST

#define UUID "<urn:uuid:F81D4FAE-7dec-11d0-a765-00a0c91e6bf6>"
#define DEVICE ";+sip.instance=\"" UUID "\""

/* RFC 5626 4.1, 6: what tells the bindings of a device apart. */
START_TEST(devices)
{
    begin();
    lifetime_of("m: <sip:a@b>" DEVICE ";reg-id=2147483647\r\n");
    ck_assert(bytes_equal(wish_instance(&contacts.wishes[0]),
                          BYTES("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6")));
    ck_assert_uint_eq(contacts.wishes[0].reg_id, INT32_MAX);
    ck_assert(contacts.outbound);
    assert_parameters("<sip:a@b>;REG-ID = 1" DEVICE, ";REG-ID=1" DEVICE);
    ck_assert_uint_eq(contacts.wishes[0].reg_id, 1);
    lifetime_of("m: <sip:a@b>" DEVICE "\r\n");
    ck_assert_uint_eq(contacts.wishes[0].reg_id, 0);
    ck_assert(!contacts.outbound);
    /* without an instance it is ignored, and kept all the same */
    assert_parameters("<sip:a@b>;reg-id=3", ";reg-id=3");
    ck_assert_uint_eq(contacts.wishes[0].reg_id, 0);
    ck_assert(bytes_empty(wish_instance(&contacts.wishes[0])) && !contacts.outbound);
}
END_TEST

START_TEST(malformed_devices)
{
    static const char *const broken[] = {
        "+sip.instance",
        "+sip.instance=x",
        "+sip.instance=\"\"",
        "+sip.instance=\"<>\"",
        "+sip.instance=\"urn:1\"",
        "+sip.instance=\"<urn:\r\n 1>\"",
        "reg-id",
        "reg-id=0",
        "reg-id=2147483648",
        "reg-id=-1",
        "reg-id=1x",
        "reg-id=\"1\"",
        "reg-id=1;reg-id=1",
        "+sip.instance=\"<a>\";+sip.instance=\"<a>\"",
        "reg-id=4294967297",
    };
    begin();
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        char fields[200];
        snprintf(fields, sizeof(fields), "m: <sip:a@b>;%s\r\n", broken[i]);
        ck_assert_msg(read_fields(fields).status == 400, "%s", broken[i]);
    }
    /* RFC 5627 5.1: of what has an instance 403 */
    ck_assert_uint_eq(read_fields("m: <mailto:a@b>" DEVICE "\r\n").status, 403);
}
END_TEST

/* RFC 5627 5.1: GRUUs are not the client's to choose. */
START_TEST(gruus_are_not_kept)
{
    begin();
    assert_parameters("<sip:a@b>;pub-gruu=\"sip:a@b;gr=1\";x;Temp-GRUU=\"sip:b@b;gr\"", ";x");
}
END_TEST

/* RFC 5626 6, 11.6: reg-ids count when nobody stands between, or who knows them. */
START_TEST(first_hops)
{
    static const char contact[] = "m: <sip:a@b>" DEVICE ";reg-id=1\r\n";
    begin();
    features.direct = false;
    ck_assert(verdict_ok(read_fields(contact)));
    ck_assert_uint_eq(contacts.wishes[0].reg_id, 0);
    ck_assert(!contacts.outbound);
    features.outbound = true;
    ck_assert_uint_eq(read_fields(contact).status, 439);
    ck_assert(verdict_ok(read_fields("m: <sip:a@b>" DEVICE "\r\n")));
    features.edge = true;
    ck_assert(verdict_ok(read_fields(contact)));
    ck_assert_uint_eq(contacts.wishes[0].reg_id, 1);
    ck_assert(contacts.outbound);
}
END_TEST

/* RFC 5626 6: with a reg-id one binding is made, any number removed. */
START_TEST(one_binding_a_flow)
{
    begin();
    ck_assert_uint_eq(read_fields("m: <sip:a@b>" DEVICE ";reg-id=1, <sip:c@b>\r\n").status, 400);
    ck_assert_uint_eq(read_fields("m: <sip:c@b>, <sip:a@b>" DEVICE ";reg-id=1\r\n").status, 400);
    ck_assert(verdict_ok(read_fields("m: <sip:a@b>" DEVICE ";reg-id=1, <sip:c@b>;expires=0\r\n")));
    ck_assert(verdict_ok(read_fields("m: <sip:a@b>" DEVICE ";reg-id=1;expires=0, <sip:c@b>, "
                                     "<sip:d@b>\r\n")));
    ck_assert(verdict_ok(read_fields("m: <sip:a@b>;reg-id=1, <sip:c@b>\r\n")));
}
END_TEST

UNIT_MAIN("contacts", devices, malformed_devices, gruus_are_not_kept, first_hops,
          one_binding_a_flow, expires, too_brief, star, parameters_are_kept, refused, bounds,
          as_many_as_bindings_explain, extras_of_a_uri)
