/* filter_read.c: from a filter-set's tree to filters, in the order of its schema (RFC 4661 7).
 *
 *   filter-set --> ns-bindings? --> filter+
 *                                     what?    --> include* exclude*
 *                                     trigger* --> changed* added* removed*
 *
 * The order counts: what is not aligned with the schema is refused (RFC 4660 5.4). Elements of
 * other namespaces are extensions, which may be passed over (RFC 4661 4). */
#include <assert.h>

#include "filter_internal.h"
#include "node_internal.h"

struct reader {
    struct filter_draft *draft;
    struct path_binding items[FILTER_BINDINGS_MOST];
    struct path_bindings bindings;
    struct verdict fault;
    struct text gathered;
};

static bool fail(struct reader *reader, const xmlNode *node, unsigned status, const char *reason)
{
    if (verdict_ok(reader->fault))
        reader->fault = verdict(status, reason, (size_t)xmlGetLineNo(node));
    return false;
}

/* The next element of simple-filter at or behind `node`; NULL: none. */
static const xmlNode *next_element(const xmlNode *node)
{
    while (node != NULL &&
           (node->type != XML_ELEMENT_NODE || strcmp(node_space_uri(node), FILTER_NAMESPACE) != 0))
        node = node->next;
    return node;
}

static void gather(struct text *text, const xmlNode *node)
{
    for (; node != NULL; node = node->next)
        if (node->type != XML_ELEMENT_NODE && node->content != NULL)
            text_put(text, bytes_of((const char *)node->content));
}

/* The text of these nodes without blanks around it, kept with the draft. */
static struct bytes keep_text(struct reader *reader, const xmlNode *first)
{
    reader->gathered.length = 0;
    gather(&reader->gathered, first);
    return arena_copy(reader->draft->arena, bytes_trim(text_bytes(&reader->gathered)));
}

/* An attribute's value; false: there is none. */
static bool find_value(struct reader *reader, const xmlNode *node, const char *name,
                       struct bytes *value)
{
    *value = BYTES("");
    for (const xmlAttr *at = node->properties; at != NULL; at = at->next)
        if (at->ns == NULL && strcmp((const char *)at->name, name) == 0) {
            *value = keep_text(reader, at->children);
            return true;
        }
    return false;
}

/* An xs:boolean; `*value` stays when it is not there. */
static bool read_flag(struct reader *reader, const xmlNode *node, const char *name, bool *value)
{
    struct bytes text;
    if (!find_value(reader, node, name, &text))
        return true;
    bool is_true = bytes_equal(text, BYTES("true")) || bytes_equal(text, BYTES("1"));
    if (!is_true && !bytes_equal(text, BYTES("false")) && !bytes_equal(text, BYTES("0")))
        return fail(reader, node, 488, "an attribute of a filter is neither true nor false");
    *value = is_true;
    return true;
}

/* Bindings. */

static bool read_binding(struct reader *reader, const xmlNode *node)
{
    struct path_binding binding;
    if (!node_named(node, "ns-binding") || !find_value(reader, node, "prefix", &binding.prefix) ||
        !find_value(reader, node, "urn", &binding.uri))
        return fail(reader, node, 488, "ns-bindings holds something else than a whole ns-binding");
    for (size_t i = 0; i < reader->bindings.count; i++)
        if (bytes_equal(reader->items[i].prefix, binding.prefix))
            return fail(reader, node, 488, "a prefix is bound twice");
    if (reader->bindings.count == FILTER_BINDINGS_MOST)
        return fail(reader, node, 413, "there are too many namespaces");
    reader->items[reader->bindings.count++] = binding;
    return true;
}

static bool read_bindings(struct reader *reader, const xmlNode *node)
{
    const xmlNode *child = next_element(node->children);
    if (child == NULL)
        return fail(reader, node, 488, "ns-bindings is empty");
    for (; child != NULL; child = next_element(child->next))
        if (!read_binding(reader, child))
            return false;
    return true;
}

/* Expressions. */

static unsigned count_steps(const struct path *path)
{
    unsigned count = path->step_count + path->on_attribute;
    for (unsigned i = 0; i < path->step_count; i++)
        for (unsigned j = 0; j < path->steps[i].term_count; j++)
            count += 1 + path->steps[i].terms[j].name_count;
    return count;
}

