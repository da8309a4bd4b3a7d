/* base64.h: bytes as characters that a URI takes anywhere (base64url of RFC 4648 5, no padding). */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/buffer.h"

void base64url_write(struct bytes data, struct buffer *out);

/* Appends what the text stands for; false, with whatever could be read appended, for other
 * characters, when bits that carry nothing are not zero (each value has one spelling), and when it
 * does not fit. */
bool base64url_read(struct bytes text, struct buffer *out);

#endif
