/* dialog.h: dialogs as the parties keep them (RFC 3261 12.1): what a request inside one must say.
 *
 * A dialog begins with an answer from 101 to 299 that has a To tag: one that the party saw to its
 * INVITE, SUBSCRIBE or REFER, or one that it gave. It lives as long as its party; that a BYE ends
 * it is the script's business, so that a script may say BYE twice. */
#ifndef TESTS_SCENARIO_DIALOG_H
#define TESTS_SCENARIO_DIALOG_H

#include "party.h"

struct dialog {
    struct dialog *prev, *next;
    char *call_id, *local_tag, *remote_tag;
    char *local, *remote; /* From and To of what this side sends */
    char *target;         /* the remote target; NULL: no Contact was seen */
    struct page routes;   /* the route set, a value a line */
    char *rack;           /* of a PRACK for the last reliable answer (RFC 3262 7.2); NULL: none */
};

void dialogs_release(struct party *party);

/* Takes in an answer that the party saw (`caller`), or gave, to a request. */
void dialog_learn(struct party *party, const struct sip_message *request,
                  const struct sip_message *response, bool caller);

/* The dialog of the request or answer with that label: of one that was sent the one that its last
 * answer tells of. NULL: there is none. */
struct dialog *dialog_of(const struct party *party, struct bytes label);

/* The INVITE sent last inside the dialog, or the one that opened it; NULL: none. */
const struct sent *dialog_invite(const struct party *party, const struct dialog *dialog);

/* True when a request of this method begins a dialog, and when it moves the remote target. */
bool dialog_begins(struct bytes method);
bool dialog_refreshes(struct bytes method);

#endif
