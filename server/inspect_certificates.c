/* inspect_certificates.c: each file's time, names, key and chain.
 *
 * What the server itself would refuse (a key that does not fit, tls.ca) is asked of the code that
 * refuses it; what only others refuse is looked at here. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "certificates.h"
#include "inspect_internal.h"
#include "net/certificates.h"

enum { DAY_S = 86400, WHY_SIZE = 1024 };

/* "ends in 1 day": the whole days that are left. */
static unsigned long long days_left(const struct certificate_look *look, uint64_t now_ms)
{
    return look->ends_ms > now_ms ? (look->ends_ms - now_ms) / 1000 / DAY_S : 0;
}

static void check_time(struct check *check, const char *file, const struct certificate_look *look)
{
    const uint64_t now_ms = (uint64_t)time(NULL) * 1000;
    const unsigned long long days = days_left(look, now_ms);
    if (look->begins_ms > now_ms)
        check_say(check, CHECK_FAULT, "certificate",
                  "%s is not good yet; look at this host's clock, or wait", file);
    else if (look->ends_ms <= now_ms)
        check_say(check, CHECK_FAULT, "certificate",
                  "%s is over; put a new one there and reload (heraldctl config reload)", file);
    else if (look->ends_ms - now_ms < (uint64_t)check->config->warn_days * DAY_S * 1000)
        check_say(check, CHECK_FAULT, "certificate",
                  "%s ends in %llu %s; put a new one there and reload (heraldctl config reload)",
                  file, days, word_for(days, "day", "days"));
    else
        check_say(check, CHECK_OK, "certificate", "%s (%s) is good for %llu %s", file,
                  look->subject, days, word_for(days, "day", "days"));
}

/* Who stands behind it. */
static void check_trust(struct check *check, const char *file)
{
    char why[WHY_SIZE];
    switch (certificate_trust(file, check->config->tls_ca, why, sizeof(why))) {
    case CERTIFICATE_BELIEVED:
        check_say(check, CHECK_OK, "certificate",
                  "%s leads to an authority that this host believes", file);
        break;
    case CERTIFICATE_SIGNS_ITSELF:
        check_say(check, CHECK_NOTE, "certificate",
                  "%s signs itself: only who is given it believes it; order one of an authority "
                  "(domains: certificate = ...)",
                  file);
        break;
    case CERTIFICATE_CUT:
        check_say(check, CHECK_NOTE, "certificate",
                  "%s does not lead to an authority that this host believes (%s); append the "
                  "certificates between it and its authority to the file (the \"full chain\"), or "
                  "name your own authority in tls.ca",
                  file, why);
        break;
    case CERTIFICATE_DOUBTED:
        check_say(check, CHECK_FAULT, "certificate",
                  "%s: others will not believe it: %s; order a new one, and put it there with the "
                  "certificates between it and its authority",
                  file, why);
        break;
    }
}

/* Peers refuse it as much for those between it and its authority. */
static void check_chain_time(struct check *check, const char *file,
                             const struct certificate_look *look)
{
    uint64_t soon_ms = ((uint64_t)time(NULL) + (uint64_t)check->config->warn_days * DAY_S) * 1000;
    if (look->chain_ends_ms < look->ends_ms && look->chain_ends_ms < soon_ms)
        check_say(check, CHECK_FAULT, "certificate",
                  "a certificate in %s, between its first and its authority, is over or will be "
                  "within %u %s; get the new one from the authority, put it there and reload "
                  "(heraldctl config reload)",
                  file, check->config->warn_days,
                  word_for(check->config->warn_days, "day", "days"));
}

static void check_file(void *context, const char *use, const char *file)
{
    struct check *check = context;
    struct certificate_look look;
    (void)use;
    if (certificate_look(file, &look)) {
        check_time(check, file, &look);
        check_chain_time(check, file, &look);
        check_trust(check, file);
    } else if (access(file, F_OK) != 0 && strstr(file, "/self-signed.pem") != NULL) {
        check_say(check, CHECK_NOTE, "certificate", "%s is made by the first start", file);
    } else {
        check_say(check, CHECK_FAULT, "certificate",
                  "%s cannot be read as a PEM certificate; correct the path or the rights", file);
    }
}

/* A domain that was made over the API shows the first one's. */
static void check_made(void *context, const struct domain *domain)
{
    struct check *check = context;
    const char *file = check->config->domains[0].certificate;
    struct certificate_look look;
    if (!domain->made || file == NULL || !certificate_look(file, &look) ||
        certificate_names(file, domain->name, false))
        return;
    check_say(check, CHECK_FAULT, "certificate",
              "%s does not name %s (it names: %s), which was made over the API and shows it: other "
              "servers will not believe it; order one with that name too as subjectAltName, or "
              "write the domain into the configuration with one of its own (domains: "
              "certificate = ...)",
              file, domain->name, look.names);
}

static void check_names(struct check *check)
{
    for (unsigned i = 0; i < check->config->domain_count; i++) {
        const struct config_domain *domain = &check->config->domains[i];
        struct certificate_look look;
        if (domain->certificate == NULL || !certificate_look(domain->certificate, &look) ||
            certificate_names(domain->certificate, domain->domain.name, false))
            continue;
        check_say(
            check, CHECK_FAULT, "certificate",
            "%s does not name %s (it names: %s): other servers will not believe it; order one "
            "with that name as subjectAltName",
            domain->certificate, domain->domain.name, look.names);
    }
}

static void check_https(struct check *check)
{
    char why[1024];
    if (!web_check_papers(&check->config->web, why, sizeof(why)))
        check_say(check, CHECK_FAULT, "certificate", "%s", why);
}

/* Do the keys fit? As the server reads them when it starts. */
static void check_keys(struct check *check)
{
    char why[WHY_SIZE];
    struct world world;
    struct entropy entropy = {.left = 0};
    world_init(&world, 1, 1, entropy_random, &entropy);
    struct loop *loop = loop_new(&world, &check->config->net, NULL, NULL);
    if (loop != NULL && !certificates_use(loop, check->config, false, NULL, why, sizeof(why)))
        check_say(check, CHECK_FAULT, "certificate", "%s", why);
    if (loop != NULL)
        loop_free(&loop);
    world_release(&world);
}

void check_certificates(struct check *check)
{
    const unsigned before = check->faults;
    certificates_each(check->config, check_file, check);
    if (check->faults == before) /* else it says the same once more */
        check_keys(check);
    check_names(check);
    domains_each(check->domains, check_made, check);
    check_https(check);
}
