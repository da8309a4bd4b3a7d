/* grammar.c: the tables and how they are searched.
 *
 * A position is a place in a sequence, an alternative a branch of a choice. That is enough for all
 * the schemas: none has a sequence inside of a repeated choice. */
#include "grammar_internal.h"

#include <assert.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define SLOTS(array) .slots = (array), .slot_count = COUNT(array)

/* Attributes. */

static const struct attribute_rule no_attributes[] = {{0}};
static const struct attribute_rule note_attributes[] = {
    {"lang", SPACE_XML, VALUE_LANGUAGE},
    {0},
};
static const struct attribute_rule id_attributes[] = {
    {"id", SPACE_NONE, VALUE_ID},
    {0},
};
static const struct attribute_rule contact_attributes[] = {
    {"priority", SPACE_NONE, VALUE_PRIORITY},
    {0},
};
static const struct attribute_rule range_attributes[] = {
    {"id", SPACE_NONE, VALUE_ID},
    {"from", SPACE_NONE, VALUE_DATE_TIME},
    {"until", SPACE_NONE, VALUE_DATE_TIME},
    {0},
};
static const struct attribute_rule input_attributes[] = {
    {"id", SPACE_NONE, VALUE_ID},
    {"last-input", SPACE_NONE, VALUE_DATE_TIME},
    {"idle-threshold", SPACE_NONE, VALUE_POSITIVE},
    {0},
};
/* Declared globally: these hold wherever an attribute is let through without a rule of its own. */
static const struct attribute_rule global_attributes[] = {
    {"lang", SPACE_XML, VALUE_LANGUAGE},
    {"space", SPACE_XML, VALUE_SPACE},
    {"base", SPACE_XML, VALUE_URI},
    {"mustUnderstand", SPACE_PIDF, VALUE_BOOLEAN},
    {0},
};

/* Simple elements. */

static const struct rule rule_empty = {.type = VALUE_EMPTY, .attributes = no_attributes};
static const struct rule rule_basic = {
    .type = VALUE_BASIC, .fact = FACT_BASIC, .attributes = no_attributes};
static const struct rule rule_timestamp = {
    .type = VALUE_DATE_TIME, .fact = FACT_TIME, .attributes = no_attributes};
static const struct rule rule_contact = {
    .type = VALUE_URI, .fact = FACT_PRIORITY, .attributes = contact_attributes};
const struct rule rule_note = {.type = VALUE_TEXT, .attributes = note_attributes};
static const struct rule rule_device_id = {
    .type = VALUE_URI, .fact = FACT_DEVICE_ID, .attributes = no_attributes};
static const struct rule rule_class = {.type = VALUE_TEXT, .attributes = no_attributes};
static const struct rule rule_status_icon = {
    .type = VALUE_URI, .any_attribute = true, .attributes = range_attributes};
static const struct rule rule_time_offset = {
    .type = VALUE_INTEGER, .any_attribute = true, .attributes = range_attributes};
static const struct rule rule_user_input = {
    .type = VALUE_ACTIVE_IDLE, .any_attribute = true, .attributes = input_attributes};

#define NOTES(where)                                                    \
    {                                                                   \
        .names = NAMES("note"), .rule = &rule_note, .position = (where) \
    }
#define STAMP(where)                                                                            \
    {                                                                                           \
        .names = NAMES("timestamp"), .rule = &rule_timestamp, .position = (where), .once = true \
    }
#define OTHERS(where)       \
    {                       \
        .position = (where) \
    }

/* RFC 3863. */

static const struct slot status_slots[] = {
    {.names = NAMES("basic"), .rule = &rule_basic, .position = 0, .once = true},
    OTHERS(1),
};
static const struct rule rule_status = {.space = SPACE_PIDF,
                                        .fact = FACT_STATUS,
                                        .positions = 2,
                                        .attributes = no_attributes,
                                        SLOTS(status_slots)};

