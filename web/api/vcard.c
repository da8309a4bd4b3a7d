/* vcard.c: rosters as vCards (RFC 6350; what 3.0 has in common with it is read, too).
 *
 *     text --unfolded (3.2)--> lines: [group.]NAME[;parameters]:value (3.3)
 *          --> BEGIN:VCARD ... END:VCARD, an object each
 *
 * Of several IMPP the first with a sip or sips URI counts; a card without one is a fault. A name
 * that is the address says nothing. */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "web/api/buddies_internal.h"

enum { FOLD_BYTES = 75, CARDS_MOST = 100000, TEXT_SIZE = 2048 };

/* Reading. */

struct cards {
    struct faults *faults;
    json_t *items;
    json_t *card; /* NULL: between cards */
    char *value;  /* room for any value, unescaped */
};

/* Without the line ends that fold it (3.2); an owned text, of lines that end with LF. */
static char *unfold(struct bytes text, size_t *length)
{
    char *out = memory_new(text.length + 2);
    *length = 0;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.at[i];
        if (c == '\r' && i + 1 < text.length && text.at[i + 1] == '\n')
            continue;
        bool folds =
            c == '\n' && i + 1 < text.length && (text.at[i + 1] == ' ' || text.at[i + 1] == '\t');
        if (folds)
            i++;
        else
            out[(*length)++] = c;
    }
    return out;
}

/* The colon behind name and parameters; in a quoted one it is text. */
static ptrdiff_t find_colon(struct bytes line)
{
    bool quoted = false;
    for (size_t i = 0; i < line.length; i++) {
        if (line.at[i] == '"')
            quoted = !quoted;
        if (line.at[i] == ':' && !quoted)
            return (ptrdiff_t)i;
    }
    return -1;
}

/* Undoes escapes (3.4) into cards->value. */
static struct bytes unescape(struct cards *cards, struct bytes value)
{
    size_t length = 0;
    for (size_t i = 0; i < value.length; i++) {
        char c = value.at[i];
        if (c == '\\' && i + 1 < value.length) {
            c = value.at[++i];
            c = c == 'n' || c == 'N' ? '\n' : c;
        }
        cards->value[length++] = c;
    }
    return bytes_from(cards->value, length);
}

static json_t *text_json(struct bytes text)
{
    return json_stringn(bytes_empty(text) ? "" : text.at, text.length);
}

/* A comma that is not escaped ends a category. */
static struct bytes next_category(struct bytes *rest)
{
    size_t end = 0;
    while (end < rest->length && rest->at[end] != ',')
        end += rest->at[end] == '\\' && end + 1 < rest->length ? 2 : 1;
    struct bytes category = bytes_first(*rest, end);
    *rest = bytes_skip(*rest, end < rest->length ? end + 1 : rest->length);
    return category;
}

static void take_categories(struct cards *cards, struct bytes value)
{
    json_t *groups = json_object_get(cards->card, "groups");
    if (groups == NULL) {
        groups = json_array();
        json_object_set_new(cards->card, "groups", groups);
    }
    while (!bytes_empty(value)) {
        struct bytes group = bytes_trim(unescape(cards, next_category(&value)));
        if (!bytes_empty(group))
            json_array_append_new(groups, text_json(group));
    }
}

static bool is_sip(struct bytes uri)
{
    return bytes_equal_nocase(bytes_first(uri, 4), BYTES("sip:")) ||
           bytes_equal_nocase(bytes_first(uri, 5), BYTES("sips:"));
}

/* "SIPS:bob@x" is written "sip:bob@x": what is kept is the address-of-record. */
static void take_uri(struct cards *cards, struct bytes value)
{
    value = bytes_trim(unescape(cards, value));
    if (!is_sip(value) || json_object_get(cards->card, "uri") != NULL)
        return;
    struct bytes rest = value;
    bytes_split(&rest, ':');
    char *uri = memory_new(rest.length + 5);
    struct buffer out = buffer_over(uri, rest.length + 4);
    buffer_text(&out, "sip:");
    buffer_put(&out, rest);
    json_object_set_new(cards->card, "uri", text_json(buffer_bytes(&out)));
    free(uri);
}

