/* rights_test.c: united permissions, and their keys. */
#include "pidf/rights_internal.h"
#include "unit.h"

static struct rights *devices(const char *class, const char *id)
{
    struct rights_draft draft = {0};
    if (class != NULL)
        rights_draft_add(
            &draft, &(struct rights_member){.type = RIGHTS_DEVICE_CLASS, .value = bytes_of(class)});
    if (id != NULL)
        rights_draft_add(&draft,
                         &(struct rights_member){.type = RIGHTS_DEVICE_URI, .value = bytes_of(id)});
    return rights_make(&draft);
}

static bool shows_device(const struct rights *rights, struct rights_part part)
{
    return rights_show_part(rights, RIGHTS_DEVICE, &part);
}

/* RFC 5025 3.3.1.1: the example of two rules. */
START_TEST(rfc5025_sets_are_united)
{
    struct rights *one = devices("biz", "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
    struct rights *home = devices("home", NULL), *biz = devices("biz", NULL);
    struct rights_draft draft = {0};
    rights_draft_unite(&draft, one);
    rights_draft_unite(&draft, home);
    rights_draft_unite(&draft, biz);
    struct rights *all = rights_make(&draft);
    ck_assert(shows_device(all, (struct rights_part){.class = BYTES("home")}));
    ck_assert(shows_device(all, (struct rights_part){.class = BYTES("biz")}));
    ck_assert(shows_device(
        all,
        (struct rights_part){.device_id = BYTES("urn:UUID:F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6")}));
    ck_assert(!shows_device(all, (struct rights_part){.class = BYTES("Biz")}));
    ck_assert(!shows_device(all, (struct rights_part){.device_id = BYTES("urn:uuid:other")}));
    ck_assert(!shows_device(all, (struct rights_part){.class = BYTES("")}));
    ck_assert(!shows_device(home, (struct rights_part){.class = BYTES("biz")}));
    rights_unref(&one);
    rights_unref(&home);
    rights_unref(&biz);
    rights_unref(&all);
}
END_TEST

START_TEST(the_same_rights_have_the_same_key)
{
    struct rights_draft forth = {0}, back = {0}, less = {0};
    const struct rights_member a = {.type = RIGHTS_SERVICE_CLASS, .value = BYTES("a")};
    const struct rights_member b = {.type = RIGHTS_SERVICE_CLASS, .value = BYTES("b")};
    rights_draft_add(&forth, &a);
    rights_draft_add(&forth, &b);
    rights_draft_add(&back, &b);
    rights_draft_add(&back, &a);
    rights_draft_add(&back, &b);
    rights_draft_add(&less, &b);
    struct rights *one = rights_make(&forth), *other = rights_make(&back);
    struct rights *third = rights_make(&less);
    ck_assert(bytes_equal(rights_key(one), rights_key(other)));
    ck_assert(!bytes_equal(rights_key(one), rights_key(third)));
    ck_assert(bytes_equal(rights_key(NULL), BYTES("*")));
    rights_unref(&one);
    rights_unref(&other);
    rights_unref(&third);
}
END_TEST

/* Texts cannot be chosen so that two rights look alike. */
START_TEST(keys_are_unambiguous)
{
    struct rights *one = devices("a;2:0:1:b", NULL), *two = devices("a", "b");
    ck_assert(!bytes_equal(rights_key(one), rights_key(two)));
    rights_unref(&one);
    rights_unref(&two);
}
END_TEST

START_TEST(all_makes_members_idle)
{
    struct rights_draft draft = {0}, plain = {0};
    rights_draft_add(&draft,
                     &(struct rights_member){.type = RIGHTS_PERSON_CLASS, .value = BYTES("work")});
    draft.all[RIGHTS_PERSON] = plain.all[RIGHTS_PERSON] = true;
    struct rights *rights = rights_make(&draft), *all = rights_make(&plain);
    ck_assert(bytes_equal(rights_key(rights), rights_key(all)));
    ck_assert(rights_show_part(rights, RIGHTS_PERSON, &(struct rights_part){{0}}));
    ck_assert(!rights_show_part(rights, RIGHTS_SERVICE, &(struct rights_part){{0}}));
    rights_unref(&rights);
    rights_unref(&all);
}
END_TEST

START_TEST(null_shows_everything)
{
    ck_assert(rights_show(NULL, RIGHTS_NOTE));
    ck_assert_int_eq(rights_user_input(NULL), RIGHTS_INPUT_FULL);
    ck_assert(rights_show_unknown(NULL, BYTES("urn:x"), BYTES("y")));
    ck_assert(rights_show_part(NULL, RIGHTS_DEVICE, &(struct rights_part){{0}}));
    ck_assert_ptr_null(rights_ref(NULL));
    struct rights *none = NULL;
    rights_unref(&none);
}
END_TEST

START_TEST(everything_is_known_as_such)
{
    struct rights_draft draft = {.all = {true, true, true}};
    rights_draft_all_attributes(&draft);
    ck_assert(rights_draft_everything(&draft));
    draft.all_unknown = false;
    ck_assert(!rights_draft_everything(&draft));
    struct rights *rights = rights_make(&draft);
    ck_assert(!rights_everything(rights));
    ck_assert(rights_everything(NULL));
    ck_assert_ptr_eq(rights_ref(rights), rights);
    struct rights *again = rights;
    rights_unref(&again);
    ck_assert_ptr_null(again);
    ck_assert(rights_show(rights, RIGHTS_MOOD)); /* still there */
    rights_unref(&rights);
}
END_TEST

UNIT_MAIN("pidf/rights", rfc5025_sets_are_united, the_same_rights_have_the_same_key,
          keys_are_unambiguous, all_makes_members_idle, null_shows_everything,
          everything_is_known_as_such)
