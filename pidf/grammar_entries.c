/* grammar_entries.c: the tables of what documents with a version list: dialogs (RFC 4235 4.4),
 * contacts (RFC 3680 5.4) and what a conference has (RFC 4575 5). */
#include "grammar_internal.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define SLOTS(array) .slots = (array), .slot_count = COUNT(array)

#define ONE(name, of, where)                                                   \
    {                                                                          \
        .names = NAMES(name), .rule = &(of), .position = (where), .once = true \
    }
#define NEEDED(name, of, where)                                                                \
    {                                                                                          \
        .names = NAMES(name), .rule = &(of), .position = (where), .once = true, .needed = true \
    }
#define MANY(name, of, where)                                    \
    {                                                            \
        .names = NAMES(name), .rule = &(of), .position = (where) \
    }
#define SOME(name, of, where)                                                    \
    {                                                                            \
        .names = NAMES(name), .rule = &(of), .position = (where), .needed = true \
    }
#define OTHERS(where)       \
    {                       \
        .position = (where) \
    }
#define PLAIN(name)                  \
    {                                \
        name, SPACE_NONE, VALUE_TEXT \
    }
#define MUST(name)                         \
    {                                      \
        name, SPACE_NONE, VALUE_TEXT, true \
    }

static const struct attribute_rule no_attributes[] = {{0}};
static const struct rule rule_string = {.type = VALUE_TEXT, .attributes = no_attributes};
static const struct rule rule_uri = {.type = VALUE_URI, .attributes = no_attributes};
static const struct rule rule_number = {.type = VALUE_UNSIGNED, .attributes = no_attributes};

/* RFC 4235. A session description is not told unless a watcher asks for it and may see it (3.3):
 * it has no place here, and is forgotten. */

#define DIALOG_RULE(of, has)                                                           \
    {                                                                                  \
        .space = SPACE_DIALOGS, .positions = COUNT(of), .attributes = (has), SLOTS(of) \
    }

static const struct attribute_rule state_attributes[] = {
    {"event", SPACE_NONE, VALUE_DIALOG_EVENT},
    {"code", SPACE_NONE, VALUE_CODE},
    {0},
};
static const struct rule rule_state = {.type = VALUE_DIALOG_STATE, .attributes = state_attributes};

static const struct attribute_rule replaces_attributes[] = {
    MUST("call-id"),
    MUST("local-tag"),
    MUST("remote-tag"),
    {0},
};
static const struct rule rule_replaces = {.type = VALUE_EMPTY, .attributes = replaces_attributes};

/* 4.1.6.1 calls it display, 4.4 display-name: clients write both. */
static const struct attribute_rule identity_attributes[] = {
    PLAIN("display-name"),
    PLAIN("display"),
    {0},
};
static const struct rule rule_identity = {.type = VALUE_URI, .attributes = identity_attributes};

static const struct slot route_slots[] = {SOME("hop", rule_string, 0)};
static const struct rule rule_route_set = DIALOG_RULE(route_slots, no_attributes);

static const struct attribute_rule param_attributes[] = {
    MUST("pname"),
    MUST("pval"),
    {0},
};
static const struct rule rule_param = {.type = VALUE_EMPTY, .attributes = param_attributes};
static const struct attribute_rule target_attributes[] = {
    MUST("uri"),
    {0},
};
static const struct slot target_slots[] = {MANY("param", rule_param, 0)};
static const struct rule rule_target = DIALOG_RULE(target_slots, target_attributes);

static const struct slot participant_slots[] = {
    ONE("identity", rule_identity, 0),
    ONE("target", rule_target, 1),
    ONE("cseq", rule_number, 2),
    OTHERS(3),
};
static const struct rule rule_participant = DIALOG_RULE(participant_slots, no_attributes);

static const struct attribute_rule dialog_attributes[] = {
    MUST("id"),
    PLAIN("call-id"),
    PLAIN("local-tag"),
    PLAIN("remote-tag"),
    {"direction", SPACE_NONE, VALUE_DIRECTION},
    {0},
};
static const struct slot dialog_slots[] = {
    NEEDED("state", rule_state, 0),      ONE("duration", rule_number, 1),
    ONE("replaces", rule_replaces, 2),   ONE("referred-by", rule_identity, 3),
    ONE("route-set", rule_route_set, 4), ONE("local", rule_participant, 5),
    ONE("remote", rule_participant, 6),  OTHERS(7),
};
const struct rule rule_dialog = DIALOG_RULE(dialog_slots, dialog_attributes);

/* RFC 3680. */

