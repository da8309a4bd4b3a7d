/* lamps.c: calls through the proxy, and the lamps (RFC 4235) that blink with them.
 *
 *     INVITE --> trying --> 180 --> early --> 200 --> confirmed      ... BYE --> terminated
 *
 * Two users are a pair: the first calls the second, or hangs up, in turn; we are both. All the
 * lamps of both must have changed before the next message of the call is sent, so that every state
 * is told; the time of each NOTIFY counts from the message that made it. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "kinds.h"
#include "sip/write.h"

enum { PAIR = 2, ROUTE_SIZE = 512, TAG_SIZE = 64, CALL_ID_SIZE = 32 };

enum step { STEP_INVITED, STEP_RINGING, STEP_ANSWERED, STEP_ENDED };

struct call {
    enum step step;
    bool up;         /* there is something to hang up */
    uint32_t number; /* in its Call-ID */
    unsigned lamps;  /* of both users */
    char *invite;    /* as it reached the called one; NULL: not yet */
    size_t invite_size;
    struct net_flow flow;                  /* on which it came */
    char target[URI_SIZE];                 /* the called one: its address, then its Contact */
    char tag[TAG_SIZE], route[ROUTE_SIZE]; /* of the called one */
};

void session_forget_calls(struct session *session)
{
    unsigned pairs = session->options->users / PAIR;
    for (unsigned i = 0; session->calls != NULL && i < pairs; i++)
        free(session->calls[i].invite);
    free(session->calls);
    session->calls = NULL;
}

void lamps_prepare(struct session *session)
{
    unsigned pairs = session->options->users / PAIR;
    session_forget_calls(session);
    session->calls = memory_new(pairs * sizeof(*session->calls));
    for (uint32_t i = 0; i < session->dialog_count; i++)
        if (session->dialogs[i].presentity / PAIR < pairs)
            session->calls[session->dialogs[i].presentity / PAIR].lamps++;
}

unsigned lamps_call(struct session *session, unsigned stride)
{
    session->stride = stride;
    for (uint32_t i = 0; i < session->dialog_count; i++) {
        uint32_t pair = session->dialogs[i].presentity / PAIR;
        session->dialogs[i].awaited_by = pair % stride == 0 ? pair / stride : UINT32_MAX;
    }
    return (session->options->users / PAIR + stride - 1) / stride;
}

static struct call *call_of(const struct load *load, const struct actor *actor)
{
    return &load->session->calls[actor->user / PAIR];
}

static const struct user *caller_of(const struct load *load, const struct actor *actor)
{
    return &load->session->users[actor->user];
}

static const struct user *called_of(const struct load *load, const struct actor *actor)
{
    return &load->session->users[actor->user + 1];
}

/* The caller. */

static void forget_invite(struct call *call)
{
    free(call->invite);
    call->invite = NULL;
}

static void begin_call(const struct session *session, struct call *call, const struct user *called)
{
    call->number = session->sequence + 1; /* the request's own */
    snprintf(call->target, URI_SIZE, "sip:%s", called->aor);
}

static void begin_step(struct load *load, struct actor *actor, uint32_t pair)
{
    struct session *session = load->session;
    struct call *call = &session->calls[pair];
    actor->user = pair * PAIR;
    actor->flow = actor->user % session->options->flows;
    actor->toggle = call->up;
    actor->wants_notifies = call->lamps;
    actor->draft.out.length = 0;
    call->step = actor->toggle ? STEP_ENDED : STEP_INVITED;
    call->up = false;
    forget_invite(call);
    if (!actor->toggle)
        begin_call(session, call, &session->users[actor->user + 1]);
}

static bool next_call(struct load *load, struct actor *actor)
{
    begin_step(load, actor, actor->number * load->session->stride);
    return true;
}

