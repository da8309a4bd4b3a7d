/* messages.h: the logs of users as web threads read them: what was said, and who has it. Never
 * changed here: messages are the reactor's (message_rows.h). What is read is durable. */
#ifndef STORE_MESSAGES_H
#define STORE_MESSAGES_H

#include "store/accounts.h"
#include "store/message_rows.h"

/* Which part of a log, its newest first: those made from `since_ms` on (0: all) and before
 * `before_ms`, and of that very millisecond those with a smaller serial. */
struct store_span {
    struct bytes aor;
    uint64_t since_ms, before_ms, before_serial;
};

/* Visits messages of a log, notices too, until `visit` says false or there are no more. */
enum err account_each_message(struct account_file *file, const struct store_span *span,
                              bool (*visit)(void *context, const struct store_message *message),
                              void *context) __attribute__((warn_unused_result));

/* Visits one; ERR_NOT_FOUND: it is not in that log. */
enum err account_find_message(struct account_file *file, struct bytes aor, uint64_t serial,
                              void (*visit)(void *context, const struct store_message *message),
                              void *context) __attribute__((warn_unused_result));

/* The serial of the one in a log that a request of this Call-ID and tag made, at that time;
 * ERR_NOT_FOUND. */
struct store_trail {
    struct bytes aor, call_id, from_tag;
    uint64_t made_ms;
};
enum err account_trace_message(struct account_file *file, const struct store_trail *trail,
                               uint64_t *serial) __attribute__((warn_unused_result));
/* The same whenever it was made, `window_ms` before the latest one of the partition at most. */
enum err account_trace_recent(struct account_file *file, const struct store_trail *trail,
                              uint64_t window_ms, uint64_t *serial)
    __attribute__((warn_unused_result));

/* Visits the deliveries of one. */
enum err account_list_deliveries(struct account_file *file, struct bytes aor, uint64_t serial,
                                 void (*visit)(void *context,
                                               const struct store_delivery *delivery),
                                 void *context) __attribute__((warn_unused_result));

/* Visits at most `limit` serials of a log that somebody is owed, behind `after`, the oldest first.
 */
enum err account_list_owed(struct account_file *file, struct bytes aor, uint64_t after,
                           unsigned limit, void (*visit)(void *context, uint64_t serial),
                           void *context) __attribute__((warn_unused_result));

#endif
