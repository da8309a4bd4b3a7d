/* peer.c: two lists, of requests sent and of requests got.
 *
 *   sent:  CALLING -- 1xx --> PROCEEDING -- final, or timer B or F --> OVER -> gone
 *   got:   OPEN -- final --> OVER -> gone; of an INVITE: --> ANSWERED -- ACK, or timer H --> OVER
 *
 * What is OVER stays for ten minutes: an INVITE whose caller has given up may still be answered by
 * a phone that rings. Timers fire inside a tick of the clock, so nothing here runs the server: what
 * is sent arrives in its next turn. */
#include "peer.h"

#include <assert.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/memory.h"
#include "compose.h"
#include "play.h"

enum { T1_MS = 500, T2_MS = 4000, LIFE_MS = 64 * T1_MS, MEMORY_MS = 10 * 60 * 1000 };

enum state { STATE_CALLING, STATE_PROCEEDING, STATE_OPEN, STATE_ANSWERED, STATE_OVER };

/* A final answer as it came; an INVITE that was forked has several. */
struct heard {
    struct heard *prev, *next;
    char *bytes;
    struct bytes tag;
};

struct exchange {
    struct exchange *prev, *next;
    struct timer timer;
    struct peer *peer;
    struct net_flow flow;
    struct sip_message request;
    char *bytes;         /* of the request */
    char *response;      /* got: the last answer; sent: the last provisional one */
    char *ack;           /* of an INVITE sent that was refused */
    struct heard *heard; /* sent */
    uint64_t ends_ms;    /* timer B, F or H */
    unsigned interval_ms;
    enum state state;
    bool sent;
};

struct peer {
    struct party *party;
    struct exchange *sent, *got;
    struct peer_figures figures;
};

struct peer *peer_new(struct party *party)
{
    struct peer *peer = memory_new(sizeof(*peer));
    peer->party = party;
    return peer;
}

static struct world *world_of(const struct peer *peer)
{
    return &peer->party->play->stage.world;
}

static void exchange_free(struct exchange *exchange)
{
    struct peer *peer = exchange->peer;
    while (exchange->heard != NULL) {
        struct heard *first = exchange->heard;
        DL_DELETE(exchange->heard, first);
        free(first->bytes);
        free(first);
    }
    world_timer_cancel(world_of(peer), &exchange->timer);
    if (exchange->sent)
        DL_DELETE(peer->sent, exchange);
    else
        DL_DELETE(peer->got, exchange);
    free(exchange->bytes);
    free(exchange->response);
    free(exchange->ack);
    free(exchange);
}

void peer_free(struct peer **peer)
{
    if (*peer == NULL)
        return;
    while ((*peer)->sent != NULL)
        exchange_free((*peer)->sent);
    while ((*peer)->got != NULL)
        exchange_free((*peer)->got);
    free(*peer);
    *peer = NULL;
}

struct peer_figures peer_figures(const struct peer *peer)
{
    struct peer_figures figures = peer->figures;
    const struct exchange *exchange;
    DL_FOREACH(peer->sent, exchange)
    {
        figures.waiting += exchange->state != STATE_OVER;
    }
    DL_FOREACH(peer->got, exchange)
    {
        figures.waiting += exchange->state == STATE_ANSWERED;
    }
    return figures;
}

/* Both kinds. */

static void transmit(const struct peer *peer, const struct net_flow *flow, struct bytes raw)
{
    stage_post(&peer->party->play->stage, peer->party->name, flow, raw);
}

static void repeat(const struct exchange *exchange, const char *text)
{
    exchange->peer->figures.repeated++;
    transmit(exchange->peer, &exchange->flow, bytes_of(text));
}

static bool is_invite(const struct exchange *exchange)
{
    return exchange->request.method == SIP_INVITE;
}

