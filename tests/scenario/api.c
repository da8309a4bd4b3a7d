/* api.c: the step that calls the HTTP API, without HTTP: an endpoint's functions on the database
 * and on the server as they are at that moment. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "play.h"
#include "store/accounts.h"
#include "web/api/api.h"
#include "web/fake_call.h"

/* A request's body is JSON in the first line of the block that begins with a brace. */
static const char *body_of(const struct play *play, char **copy)
{
    const struct script_step *step = play->step;
    for (size_t i = 0; i < step->count && *copy == NULL; i++)
        if (bytes_starts_with(step->block[i].text, BYTES("> ")))
            *copy = memory_copy(bytes_skip(step->block[i].text, 2));
    return *copy;
}

/* The rows that have the path; NULL: none does. */
static struct web_call *make_call(const char *request, const char *body)
{
    for (const struct web_endpoints *all = api_endpoints; all->rows != NULL; all++)
        if (fake_call_routes(all, request))
            return fake_call(all, request, body);
    return NULL;
}

/* What a JSON pointer without escapes names: "/items/0/id". */
static const json_t *pointed(const json_t *value, struct bytes pointer)
{
    bytes_split(&pointer, '/');
    while (value != NULL && !bytes_empty(pointer)) {
        struct bytes part = bytes_split(&pointer, '/');
        uint64_t index;
        if (bytes_to_u64(part, &index))
            value = json_array_get(value, (size_t)index);
        else
            value = json_object_getn(value, part.at, part.length);
    }
    return value;
}

static bool remember(struct play *play, struct bytes name, struct bytes pointer,
                     const struct web_call *call)
{
    const char *text = json_string_value(pointed(fake_call_json(call), pointer));
    if (text == NULL)
        return play_fault(play, "there is no text at %.*s", BYTES_ARGS(pointer));
    play_set_variable(play, name, bytes_of(text));
    return true;
}

/* "has TEXT", "lacks TEXT", "{name} is /items/0/id". */
static bool check_line(struct play *play, struct bytes line, const char *text,
                       const struct web_call *call)
{
    struct bytes what = line;
    struct bytes word = bytes_split(&what, ' ');
    if (bytes_starts_with(line, BYTES("> ")))
        return true;
    if (bytes_starts_with(word, BYTES("{")) && bytes_starts_with(what, BYTES("is ")))
        return remember(play, bytes_first(bytes_skip(word, 1), word.length - 2),
                        bytes_skip(what, 3), call);
    bool has = bytes_equal(word, BYTES("has"));
    if (!has && !bytes_equal(word, BYTES("lacks")))
        return play_fault(play, "> JSON, has TEXT, lacks TEXT or {name} is /pointer, not %.*s",
                          BYTES_ARGS(line));
    bool there = memmem(text, strlen(text), what.at, what.length) != NULL;
    return there == has || play_fault(play, "the answer %s %.*s:\n%s", has ? "lacks" : "has",
                                      BYTES_ARGS(what), text);
}

static bool check(struct play *play, const struct web_call *call, uint64_t wanted)
{
    char *json = json_dumps(fake_call_json(call), JSON_COMPACT | JSON_ENCODE_ANY);
    char *text = json != NULL ? json : memory_copy(fake_call_text(call));
    bool good = fake_call_status(call) == wanted;
    if (!good)
        play_fault(play, "the answer is %u: %s", fake_call_status(call), text);
    for (size_t i = 0; good && i < play->step->count; i++)
        good = check_line(play, play->step->block[i].text, text, call);
    free(text);
    return good;
}

/* Both functions: what `file` writes is noticed as if another process had written it. */
static bool run_in(struct play *play, struct web_call *call)
{
    const struct web_core core = reactor_core(play->stage.reactor);
    struct stage *stage = &play->stage;
    enum err err;
    struct account_file *file =
        account_file_open(stage->data, &err, stage->why, sizeof(stage->why));
    if (file == NULL)
        return play_fault(play, "%s", stage->why);
    fake_call_run(call, file, &core);
    account_file_close(&file);
    stage_settle(stage);
    return true;
}

static bool run(struct play *play, const char *request, uint64_t wanted)
{
    char *body = NULL;
    struct web_call *call = make_call(request, body_of(play, &body));
    free(body);
    if (call == NULL)
        return play_fault(play, "the API has no %s", request);
    if (!run_in(play, call)) {
        fake_call_free(&call);
        return false;
    }
    bool good = check(play, call, wanted);
    fake_call_free(&call);
    return good;
}

bool play_api(struct play *play, struct words *words)
{
    struct page request = {0};
    uint64_t status;
    if (play->stage.reactor == NULL)
        return play_fault(play, "the server does not run");
    page_put(&request, words_take(words));
    page_add(&request, " ");
    bool good = play_expand(play, words_take(words), &request) && words_are(words, "gives") &&
                bytes_to_u64(words_take(words), &status);
    if (good)
        good = run(play, request.at, status);
    else
        play_fault(play, "api METHOD PATH gives STATUS");
    page_release(&request);
    return good;
}
