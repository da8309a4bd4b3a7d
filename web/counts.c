/* counts.c: counters of web threads, under the server's lock, and problems by status and kind.
 *
 * Kinds are constants of the code and few; the table has room for all that there are. Should there
 * be more one day, they share one cell for each class of status, so that nothing is lost. */
#include "web/counts.h"

#include <string.h>

#include "web/web_internal.h"

void web_count(struct web *web, enum web_count count)
{
    web_lock(web);
    web->counts[count]++;
    web_unlock(web);
}

static struct web_refusal *find_cell(struct web *web, unsigned status, const char *kind)
{
    for (unsigned i = 0; i < web->refusal_count; i++)
        if (web->refusals[i].status == status && strcmp(web->refusals[i].kind, kind) == 0)
            return &web->refusals[i];
    if (web->refusal_count == WEB_REFUSALS_MAX)
        return &web->others[status >= 500];
    struct web_refusal *cell = &web->refusals[web->refusal_count++];
    *cell = (struct web_refusal){.status = status, .kind = kind};
    return cell;
}

void web_count_refusal(struct web *web, unsigned status, const char *kind)
{
    web_lock(web);
    web->counts[status < 500 ? WEB_COUNT_REFUSED : WEB_COUNT_FAILED]++;
    find_cell(web, status, kind != NULL ? kind : "other")->count++;
    web_unlock(web);
}

void web_each_refusal(struct web_call *call,
                      void (*visit)(void *context, unsigned status, const char *kind,
                                    uint64_t count),
                      void *context)
{
    struct web *web = call->web;
    web_lock(web);
    for (unsigned i = 0; i < web->refusal_count; i++)
        visit(context, web->refusals[i].status, web->refusals[i].kind, web->refusals[i].count);
    for (unsigned i = 0; i < 2; i++)
        if (web->others[i].count > 0)
            visit(context, i == 0 ? 400 : 500, "others", web->others[i].count);
    web_unlock(web);
}

struct web_depths web_depths(struct web_call *call)
{
    struct web *web = call->web;
    web_lock(web);
    const struct web_depths depths = {web->calls, web->asks, web->stream_count};
    web_unlock(web);
    return depths;
}
