/* domains.h: domains that were made while the server ran: rows of the database file, like tokens.h.
 *
 * They belong to no partition: they are few, and whoever serves reads them all. What a name means
 * beside those of the configuration is the front end's business (front/domains.h). */
#ifndef STORE_DOMAINS_H
#define STORE_DOMAINS_H

#include "store/accounts.h"
#include "store/store.h"

/* Adds one, or gives it these other names (with a blank between them) instead of those that it has;
 * ERR_LIMIT: there are `most` others. */
enum err domain_put(struct account_file *file, struct bytes name, struct bytes others,
                    unsigned most) __attribute__((warn_unused_result));
/* ERR_NOT_FOUND: there is none of this name. */
enum err domain_delete(struct account_file *file, struct bytes name)
    __attribute__((warn_unused_result));
/* ERR_NONE when there is one of this name, ERR_NOT_FOUND when not. */
enum err domain_known(struct account_file *file, struct bytes name)
    __attribute__((warn_unused_result));
/* How many accounts have addresses of a domain. */
enum err domain_users(struct account_file *file, struct bytes name, uint64_t *users)
    __attribute__((warn_unused_result));
/* All of them by name, a line each: the name, and the others behind a blank each; to be freed. */
enum err domain_lines(struct account_file *file, char **lines) __attribute__((warn_unused_result));

/* The same on the reactor; blocks. */
enum err store_load_domains(struct store *store, char **lines) __attribute__((warn_unused_result));

#endif
