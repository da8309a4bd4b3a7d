/* sleep_test.c: devices that are woken by pushes (RFC 8599): what a REGISTER may ask for, who
 * sleeps, and when it is woken to refresh. */
#include "fixture/registering.h"

#define PHONE "\"<urn:uuid:00000000-0000-4000-8000-000000000001>\""
#define BINDING(prid, more)                                                               \
    "Contact: <sip:bob@127.0.0.2:5060;pn-provider=apns;pn-param=T.app.voip;pn-prid=" prid \
    ">;+sip.instance=" PHONE more "\r\n"

static unsigned faded;
static char faded_prid[40];

static void fades(void *context, struct bytes aor, const struct registrar_sleeper *sleeper)
{
    ck_assert_ptr_eq(context, &faded);
    ck_assert(bytes_equal(aor, BYTES("bob@example.org")));
    faded++;
    snprintf(faded_prid, sizeof(faded_prid), "%.*s", BYTES_ARGS(sleeper->prid));
}

static const struct registrar_provider providers[] = {
    {"apns", "T.app.voip"}, {"fcm", NULL}, {"apns", "T.app2.voip"}};

static struct registrar_settings serving(size_t count)
{
    struct registrar_settings settings = registrar_settings_default();
    settings.providers = providers;
    settings.provider_count = count;
    return settings;
}

static void serve(size_t count)
{
    const struct registrar_settings settings = serving(count);
    registrar_reload(registrar, &settings);
}

static void open_sleep(void)
{
    faded = 0;
    open_registrar();
    serve(3);
    registrar_watch_fading(registrar, fades, &faded);
}

static size_t asleep(void)
{
    struct registrar_sleeper sleepers[4];
    return registrar_find_asleep(registrar, BYTES("bob@example.org"), NULL, sleepers, 4);
}

static size_t awake(void)
{
    struct registrar_target targets[4];
    return find(targets, 4);
}

/* Registers over a new connection, and returns that. */
static uint64_t come(const char *fields)
{
    struct net_flow flow;
    ck_assert_uint_eq(register_over_tcp("127.0.0.2:40001", fields, &flow), 200);
    return flow.connection;
}

/* RFC 8599 5.6.1.1, 5.4: one field for the service that the client uses. */
START_TEST(what_is_there_is_said)
{
    open_sleep();
    ck_assert_uint_eq(do_register(BINDING("p1", "")), 200);
    const char *answer = sent_text(ground, "SIP/2.0 200");
    ck_assert_has(answer, "\r\nFeature-Caps: *;+sip.pns=\"apns\"\r\n");
    ck_assert_lacks(answer, "fcm");
    ck_assert_lacks(answer, "pnsreg");
    ck_assert_has(answer, ";pn-prid=p1>"); /* and the parameters are kept */
    ck_assert_uint_eq(do_register(BINDING("p1", ";+sip.pnsreg")), 200);
    answer = sent_text(ground, "SIP/2.0 200");
    ck_assert_has(answer, "\r\nFeature-Caps: *;+sip.pns=\"apns\";+sip.pnsreg=\"180\"\r\n");
    ck_assert_has(answer, ";+sip.pnsreg;expires=");
    ck_assert_uint_eq(do_register("Contact: <sip:bob@127.0.0.2:5060>\r\n"), 200);
    ck_assert_lacks(sent_text(ground, "SIP/2.0 200"), "Feature-Caps");
    close_registrar();
}
END_TEST

/* RFC 8599 4.1.5, 5.6.1.2: a client asks what there is. */
START_TEST(a_query)
{
    open_sleep();
    ck_assert_uint_eq(do_register("Contact: <sip:bob@127.0.0.2:5060;pn-provider>\r\n"), 200);
    const char *answer = sent_text(ground, "SIP/2.0 200");
    ck_assert_has(answer, "\r\nFeature-Caps: *;+sip.pns=\"apns\"\r\n"
                          "Feature-Caps: *;+sip.pns=\"fcm\"\r\n");
    ck_assert_uint_eq(do_register("Contact: <sip:bob@127.0.0.2:5060;pn-provider=FCM>\r\n"), 200);
    answer = sent_text(ground, "SIP/2.0 200");
    ck_assert_has(answer, "\r\nFeature-Caps: *;+sip.pns=\"fcm\"\r\n");
    ck_assert_lacks(answer, "apns\"");
    ground_wait(ground, 60000);
    ck_assert_uint_eq(asleep(), 0); /* nobody can be woken without a PRID (5.5) */
    ck_assert_uint_eq(awake(), 2);  /* to RFC 3261 19.1.4 these are two URIs */
    close_registrar();
}
END_TEST

