/* reactor.c: the parts of a reactor, built from the bottom up and torn down from the top.
 *
 * What the store refuses is forgotten and loaded again, partition by partition (homes.c). */
#include "reactor.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/token.h"
#include "homes.h"
#include "im/im.h"
#include "net/trace.h"
#include "news.h"
#include "pidf/entries.h"
#include "policy/policy.h"

enum { LIST_MAX = 2048 };

struct reactor {
    struct reactor_ground ground;
    struct trace *trace; /* NULL: off */
    struct front_parts parts;
    struct front *front;
    struct registrar *registrar;
    struct proxy *proxy;
    struct im *im;
    struct http *http;
    struct push *push;
    struct presence *presence;
    struct homes *homes;
    struct feed *feed;
    struct news *news;
    struct hooks *hooks;
    const struct config *config;
    uint64_t begun_ms;                                /* wall clock */
    bool tells_talk;                                  /* in presence */
    struct rules_names names;                         /* of identities in rules */
    struct registrar_target found[PROXY_TARGETS_MAX]; /* what the proxy asked for last */
    char allow_events[LIST_MAX], accept[LIST_MAX];    /* of the packages, for answers */
};

/* What the store tells. */

static void refused(void *context, unsigned partition)
{
    struct reactor *reactor = context;
    /* why, the store says where it is worth a line (a full disk can refuse many a second) */
    log_write(reactor->ground.log, LOG_DEBUG, "reactor",
              "changes of partition %u were refused; loading it again", partition);
    homes_load(reactor->homes, partition);
}

static void account_removed(void *context, struct bytes aor)
{
    struct reactor *reactor = context;
    metrics_count(reactor->ground.metrics, METRIC_accounts_removed);
    log_write(reactor->ground.log, LOG_INFO, "reactor", "account removed aor=%.*s",
              BYTES_ARGS(aor));
    registrar_drop_user(reactor->registrar, aor);
    presence_drop_user(reactor->presence, aor);
    im_drop_user(reactor->im, aor);
}

/* Its data stays: enabled again, it registers and goes on. */
static void account_disabled(void *context, struct bytes aor)
{
    struct reactor *reactor = context;
    log_write(reactor->ground.log, LOG_INFO, "reactor", "account disabled aor=%.*s",
              BYTES_ARGS(aor));
    registrar_drop_user(reactor->registrar, aor);
    presence_disable_user(reactor->presence, aor);
}

/* Whoever watched by way of it watched the alias, not the account. */
static void alias_lost(void *context, struct bytes aor, struct bytes alias)
{
    const struct reactor *reactor = context;
    log_write(reactor->ground.log, LOG_INFO, "reactor", "alias removed aor=%.*s alias=%.*s",
              BYTES_ARGS(aor), BYTES_ARGS(alias));
    presence_drop_alias(reactor->presence, aor, alias);
}

static void each_user(void *context, struct bytes domain,
                      void (*visit)(void *context, struct bytes aor), void *visit_context)
{
    const struct reactor *reactor = context;
    accounts_each(reactor->parts.accounts, domain, visit, visit_context);
}

static bool any_alias(void *context, struct bytes aor,
                      bool (*visit)(void *context, struct bytes alias), void *visit_context)
{
    const struct reactor *reactor = context;
    return aliases_any(accounts_aliases(reactor->parts.accounts), aor, visit, visit_context);
}

static void accounts_changed(void *context)
{
    struct reactor *reactor = context;
    enum err err = homes_refresh_people(reactor->homes);
    if (err != ERR_NONE) {
        log_write(reactor->ground.log, LOG_ERROR, "reactor",
                  "changed accounts or domains cannot be read: %s. This is tried again",
                  err_name(err));
        homes_retry_accounts(reactor->homes);
    }
    homes_refresh_policy(reactor->homes);
    hooks_refresh(reactor->hooks); /* those of a user who is erased went with the account's row */
}

static void wake(void *context)
{
    struct reactor *reactor = context;
    if (reactor->ground.wake != NULL)
        reactor->ground.wake(reactor->ground.wake_context);
}

