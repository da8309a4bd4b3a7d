/* publisher_test.c: who publishes, and what is its own. */
#include "fixture/events.h"

static const char *registered; /* who the registrar says is at any flow; NULL: nobody */

static struct bytes instance_at(void *context, struct bytes aor, const struct net_flow *flow)
{
    (void)context;
    ck_assert(bytes_equal(aor, BOB) && flow->remote.family != 0);
    return registered != NULL ? bytes_of(registered) : BYTES("");
}

static bool is_there(void *context, struct bytes aor, const struct front_device *device)
{
    (void)context;
    (void)aor;
    (void)device;
    return registered != NULL;
}

static void open_registered(const char *instance)
{
    const struct presence_registrations registrations = {.instance_at = instance_at,
                                                         .is_there = is_there};
    events_open();
    registered = instance;
    presence_ask_registrar(presence, &registrations);
}

static struct bytes last_instance(void)
{
    return bob()->publications->prev->instance;
}

static size_t publications(void)
{
    return presence_count(presence).publications;
}

#define INSTANCE(urn) "Contact: <sip:bob@127.0.0.2>;+sip.instance=\"<" urn ">\"\r\n"

/* RFC 5626 4.1: the Contact's instance, in the form in which equal ones are the same bytes. */
START_TEST(instance_of_the_contact)
{
    static const struct {
        const char *fields, *instance;
    } cases[] = {
        {INSTANCE("urn:uuid:00000000-0000-1000-8000-00000000000A"),
         "urn:uuid:00000000-0000-1000-8000-00000000000a"},
        {"Contact: <sip:bob@127.0.0.2>\r\n", ""},
        {"Contact: *\r\n", ""},
        {"Contact: <sip:bob@127.0.0.2>;+sip.instance=nonsense\r\n", ""},
        {"Contact: <sip:bob@example.org;gr=urn:uuid:7>\r\n", "urn:uuid:7"},
        {"Contact: <sip:alice@example.org;gr=urn:uuid:7>\r\n", ""},
        {"", ""},
    };
    events_open();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char note[16];
        snprintf(note, sizeof(note), "n%zu", i);
        ck_assert_uint_eq(publish(cases[i].fields, note), 200);
        ck_assert_msg(bytes_equal(last_instance(), bytes_of(cases[i].instance)), "%zu: %.*s", i,
                      BYTES_ARGS(last_instance()));
        events_restart();
    }
    events_close();
}
END_TEST

/* The registration over the same flow speaks for a Contact that says nothing, and for no other. */
START_TEST(instance_of_the_registration)
{
    open_registered("urn:uuid:9");
    ck_assert_uint_eq(publish("", "one"), 200);
    ck_assert(bytes_equal(last_instance(), BYTES("urn:uuid:9")));
    ck_assert_uint_eq(publish(INSTANCE("urn:uuid:1"), "two"), 200);
    ck_assert(bytes_equal(last_instance(), BYTES("urn:uuid:1")));
    ck_assert_uint_eq(publications(), 2);
    ck_assert_uint_eq(publish("", "three"), 200);
    ck_assert_uint_eq(publications(), 2);
    /* behind a proxy nobody knows the flow of the client */
    struct ask ask = publishing("Via: SIP/2.0/UDP 127.0.0.9:5060;branch=z9hG4bK-x\r\n", "four");
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    ck_assert_uint_eq(publications(), 3);
    ck_assert(bytes_empty(last_instance()));
    events_close();
}
END_TEST

/* A refresh keeps what is known; another client that has the tag and says nothing, too. */
START_TEST(instance_stays)
{
    char tag[200];
    events_open();
    ck_assert_uint_eq(publish(INSTANCE("urn:uuid:1"), "one"), 200);
    keep_text(tag, if_match());
    ck_assert_uint_eq(publish(tag, NULL), 200);
    ck_assert(bytes_equal(last_instance(), BYTES("urn:uuid:1")));
    keep_text(tag, if_match());
    struct ask ask = publishing(tag, "two");
    ask.call = "another";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    ck_assert(bytes_equal(last_instance(), BYTES("urn:uuid:1")));
    events_restart();
    ck_assert(bytes_equal(last_instance(), BYTES("urn:uuid:1")));
    ck_assert(bytes_equal(bob()->publications->from_tag, BYTES("b")));
    events_close();
}
END_TEST

/* RFC 3903 4.2: a first publication is one EPA's. Two devices behind one socket are two. */
START_TEST(devices_at_one_place)
{
    events_open();
    ck_assert_uint_eq(publish(INSTANCE("urn:uuid:1"), "one"), 200);
    ck_assert_uint_eq(publish(INSTANCE("urn:uuid:2"), "one"), 200); /* the same tuple */
    ck_assert_uint_eq(publications(), 2);
    ck_assert_uint_eq(publish("", "one"), 200); /* whoever that is: one of them */
    ck_assert_uint_eq(publications(), 2);
    ck_assert_uint_eq(ground->metrics.values[METRIC_publications_taken_over], 1);
    events_close();
}
END_TEST

/* RFC 3903 6 step 6: the tag before the last one, for its client and its time alone. */
START_TEST(previous_tag)
{
    char tags[2][200];
    struct ask ask;
    events_open();
    ck_assert_uint_eq(publish(INSTANCE("urn:uuid:1"), "one"), 200);
    keep_text(tags[0], if_match());
    ck_assert_uint_eq(publish(tags[0], "two"), 200);
    keep_text(tags[1], if_match());
    ask = publishing(tags[0], "three");
    ask.call = "another";
    ck_assert_uint_eq(ground_do(ground, ask), 412);
    char fields[400];
    snprintf(fields, sizeof(fields), "%s%s", tags[0], INSTANCE("urn:uuid:1"));
    ask = publishing(fields, "three");
    ask.call = "another"; /* but the same device */
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    ck_assert_uint_eq(ground->metrics.values[METRIC_publications_previous_tag], 1);
    ck_assert_uint_eq(publish(tags[1], NULL), 412);
    ground_wait(ground, 31999);
    ask = publishing(tags[0], NULL);
    ask.call = "another";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    ground_wait(ground, 32000);
    ck_assert_uint_eq(ground_do(ground, ask), 412);
    events_close();
}
END_TEST

UNIT_MAIN("publisher", instance_of_the_contact, instance_of_the_registration, instance_stays,
          devices_at_one_place, previous_tag)
