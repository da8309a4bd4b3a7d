/* guard.h: who asks too often, and who guesses passwords.
 *
 * Everything is bounded: what was seen lately stands in tables of a fixed size (an IPv6 source is
 * its /64, which is what one customer has). Whoever has proved a user's password from an address is
 * not locked out there when others guess: neither the user, by guesses from elsewhere, nor an
 * office, by one phone with a wrong password. */
#ifndef FRONT_GUARD_H
#define FRONT_GUARD_H

#include "base/metrics.h"
#include "base/world.h"
#include "net/address.h"

struct guard;

struct guard_settings {
    unsigned source_per_s; /* requests of one source address; 0: no limit; default 500 */
    unsigned source_burst; /* that it may send at once; default 5000 */
    unsigned guesses_max;  /* wrong passwords within guesses_s until a lockout; 0: none; 10 */
    unsigned guesses_s;    /* default 60 */
    unsigned lockout_s;    /* default 60 */
};
struct guard_settings guard_settings_default(void);

struct guard *guard_new(struct world *world, const struct guard_settings *settings,
                        struct metrics *metrics);
void guard_free(struct guard **guard);

/* Takes over changed settings while running. */
void guard_reload(struct guard *guard, const struct guard_settings *settings);

/* What becomes of one more request of a source: it passes, is to be refused, or, when even the
 * refusals are too many, is not worth an answer. */
enum guard_word { GUARD_PASS, GUARD_REFUSE, GUARD_DROP };
enum guard_word guard_ask(struct guard *guard, const struct net_address *source);

/* The seconds for which credentials of this user from this source are not looked at; 0: they are.
 */
unsigned guard_locked_s(const struct guard *guard, const struct net_address *source,
                        struct bytes aor);

/* What credentials turned out to be. */
void guard_wrong(struct guard *guard, const struct net_address *source, struct bytes aor);
void guard_proved(struct guard *guard, const struct net_address *source, struct bytes aor);

#endif
