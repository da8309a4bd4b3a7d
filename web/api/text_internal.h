/* text_internal.h: the text of a stored message, and looking for words in texts. */
#ifndef WEB_API_TEXT_INTERNAL_H
#define WEB_API_TEXT_INTERNAL_H

#include "store/message_rows.h"
#include "web/endpoint.h"

/* What a person would read of it; false: it is no text, or encoded. A slice of the row. */
bool text_of(const struct store_message *message, struct bytes *text);
/* Its Subject; empty: none. */
struct bytes text_subject(const struct store_message *message);

/* Words that are looked for, by characters and without their case. */
struct text_search;
struct text_search *text_search_new(struct bytes words);
void text_search_free(struct text_search **search);
bool text_search_finds(const struct text_search *search, struct bytes text);
/* Those of the call's parameter `search`, which the caller frees; NULL when it has none. False: it
 * is wrong, and that is answered. */
bool text_search_read(struct web_call *call, struct text_search **search);

#endif
