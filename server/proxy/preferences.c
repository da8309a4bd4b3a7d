/* preferences.c: caller preferences (RFC 3841).
 *
 * A set of feature parameters is a conjunction of terms, one a feature tag; a term is a disjunction
 * of values (section 8):
 *
 *     ;audio;methods="INVITE,BYE";+speed="#>=5"  =  audio=TRUE and (methods=INVITE or BYE) and ...
 *
 * Two sets match (RFC 2533 7) when one collection of features could satisfy both: for each tag that
 * both name there is a value that both allow. Per tag that is a question about two lists of values,
 * and it is enough that one pair of them agrees.
 *
 * A contact's fate: dropped when it matches a Reject-Contact all of whose tags it names, or fails a
 * rule with `require`; else the mean of its scores against the Accept-Contact rules that it
 * matches, where a score is the share of the rule's tags that the contact names. */
#include "proxy/preferences.h"

#include "base/buffer.h"

enum { WHOLE = 1000 };

/* Tags. */

/* A feature tag (RFC 3841 8): the names of the base set stand for "sip." and the name. */
struct tag {
    bool sip;
    struct bytes name;
};

static const char *const base_tags[] = {
    "audio",    "automata",    "class",    "duplex",  "data",        "control",
    "mobility", "events",      "priority", "methods", "description", "extensions",
    "schemes",  "application", "video",    "isfocus", "actor",       "text",
};
static const char *const bare_tags[] = {"language", "type"};

static bool is_among(struct bytes name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes_equal_nocase(name, bytes_of(list[i])))
            return true;
    return false;
}

/* False when a parameter is no feature parameter (7.2.1). */
static bool tag_parse(struct bytes name, struct tag *tag)
{
    const struct bytes prefix = BYTES("sip.");
    *tag = (struct tag){false, name};
    if (is_among(name, bare_tags, sizeof(bare_tags) / sizeof(bare_tags[0])))
        return true;
    if (name.length > 1 && name.at[0] == '+') {
        tag->name = bytes_skip(name, 1);
        tag->sip = bytes_equal_nocase(bytes_first(tag->name, prefix.length), prefix);
        if (tag->sip)
            tag->name = bytes_skip(tag->name, prefix.length);
        return true;
    }
    tag->sip = is_among(name, base_tags, sizeof(base_tags) / sizeof(base_tags[0]));
    return tag->sip;
}

static bool tag_equal(const struct tag *a, const struct tag *b)
{
    return a->sip == b->sip && bytes_equal_nocase(a->name, b->name);
}

/* The next feature parameter; false at the end. */
static bool next_term(struct bytes *rest, struct tag *tag, struct bytes *value)
{
    struct bytes name;
    while (sip_parameter_next(rest, &name, value))
        if (tag_parse(name, tag))
            return true;
    return false;
}

static bool find_term(struct bytes parameters, const struct tag *tag, struct bytes *value)
{
    struct tag found;
    while (next_term(&parameters, &found, value))
        if (tag_equal(&found, tag))
            return true;
    return false;
}

static unsigned count_terms(struct bytes parameters)
{
    struct tag tag;
    struct bytes value;
    unsigned count = 0;
    while (next_term(&parameters, &tag, &value))
        count++;
    return count;
}

/* Values. */

enum value_kind { VALUE_TOKEN, VALUE_STRING, VALUE_RANGE };
struct value {
    enum value_kind kind;
    bool negated;
    struct bytes text; /* of a token or string */
    double from, to;   /* of a range */
};

static struct bytes unquote(struct bytes value)
{
    value = bytes_trim(value);
    if (value.length >= 2 && value.at[0] == '"' && value.at[value.length - 1] == '"')
        return bytes_first(bytes_skip(value, 1), value.length - 2);
    return value;
}

/* number = [ "+" / "-" ] 1*DIGIT [ "." 0*DIGIT ] (RFC 3840 9); false: it is none. */
static bool read_number(struct bytes text, double *number)
{
    double value = 0, unit = 1;
    bool minus = text.length > 0 && text.at[0] == '-', point = false, digits = false;
    if (minus || (text.length > 0 && text.at[0] == '+'))
        text = bytes_skip(text, 1);
    for (size_t i = 0; i < text.length; i++) {
        char c = text.at[i];
        if (c == '.' && !point) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9')
            return false;
        digits = true;
        value = point ? value + (c - '0') * (unit /= 10) : value * 10 + (c - '0');
    }
    *number = minus ? -value : value;
    return digits;
}

