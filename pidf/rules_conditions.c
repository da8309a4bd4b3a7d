/* rules_conditions.c: whom and when a rule is for (RFC 4745 7).
 *
 * Identities are written in their one form now, so that matching is comparing bytes. What names
 * nobody is left out. An extension within <one> or <many> could say whom it is not for, so such an
 * element names nobody: a rule that we do not fully understand permits nothing. */
#include <assert.h>
#include <stdlib.h>

#include "fold_internal.h"
#include "moment_internal.h"
#include "rules_internal.h"

enum { NAME_MAX_BYTES = 2048 };

static int compare_names(const void *a, const void *b)
{
    return bytes_compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

static void set_sort(struct name_set *set)
{
    if (set->count > 0)
        qsort(set->names, set->count, sizeof(*set->names), compare_names);
}

static void set_reserve(struct rules_reader *reader, struct name_set *set, size_t size)
{
    set->names = arena_alloc(&reader->rules->arena, (size + 1) * sizeof(*set->names));
    set->size = size;
}

static void set_add(struct rules_reader *reader, struct name_set *set, struct bytes name)
{
    assert(set->count < set->size);
    set->names[set->count++] = arena_copy(&reader->rules->arena, name);
}

/* Adds an identity; one that names nobody is passed over. */
static void add_id(struct rules_reader *reader, struct name_set *set, struct bytes uri)
{
    char text[NAME_MAX_BYTES];
    struct buffer name = buffer_over(text, sizeof(text));
    if (reader->names->write(reader->names->context, uri, &name) && !name.overflow &&
        name.length > 0)
        set_add(reader, set, buffer_bytes(&name));
}

struct bytes rules_domain_of(struct bytes identity)
{
    size_t at = identity.length;
    while (at > 0 && identity.at[at - 1] != '@')
        at--;
    return bytes_skip(identity, at);
}

bool rules_write_domain(const struct rules_names *names, struct bytes domain, struct buffer *name)
{
    char folded_text[NAME_MAX_BYTES], uri_text[NAME_MAX_BYTES + 4];
    struct buffer folded = buffer_over(folded_text, sizeof(folded_text));
    struct buffer uri = buffer_over(uri_text, sizeof(uri_text));
    if (!fold_domain(domain, &folded) || folded.overflow)
        return false;
    buffer_text(&uri, "sip:");
    buffer_put(&uri, buffer_bytes(&folded));
    if (names->write(names->context, buffer_bytes(&uri), name) && !name->overflow)
        return true;
    *name = buffer_over(name->at, name->size);
    buffer_put(name, buffer_bytes(&folded));
    return !name->overflow;
}

static void add_domain(struct rules_reader *reader, struct name_set *set, struct bytes domain)
{
    char text[NAME_MAX_BYTES];
    struct buffer name = buffer_over(text, sizeof(text));
    if (rules_write_domain(reader->names, domain, &name))
        set_add(reader, set, buffer_bytes(&name));
}

/* <one> and <except id> name one user by a URI, and never a domain (RFC 4745 7.2). */
static bool take_one(struct rules_reader *reader, const xmlNode *node, struct condition *identity)
{
    struct bytes id = rules_attribute(reader, node, "id");
    const xmlNode *extension;
    if (id.at == NULL)
        return rules_fail(reader, node, 400, "one has no id");
    if (rules_attribute(reader, node, "domain").at != NULL)
        return rules_fail(reader, node, 400, "one has a domain; many is for domains");
    if (!rules_count(reader, node) || !rules_first(reader, node, &extension))
        return false;
    if (extension == NULL)
        add_id(reader, &identity->ones, id);
    return true;
}

static bool take_except(struct rules_reader *reader, const xmlNode *node, struct many *many)
{
    struct bytes id = rules_attribute(reader, node, "id");
    struct bytes domain = rules_attribute(reader, node, "domain");
    if ((id.at == NULL) == (domain.at == NULL))
        return rules_fail(reader, node, 400, "except must have an id or a domain");
    if (!rules_count(reader, node))
        return false;
    if (id.at != NULL)
        add_id(reader, &many->not_ids, id);
    else
        add_domain(reader, &many->not_domains, domain);
    return true;
}

/* The domain of <many>; false: there is none of this name, so nobody is meant. */
static bool take_domain(struct rules_reader *reader, struct bytes domain, struct many *many)
{
    char text[NAME_MAX_BYTES];
    struct buffer name = buffer_over(text, sizeof(text));
    many->of_domain = domain.at != NULL;
    if (!many->of_domain)
        return true;
    if (!rules_write_domain(reader->names, domain, &name))
        return false;
    many->domain = arena_copy(&reader->rules->arena, buffer_bytes(&name));
    return true;
}

static bool take_many(struct rules_reader *reader, const xmlNode *node, struct condition *identity)
{
    struct many *many = &identity->manies[identity->many_count];
    size_t children = xmlChildElementCount((xmlNode *)node);
    const xmlNode *child;
    *many = (struct many){0}; /* one that named nobody may have left something here */
    bool known = take_domain(reader, rules_attribute(reader, node, "domain"), many);
    set_reserve(reader, &many->not_ids, children);
    set_reserve(reader, &many->not_domains, children);
    if (!rules_count(reader, node) || !rules_first(reader, node, &child))
        return false;
    while (child != NULL) {
        bool except = rules_is(child, RULES_COMMON, "except");
        if (except && !take_except(reader, child, many))
            return false;
        known = known && except;
        if (!rules_next(reader, &child))
            return false;
    }
    set_sort(&many->not_ids);
    set_sort(&many->not_domains);
    identity->many_count += known;
    return true;
}

static bool is_common(const xmlNode *node)
{
    return node->ns != NULL && strcmp((const char *)node->ns->href, RULES_COMMON) == 0;
}

static bool take_identity(struct rules_reader *reader, const xmlNode *node,
                          struct condition *identity)
{
    size_t children = xmlChildElementCount((xmlNode *)node);
    const xmlNode *child;
    identity->kind = CONDITION_IDENTITY;
    set_reserve(reader, &identity->ones, children);
    identity->manies =
        arena_alloc(&reader->rules->arena, (children + 1) * sizeof(*identity->manies));
    if (!rules_first(reader, node, &child))
        return false;
    if (child == NULL)
        return rules_fail(reader, node, 400, "identity names nobody; leave it out for everybody");
    while (child != NULL) {
        bool good = true;
        if (rules_is(child, RULES_COMMON, "one"))
            good = take_one(reader, child, identity);
        else if (rules_is(child, RULES_COMMON, "many"))
            good = take_many(reader, child, identity);
        else if (is_common(child))
            good = rules_fail(reader, child, 400, "identity has nothing but one and many");
        if (!good || !rules_next(reader, &child))
            return false;
    }
    set_sort(&identity->ones);
    return true;
}

static bool take_sphere(struct rules_reader *reader, const xmlNode *node, struct condition *sphere)
{
    struct bytes tokens = rules_attribute(reader, node, "value");
    sphere->kind = CONDITION_SPHERE;
    if (tokens.at == NULL)
        return rules_fail(reader, node, 400, "sphere has no value");
    sphere->spheres = arena_copy(&reader->rules->arena, tokens);
    reader->rules->uses_sphere = true;
    return true;
}

/* A date of a pair; moves to the element behind it. */
static bool take_moment(struct rules_reader *reader, const xmlNode *parent, const char *name,
                        const xmlNode **node, uint64_t *wall_ms)
{
    if (*node == NULL || !rules_is(*node, RULES_COMMON, name))
        return rules_fail(reader, *node != NULL ? *node : parent, 400,
                          "validity has pairs of from and until (RFC 4745 7.4)");
    if (!moment_parse(rules_text(reader, *node), wall_ms))
        return rules_fail(reader, *node, 400,
                          "this is no date and time; write 2026-05-04T10:20:00+02:00");
    return rules_next(reader, node);
}

static bool take_validity(struct rules_reader *reader, const xmlNode *node,
                          struct condition *validity)
{
    size_t children = xmlChildElementCount((xmlNode *)node);
    const xmlNode *child;
    validity->kind = CONDITION_VALIDITY;
    validity->periods =
        arena_alloc(&reader->rules->arena, (children / 2 + 1) * sizeof(*validity->periods));
    if (!rules_first(reader, node, &child))
        return false;
    if (child == NULL)
        return rules_fail(reader, node, 400, "validity is empty");
    while (child != NULL) {
        struct period *period = &validity->periods[validity->period_count];
        if (!take_moment(reader, node, "from", &child, &period->from_ms) ||
            !take_moment(reader, node, "until", &child, &period->until_ms))
            return false;
        if (!rules_count(reader, node))
            return false;
        validity->period_count++;
    }
    return true;
}

static bool take_condition(struct rules_reader *reader, const xmlNode *node,
                           struct condition *condition)
{
    if (rules_is(node, RULES_COMMON, "identity"))
        return take_identity(reader, node, condition);
    if (rules_is(node, RULES_COMMON, "sphere"))
        return take_sphere(reader, node, condition);
    if (rules_is(node, RULES_COMMON, "validity"))
        return take_validity(reader, node, condition);
    condition->kind = CONDITION_NEVER;
    return !is_common(node) ||
           rules_fail(reader, node, 400, "there is no such condition in RFC 4745");
}

bool rules_take_conditions(struct rules_reader *reader, const xmlNode *node, struct rule *rule)
{
    size_t children = node != NULL ? xmlChildElementCount((xmlNode *)node) : 0;
    const xmlNode *child = NULL;
    if (children > reader->limits->conditions)
        return rules_fail(reader, node, 413, "a rule has too many conditions");
    rule->conditions =
        arena_alloc(&reader->rules->arena, (children + 1) * sizeof(*rule->conditions));
    if (node != NULL && !rules_first(reader, node, &child))
        return false;
    while (child != NULL) {
        if (!take_condition(reader, child, &rule->conditions[rule->condition_count++]) ||
            !rules_next(reader, &child))
            return false;
    }
    return true;
}
