/* gateway.c: steps about what the server posts by HTTP.
 *
 *   the gateway expects a post       the next one must be it; block: "URL: pattern", "Name:
 * pattern" (a field), "body has|lacks|is TEXT" the gateway expects nothing the gateway answers
 * STATUS [after TIME]    the oldest that was expected; TIME is Retry-After the gateway breaks the
 * same, but there is no answer */
#include "gateway.h"

#include <stdio.h>
#include <string.h>

#include "pattern.h"
#include "play.h"

static void take(void *context, struct http_try *try)
{
    struct gateway *gateway = context;
    if (gateway->count == GATEWAY_POSTS_MAX) {
        gateway->fault = "the server posts more than a scenario can hold";
        return;
    }
    gateway->tries[gateway->count++] = try;
    page_format(gateway->wire, "POST %s\n", try->url);
    for (size_t i = 0; i < try->field_count; i++)
        page_format(gateway->wire, "%s\n", try->fields[i]);
    page_format(gateway->wire, "\n%.*s\n\n", BYTES_ARGS(try->body));
}

static void stop(void *context)
{
    struct gateway *gateway = context;
    gateway->count = gateway->seen = 0;
}

struct http_carrier gateway_carrier(struct gateway *gateway)
{
    return (struct http_carrier){take, stop, gateway};
}

/* Expecting. */

static const char *known(void *context, struct bytes name)
{
    return play_variable(context, name);
}

static bool matches(struct play *play, struct bytes pattern, struct bytes text)
{
    struct match_context match = {.known = known, .context = play};
    if (!pattern_match(&match, pattern, text))
        return false;
    for (size_t i = 0; i < match.count; i++)
        play_set_variable(play, match.captures[i].name, match.captures[i].value);
    return true;
}

static bool has(struct bytes text, struct bytes part)
{
    for (size_t i = 0; i + part.length <= text.length; i++)
        if (bytes_equal(bytes_from(text.at + i, part.length), part))
            return true;
    return false;
}

static bool field_matches(struct play *play, const struct http_try *try, struct bytes name,
                          struct bytes pattern)
{
    for (size_t i = 0; i < try->field_count; i++) {
        struct bytes value = bytes_of(try->fields[i]), field = bytes_split(&value, ':');
        if (bytes_equal_nocase(field, name) && matches(play, pattern, bytes_trim(value)))
            return true;
    }
    return false;
}

static bool line_holds(struct play *play, const struct http_try *try, struct bytes line)
{
    struct bytes rest = line, first = bytes_split(&rest, ' ');
    if (bytes_equal(first, BYTES("body"))) {
        struct bytes how = bytes_split(&rest, ' ');
        if (bytes_equal(how, BYTES("is")))
            return matches(play, rest, try->body);
        return has(try->body, rest) == bytes_equal(how, BYTES("has"));
    }
    struct bytes pattern = line, name = bytes_split(&pattern, ':');
    if (bytes_equal(name, BYTES("URL")))
        return matches(play, bytes_trim(pattern), bytes_of(try->url));
    return field_matches(play, try, name, bytes_trim(pattern));
}

static bool expect(struct play *play, struct gateway *gateway)
{
    if (gateway->seen == gateway->count)
        return play_fault(play, "nothing was posted");
    const struct http_try *try = gateway->tries[gateway->seen++];
    for (size_t i = 0; i < play->step->count; i++) {
        struct bytes line = play->step->block[i].text;
        play->line = play->step->block[i].number;
        if (!line_holds(play, try, line))
            return play_fault(play, "not so: %.*s\nPOST %s\n%.*s", BYTES_ARGS(line), try->url,
                              BYTES_ARGS(try->body));
    }
    return true;
}

bool gateway_is_quiet(struct play *play)
{
    const struct gateway *gateway = &play->stage.gateway;
    if (gateway->fault != NULL)
        return play_fault(play, "%s", gateway->fault);
    if (gateway->seen == gateway->count)
        return true;
    const struct http_try *try = gateway->tries[gateway->seen];
    return play_fault(play, "the gateway has got:\nPOST %s\n%.*s", try->url, BYTES_ARGS(try->body));
}

/* Answering. */

static bool give_back(struct play *play, unsigned status, unsigned retry_after_s)
{
    struct gateway *gateway = &play->stage.gateway;
    if (gateway->seen == 0)
        return play_fault(play, "nothing that was expected waits for an answer");
    struct http_try *try = gateway->tries[0];
    gateway->count--;
    gateway->seen--;
    memmove(gateway->tries, gateway->tries + 1, gateway->count * sizeof(try));
    try->status = status;
    try->retry_after_s = retry_after_s;
    snprintf(try->why, sizeof(try->why), "%s", status == 0 ? "the script says so" : "");
    page_format(&play->stage.wire, "the gateway answers %u\n\n", status);
    http_tried(try);
    stage_settle(&play->stage);
    return true;
}

static bool answers(struct play *play, struct words *words)
{
    uint32_t status;
    uint64_t ms = 0;
    if (!bytes_to_u32(words_take(words), &status) || status < 100 || status > 599)
        return play_fault(play, "the gateway answers STATUS [after TIME]");
    if (words_are(words, "after") && !play_duration(play, words_take(words), &ms))
        return false;
    return give_back(play, status, (unsigned)(ms / 1000));
}

bool play_gateway(struct play *play, struct words *words)
{
    if (words_are(words, "expects nothing"))
        return gateway_is_quiet(play);
    if (words_are(words, "expects a post"))
        return expect(play, &play->stage.gateway);
    if (words_are(words, "answers"))
        return answers(play, words);
    if (words_are(words, "breaks"))
        return give_back(play, 0, 0);
    return play_fault(play, "the gateway expects a post|nothing, answers STATUS, or breaks");
}
