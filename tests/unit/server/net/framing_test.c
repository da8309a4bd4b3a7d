/* framing_test.c: which protocol has which framing and wire, and when a message has begun. What a
 * stream of SIP becomes (RFC 3261 18.3), connection_test.c and sip/frame_test.c show. */
#include "net/connection_internal.h"

#include "unit.h"

/* RFC 3261 18: SIP frames itself on TCP and TLS; RFC 7118 5: on a WebSocket a frame is a message.
 */
START_TEST(each_protocol_has_its_own)
{
    ck_assert_ptr_eq(framing_of(NET_TCP), &framing_sip);
    ck_assert_ptr_eq(framing_of(NET_TLS), &framing_sip);
    ck_assert_ptr_eq(framing_of(NET_WS), &framing_websocket);
    ck_assert_ptr_eq(framing_of(NET_WSS), &framing_websocket);
    ck_assert_ptr_null(framing_of(NET_UDP));
    ck_assert_ptr_eq(wire_of(NET_TCP), &wire_plain);
    ck_assert_ptr_eq(wire_of(NET_TLS), &wire_tls);
    ck_assert_ptr_eq(wire_of(NET_WS), &wire_plain);
    ck_assert_ptr_eq(wire_of(NET_WSS), &wire_tls);
    ck_assert_ptr_null(wire_of(NET_UDP));
    ck_assert(!framing_sip.handshakes && framing_websocket.handshakes); /* RFC 6455 4 */
}
END_TEST

/* RFC 5626 4.4.1: a ping is CR LF CR LF, a pong CR LF. Half of that has begun nothing that must
 * become whole. */
START_TEST(half_a_ping_may_stay)
{
    const struct connection connection = {.state = CONNECTION_OPEN};
    ck_assert(!framing_sip.half(&connection, BYTES("")));
    ck_assert(!framing_sip.half(&connection, BYTES("\r")));
    ck_assert(!framing_sip.half(&connection, BYTES("\r\n\r")));
    ck_assert(framing_sip.half(&connection, BYTES("I")));
    ck_assert(framing_sip.half(&connection, BYTES("INVITE sip:bob@example.org SIP/2.0\r\n")));
}
END_TEST

UNIT_MAIN("net/framing", each_protocol_has_its_own, half_a_ping_may_stay)
