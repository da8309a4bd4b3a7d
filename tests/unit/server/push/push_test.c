/* push_test.c: who is woken, and how often (RFC 8599); the gateway is the test. */
#include "push/push.h"

#include "fixture/registering.h"

#define CONTACT(prid, instance)                                                           \
    "Contact: <sip:" prid "@127.0.0.2:5060;pn-provider=apns;pn-param=T.app;pn-prid=" prid \
    ">" instance "\r\n"
#define ONE ";+sip.instance=\"<urn:uuid:1>\""
#define TWO ";+sip.instance=\"<urn:uuid:2>\""
#define BOB BYTES("bob@example.org")

enum { AWAY_MAX = 8 };

static const struct registrar_provider providers[] = {{"apns", NULL}};
static const struct push_gateway gateways[] = {
    {"apns", "https://other.example.org/", "T.other", NULL},
    {"apns", "https://push.example.org/apns", NULL, "Authorization: Bearer s3cret"}};
static struct http *http;
static struct push *push;
static struct http_try *away[AWAY_MAX];
static size_t away_count;
static unsigned failures;

static void take(void *context, struct http_try *try)
{
    (void)context;
    ck_assert_uint_lt(away_count, AWAY_MAX);
    away[away_count++] = try;
}

static void failed(void *context, struct bytes aor, struct bytes instance)
{
    (void)context;
    ck_assert(bytes_equal(aor, BOB));
    ck_assert(bytes_equal(instance, BYTES("urn:uuid:1")));
    failures++;
}

static void wake_up(struct registrar_settings *settings)
{
    settings->providers = providers;
    settings->provider_count = 1;
    settings->awake_s = 1;
}

static void open_push(void)
{
    open_registrar();
    use_settings(wake_up);
    const struct http_carrier carrier = {.send = take};
    const struct http_parts below = {
        .world = &ground->world, .metrics = &ground->metrics, .carrier = &carrier};
    struct http_settings settings = http_settings_default();
    settings.tries_max = 1;
    http = http_new(&below, &settings);
    struct push_settings pushing = push_settings_default();
    pushing.gateways = gateways;
    pushing.gateway_count = 2;
    const struct push_parts parts = {&ground->world, http, registrar, NULL, &ground->metrics};
    push = push_new(&parts, &pushing);
    push_watch_failed(push, failed, NULL);
    away_count = failures = 0;
}

static void close_push(void)
{
    push_free(&push);
    ck_assert_ptr_null(push);
    http_free(&http);
    close_registrar();
}

static void sleep_by(const char *contact)
{
    ck_assert_uint_eq(do_register(contact), 200);
    ground_wait(ground, 1000);
}

static void answer(unsigned status)
{
    struct http_try *try = away[--away_count];
    try->status = status;
    http_tried(try);
    http_turn(http);
}

START_TEST(what_the_gateway_gets)
{
    open_push();
    sleep_by("Contact: <sip:b@127.0.0.2:5060;pn-provider=apns;pn-param=T.app;pn-prid=a%22%3ab>" ONE
             "\r\n");
    ck_assert_uint_eq(push_wake(push, BOB, NULL, PUSH_MESSAGE), 1);
    ck_assert_uint_eq(away_count, 1);
    ck_assert_str_eq(away[0]->url, "https://push.example.org/apns");
    ck_assert_str_eq(away[0]->fields[0], "Content-Type: application/json");
    ck_assert_str_eq(away[0]->fields[1], "Authorization: Bearer s3cret");
    ck_assert(bytes_equal(
        away[0]->body,
        BYTES("{\"provider\":\"apns\",\"prid\":\"a\\\":b\",\"param\":\"T.app\",\"aor\":"
              "\"bob@example.org\",\"instance\":\"urn:uuid:1\",\"reason\":\"message\"}")));
    answer(200);
    ck_assert_uint_eq(ground->metrics.values[METRIC_pushes_sent], 1);
    ck_assert_uint_eq(failures, 0);
    close_push();
}
END_TEST

