/* json.c: an event as a JSON object, and its id as text. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "feed/feed.h"

/* What is no UTF-8 came from a client or was cut: what is not ASCII is shown as '?', the broken end
 * of a cut text is left out. */
static json_t *text_of(struct bytes text)
{
    for (size_t cut = 0; cut < 4 && cut <= text.length; cut++)
        if (bytes_is_utf8(bytes_first(text, text.length - cut)))
            return json_stringn(text.at != NULL ? text.at : "", text.length - cut);
    char *copy = memory_copy(text);
    for (size_t i = 0; i < text.length; i++)
        if ((unsigned char)copy[i] >= 0x80)
            copy[i] = '?';
    json_t *value = json_stringn(copy, text.length);
    free(copy);
    return value;
}

static json_t *list_of(struct bytes words)
{
    json_t *list = json_array();
    while (!bytes_empty(words))
        json_array_append_new(list, text_of(bytes_split(&words, '\n')));
    return list;
}

static json_t *value_of(const struct feed_field *field)
{
    uint64_t number = 0;
    if (field->kind == FEED_LIST)
        return list_of(field->value);
    if (field->kind == FEED_NUMBER && bytes_to_u64(field->value, &number))
        return json_integer((json_int_t)number);
    return text_of(field->value);
}

/* RFC 3339. */
static json_t *time_of(uint64_t wall_ms)
{
    char day[24], text[40];
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm parts;
    if (gmtime_r(&seconds, &parts) == NULL)
        return json_null();
    strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text, sizeof(text), "%s.%03uZ", day, (unsigned)(wall_ms % 1000));
    return json_string(text);
}

static char *dump(json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    return text;
}

char *feed_json(const struct feed_event *event)
{
    char id[FEED_ID_SIZE];
    json_t *object = json_object();
    feed_id_write(event->id, id);
    json_object_set_new(object, "id", json_string(id));
    json_object_set_new(object, "time", time_of(event->time_ms));
    json_object_set_new(object, "type", json_string(feed_type_name(event->type)));
    json_object_set_new(object, "user", text_of(event->user));
    json_object_set_new(object, "what", json_string(event->what));
    for (size_t i = 0; i < event->field_count; i++) {
        const struct feed_field *field = &event->fields[i];
        json_object_set_new(object, field->name, value_of(field));
    }
    return dump(object);
}

char *feed_json_gap(uint64_t wall_ms)
{
    return dump(json_pack("{s:o, s:s, s:n, s:s, s:s}", "time", time_of(wall_ms), "type", "gap",
                          "user", "what", "lost", "detail",
                          "events are lost between the last one and the next: read anew what you "
                          "show"));
}

void feed_id_write(uint64_t id, char text[FEED_ID_SIZE])
{
    snprintf(text, FEED_ID_SIZE, "%016llx", (unsigned long long)id);
}

bool feed_id_read(struct bytes text, uint64_t *id)
{
    uint64_t value = 0;
    if (text.length != FEED_ID_SIZE - 1)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        char c = ascii_lower(text.at[i]);
        bool digit = c >= '0' && c <= '9', letter = c >= 'a' && c <= 'f';
        if (!digit && !letter)
            return false;
        value = value << 4 | (uint64_t)(digit ? c - '0' : c - 'a' + 10);
    }
    *id = value;
    return true;
}
