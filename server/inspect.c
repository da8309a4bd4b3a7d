/* inspect.c: herald --check, what `heraldctl check` begins with.
 *
 *     configuration -> data folder and disk -> database -> clock -> certificates -> ports -> DNS
 *
 * A fault in the configuration ends it: nothing else is known then. Each finding that is no "ok"
 * ends with what to do. */
#include "inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "inspect_internal.h"
#include "store/domains.h"

enum { WHY_SIZE = 1024 };

void check_say(struct check *check, enum check_finding finding, const char *part,
               const char *format, ...)
{
    static const char *const words[] = {
        [CHECK_OK] = "ok", [CHECK_NOTE] = "note", [CHECK_FAULT] = "fault"};
    va_list arguments;
    check->faults += finding == CHECK_FAULT;
    fprintf(check->out, "%-6s %-14s ", words[finding], part);
    va_start(arguments, format);
    vfprintf(check->out, format, arguments);
    va_end(arguments);
    fprintf(check->out, "\n");
}

/* The lock is the server's as long as it lives. */
static bool is_running(const struct check *check)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/herald.lock", check->config->data);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    bool held = flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(file);
    return held;
}

/* The domains that were made over the API are served as much as those of the configuration. */
static void learn_domains(struct check *check)
{
    char why[WHY_SIZE], *lines = NULL;
    enum err err = ERR_NONE;
    struct account_file *file = account_file_look(check->config->data, &err, why, sizeof(why));
    check->domains = config_domains(check->config);
    if (file == NULL) {
        check_say(check, err == ERR_NOT_FOUND ? CHECK_NOTE : CHECK_FAULT, "database", "%s", why);
    } else if (file != NULL && domain_lines(file, &lines) != ERR_NONE) {
        check_say(check, CHECK_FAULT, "database",
                  "the domains in it cannot be read; look at the disk, or restore a backup");
    } else if (file != NULL) {
        domains_take(check->domains, bytes_of(lines));
    }
    free(lines);
    account_file_close(&file);
}

int check_all(const char *config_path)
{
    char why[WHY_SIZE];
    struct check check = {.out = stdout, .config = config_load(config_path, why, sizeof(why))};
    if (check.config == NULL) {
        check_say(&check, CHECK_FAULT, "configuration", "%s", why);
        return EXIT_FAILURE;
    }
    check_say(&check, CHECK_OK, "configuration", "%s is fine", config_path);
    check.running = is_running(&check);
    check_disk(&check);
    learn_domains(&check);
    check_clock(&check);
    check_certificates(&check);
    check_ports(&check);
    check_dns(&check);
    domains_free(&check.domains);
    config_free(&check.config);
    return check.faults == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
