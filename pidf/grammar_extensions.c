/* grammar_extensions.c: the tables of CIPID (RFC 4482 5), capabilities (RFC 5196 6) and timed
 * status (RFC 4481 5). */
#include <assert.h>

#include "grammar_internal.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define SLOTS(array) .slots = (array), .slot_count = COUNT(array)

/* Simple elements. */

static const struct attribute_rule no_attributes[] = {{0}};
static const struct attribute_rule lang_attributes[] = {
    {"lang", SPACE_XML, VALUE_LANGUAGE},
    {0},
};
static const struct rule rule_string = {.type = VALUE_TEXT, .attributes = no_attributes};
static const struct rule rule_lang_string = {.type = VALUE_TEXT, .attributes = lang_attributes};
static const struct rule rule_uri = {.type = VALUE_URI, .attributes = no_attributes};
static const struct rule rule_boolean = {.type = VALUE_BOOLEAN, .attributes = no_attributes};
static const struct rule rule_basic = {.type = VALUE_BASIC, .attributes = no_attributes};

/* One child of a name, any number of them, and elements of other namespaces. */
#define ONE(name, of, where)                                                   \
    {                                                                          \
        .names = NAMES(name), .rule = &(of), .position = (where), .once = true \
    }
#define MANY(name, of, where)                                    \
    {                                                            \
        .names = NAMES(name), .rule = &(of), .position = (where) \
    }
#define FLAG(name, where) ONE(name, rule_string, where)
#define OTHERS(where)       \
    {                       \
        .position = (where) \
    }

/* RFC 5196: flags that are supported or not. */

#define SEQUENCE(of)                                                                        \
    {                                                                                       \
        .space = SPACE_CAPS, .positions = COUNT(of), .attributes = no_attributes, SLOTS(of) \
    }
