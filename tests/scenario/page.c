/* page.c: grows by doubling. */
#include "page.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

static void reserve(struct page *text, size_t more)
{
    if (text->length + more + 1 <= text->size)
        return;
    text->size = 2 * (text->length + more) + 64;
    text->at = memory_resize(text->at, text->size);
    text->at[text->length] = '\0';
}

void page_put(struct page *text, struct bytes slice)
{
    reserve(text, slice.length);
    if (slice.length > 0)
        memcpy(text->at + text->length, slice.at, slice.length);
    text->length += slice.length;
    text->at[text->length] = '\0';
}

void page_add(struct page *text, const char *words)
{
    page_put(text, bytes_of(words));
}

void page_vformat(struct page *text, const char *format, va_list values)
{
    va_list again;
    va_copy(again, values);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    reserve(text, (size_t)length);
    vsnprintf(text->at + text->length, (size_t)length + 1, format, values);
    text->length += (size_t)length;
}

void page_format(struct page *text, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    page_vformat(text, format, values);
    va_end(values);
}

void page_clear(struct page *text)
{
    text->length = 0;
    reserve(text, 0);
    text->at[0] = '\0';
}

void page_release(struct page *text)
{
    free(text->at);
    *text = (struct page){0};
}

void page_replace(char **old, struct bytes slice)
{
    char *copy = memory_copy(slice);
    free(*old);
    *old = copy;
}
