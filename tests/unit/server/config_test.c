/* config_test.c: what the configuration file may say, what it means when it is silent, and what the
 * operator is told when it is wrong. */
#include "config.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

static char why[1024];

/* Writes a file into a new folder and reads it; the folder goes again. */
static struct config *load(const char *text)
{
    char folder[] = "/tmp/herald-config-XXXXXX", path[64];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/herald.conf", folder);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
    why[0] = '\0';
    struct config *config = config_load(path, why, sizeof(why));
    unlink(path);
    rmdir(folder);
    return config;
}

/* The file is refused with a line that names `line` and holds `words`. */
static void refuses(const char *text, unsigned line, const char *words)
{
    char place[48];
    struct config *config = load(text);
    ck_assert_msg(config == NULL, "was taken: %s", text);
    snprintf(place, sizeof(place), "/herald.conf:%u: ", line);
    ck_assert_msg(strstr(why, place) != NULL, "\"%s\" lacks \"%s\"", why, place);
    ck_assert_msg(strstr(why, words) != NULL, "\"%s\" lacks \"%s\"", why, words);
    ck_assert_ptr_null(strchr(why, '\n'));
}

static char *slurp(const char *path)
{
    static char text[CONFIG_SAMPLE_SIZE];
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s is missing", path);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    return text;
}

static const char *sample(void)
{
    static char memory[CONFIG_SAMPLE_SIZE];
    memset(memory, 0, sizeof(memory));
    struct buffer out = buffer_over(memory, sizeof(memory) - 1);
    config_write_sample(&out);
    return memory;
}

START_TEST(test_the_sample_file_is_the_table)
{
    ck_assert_str_eq(slurp(SOURCE_DIR "/etc/herald.conf"), sample());
}
END_TEST

START_TEST(test_the_sample_file_is_the_default)
{
    struct config *silent = load("");
    struct config *sampled = config_load(SOURCE_DIR "/etc/herald.conf", why, sizeof(why));
    ck_assert_msg(silent != NULL && sampled != NULL, "%s", why);
    ck_assert_str_eq(silent->data, sampled->data);
    ck_assert_ptr_null(silent->log_file);
    ck_assert_ptr_null(sampled->log_file);
    ck_assert_uint_eq(silent->listen_count, sampled->listen_count);
    ck_assert_uint_eq(silent->domain_count, sampled->domain_count);
    ck_assert_uint_eq(silent->net.idle_s, sampled->net.idle_s);
    ck_assert_uint_eq(silent->registrar.bindings_max, sampled->registrar.bindings_max);
    config_free(&silent);
    config_free(&sampled);
    ck_assert_ptr_null(silent);
}
END_TEST

START_TEST(test_defaults_without_a_file)
{
    struct config *config = config_default("/somewhere");
    ck_assert_str_eq(config->data, "/somewhere");
    ck_assert_str_eq(config->store.folder, "/somewhere");
    ck_assert_uint_eq(config->domain_count, 1);
    ck_assert_str_eq(config->domains[0].domain.name, "example.org");
    ck_assert_uint_eq(config->domains[0].domain.algorithm_count, 1);
    ck_assert_int_eq(config->domains[0].domain.algorithms[0], DIGEST_MD5);
    ck_assert_int_eq(config->log_level, LOG_INFO);
    ck_assert_uint_eq(config->trusted_count, 0);
    ck_assert_uint_eq(config->auth.nonce_lifetime_s, 3600);
    ck_assert_uint_eq(config->front.retry_after_s, 5);
    ck_assert_uint_eq(config->store.queue_max, 20000);
    ck_assert_uint_eq(config->store.wal_max_bytes, 64 * 1024 * 1024);
    config_free(&config);
}
END_TEST

#define SAME(field) ck_assert_uint_eq(config->field, (parts.field))

