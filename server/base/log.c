/* log.c: the log.
 *
 *     2026-01-31T23:59:59.123Z warning net: connection refused, 64 from one address peer=192.0.2.1
 *
 * A line is made on the stack and leaves in one write(2), so that lines of several threads (and of
 * several processes on one file) never mix. The clock is the system's, not the reactor's: other
 * threads write here too, and nothing reads it back. */
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"

enum { LINE_SIZE = 1024, LEVELS = 4 };

static const char *const level_names[LEVELS] = {
    [LOG_ERROR] = "error",
    [LOG_WARNING] = "warning",
    [LOG_INFO] = "info",
    [LOG_DEBUG] = "debug",
};

#define LINE_CUT "...\n" /* ends a line that was too long */

struct log {
    pthread_mutex_t lock; /* guards `file` against log_reopen */
    int file;
    char *path; /* NULL: standard error */
    atomic_int level;
};

static int log_file(const char *path)
{
    if (path == NULL)
        return STDERR_FILENO;
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

struct log *log_open(const char *path, enum log_level level)
{
    int file = log_file(path);
    if (file < 0)
        return NULL;
    struct log *log = memory_new(sizeof(*log));
    log->file = file;
    log->path = path != NULL ? memory_copy(bytes_of(path)) : NULL;
    atomic_init(&log->level, (int)level);
    int result = pthread_mutex_init(&log->lock, NULL);
    assert(result == 0);
    (void)result;
    return log;
}

void log_close(struct log **log)
{
    struct log *old = *log;
    *log = NULL;
    if (old == NULL)
        return;
    if (old->path != NULL)
        close(old->file);
    pthread_mutex_destroy(&old->lock);
    free(old->path);
    free(old);
}

enum err log_reopen(struct log *log)
{
    if (log->path == NULL)
        return ERR_NONE;
    int file = log_file(log->path);
    if (file < 0)
        return ERR_IO;
    pthread_mutex_lock(&log->lock);
    int old = log->file;
    log->file = file;
    pthread_mutex_unlock(&log->lock);
    close(old);
    return ERR_NONE;
}

void log_set_level(struct log *log, enum log_level level)
{
    atomic_store_explicit(&log->level, (int)level, memory_order_relaxed);
}

int log_wants(const struct log *log, enum log_level level)
{
    return log != NULL && (int)level <= atomic_load_explicit(&log->level, memory_order_relaxed);
}

enum log_level log_level_now(const struct log *log)
{
    return (enum log_level)atomic_load_explicit(&log->level, memory_order_relaxed);
}

const char *log_level_name(enum log_level level)
{
    assert((unsigned)level < LEVELS);
    return level_names[level];
}

bool log_level_parse(struct bytes name, enum log_level *level)
{
    for (unsigned i = 0; i < LEVELS; i++)
        if (bytes_equal(name, bytes_of(level_names[i]))) {
            *level = (enum log_level)i;
            return true;
        }
    return false;
}

/* Time, level and part. */
static void log_head(struct buffer *line, enum log_level level, const char *part)
{
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    buffer_format(line, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ %s %s: ", utc.tm_year + 1900,
                  utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                  now.tv_nsec / 1000000, log_level_name(level), part);
}

/* Printable ASCII as it is, anything else as \xNN; so is the backslash, which makes the escapes
 * unambiguous. Stops where the line is full. */
static void log_escaped(struct buffer *line, const char *text)
{
    for (; *text != '\0' && !line->overflow; text++) {
        if (*text >= ' ' && *text <= '~' && *text != '\\')
            buffer_char(line, *text);
        else
            buffer_format(line, "\\x%02x", (unsigned)(unsigned char)*text);
    }
}

static void log_send(struct log *log, struct bytes line)
{
    ssize_t written;
    pthread_mutex_lock(&log->lock);
    do {
        written = write(log->file, line.at, line.length);
    } while (written < 0 && errno == EINTR);
    pthread_mutex_unlock(&log->lock);
}

void log_write(struct log *log, enum log_level level, const char *part, const char *format, ...)
{
    char text[LINE_SIZE], memory[LINE_SIZE];
    if (!log_wants(log, level))
        return;
    int error = errno; /* callers log before they look at it */
    va_list arguments;
    va_start(arguments, format);
    if (vsnprintf(text, sizeof(text), format, arguments) < 0)
        text[0] = '\0';
    va_end(arguments);
    struct buffer line = buffer_over(memory, sizeof(memory) - strlen(LINE_CUT));
    log_head(&line, level, part);
    log_escaped(&line, text);
    line.size = sizeof(memory);
    buffer_text(&line, line.overflow ? LINE_CUT : "\n");
    log_send(log, buffer_bytes(&line));
    errno = error;
}
