/* im_internal.h: what the files of this folder share. */
#ifndef IM_IM_INTERNAL_H
#define IM_IM_INTERNAL_H

#include "base/memory.h"
#include "base/token.h"
#include "im/content.h"
#include "im/im.h"
#include "proxy/send.h"

/* judge.c: may this MESSAGE be taken? */
enum judgement {
    JUDGE_PASS,
    JUDGE_ANSWERED, /* it was refused */
    JUDGE_SILENT /* its receiver does not want it and its sender is not to know: 202, and no more */
};
struct judge;
struct judge *judge_new(struct front *front);
void judge_free(struct judge **judge);
/* Size (413), type (415), the sender's rate (500 with Retry-After), the receiver's blocks (403 or
 * silence) and whom it takes messages of at all. `settings` are the current ones. */
enum judgement judge_message(struct judge *judge, const struct im_settings *settings,
                             struct front_request *request, const struct content *content);
/* The same of one that was handed in. PASS, SILENT, or ANSWERED with what to answer; `later_s`:
 * when to come again, 0: it would not help. */
struct judge_letter {
    const struct sip_message *message;
    const struct policy_watcher *sender; /* trusted: a service, which is not counted */
    struct bytes receiver;               /* a user of ours; empty: somebody elsewhere */
    const struct content *content;
};
struct judge_refusal {
    unsigned status;
    const char *reason;
    unsigned later_s;
};
enum judgement judge_letter(struct judge *judge, const struct im_settings *settings,
                            const struct judge_letter *letter, struct judge_refusal *refusal);
/* The same of one that was let in long ago, and that its receiver alone has not been asked about.
 */
enum judgement judge_owed(const struct judge *judge, const struct im_settings *settings,
                          const struct judge_letter *letter, struct judge_refusal *refusal);
/* True when the receiver wants whom it blocks not to know. */
bool judge_is_silent_for(const struct judge *judge, struct bytes receiver);
/* True when policy lets `sender` send to `receiver`, or the receiver knows them: what a list may
 * divide a message to (RFC 5360, RFC 5363). */
bool judge_consents(const struct judge *judge, const struct im_settings *settings,
                    const struct policy_watcher *sender, struct bytes receiver);

/* post.c: a message that does not come from a request for one user: ours (reports), or a list's
 * share. It is stored first and delivered from there. */
struct im_post {
    struct bytes owner; /* user of ours: the receiver, or on whose behalf it goes abroad */
    enum store_message_kind kind; /* STORE_SENT only when it goes out */
    struct bytes peer;            /* the other side's address-of-record */
    bool foreign, trusted;        /* how that was proved */
    bool goes_out;                /* to another domain, by the head's Request-URI */
    struct store_origin origin; /* with from_tag: what makes it one message, whatever is repeated */
    struct bytes from_tag, content_type;
    struct bytes head, body; /* as in store_message */
    uint64_t expires_ms;
    uint64_t serial; /* of the same message in another's log, which names it here; 0: a new one */
    bool copied;     /* the peer is a user of ours who sent it, and has it among what was sent */
};
/* Returns the change to wait for; STORE_NOTHING with *refused when the owner's limits are reached.
 * One that is there already (same Call-ID, From tag, CSeq) is not made twice: for 64*T1 or
 * im.join_s, and with a serial as long as it has its row. */
struct store_change im_post(struct im *im, const struct im_post *post, bool *refused);
/* Only what its sender has of it, for the receiver does not want it and the sender is not to know.
 */
struct store_change im_post_copy(struct im *im, const struct im_post *post, bool *refused);
/* The serial of the one in this log that such a request made, or 0. */
uint64_t im_post_serial(const struct im *im, const struct im_post *post, bool copy);

/* report.c: what a sender learns of a message, by IMDN when it asked for that (RFC 5438 8.2), of a
 * final failure also without; never for notices and what programs sent. */
struct report_about {
    const struct sip_message *message; /* with its body */
    struct bytes owner;                /* whom it was for, a user of ours; empty: somebody abroad */
    struct bytes sender;               /* canonical; who may be told */
    bool foreign, trusted;
    uint64_t serial;
};
void report_stored(struct im *im, const struct report_about *about);
/* POSTED: it is made when *change is durable. REFUSED: not now, but it may be later; it is the same
 * one however often it is asked for. */
enum report_outcome { REPORT_NOT_DUE, REPORT_POSTED, REPORT_REFUSED };
enum report_outcome report_failed(struct im *im, const struct report_about *about, unsigned status,
                                  const char *reason, struct store_change *change);

/* list.c: the list service (RFC 5365). Registers it with the front end by its name in the settings,
 * or once more by another. */
void list_register(struct im *im);
/* A MESSAGE for it: answers it. */
void list_handle(struct im *im, struct front_request *request, const struct content *content);
/* Forgets the requests whose answers wait. */
void list_close(struct im *im);

struct im {
    struct front *front;
    const struct front_parts *parts;
    struct proxy *proxy;
    struct im_settings settings;
    struct im_registrations registrations;
    struct judge *judge;
    struct engine *engine; /* engine_internal.h */
    struct reporter *reporter;
    struct list_job *list_jobs;
};

#endif