/* The table repeats what the parts call their defaults: it must not drift from them. */
START_TEST(test_defaults_are_those_of_the_parts)
{
    struct config *config = config_default("/x");
    struct {
        struct net_settings net;
        struct transaction_settings transaction;
        struct registrar_settings registrar;
        struct proxy_settings proxy;
        struct presence_settings presence;
    } parts = {net_settings_default(), transaction_settings_default(), registrar_settings_default(),
               proxy_settings_default(), presence_settings_default()};
    SAME(net.message_max_bytes);
    SAME(net.head_max_bytes);
    SAME(net.connections_max);
    SAME(net.connections_per_address_max);
    SAME(net.idle_s);
    SAME(net.message_s);
    SAME(net.send_queue_max_bytes);
    SAME(net.resolve_timeout_ms);
    SAME(net.lookups_max);
    SAME(net.dns.cache_max);
    SAME(net.dns.ttl_most_s);
    SAME(net.dns.negative_s);
    SAME(net.dns.failure_s);
    SAME(net.dns.stale_s);
    SAME(net.dns.shuns_max);
    ck_assert_ptr_null(config->net.dns.servers);
    ck_assert_ptr_null(parts.net.dns.servers);
    SAME(transaction.t1_ms);
    SAME(transaction.t2_ms);
    SAME(transaction.t4_ms);
    SAME(transaction.server_max);
    SAME(transaction.client_max);
    SAME(transaction.server_max_bytes);
    SAME(transaction.client_max_bytes);
    SAME(registrar.expires_least_s);
    SAME(registrar.expires_usual_s);
    SAME(registrar.expires_most_s);
    SAME(registrar.bindings_max);
    SAME(registrar.contact_max_bytes);
    SAME(registrar.path_max_bytes);
    SAME(registrar.flow_timer_s);
    SAME(registrar.flow_grace_s);
    SAME(registrar.fixed_count);
    SAME(registrar.deputy_count);
    SAME(registrar.route_count);
    ck_assert_mem_eq(&config->proxy, &parts.proxy, sizeof(parts.proxy));
    SAME(presence.publications_max);
    SAME(presence.subscriptions_max_per_watcher);
    SAME(presence.subscriptions_max_per_resource);
    SAME(presence.body_max_bytes);
    SAME(presence.filter_max_bytes);
    SAME(presence.filters_max_per_watcher);
    SAME(presence.filters_max_per_resource);
    SAME(presence.restore_notify_per_s);
    SAME(presence.last_seen_s);
    SAME(presence.registration);
    SAME(presence.domain_count);
    config_free(&config);
}
END_TEST

/* The same of waking devices (RFC 8599). */
START_TEST(test_defaults_of_pushes)
{
    struct config *config = config_default("/x");
    struct {
        struct registrar_settings registrar;
        struct proxy_settings proxy;
        struct http_settings http;
        struct push_settings push;
    } parts = {registrar_settings_default(), proxy_settings_default(), http_settings_default(),
               push_settings_default()};
    SAME(http.queue_max);
    SAME(http.under_way_max);
    SAME(http.timeout_ms);
    SAME(http.tries_max);
    SAME(http.pause_least_ms);
    SAME(http.pause_most_ms);
    SAME(http.answer_max_bytes);
    ck_assert_ptr_null(config->http.ca_file);
    SAME(push.pause_s);
    SAME(push.notify);
    SAME(push.gateway_count);
    SAME(proxy.wake_wait_s);
    SAME(proxy.held_max);
    SAME(registrar.expires_most_asleep_s);
    SAME(registrar.wake_ahead_s);
    SAME(registrar.awake_s);
    SAME(registrar.provider_count);
    config_free(&config);
}
END_TEST

static void expect_origins(const struct config *config, const char *const *wanted)
{
    size_t i = 0;
    for (; wanted[i] != NULL; i++) {
        ck_assert_ptr_nonnull(config->net.ws_origins[i]);
        ck_assert_str_eq(config->net.ws_origins[i], wanted[i]);
    }
    ck_assert_ptr_null(config->net.ws_origins[i]);
}

/* RFC 6455 10.2: without a setting the pages of our own names, never those of anybody. */
START_TEST(test_origins_are_those_listed_or_our_own_hosts)
{
    const char *const own[] = {"a.example", "b.example", "c.example", "127.0.0.1",
                               "10.0.0.5",  "192.0.2.5", NULL};
    const char *const listed[] = {"https://phone.example", "a.example", "*", NULL};
    struct config *config =
        load("domains = ( { name = \"a.example\"; aliases = [ \"b.example\" ]; },\n"
             "{ name = \"c.example\"; } );\n"
             "listen = [ \"ws:127.0.0.1:80\", \"wss:10.0.0.5:443=192.0.2.5:443\", "
             "\"ws:0.0.0.0:81\" ];\n");
    ck_assert_msg(config != NULL, "%s", why);
    expect_origins(config, own);
    ck_assert_uint_eq(config->net.ws_ping_s, 30);
    config_free(&config);
    config = load("ws: { origins = [ \"https://phone.example\", \"A.example\", \"*\" ];\n"
                  "ping_s = 0; };\n");
    ck_assert_msg(config != NULL, "%s", why);
    expect_origins(config, listed);
    ck_assert_uint_eq(config->net.ws_ping_s, 0);
    config_free(&config);
    refuses("ws: { origins = [ \"not a host\" ]; };", 1, "\"not a host\" is no origin");
}
END_TEST