static bool read_range(struct bytes text, struct value *value)
{
    const double without_end = 1e300;
    struct bytes rest = text;
    value->kind = VALUE_RANGE;
    value->from = -without_end;
    value->to = without_end;
    if (bytes_starts_with(text, BYTES(">=")))
        return read_number(bytes_skip(text, 2), &value->from);
    if (bytes_starts_with(text, BYTES("<=")))
        return read_number(bytes_skip(text, 2), &value->to);
    if (bytes_starts_with(text, BYTES("=")))
        return read_number(bytes_skip(text, 1), &value->from) && (value->to = value->from, true);
    return read_number(bytes_split(&rest, ':'), &value->from) && read_number(rest, &value->to);
}

/* A malformed number is a word like any other. */
static struct value value_parse(struct bytes text)
{
    struct value value = {.kind = VALUE_TOKEN};
    text = bytes_trim(text);
    value.negated = text.length > 0 && text.at[0] == '!';
    if (value.negated)
        text = bytes_skip(text, 1);
    value.text = text;
    if (text.length > 0 && text.at[0] == '#' && read_range(bytes_skip(text, 1), &value))
        return value;
    value.kind = VALUE_TOKEN;
    if (text.length >= 2 && text.at[0] == '<' && text.at[text.length - 1] == '>')
        value.kind = VALUE_STRING; /* compared with regard to case (7.2.4) */
    return value;
}

/* The next value of a list; a string is the only one of its list. False at the end. */
static bool next_value(struct bytes *rest, struct value *value)
{
    if (bytes_empty(*rest))
        return false;
    struct bytes text = *rest;
    if (text.at[0] == '<')
        *rest = BYTES("");
    else
        text = bytes_split(rest, ',');
    *value = value_parse(text);
    return true;
}

static bool value_same(const struct value *a, const struct value *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == VALUE_RANGE)
        return a->from <= b->to && b->from <= a->to;
    return a->kind == VALUE_STRING ? bytes_equal(a->text, b->text)
                                   : bytes_equal_nocase(a->text, b->text);
}

/* True when all that `inner` allows `outer` allows, too. */
static bool value_within(const struct value *inner, const struct value *outer)
{
    if (inner->kind == VALUE_RANGE && outer->kind == VALUE_RANGE)
        return inner->from >= outer->from && inner->to <= outer->to;
    return value_same(inner, outer);
}

/* True when something satisfies both. What two negations leave over is never empty, but for numbers
 * without end, which nobody writes so. */
static bool value_agrees(const struct value *a, const struct value *b)
{
    if (a->negated && b->negated)
        return true;
    if (a->negated)
        return !value_within(b, a);
    if (b->negated)
        return !value_within(a, b);
    return value_same(a, b);
}

static bool lists_agree(struct bytes one, struct bytes other)
{
    struct value a, b;
    const struct bytes without = BYTES("TRUE"); /* no value (section 8) */
    one = one.at != NULL ? unquote(one) : without;
    other = other.at != NULL ? unquote(other) : without;
    while (next_value(&one, &a))
        for (struct bytes rest = other; next_value(&rest, &b);)
            if (value_agrees(&a, &b))
                return true;
    return false;
}

/* Judging. */

struct comparison {
    bool matches;
    unsigned named; /* of the rule's tags, by the contact */
};

static struct comparison compare(struct bytes rule, struct bytes features)
{
    struct comparison result = {true, 0};
    struct tag tag;
    struct bytes wanted, offered;
    while (next_term(&rule, &tag, &wanted)) {
        if (!find_term(features, &tag, &offered))
            continue;
        result.named++;
        result.matches = result.matches && lists_agree(wanted, offered);
    }
    return result;
}

static bool is_rejected(const struct preferences *preferences, struct bytes features)
{
    for (unsigned i = 0; i < preferences->count; i++) {
        const struct preference_rule *rule = &preferences->rules[i];
        if (!rule->reject)
            continue;
        struct comparison result = compare(rule->parameters, features);
        if (result.named == rule->terms && result.matches)
            return true;
    }
    return false;
}

/* Figure 1 of RFC 3841: false when the contact is dropped. */
static bool score_of(const struct preference_rule *rule, unsigned named, unsigned *score)
{
    *score = rule->terms > 0 ? named * WHOLE / rule->terms : WHOLE;
    if (named == rule->terms || !rule->explicit_only)
        return true;
    *score = 0;
    return !rule->require;
}

