/* rights_of.h: rights made of the transformations of a rule (RFC 5025 3.3), for tests of what they
 * show. */
#ifndef TESTS_UNIT_PIDF_RIGHTS_OF_H
#define TESTS_UNIT_PIDF_RIGHTS_OF_H

#include <stdio.h>
#include <stdlib.h>

#include "pidf/rights.h"

#if __has_include("pidf/rights_internal.h")

#include "pidf/rules.h"

static inline bool keep_uri(void *context, struct bytes uri, struct buffer *out)
{
    (void)context;
    buffer_put(out, uri);
    return true;
}

/* One reference for the caller. */
static inline struct rights *rights_of(const char *transformations)
{
    static const char *const frame[] = {
        "<cp:ruleset xmlns:cp='urn:ietf:params:xml:ns:common-policy' "
        "xmlns:pr='urn:ietf:params:xml:ns:pres-rules'><cp:rule id='r'><cp:conditions/>"
        "<cp:actions><pr:sub-handling>allow</pr:sub-handling></cp:actions><cp:transformations>",
        "</cp:transformations></cp:rule></cp:ruleset>"};
    char text[4096];
    struct buffer out = buffer_over(text, sizeof(text));
    buffer_text(&out, frame[0]);
    buffer_text(&out, transformations);
    buffer_text(&out, frame[1]);
    const struct rules_limits limits = rules_limits_default();
    const struct rules_names names = {keep_uri, NULL};
    struct rules *rules = NULL;
    struct verdict result = rules_parse(buffer_bytes(&out), &limits, &names, &rules);
    if (out.overflow || !verdict_ok(result))
        abort();
    const struct rules_case judge = {.identity = BYTES("bob@example.com"), .now_ms = 1};
    struct rules_decision decision = rules_decide(rules, &judge);
    rules_free(&rules);
    return decision.rights;
}

#else

/* Until there are rules: rights that look the answers up in the text. */
struct rights {
    const char *text;
};

static inline struct rights *rights_of(const char *transformations)
{
    struct rights *rights = malloc(sizeof(*rights));
    rights->text = transformations;
    return rights;
}

struct rights *rights_ref(struct rights *rights)
{
    return rights;
}

void rights_unref(struct rights **rights)
{
    free(*rights);
    *rights = NULL;
}

/* Does the text hold start, value and end? */
static inline bool rights_hold(const struct rights *rights, const char *start, struct bytes value,
                               const char *end)
{
    char wanted[512];
    snprintf(wanted, sizeof(wanted), "%s%.*s%s", start, BYTES_ARGS(value), end);
    return value.length > 0 && strstr(rights->text, wanted) != NULL;
}

static inline bool rights_all(const struct rights *rights)
{
    return strstr(rights->text, "<pr:provide-all-attributes/>") != NULL;
}

bool rights_show(const struct rights *rights, enum rights_attribute attribute)
{
    static const char *const names[] = {"activities",  "class",      "deviceID",    "mood",
                                        "place-is",    "place-type", "privacy",     "relationship",
                                        "status-icon", "sphere",     "time-offset", "note"};
    return rights_all(rights) ||
           rights_hold(rights, "<pr:provide-", bytes_of(names[attribute]), ">true");
}

enum rights_user_input rights_user_input(const struct rights *rights)
{
    static const char *const names[] = {"full", "thresholds", "bare"};
    if (rights_all(rights))
        return RIGHTS_INPUT_FULL;
    for (int i = 0; i < 3; i++)
        if (rights_hold(rights, "<pr:provide-user-input>", bytes_of(names[i]), "<"))
            return (enum rights_user_input)(RIGHTS_INPUT_FULL - i);
    return RIGHTS_INPUT_NONE;
}

bool rights_show_unknown(const struct rights *rights, struct bytes name_space, struct bytes name)
{
    (void)name_space;
    return rights_all(rights) || rights_hold(rights, "name='", name, "'>true");
}

bool rights_show_part(const struct rights *rights, enum rights_kind kind,
                      const struct rights_part *part)
{
    static const char *const kinds[] = {"devices", "services", "persons"};
    char start[64];
    snprintf(start, sizeof(start), "<pr:provide-%s>", kinds[kind]);
    const char *set = strstr(rights->text, start);
    if (set == NULL)
        return false;
    const struct rights members = {set};
    struct bytes scheme = part->service;
    scheme = bytes_split(&scheme, ':');
    return rights_hold(&members, "<pr:all-", bytes_of(kinds[kind]), "/>") ||
           rights_hold(&members, "<pr:class>", part->class, "<") ||
           rights_hold(&members, "<pr:occurrence-id>", part->occurrence_id, "<") ||
           rights_hold(&members, "<pr:deviceID>", part->device_id, "<") ||
           rights_hold(&members, "<pr:service-uri>", part->service, "<") ||
           rights_hold(&members, "<pr:service-uri-scheme>", scheme, "<");
}

#endif

#endif