START_TEST(test_takes_what_it_says)
{
    struct config *config = load("data = \"state\";\n"
                                 "log: { file = \"/var/log/h.log\"; level = \"debug\"; };\n"
                                 "listen = [ \"udp:192.0.2.1:5070\", \"[2001:db8::1]:5080\" ];\n"
                                 "trusted = [ \"10.0.0.0/8\", \"::1\" ];\n"
                                 "peers = [ \"Other.org.\", \"*\" ];\n"
                                 "net: { idle_s = 30; };\n"
                                 "store: { wal_max_bytes = 4294967296L; };\n"
                                 "front: { server = \"\"; };\n"
                                 "registrar: { expires_least_s = 1; };\n");
    ck_assert_msg(config != NULL, "%s", why);
    ck_assert_ptr_nonnull(strstr(config->data, "/herald-config-"));
    ck_assert_ptr_nonnull(strstr(config->data, "/state"));
    ck_assert_int_eq(config->data[0], '/');
    ck_assert_ptr_eq(config->store.folder, config->data);
    ck_assert_str_eq(config->log_file, "/var/log/h.log");
    ck_assert_int_eq(config->log_level, LOG_DEBUG);
    ck_assert_uint_eq(config->listen_count, 3);
    ck_assert_int_eq(config->listen[0].protocol, NET_UDP);
    ck_assert_uint_eq(config->listen[0].address.port, 5070);
    ck_assert_int_eq(config->listen[1].protocol, NET_UDP);
    ck_assert_int_eq(config->listen[2].protocol, NET_TCP);
    ck_assert_uint_eq(config->listen[2].address.family, 6);
    ck_assert_uint_eq(config->trusted_count, 2);
    ck_assert_uint_eq(config->trusted[0].bits, 8);
    ck_assert_uint_eq(config->front.trusted_count, 2);
    ck_assert_uint_eq(config->policy.peer_count, 2);
    ck_assert_str_eq(config->policy.peers[0], "other.org");
    ck_assert_str_eq(config->policy.peers[1], "*");
    ck_assert_uint_eq(config->net.idle_s, 30);
    ck_assert_uint_eq(config->store.wal_max_bytes, 4294967296);
    ck_assert_str_eq(config->front.server, "");
    ck_assert_uint_eq(config->registrar.expires_least_s, 1);
    ck_assert_uint_eq(config->registrar.expires_usual_s, 3600);
    config_free(&config);
}
END_TEST

START_TEST(test_what_is_wanted_of_tls_clients)
{
    struct config *config = load("");
    ck_assert_msg(config != NULL, "%s", why);
    ck_assert_int_eq(config->tls_asking, NET_ASK_AS_USUAL);
    ck_assert_ptr_null(config->tls_crl);
    config_free(&config);
    config = load("listen = [ \"tls:192.0.2.1:5063 require\", \"tls:192.0.2.1\", \n"
                  "  \"wss:10.0.0.5=203.0.113.5:444  ask\", \"TLS:[::1]:5061 no\" ];\n"
                  "tls: { client_certificate = \"ask\"; crl = \"/revoked.pem\"; };");
    ck_assert_msg(config != NULL, "%s", why);
    static const enum net_asking expected[] = {NET_ASK_VALID, NET_ASK_AS_USUAL, NET_ASK_CERTIFICATE,
                                               NET_ASK_NOTHING};
    ck_assert_uint_eq(config->listen_count, 4);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_int_eq(config->listen[i].asking, expected[i]);
    ck_assert_uint_eq(config->listen[0].address.port, 5063);
    ck_assert_uint_eq(config->listen[2].public.port, 444);
    ck_assert_int_eq(config->tls_asking, NET_ASK_CERTIFICATE);
    ck_assert_str_eq(config->tls_crl, "/revoked.pem");
    config_free(&config);
}
END_TEST

START_TEST(test_policies_of_domains)
{
    struct config *config =
        load("domains = ( { name = \"a.example\"; policy = \"ask\"; },\n"
             "  { name = \"b.example\"; }, { name = \"c.example\"; policy = \"everybody\"; } );\n"
             "policy: { default = \"nobody\"; buddies_max = 7; rules_max_bytes = 2048; };");
    ck_assert_msg(config != NULL, "%s", why);
    ck_assert_uint_eq(config->policy.domain_count, 3);
    ck_assert_str_eq(config->policy.domains[0].name, "a.example");
    ck_assert_int_eq(config->policy.domains[0].usual, POLICY_ASK);
    ck_assert_str_eq(config->policy.domains[1].name, "c.example");
    ck_assert_int_eq(config->policy.domains[1].usual, POLICY_EVERYBODY);
    ck_assert_str_eq(config->policy.domains[2].name, "");
    ck_assert_int_eq(config->policy.domains[2].usual, POLICY_NOBODY);
    ck_assert_uint_eq(config->buddies_max, 7);
    ck_assert_uint_eq(config->rules_max_bytes, 2048);
    config_free(&config);
    config = config_default("/nowhere");
    ck_assert_uint_eq(config->policy.domain_count, 1);
    ck_assert_int_eq(config->policy.domains[0].usual, POLICY_DOMAIN);
    config_free(&config);
    ck_assert_ptr_null(load("policy: { default = \"friends\"; };"));
    ck_assert_ptr_nonnull(strstr(why, ":1: policy.default must be one of \"domain\""));
    ck_assert_ptr_null(load("policy: { default = \"\"; };"));
    ck_assert_ptr_null(load("domains = ( { name = \"a.example\"; policy = 1; } );"));
}
END_TEST

