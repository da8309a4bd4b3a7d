/* preferences.c: the list of what users may choose. */
#include "policy/preferences.h"

#include <assert.h>
#include <string.h>

static const struct preference preferences[] = {
    {"blocked",
     {"refuse", "silent"},
     "what a sender gets whom the user blocked: 403, or an answer that looks like success"},
    {"carbon", {"on", "off"}, "copies of what one device sends to the user's other devices"},
    {"messages", {"everybody", "domain", "roster"}, "whose messages the user takes"},
    {"mwi", {"on", "off"}, "the message-waiting lamp of phones that never subscribe to it"},
};

enum { PREFERENCES = sizeof(preferences) / sizeof(preferences[0]) };

const struct preference *preferences_known(size_t *count)
{
    assert(count != NULL);
    *count = PREFERENCES;
    return preferences;
}

const struct preference *preference_find(const char *name)
{
    assert(name != NULL);
    for (size_t i = 0; i < PREFERENCES; i++) {
        if (strcmp(preferences[i].name, name) == 0)
            return &preferences[i];
    }
    return NULL;
}

bool preference_takes(const struct preference *preference, const char *value)
{
    assert(preference != NULL && value != NULL);
    for (size_t i = 0; i < PREFERENCE_VALUES_MAX && preference->values[i] != NULL; i++) {
        if (strcmp(preference->values[i], value) == 0)
            return true;
    }
    return false;
}

void preferences_write_names(struct buffer *out)
{
    for (size_t i = 0; i < PREFERENCES; i++) {
        const char *before = i == 0 ? "" : i + 1 < PREFERENCES ? ", " : " and ";
        buffer_format(out, "%s%s", before, preferences[i].name);
    }
}

void preference_write_values(const struct preference *preference, struct buffer *out)
{
    for (size_t i = 0; i < PREFERENCE_VALUES_MAX && preference->values[i] != NULL; i++) {
        bool last = i + 1 == PREFERENCE_VALUES_MAX || preference->values[i + 1] == NULL;
        const char *before = i == 0 ? "" : last ? " or " : ", ";
        buffer_format(out, "%s%s", before, preference->values[i]);
    }
}
