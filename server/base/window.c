/* window.c: a sorted array; most names of a long walk are behind its last one, and cost one
 * comparison. */
#include "base/window.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

void window_init(struct window *window, struct bytes after, size_t most)
{
    assert(most > 0);
    *window = (struct window){.after = after, .most = most};
    window->entries = memory_new(most * sizeof(window->entries[0]));
}

void window_release(struct window *window)
{
    free(window->entries);
    *window = (struct window){.most = 0};
}

/* The place of the first entry behind the name. */
static size_t place_of(const struct window *window, struct bytes name)
{
    size_t low = 0, high = window->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (bytes_compare(window->entries[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void window_offer(struct window *window, struct bytes name, void *what)
{
    struct window_entry *entries = window->entries;
    bool full = window->count == window->most;
    if (!bytes_empty(window->after) && bytes_compare(name, window->after) <= 0)
        return;
    window->more = window->more || full;
    if (full && bytes_compare(entries[window->count - 1].name, name) < 0)
        return;
    size_t at = place_of(window, name);
    window->count += !full;
    memmove(&entries[at + 1], &entries[at], (window->count - at - 1) * sizeof(entries[0]));
    entries[at] = (struct window_entry){name, what};
}
