/* message_internal.h: messages and their deliveries: what the files of the engine do for each
 * other. */
#ifndef IM_MESSAGE_INTERNAL_H
#define IM_MESSAGE_INTERNAL_H

#include "inbox_internal.h"

/* message.c */
struct message_plan {
    struct bytes peer;
    uint64_t identity;
    enum store_message_kind kind;
    uint64_t serial, made_ms, expires_ms;
    struct message *near; /* where its place is looked for first, in its inbox; NULL: at the end */
};
struct message *message_new(struct inbox *inbox, const struct message_plan *plan);
/* Ends it whatever it is; nobody is answered or told. */
void message_free(struct message *message);
/* Which request it is: the same number for the same owner, Call-ID, From tag and CSeq. */
uint64_t message_identity(const struct im *im, struct bytes owner, struct bytes call_id,
                          struct bytes from_tag, uint32_t cseq);
/* The same of one that its owner sent: to this receiver. */
uint64_t message_identity_sent(uint64_t identity, struct bytes peer);
/* The message that a request has made before, or NULL. */
struct message *message_known(const struct im *im, uint64_t identity);
/* One that was loaded without it. */
void message_identify(struct message *message, uint64_t identity);
/* `near` as in the plan. */
struct message *message_find(const struct inbox *inbox, uint64_t serial, struct message *near);
struct delivery *delivery_new(struct message *message, struct device *device);
/* It is owed no more; memory alone. */
void delivery_leave(struct delivery *delivery, enum store_delivery_state state, unsigned status);
bool message_is_owed(const struct message *message);
bool message_is_under_way(const struct message *message);
/* It has a row from now on, which `change` writes. */
void message_becomes_stored(struct message *message, struct store_change change);
/* What has been decided: the row, who is to know, and what comes next. */
void delivery_decide(struct delivery *delivery, enum store_delivery_state state, unsigned status);
/* Its device is known no more. The row goes into `set`, unless the sender is to be told first. */
void delivery_forget(struct delivery *delivery, struct store_set *set);
/* Of each device that is owed too many with this one, the oldest that somebody else has is given
 * up. */
void message_make_room(const struct message *message, struct store_set *set);
/* When nobody is owed anything any more: the sender is told, and it is forgotten after a while. */
void message_settle(struct message *message);
/* Nobody is owed it any more, by order; its sender is not told. */
void message_end(struct message *message);
/* A delivery was added to a stored one. */
void message_is_owed_again(struct message *message);

/* news.c: tells who listens; `delivery`: by which, or NULL. */
void news_tell(const struct message *message, enum im_fate fate, const struct delivery *delivery);
void news_tell_failed(const struct message *message, unsigned status);

/* rows.c */
struct row_source {
    const struct sip_message *message;
    const struct front_request *request; /* the sender's proofs */
};
/* The head as it is kept, in the engine's memory: with a Date, without Via, Route, Record-Route
 * and our credentials. Empty: it is too large. */
struct bytes row_head(struct im *im, const struct row_source *source, uint64_t made_ms);
void row_put_message(struct store_set *set, const struct message *message,
                     const struct row_source *source, struct bytes head);
void row_put_delivery(struct store_set *set, const struct delivery *delivery);
void row_put_deliveries(struct store_set *set, const struct message *message);
uint64_t row_keep_until_ms(const struct im *im, enum store_message_kind kind, uint64_t made_ms);

/* sheet.c: a stored message, read to be sent. */
struct sheet {
    struct im *im;
    char *raw; /* owned */
    struct sip_message message;
    struct front_request request;
    bool foreign, trusted;
};
/* ERR_NOT_FOUND: its row is gone. Release it after success. */
enum err sheet_open(const struct message *message, struct sheet *sheet);
void sheet_release(struct sheet *sheet);

/* deliver.c */
/* Those of the user's ways that lead to this device. */
size_t ways_pick(const struct device *device, const struct proxy_target *targets, size_t count,
                 struct proxy_target *picked);
/* The ways to a device at this moment. */
size_t ways_find(const struct device *device, struct front_request *request,
                 struct proxy_target *targets);
/* Sends to these; what becomes of it is told later, or, when none of them could be sent to, found
 * in the delivery at once. */
