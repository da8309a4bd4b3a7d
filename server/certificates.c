/* certificates.c: which certificate stands for which domain.
 *
 * A configured one stands for its domain and that one's aliases. All domains without one share a
 * single file of our own. The first domain's comes first: it is for clients that name no host. */
#include "certificates.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "net/certificates.h"

enum { PATH_SIZE = 4096, NAMES_MAX = CONFIG_DOMAINS_MAX * (1 + CONFIG_ALIASES_MAX) };

struct selection {
    struct net_certificate list[CONFIG_DOMAINS_MAX];
    size_t count;
    struct net_certificate *own; /* one of them, or NULL */
    const char *names[NAMES_MAX];
    size_t name_count;
    char own_path[PATH_SIZE];
};

static bool listens_securely(const struct config *config)
{
    for (unsigned i = 0; i < config->listen_count; i++)
        if (net_is_secure(config->listen[i].protocol))
            return true;
    return false;
}

/* The domain's names, one behind the other. */
static size_t take_names(struct selection *selection, const struct config_domain *domain)
{
    selection->names[selection->name_count++] = domain->domain.name;
    for (unsigned i = 0; i < domain->alias_count; i++)
        selection->names[selection->name_count++] = domain->aliases[i];
    return 1 + domain->alias_count;
}

static void select_configured(struct selection *selection, const struct config *config)
{
    for (unsigned i = 0; i < config->domain_count; i++) {
        const struct config_domain *domain = &config->domains[i];
        if (domain->certificate == NULL)
            continue;
        const char *const *names = &selection->names[selection->name_count];
        selection->list[selection->count++] = (struct net_certificate){
            names, take_names(selection, domain), domain->certificate, domain->key};
    }
}

static void select_own(struct selection *selection, const struct config *config)
{
    const char *const *names = &selection->names[selection->name_count];
    size_t count = 0;
    for (unsigned i = 0; i < config->domain_count; i++)
        if (config->domains[i].certificate == NULL)
            count += take_names(selection, &config->domains[i]);
    if (count == 0)
        return;
    selection->own = &selection->list[selection->count++];
    *selection->own = (struct net_certificate){names, count, selection->own_path, NULL};
    snprintf(selection->own_path, PATH_SIZE, "%s/self-signed.pem", config->data);
}

static void first_domain_first(struct selection *selection, const struct config *config)
{
    struct net_certificate *own = selection->own;
    if (own == NULL || config->domains[0].certificate != NULL)
        return;
    struct net_certificate first = selection->list[0];
    selection->list[0] = *own;
    *own = first;
    selection->own = &selection->list[0];
}

static bool own_ensure(const struct selection *selection, struct log *log, char *why,
                       size_t why_size)
{
    bool made;
    const struct net_certificate *own = selection->own;
    if (certificate_ensure(own->file, own->names, own->name_count, &made, why, why_size) !=
        ERR_NONE)
        return false;
    if (made)
        log_write(log, LOG_INFO, "main",
                  "made the certificate %s, which signs itself; give the domains one that others "
                  "believe (domains: certificate = ...)",
                  own->file);
    return true;
}

/* A client's certificate is of use where others' users may do more than call ours. */
static enum net_asking asking_of(const struct config *config)
{
    if (config->tls_asking != NET_ASK_AS_USUAL)
        return config->tls_asking;
    return config->policy.peer_count > 0 ? NET_ASK_CERTIFICATE : NET_ASK_NOTHING;
}

bool certificates_use(struct loop *loop, const struct config *config, bool make, struct log *log,
                      char *why, size_t why_size)
{
    struct selection *selection = memory_new(sizeof(*selection));
    select_configured(selection, config);
    if (make && listens_securely(config))
        select_own(selection, config);
    first_domain_first(selection, config);
    const struct net_certificates chosen = {
        .list = selection->list,
        .count = selection->count,
        .authorities = config->tls_ca,
        .revoked = config->tls_crl,
        .asking = asking_of(config),
    };
    bool used = (selection->own == NULL || own_ensure(selection, log, why, why_size)) &&
                loop_use_certificates(loop, &chosen, why, why_size) == ERR_NONE;
    free(selection);
    return used;
}

void certificates_each(const struct config *config,
                       void (*visit)(void *context, const char *use, const char *file),
                       void *context)
{
    struct selection *selection = memory_new(sizeof(*selection));
    bool secure = false;
    select_configured(selection, config);
    if (listens_securely(config))
        select_own(selection, config);
    for (size_t i = 0; i < selection->count; i++)
        visit(context, "sip", selection->list[i].file);
    free(selection);
    for (unsigned i = 0; i < config->web.listen_count; i++)
        secure = secure || config->web.listen[i].tls;
    if (secure && config->web.certificate != NULL)
        visit(context, "https", config->web.certificate);
}
