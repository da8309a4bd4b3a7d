/* preferences_fuzz.c: up to the first line feed the parameters of a contact, behind it a message.
 * What is read is bounded; a score is a share; an immune contact is never dropped; a contact that
 * repeats a rule word for word is not rejected by what it lacks. */
#include "fuzz.h"
#include "proxy/preferences.h"

static void check_rules(const struct preferences *preferences, struct bytes raw)
{
    unsigned terms = 0;
    insist(preferences->count <= PREFERENCE_RULES_MAX);
    for (unsigned i = 0; i < preferences->count; i++) {
        const struct preference_rule *rule = &preferences->rules[i];
        if (!preferences->implied)
            insist_inside(rule->parameters, raw);
        insist(!rule->reject || (!rule->require && !rule->explicit_only));
        terms += rule->terms;
    }
    insist(terms <= PREFERENCE_TERMS_MAX);
}

static void check_message(const struct sip_message *message, struct bytes features,
                          struct bytes raw)
{
    struct preferences preferences;
    unsigned score = 5000;
    (void)disposition_read(message);
    struct verdict v = preferences_read(message, &preferences);
    insist(verdict_ok(v) || v.status == 400);
    check_rules(&preferences, raw);
    if (preferences_judge(&preferences, features, &score))
        insist(score <= 1000);
    insist(preferences_judge(&preferences, BYTES(";q=0.5"), &score) && score == 1000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = exact_copy(data, size);
    struct bytes raw = bytes_from(text, size), rest = raw;
    struct bytes features = bytes_split(&rest, '\n');
    struct sip_message message;
    if (verdict_ok(sip_message_parse(rest, false, &message)) && message.request)
        check_message(&message, features, raw);
    free(text);
    return 0;
}
