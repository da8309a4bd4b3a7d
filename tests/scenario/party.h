/* party.h: who talks to the server in a scenario: its places in the network, what it has sent, what
 * has come and was not looked at yet, its dialogs, and the challenge that it got last.
 *
 * A place is a protocol and an address; a party may have several. A stream place is dialled when
 * the party first sends from it, or is waiting to be dialled by the server. */
#ifndef TESTS_SCENARIO_PARTY_H
#define TESTS_SCENARIO_PARTY_H

#include "sip/message.h"
#include "stage.h"

struct play;
struct dialog;
struct peer;

/* A message from the server. */
struct arrival {
    struct arrival *prev, *next;
    char *bytes;
    size_t length;
    struct net_flow flow;
    bool ping; /* a keep-alive's answer, no message */
    char *label;
    char *to_tag; /* that it was answered with; NULL: none yet */
    struct sip_message message;
};

/* A request that the party sent. */
struct sent {
    struct sent *prev, *next;
    char *label; /* NULL: none */
    char *bytes;
    size_t length;
    struct arrival *response; /* the last one that the script looked at; owned */
    struct sip_message message;
};

struct place {
    struct place *prev, *next;
    enum net_protocol protocol;
    struct net_address address, server;
    uint64_t connection; /* 0: none now */
    bool listens, lost;  /* lost: the server ended the connection, nobody looked yet */
};

struct party {
    struct party *prev, *next;
    struct play *play;
    char *name, *user, *password;
    struct place *places, *place; /* `place`: what it sends from */
    struct arrival *inbox;        /* not looked at yet */
    struct arrival *seen;         /* the last looked at is the last of these */
    struct sent *sent;
    struct dialog *dialogs;
    struct peer *peer; /* NULL in fair weather */
    char *challenge;   /* the last WWW- or Proxy-Authenticate */
    unsigned challenge_status, nonce_count;
    unsigned serial;         /* of branches, tags, Call-IDs */
    uint32_t cseq;           /* of the last request */
    unsigned notify_answer;  /* how it answers each NOTIFY by itself; 0: not at all */
    bool ignores, gathering; /* ignores: whatever comes is thrown away */
    struct page gathered;
};

struct party *party_new(struct play *play, struct bytes name);
void party_free(struct party *party);

/* Makes a place of its own, or finds it, and sends from there from now on. */
struct place *party_move(struct party *party, enum net_protocol protocol,
                         const struct net_address *address, const struct net_address *server);
/* The place that a flow leads to, or NULL. */
struct place *party_place(const struct party *party, const struct net_flow *flow);

/* Sends bytes from where it is, in pieces of that size (0: whole); dials when it must. False: there
 * is no way to the server. */
bool party_send(struct party *party, struct bytes raw, size_t piece);
/* Answers by the way on which the request came. False: that connection has gone. */
bool party_answer(struct party *party, const struct net_flow *flow, struct bytes raw);

/* Takes a message from the server in; in bad weather only what is new goes further. */
void party_take(struct party *party, const struct net_flow *flow, struct bytes raw);
/* It is new: puts it into the inbox. */
void party_hear(struct party *party, const struct net_flow *flow, struct bytes raw);
/* Takes unread provisional answers to this request out of the inbox: its final answer has come. */
void party_drop_provisional(struct party *party, const struct sip_message *request);

/* Remembers a request it sends; NULL when the bytes are no request that can be parsed. */
struct sent *party_remember(struct party *party, struct bytes raw, struct bytes label);
/* The request with that label, the last one with an empty label; NULL: none. */
struct sent *party_sent(const struct party *party, struct bytes label);
/* Moves an arrival from the inbox to what was seen; a response is noted with its request, a
 * challenge is kept. */
void party_see(struct party *party, struct arrival *arrival);
/* The arrival with that label, with an empty label the last request that can be answered. */
struct arrival *party_seen(const struct party *party, struct bytes label);

#endif
