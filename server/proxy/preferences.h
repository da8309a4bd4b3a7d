/* preferences.h: what a caller asks of the proxy (RFC 3841), as pure functions.
 *
 * Accept-Contact and Reject-Contact are compared with the feature parameters of a contact (RFC
 * 3840) as section 7.2.4 says; without them the method and the event package are implied (7.2.2).
 * Nothing is kept; slices point into the request. */
#ifndef PROXY_PREFERENCES_H
#define PROXY_PREFERENCES_H

#include "sip/message.h"

/* "A reasonable number is around 20" (RFC 3841 11); the others bound the work of one match. */
enum { PREFERENCE_RULES_MAX = 20, PREFERENCE_TERMS_MAX = 64, PREFERENCE_BYTES_MAX = 4096 };

struct preference_rule {
    struct bytes parameters; /* ";audio;require" */
    unsigned terms;          /* feature parameters among them */
    bool reject, require, explicit_only;
};

struct preferences {
    struct preference_rule rules[PREFERENCE_RULES_MAX];
    unsigned count;
    bool implied;      /* from the method and event: no reason to reach nobody (7.2.4) */
    char implicit[96]; /* memory of the implied rule */
};

/* True when the caller says what it prefers, with whatever is in the fields. */
bool preferences_are_given(const struct sip_message *request);

/* Reads the fields of a request. 400 when there are more rules than anybody needs. */
struct verdict preferences_read(const struct sip_message *request, struct preferences *preferences);

/* Judges one contact by its parameters (";audio;methods=\"INVITE,BYE\""): false, it is not to be
 * used; else *score is the caller's preference Qa in thousandths (7.2.4). A contact without feature
 * parameters is immune: 1000. */
bool preferences_judge(const struct preferences *preferences, struct bytes features,
                       unsigned *score);

/* Request-Disposition (RFC 3841 9.1); what is not named is false. Unknown words, and `recurse` and
 * `queue`, are passed over. */
struct disposition {
    bool proxy, redirect, no_cancel, no_fork, parallel, sequential;
};
struct disposition disposition_read(const struct sip_message *request);

#endif
