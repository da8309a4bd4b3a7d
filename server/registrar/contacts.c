/* contacts.c: the Contact fields of a REGISTER. */
#include "registrar/contacts_internal.h"

#include "registrar/sleep_internal.h"
#include "sip/write.h"

enum {
    MALFORMED_EXPIRES_S = 3600, /* RFC 3261 10.2.1.1 */
    NEVER_BRIEF_S = 3600,       /* 423 is for less alone (10.3 step 7) */
    REG_ID_MOST = INT32_MAX     /* RFC 5626 10 */
};

/* The parameters of a Contact that mean something to us. */
enum parameter {
    OTHER,
    EXPIRES,
    Q,
    INSTANCE,
    REG_ID,
    PUBLIC_GRUU,
    TEMPORARY_GRUU,
    REFRESHES,
    PARAMETERS
};

static const struct bytes names[PARAMETERS] = {
    [EXPIRES] = {"expires", 7},         [Q] = {"q", 1},
    [INSTANCE] = {"+sip.instance", 13}, [REG_ID] = {"reg-id", 6},
    [PUBLIC_GRUU] = {"pub-gruu", 8},    [TEMPORARY_GRUU] = {"temp-gruu", 9},
    [REFRESHES] = {"+sip.pnsreg", 11},
};

/* Their values in one Contact; the first of a name counts. */
struct found {
    bool is[PARAMETERS], twice[PARAMETERS];
    struct bytes value[PARAMETERS];
};

static enum parameter parameter_of(struct bytes name)
{
    for (int i = EXPIRES; i < PARAMETERS; i++)
        if (bytes_equal_nocase(name, names[i]))
            return (enum parameter)i;
    return OTHER;
}

static uint32_t lifetime(struct bytes text)
{
    uint32_t seconds;
    uint64_t large;
    if (bytes_to_u32(text, &seconds))
        return seconds;
    return bytes_to_u64(text, &large) ? UINT32_MAX : MALFORMED_EXPIRES_S;
}

/* The registrar keeps all parameters but those that it answers itself, of which GRUUs are not the
 * client's to choose (RFC 5627 5.1). */
static bool is_kept(enum parameter parameter)
{
    return parameter == OTHER || parameter == INSTANCE || parameter == REG_ID ||
           parameter == REFRESHES;
}

static void keep(struct buffer *kept, struct bytes name, struct bytes value)
{
    buffer_char(kept, ';');
    buffer_put(kept, name);
    if (bytes_empty(value))
        return;
    buffer_char(kept, '=');
    /* folds may stand inside of quotes */
    sip_write_unfolded(kept, value);
}

static bool read_parameters(struct contact_wish *wish, struct found *found)
{
    struct buffer kept = buffer_over(wish->parameters, sizeof(wish->parameters));
    struct bytes rest = wish->address.parameters, name, value;
    while (sip_parameter_next(&rest, &name, &value)) {
        enum parameter parameter = parameter_of(name);
        if (is_kept(parameter))
            keep(&kept, name, value);
        found->twice[parameter] = found->is[parameter];
        if (!found->is[parameter])
            found->value[parameter] = value;
        found->is[parameter] = true;
    }
    wish->parameters_length = kept.length;
    return !kept.overflow;
}

/* Who is woken to refresh needs the time for that (RFC 8599 5.6.1.1), and may sleep for longer. */
static struct verdict read_lifetime(struct contact_wish *wish, const struct found *found,
                                    uint32_t usual, const struct registrar_settings *settings)
{
    uint32_t least_s = settings->expires_least_s, most_s = settings->expires_most_s;
    wish->expires_s = found->is[EXPIRES] ? lifetime(found->value[EXPIRES]) : usual;
    if (sleep_is_served(settings, &wish->pn)) {
        least_s += settings->wake_ahead_s;
        if (most_s < settings->expires_most_asleep_s)
            most_s = settings->expires_most_asleep_s;
    }
    wish->least_s = least_s;
    if (wish->expires_s > 0 && wish->expires_s < least_s && wish->expires_s < NEVER_BRIEF_S)
        return verdict(423, NULL, 0);
    if (wish->expires_s > most_s)
        wish->expires_s = most_s;
    return VERDICT_OK;
}

/* RFC 5626 6: a reg-id without an instance is ignored. */
static struct verdict read_device(struct contact_wish *wish, const struct found *found)
{
    struct buffer instance = buffer_over(wish->instance, sizeof(wish->instance));
    wish->reg_id = 0;
    if (found->twice[INSTANCE] || found->twice[REG_ID])
        return verdict(400, "A Contact has two of +sip.instance or reg-id", 0);
    if (found->is[INSTANCE] && !gruu_write_instance(found->value[INSTANCE], &instance))
        return verdict(400, "A +sip.instance must be \"<a URN>\"", 0);
    wish->instance_length = instance.length;
    if (found->is[REG_ID] && (!bytes_to_u32(found->value[REG_ID], &wish->reg_id) ||
                              wish->reg_id < 1 || wish->reg_id > REG_ID_MOST))
        return verdict(400, "A reg-id must be a number from 1 to 2147483647", 0);
    if (!found->is[INSTANCE])
        wish->reg_id = 0;
    return VERDICT_OK;
}

