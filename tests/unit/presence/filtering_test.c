/* filtering_test.c: watchers' filters, and what views make of them. */
#include "fixture/ruling.h"

#define SET(inside)                                                                      \
    "<filter-set xmlns='urn:ietf:params:xml:ns:simple-filter'><ns-bindings><ns-binding " \
    "prefix='p' urn='urn:ietf:params:xml:ns:pidf'/></ns-bindings><filter id='1'>" inside \
    "</filter></filter-set>"
#define NO_NOTE "<what><exclude>//p:note</exclude></what>"
#define NO_TUPLE "<what><exclude>//p:tuple</exclude></what>"
#define ON_BASIC "<trigger><changed>//p:basic</changed></trigger>"

static struct watcher_filter *filter_of(const char *body)
{
    const struct filtering_place place = {presence, presence_of_package(), BOB, bob(), NULL, NULL};
    struct watcher_filter *filter;
    struct verdict v = filtering_judge(&place, bytes_of(body), &filter);
    ck_assert_msg(verdict_ok(v), "%u %s", v.status, v.reason);
    return filter;
}

static void free_filter(struct watcher_filter **filter)
{
    presence_of_package()->filters->free(filter);
}

static bool shows(struct view *view, const char *text)
{
    struct bytes body = blob_bytes(view_body(view));
    return memmem(body.at, body.length, text, strlen(text)) != NULL;
}

/* Who has the same rights and a filter that leaves the same shares a view; its base is the view of
 * those without a filter. */
START_TEST(views_are_shared)
{
    events_open();
    ck_assert_uint_eq(publish("", "one"), 200);
    struct watcher_filter *a = filter_of(SET(NO_NOTE)), *b = filter_of(SET(" " NO_NOTE " "));
    struct watcher_filter *c = filter_of(SET(NO_TUPLE)), *d = filter_of(SET(ON_BASIC));
    struct watcher_filter *e = filter_of(SET("<trigger/>"));
    struct view *plain = view_join(bob(), NULL, false, NULL);
    struct view *views[] = {
        view_join(bob(), NULL, false, a), view_join(bob(), NULL, false, b),
        view_join(bob(), NULL, false, c), view_join(bob(), NULL, false, d),
        view_join(bob(), NULL, true, a),  view_join(bob(), NULL, false, e),
    };
    ck_assert_ptr_eq(views[0], views[1]);
    ck_assert(views[0] != views[2] && views[0] != views[3] && views[0] != views[4]);
    ck_assert_ptr_eq(views[5], plain); /* it filters nothing */
    for (size_t i = 0; i < 4; i++)
        ck_assert_ptr_eq(view_base(views[i]), plain);
    ck_assert(view_base(views[4])->offline);
    ck_assert(shows(views[0], "open") && !shows(views[0], "note"));
    ck_assert(!shows(views[2], "tuple") && shows(views[3], ">one<"));
    ck_assert(!shows(views[4], "tuple"));
    ck_assert_ptr_eq(view_body(views[3]), view_body(plain)); /* the same bytes once */
    for (size_t i = 0; i < 6; i++)
        view_leave(&views[i]);
    ck_assert_ptr_eq(bob()->views, plain);
    ck_assert_ptr_null(plain->next);
    view_leave(&plain);
    struct watcher_filter **all[] = {&a, &b, &c, &d, &e};
    for (size_t i = 0; i < 5; i++)
        free_filter(all[i]);
    events_close();
}
END_TEST

/* A body that was told last is kept for who needs it, once for all who know the same, and only so
 * many. */
START_TEST(what_was_told_is_held)
{
    static const char *const notes[] = {"b", "c", "d", "e", "f", "g", "h", "i", "j"};
    events_open();
    ck_assert_uint_eq(publish("", "a"), 200);
    struct view *view = view_join(bob(), NULL, false, NULL);
    uint64_t first = view_hold(view), again = view_hold(view), serials[9];
    ck_assert_uint_eq(first, again);
    ck_assert_ptr_eq(view_recall(view, first), view->body);
    ck_assert_ptr_null(view_recall(view, 0));
    for (size_t i = 0; i < 9; i++) {
        ck_assert_uint_eq(publish(if_match(), notes[i]), 200);
        ck_assert((view_recall(view, first) != NULL) == (i < VIEW_PAST_MOST));
        serials[i] = view_hold(view);
        ck_assert_uint_ne(serials[i], first);
    }
    ck_assert_uint_eq(view->past_count, VIEW_PAST_MOST);
    ck_assert_ptr_nonnull(view_recall(view, serials[0]));
    view_let_go(view, serials[0]);
    ck_assert_ptr_null(view_recall(view, serials[0]));
    view_let_go(view, first); /* forgotten: nothing to do */
    view_let_go(view, first);
    for (size_t i = 1; i < 9; i++)
        view_let_go(view, serials[i]);
    ck_assert_ptr_null(view->past);
    ck_assert_uint_eq(publish(if_match(), "k"), 200);
    ck_assert_ptr_null(view->past); /* nobody needs it */
    view_leave(&view);
    events_close();
}
END_TEST

