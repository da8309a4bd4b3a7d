/* news_test.c: when a state of presence is an event. */
#include "news.h"

#include "feed/feed.h"
#include "fixture/events.h"
#include "im/im.h"
#include "proxy/proxy.h"
#include "registrar/registrar.h"

/* The table of what was told has rows of four; see news.c. */
enum { ROWS = 4096, WAYS = 4 };

static struct registrar *registrar;
static struct proxy *proxy;
static struct im *im;
static struct feed *feed;
static struct news *news;
static uint64_t position;

static void open_news(void)
{
    const struct registrar_settings registering = registrar_settings_default();
    const struct proxy_settings proxying = proxy_settings_default();
    const struct im_settings writing = im_settings_default();
    const struct feed_settings feeding = feed_settings_default();
    events_open();
    registrar = registrar_new(ground->front, &registering);
    proxy = proxy_new(ground->front, &proxying);
    im = im_new(ground->front, proxy, &writing);
    feed = feed_new(&ground->world, ground->parts.store, &ground->metrics, &feeding);
    const struct news_parts parts = {
        &ground->world, ground->parts.store, feed, registrar, presence, im, &ground->metrics};
    news = news_new(&parts);
    position = feed_join(feed);
}

static void close_news(void)
{
    feed_leave(feed);
    im_free(&im);
    proxy_free(&proxy);
    registrar_free(&registrar);
    presence_free(&presence);
    news_free(&news);
    feed_free(&feed);
    ground_free(ground);
}

/* How many events of presence there have been since it was asked last. */
static unsigned events(void)
{
    const struct feed_filter filter = {.types = 1U << FEED_PRESENCE};
    const struct feed_event *event;
    unsigned count = 0;
    ground_wait(ground, 1);
    ground_commit(ground);
    for (; feed_take(feed, &filter, &position, &event) == FEED_EVENT; count++)
        feed_give(feed, &event);
    return count;
}

/* Another client of theirs says that they are here. */
static void publish_as(const char *name)
{
    char uri[80], from[80], body[400];
    struct ask ask = publishing("", "");
    snprintf(uri, sizeof(uri), "sip:%s", name);
    snprintf(from, sizeof(from), "<sip:%s>;tag=p", name);
    snprintf(body, sizeof(body),
             "<?xml version=\"1.0\"?><presence xmlns=\"urn:ietf:params:xml:ns:pidf\" "
             "entity=\"%s\"><tuple id=\"t\"><status><basic>open</basic></status></tuple>"
             "</presence>",
             uri);
    ask.uri = uri;
    ask.from = from;
    ask.body = body;
    ck_assert_uint_eq(ground_do(ground, ask), 200);
}

START_TEST(a_state_is_told_once)
{
    open_news();
    publish_as("bob@example.org");
    ck_assert_uint_eq(events(), 1);
    publish_as("bob@example.org");
    ck_assert_uint_eq(events(), 0);
    publish_as("alice@example.org");
    ck_assert_uint_eq(events(), 1);
    ck_assert_uint_eq(ground->metrics.values[METRIC_states_forgotten], 0);
    close_news();
}
END_TEST

/* The next one whose state lies in the first row of the table. */
static void next_name(char *name, size_t size, unsigned *tried)
{
    uint64_t seed;
    memcpy(&seed, store_secret(ground->parts.store).at, sizeof(seed));
    do {
        snprintf(name, size, "u%u@example.org", ++*tried);
    } while (bytes_hash(bytes_of(name), seed) % ROWS != 0);
}

/* One more than there is room for: the one that was told longest ago is told again, and counted. */
START_TEST(what_is_forgotten_is_counted)
{
    char names[WAYS + 1][40];
    unsigned tried = 0;
    open_news();
    for (int i = 0; i <= WAYS; i++) {
        next_name(names[i], sizeof(names[i]), &tried);
        ground_add_account(ground, names[i]);
    }
    ground_refresh_accounts(ground);
    for (int i = 0; i <= WAYS; i++) {
        ck_assert_uint_eq(ground->metrics.values[METRIC_states_forgotten], 0);
        publish_as(names[i]);
        ck_assert_uint_eq(events(), 1);
    }
    ck_assert_uint_eq(ground->metrics.values[METRIC_states_forgotten], 1);
    publish_as(names[WAYS]);
    ck_assert_uint_eq(events(), 0);
    publish_as(names[0]);
    ck_assert_uint_eq(events(), 1);
    ck_assert_uint_eq(ground->metrics.values[METRIC_states_forgotten], 2);
    close_news();
}
END_TEST

UNIT_MAIN("news", a_state_is_told_once, what_is_forgotten_is_counted)