static struct exchange *exchange_new(struct peer *peer, const struct net_flow *flow,
                                     struct bytes raw, bool sent)
{
    struct exchange *exchange = memory_new(sizeof(*exchange));
    exchange->peer = peer;
    exchange->flow = *flow;
    exchange->bytes = memory_copy(raw);
    exchange->sent = sent;
    exchange->state = sent ? STATE_CALLING : STATE_OPEN;
    exchange->interval_ms = T1_MS;
    (void)sip_message_parse(bytes_from(exchange->bytes, raw.length), false, &exchange->request);
    if (sent)
        DL_APPEND(peer->sent, exchange);
    else
        DL_APPEND(peer->got, exchange);
    return exchange;
}

/* The exchange that a message belongs to by branch and method (RFC 3261 17.1.3, 17.2.3); of an ACK
 * for a failure that of its INVITE. */
static struct exchange *find(struct exchange *list, const struct sip_message *message)
{
    struct exchange *exchange;
    enum sip_method method = message->method == SIP_ACK ? SIP_INVITE : message->method;
    DL_FOREACH(list, exchange)
    {
        if (exchange->request.method == method && exchange->request.cseq == message->cseq &&
            bytes_equal(exchange->request.via.branch, message->via.branch))
            return exchange;
    }
    return NULL;
}

static void forget(struct timer *timer)
{
    exchange_free(HOLDER(timer, struct exchange, timer));
}

static void finish(struct exchange *exchange)
{
    exchange->state = STATE_OVER;
    world_timer(world_of(exchange->peer), &exchange->timer, MEMORY_MS, forget);
}

/* What is due next: once more, or the end. */
static void set_timer(struct exchange *exchange, timer_fn fire)
{
    struct world *world = world_of(exchange->peer);
    uint64_t due_ms = world->now_ms + exchange->interval_ms;
    wheel_set(world->wheel, &exchange->timer,
              due_ms < exchange->ends_ms ? due_ms : exchange->ends_ms, fire);
}

static bool has_ended(const struct exchange *exchange)
{
    return world_of(exchange->peer)->now_ms >= exchange->ends_ms;
}

/* Requests sent. */

/* RFC 3261 8.1.3.1: a timeout is a 408 to the user of the transaction. */
static void time_out(struct exchange *exchange)
{
    struct party *party = exchange->peer->party;
    struct arrival request = {.flow = exchange->flow, .message = exchange->request};
    struct draft draft = {0};
    struct page out = {0};
    exchange->peer->figures.timed_out++;
    compose_response(party, &request, 408, &draft);
    draft_write(&draft, &out);
    draft_release(&draft);
    party_hear(party, &exchange->flow, page_bytes(&out));
    page_release(&out);
    finish(exchange);
}

/* A copy that comes late may find the server transaction gone, which has 64*T1 from its answer and
 * not from the last copy: RFC 3261 17.2.2 promises nothing then. So none is sent so late. */
static bool is_too_late(const struct exchange *exchange)
{
    return world_of(exchange->peer)->now_ms + WEATHER_LATE_MAX_MS >= exchange->ends_ms;
}

/* Timers A and E: an INVITE is not sent again once there is a provisional response. */
static void request_due(struct timer *timer)
{
    struct exchange *exchange = HOLDER(timer, struct exchange, timer);
    bool proceeding = exchange->state == STATE_PROCEEDING;
    if (has_ended(exchange)) {
        time_out(exchange);
        return;
    }
    exchange->interval_ms *= 2;
    if (!is_invite(exchange) && (proceeding || exchange->interval_ms > T2_MS))
        exchange->interval_ms = T2_MS;
    if ((!is_invite(exchange) || !proceeding) && !is_too_late(exchange))
        repeat(exchange, exchange->bytes);
    set_timer(exchange, request_due);
}

/* RFC 3261 9.1: an INVITE that was cancelled has 64*T1 from then on. */
static void limit_invite(struct peer *peer, const struct sip_message *cancel)
{
    struct exchange *exchange;
    DL_FOREACH(peer->sent, exchange)
    {
        if (!is_invite(exchange) || exchange->state == STATE_OVER ||
            !bytes_equal(exchange->request.via.branch, cancel->via.branch))
            continue;
        exchange->ends_ms = world_of(peer)->now_ms + LIFE_MS;
        set_timer(exchange, request_due);
    }
}

