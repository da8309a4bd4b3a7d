/* main.c: herald-bench: measures one kind after the other and reports. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "measure.h"
#include "report.h"

enum { KINDS_MAX = 32, WHY_SIZE = 512, PATH_SIZE = 4096 };

static bool is_chosen(const struct options *options, unsigned number)
{
    return options->kinds == 0 || (options->kinds >> number & 1) != 0;
}

/* Measures what was chosen; how many. */
static unsigned run_all(const struct options *options, struct server *server,
                        struct measured *results)
{
    unsigned count = 0;
    bool interrupted = false;
    for (unsigned i = 0; measure_list()[i].kind != NULL && !interrupted; i++) {
        if (!is_chosen(options, i))
            continue;
        fprintf(stderr, "%s ...\n", measure_list()[i].kind->name);
        measure_run(&measure_list()[i], options, server, &results[count]);
        interrupted = results[count++].interrupted;
    }
    return count;
}

static bool write_json(const struct options *options, const struct measured *results,
                       unsigned count)
{
    bool standard = strcmp(options->json, "-") == 0;
    FILE *file = standard ? stdout : fopen(options->json, "we");
    if (file == NULL) {
        perror(options->json);
        return false;
    }
    report_json(file, options, results, count);
    return standard || fclose(file) == 0;
}

static bool all_fine(const struct measured *results, unsigned count)
{
    bool fine = count > 0;
    for (unsigned i = 0; i < count; i++)
        fine = fine && results[i].ran && results[i].counted > 0 && results[i].result.errors == 0;
    return fine;
}

int main(int argc, char **argv)
{
    struct options options;
    char why[WHY_SIZE] = "", path[PATH_SIZE];
    enum options_result parsed = options_parse(argc, argv, &options, path, sizeof(path));
    struct server *server = NULL;
    if (parsed != OPTIONS_RUN)
        return parsed == OPTIONS_HELP ? EXIT_SUCCESS : EXIT_FAILURE;
    if (options.server.family == 0 && (server = server_new(&options, why, sizeof(why))) == NULL) {
        fprintf(stderr, "herald-bench: %s\n", why);
        return EXIT_FAILURE;
    }
    struct measured *results = memory_new(KINDS_MAX * sizeof(*results));
    unsigned count = run_all(&options, server, results);
    server_free(&server);
    FILE *table = options.json != NULL && strcmp(options.json, "-") == 0 ? stderr : stdout;
    report_table(table, &options, results, count);
    bool fine = all_fine(results, count);
    if (options.json != NULL)
        fine = write_json(&options, results, count) && fine;
    free(results);
    return fine ? EXIT_SUCCESS : EXIT_FAILURE;
}
