/* filter_trigger_test.c: when a change is told (RFC 4661 3.6, RFC 4660 5.3.2 and 7.1.3). */
#include "filters.h"

static bool fires_between(const char *body, const char *before, const char *now)
{
    struct pidf_parser *parser = pidf_parser_new(NULL);
    struct pidf_filter *filter = make_filter(parser, body);
    struct blob *old = before != NULL ? blob_of(before) : NULL, *new = blob_of(now);
    bool fires = pidf_filter_triggers(parser, filter, old, new);
    blob_unref(&old);
    blob_unref(&new);
    pidf_filter_free(&filter);
    pidf_parser_free(&parser);
    return fires;
}

#define TRIGGER(inside) FILTER("<trigger>" inside "</trigger>")
#define CHANGED(attributes, path) "<changed " attributes ">" path "</changed>"
#define ADDED(path) "<added>" path "</added>"
#define REMOVED(path) "<removed>" path "</removed>"
#define BASIC "/pidf:presence/pidf:tuple/pidf:status/pidf:basic"
#define TUPLE(id, basic) "<tuple id='" id "'><status><basic>" basic "</basic></status></tuple>"

/* Does the trigger fire between documents with these contents? */
#define FIRES(trigger, before, now) fires_between(trigger, PRESENCE(before), PRESENCE(now))

/* RFC 4660 7.1.3: only when the status of a tuple goes from closed to open. */
START_TEST(test_rfc4660_7_1_3_status)
{
    static const char body[] = FILTER_SET(
        "<filter id=\"123\" uri=\"sip:presentity@example.com\"><trigger>"
        "<changed from=\"closed\" to=\"open\">\n" BASIC "\n</changed></trigger></filter>");
#define ONE TUPLE("432sd", "closed") TUPLE("thr76jk", "open")
#define BOTH_CLOSED TUPLE("432sd", "closed") TUPLE("thr76jk", "closed")
#define OTHER TUPLE("432sd", "open") TUPLE("thr76jk", "closed")
    ck_assert(!FIRES(body, ONE, BOTH_CLOSED));
    ck_assert(FIRES(body, BOTH_CLOSED, OTHER));
    ck_assert(!FIRES(body, OTHER, OTHER));
    /* each tuple by its id, wherever it stands */
    ck_assert(!FIRES(body, OTHER, TUPLE("thr76jk", "closed") TUPLE("432sd", "open")));
    ck_assert(FIRES(body, ONE, OTHER));
}
END_TEST

/* RFC 4661 6.2 writes the values in capitals. */
START_TEST(test_rfc4661_6_2_capitals)
{
    ck_assert(FIRES(TRIGGER(CHANGED("from='CLOSED' to='OPEN'", BASIC)), TUPLE("t", "closed"),
                    TUPLE("t", "open")));
}
END_TEST

/* RFC 4661 3.6.1: from, to, both, neither. */
START_TEST(test_rfc4661_3_6_1_changed)
{
#define T(basic) TUPLE("t", basic)
    ck_assert(FIRES(TRIGGER(CHANGED("", BASIC)), T("open"), T("closed")));
    ck_assert(!FIRES(TRIGGER(CHANGED("", BASIC)), T("open"), T("open")));
    ck_assert(!FIRES(TRIGGER(CHANGED("", BASIC)), T("open"), T("open") "<note>n</note>"));
    ck_assert(FIRES(TRIGGER(CHANGED("from='open'", BASIC)), T("open"), T("closed")));
    ck_assert(!FIRES(TRIGGER(CHANGED("from='open'", BASIC)), T("closed"), T("open")));
    ck_assert(FIRES(TRIGGER(CHANGED("to='open'", BASIC)), T("closed"), T("open")));
    ck_assert(!FIRES(TRIGGER(CHANGED("to='open'", BASIC)), T("open"), T("closed")));
    ck_assert(!FIRES(TRIGGER(CHANGED("from='open' to='open'", BASIC)), T("open"), T("open")));
    ck_assert(!FIRES(TRIGGER(CHANGED("to='open'", BASIC)), T("open"), T("open")));
    /* an attribute, and an element with others in it */
#define C(attribute, uri) "<tuple id='t'><status/><contact " attribute ">" uri "</contact></tuple>"
    ck_assert(FIRES(TRIGGER(CHANGED("", "//pidf:contact/@priority")),
                    C("priority='0.5'", "sip:a@b.c"), C("priority='0.6'", "sip:a@b.c")));
    ck_assert(!FIRES(TRIGGER(CHANGED("", "//pidf:contact/@priority")),
                     C("priority='0.5'", "sip:a@b.c"), C("priority='0.5'", "sip:x@y.z")));
    ck_assert(FIRES(TRIGGER(CHANGED("", "//pidf:tuple")), C("priority='0.5'", "sip:a@b.c"),
                    C("priority='0.6'", "sip:a@b.c")));
    ck_assert(!FIRES(TRIGGER(CHANGED("", "//pidf:tuple")), C("", "sip:a@b.c") T("open"),
                     C("", "sip:a@b.c") T("open")));
#define MOOD(mood) "<dm:person id='p'><rpid:mood><rpid:" mood "/></rpid:mood></dm:person>"
    ck_assert(FIRES(TRIGGER(CHANGED("", "//rpid:mood")), MOOD("sad"), MOOD("happy")));
    ck_assert(!FIRES(TRIGGER(CHANGED("", "//rpid:mood")), MOOD("sad"), MOOD("sad") T("open")));
}
END_TEST

