/* err.c: the one table of error names. */
#include "base/err.h"

#include <assert.h>
#include <stddef.h>

const char *err_name(enum err err)
{
    static const char *const names[] = {
        [ERR_NONE] = "no error",       [ERR_PARSE] = "malformed",
        [ERR_LIMIT] = "limit reached", [ERR_NOT_FOUND] = "not found",
        [ERR_CONFLICT] = "conflict",   [ERR_DENIED] = "permission denied",
        [ERR_BUSY] = "in use",         [ERR_IO] = "input or output failed",
        [ERR_DB] = "database refused", [ERR_TIMEOUT] = "timed out",
        [ERR_CLOSED] = "closed",
    };
    static_assert(sizeof(names) / sizeof(names[0]) == ERR_COUNT, "every error has a name");
    assert((unsigned)err < ERR_COUNT);
    return names[err];
}
