/* domains.h: which names are ours, and the canonical address-of-record of a URI.
 *
 * A domain has a canonical name (its digest realm, the host of its addresses-of-record) and
 * aliases; the addresses that we listen on are aliases of the first domain, at our ports.
 *
 * Domains of the configuration are there for good; those of the database come and go while the
 * reactor and web threads look names up, so the table has a lock of its own, which lasts for one
 * look. A struct domain stays what it is until the end, though its name may be nobody's by then. */
#ifndef FRONT_DOMAINS_H
#define FRONT_DOMAINS_H

#include "front/aliases.h"
#include "sip/digest.h"
#include "sip/uri.h"
#include "store/store.h"

struct domain {
    const char *name;
    enum digest_algorithm algorithms[DIGEST_COUNT]; /* offered in this order (RFC 8760 2.2) */
    unsigned algorithm_count;
    bool integrity; /* auth-int is offered, too (RFC 7616 3.3) */
    bool made;      /* while the server ran: of the database, not of the configuration */
};

/* False for DIGEST_COUNT, too. */
bool domain_offers(const struct domain *domain, enum digest_algorithm algorithm);

enum { DOMAINS_ASIDE_MAX = 10000 }; /* names of domains that are there no more */

struct domains;
struct domains *domains_new(void);
void domains_free(struct domains **domains);

/* Adds a domain, or another name of the domain added last but `of` (its canonical name). Copies. */
void domains_add(struct domains *domains, const struct domain *domain);
void domains_add_alias(struct domains *domains, const char *of, struct bytes alias);

/* Adds an address that is listened on as another name of the domain added first, at this port
 * alone (and those of further calls): another port of the same host may be another server. An empty
 * host: every address of this host is listened on at that port. More than 256 ports are not known.
 */
void domains_add_listener(struct domains *domains, struct bytes host, uint16_t port);

/* The domain of a host (without case, an IPv6 literal with brackets), or NULL. */
const struct domain *domains_find(const struct domains *domains, struct bytes host);
/* The same for the host and port (0: none given) of a URI: a name of ours means us at any port, a
 * numeric address at the ports of listeners: another port may be a phone on this host. */
const struct domain *domains_find_at(const struct domains *domains, struct bytes host,
                                     uint16_t port);
bool domains_has_port(const struct domains *domains, uint16_t port);
/* Those of the database are these from now on (store/domains.h has the form of the lines); a name
 * that the configuration has, or one before it, is left out. They offer what the first domain does.
 * By one thread. True when that changes something. */
bool domains_take(struct domains *domains, struct bytes lines);
/* The same as the database has them; *changed in any case. */
enum err domains_refresh(struct domains *domains, struct store *store, bool *changed)
    __attribute__((warn_unused_result));
/* Whether one of this name may be made: false when so many of others were taken away since the
 * start that no more are remembered. */
bool domains_have_room(const struct domains *domains, struct bytes name);
/* Visits those with a canonical name, in the order in which they were added; or the other names of
 * one. `visit` changes nothing here. */
void domains_each(const struct domains *domains,
                  void (*visit)(void *context, const struct domain *domain), void *context);
void domains_each_name(const struct domains *domains, const struct domain *domain,
                       void (*visit)(void *context, const char *name), void *context);
/* The one that was added first. */
const struct domain *domains_first(const struct domains *domains);

/* Writes the canonical address-of-record "user@domain" of a sip, sips, pres or im URI whose host is
 * ours, the account's own when it is an alias, and returns the domain; NULL (nothing written) when
 * the host is not ours. Without a user: the domain's name alone. */
const struct domain *domains_write_aor(const struct domains *domains, const struct sip_uri *uri,
                                       struct buffer *out);

/* The same as it stands there, be it an alias. */
const struct domain *domains_write_own(const struct domains *domains, const struct sip_uri *uri,
                                       struct buffer *out);

/* Who these aliases name is written by the name of the account; they outlive their use. */
void domains_use_aliases(struct domains *domains, const struct aliases *aliases);
/* What was written behind `from`, an address-of-record of ours, becomes its account's when it is an
 * alias. */
void domains_resolve(const struct domains *domains, size_t from, struct buffer *out);

/* Writes the canonical name of whoever a sip, sips, pres or im URI names: a user of ours by the
 * canonical name of its domain, others as they are. False when it names nobody. `domains` is a
 * struct domains: this serves as struct rules_names. */
bool domains_write_name(void *domains, struct bytes uri, struct buffer *out);

/* Whether an account has other names than its own. */
bool domains_any_alias(const struct domains *domains, struct bytes aor);

#endif
