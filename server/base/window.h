/* window.h: a page of things that lie in no order: the first names behind a given one, gathered
 * while all of them are walked once. */
#ifndef BASE_WINDOW_H
#define BASE_WINDOW_H

#include "base/bytes.h"

struct window_entry {
    struct bytes name; /* borrowed */
    void *what;
};

struct window {
    struct bytes after; /* empty: from the first on */
    size_t most, count;
    bool more; /* there are others behind these */
    struct window_entry *entries;
};

/* `most` at least 1; `after` is borrowed. */
void window_init(struct window *window, struct bytes after, size_t most);
void window_release(struct window *window);

/* One that is walked over; names differ. In `entries` stand those that are in the page, in the
 * order of their bytes. */
void window_offer(struct window *window, struct bytes name, void *what);

#endif
