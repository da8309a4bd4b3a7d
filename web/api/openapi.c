/* openapi.c: the description of the API, joined from its parts: each describes its own paths and
 * schemas (schemas/openapi/NAME.json), api.json what all of them share. */
#include "web/api/openapi.h"

#include "web/api/openapi_internal.h"

static void openapi_file(struct web_call *call, struct account_file *file)
{
    json_t *whole = json_object();
    (void)file;
    for (const struct openapi_document *part = openapi_documents; part->name != NULL; part++) {
        json_error_t error;
        json_t *read =
            json_loadb((const char *)part->text, part->length, JSON_REJECT_DUPLICATES, &error);
        if (read == NULL || json_object_update_recursive(whole, read) != 0) {
            json_decref(whole);
            json_decref(read);
            web_problem(call, 500, "description", NULL, "schemas/openapi/%s:%d: %s", part->name,
                        read == NULL ? error.line : 0, read == NULL ? error.text : "no object");
            return;
        }
        json_decref(read);
    }
    web_answer(call, 200, whole);
}

const struct web_endpoint openapi_endpoints[] = {
    {WEB_GET, "/api/v1/openapi.json", WEB_OPEN, false, WEB_NO_BODY, openapi_file, NULL},
    {.path = NULL},
};