/* What comes has changed to what it is: who waits for "open" learns of a tuple that comes so. */
START_TEST(test_changed_by_coming_and_going)
{
    ck_assert(FIRES(TRIGGER(CHANGED("to='open'", BASIC)), "", T("open")));
    ck_assert(!FIRES(TRIGGER(CHANGED("to='closed'", BASIC)), "", T("open")));
    ck_assert(!FIRES(TRIGGER(CHANGED("from='closed' to='open'", BASIC)), "", T("open")));
    ck_assert(FIRES(TRIGGER(CHANGED("from='open'", BASIC)), T("open"), ""));
    ck_assert(!FIRES(TRIGGER(CHANGED("from='closed'", BASIC)), T("open"), ""));
    ck_assert(FIRES(TRIGGER(CHANGED("", BASIC)), T("open"), ""));
    ck_assert(!FIRES(TRIGGER(CHANGED("by='1'", "//rpid:time-offset")), "",
                     "<dm:person id='p'><rpid:time-offset>5</rpid:time-offset></dm:person>"));
}
END_TEST

/* RFC 4661 3.6.1.3: its own example, 2 up or down from 6; and 3.6.1.4. */
START_TEST(test_rfc4661_3_6_1_3_by)
{
#define OFFSET(n) "<dm:person id='p'><rpid:time-offset>" n "</rpid:time-offset></dm:person>"
#define BY(attributes) TRIGGER(CHANGED(attributes, "//rpid:time-offset"))
    ck_assert(FIRES(BY("by='2'"), OFFSET("6"), OFFSET("8")));
    ck_assert(FIRES(BY("by='2'"), OFFSET("6"), OFFSET("9")));
    ck_assert(FIRES(BY("by='2'"), OFFSET("6"), OFFSET("4")));
    ck_assert(FIRES(BY("by='2'"), OFFSET("6"), OFFSET("-4")));
    ck_assert(!FIRES(BY("by='2'"), OFFSET("6"), OFFSET("7")));
    ck_assert(!FIRES(BY("by='2'"), OFFSET("6"), OFFSET("5")));
    ck_assert(!FIRES(BY("by='0'"), OFFSET("6"), OFFSET("06")));
    ck_assert(FIRES(BY("by='2' from='6.0'"), OFFSET("6"), OFFSET("8")));
    ck_assert(!FIRES(BY("by='2' from='7'"), OFFSET("6"), OFFSET("8")));
    ck_assert(FIRES(BY("by='2' to='8.0'"), OFFSET("6"), OFFSET("8")));
    /* it is for numbers alone */
    ck_assert(!FIRES(TRIGGER(CHANGED("by='0'", BASIC)), T("open"), T("closed")));
}
END_TEST

/* RFC 4661 3.6.2 and 3.6.3. */
START_TEST(test_rfc4661_3_6_2_added_and_removed)
{
    ck_assert(FIRES(TRIGGER(ADDED("//pidf:tuple")), T("open"), T("open") TUPLE("u", "open")));
    ck_assert(!FIRES(TRIGGER(ADDED("//pidf:tuple")), T("open"), T("closed")));
    ck_assert(!FIRES(TRIGGER(ADDED("//pidf:tuple")), T("open") TUPLE("u", "open"), T("open")));
    ck_assert(FIRES(TRIGGER(REMOVED("//pidf:tuple")), T("open") TUPLE("u", "open"), T("open")));
    ck_assert(!FIRES(TRIGGER(REMOVED("//pidf:tuple")), T("open"), T("closed")));
    /* another one in the place of the first */
    ck_assert(FIRES(TRIGGER(ADDED("//pidf:tuple") REMOVED("//pidf:tuple")), T("open"),
                    TUPLE("u", "open")));
    /* an attribute; one more without an id */
    ck_assert(FIRES(TRIGGER(ADDED("//pidf:contact/@priority")), C("", "sip:a@b.c"),
                    C("priority='1'", "sip:a@b.c")));
    ck_assert(
        FIRES(TRIGGER(ADDED("//pidf:note")), "<note>1</note>", "<note>1</note><note>2</note>"));
    ck_assert(!FIRES(TRIGGER(ADDED("//pidf:note")), "<note>1</note>", "<note>2</note>"));
    /* what stands before it does not make it another */
    ck_assert(!FIRES(TRIGGER(ADDED("//dm:note")),
                     "<dm:person id='p'><dm:note>1</dm:note></dm:person>",
                     "<dm:person id='p'><rpid:class>c</rpid:class><dm:note>1</dm:note>"
                     "</dm:person>"));
}
END_TEST