static const struct slot tuple_slots[] = {
    {.names = NAMES("status"),
     .rule = &rule_status,
     .position = 0,
     .once = true,
     .fallback = "<status/>"},
    OTHERS(1),
    {.names = NAMES("contact"), .rule = &rule_contact, .position = 2, .once = true},
    NOTES(3),
    STAMP(4),
};
const struct rule rule_tuple = {.space = SPACE_PIDF,
                                .positions = 5,
                                .id_stem = "t",
                                .attributes = id_attributes,
                                SLOTS(tuple_slots)};

/* RFC 4479. */

static const struct slot person_slots[] = {OTHERS(0), NOTES(1), STAMP(2)};
static const struct rule rule_person = {.space = SPACE_DATA_MODEL,
                                        .positions = 3,
                                        .id_stem = "p",
                                        .attributes = id_attributes,
                                        SLOTS(person_slots)};

static const struct slot device_slots[] = {
    OTHERS(0),
    {.names = NAMES("deviceID"),
     .rule = &rule_device_id,
     .position = 1,
     .once = true,
     .needed = true},
    NOTES(2),
    STAMP(3),
};
static const struct rule rule_device = {.space = SPACE_DATA_MODEL,
                                        .positions = 4,
                                        .id_stem = "d",
                                        .attributes = id_attributes,
                                        SLOTS(device_slots)};

/* RFC 4480. */

/* One of the names, once, as a branch of a choice; the names, often; a text for what has no name;
 * elements of other namespaces. */
#define ONE_OF(branch, ...)                                                                       \
    {                                                                                             \
        .names = NAMES(__VA_ARGS__), .rule = &rule_empty, .position = 1, .alternative = (branch), \
        .once = true                                                                              \
    }
#define ALL_OF(branch, ...)                                                                      \
    {                                                                                            \
        .names = NAMES(__VA_ARGS__), .rule = &rule_empty, .position = 1, .alternative = (branch) \
    }
#define OTHER_TEXT(branch)                                                                  \
    {                                                                                       \
        .names = NAMES("other"), .rule = &rule_note, .position = 1, .alternative = (branch) \
    }
#define ELSEWHERE(branch)                      \
    {                                          \
        .position = 1, .alternative = (branch) \
    }

static const struct slot activities_slots[] = {
    NOTES(0),
    ONE_OF(1, "unknown"),
    ALL_OF(2, "appointment", "away", "breakfast", "busy", "dinner", "holiday", "in-transit",
           "looking-for-work", "lunch", "meal", "meeting", "on-the-phone", "performance",
           "permanent-absence", "playing", "presentation", "shopping", "sleeping", "spectator",
           "steering", "travel", "tv", "vacation", "working", "worship"),
    OTHER_TEXT(2),
    ELSEWHERE(2),
};
static const struct rule rule_activities = {.space = SPACE_RPID,
                                            .positions = 2,
                                            .any_attribute = true,
                                            .attributes = range_attributes,
                                            SLOTS(activities_slots)};

static const struct slot mood_slots[] = {
    NOTES(0),
    ONE_OF(1, "unknown"),
    ALL_OF(2, "afraid", "amazed", "angry", "annoyed", "anxious", "ashamed", "bored", "brave",
           "calm", "cold", "confused", "contented", "cranky", "curious", "depressed",
           "disappointed", "disgusted", "distracted", "embarrassed", "excited", "flirtatious",
           "frustrated", "grumpy", "guilty", "happy", "hot", "humbled", "humiliated", "hungry",
           "hurt", "impressed", "in_awe", "in_love", "indignant", "interested", "invincible",
           "jealous", "lonely", "mean", "moody", "nervous", "neutral", "offended", "playful",
           "proud", "relieved", "remorseful", "restless", "sad", "sarcastic", "serious", "shocked",
           "shy", "sick", "sleepy", "stressed", "surprised", "thirsty", "worried"),
    OTHER_TEXT(2),
    ELSEWHERE(2),
};
static const struct rule rule_mood = {.space = SPACE_RPID,
                                      .positions = 2,
                                      .any_attribute = true,
                                      .choice_needed = true,
                                      .attributes = range_attributes,
                                      SLOTS(mood_slots)};

