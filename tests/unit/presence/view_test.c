/* view_test.c: what watchers see, made once for all who see the same. */
#include "fixture/ruling.h"

static struct rights *rights_of(const char *provide)
{
    ruling_write("", "allow", provide);
    ruling_take();
    const struct policy_watcher alice = {.aor = BYTES("alice@example.org")};
    struct policy_decision decision =
        policy_decide(ground->parts.policy, &alice, BOB, BYTES(""), 0);
    return decision.rights;
}

static struct bytes shown(struct view *view)
{
    return blob_bytes(view_body(view));
}

static bool has(struct view *view, const char *text)
{
    return memmem(shown(view).at, shown(view).length, text, strlen(text)) != NULL;
}

/* The same rights, whoever has them, are one view; it goes with its last user. */
START_TEST(shared)
{
    events_open();
    ck_assert_uint_eq(publish("", "one"), 200);
    struct rights *bare =
        rights_of("<pr:provide-services><pr:all-services/></pr:provide-services>");
    struct rights *again =
        rights_of("<pr:provide-services><pr:all-services/></pr:provide-services>");
    struct rights *more = rights_of(RULING_ALL);
    struct view *a = view_join(bob(), bare, false, NULL), *b = view_join(bob(), again, false, NULL);
    struct view *c = view_join(bob(), more, false, NULL), *d = view_join(bob(), NULL, false, NULL);
    struct view *e = view_join(bob(), NULL, true, NULL), *f = view_join(bob(), more, true, NULL);
    ck_assert_ptr_ne(bare, again);
    ck_assert_ptr_eq(a, b);
    ck_assert_ptr_eq(e, f); /* offline is offline */
    ck_assert(a != c && a != d && a != e && c != d && c != e && d != e);
    ck_assert(has(a, "open") && !has(a, ">one<") && has(c, ">one<") && has(d, ">one<"));
    ck_assert(!has(e, "tuple") && has(e, "entity=\"sip:bob@example.org\""));
    ck_assert_ptr_eq(view_body(a), view_body(b));
    ck_assert_ptr_eq(view_body(d), resource_state(bob()));
    ck_assert(view_same(c, d) && !view_same(a, c)); /* there is no more than she may see */
    struct view *all[] = {a, b, c, d, e, f};
    for (size_t i = 0; i < 6; i++)
        view_leave(&all[i]);
    ck_assert_ptr_null(bob()->views);
    rights_unref(&bare);
    rights_unref(&again);
    rights_unref(&more);
    events_close();
}
END_TEST

/* A change moves the views that show it, and no others. */
START_TEST(moved)
{
    events_open();
    ck_assert_uint_eq(publish("", "one"), 200);
    struct rights *bare =
        rights_of("<pr:provide-services><pr:all-services/></pr:provide-services>");
    struct view *a = view_join(bob(), bare, false, NULL), *b = view_join(bob(), NULL, false, NULL);
    struct view *c = view_join(bob(), NULL, true, NULL),
                *d = view_join(bob(), bob()->views->rights, false, NULL);
    struct blob *before = blob_ref(view_body(a));
    view_body(b);
    view_body(c);
    char text[1000];
    keep_text(text, pidf("one"));
    memcpy(strstr(text, "<note>one"), "<note>two", 9);
    struct ask ask = publishing(if_match(), "one");
    ask.body = text;
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    ck_assert(!a->moved && b->moved && !c->moved);
    ck_assert(has(b, ">two<") && bytes_equal(shown(a), blob_bytes(before)));
    ck_assert_uint_eq(publish(if_match(), "three"), 200); /* another tuple */
    ck_assert(a->moved && b->moved && !c->moved);
    struct view *all[] = {a, b, c, d};
    for (size_t i = 0; i < 4; i++)
        view_leave(&all[i]);
    blob_unref(&before);
    rights_unref(&bare);
    events_close();
}
END_TEST

UNIT_MAIN("presence/view", shared, moved)