static bool read_path(struct reader *reader, const xmlNode *node, bool conditions,
                      struct path *path)
{
    struct filter_draft *draft = reader->draft;
    struct bytes text = keep_text(reader, node->children);
    struct verdict result = path_parse(text, conditions, &reader->bindings, draft->arena, path);
    if (!verdict_ok(result))
        return fail(reader, node, result.status, result.reason);
    draft->steps += count_steps(path);
    if (draft->steps > FILTER_STEPS_MOST)
        return fail(reader, node, 413, "the expressions have too many steps together");
    return true;
}

/* Content. */

static bool read_part(struct reader *reader, const xmlNode *node, struct filter_part *part)
{
    struct bytes type;
    bool has_type = find_value(reader, node, "type", &type);
    if (has_type && bytes_equal(type, BYTES("namespace"))) {
        part->is_namespace = true;
        part->space = keep_text(reader, node->children);
        return true;
    }
    if (has_type && !bytes_equal(type, BYTES("xpath")))
        return fail(reader, node, 488, "the type of an expression is neither xpath nor namespace");
    return read_path(reader, node, true, &part->path);
}

/* Counts the elements of a name from `*at` on and moves it behind them. */
static unsigned count_run(const xmlNode **at, const char *name)
{
    unsigned count = 0;
    for (; *at != NULL && node_named(*at, name); *at = next_element((*at)->next))
        count++;
    return count;
}

static bool read_parts(struct reader *reader, const xmlNode **at, const char *name,
                       struct filter_part **parts, unsigned *count)
{
    const xmlNode *node = *at;
    *count = count_run(at, name);
    if (*count > FILTER_PARTS_MOST)
        return fail(reader, node, 413, "a filter includes or excludes too many things");
    *parts = arena_alloc(reader->draft->arena, (*count + 1) * sizeof(**parts));
    for (unsigned i = 0; i < *count; i++, node = next_element(node->next))
        if (!read_part(reader, node, &(*parts)[i]))
            return false;
    return true;
}

static bool read_what(struct reader *reader, const xmlNode *node, struct filter *filter)
{
    const xmlNode *at = next_element(node->children);
    filter->has_what = true;
    if (!read_parts(reader, &at, "include", &filter->includes, &filter->include_count) ||
        !read_parts(reader, &at, "exclude", &filter->excludes, &filter->exclude_count))
        return false;
    if (at != NULL)
        return fail(reader, at, 488, "what holds something else than include before exclude");
    return true;
}

/* Triggers. */

static bool read_change(struct reader *reader, const xmlNode *node,
                        struct filter_condition *condition)
{
    double number;
    condition->has_from = find_value(reader, node, "from", &condition->from);
    condition->has_to = find_value(reader, node, "to", &condition->to);
    condition->has_by = find_value(reader, node, "by", &condition->by_text);
    if (!condition->has_by)
        return true;
    /* RFC 4661 3.6.1.4: with "by" the others are numbers too */
    if (!path_number(condition->by_text, &condition->by) ||
        (condition->has_from && !path_number(condition->from, &number)) ||
        (condition->has_to && !path_number(condition->to, &number)))
        return fail(reader, node, 488, "a change is not by a number, or from or to none");
    return true;
}

static bool read_condition(struct reader *reader, const xmlNode *node, enum filter_event event,
                           struct filter_condition *condition)
{
    condition->event = event;
    if (event == FILTER_CHANGED && !read_change(reader, node, condition))
        return false;
    return read_path(reader, node, false, &condition->path);
}

static bool read_trigger(struct reader *reader, const xmlNode *node, struct filter_trigger *trigger)
{
    static const char *const names[] = {"changed", "added", "removed"};
    const xmlNode *first = next_element(node->children), *at = first;
    unsigned counts[3];
    for (unsigned event = FILTER_CHANGED; event <= FILTER_REMOVED; event++)
        trigger->count += counts[event] = count_run(&at, names[event]);
    if (at != NULL)
        return fail(reader, at, 488,
                    "trigger holds something else than changed before added before removed");
    if (trigger->count > FILTER_PARTS_MOST)
        return fail(reader, node, 413, "a trigger has too many conditions");
    trigger->conditions =
        arena_alloc(reader->draft->arena, (trigger->count + 1) * sizeof(*trigger->conditions));
    struct filter_condition *condition = trigger->conditions;
    for (unsigned event = FILTER_CHANGED; event <= FILTER_REMOVED; event++)
        for (unsigned i = 0; i < counts[event]; i++, first = next_element(first->next))
            if (!read_condition(reader, first, (enum filter_event)event, condition++))
                return false;
    return true;
}