static const struct slot audio_slots[] = {ONE_OF(1, "noisy", "ok", "quiet", "unknown")};
static const struct slot video_slots[] = {ONE_OF(1, "toobright", "ok", "dark", "unknown")};
static const struct slot text_slots[] = {
    ONE_OF(1, "uncomfortable", "inappropriate", "ok", "unknown")};

#define PLACE_RULE(of)                                                                           \
    {                                                                                            \
        .space = SPACE_RPID, .positions = 2, .choice_needed = true, .attributes = no_attributes, \
        SLOTS(of)                                                                                \
    }
static const struct rule rule_place_audio = PLACE_RULE(audio_slots);
static const struct rule rule_place_video = PLACE_RULE(video_slots);
static const struct rule rule_place_text = PLACE_RULE(text_slots);

static const struct slot place_is_slots[] = {
    NOTES(0),
    {.names = NAMES("audio"), .rule = &rule_place_audio, .position = 1, .once = true},
    {.names = NAMES("video"), .rule = &rule_place_video, .position = 2, .once = true},
    {.names = NAMES("text"), .rule = &rule_place_text, .position = 3, .once = true},
};
static const struct rule rule_place_is = {.space = SPACE_RPID,
                                          .positions = 4,
                                          .any_attribute = true,
                                          .attributes = range_attributes,
                                          SLOTS(place_is_slots)};

static const struct slot place_type_slots[] = {
    NOTES(0),
    {.names = NAMES("other"), .rule = &rule_note, .position = 1, .alternative = 1, .once = true},
    ELSEWHERE(2),
};
static const struct rule rule_place_type = {.space = SPACE_RPID,
                                            .positions = 2,
                                            .any_attribute = true,
                                            .choice_needed = true,
                                            .attributes = range_attributes,
                                            SLOTS(place_type_slots)};

#define MEDIUM(name, where)                                                               \
    {                                                                                     \
        .names = NAMES(name), .rule = &rule_empty, .position = (where), .alternative = 2, \
        .once = true                                                                      \
    }
static const struct slot privacy_slots[] = {
    NOTES(0),          ONE_OF(1, "unknown"), MEDIUM("audio", 1),
    MEDIUM("text", 2), MEDIUM("video", 3),   {.position = 4, .alternative = 2},
};
static const struct rule rule_privacy = {.space = SPACE_RPID,
                                         .positions = 5,
                                         .any_attribute = true,
                                         .attributes = range_attributes,
                                         SLOTS(privacy_slots)};

static const struct slot relationship_slots[] = {
    NOTES(0),
    ONE_OF(1, "assistant", "associate", "family", "friend", "self", "supervisor", "unknown"),
    {.names = NAMES("other"), .rule = &rule_note, .position = 1, .alternative = 2, .once = true},
    ELSEWHERE(3),
};
static const struct rule rule_relationship = {
    .space = SPACE_RPID, .positions = 2, .attributes = no_attributes, SLOTS(relationship_slots)};

static const struct slot service_class_slots[] = {
    NOTES(0),
    ONE_OF(1, "courier", "electronic", "freight", "in-person", "postal", "unknown"),
    ELSEWHERE(2),
};
static const struct rule rule_service_class = {.space = SPACE_RPID,
                                               .positions = 2,
                                               .choice_needed = true,
                                               .attributes = no_attributes,
                                               SLOTS(service_class_slots)};

static const struct slot sphere_slots[] = {ONE_OF(1, "home", "work", "unknown"), ELSEWHERE(2)};
static const struct rule rule_sphere = {.space = SPACE_RPID,
                                        .positions = 2,
                                        .any_attribute = true,
                                        .attributes = range_attributes,
                                        SLOTS(sphere_slots)};

