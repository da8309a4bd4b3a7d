/* order_internal.h: in which order records are to be tried. */
#ifndef NET_ORDER_INTERNAL_H
#define NET_ORDER_INTERNAL_H

#include "base/world.h"
#include "net/records_internal.h"

/* Puts SRV records in the order of RFC 2782: by priority, within one priority by chance, as often
 * first as their weights say. */
void order_srv(struct world *world, const struct dns_record **list, unsigned count);

/* Puts NAPTR records in the order of RFC 3403 4.1: by order, then by preference. */
void order_naptr(const struct dns_record **list, unsigned count);

#endif
