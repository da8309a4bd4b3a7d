/* page_test.c: the files of the page, with what a browser is told about them. */
#include "web/api/page.h"

#include <string.h>

#include "web/api/page_internal.h"
#include "web/api/place.h"

static const struct web_endpoints endpoints = {page_endpoints, SIZE_MAX};

static void expect_guarded(const struct web_call *call)
{
    const char *policy = fake_call_answer_field(call, "Content-Security-Policy");
    ck_assert_ptr_nonnull(strstr(policy, "default-src 'none'"));
    ck_assert_ptr_nonnull(strstr(policy, "script-src 'self';"));
    ck_assert_ptr_nonnull(strstr(policy, "style-src 'self';"));
    ck_assert_ptr_nonnull(strstr(policy, "frame-ancestors 'none'"));
    ck_assert_ptr_null(strstr(policy, "unsafe"));
    ck_assert_str_eq(fake_call_answer_field(call, "Cache-Control"), "no-cache");
}

START_TEST(the_page_is_html_and_guarded)
{
    struct place p;
    place_init(&p, &endpoints);
    place_expect(&p, "GET /", NULL, 200);
    ck_assert_str_eq(fake_call_type(p.call), "text/html; charset=utf-8");
    ck_assert(bytes_starts_with(fake_call_text(p.call), BYTES("<!doctype html>")));
    expect_guarded(p.call);
    place_release(&p);
}
END_TEST

START_TEST(every_file_is_served_by_its_name_and_type)
{
    char request[200];
    struct place p;
    place_init(&p, &endpoints);
    for (const struct page_file *file = page_files; file->name != NULL; file++) {
        snprintf(request, sizeof(request), "GET /page/%s", file->name);
        place_expect(&p, request, NULL, 200);
        ck_assert_str_ne(fake_call_type(p.call), "application/octet-stream");
        ck_assert_uint_eq(fake_call_text(p.call).length, file->length);
        expect_guarded(p.call);
    }
    place_release(&p);
}
END_TEST

/* RFC 9110 15.5.5; and no name leads out of the table. */
START_TEST(other_files_are_not_there)
{
    static const char *const requests[] = {"GET /page/secret.js", "GET /page/..%2Fherald.db",
                                           "GET /page/%2Fetc%2Fpasswd", "GET /page/index"};
    struct place p;
    place_init(&p, &endpoints);
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        place_expect(&p, requests[i], NULL, 404);
        place_expect_field(&p, "file");
    }
    place_release(&p);
}
END_TEST

/* A browser runs nothing that stands in the markup: no script, style or handler may be there. */
START_TEST(the_page_has_nothing_inline)
{
    static const char *const never[] = {"<script>", "<style",      " style=", " onclick=",
                                        " onload=", "javascript:", "http://", "https://"};
    struct place p;
    place_init(&p, &endpoints);
    place_expect(&p, "GET /", NULL, 200);
    struct bytes text = fake_call_text(p.call);
    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
        ck_assert_msg(memmem(text.at, text.length, never[i], strlen(never[i])) == NULL, "%s",
                      never[i]);
    place_release(&p);
}
END_TEST

UNIT_MAIN("web/api/page", the_page_is_html_and_guarded, every_file_is_served_by_its_name_and_type,
          other_files_are_not_there, the_page_has_nothing_inline)