START_TEST(test_registrations_of_domains)
{
    struct config *config = load(
        "domains = ( { name = \"a.example\"; registration = \"rule\"; },\n"
        "  { name = \"b.example\"; }, { name = \"c.example\"; registration = \"ignore\"; } );\n"
        "presence: { registration = \"fallback\"; last_seen_s = 7; };");
    ck_assert_msg(config != NULL, "%s", why);
    ck_assert_int_eq(config->presence.registration, PRESENCE_REGISTRATION_FALLBACK);
    ck_assert_uint_eq(config->presence.domain_count, 2);
    ck_assert_str_eq(config->presence.domains[0].name, "a.example");
    ck_assert_int_eq(config->presence.domains[0].registration, PRESENCE_REGISTRATION_RULE);
    ck_assert_str_eq(config->presence.domains[1].name, "c.example");
    ck_assert_int_eq(config->presence.domains[1].registration, PRESENCE_REGISTRATION_IGNORE);
    ck_assert_uint_eq(config->presence.last_seen_s, 7);
    config_free(&config);
    ck_assert_ptr_null(load("presence: { registration = \"always\"; };"));
    ck_assert_ptr_nonnull(strstr(why, ":1: presence.registration must be one of \"ignore\""));
    ck_assert_ptr_null(load("presence: { registration = \"\"; };"));
}
END_TEST

START_TEST(test_every_protocol_and_public_addresses)
{
    struct config *config =
        load("listen = [ \"tls:192.0.2.1\", \"ws:[::1]:8080\", \"wss:192.0.2.1\",\n"
             "  \"TCP:10.0.0.5=203.0.113.5\", \"10.0.0.6:5070=203.0.113.6:5\" ];");
    ck_assert_msg(config != NULL, "%s", why);
    static const struct {
        enum net_protocol protocol;
        unsigned port, public_port;
    } expected[] = {{NET_TLS, 5061, 0},    {NET_WS, 8080, 0},  {NET_WSS, 443, 0},
                    {NET_TCP, 5060, 5060}, {NET_UDP, 5070, 5}, {NET_TCP, 5070, 5}};
    ck_assert_uint_eq(config->listen_count, sizeof(expected) / sizeof(expected[0]));
    for (unsigned i = 0; i < config->listen_count; i++) {
        ck_assert_int_eq(config->listen[i].protocol, expected[i].protocol);
        ck_assert_uint_eq(config->listen[i].address.port, expected[i].port);
        ck_assert_uint_eq(config->listen[i].public.port, expected[i].public_port);
        ck_assert_uint_eq(config->listen[i].public.family, expected[i].public_port != 0 ? 4 : 0);
    }
    struct domains *domains = config_domains(config);
    ck_assert_ptr_nonnull(domains_find(domains, BYTES("203.0.113.6")));
    ck_assert_ptr_nonnull(domains_find(domains, BYTES("10.0.0.6")));
    ck_assert_ptr_null(domains_find(domains, BYTES("203.0.113.7")));
    domains_free(&domains);
    config_free(&config);
}
END_TEST

START_TEST(test_certificates)
{
    struct config *config =
        load("domains = ( { name = \"a.example\"; certificate = \"a.pem\"; },\n"
             "  { name = \"b.example\"; certificate = \"/b.pem\"; key = \"b.key\"; },\n"
             "  { name = \"c.example\"; } ); tls: { ca = \"ca.pem\"; };");
    ck_assert_msg(config != NULL, "%s", why);
    ck_assert_int_eq(config->domains[0].certificate[0], '/');
    ck_assert_ptr_nonnull(strstr(config->domains[0].certificate, "/a.pem"));
    ck_assert_ptr_null(config->domains[0].key);
    ck_assert_str_eq(config->domains[1].certificate, "/b.pem");
    ck_assert_ptr_nonnull(strstr(config->domains[1].key, "/b.key"));
    ck_assert_ptr_null(config->domains[2].certificate);
    ck_assert_ptr_nonnull(strstr(config->tls_ca, "/ca.pem"));
    config_free(&config);
    refuses("domains = ( { name = \"a\"; key = \"a.key\"; } );", 1,
            "a key without its certificate");
}
END_TEST

