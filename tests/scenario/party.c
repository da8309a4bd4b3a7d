/* party.c: places, inboxes, memories. */
#include "party.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/memory.h"
#include "compose.h"
#include "dialog.h"
#include "peer.h"
#include "play.h"

struct party *party_new(struct play *play, struct bytes name)
{
    struct party *party = memory_new(sizeof(*party));
    party->play = play;
    party->name = memory_copy(name);
    party->user = memory_copy(name);
    DL_APPEND(play->parties, party);
    return party;
}

static void free_arrival(struct arrival *arrival)
{
    if (arrival == NULL)
        return;
    free(arrival->bytes);
    free(arrival->label);
    free(arrival->to_tag);
    free(arrival);
}

static void free_arrivals(struct arrival **list)
{
    while (*list != NULL) {
        struct arrival *first = *list;
        DL_DELETE(*list, first);
        free_arrival(first);
    }
}

static void free_sent(struct party *party, struct sent *sent)
{
    DL_DELETE(party->sent, sent);
    free_arrival(sent->response);
    free(sent->label);
    free(sent->bytes);
    free(sent);
}

void party_free(struct party *party)
{
    DL_DELETE(party->play->parties, party);
    peer_free(&party->peer);
    free_arrivals(&party->inbox);
    free_arrivals(&party->seen);
    while (party->sent != NULL)
        free_sent(party, party->sent);
    dialogs_release(party);
    while (party->places != NULL) {
        struct place *first = party->places;
        DL_DELETE(party->places, first);
        free(first);
    }
    page_release(&party->gathered);
    free(party->challenge);
    free(party->name);
    free(party->user);
    free(party->password);
    free(party);
}

/* Places. */

struct place *party_move(struct party *party, enum net_protocol protocol,
                         const struct net_address *address, const struct net_address *server)
{
    struct place *place;
    DL_FOREACH(party->places, place)
    {
        if (place->protocol == protocol && net_address_equal(&place->address, address))
            break;
    }
    if (place == NULL) {
        place = memory_new(sizeof(*place));
        place->protocol = protocol;
        place->address = *address;
        DL_APPEND(party->places, place);
    }
    place->server = *server;
    party->place = place;
    return place;
}

struct place *party_place(const struct party *party, const struct net_flow *flow)
{
    struct place *place;
    DL_FOREACH(party->places, place)
    {
        if (place->protocol == flow->protocol && net_address_equal(&place->address, &flow->remote))
            return place;
    }
    return NULL;
}

static bool dial(struct party *party, struct place *place)
{
    struct fake_net *net = &party->play->stage.net;
    if (fake_net_is_open(net, place->connection))
        return true;
    place->lost = false;
    place->connection = fake_net_dial(net, &place->server, &place->address);
    return place->connection != 0;
}

static bool send_stream(struct party *party, struct bytes raw, size_t piece)
{
    struct place *place = party->place;
    if (!dial(party, place))
        return false;
    while (!bytes_empty(raw)) {
        struct bytes part = bytes_first(raw, piece > 0 ? piece : raw.length);
        raw = bytes_skip(raw, part.length);
        if (!fake_net_is_open(&party->play->stage.net, place->connection))
            return true; /* the server has heard enough */
        stage_stream(&party->play->stage, party->name, place->connection, part);
    }
    return true;
}

bool party_send(struct party *party, struct bytes raw, size_t piece)
{
    if (party->place == NULL)
        return false;
    if (party->gathering) {
        page_put(&party->gathered, raw);
        return true;
    }
    if (party->place->protocol != NET_UDP)
        return send_stream(party, raw, piece);
    const struct net_flow flow = {NET_UDP, party->place->server, party->place->address, 0};
    if (party->peer == NULL) {
        stage_datagram(&party->play->stage, party->name, &flow, raw);
        return true;
    }
    peer_send(party->peer, &flow, raw);
    stage_settle(&party->play->stage);
    return true;
}

bool party_answer(struct party *party, const struct net_flow *flow, struct bytes raw)
{
    struct stage *stage = &party->play->stage;
    if (flow->protocol != NET_UDP) {
        if (!fake_net_is_open(&stage->net, flow->connection))
            return false;
        stage_stream(stage, party->name, flow->connection, raw);
        return true;
    }
    if (party->peer == NULL) {
        stage_datagram(stage, party->name, flow, raw);
        return true;
    }
    peer_answer(party->peer, flow, raw);
    stage_settle(stage);
    return true;
}

