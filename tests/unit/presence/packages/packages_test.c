/* packages_test.c: the list of event packages. */
#include <stdio.h>

#include "presence/packages/package.h"
#include "unit.h"

START_TEST(test_every_package_is_found_and_whole)
{
    size_t count = 0;
    for (const struct event_package *const *at = package_list(); *at != NULL; at++, count++) {
        const struct event_package *package = *at;
        ck_assert_ptr_eq(package_find(bytes_of(package->name)), package);
        ck_assert_ptr_nonnull(package->spec);
        ck_assert(package->notify_types != NULL && package->notify_types[0] != NULL);
        ck_assert(package->subscribe.least <= package->subscribe.usual &&
                  package->subscribe.usual <= package->subscribe.most);
        ck_assert(package->publish.least <= package->publish.usual &&
                  package->publish.usual <= package->publish.most);
        ck_assert(package->publish_types == NULL || package->accept != NULL);
        ck_assert((package->compose != NULL) == (package->subject == NULL));
        ck_assert((package->patch_type == NULL) == (package->patch == NULL));
    }
    ck_assert_uint_gt(count, 0);
}
END_TEST

/* RFC 3857 3, 4.6: every package has its winfo, and that one too; then it is enough. */
START_TEST(test_rfc3857_templates)
{
    for (const struct event_package *const *at = package_list(); *at != NULL; at++) {
        char name[100];
        const struct event_package *package = *at, *winfo = package_winfo(package);
        snprintf(name, sizeof(name), "%s.winfo", package->name);
        ck_assert_ptr_eq(package_find(bytes_of(name)), winfo);
        ck_assert_ptr_eq(winfo != NULL ? winfo->subject : package, package);
        bool deep = package->subject != NULL && package->subject->subject != NULL;
        ck_assert_int_eq(winfo == NULL, deep);
        if (package->subject == NULL)
            continue;
        ck_assert_int_eq(package->audience, AUDIENCE_OWNER);
        ck_assert_ptr_null(package->publish_types);
        ck_assert_uint_eq(package->subscribe.usual, 3600);                         /* 4.4 */
        ck_assert_str_eq(package->notify_types[0], "application/watcherinfo+xml"); /* 4.5 */
    }
}
END_TEST

/* RFC 6665 8.2.1: names are compared as they are. */
START_TEST(test_rfc6665_names)
{
    ck_assert_ptr_null(package_find(BYTES("Presence")));
    ck_assert_ptr_null(package_find(BYTES("presence.Winfo")));
    ck_assert_ptr_null(package_find(BYTES("presence.winfo.winfo.winfo")));
    ck_assert_ptr_null(package_find(BYTES("winfo")));
    ck_assert_ptr_null(package_find(BYTES("presenc")));
    ck_assert_ptr_null(package_find((struct bytes){0}));
}
END_TEST

UNIT_MAIN("presence/packages", test_every_package_is_found_and_whole, test_rfc3857_templates,
          test_rfc6665_names)
