/* move.c: what parties do: sending, answering, coming and going.
 *
 *   sends METHOD clauses   a usual request, changed by the block; "with credentials" goes through
 *                          the challenge first when there was none yet; ACK and CANCEL are what
 *                          their INVITE makes them
 *   sends exactly|bytes    the block as it stands
 *   answers STATUS         the request looked at last, or the one with a label */
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/memory.h"
#include "compose.h"
#include "dialog.h"
#include "play.h"

enum { RUBBISH_MAX = 1 << 20 };

/* The clauses behind a method. */

static bool take_credentials(struct words *words, struct wish *wish)
{
    if (words_are(words, "without qop"))
        wish->qop_none = true;
    else if (words_are(words, "username"))
        wish->username = words_take(words);
    else if (words_are(words, "password"))
        wish->password = words_take(words);
    else if (words_are(words, "nonce"))
        wish->nonce = words_take(words);
    else if (words_are(words, "digest-uri"))
        wish->digest_uri = words_take(words);
    else if (words_are(words, "algorithm"))
        wish->algorithm = words_take(words);
    else if (!words_are(words, "with credentials"))
        return false;
    wish->credentials = true;
    return true;
}

static bool take_presence(struct words *words, struct wish *wish)
{
    size_t at = words->at;
    struct bytes word = words_take(words);
    if (!bytes_equal(word, BYTES("open")) && !bytes_equal(word, BYTES("closed"))) {
        words->at = at;
        return false;
    }
    wish->presence = word;
    if (words_are(words, "note"))
        wish->note = words_take(words);
    if (words_are(words, "tuple"))
        wish->tuple = words_take(words);
    return true;
}

static bool take_piece(struct words *words, size_t *piece)
{
    uint64_t bytes;
    if (!words_are(words, "in pieces of") || !bytes_to_u64(words_take(words), &bytes))
        return false;
    *piece = (size_t)bytes;
    return true;
}

/* "ACK to 486" is for an answer, all else for somebody. */
static void take_target(struct words *words, struct wish *wish)
{
    struct bytes target = words_take(words);
    if (!bytes_equal(wish->method, BYTES("ACK")) || !bytes_to_u32(target, &wish->refusal))
        wish->target = target;
}

static bool take_clause(struct words *words, struct wish *wish)
{
    if (take_piece(words, &wish->piece) || take_presence(words, wish))
        return true;
    if (words_are(words, "to"))
        take_target(words, wish);
    else if (words_are(words, "of"))
        wish->of = words_take(words);
    else if (words_are(words, "in"))
        wish->dialog = words_take(words);
    else if (words_are(words, "as"))
        wish->label = words_take(words);
    else if (words_are(words, "expires"))
        wish->expires = words_take(words);
    else if (words_are(words, "text"))
        wish->words = words_take(words);
    else
        return take_credentials(words, wish);
    return true;
}

static bool take_wish(struct play *play, struct words *words, struct wish *wish)
{
    *wish = (struct wish){.method = words_take(words)};
    while (!words_end(words))
        if (!take_clause(words, wish))
            return play_fault(play, "what is %.*s?", BYTES_ARGS(words->word[words->at]));
    return true;
}

/* Requests. */

static bool send_draft(struct play *play, struct party *party, const struct wish *wish,
                       const struct draft *draft)
{
    struct page out = {0};
    draft_write(draft, &out);
    party_remember(party, page_bytes(&out), wish->label);
    bool sent = party_send(party, page_bytes(&out), wish->piece);
    page_release(&out);
    return sent || play_fault(play, "%s has no way to the server", party->name);
}

/* The answer to what was sent last. */
static struct arrival *last_answer(const struct party *party)
{
    const struct sent *sent = party_sent(party, BYTES(""));
    struct arrival *arrival;
    DL_FOREACH(party->inbox, arrival)
    {
        const struct sip_message *message = &arrival->message;
        if (!arrival->ping && !message->request && message->cseq == sent->message.cseq &&
            bytes_equal(message->call_id, sent->message.call_id))
            return arrival;
    }
    return NULL;
}

static struct arrival *wait_for_answer(struct play *play, const struct party *party)
{
    uint64_t until_ms = play_patience_ms(play);
    struct arrival *answer;
    while ((answer = last_answer(party)) == NULL && play_advance(play, until_ms))
        continue;
    return answer;
}