/* Elements that the schemas declare globally. */
static const struct {
    enum space space;
    const char *name;
    const struct rule *rule;
} globals[] = {
    {SPACE_DATA_MODEL, "person", &rule_person},
    {SPACE_DATA_MODEL, "device", &rule_device},
    {SPACE_DATA_MODEL, "deviceID", &rule_device_id},
    {SPACE_RPID, "activities", &rule_activities},
    {SPACE_RPID, "class", &rule_class},
    {SPACE_RPID, "mood", &rule_mood},
    {SPACE_RPID, "place-is", &rule_place_is},
    {SPACE_RPID, "place-type", &rule_place_type},
    {SPACE_RPID, "privacy", &rule_privacy},
    {SPACE_RPID, "relationship", &rule_relationship},
    {SPACE_RPID, "service-class", &rule_service_class},
    {SPACE_RPID, "sphere", &rule_sphere},
    {SPACE_RPID, "status-icon", &rule_status_icon},
    {SPACE_RPID, "time-offset", &rule_time_offset},
    {SPACE_RPID, "user-input", &rule_user_input},
};

enum space space_of(const char *uri)
{
    static const char pidf[] = PIDF_NAMESPACE;
    static const struct {
        const char *rest;
        enum space space;
    } below_pidf[] = {
        {"", SPACE_PIDF},      {":data-model", SPACE_DATA_MODEL},
        {":rpid", SPACE_RPID}, {":cipid", SPACE_CIPID},
        {":caps", SPACE_CAPS}, {":timed-status", SPACE_TIMED_STATUS},
    };
    if (uri == NULL || uri[0] == '\0')
        return SPACE_NONE;
    if (strncmp(uri, pidf, sizeof(pidf) - 1) == 0) {
        const char *rest = uri + sizeof(pidf) - 1;
        for (size_t i = 0; i < COUNT(below_pidf); i++)
            if (strcmp(rest, below_pidf[i].rest) == 0)
                return below_pidf[i].space;
        return SPACE_OTHER;
    }
    if (strcmp(uri, DIALOGS_NAMESPACE) == 0)
        return SPACE_DIALOGS;
    if (strcmp(uri, CONTACTS_NAMESPACE) == 0)
        return SPACE_CONTACTS;
    if (strcmp(uri, CONFERENCE_NAMESPACE) == 0)
        return SPACE_CONFERENCE;
    if (strcmp(uri, "http://www.w3.org/XML/1998/namespace") == 0)
        return SPACE_XML;
    if (strcmp(uri, "http://www.w3.org/2001/XMLSchema-instance") == 0)
        return SPACE_SCHEMA_INSTANCE;
    return SPACE_OTHER;
}

const struct rule *grammar_find(enum space space, const char *name)
{
    assert(name != NULL);
    if (space != SPACE_DATA_MODEL && space != SPACE_RPID)
        return grammar_extension(space, name);
    for (size_t i = 0; i < COUNT(globals); i++)
        if (globals[i].space == space && strcmp(globals[i].name, name) == 0)
            return globals[i].rule;
    return NULL;
}

static bool names_hold(const char *const *names, const char *name)
{
    for (; *names != NULL; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

const struct slot *grammar_slot(const struct rule *parent, enum space space, const char *name)
{
    assert(parent != NULL && parent->slots != NULL && name != NULL);
    if (space == SPACE_NONE)
        return NULL;
    for (unsigned i = 0; i < parent->slot_count; i++) {
        const struct slot *slot = &parent->slots[i];
        bool fits = slot->names == NULL ? space != parent->space
                                        : space == parent->space && names_hold(slot->names, name);
        if (fits)
            return slot;
    }
    return NULL;
}

static const struct attribute_rule *search(const struct attribute_rule *list, enum space space,
                                           const char *name)
{
    for (; list->name != NULL; list++)
        if (list->space == space && strcmp(list->name, name) == 0)
            return list;
    return NULL;
}

const struct attribute_rule *grammar_attribute(const struct rule *rule, enum space space,
                                               const char *name)
{
    assert(name != NULL);
    const struct attribute_rule *found = NULL;
    if (rule != NULL)
        found = search(rule->attributes, space, name);
    if (found == NULL && (rule == NULL || rule->any_attribute))
        found = search(global_attributes, space, name);
    return found;
}