/* Two lists of the flags that `of` has. */
#define SUPPORT(of)                                               \
    static const struct rule rule_##of##s = SEQUENCE(of##_slots); \
    static const struct slot of##_support[] = {                   \
        ONE("supported", rule_##of##s, 0),                        \
        ONE("notsupported", rule_##of##s, 1),                     \
    };                                                            \
    static const struct rule rule_##of = SEQUENCE(of##_support)

static const struct slot actor_slots[] = {
    FLAG("attendant", 0),
    FLAG("information", 1),
    FLAG("msg-taker", 2),
    FLAG("principal", 3),
    OTHERS(4),
};
SUPPORT(actor);

static const struct slot class_slots[] = {
    FLAG("business", 0),
    FLAG("personal", 1),
    OTHERS(2),
};
SUPPORT(class);

static const struct slot duplex_slots[] = {
    FLAG("full", 0), FLAG("half", 1), FLAG("receive-only", 2), FLAG("send-only", 3), OTHERS(4),
};
SUPPORT(duplex);

static const struct slot event_slots[] = {
    FLAG("conference", 0),
    FLAG("dialog", 1),
    FLAG("kpml", 2),
    FLAG("message-summary", 3),
    FLAG("poc-settings", 4),
    FLAG("presence", 5),
    FLAG("reg", 6),
    FLAG("refer", 7),
    FLAG("Siemens-RTP-Stats", 8),
    FLAG("spirits-INDPs", 9),
    FLAG("spirits-user-prof", 10),
    FLAG("winfo", 11),
    OTHERS(12),
};
SUPPORT(event);

static const struct slot extension_slots[] = {
    FLAG("rel100", 0),
    FLAG("early-session", 1),
    FLAG("eventlist", 2),
    FLAG("from-change", 3),
    FLAG("gruu", 4),
    FLAG("hist-info", 5),
    FLAG("join", 6),
    FLAG("norefersub", 7),
    FLAG("path", 8),
    FLAG("precondition", 9),
    FLAG("pref", 10),
    FLAG("privacy", 11),
    FLAG("recipient-list-invite", 12),
    FLAG("recipient-list-subscribe", 13),
    FLAG("replaces", 14),
    FLAG("resource-priority", 15),
    FLAG("sdp-anat", 16),
    FLAG("sec-agree", 17),
    FLAG("tdialog", 18),
    FLAG("timer", 19),
    OTHERS(20),
};
SUPPORT(extension);

static const struct slot method_slots[] = {
    FLAG("ACK", 0),        FLAG("BYE", 1),     FLAG("CANCEL", 2), FLAG("INFO", 3),
    FLAG("INVITE", 4),     FLAG("MESSAGE", 5), FLAG("NOTIFY", 6), FLAG("OPTIONS", 7),
    FLAG("PRACK", 8),      FLAG("PUBLISH", 9), FLAG("REFER", 10), FLAG("REGISTER", 11),
    FLAG("SUBSCRIBE", 12), FLAG("UPDATE", 13), OTHERS(14),
};
SUPPORT(method);

static const struct slot mobility_slots[] = {
    FLAG("fixed", 0),
    FLAG("mobile", 1),
    OTHERS(2),
};
SUPPORT(mobility);

static const struct slot scheme_slots[] = {
    {.names = NAMES("s"), .rule = &rule_string, .position = 0, .needed = true}};
SUPPORT(scheme);

static const struct slot language_slots[] = {
    {.names = NAMES("l"), .rule = &rule_string, .position = 0, .needed = true}};
SUPPORT(language);

/* Priorities are numbers in attributes. */
#define NUMBER(name)                            \
    {                                           \
        (name), SPACE_NONE, VALUE_INTEGER, true \
    }
static const struct attribute_rule value_attributes[] = {NUMBER("value"), {0}};
static const struct attribute_rule least_attributes[] = {NUMBER("minvalue"), {0}};
static const struct attribute_rule most_attributes[] = {NUMBER("maxvalue"), {0}};
static const struct attribute_rule both_attributes[] = {
    NUMBER("minvalue"), NUMBER("maxvalue"), {0}};
static const struct rule rule_equals = {.type = VALUE_EMPTY, .attributes = value_attributes};
static const struct rule rule_higher = {.type = VALUE_EMPTY, .attributes = least_attributes};
static const struct rule rule_lower = {.type = VALUE_EMPTY, .attributes = most_attributes};
static const struct rule rule_range = {.type = VALUE_EMPTY, .attributes = both_attributes};

static const struct slot priority_slots[] = {
    MANY("equals", rule_equals, 0),     MANY("higherhan", rule_higher, 1),
    MANY("higherthan", rule_higher, 2), MANY("lowerthan", rule_lower, 3),
    MANY("range", rule_range, 4),       OTHERS(5)};
SUPPORT(priority);

static const struct slot service_slots[] = {
    ONE("actor", rule_actor, 0),
    ONE("application", rule_boolean, 1),
    ONE("audio", rule_boolean, 2),
    ONE("automata", rule_boolean, 3),
    ONE("class", rule_class, 4),
    ONE("control", rule_boolean, 5),
    ONE("data", rule_boolean, 6),
    MANY("description", rule_lang_string, 7),
    ONE("duplex", rule_duplex, 8),
    ONE("event-packages", rule_event, 9),
    ONE("extensions", rule_extension, 10),
    ONE("isfocus", rule_boolean, 11),
    ONE("message", rule_boolean, 12),
    ONE("methods", rule_method, 13),
    ONE("languages", rule_language, 14),
    ONE("priority", rule_priority, 15),
    ONE("schemes", rule_scheme, 16),
    ONE("text", rule_boolean, 17),
    MANY("type", rule_string, 18),
    ONE("video", rule_boolean, 19),
    OTHERS(20),
};
static const struct rule rule_service = {.space = SPACE_CAPS,
                                         .positions = COUNT(service_slots),
                                         .any_attribute = true,
                                         .attributes = no_attributes,
                                         SLOTS(service_slots)};

static const struct slot device_slots[] = {MANY("description", rule_lang_string, 0),
                                           ONE("mobility", rule_mobility, 1), OTHERS(2)};
static const struct rule rule_device = {.space = SPACE_CAPS,
                                        .positions = COUNT(device_slots),
                                        .any_attribute = true,
                                        .attributes = no_attributes,
                                        SLOTS(device_slots)};

/* RFC 4481. */

static const struct attribute_rule timed_attributes[] = {
    {"from", SPACE_NONE, VALUE_DATE_TIME, true},
    {"until", SPACE_NONE, VALUE_DATE_TIME},
    {0},
};
static const struct slot timed_slots[] = {ONE("basic", rule_basic, 0), ONE("note", rule_note, 1),
                                          OTHERS(2)};
static const struct rule rule_timed = {.space = SPACE_TIMED_STATUS,
                                       .positions = COUNT(timed_slots),
                                       .attributes = timed_attributes,
                                       SLOTS(timed_slots)};

static const struct {
    enum space space;
    const char *name;
    const struct rule *rule;
} globals[] = {
    {SPACE_CIPID, "card", &rule_uri},
    {SPACE_CIPID, "display-name", &rule_lang_string},
    {SPACE_CIPID, "homepage", &rule_uri},
    {SPACE_CIPID, "icon", &rule_uri},
    {SPACE_CIPID, "map", &rule_uri},
    {SPACE_CIPID, "sound", &rule_uri},
    {SPACE_CAPS, "servcaps", &rule_service},
    {SPACE_CAPS, "devcaps", &rule_device},
    {SPACE_TIMED_STATUS, "timed-status", &rule_timed},
};

const struct rule *grammar_extension(enum space space, const char *name)
{
    assert(name != NULL);
    if (space < SPACE_CIPID || space > SPACE_TIMED_STATUS)
        return NULL;
    for (size_t i = 0; i < COUNT(globals); i++)
        if (globals[i].space == space && strcmp(globals[i].name, name) == 0)
            return globals[i].rule;
    return NULL;
}
