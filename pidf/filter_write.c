/* filter_write.c: filters as a filter-set again, one text for all that mean the same.
 *
 * Prefixes are made anew, n0, n1 and so on in the order in which the namespaces are met. */
#include <assert.h>
#include <stdio.h>

#include "filter_internal.h"

/* There are two filters at most, one for the resource and one for its domain. */
enum { SPACES_MOST = 2 * FILTER_STEPS_MOST };

struct spaces {
    struct path_binding items[SPACES_MOST];
    char names[SPACES_MOST][8];
    size_t count;
};

static void add_space(void *context, struct bytes space)
{
    struct spaces *spaces = context;
    for (size_t i = 0; i < spaces->count; i++)
        if (bytes_equal(spaces->items[i].uri, space))
            return;
    assert(spaces->count < SPACES_MOST);
    size_t at = spaces->count++;
    snprintf(spaces->names[at], sizeof(spaces->names[at]), "n%u", (unsigned)at);
    spaces->items[at] = (struct path_binding){bytes_of(spaces->names[at]), space};
}

static void add_parts(struct spaces *spaces, const struct filter_part *parts, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (!parts[i].is_namespace)
            path_spaces(&parts[i].path, add_space, spaces);
}

static void add_filter(struct spaces *spaces, const struct filter *filter, bool triggers)
{
    add_parts(spaces, filter->includes, filter->include_count);
    add_parts(spaces, filter->excludes, filter->exclude_count);
    for (unsigned i = 0; triggers && i < filter->trigger_count; i++)
        for (unsigned j = 0; j < filter->triggers[i].count; j++)
            path_spaces(&filter->triggers[i].conditions[j].path, add_space, spaces);
}

static void put_attribute(struct text *out, const char *name, struct bytes value)
{
    text_char(out, ' ');
    text_put(out, bytes_of(name));
    text_put(out, BYTES("=\""));
    text_quoted(out, value);
    text_char(out, '"');
}

static void put_tag(struct text *out, const char *start, const char *name)
{
    text_put(out, bytes_of(start));
    text_put(out, bytes_of(name));
    text_char(out, '>');
}

static void put_bindings(struct text *out, const struct spaces *spaces)
{
    if (spaces->count == 0)
        return;
    text_put(out, BYTES("<ns-bindings>"));
    for (size_t i = 0; i < spaces->count; i++) {
        text_put(out, BYTES("<ns-binding"));
        put_attribute(out, "prefix", spaces->items[i].prefix);
        put_attribute(out, "urn", spaces->items[i].uri);
        text_put(out, BYTES("/>"));
    }
    text_put(out, BYTES("</ns-bindings>"));
}

static void put_path(struct text *out, const struct spaces *spaces, const struct path *path)
{
    const struct path_bindings bindings = {spaces->items, spaces->count};
    struct text plain = {0};
    path_write(path, &bindings, &plain);
    text_escaped(out, text_bytes(&plain));
    text_release(&plain);
}

static void put_parts(struct text *out, const struct spaces *spaces, const char *name,
                      const struct filter_part *parts, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        text_char(out, '<');
        text_put(out, bytes_of(name));
        if (parts[i].is_namespace) {
            put_attribute(out, "type", BYTES("namespace"));
            text_char(out, '>');
            text_escaped(out, parts[i].space);
        } else {
            text_char(out, '>');
            put_path(out, spaces, &parts[i].path);
        }
        put_tag(out, "</", name);
    }
}

static void put_what(struct text *out, const struct spaces *spaces, const struct filter *filter)
{
    text_put(out, BYTES("<what>"));
    put_parts(out, spaces, "include", filter->includes, filter->include_count);
    put_parts(out, spaces, "exclude", filter->excludes, filter->exclude_count);
    text_put(out, BYTES("</what>"));
}

static void put_condition(struct text *out, const struct spaces *spaces,
                          const struct filter_condition *condition)
{
    static const char *const names[] = {"changed", "added", "removed"};
    const char *name = names[condition->event];
    text_char(out, '<');
    text_put(out, bytes_of(name));
    if (condition->has_from)
        put_attribute(out, "from", condition->from);
    if (condition->has_to)
        put_attribute(out, "to", condition->to);
    if (condition->has_by)
        put_attribute(out, "by", condition->by_text);
    text_char(out, '>');
    put_path(out, spaces, &condition->path);
    put_tag(out, "</", name);
}

static void put_triggers(struct text *out, const struct spaces *spaces, const struct filter *filter)
{
    for (unsigned i = 0; i < filter->trigger_count; i++) {
        text_put(out, BYTES("<trigger>"));
        for (unsigned j = 0; j < filter->triggers[i].count; j++)
            put_condition(out, spaces, &filter->triggers[i].conditions[j]);
        text_put(out, BYTES("</trigger>"));
    }
    if (filter->has_triggers && filter->trigger_count == 0)
        text_put(out, BYTES("<trigger/>"));
}

static void put_filter(struct text *out, const struct spaces *spaces, const struct filter *filter)
{
    text_put(out, BYTES("<filter"));
    put_attribute(out, "id", filter->id);
    if (filter->aim == FILTER_FOR_DOMAIN)
        put_attribute(out, "domain", filter->address);
    if (!filter->enabled)
        put_attribute(out, "enabled", BYTES("false"));
    text_char(out, '>');
    if (filter->has_what)
        put_what(out, spaces, filter);
    put_triggers(out, spaces, filter);
    text_put(out, BYTES("</filter>"));
}

void filter_write(const struct filter *filters, unsigned count, struct text *out)
{
    assert(filters != NULL && out != NULL);
    struct spaces spaces;
    spaces.count = 0;
    for (unsigned i = 0; i < count; i++)
        add_filter(&spaces, &filters[i], true);
    text_put(out, BYTES("<filter-set xmlns=\"" FILTER_NAMESPACE "\">"));
    put_bindings(out, &spaces);
    for (unsigned i = 0; i < count; i++)
        put_filter(out, &spaces, &filters[i]);
    text_put(out, BYTES("</filter-set>"));
}

void filter_write_what(const struct filter *filter, struct text *out)
{
    assert(filter != NULL && out != NULL);
    if (filter->include_count + filter->exclude_count == 0)
        return;
    struct spaces spaces;
    spaces.count = 0;
    add_filter(&spaces, filter, false);
    put_bindings(out, &spaces);
    put_what(out, &spaces, filter);
}