/* Elements without an id are the same when they have the same number among their like. */
START_TEST(test_which_is_which)
{
#define GROUP(inside) "<g xmlns=''>" inside "</g>"
    ck_assert(!FIRES(TRIGGER(CHANGED("to='2'", "//a")), GROUP("<a>1</a>") GROUP("<a>2</a>"),
                     GROUP("") GROUP("<a>2</a>")));
    ck_assert(FIRES(TRIGGER(CHANGED("from='2' to='3'", "//a")), GROUP("<a>1</a>") GROUP("<a>2</a>"),
                    GROUP("<a>1</a>") GROUP("<a>3</a>")));
}
END_TEST

/* RFC 4661 3.6: all conditions of a trigger, one of the triggers. */
START_TEST(test_rfc4661_3_6_and_or)
{
    static const char both[] = TRIGGER(CHANGED("", BASIC) ADDED("//pidf:note"));
    static const char either[] = FILTER(
        "<trigger>" CHANGED("", BASIC) "</trigger><trigger>" ADDED("//pidf:note") "</trigger>");
    ck_assert(FIRES(both, T("open"), T("closed") "<note>n</note>"));
    ck_assert(!FIRES(both, T("open"), T("open") "<note>n</note>"));
    ck_assert(!FIRES(both, T("open"), T("closed")));
    ck_assert(FIRES(either, T("open"), T("open") "<note>n</note>"));
    ck_assert(FIRES(either, T("open"), T("closed")));
    ck_assert(!FIRES(either, T("open"), T("open")));
}
END_TEST

/* RFC 4660 5.3: without triggers every change is told, and (5.3.1) the first state always is. */
START_TEST(test_rfc4660_5_3_without_triggers)
{
    static const char trigger[] = TRIGGER(CHANGED("", BASIC));
    ck_assert(FIRES(WHAT(INCLUDE("//pidf:tuple")), T("open"), T("open")));
    ck_assert(FIRES(FILTER("<trigger/>"), T("open"), T("open")));
    ck_assert(FIRES(FILTER_SET("<filter id='1' enabled='false'><trigger>" CHANGED(
                        "", BASIC) "</trigger></filter>"),
                    T("open"), T("open")));
    ck_assert(FIRES(FILTER_SET("<filter id='1' uri='sip:x@y.z'><trigger>" CHANGED(
                        "", BASIC) "</trigger></filter>"),
                    T("open"), T("open")));
    ck_assert(!FIRES(trigger, T("open"), T("open")));
    /* RFC 4660 5.4: an empty one beside it is none */
    ck_assert(!FIRES(FILTER("<trigger/><trigger>" CHANGED("", BASIC) "</trigger>"), T("open"),
                     T("open")));
    ck_assert(fires_between(trigger, NULL, PRESENCE(T("open"))));
}
END_TEST

/* RFC 4661 6.3: a watcher that comes as pending. */
START_TEST(test_rfc4661_6_3_watchers)
{
    static const char body[] =
        "<filter-set xmlns='urn:ietf:params:xml:ns:simple-filter'><ns-bindings>"
        "<ns-binding prefix='wi' urn='urn:ietf:params:xml:ns:watcherinfo'/></ns-bindings>"
        "<filter id='123' uri='sip:presentity@example.com'><trigger><changed to='pending'>"
        "/wi:watcherinfo/wi:watcher-list/wi:watcher/@status</changed></trigger></filter>"
        "</filter-set>";
#define WATCHERS(inside)                                                            \
    "<watcherinfo xmlns='urn:ietf:params:xml:ns:watcherinfo'><watcher-list>" inside \
    "</watcher-list></watcherinfo>"
#define WATCHER(id, status) "<watcher id='" id "' status='" status "'/>"
    ck_assert(fires_between(body, WATCHERS(WATCHER("a", "active")),
                            WATCHERS(WATCHER("a", "active") WATCHER("b", "pending"))));
    ck_assert(
        fires_between(body, WATCHERS(WATCHER("a", "active")), WATCHERS(WATCHER("a", "pending"))));
    ck_assert(
        !fires_between(body, WATCHERS(WATCHER("a", "pending")), WATCHERS(WATCHER("a", "active"))));
}
END_TEST

UNIT_MAIN("filter_trigger", test_rfc4660_7_1_3_status, test_rfc4661_6_2_capitals,
          test_rfc4661_3_6_1_changed, test_changed_by_coming_and_going, test_rfc4661_3_6_1_3_by,
          test_rfc4661_3_6_2_added_and_removed, test_which_is_which, test_rfc4661_3_6_and_or,
          test_rfc4660_5_3_without_triggers, test_rfc4661_6_3_watchers)
