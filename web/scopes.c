/* scopes.c: the names of areas. */
#include "web/scopes.h"

#include <assert.h>
#include <stdio.h>

static const char *const areas[WEB_AREAS] = {
    [WEB_OPEN] = "",
    [WEB_PEOPLE] = "people",
    [WEB_ROSTERS] = "rosters",
    [WEB_RULES] = "rules",
    [WEB_LIVE] = "live",
    [WEB_PRESENCE] = "presence",
    [WEB_MESSAGES] = "messages",
    [WEB_EVENTS] = "events",
    [WEB_OPERATIONS] = "operations",
    [WEB_TOKENS] = "tokens",
};

const char *scope_areas(void)
{
    return "people, rosters, rules, live, presence, messages, events, operations, tokens";
}

void scope_write(enum web_area area, bool read, char scope[SCOPE_SIZE])
{
    assert(area < WEB_AREAS);
    snprintf(scope, SCOPE_SIZE, "%s:%s", areas[area], read ? "read" : "write");
}

bool scope_allows(struct bytes scopes, enum web_area area, bool read)
{
    char reading[SCOPE_SIZE], writing[SCOPE_SIZE];
    scope_write(area, true, reading);
    scope_write(area, false, writing);
    while (!bytes_empty(scopes)) {
        struct bytes one = bytes_split(&scopes, ' ');
        if (bytes_equal(one, BYTES("*")) || bytes_equal(one, bytes_of(writing)) ||
            (read && bytes_equal(one, bytes_of(reading))))
            return true;
    }
    return false;
}

bool scope_covers(struct bytes scopes, struct bytes scope)
{
    struct bytes right = scope, area = bytes_split(&right, ':');
    while (!bytes_empty(scopes)) {
        struct bytes one = bytes_split(&scopes, ' '), words = one;
        bool same_area = bytes_equal(bytes_split(&words, ':'), area);
        if (bytes_equal(one, BYTES("*")) || bytes_equal(one, scope) ||
            (same_area && bytes_equal(right, BYTES("read"))))
            return true;
    }
    return false;
}

static bool is_scope(struct bytes text)
{
    char scope[SCOPE_SIZE];
    if (bytes_equal(text, BYTES("*")))
        return true;
    for (int area = WEB_OPEN + 1; area < WEB_AREAS; area++)
        for (int read = 0; read < 2; read++) {
            scope_write((enum web_area)area, read != 0, scope);
            if (bytes_equal(text, bytes_of(scope)))
                return true;
        }
    return false;
}

bool scope_judge(struct bytes scopes, struct bytes *wrong)
{
    do {
        *wrong = bytes_split(&scopes, ' ');
        if (!is_scope(*wrong))
            return false;
    } while (!bytes_empty(scopes));
    return true;
}
