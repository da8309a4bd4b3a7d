/* metrics.c: the names of what is counted, from the one list. */
#include "base/metrics.h"

#include <assert.h>

const char *metric_name(enum metric metric)
{
    static const char *const names[] = {
#define METRIC_NAME(name, help) #name,
        METRICS(METRIC_NAME)
#undef METRIC_NAME
    };
    assert((unsigned)metric < METRIC_COUNT);
    return names[metric];
}

const char *metric_help(enum metric metric)
{
    static const char *const helps[] = {
#define METRIC_HELP(name, help) help,
        METRICS(METRIC_HELP)
#undef METRIC_HELP
    };
    assert((unsigned)metric < METRIC_COUNT);
    return helps[metric];
}
