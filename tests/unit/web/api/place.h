/* place.h: a database in a folder of its own, and calls of endpoints on it. */
#ifndef TESTS_UNIT_WEB_API_PLACE_H
#define TESTS_UNIT_WEB_API_PLACE_H

#include <stdio.h>
#include <unistd.h>

#include "base/memory.h"
#include "store/accounts.h"
#include "unit.h"
#include "web/fake_call.h"

struct place {
    char folder[64];
    struct account_file *file;
    const struct web_endpoints *endpoints;
    const char *field, *value; /* of the next request; NULL: none */
    const char *type;          /* its Content-Type, likewise */
    struct web_call *call;     /* the last one */
};

static inline void place_init(struct place *place, const struct web_endpoints *endpoints)
{
    char why[640];
    enum err err;
    *place = (struct place){.folder = "/tmp/herald-api-XXXXXX", .endpoints = endpoints};
    ck_assert_ptr_nonnull(mkdtemp(place->folder));
    place->file = account_file_open(place->folder, &err, why, sizeof(why));
    if (place->file == NULL)
        ck_abort_msg("account_file_open: %s", why);
}

static inline void place_release(struct place *place)
{
    static const char *const names[] = {"herald.db", "herald.db-wal", "herald.db-shm"};
    char path[128];
    fake_call_free(&place->call);
    account_file_close(&place->file);
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", place->folder, names[i]);
        unlink(path);
    }
    rmdir(place->folder);
}

static inline void place_add(struct place *place, const char *aor)
{
    const struct store_account account = {.aor = bytes_of(aor)};
    ck_assert_int_eq(account_add(place->file, &account), ERR_NONE);
}

/* Calls and returns the status; fields of place are used up. */
static inline unsigned place_ask(struct place *place, const char *request, const char *body)
{
    fake_call_free(&place->call);
    place->call = fake_call(place->endpoints, request, body);
    if (place->field != NULL)
        fake_call_field(place->call, place->field, place->value);
    if (place->type != NULL)
        fake_call_field(place->call, "Content-Type", place->type);
    place->field = place->type = NULL;
    fake_call_run(place->call, place->file, NULL);
    return fake_call_status(place->call);
}

static inline void place_expect(struct place *place, const char *request, const char *body,
                                unsigned status)
{
    unsigned got = place_ask(place, request, body);
    ck_assert_msg(got == status, "%s: %u, not %u: %s %s %s", request, got, status,
                  fake_call_problem_field(place->call), fake_call_problem_detail(place->call),
                  fake_call_text(place->call).at != NULL ? fake_call_text(place->call).at : "");
}

/* The answer's JSON is this one. */
static inline void place_expect_json(struct place *place, const char *expected)
{
    json_t *wanted = json_loads(expected, JSON_DECODE_ANY, NULL);
    ck_assert_msg(wanted != NULL, "no JSON: %s", expected);
    char *got = json_dumps(fake_call_json(place->call), JSON_COMPACT | JSON_ENCODE_ANY);
    ck_assert_msg(json_equal(wanted, fake_call_json(place->call)), "%s", got);
    free(got);
    json_decref(wanted);
}

/* One member of the answer is this one. */
static inline void place_expect_member(struct place *place, const char *name, const char *expected)
{
    json_t *wanted = json_loads(expected, JSON_DECODE_ANY, NULL);
    const json_t *member = json_object_get(fake_call_json(place->call), name);
    char *got = member != NULL ? json_dumps(member, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    ck_assert_msg(member != NULL && json_equal(wanted, member), "%s: %s", name,
                  got != NULL ? got : "-");
    free(got);
    json_decref(wanted);
}

static inline void place_expect_field(const struct place *place, const char *field)
{
    ck_assert_str_eq(fake_call_problem_field(place->call), field);
}

/* The ETag of what the last call answered; free() it. */
static inline char *place_etag(const struct place *place)
{
    return fake_call_etag(fake_call_json(place->call));
}

#endif
