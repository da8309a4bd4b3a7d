/* meter.c: a process's CPU clock (clock_getcpuclockid: to the nanosecond, all threads, where
 * /proc/PID/stat counts ticks of ten milliseconds), and /proc/PID/status. */
#include "meter.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec used;
    if (clock_gettime(clock, &used) != 0)
        return 0;
    return (uint64_t)used.tv_sec * 1000000000 + (uint64_t)used.tv_nsec;
}

uint64_t meter_cpu_ns(const struct meter *meter)
{
    uint64_t sum = 0;
    for (unsigned i = 0; meter != NULL && i < meter->count; i++) {
        clockid_t clock;
        if (clock_getcpuclockid(meter->pids[i], &clock) == 0)
            sum += clock_ns(clock);
    }
    return sum;
}

uint64_t meter_own_cpu_ns(void)
{
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

/* The number of "VmRSS:     1234 kB"; 0 when the line is another. */
static uint64_t line_kib(const char *line, const char *name)
{
    struct bytes rest = bytes_of(line);
    uint64_t value = 0;
    if (!bytes_starts_with(rest, bytes_of(name)))
        return 0;
    rest = bytes_trim(bytes_skip(rest, strlen(name)));
    return bytes_to_u64(bytes_split(&rest, ' '), &value) ? value : 0;
}

/* Adds what a file of /proc says of the process. */
static void add_memory(struct meter_memory *memory, pid_t pid, const char *name)
{
    char path[64], line[256];
    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return;
    while (fgets(line, sizeof(line), file) != NULL) {
        memory->now_kib += line_kib(line, "VmRSS:");
        memory->peak_kib += line_kib(line, "VmHWM:");
        memory->share_kib += line_kib(line, "Pss:");
    }
    (void)fclose(file);
}

struct meter_memory meter_memory(const struct meter *meter)
{
    struct meter_memory memory = {0};
    for (unsigned i = 0; i < meter->count; i++) {
        add_memory(&memory, meter->pids[i], "status");
        add_memory(&memory, meter->pids[i], "smaps_rollup");
    }
    return memory;
}

bool meter_alive(const struct meter *meter)
{
    for (unsigned i = 0; meter != NULL && i < meter->count; i++) {
        char path[64], text[512] = "";
        snprintf(path, sizeof(path), "/proc/%d/stat", (int)meter->pids[i]);
        FILE *file = fopen(path, "re");
        if (file == NULL)
            return false;
        bool read = fgets(text, sizeof(text), file) != NULL;
        (void)fclose(file);
        const char *state = strrchr(text, ')'); /* of the name; the state is behind it */
        if (!read || state == NULL || strlen(state) < 3 || state[2] == 'Z' || state[2] == 'X')
            return false;
    }
    return true;
}
