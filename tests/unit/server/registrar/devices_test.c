/* devices_test.c: which devices are there, and who is told (RFC 5626 4.1). */
#include "fixture/registering.h"

#define ONE ";+sip.instance=\"<urn:uuid:1>\""
#define TWO ";+sip.instance=\"<urn:uuid:2>\""
#define AOR BYTES("bob@example.org")

static char news[200];

static void note(const char *what, struct bytes aor, const struct front_device *device)
{
    size_t used = strlen(news);
    ck_assert(bytes_equal(aor, AOR));
    snprintf(news + used, sizeof(news) - used, "%s(%.*s%s) ", what, BYTES_ARGS(device->instance),
             device->flow != NULL ? " flow" : "");
}

static void came(void *context, struct bytes aor, const struct front_device *device)
{
    (void)context;
    note("came", aor, device);
}

static void ended(void *context, struct bytes aor, const struct front_device *device)
{
    (void)context;
    note("ended", aor, device);
}

static void watch(void)
{
    const struct registrar_watch watch = {came, ended, NULL};
    registrar_watch_devices(registrar, &watch);
}

/* What was told since the last time. */
static const char *told_news(void)
{
    static char last[sizeof(news)];
    memcpy(last, news, sizeof(last));
    news[0] = '\0';
    return last;
}

static bool has(struct bytes instance, const struct net_flow *flow)
{
    return registrar_has_device(registrar, AOR, &(struct front_device){instance, flow});
}

START_TEST(told_of_devices)
{
    open_registrar();
    watch();
    ck_assert_uint_eq(do_register("m: <sip:bob@127.0.0.2:5060>" ONE ", <sip:2@h>" TWO "\r\n"), 200);
    ck_assert_str_eq(told_news(), "came(urn:uuid:1 flow) came(urn:uuid:2) ");
    /* a refresh, and a change of its place by another Contact, end nothing */
    ck_assert_uint_eq(do_register("m: <sip:2@h>" TWO "\r\n"), 200);
    ck_assert_str_eq(told_news(), "came(urn:uuid:2) ");
    ck_assert_uint_eq(do_register("m: <sip:2@h>" TWO ";expires=0\r\n"), 200);
    ck_assert_str_eq(told_news(), "ended(urn:uuid:2) ");
    ck_assert_uint_eq(do_register("m: <sip:3@h>, <sip:4@h>\r\n"), 200);
    told_news();
    ck_assert_uint_eq(do_register("m: *\r\nExpires: 0\r\n"), 200);
    ck_assert_str_eq(told_news(), "ended(urn:uuid:1 flow) ended() ended() ");
    ck_assert_uint_eq(do_register("m: <sip:5@h>\r\nExpires: 60\r\n"), 200);
    told_news();
    ground_wait(ground, 60000);
    ck_assert_str_eq(told_news(), "ended() ");
    close_registrar();
}
END_TEST

/* By instance, wherever; by flow when one does not say; not when its time is over. */
static void take_news(void *context, const struct registrar_news *told)
{
    size_t used = strlen(news);
    (void)context;
    ck_assert(bytes_equal(told->aor, AOR));
    snprintf(news + used, sizeof(news) - used, "%.*s %s, ", BYTES_ARGS(told->contact),
             told->ended != NULL ? told->ended : "came");
}

/* A refresh is no news, and what is loaded again is none. */
START_TEST(told_of_bindings)
{
    open_registrar();
    registrar_watch_news(registrar, take_news, NULL);
    ck_assert_uint_eq(do_register("m: <sip:1@h>, <sip:2@h>" TWO "\r\n"), 200);
    ck_assert_str_eq(told_news(), "sip:1@h came, sip:2@h came, ");
    ck_assert_uint_eq(do_register("m: <sip:1@h>, <sip:2@h>" TWO "\r\n"), 200);
    reload(ground, partition_of(AOR));
    ck_assert_str_eq(told_news(), "");
    ck_assert_uint_eq(do_register("m: <sip:2@h>;expires=0\r\nExpires: 60\r\n"), 200);
    ck_assert_str_eq(told_news(), "sip:2@h unregistered, ");
    ck_assert_uint_eq(do_register("m: <sip:1@h>\r\nExpires: 60\r\n"), 200);
    ground_wait(ground, 60000);
    ck_assert_str_eq(told_news(), "sip:1@h expired, ");
    close_registrar();
}
END_TEST

START_TEST(has_devices)
{
    const struct net_flow here = ground_udp("127.0.0.2:5060");
    const struct net_flow there = ground_udp("127.0.0.3:5060");
    open_registrar();
    ck_assert(!has(BYTES("urn:uuid:1"), &here));
    ck_assert(!registrar_is_registered(registrar, AOR));
    ck_assert_uint_eq(do_register("m: <sip:bob@127.0.0.2:5060>" ONE "\r\nExpires: 60\r\n"), 200);
    ck_assert(has(BYTES("urn:uuid:1"), NULL) && has(BYTES("urn:uuid:1"), &there));
    ck_assert(has(BYTES(""), &here) && !has(BYTES(""), &there) && !has(BYTES(""), NULL));
    ck_assert(!has(BYTES("urn:uuid:2"), &here));
    ck_assert(bytes_equal(registrar_instance_at(registrar, AOR, &here), BYTES("urn:uuid:1")));
    ck_assert(bytes_empty(registrar_instance_at(registrar, AOR, &there)));
    ck_assert(bytes_empty(registrar_instance_at(registrar, BYTES("alice@example.org"), &here)));
    ground_wait(ground, 59999);
    ck_assert(has(BYTES("urn:uuid:1"), NULL));
    ck_assert(registrar_is_registered(registrar, AOR));
    ground_wait(ground, 1);
    ck_assert(!has(BYTES("urn:uuid:1"), NULL));
    ck_assert(!registrar_is_registered(registrar, AOR));
    close_registrar();
}
END_TEST

/* A Contact that can be dialled outlives its connection; its device is not known to. */
START_TEST(connections)
{
    struct net_flow flow;
    open_registrar();
    ck_assert_uint_eq(register_over_tcp("127.0.0.2:4000",
                                        "m: <sip:bob@127.0.0.2:4000;transport=tcp>" ONE "\r\n",
                                        &flow),
                      200);
    ck_assert(has(BYTES("urn:uuid:1"), NULL));
    ground_hang_up(ground, flow.connection);
    ck_assert_uint_eq(registrar_count(registrar), 1);
    ck_assert(!has(BYTES("urn:uuid:1"), NULL));
    ck_assert(registrar_is_registered(registrar, AOR));
    close_registrar();
}
END_TEST

UNIT_MAIN("registrar/devices", told_of_devices, told_of_bindings, has_devices, connections)
