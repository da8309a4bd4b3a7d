/* answers.c: what comes, and the request that it answers. */
#include "lossy.h"

#include <assert.h>
#include <stdio.h>
#include <utlist.h>

/* Notes what the party has just sent under that label. */
unsigned note_request(struct test *test, enum kind kind, unsigned who, struct party *party,
                      const char *label)
{
    assert(test->request_count < REQUESTS_MAX);
    test->requests[test->request_count] = (struct request){
        .kind = kind,
        .who = who,
        .at_ms = now(test),
        .party = party,
        .sent = party_sent(party, bytes_of(label)),
    };
    return test->request_count++;
}

static struct request *request_of(struct test *test, const struct party *party,
                                  const struct sip_message *answer)
{
    for (unsigned i = test->request_count; i > 0; i--) {
        struct request *request = &test->requests[i - 1];
        if (request->party == party && request->sent->message.method == answer->method &&
            bytes_equal(request->sent->message.via.branch, answer->via.branch))
            return request;
    }
    return NULL;
}

const char *new_label(struct test *test, char *label)
{
    snprintf(label, LABEL_MAX, "r%u", ++test->serial);
    return label;
}

/* What comes. */

static void take_request(struct test *test, struct party *party, struct arrival *arrival)
{
    switch (arrival->message.method) {
    case SIP_NOTIFY:
        take_notify(test, party, &arrival->message);
        break;
    case SIP_INVITE:
        take_invite(test, party, arrival);
        break;
    case SIP_ACK:
        take_ack(test, party, arrival);
        break;
    case SIP_CANCEL:
        take_cancel(test, party, arrival);
        break;
    case SIP_BYE:
        take_bye(test, party, arrival);
        break;
    case SIP_MESSAGE:
        take_message(test, party, arrival);
        break;
    default:
        play_fault(&test->play, "what is this?\n%s", arrival->bytes);
    }
}

static bool may_be(struct test *test, const struct request *request, unsigned status)
{
    if (status == 200 || (status == 408 && !is_light(test)))
        return true;
    if (request->kind == KIND_SUBSCRIBE && status == 481)
        return excuse(test, &test->slots[request->who]);
    if (request->kind == KIND_CANCEL && status == 481) { /* it came after the end of its INVITE */
        const struct call *call = &test->calls[request->who];
        return call->unheard || test->requests[call->request].status != 0;
    }
    if (request->kind == KIND_MESSAGE && status == 202) /* no phone has taken it yet */
        return true;
    return request->kind == KIND_INVITE && (status == 486 || status == 487);
}

static void settle(struct test *test, struct request *request, struct arrival *arrival)
{
    const struct sip_message *message = &arrival->message;
    bool again = request->kind == KIND_INVITE && request->status == 200 && message->status == 200;
    if (!may_be(test, request, message->status) || (request->status != 0 && !again))
        play_fault(&test->play, "a wrong final answer, or a second one (after %u):\n%s",
                   request->status, arrival->bytes);
    if (request->status == 0 && message->status == 408)
        test->timed_out[request->kind]++;
    else if (request->status == 0 && message->status != 481)
        test->settled[request->kind]++;
    request->status = message->status;
    if (request->kind == KIND_PUBLISH)
        settle_publish(&test->devices[request->who], message);
    else if (request->kind == KIND_SUBSCRIBE)
        settle_subscribe(&test->slots[request->who], message);
    else if (request->kind == KIND_INVITE && message->status == 200)
        accept_2xx(test, &test->calls[request->who], arrival);
}

static void take_answer(struct test *test, struct party *party, struct arrival *arrival)
{
    struct request *request = request_of(test, party, &arrival->message);
    if (request == NULL)
        play_fault(&test->play, "%s gets an answer to nothing:\n%s", party->name, arrival->bytes);
    else if (arrival->message.status < 200)
        request->rings = true;
    else
        settle(test, request, arrival);
}

void take_all(struct test *test)
{
    struct party *party;
    DL_FOREACH(test->play.parties, party)
    {
        while (party->inbox != NULL && is_fine(test)) {
            struct arrival *first = party->inbox;
            party_see(party, first);
            if (first->message.request)
                take_request(test, party, first);
            else
                take_answer(test, party, first);
        }
    }
}

bool go_on(struct test *test, uint64_t ms)
{
    uint64_t until_ms = now(test) + ms;
    do {
        uint64_t next_ms = now(test) + STEP_MS;
        take_all(test);
        tend_calls(test);
        play_advance(&test->play, next_ms < until_ms ? next_ms : until_ms);
    } while (now(test) < until_ms && is_fine(test));
    take_all(test);
    return is_fine(test);
}
