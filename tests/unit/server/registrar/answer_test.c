/* answer_test.c: what the 200 says beside the Contacts (RFC 3327 5.3, RFC 3608, RFC 5626 6, RFC
 * 5627 5.2). */
#include "fixture/registering.h"

#define ONE ";+sip.instance=\"<urn:uuid:1>\""

static const struct registrar_route routes[] = {
    {"example.com", "<sip:other;lr>"},
    {"example.org", "<sip:proxy.example.org;lr>"},
};

static void with_routes(struct registrar_settings *settings)
{
    settings->routes = routes;
    settings->route_count = 2;
}

static void without_timer(struct registrar_settings *settings)
{
    settings->flow_timer_s = 0;
}

START_TEST(path_and_service_route)
{
    open_registrar();
    ck_assert_uint_eq(do_register("m: <sip:1@h>\r\nk: path\r\nPath: <sip:p2;lr>\r\n"
                                  "Path: <sip:p1;lr>;x\r\n"),
                      200);
    ck_assert_has(told(), "\r\nPath: <sip:p2;lr>, <sip:p1;lr>;x\r\n");
    ck_assert_lacks(told(), "Service-Route");
    use_settings(with_routes);
    ck_assert_uint_eq(do_register(""), 200);
    ck_assert_has(told(), "\r\nService-Route: <sip:proxy.example.org;lr>\r\n");
    ck_assert_lacks(told(), "Path");
    ck_assert_lacks(told(), "other");
    ck_assert_uint_eq(do_register("m: <sip:1@h>\r\nPath: <sip:p2;lr>\r\n"), 420);
    ck_assert_has(sent_text(ground, "SIP"), "Unsupported: path\r\n");
    close_registrar();
}
END_TEST

/* RFC 5626 6: Require says that the rules of outbound were used, and only then. */
START_TEST(outbound)
{
    open_registrar();
    ck_assert_uint_eq(do_register("m: <sip:1@h>" ONE ";reg-id=1\r\nk: outbound\r\n"), 200);
    ck_assert_has(told(), "\r\nRequire: outbound\r\n");
    ck_assert_has(told(), "\r\nFlow-Timer: 120\r\n");
    ck_assert_uint_eq(do_register("m: <sip:1@h>" ONE ";reg-id=1\r\n"), 200);
    ck_assert_lacks(told(), "outbound");
    ck_assert_lacks(told(), "Flow-Timer");
    ck_assert_uint_eq(do_register("m: <sip:2@h>" ONE "\r\nk: outbound\r\n"), 200);
    ck_assert_lacks(told(), "outbound");
    ck_assert_uint_eq(do_register("m: <sip:2@h>;reg-id=1\r\nk: outbound\r\n"), 200);
    ck_assert_lacks(told(), "outbound");
    ck_assert_uint_eq(do_register("k: outbound\r\n"), 200);
    ck_assert_lacks(told(), "outbound");
    use_settings(without_timer);
    ck_assert_uint_eq(do_register("m: <sip:1@h>" ONE ";reg-id=1\r\nk: outbound\r\n"), 200);
    ck_assert_has(told(), "\r\nRequire: outbound\r\n");
    ck_assert_lacks(told(), "Flow-Timer");
    close_registrar();
}
END_TEST

/* Over an edge proxy the flow is not ours to time. */
START_TEST(outbound_over_a_proxy)
{
    open_registrar();
    ck_assert_uint_eq(do_register("m: <sip:1@h>" ONE ";reg-id=1\r\nk: outbound, path\r\n"
                                  "Via: SIP/2.0/UDP c\r\nPath: <sip:p1;lr;ob>\r\n"),
                      200);
    ck_assert_has(told(), "\r\nRequire: outbound\r\n");
    ck_assert_lacks(told(), "Flow-Timer");
    ck_assert_uint_eq(do_register("m: <sip:1@h>" ONE ";reg-id=1\r\nk: outbound, path\r\n"
                                  "Via: SIP/2.0/UDP c\r\nPath: <sip:p1;lr>\r\n"),
                      439);
    close_registrar();
}
END_TEST

static const char *value_after(const char *text, const char *name)
{
    static char value[500];
    const char *at = strstr(text, name);
    ck_assert_msg(at != NULL, "no %s in:\n%s", name, text);
    at += strlen(name);
    snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "\""), at);
    return value;
}

/* RFC 5627 5.2. */
START_TEST(gruus)
{
    char memory[1000];
    struct sip_uri uri;
    struct gruu_parts parts;
    struct registrar_target target;
    struct buffer out = buffer_over(memory, sizeof(memory));
    open_registrar();
    ck_assert_uint_eq(do_register("m: <sip:1@h>" ONE ", <sip:2@h>\r\nk: gruu\r\n"), 200);
    ck_assert_has(told(), "<sip:1@h>" ONE
                          ";pub-gruu=\"sip:bob@example.org;gr=urn:uuid:1\";temp-gruu=\"sip:tgruu.");
    ck_assert_has(told(), "Contact: <sip:2@h>;expires=3600\r\n");
    ck_assert_lacks(told(), "Require");
    ck_assert(verdict_ok(sip_uri_parse(bytes_of(value_after(told(), "temp-gruu=\"")), &uri)));
    ck_assert(gruu_read(ground->parts.gruu, &uri, &out, &parts));
    ck_assert_uint_eq(registrar_find(registrar, parts.aor, parts.instance, parts.call, &target, 1),
                      1);
    assert_target(&target, "sip:1@h");
    ck_assert_uint_eq(do_register("k: gruu\r\n"), 200); /* asked for, too */
    ck_assert_has(told(), "pub-gruu");
    ck_assert_uint_eq(do_register(""), 200);
    ck_assert_lacks(told(), "gruu");
    close_registrar();
}
END_TEST

UNIT_MAIN("registrar/answer", path_and_service_route, outbound, outbound_over_a_proxy, gruus)
