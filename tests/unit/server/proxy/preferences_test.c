/* preferences_test.c: caller preferences, with the examples of RFC 3841. */
#include "proxy/preferences.h"

#include <stdio.h>

#include "base/buffer.h"
#include "unit.h"

static struct preferences preferences;
static struct sip_message message;
static char raw[20000];

static struct verdict read_request(const char *method, const char *fields)
{
    snprintf(raw, sizeof(raw),
             "%s sip:user@example.com SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\n"
             "From: <sip:a@h>;tag=1\r\nTo: <sip:user@example.com>\r\nCall-ID: 1\r\nCSeq: 1 %s\r\n"
             "%s\r\n",
             method, method, fields);
    struct verdict v = sip_message_parse(bytes_of(raw), false, &message);
    ck_assert_msg(verdict_ok(v), "%s", v.reason);
    return preferences_read(&message, &preferences);
}

static void prefer(const char *fields)
{
    ck_assert(verdict_ok(read_request("INVITE", fields)));
}

/* -1: dropped. */
static int judge(const char *features)
{
    unsigned score;
    return preferences_judge(&preferences, bytes_of(features), &score) ? (int)score : -1;
}

/* RFC 3841 7.2.5. */
START_TEST(example_of_the_rfc)
{
    prefer("Reject-Contact: *;actor=\"msg-taker\";video\r\n"
           "Accept-Contact: *;audio;require\r\n"
           "Accept-Contact: *;video;explicit\r\n"
           "Accept-Contact: *;methods=\"BYE\";class=\"business\";q=1.0\r\n");
    ck_assert(!preferences.implied);
    ck_assert_uint_eq(preferences.count, 4);
    ck_assert_int_eq(judge(";audio;video;methods=\"INVITE,BYE\";q=0.2"), 833);
    ck_assert_int_eq(judge(";audio=\"FALSE\";methods=\"INVITE\";actor=\"msg-taker\";q=0.2"), -1);
    ck_assert_int_eq(judge(";audio;actor=\"msg-taker\";methods=\"INVITE\";video;q=0.3"), -1);
    ck_assert_int_eq(judge(";audio;methods=\"INVITE,OPTIONS\";q=0.2"), 500);
    ck_assert_int_eq(judge(";q=0.5"), 1000); /* immune (7.2.3) */
    ck_assert_int_eq(judge(""), 1000);
    ck_assert_int_eq(judge(";expires=60;reg-id=1"), 1000);
}
END_TEST

