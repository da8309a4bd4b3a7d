/* domains.c: which names are ours.
 *
 * One table from every name (canonical ones and aliases, folded) to its domain. A name is folded by
 * lower case, without the dot that may end a fully qualified name, and for an IPv6 literal by its
 * usual text form (RFC 5952), so that [0:0::1] finds [::1]. Names come from the configuration,
 * hosts that are looked up from the network: a host that is too long to be a name is nobody's.
 *
 * Domains of the database go when they are not told any more: their other names are freed, the
 * canonical ones are kept aside, because somebody may hold the domain (a call lasts as long as it
 * likes), and used again. Of those that are aside there may be DOMAINS_ASIDE_MAX; then no other
 * name is taken until the next start, so that whoever makes and takes away domains again and again
 * does not fill the memory. */
#include "front/domains.h"

#include <arpa/inet.h>
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/memory.h"
#include "net/address.h"
#include "store/domains.h"

#define uthash_malloc(size) memory_new(size)
#include <uthash.h>

enum { NAME_MAX_BYTES = 255 /* RFC 1035 2.3.4 */, PORTS_MAX = 256 };

/* A name of ours; the canonical one, which carries the domain, or an alias of it. */
struct domain_name {
    UT_hash_handle hh;
    const struct domain *domain;
    struct domain own; /* used by the canonical name alone */
    bool address;      /* no name: ours at our listeners' ports alone */
    size_t length;
    char text[]; /* folded, NUL-terminated */
};

struct domains {
    pthread_rwlock_t lock; /* of the names */
    struct domain_name *names, *aside;
    char *taken;                   /* the lines that domains_take had last; NULL: none */
    const struct aliases *aliases; /* NULL: none are known here */
    const struct domain *first;
    uint16_t ports[PORTS_MAX]; /* of listeners */
    size_t port_count;
};

struct folded {
    char text[NAME_MAX_BYTES + 1];
    size_t length; /* 0: nobody's name */
};

static bool fold_ipv6(struct bytes host, struct folded *folded)
{
    struct in6_addr address;
    char text[INET6_ADDRSTRLEN] = "";
    size_t inside = host.length - 2;
    if (inside >= sizeof(text) || host.at[host.length - 1] != ']')
        return false;
    memcpy(text, host.at + 1, inside);
    text[inside] = '\0';
    if (inet_pton(AF_INET6, text, &address) != 1)
        return false;
    if (inet_ntop(AF_INET6, &address, text, sizeof(text)) == NULL)
        return false;
    struct buffer out = buffer_over(folded->text, sizeof(folded->text) - 1);
    buffer_char(&out, '[');
    buffer_text(&out, text);
    buffer_char(&out, ']');
    folded->length = out.length;
    return true;
}

static struct folded fold(struct bytes host)
{
    struct folded folded;
    folded.length = 0;
    if (host.length > 2 && host.at[0] == '[' && fold_ipv6(host, &folded))
        return folded;
    if (host.length > 1 && host.at[host.length - 1] == '.')
        host.length--;
    if (host.length > NAME_MAX_BYTES)
        return folded;
    for (size_t i = 0; i < host.length; i++)
        folded.text[i] = ascii_lower(host.at[i]);
    folded.length = host.length;
    return folded;
}

/* Only the operator chooses what is in the table, so its hash needs no secret. */
static unsigned folded_hash(const struct folded *folded)
{
    return (unsigned)bytes_hash(bytes_from(folded->text, folded->length), 0);
}

static bool is_canonical(const struct domain_name *name)
{
    return name->domain == &name->own;
}

static struct domain_name *table_find(struct domain_name *table, const struct folded *folded)
{
    struct domain_name *found = NULL;
    HASH_FIND_BYHASHVALUE(hh, table, folded->text, folded->length, folded_hash(folded), found);
    return found;
}

static void table_add(struct domain_name **table, struct domain_name *name)
{
    unsigned hash = (unsigned)bytes_hash(bytes_from(name->text, name->length), 0);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, *table, name->text, name->length, hash, name);
}

static void table_free(struct domain_name **table)
{
    struct domain_name *name = *table;
    HASH_CLEAR(hh, *table); /* the table alone; its names stay linked */
    while (name != NULL) {
        struct domain_name *next = name->hh.next;
        free(name);
        name = next;
    }
}

static struct domain_name *name_find(const struct domains *domains, const struct folded *folded)
{
    return table_find(domains->names, folded);
}

static struct domain_name *name_add(struct domains *domains, const struct folded *folded)
{
    struct domain_name *name = memory_new(sizeof(*name) + folded->length + 1);
    name->length = folded->length;
    memcpy(name->text, folded->text, folded->length);
    struct net_address address;
    name->address = net_address_parse(bytes_from(name->text, name->length), 0, &address);
    table_add(&domains->names, name);
    return name;
}

static void must(int result)
{
    assert(result == 0);
    (void)result;
}

