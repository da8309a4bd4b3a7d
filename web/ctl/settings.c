/* settings.c: options before the environment before the file. */
#include "web/ctl/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bytes.h"

enum { LINE_SIZE = 2048, FIELD_SIZE = 1024, PATH_SIZE = 4096 };

static bool put(char *field, struct bytes value)
{
    if (*field != '\0')
        return true;
    if (value.length >= FIELD_SIZE)
        return false;
    memcpy(field, value.at, value.length);
    field[value.length] = '\0';
    return true;
}

/* False: it is none of ours. */
static bool take_line(struct ctl_settings *settings, struct bytes line)
{
    struct bytes value = line, name = bytes_trim(bytes_split(&value, '='));
    value = bytes_trim(value);
    if (bytes_empty(name) || name.at[0] == '#')
        return true;
    if (bytes_equal(name, BYTES("url")))
        return put(settings->url, value);
    if (bytes_equal(name, BYTES("token")))
        return put(settings->token, value);
    return bytes_equal(name, BYTES("ca")) && put(settings->ca, value);
}

/* A token that others can read is as good as none; who reads a pipe or a terminal has it alone. */
static bool is_private(FILE *file)
{
    struct stat status;
    return fstat(fileno(file), &status) == 0 &&
           (!S_ISREG(status.st_mode) || (status.st_mode & 077) == 0);
}

static bool read_lines(struct ctl_settings *settings, FILE *file, const char *path, char *why,
                       size_t why_size)
{
    char line[LINE_SIZE];
    bool had = settings->token[0] != '\0';
    for (unsigned number = 1; fgets(line, sizeof(line), file) != NULL; number++) {
        if (take_line(settings, bytes_trim(bytes_of(line))))
            continue;
        snprintf(why, why_size,
                 "%s:%u: lines are \"url = http://127.0.0.1:8080\", \"token = hld_...\" and \"ca = "
                 "/path/of.pem\"",
                 path, number);
        return false;
    }
    if (had || settings->token[0] == '\0' || is_private(file))
        return true;
    snprintf(why, why_size, "%s holds a token and others may read it; chmod 600 %s", path, path);
    return false;
}

static bool read_file(struct ctl_settings *settings, char *why, size_t why_size)
{
    const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    char path[PATH_SIZE];
    if (base != NULL && *base != '\0')
        snprintf(path, sizeof(path), "%s/heraldctl", base);
    else
        snprintf(path, sizeof(path), "%s/.config/heraldctl", home != NULL ? home : "");
    FILE *file = fopen(path, "re");
    if (file == NULL && errno == ENOENT)
        return true;
    if (file == NULL) {
        snprintf(why, why_size, "%s cannot be read: %s", path, strerror(errno));
        return false;
    }
    bool good = read_lines(settings, file, path, why, why_size);
    fclose(file);
    return good;
}

static bool read_environment(struct ctl_settings *settings, char *why, size_t why_size)
{
    const char *url = getenv("HERALD_URL"), *token = getenv("HERALD_TOKEN");
    if (put(settings->url, bytes_of(url != NULL ? url : "")) &&
        put(settings->token, bytes_of(token != NULL ? token : "")))
        return true;
    snprintf(why, why_size, "HERALD_URL or HERALD_TOKEN is too long");
    return false;
}

bool ctl_settings_fill(struct ctl_settings *settings, char *why, size_t why_size)
{
    return read_environment(settings, why, why_size) && read_file(settings, why, why_size) &&
           put(settings->url, BYTES("http://127.0.0.1:8080"));
}

bool ctl_settings_token(struct ctl_settings *settings, const char *path, char *why, size_t why_size)
{
    char line[LINE_SIZE];
    bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdin : fopen(path, "re");
    bool read = file != NULL && fgets(line, sizeof(line), file) != NULL;
    if (!read)
        snprintf(why, why_size, "the token cannot be read from %s: %s", path,
                 file == NULL ? strerror(errno) : "it is empty");
    if (read && !standard && !is_private(file)) /* secrets that a container is given are so */
        fprintf(stderr, "heraldctl: others may read the token in %s; chmod 600 %s\n", path, path);
    if (file != NULL && !standard)
        fclose(file);
    settings->token[0] = '\0';
    return read && put(settings->token, bytes_trim(bytes_of(line)));
}
