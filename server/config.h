/* config.h: the configuration file (libconfig), as plain values. etc/herald.conf shows every key.
 */
#ifndef SERVER_CONFIG_H
#define SERVER_CONFIG_H

#include <jansson.h>

#include "base/log.h"
#include "feed/feed.h"
#include "front/auth.h"
#include "front/domains.h"
#include "front/front.h"
#include "hook/hook.h"
#include "http/http.h"
#include "im/im.h"
#include "net/loop.h"
#include "net/trace.h"
#include "presence/presence.h"
#include "proxy/proxy.h"
#include "push/push.h"
#include "registrar/registrar.h"
#include "store/store.h"
#include "transaction/transaction.h"
#include "web/web.h"

enum {
    CONFIG_DOMAINS_MAX = 64,
    CONFIG_ALIASES_MAX = 16,
    CONFIG_LISTEN_MAX = 64,
    CONFIG_TRUSTED_MAX = 64,
    CONFIG_ORIGINS_MAX = 64,
    CONFIG_REGISTRAR_MAX = 256, /* entries of each list of the registrar */
};

/* Who sees a user of whom no rule speaks. */
struct config_policy {
    bool given; /* else as all domains have it */
    enum policy_default usual;
};

struct config_registration {
    bool given; /* else as all domains have it */
    enum presence_registration counts;
};

struct config_domain {
    struct domain domain;
    const char *aliases[CONFIG_ALIASES_MAX];
    unsigned alias_count;
    const char *certificate, *key; /* PEM files; NULL: none, or the key is in the certificate's */
    struct config_policy policy;
    struct config_registration registration;
};

/* What a file says of a key; the value as JSON. */
struct config_said {
    const char *value, *file; /* file NULL: nothing, this is the default */
    unsigned line;
};

struct config {
    const char *file;     /* where it came from */
    const char *data;     /* folder */
    const char *log_file; /* NULL: standard error */
    enum log_level log_level;
    struct net_listen listen[CONFIG_LISTEN_MAX];
    unsigned listen_count;
    struct config_domain domains[CONFIG_DOMAINS_MAX];
    unsigned domain_count;
    enum net_asking tls_asking;
    const char *tls_crl; /* PEM file of what authorities have revoked; NULL: none */
    const char *tls_ca;  /* PEM file of the authorities that are believed; NULL: the system's */
    struct net_network trusted[CONFIG_TRUSTED_MAX];
    unsigned trusted_count;
    const char *origins[CONFIG_ORIGINS_MAX];
    unsigned origin_count;
    struct net_settings net;
    struct trace_settings trace;
    struct transaction_settings transaction;
    struct auth_settings auth;
    struct front_settings front;
    struct guard_settings guard;
    struct policy_settings policy;
    struct config_policy policy_usual; /* of domains that do not say */
    struct policy_domain policy_domains[CONFIG_DOMAINS_MAX + 1];
    unsigned buddies_max, aliases_max;
    unsigned rules_max_bytes;
    struct registrar_settings registrar;
    struct registrar_fixed fixed[CONFIG_REGISTRAR_MAX];
    struct registrar_deputy deputies[CONFIG_REGISTRAR_MAX];
    struct registrar_route routes[CONFIG_DOMAINS_MAX];
    struct proxy_settings proxy;
    struct im_settings im;
    struct presence_settings presence;
    struct config_registration registration_usual; /* of domains that do not say */
    struct presence_domain registration_domains[CONFIG_DOMAINS_MAX];
    struct http_settings http;
    struct push_settings push;
    struct push_gateway gateways[PUSH_GATEWAYS_MAX];
    struct registrar_provider providers[PUSH_GATEWAYS_MAX]; /* of these, for the registrar */
    struct store_settings store;
    struct feed_settings events;
    struct hooks_settings webhooks;
    struct web_settings web;
    const char *backup_folder;
    unsigned backup_keep;
    unsigned domains_max;     /* that the API makes */
    unsigned warn_days;       /* before a certificate ends */
    struct config_said *said; /* of each key, in the order of the sample file */
    void *memory;             /* what the texts live in */
};

/* Reads and checks a file (libconfig has a config_read of its own). NULL on failure, with one line
 * in `why` that names file, line, the thing and the way out (an unknown key: the nearest known
 * one). Relative paths in it are relative to its folder. */
struct config *config_load(const char *path, char *why, size_t why_size);
/* The same of a text that is to become the file (NULL: of the file). *line is where the fault
 * stands, 0 when it stands nowhere. On any thread. */
struct config *config_read_text(const char *path, const char *given, char *why, size_t why_size,
                                unsigned *line);
/* The defaults, for scenarios: domain "example.org", data folder as given. */
struct config *config_default(const char *data);
void config_free(struct config **config);

/* The configured domains with their aliases; the addresses that are listened on are aliases of the
 * first. The caller frees them. */
struct domains *config_domains(const struct config *config);

/* Each key, what it is for, what is said of it, and whether a reload takes it over. Values are
 * JSON; what is secret in them is masked. Those of `first` count until a restart where no reload
 * helps.
 */
struct config_view {
    const char *key, *help, *file;
    unsigned line;
    bool live;
    bool waits; /* for a restart: `first` says otherwise */
    json_t *value;
};
void config_view_all(const struct config *config, const struct config *first,
                     void (*visit)(void *context, const struct config_view *view), void *context);
/* The keys of which a fresh reading says otherwise than the old one, and whether that counts
 * without a restart. */
void config_differences(const struct config *old, const struct config *fresh,
                        const struct config *first,
                        void (*visit)(void *context, const char *key, bool live), void *context);

/* Writes a configuration file with every key, its default and its explanation: etc/herald.conf. */
enum { CONFIG_SAMPLE_SIZE = 65536 };
void config_write_sample(struct buffer *out);

#endif