void peer_send(struct peer *peer, const struct net_flow *flow, struct bytes raw)
{
    struct sip_message message;
    assert(flow->protocol == NET_UDP);
    transmit(peer, flow, raw);
    if (!verdict_ok(sip_message_parse(raw, false, &message)) || !message.request ||
        message.method == SIP_ACK || find(peer->sent, &message) != NULL)
        return;
    struct exchange *exchange = exchange_new(peer, flow, raw, true);
    exchange->ends_ms = world_of(peer)->now_ms + LIFE_MS;
    set_timer(exchange, request_due);
    if (message.method == SIP_CANCEL)
        limit_invite(peer, &message);
}

/* Answers got. */

static struct heard *heard_with(const struct exchange *exchange, struct bytes tag)
{
    struct heard *heard;
    DL_FOREACH(exchange->heard, heard)
    {
        if (bytes_equal(heard->tag, tag))
            return heard;
    }
    return NULL;
}

/* The ACK for a failure belongs to the transaction, that for a 2xx is the party's. */
static void acknowledge(struct exchange *exchange, const struct sip_message *answer)
{
    struct arrival refusal = {.message = *answer};
    const struct sent invite = {.message = exchange->request, .response = &refusal};
    struct draft draft = {0};
    struct page out = {0};
    compose_ack(&invite, &draft);
    draft_write(&draft, &out);
    draft_release(&draft);
    exchange->ack = out.at;
    transmit(exchange->peer, &exchange->flow, page_bytes(&out));
}

/* The ACK that the party sent for this 2xx, once more (RFC 3261 13.2.2.4). */
static void acknowledge_again(const struct exchange *exchange, const struct sip_message *answer)
{
    const struct sent *sent;
    if (exchange->ack != NULL)
        repeat(exchange, exchange->ack);
    DL_FOREACH(exchange->peer->party->sent, sent)
    {
        if (sent->message.method == SIP_ACK && sent->message.cseq == answer->cseq &&
            bytes_equal(sent->message.call_id, answer->call_id) &&
            bytes_equal(sent->message.to.tag, answer->to.tag))
            repeat(exchange, sent->bytes);
    }
}

/* A challenge that is sent without state has a nonce of its own each time. */
static bool same_answer(const struct heard *heard, const struct sip_message *answer)
{
    if (answer->status == 401 || answer->status == 407)
        return bytes_equal(bytes_first(bytes_of(heard->bytes), strlen("SIP/2.0 401")),
                           bytes_first(answer->raw, strlen("SIP/2.0 401"))) &&
               bytes_equal(heard->tag, answer->to.tag);
    return bytes_equal(bytes_of(heard->bytes), answer->raw);
}

static bool take_final(struct exchange *exchange, const struct sip_message *answer)
{
    struct peer *peer = exchange->peer;
    bool success = is_invite(exchange) && answer->status < 300;
    struct heard *heard = success ? heard_with(exchange, answer->to.tag) : exchange->heard;
    if (heard != NULL) {
        peer->figures.absorbed++;
        if (!same_answer(heard, answer))
            play_fault(peer->party->play, "two different answers to one request of %s:\n%s%.*s",
                       peer->party->name, heard->bytes, BYTES_ARGS(answer->raw));
        if (is_invite(exchange))
            acknowledge_again(exchange, answer);
        return false;
    }
    if (exchange->state == STATE_OVER && exchange->heard == NULL)
        return false; /* after its timeout */
    heard = memory_new(sizeof(*heard));
    heard->bytes = memory_copy(answer->raw);
    heard->tag =
        bytes_from(heard->bytes + (answer->to.tag.at - answer->raw.at), answer->to.tag.length);
    DL_APPEND(exchange->heard, heard);
    if (is_invite(exchange) && !success)
        acknowledge(exchange, answer);
    party_drop_provisional(peer->party, &exchange->request);
    finish(exchange);
    return true;
}

