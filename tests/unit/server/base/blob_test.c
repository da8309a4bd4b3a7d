/* blob_test.c: shared bytes live as long as their last owner. */
#include "base/blob.h"

#include "unit.h"

START_TEST(the_last_owner_frees)
{
    char text[] = "document";
    struct blob *blob = blob_new(bytes_of(text)), *second = blob_ref(blob);
    text[0] = 'X';
    ck_assert_ptr_eq(second, blob);
    blob_unref(&blob);
    ck_assert_ptr_null(blob);
    ck_assert(bytes_equal(blob_bytes(second), BYTES("document")));
    blob_unref(&second);
    blob_unref(&second);
    ck_assert_ptr_null(blob_ref(NULL));
    ck_assert(bytes_empty(blob_bytes(NULL)));
}
END_TEST

UNIT_MAIN("blob", the_last_owner_frees)