/* RFC 3841 8: the predicate of this field, asked tag by tag. */
START_TEST(every_kind_of_value)
{
    prefer("a: *;mobility=\"fixed\";events=\"!presence,message-summary\""
           ";language=\"en,de\";description=\"<PC>\";+sip.newparam;+rangeparam=\"#-4:+5.125\""
           ";require\r\n");
    static const struct {
        const char *features;
        bool matches;
    } cases[] = {
        {";mobility=\"fixed\"", true},
        {";mobility=\"FIXED\"", true}, /* tokens: without regard to case */
        {";mobility=\"mobile\"", false},
        {";mobility=\"!fixed\"", false},
        {";mobility=\"!mobile\"", true},
        {";events=\"presence\"", false},
        {";events=\"dialog\"", true}, /* is not presence */
        {";events=\"presence,message-summary\"", true},
        {";events=\"!presence\"", true},
        {";language=\"fr\"", false},
        {";language=\"fr, DE\"", true},
        {";description=\"<PC>\"", true},
        {";description=\"<pc>\"", false}, /* strings: with */
        {";description=\"PC\"", false},
        {";+sip.newparam", true},
        {";+sip.newparam=\"TRUE\"", true},
        {";+sip.newparam=\"FALSE\"", false},
        {";+newparam=\"FALSE\"", true}, /* another tag */
        {";+rangeparam=\"#=5.125\"", true},
        {";+rangeparam=\"#=5.126\"", false},
        {";+rangeparam=\"#>=5\"", true},
        {";+rangeparam=\"#<=-4.5\"", false},
        {";+rangeparam=\"#-9:-4\"", true},
        {";+rangeparam=\"!#-9:9\"", false}, /* leaves nothing of it */
        {";+rangeparam=\"!#-4:5\"", true},
        {";+rangeparam=\"#x\"", false},
        {";+rangeparam=\"5\"", false},
        {";+sip.mobility=\"mobile\"", false}, /* the same tag */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ck_assert_msg((judge(cases[i].features) >= 0) == cases[i].matches, "%s", cases[i].features);
}
END_TEST

/* RFC 3841 7.2.4, figure 1. */
START_TEST(flags_of_a_rule)
{
    prefer("Accept-Contact: *;audio;video\r\n");
    ck_assert_int_eq(judge(";audio"), 500);
    ck_assert_int_eq(judge(";audio=\"FALSE\";video"), 0); /* no match, but nothing is required */
    prefer("Accept-Contact: *;audio;video;explicit\r\n");
    ck_assert_int_eq(judge(";audio"), 0);
    ck_assert_int_eq(judge(";audio;video"), 1000);
    prefer("Accept-Contact: *;audio;video;require\r\n");
    ck_assert_int_eq(judge(";audio"), 500);
    ck_assert_int_eq(judge(";text"), 0);
    ck_assert_int_eq(judge(";audio=\"FALSE\";video"), -1);
    prefer("Accept-Contact: *;audio;video;explicit;require\r\n");
    ck_assert_int_eq(judge(";audio"), -1);
    ck_assert_int_eq(judge(";audio;video"), 1000);
    prefer("Accept-Contact: *;audio;video, *;text\r\nAccept-Contact: *;data=\"FALSE\"\r\n");
    ck_assert_int_eq(judge(";audio;video;text=\"FALSE\";data"), 1000); /* of the one that matches */
    ck_assert_int_eq(judge(";audio;text;data"), 750);
}
END_TEST

/* RFC 3841 7.2.4: it rejects only who says to have what is not wanted. */
START_TEST(rejection)
{
    prefer("j: *;automata\r\n");
    ck_assert_int_eq(judge(";automata"), -1);
    ck_assert_int_eq(judge(";automata=\"FALSE\""), 1000);
    ck_assert_int_eq(judge(";audio"), 1000);
    prefer("Reject-Contact: *;automata;video\r\nReject-Contact: *;text\r\n");
    ck_assert_int_eq(judge(";automata"), 1000);
    ck_assert_int_eq(judge(";automata;video"), -1);
    ck_assert_int_eq(judge(";text"), -1);
    /* `require` says nothing there */
    prefer("Reject-Contact: *;text;require;explicit\r\n");
    ck_assert_int_eq(judge(";audio"), 1000);
}
END_TEST

/* RFC 3841 7.2.2. */
START_TEST(implied_by_the_request)
{
    prefer("");
    ck_assert(preferences.implied);
    ck_assert_int_eq(judge(";methods=\"INVITE,ACK\""), 1000);
    ck_assert_int_eq(judge(";methods=\"MESSAGE\""), -1);
    ck_assert_int_eq(judge(";methods=\"!MESSAGE\""), 1000);
    ck_assert_int_eq(judge(";audio"), 0);
    ck_assert(verdict_ok(read_request("SUBSCRIBE", "Event: dialog;id=7\r\n")));
    ck_assert_int_eq(judge(";methods=\"SUBSCRIBE\";events=\"dialog\""), 1000);
    ck_assert_int_eq(judge(";events=\"dialog,presence\""), 500);
    ck_assert_int_eq(judge(";events=\"presence\""), -1);
    ck_assert(verdict_ok(read_request("X-VERY-LONG-METHOD-NAME-THAT-IS-LONGER-THAN-ANY-THAT-HAS-"
                                      "EVER-BEEN-REGISTERED-BY-ANYBODY-ANYWHERE-AT-ALL",
                                      "")));
    ck_assert_int_eq(judge(";methods=\"INVITE\""), 1000);
}
END_TEST

/* What is no rule asks for nothing; nor does one without terms. */
START_TEST(odd_fields)
{
    prefer("Accept-Contact: <sip:a@b>;audio;require\r\n");
    ck_assert(!preferences.implied);
    ck_assert_uint_eq(preferences.count, 0);
    ck_assert_int_eq(judge(";text"), 1000);
    prefer("Accept-Contact: *\r\n");
    ck_assert_int_eq(judge(";text"), 1000);
    prefer("Accept-Contact: * ; audio=\"\" ; require\r\n");
    ck_assert_int_eq(judge(";audio"), -1);
    ck_assert_int_eq(judge(";text"), 0);
    prefer("Accept-Contact: *;methods=BYE;+x=<Y>\r\n"); /* without the quotes that belong there */
    ck_assert_int_eq(judge(";methods=\"BYE\""), 500);
}
END_TEST

/* "NAME: *" with so many of the same piece. */
static const char *repeat(const char *start, const char *piece, int count, const char *end)
{
    static char text[18000];
    struct buffer out = buffer_over(text, sizeof(text) - 1);
    buffer_text(&out, start);
    for (int i = 0; i < count; i++)
        buffer_text(&out, piece);
    buffer_text(&out, end);
    ck_assert(!out.overflow);
    text[out.length] = '\0';
    return text;
}

/* RFC 3841 11: too many rules are refused. */
START_TEST(bounds)
{
    prefer(repeat("a: *", ",*;audio", PREFERENCE_RULES_MAX - 1, "\r\n"));
    ck_assert_uint_eq(preferences.count, PREFERENCE_RULES_MAX);
    struct verdict v = read_request(
        "INVITE", repeat("a: *", ",*;audio", PREFERENCE_RULES_MAX - 1, "\r\nj: *;audio\r\n"));
    ck_assert_uint_eq(v.status, 400);
    prefer(repeat("a: *", ";audio", PREFERENCE_TERMS_MAX, "\r\n"));
    v = read_request("INVITE", repeat("a: *", ";audio", PREFERENCE_TERMS_MAX + 1, "\r\n"));
    ck_assert_uint_eq(v.status, 400);
    v = read_request("INVITE", repeat("a: *;methods=\"", ",", PREFERENCE_BYTES_MAX, "\"\r\n"));
    ck_assert_uint_eq(v.status, 400);
}
END_TEST

/* RFC 3841 9.1. */
START_TEST(dispositions)
{
    prefer("Request-Disposition: proxy, recurse, parallel\r\n");
    struct disposition wish = disposition_read(&message);
    ck_assert(wish.proxy && wish.parallel);
    ck_assert(!wish.redirect && !wish.no_cancel && !wish.no_fork && !wish.sequential);
    prefer("d: Redirect\r\nd: no-cancel ,no-fork, sequential, queue, cancel, unheard-of\r\n");
    wish = disposition_read(&message);
    ck_assert(wish.redirect && wish.no_cancel && wish.no_fork && wish.sequential);
    ck_assert(!wish.proxy && !wish.parallel);
    prefer("");
    wish = disposition_read(&message);
    ck_assert(!wish.proxy && !wish.redirect && !wish.no_cancel && !wish.no_fork && !wish.parallel &&
              !wish.sequential);
}
END_TEST

UNIT_MAIN("preferences", example_of_the_rfc, every_kind_of_value, flags_of_a_rule, rejection,
          implied_by_the_request, odd_fields, bounds, dispositions)