/* RFC 8599 8.1 */
START_TEST(another_service)
{
    open_sleep();
    ck_assert_uint_eq(
        do_register("Contact: <sip:bob@127.0.0.2:5060;pn-provider=acme;pn-prid=p>\r\n"), 555);
    ck_assert_has(sent_text(ground, "SIP/2.0 555"), "Push Notification Service Not Supported");
    ck_assert_uint_eq(do_register("Contact: <sip:bob@127.0.0.2:5060;pn-provider=acme>\r\n"), 555);
    ck_assert_uint_eq(do_register("Contact: <sip:bob@127.0.0.2:5060;pn-provider=apns;"
                                  "pn-param=T.other.voip;pn-prid=p>\r\n"),
                      555);
    ck_assert_uint_eq(awake(), 0);
    /* it may go, whatever it is called */
    ck_assert_uint_eq(
        do_register("Contact: <sip:bob@127.0.0.2:5060;pn-provider=acme;pn-prid=p>;expires=0\r\n"),
        200);
    /* who knows it stands between us (5.6.1.1) */
    ck_assert_uint_eq(do_register("Contact: <sip:bob@127.0.0.2:5060;pn-provider=acme;pn-prid=p>\r\n"
                                  "Feature-Caps: *;+sip.pns=\"acme\"\r\n"),
                      200);
    ck_assert_lacks(sent_text(ground, "SIP/2.0 200"), "Feature-Caps");
    close_registrar();
}
END_TEST

/* Clients say it to everybody; a server without pushes takes no notice. */
START_TEST(without_gateways)
{
    open_sleep();
    serve(0);
    ck_assert_uint_eq(do_register(BINDING("p1", ";expires=60")), 200);
    ck_assert_lacks(sent_text(ground, "SIP/2.0 200"), "Feature-Caps");
    ground_wait(ground, 50000);
    ck_assert_uint_eq(asleep(), 0);
    ck_assert_uint_eq(awake(), 1);
    close_registrar();
}
END_TEST

/* A binding outlives its connection and is then no way to the device. */
START_TEST(who_lost_its_connection_sleeps)
{
    struct registrar_sleeper sleeper;
    const struct bytes phone = BYTES("urn:uuid:00000000-0000-4000-8000-000000000001"),
                       other = BYTES("urn:uuid:00000000-0000-4000-8000-000000000002");
    open_sleep();
    uint64_t connection = come(BINDING("p1", ";reg-id=1") "Supported: outbound\r\n");
    ck_assert_uint_eq(awake(), 1);
    ck_assert_uint_eq(asleep(), 0);
    ground_hang_up(ground, connection);
    ck_assert_uint_eq(awake(), 0);
    ground_wait(ground, 600000);
    ck_assert_uint_eq(
        registrar_find_asleep(registrar, BYTES("bob@example.org"), &phone, &sleeper, 1), 1);
    ck_assert(bytes_equal(sleeper.provider, BYTES("apns")));
    ck_assert(bytes_equal(sleeper.prid, BYTES("p1")));
    ck_assert(bytes_equal(sleeper.param, BYTES("T.app.voip")));
    ck_assert(bytes_equal(sleeper.instance, phone));
    ck_assert_uint_eq(
        registrar_find_asleep(registrar, BYTES("bob@example.org"), &other, &sleeper, 1), 0);
    come(BINDING("p1", ";reg-id=1") "Supported: outbound\r\n");
    ck_assert_uint_eq(awake(), 1);
    ck_assert_uint_eq(asleep(), 0);
    close_registrar();
}
END_TEST

/* Nobody knows of a datagram's sender whether it is awake, but that it just was. */
START_TEST(who_has_no_connection_sleeps_after_a_while)
{
    open_sleep();
    ck_assert_uint_eq(do_register(BINDING("p1", "")), 200);
    ground_wait(ground, 29999);
    ck_assert_uint_eq(awake(), 1);
    ground_wait(ground, 1);
    ck_assert_uint_eq(awake(), 0);
    ck_assert_uint_eq(asleep(), 1);
    close_registrar();
}
END_TEST

START_TEST(sleep_outlives_a_restart)
{
    open_sleep();
    come(BINDING("p1", ";reg-id=1") "Supported: outbound\r\n");
    const struct registrar_settings settings = serving(3);
    registrar_free(&registrar);
    ground_restart(ground);
    registrar = registrar_new(ground->front, &settings);
    load_all();
    ground_wait(ground, 600000);
    ck_assert_uint_eq(asleep(), 1);
    ground_wait(ground, 3000000);
    ck_assert_uint_eq(asleep(), 0);
    ck_assert_uint_eq(registrar_count(registrar), 0);
    close_registrar();
}
END_TEST

