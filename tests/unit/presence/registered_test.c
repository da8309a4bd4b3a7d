/* registered_test.c: what registrations say of a user's presence. */
#include "presence/registered_internal.h"

#include "fixture/events.h"

static bool registered;
static unsigned asked;

static struct bytes instance_at(void *context, struct bytes aor, const struct net_flow *flow)
{
    (void)context;
    (void)aor;
    (void)flow;
    return BYTES("");
}

static bool is_there(void *context, struct bytes aor, const struct front_device *device)
{
    (void)context;
    (void)aor;
    (void)device;
    return registered;
}

static bool is_registered(void *context, struct bytes aor)
{
    (void)context;
    (void)aor;
    asked++;
    return registered;
}

static void decide(enum presence_registration policy)
{
    struct presence_settings settings = presence->settings;
    settings.registration = policy;
    presence_reload(presence, &settings);
}

static void open_with(enum presence_registration policy)
{
    const struct presence_registrations registrations = {
        .instance_at = instance_at, .is_there = is_there, .is_registered = is_registered};
    registered = false;
    asked = 0;
    events_open();
    presence_ask_registrar(presence, &registrations);
    decide(policy);
    watch("");
}

/* A device comes or ends, and the turn does. */
static void turn(bool comes)
{
    const struct net_flow flow = ground_udp("127.0.0.2:5060");
    const struct front_device device = {BYTES(""), &flow};
    registered = comes;
    ground->mark = ground->net.sent_count;
    if (comes)
        presence_device_came(presence, BOB, &device);
    else
        presence_device_ended(presence, BOB, &device);
    ck_assert_uint_eq(notifies(), 0); /* the binding has no number yet */
    ground_commit(ground);
}

static void set_hard(void)
{
    const struct presence_state state = {BOB, BYTES("presence"), BYTES("application/pidf+xml"),
                                         bytes_of(pidf("hard"))};
    struct store_change change;
    ground->mark = ground->net.sent_count;
    ck_assert(verdict_ok(presence_set_state(presence, &state, &change)));
    ground_commit(ground);
}

/* Nobody is asked when it does not matter. */
START_TEST(ignored)
{
    open_with(PRESENCE_REGISTRATION_IGNORE);
    turn(true);
    turn(false);
    ck_assert_uint_eq(notifies(), 0);
    ck_assert_uint_eq(asked, 0);
    events_close();
}
END_TEST

/* A live client's word and hard state are words; what is but last seen is none. */
START_TEST(fallback)
{
    open_with(PRESENCE_REGISTRATION_FALLBACK);
    presence->settings.last_seen_s = 1000;
    turn(true);
    ck_assert_has(notified("SIP/2.0 200 OK"), "<tuple id=\"registered\">");
    turn(true);
    ck_assert_uint_eq(notifies(), 0);
    ck_assert_uint_eq(publish("Expires: 60\r\n", "soft"), 200);
    ck_assert_lacks(notified("SIP/2.0 200 OK"), "registered");
    ground_wait(ground, 60000);
    ground_commit(ground);
    const char *text = notified("SIP/2.0 200 OK");
    ck_assert_has(text, "<tuple id=\"registered\">");
    ck_assert_has(text, "<tuple id=\"seen\">");
    set_hard();
    text = notified("SIP/2.0 200 OK");
    ck_assert_lacks(text, "registered");
    ck_assert_has(text, ">hard<");
    events_close();
}
END_TEST

/* Hard state is of no device, so no registration rules it. */
START_TEST(rule)
{
    open_with(PRESENCE_REGISTRATION_RULE);
    ck_assert_uint_eq(publish("", "soft"), 200);
    ck_assert_has(notified("SIP/2.0 200 OK"), "<tuple id=\"t-soft\"><status><basic>closed<");
    set_hard();
    const char *text = notified("SIP/2.0 200 OK");
    ck_assert_has(text, "<tuple id=\"t-soft\"><status><basic>closed<");
    ck_assert_has(text, "<tuple id=\"t-hard\"><status><basic>open<");
    turn(true);
    ck_assert_has(notified("SIP/2.0 200 OK"), "<tuple id=\"t-soft\"><status><basic>open<");
    turn(false);
    ck_assert_has(notified("SIP/2.0 200 OK"), "<tuple id=\"t-soft\"><status><basic>closed<");
    events_close();
}
END_TEST

