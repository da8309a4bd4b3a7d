/* show.c: a list is a table: every cell is made a text first, then the columns are as wide as their
 * widest; what it has besides stands below. Anything else is an outline:
 *
 *     name  text
 *     object
 *       name  text
 *     text of several lines
 *       line
 *     list of objects
 *       - name  text
 *         name  text */
#include "web/ctl/show.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/memory.h"

enum { COLUMNS_MAX = 16, NAME_SIZE = 64, INDENT = 2 };

/* Control characters, C1 too, as question marks; free() it. */
static char *harmless(struct bytes text)
{
    char *copy = memory_copy(text);
    for (unsigned char *c = (unsigned char *)copy; *c != '\0'; c++) {
        if (*c < 0x20 || *c == 0x7f)
            *c = '?';
        if (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
            c[0] = c[1] = '?';
    }
    return copy;
}

/* An element of a list; in quotes when it could be taken for two, or for nothing. */
static char *element_text(const json_t *one)
{
    const char *text = json_string_value(one);
    if (text != NULL && *text != '\0' && strpbrk(text, ", \"\\") == NULL)
        return memory_copy(bytes_of(text));
    return json_dumps(one, JSON_COMPACT | JSON_ENCODE_ANY);
}

/* The texts of a list, "a, b". */
static char *list_text(const json_t *list)
{
    char *text = memory_new(1);
    size_t length = 0, i;
    const json_t *one;
    json_array_foreach(list, i, one)
    {
        char *element = element_text(one);
        size_t more = strlen(element);
        text = memory_resize(text, length + more + 3);
        length += (size_t)snprintf(text + length, more + 3, "%s%s", i > 0 ? ", " : "", element);
        free(element);
    }
    return text;
}

static bool is_empty(const json_t *value)
{
    return value == NULL || json_is_null(value) ||
           (json_is_string(value) && json_string_length(value) == 0) ||
           (json_is_object(value) && json_object_size(value) == 0) ||
           (json_is_array(value) && json_array_size(value) == 0);
}

static char *cell_text(const json_t *value)
{
    char *raw;
    if (is_empty(value))
        raw = memory_copy(BYTES("-"));
    else if (json_is_string(value))
        raw = memory_copy(bytes_of(json_string_value(value)));
    else if (json_is_boolean(value))
        raw = memory_copy(bytes_of(json_is_true(value) ? "yes" : "no"));
    else if (json_is_array(value))
        raw = list_text(value);
    else
        raw = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    char *text = harmless(bytes_of(raw));
    free(raw);
    return text;
}

/* Characters of UTF-8, each taken as one column wide. */
static int width_of(const char *text)
{
    int width = 0;
    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

struct table {
    char names[COLUMNS_MAX][NAME_SIZE];
    int widths[COLUMNS_MAX];
    size_t columns;
};

static void add_column(struct table *table, const char *name, size_t length)
{
    if (table->columns == COLUMNS_MAX)
        return;
    char *to = table->names[table->columns];
    snprintf(to, NAME_SIZE, "%.*s", (int)length, name);
    table->widths[table->columns++] = width_of(to);
}

static void take_columns(struct table *table, const char *columns, const json_t *items)
{
    const char *name;
    json_t *value;
    for (const char *at = columns; *at != '\0'; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        add_column(table, at, length);
        at += length;
    }
    if (table->columns > 0)
        return;
    json_object_foreach(json_array_get(items, 0), name, value)
    {
        if (!json_is_object(value))
            add_column(table, name, strlen(name));
    }
}

static void put_cell(FILE *out, const char *text, int width, bool last)
{
    fprintf(out, "%s%*s", text, last ? 0 : width - width_of(text) + 2, "");
}

static void measure(struct table *table, const json_t *items)
{
    size_t i;
    const json_t *item;
    json_array_foreach(items, i, item)
    {
        for (size_t j = 0; j < table->columns; j++) {
            char *text = cell_text(json_object_get(item, table->names[j]));
            int width = width_of(text);
            if (width > table->widths[j])
                table->widths[j] = width;
            free(text);
        }
    }
}

static void show_table(const json_t *items, const char *columns, FILE *out)
{
    struct table table = {.columns = 0};
    size_t i;
    const json_t *item;
    take_columns(&table, columns, items);
    measure(&table, items);
    for (size_t j = 0; json_array_size(items) > 0 && j < table.columns; j++)
        put_cell(out, table.names[j], table.widths[j], j + 1 == table.columns);
    fputs(json_array_size(items) > 0 ? "\n" : "", out);
    json_array_foreach(items, i, item)
    {
        for (size_t j = 0; j < table.columns; j++) {
            char *text = cell_text(json_object_get(item, table.names[j]));
            put_cell(out, text, table.widths[j], j + 1 == table.columns);
            free(text);
        }
        fputs("\n", out);
    }
}

/* Outlines. */

struct outline {
    FILE *out;
    int depth;
    bool dashed; /* the next line is the first of an element */
};

static void begin_line(struct outline *outline)
{
    int indent = outline->depth * INDENT - (outline->dashed ? INDENT : 0);
    fprintf(outline->out, "%*s%s", indent, "", outline->dashed ? "- " : "");
    outline->dashed = false;
}

/* Does it take lines of its own? */
static bool is_nested(const json_t *value)
{
    size_t i;
    const json_t *one;
    json_array_foreach(value, i, one)
    {
        if (json_is_object(one) || json_is_array(one))
            return true;
    }
    return json_is_object(value) && !is_empty(value);
}

/* A text of several lines stands below its name. */
static void put_lines(struct outline *outline, const char *name, const char *text)
{
    begin_line(outline);
    fprintf(outline->out, "%s\n", name);
    while (*text != '\0') {
        size_t length = strcspn(text, "\r\n");
        char *line = harmless(bytes_from(text, length));
        fprintf(outline->out, "%*s%s\n", (outline->depth + 1) * INDENT, "", line);
        free(line);
        text += length;
        text += strncmp(text, "\r\n", 2) == 0 ? 2 : *text != '\0';
    }
}

static void put_text(struct outline *outline, const char *name, int width, const json_t *value)
{
    if (json_is_string(value) && *name != '\0' && strchr(json_string_value(value), '\n') != NULL) {
        put_lines(outline, name, json_string_value(value));
        return;
    }
    char *text = cell_text(value);
    begin_line(outline);
    fprintf(outline->out, "%-*s%s%s\n", width, name, width > 0 ? "  " : "", text);
    free(text);
}

static void put_outline(struct outline *outline, const json_t *value);

static void put_members(struct outline *outline, const json_t *object)
{
    const char *name;
    json_t *member;
    int width = 0;
    json_object_foreach((json_t *)(uintptr_t)object, name, member)
    {
        if (!is_nested(member) && width_of(name) > width)
            width = width_of(name);
    }
    json_object_foreach((json_t *)(uintptr_t)object, name, member)
    {
        if (!is_nested(member)) {
            put_text(outline, name, width, member);
            continue;
        }
        begin_line(outline);
        fprintf(outline->out, "%s\n", name);
        outline->depth++;
        put_outline(outline, member);
        outline->depth--;
    }
}

/* What is nested, or the whole. */
static void put_outline(struct outline *outline, const json_t *value)
{
    size_t i;
    const json_t *one;
    if (json_is_object(value))
        put_members(outline, value);
    outline->depth++;
    json_array_foreach(value, i, one)
    {
        outline->dashed = true;
        if (is_nested(one))
            put_outline(outline, one);
        else
            put_text(outline, "", 0, one);
    }
    outline->depth--;
}

/* The answer as a sentence stands before what it comes from. */
static void show_object(const json_t *value, FILE *out)
{
    struct outline outline = {.out = out};
    json_t *rest = json_copy((json_t *)(uintptr_t)value);
    const json_t *sentence = json_object_get(value, "sentence");
    if (json_is_string(sentence)) {
        put_text(&outline, "", 0, sentence);
        json_object_del(rest, "sentence");
        fputs(json_object_size(rest) > 0 ? "\n" : "", out);
    }
    put_outline(&outline, rest);
    json_decref(rest);
}

/* What a list has beside its items: the shared groups that stand in a roster. */
static void show_beside(const json_t *value, FILE *out)
{
    const char *name;
    json_t *member;
    bool first = json_array_size(json_object_get(value, "items")) == 0;
    json_object_foreach((json_t *)(uintptr_t)value, name, member)
    {
        struct outline outline = {.out = out, .depth = 1};
        if (strcmp(name, "items") == 0 || !is_nested(member))
            continue;
        fprintf(out, "%s%s\n", first ? "" : "\n", name);
        put_outline(&outline, member);
        first = false;
    }
}

void ctl_show(const json_t *value, const char *columns, FILE *out)
{
    const json_t *items = json_object_get(value, "items");
    if (json_is_array(items)) {
        show_table(items, columns, out);
        show_beside(value, out);
    } else if (json_is_object(value)) {
        show_object(value, out);
    } else {
        char *text = cell_text(value);
        fprintf(out, "%s\n", text);
        free(text);
    }
}
