/* log.h: the log. One line an event: time, level, part, what, keys (call-id=, aor=).
 *
 * Goes to standard error or to a file that SIGHUP reopens. Bytes that are not printable are
 * escaped, so that a peer cannot forge lines; a line longer than 1024 bytes is cut. Secrets never
 * come here. Writing is thread-safe. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/err.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

struct log;

/* Opens a log; `path` NULL: standard error. NULL when the file cannot be opened (errno says why).
 */
struct log *log_open(const char *path, enum log_level level);
void log_close(struct log **log);

/* Opens the file anew (after rotation); the old one stays in use when that fails. */
enum err log_reopen(struct log *log) __attribute__((warn_unused_result));
void log_set_level(struct log *log, enum log_level level);
enum log_level log_level_now(const struct log *log);
/* "error", "warning", "info", "debug"; and back: false when it is none of these. */
const char *log_level_name(enum log_level level);
bool log_level_parse(struct bytes name, enum log_level *level);

/* True when a line of that level would be written: guards costly arguments. */
int log_wants(const struct log *log, enum log_level level);

/* Writes a line; `part` names the folder. A NULL log swallows it. */
void log_write(struct log *log, enum log_level level, const char *part, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
