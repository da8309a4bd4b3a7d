/* page.c: the files of the administration page, as they lie in web/page.
 *
 * Anybody may have them: they hold no secret, and what they show they ask of the API with the token
 * that a person pastes. The browser is told to run and load nothing but these files, to send
 * nothing elsewhere, and to let no script make markup of a text (Trusted Types), so that a display
 * name stays a name. It keeps copies but asks each time whether they are still good. */
#include "web/api/page.h"

#include <string.h>

#include "web/api/page_internal.h"

#define POLICY                                                                              \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src " \
    "'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "                 \
    "require-trusted-types-for 'script'; trusted-types 'none'"

static const char *type_of(const char *name)
{
    static const struct {
        const char *ending, *type;
    } types[] = {
        {".html", "text/html; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".svg", "image/svg+xml"},
    };
    const char *ending = strrchr(name, '.');
    for (size_t i = 0; ending != NULL && i < sizeof(types) / sizeof(types[0]); i++)
        if (strcmp(types[i].ending, ending) == 0)
            return types[i].type;
    return "application/octet-stream";
}

static void answer_file(struct web_call *call, struct bytes name)
{
    const struct page_file *file = page_files;
    while (file->name != NULL && !bytes_equal(bytes_of(file->name), name))
        file++;
    if (file->name == NULL) {
        web_problem(call, 404, "not-found", "file",
                    "the page has no such file; it begins at /, reload that");
        return;
    }
    web_answer_text(call, 200, type_of(file->name), bytes_from(file->bytes, file->length));
    web_answer_field(call, "Content-Security-Policy", BYTES(POLICY));
    web_answer_field(call, "Cache-Control", BYTES("no-cache"));
}

static void get_page(struct web_call *call, struct account_file *file)
{
    (void)file;
    answer_file(call, BYTES("index.html"));
}

static void get_file(struct web_call *call, struct account_file *file)
{
    (void)file;
    answer_file(call, web_part(call, "file"));
}

const struct web_endpoint page_endpoints[] = {
    {WEB_GET, "/", WEB_OPEN, false, WEB_NO_BODY, get_page, NULL, WEB_ANY_QUERY},
    {WEB_GET, "/page/{file}", WEB_OPEN, false, WEB_NO_BODY, get_file, NULL, WEB_ANY_QUERY},
    {.path = NULL},
};
