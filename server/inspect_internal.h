/* inspect_internal.h: the parts of a check. */
#ifndef SERVER_INSPECT_INTERNAL_H
#define SERVER_INSPECT_INTERNAL_H

#include <stdio.h>
#include <sys/timex.h>
#include <time.h>

#include "config.h"

struct check {
    struct config *config;
    struct domains *domains; /* those of the configuration, and those of the database */
    bool running;            /* a server has the data folder */
    unsigned faults;
    FILE *out; /* where findings go */
};

enum check_finding { CHECK_OK, CHECK_NOTE, CHECK_FAULT };

/* Prints a finding. */
void check_say(struct check *check, enum check_finding finding, const char *part,
               const char *format, ...) __attribute__((format(printf, 4, 5)));

/* inspect_disk.c: room for the database, its backups and the log. */
void check_disk(struct check *check);
/* inspect_clock.c: is it right, and does somebody keep it so? */
void check_clock(struct check *check);
/* The same of a clock that says `now` under a kernel that answered so. */
void check_clock_as(struct check *check, time_t now, int state, const struct timex *kernel);
/* inspect_certificates.c: would peers believe us, and for how long? */
void check_certificates(struct check *check);
/* inspect_ports.c: can the listeners be opened, or do they answer? */
void check_ports(struct check *check);
/* inspect_dns.c: would others find us? */
void check_dns(struct check *check);

#endif