/* What the proxy asks. */

/* Where a Path leads is not where the flow of the REGISTER ended (RFC 3327 5.3). */
static struct proxy_target target_of(const struct registrar_target *found)
{
    bool direct = found->has_flow && bytes_empty(found->path);
    return (struct proxy_target){
        .uri = found->contact,
        .route = found->path,
        .flow = direct ? &found->flow : NULL,
        .flow_only = direct && found->outbound,
        .q = found->q,
        .features = found->parameters,
        .instance = found->instance,
    };
}

static size_t locate(void *context, const struct front_request *request,
                     struct proxy_target *targets, size_t most)
{
    struct reactor *reactor = context;
    size_t count =
        registrar_find(reactor->registrar, request->target, request->instance, request->gruu_call,
                       reactor->found, most < PROXY_TARGETS_MAX ? most : PROXY_TARGETS_MAX);
    for (size_t i = 0; i < count; i++)
        targets[i] = target_of(&reactor->found[i]);
    return count;
}

/* What the event dispatcher asks. */

static struct bytes instance_at(void *context, struct bytes aor, const struct net_flow *flow)
{
    const struct reactor *reactor = context;
    return registrar_instance_at(reactor->registrar, aor, flow);
}

static bool is_there(void *context, struct bytes aor, const struct front_device *device)
{
    const struct reactor *reactor = context;
    return registrar_has_device(reactor->registrar, aor, device);
}

static bool is_registered(void *context, struct bytes aor)
{
    const struct reactor *reactor = context;
    return registrar_is_registered(reactor->registrar, aor);
}

static bool flow_of(void *context, struct bytes aor, const struct front_device *device,
                    struct net_flow *flow)
{
    const struct reactor *reactor = context;
    return registrar_flow_of(reactor->registrar, aor, device, flow);
}

/* Waking devices. */

static unsigned wake_for_request(void *context, const struct front_request *request)
{
    const struct reactor *reactor = context;
    bool one = request->aim == FRONT_AIM_DEVICE;
    return push_wake(reactor->push, request->target, one ? &request->instance : NULL,
                     request->message->method == SIP_INVITE ? PUSH_CALL : PUSH_REQUEST);
}

static void wake_for_news(void *context, struct bytes aor, struct bytes instance)
{
    const struct reactor *reactor = context;
    (void)push_wake(reactor->push, aor, &instance, PUSH_NOTIFY);
}

static void wake_for_message(void *context, struct bytes aor, struct bytes instance, bool silent)
{
    const struct reactor *reactor = context;
    if (silent)
        (void)push_wake_silent(reactor->push, aor, &instance, PUSH_MESSAGE);
    else
        (void)push_wake(reactor->push, aor, &instance, PUSH_MESSAGE);
}

static void wake_to_refresh(void *context, struct bytes aor,
                            const struct registrar_sleeper *sleeper)
{
    const struct reactor *reactor = context;
    (void)push_wake_sleeper(reactor->push, aor, sleeper, PUSH_REFRESH);
}

static void push_failed(void *context, struct bytes aor, struct bytes instance)
{
    const struct reactor *reactor = context;
    (void)instance;
    proxy_device_lost(reactor->proxy, aor);
}

static size_t contacts_of(void *context, struct bytes aor, struct presence_contact *contacts,
                          size_t most)
{
    struct reactor *reactor = context;
    size_t count = registrar_find(reactor->registrar, aor, BYTES(""), BYTES(""), reactor->found,
                                  most < PROXY_TARGETS_MAX ? most : PROXY_TARGETS_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct proxy_target target = target_of(&reactor->found[i]);
        contacts[i] =
            (struct presence_contact){target.uri, target.route, target.flow, target.flow_only};
    }
    return count;
}

static void write_reg(void *context, struct bytes aor, struct buffer *out)
{
    const struct reactor *reactor = context;
    registrar_write_reg(reactor->registrar, aor, out);
}

static void write_lines(void *context, struct bytes aor, struct buffer *out)
{
    const struct reactor *reactor = context;
    proxy_write_lines(reactor->proxy, aor, out);
}