static const struct attribute_rule display_attributes[] = {
    {"lang", SPACE_XML, VALUE_LANGUAGE},
    {0},
};
static const struct rule rule_display_name = {.type = VALUE_TEXT, .attributes = display_attributes};
static const struct attribute_rule unknown_attributes[] = {
    MUST("name"),
    {0},
};
static const struct rule rule_unknown_param = {.type = VALUE_TEXT,
                                               .attributes = unknown_attributes};
static const struct attribute_rule contact_attributes[] = {
    MUST("id"),
    {"state", SPACE_NONE, VALUE_CONTACT_STATE, true},
    {"event", SPACE_NONE, VALUE_CONTACT_EVENT, true},
    {"duration-registered", SPACE_NONE, VALUE_LONG},
    {"expires", SPACE_NONE, VALUE_LONG},
    {"retry-after", SPACE_NONE, VALUE_LONG},
    PLAIN("q"),
    PLAIN("callid"),
    {"cseq", SPACE_NONE, VALUE_LONG},
    {0},
};
static const struct slot contact_slots[] = {
    NEEDED("uri", rule_uri, 0),
    ONE("display-name", rule_display_name, 1),
    MANY("unknown-param", rule_unknown_param, 2),
    OTHERS(3),
};
const struct rule rule_contact_entry = {.space = SPACE_CONTACTS,
                                        .positions = COUNT(contact_slots),
                                        .attributes = contact_attributes,
                                        SLOTS(contact_slots)};

/* RFC 4575. */

#define CONFERENCE_RULE(of, has)                                                          \
    {                                                                                     \
        .space = SPACE_CONFERENCE, .positions = COUNT(of), .attributes = (has), SLOTS(of) \
    }

static const struct rule rule_boolean = {.type = VALUE_BOOLEAN, .attributes = no_attributes};
static const struct rule rule_moment = {.type = VALUE_DATE_TIME, .attributes = no_attributes};
static const struct rule rule_languages = {.type = VALUE_LANGUAGES, .attributes = no_attributes};
static const struct rule rule_endpoint_status = {.type = VALUE_ENDPOINT_STATUS,
                                                 .attributes = no_attributes};
static const struct rule rule_joining = {.type = VALUE_JOINING, .attributes = no_attributes};
static const struct rule rule_disconnection = {.type = VALUE_DISCONNECTION,
                                               .attributes = no_attributes};
static const struct rule rule_media_status = {.type = VALUE_MEDIA_STATUS,
                                              .attributes = no_attributes};
static const struct attribute_rule partial_attributes[] = {
    {"state", SPACE_NONE, VALUE_STATE_TYPE},
    {0},
};

static const struct slot execution_slots[] = {
    ONE("when", rule_moment, 0),
    ONE("reason", rule_string, 1),
    ONE("by", rule_uri, 2),
};
static const struct rule rule_execution = CONFERENCE_RULE(execution_slots, no_attributes);

static const struct slot uri_slots[] = {
    NEEDED("uri", rule_uri, 0),
    ONE("display-text", rule_string, 1),
    ONE("purpose", rule_string, 2),
    ONE("modified", rule_execution, 3),
    OTHERS(4),
};
static const struct rule rule_uri_entry = CONFERENCE_RULE(uri_slots, no_attributes);
static const struct slot uris_slots[] = {SOME("entry", rule_uri_entry, 0)};
static const struct rule rule_uris = CONFERENCE_RULE(uris_slots, partial_attributes);

static const struct attribute_rule label_attributes[] = {
    MUST("label"),
    {0},
};
static const struct slot medium_slots[] = {
    ONE("display-text", rule_string, 0),
    NEEDED("type", rule_string, 1),
    ONE("status", rule_media_status, 2),
    OTHERS(3),
};
static const struct rule rule_medium = CONFERENCE_RULE(medium_slots, label_attributes);
static const struct slot available_slots[] = {SOME("entry", rule_medium, 0)};
static const struct rule rule_available = CONFERENCE_RULE(available_slots, no_attributes);

static const struct slot description_slots[] = {
    ONE("display-text", rule_string, 0),
    ONE("subject", rule_string, 1),
    ONE("free-text", rule_string, 2),
    ONE("keywords", rule_string, 3),
    ONE("conf-uris", rule_uris, 4),
    ONE("service-uris", rule_uris, 5),
    ONE("maximum-user-count", rule_number, 6),
    ONE("available-media", rule_available, 7),
    OTHERS(8),
};
const struct rule rule_conference_description = CONFERENCE_RULE(description_slots, no_attributes);

static const struct slot host_slots[] = {
    ONE("display-text", rule_string, 0),
    ONE("web-page", rule_uri, 1),
    ONE("uris", rule_uris, 2),
    OTHERS(3),
};
const struct rule rule_host_info = CONFERENCE_RULE(host_slots, no_attributes);

