/* show.c: every cell is made a text first, then the columns are as wide as their widest. */
#include "web/ctl/show.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/memory.h"

enum { COLUMNS_MAX = 16, NAME_SIZE = 64 };

/* Control characters, C1 too, as question marks; free() it. */
static char *harmless(const char *text)
{
    char *copy = memory_copy(bytes_of(text));
    for (unsigned char *c = (unsigned char *)copy; *c != '\0'; c++) {
        if (*c < 0x20 || *c == 0x7f)
            *c = '?';
        if (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
            c[0] = c[1] = '?';
    }
    return copy;
}

/* The texts of a list, "a, b". */
static char *list_text(const json_t *list)
{
    char *text = memory_new(1);
    size_t length = 0, i;
    const json_t *one;
    json_array_foreach(list, i, one)
    {
        char *dumped = json_is_string(one) ? memory_copy(bytes_of(json_string_value(one)))
                                           : json_dumps(one, JSON_COMPACT | JSON_ENCODE_ANY);
        size_t more = strlen(dumped);
        text = memory_resize(text, length + more + 3);
        length += (size_t)snprintf(text + length, more + 3, "%s%s", i > 0 ? ", " : "", dumped);
        free(dumped);
    }
    return text;
}

static char *cell_text(const json_t *value)
{
    char *raw;
    if (value == NULL || json_is_null(value))
        raw = memory_copy(BYTES("-"));
    else if (json_is_string(value))
        raw = memory_copy(bytes_of(json_string_value(value)));
    else if (json_is_boolean(value))
        raw = memory_copy(bytes_of(json_is_true(value) ? "yes" : "no"));
    else if (json_is_array(value))
        raw = list_text(value);
    else
        raw = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    char *text = harmless(raw);
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

static void show_object(const json_t *value, FILE *out)
{
    const char *name;
    json_t *member;
    int width = 0;
    json_object_foreach((json_t *)(uintptr_t)value, name, member)
    {
        width = width_of(name) > width ? width_of(name) : width;
    }
    json_object_foreach((json_t *)(uintptr_t)value, name, member)
    {
        char *text = cell_text(member);
        fprintf(out, "%-*s  %s\n", width, name, text);
        free(text);
    }
}

void ctl_show(const json_t *value, const char *columns, FILE *out)
{
    const json_t *items = json_object_get(value, "items");
    if (json_is_array(items)) {
        show_table(items, columns, out);
    } else if (json_is_object(value)) {
        show_object(value, out);
    } else {
        char *text = cell_text(value);
        fprintf(out, "%s\n", text);
        free(text);
    }
}