START_TEST(test_the_folder_itself_as_data)
{
    struct config *config = load("data = \".\";");
    ck_assert_msg(config != NULL, "%s", why);
    ck_assert_ptr_null(strstr(config->data, "/."));
    config_free(&config);
}
END_TEST

START_TEST(test_domains)
{
    struct config *config = load("domains = (\n"
                                 "  { name = \"Example.ORG.\"; aliases = [ \"sip.example.org\" ];\n"
                                 "    digest = [ \"SHA-256\", \"md5\" ]; },\n"
                                 "  { name = \"[0:0::1]\"; }\n"
                                 ");\nlisten = [ \"127.0.0.9:5060\", \"0.0.0.0:5061\" ];\n");
    ck_assert_msg(config != NULL, "%s", why);
    ck_assert_uint_eq(config->domain_count, 2);
    ck_assert_str_eq(config->domains[0].domain.name, "example.org");
    ck_assert_uint_eq(config->domains[0].domain.algorithm_count, 2);
    ck_assert_int_eq(config->domains[0].domain.algorithms[0], DIGEST_SHA256);
    ck_assert_int_eq(config->domains[0].domain.algorithms[1], DIGEST_MD5);
    ck_assert_str_eq(config->domains[1].domain.name, "[::1]");
    ck_assert_int_eq(config->domains[1].domain.algorithms[0], DIGEST_MD5);
    struct domains *domains = config_domains(config);
    const struct domain *first = domains_first(domains);
    ck_assert_str_eq(first->name, "example.org");
    ck_assert_ptr_eq(domains_find(domains, BYTES("SIP.example.org")), first);
    ck_assert_ptr_eq(domains_find(domains, BYTES("127.0.0.9")), first);
    ck_assert_ptr_null(domains_find(domains, BYTES("0.0.0.0")));
    ck_assert_ptr_ne(domains_find(domains, BYTES("[::1]")), first);
    domains_free(&domains);
    config_free(&config);
}
END_TEST

START_TEST(test_name_servers)
{
    struct config *config = load("dns: { servers = [ \"192.0.2.53\", \"127.0.0.1:5353\",\n"
                                 "  \"[::1]:54\", \"2001:db8::1\" ]; };\n");
    ck_assert_msg(config != NULL, "%s", why);
    ck_assert_str_eq(config->net.dns.servers,
                     "192.0.2.53:53,127.0.0.1:5353,[::1]:54,[2001:db8::1]:53");
    config_free(&config);
    refuses("dns: { servers = [ \"ns.example\" ]; };", 1,
            "dns.servers: \"ns.example\" is no address");
    refuses("dns: { servers = [ \"127.0.0.1:0\" ]; };", 1, "is no address");
}
END_TEST

/* Users and domains are made canonical, wherever `domains` stands. */
START_TEST(test_lists_of_the_registrar)
{
    struct config *config = load(
        "registrar: {\n"
        "  static = ( { contact = \"sip:1@h\"; user = \"alice\"; },\n"
        "             { user = \"B%6fb@SIP.example.org\"; contact = \"sips:2@h\"; q = 0.25; },\n"
        "             { user = \"x@example.net\"; contact = \"sip:3@h\"; q = 0; } );\n"
        "  third_party = ( { user = \"pbx\"; registers = \"x@example.net\"; } );\n"
        "  service_route = ( { domain = \"EXAMPLE.net\"; route = \"<sip:a;lr>, <sip:b;lr>\"; } );\n"
        "};\n"
        "domains = ( { name = \"example.org\"; aliases = [ \"sip.example.org\" ]; },\n"
        "            { name = \"example.net\"; } );\n");
    ck_assert_msg(config != NULL, "%s", why);
    const struct registrar_settings *settings = &config->registrar;
    ck_assert_uint_eq(settings->fixed_count, 3);
    ck_assert_str_eq(settings->fixed[0].user, "alice@example.org");
    ck_assert_str_eq(settings->fixed[0].contact, "sip:1@h");
    ck_assert_uint_eq(settings->fixed[0].q, 1000);
    ck_assert_str_eq(settings->fixed[1].user, "Bob@example.org");
    ck_assert_uint_eq(settings->fixed[1].q, 250);
    ck_assert_str_eq(settings->fixed[2].user, "x@example.net");
    ck_assert_uint_eq(settings->fixed[2].q, 0);
    ck_assert_uint_eq(settings->deputy_count, 1);
    ck_assert_str_eq(settings->deputies[0].user, "pbx@example.org");
    ck_assert_str_eq(settings->deputies[0].registers, "x@example.net");
    ck_assert_uint_eq(settings->route_count, 1);
    ck_assert_str_eq(settings->routes[0].domain, "example.net");
    ck_assert_str_eq(settings->routes[0].route, "<sip:a;lr>, <sip:b;lr>");
    config_free(&config);
}
END_TEST

