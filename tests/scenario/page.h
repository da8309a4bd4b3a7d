/* page.h: a text that grows, always with a NUL behind it; for the scenario runner's own words. */
#ifndef TESTS_SCENARIO_PAGE_H
#define TESTS_SCENARIO_PAGE_H

#include <stdarg.h>

#include "base/bytes.h"

struct page {
    char *at; /* never NULL after the first use */
    size_t length, size;
};

void page_put(struct page *text, struct bytes slice);
void page_add(struct page *text, const char *words);
void page_format(struct page *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void page_vformat(struct page *text, const char *format, va_list values)
    __attribute__((format(printf, 2, 0)));
/* Empties it; the memory stays. */
void page_clear(struct page *text);
void page_release(struct page *text);

static inline struct bytes page_bytes(const struct page *text)
{
    return bytes_from(text->at, text->length);
}

/* Replaces *old by a copy of the slice. */
void page_replace(char **old, struct bytes slice);

#endif