/* A look is none of the caller's changes. */
static void look_begin(const struct domains *domains)
{
    must(pthread_rwlock_rdlock((pthread_rwlock_t *)&domains->lock));
}

static void look_end(const struct domains *domains)
{
    must(pthread_rwlock_unlock((pthread_rwlock_t *)&domains->lock));
}

bool domain_offers(const struct domain *domain, enum digest_algorithm algorithm)
{
    for (unsigned i = 0; i < domain->algorithm_count; i++)
        if (domain->algorithms[i] == algorithm)
            return true;
    return false;
}

struct domains *domains_new(void)
{
    struct domains *domains = memory_new(sizeof(*domains));
    must(pthread_rwlock_init(&domains->lock, NULL));
    return domains;
}

void domains_free(struct domains **domains)
{
    assert(domains != NULL);
    if (*domains == NULL)
        return;
    table_free(&(*domains)->names);
    table_free(&(*domains)->aside);
    must(pthread_rwlock_destroy(&(*domains)->lock));
    free((*domains)->taken);
    free(*domains);
    *domains = NULL;
}

void domains_add(struct domains *domains, const struct domain *domain)
{
    assert(domains != NULL && domain != NULL && domain->name != NULL);
    assert(domain->algorithm_count > 0 && domain->algorithm_count <= DIGEST_COUNT);
    struct folded folded = fold(bytes_of(domain->name));
    assert(folded.length > 0 && name_find(domains, &folded) == NULL);
    struct domain_name *name = name_add(domains, &folded);
    name->own = *domain;
    name->own.name = name->text;
    name->domain = &name->own;
    if (domains->first == NULL)
        domains->first = name->domain;
}

void domains_add_alias(struct domains *domains, const char *of, struct bytes alias)
{
    assert(domains != NULL && of != NULL);
    const struct domain *domain = domains_find(domains, bytes_of(of));
    struct folded folded = fold(alias);
    assert(domain != NULL && folded.length > 0);
    /* one address may be listened on more than once */
    if (name_find(domains, &folded) == NULL)
        name_add(domains, &folded)->domain = domain;
}

static void add_port(struct domains *domains, uint16_t port)
{
    if (port == 0 || domains_has_port(domains, port) || domains->port_count == PORTS_MAX)
        return;
    domains->ports[domains->port_count++] = port;
}

void domains_add_listener(struct domains *domains, struct bytes host, uint16_t port)
{
    assert(domains != NULL && domains->first != NULL);
    struct folded folded = fold(host);
    add_port(domains, port);
    if (folded.length == 0 || name_find(domains, &folded) != NULL)
        return;
    struct domain_name *name = name_add(domains, &folded);
    name->domain = domains->first;
}

bool domains_has_port(const struct domains *domains, uint16_t port)
{
    assert(domains != NULL);
    for (size_t i = 0; i < domains->port_count; i++)
        if (domains->ports[i] == port)
            return true;
    return false;
}

/* The table may change behind a look, a domain does not. */
static const struct domain *find(const struct domains *domains, struct bytes host, bool *address)
{
    assert(domains != NULL);
    struct folded folded = fold(host);
    if (folded.length == 0)
        return NULL;
    look_begin(domains);
    const struct domain_name *name = name_find(domains, &folded);
    const struct domain *domain = name != NULL ? name->domain : NULL;
    *address = name != NULL && name->address;
    look_end(domains);
    return domain;
}

const struct domain *domains_find(const struct domains *domains, struct bytes host)
{
    bool address;
    return find(domains, host, &address);
}

const struct domain *domains_find_at(const struct domains *domains, struct bytes host,
                                     uint16_t port)
{
    bool address;
    const struct domain *found = find(domains, host, &address);
    if (found == NULL ||
        (address && port != 0 && domains->port_count > 0 && !domains_has_port(domains, port)))
        return NULL;
    return found;
}

void domains_each(const struct domains *domains,
                  void (*visit)(void *context, const struct domain *domain), void *context)
{
    assert(domains != NULL && visit != NULL);
    look_begin(domains);
    for (const struct domain_name *name = domains->names; name != NULL; name = name->hh.next)
        if (is_canonical(name))
            visit(context, name->domain);
    look_end(domains);
}

void domains_each_name(const struct domains *domains, const struct domain *domain,
                       void (*visit)(void *context, const char *name), void *context)
{
    assert(domains != NULL && domain != NULL && visit != NULL);
    look_begin(domains);
    for (const struct domain_name *name = domains->names; name != NULL; name = name->hh.next)
        if (name->domain == domain && !is_canonical(name))
            visit(context, name->text);
    look_end(domains);
}

/* Domains of the database. */

static void drop_made(struct domains *domains)
{
    struct domain_name *name, *next, *others = NULL;
    HASH_ITER(hh, domains->names, name, next)
    {
        if (!name->domain->made)
            continue;
        HASH_DEL(domains->names, name);
        table_add(is_canonical(name) ? &domains->aside : &others, name);
    }
    table_free(&others);
}

