/* compose.h: messages as the parties write them: what a usual client would say, unless the block
 * says otherwise.
 *
 * A block line "Name: value" takes the default's place (the second one of a name is added),
 * "-Name" leaves the field out, "|anything" is a line as it stands, "Start-Line: ..." is the first
 * line; what follows an empty line is the body. Content-Length is counted unless the block speaks
 * of it. */
#ifndef TESTS_SCENARIO_COMPOSE_H
#define TESTS_SCENARIO_COMPOSE_H

#include "party.h"
#include "script.h"

enum { FIELDS_MAX = 200 };

struct draft {
    struct page start, body;
    char *names[FIELDS_MAX], *values[FIELDS_MAX]; /* name "|": a line as it stands */
    bool given[FIELDS_MAX];                       /* by the block */
    size_t count;
    bool has_body, length_given;
};

void draft_release(struct draft *draft);
/* Replaces all fields of the name by one; a NULL value: by none. */
void draft_set(struct draft *draft, const char *name, const char *value);
void draft_add(struct draft *draft, const char *name, const char *value);
const char *draft_value(const struct draft *draft, const char *name);
bool draft_was_given(const struct draft *draft, const char *name);
/* Takes a step's block in, its variables replaced. False: a fault was noted. */
bool draft_take_block(struct draft *draft, struct play *play, const struct script_step *step);
void draft_write(const struct draft *draft, struct page *out);

/* What a request is to be, besides the block. */
struct wish {
    struct bytes method, target, dialog, label;
    struct bytes of;  /* of ACK and CANCEL: the label of the INVITE; empty: the last one */
    unsigned refusal; /* of an ACK: the status that it is for; 0: it is for a 2xx */
    struct bytes expires, presence, note, tuple, words; /* empty: not said */
    bool credentials, qop_none;
    struct bytes username, password, nonce, digest_uri, algorithm;
    size_t piece;
};

/* The usual request of its method. False: a fault was noted. */
bool compose_request(struct play *play, struct party *party, const struct wish *wish,
                     struct draft *draft);
/* New branch and CSeq, where the block did not give them: the same request once more. */
void compose_again(struct party *party, struct draft *draft);
/* Adds credentials for the party's last challenge. */
bool compose_credentials(struct play *play, struct party *party, const struct wish *wish,
                         struct draft *draft);
/* The ACK for the failure that a request of the party's got (RFC 3261 17.1.1.3). */
void compose_ack(const struct sent *invite, struct draft *draft);
/* The usual answer to a request. */
void compose_response(const struct party *party, const struct arrival *request, unsigned status,
                      struct draft *draft);
/* The same with the step's block. False: a fault was noted. */
bool compose_answer(struct play *play, const struct party *party, const struct arrival *request,
                    unsigned status, struct draft *draft);

#endif
