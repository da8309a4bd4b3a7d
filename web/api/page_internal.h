/* page_internal.h: web/page/, as the build makes it a part of the program. */
#ifndef WEB_API_PAGE_INTERNAL_H
#define WEB_API_PAGE_INTERNAL_H

#include <stddef.h>

struct page_file {
    const char *name; /* NULL behind the last */
    const unsigned char *bytes;
    size_t length;
};
extern const struct page_file page_files[];

#endif
