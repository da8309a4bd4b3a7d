/* sse.c: lines, then fields, then events: an empty line sends what has gathered. */
#include "web/ctl/sse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void sse_init(struct sse *sse, void (*take)(void *context, const char *type, const char *data),
              void *context)
{
    *sse = (struct sse){.take = take, .context = context};
}

void sse_release(struct sse *sse)
{
    free(sse->line);
    free(sse->data);
    *sse = (struct sse){.take = NULL};
}

static void forget_event(struct sse *sse)
{
    sse->type[0] = '\0';
    sse->data_length = 0;
    sse->has_data = false;
}

void sse_restart(struct sse *sse)
{
    sse->line_length = 0;
    sse->skips_feed = sse->too_long = false;
    forget_event(sse);
}

static void append(char **text, size_t *length, size_t *room, const char *more, size_t count)
{
    if (*room - *length < count + 1) {
        *room = 2 * (*length + count) + 64;
        *text = memory_resize(*text, *room);
    }
    memcpy(*text + *length, more, count);
    *length += count;
    (*text)[*length] = '\0';
}

static void end_event(struct sse *sse)
{
    if (sse->has_data)
        sse->take(sse->context, sse->type[0] != '\0' ? sse->type : "message", sse->data);
    forget_event(sse);
}

static void add_data(struct sse *sse, const char *value)
{
    size_t length = strlen(value);
    if (sse->data_length + length >= SSE_LINE_MAX)
        return;
    if (sse->has_data)
        append(&sse->data, &sse->data_length, &sse->data_room, "\n", 1);
    append(&sse->data, &sse->data_length, &sse->data_room, value, length);
    sse->has_data = true;
}

static void end_line(struct sse *sse)
{
    append(&sse->line, &sse->line_length, &sse->line_room, "", 0);
    char *value = sse->line + strcspn(sse->line, ":");
    bool is_empty = sse->line_length == 0;
    sse->line_length = 0;
    if (sse->too_long) {
        sse->too_long = false;
        return;
    }
    if (*value == ':')
        *value++ = '\0';
    if (*value == ' ')
        value++;
    if (is_empty)
        end_event(sse);
    else if (strcmp(sse->line, "data") == 0)
        add_data(sse, value);
    else if (strcmp(sse->line, "event") == 0)
        snprintf(sse->type, sizeof(sse->type), "%s", value);
    else if (strcmp(sse->line, "id") == 0)
        snprintf(sse->id, sizeof(sse->id), "%s", value);
}

void sse_feed(struct sse *sse, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        bool feeds = bytes[i] == '\n', skipped = feeds && sse->skips_feed;
        sse->skips_feed = bytes[i] == '\r';
        if (skipped)
            continue;
        if (feeds || bytes[i] == '\r')
            end_line(sse);
        else if (sse->line_length < SSE_LINE_MAX)
            append(&sse->line, &sse->line_length, &sse->line_room, &bytes[i], 1);
        else
            sse->too_long = true;
    }
}
