/* api.c: the one list of what the HTTP API has. */
#include "web/api/api.h"

#include "web/api/events.h"
#include "web/api/explain.h"
#include "web/api/groups.h"
#include "web/api/health.h"
#include "web/api/live.h"
#include "web/api/messages.h"
#include "web/api/metrics.h"
#include "web/api/openapi.h"
#include "web/api/operations.h"
#include "web/api/page.h"
#include "web/api/people.h"
#include "web/api/roster.h"
#include "web/api/rules.h"
#include "web/api/state.h"
#include "web/api/tokens.h"
#include "web/api/trace.h"
#include "web/api/under_way.h"
#include "web/api/watching.h"
#include "web/api/webhooks.h"

/* Each of these ends with a row without a path. */
#define ALL(rows)      \
    {                  \
        rows, SIZE_MAX \
    }

/* clang-format off */
const struct web_endpoints api_endpoints[] = {
    ALL(health_endpoints),
    ALL(openapi_endpoints),
    ALL(page_endpoints),
    ALL(tokens_endpoints),
    ALL(people_endpoints),
    ALL(aliases_endpoints),
    ALL(domains_endpoints),
    ALL(roster_endpoints),
    ALL(groups_endpoints),
    ALL(shared_endpoints),
    ALL(rules_endpoints),
    ALL(live_endpoints),
    ALL(under_way_endpoints),
    ALL(watching_endpoints),
    ALL(state_endpoints),
    ALL(messages_endpoints),
    ALL(explain_endpoints),
    ALL(trace_endpoints),
    ALL(events_endpoints),
    ALL(webhooks_endpoints),
    ALL(sending_endpoints),
    ALL(operations_endpoints),
    ALL(metrics_endpoints),
    {NULL, 0},
};
/* clang-format on */
