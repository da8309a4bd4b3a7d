/* compose.c: drafts of messages, and digests. */
#include "compose.h"

#include <stdio.h>
#include <stdlib.h>

#include <utlist.h>

#include "base/memory.h"
#include "dialog.h"
#include "play.h"
#include "sip/digest.h"

/* Drafts. */

void draft_release(struct draft *draft)
{
    for (size_t i = 0; i < draft->count; i++) {
        free(draft->names[i]);
        free(draft->values[i]);
    }
    page_release(&draft->start);
    page_release(&draft->body);
    draft->count = 0;
}

static bool same_name(const char *a, const char *b)
{
    return bytes_equal_nocase(bytes_of(a), bytes_of(b));
}

/* Leaves out the fields of that name from place `from` on. */
static void drop(struct draft *draft, const char *name, size_t from)
{
    size_t kept = from;
    for (size_t i = from; i < draft->count; i++) {
        if (same_name(draft->names[i], name)) {
            free(draft->names[i]);
            free(draft->values[i]);
            continue;
        }
        draft->names[kept] = draft->names[i];
        draft->values[kept] = draft->values[i];
        draft->given[kept++] = draft->given[i];
    }
    draft->count = kept;
}

void draft_add(struct draft *draft, const char *name, const char *value)
{
    if (draft->count == FIELDS_MAX)
        return;
    draft->names[draft->count] = memory_copy(bytes_of(name));
    draft->values[draft->count] = memory_copy(bytes_of(value));
    draft->given[draft->count++] = false;
}

void draft_set(struct draft *draft, const char *name, const char *value)
{
    size_t at = 0;
    while (at < draft->count && !same_name(draft->names[at], name))
        at++;
    bool takes_place = value != NULL && at < draft->count;
    if (takes_place)
        page_replace(&draft->values[at++], bytes_of(value));
    if (at < draft->count)
        drop(draft, name, at);
    if (value != NULL && !takes_place)
        draft_add(draft, name, value);
}

const char *draft_value(const struct draft *draft, const char *name)
{
    for (size_t i = 0; i < draft->count; i++)
        if (same_name(draft->names[i], name))
            return draft->values[i];
    return "";
}

bool draft_was_given(const struct draft *draft, const char *name)
{
    for (size_t i = 0; i < draft->count; i++)
        if (same_name(draft->names[i], name))
            return draft->given[i];
    return false;
}

static void give(struct draft *draft, const char *name, const char *value)
{
    if (!draft_was_given(draft, name)) {
        draft_set(draft, name, value);
        for (size_t i = 0; i < draft->count; i++)
            if (same_name(draft->names[i], name))
                draft->given[i] = true;
        return;
    }
    draft_add(draft, name, value);
    if (draft->count > 0)
        draft->given[draft->count - 1] = true;
}

static bool take_line(struct draft *draft, struct play *play, struct page *line)
{
    if (line->length > 0 && line->at[0] == '|') {
        draft_add(draft, "|", line->at + 1);
        return true;
    }
    if (line->length > 0 && line->at[0] == '-') {
        draft->length_given |= same_name(line->at + 1, "Content-Length");
        drop(draft, line->at + 1, 0);
        return true;
    }
    char *colon = strchr(line->at, ':');
    if (colon == NULL)
        return play_fault(play, "this is no header field: %s", line->at);
    *colon = '\0';
    const char *value = colon + 1 + strspn(colon + 1, " ");
    draft->length_given |= same_name(line->at, "Content-Length") || same_name(line->at, "l");
    if (!same_name(line->at, "Start-Line")) {
        give(draft, line->at, value);
        return true;
    }
    page_clear(&draft->start);
    page_add(&draft->start, value);
    return true;
}

