/* sse.h: Server-Sent Events (the HTML standard, 9.2.6), as they come. */
#ifndef WEB_CTL_SSE_H
#define WEB_CTL_SSE_H

#include <stdbool.h>
#include <stddef.h>

enum { SSE_ID_SIZE = 64, SSE_TYPE_SIZE = 32, SSE_LINE_MAX = 1 << 20 };

struct sse {
    char id[SSE_ID_SIZE]; /* of the last event, or what was said to be it; "": none */
    char type[SSE_TYPE_SIZE];
    char *line, *data; /* NUL-terminated; NULL: empty */
    size_t line_length, line_room, data_length, data_room;
    bool has_data, skips_feed, too_long;
    /* An event with data; its texts are good during the call. */
    void (*take)(void *context, const char *type, const char *data);
    void *context;
};

void sse_init(struct sse *sse, void (*take)(void *context, const char *type, const char *data),
              void *context);
void sse_release(struct sse *sse);
/* What comes next, in pieces of any length. A line over the bound is left out. */
void sse_feed(struct sse *sse, const char *bytes, size_t length);
/* A new stream begins, after the last id; what was not whole is forgotten. */
void sse_restart(struct sse *sse);

#endif