/* Here, or as the user's phones and PBX publish it. */
static bool is_talking(struct reactor *reactor, struct bytes aor)
{
    if (proxy_is_talking(reactor->proxy, aor))
        return true;
    const struct blob *dialogs = presence_state(reactor->presence, "dialog", aor);
    return dialogs != NULL && entries_has_confirmed(dialogs);
}

/* RFC 4480 3.2. */
static void write_talk(void *context, struct bytes aor, struct buffer *out)
{
    if (is_talking(context, aor))
        buffer_text(out, "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" "
                         "xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" "
                         "xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" "
                         "entity=\"sip:own.invalid\"><dm:person id=\"call\"><rpid:activities>"
                         "<rpid:on-the-phone/></rpid:activities></dm:person></presence>");
}

static void write_waiting(void *context, struct bytes aor, struct buffer *out)
{
    const struct reactor *reactor = context;
    size_t count = im_waiting(reactor->im, aor);
    if (count > 0)
        buffer_format(out, "Messages-Waiting: yes\r\nText-Message: %zu/0\r\n", count);
}

/* What proxy and im tell. */

static void lines_changed(void *context, struct bytes aor)
{
    struct reactor *reactor = context;
    presence_derived_changed(reactor->presence, "dialog", aor);
    if (reactor->tells_talk)
        presence_derived_changed(reactor->presence, "presence", aor);
}

static void dialogs_changed(void *context, struct bytes aor)
{
    struct reactor *reactor = context;
    presence_derived_changed(reactor->presence, "presence", aor);
}

static void waiting_changed(void *context, struct bytes aor)
{
    struct reactor *reactor = context;
    presence_derived_changed(reactor->presence, "message-summary", aor);
}

/* What the registrar tells. */

static void device_came(void *context, struct bytes aor, const struct front_device *device)
{
    struct reactor *reactor = context;
    push_device_came(reactor->push, aor, device);
    proxy_device_came(reactor->proxy, aor);
    presence_device_came(reactor->presence, aor, device);
    im_device_came(reactor->im, aor, device);
    presence_derived_changed(reactor->presence, "reg", aor);
}

static void device_ended(void *context, struct bytes aor, const struct front_device *device)
{
    struct reactor *reactor = context;
    presence_device_ended(reactor->presence, aor, device);
    presence_derived_changed(reactor->presence, "reg", aor);
}

/* Building. */

static void add_word(struct buffer *list, const char *word)
{
    if (list->length > 0)
        buffer_text(list, ", ");
    buffer_text(list, word);
}

/* The event names and body types of the packages, as header field values. */
static void list_packages(struct reactor *reactor)
{
    struct buffer events = buffer_over(reactor->allow_events, LIST_MAX - 1);
    struct buffer types = buffer_over(reactor->accept, LIST_MAX - 1);
    for (const struct event_package *const *package = package_list(); *package != NULL; package++) {
        add_word(&events, (*package)->name);
        for (size_t i = 0; (*package)->publish_types && (*package)->publish_types[i]; i++)
            add_word(&types, (*package)->publish_types[i]);
    }
    assert(!events.overflow && !types.overflow);
}

static struct front_settings front_settings_of(const struct reactor *reactor,
                                               const struct config *config)
{
    struct front_settings settings = config->front;
    settings.allow_events = reactor->allow_events;
    settings.accept = reactor->accept;
    return settings;
}

static struct policy_settings policy_settings_of(const struct reactor *reactor,
                                                 const struct config *config)
{
    struct policy_settings settings = config->policy;
    settings.names = &reactor->names;
    return settings;
}

static struct store *open_store(struct reactor *reactor, const struct config *config, char *why,
                                size_t why_size)
{
    const struct store_listener listener = {refused, accounts_changed, wake, reactor};
    struct store_settings settings = config->store;
    enum err err;
    settings.folder = config->data;
    settings.stepped = reactor->ground.stepped_store;
    return store_open(&settings, &listener, reactor->ground.log, reactor->ground.metrics, &err, why,
                      why_size);
}

