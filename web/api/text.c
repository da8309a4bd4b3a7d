/* text.c: the text of a stored message, and looking for words in texts.
 *
 * What is looked for and where are turned into characters of lower case, each one number; bytes
 * that are no UTF-8 become numbers of their own, which only the same bytes are equal to. The first
 * character is looked for, then the rest is compared: texts are short, and words are not made by
 * who wrote the texts. */
#include <locale.h>
#include <stdlib.h>
#include <wctype.h>

#include "base/memory.h"
#include "im/cpim.h"
#include "sip/message.h"
#include "sip/multipart.h"
#include "web/api/text_internal.h"

enum { SEARCH_MAX_BYTES = 256 };

/* Texts. */

static bool is_text(struct bytes type)
{
    struct sip_media media;
    return verdict_ok(sip_media_parse(type, &media)) &&
           bytes_equal_nocase(media.type, BYTES("text"));
}

/* The text of an entity within message/cpim (RFC 3862 2), unless that is encoded once more. */
static bool text_within(struct bytes body, struct bytes *text)
{
    struct cpim cpim;
    if (!cpim_parse(body, &cpim) || !is_text(mime_field(cpim.fields, "Content-Type")))
        return false;
    struct bytes encoding = mime_field(cpim.fields, "Content-Transfer-Encoding");
    *text = cpim.content;
    return !bytes_equal_nocase(encoding, BYTES("base64")) &&
           !bytes_equal_nocase(encoding, BYTES("quoted-printable"));
}

/* A field of the head, which was judged when the message came and has no Via any more. */
static struct bytes field_of(const struct store_message *message, enum sip_header id)
{
    struct sip_message parsed;
    (void)!verdict_ok(sip_message_parse(message->head, false, &parsed));
    return sip_message_value(&parsed, id);
}

bool text_of(const struct store_message *message, struct bytes *text)
{
    struct bytes encoding = field_of(message, SIP_CONTENT_ENCODING);
    if (!bytes_empty(encoding) && !bytes_equal_nocase(encoding, BYTES("identity")))
        return false;
    *text = message->body;
    if (sip_media_is(message->content_type, "message/cpim"))
        return text_within(message->body, text);
    return bytes_empty(message->content_type) || is_text(message->content_type);
}

struct bytes text_subject(const struct store_message *message)
{
    struct sip_message parsed;
    (void)!verdict_ok(sip_message_parse(message->head, false, &parsed));
    for (int i = 0; i < parsed.count; i++)
        if (bytes_equal_nocase(parsed.fields[i].name, BYTES("Subject")) ||
            bytes_equal_nocase(parsed.fields[i].name, BYTES("s")))
            return parsed.fields[i].value;
    return BYTES("");
}

/* Searching. */

enum { BROKEN = 0x110000 };

struct text_search {
    locale_t locale; /* 0: only letters of ASCII have a case */
    size_t length;
    uint32_t words[];
};

/* How many bytes a character has by its first one; 0: it is none. */
static size_t length_of(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xf0)
        return first < 0xf5 ? 4 : 0;
    if (first >= 0xe0)
        return 3;
    return first >= 0xc2 ? 2 : 0;
}

static uint32_t take_character(struct bytes *text)
{
    static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    unsigned char first = (unsigned char)text->at[0];
    size_t length = length_of(first);
    uint32_t character = first & masks[length];
    bool good = length > 0 && length <= text->length;
    for (size_t i = 1; good && i < length; i++) {
        unsigned char more = (unsigned char)text->at[i];
        good = (more & 0xc0) == 0x80;
        character = character << 6 | (more & 0x3f);
    }
    *text = bytes_skip(*text, good ? length : 1);
    return good ? character : (uint32_t)BROKEN + first;
}

static uint32_t lower(const struct text_search *search, uint32_t character)
{
    if (character < 0x80)
        return (uint32_t)(unsigned char)ascii_lower((char)character);
    if (character >= BROKEN || search->locale == (locale_t)0)
        return character;
    return (uint32_t)towlower_l((wint_t)character, search->locale);
}

static size_t fold(const struct text_search *search, struct bytes text, uint32_t *out)
{
    size_t length = 0;
    while (!bytes_empty(text))
        out[length++] = lower(search, take_character(&text));
    return length;
}

struct text_search *text_search_new(struct bytes words)
{
    struct text_search *search =
        memory_new(sizeof(*search) + (words.length + 1) * sizeof(search->words[0]));
    search->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    search->length = fold(search, words, search->words);
    return search;
}

void text_search_free(struct text_search **search)
{
    if (*search == NULL)
        return;
    if ((*search)->locale != (locale_t)0)
        freelocale((*search)->locale);
    free(*search);
    *search = NULL;
}

bool text_search_finds(const struct text_search *search, struct bytes text)
{
    if (search->length == 0)
        return true;
    uint32_t *folded = memory_new((text.length + 1) * sizeof(*folded));
    size_t length = fold(search, text, folded);
    bool found = false;
    for (size_t i = 0; !found && i + search->length <= length; i++)
        found = folded[i] == search->words[0] &&
                memcmp(&folded[i], search->words, search->length * sizeof(*folded)) == 0;
    free(folded);
    return found;
}

bool text_search_read(struct web_call *call, struct text_search **search)
{
    struct bytes words;
    *search = NULL;
    if (!web_query(call, "search", &words) || bytes_empty(words))
        return true;
    if (words.length > SEARCH_MAX_BYTES || !bytes_is_utf8(words)) {
        web_problem(call, 400, "bad-query", "search", "search for at most %d bytes of UTF-8",
                    SEARCH_MAX_BYTES);
        return false;
    }
    *search = text_search_new(words);
    return true;
}
