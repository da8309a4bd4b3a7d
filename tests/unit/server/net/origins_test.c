/* origins_test.c: whose pages may connect (RFC 6455 10.2). */
#include "net/origins.h"
#include "unit.h"

static bool allowed(const char *site, const char *origin)
{
    const char *const sites[] = {"elsewhere.example", site, NULL};
    struct origins *origins = origins_new(sites);
    bool result = origins_allow(origins, bytes_of(origin));
    origins_free(&origins);
    ck_assert_ptr_null(origins);
    return result;
}

START_TEST(a_host_means_every_origin_on_it)
{
    ck_assert(allowed("example.org", "https://example.org"));
    ck_assert(allowed("example.org", "http://Example.ORG:8080"));
    ck_assert(allowed("127.0.0.1", "http://127.0.0.1:8000"));
    ck_assert(allowed("[::1]", "http://[::1]:8000"));
    ck_assert(allowed("[::1]", "https://[::1]"));
    ck_assert(!allowed("example.org", "https://www.example.org"));
    ck_assert(!allowed("example.org", "https://example.org.evil.example"));
    ck_assert(!allowed("example.org", "https://evil.example/example.org"));
    ck_assert(!allowed("example.org", "null"));
    ck_assert(!allowed("example.org", ""));
    ck_assert(!allowed("example.org", "://"));
    ck_assert(!allowed("example.org", "https://["));
    ck_assert(!allowed("", "null"));
}
END_TEST

START_TEST(an_origin_means_itself)
{
    ck_assert(allowed("https://phone.example.org", "https://phone.example.org"));
    ck_assert(allowed("https://phone.example.org:8443", "HTTPS://phone.example.org:8443"));
    ck_assert(allowed("null", "null"));
    ck_assert(!allowed("https://phone.example.org", "http://phone.example.org"));
    ck_assert(!allowed("https://phone.example.org", "https://phone.example.org:8443"));
    ck_assert(!allowed("https://phone.example.org", "https://example.org"));
}
END_TEST

START_TEST(any_is_any)
{
    struct origins *origins = origins_new(NULL);
    ck_assert(origins_allow(origins, BYTES("null")));
    origins_free(&origins);
    ck_assert(allowed("*", "https://anything.example"));
    const char *const none[] = {NULL};
    origins = origins_new(none);
    ck_assert(!origins_allow(origins, BYTES("https://example.org")));
    origins_free(&origins);
}
END_TEST

UNIT_MAIN("origins", a_host_means_every_origin_on_it, an_origin_means_itself, any_is_any)
