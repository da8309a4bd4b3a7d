/* scan_internal.h: a look at the bytes of a document before libxml2 gets them. */
#ifndef PIDF_SCAN_INTERNAL_H
#define PIDF_SCAN_INTERNAL_H

#include "base/bytes.h"

enum scan_encoding { SCAN_UTF8, SCAN_LATIN1, SCAN_OTHER };

/* The encoding of a document by its first bytes and its declaration (XML 1.0 4.3.3, F.1).
 * SCAN_OTHER is to be refused: no client needs it, converters are large and some have had holes,
 * and what does not agree with ASCII would hide from scan_attributes. */
enum scan_encoding scan_encoding(struct bytes body);

/* Where the first start tag with more than `most` attributes begins, or -1. libxml2 compares every
 * attribute of an element with every other, which 64 KB of attributes turn into a tenth of a
 * second. */
ptrdiff_t scan_attributes(struct bytes body, unsigned most);

/* Where line `line`, counted from 1, begins; the length when there are fewer. */
size_t scan_line(struct bytes body, size_t line);

#endif