/* What push posts to, and what the registrar offers (RFC 8599). */
START_TEST(test_gateways)
{
    struct config *config =
        load("push: { gateways = ( { provider = \"apns\"; url = \"https://a/1\"; },\n"
             "  { url = \"http://[::1]:80/\"; provider = \"fcm\"; param = \"proj\";\n"
             "    header = \"Authorization: key=a b\"; } ); };\n");
    ck_assert_msg(config != NULL, "%s", why);
    ck_assert_uint_eq(config->push.gateway_count, 2);
    ck_assert_str_eq(config->push.gateways[0].provider, "apns");
    ck_assert_ptr_null(config->push.gateways[0].param);
    ck_assert_ptr_null(config->push.gateways[0].header);
    ck_assert_str_eq(config->push.gateways[1].url, "http://[::1]:80/");
    ck_assert_str_eq(config->push.gateways[1].header, "Authorization: key=a b");
    ck_assert_uint_eq(config->registrar.provider_count, 2);
    ck_assert_str_eq(config->registrar.providers[0].name, "apns");
    ck_assert_str_eq(config->registrar.providers[1].param, "proj");
    config_free(&config);
    refuses("push: { gateways = ( { provider = \"apns\"; } ); };", 1, "without url; add url");
    refuses("push: { gateways = ( { provider = \"apns\"; url = \"ftp://a\"; } ); };", 1,
            "url: \"ftp://a\" is no URL; write \"https://HOST/...\"");
    refuses("push: { gateways = ( { provider = \"a\\\"b\"; url = \"https://a\"; } ); };", 1,
            "is no value of a URI's parameter");
    refuses(
        "push: { gateways = ( { provider = \"a\"; url = \"https://a\"; header = \"a b: c\"; } ); "
        "};",
        1, "header must be \"NAME: VALUE\"");
    refuses("push: { gateways = ( { provider = \"a\"; url = \"https://a\"; header = "
            "\"a: c\\r\\nd: e\"; } ); };",
            1, "header holds a control character");
    refuses("http: { pause_least_ms = 2000; pause_most_ms = 1000; };", 1,
            "http.pause_least_ms (2000) must not be above http.pause_most_ms (1000)");
}
END_TEST

START_TEST(test_wrong_lists_of_the_registrar)
{
    refuses("registrar: { static = 5; };", 1, "registrar.static must be a list of groups");
    refuses("registrar: { static = [ \"a\" ]; };", 1, "registrar.static must be a list of groups");
    refuses("registrar: { static = ( \"a\" ); };", 1, "registrar.static must be a list of groups");
    refuses("registrar: { static = (\n { user = \"a\"; } ); };", 2, "without contact; add contact");
    refuses("registrar: { static = (\n { usr = \"a\"; } ); };", 2,
            "\"usr\"; the nearest known one is \"user\"");
    refuses("registrar: { static = ( { user = \"a\"; contact = \"tel:1\"; } ); };", 1,
            "\"tel:1\" is no SIP URI");
    refuses("registrar: { static = ( { user = \"a\"; contact = \"sip:b\"; q = 1.5; } ); };", 1,
            "q must be a number from 0 to 1");
    refuses("registrar: { static = ( { user = \"a\"; contact = \"sip:b\"; q = \"1\"; } ); };", 1,
            "q must be a number from 0 to 1");
    refuses("registrar: { static = ( { contact = \"sip:b\";\n user = \"a@b.example\"; } ); };", 2,
            "\"a@b.example\" is no user of a domain in `domains`");
    refuses("registrar: { third_party = ( { user = \"a\"; registers = \"a b\"; } ); };", 1,
            "registrar.third_party: \"a b\" is no user");
    refuses("registrar: { third_party = ( { user = \"a\"; } ); };", 1, "without registers");
    refuses(
        "registrar: { service_route = ( { domain = \"example.org\"; route = \"<sip:a>\"; } ); };",
        1, "\"<sip:a>\" is no route");
    refuses(
        "registrar: { service_route = ( { domain = \"b.example\"; route = \"<sip:a;lr>\"; } ); };",
        1, "\"b.example\" is no domain in `domains`");
}
END_TEST

