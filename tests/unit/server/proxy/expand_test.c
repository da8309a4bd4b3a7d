/* expand_test.c: contacts that are users of ours (RFC 3261 16.5, 22.3). */
#include "fixture/ask.h"
#include "proxy/proxy_internal.h"

enum { PEOPLE_MAX = 80, WAYS_MAX = 4 };

/* Who is where: a way with a port has a flow. */
static struct person {
    char aor[40];
    const char *uris[WAYS_MAX];
    unsigned q[WAYS_MAX];
} people[PEOPLE_MAX];
static size_t person_count, asked;
static struct net_flow flow; /* the locator's only one: good until it is asked again */
static struct ground *ground;
static struct proxy *proxy;
static struct choice choice;
static struct front_request request;
static struct sip_message message;

static size_t locate(void *context, const struct front_request *of, struct proxy_target *found,
                     size_t most)
{
    size_t count = 0;
    (void)context;
    asked++;
    for (size_t i = 0; i < person_count; i++) {
        const struct person *person = &people[i];
        if (!bytes_equal(of->target, bytes_of(person->aor)))
            continue;
        for (; count < WAYS_MAX && person->uris[count] != NULL; count++) {
            ck_assert_uint_lt(count, most);
            found[count] =
                (struct proxy_target){.uri = bytes_of(person->uris[count]), .q = person->q[count]};
            if (strstr(person->uris[count], ":5070") != NULL) {
                flow = ground_udp("127.0.0.9:5070");
                flow.remote.ip[3] = (uint8_t)person->aor[0];
                found[count].flow = &flow;
            }
        }
    }
    return count;
}

static struct person *add(const char *aor, const char *uri, unsigned q)
{
    struct person *person = &people[person_count++];
    *person = (struct person){.uris = {uri}, .q = {q}};
    snprintf(person->aor, sizeof(person->aor), "%s", aor);
    return person;
}

static void open_proxy(void)
{
    const struct proxy_settings settings = proxy_settings_default();
    const struct proxy_locator locator = {locate, NULL};
    ground = ground_new(NULL);
    proxy = proxy_new(ground->front, &settings);
    proxy_locate(proxy, &locator);
    person_count = asked = 0;
    message = (struct sip_message){.method = SIP_MESSAGE};
    request = (struct front_request){.front = ground->front, .message = &message};
    request.target = BYTES("carol@example.org");
    request.partition = partition_of(request.target);
}

static void close_proxy(void)
{
    proxy_free(&proxy);
    ground_free(ground);
}

/* What carol's contacts become, "uri q, uri q". */
static const char *expand(void)
{
    static char text[4000];
    struct buffer out = buffer_over(text, sizeof(text) - 1);
    memset(&choice, 0, sizeof(choice));
    choice.count = locate(NULL, &request, choice.targets, PROXY_TARGETS_MAX);
    asked = 0;
    if (!expand_users(proxy, &request, &choice))
        return "refused";
    for (size_t i = 0; i < choice.count; i++) {
        buffer_text(&out, i > 0 ? ", " : "");
        buffer_put(&out, choice.targets[i].uri);
        buffer_format(&out, " %u", choice.targets[i].q);
    }
    text[out.length] = '\0';
    return text;
}

START_TEST(contacts_of_users_take_their_place)
{
    open_proxy();
    struct person *carol = add("carol@example.org", "sip:carol@192.0.2.1", 1000);
    carol->uris[1] = "sip:%62ob@EXAMPLE.org;x=y";
    carol->q[1] = 500;
    struct person *bob = add("bob@example.org", "sip:bob@192.0.2.2", 1000);
    bob->uris[1] = "sip:bob@192.0.2.2:5070";
    bob->q[1] = 300;
    ck_assert_str_eq(expand(),
                     "sip:carol@192.0.2.1 1000, sip:bob@192.0.2.2 500, sip:bob@192.0.2.2:5070 150");
    ck_assert_uint_eq(asked, 1);
    close_proxy();
}
END_TEST

START_TEST(what_is_left_as_it_is)
{
    static const char *const others[] = {
        "sip:bob@elsewhere.example", "sip:example.org", "sip:bob@example.org;maddr=192.0.2.9",
        "sip:bob@example.org:5099",  "tel:+1",          "sip:bob@192.0.2.2",
        "sip:bob@127.0.0.1:5070",
    };
    open_proxy();
    domains_add_listener(ground->parts.domains, BYTES("127.0.0.1"), 5070);
    add("bob@example.org", "sip:bob@192.0.2.2", 1000);
    add("carol@example.org", NULL, 700);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        char wanted[100];
        people[1].uris[0] = others[i]; /* the last has a flow */
        snprintf(wanted, sizeof(wanted), "%s 700", others[i]);
        ck_assert_str_eq(expand(), wanted);
        ck_assert_uint_eq(asked, 0);
    }
    close_proxy();
}
END_TEST