bool draft_take_block(struct draft *draft, struct play *play, const struct script_step *step)
{
    struct page line = {0};
    bool body = false, fine = true;
    for (size_t i = 0; i < step->count && fine; i++) {
        page_clear(&line);
        fine = play_expand(play, step->block[i].text, &line);
        if (fine && !body && line.length == 0) {
            body = draft->has_body = true;
            page_clear(&draft->body);
        } else if (fine && body) {
            page_put(&draft->body, page_bytes(&line));
            page_add(&draft->body, "\r\n");
        } else if (fine) {
            fine = take_line(draft, play, &line);
        }
    }
    page_release(&line);
    return fine;
}

void draft_write(const struct draft *draft, struct page *out)
{
    page_put(out, page_bytes(&draft->start));
    page_add(out, "\r\n");
    for (size_t i = 0; i < draft->count; i++) {
        if (draft->names[i][0] == '|')
            page_format(out, "%s\r\n", draft->values[i]);
        else
            page_format(out, "%s: %s\r\n", draft->names[i], draft->values[i]);
    }
    if (!draft->length_given)
        page_format(out, "Content-Length: %zu\r\n", draft->body.length);
    page_add(out, "\r\n");
    page_put(out, page_bytes(&draft->body));
}

/* Requests. */

static const char *place_text(const struct party *party, char *text, size_t size)
{
    struct buffer out = buffer_over(text, size - 1);
    net_address_write(&party->place->address, &out);
    text[out.length] = '\0';
    return text;
}