static void take_position(struct cards *cards, struct bytes value)
{
    uint32_t position;
    if (bytes_to_u32(bytes_trim(value), &position))
        json_object_set_new(cards->card, "position", json_integer(position));
}

static void take_property(struct cards *cards, struct bytes name, struct bytes value)
{
    if (bytes_equal_nocase(name, BYTES("FN")))
        json_object_set_new(cards->card, "display_name",
                            text_json(bytes_trim(unescape(cards, value))));
    else if (bytes_equal_nocase(name, BYTES("NOTE")))
        json_object_set_new(cards->card, "notes", text_json(unescape(cards, value)));
    else if (bytes_equal_nocase(name, BYTES("CATEGORIES")))
        take_categories(cards, value);
    else if (bytes_equal_nocase(name, BYTES("IMPP")) || bytes_equal_nocase(name, BYTES("X-SIP")))
        take_uri(cards, value);
    else if (bytes_equal_nocase(name, BYTES("X-HERALD-POSITION")))
        take_position(cards, value);
}

static void point(const struct cards *cards, char pointer[GIVEN_POINTER_SIZE])
{
    snprintf(pointer, GIVEN_POINTER_SIZE, "/items/%zu", json_array_size(cards->items));
}

static void end_card(struct cards *cards)
{
    char pointer[GIVEN_POINTER_SIZE];
    struct bytes uri = given_bytes(json_object_get(cards->card, "uri"));
    struct bytes name = given_bytes(json_object_get(cards->card, "display_name"));
    point(cards, pointer);
    if (bytes_empty(uri))
        fault_add(cards->faults, pointer, "the card has no IMPP with a sip URI");
    else if (bytes_equal(name, bytes_skip(uri, 4)))
        json_object_del(cards->card, "display_name");
    json_array_append_new(cards->items, cards->card);
    cards->card = NULL;
}

/* False: it cannot be read further. */
static bool take_line(struct cards *cards, struct bytes line)
{
    char pointer[GIVEN_POINTER_SIZE];
    ptrdiff_t colon = find_colon(line);
    struct bytes name = bytes_first(line, colon > 0 ? (size_t)colon : 0);
    struct bytes value = bytes_skip(line, colon > 0 ? (size_t)colon + 1 : line.length);
    name = bytes_split(&name, ';');
    if (bytes_index(name, '.') >= 0)
        bytes_split(&name, '.');
    bool begins = bytes_equal_nocase(name, BYTES("BEGIN")) &&
                  bytes_equal_nocase(bytes_trim(value), BYTES("VCARD"));
    bool ends = bytes_equal_nocase(name, BYTES("END")) &&
                bytes_equal_nocase(bytes_trim(value), BYTES("VCARD"));
    point(cards, pointer);
    if (colon <= 0 || begins != (cards->card == NULL)) {
        fault_add(cards->faults, pointer,
                  "vCards are wanted: BEGIN:VCARD, properties with a colon, END:VCARD");
        return false;
    }
    if (begins)
        cards->card = json_object();
    else if (ends)
        end_card(cards);
    else
        take_property(cards, name, value);
    return true;
}

static bool take_cards(struct cards *cards, struct bytes text)
{
    while (!bytes_empty(text) && json_array_size(cards->items) < CARDS_MOST) {
        struct bytes line = bytes_split(&text, '\n');
        if (!bytes_empty(bytes_trim(line)) && !take_line(cards, line))
            return false;
    }
    if (cards->card != NULL)
        fault_add(cards->faults, "/items", "the last card does not end; END:VCARD is wanted");
    return cards->faults->list == NULL;
}

