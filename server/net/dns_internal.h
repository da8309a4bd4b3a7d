/* dns_internal.h: the c-ares channel of a loop. */
#ifndef NET_DNS_INTERNAL_H
#define NET_DNS_INTERNAL_H

#include <ares.h>

#include "net/loop_internal.h"

struct watch;

struct resolver {
    struct loop *loop;
    ares_channel channel;
    struct timer timer; /* c-ares's next timeout */
    struct watch *watches;
    size_t queries;
};

/* NULL: c-ares cannot be used; the log says why. */
struct resolver *resolver_new(struct loop *loop);
/* Sets the timer for the next timeout of c-ares; after each call of it. */
void resolver_arm(struct resolver *resolver);

#endif
