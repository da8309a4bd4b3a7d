/* lifetime_test.c: the time that a request asks for (RFC 3903 6 step 4, RFC 6665 4.2.1.1). */
#include "fixture/events.h"

/* What both methods make of an Expires field: the Expires of the 200, or the status. */
static unsigned asked(const char *method, const char *expires)
{
    bool publishes = strcmp(method, "PUBLISH") == 0;
    unsigned status = publishes ? publish(expires, "one") : subscribe(expires);
    if (status != 200)
        return status;
    return (unsigned)strtoul(value_of(sent_text(ground, "SIP/2.0 200"), "\r\nExpires: "), NULL, 10);
}

START_TEST(limits)
{
    static const char *const methods[] = {"PUBLISH", "SUBSCRIBE"};
    events_open();
    for (size_t i = 0; i < 2; i++) {
        ck_assert_uint_eq(asked(methods[i], ""), 3600);
        ck_assert_uint_eq(asked(methods[i], "Expires: 0\r\n"), 0);
        ck_assert_uint_eq(asked(methods[i], "Expires: 60\r\n"), 60);
        ck_assert_uint_eq(asked(methods[i], "Expires: 90000\r\n"), 86400);
        ck_assert_uint_eq(asked(methods[i], "Expires: 59\r\n"), 423);
        ck_assert_has(sent_text(ground, "SIP/2.0 423"), "\r\nMin-Expires: 60\r\n");
        ck_assert_uint_eq(asked(methods[i], "Expires: x\r\n"), 400);
    }
    events_close();
}
END_TEST

UNIT_MAIN("presence/lifetime", limits)