static void keep_rest(char *at, const char *end, const char *text)
{
    snprintf(at, (size_t)(end - at), "%s", text);
}

/* RFC 4661 3.6.1: each by what it was told last. */
START_TEST(triggers)
{
    events_open();
    ck_assert_uint_eq(publish("", "one"), 200);
    struct watcher_filter *filter = filter_of(SET(ON_BASIC));
    struct view *view = view_join(bob(), NULL, false, filter);
    uint64_t open = view_hold(view_base(view));
    ck_assert(view_has_triggers(view) && !view_has_triggers(view_base(view)));
    ck_assert(view_fires(view, 0) && !view_fires(view, open));
    char text[1000];
    keep_text(text, pidf("one"));
    memcpy(strstr(text, "basic>open"), "basic>shut", 10);
    char *shut = strstr(text, "shut</");
    keep_rest(shut, text + sizeof(text), "closed</basic></status></tuple></presence>");
    struct ask ask = publishing(if_match(), "one");
    ask.body = text;
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    uint64_t closed = view_hold(view_base(view));
    ck_assert(view_fires(view, open) && !view_fires(view, closed));
    ck_assert(view_fires(view, open) && view_fires(view, 12345)); /* not known: told */
    view_let_go(view_base(view), open);
    view_let_go(view_base(view), closed);
    view_leave(&view);
    free_filter(&filter);
    events_close();
}
END_TEST

static unsigned judged; /* how often triggers were looked at */

static bool count_triggers(struct package_workshop *workshop, const struct watcher_filter *filter,
                           const struct blob *before, const struct blob *now)
{
    judged++;
    return presence_of_package()->filters->triggers(workshop, filter, before, now);
}

/* What is forgotten fires without being judged, so that what is not is judged once for all. */
START_TEST(forgotten_take_no_place)
{
    events_open();
    ck_assert_uint_eq(publish("", "one"), 200);
    struct watcher_filter *filter = filter_of(SET(ON_BASIC));
    struct view *view = view_join(bob(), NULL, false, filter);
    uint64_t known = view_hold(view_base(view));
    struct package_filters filters = *presence_of_package()->filters;
    struct event_package package = *presence_of_package();
    filters.triggers = count_triggers;
    package.filters = &filters;
    bob()->package = &package;
    for (uint64_t i = 0; i < VIEW_PAST_MOST + 2; i++)
        ck_assert(view_fires(view, 100000 + i));
    ck_assert_uint_eq(judged, 0);
    ck_assert(!view_fires(view, known) && !view_fires(view, known));
    ck_assert_uint_eq(judged, 1);
    bob()->package = presence_of_package();
    view_let_go(view_base(view), known);
    view_leave(&view);
    free_filter(&filter);
    events_close();
}
END_TEST

/* Alice asks for a filter that is not like that of another number. */
static unsigned ask_filter(unsigned number)
{
    static char body[1000], call[20];
    snprintf(call, sizeof(call), "filter-%u", number);
    snprintf(body, sizeof(body), SET("<what><exclude>//p:tuple[@id=\"t-%u\"]</exclude></what>"),
             number);
    struct ask ask = subscribing("Content-Type: application/simple-filter+xml\r\n");
    ask.call = call;
    ask.body = body;
    unsigned status = ground_do(ground, ask);
    for (unsigned i = 0; i < notifies(); i++)
        ground_answer(ground, sent_nth(ground, "NOTIFY ", i), "SIP/2.0 200 OK", "");
    return status;
}

static unsigned filtered_views(void)
{
    const struct view *view;
    unsigned count = 0;
    DL_FOREACH(bob()->views, view)
    {
        count += view->filter != NULL;
    }
    return count;
}

/* RFC 4660 5.4: filters that wait for the presentity's word count, so that its word makes no more
 * views than there may be; a watcher cannot take the places of all. */