static bool take_provisional(struct exchange *exchange, const struct sip_message *answer)
{
    if (exchange->state == STATE_OVER)
        return false;
    exchange->state = STATE_PROCEEDING;
    if (is_invite(exchange) && exchange->response == NULL)
        world_timer_cancel(world_of(exchange->peer), &exchange->timer);
    bool again = bytes_equal(bytes_of(exchange->response), answer->raw);
    page_replace(&exchange->response, answer->raw);
    exchange->peer->figures.absorbed += again;
    return !again && answer->status > 100;
}

static bool take_answer(struct peer *peer, const struct sip_message *answer)
{
    struct exchange *exchange = find(peer->sent, answer);
    if (exchange == NULL)
        return play_fault(peer->party->play, "%s gets an answer to nothing:\n%.*s",
                          peer->party->name, BYTES_ARGS(answer->raw));
    return answer->status < 200 ? take_provisional(exchange, answer) : take_final(exchange, answer);
}

/* Requests got, and their answers. */

static struct exchange *find_acknowledged(struct peer *peer, const struct sip_message *ack)
{
    struct exchange *exchange = find(peer->got, ack);
    if (exchange != NULL)
        return exchange;
    DL_FOREACH(peer->got, exchange)
    {
        if (is_invite(exchange) && exchange->request.cseq == ack->cseq &&
            bytes_equal(exchange->request.call_id, ack->call_id) &&
            bytes_equal(exchange->request.from.tag, ack->from.tag))
            return exchange;
    }
    return NULL;
}

static bool take_ack(struct peer *peer, const struct sip_message *ack)
{
    struct exchange *exchange = find_acknowledged(peer, ack);
    if (exchange == NULL || exchange->response == NULL)
        return play_fault(peer->party->play, "%s gets an ACK for nothing:\n%.*s", peer->party->name,
                          BYTES_ARGS(ack->raw));
    bool first = exchange->state == STATE_ANSWERED;
    peer->figures.absorbed += !first;
    if (first)
        finish(exchange);
    return first;
}

static bool take_request(struct peer *peer, const struct net_flow *flow,
                         const struct sip_message *request)
{
    struct exchange *exchange = find(peer->got, request);
    if (exchange == NULL) {
        exchange_new(peer, flow, request->raw, false);
        return true;
    }
    peer->figures.absorbed++;
    if (exchange->response != NULL && !(is_invite(exchange) && exchange->state == STATE_OVER))
        repeat(exchange, exchange->response);
    return false;
}

/* Timer G, and what a 2xx has in its place (RFC 3261 13.3.1.4). */
static void answer_due(struct timer *timer)
{
    struct exchange *exchange = HOLDER(timer, struct exchange, timer);
    if (has_ended(exchange)) {
        exchange->peer->figures.unacknowledged++;
        finish(exchange);
        return;
    }
    exchange->interval_ms = 2 * exchange->interval_ms < T2_MS ? 2 * exchange->interval_ms : T2_MS;
    repeat(exchange, exchange->response);
    set_timer(exchange, answer_due);
}

void peer_answer(struct peer *peer, const struct net_flow *flow, struct bytes raw)
{
    struct sip_message answer;
    assert(flow->protocol == NET_UDP);
    transmit(peer, flow, raw);
    if (!verdict_ok(sip_message_parse(raw, false, &answer)))
        return;
    struct exchange *exchange = find(peer->got, &answer);
    if (exchange == NULL || exchange->state != STATE_OPEN)
        return;
    page_replace(&exchange->response, raw);
    if (answer.status < 200)
        return;
    if (!is_invite(exchange)) {
        finish(exchange);
        return;
    }
    exchange->state = STATE_ANSWERED;
    exchange->ends_ms = world_of(peer)->now_ms + LIFE_MS;
    set_timer(exchange, answer_due);
}

bool peer_take(struct peer *peer, const struct net_flow *flow, struct bytes raw)
{
    struct sip_message message;
    if (!verdict_ok(sip_message_parse(raw, false, &message)))
        return true;
    if (!message.request)
        return take_answer(peer, &message);
    if (message.method == SIP_ACK)
        return take_ack(peer, &message);
    return take_request(peer, flow, &message);
}
