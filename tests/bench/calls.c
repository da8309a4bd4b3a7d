/* calls.c: OPTIONS, REGISTER, MESSAGE. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "kinds.h"

static const struct user *user_of(const struct load *load, const struct actor *actor)
{
    return &load->session->users[actor->user];
}

/* The same draft again, with the next numbers. */
static bool next_same(struct load *load, struct actor *actor)
{
    (void)load;
    (void)actor;
    return true;
}

/* OPTIONS (RFC 3261 11.1): a Request-URI without a user means the server. */

static void write_options(struct load *load, struct actor *actor)
{
    const struct session *session = load->session;
    struct draft *draft = &actor->draft;
    char to[AOR_SIZE] = "";
    struct buffer host = buffer_over(to, sizeof(to) - 1);
    net_address_write(&session->server, &host);
    snprintf(actor->uri, sizeof(actor->uri), "sip:%s", to);
    actor->method = "OPTIONS";
    const struct draft_head head = {
        .method = actor->method,
        .uri = actor->uri,
        .from = user_of(load, actor)->aor,
        .to = to,
        .family = 'o',
        .call_stamp = STAMP_SEQUENCE,
        .actor = actor->number,
        .flow = actor->flow,
    };
    draft_write_head(draft, session, &head);
    draft_write_credentials(draft, user_of(load, actor), actor->uri);
    buffer_text(&draft->out, "Accept: application/sdp\r\n");
    draft_write_body(draft, NULL, BYTES(""));
}

const struct kind options_kind = {
    .name = "options",
    .unit = "OPTIONS",
    .next = next_same,
    .write = write_options,
};

/* REGISTER (RFC 3261 10.2.4): the same Call-ID and Contact each time. */

static bool next_register(struct load *load, struct actor *actor)
{
    struct user *user = &load->session->users[actor->user];
    if (!load->session->options->challenge || user->credentials == NULL)
        return true;
    free(user->credentials);
    user->credentials = NULL;
    actor->draft.out.length = 0;
    return true;
}

static void write_register_for(struct load *load, struct actor *actor, unsigned expires_s)
{
    const struct session *session = load->session;
    const struct user *user = user_of(load, actor);
    struct draft *draft = &actor->draft;
    char name[AOR_SIZE];
    snprintf(name, sizeof(name), "%.*s", (int)user->name_length, user->aor);
    snprintf(actor->uri, sizeof(actor->uri), "sip:%s", session->options->domain);
    actor->method = "REGISTER";
    const struct draft_head head = {
        .method = actor->method,
        .uri = actor->uri,
        .from = user->aor,
        .to = user->aor,
        .family = 'r',
        .call = actor->user,
        .actor = actor->number,
        .flow = actor->flow,
    };
    draft_write_head(draft, session, &head);
    draft_write_contact(draft, session, actor->flow, name);
    buffer_format(&draft->out, "Expires: %u\r\n", expires_s);
    draft_write_credentials(draft, user, actor->uri);
    draft_write_body(draft, NULL, BYTES(""));
}

static void write_register(struct load *load, struct actor *actor)
{
    write_register_for(load, actor, 3600);
}

static void write_unregister(struct load *load, struct actor *actor)
{
    write_register_for(load, actor, 0);
}

const struct kind register_kind = {
    .name = "register",
    .unit = "REGISTER",
    .of_users = true,
    .next = next_register,
    .write = write_register,
};

const struct kind unregister_kind = {
    .name = "unregister",
    .unit = "REGISTER",
    .of_users = true,
    .next = next_same,
    .write = write_unregister,
};

/* MESSAGE (RFC 3428): the server relays it to us, and our answer back to us. */

static void write_message_to(struct load *load, struct actor *actor, const char *to)
{
    const struct session *session = load->session;
    const struct user *user = user_of(load, actor);
    struct draft *draft = &actor->draft;
    snprintf(actor->uri, sizeof(actor->uri), "sip:%s", to);
    actor->method = "MESSAGE";
    const struct draft_head head = {
        .method = actor->method,
        .uri = actor->uri,
        .from = user->aor,
        .to = to,
        .family = 'm',
        .call_stamp = STAMP_SEQUENCE,
        .actor = actor->number,
        .flow = actor->flow,
    };
    draft_write_head(draft, session, &head);
    draft_write_credentials(draft, user, actor->uri);
    draft_write_body(draft, "text/plain",
                     BYTES("The meeting begins at ten, in the usual room. (########)"));
}

static void write_message(struct load *load, struct actor *actor)
{
    const struct session *session = load->session;
    write_message_to(load, actor, session->users[(actor->user + 1) % session->options->users].aor);
}

static void write_fill(struct load *load, struct actor *actor)
{
    write_message_to(load, actor, load->session->users[0].aor);
}

/* Else it was stored, and something else is measured. */
static bool was_taken(struct load *load, struct actor *actor, const struct sip_message *answer)
{
    (void)load;
    (void)actor;
    return answer->status == 200;
}

static bool was_stored(struct load *load, struct actor *actor, const struct sip_message *answer)
{
    (void)load;
    (void)actor;
    return answer->status == 202;
}

const struct kind message_kind = {
    .name = "message",
    .unit = "MESSAGE",
    .of_users = true,
    .next = next_same,
    .write = write_message,
    .answered = was_taken,
};

const struct kind unkept_kind = {
    .name = "unkept",
    .unit = "MESSAGE",
    .of_users = true,
    .next = next_same,
    .write = write_message,
    .answered = was_taken,
};

const struct kind stored_kind = {
    .name = "stored",
    .unit = "MESSAGE",
    .of_users = true,
    .next = next_same,
    .write = write_message,
    .answered = was_stored,
};

const struct kind fill_kind = {
    .name = "fill",
    .unit = "MESSAGE",
    .of_users = true,
    .next = next_same,
    .write = write_fill,
    .answered = was_stored,
};

/* The first user registers, and gets what was stored meanwhile, each once: its number says which it
 * is. */

static bool next_drain(struct load *load, struct actor *actor)
{
    struct session *session = load->session;
    actor->wants_notifies = session->options->drain;
    free(session->seen);
    session->seen_size = session->sequence / CHAR_BIT + 1;
    session->seen = memory_new(session->seen_size);
    return true;
}

static bool is_first(struct session *session, uint32_t number)
{
    unsigned char bit = (unsigned char)(1U << number % CHAR_BIT);
    size_t at = number / CHAR_BIT;
    if (at >= session->seen_size || (session->seen[at] & bit) != 0)
        return false;
    session->seen[at] |= bit;
    return true;
}

static void got_stored(struct load *load, const struct sip_message *message)
{
    struct actor *actor = &load->actors[0];
    uint32_t number = 0;
    struct bytes digits = bytes_skip(message->body, (size_t)(bytes_index(message->body, '(') + 1));
    for (size_t i = 0; i < HEX_SIZE && i < digits.length; i++)
        number = number << 4 | hex_digit(digits.at[i]);
    if (!is_first(load->session, number))
        load->result->repeated++;
    else if (!actor->busy || actor->wants_notifies == 0)
        load->result->stray++;
    else
        load_awaited(load, actor);
}

const struct kind drain_kind = {
    .name = "drain",
    .unit = "MESSAGE",
    .of_users = true,
    .next = next_drain,
    .write = write_register,
    .got = got_stored,
    .latency = LATENCY_BETWEEN,
};
