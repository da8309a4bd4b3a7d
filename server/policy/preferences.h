/* preferences.h: what users may choose: the names that policy_preference knows, and their values.
 * What is not chosen is as the configuration says. */
#ifndef POLICY_PREFERENCES_H
#define POLICY_PREFERENCES_H

#include "base/buffer.h"

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

/* Writes "blocked, carbon and messages", for messages. */
void preferences_write_names(struct buffer *out);
/* Writes "refuse or silent". */
void preference_write_values(const struct preference *preference, struct buffer *out);

/* True when it can have this value. */
bool preference_takes(const struct preference *preference, const char *value);

#endif
