/* Tokens: kept by their digest, found by it, bounded in number. */
#include "store/tokens.h"

#include "fixture.h"

static const char digest_a[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
static const char digest_b[] = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

static struct account_file *open_file(struct fixture *f)
{
    fixture_init(f);
    struct account_file *file = account_file_open(f->folder, &f->err, f->why, sizeof(f->why));
    if (file == NULL)
        ck_abort_msg("account_file_open: %s", f->why);
    return file;
}

static struct store_token token(const char *id, const char *digest, uint64_t made_ms)
{
    return (struct store_token){.id = bytes_of(id),
                                .digest = bytes_from(digest, 32),
                                .name = BYTES("a name"),
                                .scopes = BYTES("live:read"),
                                .made_ms = made_ms,
                                .expires_ms = 99};
}

/* "id=name,scopes,made,expires,used;" */
static void note(void *context, const struct store_token *seen)
{
    char *text = context;
    size_t used = strlen(text);
    ck_assert_uint_eq(seen->digest.length, 32);
    snprintf(text + used, 512 - used, "%.*s=%.*s,%.*s,%llu,%llu,%llu;", BYTES_ARGS(seen->id),
             BYTES_ARGS(seen->name), BYTES_ARGS(seen->scopes), (unsigned long long)seen->made_ms,
             (unsigned long long)seen->expires_ms, (unsigned long long)seen->used_ms);
}

START_TEST(tokens_are_added_listed_found_used_and_revoked)
{
    struct fixture f;
    struct account_file *file = open_file(&f);
    struct store_token a = token("a", digest_a, 7), b = token("b", digest_b, 5);
    char text[512] = "";
    bool any = true;
    ck_assert_int_eq(token_any(file, &any), ERR_NONE);
    ck_assert(!any);
    ck_assert_int_eq(token_add(file, &a, 2), ERR_NONE);
    ck_assert_int_eq(token_add(file, &b, 2), ERR_NONE);
    ck_assert_int_eq(token_any(file, &any), ERR_NONE);
    ck_assert(any);
    ck_assert_int_eq(token_used(file, BYTES("a"), 42), ERR_NONE);
    ck_assert_int_eq(token_list(file, note, text), ERR_NONE);
    ck_assert_str_eq(text, "b=a name,live:read,5,99,0;a=a name,live:read,7,99,42;");
    *text = '\0';
    ck_assert_int_eq(token_used(file, BYTES("b"), 4), ERR_NONE); /* the hour that it was made in */
    ck_assert_int_eq(token_read(file, BYTES("b"), note, text), ERR_NONE);
    ck_assert_str_eq(text, "b=a name,live:read,5,99,5;");
    *text = '\0';
    ck_assert_int_eq(token_find(file, bytes_from(digest_a, 32), note, text), ERR_NONE);
    ck_assert_str_eq(text, "a=a name,live:read,7,99,42;");
    ck_assert_int_eq(token_revoke(file, BYTES("a")), ERR_NONE);
    ck_assert_int_eq(token_revoke(file, BYTES("a")), ERR_NOT_FOUND);
    ck_assert_int_eq(token_find(file, bytes_from(digest_a, 32), note, text), ERR_NOT_FOUND);
    ck_assert_int_eq(token_read(file, BYTES("a"), note, text), ERR_NOT_FOUND);
    ck_assert_int_eq(token_used(file, BYTES("a"), 42), ERR_NOT_FOUND);
    account_file_close(&file);
    fixture_release(&f);
}
END_TEST

START_TEST(no_two_have_an_id_or_a_digest_and_there_is_a_most)
{
    struct fixture f;
    struct account_file *file = open_file(&f);
    struct store_token a = token("a", digest_a, 7), same_id = token("a", digest_b, 7),
                       same_digest = token("b", digest_a, 7), b = token("b", digest_b, 7);
    ck_assert_int_eq(token_add(file, &a, 2), ERR_NONE);
    ck_assert_int_eq(token_add(file, &same_id, 2), ERR_CONFLICT);
    ck_assert_int_eq(token_add(file, &same_digest, 2), ERR_CONFLICT);
    ck_assert_int_eq(token_add(file, &b, 1), ERR_LIMIT);
    ck_assert_int_eq(token_add(file, &b, 2), ERR_NONE);
    account_file_close(&file);
    fixture_release(&f);
}
END_TEST

UNIT_MAIN("store/tokens", tokens_are_added_listed_found_used_and_revoked,
          no_two_have_an_id_or_a_digest_and_there_is_a_most)