static const struct slot state_slots[] = {
    ONE("user-count", rule_number, 0),
    ONE("active", rule_boolean, 1),
    ONE("locked", rule_boolean, 2),
    OTHERS(3),
};
const struct rule rule_conference_state = CONFERENCE_RULE(state_slots, no_attributes);

static const struct slot roles_slots[] = {SOME("entry", rule_string, 0)};
static const struct rule rule_roles = CONFERENCE_RULE(roles_slots, no_attributes);

static const struct attribute_rule media_attributes[] = {
    MUST("id"),
    {"state", SPACE_NONE, VALUE_STATE_TYPE},
    {0},
};
static const struct slot media_slots[] = {
    ONE("display-text", rule_string, 0), ONE("type", rule_string, 1),
    ONE("label", rule_string, 2),        ONE("src-id", rule_string, 3),
    ONE("status", rule_media_status, 4), OTHERS(5),
};
static const struct rule rule_media = CONFERENCE_RULE(media_slots, media_attributes);

static const struct slot sip_slots[] = {
    ONE("display-text", rule_string, 0),
    NEEDED("call-id", rule_string, 1),
    NEEDED("from-tag", rule_string, 2),
    NEEDED("to-tag", rule_string, 3),
    OTHERS(4),
};
static const struct rule rule_sip = CONFERENCE_RULE(sip_slots, no_attributes);
static const struct slot call_slots[] = {
    {.names = NAMES("sip"), .rule = &rule_sip, .alternative = 1, .once = true},
    {.alternative = 2},
};
static const struct rule rule_call = {
    .space = SPACE_CONFERENCE, .positions = 1, .attributes = no_attributes, SLOTS(call_slots)};

static const struct attribute_rule endpoint_attributes[] = {
    PLAIN("entity"),
    {"state", SPACE_NONE, VALUE_STATE_TYPE},
    {0},
};
static const struct slot endpoint_slots[] = {
    ONE("display-text", rule_string, 0),
    ONE("referred", rule_execution, 1),
    ONE("status", rule_endpoint_status, 2),
    ONE("joining-method", rule_joining, 3),
    ONE("joining-info", rule_execution, 4),
    ONE("disconnection-method", rule_disconnection, 5),
    ONE("disconnection-info", rule_execution, 6),
    MANY("media", rule_media, 7),
    ONE("call-info", rule_call, 8),
    OTHERS(9),
};
static const struct rule rule_endpoint = CONFERENCE_RULE(endpoint_slots, endpoint_attributes);

/* The schema lets the entity be missing; then nobody could be told from anybody (5.6). A user in a
 * whole state is whole. */
static const struct attribute_rule user_attributes[] = {
    {"entity", SPACE_NONE, VALUE_URI, true},
    {0},
};
static const struct slot user_slots[] = {
    ONE("display-text", rule_string, 0),
    ONE("associated-aors", rule_uris, 1),
    ONE("roles", rule_roles, 2),
    ONE("languages", rule_languages, 3),
    ONE("cascaded-focus", rule_uri, 4),
    MANY("endpoint", rule_endpoint, 5),
    OTHERS(6),
};
const struct rule rule_user = CONFERENCE_RULE(user_slots, user_attributes);

const struct rule rule_sidebars_by_ref = CONFERENCE_RULE(uris_slots, partial_attributes);

static const struct slot users_slots[] = {MANY("user", rule_user, 0), OTHERS(1)};
static const struct rule rule_users = CONFERENCE_RULE(users_slots, partial_attributes);

static const struct attribute_rule conference_attributes[] = {
    {"entity", SPACE_NONE, VALUE_URI, true},
    {"state", SPACE_NONE, VALUE_STATE_TYPE},
    {"version", SPACE_NONE, VALUE_UNSIGNED},
    {0},
};
static const struct slot conference_slots[] = {
    ONE("conference-description", rule_conference_description, 0),
    ONE("host-info", rule_host_info, 1),
    ONE("conference-state", rule_conference_state, 2),
    ONE("users", rule_users, 3),
    ONE("sidebars-by-ref", rule_sidebars_by_ref, 4),
    ONE("sidebars-by-val", rule_sidebars_by_val, 5),
    OTHERS(6),
};
static const struct rule rule_conference = CONFERENCE_RULE(conference_slots, conference_attributes);
static const struct slot sidebar_slots[] = {MANY("entry", rule_conference, 0)};
const struct rule rule_sidebars_by_val = CONFERENCE_RULE(sidebar_slots, partial_attributes);
