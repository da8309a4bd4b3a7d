/* rules_permissions.c: what a rule permits (RFC 5025 3.2, 3.3).
 *
 * A table says how each element of RFC 5025 is taken. An element in another namespace is one of an
 * extension: we do not know it, so it permits nothing. */
#include "fold_internal.h"
#include "rules_internal.h"

/* One rule's permissions while they are read. */
struct permissions {
    struct rules_reader *reader;
    struct rights_draft draft;
    enum sub_handling handling;
};

static bool is_presence(const xmlNode *node)
{
    return node->ns != NULL && strcmp((const char *)node->ns->href, RULES_PRESENCE) == 0;
}

static bool is_common(const xmlNode *node)
{
    return node->ns != NULL && strcmp((const char *)node->ns->href, RULES_COMMON) == 0;
}

/* The number of the text in a list; -1: it is not there. */
static int word_of(struct bytes text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(text, bytes_of(words[i])))
            return (int)i;
    return -1;
}

#define WORD_OF(text, words) word_of(text, words, sizeof(words) / sizeof((words)[0]))

/* Actions. */

static bool take_sub_handling(struct permissions *permissions, const xmlNode *node)
{
    static const char *const words[] = {
        [SUB_BLOCK] = "block",
        [SUB_CONFIRM] = "confirm",
        [SUB_POLITE_BLOCK] = "polite-block",
        [SUB_ALLOW] = "allow",
    };
    int word = WORD_OF(rules_text(permissions->reader, node), words);
    if (word < 0)
        return rules_fail(permissions->reader, node, 400,
                          "sub-handling must be block, confirm, polite-block or allow");
    if ((int)permissions->handling < word)
        permissions->handling = (enum sub_handling)word;
    return true;
}

/* Transformations. */

static bool take_boolean(struct permissions *permissions, const xmlNode *node, bool *value)
{
    static const char *const words[] = {"false", "true", "0", "1"};
    int word = WORD_OF(rules_text(permissions->reader, node), words);
    if (word < 0)
        return rules_fail(permissions->reader, node, 400, "this must be true or false");
    *value = word % 2 == 1;
    return true;
}

static bool take_attribute(struct permissions *permissions, const xmlNode *node, int which)
{
    bool value = false;
    if (!take_boolean(permissions, node, &value))
        return false;
    if (value)
        permissions->draft.attributes |= 1u << which;
    return true;
}

static bool take_user_input(struct permissions *permissions, const xmlNode *node, int which)
{
    static const char *const words[] = {
        [RIGHTS_INPUT_NONE] = "false",
        [RIGHTS_INPUT_BARE] = "bare",
        [RIGHTS_INPUT_THRESHOLDS] = "thresholds",
        [RIGHTS_INPUT_FULL] = "full",
    };
    (void)which;
    int word = WORD_OF(rules_text(permissions->reader, node), words);
    if (word < 0)
        return rules_fail(permissions->reader, node, 400,
                          "provide-user-input must be false, bare, thresholds or full");
    if ((int)permissions->draft.input < word)
        permissions->draft.input = (enum rights_user_input)word;
    return true;
}

static bool take_unknown(struct permissions *permissions, const xmlNode *node, int which)
{
    struct rules_reader *reader = permissions->reader;
    const struct rights_member member = {RIGHTS_UNKNOWN_ATTRIBUTE,
                                         rules_attribute(reader, node, "name"),
                                         rules_attribute(reader, node, "ns")};
    bool value = false;
    (void)which;
    if (member.value.at == NULL || member.space.at == NULL)
        return rules_fail(reader, node, 400, "provide-unknown-attribute needs a name and an ns");
    if (xmlValidateNCName((const xmlChar *)member.value.at, 0) != 0)
        return rules_fail(reader, node, 400,
                          "the name must be an element's, without a namespace prefix");
    if (!rules_count(reader, node) || !take_boolean(permissions, node, &value))
        return false;
    if (value)
        rights_draft_add(&permissions->draft, &member);
    return true;
}

static bool take_all_attributes(struct permissions *permissions, const xmlNode *node, int which)
{
    (void)node;
    (void)which;
    rights_draft_all_attributes(&permissions->draft);
    return true;
}

/* The members of the three sets; `all` is the one that stands for every part of the kind. */
static const struct set_word {
    enum rights_kind kind;
    const char *name;
    enum rights_type type; /* RIGHTS_TYPES: all */
} set_words[] = {
    {RIGHTS_DEVICE, "all-devices", RIGHTS_TYPES},
    {RIGHTS_DEVICE, "class", RIGHTS_DEVICE_CLASS},
    {RIGHTS_DEVICE, "occurrence-id", RIGHTS_DEVICE_OCCURRENCE},
    {RIGHTS_DEVICE, "deviceID", RIGHTS_DEVICE_URI},
    {RIGHTS_SERVICE, "all-services", RIGHTS_TYPES},
    {RIGHTS_SERVICE, "class", RIGHTS_SERVICE_CLASS},
    {RIGHTS_SERVICE, "occurrence-id", RIGHTS_SERVICE_OCCURRENCE},
    {RIGHTS_SERVICE, "service-uri", RIGHTS_SERVICE_URI},
    {RIGHTS_SERVICE, "service-uri-scheme", RIGHTS_SERVICE_SCHEME},
    {RIGHTS_PERSON, "all-persons", RIGHTS_TYPES},
    {RIGHTS_PERSON, "class", RIGHTS_PERSON_CLASS},
    {RIGHTS_PERSON, "occurrence-id", RIGHTS_PERSON_OCCURRENCE},
};