/* Two registrations of one device: while one is a way to it, it is awake. */
START_TEST(a_device_is_awake_by_its_other_flow)
{
    open_sleep();
    uint64_t first = come(BINDING("p1", ";reg-id=1") "Supported: outbound\r\n");
    uint64_t second = come(BINDING("p1", ";reg-id=2") "Supported: outbound\r\n");
    ground_hang_up(ground, first);
    ck_assert_uint_eq(awake(), 1);
    ck_assert_uint_eq(asleep(), 0);
    ground_hang_up(ground, second);
    ck_assert_uint_eq(awake(), 0);
    ck_assert_uint_eq(asleep(), 1); /* one PRID, one push */
    close_registrar();
}
END_TEST

/* It came back from another place, without an instance by which it could be known. */
START_TEST(a_device_is_its_prid)
{
    open_sleep();
    ck_assert_uint_eq(do_register("Contact: <sip:1@127.0.0.2;pn-provider=fcm;pn-prid=p>\r\n"), 200);
    ground_wait(ground, 30000);
    ck_assert_uint_eq(asleep(), 1);
    ck_assert_uint_eq(do_register("Contact: <sip:2@127.0.0.2;pn-provider=fcm;pn-prid=p>\r\n"), 200);
    ck_assert_uint_eq(awake(), 1);
    ck_assert_uint_eq(asleep(), 0);
    ground_wait(ground, 30000);
    ck_assert_uint_eq(awake(), 0);
    ck_assert_uint_eq(asleep(), 1);
    close_registrar();
}
END_TEST

/* RFC 8599 5.5: 120 seconds before the end. */
START_TEST(who_sleeps_is_woken_to_refresh)
{
    open_sleep();
    ck_assert_uint_eq(do_register(BINDING("p1", ";expires=600")), 200);
    ground_wait(ground, 479999);
    ck_assert_uint_eq(faded, 0);
    ground_wait(ground, 1);
    ck_assert_uint_eq(faded, 1);
    ck_assert_str_eq(faded_prid, "p1");
    ck_assert_uint_eq(do_register(BINDING("p1", ";expires=600")), 200);
    ground_wait(ground, 479999);
    ck_assert_uint_eq(faded, 1);
    ground_wait(ground, 120001); /* nobody came: it is over, and there are no further pushes */
    ck_assert_uint_eq(faded, 2);
    ck_assert_uint_eq(registrar_count(registrar), 0);
    ground_wait(ground, 600000);
    ck_assert_uint_eq(faded, 2);
    close_registrar();
}
END_TEST

START_TEST(who_is_awake_is_not_woken)
{
    open_sleep();
    come(BINDING("p1", ";expires=600"));
    ground_wait(ground, 599999);
    ck_assert_uint_eq(faded, 0);
    close_registrar();
}
END_TEST

/* RFC 8599 5.6.1.1: who could not be woken in time has asked for too little. */
START_TEST(lifetimes)
{
    struct registrar_settings settings = registrar_settings_default();
    open_sleep();
    ck_assert_uint_eq(do_register(BINDING("p1", ";expires=179")), 423);
    ck_assert_has(sent_text(ground, "SIP/2.0 423"), "\r\nMin-Expires: 180\r\n");
    ck_assert_uint_eq(do_register(BINDING("p1", ";expires=180")), 200);
    ck_assert_uint_eq(do_register("Contact: <sip:bob@127.0.0.2:5060>;expires=59\r\n"), 423);
    ck_assert_has(sent_text(ground, "SIP/2.0 423"), "\r\nMin-Expires: 60\r\n");
    settings.providers = providers;
    settings.provider_count = 1;
    settings.expires_most_asleep_s = 604800;
    registrar_reload(registrar, &settings);
    ck_assert_uint_eq(do_register(BINDING("p1", ";expires=9999999")), 200);
    ck_assert_has(sent_text(ground, "SIP/2.0 200"), ";expires=604800\r\n");
    ck_assert_uint_eq(do_register("Contact: <sip:bob@127.0.0.3:5060>;expires=9999999\r\n"), 200);
    ck_assert_has(sent_text(ground, "SIP/2.0 200"), "<sip:bob@127.0.0.3:5060>;expires=86400\r\n");
    close_registrar();
}
END_TEST

/* Whoever stands between us and the device wakes it. */
START_TEST(behind_an_edge_proxy)
{
    open_sleep();
    ck_assert_uint_eq(do_register(BINDING("p1", "") "Supported: path\r\n"
                                                    "Path: <sip:edge.example.org;lr>\r\n"),
                      200);
    ground_wait(ground, 60000);
    ck_assert_uint_eq(awake(), 1);
    ck_assert_uint_eq(asleep(), 0);
    close_registrar();
}
END_TEST

UNIT_MAIN("sleep", what_is_there_is_said, a_query, another_service, without_gateways,
          who_lost_its_connection_sleeps, who_has_no_connection_sleeps_after_a_while,
          sleep_outlives_a_restart, a_device_is_awake_by_its_other_flow, a_device_is_its_prid,
          who_sleeps_is_woken_to_refresh, who_is_awake_is_not_woken, lifetimes,
          behind_an_edge_proxy)
