/* text_test.c: what a person would read of a message, and looking for words in it. */
#include "unit.h"
#include "web/api/text_internal.h"

static bool finds(const char *words, const char *text)
{
    struct text_search *search = text_search_new(bytes_of(words));
    bool found = text_search_finds(search, bytes_of(text));
    text_search_free(&search);
    ck_assert_ptr_null(search);
    return found;
}

START_TEST(words_are_found_whatever_their_case)
{
    ck_assert(finds("hello", "Say HELLO to him"));
    ck_assert(finds("HELLO", "hello"));
    ck_assert(finds("", "anything"));
    ck_assert(finds("grüße", "viele GRÜßE"));
    ck_assert(finds("ПРИВЕТ", "ну, привет"));
    ck_assert(finds("aab", "aaab")); /* a first match that leads nowhere */
    ck_assert(!finds("hello", "hell"));
    ck_assert(!finds("hello", ""));
    ck_assert(!finds("u", "\xc3\xbc"));
}
END_TEST

/* Bytes that are no character are themselves, and end no search. */
START_TEST(what_is_no_utf8_is_only_itself)
{
    ck_assert(finds("\xff", "a\xff"));
    ck_assert(!finds("\xfe", "\xff"));
    ck_assert(!finds("\xc3", "\xc3\xbc"));
    ck_assert(finds("b", "\xf0\x9f\x98"
                         "b"));
    ck_assert(finds("\xe2\x82", "\xe2\x82"));
}
END_TEST

static struct store_message row(const char *head, const char *type, const char *body)
{
    return (struct store_message){
        .content_type = bytes_of(type), .head = bytes_of(head), .body = bytes_of(body)};
}

#define HEAD "MESSAGE sip:bob@example.org SIP/2.0\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:bob@b>\r\n"

START_TEST(a_text_is_read_also_within_cpim)
{
    struct bytes text = BYTES("");
    struct store_message message = row(HEAD "\r\n", "Text/Plain; charset=utf-8", "hi");
    ck_assert(text_of(&message, &text));
    ck_assert(bytes_equal(text, BYTES("hi")));
    message = row(HEAD "\r\n", "", "bare");
    ck_assert(text_of(&message, &text));
    message = row(HEAD "\r\n", "message/cpim",
                  "From: <sip:a@b>\r\n\r\nContent-Type: text/plain\r\n\r\nwrapped");
    ck_assert(text_of(&message, &text));
    ck_assert(bytes_equal(text, BYTES("wrapped")));
    message = row(HEAD "\r\n", "message/cpim",
                  "From: <sip:a@b>\r\n\r\nContent-Type: text/plain\r\n"
                  "Content-Transfer-Encoding: base64\r\n\r\nd3JhcHBlZA==");
    ck_assert(!text_of(&message, &text));
    message = row(HEAD "\r\n", "image/png", "\x89PNG");
    ck_assert(!text_of(&message, &text));
    message = row(HEAD "Content-Encoding: gzip\r\n\r\n", "text/plain", "\x1f\x8b");
    ck_assert(!text_of(&message, &text));
}
END_TEST

START_TEST(a_subject_is_read)
{
    struct store_message message = row(HEAD "Subject: Lunch\r\n\r\n", "text/plain", "?");
    ck_assert(bytes_equal(text_subject(&message), BYTES("Lunch")));
    message = row(HEAD "s: Lunch\r\n\r\n", "text/plain", "?");
    ck_assert(bytes_equal(text_subject(&message), BYTES("Lunch")));
    message = row("no message at all", "text/plain", "?");
    ck_assert(bytes_empty(text_subject(&message)));
}
END_TEST

UNIT_MAIN("text", words_are_found_whatever_their_case, what_is_no_utf8_is_only_itself,
          a_text_is_read_also_within_cpim, a_subject_is_read)
