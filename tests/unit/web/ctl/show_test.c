/* show_test.c: answers for people, to the letter. */
#include "web/ctl/show.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

static void expect(const char *answer, const char *columns, const char *wanted)
{
    char text[2048] = "";
    json_error_t error;
    FILE *out = fmemopen(text, sizeof(text), "w");
    json_t *value = json_loads(answer, JSON_DECODE_ANY, &error);
    ck_assert_msg(value != NULL, "%s", error.text);
    json_t *before = json_deep_copy(value);
    ctl_show(value, columns, out);
    fclose(out);
    ck_assert_str_eq(text, wanted);
    ck_assert_msg(json_equal(value, before), "it is shown, not changed");
    json_decref(before);
    json_decref(value);
}

START_TEST(a_list_is_a_table)
{
    expect("{\"items\": []}", "uri groups", "");
    expect(
        "{\"items\": [{\"uri\": \"sip:a@b\", \"on\": true}, {\"uri\": \"sip:\\u00e4@b\", \"on\": "
        "null}]}",
        "uri on",
        "uri      on\n"
        "sip:a@b  yes\n"
        "sip:\u00e4@b  -\n");
}
END_TEST

START_TEST(elements_of_a_list_are_told_apart)
{
    expect(
        "{\"items\": [{\"groups\": [\"d\", \"e\"]}, {\"groups\": [\"d,e\"]}, {\"groups\": [\"d\", "
        "\"e f\", \"\", \"\\\"\"]}, {\"groups\": []}]}",
        "groups",
        "groups\n"
        "d, e\n"
        "\"d,e\"\n"
        "d, \"e f\", \"\", \"\\\"\"\n"
        "-\n");
}
END_TEST

START_TEST(nothing_is_a_dash)
{
    expect("{\"items\": [{\"a\": \"\", \"b\": null, \"c\": 1}]}", "", "a  b  c\n-  -  1\n");
    expect("{\"a\": \"\", \"b\": {}, \"c\": \"-\"}", "", "a  -\nb  -\nc  -\n");
}
END_TEST

START_TEST(what_a_list_has_besides_is_below)
{
    expect("{\"items\": [{\"uri\": \"sip:a\"}], \"total\": 1, \"groups\": [\"x\"], "
           "\"shared\": [{\"name\": \"staff\", \"members\": [\"@b\"]}], \"next\": null}",
           "uri",
           "uri\n"
           "sip:a\n"
           "\n"
           "shared\n"
           "  - name     staff\n"
           "    members  @b\n");
    expect("{\"items\": [], \"shared\": [{\"name\": \"staff\"}]}", "uri",
           "shared\n"
           "  - name  staff\n");
}
END_TEST

START_TEST(what_is_nested_is_an_outline)
{
    expect("{\"user\": \"a@b\", \"counts\": {\"open\": 2, \"of\": {\"tls\": 1}, \"none\": {}}, "
           "\"activities\": [\"meeting\", \"on the phone\"], \"tuples\": [{\"id\": \"t1\", "
           "\"contact\": "
           "{\"uri\": \"sip:x\"}}, {\"from\": {\"id\": \"t2\"}}, \"t3\", []], \"notes\": []}",
           "",
           "user        a@b\n"
           "counts\n"
           "  open  2\n"
           "  of\n"
           "    tls  1\n"
           "  none  -\n"
           "activities  meeting, \"on the phone\"\n"
           "tuples\n"
           "  - id  t1\n"
           "    contact\n"
           "      uri  sip:x\n"
           "  - from\n"
           "      id  t2\n"
           "  - t3\n"
           "  - -\n"
           "notes       -\n");
    expect("{\"a\": 1, \"message\": \"SIP/2.0 200 OK\\r\\nVia: x\\r\\n\\r\\n v=0\\n\"}", "",
           "a        1\n"
           "message\n"
           "  SIP/2.0 200 OK\n"
           "  Via: x\n"
           "  \n"
           "   v=0\n");
    expect("\"text\"", "", "text\n");
}
END_TEST

START_TEST(a_sentence_is_first)
{
    expect("{\"watcher\": {\"uri\": \"sip:a\"}, \"sentence\": \"a sees nothing\"}", "",
           "a sees nothing\n"
           "\n"
           "watcher\n"
           "  uri  sip:a\n");
    expect("{\"sentence\": \"a sees nothing\"}", "", "a sees nothing\n");
}
END_TEST

START_TEST(a_terminal_is_not_obeyed)
{
    expect("{\"items\": [{\"name\": [\"\\u001b[2J\", \"\\u009b2J\"]}], \"more\": 1}", "name",
           "name\n?[2J, ??2J\n");
    expect("{\"a\": {\"b\": \"x\\ny\\u001b\"}}", "", "a\n  b\n    x\n    y?\n");
}
END_TEST

UNIT_MAIN("web/ctl/show", a_list_is_a_table, elements_of_a_list_are_told_apart, nothing_is_a_dash,
          what_a_list_has_besides_is_below, what_is_nested_is_an_outline, a_sentence_is_first,
          a_terminal_is_not_obeyed)