/* Another setting acts at once, a domain's own before that of all. */
START_TEST(settings_while_running)
{
    static const struct presence_domain own = {"example.org", PRESENCE_REGISTRATION_IGNORE};
    open_with(PRESENCE_REGISTRATION_IGNORE);
    turn(true);
    decide(PRESENCE_REGISTRATION_FALLBACK);
    ground_wait(ground, 0);
    ck_assert_has(notified("SIP/2.0 200 OK"), "<tuple id=\"registered\">");
    struct presence_settings settings = presence->settings;
    settings.domains = &own;
    settings.domain_count = 1;
    ground->mark = ground->net.sent_count;
    presence_reload(presence, &settings);
    ground_wait(ground, 0);
    ck_assert_lacks(notified("SIP/2.0 200 OK"), "<tuple");
    ck_assert_int_eq(registered_policy(bob()), PRESENCE_REGISTRATION_IGNORE);
    events_close();
}
END_TEST

/* A reload that says of registrations what was said before composes nothing. */
START_TEST(same_settings)
{
    static const struct presence_domain own = {"example.org", PRESENCE_REGISTRATION_FALLBACK};
    static const struct presence_domain again = {"example.org", PRESENCE_REGISTRATION_FALLBACK};
    open_with(PRESENCE_REGISTRATION_IGNORE);
    struct presence_settings settings = presence->settings;
    settings.domains = &own;
    settings.domain_count = 1;
    presence_reload(presence, &settings);
    ground_wait(ground, 0);
    ck_assert_uint_eq(asked, 1);
    settings.domains = &again;
    settings.publications_max++;
    presence_reload(presence, &settings);
    ground_wait(ground, 1000);
    ck_assert_uint_eq(asked, 1);
    events_close();
}
END_TEST

/* How many have a state that is composed, and one of those without watchers. */
static unsigned composed(struct resource **one)
{
    struct resource *resource, *next;
    unsigned count = 0;
    for (unsigned i = 0; i < PARTITIONS; i++) {
        HASH_ITER(hh, presence->homes[i].resources, resource, next)
        {
            count += resource->state != NULL;
            if (resource->state != NULL && resource->subscriptions == NULL)
                *one = resource;
        }
    }
    return count;
}

/* However many resources there are, they are not composed in one go; whose device comes meanwhile
 * does not wait for its turn. */
START_TEST(settings_for_many)
{
    enum { MANY = 205 };
    const struct net_flow flow = ground_udp("127.0.0.2:5060");
    const struct front_device device = {BYTES(""), &flow};
    struct resource *late = NULL;
    char aor[64];
    open_with(PRESENCE_REGISTRATION_IGNORE);
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(aor, sizeof(aor), "user%u@example.org", i);
        resource_state(resource_find(presence, presence_of_package(), bytes_of(aor), true));
    }
    decide(PRESENCE_REGISTRATION_FALLBACK);
    ck_assert_uint_eq(composed(&late), MANY + 1);
    ground_wait(ground, 0);
    unsigned left = composed(&late);
    ck_assert(left > 2 && left < 10);
    presence_device_came(presence, late->aor, &device);
    ground_wait(ground, 0);
    ck_assert_uint_eq(composed(&late), left - 1);
    ground_wait(ground, 10);
    ck_assert_uint_eq(composed(&late), 1); /* who is watched */
    events_close();
}
END_TEST

/* A resource that ends before it was looked at. */
START_TEST(gone_meanwhile)
{
    open_with(PRESENCE_REGISTRATION_FALLBACK);
    registered = true;
    const struct front_device device = {BYTES("urn:uuid:1"), NULL};
    presence_device_came(presence, BOB, &device);
    home_clear(presence, partition_of(BOB));
    ground_commit(ground);
    ck_assert_ptr_null(bob());
    events_close();
}
END_TEST

UNIT_MAIN("registered", ignored, fallback, rule, settings_while_running, same_settings,
          settings_for_many, gone_meanwhile)
