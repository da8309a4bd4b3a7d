/* csv.c: rosters as comma-separated values (RFC 4180).
 *
 *     START --"--> QUOTED --"--> QUOTE --"--> QUOTED
 *       |                         `-- , or end --> START of the next cell
 *       `-- anything else --> BARE -- , or end --> START of the next cell
 *
 * A line without a cell's text is passed over. What a spreadsheet would take for a formula is text
 * here, and goes out as it is. */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "web/api/buddies_internal.h"

enum { COLUMNS_MOST = 16, ROWS_MOST = 100000 };

static const char *const column_names[] = {"uri", "display_name", "groups", "notes", "position"};
enum column { URI, NAME, GROUPS, NOTES, POSITION, COLUMN_COUNT };

/* A text being read, cell by cell. */
struct csv {
    struct bytes rest;
    char *cell; /* as long as the text, at most */
    size_t length;
    bool last;   /* the cell was the last of its line */
    bool broken; /* a quoted one does not end, or text stands behind its end */
};

static void end_line(struct csv *csv)
{
    if (bytes_starts_with(csv->rest, BYTES("\r")))
        csv->rest = bytes_skip(csv->rest, 1);
    if (bytes_starts_with(csv->rest, BYTES("\n")))
        csv->rest = bytes_skip(csv->rest, 1);
}

/* What stands behind a cell. */
static void end_cell(struct csv *csv)
{
    csv->last = true;
    if (bytes_empty(csv->rest))
        return;
    char c = csv->rest.at[0];
    if (c == ',') {
        csv->rest = bytes_skip(csv->rest, 1);
        csv->last = false;
    } else if (c == '\r' || c == '\n') {
        end_line(csv);
    } else {
        csv->broken = true;
    }
}

static void read_quoted(struct csv *csv)
{
    size_t i = 1;
    for (;; i++) {
        if (i == csv->rest.length) {
            csv->broken = true;
            break;
        }
        if (csv->rest.at[i] == '"' && (i + 1 == csv->rest.length || csv->rest.at[i + 1] != '"'))
            break;
        if (csv->rest.at[i] == '"')
            i++;
        if (!bytes_starts_with(bytes_skip(csv->rest, i), BYTES("\r\n"))) /* a line ends by \n */
            csv->cell[csv->length++] = csv->rest.at[i];
    }
    csv->rest = bytes_skip(csv->rest, i < csv->rest.length ? i + 1 : i);
}

static void read_cell(struct csv *csv)
{
    csv->length = 0;
    if (!bytes_empty(csv->rest) && csv->rest.at[0] == '"') {
        read_quoted(csv);
    } else {
        size_t i = 0;
        while (i < csv->rest.length && strchr(",\r\n", csv->rest.at[i]) == NULL)
            csv->cell[csv->length++] = csv->rest.at[i++];
        csv->rest = bytes_skip(csv->rest, i);
    }
    if (!csv->broken)
        end_cell(csv);
}

/* The columns that the first line names; false with faults. */
static bool read_head(struct csv *csv, enum column columns[COLUMNS_MOST], size_t *count,
                      struct faults *faults)
{
    bool seen[COLUMN_COUNT] = {false};
    *count = 0;
    do {
        read_cell(csv);
        struct bytes name = bytes_trim(bytes_from(csv->cell, csv->length));
        size_t column = 0;
        while (column < COLUMN_COUNT && !bytes_equal_nocase(name, bytes_of(column_names[column])))
            column++;
        if (csv->broken || column == COLUMN_COUNT || seen[column] || *count == COLUMNS_MOST) {
            fault_add(faults, "/items",
                      "line 1 must name the columns uri, display_name, groups, notes and position, "
                      "each at most once; column %zu does not",
                      *count + 1);
            return false;
        }
        seen[column] = true;
        columns[(*count)++] = (enum column)column;
    } while (!csv->last);
    if (!seen[URI])
        fault_add(faults, "/items", "the column uri is missing in line 1");
    return seen[URI];
}

/* "a;b\;c" */
static json_t *read_groups(struct bytes text)
{
    json_t *groups = json_array();
    char *group = memory_new(text.length + 1);
    size_t length = 0;
    for (size_t i = 0; i <= text.length; i++) {
        bool ends = i == text.length || text.at[i] == ';';
        if (!ends) {
            i += text.at[i] == '\\' && i + 1 < text.length;
            group[length++] = text.at[i];
            continue;
        }
        struct bytes name = bytes_trim(bytes_from(group, length));
        if (!bytes_empty(name))
            json_array_append_new(groups, json_stringn(name.at, name.length));
        length = 0;
    }
    free(group);
    return groups;
}

static json_t *number_of(struct bytes text)
{
    uint32_t number;
    return bytes_to_u32(bytes_trim(text), &number) ? json_integer(number) : json_string("");
}

/* What is no UTF-8 is no JSON either. */
static json_t *value_of(enum column column, struct bytes text)
{
    if (!bytes_is_utf8(text))
        return NULL;
    if (column == GROUPS)
        return read_groups(text);
    if (column == POSITION)
        return number_of(text);
    if (column != NOTES)
        text = bytes_trim(text);
    return json_stringn(bytes_empty(text) ? "" : text.at, text.length);
}

