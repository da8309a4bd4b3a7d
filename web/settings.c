/* settings.c: what is usual, apart from the server: whoever reads a configuration needs no threads.
 */
#include "web/web.h"

struct web_settings web_settings_default(void)
{
    return (struct web_settings){
        .threads = 2,
        .connections_max = 2000,
        .connections_max_per_address = 1100,
        .idle_s = 30,
        .request_s = 60,
        .body_max_bytes = 1 << 20,
        .ask_ms = 5000,
        .asks_max = 1000,
        .rate_max = 100000,
        .failures_max = 30,
        .streams_max = 200,
        .streams_max_per_caller = 20,
        .limits = {.buddies_max = 1000,
                   .rules_max_bytes = 65536,
                   .aliases_max = 100,
                   .webhooks_max = 100,
                   .backups_max = 7},
    };
}
