/* expiry.h: the certificates in use, and warnings before they end. */
#ifndef SERVER_EXPIRY_H
#define SERVER_EXPIRY_H

#include "base/log.h"
#include "base/world.h"
#include "config.h"
#include "web/operations.h"

struct expiry;

/* Looks at the certificates of a configuration, now and whenever they are taken anew; warns of
 * those that end within tls.warn_days, then and each day. */
struct expiry *expiry_new(struct world *world, struct log *log);
void expiry_free(struct expiry **expiry);
void expiry_take(struct expiry *expiry, const struct config *config);

/* NULL behind the last one; valid until expiry_take. */
const struct web_certificate *expiry_certificate(const struct expiry *expiry, size_t index);

#endif