/* After the registrar, and those who wake. */
static void build_push(struct reactor *reactor, const struct config *config)
{
    const struct reactor_ground *ground = &reactor->ground;
    const struct http_parts below = {
        .world = ground->world,
        .log = ground->log,
        .metrics = ground->metrics,
        .wake = wake,
        .wake_context = reactor,
        .carrier = ground->carrier,
    };
    reactor->http = http_new(&below, &config->http);
    const struct push_parts parts = {ground->world, reactor->http, reactor->registrar, ground->log,
                                     ground->metrics};
    reactor->push = push_new(&parts, &config->push);
    const struct proxy_waker waker = {wake_for_request, reactor};
    proxy_wake_by(reactor->proxy, &waker);
    registrar_watch_fading(reactor->registrar, wake_to_refresh, reactor);
    push_watch_failed(reactor->push, push_failed, reactor);
    im_watch_waiting(reactor->im, wake_for_message, reactor);
}

/* What watchers are told that no client publishes. */
static void build_sources(struct reactor *reactor, const struct config *config)
{
    const struct presence_source talk = {"presence", write_talk, reactor};
    const struct presence_listener dialogs = {"dialog", dialogs_changed, reactor};
    const struct presence_source sources[] = {
        {"reg", write_reg, reactor},
        {"dialog", write_lines, reactor},
        {"message-summary", write_waiting, reactor},
    };
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
        presence_derive(reactor->presence, &sources[i]);
    reactor->tells_talk = config->presence.on_the_phone;
    if (reactor->tells_talk) {
        presence_derive(reactor->presence, &talk);
        presence_watch_state(reactor->presence, &dialogs);
    }
    proxy_watch_lines(reactor->proxy, lines_changed, reactor);
    im_watch_counts(reactor->im, waiting_changed, reactor);
}

static void build_news(struct reactor *reactor, const struct config *config)
{
    struct world *world = reactor->ground.world;
    reactor->feed = feed_new(world, reactor->parts.store, reactor->ground.metrics, &config->events);
    const struct news_parts parts = {
        world,       reactor->parts.store,   reactor->feed, reactor->registrar, reactor->presence,
        reactor->im, reactor->ground.metrics};
    const struct hooks_parts hooks = {world,         reactor->parts.store, reactor->http,
                                      reactor->feed, reactor->ground.log,  reactor->ground.metrics};
    reactor->news = news_new(&parts);
    reactor->hooks = hooks_new(&hooks, &config->webhooks);
}

static void build(struct reactor *reactor, const struct config *config)
{
    const struct reactor_ground *ground = &reactor->ground;
    struct front_parts *parts = &reactor->parts;
    list_packages(reactor);
    parts->domains = config_domains(config);
    parts->accounts = accounts_new(world_random_u64(ground->world));
    domains_use_aliases(parts->domains, accounts_aliases(parts->accounts));
    reactor->names = (struct rules_names){domains_write_name, parts->domains};
    const struct policy_settings policy = policy_settings_of(reactor, config);
    parts->policy = policy_new(&policy, ground->log, ground->metrics);
    parts->transactions = transaction_layer_new(ground->world, parts->net, parts->store,
                                                &config->transaction, ground->log, ground->metrics);
    struct auth_settings auth = config->auth;
    auth.domains = parts->domains;
    parts->auth = auth_new(ground->world, parts->accounts, store_secret(parts->store), &auth,
                           ground->metrics);
    parts->flow_tokens = flow_tokens_new(store_secret(parts->store), store_epoch(parts->store));
    parts->gruu = gruu_new(ground->world, parts->domains, store_secret(parts->store));
    parts->guard = guard_new(ground->world, &config->guard, ground->metrics);
    const struct front_settings settings = front_settings_of(reactor, config);
    reactor->front = front_new(parts, &settings);
    reactor->registrar = registrar_new(reactor->front, &config->registrar);
    reactor->proxy = proxy_new(reactor->front, &config->proxy);
    const struct proxy_locator locator = {locate, reactor};
    proxy_locate(reactor->proxy, &locator);
    reactor->im = im_new(reactor->front, reactor->proxy, &config->im);
    reactor->presence = presence_new(reactor->front, &config->presence);
    const struct presence_registrations registrations = {
        .instance_at = instance_at,
        .is_there = is_there,
        .is_registered = is_registered,
        .flow_of = flow_of,
        .wake = wake_for_news,
        .contacts = contacts_of,
        .context = reactor,
    };
    const struct registrar_watch watch = {device_came, device_ended, reactor};
    presence_ask_registrar(reactor->presence, &registrations);
    const struct im_registrations senders = {instance_at, reactor};
    im_ask_registrar(reactor->im, &senders);
    registrar_watch_devices(reactor->registrar, &watch);
    build_push(reactor, config);
    build_sources(reactor, config);
    build_news(reactor, config);
    const struct homes_parts homes = {.front = reactor->front,
                                      .registrar = reactor->registrar,
                                      .proxy = reactor->proxy,
                                      .presence = reactor->presence,
                                      .im = reactor->im};
    reactor->homes = homes_new(&homes);
}

