/* sender_test.c: which device watches; for those that publish see publisher_test.c. */
#include "fixture/events.h"

/* RFC 5626 4.1, RFC 5627 5.1: +sip.instance, or a GRUU of the watcher's own; a Contact alone proves
 * nothing. */
START_TEST(of_a_watcher)
{
    static const struct {
        const char *contact, *instance; /* NULL: unknown */
    } cases[] = {
        {"Contact: <sip:alice@127.0.0.2>;+sip.instance=\"<urn:uuid:1>\"\r\n", "urn:uuid:1"},
        {"Contact: <sip:alice@example.org;gr=urn:uuid:7>\r\n", "urn:uuid:7"},
        {"Contact: <sip:bob@example.org;gr=urn:uuid:7>\r\n", NULL},
        {"Contact: <sip:alice@127.0.0.2>;+sip.instance=nonsense\r\n", NULL},
        {"Contact: <sip:alice@127.0.0.2>\r\n", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        events_open();
        ck_assert_uint_eq(subscribe(cases[i].contact), 200);
        const char *instance = bob()->subscriptions->instance;
        if (cases[i].instance == NULL)
            ck_assert_ptr_null(instance);
        else
            ck_assert_str_eq(instance, cases[i].instance);
        events_close();
    }
}
END_TEST

UNIT_MAIN("presence/sender", of_a_watcher)
