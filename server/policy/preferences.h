/* preferences.h: what users may choose: the names that policy_preference knows, and their values.
 * What is not chosen is as the configuration says. */
#ifndef POLICY_PREFERENCES_H
#define POLICY_PREFERENCES_H

#include <stdbool.h>
#include <stddef.h>

enum { PREFERENCE_VALUES_MAX = 4 };

struct preference {
    const char *name;
    const char *values[PREFERENCE_VALUES_MAX]; /* NULL behind the last */
    const char *help;                          /* one line */
};

/* All of them, by name. */
const struct preference *preferences_known(size_t *count);

/* One by its name; NULL: there is none. */
const struct preference *preference_find(const char *name);

/* True when it can have this value. */
bool preference_takes(const struct preference *preference, const char *value);

#endif
