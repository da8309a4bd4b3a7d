/* stun_fuzz.c: the first byte chooses the sender's family. An answer is short, is STUN, has the
 * request's transaction, and is no request that could be answered again. */
#include "fuzz.h"
#include "net/stun.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct net_address from = {.family = 4, .port = 5060, .ip = {192, 0, 2, 1}};
    char answer[STUN_ANSWER_MAX];
    if (size == 0)
        return 0;
    if (data[0] % 2 != 0)
        from.family = 6;
    char *text = exact_copy(data + 1, size - 1);
    struct bytes datagram = bytes_from(text, size - 1);
    size_t length = stun_is(datagram) ? stun_answer(datagram, &from, answer) : 0;
    insist(length <= STUN_ANSWER_MAX && length % 4 == 0);
    if (length > 0) {
        char *copy = exact_copy((const uint8_t *)answer, length), again[STUN_ANSWER_MAX];
        struct bytes whole = bytes_from(copy, length);
        insist(stun_is(whole) && stun_answer(whole, &from, again) == 0);
        insist(memcmp(copy + 8, text + 8, 12) == 0);
        free(copy);
    }
    free(text);
    return 0;
}
