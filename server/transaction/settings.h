/* settings.h: the times and bounds of transactions. */
#ifndef TRANSACTION_SETTINGS_H
#define TRANSACTION_SETTINGS_H

#include <stddef.h>

struct transaction_settings {
    unsigned t1_ms, t2_ms, t4_ms; /* RFC 3261 table 4: 500, 4000, 5000 */
    unsigned server_max; /* server transactions; the oldest completed ones go first; 200000 */
    unsigned client_max; /* client transactions; more are refused; 200000 */
    size_t server_max_bytes, client_max_bytes; /* of their memory, likewise; 256 MiB each. The first
                                                  has what was charged, too */
    unsigned invite_max_s; /* an INVITE without a final response gets 408 then; half an hour */
    unsigned datagram_max_bytes; /* longer requests try TCP before UDP (RFC 3261 18.1.1); 1300 */
    unsigned shun_s;             /* how long a target that failed is tried after the others; 30 */
    unsigned errands_max;        /* answers at a time that look for a new connection; 1024 */
    unsigned shun_most_s;        /* the same when a 503 asks for more (Retry-After); 600 */
};
struct transaction_settings transaction_settings_default(void);

#endif