json_t *vcard_read(struct bytes text, struct faults *faults)
{
    if (!bytes_is_utf8(text)) {
        fault_add(faults, "/items", "vCards are in UTF-8");
        return NULL;
    }
    struct cards cards = {.faults = faults, .items = json_array()};
    size_t length;
    char *lines = unfold(text, &length);
    cards.value = memory_new(length + 1);
    bool good = take_cards(&cards, bytes_from(lines, length));
    free(lines);
    free(cards.value);
    json_decref(cards.card);
    if (good)
        return cards.items;
    json_decref(cards.items);
    return NULL;
}

/* Writing. */

struct writing {
    char *text;
    size_t size;
    struct buffer out;
    size_t column; /* bytes of the line so far */
};

static void reserve(struct writing *writing, size_t more)
{
    size_t wanted = writing->out.length + more + 1, length = writing->out.length;
    if (wanted <= writing->size)
        return;
    writing->size = wanted * 2;
    writing->text = memory_resize(writing->text, writing->size);
    writing->out = buffer_over(writing->text, writing->size);
    writing->out.length = length;
}

/* A line of 75 bytes goes on in the next, never within a character (3.2). */
static void put(struct writing *writing, char c)
{
    bool inside = ((unsigned char)c & 0xc0) == 0x80;
    reserve(writing, 4);
    if (!inside && writing->column >= FOLD_BYTES - 4) {
        buffer_text(&writing->out, "\r\n ");
        writing->column = 1;
    }
    buffer_char(&writing->out, c);
    writing->column++;
}

static void put_text(struct writing *writing, const char *text)
{
    for (; *text != '\0'; text++)
        put(writing, *text);
}

static void put_escaped(struct writing *writing, struct bytes text)
{
    for (size_t i = 0; i < text.length; i++) {
        char c = text.at[i];
        if (c == ',' || c == ';' || c == '\\' || c == '\n')
            put(writing, '\\');
        put(writing, c == '\n' ? 'n' : c);
    }
}

static void end_line(struct writing *writing)
{
    reserve(writing, 2);
    buffer_text(&writing->out, "\r\n");
    writing->column = 0;
}

static void put_line(struct writing *writing, const char *name, struct bytes value)
{
    if (bytes_empty(value))
        return;
    put_text(writing, name);
    put_escaped(writing, value);
    end_line(writing);
}

static void put_categories(struct writing *writing, const json_t *groups)
{
    for (size_t i = 0; i < json_array_size(groups); i++) {
        put_text(writing, i == 0 ? "CATEGORIES:" : ",");
        put_escaped(writing, given_bytes(json_array_get(groups, i)));
    }
    if (json_array_size(groups) > 0)
        end_line(writing);
}

/* A URI is not escaped (6.4.3); ours has no line end. */
static void put_uri(struct writing *writing, struct bytes uri)
{
    put_text(writing, "IMPP:");
    for (size_t i = 0; i < uri.length; i++)
        put(writing, uri.at[i]);
    end_line(writing);
}

static void put_card(struct writing *writing, const json_t *item)
{
    char position[24];
    struct bytes uri = given_bytes(json_object_get(item, "uri"));
    struct bytes name = given_bytes(json_object_get(item, "display_name"));
    snprintf(position, sizeof(position), "%lld",
             (long long)json_integer_value(json_object_get(item, "position")));
    put_line(writing, "BEGIN:", BYTES("VCARD"));
    put_line(writing, "VERSION:", BYTES("4.0"));
    put_line(writing, "FN:", bytes_empty(name) ? bytes_skip(uri, 4) : name);
    put_uri(writing, uri);
    put_categories(writing, json_object_get(item, "groups"));
    put_line(writing, "NOTE:", given_bytes(json_object_get(item, "notes")));
    put_line(writing, "X-HERALD-POSITION:", bytes_of(position));
    put_line(writing, "END:", BYTES("VCARD"));
}

char *vcard_write(const json_t *items)
{
    struct writing writing = {NULL};
    reserve(&writing, 1);
    for (size_t i = 0; i < json_array_size(items); i++)
        put_card(&writing, json_array_get(items, i));
    reserve(&writing, 1);
    writing.text[writing.out.length] = '\0';
    return writing.text;
}
