/* rights_of.h: rights made of the transformations of a rule (RFC 5025 3.3), for tests of what they
 * show. */
#ifndef TESTS_UNIT_PIDF_RIGHTS_OF_H
#define TESTS_UNIT_PIDF_RIGHTS_OF_H

#include <stdlib.h>

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

#endif
