/* package_table.c: a row for each package of the list, and one for the template over all of them.
 *
 * The columns are as wide as their widest cell, so that the table reads well as it is. */
#include "package_table.h"

#include <stdlib.h>

#include "base/memory.h"
#include "presence/presence.h"

enum { CELL_MAX = 160, ROWS_MAX = PACKAGES_MAX + 1, COLUMNS = 6 };

struct cell {
    char text[CELL_MAX];
};

struct table {
    struct cell rows[ROWS_MAX][COLUMNS];
    size_t count;
};

static const char *const headings[COLUMNS] = {"event",        "RFC",    "told as",
                                              "published as", "expiry", "who may watch"};

static void set(struct cell *cell, const char *text)
{
    struct buffer out = buffer_over(cell->text, sizeof(cell->text) - 1);
    buffer_text(&out, text);
    assert(!out.overflow);
}

/* Without "application/", which all of them have. */
static const char *short_type(const char *type)
{
    static const char usual[] = "application/";
    return strncmp(type, usual, sizeof(usual) - 1) == 0 ? type + sizeof(usual) - 1 : type;
}

static void set_types(struct cell *cell, const char *const *types)
{
    struct buffer out = buffer_over(cell->text, sizeof(cell->text) - 1);
    buffer_text(&out, types == NULL ? "-" : "");
    for (size_t i = 0; types != NULL && types[i] != NULL; i++) {
        buffer_text(&out, i > 0 ? ", " : "");
        buffer_text(&out, short_type(types[i]));
    }
    assert(!out.overflow);
}

/* Of a subscription; in seconds. */
static void set_expiry(struct cell *cell, const struct lifetime *lifetime)
{
    struct buffer out = buffer_over(cell->text, sizeof(cell->text) - 1);
    buffer_format(&out, "%u (%u-%u)", lifetime->usual, lifetime->least, lifetime->most);
    assert(!out.overflow);
}

static const char *audience_of(const struct event_package *package)
{
    switch (package->audience) {
    case AUDIENCE_OWNER:
        return "the user";
    case AUDIENCE_BY_RULES:
        return package->discreet ? "by rules; by a default only an outline"
                                 : "by rules, else by the default";
    case AUDIENCE_BY_OWN_RULES:
        return "the user, and whom a rule allows";
    case AUDIENCE_ANYONE:
        break;
    }
    return "anyone";
}

static void add_row(struct table *table, const struct event_package *package, const char *event)
{
    assert(table->count < ROWS_MAX);
    struct cell *row = table->rows[table->count++];
    set(&row[0], event);
    set(&row[1], package->spec + (strncmp(package->spec, "RFC ", 4) == 0 ? 4 : 0));
    set_types(&row[2], package->notify_types);
    set_types(&row[3], package->publish_types);
    set_expiry(&row[4], &package->subscribe);
    set(&row[5], audience_of(package));
}

/* The template winfo is the same over all. */
static void fill(struct table *table)
{
    const struct event_package *const *list = package_list();
    for (size_t i = 0; list[i] != NULL; i++)
        if (list[i]->subject == NULL)
            add_row(table, list[i], list[i]->name);
    add_row(table, package_winfo(list[0]), "*.winfo, *.winfo.winfo");
}

static size_t width_of(const struct table *table, size_t column)
{
    size_t width = strlen(headings[column]);
    for (size_t i = 0; i < table->count; i++)
        if (strlen(table->rows[i][column].text) > width)
            width = strlen(table->rows[i][column].text);
    return width;
}

static void write_line(const struct table *table, const struct cell *row, struct buffer *out)
{
    for (size_t i = 0; i < COLUMNS; i++)
        buffer_format(out, "| %-*s ", (int)width_of(table, i),
                      row != NULL ? row[i].text : headings[i]);
    buffer_text(out, "|\n");
}

static void write_rule(const struct table *table, struct buffer *out)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        buffer_text(out, "| ");
        for (size_t j = width_of(table, i); j > 0; j--)
            buffer_char(out, '-');
        buffer_char(out, ' ');
    }
    buffer_text(out, "|\n");
}

void package_table_write(struct buffer *out)
{
    struct table *table = memory_new(sizeof(*table));
    fill(table);
    write_line(table, NULL, out);
    write_rule(table, out);
    for (size_t i = 0; i < table->count; i++)
        write_line(table, table->rows[i], out);
    assert(!out->overflow);
    free(table);
}