START_TEST(each_device_once_in_a_pause)
{
    open_push();
    sleep_by(CONTACT("a", ONE));
    sleep_by(CONTACT("b", TWO));
    ck_assert_uint_eq(push_wake(push, BOB, NULL, PUSH_CALL), 2);
    ck_assert_uint_eq(push_wake(push, BOB, NULL, PUSH_CALL), 2);
    ck_assert_uint_eq(away_count, 2);
    ck_assert_uint_eq(ground->metrics.values[METRIC_pushes_spared], 2);
    answer(200);
    answer(200);
    ground_wait(ground, 9999);
    ck_assert_uint_eq(push_wake(push, BOB, NULL, PUSH_CALL), 2);
    ck_assert_uint_eq(away_count, 0);
    ground_wait(ground, 1);
    ck_assert_uint_eq(push_wake(push, BOB, NULL, PUSH_CALL), 2);
    ck_assert_uint_eq(away_count, 2);
    close_push(); /* with two under way */
}
END_TEST

START_TEST(one_device_of_several)
{
    const struct bytes one = BYTES("urn:uuid:1"), none = BYTES("");
    open_push();
    sleep_by(CONTACT("a", ONE));
    sleep_by(CONTACT("b", TWO));
    ck_assert_uint_eq(push_wake(push, BOB, &none, PUSH_MESSAGE), 0);
    ck_assert_uint_eq(push_wake(push, BOB, &one, PUSH_MESSAGE), 1);
    ck_assert_uint_eq(away_count, 1);
    sleep_by(CONTACT("c", ""));
    ck_assert_uint_eq(push_wake(push, BOB, &none, PUSH_MESSAGE), 1);
    ck_assert_uint_eq(away_count, 2);
    close_push();
}
END_TEST

/* One that came and sleeps again is not the one that was pushed. */
START_TEST(a_device_that_came)
{
    const struct front_device device = {BYTES("urn:uuid:1"), NULL};
    open_push();
    sleep_by(CONTACT("a", ONE));
    ck_assert_uint_eq(push_wake(push, BOB, NULL, PUSH_MESSAGE), 1);
    push_device_came(push, BOB, &device);
    ck_assert_uint_eq(push_wake(push, BOB, NULL, PUSH_MESSAGE), 1);
    ck_assert_uint_eq(away_count, 2);
    close_push();
}
END_TEST

/* Who waits is told, and who asks within the pause has no hope. */
START_TEST(the_gateway_refuses)
{
    open_push();
    sleep_by(CONTACT("a", ONE));
    ck_assert_uint_eq(push_wake(push, BOB, NULL, PUSH_CALL), 1);
    answer(410);
    ck_assert_uint_eq(failures, 1);
    ck_assert_uint_eq(ground->metrics.values[METRIC_pushes_failed], 1);
    ck_assert_uint_eq(push_wake(push, BOB, NULL, PUSH_CALL), 0);
    ck_assert_uint_eq(away_count, 0);
    ground_wait(ground, 10000);
    ck_assert_uint_eq(push_wake(push, BOB, NULL, PUSH_CALL), 1);
    close_push();
}
END_TEST

/* RFC 8599 5.5: nobody is pushed by a PRID whose binding has ended. */
START_TEST(nobody_to_wake)
{
    open_push();
    ck_assert_uint_eq(push_wake(push, BOB, NULL, PUSH_CALL), 0);
    ck_assert_uint_eq(do_register(CONTACT("a", ONE)), 200);
    ck_assert_uint_eq(push_wake(push, BOB, NULL, PUSH_CALL), 0); /* it is awake */
    ground_wait(ground, 1000);
    ck_assert_uint_eq(do_register("Contact: *\r\nExpires: 0\r\n"), 200);
    ck_assert_uint_eq(push_wake(push, BOB, NULL, PUSH_CALL), 0);
    ck_assert_uint_eq(away_count, 0);
    close_push();
}
END_TEST

/* Batteries are dearer to some than news. */
START_TEST(news_can_wait)
{
    const struct push_settings quiet = {.pause_s = 10, .gateways = gateways, .gateway_count = 2};
    open_push();
    sleep_by(CONTACT("a", ONE));
    push_reload(push, &quiet);
    ck_assert_uint_eq(push_wake(push, BOB, NULL, PUSH_NOTIFY), 0);
    ck_assert_uint_eq(push_wake(push, BOB, NULL, PUSH_MESSAGE), 1);
    ck_assert_uint_eq(away_count, 1);
    close_push();
}
END_TEST

UNIT_MAIN("push", what_the_gateway_gets, each_device_once_in_a_pause, one_device_of_several,
          a_device_that_came, the_gateway_refuses, nobody_to_wake, news_can_wait)
