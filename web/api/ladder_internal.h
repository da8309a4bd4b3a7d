/* ladder_internal.h: a conversation as a picture of letters. */
#ifndef WEB_API_LADDER_INTERNAL_H
#define WEB_API_LADDER_INTERNAL_H

#include "base/buffer.h"
#include "web/api/traced_internal.h"

enum {
    LADDER_MESSAGES_MAX = 500,
    LADDER_COLUMNS_MAX = 6, /* the last stands for all further addresses */
    LADDER_LINE_MAX = 300,  /* bytes; with two columns a line has at most 100 */
    LADDER_WIDTH = 100
};

struct ladder;

/* A ladder over messages of the trace, which are added in their order. */
struct ladder *ladder_new(const struct trace *trace);
void ladder_free(struct ladder **ladder);
void ladder_add(struct ladder *ladder, uint64_t id);

/* Writes it: a line of titles, and one for each message. */
enum { LADDER_SIZE = (LADDER_MESSAGES_MAX + 8) * LADDER_LINE_MAX };
void ladder_write(const struct ladder *ladder, struct buffer *out);

#endif