static void write_call_head(struct load *load, struct actor *actor, const char *method)
{
    const struct call *call = call_of(load, actor);
    bool begins = call->step == STEP_INVITED;
    actor->method = method;
    snprintf(actor->uri, sizeof(actor->uri), "%s", call->target);
    const struct draft_head head = {
        .method = method,
        .uri = actor->uri,
        .from = caller_of(load, actor)->aor,
        .to = called_of(load, actor)->aor,
        .to_tag = begins ? NULL : call->tag,
        .family = 'c',
        .call = call->number,
        .actor = actor->number,
        .flow = actor->flow,
    };
    draft_write_head(&actor->draft, load->session, &head);
    if (!begins)
        buffer_text(&actor->draft.out, call->route);
}

static void write_call(struct load *load, struct actor *actor)
{
    const struct user *caller = caller_of(load, actor);
    struct draft *draft = &actor->draft;
    write_call_head(load, actor, actor->toggle ? "BYE" : "INVITE");
    if (!actor->toggle) {
        char name[AOR_SIZE];
        snprintf(name, sizeof(name), "%.*s", (int)caller->name_length, caller->aor);
        draft_write_contact(draft, load->session, actor->flow, name);
    }
    draft_write_credentials(draft, caller, actor->uri);
    draft_write_body(draft, NULL, BYTES(""));
}

/* Its route is the Record-Route from the end (RFC 3261 12.1.2). */
static bool take_route(struct call *call, const struct sip_message *answer)
{
    char lines[ROUTE_SIZE];
    call->route[0] = '\0';
    for (int i = 0; i < answer->count; i++) {
        struct bytes rest = answer->fields[i].value, element;
        while (answer->fields[i].id == SIP_RECORD_ROUTE && sip_list_next(&rest, &element)) {
            memcpy(lines, call->route, sizeof(lines));
            int length =
                snprintf(call->route, ROUTE_SIZE, "Route: %.*s\r\n%s", BYTES_ARGS(element), lines);
            if (length >= ROUTE_SIZE)
                return false;
        }
    }
    return true;
}

static bool take_target(struct call *call, const struct sip_message *answer)
{
    struct sip_address contact;
    struct bytes value = sip_message_value(answer, SIP_CONTACT), tag = answer->to.tag;
    if (bytes_empty(tag) || tag.length >= TAG_SIZE ||
        !verdict_ok(sip_address_parse(value, &contact)) || contact.uri.text.length >= URI_SIZE)
        return false;
    snprintf(call->tag, TAG_SIZE, "%.*s", BYTES_ARGS(tag));
    snprintf(call->target, URI_SIZE, "%.*s", BYTES_ARGS(contact.uri.text));
    return true;
}

static void send_ack(struct load *load, struct actor *actor)
{
    struct draft *draft = &actor->draft;
    write_call_head(load, actor, "ACK");
    draft_write_credentials(draft, caller_of(load, actor), actor->uri);
    draft_write_body(draft, NULL, BYTES(""));
    draft_patch_hex(draft, STAMP_SEQUENCE, actor->sequence);
    draft_patch_decimal(draft, STAMP_CSEQ, CSEQ_FIRST + actor->sequence);
    enum err err = net_send(load->session->net, &load->session->flows[actor->flow],
                            buffer_bytes(&draft->out), BYTES(""));
    if (err != ERR_NONE)
        load_abort(load, "an ACK could not be sent: %s", err_name(err));
}

static bool call_answered(struct load *load, struct actor *actor, const struct sip_message *answer)
{
    struct call *call = call_of(load, actor);
    if (actor->toggle)
        return true;
    if (!take_target(call, answer) || !take_route(call, answer))
        return false;
    call->up = true;
    send_ack(load, actor);
    return true;
}

/* The called one. */