static bool read_triggers(struct reader *reader, const xmlNode **at, struct filter *filter)
{
    const xmlNode *node = *at;
    unsigned count = count_run(at, "trigger");
    if (count > FILTER_PARTS_MOST)
        return fail(reader, node, 413, "a filter has too many triggers");
    filter->has_triggers = count > 0;
    filter->triggers = arena_alloc(reader->draft->arena, (count + 1) * sizeof(*filter->triggers));
    for (; node != NULL && node != *at; node = next_element(node->next)) {
        struct filter_trigger *trigger = &filter->triggers[filter->trigger_count];
        if (!read_trigger(reader, node, trigger))
            return false;
        if (trigger->count > 0) /* RFC 4660 5.4: an empty one is none */
            filter->trigger_count++;
    }
    return true;
}

/* Addresses. */

/* Without scheme, parameters and header fields: resources are addresses-of-record. */
static struct bytes bare_address(struct bytes uri)
{
    static const char *const schemes[] = {"sip:", "sips:", "pres:", "im:"};
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        struct bytes scheme = bytes_of(schemes[i]);
        if (!bytes_equal_nocase(bytes_first(uri, scheme.length), scheme))
            continue;
        struct bytes rest = bytes_skip(uri, scheme.length);
        ptrdiff_t host = bytes_index(rest, '@');
        struct bytes behind = bytes_skip(rest, (size_t)(host + 1));
        struct bytes bare = bytes_split(&behind, '?');
        bare = bytes_split(&bare, ';');
        return bytes_first(rest, (size_t)(host + 1) + bare.length);
    }
    return uri;
}

static int hex_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The next character of a user part, its escape undone. */
static int take_character(struct bytes *rest)
{
    int high = rest->length > 2 ? hex_of(rest->at[1]) : -1;
    int low = rest->length > 2 ? hex_of(rest->at[2]) : -1;
    bool escaped = rest->at[0] == '%' && high >= 0 && low >= 0;
    int character = escaped ? high * 16 + low : (unsigned char)rest->at[0];
    *rest = bytes_skip(*rest, escaped ? 3 : 1);
    return character;
}

static bool same_user(struct bytes a, struct bytes b)
{
    while (!bytes_empty(a) && !bytes_empty(b))
        if (take_character(&a) != take_character(&b))
            return false;
    return bytes_empty(a) && bytes_empty(b);
}

/* RFC 3261 19.1.4 as far as it goes for an address-of-record: the user's case counts, the host's
 * does not. */
static bool same_address(struct bytes a, struct bytes b)
{
    struct bytes users[] = {bare_address(a), bare_address(b)}, hosts[2];
    for (int i = 0; i < 2; i++) {
        ptrdiff_t at = bytes_index(users[i], '@');
        hosts[i] = bytes_skip(users[i], (size_t)(at + 1));
        users[i] = bytes_first(users[i], at > 0 ? (size_t)at : 0);
    }
    return same_user(users[0], users[1]) && bytes_equal_nocase(hosts[0], hosts[1]);
}

static bool read_address(struct reader *reader, const xmlNode *node, struct filter *filter)
{
    const struct filter_draft *draft = reader->draft;
    struct bytes uri, domain;
    bool has_uri = find_value(reader, node, "uri", &uri);
    bool has_domain = find_value(reader, node, "domain", &domain);
    if (has_uri && has_domain)
        return fail(reader, node, 488, "a filter is for a uri and for a domain");
    if (has_domain) {
        bool ours = bytes_equal_nocase(domain, draft->domain);
        filter->aim = ours ? FILTER_FOR_DOMAIN : FILTER_FOR_OTHERS;
        filter->address = domain;
    } else if (has_uri) {
        bool ours = same_address(uri, draft->resource);
        filter->aim = ours ? FILTER_FOR_RESOURCE : FILTER_FOR_OTHERS;
        filter->address = uri;
    }
    return true;
}

/* Filters. */

static struct filter *find_filter(struct filter_draft *draft, struct bytes id)
{
    for (unsigned i = 0; i < draft->count; i++)
        if (bytes_equal(draft->filters[i].id, id))
            return &draft->filters[i];
    return NULL;
}

static void remove_filter(struct filter_draft *draft, struct filter *filter)
{
    struct filter *end = &draft->filters[draft->count--];
    memmove(filter, filter + 1, (size_t)(end - (filter + 1)) * sizeof(*filter));
}

