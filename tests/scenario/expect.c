/* expect.c: what a party hopes to get.
 *
 *   expects STATUS [to METHOD] | METHOD  [as LABEL] [after TIME] [among others]   and its block
 *   expects nothing [for TIME]
 *   expects a pong
 *
 * The next message must be it, unless "among others" is said. "after TIME" lets that time pass, to
 * the millisecond: one less, and nothing may have come.
 *
 * Block lines: "Name: pattern" (some field of that name), "-Name" (no such field), "2 Name" (so
 * many), "Start-Line:", "Reason:" (of a response its phrase), "Request-URI:", "Place:" (flow as
 * net.h writes it) with patterns; "body has TEXT", "body lacks TEXT", "body is TEXT", "body is
 * empty". */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/memory.h"
#include "pattern.h"
#include "play.h"

struct hope {
    struct bytes method, label;
    unsigned status; /* 0: a request */
    uint64_t after_ms;
    bool later, among;
};

static const char *known(void *context, struct bytes name)
{
    return play_variable(context, name);
}

/* Matches, and keeps what was learned. */
static bool matches(struct play *play, struct bytes pattern, struct bytes text)
{
    struct match_context match = {.known = known, .context = play};
    if (!pattern_match(&match, pattern, text))
        return false;
    for (size_t i = 0; i < match.count; i++)
        play_set_variable(play, match.captures[i].name, match.captures[i].value);
    return true;
}

/* The block. */

static bool field_name_is(const struct sip_field *field, struct bytes name)
{
    enum sip_header id = sip_header_of(name);
    if (id != SIP_HEADER_OTHER)
        return field->id == id;
    return bytes_equal_nocase(field->name, name);
}

static size_t count_fields(const struct sip_message *message, struct bytes name)
{
    size_t count = 0;
    for (int i = 0; i < message->count; i++)
        count += field_name_is(&message->fields[i], name);
    return count;
}

static bool some_field_matches(struct play *play, const struct sip_message *message,
                               struct bytes name, struct bytes pattern)
{
    for (int i = 0; i < message->count; i++)
        if (field_name_is(&message->fields[i], name) &&
            matches(play, pattern, message->fields[i].value))
            return true;
    return false;
}

static bool pseudo_field(const struct arrival *arrival, struct bytes name, struct bytes *value,
                         struct buffer *memory)
{
    const struct sip_message *message = &arrival->message;
    struct bytes raw = message->raw;
    if (bytes_equal(name, BYTES("Start-Line")))
        *value = bytes_trim(bytes_split(&raw, '\n'));
    else if (bytes_equal(name, BYTES("Reason")) && !message->request)
        *value = message->reason;
    else if (bytes_equal(name, BYTES("Request-URI")))
        *value = message->request_uri;
    else if (bytes_equal(name, BYTES("Place"))) {
        net_flow_write(&arrival->flow, memory);
        *value = buffer_bytes(memory);
    } else
        return false;
    return true;
}

static bool contains(struct bytes body, struct bytes text)
{
    return text.length == 0 ||
           (body.length > 0 && memmem(body.at, body.length, text.at, text.length) != NULL);
}

static bool body_line(const struct arrival *arrival, struct bytes line)
{
    struct bytes body = arrival->message.body;
    if (bytes_equal(line, BYTES("body is empty")))
        return bytes_empty(body);
    if (bytes_starts_with(line, BYTES("body has ")))
        return contains(body, bytes_skip(line, 9));
    if (bytes_starts_with(line, BYTES("body is ")))
        return bytes_equal(bytes_trim(body), bytes_skip(line, 8));
    return bytes_starts_with(line, BYTES("body lacks ")) && !contains(body, bytes_skip(line, 11));
}

static bool count_line(const struct sip_message *message, struct bytes line)
{
    uint64_t count;
    struct bytes name = line;
    struct bytes digits = bytes_split(&name, ' ');
    return bytes_to_u64(digits, &count) && count_fields(message, name) == count;
}

static bool line_holds(struct play *play, const struct arrival *arrival, struct bytes line)
{
    char text[160];
    struct buffer memory = buffer_over(text, sizeof(text));
    struct bytes value, pattern = line;
    if (bytes_starts_with(line, BYTES("-")))
        return count_fields(&arrival->message, bytes_skip(line, 1)) == 0;
    if (bytes_starts_with(line, BYTES("body ")))
        return body_line(arrival, line);
    if (*line.at >= '0' && *line.at <= '9')
        return count_line(&arrival->message, line);
    struct bytes name = bytes_split(&pattern, ':');
    pattern = bytes_trim(pattern);
    if (pseudo_field(arrival, name, &value, &memory))
        return matches(play, pattern, value);
    return some_field_matches(play, &arrival->message, name, pattern);
}

