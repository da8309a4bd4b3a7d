/* report.h: the results, for people and for programs. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdio.h>

#include "measure.h"

/* A table in Markdown, made up so that it can be read as it is. */
void report_table(FILE *out, const struct options *options, const struct measured *results,
                  unsigned count);

/* One JSON object with everything that was measured. */
void report_json(FILE *out, const struct options *options, const struct measured *results,
                 unsigned count);

#endif