/* RFC 5627 5.1 wants 403 for what has an instance; the rest is our own choice. */
static struct verdict judge_scheme(const struct contact_wish *wish)
{
    enum sip_scheme scheme = wish->address.uri.scheme;
    if (scheme == SIP_SCHEME_SIP || scheme == SIP_SCHEME_SIPS)
        return VERDICT_OK;
    return verdict(wish->instance_length > 0 ? 403 : 400, "A Contact must be a SIP URI", 0);
}

static struct verdict read_wish(struct bytes element, uint32_t usual,
                                const struct registrar_settings *settings,
                                struct contact_wish *wish)
{
    struct found found = {0};
    struct verdict v = sip_address_parse(element, &wish->address);
    if (!verdict_ok(v))
        return verdict(400, "A Contact is malformed", v.offset);
    if (wish->address.star)
        return VERDICT_OK;
    if (element.length > settings->contact_max_bytes || !read_parameters(wish, &found))
        return verdict(400, "A Contact is too long", 0);
    if (sip_uri_extras(&wish->address.uri) > settings->contact_extras_max)
        return verdict(400, "The URI of a Contact has too many parameters", 0);
    wish->pn = sleep_read(&wish->address.uri);
    wish->refreshes = found.is[REFRESHES];
    v = read_device(wish, &found);
    if (verdict_ok(v))
        v = judge_scheme(wish);
    if (!verdict_ok(v))
        return v;
    wish->q = 1000;
    if (found.is[Q] && !sip_q_parse(found.value[Q], &wish->q))
        return verdict(400, "The q of a Contact is malformed", 0);
    return read_lifetime(wish, &found, usual, settings);
}

/* "*" stands alone, with Expires: 0 (RFC 3261 10.3 step 6). */
static struct verdict judge_star(const struct contacts *contacts, uint32_t usual)
{
    if (contacts->count != 1 || usual != 0)
        return verdict(400, "Contact: * must stand alone, with Expires: 0", 0);
    return VERDICT_OK;
}

/* RFC 5626 6: reg-ids count when nothing stands between us and the client, or a first hop that
 * knows what they mean; and one binding is made at a time. */
static struct verdict judge_outbound(struct contacts *contacts, const struct features *features)
{
    bool counts = features->direct || features->edge;
    size_t made = 0;
    for (size_t i = 0; i < contacts->count; i++) {
        struct contact_wish *wish = &contacts->wishes[i];
        if (wish->reg_id > 0 && !counts && features->outbound)
            return verdict(439, NULL, 0);
        if (!counts)
            wish->reg_id = 0;
        made += wish->expires_s > 0;
        contacts->outbound = contacts->outbound || wish->reg_id > 0;
    }
    for (size_t i = 0; i < contacts->count && made > 1; i++)
        if (contacts->wishes[i].reg_id > 0 && contacts->wishes[i].expires_s > 0)
            return verdict(400, "A REGISTER with reg-id makes one binding alone", 0);
    return VERDICT_OK;
}

/* Each binding that there may be can have one Contact that ends it and one that makes it anew; who
 * sends more has us compare them for nothing. */
static struct verdict judge_count(struct contacts *contacts,
                                  const struct registrar_settings *settings)
{
    contacts->limited =
        contacts->count == CONTACTS_MAX || contacts->count >= 2 * (size_t)settings->bindings_max;
    if (contacts->count == CONTACTS_MAX)
        return verdict(400, "There are too many Contacts", 0);
    return contacts->limited ? verdict(403, "There are too many Contacts for one user", 0)
                             : VERDICT_OK;
}

struct verdict contacts_read(const struct sip_message *request,
                             const struct registrar_settings *settings,
                             const struct features *features, struct contacts *contacts)
{
    uint32_t usual = settings->expires_usual_s;
    struct bytes expires = sip_message_value(request, SIP_EXPIRES), element;
    if (sip_message_field(request, SIP_EXPIRES) != NULL)
        usual = lifetime(expires);
    struct sip_values values = sip_values_of(request, SIP_CONTACT);
    contacts->count = 0;
    contacts->star = contacts->outbound = contacts->limited = contacts->served_before = false;
    while (sip_values_next(&values, &element)) {
        struct verdict v = judge_count(contacts, settings);
        if (!verdict_ok(v))
            return v;
        struct contact_wish *wish = &contacts->wishes[contacts->count++];
        v = read_wish(element, usual, settings, wish);
        contacts->least_s = wish->least_s;
        if (!verdict_ok(v))
            return v;
        contacts->star = contacts->star || wish->address.star;
    }
    if (contacts->star)
        return judge_star(contacts, usual);
    struct verdict v = sleep_judge(settings, request, contacts);
    return verdict_ok(v) ? judge_outbound(contacts, features) : v;
}