static void set_format(struct draft *draft, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void set_format(struct draft *draft, const char *name, const char *format, ...)
{
    struct page value = {0};
    va_list values;
    va_start(values, format);
    page_vformat(&value, format, values);
    va_end(values);
    draft_set(draft, name, value.at);
    page_release(&value);
}

static void set_via(struct party *party, struct draft *draft)
{
    char place[64];
    set_format(draft, "Via", "SIP/2.0/%s %s;rport;branch=z9hG4bK-%s-%u",
               net_protocol_name(party->place->protocol), place_text(party, place, sizeof(place)),
               party->name, ++party->serial);
}

void compose_again(struct party *party, struct draft *draft)
{
    if (!draft_was_given(draft, "Via"))
        set_via(party, draft);
    const char *method = strchr(draft_value(draft, "CSeq"), ' ');
    if (method == NULL || draft_was_given(draft, "CSeq"))
        return;
    char *copy = memory_copy(bytes_of(method + 1));
    set_format(draft, "CSeq", "%u %s", ++party->cseq, copy);
    free(copy);
}

static bool is(struct bytes text, const char *word)
{
    return bytes_equal(text, bytes_of(word));
}

/* "bob" is sip:bob@ the domain of the play. */
static void write_target(const struct play *play, const struct party *party,
                         const struct wish *wish, struct page *uri)
{
    if (!bytes_empty(wish->target) && bytes_index(wish->target, ':') >= 0)
        page_put(uri, wish->target);
    else if (is(wish->method, "REGISTER"))
        page_format(uri, "sip:%s", play->domain);
    else if (!bytes_empty(wish->target))
        page_format(uri, "sip:%.*s@%s", BYTES_ARGS(wish->target), play->domain);
    else
        page_format(uri, "sip:%s@%s", party->user, play->domain);
}

static void set_identity(const struct play *play, struct party *party, const struct wish *wish,
                         const char *uri, struct draft *draft)
{
    bool registers = is(wish->method, "REGISTER");
    set_format(draft, "From", "<sip:%s@%s>;tag=%s-%u", party->user, play->domain, party->name,
               party->serial);
    if (registers)
        set_format(draft, "To", "<sip:%s@%s>", party->user, play->domain);
    else
        set_format(draft, "To", "<%s>", uri);
    if (registers)
        set_format(draft, "Call-ID", "%s-registration", party->name);
    else
        set_format(draft, "Call-ID", "%s-%u", party->name, party->serial);
}

static void set_copy(struct draft *draft, const char *name, struct bytes value)
{
    set_format(draft, name, "%.*s", BYTES_ARGS(value));
}

static void add_copies(struct draft *draft, const struct sip_message *from, enum sip_header id)
{
    for (const struct sip_field *field = sip_message_field(from, id); field != NULL;
         field = field->next >= 0 ? &from->fields[field->next] : NULL) {
        char *value = memory_copy(field->value);
        draft_add(draft, sip_header_name(id), value);
        free(value);
    }
}

static struct sip_uri uri_of(struct bytes route)
{
    struct sip_address address = {0};
    (void)sip_address_parse(route, &address);
    return address.uri;
}

/* Request-URI and Route by the route set; when its first is a strict router, that is the
 * Request-URI, and the remote target comes last (RFC 3261 12.2.1.1). */
static void set_route_set(const struct dialog *dialog, struct page *uri, struct draft *draft)
{
    struct bytes rest = page_bytes(&dialog->routes), first = rest, value;
    first = bytes_split(&first, '\n');
    struct sip_uri router = uri_of(first);
    bool strict = !bytes_empty(first) && !sip_parameter(router.parameters, "lr", &value);
    page_clear(uri);
    page_put(uri, strict ? router.text : bytes_of(dialog->target));
    if (strict)
        bytes_split(&rest, '\n');
    while (!bytes_empty(rest)) {
        char *route = memory_copy(bytes_split(&rest, '\n'));
        draft_add(draft, "Route", route);
        free(route);
    }
    struct page last = {0};
    page_format(&last, "<%s>", dialog->target);
    if (strict)
        draft_add(draft, "Route", last.at);
    page_release(&last);
}

static bool set_dialog(struct play *play, const struct party *party, const struct wish *wish,
                       struct page *uri, struct draft *draft)
{
    const struct dialog *dialog = dialog_of(party, wish->dialog);
    if (dialog == NULL)
        return play_fault(play, "%s has no dialog %.*s", party->name, BYTES_ARGS(wish->dialog));
    if (dialog->target == NULL)
        return play_fault(play, "nobody has said a Contact in %.*s", BYTES_ARGS(wish->dialog));
    set_route_set(dialog, uri, draft);
    draft_set(draft, "From", dialog->local);
    draft_set(draft, "To", dialog->remote);
    draft_set(draft, "Call-ID", dialog->call_id);
    if (is(wish->method, "PRACK"))
        draft_set(draft, "RAck", dialog->rack);
    return true;
}

/* The Contact of a party at one of its places. */
static void set_contact(const struct party *party, const struct place *place, struct draft *draft)
{
    char text[64];
    struct buffer out = buffer_over(text, sizeof(text) - 1);
    net_address_write(&place->address, &out);
    text[out.length] = '\0';
    bool stream = net_is_stream(place->protocol);
    set_format(draft, "Contact", "<sip:%s@%s%s%s>", party->user, text, stream ? ";transport=" : "",
               stream ? net_transport_parameter(place->protocol) : "");
}

static void write_pidf(const struct play *play, const struct party *party, const struct wish *wish,
                       struct draft *draft)
{
    struct bytes tuple = bytes_empty(wish->tuple) ? bytes_of(party->name) : wish->tuple;
    page_format(&draft->body,
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
                "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:%s@%s\">"
                "<tuple id=\"%.*s\"><status><basic>%.*s</basic></status>",
                party->user, play->domain, BYTES_ARGS(tuple), BYTES_ARGS(wish->presence));
    if (!bytes_empty(wish->note))
        page_format(&draft->body, "<note>%.*s</note>", BYTES_ARGS(wish->note));
    page_add(&draft->body, "</tuple></presence>\r\n");
    draft->has_body = true;
}

static void set_body(const struct play *play, const struct party *party, const struct wish *wish,
                     struct draft *draft)
{
    if (!bytes_empty(wish->presence))
        write_pidf(play, party, wish, draft);
    if (!bytes_empty(wish->words)) {
        page_put(&draft->body, wish->words);
        draft->has_body = true;
    }
}

static void set_method_fields(const struct party *party, const struct wish *wish,
                              struct draft *draft)
{
    static const char *const with_contact[] = {"REGISTER", "SUBSCRIBE", "NOTIFY",
                                               "INVITE",   "UPDATE",    "REFER"};
    bool subscribes = is(wish->method, "SUBSCRIBE");
    for (size_t i = 0; i < sizeof(with_contact) / sizeof(with_contact[0]); i++)
        if (is(wish->method, with_contact[i]))
            set_contact(party, party->place, draft);
    if (subscribes || is(wish->method, "PUBLISH"))
        draft_set(draft, "Event", "presence");
    if (!bytes_empty(wish->expires))
        set_format(draft, "Expires", "%.*s", BYTES_ARGS(wish->expires));
}

static const char *usual_type(struct bytes method)
{
    static const char *const with_sdp[] = {"INVITE", "ACK", "PRACK", "UPDATE"};
    for (size_t i = 0; i < sizeof(with_sdp) / sizeof(with_sdp[0]); i++)
        if (is(method, with_sdp[i]))
            return "application/sdp";
    return is(method, "PUBLISH") ? "application/pidf+xml" : "text/plain";
}

/* The block, and the type of the body when nobody says it. */
static bool finish(struct draft *draft, struct play *play, struct bytes method)
{
    bool typed = false;
    for (size_t i = 0; i < play->step->count; i++)
        typed |= bytes_equal(play->step->block[i].text, BYTES("-Content-Type"));
    bool fine = draft_take_block(draft, play, play->step);
    if (!typed && draft->body.length > 0 && draft_value(draft, "Content-Type")[0] == '\0')
        draft_set(draft, "Content-Type", usual_type(method));
    return fine;
}

static void add_credentials(struct draft *draft, const struct sip_message *invite)
{
    add_copies(draft, invite, SIP_AUTHORIZATION);
    add_copies(draft, invite, SIP_PROXY_AUTHORIZATION);
}

/* The ACK for a 2xx is a request of its own, but for number and credentials (RFC 3261 13.2.2.4). */
static bool set_number(struct play *play, struct party *party, const struct wish *wish,
                       struct draft *draft)
{
    if (!is(wish->method, "ACK") || bytes_empty(wish->dialog)) {
        set_format(draft, "CSeq", "%u %.*s", ++party->cseq, BYTES_ARGS(wish->method));
        return true;
    }
    const struct dialog *dialog = dialog_of(party, wish->dialog);
    const struct sent *invite = dialog != NULL ? dialog_invite(party, dialog) : NULL;
    if (invite == NULL)
        return play_fault(play, "%s has sent no INVITE to acknowledge", party->name);
    set_format(draft, "CSeq", "%u ACK", invite->message.cseq);
    add_credentials(draft, &invite->message);
    return true;
}

/* Hop by hop: ACK for a failure, and CANCEL (RFC 3261 17.1.1.3, 9.1). */

static void compose_hop(const struct sip_message *invite, const char *method, struct draft *draft)
{
    page_format(&draft->start, "%s %.*s SIP/2.0", method, BYTES_ARGS(invite->request_uri));
    set_copy(draft, "Via", invite->via.text);
    draft_set(draft, "Max-Forwards", "70");
    add_copies(draft, invite, SIP_ROUTE);
    set_copy(draft, "From", sip_message_value(invite, SIP_FROM));
    set_copy(draft, "To", sip_message_value(invite, SIP_TO));
    set_copy(draft, "Call-ID", invite->call_id);
    set_format(draft, "CSeq", "%u %s", invite->cseq, method);
}

void compose_ack(const struct sent *invite, struct draft *draft)
{
    compose_hop(&invite->message, "ACK", draft);
    set_copy(draft, "To", sip_message_value(&invite->response->message, SIP_TO));
    add_credentials(draft, &invite->message);
}

/* The INVITE that an ACK or a CANCEL is for: with the label, or the last one; of an ACK one that
 * was refused so. */
static const struct sent *invite_of(const struct party *party, const struct wish *wish)
{
    const struct sent *sent, *found = NULL;
    DL_FOREACH(party->sent, sent)
    {
        unsigned status = sent->response != NULL ? sent->response->message.status : 0;
        bool meant = bytes_empty(wish->of) || bytes_equal(bytes_of(sent->label), wish->of);
        if (meant && sent->message.method == SIP_INVITE &&
            (wish->refusal == 0 || wish->refusal == status))
            found = sent;
    }
    return found;
}

static bool is_hop(const struct wish *wish)
{
    return (is(wish->method, "ACK") && wish->refusal != 0) ||
           (is(wish->method, "CANCEL") && bytes_empty(wish->dialog) && bytes_empty(wish->target));
}

static bool compose_for_hop(struct play *play, struct party *party, const struct wish *wish,
                            struct draft *draft)
{
    const struct sent *invite = invite_of(party, wish);
    if (invite == NULL)
        return play_fault(play, "%s has sent no such INVITE", party->name);
    if (wish->refusal != 0)
        compose_ack(invite, draft);
    else
        compose_hop(&invite->message, "CANCEL", draft);
    return finish(draft, play, wish->method);
}

bool compose_request(struct play *play, struct party *party, const struct wish *wish,
                     struct draft *draft)
{
    struct page uri = {0};
    bool fine = true;
    if (is_hop(wish))
        return compose_for_hop(play, party, wish, draft);
    write_target(play, party, wish, &uri);
    set_via(party, draft);
    draft_set(draft, "Max-Forwards", "70");
    set_identity(play, party, wish, uri.at, draft);
    if (!bytes_empty(wish->dialog))
        fine = set_dialog(play, party, wish, &uri, draft);
    fine = fine && set_number(play, party, wish, draft);
    set_method_fields(party, wish, draft);
    set_body(play, party, wish, draft);
    page_format(&draft->start, "%.*s %s SIP/2.0", BYTES_ARGS(wish->method), uri.at);
    fine = fine && finish(draft, play, wish->method);
    page_release(&uri);
    return fine;
}

/* Credentials (RFC 7616 3.4; without qop RFC 2069). */

/* A parameter of the challenge, without quotes. */
static struct bytes challenge_part(const char *challenge, const char *name)
{
    struct bytes rest = bytes_of(challenge), element;
    rest = bytes_skip(rest, 7);
    while (sip_list_next(&rest, &element)) {
        struct bytes value = element;
        struct bytes key = bytes_split(&value, '=');
        if (!bytes_equal_nocase(bytes_trim(key), bytes_of(name)))
            continue;
        value = bytes_trim(value);
        if (value.length >= 2 && *value.at == '"')
            value = bytes_from(value.at + 1, value.length - 2);
        return value;
    }
    return BYTES("");
}

static struct bytes request_uri_of(const struct draft *draft)
{
    struct bytes rest = page_bytes(&draft->start);
    bytes_split(&rest, ' ');
    return bytes_split(&rest, ' ');
}

static struct bytes either(struct bytes said, struct bytes usual)
{
    return bytes_empty(said) ? usual : said;
}

static void write_credentials(struct party *party, const struct wish *wish,
                              struct digest_credentials *credentials, struct page *out)
{
    struct digest_engine *engine = digest_engine_new();
    struct bytes password = either(wish->password, bytes_of(party->password));
    struct digest_hex ha1 = digest_ha1(engine, credentials->algorithm, credentials->username,
                                       credentials->realm, password);
    struct digest_hex response =
        digest_response(engine, credentials, ha1.text, wish->method, BYTES(""));
    digest_engine_free(&engine);
    page_format(out,
                "Digest username=\"%.*s\", realm=\"%.*s\", nonce=\"%.*s\", uri=\"%.*s\", "
                "response=\"%s\", algorithm=%s",
                BYTES_ARGS(credentials->username), BYTES_ARGS(credentials->realm),
                BYTES_ARGS(credentials->nonce), BYTES_ARGS(credentials->uri), response.text,
                digest_algorithm_name(credentials->algorithm));
    if (!wish->qop_none)
        page_format(out, ", qop=auth, cnonce=\"%.*s\", nc=%.*s", BYTES_ARGS(credentials->cnonce),
                    BYTES_ARGS(credentials->nc));
}

bool compose_credentials(struct play *play, struct party *party, const struct wish *wish,
                         struct draft *draft)
{
    char nc[16], cnonce[64];
    if (party->challenge == NULL)
        return play_fault(play, "%s was not challenged yet", party->name);
    if (party->password == NULL && bytes_empty(wish->password))
        return play_fault(play, "%s has no password", party->name);
    snprintf(nc, sizeof(nc), "%08x", ++party->nonce_count);
    snprintf(cnonce, sizeof(cnonce), "c%u%.40s", party->serial, party->name);
    struct digest_credentials credentials = {
        .username = either(wish->username, bytes_of(party->user)),
        .realm = challenge_part(party->challenge, "realm"),
        .nonce = either(wish->nonce, challenge_part(party->challenge, "nonce")),
        .uri = either(wish->digest_uri, request_uri_of(draft)),
        .cnonce = wish->qop_none ? BYTES("") : bytes_of(cnonce),
        .nc = wish->qop_none ? BYTES("") : bytes_of(nc),
        .qop = wish->qop_none ? BYTES("") : BYTES("auth"),
        .algorithm = digest_algorithm_of(
            either(wish->algorithm, challenge_part(party->challenge, "algorithm"))),
    };
    if (credentials.algorithm == DIGEST_COUNT)
        return play_fault(play, "the challenge names an unknown algorithm: %s", party->challenge);
    struct page value = {0};
    write_credentials(party, wish, &credentials, &value);
    draft_set(draft, party->challenge_status == 407 ? "Proxy-Authorization" : "Authorization",
              value.at);
    page_release(&value);
    return true;
}

/* Responses. */

static void set_to(const struct party *party, const struct arrival *request, unsigned status,
                   struct draft *draft)
{
    struct bytes to = sip_message_value(&request->message, SIP_TO);
    if (!bytes_empty(request->message.to.tag) || status <= 100)
        set_copy(draft, "To", to);
    else if (request->to_tag != NULL)
        set_format(draft, "To", "%.*s;tag=%s", BYTES_ARGS(to), request->to_tag);
    else
        set_format(draft, "To", "%.*s;tag=%s-answer", BYTES_ARGS(to), party->name);
}

/* Of what makes a dialog, or moves its target: where we are, and the way here (RFC 3261 12.1.1). */
static void add_dialog_fields(const struct party *party, const struct arrival *request,
                              struct draft *draft)
{
    struct bytes method = request->message.method_name;
    const struct place *place = party_place(party, &request->flow);
    if (dialog_begins(method))
        add_copies(draft, &request->message, SIP_RECORD_ROUTE);
    if (place != NULL && (dialog_begins(method) || dialog_refreshes(method)))
        set_contact(party, place, draft);
}

void compose_response(const struct party *party, const struct arrival *request, unsigned status,
                      struct draft *draft)
{
    const struct sip_message *message = &request->message;
    struct sip_values vias = sip_values_of(message, SIP_VIA);
    struct bytes via;
    page_format(&draft->start, "SIP/2.0 %u %s", status, sip_status_phrase(status));
    while (sip_values_next(&vias, &via)) {
        char *copy = memory_copy(via);
        draft_add(draft, "Via", copy);
        free(copy);
    }
    set_copy(draft, "From", sip_message_value(message, SIP_FROM));
    set_to(party, request, status, draft);
    set_copy(draft, "Call-ID", message->call_id);
    set_format(draft, "CSeq", "%u %.*s", message->cseq, BYTES_ARGS(message->cseq_method));
    if (status > 100 && status < 300)
        add_dialog_fields(party, request, draft);
}

bool compose_answer(struct play *play, const struct party *party, const struct arrival *request,
                    unsigned status, struct draft *draft)
{
    compose_response(party, request, status, draft);
    return finish(draft, play, request->message.method_name);
}
