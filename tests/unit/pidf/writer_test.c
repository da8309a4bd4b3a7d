/* writer_test.c: namespaces and escapes of what is written. */
#include "documents.h"

#define IN_STATUS(content) PRESENCE("<tuple id='t'><status>" content "</status></tuple>")

/* linphone declares its namespace at the root: the fragment must bring it along. */
START_TEST(test_declares_what_it_uses)
{
    assert_becomes("<p:presence xmlns:p='urn:ietf:params:xml:ns:pidf' xmlns:on='urn:on' "
                   "xmlns:idle='urn:idle' entity='" ENTITY "'><p:tuple id='t'><p:status>"
                   "<on:online on:since='1'/></p:status></p:tuple></p:presence>",
                   "<tuple id=\"t\"><status><on:online xmlns:on=\"urn:on\" on:since=\"1\"/>"
                   "</status></tuple>",
                   "idle");
}
END_TEST

START_TEST(test_our_prefixes_whatever_the_clients)
{
    assert_becomes("<presence " PIDF " xmlns:a='urn:ietf:params:xml:ns:pidf:data-model' "
                   "entity='" ENTITY "'><a:person id='p'><activities "
                   "xmlns='urn:ietf:params:xml:ns:pidf:rpid'><busy/></activities></a:person>"
                   "</presence>",
                   "<dm:person id=\"p\"><rpid:activities><rpid:busy/></rpid:activities>"
                   "</dm:person>",
                   "a:");
}
END_TEST

START_TEST(test_a_prefix_of_ours_used_for_something_else)
{
    assert_becomes(
        "<presence " PIDF " xmlns:dm='urn:mine' entity='" ENTITY "'>"
        "<tuple id='t'><status><dm:x dm:y='1'><dm:z/></dm:x></status></tuple></presence>",
        "<dm:x xmlns:dm=\"urn:mine\" dm:y=\"1\"><dm:z/></dm:x>", NULL);
    /* and ours inside of it, where its prefix is hidden */
    assert_becomes("<presence " PIDF " xmlns:d='urn:ietf:params:xml:ns:pidf:data-model' "
                   "entity='" ENTITY "'><dm:x xmlns:dm='urn:mine'><d:person id='p'/></dm:x>"
                   "</presence>",
                   "<dm:x xmlns:dm=\"urn:mine\"><d:person "
                   "xmlns:d=\"urn:ietf:params:xml:ns:pidf:data-model\" id=\"p\"/></dm:x>",
                   NULL);
}
END_TEST

START_TEST(test_default_namespaces)
{
    assert_becomes(IN_STATUS("<x xmlns='urn:x'><y/><tuple " PIDF "/><n xmlns=''/></x>"),
                   "<x xmlns=\"urn:x\"><y/><tuple xmlns=\"urn:ietf:params:xml:ns:pidf\"/>"
                   "<n xmlns=\"\"/></x>",
                   NULL);
}
END_TEST

/* An attribute has no default namespace (Namespaces in XML 6.2). */
START_TEST(test_attributes_need_a_prefix)
{
    assert_becomes(IN_STATUS("<x xmlns='urn:x' xmlns:x='urn:x' x:a='1' b='2'/>"),
                   "<x xmlns=\"urn:x\" xmlns:x=\"urn:x\" x:a=\"1\" b=\"2\"/>", NULL);
}
END_TEST

/* Values may name prefixes, like a qualified name in an attribute. */
START_TEST(test_keeps_the_prefixes_of_unknown_elements)
{
    assert_becomes(IN_STATUS("<x xmlns='urn:x' xmlns:q='urn:q' kind='q:name'/>"),
                   "xmlns:q=\"urn:q\" kind=\"q:name\"", NULL);
}
END_TEST

START_TEST(test_text_keeps_its_meaning)
{
    assert_becomes(
        IN_STATUS("<x xmlns='urn:x' a='&lt;&amp;&quot;&#10;&#13;'> a &lt;b&gt; "
                  "<![CDATA[<&>]]>&#13;<!-- gone --><y/> \xc3\xb6</x>"),
        "a=\"&lt;&amp;&quot;&#10;&#13;\"> a &lt;b&gt; &lt;&amp;&gt;&#13;<y/> \xc3\xb6</x>", "gone");
}
END_TEST

START_TEST(test_other_encodings_become_utf8)
{
    assert_becomes("<?xml version='1.0' encoding='ISO-8859-1'?>" PRESENCE("<note>\xf6</note>"),
                   "<note>\xc3\xb6</note>", "ISO");
}
END_TEST

START_TEST(test_namespaces_are_bounded)
{
    char text[8192];
    size_t length = (size_t)snprintf(text, sizeof(text),
                                     "<presence " PIDF " entity='" ENTITY "'><x xmlns='urn:x'");
    for (unsigned i = 0; i < 100; i++)
        length +=
            (size_t)snprintf(text + length, sizeof(text) - length, " xmlns:p%u='urn:%u'", i, i);
    snprintf(text + length, sizeof(text) - length, "/></presence>");
    ck_assert_uint_eq(judge(text).status, 413);
}
END_TEST

UNIT_MAIN("pidf/writer", test_declares_what_it_uses, test_our_prefixes_whatever_the_clients,
          test_a_prefix_of_ours_used_for_something_else, test_default_namespaces,
          test_attributes_need_a_prefix, test_keeps_the_prefixes_of_unknown_elements,
          test_text_keeps_its_meaning, test_other_encodings_become_utf8,
          test_namespaces_are_bounded)