/* What comes. */

void party_take(struct party *party, const struct net_flow *flow, struct bytes raw)
{
    if (party->ignores || party_place(party, flow) == NULL)
        return;
    bool through = party->peer == NULL || flow->protocol != NET_UDP;
    if (through || peer_take(party->peer, flow, raw))
        party_hear(party, flow, raw);
}

void party_hear(struct party *party, const struct net_flow *flow, struct bytes raw)
{
    struct arrival *arrival = memory_new(sizeof(*arrival));
    arrival->bytes = memory_copy(raw);
    arrival->length = raw.length;
    arrival->flow = *flow;
    arrival->ping = bytes_equal(raw, BYTES("\r\n"));
    if (!arrival->ping)
        (void)sip_message_parse(bytes_from(arrival->bytes, raw.length),
                                net_is_stream(flow->protocol), &arrival->message);
    DL_APPEND(party->inbox, arrival);
    if (party->notify_answer != 0 && arrival->message.method == SIP_NOTIFY &&
        arrival->message.request)
        play_answer_later(party->play, party, arrival);
}

void party_drop_provisional(struct party *party, const struct sip_message *request)
{
    struct arrival *arrival, *next;
    DL_FOREACH_SAFE(party->inbox, arrival, next)
    {
        const struct sip_message *message = &arrival->message;
        if (arrival->ping || message->request || message->status >= 200 ||
            message->method != request->method ||
            !bytes_equal(message->via.branch, request->via.branch))
            continue;
        DL_DELETE(party->inbox, arrival);
        free_arrival(arrival);
    }
}

/* Memories. */

struct sent *party_remember(struct party *party, struct bytes raw, struct bytes label)
{
    struct sent *sent = memory_new(sizeof(*sent));
    sent->bytes = memory_copy(raw);
    sent->length = raw.length;
    DL_APPEND(party->sent, sent);
    (void)sip_message_parse(bytes_from(sent->bytes, raw.length), false, &sent->message);
    if (!bytes_empty(label))
        sent->label = memory_copy(label);
    return sent;
}

struct sent *party_sent(const struct party *party, struct bytes label)
{
    struct sent *sent, *found = NULL;
    DL_FOREACH(party->sent, sent)
    {
        if (bytes_empty(label) || bytes_equal(bytes_of(sent->label), label))
            found = sent;
    }
    return found;
}

struct arrival *party_seen(const struct party *party, struct bytes label)
{
    struct arrival *arrival, *found = NULL;
    DL_FOREACH(party->seen, arrival)
    {
        const struct sip_message *message = &arrival->message;
        bool labelled = bytes_equal(bytes_of(arrival->label), label);
        if (bytes_empty(label) ? message->request && message->method != SIP_ACK : labelled)
            found = arrival;
    }
    return found;
}

static struct arrival *copy_of(const struct arrival *arrival)
{
    struct arrival *copy = memory_new(sizeof(*copy));
    copy->bytes = memory_copy(bytes_from(arrival->bytes, arrival->length));
    copy->length = arrival->length;
    copy->flow = arrival->flow;
    (void)sip_message_parse(bytes_from(copy->bytes, copy->length), false, &copy->message);
    return copy;
}

static void note_response(struct party *party, const struct arrival *arrival)
{
    const struct sip_message *message = &arrival->message;
    struct sent *sent;
    DL_FOREACH(party->sent, sent)
    {
        if (sent->message.cseq != message->cseq ||
            !bytes_equal(sent->message.via.branch, message->via.branch) ||
            !bytes_equal(sent->message.call_id, message->call_id) ||
            !bytes_equal(sent->message.cseq_method, message->cseq_method))
            continue;
        free_arrival(sent->response);
        sent->response = copy_of(arrival);
        dialog_learn(party, &sent->message, message, true);
    }
    if (message->status != 401 && message->status != 407)
        return;
    enum sip_header id = message->status == 401 ? SIP_WWW_AUTHENTICATE : SIP_PROXY_AUTHENTICATE;
    page_replace(&party->challenge, sip_message_value(message, id));
    party->challenge_status = message->status;
    party->nonce_count = 0;
}

void party_see(struct party *party, struct arrival *arrival)
{
    DL_DELETE(party->inbox, arrival);
    DL_APPEND(party->seen, arrival);
    if (!arrival->ping && !arrival->message.request)
        note_response(party, arrival);
}