/* A refused INVITE is acknowledged. */
static bool acknowledge(struct play *play, struct party *party)
{
    const struct sent *invite = party_sent(party, BYTES(""));
    const struct wish none = {0};
    struct draft draft = {0};
    if (invite->message.method != SIP_INVITE || party->peer != NULL)
        return true;
    compose_ack(invite, &draft);
    bool fine = send_draft(play, party, &none, &draft);
    draft_release(&draft);
    return fine;
}

/* Sends it without credentials and takes the challenge. */
static bool be_challenged(struct play *play, struct party *party, const struct wish *wish,
                          struct draft *draft)
{
    if (!send_draft(play, party, wish, draft))
        return false;
    struct arrival *answer = wait_for_answer(play, party);
    if (answer == NULL)
        return play_fault(play, "%s is not challenged", party->name);
    unsigned status = answer->message.status;
    if (status != 401 && status != 407)
        return play_fault(play, "%s wants to be challenged, and gets\n%s", party->name,
                          answer->bytes);
    party_see(party, answer);
    compose_again(party, draft);
    return acknowledge(play, party);
}

static bool send_request(struct play *play, struct party *party, const struct wish *wish)
{
    struct draft draft = {0};
    bool fine = compose_request(play, party, wish, &draft);
    if (fine && wish->credentials && party->challenge == NULL)
        fine = be_challenged(play, party, wish, &draft);
    if (fine && wish->credentials)
        fine = compose_credentials(play, party, wish, &draft);
    fine = fine && send_draft(play, party, wish, &draft);
    draft_release(&draft);
    return fine;
}

/* Bytes as they stand. */

static bool send_lines(struct play *play, struct party *party, struct words *words)
{
    struct page out = {0};
    bool fine = true, body = false;
    size_t piece = 0;
    for (size_t i = 0; i < play->step->count && fine; i++) {
        fine = play_expand(play, play->step->block[i].text, &out);
        body |= bytes_empty(play->step->block[i].text);
        page_add(&out, "\r\n");
    }
    if (!body)
        page_add(&out, "\r\n");
    if (fine && !words_end(words) && !take_piece(words, &piece))
        fine = play_fault(play, "sends exactly [in pieces of N]");
    if (fine)
        party_remember(party, page_bytes(&out), BYTES(""));
    fine = fine && (party_send(party, page_bytes(&out), piece) ||
                    play_fault(play, "%s has no way to the server", party->name));
    page_release(&out);
    return fine;
}

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(digits, ascii_lower(c)) : NULL;
    return at != NULL ? (int)(at - digits) : 0;
}

/* \r \n \t \\ and \xHH */
static void unescape(struct bytes text, struct page *out)
{
    for (size_t i = 0; i < text.length; i++) {
        char c = text.at[i];
        if (c == '\\' && i + 1 < text.length) {
            c = text.at[++i];
            if (c == 'x' && i + 2 < text.length) {
                c = (char)(hex_digit(text.at[i + 1]) * 16 + hex_digit(text.at[i + 2]));
                i += 2;
            } else if (c == 'r' || c == 'n' || c == 't') {
                c = c == 'r' ? '\r' : c == 'n' ? '\n' : '\t';
            }
        }
        page_put(out, bytes_from(&c, 1));
    }
}

static bool send_bytes(struct play *play, struct party *party, struct words *words)
{
    struct page out = {0};
    size_t piece = 0;
    bool fine = true;
    for (size_t i = 0; i < play->step->count && fine; i++) {
        struct page line = {0};
        fine = play_expand(play, play->step->block[i].text, &line);
        unescape(page_bytes(&line), &out);
        page_release(&line);
    }
    if (fine && !words_end(words) && !take_piece(words, &piece))
        fine = play_fault(play, "sends bytes [in pieces of N]");
    fine = fine && (party_send(party, page_bytes(&out), piece) ||
                    play_fault(play, "%s has no way to the server", party->name));
    page_release(&out);
    return fine;
}

/* Rubbish of its own seed: the server's randomness is not touched. */
static bool send_rubbish(struct play *play, struct party *party, struct words *words)
{
    uint64_t length, seed = 4711;
    if (!bytes_to_u64(words_take(words), &length) || length > RUBBISH_MAX)
        return play_fault(play, "sends rubbish LENGTH");
    char *bytes = memory_new((size_t)length + 1);
    seeded_random(&seed, bytes, (size_t)length);
    bool sent = party_send(party, bytes_from(bytes, (size_t)length), 0);
    free(bytes);
    return sent;
}

