/* calls_test.c: the language of calls (INVITE, ACK, CANCEL, requests in dialogs), tried without a
 * server: the parties of calls.script talk over a relay.
 *
 *     request:   to whoever is at the address in its Request-URI, else to everybody else (a fork);
 *                a Via of the relay's, and Record-Route where a dialog may begin
 *     response:  to whoever the next Via names, without the relay's own
 *
 * Besides the steps of README.md the script has "relay routes VALUE": what Record-Route says. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/memory.h"
#include "dialog.h"
#include "play.h"

enum { WIRE_SHOWN = 6000 };

struct relay {
    struct play play;
    char *routes;
    size_t heard; /* of the wire log */
};

static void deliver(struct party *to, const struct page *raw)
{
    const struct place *place = to->place;
    const struct net_flow flow = {place->protocol, place->server, place->address, 0};
    party_take(to, &flow, page_bytes(raw));
}

static bool is_named(const struct party *party, struct bytes text)
{
    char address[64];
    struct buffer out = buffer_over(address, sizeof(address));
    net_address_write(&party->place->address, &out);
    return memmem(text.at, text.length, out.at, out.length) != NULL;
}

static void relay_request(struct relay *relay, const struct sip_message *request, struct party *to)
{
    struct page raw = {0};
    struct bytes rest = request->raw, line = bytes_split(&rest, '\n');
    page_format(&raw, "%.*s\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=%.*s-%s\r\n", BYTES_ARGS(line),
                BYTES_ARGS(request->via.branch), to->name);
    if (relay->routes != NULL && dialog_begins(request->method_name) &&
        bytes_empty(request->to.tag))
        page_format(&raw, "Record-Route: %s\r\n", relay->routes);
    page_put(&raw, rest);
    deliver(to, &raw);
    page_release(&raw);
}

static void relay_requests(struct relay *relay, const struct sip_message *request,
                           const struct party *from)
{
    struct party *party, *named = NULL;
    DL_FOREACH(relay->play.parties, party)
    {
        if (party != from && is_named(party, request->request_uri))
            named = party;
    }
    DL_FOREACH(relay->play.parties, party)
    {
        if (party != from && (named == NULL || party == named))
            relay_request(relay, request, party);
    }
}

static void relay_response(struct relay *relay, const struct sip_message *response)
{
    struct page raw = {0};
    struct bytes rest = response->raw, line = bytes_split(&rest, '\n');
    bytes_split(&rest, '\n'); /* our Via */
    page_format(&raw, "%.*s\n%.*s", BYTES_ARGS(line), BYTES_ARGS(rest));
    struct party *party;
    struct bytes via = rest;
    via = bytes_split(&via, '\n');
    DL_FOREACH(relay->play.parties, party)
    {
        if (is_named(party, via))
            deliver(party, &raw);
    }
    page_release(&raw);
}

/* Passes on what was said since the last time. An entry of the wire log is a line that tells who
 * speaks, the message, and an empty line. */
static void relay_run(struct relay *relay)
{
    struct page *wire = &relay->play.stage.wire;
    while (relay->heard < wire->length) {
        struct bytes rest = bytes_skip(page_bytes(wire), relay->heard);
        struct bytes head = bytes_split(&rest, '\n');
        bytes_split(&head, ' ');
        const struct party *from = play_party(&relay->play, bytes_split(&head, ' '));
        struct sip_message message;
        char *raw = memory_copy(bytes_first(rest, rest.length - 2));
        relay->heard = wire->length;
        if (!verdict_ok(sip_message_parse(bytes_of(raw), true, &message)))
            play_fault(&relay->play, "what was said is no message:\n%s", raw);
        else if (message.request)
            relay_requests(relay, &message, from);
        else
            relay_response(relay, &message);
        free(raw);
    }
}

static bool relay_step(struct relay *relay, const struct script_step *step)
{
    struct words words;
    if (words_split(&words, step->line.text) && words_are(&words, "relay routes")) {
        page_replace(&relay->routes, words_take(&words));
        return true;
    }
    bool fine = play_step(&relay->play, step);
    relay_run(relay);
    return fine && relay->play.fault.length == 0;
}

int main(void)
{
    struct relay relay = {0};
    struct script script;
    if (!script_load(&script, SOURCE_DIR "/tests/scenario/calls.script"))
        return EXIT_FAILURE;
    bool fine = play_init(&relay.play, script.path, 1);
    for (size_t i = 0; fine && i < script.count; i++)
        fine = relay_step(&relay, &script.steps[i]);
    fine = fine && play_end(&relay.play);
    if (!fine) {
        struct bytes wire = page_bytes(&relay.play.stage.wire);
        size_t skipped = wire.length > WIRE_SHOWN ? wire.length - WIRE_SHOWN : 0;
        fprintf(stderr, "%.*s\n%s\n", BYTES_ARGS(bytes_skip(wire, skipped)), relay.play.fault.at);
    }
    play_release(&relay.play);
    script_release(&script);
    free(relay.routes);
    return fine ? EXIT_SUCCESS : EXIT_FAILURE;
}