START_TEST(pending_filters_count)
{
    events_open();
    presence->settings.filters_max_per_watcher = 3;
    rule("confirm");
    ck_assert_uint_eq(publish("", "one"), 200);
    for (unsigned i = 0; i < 6; i++)
        ck_assert_uint_eq(ask_filter(i), i < 3 ? 200 : 488);
    ck_assert_uint_eq(bob()->subscription_count, 3);
    ck_assert_uint_eq(filtered_views(), 0);
    rule("allow");
    ground_wait(ground, 100);
    ck_assert_uint_eq(filtered_views(), 3);
    presence->settings.filters_max_per_watcher = 10;
    presence->settings.filters_max_per_resource = 4;
    ck_assert_uint_eq(ask_filter(3), 200);
    ck_assert_uint_eq(ask_filter(4), 488);
    ck_assert_uint_eq(filtered_views(), 4);
    events_close();
}
END_TEST

/* One that takes the place of another needs none, nor does one that is there already or that
 * filters nothing. */
START_TEST(filters_without_place)
{
    struct ask ask = subscribing("Content-Type: application/simple-filter+xml\r\n");
    events_open();
    presence->settings.filters_max_per_watcher = 1;
    presence->settings.filters_max_per_resource = 1;
    ck_assert_uint_eq(publish("", "one"), 200);
    ask.body = SET(NO_NOTE);
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    char to[200];
    keep_text(to, dialog_to());
    notified("SIP/2.0 200 OK");
    ask.call = "same";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    notified("SIP/2.0 200 OK");
    ask.call = "nothing";
    ask.body = SET("<trigger/>");
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    notified("SIP/2.0 200 OK");
    ask.call = "another";
    ask.body = SET(NO_TUPLE);
    ck_assert_uint_eq(ground_do(ground, ask), 488);
    ck_assert_uint_eq(filtered_views(), 1);
    subscription_drop(bob()->subscriptions->next); /* whose filter is the same */
    ask.call = NULL;
    ask.to = to;
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    ck_assert_uint_eq(filtered_views(), 1);
    events_close();
}
END_TEST

static struct verdict read_nothing(struct package_workshop *workshop,
                                   const struct watcher_filter *old, struct bytes body,
                                   struct bytes resource, struct bytes domain,
                                   struct watcher_filter **filter)
{
    (void)workshop, (void)old, (void)body, (void)resource, (void)domain;
    *filter = NULL;
    return VERDICT_OK;
}

/* A key that its package cannot read again leaves its filter out, and the server goes on. */
START_TEST(unreadable_key)
{
    events_open();
    ck_assert_uint_eq(publish("", "one"), 200);
    struct watcher_filter *filter = filter_of(SET(NO_NOTE));
    struct view *plain = view_join(bob(), NULL, false, NULL);
    struct package_filters filters = *presence_of_package()->filters;
    struct event_package package = *presence_of_package();
    filters.update = read_nothing;
    package.filters = &filters;
    bob()->package = &package;
    ck_assert_ptr_null(filtering_copy(bob(), filter));
    struct view *view = view_join(bob(), NULL, false, filter);
    ck_assert_ptr_eq(view, plain);
    bob()->package = presence_of_package();
    view_leave(&view);
    view_leave(&plain);
    free_filter(&filter);
    events_close();
}
END_TEST

/* No address is so long that it ends the server. */
START_TEST(long_address)
{
    char aor[4000];
    events_open();
    memset(aor, 'a', sizeof(aor));
    const struct filtering_place place = {
        presence, presence_of_package(), bytes_from(aor, sizeof(aor)), NULL, NULL, NULL};
    struct watcher_filter *filter;
    ck_assert_uint_eq(filtering_judge(&place, BYTES(SET(NO_NOTE)), &filter).status, 400);
    ck_assert_ptr_null(filter);
    events_close();
}
END_TEST

/* A filter of an earlier version that cannot be read any more ends its subscription, so that the
 * watcher begins another one (RFC 6665 4.1.3, deactivated). */
START_TEST(stored_filter_is_lost)
{
    struct ask ask = subscribing("Content-Type: application/simple-filter+xml\r\n");
    events_open();
    ask.body = SET(NO_NOTE);
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    notified("SIP/2.0 200 OK");
    struct subscription *subscription = bob()->subscriptions;
    ck_assert(!bytes_empty(filtering_key(subscription)));
    ck_assert(filtering_restore(subscription, BYTES("")));
    ck_assert(!filtering_restore(subscription, BYTES("<filter-set/>")));
    ck_assert(bytes_empty(filtering_key(subscription)));
    events_close();
}
END_TEST

UNIT_MAIN("presence/filtering", views_are_shared, what_was_told_is_held, triggers,
          forgotten_take_no_place, pending_filters_count, filters_without_place, unreadable_key,
          long_address, stored_filter_is_lost)
