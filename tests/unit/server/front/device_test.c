/* device_test.c: whether two requests are of one device. */
#include "front/device.h"

#include "unit.h"

static struct net_flow flow(const char *text)
{
    struct net_flow read;
    ck_assert(net_flow_parse(bytes_of(text), &read));
    return read;
}

/* RFC 5626 4.1: an instance is one device, wherever it is. Else the socket is asked. */
START_TEST(devices)
{
    const struct net_flow udp = flow("udp/127.0.0.1:5060/127.0.0.2:5060");
    const struct net_flow port = flow("udp/127.0.0.1:5060/127.0.0.2:5070");
    const struct net_flow tcp = flow("tcp/127.0.0.1:5060/127.0.0.2:40001");
    const struct net_flow other = flow("tcp/127.0.0.1:5060/127.0.0.3:40001");
    const struct bytes none = BYTES(""), one = BYTES("urn:uuid:1"), two = BYTES("urn:uuid:2");
    const struct {
        struct front_device registered, sender;
        bool same;
    } cases[] = {
        {{one, &udp}, {one, &other}, true},   {{one, NULL}, {one, NULL}, true},
        {{one, &udp}, {two, &udp}, false},    {{none, &udp}, {one, &udp}, true},
        {{one, &udp}, {none, &udp}, true},    {{none, &udp}, {none, &port}, false},
        {{none, &udp}, {none, &tcp}, true},   {{none, &tcp}, {none, &udp}, false},
        {{none, &udp}, {one, &other}, false}, {{none, NULL}, {one, &udp}, false},
        {{one, &udp}, {none, NULL}, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ck_assert_msg(front_device_is(&cases[i].registered, &cases[i].sender) == cases[i].same,
                      "%zu", i);
}
END_TEST

UNIT_MAIN("front/device", devices)