/* Reads a line into an object, empty when it has no text at all; false with faults. */
static bool read_line(struct csv *csv, const enum column *columns, size_t count, json_t *object,
                      struct faults *faults, size_t item)
{
    char pointer[GIVEN_POINTER_SIZE];
    size_t cell = 0;
    snprintf(pointer, sizeof(pointer), "/items/%zu", item);
    do {
        read_cell(csv);
        struct bytes text = bytes_from(csv->cell, csv->length);
        if (csv->broken) {
            fault_add(faults, pointer, "a quote is not closed, or text stands behind it");
            return false;
        }
        if (bytes_empty(text))
            continue;
        json_t *value = cell < count ? value_of(columns[cell], text) : NULL;
        if (value == NULL)
            fault_add(faults, pointer, "cell %zu is %s", cell + 1,
                      cell < count ? "no UTF-8" : "one too many");
        else
            json_object_set_new(object, column_names[columns[cell]], value);
    } while (cell++, !csv->last);
    return true;
}

/* False with a fault: no cell can hold a zero byte. */
static bool is_text(struct bytes text, struct faults *faults)
{
    size_t line = 1;
    ptrdiff_t zero = bytes_index(text, '\0');
    for (ptrdiff_t i = 0; i < zero; i++)
        line += text.at[i] == '\n';
    if (zero >= 0)
        fault_add(faults, "/items", "line %zu has a zero byte; save the sheet as UTF-8", line);
    return zero < 0;
}

json_t *csv_read(struct bytes text, struct faults *faults)
{
    enum column columns[COLUMNS_MOST];
    size_t count;
    if (bytes_starts_with(text, BYTES("\xef\xbb\xbf"))) /* so do spreadsheets write */
        text = bytes_skip(text, 3);
    struct csv csv = {.rest = text, .cell = memory_new(text.length + 1)};
    json_t *items = json_array();
    bool good = is_text(text, faults) && read_head(&csv, columns, &count, faults);
    while (good && !bytes_empty(csv.rest) && json_array_size(items) < ROWS_MOST) {
        json_t *object = json_object();
        good = read_line(&csv, columns, count, object, faults, json_array_size(items));
        if (json_object_size(object) > 0)
            json_array_append(items, object);
        json_decref(object);
    }
    free(csv.cell);
    if (faults->list == NULL)
        return items;
    json_decref(items);
    return NULL;
}

/* Writing. */

struct sheet {
    char *text;
    size_t size;
    struct buffer out;
};

static void reserve(struct sheet *sheet, size_t more)
{
    size_t wanted = sheet->out.length + more + 1;
    if (wanted <= sheet->size)
        return;
    sheet->size = wanted * 2;
    sheet->text = memory_resize(sheet->text, sheet->size);
    size_t length = sheet->out.length;
    sheet->out = buffer_over(sheet->text, sheet->size);
    sheet->out.length = length;
}

static void write_cell(struct sheet *sheet, struct bytes text)
{
    reserve(sheet, 2 * text.length + 4);
    buffer_char(&sheet->out, '"');
    for (size_t i = 0; i < text.length; i++) {
        if (text.at[i] == '"')
            buffer_char(&sheet->out, '"');
        buffer_char(&sheet->out, text.at[i]);
    }
    buffer_char(&sheet->out, '"');
}

static void write_groups(struct sheet *sheet, const json_t *groups)
{
    char text[(2 * PEOPLE_GROUP_MAX_BYTES + 1) * PEOPLE_GROUPS_MAX];
    struct buffer out = buffer_over(text, sizeof(text));
    for (size_t i = 0; i < json_array_size(groups); i++) {
        struct bytes group = given_bytes(json_array_get(groups, i));
        buffer_text(&out, i > 0 ? ";" : "");
        for (size_t j = 0; j < group.length; j++) {
            if (group.at[j] == ';' || group.at[j] == '\\')
                buffer_char(&out, '\\');
            buffer_char(&out, group.at[j]);
        }
    }
    write_cell(sheet, buffer_bytes(&out));
}

static void write_row(struct sheet *sheet, const json_t *item)
{
    char number[24];
    write_cell(sheet, given_bytes(json_object_get(item, "uri")));
    buffer_char(&sheet->out, ',');
    write_cell(sheet, given_bytes(json_object_get(item, "display_name")));
    buffer_char(&sheet->out, ',');
    write_groups(sheet, json_object_get(item, "groups"));
    buffer_char(&sheet->out, ',');
    write_cell(sheet, given_bytes(json_object_get(item, "notes")));
    snprintf(number, sizeof(number), ",%lld\r\n",
             (long long)json_integer_value(json_object_get(item, "position")));
    reserve(sheet, sizeof(number));
    buffer_text(&sheet->out, number);
}

char *csv_write(const json_t *items)
{
    static const char head[] = "uri,display_name,groups,notes,position\r\n";
    struct sheet sheet = {NULL};
    reserve(&sheet, sizeof(head));
    buffer_text(&sheet.out, head);
    for (size_t i = 0; i < json_array_size(items); i++)
        write_row(&sheet, json_array_get(items, i));
    reserve(&sheet, 1);
    sheet.text[sheet.out.length] = '\0';
    return sheet.text;
}
