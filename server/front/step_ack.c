/* step_ack.c: the ACK for a refusal that went without state (RFC 3261 8.2.7) matches no transaction
 * and comes up here like one for a 2xx. The To tag tells them apart: ours is for us, and ends
 * here. */
#include "base/token.h"
#include "front/front_internal.h"

static bool pass(struct front_passage *passage)
{
    const struct sip_message *message = passage->request.message;
    unsigned partition;
    uint64_t epoch;
    return message->method != SIP_ACK || !token_parse(message->to.tag, &partition, &epoch);
}

const struct front_step step_ack = {.name = "ack", .spec = "RFC 3261 8.2.7", .pass = pass};