/* Without the accounts nobody could be served, and what is loaded would seem to be nobody's. */
static bool load(struct reactor *reactor, char *why, size_t why_size)
{
    enum err err = homes_refresh_people(reactor->homes);
    if (err != ERR_NONE) {
        snprintf(why, why_size, "the accounts cannot be read: %s: check or restore the database",
                 err_name(err));
        return false;
    }
    /* not before: who was disabled while the server was down has nothing loaded yet */
    accounts_watch_disabled(reactor->parts.accounts, account_disabled, reactor);
    homes_refresh_policy(reactor->homes);
    for (unsigned partition = 0; partition < PARTITIONS; partition++)
        homes_load(reactor->homes, partition);
    return true;
}

struct reactor *reactor_new(const struct reactor_ground *ground, const struct config *config,
                            char *why, size_t why_size)
{
    struct reactor *reactor = memory_new(sizeof(*reactor));
    reactor->ground = *ground;
    reactor->config = config;
    reactor->begun_ms = ground->world->wall_ms;
    reactor->parts.world = ground->world;
    reactor->trace = trace_new(ground->net, ground->world, &config->trace);
    reactor->parts.net = reactor->trace != NULL ? trace_net(reactor->trace) : ground->net;
    reactor->parts.log = ground->log;
    reactor->parts.metrics = ground->metrics;
    reactor->parts.store = open_store(reactor, config, why, why_size);
    if (reactor->parts.store == NULL) {
        trace_free(&reactor->trace);
        free(reactor);
        return NULL;
    }
    build(reactor, config);
    accounts_watch(reactor->parts.accounts, account_removed, reactor);
    accounts_watch_aliases(reactor->parts.accounts, alias_lost, reactor);
    policy_set_people(reactor->parts.policy, each_user, reactor);
    policy_set_names(reactor->parts.policy, any_alias, reactor);
    if (!load(reactor, why, why_size))
        reactor_free(&reactor);
    return reactor;
}

void reactor_free(struct reactor **reactor)
{
    struct reactor *old = *reactor;
    if (old == NULL)
        return;
    homes_free(&old->homes);
    presence_free(&old->presence);
    im_free(&old->im);
    proxy_free(&old->proxy);
    push_free(&old->push);
    hooks_free(&old->hooks);
    http_free(&old->http);
    registrar_free(&old->registrar);
    news_free(&old->news);
    feed_free(&old->feed);
    front_free(&old->front);
    guard_free(&old->parts.guard);
    flow_tokens_free(&old->parts.flow_tokens);
    gruu_free(&old->parts.gruu);
    auth_free(&old->parts.auth);
    transaction_layer_free(&old->parts.transactions);
    policy_free(&old->parts.policy);
    accounts_free(&old->parts.accounts);
    domains_free(&old->parts.domains);
    store_close(&old->parts.store);
    trace_free(&old->trace);
    free(old);
    *reactor = NULL;
}