/* Puts a filter in the place of the one with its id, or behind all. One without content only
 * enables or disables (RFC 4661 3.4). */
static bool put_filter(struct reader *reader, const xmlNode *node, const struct filter *filter)
{
    struct filter_draft *draft = reader->draft;
    struct filter *old = find_filter(draft, filter->id);
    bool has_content = filter->has_what || filter->has_triggers;
    if (old != NULL && !has_content) {
        old->enabled = filter->enabled;
        has_content = old->has_what || old->has_triggers;
    } else if (old != NULL) {
        *old = *filter;
    } else if (draft->count < FILTERS_MOST) {
        draft->filters[draft->count++] = *filter;
    } else {
        return fail(reader, node, 413, "there are too many filters");
    }
    if (filter->enabled && !has_content)
        return fail(reader, node, 488, "an enabled filter has neither what nor trigger");
    return true;
}

static bool read_content(struct reader *reader, const xmlNode *node, struct filter *filter)
{
    const xmlNode *at = next_element(node->children);
    if (at != NULL && node_named(at, "what")) {
        if (!read_what(reader, at, filter))
            return false;
        at = next_element(at->next);
    }
    if (!read_triggers(reader, &at, filter))
        return false;
    if (at != NULL)
        return fail(reader, at, 488, "filter holds something else than one what before triggers");
    return true;
}

static bool read_filter(struct reader *reader, const xmlNode *node)
{
    struct filter filter = {.enabled = true};
    bool remove = false;
    if (!find_value(reader, node, "id", &filter.id))
        return fail(reader, node, 488, "a filter has no id");
    if (!read_flag(reader, node, "enabled", &filter.enabled) ||
        !read_flag(reader, node, "remove", &remove) || !read_address(reader, node, &filter) ||
        !read_content(reader, node, &filter))
        return false;
    if (!remove)
        return put_filter(reader, node, &filter);
    struct filter *old = find_filter(reader->draft, filter.id);
    if (old != NULL)
        remove_filter(reader->draft, old);
    return true;
}

static bool ids_differ(struct reader *reader, const xmlNode *first)
{
    for (const xmlNode *a = first; a != NULL; a = next_element(a->next))
        for (const xmlNode *b = next_element(a->next); b != NULL; b = next_element(b->next)) {
            struct bytes ids[2];
            if (find_value(reader, a, "id", &ids[0]) && find_value(reader, b, "id", &ids[1]) &&
                bytes_equal(ids[0], ids[1]))
                return fail(reader, b, 488, "two filters have the same id");
        }
    return true;
}

/* RFC 4660 5.2: one filter for a resource, one for a domain. */
static bool addresses_differ(struct reader *reader, const xmlNode *root)
{
    const struct filter_draft *draft = reader->draft;
    for (unsigned i = 0; i < draft->count; i++)
        for (unsigned j = i + 1; j < draft->count; j++) {
            const struct filter *a = &draft->filters[i], *b = &draft->filters[j];
            if (a->aim == b->aim &&
                (a->aim != FILTER_FOR_OTHERS || same_address(a->address, b->address)))
                return fail(reader, root, 488, "two filters are for the same resource or domain");
        }
    return true;
}

static bool read_set(struct reader *reader, const xmlNode *root)
{
    if (strcmp(node_space_uri(root), FILTER_NAMESPACE) != 0 || !node_named(root, "filter-set"))
        return fail(reader, root, 488, "the root element is not a filter-set");
    const xmlNode *at = next_element(root->children);
    if (at != NULL && node_named(at, "ns-bindings")) {
        if (!read_bindings(reader, at))
            return false;
        at = next_element(at->next);
    }
    const xmlNode *first = at;
    unsigned count = count_run(&at, "filter");
    if (at != NULL || count == 0)
        return fail(reader, root, 488, "filter-set does not hold filters behind its ns-bindings");
    if (count > FILTERS_MOST) /* ids are compared each with each */
        return fail(reader, root, 413, "there are too many filters");
    if (!ids_differ(reader, first))
        return false;
    for (; first != NULL; first = next_element(first->next))
        if (!read_filter(reader, first))
            return false;
    return addresses_differ(reader, root);
}

struct verdict filter_read(struct filter_draft *draft, const xmlNode *root)
{
    assert(draft != NULL && draft->arena != NULL && root != NULL);
    struct reader reader = {.draft = draft};
    reader.bindings.items = reader.items;
    read_set(&reader, root);
    text_release(&reader.gathered);
    return reader.fault;
}
