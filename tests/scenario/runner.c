/* runner.c: scenario-run [--wire] [--log] FILE...: plays scenarios, each twice with the same seed.
 *
 * Both must go well, and what went over the wire must be the same to the byte (every scenario
 * replays from its seed). --wire prints it; at a fault its end is printed anyway. */
#include <stdio.h>
#include <stdlib.h>

#include <libxml/parser.h>
#include <libxml/xmlschemastypes.h>

#include "base/memory.h"
#include "play.h"

enum { WIRE_SHOWN = 12000 };

struct wants {
    bool wire, log;
};

static bool play_script(struct play *play, const struct script *script, const struct wants *wants)
{
    bool fine = play_init(play, script->path, 1);
    if (wants->log)
        play->stage.log = log_open(NULL, LOG_DEBUG);
    for (size_t i = 0; i < script->count && fine; i++)
        fine = play_step(play, &script->steps[i]);
    return fine && play_end(play);
}

static void show_wire(const struct play *play, const struct wants *wants, bool fine)
{
    const struct page *wire = &play->stage.wire;
    size_t from = 0;
    if (fine && !wants->wire)
        return;
    if (!wants->wire && wire->length > WIRE_SHOWN)
        from = wire->length - WIRE_SHOWN;
    if (wire->length > 0)
        fwrite(wire->at + from, 1, wire->length - from, stdout);
}

/* Where the two differ first. */
static bool same_wire(const struct script *script, const struct page *first,
                      const struct page *second)
{
    if (bytes_equal(page_bytes(first), page_bytes(second)))
        return true;
    size_t at = 0;
    while (at < first->length && at < second->length && first->at[at] == second->at[at])
        at++;
    size_t from = at > 400 ? at - 400 : 0;
    printf("%s: played again with the same seed, it goes otherwise from here on:\n%.*s\n"
           "---- first\n%.200s\n---- then\n%.200s\n",
           script->path, (int)(at - from), first->at + from, first->at + at, second->at + at);
    return false;
}

static bool run(const char *path, const struct wants *wants)
{
    struct script script;
    struct play first, second;
    const struct wants quiet = {0};
    if (!script_load(&script, path))
        return false;
    if (script.count == 0) {
        printf("not ok %s has no steps\n", path);
        script_release(&script);
        return false;
    }
    bool fine = play_script(&first, &script, wants);
    show_wire(&first, wants, fine);
    if (!fine)
        printf("%s\n", first.fault.at);
    if (fine) {
        fine = play_script(&second, &script, &quiet);
        if (!fine)
            printf("the second time: %s\n", second.fault.at);
        fine = fine && same_wire(&script, &first.stage.wire, &second.stage.wire);
        play_release(&second);
    }
    play_release(&first);
    printf("%s %s\n", fine ? "ok" : "not ok", path);
    script_release(&script);
    return fine;
}

int main(int count, char **arguments)
{
    struct wants wants = {0};
    int failed = 0, played = 0;
    xmlInitParser();
    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], "--wire") == 0)
            wants.wire = true;
        else if (strcmp(arguments[i], "--log") == 0)
            wants.log = true;
        else {
            failed += !run(arguments[i], &wants);
            played++;
        }
    }
    xmlSchemaCleanupTypes();
    xmlCleanupParser();
    if (played == 0)
        fputs("not ok nothing was played; usage: scenario-run [--wire] [--log] FILE...\n", stderr);
    return failed == 0 && played > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
