/* inspect_internal.h: the parts of a check. */
#ifndef SERVER_INSPECT_INTERNAL_H
#define SERVER_INSPECT_INTERNAL_H

#include "config.h"

struct check {
    struct config *config;
    bool running; /* a server has the data folder */
    unsigned faults;
};

enum check_finding { CHECK_OK, CHECK_NOTE, CHECK_FAULT };

/* Prints a finding. */
void check_say(struct check *check, enum check_finding finding, const char *part,
               const char *format, ...) __attribute__((format(printf, 4, 5)));

/* inspect_ports.c: can the listeners be opened, or do they answer? */
void check_ports(struct check *check);
/* inspect_dns.c: would others find us? */
void check_dns(struct check *check);

#endif