static const struct set_word *find_word(enum rights_kind kind, const xmlNode *node)
{
    for (size_t i = 0; i < sizeof(set_words) / sizeof(set_words[0]); i++)
        if (set_words[i].kind == kind && rules_is(node, RULES_PRESENCE, set_words[i].name))
            return &set_words[i];
    return NULL;
}

/* A URI in the form in which it is compared, which is never longer; if it were, it would be none:
 * half of one would show what nobody named. */
static struct bytes folded(struct rules_reader *reader, struct bytes uri)
{
    struct buffer out = buffer_over(arena_alloc(&reader->scratch, uri.length + 1), uri.length);
    fold_uri(uri, &out);
    return out.overflow ? BYTES("") : buffer_bytes(&out);
}

static bool take_member(struct permissions *permissions, enum rights_kind kind, const xmlNode *node)
{
    struct rules_reader *reader = permissions->reader;
    const struct set_word *word = find_word(kind, node);
    if (word == NULL)
        return !is_presence(node) ||
               rules_fail(reader, node, 400, "this has no place in a set of permissions");
    if (word->type == RIGHTS_TYPES) {
        permissions->draft.all[kind] = true;
        return true;
    }
    struct rights_member member = {.type = word->type, .value = rules_text(reader, node)};
    if (word->type == RIGHTS_DEVICE_URI || word->type == RIGHTS_SERVICE_URI)
        member.value = folded(reader, member.value);
    if (!bytes_empty(member.value))
        rights_draft_add(&permissions->draft, &member);
    return rules_count(reader, node);
}

static bool take_set(struct permissions *permissions, const xmlNode *node, int kind)
{
    const xmlNode *child;
    if (!rules_first(permissions->reader, node, &child))
        return false;
    while (child != NULL) {
        if (!take_member(permissions, (enum rights_kind)kind, child) ||
            !rules_next(permissions->reader, &child))
            return false;
    }
    return true;
}

static const struct transformation {
    const char *name;
    bool (*take)(struct permissions *permissions, const xmlNode *node, int which);
    int which;
} transformations[] = {
    {"provide-devices", take_set, RIGHTS_DEVICE},
    {"provide-persons", take_set, RIGHTS_PERSON},
    {"provide-services", take_set, RIGHTS_SERVICE},
    {"provide-activities", take_attribute, RIGHTS_ACTIVITIES},
    {"provide-class", take_attribute, RIGHTS_CLASS},
    {"provide-deviceID", take_attribute, RIGHTS_DEVICE_ID},
    {"provide-mood", take_attribute, RIGHTS_MOOD},
    {"provide-place-is", take_attribute, RIGHTS_PLACE_IS},
    {"provide-place-type", take_attribute, RIGHTS_PLACE_TYPE},
    {"provide-privacy", take_attribute, RIGHTS_PRIVACY},
    {"provide-relationship", take_attribute, RIGHTS_RELATIONSHIP},
    {"provide-status-icon", take_attribute, RIGHTS_STATUS_ICON},
    {"provide-sphere", take_attribute, RIGHTS_SPHERE},
    {"provide-time-offset", take_attribute, RIGHTS_TIME_OFFSET},
    {"provide-note", take_attribute, RIGHTS_NOTE},
    {"provide-user-input", take_user_input, 0},
    {"provide-unknown-attribute", take_unknown, 0},
    {"provide-all-attributes", take_all_attributes, 0},
};

static bool take_action(struct permissions *permissions, const xmlNode *node)
{
    return !rules_is(node, RULES_PRESENCE, "sub-handling") || take_sub_handling(permissions, node);
}

static bool take_transformation(struct permissions *permissions, const xmlNode *node)
{
    for (size_t i = 0; i < sizeof(transformations) / sizeof(transformations[0]); i++)
        if (rules_is(node, RULES_PRESENCE, transformations[i].name))
            return transformations[i].take(permissions, node, transformations[i].which);
    return true;
}

/* Takes all children of an element that may be missing. */
static bool take_all(struct permissions *permissions, const xmlNode *parent,
                     bool (*take)(struct permissions *permissions, const xmlNode *node))
{
    const xmlNode *node = NULL;
    if (parent != NULL && !rules_first(permissions->reader, parent, &node))
        return false;
    while (node != NULL) {
        if (is_common(node))
            return rules_fail(permissions->reader, node, 400,
                              "this is no action or transformation of RFC 4745");
        if (!take(permissions, node) || !rules_next(permissions->reader, &node))
            return false;
    }
    return true;
}

bool rules_take_actions(struct rules_reader *reader, const xmlNode *node, struct rule *rule)
{
    struct permissions permissions = {.reader = reader, .handling = SUB_BLOCK};
    bool taken = take_all(&permissions, node, take_action);
    rule->handling = permissions.handling;
    return taken;
}

bool rules_take_transformations(struct rules_reader *reader, const xmlNode *node, struct rule *rule)
{
    struct permissions permissions = {.reader = reader};
    bool taken = take_all(&permissions, node, take_transformation);
    rule->rights = rights_make(&permissions.draft);
    return taken;
}
