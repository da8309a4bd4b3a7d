/* calls.c: the caller, and the phones that are called.
 *
 *     phone:   RINGS --+-- 200 --> ACCEPTED -- ACK --> TALKS --+-- BYE, either side --> OVER
 *                      |               +-- 64*T1 without ACK --+
 *                      +-- 486, or 487 when cancelled --> REFUSED -- ACK, or timer H --> OVER */
#include "lossy.h"

#include <stdio.h>

/* Calls: the caller. */

void call_somebody(struct test *test)
{
    unsigned from = choose(test, PHONES), to = choose(test, PHONES);
    struct call *call = &test->calls[test->call_count];
    if (strcmp(phone_users[from], phone_users[to]) == 0 || test->call_count == CALLS_MAX)
        return;
    call->caller = test->phones[from];
    new_label(test, call->label);
    if (choose(test, 3) == 0)
        call->cancel_ms = now(test) + choose(test, 8000);
    play_say(&test->play, "%s sends INVITE to %s as %s", call->caller->name, phone_users[to],
             call->label);
    call->request = note_request(test, KIND_INVITE, test->call_count, call->caller, call->label);
    call->invite = test->requests[call->request].sent;
    test->call_count++;
}

static struct call *call_of(struct test *test, const struct sip_message *message)
{
    for (unsigned i = 0; i < test->call_count; i++)
        if (bytes_equal(test->calls[i].invite->message.call_id, message->call_id))
            return &test->calls[i];
    return NULL;
}

static void cancel(struct test *test, struct call *call)
{
    char label[LABEL_MAX];
    call->cancelled = true;
    new_label(test, label);
    play_say(&test->play, "%s sends CANCEL of %s as %s", call->caller->name, call->label, label);
    note_request(test, KIND_CANCEL, (unsigned)(call - test->calls), call->caller, label);
}

/* Every copy of the final answer was lost, and nothing else would end it; the INVITE may have ended
 * at the server. */
static void give_up(struct test *test, struct call *call)
{
    if (is_light(test))
        play_fault(&test->play, "the end of an INVITE never comes to its caller:\n%s",
                   call->invite->bytes);
    call->unheard = true;
    cancel(test, call);
}

static void hang_up(struct test *test, struct party *party, const char *dialog)
{
    char label[LABEL_MAX];
    new_label(test, label);
    play_say(&test->play, "%s sends BYE in %s as %s", party->name, dialog, label);
    note_request(test, KIND_BYE, 0, party, label);
}

static struct leg *leg_with_tag(struct call *call, struct bytes tag)
{
    for (unsigned i = 0; i < LEGS; i++) {
        struct leg *leg = &call->legs[i];
        char expected[LABEL_MAX];
        if (leg->party == NULL)
            continue;
        snprintf(expected, sizeof(expected), "%s-answer", leg->party->name);
        if (bytes_equal(tag, bytes_of(expected)))
            return leg;
    }
    return NULL;
}

/* Acknowledges a 2xx. Hangs up at once when the call was given up, or is one too many; half of the
 * others too, the rest is the other side's. */
void accept_2xx(struct test *test, struct call *call, struct arrival *arrival)
{
    char label[LABEL_MAX];
    struct leg *leg = leg_with_tag(call, arrival->message.to.tag);
    if (leg == NULL || leg->known) {
        play_fault(&test->play, "a 2xx of nobody, or twice:\n%s", arrival->bytes);
        return;
    }
    leg->known = true;
    page_replace(&arrival->label, bytes_of(new_label(test, label)));
    play_say(&test->play, "%s sends ACK in %s", call->caller->name, label);
    bool other = call->legs[0].known && call->legs[1].known;
    if (call->cancelled || other || choose(test, 2) == 0)
        hang_up(test, call->caller, label);
}

/* Calls: the phones. */

static void answer(struct test *test, struct leg *leg, unsigned status)
{
    leg->state = status < 300 ? LEG_ACCEPTED : LEG_REFUSED;
    leg->accepted = status < 300;
    leg->answered_ms = now(test);
    leg->due_ms = UINT64_MAX;
    play_say(&test->play, "%s answers %u to %s", leg->party->name, status, leg->label);
}

static struct leg *leg_of(struct call *call, const struct party *party)
{
    for (unsigned i = 0; call != NULL && i < LEGS; i++)
        if (call->legs[i].party == party)
            return &call->legs[i];
    return NULL;
}

