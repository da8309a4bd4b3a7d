/* step_once_test.c: fields that stand twice (RFC 3261 7.3.1, 16.3 step 1). */
#include "fixture/probe.h"

START_TEST(of_what_ends_here)
{
    static const char *const twice[] = {"Expires: 60\r\nExpires: 60\r\n", "o: x\r\nEvent: y\r\n",
                                        "SIP-If-Match: a\r\nSIP-If-Match: b\r\n",
                                        "c: a/b\r\nContent-Type: c/d\r\n"};
    struct ask ask = {.method = "PUBLISH"};
    probe_open(true);
    for (size_t i = 0; i < sizeof(twice) / sizeof(twice[0]); i++) {
        ask.fields = twice[i];
        ck_assert_uint_eq(probe_alice(ask), 400);
        ck_assert_has(sent_text(ground, "SIP"), "There is more than one ");
    }
    ask.fields = "User-Agent: a\r\nUser-Agent: b\r\nDate: a\r\nDate: b\r\nExpires: 60\r\n";
    ck_assert_uint_eq(probe_alice(ask), 0);
    probe_close();
}
END_TEST

START_TEST(of_what_goes_further)
{
    probe_open(true);
    ck_assert_uint_eq(probe_alice((struct ask){.method = "INVITE",
                                               .fields = "Expires: 60\r\nExpires: 70\r\n"
                                                         "c: a/b\r\nc: c/d\r\no: x\r\no: y\r\n"}),
                      0);
    probe_close();
}
END_TEST

UNIT_MAIN("step_once", of_what_ends_here, of_what_goes_further)
