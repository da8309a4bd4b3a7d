/* rulesets.h: what the tests of rules share: judging and asking in one line. */
#ifndef TESTS_UNIT_PIDF_RULESETS_H
#define TESTS_UNIT_PIDF_RULESETS_H

#include <libxml/parser.h>
#include <libxml/xmlschemas.h>
#include <stdio.h>

#include "pidf/rules.h"
#include "unit.h"

#define COMMON "urn:ietf:params:xml:ns:common-policy"
#define PRES "urn:ietf:params:xml:ns:pres-rules"
#define RULESET(rules)                                                                          \
    "<?xml version='1.0' encoding='UTF-8'?>\n<cp:ruleset xmlns:cp='" COMMON "' xmlns:pr='" PRES \
    "'>" rules "</cp:ruleset>"
/* A rule with the content of its three parts. */
#define RULE(id, conditions, actions, transformations)                                       \
    "<cp:rule id='" id "'><cp:conditions>" conditions "</cp:conditions><cp:actions>" actions \
    "</cp:actions><cp:transformations>" transformations "</cp:transformations></cp:rule>"
#define ONE(uri) "<cp:identity><cp:one id='" uri "'/></cp:identity>"
#define HANDLING(word) "<pr:sub-handling>" word "</pr:sub-handling>"

/* As the server does: sip, sips and pres URIs, the host in lower case; home.example is an alias of
 * example.com. */
static inline bool write_name(void *context, struct bytes uri, struct buffer *out)
{
    (void)context;
    struct bytes scheme = bytes_split(&uri, ':');
    if (!bytes_equal(scheme, BYTES("sip")) && !bytes_equal(scheme, BYTES("sips")) &&
        !bytes_equal(scheme, BYTES("pres")))
        return false;
    struct bytes host = uri;
    if (bytes_index(uri, '@') >= 0) {
        buffer_put(out, bytes_split(&host, '@'));
        buffer_char(out, '@');
    }
    if (bytes_equal(host, BYTES("home.example")))
        host = BYTES("example.com");
    for (size_t i = 0; i < host.length; i++)
        buffer_char(out, ascii_lower(host.at[i]));
    return host.length > 0;
}

static const struct rules_names names = {write_name, NULL};

static inline struct verdict judge_within(const char *text, struct rules_limits limits,
                                          struct rules **rules)
{
    struct verdict result = rules_parse(bytes_of(text), &limits, &names, rules);
    ck_assert(verdict_ok(result) == (*rules != NULL));
    return result;
}

static inline struct rules *parse_rules(const char *text)
{
    struct rules *rules;
    struct verdict result = judge_within(text, rules_limits_default(), &rules);
    ck_assert_msg(verdict_ok(result), "%u %s: %s", result.status, result.reason, text);
    return rules;
}

/* The document is refused with the status, and `part` stands in the reason. */
static inline void assert_refused(const char *text, unsigned status, const char *part)
{
    struct rules *rules;
    struct verdict result = judge_within(text, rules_limits_default(), &rules);
    ck_assert_msg(!verdict_ok(result), "taken: %s", text);
    ck_assert_uint_eq(result.status, status);
    ck_assert_msg(strstr(result.reason, part) != NULL, "%s: %s", result.reason, text);
}

static inline struct rules_decision ask_rules(const struct rules *rules, const char *identity,
                                              const char *sphere, uint64_t now_ms)
{
    const struct rules_case judge = {bytes_of(identity), bytes_of(sphere), now_ms};
    return rules_decide(rules, &judge);
}

/* True when some rule of the document matches the identity. */
static inline bool matches(const char *text, const char *identity, const char *sphere,
                           uint64_t now_ms)
{
    struct rules *rules = parse_rules(text);
    struct rules_decision decision = ask_rules(rules, identity, sphere, now_ms);
    rights_unref(&decision.rights);
    rules_free(&rules);
    return decision.matched;
}

/* What the document shows whom; for rights_unref. */
static inline struct rights *rights_of(const char *text, const char *identity)
{
    struct rules *rules = parse_rules(text);
    struct rules_decision decision = ask_rules(rules, identity, "", 0);
    ck_assert(decision.matched);
    rules_free(&rules);
    return decision.rights;
}

static inline void ignore_error(void *context, xmlError *error)
{
    (void)context;
    (void)error;
}

/* True when schemas/pres-rules.xsd has nothing against the document. */
static inline bool schema_takes(const char *text)
{
    xmlSchemaParserCtxt *reader = xmlSchemaNewParserCtxt(SOURCE_DIR "/schemas/pres-rules.xsd");
    xmlSchema *schema = xmlSchemaParse(reader);
    ck_assert_msg(schema != NULL, "schemas/pres-rules.xsd cannot be read");
    xmlSchemaFreeParserCtxt(reader);
    xmlDoc *tree = xmlReadMemory(text, (int)strlen(text), NULL, NULL, XML_PARSE_NONET);
    ck_assert_msg(tree != NULL, "not well formed: %s", text);
    xmlSchemaValidCtxt *valid = xmlSchemaNewValidCtxt(schema);
    xmlSchemaSetValidStructuredErrors(valid, ignore_error, NULL);
    int result = xmlSchemaValidateDoc(valid, tree);
    xmlSchemaFreeValidCtxt(valid);
    xmlFreeDoc(tree);
    xmlSchemaFree(schema);
    return result == 0;
}

#endif
