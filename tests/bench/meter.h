/* meter.h: CPU time and memory of processes, from outside. */
#ifndef BENCH_METER_H
#define BENCH_METER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "options.h"

/* The processes of a server. */
struct meter {
    pid_t pids[PIDS_MAX];
    unsigned count;
};

/* Nanoseconds of CPU that all threads of all processes have used, in user and system mode. */
uint64_t meter_cpu_ns(const struct meter *meter);

/* The same of this process. */
uint64_t meter_own_cpu_ns(void);

/* Resident memory now and at its highest, in KiB, summed up; `share_kib` (PSS) counts of a page
 * that several processes use only this one's part: libraries that others have loaded, too. */
struct meter_memory {
    uint64_t now_kib, peak_kib, share_kib;
};
struct meter_memory meter_memory(const struct meter *meter);

/* False when one of them has gone. */
bool meter_alive(const struct meter *meter);

#endif