bool play_sends(struct play *play, struct party *party, struct words *words)
{
    struct wish wish;
    if (party->place == NULL)
        return play_fault(play, "%s is nowhere", party->name);
    if (words_are(words, "bytes"))
        return send_bytes(play, party, words);
    if (words_are(words, "exactly"))
        return send_lines(play, party, words);
    if (words_are(words, "rubbish"))
        return send_rubbish(play, party, words);
    return take_wish(play, words, &wish) && send_request(play, party, &wish);
}

/* Answers. */

/* The tag of an answer is that of the next ones, and of the dialog. */
static void remember_answer(struct party *party, struct arrival *request, struct bytes answer)
{
    struct sip_message message;
    if (!verdict_ok(sip_message_parse(answer, true, &message)))
        return;
    if (!bytes_empty(message.to.tag))
        page_replace(&request->to_tag, message.to.tag);
    dialog_learn(party, &request->message, &message, false);
}

static bool send_answer(struct play *play, struct party *party, struct arrival *request,
                        unsigned status)
{
    struct draft draft = {0};
    struct page out = {0};
    bool fine = compose_answer(play, party, request, status, &draft);
    draft_write(&draft, &out);
    draft_release(&draft);
    remember_answer(party, request, page_bytes(&out));
    if (fine && !party_answer(party, &request->flow, page_bytes(&out)))
        fine = play_fault(play, "the connection has gone on which %s would answer", party->name);
    page_release(&out);
    return fine;
}

/* answers STATUS [to LABEL] | answers every NOTIFY with STATUS | answers no NOTIFY */
bool play_answers(struct play *play, struct party *party, struct words *words)
{
    uint32_t status;
    if (words_are(words, "no NOTIFY")) {
        party->notify_answer = 0;
        return true;
    }
    bool every = words_are(words, "every NOTIFY with");
    if (!bytes_to_u32(words_take(words), &status) || status < 100 || status > 699)
        return play_fault(play, "answers STATUS [to LABEL]");
    if (every) {
        party->notify_answer = status;
        return true;
    }
    struct bytes label = BYTES("");
    if (words_are(words, "to"))
        label = words_take(words);
    struct arrival *request = party_seen(party, label);
    if (request == NULL || !request->message.request)
        return play_fault(play, "%s has seen no such request", party->name);
    return send_answer(play, party, request, status);
}

/* Coming and going. */

static bool repeat(struct play *play, struct party *party, struct words *words)
{
    struct bytes label = words_end(words) ? BYTES("") : words_take(words);
    const struct sent *sent = party_sent(party, label);
    if (sent == NULL)
        return play_fault(play, "%s has sent no such request", party->name);
    return party_send(party, bytes_from(sent->bytes, sent->length), 0) ||
           play_fault(play, "%s has no way to the server", party->name);
}

static bool let_go(struct play *play, struct party *party, struct words *words)
{
    size_t piece = 0;
    if (!words_end(words) && !take_piece(words, &piece))
        return play_fault(play, "lets go [in pieces of N]");
    party->gathering = false;
    bool sent = party_send(party, page_bytes(&party->gathered), piece);
    page_clear(&party->gathered);
    return sent || play_fault(play, "%s has no way to the server", party->name);
}

static bool hang_up(struct play *play, struct party *party)
{
    if (party->place->connection == 0)
        return play_fault(play, "%s has no connection", party->name);
    fake_net_hang_up(&play->stage.net, party->place->connection);
    party->place->connection = 0;
    stage_settle(&play->stage);
    return true;
}

static bool is_disconnected(struct play *play, struct party *party)
{
    bool lost = party->place->lost;
    party->place->lost = false;
    return lost || play_fault(play, "the server has not closed %s's connection", party->name);
}

bool play_expects_word(struct play *play, struct party *party, struct words *words)
{
    if (words_are(words, "repeats"))
        return repeat(play, party, words);
    if (words_are(words, "gathers"))
        return party->gathering = true;
    if (words_are(words, "lets go"))
        return let_go(play, party, words);
    if (words_are(words, "hangs up"))
        return hang_up(play, party);
    if (words_are(words, "is disconnected"))
        return is_disconnected(play, party);
    if (words_are(words, "ignores everything"))
        return party->ignores = true;
    if (words_are(words, "forgets the challenge")) {
        free(party->challenge);
        party->challenge = NULL;
        return true;
    }
    return play_fault(play, "%s cannot do this", party->name);
}