/* The canonical name that was there before; NULL: there was none. */
static struct domain_name *name_again(struct domains *domains, const struct folded *folded)
{
    struct domain_name *name = table_find(domains->aside, folded);
    if (name == NULL)
        return NULL;
    assert(domains->aside != NULL);
    HASH_DEL(domains->aside, name);
    table_add(&domains->names, name);
    return name;
}

bool domains_have_room(const struct domains *domains, struct bytes name)
{
    assert(domains != NULL);
    struct folded folded = fold(name);
    look_begin(domains);
    bool room = HASH_COUNT(domains->aside) < DOMAINS_ASIDE_MAX ||
                table_find(domains->aside, &folded) != NULL;
    look_end(domains);
    return room;
}

static void take_line(struct domains *domains, struct bytes line)
{
    struct folded folded = fold(bytes_split(&line, ' '));
    if (folded.length == 0 || name_find(domains, &folded) != NULL)
        return;
    struct domain_name *name = name_again(domains, &folded);
    if (name == NULL) {
        name = name_add(domains, &folded);
        name->own = *domains->first;
        name->own.name = name->text;
        name->own.made = true;
        name->domain = &name->own;
    }
    while (!bytes_empty(line)) {
        struct folded other = fold(bytes_split(&line, ' '));
        if (other.length > 0 && name_find(domains, &other) == NULL)
            name_add(domains, &other)->domain = name->domain;
    }
}

bool domains_take(struct domains *domains, struct bytes lines)
{
    assert(domains != NULL && domains->first != NULL);
    if (domains->taken != NULL ? bytes_equal(bytes_of(domains->taken), lines) : bytes_empty(lines))
        return false;
    free(domains->taken);
    domains->taken = memory_copy(lines);
    must(pthread_rwlock_wrlock(&domains->lock));
    drop_made(domains);
    while (!bytes_empty(lines))
        take_line(domains, bytes_split(&lines, '\n'));
    must(pthread_rwlock_unlock(&domains->lock));
    return true;
}

enum err domains_refresh(struct domains *domains, struct store *store, bool *changed)
{
    char *lines;
    enum err err = store_load_domains(store, &lines);
    *changed = false;
    if (err != ERR_NONE)
        return err;
    *changed = domains_take(domains, bytes_of(lines));
    free(lines);
    return ERR_NONE;
}

const struct domain *domains_first(const struct domains *domains)
{
    assert(domains != NULL);
    return domains->first;
}

static bool scheme_has_aor(enum sip_scheme scheme)
{
    return scheme == SIP_SCHEME_SIP || scheme == SIP_SCHEME_SIPS || scheme == SIP_SCHEME_PRES ||
           scheme == SIP_SCHEME_IM;
}

void domains_use_aliases(struct domains *domains, const struct aliases *aliases)
{
    assert(domains != NULL);
    domains->aliases = aliases;
}

void domains_resolve(const struct domains *domains, size_t from, struct buffer *out)
{
    char text[ALIASED_MAX];
    struct buffer account = buffer_over(text, sizeof(text));
    assert(from <= out->length);
    if (domains->aliases == NULL || out->overflow ||
        !aliases_resolve(domains->aliases, bytes_skip(buffer_bytes(out), from), &account) ||
        account.overflow)
        return;
    out->length = from;
    buffer_put(out, buffer_bytes(&account));
}

const struct domain *domains_write_aor(const struct domains *domains, const struct sip_uri *uri,
                                       struct buffer *out)
{
    size_t from = out->length;
    const struct domain *domain = domains_write_own(domains, uri, out);
    if (domain != NULL)
        domains_resolve(domains, from, out);
    return domain;
}

const struct domain *domains_write_own(const struct domains *domains, const struct sip_uri *uri,
                                       struct buffer *out)
{
    assert(uri != NULL && out != NULL);
    if (!scheme_has_aor(uri->scheme))
        return NULL;
    const struct domain *domain = domains_find(domains, uri->host);
    if (domain == NULL)
        return NULL;
    struct sip_uri canonical = *uri;
    canonical.host = bytes_of(domain->name);
    sip_uri_write_aor(&canonical, out);
    return domain;
}

bool domains_write_name(void *domains, struct bytes uri, struct buffer *out)
{
    struct sip_uri parsed;
    assert(domains != NULL);
    if (!verdict_ok(sip_uri_parse(uri, &parsed)) || !scheme_has_aor(parsed.scheme) ||
        bytes_empty(parsed.host))
        return false;
    if (domains_write_aor(domains, &parsed, out) == NULL)
        sip_uri_write_aor(&parsed, out);
    return true;
}

static bool is_one(void *context, struct bytes alias)
{
    (void)context, (void)alias;
    return true;
}

bool domains_any_alias(const struct domains *domains, struct bytes aor)
{
    return domains->aliases != NULL && aliases_any(domains->aliases, aor, is_one, NULL);
}