bool preferences_judge(const struct preferences *preferences, struct bytes features,
                       unsigned *score)
{
    unsigned sum = 0, matched = 0, accepts = 0, one;
    *score = WHOLE;
    if (preferences->count == 0 || count_terms(features) == 0)
        return true;
    if (is_rejected(preferences, features))
        return false;
    for (unsigned i = 0; i < preferences->count; i++) {
        const struct preference_rule *rule = &preferences->rules[i];
        if (rule->reject)
            continue;
        accepts++;
        struct comparison result = compare(rule->parameters, features);
        if (!result.matches && rule->require)
            return false;
        if (!result.matches)
            continue;
        if (!score_of(rule, result.named, &one))
            return false;
        matched++;
        sum += one;
    }
    if (accepts > 0)
        *score = matched > 0 ? sum / matched : 0;
    return true;
}

/* Reading. */

struct reading {
    struct preferences *preferences;
    unsigned terms;
    size_t bytes;
};

/* "*" and parameters; what begins otherwise is none (RFC 3841 10), and asks for nothing. */
static bool read_rule(struct reading *reading, struct bytes value, bool reject)
{
    struct preferences *preferences = reading->preferences;
    struct bytes ignored;
    value = bytes_trim(value);
    if (value.length == 0 || value.at[0] != '*')
        return true;
    struct bytes parameters = bytes_trim(bytes_skip(value, 1));
    struct preference_rule rule = {
        .parameters = parameters,
        .terms = count_terms(parameters),
        .reject = reject,
        .require = !reject && sip_parameter(parameters, "require", &ignored),
        .explicit_only = !reject && sip_parameter(parameters, "explicit", &ignored),
    };
    reading->terms += rule.terms;
    reading->bytes += parameters.length;
    if (preferences->count == PREFERENCE_RULES_MAX || reading->terms > PREFERENCE_TERMS_MAX ||
        reading->bytes > PREFERENCE_BYTES_MAX)
        return false;
    preferences->rules[preferences->count++] = rule;
    return true;
}

static bool read_rules(struct reading *reading, const struct sip_message *request,
                       enum sip_header id)
{
    struct sip_values values = sip_values_of(request, id);
    struct bytes value;
    while (sip_values_next(&values, &value))
        if (!read_rule(reading, value, id == SIP_REJECT_CONTACT))
            return false;
    return true;
}

/* RFC 3841 7.2.2. */
static void imply(const struct sip_message *request, struct preferences *preferences)
{
    struct buffer out = buffer_over(preferences->implicit, sizeof(preferences->implicit));
    struct sip_event event;
    buffer_text(&out, ";methods=\"");
    buffer_put(&out, request->method_name);
    buffer_char(&out, '"');
    if (request->method == SIP_SUBSCRIBE &&
        verdict_ok(sip_event_parse(sip_message_value(request, SIP_EVENT), &event))) {
        buffer_text(&out, ";events=\"");
        buffer_put(&out, event.type);
        buffer_char(&out, '"');
    }
    if (out.overflow) /* a method or event that no contact names */
        return;
    struct bytes parameters = buffer_bytes(&out);
    preferences->rules[preferences->count++] = (struct preference_rule){
        .parameters = parameters, .terms = count_terms(parameters), .require = true};
}

bool preferences_are_given(const struct sip_message *request)
{
    return request->first[SIP_ACCEPT_CONTACT] >= 0 || request->first[SIP_REJECT_CONTACT] >= 0;
}

struct verdict preferences_read(const struct sip_message *request, struct preferences *preferences)
{
    struct reading reading = {preferences, 0, 0};
    preferences->count = 0;
    preferences->implied = !preferences_are_given(request);
    if (preferences->implied)
        imply(request, preferences);
    else if (!read_rules(&reading, request, SIP_ACCEPT_CONTACT) ||
             !read_rules(&reading, request, SIP_REJECT_CONTACT))
        return verdict(400, "There are too many caller preferences", 0);
    return VERDICT_OK;
}

struct disposition disposition_read(const struct sip_message *request)
{
    struct disposition wish = {false};
    struct sip_values values = sip_values_of(request, SIP_REQUEST_DISPOSITION);
    const struct {
        const char *word;
        bool *wish;
    } words[] = {
        {"proxy", &wish.proxy},     {"redirect", &wish.redirect}, {"no-cancel", &wish.no_cancel},
        {"no-fork", &wish.no_fork}, {"parallel", &wish.parallel}, {"sequential", &wish.sequential},
    };
    struct bytes value;
    while (sip_values_next(&values, &value))
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
            if (bytes_equal_nocase(value, bytes_of(words[i].word)))
                *words[i].wish = true;
    return wish;
}
