/* answer.c: choosing what goes back. */
#include <assert.h>
#include <stdlib.h>

#include "proxy_internal.h"
#include "sip/write.h"

void answer_release(struct proxy *proxy, struct proxy_best *answer)
{
    transaction_discharge(proxy->parts->transactions, answer->length);
    free(answer->text);
    *answer = (struct proxy_best){0, NULL, 0};
}

/* 2xx, then 6xx, then the lowest class, and among 4xx those that tell the client how to try again
 * first and what only says that we ended a branch last. */
unsigned answer_badness(unsigned status)
{
    if (status < 300)
        return 0;
    if (status >= 600)
        return 1;
    if (status < 400)
        return 2;
    if (status >= 500)
        return status == 503 ? 7 : 6;
    if (status == 487)
        return 5;
    bool helpful =
        status == 401 || status == 407 || status == 415 || status == 420 || status == 484;
    return helpful ? 3 : 4;
}

static bool is_challenge(unsigned status)
{
    return status == 401 || status == 407;
}

struct bytes answer_write(struct proxy *proxy, const struct answered *answered)
{
    struct buffer out = buffer_over(proxy->scratch, MESSAGE_MAX);
    const struct sip_message *response = answered->response;
    if (!sip_message_is_relayed(response))
        return BYTES("");
    if (response->first[SIP_HEADER_OTHER] < 0) { /* the usual one: nothing is asserted */
        sip_write_backward(&out, response, NULL, NULL);
    } else {
        struct front_return decided =
            front_return(proxy->front, response, answered->from, answered->to);
        sip_write_backward(&out, response, front_return_drops, &decided);
    }
    return out.overflow ? BYTES("") : buffer_bytes(&out);
}

static void keep(struct proxy *proxy, struct proxy_best *answer, struct bytes text)
{
    transaction_discharge(proxy->parts->transactions, answer->length);
    transaction_charge(proxy->parts->transactions, text.length);
    free(answer->text);
    answer->text = memory_copy(text);
    answer->length = text.length;
}

/* Who answers one challenge and not the other would try for ever. */
static void add_challenges(struct proxy *proxy, struct proxy_best *answer,
                           const struct sip_message *response)
{
    struct bytes best = bytes_from(answer->text, answer->length);
    struct buffer out = buffer_over(proxy->scratch, MESSAGE_MAX);
    const char *end = memmem(best.at, best.length, "\r\n\r\n", 4);
    if (end == NULL)
        return;
    size_t head = (size_t)(end - best.at) + 2;
    buffer_put(&out, bytes_first(best, head));
    sip_write_copy(&out, response, SIP_WWW_AUTHENTICATE);
    sip_write_copy(&out, response, SIP_PROXY_AUTHENTICATE);
    buffer_put(&out, bytes_skip(best, head));
    if (!out.overflow)
        keep(proxy, answer, buffer_bytes(&out));
}

void answer_consider(struct proxy *proxy, struct proxy_best *answer,
                     const struct answered *answered)
{
    const struct sip_message *response = answered->response;
    assert(response->status >= 200 && (answer->text == NULL) == (answer->status == 0));
    struct bytes text = answer_write(proxy, answered);
    if (bytes_empty(text))
        return;
    if (is_challenge(response->status) && is_challenge(answer->status)) {
        add_challenges(proxy, answer, response);
        return;
    }
    if (answer->status != 0 && answer_badness(response->status) >= answer_badness(answer->status))
        return;
    answer->status = response->status;
    keep(proxy, answer, text);
}