START_TEST(test_unknown_keys_name_the_nearest)
{
    refuses("\n\nlisten_on = [ ];\n", 3, "\"listen_on\"; the nearest known one is \"listen\"");
    refuses("net: {\n  message_max_byte = 3000;\n};\n", 2,
            "\"net.message_max_byte\"; the nearest known one is \"net.message_max_bytes\"");
    refuses("registrar: { idle_s = 20; };", 1, "the nearest known one is \"net.idle_s\"");
    refuses("transactions: { t1_ms = 500; };", 1, "the nearest known one is \"transaction.t1_ms\"");
    refuses("domains = ( { name = \"a.example\";\n alias = [ ]; } );", 2,
            "\"alias\"; the nearest known one is \"aliases\"");
}
END_TEST

START_TEST(test_wrong_types)
{
    refuses("net: { idle_s = \"600\"; };", 1, "net.idle_s must be a whole number from 10 to 86400");
    refuses("net: { idle_s = 1.5; };", 1, "net.idle_s must be a whole number");
    refuses("net: { idle_s = true; };", 1, "net.idle_s must be a whole number");
    refuses("\nnet = 5;", 2, "net must be a group");
    refuses("data = 5;", 1, "data must be a text");
    refuses("data = \"\";", 1, "data has 0 characters");
    refuses("log: { level = \"loud\"; };", 1,
            "log.level must be one of \"error\", \"warning\", \"info\", \"debug\"");
    refuses("log: { level = 3; };", 1, "log.level must be one of");
    refuses("presence: { notify_timeout = \"stop\"; };", 1,
            "presence.notify_timeout must be one of \"end\", \"retry\"");
    refuses("presence: { registration = \"\"; };", 1,
            "presence.registration must be one of \"ignore\", \"fallback\", \"rule\"");
    refuses("proxy: { mode = \"answer\"; };", 1,
            "proxy.mode must be one of \"relay\", \"redirect\"");
    refuses("listen = 5060;", 1, "listen must be a list of texts");
    refuses("listen = [ 5060 ];", 1, "listen must be a list of texts");
    refuses("listen = [ ];", 1, "listen has 0 values; it can have 1 to 64");
    refuses("domains = [ \"example.org\" ];", 1, "domains must be a list of groups");
    refuses("domains = ( \"example.org\" );", 1, "domains must be a list of groups");
    refuses("domains = ( );", 1, "domains has 0 entries");
    refuses("front: { server = \"a\\r\\nb\"; };", 1, "control character");
}
END_TEST

START_TEST(test_wrong_values)
{
    refuses("listen = [ \"localhost:5060\" ];", 1, "\"localhost:5060\" is no address and port");
    refuses("listen = [ \"sctp:127.0.0.1\" ];", 1, "is no address and port");
    refuses("listen = [ \"10.0.0.5=\" ];", 1, "is no address and port");
    refuses("listen = [ \"10.0.0.5=0.0.0.0\" ];", 1, "is no address and port");
    refuses("listen = [ \"tls:127.0.0.1 always\" ];", 1, "is no address and port");
    refuses("listen = [ \"tcp:127.0.0.1 require\" ];", 1, "is no address and port");
    refuses("listen = [ \"127.0.0.1:5060 ask\" ];", 1, "is no address and port");
    refuses("\ntls: { client_certificate = \"yes\"; };", 2,
            "tls.client_certificate must be one of \"auto\", \"no\", \"ask\", \"require\"");
    refuses("listen = [ \"udp:127.0.0.1:0\" ];", 1, "is no address and port");
    refuses("listen = [ \"127.0.0.1:5060\",\n \"tcp:127.0.0.1:5060\" ];", 1, "stands there twice");
    refuses("trusted = [ \"10.0.0.0/40\" ];", 1, "\"10.0.0.0/40\" is no address or network");
    refuses("peers = [ \"a*\" ];", 1, "\"a*\" is no domain");
    refuses("domains = ( { name = \"a b\"; } );", 1, "\"a b\" is no host name");
    refuses("domains = ( { aliases = [ \"a\" ]; } );", 1, "a domain without a name");
    refuses("domains = ( { name = \"a\"; aliases = [ \"A.\" ]; } );", 1,
            "\"A.\" stands there twice");
    refuses("domains = ( { name = \"[::1]\"; },\n{ name = \"[0::1]\"; } );", 2, "there twice");
    refuses("domains = ( { name = \"a\"; digest = [ \"SHA-1\" ]; } );", 1,
            "\"SHA-1\" is not known");
    refuses("domains = ( { name = \"a\"; digest = [ \"MD5\", \"md5\" ]; } );", 1, "there twice");
    refuses("domains = ( { name = \"a\"; digest = [ ]; } );", 1, "digest has 0 values");
}
END_TEST

