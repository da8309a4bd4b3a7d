/* seeds.c: one life a seed, the same each time. */
#include "seeds.h"

#include <stdio.h>
#include <stdlib.h>

#include <libxml/parser.h>
#include <libxml/xmlschemastypes.h>

enum { WIRE_SHOWN = 60000 };

void seeds_tell(const struct play *play, uint64_t seed, unsigned round)
{
    const struct page *wire = &play->stage.wire;
    size_t from = wire->length > WIRE_SHOWN ? wire->length - WIRE_SHOWN : 0;
    if (wire->length > 0)
        fwrite(wire->at + from, 1, wire->length - from, stdout);
    printf("not ok seed %llu, round %u: %s\n", (unsigned long long)seed, round, play->fault.at);
}

/* 0: it is not a number, or none at all. */
static unsigned long argument(int count, char **arguments, int index, unsigned long usual)
{
    return index < count ? strtoul(arguments[index], NULL, 10) : usual;
}

int seeds_main(int count, char **arguments, unsigned seeds, unsigned rounds,
               bool (*run)(uint64_t seed, unsigned rounds))
{
    unsigned long first = argument(count, arguments, 1, 1);
    unsigned long end = first + argument(count, arguments, 2, seeds);
    unsigned long length = argument(count, arguments, 3, rounds);
    int failed = 0;
    if (first == 0 || end == first || length == 0) { /* nothing would be lived, and nothing fail */
        fprintf(stderr, "not ok usage: %s [FIRST [SEEDS [ROUNDS]]], each a number from 1 on\n",
                arguments[0]);
        return EXIT_FAILURE;
    }
    xmlInitParser();
    for (unsigned long seed = first; seed < end; seed++)
        failed += !run(seed, (unsigned)length);
    xmlSchemaCleanupTypes();
    xmlCleanupParser();
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