static void respond(struct load *load, struct actor *actor, unsigned status)
{
    const struct call *call = call_of(load, actor);
    char text[DRAFT_SIZE] = "";
    struct draft draft = {.out = {.at = text}};
    struct sip_message invite;
    char name[AOR_SIZE], tag[HEX_SIZE + 1];
    const struct user *called = called_of(load, actor);
    bool whole = verdict_ok(sip_message_parse(bytes_from(call->invite, call->invite_size),
                                              call->flow.protocol == NET_TCP, &invite));
    assert(whole); /* it was, when it came */
    (void)whole;
    snprintf(tag, sizeof(tag), "%08x", call->number);
    snprintf(name, sizeof(name), "%.*s", (int)called->name_length, called->aor);
    draft_begin(&draft);
    sip_write_response(&draft.out, &invite, status, NULL, bytes_of(tag), BYTES(""), 0);
    sip_write_copy(&draft.out, &invite, SIP_RECORD_ROUTE);
    draft_write_contact(&draft, load->session, actor->flow, name);
    sip_write_body(&draft.out, BYTES(""), BYTES(""));
    assert(!draft.out.overflow);
    if (net_send(load->session->net, &call->flow, buffer_bytes(&draft.out), BYTES("")) != ERR_NONE)
        load_abort(load, "a call could not be answered");
}

/* The called one's next response, once all lamps show the state before it. */
static void call_goes_on(struct load *load, struct actor *actor)
{
    struct call *call = call_of(load, actor);
    while (call->invite != NULL && call->step < STEP_ANSWERED && actor->wants_notifies == 0) {
        call->step++;
        load_await(load, actor, call->lamps);
        respond(load, actor, call->step == STEP_RINGING ? 180 : 200);
    }
}

/* The pair whose second one is named by the user part that it registered. */
static struct actor *find_pair(struct load *load, const struct sip_message *invite)
{
    struct sip_uri uri;
    uint32_t user;
    if (!verdict_ok(sip_uri_parse(invite->request_uri, &uri)) ||
        !bytes_to_u32(bytes_skip(uri.user, 1), &user))
        return NULL;
    uint32_t pair = user / PAIR, stride = load->session->stride;
    return pair % stride == 0 && pair / stride < load->plan.actors ? &load->actors[pair / stride]
                                                                   : NULL;
}

static bool is_of_call(const struct load *load, const struct call *call,
                       const struct sip_message *invite)
{
    char call_id[CALL_ID_SIZE];
    snprintf(call_id, sizeof(call_id), "%s-c-%08x", load->session->run, call->number);
    return bytes_equal(invite->call_id, bytes_of(call_id));
}

static bool takes_invite(struct load *load, const struct net_flow *flow,
                         const struct sip_message *request)
{
    if (request->method != SIP_INVITE)
        return false;
    struct actor *actor = find_pair(load, request);
    struct call *call = actor != NULL ? call_of(load, actor) : NULL;
    if (call == NULL || !actor->busy || !is_of_call(load, call, request)) {
        load->result->stray++;
        return true;
    }
    if (call->invite != NULL) {
        load->result->repeated++;
        if (call->step == STEP_RINGING || call->step == STEP_ANSWERED)
            respond(load, actor, call->step == STEP_RINGING ? 180 : 200);
        return true;
    }
    call->invite = memory_copy(request->raw);
    call->invite_size = request->raw.length;
    call->flow = *flow;
    call_goes_on(load, actor);
    return true;
}

/* The lamps. */

static bool tells_step(struct load *load, const struct actor *actor,
                       const struct sip_message *notify)
{
    static const char *const states[] = {">trying<", ">early<", ">confirmed<", ">terminated<"};
    const char *state = states[call_of(load, actor)->step];
    return memmem(notify->body.at, notify->body.length, state, strlen(state)) != NULL;
}

const struct kind lamps_kind = {
    .name = "lamps",
    .unit = "INVITE or BYE",
    .of_users = true,
    .next = next_call,
    .write = write_call,
    .answered = call_answered,
    .takes = takes_invite,
    .tells = tells_step,
    .goes_on = call_goes_on,
    .latency = LATENCY_OF_EACH,
};

/* The end of every call that stands; nobody watches any more. */
static bool next_hangup(struct load *load, struct actor *actor)
{
    const struct session *session = load->session;
    while (load->cursor < load->plan.actors && !session->calls[load->cursor].up)
        load->cursor++;
    if (load->cursor == load->plan.actors)
        return false;
    begin_step(load, actor, load->cursor++);
    actor->wants_notifies = 0;
    return true;
}

const struct kind hangup_kind = {
    .name = "hangup",
    .unit = "BYE",
    .next = next_hangup,
    .write = write_call,
};
