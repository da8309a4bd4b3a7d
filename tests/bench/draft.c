/* draft.c: writing with marks, and patching them. */
#include "draft.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

enum { HEX_LENGTH = 8, DECIMAL_LENGTH = 10 };

void draft_begin(struct draft *draft)
{
    char *memory = draft->out.at != NULL ? draft->out.at : memory_new(DRAFT_SIZE);
    draft->out = buffer_over(memory, DRAFT_SIZE);
    draft->mark_count = 0;
}

void draft_release(struct draft *draft)
{
    free(draft->out.at);
    *draft = (struct draft){0};
}

void draft_mark(struct draft *draft, enum stamp stamp, unsigned length)
{
    assert(draft->mark_count < MARKS_MAX);
    draft->marks[draft->mark_count++] = (struct mark){stamp, (unsigned)draft->out.length, length};
    for (unsigned i = 0; i < length; i++)
        buffer_char(&draft->out, '0');
}

void draft_patch(struct draft *draft, enum stamp stamp, struct bytes value)
{
    for (unsigned i = 0; i < draft->mark_count; i++) {
        const struct mark *mark = &draft->marks[i];
        if (mark->stamp != stamp)
            continue;
        assert(mark->length == value.length);
        memcpy(draft->out.at + mark->at, value.at, value.length);
    }
}

void draft_patch_hex(struct draft *draft, enum stamp stamp, uint32_t number)
{
    char text[HEX_LENGTH];
    for (int i = HEX_LENGTH - 1; i >= 0; i--, number >>= 4)
        text[i] = "0123456789abcdef"[number & 15];
    draft_patch(draft, stamp, bytes_from(text, HEX_LENGTH));
}

void draft_patch_decimal(struct draft *draft, enum stamp stamp, uint32_t number)
{
    char text[DECIMAL_LENGTH];
    for (int i = DECIMAL_LENGTH - 1; i >= 0; i--, number /= 10)
        text[i] = (char)('0' + number % 10);
    draft_patch(draft, stamp, bytes_from(text, DECIMAL_LENGTH));
}

unsigned draft_mark_length(const struct draft *draft, enum stamp stamp)
{
    for (unsigned i = 0; i < draft->mark_count; i++)
        if (draft->marks[i].stamp == stamp)
            return draft->marks[i].length;
    return 0;
}
