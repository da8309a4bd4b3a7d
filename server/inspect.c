/* inspect.c: herald --check, what `heraldctl check` begins with.
 *
 *     configuration -> data folder and disk -> clock -> certificates -> ports -> DNS
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
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "certificates.h"
#include "inspect_internal.h"
#include "net/certificates.h"

enum { DAY_S = 86400, YEAR_LEAST = 2024, YEAR_MOST = 2100, FREE_LEAST_MIB = 200, MIB = 1 << 20 };

void check_say(struct check *check, enum check_finding finding, const char *part,
               const char *format, ...)
{
    static const char *const words[] = {
        [CHECK_OK] = "ok", [CHECK_NOTE] = "note", [CHECK_FAULT] = "fault"};
    va_list arguments;
    check->faults += finding == CHECK_FAULT;
    printf("%-6s %-14s ", words[finding], part);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
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

static void check_disk(struct check *check)
{
    const char *data = check->config->data;
    struct statvfs disk;
    struct stat is;
    if (stat(data, &is) != 0 && errno == ENOENT) {
        check_say(check, CHECK_NOTE, "disk", "%s is not there yet: the first start makes it", data);
        return;
    }
    if (stat(data, &is) != 0 || !S_ISDIR(is.st_mode) || access(data, W_OK | X_OK) != 0) {
        check_say(check, CHECK_FAULT, "disk",
                  "%s cannot be written by this user; give the user that runs herald the right "
                  "(chown), or run this check as that user",
                  data);
        return;
    }
    if (statvfs(data, &disk) != 0) {
        check_say(check, CHECK_FAULT, "disk", "%s cannot be looked at: %s; check the disk", data,
                  strerror(errno));
        return;
    }
    unsigned long long free_mib = (unsigned long long)disk.f_bavail * disk.f_frsize / MIB;
    if (free_mib < FREE_LEAST_MIB)
        check_say(check, CHECK_FAULT, "disk",
                  "%s has %llu MiB left; free some, the database and its backups need room", data,
                  free_mib);
    else
        check_say(check, CHECK_OK, "disk", "%s can be written and has %llu MiB left", data,
                  free_mib);
}

static void check_clock(struct check *check)
{
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    int year = utc.tm_year + 1900;
    if (year < YEAR_LEAST || year > YEAR_MOST)
        check_say(check, CHECK_FAULT, "clock",
                  "this host believes that it is the year %d; set its clock (timedatectl set-ntp "
                  "true): certificates and expiries go by it",
                  year);
    else
        check_say(check, CHECK_OK, "clock", "%04d-%02d-%02d %02d:%02d UTC", year, utc.tm_mon + 1,
                  utc.tm_mday, utc.tm_hour, utc.tm_min);
}

/* Certificates. */

static void check_time(struct check *check, const char *file, const struct certificate_look *look)
{
    uint64_t now_ms = (uint64_t)time(NULL) * 1000;
    if (look->begins_ms > now_ms)
        check_say(check, CHECK_FAULT, "certificate",
                  "%s is not good yet; look at this host's clock, or wait", file);
    else if (look->ends_ms <= now_ms)
        check_say(check, CHECK_FAULT, "certificate",
                  "%s is over; put a new one there and reload (heraldctl config reload)", file);
    else if (look->ends_ms - now_ms < (uint64_t)check->config->warn_days * DAY_S * 1000)
        check_say(check, CHECK_FAULT, "certificate",
                  "%s ends in %llu days; put a new one there and reload (heraldctl config reload)",
                  file, (unsigned long long)((look->ends_ms - now_ms) / 1000 / DAY_S));
    else
        check_say(check, CHECK_OK, "certificate", "%s (%s) is good for %llu days", file,
                  look->subject, (unsigned long long)((look->ends_ms - now_ms) / 1000 / DAY_S));
}

static void check_file(void *context, const char *use, const char *file)
{
    struct check *check = context;
    struct certificate_look look;
    (void)use;
    if (certificate_look(file, &look))
        check_time(check, file, &look);
    else if (access(file, F_OK) != 0 && strstr(file, "/self-signed.pem") != NULL)
        check_say(check, CHECK_NOTE, "certificate", "%s is made by the first start", file);
    else
        check_say(check, CHECK_FAULT, "certificate",
                  "%s cannot be read as a PEM certificate; correct the path or the rights", file);
}

static void check_names(struct check *check)
{
    for (unsigned i = 0; i < check->config->domain_count; i++) {
        const struct config_domain *domain = &check->config->domains[i];
        struct certificate_look look;
        if (domain->certificate == NULL || !certificate_look(domain->certificate, &look) ||
            certificate_names(domain->certificate, domain->domain.name, false))
            continue;
        check_say(
            check, CHECK_FAULT, "certificate",
            "%s does not name %s (it names: %s): other servers will not believe it; order one "
            "with that name as subjectAltName",
            domain->certificate, domain->domain.name, look.names);
    }
}

static void check_https(struct check *check)
{
    char why[1024];
    if (!web_check_papers(&check->config->web, why, sizeof(why)))
        check_say(check, CHECK_FAULT, "certificate", "%s", why);
}

int check_all(const char *config_path)
{
    char why[1024];
    struct check check = {.config = config_load(config_path, why, sizeof(why))};
    if (check.config == NULL) {
        check_say(&check, CHECK_FAULT, "configuration", "%s", why);
        return EXIT_FAILURE;
    }
    check_say(&check, CHECK_OK, "configuration", "%s is fine", config_path);
    check.running = is_running(&check);
    check_disk(&check);
    check_clock(&check);
    certificates_each(check.config, check_file, &check);
    check_names(&check);
    check_https(&check);
    check_ports(&check);
    check_dns(&check);
    config_free(&check.config);
    return check.faults == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