struct sending {
    struct front_request *request;
    const struct proxy_target *targets;
    size_t count;
    uint32_t breadth;
    bool drains;
};
void attempt_begin(struct delivery *delivery, const struct sending *sending);
/* One under way, with room for so many ways. */
struct attempt *attempt_new(struct delivery *delivery, size_t places, bool drains);
/* It has ended: well, or all its ways have, none of them well. Frees it. */
void attempt_taken(struct attempt *attempt, unsigned status);
void attempt_failed(struct attempt *attempt);
void attempt_free(struct attempt *attempt);
/* It is this delivery's from now on. */
void attempt_adopt(struct delivery *delivery, struct attempt *attempt);
/* Sends what is stored. */
void deliver_stored(struct delivery *delivery);

/* handover.c */
/* False: it is not for a user of ours. Else it is decided, or under way, or tried again later. */
bool handover_begin(struct delivery *delivery, const struct sheet *sheet);

/* retry.c */
/* Sends the next stored one if nothing stands against it. */
void device_pump(struct device *device);
/* After a failure; `asked_s`: at least so long. */
void device_pause(struct device *device, unsigned asked_s);
/* Its oldest stored one was sent and is still owed: a pause, or it steps aside. */
void device_failed(struct device *device, struct delivery *delivery);
/* Tries at the end of the turn. */
void device_wake(struct device *device);
/* The same when it registers, or a peer's domain becomes ours: who has stepped aside is in its
 * place again, and who is under way has no pause if that fails. */
void device_back(struct device *device);
/* The oldest one of those that have not stepped aside, or NULL. */
struct delivery *device_first(const struct device *device);
/* It does not wait for drains_max any more. */
void device_leave_line(struct device *device);
/* What stood before the others in its queue may have left: whoever is next is looked at at the end
 * of the turn, unless there is a pause. */
void device_nudge(struct device *device);
/* The next pause in seconds, of one that has just been taken. */
unsigned retry_next_s(const struct im_settings *settings, unsigned pause_s);
/* One of those that drains_max counts has ended. */
void drain_ended(struct im *im);

/* live.c */
struct live_plan {
    struct front_request *request;
    const struct content *content;
    struct inbox *inbox;
    struct bytes peer;
    enum store_message_kind kind;
    uint64_t expires_ms;
    uint64_t identity;
};
/* NULL: it was answered. */
struct message *live_begin(struct im *im, const struct live_plan *plan);
/* After every event of a live message: ends when nothing is under way. */
void live_advance(struct message *message);
void live_take_answer(struct message *message, const struct client_answer *answer);
/* Answers with `status`, of our own. */
void live_reply(struct live *live, unsigned status, const char *reason, struct store_change after);
void live_free(struct message *message);
/* Its answer is due now, whatever is under way. */
void live_hurry(struct live *live);
bool im_is_trouble(const struct delivery *delivery, unsigned status);
/* True when the request has made a message before; it was answered. */
bool live_repeats(struct im *im, struct front_request *request, uint64_t identity);

/* intake.c, outbound.c */
void intake_local(struct im *im, struct front_request *request, const struct content *content);
void intake_foreign(struct im *im, struct front_request *request, const struct content *content);
void intake_relay(struct im *im, struct front_request *request);
/* The user of ours who sends it; empty: nobody of ours. */
struct bytes intake_sender(const struct im *im, const struct front_request *request);

/* carbon.c */
/* Deliveries for the sender's devices but the one that sent it (NULL: none did), if it wants them.
 * True when there are any. */
bool carbon_deliver(struct message *message, const struct bytes *sent_by);
/* The sender's row of a message for a user of ours, and copies; into `set`, of its partition. It
 * becomes stored with the receiver's row. */
struct message *carbon_make(const struct live *live, struct bytes head, struct store_set *set);
/* The receiver's row was refused. Frees it unless its own was refused with that. */
void carbon_undo(struct message *copy);
/* False also when it was made before, by the same request. */
bool carbon_is_due(const struct live *live);
/* True when the user wants copies of what it sends on its other devices. */
bool carbon_wants(const struct im *im, struct bytes aor);

/* join.c */
/* A device that was never seen gets what nobody took, or a moment ago. */
void join_device(struct device *device, struct store_set *set);

/* forget.c */
void forget_begin(struct im *im);
void forget_end(struct im *im);
/* It stays for those who repeat its request, and, if it may, for those who join. */
void forget_later(struct message *message);
void forget_leave(struct message *message);
/* True when the request has made a message that is gone since; it was answered. */
bool forget_repeated(struct im *im, struct front_request *request, uint64_t identity);
bool forget_knows(const struct im *im, uint64_t identity);

#endif