/* A locator's flows are good until it is asked again. */
START_TEST(flows_are_kept)
{
    open_proxy();
    struct person *carol = add("carol@example.org", "sip:carol@192.0.2.1:5070", 1000);
    carol->uris[1] = "sip:bob@example.org";
    carol->uris[2] = "sip:alice@example.org";
    carol->q[1] = carol->q[2] = 900;
    add("alice@example.org", "sip:alice@192.0.2.3:5070", 1000);
    add("bob@example.org", "sip:bob@192.0.2.2:5070", 1000);
    expand();
    ck_assert_uint_eq(choice.count, 3);
    ck_assert_uint_eq(choice.targets[0].flow->remote.ip[3], 'c');
    ck_assert_uint_eq(choice.targets[1].flow->remote.ip[3], 'b');
    ck_assert_uint_eq(choice.targets[2].flow->remote.ip[3], 'a');
    close_proxy();
}
END_TEST

START_TEST(each_user_is_looked_up_once)
{
    open_proxy();
    add("carol@example.org", "sip:bob@example.org", 1000);
    struct person *bob = add("bob@example.org", "sip:carol@example.org", 1000);
    bob->uris[1] = "sip:bob@example.org";
    bob->q[1] = 1000;
    ck_assert_str_eq(expand(), "");
    ck_assert_uint_eq(asked, 1);
    bob->uris[1] = "sip:bob@192.0.2.2";
    ck_assert_str_eq(expand(), "sip:bob@192.0.2.2 1000");
    close_proxy();
}
END_TEST

/* A chain of users ends at the bound of targets. */
START_TEST(chains_are_bounded)
{
    static char uris[PEOPLE_MAX][40];
    open_proxy();
    add("carol@example.org", "sip:u0@example.org", 1000);
    for (unsigned i = 0; i < 70; i++) {
        char aor[40];
        snprintf(aor, sizeof(aor), "u%u@example.org", i);
        snprintf(uris[i], sizeof(uris[i]), "sip:u%u@example.org", i + 1);
        add(aor, uris[i], 1000);
    }
    ck_assert_str_eq(expand(), "");
    ck_assert_uint_eq(asked, proxy->settings.targets_max - 1); /* and carol herself */
    ck_assert_uint_eq(ground->metrics.values[METRIC_forks_limited], 1);
    close_proxy();
}
END_TEST

/* RFC 3261 16.6 step 7: what a sips contact stands for is reached by TLS. */
START_TEST(sips_stays_sips)
{
    open_proxy();
    add("carol@example.org", "sips:bob@example.org", 1000);
    struct person *bob = add("bob@example.org", "sip:bob@192.0.2.2", 1000);
    bob->uris[1] = "sips:bob@192.0.2.3";
    bob->q[1] = 100;
    ck_assert_str_eq(expand(), "sips:bob@192.0.2.3 100");
    close_proxy();
}
END_TEST

static struct store_change change(struct bytes aor)
{
    struct store_set *set = store_begin(ground->parts.store, partition_of(aor));
    store_delete_binding(set, &(struct store_binding){.aor = aor, .contact = BYTES("b")});
    return store_submit(ground->parts.store, &set);
}

/* No byte leaves that depends on a change not yet durable. */
START_TEST(waits_for_the_other_user)
{
    open_proxy();
    add("carol@example.org", "sip:bob@example.org", 1000);
    add("bob@example.org", "sip:bob@192.0.2.2", 1000);
    struct store_change bobs = change(BYTES("bob@example.org"));
    ck_assert_str_eq(expand(), "sip:bob@192.0.2.2 1000");
    ck_assert_uint_eq(request.seen.partition, bobs.partition);
    ck_assert_uint_eq(request.seen.number, bobs.number);
    request.seen = STORE_NOTHING;
    front_set_closed(ground->front, bobs.partition, true);
    ck_assert_str_eq(expand(), "");
    ck_assert_uint_eq(asked, 0);
    close_proxy();
}
END_TEST

/* Of two changes that it would have to wait for, none. */
START_TEST(two_changes_are_too_many)
{
    open_proxy();
    add("carol@example.org", "sip:bob@example.org", 1000);
    add("bob@example.org", "sip:bob@127.0.0.3:5070", 1000);
    change(BYTES("bob@example.org"));
    change(BYTES("carol@example.org"));
    struct ask ask = {.method = "INFO", .uri = "sip:carol@example.org"};
    ck_assert_uint_eq(ground_do(ground, ask), 500);
    ck_assert_has(sent_text(ground, "SIP"), "Retry-After: 5\r\n");
    ground_ask(ground, ask); /* now they are durable */
    ck_assert_ptr_nonnull(sent_nth(ground, "INFO sip:bob@127.0.0.3:5070 ", 0));
    ground_wait(ground, 300000);
    close_proxy();
}
END_TEST

UNIT_MAIN("expand", contacts_of_users_take_their_place, what_is_left_as_it_is, flows_are_kept,
          each_user_is_looked_up_once, chains_are_bounded, sips_stays_sips,
          waits_for_the_other_user, two_changes_are_too_many)
