/* openapi_internal.h: schemas/openapi/, as the build makes it a part of the program. */
#ifndef WEB_API_OPENAPI_INTERNAL_H
#define WEB_API_OPENAPI_INTERNAL_H

#include <stddef.h>

struct openapi_document {
    const char *name; /* of the file; NULL behind the last */
    const unsigned char *text;
    size_t length;
};
extern const struct openapi_document openapi_documents[];

#endif