void reactor_drain(struct reactor *reactor)
{
    im_drain(reactor->im);
    store_drain(reactor->parts.store);
}

void reactor_add_listener(struct reactor *reactor, const struct net_address *address)
{
    char text[64];
    struct buffer host = buffer_over(text, sizeof(text));
    assert(address->family != 0 && !net_address_is_any(address));
    net_address_write_host(address, &host);
    domains_add_listener(reactor->parts.domains, buffer_bytes(&host), address->port);
}

void reactor_turn(struct reactor *reactor)
{
    store_turn(reactor->parts.store);
    http_turn(reactor->http);
}

void reactor_reload(struct reactor *reactor, const struct config *config)
{
    const struct front_settings settings = front_settings_of(reactor, config);
    reactor->config = config;
    front_reload(reactor->front, &settings);
    guard_reload(reactor->parts.guard, &config->guard);
    const struct policy_settings policy = policy_settings_of(reactor, config);
    policy_reload(reactor->parts.policy, &policy);
    registrar_reload(reactor->registrar, &config->registrar);
    proxy_reload(reactor->proxy, &config->proxy);
    im_reload(reactor->im, &config->im);
    presence_reload(reactor->presence, &config->presence);
    http_reload(reactor->http, &config->http);
    push_reload(reactor->push, &config->push);
    hooks_reload(reactor->hooks, &config->webhooks);
    log_write(reactor->ground.log, LOG_INFO, "reactor",
              "configuration taken over: trusted networks, peers, policy, registrar, proxy, "
              "presence, push, http, guard and front limits. Listeners, domains, data folder, net, "
              "trace, transaction, "
              "auth and store need a restart");
}

struct web_core reactor_core(const struct reactor *reactor)
{
    return (struct web_core){
        .world = reactor->ground.world,
        .log = reactor->ground.log,
        .metrics = reactor->ground.metrics,
        .store = reactor->parts.store,
        .front = reactor->front,
        .domains = reactor->parts.domains,
        .accounts = reactor->parts.accounts,
        .policy = reactor->parts.policy,
        .registrar = reactor->registrar,
        .proxy = reactor->proxy,
        .presence = reactor->presence,
        .im = reactor->im,
        .http = reactor->http,
        .trace = reactor->trace,
        .feed = reactor->feed,
        .hooks = reactor->hooks,
        .config = reactor->config,
        .begun_ms = reactor->begun_ms,
    };
}

void reactor_take_over(struct reactor *reactor)
{
    accounts_changed(reactor);
}

struct store *reactor_store(struct reactor *reactor)
{
    return reactor->parts.store;
}

struct reactor_work reactor_work(const struct reactor *reactor)
{
    return (struct reactor_work){
        .transactions = transaction_count(reactor->parts.transactions),
        .forks = proxy_count(reactor->proxy),
    };
}

void reactor_log_figures(struct reactor *reactor)
{
    struct log *log = reactor->ground.log;
    struct reactor_work work = reactor_work(reactor);
    struct presence_counts counts = presence_count(reactor->presence);
    struct im_counts messages = im_count(reactor->im);
    log_write(log, LOG_INFO, "figures", "users=%zu bindings=%zu publications=%zu subscriptions=%zu",
              accounts_count(reactor->parts.accounts), registrar_count(reactor->registrar),
              counts.publications, counts.subscriptions);
    log_write(log, LOG_INFO, "figures",
              "server_transactions=%zu client_transactions=%zu acks=%zu transaction_bytes=%zu "
              "forks=%zu",
              work.transactions.servers, work.transactions.clients, work.transactions.acks,
              work.transactions.bytes, work.forks);
    log_write(log, LOG_INFO, "figures", "messages_live=%zu messages_owed=%zu devices=%zu",
              messages.live, messages.stored, messages.devices);
    for (int i = 0; i < METRIC_COUNT; i++) {
        uint64_t value = reactor->ground.metrics->values[i];
        if (value > 0)
            log_write(log, LOG_INFO, "figures", "%s=%llu", metric_name((enum metric)i),
                      (unsigned long long)value);
    }
}