/* The variables in what a body is to have or to lack. */
static bool holds(struct play *play, const struct arrival *arrival, struct bytes line)
{
    struct page whole = {0};
    bool fine;
    if (!bytes_starts_with(line, BYTES("body ")))
        return line_holds(play, arrival, line);
    fine = play_expand(play, line, &whole) && line_holds(play, arrival, page_bytes(&whole));
    page_release(&whole);
    return fine;
}

static bool check_block(struct play *play, const struct party *party, const struct arrival *arrival)
{
    for (size_t i = 0; i < play->step->count; i++) {
        struct bytes line = play->step->block[i].text;
        if (bytes_empty(line) || holds(play, arrival, line))
            continue;
        play->line = play->step->block[i].number;
        play_fault(play, "%s expects\n    %.*s\nand gets\n%s", party->name, BYTES_ARGS(line),
                   arrival->bytes);
        return false;
    }
    return true;
}

/* The message. */

static bool is_hoped(const struct hope *hope, const struct arrival *arrival)
{
    const struct sip_message *message = &arrival->message;
    if (arrival->ping || message->request != (hope->status == 0))
        return false;
    if (hope->status != 0 && message->status != hope->status)
        return false;
    struct bytes method = message->request ? message->method_name : message->cseq_method;
    return bytes_empty(hope->method) || bytes_equal(method, hope->method);
}

static struct arrival *find(const struct party *party, const struct hope *hope)
{
    struct arrival *arrival = party->inbox;
    if (!hope->among)
        return arrival != NULL && is_hoped(hope, arrival) ? arrival : NULL;
    while (arrival != NULL && !is_hoped(hope, arrival))
        arrival = arrival->next;
    return arrival;
}

static bool wait_for(struct play *play, const struct party *party, uint64_t ms)
{
    if (ms > 0) {
        play_pass(play, ms - 1);
        if (party->inbox != NULL)
            return play_fault(play, "%s gets this too early:\n%s", party->name,
                              party->inbox->bytes);
        play_pass(play, 1);
    }
    return true;
}

/* In bad weather it may come late, and behind others. */
static struct arrival *wait_to_find(struct play *play, const struct party *party, struct hope *hope)
{
    uint64_t until_ms = play_patience_ms(play);
    struct arrival *arrival;
    hope->among = hope->among || party->peer != NULL;
    while ((arrival = find(party, hope)) == NULL && play_advance(play, until_ms))
        continue;
    return arrival;
}

static bool take_hope(struct play *play, struct words *words, struct hope *hope)
{
    struct bytes what = words_take(words);
    *hope = (struct hope){0};
    if (!bytes_to_u32(what, &hope->status))
        hope->method = what;
    while (!words_end(words)) {
        if (words_are(words, "to"))
            hope->method = words_take(words);
        else if (words_are(words, "as"))
            hope->label = words_take(words);
        else if (words_are(words, "among others"))
            hope->among = true;
        else if (words_are(words, "after"))
            hope->later = play_duration(play, words_take(words), &hope->after_ms);
        else
            return play_fault(play, "expects what? %.*s", BYTES_ARGS(words->word[words->at]));
    }
    return play->fault.length == 0;
}

static bool expect_message(struct play *play, struct party *party, struct words *words)
{
    struct hope hope;
    struct bytes what = words->at < words->count ? words->word[words->at] : BYTES("");
    if (!take_hope(play, words, &hope))
        return false;
    if (hope.later && !wait_for(play, party, hope.after_ms))
        return false;
    struct arrival *arrival = wait_to_find(play, party, &hope);
    if (arrival == NULL)
        return play_fault(play, "%s expects %.*s and gets %s", party->name, BYTES_ARGS(what),
                          party->inbox != NULL ? party->inbox->bytes : "nothing");
    party_see(party, arrival);
    if (!bytes_empty(hope.label))
        page_replace(&arrival->label, hope.label);
    return check_block(play, party, arrival);
}

static bool expect_nothing(struct play *play, const struct party *party, struct words *words)
{
    uint64_t ms = 0;
    if (words_are(words, "for") && !play_duration(play, words_take(words), &ms))
        return false;
    play_pass(play, ms);
    if (party->inbox == NULL)
        return true;
    return play_fault(play, "%s expects nothing and gets\n%s", party->name, party->inbox->bytes);
}

static bool expect_pong(struct play *play, struct party *party)
{
    struct arrival *first = party->inbox;
    if (first == NULL || !first->ping)
        return play_fault(play, "%s expects a pong and gets %s", party->name,
                          first != NULL ? first->bytes : "nothing");
    party_see(party, first);
    return true;
}

bool play_expects(struct play *play, struct party *party, struct words *words)
{
    if (words_are(words, "nothing"))
        return expect_nothing(play, party, words);
    if (words_are(words, "a pong"))
        return expect_pong(play, party);
    return expect_message(play, party, words);
}
