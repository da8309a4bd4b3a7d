/* files.c: connections to the database that web threads share: one is used by one call at a time,
 * so there are never more than there are threads. */
#include <assert.h>

#include "web/web_internal.h"

struct account_file *files_open(struct web *web)
{
    struct account_file *file = NULL;
    char why[640];
    enum err err;
    web_lock(web);
    if (web->file_count > 0)
        file = web->files[--web->file_count];
    web_unlock(web);
    if (file == NULL)
        file = account_file_open(web->settings.folder, &err, why, sizeof(why));
    if (file == NULL)
        log_write(web->ground.core.log, LOG_ERROR, "web", "%s", why);
    return file;
}

struct account_file *files_take(struct web_call *call)
{
    struct account_file *file = files_open(call->web);
    if (file == NULL)
        web_problem(call, 503, "database", NULL,
                    "the database cannot be opened; the server's log says why");
    return file;
}

void files_give(struct web *web, struct account_file **file)
{
    web_lock(web);
    assert(web->file_count < WEB_FILES_MAX);
    web->files[web->file_count++] = *file;
    web_unlock(web);
    *file = NULL;
}

void files_free(struct web *web)
{
    while (web->file_count > 0)
        account_file_close(&web->files[--web->file_count]);
}