void take_invite(struct test *test, struct party *party, struct arrival *arrival)
{
    struct call *call = call_of(test, &arrival->message);
    struct leg *leg = leg_of(call, NULL);
    if (leg == NULL || leg_of(call, party) != NULL) {
        play_fault(&test->play, "%s is called twice by one INVITE:\n%s", party->name,
                   arrival->bytes);
        return;
    }
    leg->party = party;
    leg->state = LEG_RINGS;
    page_replace(&arrival->label, bytes_of(new_label(test, leg->label)));
    leg->status = choose(test, 4) == 0 ? 486 : 200;
    leg->due_ms = now(test) + choose(test, 2) * choose(test, 9000);
    if (call->cancel_ms != 0 && choose(test, 2) == 0)
        leg->due_ms = now(test) + RING_MS;
    if (leg->due_ms > now(test) + SILENT_MS || choose(test, 4) > 0)
        play_say(&test->play, "%s answers 180 to %s", party->name, leg->label);
}

void take_ack(struct test *test, struct party *party, const struct arrival *arrival)
{
    struct leg *leg = leg_of(call_of(test, &arrival->message), party);
    if (leg == NULL) {
        play_fault(&test->play, "an ACK for nothing:\n%s", arrival->bytes);
        return;
    }
    if (leg->state == LEG_REFUSED)
        leg->state = LEG_OVER;
    if (leg->state != LEG_ACCEPTED)
        return; /* a BYE overtook it */
    leg->state = LEG_TALKS;
    leg->due_ms = now(test) + 1000 + choose(test, 5000);
    test->talked++;
}

void take_cancel(struct test *test, struct party *party, struct arrival *arrival)
{
    struct leg *leg = leg_of(call_of(test, &arrival->message), party);
    char label[LABEL_MAX];
    page_replace(&arrival->label, bytes_of(new_label(test, label)));
    play_say(&test->play, "%s answers %u to %s", party->name, leg != NULL ? 200 : 481, label);
    if (leg == NULL)
        play_fault(&test->play, "a CANCEL for nothing:\n%s", arrival->bytes);
    else if (leg->state == LEG_RINGS)
        answer(test, leg, 487);
}

void take_bye(struct test *test, struct party *party, struct arrival *arrival)
{
    struct call *call = call_of(test, &arrival->message);
    struct leg *leg = leg_of(call, party);
    char label[LABEL_MAX];
    page_replace(&arrival->label, bytes_of(new_label(test, label)));
    play_say(&test->play, "%s answers 200 to %s", party->name, label);
    if (leg != NULL)
        leg->state = LEG_OVER;
    else if (call == NULL || call->caller != party)
        play_fault(&test->play, "a BYE for nothing:\n%s", arrival->bytes);
    else if (test->requests[call->request].status == 0 && !call->cancelled)
        give_up(test, call);
}

/* RFC 3261 13.3.1.4: whoever gets no ACK for its 2xx ends the call. */
static void tend_leg(struct test *test, const struct call *call, struct leg *leg)
{
    bool due = leg->state == LEG_RINGS && now(test) >= leg->due_ms;
    bool unheard = leg->state == LEG_ACCEPTED && now(test) > leg->answered_ms + LIFE_MS;
    bool hangs_up = leg->state == LEG_TALKS && now(test) >= leg->due_ms;
    if (due && call->cancelled && is_light(test) && now(test) > call->cancel_ms + LIFE_MS)
        play_fault(&test->play, "%s still rings, and the CANCEL was sent long ago:\n%s",
                   leg->party->name, call->invite->bytes);
    if (due)
        answer(test, leg, leg->status);
    if (leg->state == LEG_REFUSED && now(test) > leg->answered_ms + LIFE_MS)
        leg->state = LEG_OVER; /* timer H */
    if (unheard || hangs_up) {
        leg->state = LEG_OVER;
        hang_up(test, leg->party, leg->label);
    }
}

void tend_calls(struct test *test)
{
    for (unsigned i = 0; i < test->call_count; i++) {
        struct call *call = &test->calls[i];
        const struct request *invite = &test->requests[call->request];
        if (call->cancel_ms != 0 && !call->cancelled && now(test) >= call->cancel_ms &&
            invite->rings && invite->status == 0)
            cancel(test, call); /* RFC 3261 9.1 */
        if (invite->status == 0 && !call->cancelled && now(test) >= invite->at_ms + PATIENCE_MS)
            give_up(test, call);
        for (unsigned k = 0; k < LEGS; k++)
            tend_leg(test, call, &call->legs[k]);
    }
}