START_TEST(test_values_that_contradict_each_other)
{
    refuses("registrar: {\n expires_usual_s = 90000;\n};", 2,
            "registrar.expires_usual_s (90000) must not be above registrar.expires_most_s (86400)");
    refuses("registrar: {\n expires_most_s = 100;\n};", 2, "registrar.expires_most_s (100)");
    refuses("transaction: { t2_ms = 100; };", 1, "transaction.t1_ms (500) must not be above");
    refuses("transaction: { t1_ms = 50; };", 1,
            "transaction.t2_ms (4000) must not be above 64 * transaction.t1_ms (3200)");
    refuses("net: { head_max_bytes = 100000; };", 1, "net.head_max_bytes must not be above");
    refuses("registrar: { bindings_max = 60; };", 1,
            "60 contacts (registrar.bindings_max) of 1024 bytes (registrar.contact_max_bytes)");
    refuses("registrar: {\n contact_max_bytes = 8000;\n};", 1, "do not fit into one answer");
}
END_TEST

/* Puts one number of the sample file out of its range, above and below. */
static void number_is_bounded(const char *group, const char *name, uint64_t least, uint64_t most)
{
    const uint64_t values[] = {most + 1, least - 1};
    for (size_t i = 0; i < (least > 0 ? 2 : 1); i++) {
        char text[256], words[256];
        snprintf(text, sizeof(text), "%s: {\n%s = %lluL; };", group, name,
                 (unsigned long long)values[i]);
        snprintf(words, sizeof(words), "%s.%s = %llu is out of range; it can be %llu to %llu",
                 group, name, (unsigned long long)values[i], (unsigned long long)least,
                 (unsigned long long)most);
        refuses(text, 2, words);
    }
}

/* The sample says "From .. to .." above each number, and means it. */
START_TEST(test_every_number_has_a_range)
{
    char *line, *rest = slurp(SOURCE_DIR "/etc/herald.conf"), group[32] = "";
    unsigned long long least = 0, most = 0;
    unsigned checked = 0;
    while ((line = strsep(&rest, "\n")) != NULL) {
        char name[64];
        const char *range = strstr(line, "From ");
        unsigned long long value;
        sscanf(line, "%31[a-z]: {", group);
        if (range != NULL && sscanf(range, "From %llu to %llu.", &least, &most) == 2)
            continue;
        if (sscanf(line, " %63[a-z0-9_] = %llu;", name, &value) != 2)
            continue;
        ck_assert_msg(value >= least && value <= most, "%s", line);
        number_is_bounded(group, name, least, most);
        checked++;
    }
    ck_assert_uint_ge(checked, 25);
}
END_TEST

/* Who posts one at a time would wait for a webhook that does not answer. */
START_TEST(test_webhooks_leave_a_place_to_pushes)
{
    number_is_bounded("http", "queue_max", 2, 1000000);
    number_is_bounded("http", "under_way_max", 2, 1000);
}
END_TEST

START_TEST(test_broken_files)
{
    refuses("\nlisten = { 5 };\n", 2, "syntax error");
    refuses("\nnet: { idle_s = 30; idle_s = 40; };", 2, "duplicate");
    ck_assert_ptr_null(config_load("/nonexistent/herald.conf", why, sizeof(why)));
    ck_assert_str_eq(why, "/nonexistent/herald.conf: cannot be read: No such file or directory; "
                          "make it, or name another one with --config FILE");
    ck_assert_ptr_null(config_load("/tmp", why, sizeof(why)));
    ck_assert_ptr_nonnull(strstr(why, "/tmp: is a folder"));
}
END_TEST

START_TEST(test_not_a_configuration_at_all)
{
    ck_assert_ptr_null(config_load("/proc/self/exe", why, sizeof(why)));
    ck_assert_ptr_nonnull(strstr(why, "is it a configuration file?"));
}
END_TEST

UNIT_MAIN("config", test_the_sample_file_is_the_table, test_the_sample_file_is_the_default,
          test_defaults_without_a_file, test_defaults_are_those_of_the_parts,
          test_defaults_of_pushes, test_origins_are_those_listed_or_our_own_hosts,
          test_takes_what_it_says, test_certificates, test_policies_of_domains,
          test_registrations_of_domains, test_what_is_wanted_of_tls_clients,
          test_every_protocol_and_public_addresses, test_the_folder_itself_as_data, test_domains,
          test_name_servers, test_lists_of_the_registrar, test_gateways,
          test_wrong_lists_of_the_registrar, test_unknown_keys_name_the_nearest, test_wrong_types,
          test_wrong_values, test_values_that_contradict_each_other, test_every_number_has_a_range,
          test_webhooks_leave_a_place_to_pushes, test_broken_files, test_not_a_configuration_at_all)
